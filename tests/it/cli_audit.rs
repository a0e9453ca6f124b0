//! `strongroom audit`, `doctor` and `index`.

use std::fs;

use serde_json::Value;

use crate::cli_centre::Centre;
use crate::cli_run::keys;
use crate::common::files_under;

fn owned(who: &'static str, line: impl Into<String>) -> (&'static str, String) {
    (who, line.into())
}

#[test]
fn entries_for_people() {
    let centre = Centre::new();
    let report = centre.record("okonkwo-bell-1.json");
    centre
        .run(
            "harpreet",
            &format!("record show {report} --purpose 'to prepare Wednesday'"),
        )
        .ok();
    insta::assert_snapshot!(
        "audit",
        centre.transcript(&[
            owned("priya", format!("audit show --record {report}")),
            owned("priya", "audit show --actor farhana"),
            owned("priya", "audit show --since +1d"),
            owned("priya", "audit show --since someday"),
            owned("priya", "audit show --actor nobody"),
            owned("tomos", "audit show"),
            owned("priya", "audit proof 999"),
            owned("tomos", "audit export out"),
            owned("", "audit verify"),
            owned("", "index rebuild"),
            owned("", "doctor"),
        ])
    );
}

#[test]
fn entries_for_scripts_are_one_a_line() {
    let centre = Centre::new();
    let said = centre.run("priya", "--json audit show").ok();
    assert_eq!(said.stderr, "");
    let lines: Vec<Value> = said
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(lines.len() > 50);
    for (at, line) in lines.iter().enumerate() {
        assert_eq!(line["index"], at);
        assert_eq!(
            keys(line),
            [
                "actor",
                "case",
                "detail_available",
                "event",
                "index",
                "outcome",
                "purpose",
                "record",
                "time"
            ]
        );
    }
}

#[test]
fn a_proof_names_its_entry() {
    let centre = Centre::new();
    let text = centre.run("priya", "audit proof 3").ok().stdout;
    assert!(text.starts_with("c2sp.org/tlog-proof@v1\n"), "{text}");
    assert!(text.contains("\nindex 3\n"));
    let document = centre.json("priya", "audit proof 3");
    assert_eq!(document["index"], 3);
    assert!(
        document["proof"]
            .as_str()
            .unwrap()
            .starts_with("c2sp.org/tlog-proof@v1\n")
    );
}

#[test]
fn anybody_may_export_hashes_and_few_the_entries() {
    let centre = Centre::new();
    let entries = |dir: &str| {
        let files = files_under(centre.place.path(dir));
        files
            .iter()
            .any(|file| file.to_string_lossy().contains("tile/entries"))
    };
    centre.anybody("audit export hashes").ok();
    assert!(
        centre.place.path("hashes/vkey").exists()
            && centre.place.path("hashes/checkpoint").exists()
    );
    assert!(
        !entries("hashes"),
        "leaves tell an insider that something was filed"
    );
    let document = centre.json("priya", "audit export all");
    assert_eq!(document["entries"], true);
    assert!(entries("all"));
    let refused = centre.run("tomos", "--json audit export none").fails(3);
    assert_eq!(refused.error()["code"], "denied");
    centre.place.write("full/x", "");
    assert_eq!(
        centre.anybody("--json audit export full").fails(1).error()["code"],
        "exists"
    );
    centre.place.write("file", "");
    centre.anybody("audit export file").fails(1);
}

#[test]
fn verifying_needs_nobody() {
    let centre = Centre::new();
    let first = centre.anybody("--json audit verify").ok().json();
    assert_eq!(first["ok"], true);
    assert_eq!(first["remembered"], Value::Null);
    centre.run("moira", "case list").ok();
    let second = centre.anybody("--json audit verify").ok().json();
    assert!(second["size"].as_u64() > first["size"].as_u64());
    assert!(second["remembered"].as_u64() >= first["size"].as_u64());
}

#[test]
fn the_doctor_advises_with_0_and_finds_damage_with_4() {
    let centre = Centre::new();
    let report = centre.anybody("--json doctor").ok().json();
    assert_eq!(report["ok"], true);
    assert_eq!(report["custody"], "local");
    for finding in report["findings"].as_array().unwrap() {
        assert_eq!(keys(finding), ["do", "level", "what"]);
    }
    damage(&centre);
    let said = centre.anybody("--json doctor");
    assert_eq!(said.code, 4, "{said:?}");
    let report = said.json();
    assert_eq!(report["ok"], false);
    assert!(
        report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .any(|f| f["level"] == "damage")
    );
    let text = centre.anybody("doctor");
    assert_eq!(text.code, 4);
    assert!(text.stdout.contains("There is damage."), "{}", text.stdout);
    assert_eq!(text.stderr, "", "the report says it all");
    let used = centre.run("moira", "--json case list").fails(4);
    assert_eq!(used.error()["code"], "damaged");
    let verified = centre.anybody("--json audit verify").fails(4);
    assert_eq!(verified.error()["code"], "damaged");
}

#[test]
fn the_doctor_reports_settings_that_cannot_be_read() {
    let centre = Centre::new();
    centre.place.write("centre/vault.toml", "format = ");
    let said = centre.anybody("--json doctor");
    assert_eq!(said.code, 4, "{said:?}");
    let report = said.json();
    assert_eq!(report["ok"], false);
    assert_eq!(report["custody"], "unknown");
}

/// Alters one byte in the middle of the journal's first segment.
pub(crate) fn damage(centre: &Centre) {
    let journal = files_under(centre.place.path("centre/journal"));
    let mut bytes = fs::read(&journal[0]).unwrap();
    let used = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    bytes[used / 2] ^= 1;
    fs::write(&journal[0], bytes).unwrap();
}

#[test]
fn a_lost_index_is_made_anew() {
    let centre = Centre::new();
    assert_eq!(
        centre.anybody("--json index rebuild").ok().json()["rebuilt"],
        true
    );
    for file in files_under(centre.place.path("centre/generation")) {
        if file.to_string_lossy().contains("/index/") {
            fs::remove_file(file).unwrap();
        }
    }
    assert_eq!(
        centre
            .json("harpreet", "case list")
            .as_array()
            .unwrap()
            .len(),
        5
    );
}
