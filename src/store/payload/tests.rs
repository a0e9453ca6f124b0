//! One suite for every place payloads can be kept, and what only files can get wrong.

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::bytes::hex;
use crate::store::payload::{MemoryPayloads, ObjectPayloads, PayloadError, Payloads, Sha256};

fn read(payloads: &dyn Payloads, name: &Sha256) -> Vec<u8> {
    let mut bytes = Vec::new();
    payloads
        .open(name)
        .unwrap()
        .read_to_end(&mut bytes)
        .unwrap();
    bytes
}

fn put(payloads: &dyn Payloads, mut bytes: &[u8]) -> Sha256 {
    payloads.put_stream(&mut bytes).unwrap().sha256
}

fn behaves(payloads: &dyn Payloads) {
    let empty = put(payloads, b"");
    let stored = payloads.put_stream(&mut &b"some bytes"[..]).unwrap();
    assert_eq!(stored.length, 10);
    assert_eq!(read(payloads, &stored.sha256), b"some bytes");
    assert_eq!(read(payloads, &empty), b"");
    assert!(payloads.verify(&stored.sha256).unwrap());
    assert!(payloads.exists(&stored.sha256).unwrap());

    let absent = [9; 32];
    assert!(!payloads.exists(&absent).unwrap());
    assert!(matches!(payloads.open(&absent), Err(PayloadError::Absent)));
    payloads.remove(&absent).unwrap();

    assert_eq!(put(payloads, b"some bytes"), stored.sha256, "again");
    let mut both = vec![empty, stored.sha256];
    both.sort_unstable();
    assert_eq!(payloads.list().unwrap(), both);

    let mut never_finished = payloads.upload().unwrap();
    never_finished.write_all(b"half").unwrap();
    drop(never_finished);
    assert_eq!(payloads.list().unwrap(), both);

    assert_eq!(
        payloads.sweep(&mut |_| false).unwrap(),
        [[0; 32]; 0],
        "held"
    );
    payloads.release(&empty);
    assert_eq!(
        payloads.sweep(&mut |_| true).unwrap(),
        [[0; 32]; 0],
        "named"
    );
    assert_eq!(payloads.sweep(&mut |_| false).unwrap(), [empty]);
    assert_eq!(payloads.list().unwrap(), [stored.sha256]);
    payloads.remove(&stored.sha256).unwrap();
    assert!(!payloads.exists(&stored.sha256).unwrap());
}

fn vault() -> (tempfile::TempDir, ObjectPayloads) {
    let dir = tempfile::tempdir().unwrap();
    let payloads = ObjectPayloads::create(dir.path()).unwrap();
    (dir, payloads)
}

fn file(dir: &Path, name: &Sha256) -> PathBuf {
    dir.join("payload").join(hex(&name[..1])).join(hex(name))
}

#[test]
fn memory_behaves() {
    behaves(&MemoryPayloads::new());
}

#[test]
fn files_behave() {
    let (_dir, payloads) = vault();
    behaves(&payloads);
}

#[test]
fn a_long_payload_goes_through_in_parts() {
    let (dir, payloads) = vault();
    let length = 9_500_001;
    let mut long = io::repeat(7).take(length);
    let stored = payloads.put_stream(&mut long).unwrap();
    assert_eq!(stored.length, length);
    assert!(payloads.verify(&stored.sha256).unwrap());
    let size = fs::metadata(file(dir.path(), &stored.sha256))
        .unwrap()
        .len();
    assert_eq!(size, length);
}

#[test]
fn only_its_owner_can_look_inside() {
    let (dir, _payloads) = vault();
    for part in ["payload", "payload/00", "payload/ff", "payload/incoming"] {
        let mode = fs::metadata(dir.path().join(part)).unwrap().permissions();
        assert_eq!(mode.mode() & 0o777, 0o700, "{part}");
    }
}

#[test]
fn a_damaged_file_of_the_same_name_is_replaced() {
    let (dir, payloads) = vault();
    let name = put(&payloads, b"some bytes");
    fs::write(file(dir.path(), &name), b"some bites").unwrap();
    assert!(!payloads.verify(&name).unwrap());
    put(&payloads, b"some bytes");
    assert!(payloads.verify(&name).unwrap());
    assert_eq!(read(&payloads, &name), b"some bytes");
}

#[test]
fn what_a_crash_left_is_cleared_and_what_was_finished_is_not() {
    let (dir, payloads) = vault();
    let kept = put(&payloads, b"kept");
    let incoming = dir.path().join("payload/incoming");
    fs::write(incoming.join("aaaa"), b"finished, not named").unwrap();
    fs::write(incoming.join("bbbb#1"), b"not finished").unwrap();
    drop(payloads);
    let payloads = ObjectPayloads::open(dir.path()).unwrap();
    assert_eq!(fs::read_dir(incoming).unwrap().count(), 0);
    assert_eq!(payloads.list().unwrap(), [kept]);
    let swept = payloads.sweep(&mut |_| false).unwrap();
    assert_eq!(swept, [kept], "after a start nothing is held");
}

#[test]
fn the_same_upload_twice_is_held_until_both_are_released() {
    let (_dir, payloads) = vault();
    let name = put(&payloads, b"twice");
    put(&payloads, b"twice");
    payloads.release(&name);
    assert_eq!(payloads.sweep(&mut |_| false).unwrap(), [[0; 32]; 0]);
    payloads.release(&name);
    assert_eq!(payloads.sweep(&mut |_| false).unwrap(), [name]);
}

#[test]
fn other_files_are_not_listed() {
    let (dir, payloads) = vault();
    let name = put(&payloads, b"x");
    let other_shelf = dir.path().join("payload/00").join(hex(&[0xab; 32]));
    fs::write(other_shelf, b"misplaced").unwrap();
    fs::write(dir.path().join("payload/00/readme"), b"a note").unwrap();
    assert_eq!(payloads.list().unwrap(), [name]);
}

#[test]
fn nothing_is_made_over_what_is_there() {
    let (dir, _payloads) = vault();
    assert!(ObjectPayloads::create(dir.path()).is_err());
}

#[test]
fn directories_that_a_copy_left_out_are_made_again() {
    let (dir, payloads) = vault();
    let kept = put(&payloads, b"kept");
    drop(payloads);
    let mut left_out = 0;
    for folder in fs::read_dir(dir.path().join("payload")).unwrap() {
        // Removing a directory fails where something is in it.
        left_out += usize::from(fs::remove_dir(folder.unwrap().path()).is_ok());
    }
    assert_eq!(left_out, 256, "all but the one with a payload");
    let payloads = ObjectPayloads::open(dir.path()).unwrap();
    assert_eq!(payloads.list().unwrap(), [kept]);
    for number in 0..=u8::MAX {
        put(&payloads, &[number]);
    }
    let mode = |part: &str| {
        let about = fs::metadata(dir.path().join(part)).unwrap();
        about.permissions().mode() & 0o777
    };
    assert_eq!([mode("payload/incoming"), mode("payload/3c")], [0o700; 2]);
    let nothing = tempfile::tempdir().unwrap();
    let payloads = ObjectPayloads::open(nothing.path()).unwrap();
    assert_eq!(payloads.list().unwrap(), [[0; 32]; 0]);
}
