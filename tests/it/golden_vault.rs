//! A vault of version 1 that has to open for ever: founded, filed in, corrected and closed by an earlier
//! build, packed as it lay on the disk. Its keys and passphrase are test keys and stand beside it.

use std::path::Path;

use strongroom::desk::Desk;
use strongroom::keeper::Keeper;
use strongroom::keeper::Paths;
use strongroom::keeper::verify;
use strongroom::sealing::Passphrase;

const VAULT: &str = "tests/golden/v1/vault.tar.gz";

fn unpack(into: &Path) -> Paths {
    let packed = std::fs::File::open(VAULT).unwrap();
    tar::Archive::new(flate2::read::GzDecoder::new(packed))
        .unpack(into)
        .unwrap();
    Paths {
        dir: into.join("vault"),
        keys: into.join("vault.keys"),
    }
}

#[test]
fn a_vault_of_version_1_opens_and_its_history_is_whole() {
    let home = tempfile::tempdir().unwrap();
    let paths = unpack(home.path());
    let words = std::fs::read_to_string(home.path().join("passphrase")).unwrap();
    let said = std::fs::read_to_string(home.path().join("record.json")).unwrap();
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    let size = verify(&paths, None).unwrap().size;
    let keeper = Keeper::open(&paths, &[]).unwrap();
    let passphrase = Passphrase::new(words.trim_end().to_owned());
    let mut desk = Desk::sign_in(&keeper, "ada", &passphrase, None).unwrap();
    assert_eq!(desk.centre(), None, "nobody had asked");
    let id = said["id"].as_str().unwrap();
    let shown = desk.record(id, None, None, 80).unwrap();
    assert_eq!(shown.fields, said["fields"]);
    assert_eq!(shown.version, 2);
    assert_eq!(shown.reason.as_deref(), Some("the venue was wrong"));
    let mut attachment = Vec::new();
    desk.attachment(id, "note.txt", None, &mut attachment)
        .unwrap();
    assert_eq!(attachment, b"a note filed with the first version\n");
    let first = desk.record(id, Some(1), None, 80).unwrap();
    assert_ne!(first.fields, shown.fields);
    drop(desk);
    keeper.close().unwrap();
    assert!(
        verify(&paths, None).unwrap().size > size,
        "looking is an entry"
    );
}
