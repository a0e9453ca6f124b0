//! The pass over all entries: each read, hashed and put back into the tree that was signed.

use std::collections::BTreeMap;

use crate::ledger::check::DirectoryReport;
use crate::ledger::check::blame;
use crate::ledger::check::files;
use crate::ledger::check::finding::Finding;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::leaf::Leaf;
use crate::ledger::leaf::LeafError;
use crate::ledger::merkle::Frontier;
use crate::ledger::merkle::Hash;
use crate::ledger::merkle::LeafIndex;
use crate::ledger::merkle::TreeSize;
use crate::ledger::merkle::leaf_hash;
use crate::ledger::opening::Opening;
use crate::ledger::tiles::ADMIN;
use crate::ledger::tiles::TILE_HEIGHT;
use crate::ledger::tiles::TILE_WIDTH;
use crate::ledger::tiles::TilesError;
use crate::ledger::tiles::nodes::subtree;
use crate::ledger::tiles::path::Row;
use crate::ledger::tiles::path::Tile;
use crate::ledger::tiles::read::Tiles;

/// Checks everything below one checkpoint. The roots at `sizes` (ascending), if entries and tiles turn out
/// to be those that were signed; otherwise nothing that is computed from them says anything.
pub(crate) fn walk(
    tiles: &Tiles,
    checkpoint: &SignedCheckpoint,
    entries_from: LeafIndex,
    sizes: &[TreeSize],
    report: &mut DirectoryReport,
) -> Result<Option<BTreeMap<TreeSize, Hash>>, TilesError> {
    let size = checkpoint.size();
    let mut walk = Walk {
        tiles,
        size,
        entries_from,
        openings: openings(tiles, report)?,
        frontier: Frontier::new(),
        roots: BTreeMap::new(),
        sizes,
        complete: true,
        altered: Vec::new(),
        report,
    };
    walk.note_root();
    let mut parents = Vec::new();
    for tile in Row::Hashes(0).tiles(size) {
        if walk.report.is_hopeless() {
            return Ok(None);
        }
        parents.extend(walk.bundle(tile)?);
    }
    for level in 1..Row::LEVELS {
        parents = walk.level(level, &parents)?;
    }
    let Walk {
        complete,
        altered,
        frontier,
        roots,
        ..
    } = walk;
    let signed = complete && frontier.root() == checkpoint.head().root;
    if signed {
        for tile in &altered {
            report.found(Finding::Altered(*tile));
        }
        return Ok(Some(roots));
    }
    blame::blame(tiles, checkpoint, report)?;
    Ok(None)
}

struct Walk<'a> {
    tiles: &'a Tiles,
    size: TreeSize,
    entries_from: LeafIndex,
    openings: BTreeMap<u64, (String, Opening)>,
    frontier: Frontier,
    roots: BTreeMap<TreeSize, Hash>,
    sizes: &'a [TreeSize],
    /// Whether every hash could be had, from an entry or where that may be missing from its tile.
    complete: bool,
    /// Tiles that differ from what lies below them.
    altered: Vec<Tile>,
    report: &'a mut DirectoryReport,
}

