//! The index on disk is never believed: lost, garbled, exchanged or old, it is made anew, and only a
//! mark in it that is ahead of the journal stops the vault.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use strongroom::store::Store;
use strongroom::store::embedded::{CreateError, Embedded, Engine, OpenError, Site};

use crate::common::files_under;
use crate::power_disk::Chance;
use crate::store_kit::{Checker, Expected, VAULT, changes, create, frame, mark_key};

fn site(dir: &Path) -> Site {
    let mut site = Site::new(dir, VAULT);
    site.journal.segment_bytes = 64 << 10;
    assert_eq!(site.engine, Engine::Sled);
    site
}

fn open(dir: &Path) -> Result<Box<Embedded>, OpenError> {
    let opened = Embedded::open(&site(dir), mark_key(), &[], &mut Checker::default());
    opened.map(Box::new)
}

fn write(store: &mut Embedded, from: u8, to: u8) {
    for n in from..to {
        let next = frame(store.head(), 1, &changes(n));
        store.commit(next).unwrap();
    }
}

/// A vault of twelve commits, closed cleanly.
fn vault(dir: &Path) -> Expected {
    let mut store = create(&site(dir));
    write(&mut store, 0, 12);
    let expected = Expected::of(&*store);
    store.close().unwrap();
    expected
}

fn index(dir: &Path) -> PathBuf {
    dir.join("generation/1/index")
}

fn copy_tree(from: &Path, to: &Path) {
    for file in files_under(from) {
        let target = to.join(file.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(file, target).unwrap();
    }
}

fn rebuilt(dir: &Path, expected: &Expected) -> Option<&'static str> {
    let store = open(dir).unwrap();
    assert_eq!(Expected::of(&*store), *expected);
    let rows = store.check_rows().unwrap();
    assert_eq!(rows, expected.rows.len() as u64);
    let reason = store.repairs().index_rebuilt;
    store.close().unwrap();
    assert_eq!(
        fs::read_dir(index(dir)).unwrap().count(),
        1,
        "one index is left"
    );
    reason
}

#[test]
fn a_clean_index_is_used_and_any_other_is_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("vault");
    let expected = vault(&dir);
    for _ in 0..2 {
        assert_eq!(rebuilt(&dir, &expected), None);
    }
    let stale = tempfile::tempdir().unwrap();
    copy_tree(&index(&dir), stale.path());

    fs::remove_dir_all(index(&dir)).unwrap();
    assert!(rebuilt(&dir, &expected).is_some(), "lost");
    fs::remove_file(dir.join("generation/1/clean")).unwrap();
    assert!(rebuilt(&dir, &expected).is_some(), "not closed cleanly");
    drop(open(&dir).unwrap());
    assert!(rebuilt(&dir, &expected).is_some(), "crashed");
    copy_tree(stale.path(), &index(&dir));
    assert!(rebuilt(&dir, &expected).is_some() || index(&dir).join("0").exists());

    let mut store = open(&dir).unwrap();
    write(&mut store, 12, 20);
    let expected = Expected::of(&*store);
    store.close().unwrap();
    fs::remove_dir_all(index(&dir)).unwrap();
    copy_tree(stale.path(), &index(&dir));
    assert!(rebuilt(&dir, &expected).is_some(), "an old copy");
}

#[test]
fn a_garbled_index_never_shows_wrong_or_missing_rows() {
    let home = tempfile::tempdir().unwrap();
    let good = home.path().join("good");
    let expected = vault(&good);
    let mut chance = Chance(41);
    for trial in 0..24 {
        let dir = home.path().join(format!("bad{trial}"));
        copy_tree(&good, &dir);
        for file in files_under(index(&dir)) {
            let mut bytes = fs::read(&file).unwrap();
            let used = bytes
                .iter()
                .rposition(|byte| *byte != 0)
                .map_or(0, |at| at + 1);
            if used == 0 {
                continue;
            }
            match trial % 3 {
                0 => bytes[chance.below(used)] ^= 1 << chance.below(8),
                1 => bytes.truncate(chance.below(used)),
                _ => {
                    let at = chance.below(used);
                    let end = bytes.len().min(at + 4096);
                    bytes[at..end].fill(0);
                }
            }
            fs::write(file, bytes).unwrap();
        }
        let store = open(&dir).unwrap();
        assert_eq!(Expected::of(&*store), expected, "trial {trial}");
        drop(store);
        fs::remove_dir_all(dir).unwrap();
    }
}

/// The journal's end is cut off; the index still knows. Planted: without the index nobody does.
#[test]
fn an_index_ahead_of_the_journal_refuses() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("vault");
    let mut store = create(&site(&dir));
    write(&mut store, 0, 5);
    let length = frame(store.head(), 1, &changes(5)).encoded_len();
    write(&mut store, 5, 6);
    drop(store);
    let segment = dir.join("journal/00000001.jrn");
    let mut bytes = fs::read(&segment).unwrap();
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 1;
    bytes[end - length..end].fill(0);
    fs::write(segment, bytes).unwrap();
    // The dropped index writes itself out on a thread of its own.
    let went_back = (0..50).find_map(|_| match open(&dir) {
        Err(OpenError::WentBack {
            mark,
            remembered,
            found,
            ..
        }) => Some((mark, remembered, found)),
        other => {
            std::thread::sleep(Duration::from_millis(20));
            assert!(other.is_err(), "{other:?}");
            None
        }
    });
    assert_eq!(went_back, Some(("the index".into(), 6, 5)));
    fs::remove_dir_all(index(&dir)).unwrap();
    assert_eq!(
        open(&dir).unwrap().head().size,
        5,
        "planted: the mark is gone"
    );
}

