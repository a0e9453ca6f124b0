//! Maps and rows together.

use serde_json::json;

use crate::records::Kind;
use crate::records::Kinds;
use crate::records::sheet::Sheet;
use crate::records::sheet::map::Entry;
use crate::records::sheet::map::Fault;
use crate::records::sheet::map::Map;
use crate::records::sheet::map::guess;

const SHEET: &str = "\
Date of the session;Family;Children;Adults;Role;Room;Start;End;Supervisor;What happened;Type
04/11/2026;Okonkwo-Bell;Ada Bell, Ben Bell;Chidi Okonkwo;father;Red;2pm;3.30pm;Harpreet;They played.;At the centre
11/11/2026;Okonkwo-Bell;Ada Bell;Chidi Okonkwo;father;;14:00;15:30;Harpreet;\"Late; she cried.\";at the centre
";

const MAP: &str = r#"
format = 1
kind = "contact-report"
key = ["Date of the session", "Family"]
case = "Family"

[fields]
session_date = "date of the session"
"children.name" = { column = "Children", split = "," }
"attendees.name" = "Adults"
"attendees.role" = "Role"
venue = { column = "Room", otherwise = "Not written down" }
started = "Start"
ended = "End"
supervisor = "Supervisor"
narrative = "What happened"
contact_type = { column = "Type", choices = { "at the Centre" = "supervised" } }
declaration = { always = "seen-and-heard" }
"#;

fn kind() -> &'static Kind {
    Kinds::builtin().find("contact-report").unwrap()
}

fn entries(sheet: &str, map: &str) -> Result<Vec<Entry>, Vec<Fault>> {
    let sheet = Sheet::read(sheet.as_bytes(), None).unwrap();
    let map = Map::parse(map).unwrap();
    map.fit(kind(), &sheet).unwrap().entries()
}

fn says(sheet: &str, map: &str) -> Vec<String> {
    let faults = entries(sheet, map).unwrap_err();
    faults
        .into_iter()
        .map(|fault| format!("{}: {}", fault.line, fault.says))
        .collect()
}

#[test]
fn rows_become_forms_that_their_kind_accepts() {
    let entries = entries(SHEET, MAP).unwrap();
    assert_eq!(entries.len(), 2);
    let first = &entries[0];
    assert_eq!(
        (first.line, first.case.as_deref()),
        (2, Some("Okonkwo-Bell"))
    );
    assert_eq!(first.form["session_date"], "2026-11-04");
    assert_eq!(first.form["started"], "14:00");
    assert_eq!(
        first.form["children"],
        json!([{"name": "Ada Bell"}, {"name": "Ben Bell"}])
    );
    assert_eq!(
        first.form["attendees"],
        json!([{"name": "Chidi Okonkwo", "role": "father"}])
    );
    assert_eq!(first.form["contact_type"], "supervised");
    assert_eq!(entries[1].form["venue"], "Not written down");
    for entry in &entries {
        kind().check(&entry.form).unwrap();
    }
}

#[test]
fn a_row_is_told_by_its_key_alone_and_by_all_of_it_without_one() {
    let source = |sheet: &str, map: &str| entries(sheet, map).unwrap()[0].source.clone();
    let corrected = SHEET.replace("They played.", "They played a game.");
    let keyless = MAP.replace("key = [\"Date of the session\", \"Family\"]", "");
    assert_eq!(source(SHEET, MAP), source(&corrected, MAP));
    assert_ne!(source(SHEET, &keyless), source(&corrected, &keyless));
    assert_ne!(source(SHEET, MAP), entries(SHEET, MAP).unwrap()[1].source);
    // Where a cell ends and the next begins makes a difference.
    let shifted = SHEET.replace("04/11/2026;Okonkwo", "04/11/2026 ;Okonkwo");
    assert_eq!(
        source(SHEET, MAP),
        source(&shifted, MAP),
        "white space does not count"
    );
    let moved = MAP.replace(
        "[\"Date of the session\", \"Family\"]",
        "[\"Family\", \"Date of the session\"]",
    );
    assert_ne!(source(SHEET, MAP), source(SHEET, &moved));
}

