//! `strongroom import --csv`: a register moves in, once, however often it is run.

use std::fs;

use serde_json::Value;

use crate::cli_centre::Centre;
use crate::cli_run::Said;

const MAP: &str = r#"
format = 1
kind = "contact-report"
key = ["Date", "Family"]
case = "Family"
attach = "Scan"

[fields]
session_date = "Date"
"children.name" = { column = "Children", split = "," }
"attendees.name" = "Adults"
"attendees.role" = { always = "father" }
venue = "Room"
started = "Start"
ended = "End"
supervisor = { always = "Harpreet" }
narrative = "Said"
contact_type = { always = "supervised" }
declaration = { always = "seen-and-heard" }
"#;

const HEAD: &str = "Date,Family,Children,Adults,Room,Start,End,Said,Scan\r\n";

/// A row for the session of this day of August, with its own words.
fn row(day: usize, family: &str, scan: &str) -> String {
    format!(
        "{day:02}/08/2026,{family},\"Ada, Ben\",Chidi,Red,2pm,3.30pm,Invented words {day},{scan}\r\n"
    )
}

fn centre() -> Centre {
    let centre = Centre::new();
    centre.place.write("map.toml", MAP);
    centre
}

fn import(centre: &Centre, who: &str, more: &str) -> Said {
    let line = format!("--json import --csv reg.csv --kind contact-report --map map.toml {more}");
    centre.run(who, &line)
}

fn counts(said: Said) -> (u64, u64) {
    let said = said.ok().json();
    let count = |name: &str| said[name].as_u64().unwrap();
    (count("filed"), count("already"))
}

fn of_case(centre: &Centre, key: &str) -> Vec<Value> {
    let line = format!("record list --case {}", centre.case(key));
    let all = centre.json("moira", &line);
    let august = |one: &&Value| one["title"].as_str().unwrap().contains("August 2026");
    all.as_array()
        .unwrap()
        .iter()
        .filter(august)
        .cloned()
        .collect()
}

