//! Bringing a vault back from a backup: into a new folder, every byte checked, and never an older vault than
//! anybody has seen (`docs/backup.md`).

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::clock::Timestamp;
use crate::ids::BackupId;
use crate::keeper::Keeper;
use crate::keeper::Paths;
use crate::keeper::backup::BackupError;
use crate::keeper::backup::check;
use crate::keeper::backup::check::Found;
use crate::keeper::keyring::Keyring;
use crate::keeper::remembered::HeadSeen;
use crate::keeper::restore::heads::heads;
use crate::keeper::restore::scratch::Scratch;
use crate::keeper::restore::words::not_less;
use crate::keeper::restore::words::not_older;
use crate::ledger::VerifierKey;
use crate::ledger::journal::disk::RealDisk;
use crate::sealing::Recovered;
use crate::store::backup::Kept;
use crate::store::backup::Manifest;
use crate::store::backup::Place;
use crate::store::backup::ReadOnly;
use crate::store::backup::Told;

mod anew;
mod heads;
pub(crate) mod noted;
mod old;
pub(crate) mod scratch;
mod standing;
pub(crate) mod unpack;
mod words;

pub use crate::keeper::ledgers::LedgerStatement;

/// What is to be restored, and what is known beside it.
#[derive(Debug, Clone)]
pub struct Restoring {
    /// The folder of the backups.
    pub from: PathBuf,
    /// The folder to be, and that of the keys.
    pub into: Paths,
    /// Which backup; the newest where it is not said.
    pub backup: Option<BackupId>,
    /// The old vault's folder, as far as it can still be read: what the backup lacks is taken from there.
    pub with: Option<PathBuf>,
    /// Where the vault stood, if it may still stand.
    pub beside: Vec<PathBuf>,
    /// Where this machine remembers ledgers.
    pub state: Option<PathBuf>,
    /// Signed heads that others remember, a note in each file.
    pub remembered: Vec<PathBuf>,
}

/// A vault that is back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// The backup it came from.
    pub id: BackupId,
    /// When that was made.
    pub at: Timestamp,
    /// Its generation.
    pub generation: u32,
    /// How many entries the backup had.
    pub size: u64,
    /// How many entries the old disk had beyond these.
    pub taken: u64,
    /// Whether something of the old disk's could not be read: an attachment filed after the backup.
    pub gaps: bool,
    /// How many bytes were brought back.
    pub bytes: u64,
    /// Whether the keys are there and it was opened.
    pub opened: bool,
    /// The ledger it goes on in, where entries are lost for good.
    pub anew: Option<LedgerStatement>,
}

/// Restores. Where entries that somebody remembers are lost for good, `decided` is what two trustees brought
/// together: the vault then goes on in a new ledger.
///
/// # Errors
/// [`BackupError`]; the folder is then as it was.
pub fn restore(
    what: &Restoring,
    decided: Option<&Recovered>,
    told: &mut Told<'_>,
) -> Result<Restored, BackupError> {
    unpack::unused(&what.into.dir)?;
    let place = Place::at(Arc::new(ReadOnly), &what.from);
    let kept = kept(&place)?;
    let manifest = chosen(&kept, what.backup)?;
    let keyring = Keyring::at(&what.into.keys);
    let key = verifier(&place, manifest, &keyring)?;
    let heads = heads(what, manifest, (&key, &keyring))?;
    let short = |generation, size| match decided {
        None => not_less(&heads, manifest, (generation, size), &kept),
        Some(_) => not_older(&heads, manifest, generation, &kept),
    };
    if what.with.is_none() {
        short(manifest.generation, manifest.size)?;
    }
    let opens = keyring.exists() && keyring.has_generation(manifest.generation);
    if decided.is_some() && !opens {
        let says = "a new ledger is begun with the vault's keys at hand: put them into their folder, or recover them \
                    with the trustees first";
        return Err(BackupError::NoKeys(says.to_owned()));
    }
    let found = check::read(&place, manifest, &key)?;
    continues(&heads, &found)?;
    let scratch = Scratch::beside(&what.into.dir, "restoring")?;
    unpack::unpack(&place, manifest, scratch.dir(), told)?;
    let (taken, gaps) = match &what.with {
        Some(old) => old::take(scratch.dir(), old, manifest, found.position)?,
        None => (0, false),
    };
    let disk = Arc::new(RealDisk);
    let found = check::of_files(disk, scratch.dir(), manifest.vault, (&key, &[]))?;
    short(found.generation, found.head.size())?;
    continues(&heads, &found)?;
    if opens {
        found.open(manifest, &key_of(&keyring, manifest)?)?;
    }
    let decide = |decided| {
        let key = key_of(&keyring, manifest)?;
        anew::decide((scratch.dir(), &keyring), (&found, &key), (&heads, decided))
    };
    let statement = decided.map(decide).transpose()?;
    noted::mark(scratch.dir(), manifest, taken, statement.as_ref())?;
    scratch.become_dir(&what.into.dir)?;
    if opens {
        let keeper = Keeper::open(&what.into, &[])?;
        keeper.close()?;
    }
    Ok(Restored {
        id: manifest.id,
        at: manifest.at,
        generation: manifest.generation,
        size: manifest.size,
        taken,
        gaps,
        bytes: manifest.bytes(),
        opened: opens,
        anew: statement.and_then(|statement| statement.read_body()),
    })
}

