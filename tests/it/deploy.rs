//! The unit a centre's machine runs: what it starts is a command of this program, and systemd takes it.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use crate::common::have;

const UNIT: &str = "docs/deploy/strongroom-keeper.service";

/// Settings and what they are set to; the last of each name.
fn settings() -> BTreeMap<String, String> {
    let text = fs::read_to_string(UNIT).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[test]
fn the_unit_starts_a_keeper() {
    let start = settings()["ExecStart"].clone();
    let words: Vec<&str> = start.split(' ').collect();
    assert_eq!(words[0], "/usr/local/bin/strongroom");
    let said = Command::new(env!("CARGO_BIN_EXE_strongroom"))
        .args(&words[1..])
        .arg("--help")
        .output()
        .unwrap();
    assert!(said.status.success(), "{said:?}");
    assert!(String::from_utf8_lossy(&said.stdout).contains("--socket"));
    // The papers beside it speak of the same places.
    let readme = fs::read_to_string("docs/deploy/README.md").unwrap();
    for word in [words[0], words[2], words[5]] {
        assert!(readme.contains(word), "{word}");
    }
}

#[test]
fn only_the_keeper_s_account_looks_into_the_vault() {
    let settings = settings();
    assert_eq!(settings["StateDirectoryMode"], "0700");
    assert_eq!(settings["RuntimeDirectoryMode"], "0750");
    assert_eq!(settings["UMask"], "0077");
    assert_ne!(settings["User"], "root");
    assert_eq!(settings["LimitCORE"], "0");
    assert_eq!(settings["RestrictAddressFamilies"], "AF_UNIX");
    // Behind a user namespace every peer would have the same number.
    assert!(!settings.contains_key("PrivateUsers"));
}

#[test]
fn systemd_takes_the_unit() {
    if !have("systemd-analyze", "--version") {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let unit = place.path().join("strongroom-keeper.service");
    let verify = |text: &str| {
        fs::write(&unit, text).unwrap();
        let said = Command::new("systemd-analyze")
            .arg("verify")
            .arg(&unit)
            .output()
            .unwrap();
        String::from_utf8_lossy(&said.stderr).into_owned()
    };
    let text = fs::read_to_string(UNIT).unwrap();
    let text = text.replace(
        "/usr/local/bin/strongroom",
        env!("CARGO_BIN_EXE_strongroom"),
    );
    let about_ours = |said: &str| said.contains("strongroom-keeper");
    let said = verify(&text);
    assert!(!about_ours(&said), "{said}");
    // The planted control: a setting there is not.
    let said = verify(&text.replace("UMask=", "UMaks="));
    assert!(about_ours(&said), "{said}");
}
