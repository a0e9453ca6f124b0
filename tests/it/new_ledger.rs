//! Entries that are lost for good: two trustees begin a new ledger with what was recovered, every computer that
//! had seen more is told once, and nothing else is ever taken for it.

use std::fs;

use serde_json::Value;

use crate::cli_centre::Centre;
use crate::cli_run::Said;
use crate::common::have;

const PAIR: &str = "--share centre.shares/Farhana_Akter-Soren_odegard.age \
                    --sheet centre.shares/Farhana_Akter.txt --sheet centre.shares/Soren_odegard.txt";

/// A demo centre that was backed up, has moved on, and is lost; Moira's computer has seen its last entry, Priya's
/// only what the backup has.
fn lost() -> Centre {
    let centre = Centre::new();
    at(&centre, "priya", "--vault centre", "case list").ok();
    centre.anybody("backup to stick").ok();
    let line = "case open --title Later --service handover";
    at(&centre, "moira", "--vault centre", line).ok();
    fs::remove_dir_all(centre.place.path("centre")).unwrap();
    centre
}

/// Runs a command as somebody at a computer of their own.
fn at(centre: &Centre, who: &str, vault: &str, line: &str) -> Said {
    let line = format!("{vault} --as {who} --passphrase-file centre.signin/{who} {line}");
    let state = format!("state-{who}");
    centre
        .place
        .run_with(&line, &[("STRONGROOM_STATE", &state)], "")
}

fn restore(centre: &Centre, more: &str) -> Said {
    let line = format!("--json restore stick --into back --keys centre.keys {more}");
    centre.place.run(&line)
}

const BACK: &str = "--vault back --keys centre.keys";

fn back(centre: &Centre, who: &str, line: &str) -> Said {
    at(centre, who, BACK, line)
}

fn refused(centre: &Centre, code: i32, more: &str) -> Value {
    let error = restore(centre, more).fails(code).error();
    for name in ["back", "back.restoring", "centre.keys/ledger.key.next"] {
        assert!(!centre.place.path(name).exists(), "{name}: {error}");
    }
    error
}

#[test]
fn two_trustees_go_on_without_what_is_lost_and_everybody_is_told_once() {
    let centre = lost();
    let error = refused(&centre, 7, "");
    let says = error["message"].as_str().unwrap();
    assert!(says.contains("--new-ledger"), "{says}");
    let keys = || fs::read_to_string(centre.place.path("centre.keys/ledger.key")).unwrap();
    let old = keys();

    let said = restore(&centre, &format!("--new-ledger {PAIR}"))
        .ok()
        .json();
    let (size, anew) = (said["size"].as_u64().unwrap(), &said["new_ledger"]);
    assert_eq!((&anew["number"], &anew["size"]), (&1.into(), &size.into()));
    assert!(anew["lost"].as_u64().unwrap() >= 2, "{said}");
    assert_ne!(keys(), old);
    assert!(!centre.place.path("centre.keys/ledger.key.next").exists());
    let disclosed = format!("back/ledger/admin/{size}.json");
    let disclosed = fs::read_to_string(centre.place.path(disclosed)).unwrap();
    assert!(
        disclosed.contains(anew["origin"].as_str().unwrap()),
        "{disclosed}"
    );
    centre.place.run(&format!("{BACK} audit verify")).ok();

    // Moira's computer has seen entries that are gone, and says so to her once; Priya's has not.
    let first = back(&centre, "moira", "case list").ok();
    assert!(first.stderr.contains("file it again"), "{}", first.stderr);
    assert!(
        first.stderr.contains(&format!("entry {size}")),
        "{}",
        first.stderr
    );
    for who in ["moira", "priya"] {
        let said = back(&centre, who, "case list").ok();
        assert!(!said.stderr.contains("file it again"), "{}", said.stderr);
        assert!(!said.stdout.contains("Later"), "{}", said.stdout);
    }
    // Who never met the vault meets it as it is.
    back(&centre, "efa", "case list").ok();

    // The keys were changed at once, because the old ledger key is in every share of them.
    let doctor = centre
        .place
        .run(&format!("{BACK} --json doctor"))
        .ok()
        .json();
    assert_eq!(doctor["ok"], true, "{doctor}");
    assert!(centre.place.path("back/generation/3").exists(), "a turn");

    // It is backed up to the same folder, and comes back from there in the new ledger, without anybody's decision.
    centre.place.run(&format!("{BACK} backup to stick")).ok();
    centre
        .place
        .run(&format!("{BACK} backup verify stick"))
        .ok();
    centre
        .place
        .run(&format!("{BACK} backup rehearse stick"))
        .ok();
    centre.place.run(&format!("{BACK} backup to stick")).ok();
    fs::remove_dir_all(centre.place.path("back")).unwrap();
    let again = restore(&centre, "").ok().json();
    assert!(again["new_ledger"].is_null(), "{again}");
    back(&centre, "moira", "case list").ok();
}

