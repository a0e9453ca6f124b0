//! What an old disk still has of a journal behind the end of a backup: whole frames that continue its chain,
//! up to the first that does not.

use std::io;
use std::path::Path;

use crate::ids::VaultId;
use crate::ledger::frame::FrameView;
use crate::ledger::journal::disk::{Disk, is_absent, read_whole};
use crate::ledger::journal::{HEADER, Journal, Position, read_header};
use crate::store::backup::{Hashing, Manifest, PlaceError};

/// No segment is longer.
const MAX_SEGMENT: u64 = 512 << 20;

/// Frames that follow a backup.
#[derive(Debug, Default)]
pub struct Missing {
    /// For each segment, by its path in the vault: what belongs behind the bytes that are there. The first may
    /// be one that the backup has the beginning of.
    pub segments: Vec<(String, Vec<u8>)>,
    /// How many entries they hold.
    pub entries: u64,
    /// The generation of keys of a frame that would follow, where it is a later one: then the keys were changed
    /// since, and nothing of the backup opens any more.
    pub later: Option<u32>,
}

/// Reads what follows the backup of this manifest, whose journal ends at `end`, in the vault at `old`.
///
/// # Errors
/// [`PlaceError::Unfit`] where the old journal is another history; the disk's own errors.
pub fn missing(
    disk: &dyn Disk,
    old: &Path,
    (vault, manifest): (&VaultId, &Manifest),
    end: Position,
) -> Result<Missing, PlaceError> {
    let mut found = Missing::default();
    let mut at = end;
    let last = manifest
        .files
        .iter()
        .rev()
        .find(|file| file.path.starts_with("journal/"));
    let Some(last) = last else { return Ok(found) };
    let Some(first) = segment_number(&last.path) else {
        return Ok(found);
    };
    for number in first.. {
        let path = format!("journal/{}", Journal::segment_name(number));
        let bytes = match read_whole(disk, &old.join(&path), MAX_SEGMENT) {
            Err(error) if is_absent(&error) => break,
            // A disk that fails in the middle of a file has nothing more that can be trusted.
            Err(error) if error.kind() != io::ErrorKind::FileTooLarge && number > first => break,
            other => other?,
        };
        let from = if number == first {
            known_part(&bytes, last.bytes, &last.sha256)?
        } else {
            match read_header(&bytes, vault, number) {
                Ok(begins) if (begins.next_frame, begins.hash) == (at.next_frame, at.hash) => 0,
                _ => break,
            }
        };
        let start = from.max(HEADER);
        let (good, later) = follow(&bytes, start, &mut at);
        found.later = later;
        if later.is_some() || (good == start && number > first) {
            break;
        }
        let part = bytes.get(from..good).unwrap_or_default();
        found.segments.push((path, part.to_vec()));
    }
    found.entries = at.size - end.size;
    Ok(found)
}

fn segment_number(path: &str) -> Option<u32> {
    let name = path.strip_prefix("journal/")?;
    let number = name.split('.').next()?.parse().ok()?;
    (Journal::segment_name(number) == name).then_some(number)
}

/// The old segment must begin as the backup's does.
fn known_part(bytes: &[u8], known: u64, sha256: &str) -> Result<usize, PlaceError> {
    let length = usize::try_from(known).unwrap_or(usize::MAX);
    let mut hash = Hashing::default();
    let front = bytes.get(..length);
    hash.add(front.unwrap_or_default());
    if front.is_none() || hash.hex() != sha256 {
        let says = "the old disk's journal is not the one this backup was made of: it is damaged before the \
                    backup's end, or another history";
        return Err(PlaceError::Unfit(says.to_owned()));
    }
    Ok(length)
}

/// Follows the chain through whole frames; where the last good one ends, and the generation of what would follow
/// it if that is a later one.
fn follow(bytes: &[u8], start: usize, at: &mut Position) -> (usize, Option<u32>) {
    let mut offset = start;
    while let Ok(frame) = FrameView::parse(bytes.get(offset..).unwrap_or_default()) {
        let follows =
            frame.number == at.next_frame && frame.previous == at.hash && frame.first == at.size;
        if follows && frame.generation > at.generation {
            return (offset, Some(frame.generation));
        }
        if !follows || frame.generation < at.generation {
            break;
        }
        offset += frame.length;
        *at = Position::after(&frame);
    }
    (offset, None)
}
