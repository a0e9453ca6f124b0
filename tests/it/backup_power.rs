//! Power goes after every single step of a backup. What has a manifest is whole, down to every byte; what was
//! there before is there still; and the next backup is made as if nothing had happened.
//!
//! The same exploration runs with protections switched off and must then find backups that are not whole.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use sha2::Digest as _;
use strongroom::bytes::hex;
use strongroom::clock::Timestamp;
use strongroom::ids::BackupId;
use strongroom::ledger::journal::Position;
use strongroom::ledger::journal::disk::Disk;
use strongroom::store::Store;
use strongroom::store::backup::Copying;
use strongroom::store::backup::Listed;
use strongroom::store::backup::Manifest;
use strongroom::store::backup::Place;
use strongroom::store::backup::PlaceError;
use strongroom::store::backup::Source;
use strongroom::store::backup::View;
use strongroom::store::backup::missing;
use strongroom::store::embedded::Embedded;
use strongroom::store::embedded::Opening;
use strongroom::store::embedded::Site;

use crate::power_disk::Arrives;
use crate::power_disk::Planted;
use crate::power_disk::PowerDisk;
use crate::store_kit::Checker;
use crate::store_kit::VAULT;
use crate::store_kit::changes;
use crate::store_kit::create;
use crate::store_kit::frame;
use crate::store_kit::mark_key;
use crate::store_kit::small_site;
use crate::store_kit::table_of;

const TO: &str = "/stick";
const WAYS: [Arrives; 4] = [
    Arrives::Nothing,
    Arrives::Everything,
    Arrives::Prefix { torn_at: 100 },
    Arrives::Chance,
];

/// Writes so many frames more.
fn write(store: &mut Embedded, from: u8, count: u8) {
    for n in from..from + count {
        let next = frame(store.head(), u64::from(n % 3) + 1, &changes(n));
        store.commit(next).unwrap();
    }
    let seal = store.head().seal();
    store.commit(seal).unwrap();
}

/// A backup of the store on the vault's disk, to another disk.
fn back_up(store: &Embedded, to: &PowerDisk, payloads: &[&[u8]]) -> Result<Manifest, PlaceError> {
    let place = Place::at(Arc::new(to.clone()), Path::new(TO));
    let _held = place.claim(&VAULT)?;
    let newest = place
        .kept()?
        .and_then(|kept| kept.manifests.into_iter().next());
    let mut each = |_| ();
    let mut copying = Copying::begin(&place, newest.as_ref(), &mut each);
    for payload in payloads {
        let name = hex(&sha2::Sha256::digest(payload));
        let path = format!("payload/{}/{name}", &name[..2]);
        if !copying.has(&path) {
            copying.put(&path, Source::Named(&mut &payload[..], &name))?;
        }
    }
    let cut = store.cut()?;
    let disk = cut.disk.clone().unwrap();
    for file in &cut.files {
        copying.put(&file.path, Source::File(&*disk, file))?;
    }
    let (files, fresh) = copying.settle()?;
    drop(copying);
    let current = String::from_utf8(cut.current).unwrap();
    let manifest = Manifest {
        v: 0,
        id: BackupId::random(),
        vault: VAULT,
        at: Timestamp::from_ms(store.head().size),
        generation: cut.generation,
        size: store.head().size,
        root: String::new(),
        origin: String::new(),
        files,
        texts: BTreeMap::from([("generation/current".to_owned(), current)]),
        digest: String::new(),
    }
    .sealed()?;
    let read = manifest
        .files
        .iter()
        .filter(|file| fresh.contains(&file.path));
    place.read_back(read, &mut |_| ())?;
    place.publish(&manifest)?;
    Ok(manifest)
}

/// Every backup that has a manifest on this disk, by its size; `Err` says which is not whole.
fn whole(disk: &PowerDisk) -> Result<Vec<u64>, String> {
    let place = Place::at(Arc::new(disk.clone()), Path::new(TO));
    let kept = match place.kept() {
        Ok(kept) => kept,
        Err(error) => return Err(format!("the place cannot be read: {error}")),
    };
    let Some(kept) = kept else {
        return Ok(Vec::new());
    };
    if let Some((name, what)) = kept.bad.first() {
        return Err(format!("{name}: {what}"));
    }
    let mut sizes = Vec::new();
    for manifest in &kept.manifests {
        let says = |error: &dyn std::fmt::Display| format!("{}: {error}", manifest.size);
        place
            .read_back(&manifest.files, &mut |_| ())
            .map_err(|error| says(&error))?;
        let view = View::new(place.disk(), place.dir(), Arc::new(manifest.clone()));
        let site = Site {
            disk: Arc::new(view),
            ..small_site(Arc::new(disk.clone()), Path::new(TO))
        };
        let opening = Opening::read(&site, &[], &mut Checker::default());
        let opening = opening.map_err(|error| says(&error))?;
        if opening.head().size != manifest.size {
            return Err(says(&"another size is there"));
        }
        sizes.push(manifest.size);
    }
    Ok(sizes)
}

