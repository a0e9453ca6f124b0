//! The full check names what was planted: changed entries and tiles, rewritten and shortened histories,
//! wrong keys, times, indexes, openings.

use std::fs;
use std::path::Path;

use strongroom::clock::Timestamp;
use strongroom::ledger::check;
use strongroom::ledger::check::Against;
use strongroom::ledger::check::DirectoryReport;
use strongroom::ledger::check::MAX_FINDINGS;
use strongroom::ledger::check::Remembered;
use strongroom::ledger::check::Verdict;
use strongroom::ledger::checkpoint::Checkpoint;
use strongroom::ledger::merkle::LeafIndex;
use strongroom::ledger::merkle::TreeSize;
use strongroom::ledger::note::key::LogKey;
use strongroom::ledger::opening::Opening;
use strongroom::ledger::tiles::write::Publisher;
use tempfile::TempDir;

use crate::ledger_kit::ORIGIN;
use crate::ledger_kit::TestLog;
use crate::ledger_kit::edit;
use crate::ledger_kit::leaf;
use crate::ledger_kit::offset_in_bundle;
use crate::ledger_kit::opening;

const SIZE: u64 = 1000;

fn published(log: &TestLog) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    log.publish(dir.path(), log.size());
    dir
}

fn check_against(
    dir: &Path,
    log: &TestLog,
    remembered: &[Remembered],
    from: u64,
) -> DirectoryReport {
    let against = Against {
        keys: &log.keys(),
        ended: &[],
        remembered,
        entries_from: LeafIndex::new(from),
    };
    check::directory(dir, &against).unwrap()
}

fn check(dir: &Path, log: &TestLog) -> DirectoryReport {
    check_against(dir, log, &[], 0)
}

fn words(report: &DirectoryReport) -> Vec<String> {
    report.findings.iter().map(ToString::to_string).collect()
}

fn remembered(log: &TestLog, size: u64) -> Remembered {
    Remembered {
        by: format!("trustee at {size}"),
        checkpoint: log.checkpoint(size),
    }
}

#[test]
fn a_good_directory_is_good_at_every_kind_of_size() {
    for size in [0, 1, 2, 255, 256, 257, 511, 512, 513, SIZE] {
        let log = TestLog::new(size);
        let dir = published(&log);
        let others: Vec<Remembered> = [0, 1, 100, 256, 300, size]
            .into_iter()
            .filter(|at| *at <= size)
            .map(|at| remembered(&log, at))
            .collect();
        let report = check_against(dir.path(), &log, &others, 0);
        assert_eq!(words(&report), Vec::<String>::new(), "{size}");
        assert_eq!(report.verdict(), Verdict::Good);
        assert_eq!(report.entries, size);
        assert_eq!(report.confirmed, others.len() as u64);
        assert_eq!(report.first_time, (size > 0).then(|| leaf(0).time));
        assert_eq!(report.last_time, (size > 0).then(|| leaf(size - 1).time));
    }
}

#[test]
fn a_changed_entry_is_named_wherever_it_stands() {
    let log = TestLog::new(SIZE);
    for (bundle, at, index) in [
        ("tile/entries/000", 0, 0),
        ("tile/entries/001", 244, 500),
        ("tile/entries/003.p/232", 231, 999),
    ] {
        let dir = published(&log);
        edit(&dir.path().join(bundle), |bytes| {
            let start = offset_in_bundle(bytes, at);
            let commit = start + br#"{"actor":"BQUFBQUFBQUFBQUFBQUFBQ","commit":""#.len();
            bytes[commit] = if bytes[commit] == b'A' { b'B' } else { b'A' };
        });
        let report = check(dir.path(), &log);
        assert_eq!(
            words(&report),
            [format!("entry {index} is not what was signed")]
        );
        assert_eq!(report.verdict(), Verdict::Damaged);
    }
}

#[test]
fn every_changed_byte_of_a_small_directory_is_found() {
    let log = TestLog::new(5);
    let dir = published(&log);
    for name in ["tile/entries/000.p/5", "tile/0/000.p/5", "checkpoint"] {
        let path = dir.path().join(name);
        let good = fs::read(&path).unwrap();
        for at in 0..good.len() {
            edit(&path, |bytes| bytes[at] ^= 1);
            let report = check(dir.path(), &log);
            assert_ne!(report.verdict(), Verdict::Good, "{name} byte {at}");
            fs::write(&path, &good).unwrap();
        }
    }
    assert_eq!(check(dir.path(), &log).verdict(), Verdict::Good);
}

#[test]
fn a_changed_field_is_named_with_its_entry() {
    let log = TestLog::new(SIZE);
    let dir = published(&log);
    edit(&dir.path().join("tile/entries/000"), |bytes| {
        let start = offset_in_bundle(bytes, 7);
        let event = bytes[start..]
            .windows(9)
            .position(|at| at == b"\"event\":\"")
            .unwrap();
        bytes[start + event + 9] = b'X';
    });
    assert_eq!(
        words(&check(dir.path(), &log)),
        [
            "entry 7: field `event` is not as it should be",
            "entry 7 is not what was signed",
        ]
    );
}

