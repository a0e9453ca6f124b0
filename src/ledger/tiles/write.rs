//! The static directory, written from the entries in the order: bundles and tiles, then the checkpoint,
//! and only then away with partial tiles that have been filled. Each is durable before the next begins. So every
//! reader finds what the checkpoint it holds needs, also after a power cut. One writer at a time (the vault's lock
//! sees to it).

use std::fs;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;

use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::durable::PUBLIC;
use crate::ledger::durable::make_folders;
use crate::ledger::durable::sync_name;
use crate::ledger::merkle::Frontier;
use crate::ledger::merkle::Hash;
use crate::ledger::merkle::LeafIndex;
use crate::ledger::merkle::TreeSize;
use crate::ledger::merkle::leaf_hash;
use crate::ledger::note::key::VerifierKey;
use crate::ledger::opening::Opening;
use crate::ledger::tiles::ADMIN;
use crate::ledger::tiles::CHECKPOINT;
use crate::ledger::tiles::CHECKPOINTS;
use crate::ledger::tiles::TILE_HEIGHT;
use crate::ledger::tiles::TILE_WIDTH;
use crate::ledger::tiles::TilesError;
use crate::ledger::tiles::VKEY;
use crate::ledger::tiles::nodes::subtree;
use crate::ledger::tiles::path::Row;
use crate::ledger::tiles::path::Tile;
use crate::ledger::tiles::read::Tiles;

/// The file every other one is written to first.
const WRITING: &str = ".writing";

/// Writes a static directory.
#[derive(Debug)]
pub struct Publisher {
    tiles: Tiles,
    edge: Edge,
}

/// The tiles at the right edge, which are not full yet.
#[derive(Debug, Default)]
struct Edge {
    size: u64,
    bundle: Vec<u8>,
    levels: Vec<Vec<Hash>>,
}

impl Publisher {
    /// Begins an empty directory for the ledger of this key, or goes on with what is there after checking
    /// that every file exists and that the right edge leads to the root of the checkpoint.
    ///
    /// # Errors
    /// [`TilesError`]. Where the edge is missing, torn or wrong, [`Publisher::afresh`] helps.
    pub fn open(dir: impl Into<PathBuf>, keys: &[VerifierKey]) -> Result<Self, TilesError> {
        let tiles = Tiles::at(dir);
        for folder in ["", CHECKPOINTS, ADMIN] {
            let folder = tiles.dir().join(folder);
            make_folders(&folder, PUBLIC).map_err(TilesError::at(&folder))?;
        }
        let edge = match tiles.checkpoint(keys)? {
            Some(checkpoint) => Edge::load(&tiles, &checkpoint)?,
            None => Edge::default(),
        };
        let publisher = Self { tiles, edge };
        let texts: Vec<String> = keys.iter().map(|key| format!("{key}\n")).collect();
        let text = texts.concat();
        publisher.beside(VKEY, text.as_bytes())?;
        Ok(publisher)
    }

    /// Removes tiles and checkpoint, so that everything is written again from the first entry.
    ///
    /// # Errors
    /// [`TilesError`].
    pub fn afresh(dir: impl Into<PathBuf>, keys: &[VerifierKey]) -> Result<Self, TilesError> {
        let dir = dir.into();
        let checkpoint = dir.join(CHECKPOINT);
        remove_file(&checkpoint)?;
        // It may not be back after a power cut that took the tiles.
        gone(sync_name(&checkpoint)).map_err(TilesError::at(&dir))?;
        remove_dir(&dir.join("tile"))?;
        Self::open(dir, keys)
    }

    /// How many entries are published: the next [`Publisher::publish`] begins with this one.
    pub fn size(&self) -> TreeSize {
        TreeSize::new(self.edge.size)
    }

    /// The directory, for reading.
    pub fn tiles(&self) -> &Tiles {
        &self.tiles
    }

