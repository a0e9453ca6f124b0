//! Writing a part's plaintext.

use std::io::{self, Read as _, Write};

use sha2::{Digest as _, Sha256};

use crate::sealing::digest::Digest;
use crate::sealing::padme::padding;
use crate::sealing::part::PartError;
use crate::sealing::signed_manifest::SignedManifest;

/// Writes one part's plaintext: everything but the content by itself, the content as it comes.
pub struct PartWriter<W: Write> {
    out: W,
    hasher: Sha256,
    expected: Digest,
    left: u64,
    padding: u64,
}

impl<W: Write> PartWriter<W> {
    /// Writes what stands before the content of part `number`.
    ///
    /// # Errors
    /// [`PartError::Number`], [`PartError::Io`].
    pub fn new(mut out: W, manifest: &SignedManifest, number: u32) -> Result<Self, PartError> {
        let part = manifest.claimed().part(number).ok_or(PartError::Number)?;
        let length = u32::try_from(manifest.bytes().len()).map_err(|_| PartError::Length)?;
        out.write_all(&length.to_be_bytes())?;
        out.write_all(manifest.bytes())?;
        out.write_all(&number.to_be_bytes())?;
        out.write_all(&part.bytes.to_be_bytes())?;
        Ok(Self {
            out,
            hasher: Sha256::new(),
            expected: part.sha256,
            left: part.bytes,
            padding: padding(u64::from(length), part.bytes),
        })
    }

    /// Writes the padding and gives the stream back.
    ///
    /// # Errors
    /// [`PartError::Length`] and [`PartError::Content`] when what was written is not what the manifest
    /// says (a file changed between its two passes); [`PartError::Io`].
    pub fn finish(mut self) -> Result<W, PartError> {
        if self.left > 0 {
            return Err(PartError::Length);
        }
        if Digest::from(self.hasher) != self.expected {
            return Err(PartError::Content);
        }
        io::copy(&mut io::repeat(0).take(self.padding), &mut self.out)?;
        Ok(self.out)
    }
}

impl<W: Write> Write for PartWriter<W> {
    /// Refuses content beyond the manifest's length.
    fn write(&mut self, content: &[u8]) -> io::Result<usize> {
        let length = u64::try_from(content.len()).unwrap_or(u64::MAX);
        if length > self.left {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                PartError::Length,
            ));
        }
        let written = self.out.write(content)?;
        let (taken, _) = content.split_at_checked(written).unwrap_or((content, &[]));
        self.hasher.update(taken);
        self.left -= u64::try_from(taken.len())
            .unwrap_or(u64::MAX)
            .min(self.left);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl<W: Write> std::fmt::Debug for PartWriter<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PartWriter")
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}
