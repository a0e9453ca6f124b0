//! What a client remembers of each ledger it has dealt with: the key, and the largest checkpoint it has
//! verified. So nothing can be taken back unnoticed, whatever the keeper says later.
//!
//! ```text
//! known_logs/<sha256 of the ledger's name>/
//!   vkey         pinned when the ledger was first met (or given by hand, from the induction card)
//!   checkpoint   the signed note, verbatim
//!   lock         held while a receipt is asked for and checked
//!   evidence/    notes that cannot both be true: a proof of misbehaviour anybody can check
//! ```

use std::fmt;
use std::fs;
use std::fs::File;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use sha2::Digest as _;
use sha2::Sha256;

use crate::bytes::hex;
use crate::clock::Timestamp;
use crate::ledger::checkpoint::Discontinuity;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::durable;
use crate::ledger::durable::PUBLIC;
use crate::ledger::durable::make_folders;
use crate::ledger::merkle::Hash;
use crate::ledger::note::key::VerifierKey;
use crate::ledger::receipt::Expected;
use crate::ledger::receipt::Proven;
use crate::ledger::receipt::Receipt;
use crate::ledger::receipt::ReceiptError;

/// Why the memory does not go on.
#[derive(Debug)]
pub enum MemoryError {
    /// A file could not be read or written.
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What is remembered cannot be read any more, or is not signed by the pinned key.
    Damaged(PathBuf),
    /// The ledger of this name had another key when it was first met.
    UnknownKey {
        /// The keys pinned then, one a line.
        pinned: String,
        /// The key offered now.
        offered: String,
    },
    /// The receipt proves nothing; where two histories show, both notes have been kept.
    Receipt(ReceiptError),
    /// Two histories, or one that went back; both notes have been kept.
    Breaks(Discontinuity),
}

impl fmt::Display for MemoryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, .. } => write!(f, "cannot use `{}`", path.display()),
            Self::Damaged(path) => write!(
                f,
                "`{}`, which remembers the ledger, is damaged",
                path.display()
            ),
            Self::UnknownKey { pinned, offered } => write!(
                f,
                "the ledger's key changed: `{pinned}` was pinned, `{offered}` is offered"
            ),
            Self::Receipt(error) => error.fmt(f),
            Self::Breaks(how) => how.fmt(f),
        }
    }
}

impl std::error::Error for MemoryError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            _ => None,
        }
    }
}

/// What is remembered of one ledger.
#[derive(Debug)]
pub struct Memory {
    folder: PathBuf,
    keys: Vec<VerifierKey>,
    /// What counts while nothing is remembered.
    beginning: Option<SignedCheckpoint>,
}

impl Memory {
    /// The memory of the ledger of this key below `root`. Met for the first time, the key is pinned.
    ///
    /// # Errors
    /// [`MemoryError::UnknownKey`] where the ledger of this name is known by other keys.
    pub fn open(root: &Path, key: &VerifierKey) -> Result<Self, MemoryError> {
        let folder = folder_of(root, key);
        make_folders(&folder, PUBLIC).map_err(at(&folder))?;
        let _lock = lock(&folder)?;
        let path = folder.join("vkey");
        let Some(pinned) = read(&path)? else {
            replace(&folder, "vkey", format!("{key}\n").as_bytes())?;
            let keys = vec![key.clone()];
            return Ok(Self::of(folder, keys));
        };
        let keys: Result<Vec<VerifierKey>, _> = pinned.lines().map(str::parse).collect();
        match keys {
            Ok(keys) if keys.contains(key) => Ok(Self::of(folder, keys)),
            Ok(_) => Err(MemoryError::UnknownKey {
                pinned: pinned.trim_end().to_owned(),
                offered: key.to_string(),
            }),
            Err(_) => Err(MemoryError::Damaged(path)),
        }
    }

    const fn of(folder: PathBuf, keys: Vec<VerifierKey>) -> Self {
        Self {
            folder,
            keys,
            beginning: None,
        }
    }

    /// The memory of a ledger that began with this head, which counts while nothing else is remembered: what is
    /// known of the ledger it took the place of.
    #[must_use]
    pub fn beginning_with(mut self, head: SignedCheckpoint) -> Self {
        self.beginning = Some(head);
        self
    }

    /// What is remembered of the ledger of this key, and since when, where anything is. Nothing is pinned.
    ///
    /// # Errors
    /// As [`Memory::open`] and [`Memory::lock`].
    pub fn known(
        root: &Path,
        key: &VerifierKey,
    ) -> Result<Option<(SignedCheckpoint, Option<Timestamp>)>, MemoryError> {
        if !folder_of(root, key).exists() {
            return Ok(None);
        }
        let memory = Self::open(root, key)?;
        let locked = memory.lock()?;
        let since = locked.since();
        Ok(locked.checkpoint.map(|checkpoint| (checkpoint, since)))
    }

