//! How far a vault has come is remembered beside its keys also while it is open.

use std::fs;
use std::time::Duration;

use strongroom::keeper::Keeper;
use strongroom::keeper::OpenError;
use strongroom::keeper::keyring::Keyring;
use strongroom::keeper::verify;

use crate::centre_kit::Centre;
use crate::centre_kit::copy_all;
use crate::centre_kit::filing;
use crate::centre_kit::paths;

#[test]
fn an_older_copy_is_noticed_although_nothing_was_closed() {
    let centre = Centre::new();
    let older = tempfile::tempdir().unwrap();
    copy_all(&centre.folder("vault"), &older.path().join("vault"));
    let before = fs::read(centre.folder("keys/seen")).unwrap();
    let mut sam = centre.desk("sam");
    let report = filing("contact-report", Some(&centre.supervised));
    let size = sam.file(&report).unwrap().receipt.size;
    let keys = Keyring::at(&centre.folder("keys"));
    let mut waited = 0;
    while keys.seen().unwrap().unwrap().size < size {
        waited += 1;
        assert!(waited < 600, "nothing was remembered in half a minute");
        std::thread::sleep(Duration::from_millis(50));
    }
    // The machine stops here, and the older copy is put beside the keys as they are.
    copy_all(&centre.folder("keys"), &older.path().join("keys"));
    let noticed = Keeper::open(&paths(older.path()), &[]).unwrap_err();
    assert!(matches!(noticed, OpenError::WentBack(_)), "{noticed:?}");
    // What was noticed, since when, and what to do.
    let words = noticed.to_string();
    for part in [
        "older than it was",
        "the file beside the keys (of ",
        "find the newest one",
    ] {
        assert!(words.contains(part), "{part}: {words}");
    }
    // The control: with what the last clean stop remembered, nobody notices.
    fs::write(older.path().join("keys/seen"), before).unwrap();
    Keeper::open(&paths(older.path()), &[]).unwrap();
}

/// A copy that went on by itself has as many entries, and more, and is not the same vault.
#[test]
fn another_history_is_noticed_beside_the_keys() {
    let centre = Centre::new();
    let dir = centre.folder("");
    let other = tempfile::tempdir().unwrap();
    for name in ["vault", "keys"] {
        copy_all(&centre.folder(name), &other.path().join(name));
    }
    let mut sam = centre.desk("sam");
    sam.file(&filing("contact-report", Some(&centre.supervised)))
        .unwrap();
    drop(sam);
    let Centre {
        dir: _held, keeper, ..
    } = centre;
    keeper.close().unwrap();
    let keeper = Keeper::open(&paths(other.path()), &[]).unwrap();
    for _ in 0..4 {
        let words = crate::centre_kit::passphrase("sam");
        drop(strongroom::desk::Desk::sign_in(&keeper, "sam", &words, None).unwrap());
    }
    keeper.close().unwrap();
    let own = fs::read(other.path().join("keys/seen")).unwrap();
    fs::copy(dir.join("keys/seen"), other.path().join("keys/seen")).unwrap();
    for noticed in [
        Keeper::open(&paths(other.path()), &[])
            .map(drop)
            .unwrap_err(),
        verify(&paths(other.path()), None).map(drop).unwrap_err(),
    ] {
        let OpenError::Fork(words) = noticed else {
            panic!("{noticed:?}")
        };
        for part in [
            "two histories",
            "the file beside the keys (of ",
            "Change neither",
        ] {
            assert!(words.contains(part), "{part}: {words}");
        }
    }
    // The control: with what it remembers itself it opens.
    fs::write(other.path().join("keys/seen"), own).unwrap();
    Keeper::open(&paths(other.path()), &[]).unwrap();
}