    /// Writes the entries that follow the published ones, then the checkpoint over all of them. Publishing
    /// the same checkpoint again changes nothing.
    ///
    /// # Errors
    /// [`TilesError`]: nothing new is published, and the publisher must be opened again.
    pub fn publish<I>(
        &mut self,
        entries: I,
        checkpoint: &SignedCheckpoint,
    ) -> Result<(), TilesError>
    where
        I: IntoIterator,
        I::Item: AsRef<[u8]>,
    {
        if checkpoint.size() < self.size() {
            return Err(TilesError::WentBack);
        }
        let mut filled = Vec::new();
        for entry in entries {
            self.append(entry.as_ref(), &mut filled)?;
        }
        if checkpoint.size() != self.size() {
            return Err(TilesError::Entries);
        }
        if checkpoint.head().root != self.edge.root() {
            return Err(TilesError::WrongRoot);
        }
        self.write_edge()?;
        if !filled.is_empty() {
            self.sync()?;
        }
        self.write(CHECKPOINT, checkpoint.note().as_bytes())?;
        for tile in filled {
            remove_dir(&self.tiles.dir().join(tile.partials()))?;
        }
        Ok(())
    }

    /// Keeps a checkpoint for ever, under its size.
    ///
    /// # Errors
    /// [`TilesError`].
    pub fn keep(&self, checkpoint: &SignedCheckpoint) -> Result<(), TilesError> {
        let name = format!("{CHECKPOINTS}/{}.note", checkpoint.size());
        self.write(&name, checkpoint.note().as_bytes())
    }

    /// Opens an entry to everybody. Only for entries without personal data.
    ///
    /// # Errors
    /// [`TilesError`].
    pub fn disclose(&self, index: LeafIndex, opening: &Opening) -> Result<(), TilesError> {
        let name = format!("{ADMIN}/{index}.json");
        self.write(&name, opening.to_file().as_bytes())
    }

    /// Has a file of another name stand beside the tiles.
    ///
    /// # Errors
    /// [`TilesError`].
    pub fn beside(&self, name: &str, bytes: &[u8]) -> Result<(), TilesError> {
        let there = fs::read(self.tiles.dir().join(name));
        if there.is_ok_and(|there| there == bytes) {
            return Ok(());
        }
        self.write(name, bytes)
    }

    /// Makes everything written so far survive a power failure. Needed before the journal that it was
    /// written from may go.
    ///
    /// # Errors
    /// [`TilesError`].
    pub fn sync(&self) -> Result<(), TilesError> {
        let dir = self.tiles.dir();
        let opened = File::open(dir).map_err(TilesError::at(dir))?;
        rustix::fs::syncfs(opened).map_err(|errno| TilesError::at(dir)(errno.into()))
    }

    fn append(&mut self, entry: &[u8], filled: &mut Vec<Tile>) -> Result<(), TilesError> {
        let length = u16::try_from(entry.len()).map_err(|_| TilesError::Entries)?;
        self.edge.bundle.extend_from_slice(&length.to_be_bytes());
        self.edge.bundle.extend_from_slice(entry);
        self.edge.size = self.edge.size.checked_add(1).ok_or(TilesError::Entries)?;
        if self.edge.size.is_multiple_of(TILE_WIDTH) {
            let tile = self.last_tile(Row::Entries)?;
            self.write_soon(&tile.to_string(), &self.edge.bundle)?;
            self.edge.bundle.clear();
            filled.push(tile);
        }
        let mut hash = Some(leaf_hash(entry));
        for level in 0..Row::LEVELS {
            let Some(next) = hash else { break };
            hash = self.append_hash(level, next, filled)?;
        }
        Ok(())
    }

    /// Adds a hash to a level; the root of its tile where that is now full.
    fn append_hash(
        &mut self,
        level: u8,
        hash: Hash,
        filled: &mut Vec<Tile>,
    ) -> Result<Option<Hash>, TilesError> {
        let at = usize::from(level);
        if self.edge.levels.len() <= at {
            self.edge.levels.resize(at + 1, Vec::new());
        }
        let hashes = match self.edge.levels.get_mut(at) {
            Some(hashes) if u64::try_from(hashes.len() + 1) == Ok(TILE_WIDTH) => {
                let mut full = std::mem::take(hashes);
                full.push(hash);
                full
            }
            Some(hashes) => {
                hashes.push(hash);
                return Ok(None);
            }
            None => return Ok(None),
        };
        let tile = self.last_tile(Row::Hashes(level))?;
        self.write_soon(&tile.to_string(), &join(&hashes))?;
        filled.push(tile);
        Ok(subtree(&hashes))
    }

    fn write_edge(&self) -> Result<(), TilesError> {
        if !self.edge.bundle.is_empty() {
            let tile = self.last_tile(Row::Entries)?;
            self.write(&tile.to_string(), &self.edge.bundle)?;
        }
        for (level, hashes) in (0u8..).zip(&self.edge.levels) {
            if !hashes.is_empty() {
                let tile = self.last_tile(Row::Hashes(level))?;
                self.write(&tile.to_string(), &join(hashes))?;
            }
        }
        Ok(())
    }