    /// Waits for others that use this memory, then reads it. Hold the lock from the moment the ask is made
    /// until its receipt has been checked: a proof made from an older memory would not fit a newer one.
    ///
    /// # Errors
    /// [`MemoryError::Io`] or [`MemoryError::Damaged`].
    pub fn lock(&self) -> Result<Locked<'_>, MemoryError> {
        let lock = lock(&self.folder)?;
        let path = self.folder.join("checkpoint");
        let checkpoint = match read(&path)? {
            Some(note) => Some(
                SignedCheckpoint::verify(note.as_bytes(), &self.keys)
                    .map_err(|_| MemoryError::Damaged(path))?,
            ),
            None => self.beginning.clone(),
        };
        Ok(Locked {
            memory: self,
            checkpoint,
            _lock: lock,
        })
    }

    /// The pinned keys.
    pub fn keys(&self) -> &[VerifierKey] {
        &self.keys
    }
}

/// The memory of one ledger while nobody else can change it.
#[derive(Debug)]
pub struct Locked<'a> {
    memory: &'a Memory,
    checkpoint: Option<SignedCheckpoint>,
    _lock: File,
}

impl Locked<'_> {
    /// The largest checkpoint verified so far.
    pub fn checkpoint(&self) -> Option<&SignedCheckpoint> {
        self.checkpoint.as_ref()
    }

    /// When the largest checkpoint was written down, by this machine's clock.
    pub fn since(&self) -> Option<Timestamp> {
        let about = fs::metadata(self.memory.folder.join("checkpoint")).ok()?;
        let since = about.modified().ok()?;
        let since = since.duration_since(std::time::UNIX_EPOCH).ok()?;
        u64::try_from(since.as_millis())
            .ok()
            .map(Timestamp::from_ms)
    }

    /// Checks a receipt against what is remembered, and remembers its checkpoint, durably, before anything
    /// is opened.
    ///
    /// # Errors
    /// [`MemoryError`]. Where two histories show, both notes are kept in `evidence/`.
    pub fn prove(
        &mut self,
        receipt: &Receipt,
        expected: &Expected<'_>,
    ) -> Result<Proven, MemoryError> {
        match receipt.check(&self.memory.keys, self.checkpoint.as_ref(), expected) {
            Ok(proven) => {
                self.remember(proven.checkpoint())?;
                Ok(proven)
            }
            Err(error) => {
                if matches!(error, ReceiptError::Breaks(_)) {
                    self.keep_evidence(&receipt.checkpoint)?;
                }
                Err(MemoryError::Receipt(error))
            }
        }
    }

    /// Remembers a checkpoint that `proof` shows to continue what is remembered.
    ///
    /// # Errors
    /// [`MemoryError::Breaks`] where it does not; both notes are kept in `evidence/`.
    pub fn advance(
        &mut self,
        offered: &SignedCheckpoint,
        proof: &[Hash],
    ) -> Result<(), MemoryError> {
        if let Some(remembered) = &self.checkpoint
            && let Err(how) = offered.continues(remembered, proof)
        {
            self.keep_evidence(offered.note())?;
            return Err(MemoryError::Breaks(how));
        }
        self.remember(offered)
    }

    fn remember(&mut self, checkpoint: &SignedCheckpoint) -> Result<(), MemoryError> {
        if self.checkpoint.as_ref().map(SignedCheckpoint::head) != Some(checkpoint.head()) {
            replace(
                &self.memory.folder,
                "checkpoint",
                checkpoint.note().as_bytes(),
            )?;
            self.checkpoint = Some(checkpoint.clone());
        }
        Ok(())
    }

    fn keep_evidence(&self, offered: &str) -> Result<(), MemoryError> {
        let folder = self.memory.folder.join("evidence");
        make_folders(&folder, PUBLIC).map_err(at(&folder))?;
        let remembered = self.checkpoint.as_ref().map(SignedCheckpoint::note);
        let remembered = remembered.filter(|note| !note.is_empty());
        for note in remembered.into_iter().chain([offered]) {
            let name = format!("{}.note", hex(&Sha256::digest(note)));
            replace(&folder, &name, note.as_bytes())?;
        }
        Ok(())
    }
}

/// Where the ledger of this key is remembered.
fn folder_of(root: &Path, key: &VerifierKey) -> PathBuf {
    root.join("known_logs")
        .join(hex(&Sha256::digest(key.name())))
}

fn lock(folder: &Path) -> Result<File, MemoryError> {
    let path = folder.join("lock");
    let file = File::create(&path).map_err(at(&path))?;
    file.lock().map_err(at(&path))?;
    Ok(file)
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> MemoryError {
    let path = path.to_owned();
    move |source| MemoryError::Io { path, source }
}

fn read(path: &Path) -> Result<Option<String>, MemoryError> {
    match fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(MemoryError::Damaged(path.to_owned()))
        }
        Err(error) => Err(at(path)(error)),
    }
}

fn replace(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), MemoryError> {
    let place = folder.join(name);
    durable::replace(&place, bytes).map_err(at(&place))
}
