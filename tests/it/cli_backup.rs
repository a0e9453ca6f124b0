//! `strongroom backup` as people and timers use it.

use std::fs;

use crate::cli_centre::Centre;
use crate::common::files_under;
use crate::socket_kit::Running;

#[test]
fn a_backup_is_made_listed_verified_and_rehearsed_with_nobody_signed_in() {
    let centre = Centre::new();
    let first = centre.anybody("--json backup to stick").ok().json();
    let second = centre.anybody("--json backup to stick").ok().json();
    assert!(second["copied"].as_u64() < first["copied"].as_u64());
    let list = centre.anybody("--json backup list stick").ok().json();
    let ids: Vec<&str> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].as_str().unwrap())
        .collect();
    assert_eq!(
        ids,
        [
            second["id"].as_str().unwrap(),
            first["id"].as_str().unwrap()
        ]
    );
    assert_eq!(list[0]["opens"], true);
    assert_eq!(list[0]["rehearsed"], serde_json::Value::Null);
    let whole = centre.anybody("--json backup verify stick").ok().json();
    assert_eq!(
        (&whole["opened"], &whole["id"]),
        (&true.into(), &second["id"])
    );
    let alone = centre.place.run("--json backup verify stick").ok().json();
    assert_eq!(
        (&alone["opened"], &alone["own_key"]),
        (&false.into(), &false.into())
    );
    // The older one is the beginning of what is there, and still whole.
    let old = format!(
        "--json backup verify stick --backup {}",
        first["id"].as_str().unwrap()
    );
    assert_eq!(centre.anybody(&old).ok().json()["size"], first["size"]);
    let rehearsed = centre.anybody("--json backup rehearse stick").ok().json();
    assert_eq!(rehearsed["id"], second["id"]);
    assert!(!centre.place.path("centre/rehearsing").exists());
    let list = centre.anybody("--json backup list stick").ok().json();
    assert_eq!(list[0]["rehearsed"]["at"], rehearsed["rehearsed_at"]);
    assert_eq!(list[0]["rehearsed"]["failed"], serde_json::Value::Null);
    let doctor = centre.anybody("--json doctor").ok().json();
    assert!(doctor.to_string().contains("was tried on"), "{doctor}");
    let nothing = centre.anybody("--json backup list elsewhere").fails(1);
    assert_eq!(nothing.error()["code"], "no-backup");
}

#[test]
fn a_rehearsal_that_fails_is_kept_and_the_doctor_says_so() {
    let centre = Centre::new();
    centre.anybody("backup to stick").ok();
    let payload = files_under(centre.place.path("stick/payload")).remove(0);
    let good = fs::read(&payload).unwrap();
    fs::write(&payload, &good[1..]).unwrap();
    centre.anybody("--json backup rehearse stick").fails(4);
    assert!(!centre.place.path("centre/rehearsing").exists());
    let list = centre.anybody("--json backup list stick").ok().json();
    assert!(
        list[0]["rehearsed"]["failed"]
            .as_str()
            .unwrap()
            .contains("damaged"),
        "{list}"
    );
    let doctor = centre.anybody("--json doctor").ok().json();
    assert!(doctor.to_string().contains("failed: "), "{doctor}");
    // The next backup heals it, and a rehearsal shows it.
    centre.anybody("backup to stick").ok();
    centre.anybody("backup rehearse stick").ok();
}

#[test]
fn a_running_keeper_makes_the_backup_itself() {
    let centre = Centre::new();
    let keeper = Running::over(&centre.place);
    let made = centre.anybody("--json backup to stick").ok().json();
    centre.run("moira", "case list").ok();
    let again = centre
        .place
        .run("--vault centre.socket --json backup to stick")
        .ok()
        .json();
    assert!(again["size"].as_u64() > made["size"].as_u64());
    centre.anybody("backup rehearse stick").ok();
    let refused = centre.anybody("--json backup to centre/inside").fails(1);
    assert_eq!(refused.error()["code"], "bad-place");
    let list = centre.anybody("--json backup list stick").ok().json();
    assert_eq!(list[0]["rehearsed"]["failed"], serde_json::Value::Null);
    let doctor = centre.anybody("--json doctor").ok().json();
    assert!(doctor.to_string().contains("was tried on"), "{doctor}");
    assert_eq!(keeper.stop(), 0);
    centre.anybody("--json backup verify stick").ok();
}