    fn last_tile(&self, row: Row) -> Result<Tile, TilesError> {
        let size = self.size();
        let last = row.length(size).saturating_sub(1) / TILE_WIDTH;
        Tile::within(row, last, size).ok_or(TilesError::Entries)
    }

    /// Writes a whole file beside its place and renames it, so that a reader sees all of it or the old one. It
    /// is durable then.
    fn write(&self, name: &str, bytes: &[u8]) -> Result<(), TilesError> {
        self.put(name, bytes, File::sync_all)?;
        let place = self.tiles.dir().join(name);
        sync_name(&place).map_err(TilesError::at(place))
    }

    /// As [`Publisher::write`], and durable after [`Publisher::sync`]: of tiles that have been filled there may
    /// be thousands at once.
    fn write_soon(&self, name: &str, bytes: &[u8]) -> Result<(), TilesError> {
        self.put(name, bytes, |_| Ok(()))
    }

    fn put(
        &self,
        name: &str,
        bytes: &[u8],
        sync: fn(&File) -> std::io::Result<()>,
    ) -> Result<(), TilesError> {
        let place = self.tiles.dir().join(name);
        let beside = self.tiles.dir().join(WRITING);
        if let Some(folder) = place.parent() {
            make_folders(folder, PUBLIC).map_err(TilesError::at(folder))?;
        }
        File::create(&beside)
            .and_then(|mut file| {
                file.write_all(bytes)?;
                sync(&file)
            })
            .map_err(TilesError::at(&beside))?;
        fs::rename(&beside, &place).map_err(TilesError::at(place))
    }
}

impl Edge {
    fn load(tiles: &Tiles, checkpoint: &SignedCheckpoint) -> Result<Self, TilesError> {
        let size = checkpoint.size();
        let mut edge = Self {
            size: size.get(),
            ..Self::default()
        };
        let partial = |row: Row| {
            Tile::within(row, row.length(size) / TILE_WIDTH, size).filter(|tile| !tile.is_full())
        };
        for level in 0..Row::LEVELS {
            let hashes = match partial(Row::Hashes(level)) {
                Some(tile) => tiles.hashes(tile)?.ok_or(TilesError::WrongRoot)?,
                None => Vec::new(),
            };
            edge.levels.push(hashes);
        }
        if edge.root() != checkpoint.head().root || !tiles.are_all_there(size)? {
            return Err(TilesError::WrongRoot);
        }
        if let Some(tile) = partial(Row::Entries) {
            let entries = tiles.entries(tile.n, size)?.ok_or(TilesError::WrongRoot)?;
            let hashes = edge.levels.first().map_or(&[][..], Vec::as_slice);
            if !entries
                .iter()
                .map(|entry| leaf_hash(entry))
                .eq(hashes.iter().copied())
            {
                return Err(TilesError::WrongRoot);
            }
            for entry in entries {
                let length = u16::try_from(entry.len()).map_err(|_| TilesError::Entries)?;
                edge.bundle.extend_from_slice(&length.to_be_bytes());
                edge.bundle.extend_from_slice(&entry);
            }
        }
        Ok(edge)
    }

    /// The root over everything: the hashes at the edge are the complete subtrees, largest first.
    fn root(&self) -> Hash {
        let mut frontier = Frontier::new();
        for level in (0..Row::LEVELS).rev() {
            for hash in self.levels.get(usize::from(level)).into_iter().flatten() {
                // Always aligned: higher levels hold multiples of what follows.
                let _ = frontier.append_subtree(level * TILE_HEIGHT, *hash);
            }
        }
        frontier.root()
    }
}

fn join(hashes: &[Hash]) -> Vec<u8> {
    hashes.iter().flat_map(Hash::as_bytes).copied().collect()
}

fn remove_file(path: &Path) -> Result<(), TilesError> {
    gone(fs::remove_file(path)).map_err(TilesError::at(path))
}

fn remove_dir(path: &Path) -> Result<(), TilesError> {
    gone(fs::remove_dir_all(path)).map_err(TilesError::at(path))
}

fn gone(result: std::io::Result<()>) -> std::io::Result<()> {
    match result {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
