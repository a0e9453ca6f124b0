//! `vault turn`, killed at any moment, and sometimes again while the next opening goes on with it. Whatever is left is
//! a vault that opens, with what was filed in it; the next turn ends what began, at every place.

use std::fs;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use crate::cli_centre::Centre;
use crate::power_disk::Chance;

const PLACES: [&str; 3] = ["red", "green", "blue"];

/// The generations whose keys a folder of keys, or of shares, has.
fn generations(centre: &Centre, folder: &str) -> Vec<u32> {
    let names = fs::read_dir(centre.place.path(folder)).unwrap();
    let names = names.map(|one| one.unwrap().file_name().into_string().unwrap());
    let number = |name: &str| -> Option<u32> {
        let key = name.strip_prefix("generation-");
        let key = key.and_then(|rest| rest.strip_suffix(".key"));
        key.or_else(|| name.strip_suffix(".share"))?.parse().ok()
    };
    let mut all: Vec<u32> = names.filter_map(|name| number(&name)).collect();
    all.sort_unstable();
    all
}

/// Where shares lie in a place.
fn shares(centre: &Centre, place: &str) -> String {
    let folder = format!("{place}/strongroom-escrow");
    let vault = fs::read_dir(centre.place.path(&folder)).unwrap();
    let vault = vault.map(|one| one.unwrap().file_name().into_string().unwrap());
    let vault = vault.last().unwrap();
    format!("{folder}/{vault}")
}

/// When a turn is killed.
#[derive(Clone, Copy)]
enum When {
    /// So long after the program was started.
    Started(Duration),
    /// So long after it has made the next key.
    Begun(Duration),
}

/// Starts a turn and kills it.
fn kill_turn(centre: &Centre, when: When) {
    let mut program = centre.place.program();
    program.args(["--vault", "centre", "vault", "turn"]);
    let quiet = program.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = quiet.spawn().unwrap();
    let (from, after) = match when {
        When::Started(after) => (0, after),
        When::Begun(after) => (2, after),
    };
    while generations(centre, "centre.keys").len() < from && child.try_wait().unwrap().is_none() {
        thread::sleep(Duration::from_micros(100));
    }
    thread::sleep(after);
    child.kill().unwrap_or_default();
    child.wait().unwrap();
}

fn rounds(count: u32) {
    let centre = Centre::new();
    for name in PLACES {
        fs::create_dir(centre.place.path(name)).unwrap();
        let line = format!("vault place add {name} {name} --for escrow");
        centre.run("moira", &line).ok();
    }
    let record = centre.record("okonkwo-bell-1.json");
    let mut chance = Chance(0x7124_0f5e);
    let (mut amid, mut again) = (0, 0);
    for _ in 0..count {
        let mut when = |most_ms: usize| Duration::from_micros(chance.below(most_ms * 1000) as u64);
        let (aimed, blind) = (When::Begun(when(25)), When::Started(when(300)));
        let (first, second) = if chance.below(4) == 0 {
            (blind, aimed)
        } else {
            (aimed, blind)
        };
        kill_turn(&centre, first);
        if generations(&centre, "centre.keys").len() > 1 {
            amid += 1;
            if chance.below(2) == 0 {
                again += 1;
                kill_turn(&centre, second);
            }
        }
        let line = format!("--json record show {record} --purpose check");
        let shown = centre.run("harpreet", &line).ok().json();
        assert_eq!(shown["id"], record.as_str());
    }
    centre.anybody("vault turn").ok();
    let left = generations(&centre, "centre.keys");
    assert_eq!(left.len(), 1, "{left:?}");
    for place in PLACES {
        let shares = generations(&centre, &shares(&centre, place));
        assert_eq!(shares, left, "at {place}");
    }
    centre.anybody("audit verify").ok();
    assert!(amid > 0, "only {amid} of {count} were amid a turn");
    eprintln!(
        "killed {count} turns, {amid} of them between two keys, {again} again while going on"
    );
}

#[test]
fn a_turn_that_is_killed_is_gone_on_with() {
    rounds(12);
}

/// The same for `.ci/long`.
#[test]
#[ignore = "takes some minutes"]
fn many_turns_that_are_killed_are_gone_on_with() {
    rounds(300);
}
