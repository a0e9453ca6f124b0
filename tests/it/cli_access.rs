//! `strongroom access`, `errands`, and changing whom a record is open to.

use serde_json::json;

use crate::cli_centre::Centre;
use crate::cli_run::keys;

fn owned(who: &'static str, line: impl Into<String>) -> (&'static str, String) {
    (who, line.into())
}

/// The id of the first record of a kind that somebody may see.
fn record(centre: &Centre, who: &str, kind: &str) -> String {
    let list = centre.json(who, "record list");
    let mut all = list.as_array().unwrap().iter();
    let found = all.find(|one| one["kind"] == kind).unwrap();
    found["id"].as_str().unwrap().to_owned()
}

#[test]
fn guarding_for_people() {
    let centre = Centre::new();
    let report = record(&centre, "moira", "contact-report");
    insta::assert_snapshot!(
        "access",
        centre.transcript(&[
            owned("moira", format!("access who {report}")),
            owned("moira", format!("record exclude {report} harpreet")),
            owned("moira", format!("record exclude {report} harpreet")),
            owned("moira", format!("record exclude {report} nobody")),
            owned("harpreet", format!("record show {report}")),
            owned("harpreet", format!("access who {report}")),
            owned("moira", format!("access who {report}")),
            owned(
                "moira",
                format!("record restrict {report} --roles coordinator,staff")
            ),
            owned("moira", format!("record restrict {report} --roles kings")),
            owned(
                "moira",
                format!("record restrict {report} --roles volunteer")
            ),
            owned("moira", format!("record deciders {report} harpreet")),
            owned("moira", "access of harpreet"),
            owned("moira", "access check"),
            owned("moira", "errands"),
        ])
    );
}

#[test]
fn keys_for_scripts() {
    let centre = Centre::new();
    let report = record(&centre, "moira", "contact-report");
    let who = centre.json("moira", &format!("access who {report}"));
    let first = &who.as_array().unwrap()[0];
    assert_eq!(keys(first), ["keys", "policy", "record", "says", "user"]);
    let changed = centre.json("moira", &format!("record exclude {report} harpreet"));
    assert_eq!(changed, json!({ "id": report, "changed": true }));
    let case = centre.case("okonkwo-bell");
    let team = centre.json("moira", &format!("case show {case}"))["team"].clone();
    let leaver = team[0].as_str().unwrap().to_owned();
    let left = centre.json("moira", &format!("case team remove {case} {leaver}"));
    assert!(left["rekey_pending"].is_string() || left["rekey_pending"].is_null());
    // The next sign-in of who holds the key has changed it.
    let shown = centre.json("moira", &format!("case show {case}"));
    assert_eq!(shown["rekey_pending"], json!(null));
    let errands = centre.json("moira", "errands");
    assert_eq!(keys(&errands), ["notices", "waiting"]);
    for one in errands["waiting"].as_array().unwrap() {
        assert_eq!(
            keys(one),
            ["case", "record", "since", "team", "what", "who", "yours"]
        );
    }
    assert_eq!(
        centre.run("moira", "--json access check").fails(3).error()["code"],
        "denied"
    );
}
