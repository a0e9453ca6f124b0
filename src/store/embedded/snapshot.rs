//! The snapshot: every row as it was when a generation began (or later), so that journal segments
//! before it may go.
//!
//! ```text
//! snapshot = header | put* | key change* | (offset u64)* | SHA-256 of all before
//! header   = 'srrows1\n' | vault 16 | generation u32 | next frame u64 | ledger size u64
//!            | hash of the last frame 32 | rows u64 | key changes u64
//!            | u32 length, frontier | u32 length, checkpoint
//! put      = as in a frame's effects, in the order of tree and row id
//! key change = frame u64 | position u32 | ends a unit u8 | u32 length, sealed
//! ```
//!
//! There is one offset for each put: where in the file it begins. The frontier is the ledger's and is
//! not looked into here.

use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use crate::bytes::put_field;
use crate::ids::VaultId;
use crate::ledger::journal::Position;
use crate::ledger::journal::disk::{Disk, DiskFile};
use crate::sealing::{RowId, SealedRow};
use crate::store::effects::{self, PlacedEffect, RawEffect, SealedKeyEffect};
use crate::store::names::Tree;

const MAGIC: &[u8; 8] = b"srrows1\n";
/// The largest frontier, checkpoint, key change or row; a frame holds no more.
const MAX_PART: usize = 256 << 20;
/// A put before its ciphertext: type, tree, id, revision, nonce, length.
const PUT_HEAD: usize = 1 + 1 + 16 + 8 + 24 + 4;
const BUFFER: usize = 1 << 20;

/// What a snapshot stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Covers {
    pub(crate) vault: VaultId,
    pub(crate) position: Position,
    pub(crate) frontier: Vec<u8>,
    pub(crate) checkpoint: Vec<u8>,
    pub(crate) key_effects: Vec<SealedKeyEffect>,
}

impl Covers {
    /// What stands before the first frame of a new vault.
    pub(crate) fn nothing(vault: VaultId, generation: u32) -> Self {
        Self {
            vault,
            position: Position::genesis(generation),
            frontier: Vec::new(),
            checkpoint: Vec::new(),
            key_effects: Vec::new(),
        }
    }
}

/// The bytes of a snapshot of these rows, which must come in the order of tree and row id.
pub(crate) fn encode(
    covers: &Covers,
    rows: &[(Tree, RowId, SealedRow)],
) -> Result<Vec<u8>, effects::EffectsError> {
    let mut out = MAGIC.to_vec();
    out.extend_from_slice(covers.vault.as_bytes());
    out.extend_from_slice(&covers.position.generation.to_be_bytes());
    out.extend_from_slice(&covers.position.next_frame.to_be_bytes());
    out.extend_from_slice(&covers.position.size.to_be_bytes());
    out.extend_from_slice(&covers.position.hash);
    out.extend_from_slice(&(rows.len() as u64).to_be_bytes());
    out.extend_from_slice(&(covers.key_effects.len() as u64).to_be_bytes());
    put_field(&mut out, &covers.frontier)?;
    put_field(&mut out, &covers.checkpoint)?;
    let mut offsets = Vec::with_capacity(rows.len());
    for (tree, id, row) in rows {
        offsets.push(out.len() as u64);
        effects::write_put(&mut out, *tree, id, row)?;
    }
    for effect in &covers.key_effects {
        out.extend_from_slice(&effect.frame.to_be_bytes());
        out.extend_from_slice(&effect.position.to_be_bytes());
        out.push(u8::from(effect.ends_unit));
        put_field(&mut out, &effect.bytes)?;
    }
    for offset in offsets {
        out.extend_from_slice(&offset.to_be_bytes());
    }
    let hash = Sha256::digest(&out);
    out.extend_from_slice(&hash);
    Ok(out)
}

/// A snapshot that has been read through once: its hash is right and its parts fit.
#[derive(Debug)]
pub(crate) struct Snapshot {
    file: Box<dyn DiskFile>,
    pub(crate) covers: Covers,
    /// SHA-256 of the whole file.
    pub(crate) digest: [u8; 32],
    rows: u64,
    rows_at: u64,
}

/// Why a snapshot cannot be used.
#[derive(Debug)]
pub(crate) enum SnapshotError {
    /// In words.
    Damaged(&'static str),
    Io(io::Error),
    /// In words of whoever was shown its rows.
    Refused(String),
}

impl From<io::Error> for SnapshotError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData => {
                Self::Damaged("its parts do not fit together")
            }
            _ => Self::Io(error),
        }
    }
}

/// What is shown each row of a snapshot: where its put begins, and the put.
pub(crate) type EachRow<'a> = dyn FnMut(u64, PlacedEffect, &[u8]) -> Result<(), String> + 'a;

impl Snapshot {
    /// Opens a snapshot of this vault and verifies all of it.
    pub(crate) fn open(
        disk: &dyn Disk,
        path: &Path,
        vault: &VaultId,
    ) -> Result<Self, SnapshotError> {
        let file = disk.open(path)?;
        let digest = verify_hash(&*file)?;
        let mut cursor = Cursor::new(&*file, 0)?;
        let (covers, rows, changes) = read_header(&mut cursor)?;
        if covers.vault != *vault {
            return Err(SnapshotError::Damaged("it belongs to another vault"));
        }
        let mut snapshot = Self {
            rows_at: cursor.at,
            covers,
            digest,
            rows,
            file,
        };
        let mut offsets = Vec::new();
        let mut last = None;
        let end = snapshot.rows(&mut |at, put, _| {
            offsets.push(at);
            let key = match put.effect {
                RawEffect::Put { tree, id, .. } => Some((tree, id)),
                _ => None,
            };
            let in_order = key.is_some() && last < key;
            last = key;
            in_order
                .then_some(())
                .ok_or_else(|| "its rows are not in their order".into())
        })?;
        snapshot.read_tail(end, changes, &offsets)?;
        Ok(snapshot)
    }