/// No file of a backup holds a key of the vault, in any spelling.
#[test]
fn no_key_is_in_a_backup() {
    let centre = Centre::new();
    centre.anybody("backup to stick").ok();
    centre.anybody("backup rehearse stick").ok();
    let mut secrets: Vec<Vec<u8>> = Vec::new();
    for file in files_under(centre.place.path("centre.keys")) {
        let text = fs::read_to_string(&file).unwrap();
        if file.ends_with("seen") {
            continue;
        }
        for word in text.split_whitespace().filter(|word| word.len() >= 40) {
            secrets.push(word.as_bytes().to_vec());
            let secret = word.rsplit('+').next().unwrap();
            secrets.extend(unhex(secret));
            secrets.extend(unbase64(secret));
        }
    }
    assert!(secrets.len() >= 4, "{}", secrets.len());
    let holds = |folder: &str| {
        let files = files_under(centre.place.path(folder));
        files.into_iter().find(|file| {
            let bytes = fs::read(file).unwrap();
            secrets.iter().any(|secret| {
                bytes
                    .windows(secret.len())
                    .any(|window| window == secret.as_slice())
            })
        })
    };
    assert_eq!(holds("stick"), None);
    let names: Vec<_> = files_under(centre.place.path("stick"));
    assert!(
        names
            .iter()
            .all(|name| !name.to_str().unwrap().contains("key")
                || name.ends_with("keys")
                || name.ends_with("vkey"))
    );
    // The control: a copy of the keys among the files is found.
    fs::copy(
        files_under(centre.place.path("centre.keys"))[0].clone(),
        centre.place.path("stick/payload/note"),
    )
    .unwrap();
    assert!(holds("stick").is_some());
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    strongroom::bytes::unhex(text)
}

fn unbase64(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(text)
        .ok()?;
    // Of a key with its sort in front, the key.
    (bytes.len() >= 33).then(|| bytes[bytes.len() - 32..].to_vec())
}

#[test]
fn a_full_place_keeps_what_it_had() {
    let centre = Centre::new();
    let first = centre.anybody("--json backup to stick").ok().json();
    centre
        .run("moira", "case open --title Later --service handover")
        .ok();
    let size = fs::metadata(centre.place.path("stick/journal/00000001.jrn"))
        .unwrap()
        .len();
    // No file may grow beyond what the journal has: what is new of it does not fit.
    let program = env!("CARGO_BIN_EXE_strongroom");
    let blocks = size / 512;
    let script = format!(
        "trap '' XFSZ; ulimit -f {blocks}; exec {program} --vault centre --json backup to stick"
    );
    let mut shell = centre.place.program_named("sh");
    let output = shell.args(["-c", &script]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let list = centre.anybody("--json backup list stick").ok().json();
    assert_eq!(list.as_array().unwrap().len(), 1);
    let whole = centre.anybody("--json backup verify stick").ok().json();
    assert_eq!(whole["id"], first["id"]);
    centre.anybody("backup to stick").ok();
    centre.anybody("--json backup verify stick").ok();
}

/// A demo's clock goes on, its backup does not; and what somebody takes from the place is missed.
#[test]
fn the_doctor_misses_a_backup() {
    let centre = Centre::new();
    centre.anybody("backup to stick").ok();
    let doctor = || centre.anybody("--json doctor").ok().json().to_string();
    let missing = "is not there";
    assert!(
        !doctor().contains("the newest backup is of"),
        "{}",
        doctor()
    );
    assert!(!doctor().contains(missing));
    centre.run("moira", "--at +9d case list").ok();
    assert!(doctor().contains("the newest backup is of"), "{}", doctor());
    let manifest = |name: &&std::path::PathBuf| {
        name.file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("b_")
    };
    let files = files_under(centre.place.path("stick"));
    fs::remove_file(files.iter().find(manifest).unwrap()).unwrap();
    assert!(doctor().contains(missing), "{}", doctor());
}
