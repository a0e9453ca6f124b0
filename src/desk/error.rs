//! Why a desk could not do what was asked.

use std::fmt;

use crate::keeper::LineError;
use crate::keeper::policy::HIDDEN;
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
            _ => Self::Io(error.to_string()),
        }
    }
}

impl From<PartError> for DeskError {
    fn from(error: PartError) -> Self {
        match error {
            PartError::Io(error) if error.kind() == std::io::ErrorKind::ConnectionAborted => {
                Self::from(error)
            }
            other => Self::damaged(other),
        }
    }
}

impl From<LineError> for DeskError {
    fn from(error: LineError) -> Self {
        match error {
            LineError::Stopped(stopped) => Self::Damaged(stopped.0),
            LineError::Lost(says) => Self::Busy(says),
            LineError::Io(error) => Self::from(error),
        }
    }
}

impl From<Problems> for DeskError {
    fn from(problems: Problems) -> Self {
        Self::Form(problems)
    }
}
