//! `strongroom demo`, and its tour.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use crate::cli_centre;
use crate::cli_centre::Centre;
use crate::cli_run::Said;

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

#[test]
fn every_command_of_the_tour_works_as_it_is_printed() {
    let centre = Centre::new();
    let said = tour(&centre);
    let codes: Vec<i32> = said.iter().map(|said| said.code).collect();
    assert_eq!(codes, [0, 0, 3, 0, 0, 3, 0, 0, 0, 0], "{said:#?}");
    assert_eq!(
        said[5].stderr,
        "error: no such record, or not yours to open\n"
    );
    let mut text = String::new();
    for stop in &said[..said.len() - 1] {
        stop.write_to(&mut text);
    }
    insta::assert_snapshot!("tour", centre.place.redacted(&text));
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
fn its_clock_starts_in_november_and_moves_only_forward() {
    let centre = Centre::new();
    let first = centre.run("priya", "--json audit show").ok().stdout;
    let first: serde_json::Value = serde_json::from_str(first.lines().next().unwrap()).unwrap();
    assert_eq!(first["event"], "genesis");
    assert!(
        first["time"]
            .as_str()
            .unwrap()
            .starts_with("2026-11-02T09:00:"),
        "{first}"
    );
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
