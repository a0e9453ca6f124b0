//! Checks of proofs, by the iterative algorithms of RFC 9162 (sections 2.1.3.2 and 2.1.4.2): not the
//! recursion of RFC 6962 that the provers follow.

use std::fmt;

use crate::ledger::merkle::Hash;
use crate::ledger::merkle::LeafIndex;
use crate::ledger::merkle::TreeSize;
use crate::ledger::merkle::node_hash;

/// A proof that does not prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotProven;

impl fmt::Display for NotProven {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the proof does not lead to the signed root")
    }
}

impl std::error::Error for NotProven {}

/// A tree: its size and its root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// How many entries.
    pub size: TreeSize,
    /// The root over them.
    pub root: Hash,
}

/// Checks that the entry with hash `leaf` stands at `index` in the tree `head`.
///
/// # Errors
/// [`NotProven`].
pub fn inclusion(
    leaf: Hash,
    index: LeafIndex,
    proof: &[Hash],
    head: &Head,
) -> Result<(), NotProven> {
    let (mut place, mut last) = (index.get(), head.size.get().wrapping_sub(1));
    if index.get() >= head.size.get() {
        return Err(NotProven);
    }
    let mut root = leaf;
    for sibling in proof {
        if last == 0 {
            return Err(NotProven);
        }
        if place % 2 == 1 || place == last {
            root = node_hash(sibling, &root);
            climb_to_right_child(&mut place, &mut last);
        } else {
            root = node_hash(&root, sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    if last == 0 && root == head.root {
        Ok(())
    } else {
        Err(NotProven)
    }
}

/// Checks that the tree `old` is the beginning of the tree `new`. Equal sizes need equal roots and an
/// empty proof; an old size of 0 needs the empty root and an empty proof.
///
/// # Errors
/// [`NotProven`].
pub fn consistency(old: &Head, new: &Head, proof: &[Hash]) -> Result<(), NotProven> {
    if old.size == new.size || old.size.get() == 0 {
        let same = old.size != new.size || old.root == new.root;
        let empty = old.size.get() != 0 || old.root == Hash::empty_root();
        return if same && empty && proof.is_empty() {
            Ok(())
        } else {
            Err(NotProven)
        };
    }
    if old.size > new.size {
        return Err(NotProven);
    }
    // A complete old tree is itself the first node of the path, which the proof leaves out.
    let (first, rest) = if old.size.get().is_power_of_two() {
        (old.root, proof)
    } else {
        let (first, rest) = proof.split_first().ok_or(NotProven)?;
        (*first, rest)
    };
    let shift = (old.size.get() - 1).trailing_ones();
    let mut place = (old.size.get() - 1) >> shift;
    let mut last = (new.size.get() - 1) >> shift;
    let (mut old_root, mut new_root) = (first, first);
    for node in rest {
        if last == 0 {
            return Err(NotProven);
        }
        if place % 2 == 1 || place == last {
            old_root = node_hash(node, &old_root);
            new_root = node_hash(node, &new_root);
            climb_to_right_child(&mut place, &mut last);
        } else {
            new_root = node_hash(&new_root, node);
        }
        place >>= 1;
        last >>= 1;
    }
    if last == 0 && old_root == old.root && new_root == new.root {
        Ok(())
    } else {
        Err(NotProven)
    }
}

/// Where a node has no sibling at its level, moves to the first ancestor that is a right child.
fn climb_to_right_child(place: &mut u64, last: &mut u64) {
    while *place != 0 && place.is_multiple_of(2) {
        *place >>= 1;
        *last >>= 1;
    }
}
