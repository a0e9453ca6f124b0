//! Who is to blame where the entries do not lead to the signed root: the tiles are followed from the root
//! down, and what the signature does not vouch for is named.

use std::collections::BTreeMap;

use crate::ledger::check::DirectoryReport;
use crate::ledger::check::finding::Finding;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::merkle::Frontier;
use crate::ledger::merkle::Hash;
use crate::ledger::merkle::LeafIndex;
use crate::ledger::merkle::leaf_hash;
use crate::ledger::tiles::TILE_HEIGHT;
use crate::ledger::tiles::TILE_WIDTH;
use crate::ledger::tiles::TilesError;
use crate::ledger::tiles::nodes::subtree;
use crate::ledger::tiles::path::Row;
use crate::ledger::tiles::path::Tile;
use crate::ledger::tiles::read::Tiles;

/// Adds what is altered; at the least that the root cannot be reached.
pub(crate) fn blame(
    tiles: &Tiles,
    checkpoint: &SignedCheckpoint,
    report: &mut DirectoryReport,
) -> Result<(), TilesError> {
    let edge = edge(tiles, checkpoint)?;
    // Hashes the signature vouches for, by their place in the level above the one being looked at.
    let mut vouched: BTreeMap<u64, Hash> = BTreeMap::new();
    for level in (0..Row::LEVELS).rev() {
        let mut below = BTreeMap::new();
        for tile in Row::Hashes(level).tiles(checkpoint.size()) {
            if report.is_hopeless() {
                return Ok(());
            }
            let Some(stored) = readable(tiles.hashes(tile))? else {
                if level == 0
                    && let Some(root) = vouched.get(&tile.n)
                {
                    bundle_under(tiles, checkpoint, tile, *root, report)?;
                }
                continue;
            };
            let signed = if tile.is_full() {
                vouched
                    .get(&tile.n)
                    .map(|root| subtree(&stored) == Some(*root))
            } else {
                match edge {
                    Edge::Signed => Some(true),
                    Edge::SignedByEntries => Some(level > 0),
                    Edge::Unsigned => None,
                }
            };
            match signed {
                Some(true) if level == 0 => entries_of(tiles, checkpoint, tile, &stored, report)?,
                Some(true) => below.extend((tile.start()..).zip(stored)),
                Some(false) => {
                    report.found(Finding::Altered(tile));
                    if level == 0
                        && let Some(root) = vouched.get(&tile.n)
                    {
                        bundle_under(tiles, checkpoint, tile, *root, report)?;
                    }
                }
                None => {}
            }
        }
        vouched = below;
    }
    if edge == Edge::Unsigned || !report.damage_located {
        report.found(Finding::Root);
    }
    Ok(())
}

/// Whether the partial tiles, which together make up the root, lead to the signed one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edge {
    Signed,
    /// With the last entries' own hashes in place of their tile.
    SignedByEntries,
    Unsigned,
}

fn edge(tiles: &Tiles, checkpoint: &SignedCheckpoint) -> Result<Edge, TilesError> {
    let size = checkpoint.size();
    let mut frontier = Frontier::new();
    for level in (0..Row::LEVELS).rev() {
        let row = Row::Hashes(level);
        let Some(tile) = Tile::within(row, row.length(size) / TILE_WIDTH, size) else {
            continue;
        };
        let stored = readable(tiles.hashes(tile))?;
        if level == 0 {
            let last = readable(tiles.entries(tile.n, size))?.unwrap_or_default();
            let hashes = last.iter().map(|entry| leaf_hash(entry)).collect();
            let leads = |hashes: Vec<Hash>| {
                let mut frontier = frontier.clone();
                for hash in hashes {
                    frontier.append(hash);
                }
                frontier.root() == checkpoint.head().root
            };
            return Ok(if stored.is_some_and(leads) {
                Edge::Signed
            } else if leads(hashes) {
                Edge::SignedByEntries
            } else {
                Edge::Unsigned
            });
        }
        for hash in stored.unwrap_or_default() {
            // Where one is missing, what follows does not fit, and the root is another.
            let _ = frontier.append_subtree(level * TILE_HEIGHT, hash);
        }
    }
    Ok(if frontier.root() == checkpoint.head().root {
        Edge::Signed
    } else {
        Edge::Unsigned
    })
}

/// Names the entries of a bundle that differ from a tile the signature vouches for.
fn entries_of(
    tiles: &Tiles,
    checkpoint: &SignedCheckpoint,
    tile: Tile,
    signed: &[Hash],
    report: &mut DirectoryReport,
) -> Result<(), TilesError> {
    let entries = readable(tiles.entries(tile.n, checkpoint.size()))?.unwrap_or_default();
    for (index, (entry, hash)) in (tile.start()..).zip(entries.iter().zip(signed)) {
        if leaf_hash(entry) != *hash {
            report.found(Finding::EntryChanged(LeafIndex::new(index)));
        }
    }
    Ok(())
}

/// Without a tile to tell which entry it is, a full bundle can still be told from the one that was signed.
fn bundle_under(
    tiles: &Tiles,
    checkpoint: &SignedCheckpoint,
    tile: Tile,
    root: Hash,
    report: &mut DirectoryReport,
) -> Result<(), TilesError> {
    let bundle = Tile {
        row: Row::Entries,
        ..tile
    };
    if let Some(entries) = readable(tiles.entries(tile.n, checkpoint.size()))? {
        let hashes: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
        if tile.is_full() && subtree(&hashes) != Some(root) {
            report.found(Finding::Altered(bundle));
        }
    }
    Ok(())
}

/// What a file holds; damaged and missing ones have been reported by the pass over the entries.
fn readable<T>(read: Result<Option<T>, TilesError>) -> Result<Option<T>, TilesError> {
    match read {
        Err(TilesError::Damaged(_)) => Ok(None),
        other => other,
    }
}
