//! A rehearsal: a backup is restored to a scratch folder, opened with the vault's own keys, and gone through as
//! far as a keeper can. The folder is gone afterwards; how it went is kept.

use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;

use serde::Deserialize;
use serde::Serialize;

use crate::clock::Timestamp;
use crate::keeper::Keeper;
use crate::keeper::Paths;
use crate::keeper::Stopped;
use crate::keeper::backup::BackupDone;
use crate::keeper::backup::BackupError;
use crate::keeper::backup::check;
use crate::keeper::backup::fit;
use crate::keeper::facts::Place as Stands;
use crate::keeper::intake::object_name;
use crate::keeper::keyring::Keyring;
use crate::keeper::open::scratch_vault;
use crate::keeper::restore;
use crate::keeper::restore::scratch::Scratch;
use crate::keeper::restore::unpack;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::store::Tree;
use crate::store::backup::Manifest;
use crate::store::backup::Place;
use crate::store::backup::ReadOnly;
use crate::store::backup::Told;

/// A rehearsal that went well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RehearsalDone {
    /// Of which backup.
    pub backup: BackupDone,
    /// When, by the vault's clock.
    pub at: Timestamp,
}

/// There is one scratch folder, and one process has the vault.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

impl Keeper {
    /// Rehearses the restoring of the newest backup in the folder `dir`; how it went is written down either way.
    ///
    /// # Errors
    /// [`BackupError`] with what failed.
    pub fn rehearse(&self, dir: &Path, told: &mut Told<'_>) -> Result<RehearsalDone, BackupError> {
        let place = Place::at(Arc::new(ReadOnly), dir);
        let kept = restore::kept(&place)?;
        if kept.vault != self.vault() {
            let says = "the folder keeps the backups of another vault";
            return Err(BackupError::refused("bad-place", says));
        }
        let manifest = restore::chosen(&kept, None)?;
        let backup = summary(manifest, &place, self.paths());
        let _alone = ONE_AT_A_TIME.try_lock().map_err(|_| {
            BackupError::Busy(
                "another rehearsal is under way; try again when it has finished".to_owned(),
            )
        })?;
        let tried = try_out(&place, manifest, self.paths(), told);
        let failed = tried.as_ref().err().map(ToString::to_string);
        let (shown, noted) = (fit::resolved(dir)?, backup.clone());
        let at = self.run(move |vault| {
            let shown = shown.to_string_lossy();
            vault
                .note_rehearsal((&shown, &noted), failed)
                .map_err(Stopped::from)
        })??;
        tried?;
        Ok(RehearsalDone { backup, at })
    }
}

/// A backup as it is told of.
pub(crate) fn summary(manifest: &Manifest, place: &Place, paths: &Paths) -> BackupDone {
    BackupDone {
        id: manifest.id,
        at: manifest.at,
        generation: manifest.generation,
        size: manifest.size,
        root: manifest.root.clone(),
        bytes: manifest.bytes(),
        copied: 0,
        same_disk: fit::same_disk(place.dir(), &paths.dir),
    }
}

/// Restores to a scratch folder, opens and goes through it. The vault's own files and keys are not changed.
fn try_out(
    place: &Place,
    manifest: &Manifest,
    paths: &Paths,
    told: &mut Told<'_>,
) -> Result<(), BackupError> {
    let keyring = Keyring::at(&paths.keys);
    let key = restore::verifier(place, manifest, &keyring)?;
    check::read(place, manifest, &key)?;
    let scratch = Scratch::inside(&paths.dir, "rehearsing")?;
    unpack::unpack(place, manifest, scratch.dir(), told)?;
    let generation = restore::key_of(&keyring, manifest)?;
    let log = keyring
        .log_key()
        .map_err(|error| BackupError::NoKeys(error.to_string()))?;
    let vault = scratch_vault(scratch.dir(), manifest.vault, (generation, log))?;
    vault.go_through().map_err(Stopped::from)?;
    drop(vault);
    Ok(())
}

impl Vault {
    /// Opens everything a keeper can: each record's facts, versions, parts and headers, each attachment's bytes.
    pub(crate) fn go_through(&self) -> Result<(), Broken> {
        for record in self.record_ids() {
            let facts = self.record(record)?.ok_or(Broken::NoUnit)?;
            self.history(record)?.ok_or(Broken::NoUnit)?;
            for number in 1..=facts.versions {
                let version = self.version(record, number)?.ok_or(Broken::NoUnit)?;
                let unit = units::version(record, number);
                for part in &version.parts {
                    match part.place {
                        Stands::Row => {
                            let key = self.keys.get(&unit).ok_or(Broken::NoUnit)?;
                            let natural = part.number.to_be_bytes();
                            let row = self.read_under(key, Tree::Part, &natural)?;
                            row.ok_or(Broken::Row(Tree::Part))?;
                        }
                        Stands::Object => self.whole_object(&part.sha256)?,
                    }
                }
            }
            self.has_headers(&facts)?;
        }
        Ok(())
    }

    fn whole_object(&self, sha256: &str) -> Result<(), Broken> {
        let damaged = || Broken::Store("a sealed attachment is not what was written".to_owned());
        let name = object_name(sha256).ok_or_else(damaged)?;
        let whole = self.payloads.verify(&name).map_err(Broken::from)?;
        whole.then_some(()).ok_or_else(damaged)
    }

    /// Every compartment a record is sealed to has the header of its newest card.
    fn has_headers(&self, facts: &crate::keeper::facts::RecordFacts) -> Result<(), Broken> {
        let unit = units::version(facts.id, facts.versions);
        for id in self.sealed_to(facts)? {
            let epoch = self.compartment(id)?.ok_or(Broken::NoUnit)?.epoch;
            let key = self.header_key(&unit, &self.lock(id, epoch));
            let natural = units::numbered(id.as_bytes(), 1);
            let there = match key {
                Some(key) => self.is_there(&key, Tree::Header, &natural)?,
                None => false,
            };
            if !there {
                return Err(Broken::Row(Tree::Header));
            }
        }
        Ok(())
    }
}