#[test]
fn a_changed_tile_is_named() {
    // Entries of a later format: only their place in the tree is checked, which is quick.
    let log = TestLog::of((0..70_000).map(|n| format!(r#"{{"n":{n},"v":"cv9"}}"#).into_bytes()));
    let dir = published(&log);
    for name in [
        "tile/0/004",
        "tile/0/273.p/112",
        "tile/1/000",
        "tile/1/001.p/17",
        "tile/2/000.p/1",
    ] {
        let path = dir.path().join(name);
        let good = fs::read(&path).unwrap();
        edit(&path, |bytes| bytes[9] ^= 0x10);
        let report = check(dir.path(), &log);
        assert_eq!(words(&report), [format!("{name} is not what was signed")]);
        fs::write(&path, &good[..good.len() - 32]).unwrap();
        assert_eq!(
            words(&check(dir.path(), &log)),
            [format!("{name} has the wrong length")]
        );
        fs::remove_file(&path).unwrap();
        assert_eq!(
            words(&check(dir.path(), &log)),
            [format!("{name} is missing")]
        );
        fs::write(&path, &good).unwrap();
    }
}

/// Someone who changes an entry and its tile alike is still found, by the tile above.
#[test]
fn an_entry_changed_together_with_its_tile_is_named() {
    let (log, other) = (TestLog::new(SIZE), TestLog::rewritten(SIZE, 300));
    let (dir, theirs) = (published(&log), published(&other));
    for name in ["tile/entries/001", "tile/0/001"] {
        fs::copy(theirs.path().join(name), dir.path().join(name)).unwrap();
    }
    assert_eq!(
        words(&check(dir.path(), &log)),
        [
            "tile/0/001 is not what was signed",
            "tile/entries/001 is not what was signed",
        ]
    );
    // With everything up to the root changed alike, only the signature is left to tell.
    fs::copy(
        theirs.path().join("tile/1/000.p/3"),
        dir.path().join("tile/1/000.p/3"),
    )
    .unwrap();
    assert_eq!(
        words(&check(dir.path(), &log)),
        ["entries and tiles do not lead to the signed root"]
    );
}

#[test]
fn a_missing_bundle_counts_unless_it_may_be_missing() {
    let log = TestLog::new(SIZE);
    let dir = published(&log);
    fs::remove_file(dir.path().join("tile/entries/000")).unwrap();
    assert_eq!(
        words(&check(dir.path(), &log)),
        ["tile/entries/000 is missing"]
    );
    let pruned = check_against(dir.path(), &log, &[remembered(&log, 100)], 256);
    assert_eq!(
        (pruned.verdict(), pruned.entries, pruned.confirmed),
        (Verdict::Good, 744, 1)
    );
    // An entry past the limit is no reason for a bundle to be missing.
    fs::remove_file(dir.path().join("tile/entries/001")).unwrap();
    let report = check_against(dir.path(), &log, &[], 511);
    assert_eq!(words(&report), ["tile/entries/001 is missing"]);
    // Hash tiles alone, as anybody may have them.
    fs::remove_dir_all(dir.path().join("tile/entries")).unwrap();
    let hashes = check_against(dir.path(), &log, &[remembered(&log, 999)], SIZE);
    assert_eq!(
        (hashes.verdict(), hashes.entries, hashes.confirmed),
        (Verdict::Good, 0, 1)
    );
    edit(&dir.path().join("tile/0/000"), |bytes| bytes[0] ^= 1);
    let report = check_against(dir.path(), &log, &[], SIZE);
    assert_eq!(words(&report), ["tile/0/000 is not what was signed"]);
}

#[test]
fn a_rewritten_history_is_a_fork_to_all_who_remember() {
    let (log, other) = (TestLog::new(SIZE), TestLog::rewritten(SIZE, 300));
    let dir = published(&other);
    let sees = |size| check_against(dir.path(), &log, &[remembered(&log, size)], 0);
    // Who remembers only what came before the change cannot tell.
    assert_eq!(sees(300).verdict(), Verdict::Good);
    for size in [301, 512, 999, SIZE] {
        let report = sees(size);
        assert_eq!(report.verdict(), Verdict::Fork, "{size}");
        assert_eq!(
            words(&report),
            [format!(
                "trustee at {size}: two histories: the ledger of 1000 entries does not continue the \
                 {size} seen before"
            )]
        );
    }
    // The control: the signature is good, so without a memory nothing shows.
    assert_eq!(check(dir.path(), &log).verdict(), Verdict::Good);
}

#[test]
fn a_shortened_history_went_back() {
    let log = TestLog::new(SIZE);
    let dir = tempfile::tempdir().unwrap();
    log.publish(dir.path(), 800);
    let report = check_against(
        dir.path(),
        &log,
        &[remembered(&log, 801), remembered(&log, 12)],
        0,
    );
    assert_eq!((report.verdict(), report.confirmed), (Verdict::WentBack, 1));
    assert_eq!(
        words(&report),
        ["trustee at 801: the ledger went back: 801 entries were seen before, now it has 800"]
    );
    assert_eq!(
        check(dir.path(), &log).verdict(),
        Verdict::Good,
        "the control: no memory"
    );
}

#[test]
fn kept_checkpoints_and_openings_are_checked_too() {
    let log = TestLog::new(SIZE);
    let dir = published(&log);
    let publisher = Publisher::open(dir.path(), &log.keys()).unwrap();
    publisher.keep(&log.checkpoint(256)).unwrap();
    publisher.keep(&log.checkpoint(SIZE)).unwrap();
    publisher.disclose(LeafIndex::new(0), &opening(0)).unwrap();
    publisher
        .disclose(LeafIndex::new(33), &opening(33))
        .unwrap();
    let report = check(dir.path(), &log);
    assert_eq!(words(&report), Vec::<String>::new());
    assert_eq!((report.confirmed, report.opened), (2, 2));

    publisher
        .keep(&TestLog::rewritten(SIZE, 5).checkpoint(600))
        .unwrap();
    let other = LogKey::generate("another.example").unwrap();
    let note = strongroom::ledger::note::sign(
        "another.example\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        &other,
    );
    fs::write(dir.path().join("checkpoints/7.note"), note.unwrap()).unwrap();
    let wrong = Opening::new(*opening(33).salt(), "{\"n\":34}".to_owned());
    publisher.disclose(LeafIndex::new(33), &wrong).unwrap();
    fs::write(dir.path().join("admin/34.json"), "{}").unwrap();
    assert_eq!(
        words(&check(dir.path(), &log)),
        [
            "checkpoints/7.note: signed by no key that is known here",
            "admin/34.json is not the opening of its entry",
            "admin/33.json is not the opening of its entry",
            "checkpoints/600.note: two histories: the ledger of 1000 entries does not continue the 600 \
             seen before",
        ]
    );
}

#[test]
fn a_wrong_key_or_no_checkpoint_says_so() {
    let log = TestLog::new(10);
    let dir = published(&log);
    let other = LogKey::generate(ORIGIN).unwrap().verifier();
    let against = Against {
        keys: &[other],
        ended: &[],
        remembered: &[],
        entries_from: LeafIndex::new(0),
    };
    let report = check::directory(dir.path(), &against).unwrap();
    assert_eq!(
        words(&report),
        ["checkpoint: signed by no key that is known here"]
    );
    assert!(report.checkpoint.is_none());
    fs::remove_file(dir.path().join("checkpoint")).unwrap();
    assert_eq!(words(&check(dir.path(), &log)), ["there is no checkpoint"]);
}

/// What a keeper would have to sign to lie about places and times is visible to everybody.
#[test]
fn signed_nonsense_is_named() {
    let log = TestLog::of((0..20).map(|n| {
        let mut leaf = leaf(n);
        match n {
            4 => leaf.index = LeafIndex::new(5),
            9 => leaf.time = Timestamp::from_ms(1),
            _ => {}
        }
        let mut bytes = leaf.encode();
        if n == 12 {
            bytes.push(b' ');
        }
        if n == 15 {
            let end = bytes.len() - 3;
            bytes[end] = b'2';
        }
        bytes
    }));
    let dir = published(&log);
    let report = check(dir.path(), &log);
    assert_eq!(
        words(&report),
        [
            "entry 4 says it is entry 5",
            "entry 9 is earlier than the entry before it",
            "entry 12: something follows its last field",
        ]
    );
    assert_eq!(report.unknown_format, 1, "entry 15 is cv2");
}

/// A keeper could sign any size to keep a verifier busy for ever.
#[test]
fn an_impossible_size_gets_an_answer() {
    let log = TestLog::new(10);
    let dir = published(&log);
    for size in [1 << 40, 1 << 60, u64::MAX] {
        let huge = Checkpoint {
            size: TreeSize::new(size),
            ..log.checkpoint(10).checkpoint().clone()
        };
        let huge = huge.sign(&log.key).unwrap();
        fs::write(dir.path().join("checkpoint"), huge.note()).unwrap();
        let report = check(dir.path(), &log);
        assert_eq!(report.verdict(), Verdict::Damaged);
        assert!(report.more > 0);
    }
}

#[test]
fn a_ruined_directory_gives_a_short_answer() {
    let log = TestLog::new(SIZE);
    let dir = published(&log);
    edit(&dir.path().join("tile/entries/001"), |bytes| {
        for at in 0..256 {
            let start = offset_in_bundle(bytes, at);
            bytes[start] = b'[';
        }
    });
    let report = check(dir.path(), &log);
    assert_eq!(report.findings.len(), MAX_FINDINGS);
    assert_eq!(report.more, 256 + 256 - 100);
}