    /// Shows every row, in order; returns where they end.
    pub(crate) fn rows(&self, each: &mut EachRow<'_>) -> Result<u64, SnapshotError> {
        let mut cursor = Cursor::new(&*self.file, self.rows_at)?;
        for _ in 0..self.rows {
            let at = cursor.at;
            let mut bytes = cursor.take(PUT_HEAD)?;
            let length = bytes
                .last_chunk()
                .map_or(0, |last| u32::from_be_bytes(*last));
            bytes.extend(cursor.take(usize::try_from(length).unwrap_or(usize::MAX))?);
            let mut placed = effects::decode_placed(0, &bytes)
                .map_err(|_| SnapshotError::Damaged("a row is not readable"))?;
            match (placed.pop(), placed.is_empty()) {
                (Some(put), true) => each(at, put, &bytes).map_err(SnapshotError::Refused)?,
                _ => return Err(SnapshotError::Damaged("a row is not readable")),
            }
        }
        Ok(cursor.at)
    }

    /// Bytes of the file.
    pub(crate) fn read(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        crate::ledger::journal::disk::read_part(&*self.file, offset, length)
    }

    fn read_tail(&mut self, end: u64, changes: u64, offsets: &[u64]) -> Result<(), SnapshotError> {
        let mut cursor = Cursor::new(&*self.file, end)?;
        for _ in 0..changes {
            let effect = SealedKeyEffect {
                frame: cursor.u64()?,
                position: cursor.u32()?,
                ends_unit: cursor.u8()? == 1,
                bytes: cursor.field()?,
            };
            self.covers.key_effects.push(effect);
        }
        for offset in offsets {
            if cursor.u64()? != *offset {
                return Err(SnapshotError::Damaged("an offset is wrong"));
            }
        }
        if cursor.at + 32 != cursor.size {
            return Err(SnapshotError::Damaged("it is longer than it says"));
        }
        Ok(())
    }
}

fn read_header(cursor: &mut Cursor<'_>) -> Result<(Covers, u64, u64), SnapshotError> {
    if cursor.array::<8>()? != *MAGIC {
        let what = "it has a format this version does not know";
        return Err(SnapshotError::Damaged(what));
    }
    let vault = VaultId::from_bytes(cursor.array()?);
    let position = Position {
        generation: cursor.u32()?,
        next_frame: cursor.u64()?,
        size: cursor.u64()?,
        hash: cursor.array()?,
    };
    let (rows, changes) = (cursor.u64()?, cursor.u64()?);
    let covers = Covers {
        vault,
        position,
        frontier: cursor.field()?,
        checkpoint: cursor.field()?,
        key_effects: Vec::new(),
    };
    Ok((covers, rows, changes))
}

/// Hashes the whole file in pieces; returns its digest once its trailer is right.
fn verify_hash(file: &dyn DiskFile) -> Result<[u8; 32], SnapshotError> {
    let size = file.size()?;
    let covered = size
        .checked_sub(32)
        .ok_or(SnapshotError::Damaged("it is cut off"))?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; BUFFER];
    let mut at = 0;
    while at < covered {
        let piece = usize::try_from(covered - at).unwrap_or(BUFFER).min(BUFFER);
        let (part, _) = buffer.split_at_mut(piece);
        file.read_at(part, at)?;
        hash.update(&*part);
        at += piece as u64;
    }
    let mut trailer = [0; 32];
    file.read_at(&mut trailer, covered)?;
    if <[u8; 32]>::from(hash.clone().finalize()) != trailer {
        return Err(SnapshotError::Damaged("its hash does not match its bytes"));
    }
    hash.update(trailer);
    Ok(hash.finalize().into())
}

/// Reads a file forward through a buffer, and never allocates for what the file does not have.
struct Cursor<'a> {
    reader: io::BufReader<Forward<'a>>,
    at: u64,
    size: u64,
}

struct Forward<'a> {
    file: &'a dyn DiskFile,
    at: u64,
    size: u64,
}

impl Read for Forward<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.size.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let count = left.min(buffer.len());
        let (part, _) = buffer.split_at_mut(count);
        self.file.read_at(part, self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}

impl<'a> Cursor<'a> {
    fn new(file: &'a dyn DiskFile, at: u64) -> io::Result<Self> {
        let size = file.size()?;
        let forward = Forward { file, at, size };
        Ok(Self {
            reader: io::BufReader::with_capacity(BUFFER, forward),
            at,
            size,
        })
    }

    fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.reader.read_exact(&mut bytes)?;
        self.at += N as u64;
        Ok(bytes)
    }

    fn take(&mut self, count: usize) -> io::Result<Vec<u8>> {
        if count > MAX_PART || count as u64 > self.size.saturating_sub(self.at) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut bytes = vec![0; count];
        self.reader.read_exact(&mut bytes)?;
        self.at += count as u64;
        Ok(bytes)
    }

    fn u8(&mut self) -> io::Result<u8> {
        self.array().map(u8::from_be_bytes)
    }

    fn u32(&mut self) -> io::Result<u32> {
        self.array().map(u32::from_be_bytes)
    }

    fn u64(&mut self) -> io::Result<u64> {
        self.array().map(u64::from_be_bytes)
    }

    fn field(&mut self) -> io::Result<Vec<u8>> {
        let length = self.u32()?;
        self.take(usize::try_from(length).unwrap_or(usize::MAX))
    }
}

#[cfg(test)]
mod tests;
