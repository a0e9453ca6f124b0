//! `strongroom vault turn` and `vault place`, as people and scripts meet them.

use std::fs;

use serde_json::json;

use crate::cli_centre::Centre;
use crate::cli_run::keys;
use crate::socket_kit::Running;

fn sticks(centre: &Centre) {
    for name in ["red", "green", "blue"] {
        fs::create_dir(centre.place.path(name)).unwrap();
    }
}

#[test]
fn places_and_turns_for_people() {
    let centre = Centre::new();
    sticks(&centre);
    let add = |name: &str| {
        (
            "moira",
            format!("vault place add {name} {name} --for escrow"),
        )
    };
    let lines = [
        ("moira", "vault place list".to_owned()),
        add("red"),
        ("harpreet", "vault place list".to_owned()),
        add("nowhere"),
        ("moira", "vault place add red green --for escrow".to_owned()),
        (
            "moira",
            "vault place add in centre/journal --for escrow".to_owned(),
        ),
        add("green"),
        add("blue"),
        ("", "vault turn".to_owned()),
        ("moira", "vault place list".to_owned()),
        ("moira", "vault place remove blue".to_owned()),
        ("moira", "vault place remove blue".to_owned()),
    ];
    insta::assert_snapshot!("places_and_turns", centre.transcript(&lines));
}

#[test]
fn a_turn_for_scripts() {
    let centre = Centre::new();
    let document = centre.anybody("--json vault turn").ok().json();
    assert_eq!(
        keys(&document),
        ["certificate", "generation", "state", "waits_for"]
    );
    assert_eq!(document["state"], "done");
    assert_eq!(document["waits_for"], json!(null));
    let certificate = &document["certificate"];
    let generation = document["generation"].as_u64().unwrap();
    assert_eq!(certificate["generation"], generation - 1);
    assert_eq!(certificate["final"], true);
    assert_eq!(certificate["key"], "overwritten");
    assert_eq!(
        centre
            .anybody("--quiet vault turn")
            .ok()
            .stdout
            .lines()
            .count(),
        0
    );
    // What was there is there.
    let record = centre.record("okonkwo-bell-1.json");
    centre.run("moira", &format!("record show {record}")).ok();
    centre.anybody("audit verify").ok();
}

/// What waits is told, exits 0 like everything that waits, and goes on by itself.
#[test]
fn a_turn_that_cannot_be_finished_says_what_it_waits_for() {
    let centre = Centre::new();
    sticks(&centre);
    for name in ["red", "green", "blue"] {
        let line = format!("vault place add {name} {name} --for escrow");
        centre.run("moira", &line).ok();
    }
    centre.anybody("vault turn").ok();
    for name in ["red", "green"] {
        let away = centre.place.path(format!("{name}-away"));
        fs::rename(centre.place.path(name), away).unwrap();
    }
    let refused = centre.anybody("vault turn");
    assert_eq!(refused.code, 1);
    assert!(refused.stderr.contains("red, green"), "{}", refused.stderr);
    let before = fs::read_to_string(centre.place.path("centre/generation/current")).unwrap();
    fs::rename(centre.place.path("red-away"), centre.place.path("red")).unwrap();
    let document = centre.anybody("--json vault turn").ok().json();
    assert_eq!(document["certificate"]["outstanding"], json!(["green"]));
    let after = fs::read_to_string(centre.place.path("centre/generation/current")).unwrap();
    assert_ne!(before, after);
}

/// A keeper that runs turns when its own account asks over the socket, and what it serves goes on.
#[test]
fn a_running_keeper_turns_too() {
    let centre = Centre::new();
    let running = Running::over(&centre.place);
    let document = centre.anybody("--json vault turn").ok().json();
    assert_eq!(document["state"], "done");
    let record = centre.record("okonkwo-bell-1.json");
    centre.run("moira", &format!("record show {record}")).ok();
    assert_eq!(running.stop(), 0);
    centre.run("moira", &format!("record show {record}")).ok();
}
