//! The keys' directory: generation key, ledger key, and how far the vault was last seen. Never inside
//! the vault, never in a backup (`docs/keys.md`).

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::clock::Timestamp;
use crate::keeper::backup::fit;
use crate::keeper::turn::key_place::FileKeys;
use crate::keeper::turn::key_place::KeyPlace as _;
use crate::ledger::LogKey;
use crate::ledger::durable::PRIVATE;
use crate::ledger::durable::make_folders;
use crate::ledger::journal::disk::Disk as _;
use crate::ledger::journal::disk::RealDisk;
use crate::ledger::journal::disk::read_whole;
use crate::ledger::journal::disk::write_whole;
use crate::sealing::GenerationKey;

/// Key files are short; anything longer is not one.
const MAX_BYTES: u64 = 64 * 1024;

/// How far a vault was seen, as the file beside its keys remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// The generation.
    pub generation: u32,
    /// How many entries the ledger had.
    pub size: u64,
    /// Its root, base64.
    pub root: String,
    /// When its last entry was made; absent in files of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// The ledger's name; absent in files of earlier versions, which are about a vault's first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ledger: Option<String>,
}

/// The keys' directory.
#[derive(Debug, Clone)]
pub struct Keyring {
    dir: PathBuf,
}

impl Keyring {
    /// The directory, which need not exist yet.
    pub fn at(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
        }
    }

    /// The directory.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether there are keys.
    pub fn exists(&self) -> bool {
        self.log().exists()
    }

    /// Makes the directory, for its owner alone, and writes the first keys.
    ///
    /// # Errors
    /// What the system reports; the directory must not hold keys yet.
    pub fn create(&self, generation: &GenerationKey, log: &LogKey) -> std::io::Result<()> {
        make_folders(&self.dir, PRIVATE)?;
        self.files().put(1, generation)?;
        write_whole(&RealDisk, &self.log(), log.to_text().as_bytes())
    }

    /// Whether there is a file for the key of this generation.
    pub(crate) fn has_generation(&self, number: u32) -> bool {
        self.files().has(number)
    }

    /// The key of a generation.
    ///
    /// # Errors
    /// What the system reports; `InvalidData` when the file is not a key of this generation.
    pub fn generation_key(&self, number: u32) -> std::io::Result<GenerationKey> {
        self.files().get(number)
    }

    /// Where generation keys lie, for whoever makes and destroys them. `vault` is the vault's folder.
    pub(crate) fn key_place(&self, vault: &Path) -> FileKeys {
        let apart = fit::apart(&self.dir, vault);
        FileKeys::at(Arc::new(RealDisk), self.dir.clone(), apart)
    }

    /// The ledger's signing key.
    ///
    /// # Errors
    /// What the system reports; `InvalidData` when the file is no ledger key.
    pub fn log_key(&self) -> std::io::Result<LogKey> {
        log_key(&self.log())
    }

    /// The signing key of the ledger of this name: also one that was about to take the other's place when the
    /// power went.
    ///
    /// # Errors
    /// As [`Keyring::log_key`].
    pub fn log_key_of(&self, ledger: &str) -> std::io::Result<LogKey> {
        let now = self.log_key();
        if now.as_ref().is_ok_and(|key| key.name() == ledger) {
            return now;
        }
        match log_key(&self.next_log()) {
            Ok(next) if next.name() == ledger => Ok(next),
            _ => now,
        }
    }

    /// Keeps the key of a ledger that is to go on with what was recovered, beside the one it takes the place of.
    ///
    /// # Errors
    /// What the system reports.
    pub(crate) fn put_next_log_key(&self, key: &LogKey) -> std::io::Result<()> {
        write_whole(&RealDisk, &self.next_log(), key.to_text().as_bytes())
    }

    /// Has the key of the ledger of this name in its place, durably; the one before it is gone.
    ///
    /// # Errors
    /// What the system reports.
    pub(crate) fn settle_log_key(&self, ledger: &str) -> std::io::Result<()> {
        let waits = log_key(&self.next_log()).is_ok_and(|next| next.name() == ledger);
        if waits {
            RealDisk.rename(&self.next_log(), &self.log())?;
            RealDisk.sync_dir(&self.dir)?;
        }
        Ok(())
    }

    /// How far the vault was last seen; `None` when that was never written.
    ///
    /// # Errors
    /// What the system reports; `InvalidData` when the file says nothing readable.
    pub fn seen(&self) -> std::io::Result<Option<Seen>> {
        let path = self.dir.join("seen");
        if !path.exists() {
            return Ok(None);
        }
        serde_json::from_str(&text(&path)?)
            .map(Some)
            .map_err(|_| not_a_key("the file `seen` beside the keys cannot be read"))
    }

    /// Remembers how far the vault has come, durably.
    ///
    /// # Errors
    /// What the system reports.
    pub fn remember(&self, seen: &Seen) -> std::io::Result<()> {
        let text = serde_json::to_vec(seen).map_err(std::io::Error::other)?;
        write_whole(&RealDisk, &self.dir.join("seen"), &text)
    }

    fn files(&self) -> FileKeys {
        FileKeys::at(Arc::new(RealDisk), self.dir.clone(), false)
    }

    fn log(&self) -> PathBuf {
        self.dir.join("ledger.key")
    }

    fn next_log(&self) -> PathBuf {
        self.dir.join("ledger.key.next")
    }
}

fn log_key(path: &Path) -> std::io::Result<LogKey> {
    LogKey::from_text(&text(path)?)
        .map_err(|_| not_a_key("the ledger key's file is not a ledger key"))
}

/// A key file's text.
fn text(path: &Path) -> std::io::Result<Zeroizing<String>> {
    let bytes = Zeroizing::new(read_whole(&RealDisk, path, MAX_BYTES)?);
    let text = std::str::from_utf8(&bytes).map_err(|_| not_a_key("a key file is not text"))?;
    Ok(Zeroizing::new(text.to_owned()))
}

fn not_a_key(says: &str) -> std::io::Error {
    std::io::Error::new(std::io::ErrorKind::InvalidData, says)
}