impl Walk<'_> {
    /// Checks one bundle and its level-0 tile; the root over them where they are full.
    fn bundle(&mut self, tile: Tile) -> Result<Option<Hash>, TilesError> {
        let bundle = Tile {
            row: Row::Entries,
            ..tile
        };
        let stored = present(self.tiles.hashes(tile), tile, self.report)?;
        let entries = present(self.tiles.entries(tile.n, self.size), bundle, self.report)?;
        let may_be_missing = tile.full().start().saturating_add(TILE_WIDTH)
            <= self.entries_from.get()
            || self.entries_from.get() >= self.size.get();
        if matches!(stored, Held::Absent) {
            self.report.found(Finding::Missing(tile));
        }
        let hashes: Vec<Hash> = match (entries, &stored) {
            (Held::There(entries), _) => {
                for (index, entry) in (tile.start()..).zip(&entries) {
                    self.entry(LeafIndex::new(index), entry);
                }
                entries.iter().map(|entry| leaf_hash(entry)).collect()
            }
            (Held::Absent, Held::There(stored)) if may_be_missing => stored.clone(),
            (other, _) => {
                if matches!(other, Held::Absent) && !may_be_missing {
                    self.report.found(Finding::Missing(bundle));
                }
                self.complete = false;
                return Ok(None);
            }
        };
        if matches!(&stored, Held::There(stored) if *stored != hashes) {
            self.altered.push(tile);
        }
        let root = tile.is_full().then(|| subtree(&hashes)).flatten();
        if !root.is_some_and(|root| self.append_whole(root)) {
            for hash in &hashes {
                self.frontier.append(*hash);
                self.note_root();
            }
        }
        Ok(root)
    }

    /// Appends a full tile by its root, so that nothing is hashed twice; not where the root at a size within it
    /// is asked for.
    fn append_whole(&mut self, root: Hash) -> bool {
        let size = self.frontier.size().get();
        let next = self.sizes.partition_point(|one| one.get() <= size);
        let within = |one: &TreeSize| one.get() < size.saturating_add(TILE_WIDTH);
        if self.sizes.get(next).is_some_and(within) {
            return false;
        }
        let appended = self.frontier.append_subtree(TILE_HEIGHT, root);
        if appended {
            self.note_root();
        }
        appended
    }

    /// Compares one level's tiles with what lies below them; the roots of its full tiles.
    fn level(&mut self, level: u8, computed: &[Hash]) -> Result<Vec<Hash>, TilesError> {
        let mut roots = Vec::new();
        let width = usize::try_from(TILE_WIDTH).unwrap_or(usize::MAX);
        let mut chunks = computed.chunks(width);
        for tile in Row::Hashes(level).tiles(self.size) {
            let stored = present(self.tiles.hashes(tile), tile, self.report)?;
            if self.report.is_hopeless() {
                break;
            }
            let below = chunks.next().unwrap_or_default();
            match stored {
                Held::Absent => self.report.found(Finding::Missing(tile)),
                Held::There(stored) if stored != below => self.altered.push(tile),
                Held::There(_) | Held::Malformed => {}
            }
            if tile.is_full() {
                roots.extend(subtree(below));
            }
        }
        Ok(roots)
    }

    fn note_root(&mut self) {
        let size = self.frontier.size();
        if self.sizes.binary_search(&size).is_ok() {
            self.roots.insert(size, self.frontier.root());
        }
    }

    fn entry(&mut self, index: LeafIndex, bytes: &[u8]) {
        self.report.entries = self.report.entries.saturating_add(1);
        let leaf = match Leaf::decode(bytes) {
            Ok(leaf) => leaf,
            Err(LeafError::UnknownVersion) => {
                self.report.unknown_format = self.report.unknown_format.saturating_add(1);
                return;
            }
            Err(error) => {
                self.report.found(Finding::Entry { index, error });
                return;
            }
        };
        if leaf.index != index {
            let says = leaf.index;
            self.report.found(Finding::Index { index, says });
        }
        if self.report.last_time.is_some_and(|last| leaf.time < last) {
            self.report.found(Finding::TimeBack(index));
        }
        self.report.first_time = self.report.first_time.or(Some(leaf.time));
        self.report.last_time = Some(leaf.time);
        match self.openings.remove(&index.get()) {
            Some((_, opening)) if opening.opens(&leaf) => {
                self.report.opened = self.report.opened.saturating_add(1);
            }
            Some((name, _)) => self.report.found(Finding::Opening(name)),
            None => {}
        }
    }
}

/// What a tile's file holds.
#[derive(Debug, Clone)]
enum Held<T> {
    There(T),
    Absent,
    /// Already reported.
    Malformed,
}

fn present<T>(
    read: Result<Option<T>, TilesError>,
    tile: Tile,
    report: &mut DirectoryReport,
) -> Result<Held<T>, TilesError> {
    match read {
        Ok(Some(held)) => Ok(Held::There(held)),
        Ok(None) => Ok(Held::Absent),
        Err(TilesError::Damaged(_)) => {
            report.found(Finding::Malformed(tile));
            Ok(Held::Malformed)
        }
        Err(error) => Err(error),
    }
}

/// The published openings, by the index in their name.
fn openings(
    tiles: &Tiles,
    report: &mut DirectoryReport,
) -> Result<BTreeMap<u64, (String, Opening)>, TilesError> {
    let mut found = BTreeMap::new();
    for (name, bytes) in files(&tiles.dir().join(ADMIN))? {
        let index = name
            .strip_suffix(".json")
            .and_then(|name| name.parse().ok());
        let name = format!("{ADMIN}/{name}");
        match (index, Opening::from_file(&bytes)) {
            (Some(index), Ok(opening)) => {
                found.insert(index, (name, opening));
            }
            _ => report.found(Finding::Opening(name)),
        }
    }
    Ok(found)
}
