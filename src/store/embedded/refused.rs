//! Why a vault is not opened, in words that say what to do next.

use std::io;

use crate::ledger::journal::ScanError;
use crate::ledger::journal::disk::{LockError, is_absent};
use crate::store::ReadError;
use crate::store::embedded::snapshot::SnapshotError;

/// Why a vault could not be opened. Nothing was changed.
#[derive(Debug)]
pub enum OpenError {
    /// Another process has it open.
    Locked(String),
    /// There is no vault in the directory.
    NotAVault,
    /// A file is not what was written, and it is not a frame that was being written at the end.
    Damaged {
        /// The file, relative to the vault.
        file: String,
        /// What is wrong, in words.
        what: String,
    },
    /// The vault holds less than was acknowledged: an older copy was put back, or its end is lost.
    WentBack {
        /// Who remembers more.
        mark: String,
        /// How far they say it had come.
        remembered: u64,
        /// How far it comes.
        found: u64,
        /// What is counted: entries, frames or generations.
        counted: &'static str,
    },
    /// The disk reported an error.
    Io(io::Error),
}

impl std::fmt::Display for OpenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Locked(who) => write!(f, "the vault is open already, in {who}"),
            Self::NotAVault => f.write_str("there is no vault in this directory"),
            Self::Damaged { file, what } => write!(f, "`{file}` is damaged: {what}"),
            Self::WentBack {
                mark,
                remembered,
                found,
                counted,
            } => write!(
                f,
                "the vault is older than it was: {mark} remembers {remembered} {counted}, and \
                 {found} are here"
            ),
            Self::Io(_) => f.write_str("the vault's files cannot be read"),
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for OpenError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<LockError> for OpenError {
    fn from(error: LockError) -> Self {
        match error {
            LockError::Taken(who) => Self::Locked(who),
            LockError::Io(error) => Self::Io(error),
        }
    }
}

impl From<ScanError> for OpenError {
    fn from(error: ScanError) -> Self {
        match error {
            ScanError::Damaged { file, offset, what } => {
                let what = format!("{what} (at byte {offset})");
                damaged(&format!("journal/{file}"), &what)
            }
            ScanError::Short { wanted, found } => {
                went_back("the snapshot", wanted, found, "frames")
            }
            ScanError::Io(error) => Self::Io(error),
        }
    }
}

impl From<ReadError> for OpenError {
    fn from(error: ReadError) -> Self {
        match error {
            ReadError::Io(error) => Self::Io(error),
            ReadError::Damaged { file, what } => damaged(&file, &what),
            ReadError::Pruned => damaged("journal", "segments before it are missing"),
        }
    }
}

/// A snapshot's error, with the file it is about.
pub(crate) fn snapshot_error(file: &str, error: SnapshotError) -> OpenError {
    match error {
        SnapshotError::Io(error) => reading(file, error),
        SnapshotError::Damaged(what) => damaged(file, what),
        SnapshotError::Refused(words) => damaged(file, &words),
    }
}

/// A missing file of a vault that is there is damage.
pub(crate) fn reading(file: &str, error: io::Error) -> OpenError {
    if is_absent(&error) {
        damaged(file, "it is missing")
    } else {
        OpenError::Io(error)
    }
}

pub(crate) fn damaged(file: &str, what: &str) -> OpenError {
    OpenError::Damaged {
        file: file.into(),
        what: what.into(),
    }
}

pub(crate) fn went_back(
    mark: &str,
    remembered: u64,
    found: u64,
    counted: &'static str,
) -> OpenError {
    OpenError::WentBack {
        mark: mark.into(),
        remembered,
        found,
        counted,
    }
}
