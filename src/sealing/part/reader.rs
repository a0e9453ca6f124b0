//! Reading a part's plaintext.

use std::io::{self, Read};

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::sealing::digest::Digest;
use crate::sealing::padme::padding;
use crate::sealing::part::PartError;
use crate::sealing::signed_manifest::SignedManifest;
use crate::sealing::statement::STATEMENT_MAX_BYTES;

/// How much is read at a time after the content.
const BLOCK: usize = 8192;

/// Reads one part's plaintext; as a stream it gives the content alone.
pub struct PartReader<R: Read> {
    from: R,
    manifest: SignedManifest,
    number: u32,
    expected: Digest,
    hasher: Sha256,
    left: u64,
    padding: u64,
}

impl<R: Read> PartReader<R> {
    /// Reads what stands before the content.
    ///
    /// # Errors
    /// [`PartError::Manifest`], [`PartError::Number`], [`PartError::Length`], [`PartError::Io`].
    pub fn new(mut from: R) -> Result<Self, PartError> {
        let length = u32::from_be_bytes(array(&mut from)?);
        let bounded = usize::try_from(length).unwrap_or(usize::MAX);
        if bounded > STATEMENT_MAX_BYTES {
            return Err(PartError::Length);
        }
        let mut bytes = Zeroizing::new(vec![0; bounded]);
        from.read_exact(&mut bytes)?;
        let manifest = SignedManifest::parse(&bytes).map_err(PartError::Manifest)?;
        let number = u32::from_be_bytes(array(&mut from)?);
        let content = u64::from_be_bytes(array(&mut from)?);
        let part = manifest.claimed().part(number).ok_or(PartError::Number)?;
        if part.bytes != content {
            return Err(PartError::Length);
        }
        Ok(Self {
            from,
            number,
            expected: part.sha256,
            hasher: Sha256::new(),
            left: content,
            padding: padding(u64::from(length), content),
            manifest,
        })
    }

    /// The manifest; its signature is the caller's to check.
    pub fn manifest(&self) -> &SignedManifest {
        &self.manifest
    }

    /// Which part this is.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// How much content has not been read yet.
    pub fn remaining(&self) -> u64 {
        self.left
    }

    /// Reads what is left and checks all of it: content, zeros, end.
    ///
    /// # Errors
    /// [`PartError::Content`], [`PartError::Padding`], [`PartError::Io`].
    pub fn finish(mut self) -> Result<SignedManifest, PartError> {
        io::copy(&mut self, &mut io::sink())?;
        if Digest::from(self.hasher) != self.expected {
            return Err(PartError::Content);
        }
        let mut block = Zeroizing::new([0; BLOCK]);
        let mut padding = self.padding;
        loop {
            let read = read_some(&mut self.from, &mut *block)?;
            let zeros = block.get(..read).unwrap_or_default();
            let length = u64::try_from(read).unwrap_or(u64::MAX);
            if zeros.iter().any(|byte| *byte != 0) || length > padding {
                return Err(PartError::Padding);
            }
            padding -= length;
            if read == 0 {
                break;
            }
        }
        if padding > 0 {
            return Err(PartError::Padding);
        }
        Ok(self.manifest)
    }
}

impl<R: Read> Read for PartReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let room = usize::try_from(self.left)
            .unwrap_or(usize::MAX)
            .min(into.len());
        let Some(into) = into.get_mut(..room).filter(|into| !into.is_empty()) else {
            return Ok(0);
        };
        let read = self.from.read(into)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.hasher.update(into.get(..read).unwrap_or_default());
        self.left -= u64::try_from(read).unwrap_or(u64::MAX).min(self.left);
        Ok(read)
    }
}

impl<R: Read> std::fmt::Debug for PartReader<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PartReader")
            .field("manifest", &self.manifest)
            .field("number", &self.number)
            .finish_non_exhaustive()
    }
}

fn array<const N: usize>(from: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// One read, tried again when a signal interrupts it.
fn read_some(from: &mut impl Read, into: &mut [u8]) -> io::Result<usize> {
    loop {
        match from.read(into) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
}
