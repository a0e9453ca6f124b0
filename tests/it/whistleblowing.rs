//! A whistleblower's report is its handler's alone: not in an emergency, not for who filed it, and for whom it is
//! about it does not exist. Where nobody with an account is named as handler, it is the trustees'.

use serde_json::json;

use crate::centre_kit::Centre;
use crate::centre_kit::PEOPLE;
use crate::centre_kit::filing;
use crate::centre_kit::unknown;

/// Files one; gives its id, and what the filer was warned of.
fn filed(centre: &Centre, handler: &str) -> (String, Vec<String>) {
    let mut report = filing("whistleblowing", None);
    report.form["handler"] = json!(handler);
    report.about = vec!["cora".to_owned()];
    let filed = centre.desk("vera").file(&report).unwrap();
    (filed.id.to_string(), filed.warnings)
}

/// Who opens it, and nobody else learns that it is there.
fn readers(centre: &Centre, record: &str) -> Vec<&'static str> {
    let mut readers = Vec::new();
    for (who, ..) in PEOPLE {
        let mut desk = centre.desk(who);
        match desk.record(record, None, Some("to look into it"), 80) {
            Ok(_) => readers.push(*who),
            other => unknown(other),
        }
        let (listed, _) = desk.records(None, 0).unwrap();
        let seen = listed.iter().any(|line| line.id.to_string() == record);
        assert_eq!(seen, readers.contains(who), "{who}");
    }
    readers
}

#[test]
fn only_its_handler_reads_it() {
    let centre = Centre::new();
    let (record, warnings) = filed(&centre, "otto");
    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!(readers(&centre, &record), ["otto"]);
    unknown(
        centre
            .desk("saf")
            .break_glass(&record, "a child is at risk", 80),
    );
}

#[test]
fn without_a_handler_it_is_the_trustees_() {
    let centre = Centre::new();
    let (record, warnings) = filed(&centre, "Somebody Elsewhere");
    assert!(warnings[0].contains("trustees"), "{warnings:?}");
    assert_eq!(readers(&centre, &record), ["tess"]);
    filed(&centre, "otto");
    let differences = centre.desk("dpl").check_access().unwrap().differences;
    assert!(
        differences.is_empty(),
        "keys and policy agree: {differences:?}"
    );
    unknown(
        centre
            .desk("saf")
            .break_glass(&record, "a child is at risk", 80),
    );
}
