//! What a desk needs of a keeper, wherever the keeper is: in this process, or behind a socket.
//!
//! A desk believes nothing it hears over a line but what its proofs show, so a line needs to keep no
//! promise of its own: whoever lies over one is noticed as a lying keeper would be.

use std::fmt;
use std::io::Read;

use crate::clock::Timestamp;
use crate::ids::VaultId;
use crate::keeper::Keeper;
use crate::keeper::Stopped;
use crate::keeper::message::Ask;
use crate::keeper::message::SignIn;
use crate::keeper::message::answer::Answer;
use crate::keeper::turn::TurnError;
use crate::keeper::turn::Turned;
use crate::ledger::Proven;
use crate::store::PayloadError;
use crate::store::Upload;

/// A way to a keeper.
pub trait Line: Send + Sync {
    /// The vault's id.
    fn vault(&self) -> VaultId;

    /// The key that checks the ledger's heads, as C2SP signed notes spell it.
    fn vkey(&self) -> &str;

    /// The root's statements that lead from the vault's first ledger to the one of [`Line::vkey`]; none where it is
    /// the first.
    fn ledgers(&self) -> &[String];

    /// The present moment by the vault's clock.
    fn now(&self) -> Timestamp;

    /// Whether this is a demonstration vault.
    fn is_demo(&self) -> bool;

    /// Moves a demonstration vault's clock forward for good.
    ///
    /// # Errors
    /// [`LineError`]; the clock stands where it stood then.
    fn advance_clock_to(&self, at: Timestamp) -> Result<(), LineError>;

    /// Answers a sign-in.
    ///
    /// # Errors
    /// [`LineError`].
    fn sign_in(&self, ask: SignIn) -> Result<Answer, LineError>;

    /// Answers a signed ask.
    ///
    /// # Errors
    /// [`LineError`].
    fn ask(&self, ask: Ask) -> Result<Answer, LineError>;

    /// A sealed payload on its way in.
    ///
    /// # Errors
    /// What the system reports.
    fn upload(&self) -> std::io::Result<Box<dyn Upload>>;

    /// A sealed payload by its digest, hex.
    ///
    /// # Errors
    /// What the system reports; `NotFound` when there is none.
    fn fetch(&self, sha256: &str) -> std::io::Result<Box<dyn Read + Send>>;

    /// The ledger's static files, one after another, the signed head first: the path below their folder,
    /// and what is in them.
    ///
    /// # Errors
    /// [`LineError`], also [`LineError::Io`] with what `each` says.
    fn ledger_files(&self, files: &Files<'_>, each: &mut EachFile<'_>) -> Result<(), LineError>;

    /// Turns to the next generation, or goes on with a turn that is not finished. Nobody is signed in: over a
    /// socket, only the account that runs the keeper may.
    ///
    /// # Errors
    /// [`LineError`]; [`LineError::NotReady`] when nothing was changed.
    fn turn(&self) -> Result<Turned, LineError>;

    /// Tells whoever watches that so many bytes of something long have been read.
    fn progressed(&self, _bytes: u64) {}
}

/// Called with a file's path below the folder, `/` between its parts, and its content.
pub type EachFile<'a> = dyn FnMut(&str, &mut dyn Read) -> std::io::Result<()> + 'a;

/// Which of the ledger's static files.
#[derive(Debug)]
pub enum Files<'a> {
    /// Keys, heads and hash tiles: nothing of them names an act.
    Hashes,
    /// The entries too, against the entry that says so.
    WithEntries(&'a Proven),
}

/// Why a line gives no answer.
#[derive(Debug)]
pub enum LineError {
    /// The keeper cannot go on.
    Stopped(Stopped),
    /// The keeper went away in the middle of something; in words.
    Lost(String),
    /// Something has to be there first; in words.
    NotReady(String),
    /// A file or stream failed.
    Io(std::io::Error),
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stopped(stopped) => stopped.fmt(f),
            Self::Lost(says) | Self::NotReady(says) => f.write_str(says),
            Self::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for LineError {}

impl From<Stopped> for LineError {
    fn from(stopped: Stopped) -> Self {
        Self::Stopped(stopped)
    }
}

impl From<std::io::Error> for LineError {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::ConnectionAborted => Self::Lost(error.to_string()),
            _ => Self::Io(error),
        }
    }
}

impl From<PayloadError> for LineError {
    fn from(error: PayloadError) -> Self {
        match error {
            PayloadError::Io(error) if error.kind() == std::io::ErrorKind::ConnectionAborted => {
                error.into()
            }
            other => Self::Io(std::io::Error::other(other.to_string())),
        }
    }
}

/// The keeper of this very process.
impl Line for Keeper {
    fn vault(&self) -> VaultId {
        Self::vault(self)
    }

    fn vkey(&self) -> &str {
        Self::vkey(self)
    }

    fn ledgers(&self) -> &[String] {
        Self::ledgers(self)
    }

    fn now(&self) -> Timestamp {
        Self::now(self)
    }

    fn is_demo(&self) -> bool {
        Self::is_demo(self)
    }

    fn advance_clock_to(&self, at: Timestamp) -> Result<(), LineError> {
        Self::advance_clock_to(self, at)
            .map_err(|error| LineError::Stopped(Stopped::Failed(error.to_string())))
    }

    fn sign_in(&self, ask: SignIn) -> Result<Answer, LineError> {
        Ok(Self::sign_in(self, ask)?)
    }

    fn ask(&self, ask: Ask) -> Result<Answer, LineError> {
        Ok(Self::ask(self, ask)?)
    }

    fn upload(&self) -> std::io::Result<Box<dyn Upload>> {
        Self::upload(self)
    }

    fn fetch(&self, sha256: &str) -> std::io::Result<Box<dyn Read + Send>> {
        Self::fetch(self, sha256)
    }

    fn ledger_files(&self, files: &Files<'_>, each: &mut EachFile<'_>) -> Result<(), LineError> {
        let entries = matches!(files, Files::WithEntries(_));
        self.static_files(entries)?
            .into_iter()
            .try_for_each(|file| file.read_with(each))
    }

    fn turn(&self) -> Result<Turned, LineError> {
        Self::turn(self).map_err(|error| match error {
            TurnError::NotReady(says) => LineError::NotReady(says),
            TurnError::Stopped(stopped) => LineError::Stopped(stopped),
        })
    }

    fn progressed(&self, bytes: u64) {
        Self::progressed(self, bytes);
    }
}
