//! What stops a vault: damage, or a disk that failed. The two are never mistaken for each other, because a
//! person does something else about each.

use std::fmt;
use std::io;

use crate::ledger::journal::disk::reason;
use crate::ledger::tiles::TilesError;
use crate::store::CommitError;
use crate::store::PayloadError;
use crate::store::ReadError;
use crate::store::Tree;
use crate::store::Why;

/// The vault cannot go on: what it would have said next cannot be trusted.
#[derive(Debug, Clone)]
pub(crate) enum Broken {
    /// What is stored is not what was written; the store's own words.
    Store(String),
    /// The disk failed, or is full; in words.
    Disk(String),
    /// A row of this tree does not open or does not parse.
    Row(Tree),
    /// A unit that must exist does not.
    NoUnit,
    /// A detail could not be written as canonical JSON.
    Detail,
    /// The ledger head could not be advanced; what failed.
    Ledger(String),
    /// An earlier failure stopped this vault.
    Stopped,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(says) | Self::Disk(says) => f.write_str(says),
            Self::Row(tree) => write!(f, "a row of tree {} does not open", tree.number()),
            Self::NoUnit => f.write_str("a unit that must exist is missing from the key table"),
            Self::Detail => f.write_str("an entry's detail cannot be written"),
            Self::Ledger(says) => write!(f, "the ledger cannot go on: {says}"),
            Self::Stopped => {
                f.write_str("the vault stopped after an earlier failure; open it again")
            }
        }
    }
}

impl std::error::Error for Broken {}

impl From<ReadError> for Broken {
    fn from(error: ReadError) -> Self {
        match &error {
            ReadError::Io(cause) => Self::Disk(with(&error, cause)),
            ReadError::Damaged { .. } | ReadError::Pruned => Self::Store(error.to_string()),
        }
    }
}

impl From<CommitError> for Broken {
    fn from(error: CommitError) -> Self {
        match &error {
            CommitError::Unknown(cause) => Self::Disk(with(&error, cause)),
            CommitError::Refused(Why::Full) => {
                Self::Disk(format!("{error}; make space on it, then try again"))
            }
            CommitError::Refused(_) | CommitError::Fenced => Self::Store(error.to_string()),
            CommitError::Broken => Self::Stopped,
        }
    }
}

impl From<PayloadError> for Broken {
    fn from(error: PayloadError) -> Self {
        match &error {
            PayloadError::Io(cause) => Self::Disk(with(&error, cause)),
            PayloadError::Absent => Self::Store(error.to_string()),
        }
    }
}

impl From<TilesError> for Broken {
    fn from(error: TilesError) -> Self {
        match &error {
            TilesError::Io { source, .. } => Self::Disk(with(&error, source)),
            _ => Self::Ledger(error.to_string()),
        }
    }
}

/// What failed, and why the operating system would not.
fn with(error: &dyn fmt::Display, cause: &io::Error) -> String {
    format!("{error} ({})", reason(cause))
}

/// The keeper cannot go on: an earlier failure, in words. Open the vault again.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stopped {
    /// Something is not what was written.
    Damaged(String),
    /// The disk failed or is full, or the vault's thread is gone: nothing says that anything is damaged.
    Failed(String),
}

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Damaged(says) | Self::Failed(says) => f.write_str(says),
        }
    }
}

impl std::error::Error for Stopped {}

impl From<Broken> for Stopped {
    fn from(broken: Broken) -> Self {
        let says = broken.to_string();
        match broken {
            Broken::Disk(_) | Broken::Stopped => Self::Failed(says),
            Broken::Store(_)
            | Broken::Row(_)
            | Broken::NoUnit
            | Broken::Detail
            | Broken::Ledger(_) => Self::Damaged(says),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_disk_is_no_damage_and_damage_is() {
        let disk = |kind: i32| io::Error::from_raw_os_error(kind);
        let failed = [
            Broken::from(ReadError::Io(disk(5))),
            Broken::from(CommitError::Unknown(disk(28))),
            Broken::from(CommitError::Refused(Why::Full)),
            Broken::from(CommitError::Broken),
            Broken::from(PayloadError::Io(disk(5))),
            Broken::from(TilesError::Io {
                path: "ledger".into(),
                source: disk(28),
            }),
        ];
        for broken in failed {
            let stopped = Stopped::from(broken);
            assert!(matches!(stopped, Stopped::Failed(_)), "{stopped:?}");
            assert!(!stopped.to_string().contains("os error"), "{stopped}");
        }
        let damaged = ReadError::Damaged {
            file: "journal".to_owned(),
            what: "planted".to_owned(),
        };
        for broken in [
            Broken::from(damaged),
            Broken::from(CommitError::Fenced),
            Broken::from(PayloadError::Absent),
            Broken::from(TilesError::WrongRoot),
            Broken::NoUnit,
        ] {
            let stopped = Stopped::from(broken);
            assert!(matches!(stopped, Stopped::Damaged(_)), "{stopped:?}");
        }
    }
}