/// Lets power go after every step of a second backup; how many states were judged, and what was wrong.
fn explore(planted: Planted) -> (usize, Vec<String>) {
    let vault = PowerDisk::new();
    let site = small_site(Arc::new(vault.clone()), Path::new("/vault"));
    let mut store = *create(&site);
    write(&mut store, 0, 12);
    let stick = PowerDisk::new();
    stick.plant(planted);
    let first = back_up(&store, &stick, &[b"one", b"two"]).unwrap();
    write(&mut store, 12, 20);
    let before = stick.copy();
    let done = back_up(&store, &stick, &[b"one", b"two", b"three"]).unwrap();
    let steps = stick.steps();
    let (mut judged, mut wrong) = (0, Vec::new());
    for cut_at in 0..steps {
        let disk = before.copy();
        disk.power_off_after(cut_at);
        let acknowledged = back_up(&store, &disk, &[b"one", b"two", b"three"]).is_ok();
        for (seed, arrives) in (0..).zip(WAYS) {
            judged += 1;
            let found = disk.after_power_cut(arrives, seed);
            match whole(&found) {
                Err(what) => wrong.push(format!("after {cut_at} of {steps}, {arrives:?}: {what}")),
                Ok(sizes) => {
                    let has = |size| sizes.contains(&size);
                    if !has(first.size) || (acknowledged && !has(done.size)) {
                        wrong.push(format!(
                            "after {cut_at}, {arrives:?}: only {sizes:?} are there"
                        ));
                    }
                    found.plant(Planted::default());
                    match back_up(&store, &found, &[b"one", b"two", b"three"]) {
                        Ok(_) => {
                            drop(whole(&found).map_err(|what| wrong.push(format!("then: {what}"))));
                        }
                        Err(error) => {
                            wrong.push(format!("after {cut_at}: no further backup: {error}"));
                        }
                    }
                }
            }
        }
    }
    (judged, wrong)
}

