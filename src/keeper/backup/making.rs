//! Making a backup, step by step: copy, write it down, copy what came since, read back, and say that it exists.

use std::path::Path;
use std::sync::Arc;

use crate::bytes::hex;
use crate::ids::BackupId;
use crate::keeper::Paths;
use crate::keeper::Stopped;
use crate::keeper::backup::BackupDone;
use crate::keeper::backup::BackupError;
use crate::keeper::backup::Hand;
use crate::keeper::backup::check;
use crate::keeper::backup::fit;
use crate::keeper::backup::noted::Noted;
use crate::keeper::backup::taken::HEAD;
use crate::keeper::backup::taken::Taken;
use crate::keeper::backup::writable;
use crate::keeper::keyring::Keyring;
use crate::keeper::rehearse::summary;
use crate::ledger::LogKey;
use crate::ledger::journal::disk::Held;
use crate::store::PayloadError;
use crate::store::Payloads;
use crate::store::backup::Copying;
use crate::store::backup::Manifest;
use crate::store::backup::Place;
use crate::store::backup::PlaceError;
use crate::store::backup::Source;
use crate::store::backup::Told;

/// Where the generations' files stand.
const GENERATIONS: &str = "generation/";

/// A backup in the making.
pub(crate) struct Making<'a> {
    hand: Hand<'a>,
    paths: Paths,
    place: Place,
    /// The folder, as it is written down.
    shown: String,
    id: BackupId,
}

impl<'a> Making<'a> {
    /// Nothing is written yet.
    pub(crate) fn new(hand: Hand<'a>, paths: &Paths, dir: &Path) -> Result<Self, BackupError> {
        fit::fit(dir, paths)?;
        Ok(Self {
            hand,
            paths: paths.clone(),
            place: writable(dir),
            shown: fit::resolved(dir)?.to_string_lossy().into_owned(),
            id: BackupId::random(),
        })
    }

    /// Makes it.
    pub(crate) fn make(mut self, told: &mut Told<'_>) -> Result<BackupDone, BackupError> {
        let id = self.id;
        let taken = self.hand.run(move |vault| {
            let now = vault.clock.now();
            vault.take(id, now)
        })??;
        let _lock: Box<dyn Held> = self.place.claim(&taken.manifest.vault)?;
        let newest = self
            .place
            .kept()?
            .and_then(|kept| kept.manifests.into_iter().next());
        self.not_older(&taken, newest.as_ref())?;
        let payloads = self.hand.run(|vault| Arc::clone(&vault.payloads))?;
        let mut progress = Progress::of(&taken, &*payloads, told)?;
        let place = self.place.clone();
        let wanted = progress.missing(&taken, newest.as_ref());
        let mut each = |bytes| progress.add(bytes);
        let mut copying = Copying::begin(&place, newest.as_ref(), &mut each);
        copying.room_for(wanted)?;
        take_in(&mut copying, taken, &*payloads)?;
        let shown = self.shown.clone();
        let (taken, before) = self
            .hand
            .run(move |vault| vault.note_and_take(&shown, id))??;
        let made = self.finish(copying, taken, &*payloads);
        if made.is_err() {
            self.take_back(before);
        }
        made
    }

    /// A place that has more of this vault than the vault itself is no place for it.
    fn not_older(&self, taken: &Taken, newest: Option<&Manifest>) -> Result<(), BackupError> {
        let Some(newest) = newest else { return Ok(()) };
        let now = &taken.manifest;
        let left = taken.ledgers.left(Some(&newest.origin), newest.size);
        if left.lost > 0 {
            let says = format!(
                "the backup {} in `{}` has {} entries that this vault went on without when its ledger was begun \
                 anew: keep that folder as it is, and name a new one for the backups from now on",
                newest.id, self.shown, left.lost
            );
            return Err(BackupError::refused("ended-ledger", says));
        }
        if newest.generation > now.generation || newest.size > now.size {
            return Err(BackupError::WentBack(format!(
                "the backup {} in `{}` holds more than this vault: {} entries, and {} are here. This vault \
                 is an older copy; find the newest one, and change neither",
                newest.id, self.shown, newest.size, now.size
            )));
        }
        Ok(())
    }

