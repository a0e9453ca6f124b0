//! The outside verifier, `docs/verify/verify.py`: written from the specifications in another language, it
//! must accept what we accept and name what was planted. Needs `python3` and `openssl`.

use std::fs;
use std::path::Path;
use std::process::Command;

use strongroom::ledger::merkle::LeafIndex;
use strongroom::ledger::note::key::LogKey;
use strongroom::ledger::opening::Opening;
use strongroom::ledger::tiles::write::Publisher;
use tempfile::TempDir;

use crate::common::have;
use crate::ledger_kit::ORIGIN;
use crate::ledger_kit::RECORD_EVERY;
use crate::ledger_kit::TestLog;
use crate::ledger_kit::edit;
use crate::ledger_kit::k_record;
use crate::ledger_kit::offset_in_bundle;
use crate::ledger_kit::opening;

const SIZE: u64 = 700;

fn tools() -> bool {
    have("python3", "--version") && have("openssl", "version")
}

/// Exit code and output.
fn verify(arguments: &[&str]) -> (i32, String) {
    let output = Command::new("python3")
        .args(["-B", "docs/verify/verify.py"])
        .args(arguments)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap(),
        String::from_utf8(text).unwrap(),
    )
}

fn directory(dir: &Path, log: &TestLog, more: &[&str]) -> (i32, String) {
    let vkey = log.key.verifier().to_string();
    let dir = dir.to_str().unwrap();
    verify(&[&["directory", dir, "--vkey", &vkey], more].concat())
}

fn published(log: &TestLog) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    log.publish(dir.path(), log.size());
    dir
}

fn named(outcome: &(i32, String), code: i32, words: &str) {
    assert_eq!(outcome.0, code, "{}", outcome.1);
    assert!(outcome.1.contains(words), "no {words:?} in\n{}", outcome.1);
}

/// A file with a checkpoint somebody kept.
fn note(dir: &TempDir, log: &TestLog, size: u64) -> String {
    write(
        dir,
        &format!("kept-{size}.note"),
        log.checkpoint(size).note(),
    )
}

