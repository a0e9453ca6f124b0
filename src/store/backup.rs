//! Backups: what a vault's files were at one moment, kept in a folder somewhere else.
//!
//! ```text
//! strongroom-backup      which vault is kept here: 'strongroom-backup-1 ' vault id, and a line feed
//! b_<id>.json            a manifest: which bytes of which files are this backup; written last
//! journal/ generation/ payload/ ledger/ vault.toml     as in the vault
//! ```
//!
//! A backup exists once its manifest does. Files are copied first, then read back; what a manifest lists is
//! never changed while it is kept: segments only grow, everything else has a name of its own. The three short
//! files that do change stand in the manifest itself, and beside it for whoever copies the folder by hand.
//! Nothing here knows a key.

mod copy;
mod manifest;
mod missing;
mod place;
mod view;

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

pub use self::copy::{Copying, Source};
pub use self::manifest::{Listed, Manifest};
pub use self::missing::{Missing, missing};
pub use self::place::{Kept, MARKER, Place};
pub use self::view::{ReadOnly, View};

use crate::ledger::journal::disk::{Disk, reason};

/// Called with how many bytes of how many are done.
pub type Told<'a> = dyn FnMut(u64, u64) + 'a;

/// A vault's files at one moment.
#[derive(Debug, Default)]
pub struct Cut {
    /// The file system they are on; none where a store has no files.
    pub disk: Option<Arc<dyn Disk>>,
    /// The generation.
    pub generation: u32,
    /// The files.
    pub files: Vec<StoredFile>,
    /// What `generation/current` says.
    pub current: Vec<u8>,
}

/// A file of a vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredFile {
    /// Its path in the vault, `/` between the parts.
    pub path: String,
    /// Where it is.
    pub at: PathBuf,
    /// How many of its bytes belong to this moment.
    pub bytes: u64,
    /// Whether more may follow these bytes later.
    pub grows: bool,
}

/// Why a backup was not made, or cannot be used.
#[derive(Debug)]
pub enum PlaceError {
    /// The folder cannot be a place for this vault's backups; in words.
    Unfit(String),
    /// Another process is at work there.
    Busy(String),
    /// Something is not what was written: a file below the folder, and what is wrong with it.
    Damaged {
        /// The file.
        file: String,
        /// In words.
        what: String,
    },
    /// A file of the vault itself is not what it is named after.
    Source {
        /// The file.
        file: String,
        /// In words.
        what: String,
    },
    /// There is too little room: bytes wanted, and bytes left.
    Full {
        /// Bytes that would be written.
        wanted: u64,
        /// Bytes there are.
        left: u64,
    },
    /// The disk reported an error.
    Io(io::Error),
}

impl fmt::Display for PlaceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unfit(says) => f.write_str(says),
            Self::Busy(who) => write!(f, "somebody else writes a backup there ({who})"),
            Self::Damaged { file, what } => write!(f, "`{file}` of the backup is damaged: {what}"),
            Self::Source { file, what } => write!(f, "`{file}` of the vault is damaged: {what}"),
            Self::Full { wanted, left } => write!(
                f,
                "there is too little room: the backup needs {}, and {} are left",
                size(*wanted),
                size(*left)
            ),
            Self::Io(error) => write!(f, "the backup's folder: {}", reason(error)),
        }
    }
}

impl std::error::Error for PlaceError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for PlaceError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// So many bytes, for people.
pub fn size(bytes: u64) -> String {
    const STEPS: [(u64, &str); 3] = [(1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")];
    for (step, name) in STEPS {
        if bytes >= step {
            let tenths = bytes.saturating_mul(10) / step;
            return format!("{}.{} {name}", tenths / 10, tenths % 10);
        }
    }
    format!("{bytes} bytes")
}

fn damaged(file: &str, what: impl Into<String>) -> PlaceError {
    PlaceError::Damaged {
        file: file.to_owned(),
        what: what.into(),
    }
}

/// Hashes bytes as they go by.
#[derive(Clone, Default)]
struct Hashing(sha2::Sha256);

impl Hashing {
    fn add(&mut self, bytes: &[u8]) {
        sha2::Digest::update(&mut self.0, bytes);
    }

    fn hex(self) -> String {
        crate::bytes::hex(&<[u8; 32]>::from(sha2::Digest::finalize(self.0)))
    }
}
