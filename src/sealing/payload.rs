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

/// The key of one payload's chunks, each of which has a number: no two that are sealed have the same.
pub(crate) struct Chunks {
    aead: Aead,
}

impl Chunks {
    pub(crate) fn new(key: &FileKey, nonce: &[u8; NONCE_BYTES]) -> Self {
        Self {
            aead: Aead::new(&kdf::hkdf(nonce, LABEL, key.expose())),
        }
    }

    /// Seals a chunk in place.
    pub(crate) fn seal(&self, number: u64, chunk: &mut [u8], last: bool) -> [u8; TAG_BYTES] {
        self.aead.seal(&nonce(number, last), chunk)
    }

    /// Opens a chunk in place; on failure it stays as it is.
    pub(crate) fn open(
        &self,
        number: u64,
        chunk: &mut [u8],
        tag: &[u8; TAG_BYTES],
        last: bool,
    ) -> Result<(), NotAuthentic> {
        self.aead.open(&nonce(number, last), chunk, tag)
    }
}

/// An 11-byte counter and the flag. A `u64` counts a million times more chunks than any medium holds.
fn nonce(number: u64, last: bool) -> [u8; 12] {
    let wide = u128::from(number) << 8 | u128::from(last);
    let [_, _, _, _, nonce @ ..] = wide.to_be_bytes();
    nonce
}

/// Seals a whole payload: 16 bytes longer than `plain`, and 16 more for each 64 KiB begun.
pub fn seal_payload(key: &FileKey, plain: &Plain) -> Vec<u8> {
    seal_under(key, &ids::random(), plain.expose())
}

