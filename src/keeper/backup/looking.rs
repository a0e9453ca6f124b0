//! Looking at a place's backups without a vault: what is there, and whether all of it is what was written.

use std::path::Path;
use std::sync::Arc;

use crate::ids::BackupId;
use crate::keeper::Keeper;
use crate::keeper::Stopped;
use crate::keeper::backup::BackupError;
use crate::keeper::backup::check;
use crate::keeper::backup::noted::Noted;
use crate::keeper::keyring::Keyring;
use crate::keeper::restore;
use crate::store::backup::Kept;
use crate::store::backup::Manifest;
use crate::store::backup::Place;
use crate::store::backup::ReadOnly;
use crate::store::backup::Told;

/// What the folder `dir` keeps.
///
/// # Errors
/// [`BackupError`].
pub fn list(dir: &Path) -> Result<Kept, BackupError> {
    restore::kept(&Place::at(Arc::new(ReadOnly), dir))
}

/// A backup that is whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// The backup.
    pub manifest: Manifest,
    /// Whether its heads' signatures were checked with the vault's own key, not the one in the backup.
    pub own_key: bool,
    /// Whether its key table and a row were opened with the generation's key.
    pub opened: bool,
}

/// Reads every byte of a backup in the folder `dir`, the newest where none is named, and checks it as a vault is
/// checked; with the keys in `keys`, where they are there, its key table and a row are opened.
///
/// # Errors
/// [`BackupError`], [`BackupError::Damaged`] naming the first file that is not what was written.
pub fn verify(
    dir: &Path,
    wanted: Option<BackupId>,
    keys: Option<&Path>,
    told: &mut Told<'_>,
) -> Result<Whole, BackupError> {
    let place = Place::at(Arc::new(ReadOnly), dir);
    let kept = restore::kept(&place)?;
    let manifest = restore::chosen(&kept, wanted)?;
    let (mut done, whole) = (0, manifest.bytes());
    place.read_back(&manifest.files, &mut |bytes| {
        done = whole.min(done + bytes);
        told(done, whole);
    })?;
    let keyring = keys.map(Keyring::at).filter(Keyring::exists);
    let nowhere = Keyring::at(&dir.join("no-keys"));
    let key = restore::verifier(&place, manifest, keyring.as_ref().unwrap_or(&nowhere))?;
    let found = check::read(&place, manifest, &key)?;
    let opens = keyring
        .as_ref()
        .filter(|ring| ring.has_generation(manifest.generation));
    if let Some(ring) = opens {
        found.open(manifest, &restore::key_of(ring, manifest)?)?;
    }
    Ok(Whole {
        manifest: manifest.clone(),
        own_key: keyring.is_some(),
        opened: opens.is_some(),
    })
}

impl Keeper {
    /// What the vault remembers of its backups.
    ///
    /// # Errors
    /// [`Stopped`].
    pub fn backups(&self) -> Result<Noted, Stopped> {
        self.run(|vault| vault.noted().map_err(Stopped::from))?
    }
}
