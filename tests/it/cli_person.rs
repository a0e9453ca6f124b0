//! `strongroom person`, and what people on file add to cases and records, as people and scripts meet it.

use serde_json::Value;
use serde_json::json;

use crate::cli_centre::Centre;
use crate::cli_run::keys;

fn owned(who: &'static str, line: impl Into<String>) -> (&'static str, String) {
    (who, line.into())
}

/// The id of whoever was just put on file.
fn add(centre: &Centre, line: &str) -> String {
    let added = centre.json("moira", &format!("person add {line}"));
    added["id"].as_str().unwrap().to_owned()
}

#[test]
fn people_on_file_for_people() {
    let centre = Centre::new();
    let case = centre.case("okonkwo-bell");
    let child = add(&centre, "--name Zofia --born 2019-03-02");
    let father = add(&centre, "--name Піотр --romanised Piotr");
    let kept = format!("--confidential {father}:address=Refuge --contact phone=01632960001");
    insta::assert_snapshot!(
        "person",
        centre.transcript(&[
            owned("moira", format!("person add --name ZOFIA {kept}")),
            owned(
                "moira",
                format!("person link {child} {case} --role child --alert Alone")
            ),
            owned(
                "moira",
                format!("person link {father} {case} --role parent")
            ),
            owned("moira", format!("person relative {father} {case}")),
            owned("moira", format!("person link {father} {case} --role uncle")),
            owned("moira", format!("person same --not {child} {father}")),
            owned(
                "moira",
                format!("person same --not {child} {father} --reason Told")
            ),
            owned("harpreet", format!("case show {case}")),
            owned("harpreet", "person list"),
            owned("harpreet", format!("person show {child}")),
            owned(
                "harpreet",
                format!("person amend {child} --born 2018-03-02 --reason x")
            ),
            owned("tomos", format!("person show {child}")),
            owned("tomos", "person list"),
            owned("moira", "person add --name \u{202e}live"),
            owned("moira", "person add --name A --born 2019-02-30"),
            owned(
                "moira",
                "person add --name A --confidential everybody:phone=1"
            ),
            owned(
                "moira",
                format!("person amend {child} --born 2018-03-02 --reason Misread")
            ),
            owned(
                "moira",
                format!("person unlink {father} {case} --reason Mistaken")
            ),
            owned("moira", format!("person show {child}")),
            owned("moira", format!("person show {child} --version 7")),
            owned("moira", "person show d_nobody"),
        ])
    );
}

#[test]
fn people_on_file_for_scripts() {
    let centre = Centre::new();
    let case = centre.case("okonkwo-bell");
    let child = add(&centre, "--name Zofia --former Nowak");
    let added = centre.json("moira", "person add --name nowak");
    assert_eq!(added["namesakes"], json!([child]));
    let line = format!("person link {child} {case} --role child --alert Alone");
    let linked = centre.json("moira", &line);
    assert_eq!(
        linked["cases"],
        json!([{ "about": null, "alerts": ["Alone"], "case": case, "ended": null, "role": "child" }])
    );
    let shown = centre.json("harpreet", &format!("case show {case}"));
    let people = shown["people"].as_array().unwrap();
    assert!(people.iter().any(|one| one["id"] == json!(child)));
    let all = centre.json("moira", "person list");
    let new = |one: &&Value| one["id"] == added["id"] || one["id"] == json!(child);
    let names: Vec<&Value> = all
        .as_array()
        .unwrap()
        .iter()
        .filter(new)
        .map(|one| &one["name"])
        .collect();
    assert_eq!(names, ["nowak", "Zofia"], "in the order of their names");

    let report = centre.record("okonkwo-bell-1.json");
    let read = centre.json("harpreet", &format!("record show {report}"));
    let alerts = read["alerts"].as_array().unwrap();
    assert!(
        alerts
            .contains(&json!({ "alert": "Alone", "id": child, "name": "Zofia", "role": "child" })),
        "{read}"
    );
    let subject = |key: &str, name: &str, role: &str| json!({ "id": centre.person(key), "name": name, "role": role });
    assert_eq!(
        read["subjects"],
        json!([
            subject("amara", "Amara Okonkwo-Bell", "child"),
            subject("tobiah", "Tobiah Okonkwo-Bell", "child"),
            subject("emeka", "Emeka Okonkwo", "parent"),
        ])
    );
    let looked = centre.json("harpreet", &format!("record looked {report}"));
    let last = looked.as_array().unwrap().last().unwrap();
    assert_eq!(
        keys(last),
        ["act", "index", "purpose", "record", "role", "time", "who"]
    );
    assert_eq!(
        (&last["role"], &last["who"]),
        (&json!("staff"), &Value::Null)
    );
    let looked = centre.json("priya", &format!("person looked {child}"));
    let last = looked.as_array().unwrap().last().unwrap();
    assert_eq!(
        (&last["act"], &last["who"]),
        (&json!("read-record"), &json!("harpreet"))
    );
    assert_eq!(last["record"], json!(report));
}
