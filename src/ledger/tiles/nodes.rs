//! Proofs for every entry, also those not yet in a published tile: the tiles on disk as far as they
//! reach, then hashes held in memory.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Mutex;

use crate::ledger::merkle::Frontier;
use crate::ledger::merkle::Hash;
use crate::ledger::merkle::TreeSize;
use crate::ledger::merkle::node_hash;
use crate::ledger::merkle::prove::Nodes;
use crate::ledger::tiles::TILE_HEIGHT;
use crate::ledger::tiles::TILE_WIDTH;
use crate::ledger::tiles::path::Row;
use crate::ledger::tiles::path::Tile;
use crate::ledger::tiles::read::Tiles;

/// Tiles kept from one proof to the next; those near the root serve them all.
const KEPT_TILES: usize = 32;

/// The tree of a ledger that grows. Tiles are taken from disk as they are: a proof made from damaged ones
/// fails where it is checked.
pub struct TileNodes {
    tiles: Tiles,
    published: u64,
    tail: VecDeque<Hash>,
    kept: Mutex<VecDeque<(Tile, Vec<Hash>)>>,
}

impl fmt::Debug for TileNodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TileNodes")
            .field("published", &self.published)
            .field("tail", &self.tail.len())
            .finish_non_exhaustive()
    }
}

impl TileNodes {
    /// The tree whose first `published` entries are in tiles. Later ones follow by [`TileNodes::append`].
    pub fn new(tiles: Tiles, published: TreeSize) -> Self {
        Self {
            tiles,
            published: published.get(),
            tail: VecDeque::new(),
            kept: Mutex::new(VecDeque::new()),
        }
    }

    /// How many entries it covers.
    pub fn size(&self) -> TreeSize {
        let tail = u64::try_from(self.tail.len()).unwrap_or(u64::MAX);
        TreeSize::new(self.published.saturating_add(tail))
    }

    /// Appends the hash of one entry.
    pub fn append(&mut self, leaf: Hash) {
        self.tail.push_back(leaf);
    }

    /// Lets go of the hashes that tiles hold by now.
    pub fn now_published(&mut self, size: TreeSize) {
        while self.published < size.get() && self.tail.pop_front().is_some() {
            self.published = self.published.saturating_add(1);
        }
    }

    fn published_node(&self, level: u8, index: u64) -> Option<Hash> {
        let row = Row::Hashes(level / TILE_HEIGHT);
        let height = level % TILE_HEIGHT;
        let first = index << height;
        let tile = Tile::within(row, first / TILE_WIDTH, TreeSize::new(self.published))?;
        let hashes = self.tile(tile)?;
        let start = usize::try_from(first % TILE_WIDTH).ok()?;
        subtree(hashes.get(start..start.checked_add(1 << height)?)?)
    }

    fn tile(&self, tile: Tile) -> Option<Vec<Hash>> {
        let kept = || self.kept.lock().ok();
        if let Some((_, hashes)) = kept()?.iter().find(|(at, _)| *at == tile) {
            return Some(hashes.clone());
        }
        let hashes = self.tiles.hashes(tile).ok()??;
        let mut kept = kept()?;
        kept.truncate(KEPT_TILES - 1);
        kept.push_front((tile, hashes.clone()));
        Some(hashes)
    }
}

impl Nodes for TileNodes {
    fn node(&self, level: u8, index: u64) -> Option<Hash> {
        let end = index
            .checked_add(1)?
            .checked_mul(1u64.checked_shl(level.into())?)?;
        if end <= self.published {
            return self.published_node(level, index);
        }
        match level.checked_sub(1) {
            None => {
                let at = index.checked_sub(self.published)?;
                self.tail.get(usize::try_from(at).ok()?).copied()
            }
            Some(below) if end <= self.size().get() => Some(node_hash(
                &self.node(below, index * 2)?,
                &self.node(below, index * 2 + 1)?,
            )),
            Some(_) => None,
        }
    }
}

/// The root over a complete subtree's hashes.
pub(crate) fn subtree(hashes: &[Hash]) -> Option<Hash> {
    let mut frontier = Frontier::new();
    for hash in hashes {
        frontier.append(*hash);
    }
    hashes.len().is_power_of_two().then(|| frontier.root())
}
