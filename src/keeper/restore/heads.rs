//! What everybody within reach remembers of a vault that is to be restored.

use std::path::Path;

use crate::keeper::backup::BackupError;
use crate::keeper::keyring::Keyring;
use crate::keeper::ledgers::Ledgers;
use crate::keeper::ledgers::SUCCESSION;
use crate::keeper::remembered;
use crate::keeper::remembered::HeadSeen;
use crate::keeper::restore::Restoring;
use crate::keeper::restore::standing;
use crate::ledger::Lineage;
use crate::ledger::SignedCheckpoint;
use crate::ledger::VerifierKey;
use crate::ledger::journal::disk::RealDisk;
use crate::ledger::journal::disk::read_whole;
use crate::store::backup::Manifest;

/// A signed head is some hundred bytes, with a cosignature or two.
const MAX_NOTE: u64 = 64 * 1024;

/// What everybody within reach remembers of the vault.
pub(crate) fn heads(
    what: &Restoring,
    manifest: &Manifest,
    (key, keyring): (&VerifierKey, &Keyring),
) -> Result<Vec<HeadSeen>, BackupError> {
    let ledgers = ledgers(manifest)?;
    // The vault itself first: where several remember the same, it is the one to name.
    let mut heads = Vec::new();
    for dir in &what.beside {
        if what.with.as_ref() != Some(dir) {
            heads.extend(standing::look(dir, manifest, key)?);
        }
    }
    let machine = remembered::all(keyring, what.state.as_deref(), (key, &ledgers))?;
    heads.extend(machine);
    for path in &what.remembered {
        heads.push(note(path, (key, &ledgers))?);
    }
    Ok(heads)
}

/// The ledgers the vault had had when a backup was made.
fn ledgers(manifest: &Manifest) -> Result<Ledgers, BackupError> {
    let Some(text) = manifest.texts.get(SUCCESSION) else {
        return Ok(Ledgers::default());
    };
    let ledgers = Ledgers::parse(text.lines(), manifest.vault);
    let damaged = || format!("`{SUCCESSION}` of the backup {} is damaged", manifest.id);
    ledgers.ok_or_else(|| BackupError::Damaged(damaged()))
}

/// The signed head in a file, as somebody remembers it elsewhere.
fn note(path: &Path, (key, ledgers): (&VerifierKey, &Ledgers)) -> Result<HeadSeen, BackupError> {
    let bytes = read_whole(&RealDisk, path, MAX_NOTE)?;
    let lineage = ledgers.lineage(key);
    let mut keys = lineage.iter().flat_map(Lineage::ended).chain([key]);
    let signed =
        |key: &VerifierKey| SignedCheckpoint::verify(&bytes, std::slice::from_ref(key)).ok();
    let note = keys.find_map(signed).ok_or_else(|| {
        let says = format!(
            "`{}` is not a signed head of this vault's ledger",
            path.display()
        );
        BackupError::refused("not-a-head", says)
    })?;
    let who = format!("the signed head in `{}`", path.display());
    Ok(HeadSeen::signed(who, &(note, None), ledgers))
}