#[test]
fn what_is_wrong_names_line_column_and_rule_and_repeats_no_cell() {
    let bad = SHEET
        .replace("04/11/2026", "31/02/2026")
        .replace("2pm", "secret o'clock");
    let said = says(&bad, MAP);
    assert!(
        said[0].starts_with("2: \"Date of the session\" (`session_date`) must be a day"),
        "{said:?}"
    );
    let bad = SHEET
        .replace("2pm", "secret o'clock")
        .replace("Ada Bell, Ben Bell", "");
    let said = says(&bad, MAP);
    assert!(
        said.iter()
            .any(|one| one.contains("\"Start\" (`started`) must be a time")),
        "{said:?}"
    );
    assert!(
        said.iter()
            .any(|one| one.contains("such as `children.name`")),
        "{said:?}"
    );
    assert!(!said.concat().contains("secret"), "{said:?}");
    let twice = SHEET.replace("11/11/2026", "4 Nov 2026");
    assert!(entries(&twice, MAP).is_ok(), "the key is what stands there");
    let twice = SHEET.replace("11/11/2026", "04/11/2026");
    let said = says(&twice, MAP);
    assert_eq!(said.len(), 1);
    assert!(
        said[0].starts_with("3: is by its key the same as line 2"),
        "{said:?}"
    );
}

#[test]
fn a_map_that_does_not_fit_says_where() {
    let sheet = Sheet::read(SHEET.as_bytes(), None).unwrap();
    let faults = |map: &str| Map::parse(map).unwrap().fit(kind(), &sheet).unwrap_err();
    let wrong = MAP
        .replace("column = \"Room\"", "column = \"Rooms\"")
        .replace("supervisor =", "superviser =")
        .replace("\"attendees.role\" = \"Role\"", "attendees = \"Role\"")
        .replace("{ always = \"seen-and-heard\" }", "{ split = \";\" }");
    let said = faults(&wrong).join("\n");
    for word in [
        "did you mean \"Room\"",
        "did you mean `supervisor`",
        "`attendees.name`",
        "either a column or an `always`",
    ] {
        assert!(said.contains(word), "{word}: {said}");
    }
    assert!(
        faults(&MAP.replace("contact-report", "complaint"))[0].contains("not `contact-report`")
    );
    for (text, word) in [
        ("format = 2\nkind = \"a\"", "format 2"),
        ("format = 1\nkind = 3", "line 2"),
        ("colums = 1", "line 1"),
    ] {
        assert!(Map::parse(text).unwrap_err().contains(word), "{text}");
    }
}

#[test]
fn a_guessed_map_reads_and_names_what_is_left() {
    let sheet = Sheet::read(SHEET.as_bytes(), None).unwrap();
    let text = guess::guess(kind(), &sheet);
    for line in [
        "session_date = \"Date of the session\"",
        "\n# \"children.name\" = \"\"",
        "# Columns that nothing here uses: \"Family\", \"Children\"",
        "# Fields that may stay empty\n",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    // Of a group that may be left out nothing is needed.
    let (needed, optional) = text.split_once("# Fields that may stay empty").unwrap();
    assert!(
        !needed.contains("quotes") && optional.contains("quotes"),
        "{text}"
    );
    Map::parse(&text).unwrap().fit(kind(), &sheet).unwrap();
}

proptest::proptest! {
    /// Any text at all is a sheet and a map, or is refused in words.
    #[test]
    fn any_map_is_read_or_refused(text in "\\PC{0,200}") {
        drop(Map::parse(&text));
        drop(Map::parse(&format!("format = 1\nkind = \"contact-report\"\n[fields]\nvenue = {text}")));
    }
}
