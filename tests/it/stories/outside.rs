//! People from outside: what they are given, and until when.

use serde_json::Value;

use crate::cli_centre::Centre;
use crate::cli_run::keys;
use crate::stories::found;
use crate::stories::ids;
use crate::stories::refused_by;
use crate::stories::titles;
use crate::stories::unknown;

/// An assessor finds what she was given however she types a name, and nothing else; of the DBS log she sees that it is
/// in date. When her two days are over, nothing is found and nothing opens.
#[test]
fn scenario_14_an_assessor_finds_what_she_was_given_until_it_ends() {
    let centre = Centre::new();
    let report = centre.record("blackwood-hughes.json");
    for words in ["yildiz", "YILDIZ", "Yıldız", "'gulsen yildiz'"] {
        let found = centre.json("ipek", &format!("find {words}"));
        assert_eq!(ids(&found), [report.as_str()], "{words}");
    }
    let listed = centre.json("ipek", "record list");
    assert_eq!(ids(&listed).len(), 6 + 1 + 1);
    for words in ["amara", "'Tŷ-Coch'", "concern", "'ليلى'"] {
        assert_eq!(found(&centre, "ipek", words), [""; 0], "{words}");
    }
    let log = centre.record("dbs-check-siqi.json");
    let shown = centre.json("ipek", &format!("record show {log}"));
    assert_eq!(
        keys(&shown["fields"]),
        ["event_date", "subtitle", "title"],
        "{shown}"
    );
    let title = shown["fields"]["title"].as_str().unwrap();
    assert!(title.contains("issued 27 April 2026"), "{title}");
    let certificate = centre.record("dbs-certificate-siqi.json");
    unknown(centre.run(
        "ipek",
        &format!("record show {certificate} --purpose visit"),
    ));
    // What she opened stands with her name, for whoever may read the report.
    let read = format!("record show {report}");
    centre.run("ipek", &read).ok();
    let looked = centre.json("moira", &format!("record looked {report}"));
    let hers = |one: &Value| one["who"] == "ipek" && one["act"] == "read-record";
    assert!(looked.as_array().unwrap().iter().any(hers), "{looked}");

    centre
        .run("moira", "--at 2026-11-03T17:00:01Z case list")
        .ok();
    assert_eq!(found(&centre, "ipek", "yildiz"), [""; 0]);
    assert_eq!(titles(&centre.json("ipek", "record list")), [""; 0]);
    assert_eq!(refused_by(&centre, "ipek", &read), "grant-over");
    // The control: it is there, for those whose it is.
    assert_eq!(found(&centre, "moira", "yildiz").len(), 1);
}
