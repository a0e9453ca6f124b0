//! `strongroom init`: what is made, who can read it, and what stands in its way.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::cli_run::Place;
use crate::common::files_under;

const OWN: &str = "a passphrase of my own";

fn mode(path: impl AsRef<Path>) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_passphrase_is_made_and_shown_once_and_signs_in() {
    let place = Place::new();
    let made = place
        .run("--json init vault --centre Riverside --admin ada")
        .ok()
        .json();
    let words = made["passphrase"].as_str().unwrap();
    assert_eq!(words.split(['-', ' ']).count(), 5, "{words}");
    assert_eq!(made["admin"]["handle"], "ada");
    assert_eq!(made["keys"], "vault.keys");
    assert_eq!(made["shares"], serde_json::json!([]));
    for key in ["verification_key", "root_fingerprint"] {
        assert!(made[key].as_str().unwrap().len() > 20, "{key}");
    }
    place.write("pass", format!("{words}\n"));
    let users = place
        .run("--vault vault --as ada --passphrase-file pass --json user list")
        .ok()
        .json();
    assert_eq!(users[0]["id"], made["admin"]["id"]);
    assert_eq!(
        users[0]["name"], "ada",
        "the handle, where no name is given"
    );
    assert_eq!(
        users[0]["state"], "active",
        "whoever made the vault holds their own passphrase"
    );

    for file in files_under(place.path("")) {
        if !file.ends_with("pass") {
            let bytes = fs::read(&file).unwrap();
            let found = bytes
                .windows(words.len())
                .any(|part| part == words.as_bytes());
            assert!(!found, "the passphrase stands in {}", file.display());
        }
    }
}

#[test]
fn an_own_passphrase_is_taken_and_not_repeated() {
    let place = Place::new();
    place.write("pass", format!("{OWN}\n"));
    let said = place
        .run("init vault --centre Riverside --admin ada --admin-name 'Ada Łęcka ' --passphrase-file pass")
        .ok();
    assert!(!said.stdout.contains(OWN) && !said.stdout.contains("passphrase, shown"));
    place
        .run("--vault vault --as ada --passphrase-file pass case list")
        .ok();
    let users = "--vault vault --as ada --passphrase-file pass --json user list";
    assert_eq!(place.run(users).ok().json()[0]["name"], "Ada Łęcka");
    place.write("other", "another passphrase of mine\n");
    let wrong = place
        .run("--vault vault --as ada --passphrase-file other --json case list")
        .fails(3);
    assert_eq!(wrong.error()["code"], "wrong-passphrase");
    let nobody = place
        .run("--vault vault --as eve --passphrase-file other --json case list")
        .fails(3);
    assert_eq!(
        nobody.error().as_object().unwrap().len(),
        2,
        "{}",
        nobody.stderr
    );
}

#[test]
fn keys_and_shares_are_for_their_owner_alone() {
    let place = Place::new();
    place.write("pass", OWN);
    let made = place
        .run(
            "--json init vault --centre Riverside --admin ada --passphrase-file pass \
             --trustee 'Farhana Akter' --trustee Owen --trustee 'Mei Lin' --shares deep/shares",
        )
        .ok()
        .json();
    assert_eq!(mode(place.path("deep/shares")), 0o700);
    let shares = made["shares"].as_array().unwrap();
    let names: Vec<&str> = shares.iter().map(|share| share.as_str().unwrap()).collect();
    assert_eq!(
        names.len(),
        9,
        "two files for each pair, a sheet for each trustee: {names:?}"
    );
    let rehearsals = names.iter().filter(|name| name.ends_with(".rehearsal.age"));
    assert_eq!(rehearsals.count(), 3, "{names:?}");
    for name in names {
        assert_eq!(mode(place.path(name)), 0o600, "{name}");
    }
    for file in files_under(place.path("vault.keys")) {
        assert_eq!(mode(&file) & 0o077, 0, "{}", file.display());
    }
    let secret = "AGE-SECRET-KEY-PQ-1";
    for file in files_under(place.path("vault")) {
        let bytes = fs::read(&file).unwrap();
        let found = bytes
            .windows(secret.len())
            .any(|part| part == secret.as_bytes());
        assert!(!found, "{} holds a secret key", file.display());
    }
}

#[test]
fn the_page_for_people() {
    let place = Place::new();
    place.write("pass", OWN);
    let said = place
        .run("init vault --centre Riverside --admin ada --passphrase-file pass")
        .ok();
    let page = place.redacted(&said.stdout);
    let kept: Vec<&str> = page
        .lines()
        .filter(|line| !line.starts_with("                  "))
        .map(|line| {
            let random = ["Verification key", "Root fingerprint"];
            random
                .into_iter()
                .find(|name| line.starts_with(name))
                .unwrap_or(line)
        })
        .collect();
    insta::assert_snapshot!("init", kept.join("\n"));
    assert!(said.stderr.contains("takes a few seconds"));
}

#[test]
fn what_stands_in_the_way_is_said_before_anything_is_made() {
    let place = Place::new();
    place.write("pass", OWN);
    place.write("weak", "aaaaaaaaaaaaaaa");
    place.write("empty", "\n");
    place.write("long", "x".repeat(10_000));
    place.write("full/x", "");
    place.write("keyed.keys/x", "");
    place.write("file", "");
    let init = "--centre Riverside --admin ada --passphrase-file";
    insta::assert_snapshot!(
        "init_refused",
        place.transcript(&[
            &format!("init full {init} pass"),
            &format!("init file {init} pass"),
            &format!("init keyed {init} pass"),
            &format!("init new1 {init} weak"),
            &format!("init new2 {init} empty"),
            &format!("init new3 {init} long"),
            &format!("init new4 {init} none"),
            &format!("init new5 {init} pass --trustee Owen"),
            &format!("init new6 {init} pass --trustee Owen --trustee Mei=age1nonsense"),
            &format!("init new7 {init} pass --trustee Owen --trustee Owen"),
            &format!("init new8 {init} pass --trustee Owen --trustee Mei --shares full"),
            "init new9 --centre Riverside --admin 'Ada L' --passphrase-file pass",
            "init new10 --centre ' ' --admin ada --passphrase-file pass",
            "init new12 --centre Riverside --admin ada --admin-name ' ' --passphrase-file pass",
            "init new11 --centre Riverside --admin ada --passphrase-file pass --at +1d",
        ])
    );
    for file in files_under(place.path("")) {
        let name = file
            .strip_prefix(place.path(""))
            .unwrap()
            .to_string_lossy()
            .into_owned();
        assert!(!name.starts_with("new"), "{name} was left behind");
    }
    assert_eq!(fs::read_dir(place.path("full")).unwrap().count(), 1);
}

#[test]
fn the_clock_of_a_real_vault_does_not_move() {
    let place = Place::new();
    place.write("pass", OWN);
    place
        .run("init vault --centre Riverside --admin ada --passphrase-file pass")
        .ok();
    let said = place
        .run("--vault vault --as ada --passphrase-file pass --at +1d --json case list")
        .fails(1);
    assert_eq!(said.error()["code"], "not-a-demo");
}
