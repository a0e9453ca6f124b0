//! Backups: a vault's files as they were at one moment, copied to a folder while work goes on, read back,
//! and only then said to exist (`docs/backup.md`).
//!
//! The vault's own thread is asked twice, each time for a moment: where the files stand, and, once most has
//! been copied, to write down the backup and say where they stand now. So the entry of a backup is in it, and
//! whoever restores it loses nothing that was there when it was finished.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use serde::Serialize;

use crate::clock::Timestamp;
use crate::ids::BackupId;
use crate::ids::VaultId;
use crate::keeper::Keeper;
use crate::keeper::Paths;
use crate::keeper::Stopped;
use crate::keeper::backup::making::Making;
use crate::keeper::open::OpenError;
use crate::keeper::vault::Vault;
use crate::ledger::journal::disk::RealDisk;
use crate::ledger::journal::disk::reason;
use crate::store::backup::Place;
use crate::store::backup::PlaceError;
use crate::store::backup::ReadOnly;
use crate::store::backup::Told;

pub(crate) mod check;
pub(crate) mod fit;
pub mod looking;
mod making;
pub mod noted;
mod taken;

/// A backup that exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackupDone {
    /// The backup.
    pub id: BackupId,
    /// When, by the vault's clock.
    pub at: Timestamp,
    /// The generation of keys it opens under.
    pub generation: u32,
    /// How many entries the ledger has in it.
    pub size: u64,
    /// The root over them, base64.
    pub root: String,
    /// How many bytes its files have.
    pub bytes: u64,
    /// How many of these were written for it; the others were there.
    pub copied: u64,
    /// Whether it is on the same disk as the vault, and so lost with it.
    pub same_disk: bool,
}

/// Why a backup was not made or cannot be used. Earlier backups at the place are as they were.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BackupError {
    /// A rule about the place or its state: a word for the case, and what is wrong.
    Refused(String, String),
    /// Somebody else is at work there.
    Busy(String),
    /// Something is not what was written.
    Damaged(String),
    /// The keys that open it are not there, or do not fit.
    NoKeys(String),
    /// A backup or vault is older than somebody has seen it.
    WentBack(String),
    /// There are two histories.
    Fork(String),
    /// The disk failed.
    Failed(String),
}

impl BackupError {
    pub(crate) fn refused(code: &str, says: impl Into<String>) -> Self {
        Self::Refused(code.to_owned(), says.into())
    }
}

impl fmt::Display for BackupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(_, says)
            | Self::Busy(says)
            | Self::Damaged(says)
            | Self::NoKeys(says)
            | Self::WentBack(says)
            | Self::Fork(says)
            | Self::Failed(says) => f.write_str(says),
        }
    }
}

impl std::error::Error for BackupError {}

impl From<PlaceError> for BackupError {
    fn from(error: PlaceError) -> Self {
        let says = error.to_string();
        match error {
            PlaceError::Unfit(_) => Self::refused("bad-place", says),
            PlaceError::Busy(_) => Self::Busy(says),
            PlaceError::Damaged { .. } | PlaceError::Source { .. } => Self::Damaged(says),
            PlaceError::Full { .. } => Self::refused("full", says),
            PlaceError::Io(error) if error.kind() == io::ErrorKind::StorageFull => {
                Self::refused("full", says)
            }
            PlaceError::Io(_) => Self::Failed(says),
        }
    }
}

impl From<io::Error> for BackupError {
    fn from(error: io::Error) -> Self {
        PlaceError::from(error).into()
    }
}

impl From<Stopped> for BackupError {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Damaged(says) => Self::Damaged(says),
            Stopped::Failed(says) => Self::Failed(says),
        }
    }
}

impl From<OpenError> for BackupError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Locked(says) => Self::Busy(says),
            OpenError::NotAVault(says) | OpenError::Damaged(says) => Self::Damaged(says),
            OpenError::WentBack(says) => Self::WentBack(says),
            OpenError::Fork(says) => Self::Fork(says),
            OpenError::NoKeys(says) => Self::NoKeys(says),
            OpenError::Io(error) => Self::Failed(format!("it cannot be read: {}", reason(&error))),
        }
    }
}

/// Who takes the vault's part while a backup is made.
pub(crate) enum Hand<'a> {
    /// Its own thread, asked from another one.
    Thread(&'a Keeper),
    /// The thread itself.
    Here(&'a mut Vault),
}

impl Hand<'_> {
    pub(crate) fn run<T: Send + 'static>(
        &mut self,
        run: impl FnOnce(&mut Vault) -> T + Send + 'static,
    ) -> Result<T, Stopped> {
        match self {
            Self::Thread(keeper) => keeper.run(run),
            Self::Here(vault) => Ok(run(vault)),
        }
    }
}

impl Keeper {
    /// Makes a backup in the folder `dir` while others go on; `told` hears how many bytes are looked after.
    ///
    /// # Errors
    /// [`BackupError`].
    pub fn back_up(&self, dir: &Path, told: &mut Told<'_>) -> Result<BackupDone, BackupError> {
        Making::new(Hand::Thread(self), self.paths(), dir)?.make(told)
    }
}

impl Vault {
    /// Makes a backup in the folder `dir` on the vault's own thread: nobody is answered meanwhile. It is read
    /// back, and its entry and row are committed, when this returns.
    ///
    /// # Errors
    /// [`BackupError`]; the vault can go on, unless committing the entry failed.
    pub(crate) fn back_up_to(&mut self, dir: &Path) -> Result<BackupDone, BackupError> {
        let paths = self.paths();
        Making::new(Hand::Here(self), &paths, dir)?.make(&mut |_, _| ())
    }

    /// Where this vault and its keys are.
    pub(crate) fn paths(&self) -> Paths {
        Paths {
            dir: self.folder().to_owned(),
            keys: self.keyring.dir().to_owned(),
        }
    }
}

/// Whether the folder `dir` holds a verified backup of this vault and generation: one whose manifest is
/// there. A manifest is written only once everything it lists has been read back.
///
/// # Errors
/// As the file system reports; a folder that cannot be looked into is an error, one that is not there is not.
pub(crate) fn confirmed(dir: &Path, vault: VaultId, generation: u32) -> io::Result<bool> {
    let kept = Place::at(Arc::new(ReadOnly), dir).kept();
    match kept {
        Ok(Some(kept)) => Ok(kept.vault == vault
            && kept
                .manifests
                .iter()
                .any(|one| one.generation == generation)),
        Ok(None) => Ok(false),
        Err(PlaceError::Io(error)) => Err(error),
        Err(error) => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            error.to_string(),
        )),
    }
}

/// Whether the folder `dir` holds this very backup.
///
/// # Errors
/// As [`confirmed`].
pub(crate) fn confirmed_one(dir: &Path, id: BackupId) -> io::Result<bool> {
    match Place::at(Arc::new(ReadOnly), dir).kept() {
        Ok(kept) => Ok(kept.is_some_and(|kept| kept.manifests.iter().any(|one| one.id == id))),
        Err(PlaceError::Io(error)) => Err(error),
        Err(error) => Err(io::Error::new(
            io::ErrorKind::InvalidData,
            error.to_string(),
        )),
    }
}

/// The place at `dir`, for writing.
pub(crate) fn writable(dir: &Path) -> Place {
    Place::at(Arc::new(RealDisk), dir)
}