#[test]
fn a_power_cut_leaves_only_whole_backups_and_the_earlier_one() {
    let (judged, wrong) = explore(Planted::default());
    assert!(judged > 100, "{judged}");
    assert!(
        wrong.is_empty(),
        "{} of {judged}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn the_exploration_notices_a_disk_that_does_not_flush() {
    for planted in [
        Planted {
            sync_does_nothing: true,
            ..Planted::default()
        },
        Planted {
            sync_dir_does_nothing: true,
            ..Planted::default()
        },
    ] {
        let (judged, wrong) = explore(planted);
        assert!(
            !wrong.is_empty(),
            "{judged} states, and nothing was noticed: {planted:?}"
        );
    }
}

#[test]
fn a_full_disk_changes_nothing_of_what_is_there() {
    let vault = PowerDisk::new();
    let site = small_site(Arc::new(vault.clone()), Path::new("/vault"));
    let mut store = *create(&site);
    write(&mut store, 0, 12);
    let stick = PowerDisk::new();
    let first = back_up(&store, &stick, &[b"one"]).unwrap();
    write(&mut store, 12, 20);
    let used = stick.used();
    let (mut full, mut done) = (0, 0);
    for more in (0..).step_by(500) {
        let disk = stick.copy();
        disk.set_capacity(used + more);
        let made = back_up(&store, &disk, &[b"one", b"two"]);
        disk.set_capacity(u64::MAX);
        assert!(whole(&disk).unwrap().contains(&first.size), "{more}");
        match made {
            Ok(_) => done += 1,
            Err(PlaceError::Io(error)) if error.kind() == std::io::ErrorKind::StorageFull => {
                full += 1;
            }
            Err(other) => panic!("{other:?}"),
        }
        if done == 2 {
            break;
        }
    }
    assert!(full > 10, "{full}");
}

/// What the place keeps after the keys were changed: nothing that opens, and the list of what there was.
#[test]
fn a_backup_of_new_keys_takes_the_old_key_tables_away() {
    let vault = PowerDisk::new();
    let site = small_site(Arc::new(vault.clone()), Path::new("/vault"));
    let mut store = *create(&site);
    write(&mut store, 0, 6);
    let stick = PowerDisk::new();
    let place = Place::at(Arc::new(stick.clone()), Path::new(TO));
    let old = back_up(&store, &stick, &[b"one", b"two"]).unwrap();
    let again = back_up(&store, &stick, &[b"two"]).unwrap();
    let there = |path: &str| place.disk().open(&Path::new(TO).join(path)).is_ok();
    let name = hex(&sha2::Sha256::digest(b"one"));
    let of_one = |file: &&Listed| file.path.ends_with(&name);
    let payload = old.files.iter().find(of_one).unwrap();
    // The control: while an earlier backup of the same keys lists them, nothing goes.
    assert!(there("generation/1/keys") && there("generation/1/rows") && there(&payload.path));
    store.prepare(&table_of(2)).unwrap();
    store.turn(mark_key()).unwrap();
    write(&mut store, 6, 3);
    let turned = back_up(&store, &stick, &[b"two"]).unwrap();
    assert_eq!(turned.generation, 2);
    assert!(!there("generation/1/keys") && !there("generation/1/rows") && !there(&payload.path));
    assert!(there("generation/2/keys"));
    let found = place.kept().unwrap().unwrap();
    let generations: Vec<u32> = found.manifests.iter().map(|one| one.generation).collect();
    assert_eq!(generations, [2, 1, 1]);
    place.read_back(&turned.files, &mut |_| ()).unwrap();
    assert!(place.read_back(&again.files, &mut |_| ()).is_err());
}

/// Where the backup of this manifest ends.
fn end_of(stick: &PowerDisk, manifest: &Manifest) -> Position {
    let disk: Arc<dyn Disk> = Arc::new(stick.clone());
    let view = View::new(disk.clone(), Path::new(TO), Arc::new(manifest.clone()));
    let site = Site {
        disk: Arc::new(view),
        ..small_site(disk, Path::new(TO))
    };
    let opening = Opening::read(&site, &[], &mut Checker::default()).unwrap();
    *opening.position()
}

#[test]
fn what_an_old_disk_has_beyond_a_backup_is_found_until_the_keys_were_changed() {
    let vault = PowerDisk::new();
    let site = small_site(Arc::new(vault.clone()), Path::new("/vault"));
    let mut store = *create(&site);
    write(&mut store, 0, 6);
    let stick = PowerDisk::new();
    let backup = back_up(&store, &stick, &[]).unwrap();
    let end = end_of(&stick, &backup);
    let found = |from| missing(&vault, Path::new("/vault"), (&VAULT, &backup), from).unwrap();
    assert_eq!(found(end).entries, 0);
    // Through several segments, one of them with a frame of its own.
    write(&mut store, 6, 20);
    let more = found(end);
    assert_eq!(more.entries, store.head().size - backup.size);
    assert!(more.segments.len() > 2, "{}", more.segments.len());
    assert_eq!(more.later, None);
    store.prepare(&table_of(2)).unwrap();
    store.turn(mark_key()).unwrap();
    write(&mut store, 26, 2);
    assert_eq!(found(end).later, Some(2));
    // Another journal's beginning is no continuation.
    let elsewhere = PowerDisk::new();
    let mut other = *create(&small_site(
        Arc::new(elsewhere.clone()),
        Path::new("/vault"),
    ));
    write(&mut other, 1, 9);
    let refused = missing(&elsewhere, Path::new("/vault"), (&VAULT, &backup), end).unwrap_err();
    assert!(matches!(refused, PlaceError::Unfit(_)), "{refused:?}");
}

#[test]
fn the_newest_twelve_are_kept() {
    let vault = PowerDisk::new();
    let site = small_site(Arc::new(vault.clone()), Path::new("/vault"));
    let mut store = *create(&site);
    let stick = PowerDisk::new();
    for n in 0..15 {
        write(&mut store, n, 1);
        back_up(&store, &stick, &[]).unwrap();
    }
    let sizes = whole(&stick).unwrap();
    assert_eq!(sizes.len(), 12);
    assert_eq!(sizes[0], store.head().size);
}
