//! Where the bytes of rows are, and pointers into them.

use sha2::{Digest, Sha256};

use crate::ledger::journal::Journal;
use crate::sealing::{RowId, SealedRow};
use crate::store::Head;
use crate::store::effects::{self, PlacedEffect, RawEffect};
use crate::store::embedded::index::{Change, Pointer, key};
use crate::store::embedded::snapshot::Snapshot;
use crate::store::names::Tree;

/// Where the bytes of rows are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) journal: &'a Journal,
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) head: &'a Head,
}

impl Source<'_> {
    /// The row a pointer leads to; `None` when something else stands there.
    pub(crate) fn follow(
        &self,
        tree: Tree,
        id: &RowId,
        at: &Pointer,
    ) -> Result<Option<SealedRow>, std::io::Error> {
        let length = usize::try_from(at.length).unwrap_or(usize::MAX);
        let read = match at.segment {
            0 => self.snapshot.read(at.offset, length),
            segment => self.journal.read(segment, at.offset, length),
        };
        let bytes = match read {
            Err(error) if is_elsewhere(&error) => return Ok(None),
            other => other?,
        };
        if <[u8; 32]>::from(Sha256::digest(&bytes)) != at.digest {
            return Ok(None);
        }
        let mut found = effects::decode(0, &bytes).unwrap_or_default();
        match (found.pop(), found.is_empty()) {
            (
                Some(RawEffect::Put {
                    tree: t,
                    id: i,
                    row,
                }),
                true,
            ) if (t, i) == (tree, *id) => Ok(Some(row)),
            _ => Ok(None),
        }
    }
}

/// A pointer beyond the file's end or into no file is a bad pointer, not a bad disk.
fn is_elsewhere(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{NotFound, UnexpectedEof};
    matches!(error.kind(), NotFound | UnexpectedEof)
}

/// The changes a frame's effects make in the index.
pub(crate) fn changes(
    segment: u32,
    effects_offset: u64,
    bytes: &[u8],
    placed: &[PlacedEffect],
) -> Vec<Change> {
    let change = |one: &PlacedEffect| match &one.effect {
        RawEffect::Put { tree, id, .. } => {
            let put = bytes.get(one.offset..one.offset + one.length)?;
            let offset = effects_offset + one.offset as u64;
            let pointer = pointer(segment, offset, put);
            Some(Change::Put(key(tree.number(), id), pointer))
        }
        RawEffect::Drop { tree, id } => Some(Change::Drop(key(tree.number(), id))),
        RawEffect::Sealed(_) => None,
    };
    placed.iter().filter_map(change).collect()
}

fn pointer(segment: u32, offset: u64, put: &[u8]) -> Pointer {
    Pointer {
        segment,
        offset,
        // A put is part of a frame, and a frame has at most 256 MiB.
        length: u32::try_from(put.len()).unwrap_or(u32::MAX),
        digest: Sha256::digest(put).into(),
    }
}

/// A segment's file relative to the vault; segment 0 is the snapshot.
pub(crate) fn file_name(segment: u32, head: &Head) -> String {
    if segment == 0 {
        format!("generation/{}/rows", head.generation)
    } else {
        format!("journal/{}", Journal::segment_name(segment))
    }
}