#[test]
fn what_is_recovered_of_the_old_disk_is_not_lost() {
    let centre = Centre::new();
    centre.anybody("backup to stick").ok();
    let open = |title: &str| {
        let line = format!("case open --title {title} --service handover");
        at(&centre, "moira", "--vault centre", &line).ok();
        let segments = fs::read_dir(centre.place.path("centre/journal")).unwrap();
        let written =
            |path: &std::path::PathBuf| fs::read(path).unwrap().iter().any(|byte| *byte != 0);
        let segment = segments
            .map(|one| one.unwrap().path())
            .filter(written)
            .max()
            .unwrap();
        let bytes = fs::read(&segment).unwrap();
        let end = bytes.iter().rposition(|byte| *byte != 0).unwrap();
        (segment.file_name().unwrap().to_owned(), bytes, end)
    };
    let (_, _, end) = open("Later");
    let (segment, mut bytes, _) = open("Latest");
    fs::rename(centre.place.path("centre"), centre.place.path("old")).unwrap();
    // The old disk cannot be read after the first of them.
    bytes[end + 200] ^= 1;
    fs::write(centre.place.path("old/journal").join(segment), bytes).unwrap();
    restore(&centre, "--with old").fails(7);
    let said = restore(&centre, &format!("--with old --new-ledger {PAIR}"))
        .ok()
        .json();
    let taken = said["taken"].as_u64().unwrap();
    let size = said["size"].as_u64().unwrap() + taken;
    assert!(taken > 0, "{said}");
    assert_eq!(said["new_ledger"]["size"], size);
    let cases = back(&centre, "moira", "case list").ok().stdout;
    assert!(
        cases.contains("Later") && !cases.contains("Latest"),
        "{cases}"
    );
}

#[test]
fn nobody_but_two_present_trustees_begins_one_and_only_where_something_is_lost() {
    let centre = lost();
    for (code, more, word) in [
        (2, "--new-ledger", "--share"),
        (2, PAIR, "--new-ledger"),
        (
            1,
            "--new-ledger --share centre.shares/Farhana_Akter.txt --sheet a --sheet b",
            "a",
        ),
    ] {
        let error = refused(&centre, code, more);
        assert!(error.to_string().contains(word), "{error}");
    }
    // A vault of another centre has trustees of its own.
    centre
        .place
        .write("words", "ferret kettle walrus basil anchor\n");
    let init = "init other --centre Other --admin ada --trustee Ada --trustee Ben";
    centre
        .place
        .run(&format!("{init} --passphrase-file words"))
        .ok();
    let other = "--new-ledger --share other.shares/Ada-Ben.age --sheet other.shares/Ada.txt --sheet \
                 other.shares/Ben.txt";
    assert_eq!(refused(&centre, 1, other)["code"], "other-shares");
    // Where nobody remembers more there is nothing to decide, unless a head from elsewhere shows it.
    let seen = centre.place.path("centre.keys/seen");
    let kept = fs::read(&seen).unwrap();
    fs::remove_file(&seen).unwrap();
    assert_eq!(
        refused(&centre, 1, &format!("--new-ledger {PAIR}"))["code"],
        "nothing-lost"
    );
    let logs = fs::read_dir(centre.place.path("state-moira/known_logs")).unwrap();
    let note = logs
        .map(|one| one.unwrap().path().join("checkpoint"))
        .next()
        .unwrap();
    let remembered = format!("--remembered {}", note.display());
    assert_eq!(refused(&centre, 7, &remembered)["code"], "went-back");
    centre.place.write("no-note", "strongroom.invalid/x\n1\n\n");
    assert_eq!(
        refused(&centre, 1, "--remembered no-note")["code"],
        "not-a-head"
    );
    fs::write(&seen, kept).unwrap();
    restore(&centre, &format!("{remembered} --new-ledger {PAIR}")).ok();
    back(&centre, "moira", "case list").ok();
}