/// The same under a nonce that no other payload has.
pub(crate) fn seal_under(key: &FileKey, nonce: &[u8; NONCE_BYTES], plain: &[u8]) -> Vec<u8> {
    let chunks = Chunks::new(key, nonce);
    let count = plain.len().div_ceil(CHUNK_BYTES).max(1);
    let mut out = Vec::with_capacity(NONCE_BYTES + plain.len() + count * TAG_BYTES);
    out.extend_from_slice(nonce);
    let mut rest = plain;
    for number in 1..=count {
        let (chunk, after) = rest.split_at_checked(CHUNK_BYTES).unwrap_or((rest, &[]));
        let start = out.len();
        out.extend_from_slice(chunk);
        let (_, sealed) = out.split_at_mut(start);
        let tag = chunks.seal(number as u64 - 1, sealed, number == count);
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
    let chunks = Chunks::new(key, nonce);
    // The exact size: a growing buffer would leave unwiped copies.
    let mut plain = zeroize::Zeroizing::new(vec![0; length]);
    let mut room = &mut plain[..];
    let mut rest = sealed;
    for number in 1..=count {
        let (chunk, after) = rest
            .split_at_checked(SEALED_CHUNK_BYTES)
            .unwrap_or((rest, &[]));
        let (text, tag) = chunk
            .split_last_chunk::<TAG_BYTES>()
            .ok_or(PayloadError::Truncated)?;
        let (into, left) = room.split_at_mut(text.len().min(room.len()));
        into.copy_from_slice(text);
        chunks
            .open(number as u64 - 1, into, tag, number == count)
            .map_err(|NotAuthentic| PayloadError::Damaged)?;
        (room, rest) = (left, after);
    }
    Ok(Plain::new(std::mem::take(&mut plain)))
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::io::Read;
    use std::io::Write;

    use proptest::prelude::*;

    use super::*;
    use crate::sealing::PayloadReader;
    use crate::sealing::PayloadWriter;

    const BORDERS: [usize; 7] = [0, 1, 65535, 65536, 65537, 131_072, 131_073];

    fn content(length: usize) -> Vec<u8> {
        (0..length).map(|at| at.to_le_bytes()[0] ^ 0x5a).collect()
    }

    /// What a reader releases before it ends, and whether it ends well.
    fn read(key: &FileKey, payload: &[u8]) -> (Vec<u8>, Result<(), io::ErrorKind>) {
        let mut released = Vec::new();
        let end = PayloadReader::new(key, payload)
            .and_then(|mut reader| reader.read_to_end(&mut released).map(|_| ()));
        (released, end.map_err(|e| e.kind()))
    }

    #[test]
    fn border_lengths_round_trip_both_ways() {
        let key = FileKey::generate();
        for length in BORDERS {
            let content = content(length);
            let whole = seal_payload(&key, &Plain::new(content.clone()));
            let chunks = length.div_ceil(CHUNK_BYTES).max(1);
            assert_eq!(whole.len(), length + 16 + 16 * chunks);
            let mut writer = PayloadWriter::new(&key, Vec::new()).unwrap();
            for piece in content.chunks(10_007) {
                writer.write_all(piece).unwrap();
            }
            let streamed = writer.finish().unwrap();
            for payload in [whole, streamed] {
                assert_eq!(open_payload(&key, &payload).unwrap().expose(), content);
                assert_eq!(read(&key, &payload), (content.clone(), Ok(())));
            }
        }
    }

    #[test]
    fn truncation_is_refused_wherever_it_happens() {
        let key = FileKey::generate();
        let content = content(3 * CHUNK_BYTES);
        let payload = seal_payload(&key, &Plain::new(content.clone()));
        let border = |n: usize| NONCE_BYTES + n * SEALED_CHUNK_BYTES;
        let cuts =
            (0..3).flat_map(|n| (border(n).saturating_sub(17)..border(n) + 18).collect::<Vec<_>>());
        for cut in cuts.chain(border(3) - 17..border(3)) {
            assert!(open_payload(&key, &payload[..cut]).is_err(), "cut at {cut}");
            let (released, end) = read(&key, &payload[..cut]);
            assert!(end.is_err(), "cut at {cut}");
            let chunks = cut.saturating_sub(NONCE_BYTES) / SEALED_CHUNK_BYTES;
            assert_eq!(released, content[..chunks * CHUNK_BYTES]);
        }
        for n in 0..3 {
            let (_, end) = read(&key, &payload[..border(n)]);
            assert_eq!(
                end,
                Err(io::ErrorKind::UnexpectedEof),
                "a cut at a chunk border"
            );
        }
    }

    #[test]
    fn what_follows_or_moves_is_refused() {
        let key = FileKey::generate();
        for length in [0, 5, CHUNK_BYTES, CHUNK_BYTES + 1] {
            let payload = seal_payload(&key, &Plain::new(content(length)));
            for after in [1, 16, SEALED_CHUNK_BYTES] {
                let longer = [&payload[..], &vec![0; after]].concat();
                assert!(open_payload(&key, &longer).is_err());
                assert!(read(&key, &longer).1.is_err());
            }
        }
        let payload = seal_payload(&key, &Plain::new(content(3 * CHUNK_BYTES)));
        let (nonce, chunks) = payload.split_at(NONCE_BYTES);
        let chunk = |n: usize| &chunks[n * SEALED_CHUNK_BYTES..(n + 1) * SEALED_CHUNK_BYTES];
        for order in [[1, 0, 2], [0, 2, 1], [0, 0, 2], [0, 1, 1]] {
            let moved = [nonce, chunk(order[0]), chunk(order[1]), chunk(order[2])].concat();
            assert!(open_payload(&key, &moved).is_err());
            assert!(read(&key, &moved).1.is_err());
        }
        let unmoved = [nonce, chunk(0), chunk(1), chunk(2)].concat();
        assert!(open_payload(&key, &unmoved).is_ok(), "the control");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn no_bit_can_change(length in 0usize..300, bit: prop::sample::Index) {
            let key = FileKey::generate();
            let mut payload = seal_payload(&key, &Plain::new(content(length)));
            let bit = bit.index(payload.len() * 8);
            payload[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(open_payload(&key, &payload).unwrap_err(), PayloadError::Damaged);
            prop_assert_eq!(read(&key, &payload), (Vec::new(), Err(io::ErrorKind::InvalidData)));
        }

        #[test]
        fn any_bytes_are_refused_without_panic(bytes: Vec<u8>) {
            prop_assert!(open_payload(&FileKey::generate(), &bytes).is_err());
            prop_assert!(read(&FileKey::generate(), &bytes).1.is_err());
        }
    }

    #[test]
    fn another_key_opens_nothing() {
        let payload = seal_payload(&FileKey::generate(), &Plain::new(content(5)));
        let other = FileKey::generate();
        assert_eq!(
            open_payload(&other, &payload).unwrap_err(),
            PayloadError::Damaged
        );
        assert!(read(&other, &payload).0.is_empty());
    }
}
