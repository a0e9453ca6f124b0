//! Proofs after RFC 6962: that an entry is in a tree (section 2.1.1), that a tree is the beginning of
//! another (2.1.2).

use std::fmt;

use crate::ledger::merkle::Hash;
use crate::ledger::merkle::LeafIndex;
use crate::ledger::merkle::TreeSize;
use crate::ledger::merkle::node_hash;

/// Where the complete subtrees of a tree are found.
pub trait Nodes {
    /// The root of the complete subtree of `2^level` entries that starts at entry `index * 2^level`;
    /// `None` where it is incomplete, missing or unreadable.
    fn node(&self, level: u8, index: u64) -> Option<Hash>;
}

/// Why no proof could be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProveError {
    /// The entry, or the smaller tree, is not within the larger tree.
    OutOfRange,
    /// The hashes at hand lack this one.
    Missing {
        /// `2^level` entries lie below it.
        level: u8,
        /// Its place among those of its level.
        index: u64,
    },
}

impl fmt::Display for ProveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OutOfRange => f.write_str("the ledger is not that long"),
            Self::Missing { level, index } => {
                write!(
                    f,
                    "the ledger's hash {index} at level {level} cannot be read"
                )
            }
        }
    }
}

impl std::error::Error for ProveError {}

/// The proof that entry `index` is in the tree of `size` entries: the sibling of the leaf first.
///
/// # Errors
/// [`ProveError`] where the tree does not hold the entry, or a hash cannot be had.
pub fn inclusion(
    nodes: &(impl Nodes + ?Sized),
    index: LeafIndex,
    size: TreeSize,
) -> Result<Vec<Hash>, ProveError> {
    if index.get() >= size.get() {
        return Err(ProveError::OutOfRange);
    }
    let (mut start, mut end) = (0, size.get());
    let mut proof = Vec::new();
    while end - start > 1 {
        let middle = start + left_half(end - start);
        if index.get() < middle {
            proof.push(range_root(nodes, middle, end)?);
            end = middle;
        } else {
            proof.push(range_root(nodes, start, middle)?);
            start = middle;
        }
    }
    proof.reverse();
    Ok(proof)
}

/// The proof that the tree of `old` entries is the beginning of the tree of `new` entries. Empty where
/// there is nothing to prove (`old` is 0 or `new`).
///
/// # Errors
/// [`ProveError`] where `old` is larger than `new`, or a hash cannot be had.
pub fn consistency(
    nodes: &(impl Nodes + ?Sized),
    old: TreeSize,
    new: TreeSize,
) -> Result<Vec<Hash>, ProveError> {
    if old.get() > new.get() {
        return Err(ProveError::OutOfRange);
    }
    if old.get() == 0 {
        return Ok(Vec::new());
    }
    let (mut start, mut end) = (0, new.get());
    let mut proof = Vec::new();
    while old.get() < end {
        let middle = start + left_half(end - start);
        if old.get() <= middle {
            proof.push(range_root(nodes, middle, end)?);
            end = middle;
        } else {
            proof.push(range_root(nodes, start, middle)?);
            start = middle;
        }
    }
    // Only a subtree that is not the whole old tree needs saying: the other the verifier holds.
    if start > 0 {
        proof.push(range_root(nodes, start, end)?);
    }
    proof.reverse();
    Ok(proof)
}

/// The root hash of the tree of `size` entries.
///
/// # Errors
/// [`ProveError::Missing`] where a hash cannot be had.
pub fn root(nodes: &(impl Nodes + ?Sized), size: TreeSize) -> Result<Hash, ProveError> {
    if size.get() == 0 {
        return Ok(Hash::empty_root());
    }
    range_root(nodes, 0, size.get())
}

/// The largest power of two below `count`, which is at least 2.
fn left_half(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

/// The root over entries `start..end`, where `start` is a multiple of a power of two that is no smaller
/// than the largest one within the range.
fn range_root(nodes: &(impl Nodes + ?Sized), start: u64, end: u64) -> Result<Hash, ProveError> {
    let mut at = start;
    let mut roots = Vec::new();
    while let Some(log) = (end - at).checked_ilog2() {
        let level = u8::try_from(log).unwrap_or(u8::MAX);
        let index = at >> log;
        roots.push(
            nodes
                .node(level, index)
                .ok_or(ProveError::Missing { level, index })?,
        );
        at += 1 << log;
    }
    roots
        .into_iter()
        .rev()
        .reduce(|right, left| node_hash(&left, &right))
        .ok_or(ProveError::OutOfRange)
}

/// Every node of a tree, in memory: for short logs, tests and the part not yet written to tiles.
#[derive(Debug, Clone, Default)]
pub struct NodesInMemory {
    levels: Vec<Vec<Hash>>,
}

impl NodesInMemory {
    /// The empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends the hash of one entry.
    pub fn append(&mut self, leaf: Hash) {
        let mut node = leaf;
        for level in 0.. {
            if self.levels.len() <= level {
                self.levels.push(Vec::new());
            }
            let Some(row) = self.levels.get_mut(level) else {
                return;
            };
            row.push(node);
            let [.., left, right] = row.as_slice() else {
                return;
            };
            if row.len() % 2 == 1 {
                return;
            }
            node = node_hash(left, right);
        }
    }

    /// How many entries have been appended.
    pub fn size(&self) -> TreeSize {
        let leaves = self.levels.first().map_or(0, Vec::len);
        TreeSize::new(u64::try_from(leaves).unwrap_or(u64::MAX))
    }
}

impl Nodes for NodesInMemory {
    fn node(&self, level: u8, index: u64) -> Option<Hash> {
        let row = self.levels.get(usize::from(level))?;
        row.get(usize::try_from(index).ok()?).copied()
    }
}
