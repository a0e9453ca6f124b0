//! `strongroom demo`, and its tour.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use crate::cli_centre;
use crate::cli_centre::Centre;
use crate::cli_run::Said;
use crate::demo_data;
use serde_json::Value;
use strongroom::records::dates;

fn mode(path: &std::path::Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn everybody_has_a_sign_in_that_only_its_owner_can_read() {
    let centre = Centre::new();
    let users = cli_centre::document()["users"].as_array().unwrap();
    assert!(users.len() >= 8);
    assert_eq!(mode(&centre.place.path("centre.signin")), 0o700);
    for user in users {
        let path = centre.place.path(user["passphrase_file"].as_str().unwrap());
        assert_eq!(mode(&path), 0o600);
        assert!(fs::read_to_string(path).unwrap().starts_with("demo only "));
    }
}

/// Runs the tour's commands through a shell, as they are printed.
#[cfg_attr(
    not(feature = "documents"),
    expect(dead_code, reason = "one of them sets a document")
)]
fn tour(centre: &Centre) -> Vec<Said> {
    let stops = cli_centre::document()["tour"].as_array().unwrap();
    let run = |stop: &serde_json::Value| {
        let line = stop["command"].as_str().unwrap();
        let output = Command::new("sh")
            .arg("-c")
            .arg(line)
            .current_dir(centre.place.path(""))
            .env("STRONGROOM_STATE", centre.place.path("state"))
            .output()
            .unwrap();
        let line = line.split_once(" --vault ").map_or(line, |(_, rest)| rest);
        Said {
            line: format!("--vault {line}"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code().unwrap(),
        }
    };
    stops.iter().map(run).collect()
}

/// One of them sets a document.
#[cfg(feature = "documents")]
#[test]
fn every_command_of_the_tour_works_as_it_is_printed() {
    let centre = Centre::new();
    let said = tour(&centre);
    let codes: Vec<i32> = said.iter().map(|said| said.code).collect();
    assert_eq!(
        codes,
        [
            0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 3, 0, 0, 0, 3, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0
        ],
        "{said:#?}"
    );
    for hidden in [10, 14, 19] {
        assert_eq!(
            said[hidden].stderr,
            "error: no such record, or not yours to open\n"
        );
    }
    let mut text = String::new();
    for stop in &said[..said.len() - 1] {
        stop.write_to(&mut text);
    }
    insta::assert_snapshot!("tour", centre.place.redacted(&text));
}

/// What is due within a month of the demo's Monday is a few real things, and nothing is overdue.
#[test]
fn monday_begins_with_a_few_things_to_do() {
    let centre = Centre::new();
    let due = |who: &str| {
        let due = centre.json(who, "due");
        let due = due.as_array().unwrap().iter();
        let due = due.map(|one| {
            assert_eq!(one["overdue"], false, "{one}");
            ["due", "what"].map(|name| one[name].as_str().unwrap().to_owned())
        });
        due.filter(|[due, _]| due.as_str() < "2026-12-02")
            .collect::<Vec<_>>()
    };
    assert_eq!(
        due("moira"),
        [
            ["2026-11-04", "acknowledge"],
            ["2026-11-04", "check"],
            ["2026-11-05", "report"],
            ["2026-11-07", "backup"],
            ["2026-11-20", "renew"],
        ]
    );
    assert_eq!(
        due("efa"),
        [["2026-11-04", "correct"], ["2026-11-05", "report"]]
    );
    assert_eq!(
        due("priya"),
        [["2026-11-04", "check"], ["2026-11-11", "acknowledge"]]
    );
    assert_eq!(due("harpreet"), [[""; 2]; 0]);
}

#[test]
fn nothing_is_written_over() {
    let centre = Centre::new();
    let said = centre.place.run("demo centre").fails(1);
    assert!(said.stderr.contains("not empty"), "{}", said.stderr);
    let centre = crate::cli_run::Place::new();
    centre.write("other.keys/x", "");
    assert_eq!(
        centre.run("--json demo other").fails(1).error()["code"],
        "exists"
    );
    assert!(!centre.path("other").exists());
}

#[test]
fn everybody_has_claimed_their_account() {
    let centre = Centre::new();
    let users = centre.json("moira", "user list");
    for user in users.as_array().unwrap() {
        assert_eq!(user["state"], "active", "{user}");
    }
    // The control: whoever is added now has not.
    centre.run("moira", "user add nia --role staff").ok();
    assert_eq!(centre.json("moira", "user show nia")["state"], "unclaimed");
}

#[test]
fn everything_happened_when_the_data_say() {
    let centre = Centre::new();
    let data = demo_data::centre();
    let lines = centre.run("priya", "--json audit show").ok().stdout;
    let entries: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let times: Vec<&str> = entries
        .iter()
        .map(|e| e["time"].as_str().unwrap())
        .collect();
    assert!(times.is_sorted(), "{times:?}");
    assert_eq!(entries[0]["event"], "genesis");
    let minute = |text: &str| dates::moment(text).unwrap().timestamp().as_second() / 60;
    let founded = data["centre"]["founded"].as_str().unwrap();
    assert_eq!(minute(times[0]), minute(founded));
    // What priya may see of each record; what she may not has an entry without a name.
    let stored = entries.iter().filter(|entry| entry["event"] == "store");
    let stored: BTreeSet<i64> = stored
        .map(|entry| minute(entry["time"].as_str().unwrap()))
        .collect();
    let filed = data["records"].as_array().unwrap().iter();
    let filed: BTreeSet<i64> = filed
        .map(|record| minute(record["filed"].as_str().unwrap()))
        .collect();
    assert_eq!(stored, filed);
    for case in data["cases"].as_array().unwrap() {
        let id = centre.case(case["key"].as_str().unwrap());
        let shown = centre.json("moira", &format!("case show {id}"));
        for (said, means) in [("opened_at", "opened"), ("closed_at", "closed")] {
            let day = shown[said].as_str().map(|at| &at[..10]);
            assert_eq!(day, case[means].as_str(), "{case}");
        }
    }
}

#[test]
fn its_clock_starts_in_november_and_moves_only_forward() {
    let centre = Centre::new();
    let lines = centre.run("priya", "--json audit show").ok().stdout;
    // The last entry is the look at the entries.
    let last: Value = serde_json::from_str(lines.lines().last().unwrap()).unwrap();
    let now = last["time"].as_str().unwrap();
    assert!(now.starts_with("2026-11-02T09:"), "{last}");
    let back = centre
        .run("moira", "--json --at 2026-11-01 case list")
        .fails(1);
    assert_eq!(back.error()["code"], "clock");
    centre.run("moira", "--at 2026-11-12 case list").ok();
    let opened = centre.json("moira", "case open --title Later --service supervised");
    let at = opened["opened_at"].as_str().unwrap();
    assert!(
        at.starts_with("2026-11-12T00:0"),
        "the clock stays where it was moved to: {at}"
    );
    let bad = centre
        .run("moira", "--json --at yesterday case list")
        .fails(2);
    assert_eq!(bad.error()["code"], "usage");
}
