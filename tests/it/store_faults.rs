//! The memory disk's faults, and a vault whose files are taken away while it is open.

use std::path::Path;
use std::sync::Arc;

use strongroom::ledger::journal::disk::Disk;
use strongroom::store::memory::{Fault, MemoryDisk};
use strongroom::store::{CommitError, Room, Store, Unchecked, Why};

use crate::power_disk::PowerDisk;
use crate::store_kit::{Expected, changes, create, frame, small_site, table};

/// Commits until the fault; returns what was acknowledged and how the last commit ended.
fn until(disk: &MemoryDisk, fault: Fault) -> (Expected, CommitError) {
    let mut store = disk.open(&mut Unchecked).unwrap();
    disk.fail_after(2, fault);
    let mut expected = Expected::default();
    for n in 0..5 {
        let next = frame(store.head(), 1, &changes(n));
        if let Err(error) = store.commit(next) {
            assert_eq!(Expected::of(&store), expected);
            if !matches!(error, CommitError::Refused(_)) {
                let next = frame(store.head(), 1, &[]);
                assert!(matches!(store.commit(next), Err(CommitError::Broken)));
            }
            return (expected, error);
        }
        expected = expected.after(1, &changes(n));
    }
    panic!("no fault");
}

#[test]
fn unknown_then_lost_landed_or_torn() {
    for (fault, landed) in [
        (Fault::Lost, false),
        (Fault::Landed, true),
        (Fault::Torn, false),
    ] {
        let disk = MemoryDisk::new(1, table());
        let (mut expected, error) = until(&disk, fault);
        assert!(matches!(error, CommitError::Unknown(_)), "{error:?}");
        if landed {
            expected = expected.after(1, &changes(2));
        }
        let mut store = disk.open(&mut Unchecked).unwrap();
        assert_eq!(Expected::of(&store), expected, "{fault:?}");
        let next = frame(store.head(), 1, &changes(7));
        store.commit(next).unwrap();
        assert_eq!(disk.frames() as u64, expected.frames + 1);
    }
}

#[test]
fn full_is_refused_and_then_it_goes_on() {
    let disk = MemoryDisk::new(1, table());
    let (expected, error) = until(&disk, Fault::Full);
    assert!(matches!(error, CommitError::Refused(Why::Full)));
    let mut store = disk.open(&mut Unchecked).unwrap();
    assert_eq!(Expected::of(&store), expected);
    let next = frame(store.head(), 1, &changes(2));
    store.commit(next).unwrap();
    disk.set_room(Room::Reserve);
    assert_eq!(store.room(), Room::Reserve);
}

#[test]
fn a_vault_whose_files_were_replaced_is_fenced() {
    for taken in ["lock", "journal/00000001.jrn"] {
        let disk = PowerDisk::new();
        let site = small_site(Arc::new(disk.clone()), Path::new("/vault"));
        let mut store = create(&site);
        let next = frame(store.head(), 1, &changes(0));
        store.commit(next).unwrap();
        let path = site.dir.join(taken);
        let bytes = disk.bytes(&path);
        disk.remove(&path).unwrap();
        for replaced in [false, true] {
            if replaced {
                disk.create_new(&path).unwrap().write_at(&bytes, 0).unwrap();
            }
            let next = frame(store.head(), 1, &changes(1));
            let error = store.commit(next).unwrap_err();
            let fits = matches!(
                (replaced, &error),
                (false, CommitError::Fenced) | (true, CommitError::Broken)
            );
            assert!(fits, "{taken}: {error:?}");
        }
        assert_eq!(store.head().size, 1);
    }
}
