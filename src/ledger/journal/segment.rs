//! One file of the journal: a header, frames, and zeros up to its end.
//!
//! ```text
//! segment = header frame* zeros
//! header  = 'srjrnl1\n' | vault 16 | generation u32 | segment number u32
//!           | next frame u64 | ledger size u64 | hash of the last frame 32 | SHA-256 of all before
//! ```
//!
//! The zeros are written, not merely allocated, before the file gets its name: a commit then changes
//! no size or extent, only bytes, and one flush of the data makes it durable.

use std::io;
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::bytes::Fields;
use crate::ids::VaultId;
use crate::ledger::journal::Position;
use crate::ledger::journal::disk::{Disk, DiskFile};

/// Bytes of a segment's header.
pub(crate) const HEADER: usize = 8 + 16 + 4 + 4 + 8 + 8 + 32 + 32;
const MAGIC: &[u8; 8] = b"srjrnl1\n";
const ENDING: &str = ".jrn";
/// Zeros are written in pieces of this size.
const PIECE: usize = 1 << 20;

/// The file name of a segment.
pub(crate) fn name(number: u32) -> String {
    format!("{number:08}{ENDING}")
}

/// The number in a segment's file name; `None` for any other file.
pub(crate) fn number(file: &str) -> Option<u32> {
    let number: u32 = file.strip_suffix(ENDING)?.parse().ok()?;
    (name(number) == file).then_some(number)
}

/// The header of the segment that begins at this position.
pub(crate) fn header(vault: &VaultId, number: u32, at: &Position) -> Vec<u8> {
    let mut out = Vec::with_capacity(HEADER);
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(vault.as_bytes());
    out.extend_from_slice(&at.generation.to_be_bytes());
    out.extend_from_slice(&number.to_be_bytes());
    out.extend_from_slice(&at.next_frame.to_be_bytes());
    out.extend_from_slice(&at.size.to_be_bytes());
    out.extend_from_slice(&at.hash);
    let hash = Sha256::digest(&out);
    out.extend_from_slice(&hash);
    out
}

/// Where the segment with this number, in these bytes, begins; in words why it is none.
pub(crate) fn read_header(
    bytes: &[u8],
    vault: &VaultId,
    number: u32,
) -> Result<Position, &'static str> {
    let header = bytes.get(..HEADER).ok_or("its beginning is missing")?;
    let (covered, hash) = header
        .split_last_chunk::<32>()
        .ok_or("its beginning is missing")?;
    if <[u8; 32]>::from(Sha256::digest(covered)) != *hash {
        return Err("its first bytes are not what was written");
    }
    let parts = || {
        let mut fields = Fields::new(covered);
        let magic: [u8; 8] = fields.array()?;
        let named: [u8; 16] = fields.array()?;
        let generation = fields.u32()?;
        let own = fields.u32()?;
        let position = Position {
            generation,
            next_frame: fields.u64()?,
            size: fields.u64()?,
            hash: fields.array()?,
        };
        fields.end()?;
        Ok::<_, crate::bytes::Malformed>((magic, named, own, position))
    };
    let (magic, named, own, position) = parts().map_err(|_| "its beginning is missing")?;
    if magic != *MAGIC {
        return Err("it has a format this version does not know");
    }
    if named != *vault.as_bytes() {
        return Err("it belongs to another vault");
    }
    if own != number {
        return Err("it has another segment's name");
    }
    Ok(position)
}

/// Makes a file of `size` written zeros. Durable when it returns, except for its name.
pub(crate) fn preallocate(
    disk: &dyn Disk,
    path: &Path,
    size: u64,
) -> io::Result<Box<dyn DiskFile>> {
    let file = disk.create_new(path)?;
    zero(&*file, 0, size)?;
    file.sync_all()?;
    Ok(file)
}

/// Writes zeros from `from` up to `to`.
pub(crate) fn zero(file: &dyn DiskFile, from: u64, to: u64) -> io::Result<()> {
    let zeros = vec![0; PIECE];
    let mut offset = from;
    while offset < to {
        let piece = usize::try_from(to - offset).unwrap_or(PIECE).min(PIECE);
        file.write_at(zeros.get(..piece).unwrap_or_default(), offset)?;
        offset += piece as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const VAULT: VaultId = VaultId::from_bytes([7; 16]);

    proptest! {
        #[test]
        fn headers_round_trip(
            generation: u32, next_frame: u64, size: u64, hash: [u8; 32], number: u32
        ) {
            let at = Position { generation, next_frame, size, hash };
            let bytes = header(&VAULT, number, &at);
            prop_assert_eq!(bytes.len(), HEADER);
            prop_assert_eq!(read_header(&bytes, &VAULT, number), Ok(at));
            prop_assert!(read_header(&bytes, &VAULT, number ^ 1).is_err());
            let other = VaultId::from_bytes([8; 16]);
            prop_assert!(read_header(&bytes, &other, number).is_err());
            for at in 0..HEADER {
                let mut bad = bytes.clone();
                bad[at] ^= 1;
                prop_assert!(read_header(&bad, &VAULT, number).is_err());
                prop_assert!(read_header(&bytes[..at], &VAULT, number).is_err());
            }
        }
    }

    #[test]
    fn one_name_for_each_segment() {
        assert_eq!(name(7), "00000007.jrn");
        assert_eq!(number("00000007.jrn"), Some(7));
        for other in ["7.jrn", "+0000007.jrn", "00000007.jrn.tmp", "torn-1-2.bin"] {
            assert_eq!(number(other), None, "{other}");
        }
    }
}
