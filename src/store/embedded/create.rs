//! Making a vault's directory.

use std::io;

use crate::ledger::journal::disk::{LockError, make_dir, write_whole};
use crate::ledger::journal::{Journal, Position};
use crate::store::Head;
use crate::store::Store as _;
use crate::store::embedded::layout::{Current, Layout};
use crate::store::embedded::rows::Rows;
use crate::store::embedded::snapshot::{self, Covers, Snapshot};
use crate::store::embedded::{Embedded, MarkKey, Repairs, Site, holder};

/// The number of a new vault's generation.
const FIRST_GENERATION: u32 = 1;

/// Why a vault could not be made.
#[derive(Debug)]
pub enum CreateError {
    /// There is a vault, or what is left of one.
    Exists,
    /// Another process is at work in the directory.
    Locked(String),
    /// The disk reported an error.
    Io(io::Error),
}

impl std::fmt::Display for CreateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exists => f.write_str("there is a vault in this directory already"),
            Self::Locked(who) => write!(f, "the directory is in use by {who}"),
            Self::Io(_) => f.write_str("the vault's files cannot be written"),
        }
    }
}

impl std::error::Error for CreateError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Exists | Self::Locked(_) => None,
        }
    }
}

impl From<io::Error> for CreateError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<LockError> for CreateError {
    fn from(error: LockError) -> Self {
        match error {
            LockError::Taken(who) => Self::Locked(who),
            LockError::Io(error) => Self::Io(error),
        }
    }
}

impl Embedded {
    /// Makes a vault: an empty journal, the first generation with this sealed key table, an empty
    /// snapshot. The directory may exist and hold other files. `generation/current` is written last, and
    /// without it there is no vault.
    ///
    /// # Errors
    /// [`CreateError`].
    pub fn create(
        site: &Site,
        sealed_key_table: &[u8],
        mark_key: MarkKey,
    ) -> Result<Self, CreateError> {
        let disk = &*site.disk;
        let layout = Layout::new(&site.dir);
        make_dir(disk, layout.root())?;
        let lock = disk.lock(&layout.lock(), &holder())?;
        let taken = disk.list(layout.root())?;
        if taken
            .iter()
            .any(|name| name == "generation" || name == "journal")
        {
            return Err(CreateError::Exists);
        }
        make_dir(disk, &layout.journal())?;
        make_dir(disk, &layout.generations())?;
        let generation = layout.generation(FIRST_GENERATION);
        make_dir(disk, generation.dir())?;
        let begin = Position::genesis(FIRST_GENERATION);
        let journal = Journal::create(
            site.disk.clone(),
            &layout.journal(),
            site.vault,
            site.journal,
            begin,
        )?;
        write_whole(disk, &generation.keys(), sealed_key_table)?;
        let covers = Covers::nothing(site.vault, FIRST_GENERATION);
        let empty = snapshot::encode(&covers, &[]).map_err(io::Error::other)?;
        write_whole(disk, &generation.rows(), &empty)?;
        let snapshot = Snapshot::open(disk, &generation.rows(), &site.vault)
            .map_err(|_| io::Error::other("the snapshot cannot be read back"))?;
        let (rows, _) = Rows::open(site.engine, generation.index(), mark_key);
        let head = Head::genesis(FIRST_GENERATION);
        let current = Current::of(FIRST_GENERATION, sealed_key_table, &snapshot.digest);
        current.write(disk, &layout)?;
        let vault = Self {
            disk: site.disk.clone(),
            layout,
            generation,
            lock,
            head,
            journal,
            snapshot,
            rows,
            key_effects: Vec::new(),
            repairs: Repairs::default(),
            fenced: false,
        };
        vault.rebuild_index().map_err(io::Error::other)?;
        Ok(vault)
    }
}
