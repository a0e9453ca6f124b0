//! How far a vault has come is remembered beside its keys also while it is open.

use std::fs;
use std::time::Duration;

use strongroom::keeper::Keeper;
use strongroom::keeper::OpenError;
use strongroom::keeper::keyring::Keyring;

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
    // The control: with what the last clean stop remembered, nobody notices.
    fs::write(older.path().join("keys/seen"), before).unwrap();
    Keeper::open(&paths(older.path()), &[]).unwrap();
}
