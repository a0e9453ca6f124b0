//! Every byte of a small vault altered, every length of its journal, every segment gone: the vault opens
//! complete or is refused with a reason. Without marks, or with the checks of the replay switched off,
//! the same trials must show silent losses, or they would prove nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::Digest;
use strongroom::ids::VaultId;
use strongroom::ledger::journal::disk::Disk;
use strongroom::store::embedded::{Embedded, OpenError, Remembered, Site};
use strongroom::store::{Replay, Store, Unchecked};

use crate::power_disk::PowerDisk;
use crate::store_kit::{Checker, Expected, changes, create, frame, mark_key, small_site, table};

const DIR: &str = "/vault";

fn site(disk: &PowerDisk) -> Site {
    small_site(Arc::new(disk.clone()), Path::new(DIR))
}

#[derive(Clone, Copy, PartialEq)]
enum Stop {
    Clean,
    Crash,
    CrashAfterSeal,
}

/// A vault of so many commits after a stop, and what it holds.
fn vault(commits: u8, stop: Stop) -> (PowerDisk, Expected) {
    let disk = PowerDisk::new();
    let mut store = create(&site(&disk));
    for n in 0..commits {
        let next = frame(store.head(), 1, &changes(n));
        store.commit(next).unwrap();
    }
    if stop == Stop::CrashAfterSeal {
        let seal = store.head().seal();
        store.commit(seal).unwrap();
    }
    let expected = Expected::of(&*store);
    if stop == Stop::Clean {
        store.close().unwrap();
    }
    (disk, expected)
}

fn remembered(size: u64) -> Vec<Remembered> {
    vec![Remembered {
        name: "the keys' directory".into(),
        generation: 1,
        size,
    }]
}

fn open(disk: &PowerDisk, marks: &[Remembered]) -> Result<Expected, OpenError> {
    open_with(disk, marks, &mut Checker::default())
}

fn open_with(
    disk: &PowerDisk,
    marks: &[Remembered],
    replay: &mut dyn Replay,
) -> Result<Expected, OpenError> {
    let store = Embedded::open(&site(disk), mark_key(), marks, replay)?;
    Ok(Expected::of(&store))
}

/// Opens a damaged copy; `true` when it opened and shows something else than it should.
fn is_silent(disk: &PowerDisk, expected: &Expected, marks: &[Remembered]) -> bool {
    match open(disk, marks) {
        Ok(found) => found != *expected,
        Err(OpenError::Damaged { file, what }) => {
            assert!(!file.is_empty() && !what.is_empty());
            false
        }
        Err(OpenError::WentBack { .. }) => false,
        Err(other) => panic!("neither damage nor loss: {other:?}"),
    }
}

/// Bytes worth altering: what is used, and a few of the zeros behind it.
fn used(bytes: &[u8]) -> usize {
    let used = bytes
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |at| at + 1);
    bytes.len().min(used + 40)
}

/// Alters every used byte of every file; returns where that stayed unnoticed.
fn flip_everything(disk: &PowerDisk, expected: &Expected, marks: &[Remembered]) -> Vec<String> {
    let mut silent = Vec::new();
    for path in disk.paths() {
        if path.ends_with("lock") {
            continue;
        }
        let bytes = disk.bytes(&path);
        for at in 0..used(&bytes) {
            let mut bad = bytes.clone();
            bad[at] ^= 1 << (at % 8);
            let copy = disk.copy();
            copy.set_bytes(&path, &bad);
            if is_silent(&copy, expected, marks) {
                silent.push(format!("{} at {at}", path.display()));
            }
        }
    }
    silent
}

/// Cuts every segment at every used length; returns where that stayed unnoticed.
fn cut_everywhere(disk: &PowerDisk, expected: &Expected, marks: &[Remembered]) -> Vec<String> {
    let mut silent = Vec::new();
    for path in segments(disk) {
        let bytes = disk.bytes(&path);
        for at in 0..used(&bytes) {
            let copy = disk.copy();
            copy.set_bytes(&path, &bytes[..at]);
            if is_silent(&copy, expected, marks) {
                silent.push(format!("{} cut at {at}", path.display()));
            }
        }
    }
    silent
}

fn segments(disk: &PowerDisk) -> Vec<PathBuf> {
    let mut paths = disk.paths();
    paths.retain(|path| path.extension().is_some_and(|end| end == "jrn"));
    paths
}

