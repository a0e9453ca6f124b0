//! What a check finds, in words.

use std::fmt;

use crate::ledger::checkpoint::CheckpointError;
use crate::ledger::checkpoint::Discontinuity;
use crate::ledger::leaf::LeafError;
use crate::ledger::merkle::LeafIndex;
use crate::ledger::tiles::path::Tile;

/// One thing that is wrong with a static directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// There is no checkpoint.
    NoCheckpoint,
    /// The checkpoint is not accepted.
    Checkpoint(CheckpointError),
    /// A tile or bundle that the checkpoint needs does not exist.
    Missing(Tile),
    /// A tile or bundle has a length no tile of its place can have.
    Malformed(Tile),
    /// A tile or bundle is not the one that was signed.
    Altered(Tile),
    /// An entry is not the one that was signed.
    EntryChanged(LeafIndex),
    /// An entry cannot be read as one.
    Entry {
        /// Its position.
        index: LeafIndex,
        /// What is wrong with it.
        error: LeafError,
    },
    /// An entry says it stands elsewhere.
    Index {
        /// Its position.
        index: LeafIndex,
        /// The position it names.
        says: LeafIndex,
    },
    /// An entry's time is before that of the entry before it.
    TimeBack(LeafIndex),
    /// Tiles and entries fit each other, but not the signed root.
    Root,
    /// A kept checkpoint is not accepted.
    Kept {
        /// Its file.
        name: String,
        /// Why.
        error: CheckpointError,
    },
    /// A published opening cannot be read, or is not its entry's.
    Opening(String),
    /// A checkpoint kept elsewhere, or in the directory, is of another history.
    Breaks {
        /// Who kept it.
        by: String,
        /// How the two differ.
        how: Discontinuity,
    },
}

impl Finding {
    /// Whether it says which file or entry keeps the tree from being computed again.
    pub(crate) fn locates_damage(&self) -> bool {
        matches!(
            self,
            Self::Missing(_) | Self::Malformed(_) | Self::Altered(_) | Self::EntryChanged(_)
        )
    }

    /// Where it is that two signed checkpoints contradict each other: how.
    pub fn discontinuity(&self) -> Option<&Discontinuity> {
        match self {
            Self::Breaks { how, .. } => Some(how),
            _ => None,
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCheckpoint => f.write_str("there is no checkpoint"),
            Self::Checkpoint(error) => write!(f, "checkpoint: {error}"),
            Self::Missing(tile) => write!(f, "{tile} is missing"),
            Self::Malformed(tile) => write!(f, "{tile} has the wrong length"),
            Self::Altered(tile) => write!(f, "{tile} is not what was signed"),
            Self::EntryChanged(index) => write!(f, "entry {index} is not what was signed"),
            Self::Entry { index, error } => write!(f, "entry {index}: {error}"),
            Self::Index { index, says } => write!(f, "entry {index} says it is entry {says}"),
            Self::TimeBack(index) => write!(f, "entry {index} is earlier than the entry before it"),
            Self::Root => f.write_str("entries and tiles do not lead to the signed root"),
            Self::Kept { name, error } => write!(f, "{name}: {error}"),
            Self::Opening(name) => write!(f, "{name} is not the opening of its entry"),
            Self::Breaks { by, how } => write!(f, "{by}: {how}"),
        }
    }
}
