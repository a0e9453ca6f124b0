//! The payload of an age file: a 16-byte random nonce, then the plaintext in chunks of 64 KiB, each
//! sealed under a counter and a flag that marks the last (STREAM). Payloads held in memory; the
//! streaming halves are [`PayloadWriter`](crate::sealing::PayloadWriter) and
//! [`PayloadReader`](crate::sealing::PayloadReader).

use std::fmt;

use crate::ids;
use crate::sealing::aead::Aead;
use crate::sealing::aead::NotAuthentic;
use crate::sealing::aead::TAG_BYTES;
use crate::sealing::kdf;
use crate::sealing::secret::FileKey;
use crate::sealing::secret::Plain;

/// Bytes of plaintext in every chunk but the last.
pub(crate) const CHUNK_BYTES: usize = 64 * 1024;
/// Bytes of every sealed chunk but the last.
pub(crate) const SEALED_CHUNK_BYTES: usize = CHUNK_BYTES + TAG_BYTES;
/// Bytes of the nonce in front.
pub(crate) const NONCE_BYTES: usize = 16;

const LABEL: &str = "payload";

/// Why a payload does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PayloadError {
    /// It has a length no payload has, or ended before its last chunk.
    Truncated,
    /// Something follows the last chunk.
    Trailing,
    /// A chunk was not sealed under this file key, or has been altered or moved.
    Damaged,
}

impl fmt::Display for PayloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "the sealed content ends too early",
            Self::Trailing => "something follows the sealed content",
            Self::Damaged => "the sealed content is damaged or not sealed under this key",
        })
    }
}

impl std::error::Error for PayloadError {}

/// The chunks of one payload.
pub(crate) struct Chunks {
    aead: Aead,
    counter: u64,
}

impl Chunks {
    pub(crate) fn new(key: &FileKey, nonce: &[u8; NONCE_BYTES]) -> Self {
        Self {
            aead: Aead::new(&kdf::hkdf(nonce, LABEL, key.expose())),
            counter: 0,
        }
    }

    /// Whether no chunk has been sealed or opened yet.
    pub(crate) fn is_at_start(&self) -> bool {
        self.counter == 0
    }

    /// Seals the next chunk in place.
    pub(crate) fn seal(&mut self, chunk: &mut [u8], last: bool) -> [u8; TAG_BYTES] {
        let tag = self.aead.seal(&self.nonce(last), chunk);
        self.counter += 1;
        tag
    }

    /// Opens the next chunk in place; on failure it and the counter stay as they are.
    pub(crate) fn open(
        &mut self,
        chunk: &mut [u8],
        tag: &[u8; TAG_BYTES],
        last: bool,
    ) -> Result<(), NotAuthentic> {
        self.aead.open(&self.nonce(last), chunk, tag)?;
        self.counter += 1;
        Ok(())
    }

    /// An 11-byte counter and the flag. A `u64` counts a million times more chunks than any medium holds.
    fn nonce(&self, last: bool) -> [u8; 12] {
        let wide = u128::from(self.counter) << 8 | u128::from(last);
        let [_, _, _, _, nonce @ ..] = wide.to_be_bytes();
        nonce
    }
}

/// Seals a whole payload: 16 bytes longer than `plain`, and 16 more for each 64 KiB begun.
pub fn seal_payload(key: &FileKey, plain: &Plain) -> Vec<u8> {
    let nonce = ids::random();
    let mut chunks = Chunks::new(key, &nonce);
    let plain = plain.expose();
    let count = plain.len().div_ceil(CHUNK_BYTES).max(1);
    let mut out = Vec::with_capacity(NONCE_BYTES + plain.len() + count * TAG_BYTES);
    out.extend_from_slice(&nonce);
    let mut rest = plain;
    for at in 1..=count {
        let (chunk, after) = rest.split_at_checked(CHUNK_BYTES).unwrap_or((rest, &[]));
        let start = out.len();
        out.extend_from_slice(chunk);
        let (_, sealed) = out.split_at_mut(start);
        let tag = chunks.seal(sealed, at == count);
        out.extend_from_slice(&tag);
        rest = after;
    }
    out
}

/// Opens a whole payload. Nothing is given out unless all of it is authentic.
///
/// # Errors
/// [`PayloadError`] for every payload that was not sealed, exactly so, under this key.
pub fn open_payload(key: &FileKey, payload: &[u8]) -> Result<Plain, PayloadError> {
    let (nonce, sealed) = payload
        .split_first_chunk::<NONCE_BYTES>()
        .ok_or(PayloadError::Truncated)?;
    let count = sealed.len().div_ceil(SEALED_CHUNK_BYTES).max(1);
    let length = sealed
        .len()
        .checked_sub(count * TAG_BYTES)
        .ok_or(PayloadError::Truncated)?;
    if length <= (count - 1) * CHUNK_BYTES && count > 1 {
        // Only the payload of nothing has an empty last chunk.
        return Err(PayloadError::Truncated);
    }
    let mut chunks = Chunks::new(key, nonce);
    // The exact size: a growing buffer would leave unwiped copies.
    let mut plain = zeroize::Zeroizing::new(vec![0; length]);
    let mut room = &mut plain[..];
    let mut rest = sealed;
    for at in 1..=count {
        let (chunk, after) = rest
            .split_at_checked(SEALED_CHUNK_BYTES)
            .unwrap_or((rest, &[]));
        let (text, tag) = chunk
            .split_last_chunk::<TAG_BYTES>()
            .ok_or(PayloadError::Truncated)?;
        let (into, left) = room.split_at_mut(text.len().min(room.len()));
        into.copy_from_slice(text);
        chunks
            .open(into, tag, at == count)
            .map_err(|NotAuthentic| PayloadError::Damaged)?;
        (room, rest) = (left, after);
    }
    Ok(Plain::new(std::mem::take(&mut plain)))
}