/// Puts zeros in the place of the last frame's bytes.
fn without_last_frame(disk: &PowerDisk, length: usize) -> PowerDisk {
    let path = segments(disk).pop().unwrap();
    let mut bytes = disk.bytes(&path);
    let end = used(&bytes).min(bytes.len()) - 40;
    bytes[end - length..end].fill(0);
    let copy = disk.copy();
    copy.set_bytes(&path, &bytes);
    copy
}

fn last_frame_length(n: u8) -> usize {
    let head = strongroom::store::Head::genesis(1);
    // Only the leaf's and the note's digits could differ, and they are single here.
    frame(&head, 1, &changes(n)).encoded_len()
}

#[test]
fn every_altered_byte_is_noticed_after_a_clean_stop() {
    let (disk, expected) = vault(4, Stop::Clean);
    assert_eq!(flip_everything(&disk, &expected, &[]), [""; 0]);
    assert_eq!(cut_everywhere(&disk, &expected, &[]), [""; 0]);
}

#[test]
fn every_altered_byte_is_noticed_after_a_crash_with_marks_outside() {
    let (disk, expected) = vault(4, Stop::Crash);
    let marks = remembered(4);
    assert_eq!(flip_everything(&disk, &expected, &marks), [""; 0]);
    assert_eq!(cut_everywhere(&disk, &expected, &marks), [""; 0]);
}

/// Planted: after a crash and without any mark, damage to the last frame looks like a torn write.
#[test]
fn without_marks_the_same_trials_lose_silently() {
    let (disk, expected) = vault(4, Stop::Crash);
    let silent = flip_everything(&disk, &expected, &[]);
    assert!(silent.len() > 100, "{}", silent.len());
    let silent = cut_everywhere(&disk, &expected, &[]);
    assert!(silent.len() > 100, "{}", silent.len());
}

/// With a seal behind it, the last acknowledged frame needs no mark at all: only the seal itself can be
/// taken for a torn write, and nothing was acknowledged with it.
#[test]
fn a_seal_protects_the_frame_before_it() {
    let (disk, sealed) = vault(4, Stop::CrashAfterSeal);
    let path = segments(&disk).pop().unwrap();
    let bytes = disk.bytes(&path);
    let before = Expected {
        frames: 4,
        ..sealed
    };
    let mut only_the_seal = 0;
    for at in 0..used(&bytes) - 40 {
        let mut bad = bytes.clone();
        bad[at] ^= 1;
        let copy = disk.copy();
        copy.set_bytes(&path, &bad);
        match open(&copy, &[]) {
            Ok(found) => {
                assert_eq!(found, before, "byte {at}");
                only_the_seal += 1;
            }
            Err(error) => assert!(matches!(error, OpenError::Damaged { .. }), "{error:?}"),
        }
    }
    assert_eq!(only_the_seal, strongroom::ledger::frame::MIN_FRAME);
}

/// Planted: a leaf altered and the frame's hash made right again. The chain cannot see that in the last
/// frame; the replay, which checks leaves against the signed note, must.
#[test]
fn a_repaired_hash_passes_the_chain_and_not_the_replay() {
    let (disk, expected) = vault(3, Stop::Crash);
    let path = segments(&disk).pop().unwrap();
    let mut bytes = disk.bytes(&path);
    let leaf = bytes
        .windows(6)
        .rposition(|window| window == b"leaf 2")
        .unwrap();
    bytes[leaf + 5] = b'9';
    let end = used(&bytes) - 40;
    let start = end - last_frame_length(2);
    let hash = sha2::Sha256::digest(&bytes[start..end - 32]);
    bytes[end - 32..end].copy_from_slice(&hash);
    disk.set_bytes(&path, &bytes);
    let error = open(&disk.copy(), &remembered(3)).unwrap_err();
    assert!(
        error.to_string().contains("a leaf is not the one"),
        "{error}"
    );
    let store = Embedded::open(&site(&disk), mark_key(), &remembered(3), &mut Unchecked).unwrap();
    assert_eq!(store.head().size, expected.size);
    assert_eq!(store.leaves(2, 1).unwrap(), [b"leaf 9"]);
}

#[test]
fn a_mark_ahead_of_the_journal_names_itself() {
    let length = last_frame_length(3);
    let (disk, _) = vault(4, Stop::Crash);
    let shorter = without_last_frame(&disk, length);
    let error = open(&shorter, &remembered(4)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the vault is older than it was: the keys' directory remembers 4 entries, and 3 are here"
    );
    assert_eq!(open(&shorter, &remembered(3)).unwrap().size, 3);
    let (disk, _) = vault(4, Stop::Clean);
    let error = open(&without_last_frame(&disk, length), &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the vault is older than it was: the last clean stop remembers 4 entries, and 3 are here"
    );
}