#[test]
fn each_row_once_however_often_it_is_run_and_by_whom() {
    let centre = centre();
    let rows: String = (1..=4).map(|day| row(day, "okonkwo-bell", "")).collect();
    centre.place.write("reg.csv", format!("{HEAD}{rows}"));
    let tried = import(&centre, "moira", "--dry-run").ok().json();
    assert_eq!(
        (&tried["would_file"], &tried["already"]),
        (&4.into(), &0.into())
    );
    assert!(of_case(&centre, "okonkwo-bell").is_empty());
    assert_eq!(counts(import(&centre, "moira", "")), (4, 0));
    assert_eq!(counts(import(&centre, "moira", "")), (0, 4));
    // By somebody else, with a row more, in another order, one of them corrected in the sheet and in the vault.
    let rows: String = [5, 4, 3, 2, 1]
        .map(|day| row(day, "Okonkwo-Bell", ""))
        .concat();
    let rows = rows.replace("Invented words 2", "Other words");
    centre.place.write("reg.csv", format!("{HEAD}{rows}"));
    let one = of_case(&centre, "okonkwo-bell")[0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut form =
        centre.json("moira", &format!("record show {one} --purpose check"))["fields"].clone();
    form["venue"] = "Blue".into();
    centre.place.write("form.json", form.to_string());
    let line =
        format!("record amend {one} --from form.json --reason \"the room\"").replace('"', "'");
    centre.run("moira", &line).ok();
    fs::copy(
        centre.place.path("centre.signin/moira"),
        centre.place.path("centre.signin/nia"),
    )
    .unwrap();
    let nia = "user add nia --role coordinator --new-passphrase-file centre.signin/nia";
    centre.run("moira", nia).ok();
    assert_eq!(counts(import(&centre, "nia", "")), (1, 4));
    assert_eq!(of_case(&centre, "okonkwo-bell").len(), 5);
    // A register without a key is told by all of each row: what was corrected in it is another row.
    let keyless = MAP.replace("key = [\"Date\", \"Family\"]", "");
    centre.place.write("map.toml", keyless);
    let tried = import(&centre, "nia", "--dry-run").ok().json();
    assert_eq!(tried["would_file"], 5);
}

#[test]
fn scans_beside_the_sheet_come_in_with_their_rows() {
    let centre = centre();
    centre.place.write("scans/one.pdf", b"%PDF-1.4 invented");
    let rows = row(1, "Okonkwo-Bell", "scans/one.pdf") + &row(2, "Okonkwo-Bell", "");
    centre.place.write("reg.csv", format!("{HEAD}{rows}"));
    let said = import(&centre, "moira", "").ok().json();
    let id = said["records"][0]["id"].as_str().unwrap();
    centre
        .run(
            "moira",
            &format!("record attachment {id} one.pdf --out out.pdf --purpose check"),
        )
        .ok();
    assert_eq!(
        fs::read(centre.place.path("out.pdf")).unwrap(),
        b"%PDF-1.4 invented"
    );
    for (scan, word) in [
        ("../centre.keys/ledger.key", "beside the sheet"),
        ("/etc/passwd", "beside the sheet"),
        ("scans/none.pdf", "scans/none.pdf"),
        ("map.toml", "map.toml"),
    ] {
        centre
            .place
            .write("reg.csv", format!("{HEAD}{}", row(3, "Okonkwo-Bell", scan)));
        let error = import(&centre, "moira", "").fails(1).error();
        assert_eq!(error["code"], "attachment");
        assert!(error.to_string().contains(word), "{error}");
    }
    assert_eq!(of_case(&centre, "okonkwo-bell").len(), 2);
}

#[test]
fn one_mistake_and_nothing_is_filed() {
    let centre = centre();
    let good = row(1, "Okonkwo-Bell", "");
    for (rows, code, word) in [
        (
            format!("{good}{}", row(2, "Nobody", "")),
            "case",
            "line 3: you have no such case",
        ),
        (
            format!("{good}{}", row(32, "Okonkwo-Bell", "")),
            "form",
            "line 3: \\\"Date\\\"",
        ),
        (
            format!("{good}{good}"),
            "form",
            "line 3: is by its key the same as line 2",
        ),
        ("\u{0}\u{1}".to_owned(), "sheet", "CSV UTF-8"),
    ] {
        centre.place.write("reg.csv", format!("{HEAD}{rows}"));
        let error = import(&centre, "moira", "").fails(1).error();
        assert_eq!(error["code"], code, "{error}");
        assert!(error.to_string().contains(word), "{error}");
        assert!(!error.to_string().contains("Invented words"), "{error}");
    }
    assert!(of_case(&centre, "okonkwo-bell").is_empty());
    // A supported case takes no contact reports, and the refusal is the service's own.
    centre
        .place
        .write("reg.csv", format!("{HEAD}{}", row(1, "Tŷ-Coch Parry", "")));
    import(&centre, "moira", "").fails(1);
    for line in [
        "import",
        "import --csv reg.csv --kind contact-report",
        "import x --kind contact-report",
    ] {
        centre.run("moira", line).fails(2);
    }
}

#[test]
fn a_map_to_begin_with_is_written_once() {
    let centre = centre();
    centre
        .place
        .write("reg.csv", format!("{HEAD}{}", row(1, "Okonkwo-Bell", "")));
    let line = "import --csv reg.csv --kind contact-report --new-map new.toml";
    centre.run("moira", line).ok();
    let text = fs::read_to_string(centre.place.path("new.toml")).unwrap();
    assert!(text.contains("kind = \"contact-report\""), "{text}");
    centre.run("moira", line).fails(1);
}

#[test]
fn nothing_of_a_row_is_on_the_disk_but_the_sheet() {
    let centre = centre();
    let rows: String = (1..=3).map(|day| row(day, "Okonkwo-Bell", "")).collect();
    let sheet = format!("{HEAD}{rows}");
    centre.place.write("reg.csv", &sheet);
    let said = import(&centre, "moira", "").ok().json();
    let read = strongroom::records::sheet::Sheet::read(sheet.as_bytes(), None).unwrap();
    let map = strongroom::records::sheet::map::Map::parse(MAP).unwrap();
    let kind = strongroom::records::Kinds::builtin()
        .find("contact-report")
        .unwrap();
    let entries = map.fit(kind, &read).unwrap().entries().unwrap();
    let mut wanted: Vec<String> = entries.into_iter().map(|entry| entry.source).collect();
    wanted.push("Invented words".to_owned());
    for folder in ["centre", "centre.keys", "state"] {
        for path in crate::common::files_under(centre.place.path(folder)) {
            let bytes = fs::read(&path).unwrap();
            for word in &wanted {
                let found = bytes
                    .windows(word.len())
                    .any(|part| part == word.as_bytes());
                assert!(!found, "{word} in {}", path.display());
            }
        }
    }
    assert_eq!(said["filed"], 3);
}

/// A cupboard: folders called like cases, scans with names that say what they are.
#[test]
fn a_cupboard_of_scans_moves_in_once() {
    let centre = centre();
    let names = "--names '{case}/{document_date} {sort} {people.name} - {title}'";
    let import = |more: &str| {
        let line = format!("--json import --scans box --kind scanned-document {names} {more}");
        centre.run("moira", &line)
    };
    let pdf = b"%PDF-1.4 invented";
    for name in [
        "2021-04-17 letter Zofia Wiśniewska - From the court",
        "2021-05-02 note Zofia - Of a call",
    ] {
        centre
            .place
            .write(&format!("box/Okonkwo-Bell/{name}.pdf"), pdf);
    }
    centre.place.write("box/Thumbs.db", "noise");
    centre.place.write("box/.hidden", "noise");
    // One that no name could describe has its form beside it.
    let form = "document_date = 2020-01-01\nsort = \"drawing\"\ntitle = \"A house\"\npeople = [{ name = \"Ada\" }]\n";
    centre.place.write("box/odd.jpg", b"\xff\xd8\xff invented");
    assert_eq!(import("").fails(1).error()["code"], "form");
    centre.place.write("box/odd.jpg.toml", form);
    let tried = import("--dry-run").ok().json();
    assert_eq!(tried["would_file"], 3);
    let said = import("").ok().json();
    assert_eq!((&said["filed"], &said["already"]), (&3.into(), &0.into()));
    let filed = said["records"].as_array().unwrap();
    let odd = filed.iter().find(|one| one["file"] == "odd.jpg").unwrap();
    assert!(odd["case"].is_null() || odd.get("case").is_none(), "{odd}");
    centre
        .place
        .write("box/Okonkwo-Bell/2021-06-01 note Ada - Later.txt", "words");
    let said = import("").ok().json();
    assert_eq!((&said["filed"], &said["already"]), (&1.into(), &3.into()));
    let titles = centre.json(
        "moira",
        &format!("record list --case {}", centre.case("okonkwo-bell")),
    );
    assert!(titles.to_string().contains("From the court"), "{titles}");
    for (name, code) in [("box/tool.exe", "attachment"), ("box/unnamed.pdf", "form")] {
        let path = centre.place.write(name, "x");
        let error = import("").fails(1).error();
        assert_eq!(error["code"], code);
        assert!(
            error.to_string().contains(name.trim_start_matches("box/")),
            "{error}"
        );
        fs::remove_file(path).unwrap();
    }
}