/// What a folder keeps.
///
/// # Errors
/// [`BackupError::Refused`] where it keeps nothing.
pub(crate) fn kept(place: &Place) -> Result<Kept, BackupError> {
    let none = || {
        let says = format!("there is no backup in `{}`", place.dir().display());
        BackupError::refused("no-backup", says)
    };
    let kept = place.kept()?.ok_or_else(none)?;
    if kept.manifests.is_empty() && kept.bad.is_empty() {
        let says = format!(
            "no backup in `{}` was ever finished, so there is nothing that can be relied on",
            place.dir().display()
        );
        return Err(BackupError::refused("no-backup", says));
    }
    Ok(kept)
}

/// The backup that is asked for, else the newest. While a manifest cannot be read nobody can tell which is the
/// newest.
pub(crate) fn chosen(kept: &Kept, wanted: Option<BackupId>) -> Result<&Manifest, BackupError> {
    if let Some(id) = wanted {
        if let Some((_, what)) = kept
            .bad
            .iter()
            .find(|(name, _)| Manifest::id_of(name) == Some(id))
        {
            return Err(BackupError::Damaged(what.clone()));
        }
        let found = kept.manifests.iter().find(|manifest| manifest.id == id);
        let none = || BackupError::refused("no-backup", format!("there is no backup {id} there"));
        return found.ok_or_else(none);
    }
    match (kept.bad.first(), kept.manifests.first()) {
        (None, Some(newest)) => Ok(newest),
        (Some((name, what)), _) => Err(BackupError::Damaged(format!(
            "`{name}` cannot be read ({what}), and it may be the newest backup; name another one with --backup, \
             or take another copy"
        ))),
        (None, None) => Err(BackupError::refused(
            "no-backup",
            "there is no backup there",
        )),
    }
}

/// The key that checks the ledger's heads: the vault's own where its keys are there, else the one in the backup.
pub(crate) fn verifier(
    place: &Place,
    manifest: &Manifest,
    keyring: &Keyring,
) -> Result<VerifierKey, BackupError> {
    if keyring.exists() {
        let log = keyring.log_key_of(&manifest.origin);
        let log = log.map_err(|error| BackupError::NoKeys(error.to_string()))?;
        if log.name() != manifest.origin {
            let says = "the keys there belong to another vault than this backup, or to a ledger that was begun anew \
                        since it was made; name the right folder with --keys, or use a newer backup";
            return Err(BackupError::NoKeys(says.to_owned()));
        }
        return Ok(log.verifier());
    }
    let text = std::fs::read_to_string(place.dir().join("ledger/vkey")).unwrap_or_default();
    let key: Option<VerifierKey> = text.lines().find_map(|line| line.parse().ok());
    let unknown =
        || BackupError::Damaged("`ledger/vkey` of the backup is missing or damaged".to_owned());
    key.ok_or_else(unknown)
}

pub(crate) fn key_of(
    keyring: &Keyring,
    manifest: &Manifest,
) -> Result<crate::sealing::GenerationKey, BackupError> {
    let key = keyring.generation_key(manifest.generation);
    key.map_err(|error| {
        BackupError::NoKeys(format!(
            "the key that opens this backup is not there: {error}"
        ))
    })
}

fn continues(heads: &[HeadSeen], found: &Found) -> Result<(), BackupError> {
    for head in heads {
        head.continued_by(&found.head)?;
    }
    Ok(())
}

/// Where a vault may stand whose keys are in this folder.
pub fn vault_of_keys(keys: &Path) -> Option<PathBuf> {
    let name = keys.file_name()?.to_str()?.strip_suffix(".keys")?;
    Some(keys.with_file_name(name))
}