#[test]
fn an_older_generation_is_refused_before_any_key_is_asked_for() {
    let (disk, _) = vault(2, Stop::Clean);
    let marks = [Remembered {
        name: "a witness".into(),
        generation: 2,
        size: 0,
    }];
    let read =
        strongroom::store::embedded::Opening::read(&site(&disk), &marks, &mut Checker::default());
    assert_eq!(
        read.unwrap_err().to_string(),
        "the vault is older than it was: a witness remembers 2 generations, and 1 are here"
    );
}

#[test]
fn missing_and_exchanged_segments_are_refused() {
    let (disk, expected) = vault(15, Stop::Clean);
    let all = segments(&disk);
    assert!(all.len() >= 3, "{}", all.len());
    for path in &all {
        let copy = disk.copy();
        copy.remove(path).unwrap();
        assert!(!is_silent(&copy, &expected, &[]), "{}", path.display());
        assert!(open(&copy, &[]).is_err(), "{}", path.display());
    }
    for pair in all.windows(2) {
        let copy = disk.copy();
        copy.set_bytes(&pair[0], &disk.bytes(&pair[1]));
        copy.set_bytes(&pair[1], &disk.bytes(&pair[0]));
        assert!(matches!(open(&copy, &[]), Err(OpenError::Damaged { .. })));
    }
}

#[test]
fn a_bad_frame_with_others_behind_it_is_damage_wherever_it_is() {
    let (disk, _) = vault(15, Stop::Crash);
    let all = segments(&disk);
    for path in &all[..all.len() - 1] {
        let mut bytes = disk.bytes(path);
        let end = used(&bytes) - 1;
        bytes[end.min(150)] ^= 0x10;
        let copy = disk.copy();
        copy.set_bytes(path, &bytes);
        let Err(OpenError::Damaged { file, .. }) = open(&copy, &[]) else {
            panic!("not refused");
        };
        assert_eq!(
            file,
            format!("journal/{}", path.file_name().unwrap().to_str().unwrap())
        );
    }
}

#[test]
fn another_vaults_files_are_refused() {
    let (disk, _) = vault(2, Stop::Clean);
    let other = PowerDisk::new();
    let other_site = Site {
        vault: VaultId::from_bytes([9; 16]),
        ..site(&other)
    };
    Box::new(Embedded::create(&other_site, &table(), mark_key()).unwrap())
        .close()
        .unwrap();
    for file in ["journal/00000001.jrn", "generation/1/rows"] {
        let copy = disk.copy();
        let path = Path::new(DIR).join(file);
        copy.set_bytes(&path, &other.bytes(&path));
        let error = open(&copy, &[]).unwrap_err().to_string();
        assert!(
            error.contains(file) && error.contains("another vault"),
            "{error}"
        );
    }
}

#[test]
fn torn_bytes_are_kept_aside() {
    let (disk, _) = vault(2, Stop::Crash);
    let path = segments(&disk).pop().unwrap();
    let mut bytes = disk.bytes(&path);
    let end = used(&bytes) - 40;
    bytes[end..end + 5].copy_from_slice(b"\0torn");
    disk.set_bytes(&path, &bytes);
    let mut store = Embedded::open(
        &site(&disk),
        mark_key(),
        &remembered(2),
        &mut Checker::default(),
    )
    .unwrap();
    let torn = store.repairs().torn.clone().unwrap();
    assert_eq!((torn.segment, torn.offset, torn.length), (1, end as u64, 5));
    let kept = Path::new(DIR).join("journal").join(&torn.kept_as);
    assert_eq!(disk.bytes(&kept), b"\0torn");
    let next = frame(store.head(), 1, &[]);
    store.commit(next).unwrap();
    drop(store);
    assert_eq!(open(&disk, &remembered(3)).unwrap().size, 3);
}

#[test]
fn what_is_no_vault_is_said_to_be_none() {
    let disk = PowerDisk::new();
    assert!(matches!(open(&disk, &[]), Err(OpenError::NotAVault)));
    disk.create_dir(Path::new(DIR)).unwrap();
    assert!(matches!(open(&disk, &[]), Err(OpenError::NotAVault)));
    assert!(disk.paths().is_empty(), "a file was left");
}