fn write(dir: &TempDir, name: &str, text: &str) -> String {
    let path = dir.path().join(name);
    fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The entry's salt with another detail.
fn lie(index: u64) -> Opening {
    Opening::new(*opening(index).salt(), "{\"n\":81}".to_owned())
}

#[test]
fn it_accepts_good_directories_of_every_shape() {
    if !tools() {
        return;
    }
    for size in [0, 1, 255, 256, 257, SIZE] {
        let log = TestLog::new(size);
        let dir = published(&log);
        let publisher = Publisher::open(dir.path(), &log.keys()).unwrap();
        publisher.keep(&log.checkpoint(size / 2)).unwrap();
        if size > 0 {
            publisher.disclose(LeafIndex::new(0), &opening(0)).unwrap();
        }
        let kept = tempfile::tempdir().unwrap();
        let third = note(&kept, &log, size / 3);
        let outcome = directory(dir.path(), &log, &["--remembered", &third]);
        named(&outcome, 0, "verdict: good");
        let opened = u32::from(size > 0);
        let confirmed = format!("checkpoints confirmed 2, openings confirmed {opened}");
        assert!(outcome.1.contains(&confirmed), "{}", outcome.1);
    }
}

#[test]
fn it_names_changed_entries() {
    if !tools() {
        return;
    }
    let log = TestLog::new(SIZE);
    let dir = published(&log);
    let at = |name: &str| dir.path().join(name);
    for (bundle, within, index) in [
        ("tile/entries/001", 44, 300),
        ("tile/entries/002.p/188", 3, 515),
    ] {
        let good = fs::read(at(bundle)).unwrap();
        edit(&at(bundle), |bytes| {
            let start = offset_in_bundle(bytes, within);
            bytes[start + 12] ^= 1;
        });
        let outcome = directory(dir.path(), &log, &[]);
        named(
            &outcome,
            4,
            &format!("WRONG entry {index} is not what was signed\n"),
        );
        assert_eq!(
            outcome.1.matches("is not what was signed").count(),
            1,
            "{}",
            outcome.1
        );
        fs::write(at(bundle), good).unwrap();
    }
}

#[test]
fn it_names_changed_tiles_openings_and_missing_files() {
    if !tools() {
        return;
    }
    let log = TestLog::new(SIZE);
    let dir = published(&log);
    let at = |name: &str| dir.path().join(name);
    for tile in ["tile/0/000", "tile/0/002.p/188", "tile/1/000.p/2"] {
        let good = fs::read(at(tile)).unwrap();
        edit(&at(tile), |bytes| bytes[40] ^= 1);
        named(
            &directory(dir.path(), &log, &[]),
            4,
            &format!("WRONG {tile} is not what was signed"),
        );
        fs::write(at(tile), &good[1..]).unwrap();
        named(
            &directory(dir.path(), &log, &[]),
            4,
            &format!("WRONG {tile} has the wrong length"),
        );
        fs::remove_file(at(tile)).unwrap();
        named(
            &directory(dir.path(), &log, &[]),
            4,
            &format!("WRONG {tile} is missing"),
        );
        fs::write(at(tile), good).unwrap();
    }
    fs::write(at("admin/3.json"), opening(4).to_file()).unwrap();
    named(
        &directory(dir.path(), &log, &[]),
        4,
        "WRONG admin/3.json is not the opening of its entry",
    );
    fs::remove_file(at("admin/3.json")).unwrap();
    fs::remove_file(at("tile/entries/000")).unwrap();
    named(
        &directory(dir.path(), &log, &[]),
        4,
        "WRONG tile/entries/000 is missing",
    );
    named(
        &directory(dir.path(), &log, &["--entries-from", "256"]),
        0,
        "entries 700, read 444",
    );
}

#[test]
fn it_tells_a_fork_from_a_roll_back_and_a_wrong_key() {
    if !tools() {
        return;
    }
    let (log, other) = (TestLog::new(SIZE), TestLog::rewritten(SIZE, 300));
    let (dir, kept) = (published(&other), tempfile::tempdir().unwrap());
    for (size, code) in [(300, 0), (301, 6), (512, 6), (SIZE, 6)] {
        let note = note(&kept, &log, size);
        let outcome = directory(dir.path(), &log, &["--remembered", &note]);
        assert_eq!(outcome.0, code, "{}", outcome.1);
        assert_eq!(
            outcome.1.contains("two histories: the ledger of 700"),
            code == 6
        );
    }
    named(&directory(dir.path(), &log, &[]), 0, "verdict: good");

    let short = tempfile::tempdir().unwrap();
    log.publish(short.path(), 500);
    let later = note(&kept, &log, 501);
    let outcome = directory(short.path(), &log, &["--remembered", &later]);
    named(
        &outcome,
        7,
        "the ledger went back: 501 entries were seen before, now it has 500",
    );

    let vkey = LogKey::generate(ORIGIN).unwrap().verifier().to_string();
    let outcome = verify(&["directory", dir.path().to_str().unwrap(), "--vkey", &vkey]);
    named(
        &outcome,
        4,
        "WRONG checkpoint: signed by no key that is known here",
    );
    edit(&dir.path().join("checkpoint"), |bytes| {
        let end = bytes.len() - 20;
        bytes[end] = if bytes[end] == b'A' { b'B' } else { b'A' };
    });
    named(
        &directory(dir.path(), &log, &[]),
        4,
        "WRONG checkpoint: the signature is wrong",
    );
}

#[test]
fn it_checks_proofs() {
    if !tools() {
        return;
    }
    let log = TestLog::new(SIZE);
    let files = tempfile::tempdir().unwrap();
    let vkey = log.key.verifier().to_string();
    let proof = write(&files, "good.tlog-proof", &log.proof(80, SIZE).to_text());
    let right = write(&files, "80.json", &opening(80).to_file());
    let lie = write(&files, "lie.json", &lie(80).to_file());
    named(
        &verify(&["proof", &proof, "--vkey", &vkey, "--opening", &right]),
        0,
        "verdict: good",
    );
    named(
        &verify(&["proof", &proof, "--vkey", &vkey, "--opening", &lie]),
        4,
        "not the opening",
    );
    let mut moved = log.proof(80, SIZE);
    moved.index = LeafIndex::new(81);
    let moved = write(&files, "moved.tlog-proof", &moved.to_text());
    named(
        &verify(&["proof", &moved, "--vkey", &vkey]),
        4,
        "not in the signed ledger",
    );
    let broken = write(&files, "broken.tlog-proof", "nothing");
    named(
        &verify(&["proof", &broken, "--vkey", &vkey]),
        4,
        "not an entry's proof",
    );
}

#[test]
fn it_checks_openings_and_a_record_s_history() {
    if !tools() {
        return;
    }
    let log = TestLog::new(SIZE);
    let (dir, files) = (published(&log), tempfile::tempdir().unwrap());
    let vkey = log.key.verifier().to_string();
    let right = write(&files, "80.json", &opening(80).to_file());
    let lie = write(&files, "lie.json", &lie(80).to_file());
    let at = dir.path().to_str().unwrap();
    let opened = verify(&["opening", at, "80", &right, "--vkey", &vkey]);
    named(&opened, 0, "{\"n\":80}");
    named(
        &verify(&["opening", at, "80", &lie, "--vkey", &vkey]),
        4,
        "not the opening of entry 80",
    );
    let history = verify(&[
        "record",
        at,
        "--record-key",
        &k_record().to_text(),
        "--vkey",
        &vkey,
    ]);
    let count = SIZE.div_ceil(RECORD_EVERY);
    named(
        &history,
        0,
        &format!("entries about this record {count} of {SIZE} read"),
    );
    for index in (0..SIZE).step_by(usize::try_from(RECORD_EVERY).unwrap()) {
        assert!(
            history.1.contains(&format!("{index} 2026-11-02T")),
            "{index}\n{}",
            history.1
        );
    }
}

#[test]
fn it_says_when_it_cannot_check() {
    if !tools() {
        return;
    }
    let log = TestLog::new(3);
    let dir = published(&log);
    let outcome = directory(dir.path(), &log, &["--remembered", "/nowhere/at/all"]);
    named(&outcome, 1, "cannot check");
    let at = dir.path().to_str().unwrap();
    named(
        &verify(&["directory", at, "--vkey", "nonsense"]),
        1,
        "cannot check: not a ledger's key",
    );
    assert_eq!(verify(&["directory", at]).0, 2);
}
