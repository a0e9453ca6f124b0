//! `strongroom kind`, which needs no vault.

use serde_json::Value;

use crate::cli_run::Place;

#[test]
fn kinds_for_people() {
    let place = Place::new();
    insta::assert_snapshot!(
        "kind",
        place.transcript(&[
            "kind list",
            "kind check",
            "kind show dbs-check",
            "kind show contct-report",
            "kind template nothing-like-it",
        ])
    );
}

#[test]
fn kinds_for_scripts() {
    let place = Place::new();
    let list = place.run("kind list --json").ok().json();
    let names: Vec<&str> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|k| k["name"].as_str().unwrap())
        .collect();
    let built_in = strongroom::records::Kinds::builtin();
    let built_in: Vec<&str> = built_in.iter().map(|kind| kind.name.as_str()).collect();
    assert_eq!(names, built_in);
    assert_eq!(names.len(), 32);
    for first in [
        "contact-report",
        "complaint",
        "dbs-check",
        "dbs-certificate",
    ] {
        assert!(names.contains(&first));
    }
    assert_eq!(place.run("--json kind check").ok().json()["ok"], true);
    let shown = place.run("kind show dbs-certificate --json").ok().json();
    assert_eq!(shown["purpose_required"], true);
    let error = place.run("--json kind show contct-report").fails(1).error();
    assert_eq!(error["code"], "unknown-kind");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("contact-report")
    );
}

#[test]
fn a_template_is_a_form_that_its_kind_accepts() {
    let place = Place::new();
    for kind in strongroom::records::Kinds::builtin().iter() {
        let json = place
            .run(&format!("kind template {} --json", kind.name))
            .ok()
            .json();
        kind.check(&json).unwrap();
        let toml = place
            .run(&format!("kind template {}", kind.name))
            .ok()
            .stdout;
        let value: Value =
            strongroom::records::input::parse(toml.as_bytes(), Some("x.toml")).unwrap();
        kind.check(&value).unwrap();
    }
}

#[test]
fn a_reader_who_has_seen_enough_is_no_error() {
    let place = Place::new();
    let mut program = place.program();
    let mut child = program
        .args(["kind", "template", "contact-report"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty());
}
