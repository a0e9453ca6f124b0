//! Whose vault it is: said once, at its founding, and known from then on to its people, its papers and its calendar;
//! and to nobody who has only its files.

use std::fs;

use serde_json::Value;

use crate::cli_run::Place;
use crate::common::files_under;

const NAME: &str = "Ffynnon Quillhaven Centre";
const ADA: &str = "--as ada --passphrase-file pass --json";

/// A Scottish centre with a complaint that nobody has acknowledged since Christmas Eve.
fn founded() -> Place {
    let place = Place::new();
    place.write("pass", "a passphrase of my own");
    place
        .run(&format!(
            "init vault --centre '{NAME}' --nation scotland --admin ada --passphrase-file pass"
        ))
        .ok();
    let mut form = crate::centre_kit::form("complaint");
    let fields = form.as_object_mut().unwrap();
    for field in ["acknowledged", "outcome", "resolved", "closed", "handler"] {
        fields.remove(field);
    }
    fields.insert("received".to_owned(), "2024-12-24".into());
    place.write("complaint.json", form.to_string());
    let add = "record add --kind complaint --from complaint.json";
    place.run(&format!("--vault vault {ADA} {add}")).ok();
    place
}

/// By when the complaint is to be acknowledged. In Scotland 2 January is a holiday too.
fn acknowledged(place: &Place, vault: &str, more: &str) -> String {
    let line = format!("--vault {vault} {ADA} due {more}");
    let all = place.run(&line).ok().json();
    let mut all = all.as_array().unwrap().iter();
    let one = all.find(|one| one["what"] == "acknowledge").unwrap();
    one["due"].as_str().unwrap().to_owned()
}

const SCOTTISH: &str = "2025-01-06";
const ENGLISH: &str = "2025-01-03";

#[test]
fn what_is_due_goes_by_the_centre_s_own_holidays() {
    let place = founded();
    assert_eq!(acknowledged(&place, "vault", ""), SCOTTISH);
    for nation in ["england-and-wales", "england", "wales"] {
        let more = format!("--nation {nation}");
        assert_eq!(acknowledged(&place, "vault", &more), ENGLISH, "{nation}");
    }
    let calendar = |file: &str, more: &str| {
        let line = format!("--vault vault {ADA} calendar --out {file} {more}");
        place.run(&line).ok();
        fs::read_to_string(place.path(file)).unwrap()
    };
    assert!(calendar("own.ics", "").contains("20250106"));
    assert!(calendar("other.ics", "--nation wales").contains("20250103"));
    let refused = "init other --centre Other --nation france --admin ada --passphrase-file pass";
    place.run(refused).fails(2);
    assert!(!place.path("other").exists());
}

#[test]
fn no_file_names_the_centre() {
    let place = founded();
    place.run(&format!("--vault vault {ADA} due")).ok();
    place.run("--vault vault audit export exported").ok();
    assert_eq!(naming(&place), Vec::<String>::new());
    // The planted control: one file that does.
    place.write("vault/journal/note", format!("for {NAME}"));
    assert_eq!(naming(&place), ["note"]);
}

/// The files that tell of the centre.
fn naming(place: &Place) -> Vec<String> {
    let mut found = Vec::new();
    for file in files_under(place.path("")) {
        let bytes = fs::read(&file).unwrap();
        let tells = ["Quillhaven", "scotland"].iter().any(|word| {
            let mut parts = bytes.windows(word.len());
            parts.any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
        });
        if tells {
            found.push(file.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
    found
}

#[test]
fn it_is_known_after_a_turn_and_in_what_is_restored() {
    let place = founded();
    place.run("--vault vault backup to stick").ok();
    place.run("--vault vault vault turn").ok();
    assert_eq!(acknowledged(&place, "vault", ""), SCOTTISH);
    place.run("--vault vault backup to stick").ok();
    let checked: Value = place.run("--json backup verify stick").ok().json();
    assert!(checked.is_object(), "{checked}");
    fs::rename(place.path("vault"), place.path("lost")).unwrap();
    place
        .run("restore stick --into back --keys vault.keys")
        .ok();
    let keys = "back --keys vault.keys";
    assert_eq!(acknowledged(&place, keys, ""), SCOTTISH);
}
