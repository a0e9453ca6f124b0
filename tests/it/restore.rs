//! Restoring: everything comes back as it was, into a new folder, and never an older vault than anybody has seen.

use std::fs;

use serde_json::Value;

use crate::cli_centre::Centre;
use crate::cli_centre::copy;
use crate::cli_run::Said;
use crate::common::files_under;

/// A demo centre with one backup in `stick`.
fn backed_up() -> (Centre, Value) {
    let centre = Centre::new();
    let made = centre.anybody("--json backup to stick").ok().json();
    (centre, made)
}

/// The vault's folder is lost, its keys are not.
fn lose(centre: &Centre) {
    fs::rename(centre.place.path("centre"), centre.place.path("lost")).unwrap();
}

fn restore(centre: &Centre, more: &str) -> Said {
    let line = format!("--json restore stick --into back --keys centre.keys {more}");
    centre.place.run(&line)
}

/// Runs a command over the restored vault.
fn back(centre: &Centre, who: &str, line: &str) -> Said {
    let flags =
        format!("--vault back --keys centre.keys --as {who} --passphrase-file centre.signin/{who}");
    centre.place.run(&format!("{flags} {line}"))
}

fn records(document: &Value) -> Vec<String> {
    let records = document["records"].as_array().unwrap();
    records
        .iter()
        .map(|record| record["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Everything of a record that does not change by looking at it.
fn shown(said: Said) -> Value {
    let mut shown = said.ok().json();
    shown.as_object_mut().unwrap().remove("receipt");
    shown
}

#[test]
fn everything_comes_back_as_it_was_and_the_history_says_so() {
    let centre = Centre::new();
    let all = records(crate::cli_centre::document());
    let who = ["moira", "priya", "sam"];
    let readable = |id: &String| {
        let line = format!("--json record show {id} --purpose check");
        who.iter()
            .find(|who| centre.run(who, &line).code == 0)
            .copied()
    };
    let before: Vec<(String, &str, Value)> = all
        .iter()
        .filter_map(|id| {
            let who = readable(id)?;
            let line = format!("--json record show {id} --purpose check");
            Some((id.clone(), who, shown(centre.run(who, &line))))
        })
        .collect();
    assert!(before.len() > 3, "{}", before.len());
    centre.anybody("backup to stick").ok();
    lose(&centre);
    let said = restore(&centre, "").ok().json();
    assert_eq!(said["opened"], true);
    assert_eq!(said["taken"], 0);
    for (id, who, value) in &before {
        let line = format!("--json record show {id} --purpose check");
        assert_eq!(&shown(back(&centre, who, &line)), value, "{id}");
    }
    let audit = "--vault back --keys centre.keys --json audit verify";
    assert!(centre.place.run(audit).ok().json()["ok"].as_bool().unwrap());
    // The entry of it is there, and anybody may read what it says.
    let size = said["size"].as_u64().unwrap();
    let disclosed = centre.place.path(format!("back/ledger/admin/{size}.json"));
    let disclosed = fs::read_to_string(disclosed).unwrap();
    assert!(
        disclosed.contains(said["id"].as_str().unwrap()),
        "{disclosed}"
    );
    assert!(!centre.place.path("back/restored").exists());
    assert!(!centre.place.path("back.restoring").exists());
}

#[test]
fn fewer_entries_than_remembered_are_7_and_the_old_disk_has_the_missing_ones() {
    let (centre, made) = backed_up();
    centre
        .run("moira", "case open --title Later --service handover")
        .ok();
    lose(&centre);
    let said = restore(&centre, "").fails(7);
    let error = said.error();
    assert_eq!(error["code"], "went-back");
    let message = error["message"].as_str().unwrap();
    for word in [
        "would be lost",
        "the file beside the keys (of ",
        "--with",
        made["id"].as_str().unwrap(),
    ] {
        assert!(message.contains(word), "{word}: {message}");
    }
    assert!(!centre.place.path("back").exists());
    assert!(!centre.place.path("back.restoring").exists());
    let said = restore(&centre, "--with lost").ok().json();
    assert!(said["taken"].as_u64().unwrap() > 0, "{said}");
    let cases = back(&centre, "moira", "--json case list").ok().json();
    assert!(cases.to_string().contains("Later"), "{cases}");
}

/// The old disk's journal is damaged in its last frame: what is before it is not enough, and is not passed off as
/// enough.
#[test]
fn a_damaged_old_disk_gives_what_it_has_and_no_more_is_claimed() {
    let (centre, _) = backed_up();
    for title in ["One", "Two"] {
        centre
            .run(
                "moira",
                &format!("case open --title {title} --service handover"),
            )
            .ok();
    }
    lose(&centre);
    let journal = files_under(centre.place.path("lost/journal"));
    let last = journal.last().unwrap();
    let mut bytes = fs::read(last).unwrap();
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    bytes[end - 200] ^= 1;
    fs::write(last, &bytes).unwrap();
    assert_eq!(
        restore(&centre, "--with lost").fails(7).error()["code"],
        "went-back"
    );
    // The control: without the damage it is.
    bytes[end - 200] ^= 1;
    fs::write(last, &bytes).unwrap();
    restore(&centre, "--with lost").ok();
}

#[test]
fn this_machine_remembers_too() {
    let (centre, _) = backed_up();
    // The keys come from elsewhere, without what they remembered.
    let seen = fs::read(centre.place.path("centre.keys/seen")).unwrap();
    centre
        .run("moira", "case open --title Later --service handover")
        .ok();
    fs::write(centre.place.path("centre.keys/seen"), &seen).unwrap();
    lose(&centre);
    let said = restore(&centre, "").fails(7);
    let message = said.error()["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains("this machine's own memory (of "),
        "{message}"
    );
    // The control: where nobody remembers more, it is restored.
    let elsewhere = centre.place.path("elsewhere");
    let elsewhere = [("STRONGROOM_STATE", elsewhere.to_str().unwrap())];
    let line = "restore stick --into back --keys centre.keys";
    centre.place.run_with(line, &elsewhere, "").ok();
}

#[test]
fn a_backup_of_another_history_is_6() {
    let centre = Centre::new();
    for name in ["centre", "centre.keys"] {
        copy(
            &centre.place.path(name),
            &centre.place.path(format!("other-{name}")),
        );
    }
    centre
        .run("moira", "case open --title One --service handover")
        .ok();
    let other = "--vault other-centre --keys other-centre.keys";
    let elsewhere = centre.place.path("elsewhere");
    let elsewhere = [("STRONGROOM_STATE", elsewhere.to_str().unwrap())];
    for title in ["Two", "Three", "Four"] {
        let who = "--as moira --passphrase-file centre.signin/moira";
        let line = format!("{other} {who} case open --title {title} --service handover");
        centre.place.run_with(&line, &elsewhere, "").ok();
    }
    centre
        .place
        .run_with(&format!("{other} backup to stick"), &elsewhere, "")
        .ok();
    lose(&centre);
    let said = restore(&centre, "").fails(6);
    assert_eq!(said.error()["code"], "fork");
    assert!(!centre.place.path("back").exists());
    // A place keeps one history: this vault is refused there too.
    fs::rename(centre.place.path("lost"), centre.place.path("centre")).unwrap();
    let said = centre.anybody("--json backup to stick");
    assert!([1, 6, 7].contains(&said.code), "{said:?}");
}

#[test]
fn a_vault_that_still_stands_is_not_restored_beside() {
    let (centre, _) = backed_up();
    let said = restore(&centre, "").fails(1);
    assert_eq!(said.error()["code"], "still-there");
    centre
        .run("moira", "case open --title Later --service handover")
        .ok();
    let said = restore(&centre, "").fails(7);
    assert!(
        said.error()["message"]
            .as_str()
            .unwrap()
            .contains("which is whole"),
        "{said:?}"
    );
    fs::create_dir(centre.place.path("back")).unwrap();
    fs::write(centre.place.path("back/mine"), "something").unwrap();
    assert_eq!(restore(&centre, "").fails(1).error()["code"], "exists");
    let into = "--json restore stick --into centre --keys centre.keys";
    assert_eq!(centre.place.run(into).fails(1).error()["code"], "exists");
}

#[test]
fn a_damaged_backup_is_found_and_refused() {
    let (centre, made) = backed_up();
    lose(&centre);
    let keys = format!("stick/generation/{}/keys", made["generation"]);
    let payload = files_under(centre.place.path("stick/payload")).remove(0);
    let tables = [
        keys.as_str(),
        "stick/journal/00000001.jrn",
        "stick/ledger/vkey",
    ];
    let files = tables.map(|name| centre.place.path(name));
    for file in files.iter().chain([&payload]) {
        let good = fs::read(file).unwrap();
        let mut bad = good.clone();
        let middle = bad.len() / 2;
        bad[middle] ^= 1;
        fs::write(file, &bad).unwrap();
        let verify = centre
            .place
            .run("--json backup verify stick --keys centre.keys")
            .fails(4);
        assert_eq!(verify.error()["code"], "damaged", "{}", file.display());
        let refused = restore(&centre, "").fails(4);
        assert_eq!(refused.error()["code"], "damaged", "{}", file.display());
        assert!(!centre.place.path("back").exists());
        fs::write(file, &good).unwrap();
    }
    // A manifest that cannot be read may be the newest one: it is no reason to take an older one quietly.
    let list = centre.place.run("--json backup list stick").ok().json();
    let id = list[0]["id"].as_str().unwrap().to_owned();
    let manifest = centre.place.path(format!("stick/{id}.json"));
    let good = fs::read_to_string(&manifest).unwrap();
    fs::write(
        &manifest,
        good.replace("\"generation\":", "\"generation\":9"),
    )
    .unwrap();
    restore(&centre, "").fails(4);
    fs::write(&manifest, good).unwrap();
    restore(&centre, "").ok();
}

/// The keys are of a later generation: what the backup opened with is destroyed. Here a removal is played by what
/// the keys remember.
#[test]
fn a_backup_older_than_a_removal_is_7_and_says_what_to_use() {
    let (centre, made) = backed_up();
    lose(&centre);
    let path = centre.place.path("centre.keys/seen");
    let seen = fs::read_to_string(&path).unwrap();
    let later = seen.replace("\"generation\":", "\"generation\":9");
    assert_ne!(later, seen);
    fs::write(&path, later).unwrap();
    let said = restore(&centre, "").fails(7);
    let message = said.error()["message"].as_str().unwrap().to_owned();
    let words = [
        "older than the last removal",
        "must not come back",
        "Use the newest backup",
        made["id"].as_str().unwrap(),
    ];
    for word in words {
        assert!(message.contains(word), "{word}: {message}");
    }
    let line = "--json restore stick --into back --keys centre.keys --with lost";
    assert_eq!(centre.place.run(line).fails(7).error()["code"], "went-back");
    // The control.
    fs::write(&path, seen).unwrap();
    restore(&centre, "").ok();
}

#[test]
fn without_keys_the_files_come_back_and_the_entry_waits_for_them() {
    let (centre, _) = backed_up();
    lose(&centre);
    fs::rename(centre.place.path("centre.keys"), centre.place.path("away")).unwrap();
    let said = centre
        .place
        .run("--json restore stick --into back")
        .ok()
        .json();
    assert_eq!(said["opened"], false);
    assert!(centre.place.path("back/restored").exists());
    fs::rename(centre.place.path("away"), centre.place.path("back.keys")).unwrap();
    let line = "--vault back --as moira --passphrase-file centre.signin/moira case list";
    centre.place.run(line).ok();
    assert!(!centre.place.path("back/restored").exists());
}

/// `docs/backup.md`, "By hand": with nothing but a copy.
#[test]
fn a_copy_of_the_folder_is_a_vault() {
    let (centre, _) = backed_up();
    copy(&centre.place.path("stick"), &centre.place.path("back"));
    for file in files_under(centre.place.path("back")) {
        let name = file.file_name().unwrap().to_str().unwrap();
        if name.starts_with("b_") || ["strongroom-backup", "lock"].contains(&name) {
            fs::remove_file(file).unwrap();
        }
    }
    back(&centre, "moira", "case list").ok();
}

/// What is on a medium that takes no writes can be read all the same.
#[test]
fn a_backup_is_only_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let (centre, _) = backed_up();
    lose(&centre);
    let stamp = |file: &std::path::PathBuf| {
        (
            file.clone(),
            fs::metadata(file).unwrap().modified().unwrap(),
        )
    };
    let before: Vec<_> = files_under(centre.place.path("stick"))
        .iter()
        .map(stamp)
        .collect();
    for (file, _) in &before {
        fs::set_permissions(file, fs::Permissions::from_mode(0o400)).unwrap();
    }
    centre
        .place
        .run("backup verify stick --keys centre.keys")
        .ok();
    centre.place.run("backup list stick").ok();
    restore(&centre, "").ok();
    let after: Vec<_> = files_under(centre.place.path("stick"))
        .iter()
        .map(stamp)
        .collect();
    assert_eq!(before, after);
}