#[test]
fn a_power_cut_while_it_begins_leaves_a_vault_that_opens() {
    let centre = lost();
    restore(&centre, &format!("--new-ledger {PAIR}")).ok();
    // The files as they are when the power goes after the folder has its name, and before the key has its own.
    let keys = centre.place.path("centre.keys");
    let (now, next) = (keys.join("ledger.key"), keys.join("ledger.key.next"));
    fs::rename(&now, &next).unwrap();
    fs::copy(centre.place.path("other.key"), &now).unwrap_or_default();
    let log = strongroom::ledger::LogKey::generate("strongroom.invalid/old").unwrap();
    fs::write(&now, log.to_text().as_bytes()).unwrap();
    centre.place.run(&format!("{BACK} audit verify")).ok();
    assert!(next.exists(), "a look changes nothing");
    back(&centre, "moira", "case list").ok();
    assert!(!next.exists());
    // Without the key nothing is opened, and it says which is missing.
    fs::write(&now, log.to_text().as_bytes()).unwrap();
    let said = back(&centre, "moira", "case list").fails(1);
    assert!(said.stderr.contains("begun anew"), "{}", said.stderr);
}

#[test]
fn statements_that_the_root_key_did_not_sign_are_damage() {
    let centre = lost();
    restore(&centre, &format!("--new-ledger {PAIR}")).ok();
    let path = centre.place.path("back/succession");
    let text = fs::read_to_string(&path).unwrap();
    let changed = text.replacen("\"seen_size\":", "\"seen_size\":1", 1);
    assert_ne!(changed, text);
    for bad in [changed, String::new(), format!("{text}{text}")] {
        fs::write(&path, bad).unwrap();
        back(&centre, "moira", "case list").fails(4);
    }
    fs::remove_file(&path).unwrap();
    assert!([1, 4].contains(&back(&centre, "moira", "case list").code));
    fs::write(&path, text).unwrap();
    back(&centre, "moira", "case list").ok();
}

#[test]
fn the_second_verifier_follows_the_root_key_to_the_new_ledger() {
    if !have("python3", "--version") || !have("openssl", "version") {
        return;
    }
    let centre = lost();
    restore(&centre, &format!("--new-ledger {PAIR}")).ok();
    back(&centre, "farhana", "audit export out").ok();
    let script = std::env::current_dir()
        .unwrap()
        .join("docs/verify/verify.py");
    let note = |who: &str, last: bool| {
        let logs = fs::read_dir(centre.place.path(format!("state-{who}/known_logs"))).unwrap();
        let mut notes: Vec<_> = logs
            .map(|one| one.unwrap().path().join("checkpoint"))
            .collect();
        notes.retain(|path| fs::read_to_string(path).is_ok());
        let vkey = fs::read_to_string(centre.place.path("out/vkey")).unwrap();
        let origin = vkey.split('+').next().unwrap().to_owned();
        notes.retain(|path| fs::read_to_string(path).unwrap().starts_with(&origin) == last);
        notes.pop().unwrap()
    };
    let verify = |note: &std::path::Path| {
        let output = centre
            .place
            .program_named("python3")
            .env("PATH", std::env::var_os("PATH").unwrap())
            .arg("-B")
            .arg(&script)
            .args(["directory", "out", "--vkey", "out/vkey", "--remembered"])
            .arg(note)
            .output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        (output.status.code().unwrap(), said)
    };
    // A head of the ledger before: all of it is there, or what is lost is what the root key says.
    let (code, said) = verify(&note("priya", false));
    assert_eq!(code, 0, "{said}");
    let (code, said) = verify(&note("moira", false));
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("lost"), "{said}");
    // Planted: without the root's statement the same head is another ledger's.
    fs::remove_file(centre.place.path("out/succession")).unwrap();
    let (code, said) = verify(&note("moira", false));
    assert_ne!(code, 0, "{said}");
}
