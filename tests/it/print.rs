//! `record print`: a record on paper is an act of its own, and the paper says which.

use std::fs;

use serde_json::Value;

use crate::cli_centre::Centre;

fn print(centre: &Centre, who: &str, record: &str, more: &str) -> Value {
    let line = format!("record print {record} --purpose check {more}");
    centre.json(who, &line)
}

#[test]
fn what_is_printed_says_who_when_and_in_which_entry() {
    let centre = Centre::new();
    let record = centre.record("kovalenko.json");
    let said = print(
        &centre,
        "moira",
        &record,
        "--pdf one.pdf --centre 'Glan Tywi'",
    );
    let entry = said["entry"].as_u64().unwrap();
    assert!(
        fs::read(centre.place.path("one.pdf"))
            .unwrap()
            .starts_with(b"%PDF-")
    );
    assert!(said["pages"].as_u64().unwrap() > 0);
    let history = centre.json("moira", &format!("record history {record}"));
    let last = history.as_array().unwrap().iter().rev();
    let printed = last.clone().find(|line| line["event"] == "print").unwrap();
    assert_eq!(printed["index"], entry, "{history}");
    if let Some(text) = centre.pdf_text("one.pdf") {
        for word in [
            "moira",
            &entry.to_string(),
            "Glan Tywi",
            "Contact report",
            &record,
        ] {
            assert!(text.contains(word), "{word}: {text}");
        }
        assert!(text.contains("Коваленко"), "{text}");
    }
    // Nothing is written over, and nothing is left of what was not printed.
    let again = format!("record print {record} --purpose check --pdf one.pdf");
    centre.run("moira", &again).fails(1);
    let hidden = centre.record("allegation-harpreet.json");
    let unknown = centre.run("harpreet", &format!("record print {hidden} --pdf two.pdf"));
    let none = centre.run(
        "harpreet",
        "record print r_aaaaaaaaaaaaaaaaaaaaaaaaaa --pdf two.pdf",
    );
    assert_eq!((unknown.code, &unknown.stderr), (3, &none.stderr));
    assert!(!centre.place.path("two.pdf").exists());
}

#[test]
fn what_may_not_leave_is_not_put_on_paper() {
    let centre = Centre::new();
    let certificate = centre.record("dbs-certificate-siqi.json");
    let line = format!("--json record print {certificate} --purpose check --pdf out.pdf");
    let error = centre.run("gethin", &line).fails(3).error();
    assert_eq!(error["rule"], "not-exportable", "{error}");
    assert!(!centre.place.path("out.pdf").exists());
}

#[test]
fn a_paper_names_the_centre_without_being_told() {
    let centre = Centre::new();
    let record = centre.record("llewelyn.json");
    print(&centre, "moira", &record, "--pdf own.pdf");
    print(
        &centre,
        "moira",
        &record,
        "--pdf other.pdf --centre 'Another Name'",
    );
    let [own, other] = ["own.pdf", "other.pdf"].map(|file| centre.pdf_text(file));
    if let (Some(own), Some(other)) = (own, other) {
        let name = "Canolfan Gyswllt Glan Tywi";
        assert!(own.contains(name) && !own.contains("Another Name"), "{own}");
        let head = other.lines().take(3).collect::<String>();
        assert!(
            other.contains("Another Name") && !head.contains(name),
            "{other}"
        );
    }
}

#[test]
fn large_print_and_welsh_words() {
    let centre = Centre::new();
    let record = centre.record("llewelyn.json");
    let small = print(&centre, "moira", &record, "--pdf small.pdf");
    let large = print(&centre, "moira", &record, "--pdf large.pdf --large --welsh");
    assert!(
        large["pages"].as_u64() > small["pages"].as_u64(),
        "{small} {large}"
    );
    assert_eq!(large["warnings"], Value::Array(Vec::new()));
}
