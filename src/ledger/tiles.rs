//! The static directory that third parties read (C2SP tlog-tiles): hash tiles, entry bundles and the
//! newest checkpoint, as plain files.
//!
//! ```text
//! vkey  checkpoint                       the key's text, the newest signed note
//! tile/<level>/<n>[.p/<width>]           256 hashes, or fewer at the right edge
//! tile/entries/<n>[.p/<width>]           256 entries, each after its u16 length
//! checkpoints/<size>.note                kept for ever by [`write::Publisher::keep`]: the founding's
//! admin/<index>.json                     openings of entries without personal data
//! ```
//!
//! It is derived: the journal is the truth, and whatever is missing or torn here after a crash is written
//! again from it ([`mod@write`]). No file is synced on its own, for the same reason.

pub mod nodes;
pub mod path;
pub mod read;
pub mod write;

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::ledger::checkpoint::CheckpointError;

/// Hashes in a full tile, entries in a full bundle.
pub const TILE_WIDTH: u64 = 256;
/// Binary levels of the tree within one tile.
pub const TILE_HEIGHT: u8 = 8;

/// What the static directory's files are called.
pub(crate) const VKEY: &str = "vkey";
pub(crate) const CHECKPOINT: &str = "checkpoint";
pub(crate) const CHECKPOINTS: &str = "checkpoints";
pub(crate) const ADMIN: &str = "admin";

/// Why the directory cannot be read or written.
#[derive(Debug)]
pub enum TilesError {
    /// A file could not be read or written.
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is not what a tile or bundle of this place must be.
    Damaged(PathBuf),
    /// The published checkpoint is not accepted.
    Checkpoint(CheckpointError),
    /// The tiles at hand do not make up the tree of the checkpoint.
    WrongRoot,
    /// The new checkpoint is smaller than the one published.
    WentBack,
    /// Entries did not follow each other to the new checkpoint's size.
    Entries,
}

impl fmt::Display for TilesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, .. } => write!(f, "cannot use `{}`", path.display()),
            Self::Damaged(path) => write!(f, "`{}` is damaged", path.display()),
            Self::Checkpoint(error) => write!(f, "the published checkpoint: {error}"),
            Self::WrongRoot => f.write_str("the published tiles do not lead to the signed root"),
            Self::WentBack => f.write_str("a longer ledger has been published before"),
            Self::Entries => f.write_str("the entries given do not fill the ledger's size"),
        }
    }
}

impl std::error::Error for TilesError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Checkpoint(error) => Some(error),
            _ => None,
        }
    }
}

impl TilesError {
    pub(crate) fn at(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