    /// Copies what came since, reads back, and publishes the manifest.
    fn finish(
        &mut self,
        mut copying: Copying<'_>,
        taken: Taken,
        payloads: &dyn Payloads,
    ) -> Result<BackupDone, BackupError> {
        let bare = taken.manifest.clone();
        take_in(&mut copying, taken, payloads)?;
        let copied = copying.copied();
        let (mut files, fresh) = copying.settle()?;
        drop(copying);
        // Keys may have been changed between the two moments: what was copied of the old ones is no part of it.
        let own = format!("{GENERATIONS}{}/", bare.generation);
        files.retain(|file| !file.path.starts_with(GENERATIONS) || file.path.starts_with(&own));
        let manifest = Manifest { files, ..bare }.sealed()?;
        // What earlier backups brought was read back then; the journal and the keys are always read below.
        let read = manifest
            .files
            .iter()
            .filter(|file| fresh.contains(&file.path));
        self.place.read_back(read, &mut |_| ())?;
        let keyring = Keyring::at(&self.paths.keys);
        let missing = |error: std::io::Error| BackupError::NoKeys(error.to_string());
        let log: LogKey = keyring.log_key().map_err(missing)?;
        let key = keyring
            .generation_key(manifest.generation)
            .map_err(missing)?;
        let found = check::read(&self.place, &manifest, &log.verifier())?;
        found.open(&manifest, &key)?;
        self.place.publish(&manifest)?;
        Ok(BackupDone {
            copied,
            ..summary(&manifest, &self.place, &self.paths)
        })
    }

    /// Nothing came of it: says so where it was said that something would.
    fn take_back(&mut self, before: Noted) {
        let id = self.id;
        // The failure itself is what is reported; a vault that cannot write this says so at the next ask.
        drop(
            self.hand
                .run(move |vault| vault.note_no_backup(id, before).map_err(Stopped::from)),
        );
    }
}

/// Takes in everything of one moment that is not there yet. Payloads first: what names them comes later.
fn take_in(
    copying: &mut Copying<'_>,
    taken: Taken,
    payloads: &dyn Payloads,
) -> Result<(), BackupError> {
    for sha256 in payloads.list().map_err(payload)? {
        let name = hex(&sha256);
        let path = payload_path(&name);
        if copying.has(&path) {
            continue;
        }
        match payloads.open(&sha256) {
            Ok(mut stream) => copying.put(&path, Source::Named(&mut *stream, &name))?,
            // Nothing names it any more, or it would not have been removed.
            Err(PayloadError::Absent) => {}
            Err(error) => return Err(payload(error).into()),
        }
    }
    let no_disk = || BackupError::Failed("the vault's disk cannot be read".to_owned());
    let disk = taken.cut.disk.clone().ok_or_else(no_disk)?;
    for file in &taken.cut.files {
        copying.put(&file.path, Source::File(&*disk, file))?;
    }
    for file in taken.statics {
        let path = format!("ledger/{}", file.name);
        if path == HEAD || (file.is_whole_tile() && copying.has(&path)) {
            continue;
        }
        let mut bytes = Vec::new();
        let read = file.read_with(&mut |_, content| content.read_to_end(&mut bytes).map(drop));
        read.map_err(|error| BackupError::Failed(error.to_string()))?;
        copying.put(&path, Source::Held(&bytes))?;
    }
    Ok(())
}

/// Where a payload stands.
pub(crate) fn payload_path(name: &str) -> String {
    format!("payload/{}/{name}", name.get(..2).unwrap_or_default())
}

fn payload(error: PayloadError) -> PlaceError {
    std::io::Error::from(error).into()
}

/// How far a backup has come, in bytes.
struct Progress<'a> {
    told: &'a mut dyn FnMut(u64, u64),
    done: u64,
    whole: u64,
    payloads: Vec<(String, u64)>,
}

impl<'a> Progress<'a> {
    fn of(
        taken: &Taken,
        payloads: &dyn Payloads,
        told: &'a mut Told<'_>,
    ) -> Result<Self, BackupError> {
        let mut sizes = Vec::new();
        for sha256 in payloads.list().map_err(payload)? {
            match payloads.length(&sha256) {
                Ok(length) => sizes.push((payload_path(&hex(&sha256)), length)),
                Err(PayloadError::Absent) => {}
                Err(error) => return Err(payload(error).into()),
            }
        }
        let files: u64 = taken.cut.files.iter().map(|file| file.bytes).sum();
        let whole = files + sizes.iter().map(|(_, length)| length).sum::<u64>();
        Ok(Self {
            told,
            done: 0,
            whole,
            payloads: sizes,
        })
    }

    /// How many bytes the newest backup lacks.
    fn missing(&self, taken: &Taken, newest: Option<&Manifest>) -> u64 {
        let has = |path: &str| {
            newest
                .and_then(|one| one.file(path))
                .map_or(0, |file| file.bytes)
        };
        let payloads = self
            .payloads
            .iter()
            .map(|(path, length)| (path.as_str(), *length));
        let files = taken
            .cut
            .files
            .iter()
            .map(|file| (file.path.as_str(), file.bytes));
        payloads
            .chain(files)
            .map(|(path, length)| length.saturating_sub(has(path)))
            .sum()
    }

    fn add(&mut self, bytes: u64) {
        self.done = self.done.saturating_add(bytes).min(self.whole);
        (self.told)(self.done, self.whole);
    }
}
