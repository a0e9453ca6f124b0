//! Checking a vault without a person: everything the store reads back, and the static directory.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::keeper::Paths;
use crate::keeper::backup::check::of_files;
use crate::keeper::backup::noted::Noted;
use crate::keeper::broken::Broken;
use crate::keeper::head::LedgerHead;
use crate::keeper::keyring::Keyring;
use crate::keeper::ledgers::Ledgers;
use crate::keeper::open::OpenError;
use crate::keeper::open::config_of;
use crate::keeper::open::ledgers_of;
use crate::keeper::open::log_key;
use crate::keeper::remembered;
use crate::keeper::remembered::HeadSeen;
use crate::keeper::turn::Turns;
use crate::ledger::LeafIndex;
use crate::ledger::SignedCheckpoint;
use crate::ledger::check;
use crate::ledger::check::Against;
use crate::ledger::journal::disk::RealDisk;
use crate::ledger::memory::MemoryError;
use crate::store::embedded::Remembered;

/// What was checked, and found whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The ledger's name.
    pub origin: String,
    /// How many entries were checked.
    pub size: u64,
    /// The root over them, base64.
    pub root: String,
    /// The newest signed head, verbatim.
    pub checkpoint: String,
    /// The size this machine remembered, and found to be the beginning of what is here.
    pub remembered: Option<u64>,
    /// The generation of keys.
    pub generation: u32,
    /// What the vault remembers of its backups, where its keys are there, and
    pub backups: Option<Noted>,
    /// of its turns.
    pub turns: Option<Turns>,
}

impl fmt::Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} entries of {}, root {}",
            self.size, self.origin, self.root
        )
    }
}

/// Reads every frame of a vault back and checks it: leaves, order, time, roots, signatures, effects.
/// Changes nothing in the vault. `state` is the folder where this machine remembers heads.
///
/// # Errors
/// [`OpenError`] naming what is wrong.
pub fn verify(paths: &Paths, state: Option<&Path>) -> Result<Verified, OpenError> {
    let config = config_of(paths)?;
    let keyring = Keyring::at(&paths.keys);
    let missing = |error: std::io::Error| OpenError::NoKeys(error.to_string());
    let ledgers = ledgers_of(&RealDisk, &paths.dir, config.vault)?;
    let log = log_key(&keyring, &ledgers).map_err(missing)?;
    let beside = keyring.seen().map_err(missing)?;
    let beside = beside.as_ref().map(|seen| HeadSeen::beside(seen, &ledgers));
    let marks: Vec<Remembered> = beside.iter().map(HeadSeen::for_store).collect();
    let disk = Arc::new(RealDisk);
    let against = (&log.verifier(), &marks[..]);
    let found = of_files(disk, &paths.dir, config.vault, against)?;
    let key = keyring.generation_key(found.generation).ok();
    // A key that does not fit is found out by whoever opens the vault.
    let backups = key.as_ref().and_then(|key| found.noted(key).ok());
    let turns = key.as_ref().and_then(|key| found.turns(key).ok());
    let (generation, head) = (found.generation, found.head);
    beside
        .iter()
        .try_for_each(|seen| seen.continued_by(&head))?;
    let checkpoint = head.checkpoint().ok_or_else(|| {
        OpenError::Damaged("the ledger is empty: it has not even a founding entry".to_owned())
    })?;
    check_static(paths, &head)?;
    let remembered = match state {
        Some(state) => compare(state, (&head, &ledgers), checkpoint)?,
        None => None,
    };
    Ok(Verified {
        origin: head.origin().to_owned(),
        size: head.size(),
        root: checkpoint.head().root.to_string(),
        checkpoint: checkpoint.note().to_owned(),
        remembered,
        generation,
        backups,
        turns,
    })
}

/// Checks the ledger's static files, as far as they have been published.
fn check_static(paths: &Paths, head: &LedgerHead) -> Result<(), OpenError> {
    let dir = paths.dir.join("ledger");
    if !dir.join("checkpoint").exists() {
        return Ok(());
    }
    let keys = [head.verifier()];
    let ended = head.ended();
    let against = Against {
        keys: &keys,
        ended: &ended,
        remembered: &[],
        entries_from: LeafIndex::new(0),
    };
    let report = check::directory(&dir, &against).map_err(Broken::from)?;
    match report.findings.first() {
        None => Ok(()),
        Some(finding) => Err(OpenError::Damaged(format!(
            "the ledger's static files in `ledger` are not what was published: {finding}; they are made anew \
             from the journal when the folder is removed"
        ))),
    }
}

/// Compares with what this machine remembers of the ledger, and remembers the newer head.
fn compare(
    state: &Path,
    (head, ledgers): (&LedgerHead, &Ledgers),
    checkpoint: &SignedCheckpoint,
) -> Result<Option<u64>, OpenError> {
    let words = |error: MemoryError| remembered::memory(error, None);
    let (memory, _) = remembered::machine(state, (&head.verifier(), ledgers)).map_err(words)?;
    let mut remembered = memory.lock().map_err(words)?;
    let since = remembered.since();
    let known = remembered.checkpoint().map(|known| known.size().get());
    let proof = head.consistency(known.unwrap_or(0)).unwrap_or_default();
    let advanced = remembered.advance(checkpoint, &proof);
    advanced.map_err(|error| remembered::memory(error, since))?;
    Ok(known)
}
