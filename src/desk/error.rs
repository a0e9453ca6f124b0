//! Why a desk could not do what was asked.

use std::fmt;

use crate::keeper::LineError;
use crate::keeper::Stopped;
use crate::keeper::policy::HIDDEN;
use crate::ledger::journal::disk::reason;
use crate::records::Problems;
use crate::sealing::PartError;

/// Why a desk could not do what was asked. A variant exists where a face acts differently.
#[derive(Debug)]
pub enum DeskError {
    /// Policy says no, by this rule, in this sentence; the refusal is entry `entry`.
    Denied {
        /// The deciding rule.
        rule: String,
        /// Its sentence.
        says: String,
        /// The refusal's position in the ledger.
        entry: Option<u64>,
    },
    /// There is no such thing, or it is hidden: the same words for both.
    Unknown,
    /// A rule about the input or a state says no; nothing was changed.
    Refused {
        /// A word for the case, kebab-case.
        code: String,
        /// What is wrong and what to do.
        says: String,
    },
    /// The form does not fit its kind.
    Form(Problems),
    /// The passphrase is not the account's.
    WrongPassphrase,
    /// Someone else has the vault, or is changing the same thing.
    Busy(String),
    /// Something is not what it was when it was written or signed.
    Damaged(String),
    /// The ledger shows two histories.
    Fork(String),
    /// The ledger shows less than this person has seen.
    WentBack(String),
    /// A file or stream failed.
    Io(String),
}

impl DeskError {
    /// A refusal in the desk's own words.
    pub fn refused(code: &str, says: impl Into<String>) -> Self {
        Self::Refused {
            code: code.to_owned(),
            says: says.into(),
        }
    }

    /// Something sealed does not read back to its end: the disk's fault where it reports one.
    pub(crate) fn reading(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::NotFound => Self::damaged("a sealed attachment is missing"),
            std::io::ErrorKind::ConnectionAborted => error.into(),
            _ if error.raw_os_error().is_some() => error.into(),
            _ => Self::damaged(error),
        }
    }

    /// Something is not as it was sealed or signed.
    pub(crate) fn damaged(says: impl fmt::Display) -> Self {
        Self::Damaged(says.to_string())
    }
}

impl fmt::Display for DeskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str(HIDDEN),
            Self::Form(problems) => problems.fmt(f),
            Self::WrongPassphrase => f.write_str(
                "the passphrase is not the one of this account; try again, or ask a coordinator",
            ),
            Self::Denied { says, .. }
            | Self::Refused { says, .. }
            | Self::Busy(says)
            | Self::Damaged(says)
            | Self::Fork(says)
            | Self::WentBack(says)
            | Self::Io(says) => f.write_str(says),
        }
    }
}

impl std::error::Error for DeskError {}

impl From<std::io::Error> for DeskError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            // A line that broke off, in words that say so; files do not fail like this.
            std::io::ErrorKind::ConnectionAborted => Self::Busy(error.to_string()),
            _ => Self::Io(reason(&error).into_owned()),
        }
    }
}

impl From<PartError> for DeskError {
    fn from(error: PartError) -> Self {
        match error {
            PartError::Io(error) => Self::reading(error),
            other => Self::damaged(other),
        }
    }
}

impl From<LineError> for DeskError {
    fn from(error: LineError) -> Self {
        match error {
            LineError::Stopped(stopped) => Self::from(stopped),
            LineError::Lost(says) => Self::Busy(says),
            LineError::NotReady(says) => Self::refused("not-ready", says),
            LineError::Io(error) => Self::from(error),
        }
    }
}

impl From<Stopped> for DeskError {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Damaged(says) => Self::Damaged(says),
            Stopped::Failed(says) => Self::Io(says),
        }
    }
}

impl From<Problems> for DeskError {
    fn from(problems: Problems) -> Self {
        Self::Form(problems)
    }
}
