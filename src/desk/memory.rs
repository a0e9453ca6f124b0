//! What this person's machine remembers of a vault: the newest ledger head it has verified, and the root
//! key it has seen. On disk below the person's own state folder, or for one session only.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use crate::bytes::hex;
use crate::bytes::unhex;
use crate::clock::Timestamp;
use crate::desk::error::DeskError;
use crate::ids::VaultId;
use crate::keeper::Line;
use crate::keeper::ledgers::Ledgers;
use crate::keeper::message::load::Genesis;
use crate::keeper::remembered;
use crate::keeper::remembered::broken;
use crate::ledger::Expected;
use crate::ledger::Lineage;
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
    vkey: String,
    ledgers: Ledgers,
    lost: u64,
}

#[derive(Debug)]
enum Place {
    /// Below the person's state folder.
    Disk { known: Box<Known>, pinned: PathBuf },
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

/// Entries this machine has seen, and the vault has gone on without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lost {
    /// How many.
    pub entries: u64,
    /// The entry that says so.
    pub said_in: u64,
}

impl Memory {
    /// The memory of a keeper's ledger below `state`, or for this session only.
    ///
    /// # Errors
    /// [`DeskError::Fork`] when the vault, or the ledger of this name, had another key before and the root key
    /// does not vouch for this one.
    pub(crate) fn open(keeper: &dyn Line, state: Option<&Path>) -> Result<Self, DeskError> {
        let key: VerifierKey = keeper.vkey().parse().map_err(DeskError::damaged)?;
        let vault = keeper.vault();
        let texts = keeper.ledgers().iter().map(String::as_str);
        let ledgers = Ledgers::parse(texts, vault).filter(|one| one.lineage(&key).is_some());
        let ledgers = ledgers.ok_or_else(|| {
            DeskError::damaged(
                "what the keeper says of the vault's earlier ledgers does not lead to this one",
            )
        })?;
        let mut memory = Self {
            place: Place::Session {
                key: Box::new(key.clone()),
                head: Mutex::new(None),
            },
            vault,
            vkey: keeper.vkey().to_owned(),
            ledgers,
            lost: 0,
        };
        if let Some(state) = state {
            let pinned = state.join("known_vaults").join(vault.to_string());
            memory.check_pinned(&read_pinned(&pinned)?)?;
            let known = remembered::machine(state, (&key, &memory.ledgers));
            let (known, lost) = known.map_err(memory_error)?;
            let known = Box::new(known);
            memory.place = Place::Disk { known, pinned };
            memory.lost = lost;
        }
        Ok(memory)
    }

    /// What is remembered on disk.
    pub(crate) fn on_disk(&self) -> Option<&Known> {
        match &self.place {
            Place::Disk { known, .. } => Some(known),
            Place::Session { .. } => None,
        }
    }

    /// The keys of the ledgers before this one.
    pub(crate) fn ended(&self) -> Vec<VerifierKey> {
        let key = self.vkey.parse().ok();
        let lineage = key.and_then(|key| self.ledgers.lineage(&key));
        lineage.iter().flat_map(Lineage::ended).cloned().collect()
    }

    /// What this machine has seen and is lost: told once, by the first session after it.
    pub fn lost(&self) -> Option<Lost> {
        let last = self.ledgers.last().filter(|_| self.lost > 0)?;
        Some(Lost {
            entries: self.lost,
            said_in: last.size,
        })
    }

    /// Insists that the ledger is the one this machine knows the vault by, or goes on from it as the root key says.
    fn check_pinned(&self, (root, ledger): &Pinned) -> Result<(), DeskError> {
        let vouched = root.is_none_or(|root| self.ledgers.vouched(&root));
        let leads = ledger.as_ref();
        let leads = leads.is_none_or(|ledger| self.ledgers.lead(ledger, &self.vkey));
        if vouched && leads {
            return Ok(());
        }
        Err(DeskError::Fork(format!(
            "the ledger of {} is not the one this machine has seen before, and the vault's root key does not say \
             that it takes its place: somebody shows another history. Do nothing more with it, and tell whoever \
             looks after the vault",
            self.vault
        )))
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

    /// Insists that this founding statement's root key is the one seen before, and that the ledger is the one it
    /// was founded with, or one that the root key put in its place. The first time, both are kept.
    ///
    /// # Errors
    /// [`DeskError::Fork`] when they are others.
    pub(crate) fn check_genesis(&self, genesis: &Genesis) -> Result<(), DeskError> {
        self.check_pinned(&(Some(genesis.root), Some(genesis.log.clone())))?;
        let Place::Disk { pinned, .. } = &self.place else {
            return Ok(());
        };
        let (root, ledger) = read_pinned(pinned)?;
        if root.is_some_and(|root| root != genesis.root) {
            return Err(DeskError::Fork(format!(
                "the root key of {} is not the one this machine has seen before; compare the fingerprint \
                 on the induction card with the person who made the vault",
                self.vault
            )));
        }
        if ledger.as_ref() == Some(&self.vkey) {
            return Ok(());
        }
        if let Some(folder) = pinned.parent() {
            make_folders(folder, PUBLIC)?;
        }
        let text = format!("{}\n{}\n", hex(genesis.root.as_bytes()), self.vkey);
        // Whole or not at all: half of it would accuse an honest vault the next time.
        Ok(durable::replace(pinned, text.as_bytes())?)
    }
}

/// The root key and the ledger that this machine knows a vault by.
type Pinned = (Option<VerifyingKey>, Option<String>);

/// Reads what is pinned: the root key in hex, and the ledger's verification key, which earlier versions did not
/// write.
fn read_pinned(path: &Path) -> Result<Pinned, DeskError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok((None, None)),
        Err(error) => return Err(error.into()),
    };
    let mut lines = text.lines();
    let root = lines.next().and_then(unhex);
    let root =
        root.and_then(|bytes| VerifyingKey::from_bytes(bytes.as_slice().try_into().ok()?).ok());
    let damaged = || {
        let says = format!(
            "`{}`, which remembers the vault, is damaged",
            path.display()
        );
        DeskError::Damaged(says)
    };
    Ok((
        Some(root.ok_or_else(damaged)?),
        lines.next().map(str::to_owned),
    ))
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
