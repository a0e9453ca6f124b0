//! Whoever remembers how far a vault had come, and what is said when less is there: what was noticed, since
//! when, and what to do.

use std::path::Path;

use crate::clock::Timestamp;
use crate::keeper::head::LedgerHead;
use crate::keeper::keyring::Keyring;
use crate::keeper::keyring::Seen;
use crate::keeper::ledgers::Ledgers;
use crate::keeper::open::OpenError;
use crate::ledger::Checkpoint;
use crate::ledger::Lineage;
use crate::ledger::SignedCheckpoint;
use crate::ledger::TreeSize;
use crate::ledger::VerifierKey;
use crate::ledger::checkpoint::Discontinuity;
use crate::ledger::memory::Memory;
use crate::ledger::memory::MemoryError;
use crate::records::dates;
use crate::store::embedded::Remembered;

/// What to do where a vault is not the newest.
pub(crate) const KEEP_BOTH: &str = "An older copy was put back, or the newest part is lost. Do not go on with \
                                    this copy: find the newest one, and keep both as they are";
/// What to do where two histories are there.
pub(crate) const TWO: &str = "A copy of the vault went on by itself, or somebody shows different people different \
                              pasts. Change neither, keep both, and compare them with a printed head";

/// A head that somebody remembers.
#[derive(Debug, Clone)]
pub(crate) struct HeadSeen {
    /// Who, in words.
    pub(crate) who: String,
    /// Since when, where that is known.
    pub(crate) at: Option<Timestamp>,
    /// The generation; 0 where they do not know it.
    pub(crate) generation: u32,
    /// How many entries.
    pub(crate) size: u64,
    /// The root over them, base64.
    pub(crate) root: String,
    /// Whether it is the vault itself, and whole.
    pub(crate) stands: bool,
}

impl HeadSeen {
    /// As the file beside the keys remembers it.
    pub(crate) fn beside(seen: &Seen, ledgers: &Ledgers) -> Self {
        let left = ledgers.left(seen.ledger.as_deref(), seen.size);
        Self {
            who: "the file beside the keys".to_owned(),
            at: seen.at,
            generation: seen.generation,
            size: left.size,
            root: left
                .root
                .map_or_else(|| seen.root.clone(), |root| root.to_string()),
            stands: false,
        }
    }

    /// A signed head as `who` has it.
    pub(crate) fn signed(
        who: String,
        (checkpoint, at): &(SignedCheckpoint, Option<Timestamp>),
        ledgers: &Ledgers,
    ) -> Self {
        let name = &checkpoint.checkpoint().origin;
        let left = ledgers.left(Some(name), checkpoint.size().get());
        let root = left.root.unwrap_or(checkpoint.head().root);
        Self {
            who,
            at: *at,
            generation: 0,
            size: left.size,
            root: root.to_string(),
            stands: false,
        }
    }

    /// Who, and since when.
    pub(crate) fn named(&self) -> String {
        match self.at {
            Some(at) => format!("{} (of {})", self.who, dates::people_moment(at)),
            None => self.who.clone(),
        }
    }

    /// As the store compares it.
    pub(crate) fn for_store(&self) -> Remembered {
        Remembered {
            name: self.named(),
            generation: self.generation,
            size: self.size,
        }
    }

    /// Insists that the head continues this one.
    ///
    /// # Errors
    /// [`OpenError::Fork`].
    pub(crate) fn continued_by(&self, head: &LedgerHead) -> Result<(), OpenError> {
        match head.root_at(self.size) {
            Some(root) if root.to_string() != self.root => Err(OpenError::Fork(format!(
                "two histories: the first {} entries here are not the ones that {} remembers. {TWO}",
                self.size,
                self.named()
            ))),
            _ => Ok(()),
        }
    }
}

/// What the keys' directory and this machine's memory remember of the ledger of this key, and of those it took
/// the place of.
///
/// # Errors
/// [`OpenError`] where one cannot be read.
pub(crate) fn all(
    keyring: &Keyring,
    state: Option<&Path>,
    (key, ledgers): (&VerifierKey, &Ledgers),
) -> Result<Vec<HeadSeen>, OpenError> {
    let unreadable = |error: std::io::Error| OpenError::NoKeys(error.to_string());
    let beside = keyring.seen().map_err(unreadable)?;
    let beside = beside.iter().map(|seen| HeadSeen::beside(seen, ledgers));
    let mut all: Vec<HeadSeen> = beside.collect();
    let Some(state) = state else { return Ok(all) };
    let lineage = ledgers.lineage(key);
    let ended = lineage.iter().flat_map(Lineage::ended);
    for key in ended.chain([key]) {
        let known = Memory::known(state, key).map_err(|error| memory(error, None))?;
        let who = || "this machine's own memory".to_owned();
        all.extend(
            known
                .iter()
                .map(|known| HeadSeen::signed(who(), known, ledgers)),
        );
    }
    Ok(all)
}

/// This machine's memory of the ledger of this key, which goes on from what it remembers of the ledgers before;
/// and how many entries it has seen of those that are lost. The statements are the root key's: that is checked.
///
/// # Errors
/// [`MemoryError`].
pub(crate) fn machine(
    state: &Path,
    (key, ledgers): (&VerifierKey, &Ledgers),
) -> Result<(Memory, u64), MemoryError> {
    let memory = Memory::open(state, key)?;
    if ledgers.is_empty() || memory.lock()?.checkpoint().is_some() {
        return Ok((memory, 0));
    }
    let lineage = ledgers.lineage(key);
    for ended in lineage.iter().flat_map(Lineage::ended).rev() {
        let Some((known, _)) = Memory::known(state, ended)? else {
            continue;
        };
        let left = ledgers.left(Some(ended.name()), known.size().get());
        let beginning = SignedCheckpoint::vouched(Checkpoint {
            origin: key.name().to_owned(),
            size: TreeSize::new(left.size),
            root: left.root.unwrap_or(known.head().root),
        });
        return Ok((memory.beginning_with(beginning), left.lost));
    }
    Ok((memory, 0))
}

/// Why this machine's memory does not go on, with since when it remembers.
pub(crate) fn memory(error: MemoryError, since: Option<Timestamp>) -> OpenError {
    match error {
        MemoryError::Breaks(how @ Discontinuity::WentBack { .. }) => {
            OpenError::WentBack(broken(&how, since))
        }
        MemoryError::Breaks(how) => OpenError::Fork(broken(&how, since)),
        MemoryError::UnknownKey { .. } => OpenError::Fork(error.to_string()),
        MemoryError::Io { source, .. } => OpenError::Io(source),
        other => OpenError::Damaged(other.to_string()),
    }
}

/// What was noticed, since when, and what to do.
pub fn broken(how: &Discontinuity, since: Option<Timestamp>) -> String {
    let since = since.map_or_else(String::new, |at| {
        format!(
            " (this machine has remembered since {})",
            dates::people_moment(at)
        )
    });
    let what = match how {
        Discontinuity::WentBack { .. } => KEEP_BOTH,
        Discontinuity::Fork { .. } => TWO,
    };
    format!("{how}{since}. {what}")
}
