//! Checking a vault without a person: everything the store reads back, and the static directory.

use std::fmt;

use crate::keeper::Paths;
use crate::keeper::head::LedgerHead;
use crate::keeper::keyring::Keyring;
use crate::keeper::open::OpenError;
use crate::keeper::open::Replayed;
use crate::keeper::open::config_of;
use crate::store::embedded::Opening;
use crate::store::embedded::Remembered;
use crate::store::embedded::Site;

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
}

impl fmt::Display for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} entries of {}, root {}", self.size, self.origin, self.root)
    }
}

/// Reads every frame of a vault back and checks it: leaves, order, time, roots, signatures, effects.
/// Changes nothing. `remembered` is what others have seen of it.
///
/// # Errors
/// [`OpenError`] naming what is wrong.
pub fn verify(paths: &Paths, remembered: &[Remembered]) -> Result<Verified, OpenError> {
    let config = config_of(paths)?;
    let keyring = Keyring::at(&paths.keys);
    let missing = |error: std::io::Error| OpenError::NoKeys(error.to_string());
    let log = keyring.log_key().map_err(missing)?;
    let mut seen = remembered.to_vec();
    let beside = keyring.seen().map_err(missing)?;
    seen.extend(beside.map(|seen| Remembered {
        name: "the file beside the keys".to_owned(),
        generation: seen.generation,
        size: seen.size,
    }));
    let mut replayed = Replayed { head: LedgerHead::new(log) };
    let site = Site::new(&paths.dir, config.vault);
    Opening::read(&site, &seen, &mut replayed)?;
    let head = replayed.head;
    let checkpoint = head
        .checkpoint()
        .ok_or_else(|| OpenError::Damaged("the ledger is empty: it has not even a founding entry".to_owned()))?;
    Ok(Verified {
        origin: head.origin().to_owned(),
        size: head.size(),
        root: checkpoint.head().root.to_string(),
        checkpoint: checkpoint.note().to_owned(),
    })
}
