//! Marks: what else than the journal remembers how far the vault had come.
//!
//! A mark stands in the index behind the rows of each frame, and in the file `clean` after a clean stop.
//! It is written only once its frame is durable, so it never honestly runs ahead of the journal; a
//! journal that ends before it has lost what was acknowledged. It is authenticated with a key of the
//! generation, so rubbish cannot accuse the journal.
//!
//! ```text
//! mark = 1 u8 | generation u32 | segment u32 | offset u64 | next frame u64 | ledger size u64
//!        | hash of the last frame 32 | rows u64 | sum 32 | HMAC-SHA256(mark key, 'sr1 mark' || all before) 32
//! ```

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::bytes::Fields;
use crate::ledger::journal::Position;
use crate::store::embedded::index::Tally;

const FORMAT: u8 = 1;

/// How far index and journal had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) position: Position,
    /// The segment the last frame stands in and where it ends.
    pub(crate) end: (u32, u64),
    /// What the index added up to.
    pub(crate) tally: Tally,
}

impl Mark {
    pub(crate) fn seal(&self, key: &[u8; 32]) -> Vec<u8> {
        let mut out = vec![FORMAT];
        out.extend_from_slice(&self.position.generation.to_be_bytes());
        out.extend_from_slice(&self.end.0.to_be_bytes());
        out.extend_from_slice(&self.end.1.to_be_bytes());
        out.extend_from_slice(&self.position.next_frame.to_be_bytes());
        out.extend_from_slice(&self.position.size.to_be_bytes());
        out.extend_from_slice(&self.position.hash);
        out.extend_from_slice(&self.tally.rows.to_be_bytes());
        out.extend_from_slice(&self.tally.sum);
        let tag = mac(key, &out).finalize().into_bytes();
        out.extend_from_slice(&tag);
        out
    }

    /// `None` for anything this generation did not write.
    pub(crate) fn open(bytes: &[u8], key: &[u8; 32]) -> Option<Self> {
        let (covered, tag) = bytes.split_last_chunk::<32>()?;
        mac(key, covered).verify_slice(tag).ok()?;
        let mut fields = Fields::new(covered);
        if fields.u8().ok()? != FORMAT {
            return None;
        }
        let generation = fields.u32().ok()?;
        let end = (fields.u32().ok()?, fields.u64().ok()?);
        let position = Position {
            generation,
            next_frame: fields.u64().ok()?,
            size: fields.u64().ok()?,
            hash: fields.array().ok()?,
        };
        let tally = Tally {
            rows: fields.u64().ok()?,
            sum: fields.array().ok()?,
        };
        fields.end().ok()?;
        Some(Self {
            position,
            end,
            tally,
        })
    }
}

fn mac(key: &[u8; 32], bytes: &[u8]) -> Hmac<Sha256> {
    // Every length is a valid HMAC key (RFC 2104).
    let Ok(mac) = Hmac::<Sha256>::new_from_slice(key) else {
        std::process::abort()
    };
    mac.chain_update(b"sr1 mark").chain_update(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn marks_round_trip_and_every_altered_byte_shows(
            numbers: (u32, u32, u64, u64, u64, u64), hash: [u8; 32], sum: [u8; 32], bit in 0u8..8
        ) {
            let (generation, segment, offset, next_frame, size, rows) = numbers;
            let mark = Mark {
                position: Position { generation, next_frame, size, hash },
                end: (segment, offset),
                tally: Tally { rows, sum },
            };
            let bytes = mark.seal(&[5; 32]);
            prop_assert_eq!(Mark::open(&bytes, &[5; 32]), Some(mark));
            prop_assert_eq!(Mark::open(&bytes, &[6; 32]), None);
            for at in 0..bytes.len() {
                let mut bad = bytes.clone();
                bad[at] ^= 1 << bit;
                prop_assert_eq!(Mark::open(&bad, &[5; 32]), None);
                prop_assert_eq!(Mark::open(&bytes[..at], &[5; 32]), None);
            }
        }
    }
}
