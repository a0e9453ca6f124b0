//! Why a vault is not opened, told apart by what a person does about it.

use std::fmt;

use crate::keeper::broken::Broken;
use crate::keeper::broken::Stopped;
use crate::keeper::remembered::KEEP_BOTH;
use crate::ledger::journal::disk::reason;
use crate::store::PayloadError;
use crate::store::embedded;

/// Why a vault is not opened. Nothing was changed.
#[derive(Debug)]
pub enum OpenError {
    /// Another process has it; who, in words.
    Locked(String),
    /// There is no vault there.
    NotAVault(String),
    /// Something is not what was written; what, in words.
    Damaged(String),
    /// The vault is older than somebody has seen it; who, in words.
    WentBack(String),
    /// There are two histories; what shows it, in words.
    Fork(String),
    /// The keys are missing or do not fit; what to do, in words.
    NoKeys(String),
    /// The disk failed.
    Io(std::io::Error),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Locked(says)
            | Self::NotAVault(says)
            | Self::Damaged(says)
            | Self::WentBack(says)
            | Self::Fork(says)
            | Self::NoKeys(says) => f.write_str(says),
            Self::Io(error) => write!(f, "the vault cannot be read: {}", reason(error)),
        }
    }
}

impl std::error::Error for OpenError {}

impl From<embedded::OpenError> for OpenError {
    fn from(error: embedded::OpenError) -> Self {
        let says = error.to_string();
        match error {
            embedded::OpenError::Locked(_) => {
                Self::Locked(format!("{says}; try again when it has finished"))
            }
            embedded::OpenError::NotAVault => Self::NotAVault(says),
            embedded::OpenError::Damaged { .. } => Self::Damaged(says),
            embedded::OpenError::WentBack { .. } => Self::WentBack(format!("{says}. {KEEP_BOTH}")),
            embedded::OpenError::Io(error) => Self::Io(error),
        }
    }
}

impl From<PayloadError> for OpenError {
    fn from(error: PayloadError) -> Self {
        match error {
            PayloadError::Io(error) => Self::Io(error),
            PayloadError::Absent => Self::Damaged(error.to_string()),
        }
    }
}

impl From<Broken> for OpenError {
    fn from(broken: Broken) -> Self {
        Stopped::from(broken).into()
    }
}

impl From<Stopped> for OpenError {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Damaged(says) => Self::Damaged(says),
            Stopped::Failed(says) => Self::Io(std::io::Error::other(says)),
        }
    }
}
