//! The static directory, read. Nothing here is believed: whoever reads compares with a checkpoint.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use crate::bytes::Fields;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::merkle::HASH_BYTES;
use crate::ledger::merkle::Hash;
use crate::ledger::merkle::TreeSize;
use crate::ledger::note::key::VerifierKey;
use crate::ledger::tiles::CHECKPOINT;
use crate::ledger::tiles::TilesError;
use crate::ledger::tiles::path::Row;
use crate::ledger::tiles::path::Tile;

/// Bytes a full bundle may have: 256 entries of the longest that a u16 can say.
const MAX_FILE_BYTES: u64 = 256 * (2 + 65_535);

/// A static directory.
#[derive(Debug, Clone)]
pub struct Tiles {
    dir: PathBuf,
}

impl Tiles {
    /// The directory at this path, which need not exist.
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// Where it is.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The published checkpoint; `None` where none was published.
    ///
    /// # Errors
    /// [`TilesError`] where it cannot be read or is not accepted.
    pub fn checkpoint(&self, keys: &[VerifierKey]) -> Result<Option<SignedCheckpoint>, TilesError> {
        let path = self.dir.join(CHECKPOINT);
        let Some(note) = read(&path)? else {
            return Ok(None);
        };
        SignedCheckpoint::verify(&note, keys)
            .map(Some)
            .map_err(TilesError::Checkpoint)
    }

    /// The hashes of a tile, from its own file or, where that has been filled since, from the beginning of
    /// the full one. `None` where neither exists.
    ///
    /// # Errors
    /// [`TilesError`] where a file cannot be read or has another length.
    pub fn hashes(&self, tile: Tile) -> Result<Option<Vec<Hash>>, TilesError> {
        self.find(tile, split_hashes)
    }

    /// The entries of a bundle, as [`Tiles::hashes`].
    ///
    /// # Errors
    /// [`TilesError`] where a file cannot be read or holds another number of entries.
    pub fn entries(&self, n: u64, size: TreeSize) -> Result<Option<Vec<Vec<u8>>>, TilesError> {
        match Tile::within(Row::Entries, n, size) {
            Some(tile) => self.find(tile, split_bundle),
            None => Ok(None),
        }
    }

    /// Whether every tile and bundle that a tree of this size needs is there, with the length it must have
    /// (of a bundle: with any). Reads none of them: this finds what a power failure left of files that were
    /// never synced, not what somebody changed.
    ///
    /// # Errors
    /// [`TilesError::Io`].
    pub fn are_all_there(&self, size: TreeSize) -> Result<bool, TilesError> {
        let rows = (0..Row::LEVELS).map(Row::Hashes).chain([Row::Entries]);
        for tile in rows.flat_map(|row| row.tiles(size)) {
            let path = self.dir.join(tile.to_string());
            let fits = match fs::metadata(&path) {
                Ok(found) if tile.row == Row::Entries => found.len() > 0,
                Ok(found) => {
                    u64::try_from(HASH_BYTES) == Ok(found.len() / tile.width)
                        && found.len().is_multiple_of(tile.width)
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => false,
                Err(error) => return Err(TilesError::at(path)(error)),
            };
            if !fits {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn find<T>(
        &self,
        tile: Tile,
        split: impl Fn(&[u8]) -> Option<Vec<T>>,
    ) -> Result<Option<Vec<T>>, TilesError> {
        for place in [tile, tile.full()] {
            let path = self.dir.join(place.to_string());
            if let Some(bytes) = read(&path)? {
                let held =
                    split(&bytes).filter(|all| usize::try_from(place.width) == Ok(all.len()));
                let mut held = held.ok_or(TilesError::Damaged(path))?;
                held.truncate(usize::try_from(tile.width).unwrap_or(usize::MAX));
                return Ok(Some(held));
            }
        }
        Ok(None)
    }
}

/// A whole file, or `None` where there is none.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, TilesError> {
    match fs::metadata(path) {
        Ok(found) if found.len() > MAX_FILE_BYTES => Err(TilesError::Damaged(path.to_owned())),
        Ok(_) => fs::read(path).map(Some).map_err(TilesError::at(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(TilesError::at(path)(error)),
    }
}

fn split_hashes(bytes: &[u8]) -> Option<Vec<Hash>> {
    let (hashes, rest) = bytes.as_chunks::<HASH_BYTES>();
    let hashes = hashes.iter().copied().map(Hash::from_bytes).collect();
    rest.is_empty().then_some(hashes)
}

/// The entries of a bundle, each after its big-endian u16 length.
fn split_bundle(bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut fields = Fields::new(bytes);
    let mut entries = Vec::new();
    while !fields.rest().is_empty() {
        let length = fields.u16().ok()?;
        entries.push(fields.take(usize::from(length)).ok()?.to_vec());
    }
    Some(entries)
}
