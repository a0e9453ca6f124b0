//! What this person's machine remembers of a vault: the newest ledger head it has verified, and the root
//! key it has seen. On disk below the person's own state folder, or for one session only.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use crate::bytes::hex;
use crate::clock::Timestamp;
use crate::desk::error::DeskError;
use crate::ids::VaultId;
use crate::keeper::Line;
use crate::keeper::remembered::broken;
use crate::ledger::Expected;
use crate::ledger::Proven;
use crate::ledger::Receipt;
use crate::ledger::SignedCheckpoint;
use crate::ledger::VerifierKey;
use crate::ledger::checkpoint::Discontinuity;
use crate::ledger::durable;
use crate::ledger::durable::PUBLIC;
use crate::ledger::durable::make_folders;
use crate::ledger::memory::Locked;
use crate::ledger::memory::Memory as Known;
use crate::ledger::memory::MemoryError;
use crate::ledger::receipt::ReceiptError;
use crate::sealing::VerifyingKey;

/// The memory of one vault's ledger.
#[derive(Debug)]
pub struct Memory {
    place: Place,
    vault: VaultId,
}

#[derive(Debug)]
enum Place {
    /// Below the person's state folder.
    Disk { known: Box<Known>, root: PathBuf },
    /// Gone when the program ends.
    Session {
        key: Box<VerifierKey>,
        head: Mutex<Option<SignedCheckpoint>>,
    },
}

/// The memory while nobody else can change it: from before an ask until its receipt is checked.
#[derive(Debug)]
pub(crate) enum Held<'m> {
    /// On disk.
    Disk(Locked<'m>),
    /// For this session.
    Session(&'m VerifierKey, MutexGuard<'m, Option<SignedCheckpoint>>),
}

impl Memory {
    /// The memory of a keeper's ledger below `state`, or for this session only.
    ///
    /// # Errors
    /// [`DeskError::Fork`] when the ledger of this name had another key before.
    pub(crate) fn open(keeper: &dyn Line, state: Option<&Path>) -> Result<Self, DeskError> {
        let key: VerifierKey = keeper.vkey().parse().map_err(DeskError::damaged)?;
        let vault = keeper.vault();
        let place = match state {
            Some(state) => {
                let known = Known::open(state, &key).map_err(memory_error)?;
                let root = state.join("known_vaults").join(vault.to_string());
                Place::Disk {
                    known: Box::new(known),
                    root,
                }
            }
            None => Place::Session {
                key: Box::new(key),
                head: Mutex::new(None),
            },
        };
        Ok(Self { place, vault })
    }

    /// Takes the memory for one ask.
    ///
    /// # Errors
    /// [`DeskError`] when what is remembered cannot be read.
    pub(crate) fn hold(&self) -> Result<Held<'_>, DeskError> {
        Ok(match &self.place {
            Place::Disk { known, .. } => Held::Disk(known.lock().map_err(memory_error)?),
            Place::Session { key, head } => {
                Held::Session(key, head.lock().unwrap_or_else(PoisonError::into_inner))
            }
        })
    }

    /// Compares the root key with the one seen before; the first one is kept.
    ///
    /// # Errors
    /// [`DeskError::Fork`] when it is another.
    pub(crate) fn check_root(&self, root: &VerifyingKey) -> Result<(), DeskError> {
        let Place::Disk { root: path, .. } = &self.place else {
            return Ok(());
        };
        let text = format!("{}\n", hex(root.as_bytes()));
        match std::fs::read_to_string(path) {
            Ok(known) if known == text => Ok(()),
            Ok(_) => Err(DeskError::Fork(format!(
                "the root key of {} is not the one this machine has seen before; compare the fingerprint \
                 on the induction card with the person who made the vault",
                self.vault
            ))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                if let Some(folder) = path.parent() {
                    make_folders(folder, PUBLIC)?;
                }
                // Whole or not at all: half of it would accuse an honest vault the next time.
                Ok(durable::replace(path, text.as_bytes())?)
            }
            Err(error) => Err(error.into()),
        }
    }
}

impl Held<'_> {
    /// The size of the newest head verified; 0 for none.
    pub(crate) fn size(&self) -> u64 {
        let head = match self {
            Self::Disk(locked) => locked.checkpoint(),
            Self::Session(_, head) => head.as_ref(),
        };
        head.map_or(0, |head| head.size().get())
    }

    /// Checks a receipt and remembers its head.
    ///
    /// # Errors
    /// [`DeskError::Fork`], [`DeskError::WentBack`], [`DeskError::Damaged`].
    pub(crate) fn prove(
        &mut self,
        receipt: &Receipt,
        expected: &Expected<'_>,
    ) -> Result<Proven, DeskError> {
        match self {
            Self::Disk(locked) => {
                let since = locked.since();
                let proven = locked.prove(receipt, expected);
                proven.map_err(|error| memory_error_since(error, since))
            }
            Self::Session(key, head) => {
                let keys = [(*key).clone()];
                let proven = receipt
                    .check(&keys, head.as_ref(), expected)
                    .map_err(receipt_error)?;
                **head = Some(proven.checkpoint().clone());
                Ok(proven)
            }
        }
    }
}

pub(crate) fn memory_error(error: MemoryError) -> DeskError {
    memory_error_since(error, None)
}

/// As [`memory_error`], where it is known since when this machine remembers.
pub(crate) fn memory_error_since(error: MemoryError, since: Option<Timestamp>) -> DeskError {
    match error {
        MemoryError::Receipt(ReceiptError::Breaks(how)) | MemoryError::Breaks(how) => {
            breaks(&how, since)
        }
        MemoryError::Receipt(error) => receipt_error(error),
        MemoryError::UnknownKey { .. } => DeskError::Fork(error.to_string()),
        MemoryError::Damaged(_) => DeskError::damaged(error),
        MemoryError::Io { .. } => DeskError::Io(error.to_string()),
    }
}

fn receipt_error(error: ReceiptError) -> DeskError {
    match error {
        ReceiptError::Breaks(how) => breaks(&how, None),
        other => DeskError::damaged(other),
    }
}

fn breaks(how: &Discontinuity, since: Option<Timestamp>) -> DeskError {
    match how {
        Discontinuity::WentBack { .. } => DeskError::WentBack(broken(how, since)),
        Discontinuity::Fork { .. } => DeskError::Fork(broken(how, since)),
    }
}