#[test]
fn rebuilding_on_demand_changes_nothing() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("vault");
    let expected = vault(&dir);
    let store = open(&dir).unwrap();
    assert_eq!(store.rebuild_index().unwrap(), expected.rows.len() as u64);
    assert_eq!(Expected::of(&*store), expected);
    store.close().unwrap();
    assert_eq!(rebuilt(&dir, &expected), None);
}

#[test]
fn damage_found_while_open_is_an_error_and_never_an_absence() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("vault");
    let expected = vault(&dir);
    let store = open(&dir).unwrap();
    let segment = dir.join("journal/00000001.jrn");
    let good = fs::read(&segment).unwrap();
    let mut bad = good.clone();
    let end = bad.iter().rposition(|byte| *byte != 0).unwrap();
    bad[end - 3000..end].fill(0x55);
    fs::write(&segment, &bad).unwrap();
    let (mut damaged, mut right) = (0, 0);
    for ((tree, id), row) in &expected.rows {
        match store.row(*tree, id) {
            Ok(found) => {
                assert_eq!(found.as_ref(), Some(row));
                right += 1;
            }
            Err(error) => {
                assert!(error.to_string().contains("damaged"), "{error}");
                damaged += 1;
            }
        }
    }
    assert!(damaged > 0, "{damaged} damaged, {right} right");
    assert!(store.check_rows().is_err());
    fs::write(&segment, &good).unwrap();
    assert_eq!(Expected::of(&*store), expected, "the disk came back");
}

#[test]
fn nothing_is_made_over_a_vault_or_its_remains() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("vault");
    vault(&dir);
    let again = |dir: &Path| {
        let table = crate::store_kit::table();
        Embedded::create(&site(dir), &table, mark_key()).unwrap_err()
    };
    assert!(matches!(again(&dir), CreateError::Exists));
    fs::remove_file(dir.join("generation/current")).unwrap();
    assert!(matches!(again(&dir), CreateError::Exists));
    assert!(matches!(open(&dir), Err(OpenError::NotAVault)));
}

const HOLD: &str = "STRONGROOM_TEST_HOLD";

/// Run by the next test in a process of its own: opens a vault and keeps it until its input ends.
#[test]
#[ignore = "a part of the test after it"]
fn holder() {
    let Some(dir) = std::env::var_os(HOLD) else {
        return;
    };
    let store = open(dir.as_ref()).unwrap();
    let mut out = std::io::stdout();
    writeln!(out, "holding").unwrap();
    out.flush().unwrap();
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    store.close().unwrap();
}

#[test]
fn a_second_process_is_told_who_has_the_vault() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("vault");
    let expected = vault(&dir);
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["store_index::holder", "--exact", "--ignored", "--nocapture"])
        .env(HOLD, &dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let holds = |line: std::io::Result<String>| line.is_ok_and(|line| line.contains("holding"));
    assert!(lines.by_ref().any(holds));
    let error = open(&dir).unwrap_err();
    let who = format!("the vault is open already, in process {}", child.id());
    assert_eq!(error.to_string(), who);
    drop(child.stdin.take());
    lines.for_each(drop);
    assert!(child.wait().unwrap().success());
    assert_eq!(rebuilt(&dir, &expected), None);
}

/// What the index of a vault that was closed says: every key, the mark's too.
fn entries(dir: &Path) -> Vec<(Vec<u8>, Vec<u8>)> {
    let db = sled::open(index(dir).join("0")).unwrap();
    let all = db.iter().map(|entry| entry.unwrap());
    all.map(|(key, value)| (key.to_vec(), value.to_vec()))
        .collect()
}

/// Somebody who can write the vault's files, and has none of its keys, points a row back to what it said before,
/// or takes it out. The mark behind the rows stays as it is.
#[test]
fn a_row_put_back_or_taken_out_of_a_clean_index_is_noticed() {
    let home = tempfile::tempdir().unwrap();
    let dir = home.path().join("vault");
    vault(&dir);
    let before = entries(&dir);
    let mut store = open(&dir).unwrap();
    write(&mut store, 12, 20);
    let expected = Expected::of(&*store);
    store.close().unwrap();
    let good = home.path().join("good");
    copy_tree(&dir, &good);
    assert_eq!(rebuilt(&dir, &expected), None, "untouched, it is used");
    let now = entries(&good);
    let mut tried = 0;
    for (key, value) in before.iter().filter(|(key, _)| key.len() == 17) {
        if now.iter().any(|(k, v)| k == key && v == value) {
            continue;
        }
        for replaced in [true, false] {
            tried += 1;
            let dir = home.path().join(format!("bad{tried}"));
            copy_tree(&good, &dir);
            let db = sled::open(index(&dir).join("0")).unwrap();
            if replaced {
                db.insert(key, value.clone()).unwrap();
            } else if db.remove(key).unwrap().is_none() {
                continue;
            }
            db.flush().unwrap();
            drop(db);
            let why = rebuilt(&dir, &expected);
            assert_eq!(why, Some("the index was not the one that was closed"));
        }
    }
    assert!(tried >= 8, "{tried}");
}
