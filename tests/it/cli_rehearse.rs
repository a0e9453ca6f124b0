//! `strongroom recovery rehearse`: two trustees open the dummy beside their share, and the vault remembers it.

use std::fs;

use crate::cli_centre::Centre;
use crate::cli_run::Said;

const PAIR: &str = "Farhana_Akter-Soren_odegard";
const FIRST: &str = "--sheet centre.shares/Farhana_Akter.txt";
const SECOND: &str = "--sheet centre.shares/Soren_odegard.txt";

fn dummy() -> String {
    format!("centre.shares/{PAIR}.rehearsal.age")
}

fn rehearse(centre: &Centre, who: &str, rest: &str) -> Said {
    centre.run(who, &format!("recovery rehearse {rest}"))
}

/// How many pairs the vault remembers.
fn kept(centre: &Centre) -> usize {
    let all = centre.json("moira", "recovery rehearse");
    all["rehearsals"].as_array().unwrap().len()
}

fn doctor(centre: &Centre) -> String {
    centre.anybody("--json doctor").ok().json().to_string()
}

fn words(centre: &Centre, who: &str) -> strongroom::sealing::SecretText {
    let sheet = fs::read_to_string(centre.place.path(format!("centre.shares/{who}.txt")));
    strongroom::sealing::words_on(&sheet.unwrap())
}

/// Takes one layer off, as the age command does.
fn peel(centre: &Centre, from: &str, who: &str, to: &str) {
    let file = fs::read(centre.place.path(from)).unwrap();
    let max = strongroom::sealing::WorkFactor::MAX;
    let words = words(centre, who);
    let plain = strongroom::sealing::open_with_passphrase(&file, &words, max).unwrap();
    centre.place.write(to, plain.expose());
}

#[test]
fn two_trustees_rehearse_together_or_apart_and_the_vault_remembers() {
    let centre = Centre::new();
    let mut text = String::new();
    let mut say = |said: Said| said.ok().write_to(&mut text);
    // Another pair has, before.
    assert!(doctor(&centre).contains("recovery was last rehearsed on 8 September 2026"));
    assert_eq!(kept(&centre), 1);
    say(rehearse(&centre, "moira", ""));
    let share = format!("--share {}", dummy());
    say(rehearse(
        &centre,
        "moira",
        &format!("{share} {FIRST} {SECOND}"),
    ));
    assert!(doctor(&centre).contains("recovery was last rehearsed on 2 November 2026"));
    // Each at their own computer: the first step needs no vault.
    let apart = format!("recovery rehearse {share} {FIRST} --out inner.age");
    say(centre.place.run(&apart));
    say(rehearse(
        &centre,
        "farhana",
        &format!("--inner inner.age {SECOND}"),
    ));
    // With age alone.
    peel(&centre, "inner.age", "Soren_odegard", "rehearsal.txt");
    say(rehearse(&centre, "moira", "--opened rehearsal.txt"));
    assert_eq!(kept(&centre), 2);
    insta::assert_snapshot!("recovery_rehearse", centre.place.redacted(&text));

    // A new key has not been rehearsed, and the old file is of an older set.
    let real = format!("--share centre.shares/{PAIR}.age {FIRST} {SECOND}");
    let to = "--trustee Farhana --trustee Mei --to new";
    centre
        .run("moira", &format!("recovery rotate {real} {to}"))
        .ok();
    assert_eq!(kept(&centre), 0);
    assert!(doctor(&centre).contains("recovery was never rehearsed"));
    let nobody = rehearse(&centre, "moira", "").ok().stdout;
    assert!(nobody.starts_with("Nobody has rehearsed"), "{nobody}");
    let old = rehearse(&centre, "moira", "--opened rehearsal.txt").fails(1);
    assert!(old.stderr.contains("older set"), "{}", old.stderr);
    let new = "--share new/Farhana-Mei.rehearsal.age --sheet new/Farhana.txt --sheet new/Mei.txt";
    rehearse(&centre, "idris", new).ok();
    assert_eq!(kept(&centre), 1);
}

/// Lays out each disguise of the real share, and other files that will not do; the real secret.
fn disguised(centre: &Centre, real: &str) -> String {
    let bytes = fs::read(centre.place.path(real)).unwrap();
    centre
        .place
        .write(&format!("stick/{PAIR}.rehearsal.age"), &bytes);
    peel(centre, real, "Farhana_Akter", "real-inner.age");
    peel(centre, "real-inner.age", "Soren_odegard", "real.txt");
    let secret = fs::read_to_string(centre.place.path("real.txt")).unwrap();
    peel(centre, &dummy(), "Farhana_Akter", "inner.age");
    peel(centre, "inner.age", "Soren_odegard", "rehearsal.txt");
    let held = fs::read_to_string(centre.place.path("rehearsal.txt")).unwrap();
    for line in secret
        .lines()
        .flat_map(|line| line.split(' '))
        .filter(|part| part.len() > 40)
    {
        assert!(!held.contains(line));
    }
    let changed = held.replace("pair: F", "pair: G");
    centre.place.write("changed.txt", changed);
    centre.place.write("other.txt", "nothing of the sort\n");
    secret
}

#[test]
fn a_real_share_is_never_opened_and_mistakes_are_not_written_down() {
    let centre = Centre::new();
    let real = format!("centre.shares/{PAIR}.age");
    let secret = disguised(&centre, &real);
    let dummy = dummy();
    let lines = [
        format!("--share {real} {FIRST} {SECOND}"),
        format!("--share {real} {FIRST} --out left.age"),
        format!("--share stick/{PAIR}.rehearsal.age {FIRST} {SECOND}"),
        format!("--share stick/{PAIR}.rehearsal.age {FIRST} --out left.age"),
        format!("--inner real-inner.age {SECOND}"),
        "--opened real.txt".to_owned(),
        format!("--share {dummy} {SECOND} {FIRST}"),
        format!("--share {dummy} {FIRST} {FIRST}"),
        format!("--share {dummy} {FIRST}"),
        format!("--share {dummy} --no-input"),
        format!("--share {dummy} {SECOND} --out left.age"),
        format!("--share {dummy} {FIRST} {SECOND} --out left.age"),
        format!("--share {dummy} {FIRST} --out inner.age"),
        format!("--inner inner.age {FIRST}"),
        "--inner other.txt".to_owned(),
        "--opened inner.age".to_owned(),
        "--opened changed.txt".to_owned(),
        "--opened other.txt".to_owned(),
        "--opened nothing.txt".to_owned(),
        FIRST.to_owned(),
    ];
    let mut text = String::new();
    for line in lines {
        let said = rehearse(&centre, "moira", &line);
        assert_ne!(said.code, 0, "{line}");
        said.write_to(&mut text);
        assert!(!centre.place.path("left.age").exists(), "{line}");
    }
    for who in ["harpreet", "rhiannon"] {
        for line in ["", "--opened rehearsal.txt"] {
            rehearse(&centre, who, line).fails(3).write_to(&mut text);
        }
    }
    assert_eq!(kept(&centre), 1, "only the demo's own pair");
    // Nothing of the secret in what was said.
    for line in secret.lines() {
        assert!(!text.contains(line));
    }
    insta::assert_snapshot!("rehearse_mistakes", centre.place.redacted(&text));
    of_other_vaults(&centre);
}

/// Another vault's file is refused, and a vault without trustees says so.
fn of_other_vaults(centre: &Centre) {
    centre
        .place
        .write("pass", "a lantern over the wet harbour\n");
    let init = "init v --centre Riverside --admin moira --passphrase-file pass --shares shares \
        --trustee Farhana --trustee Owen";
    centre.place.run(init).ok();
    let other = "--share shares/Farhana-Owen.rehearsal.age --sheet shares/Farhana.txt --sheet shares/Owen.txt";
    let said = rehearse(centre, "moira", other).fails(1);
    assert!(said.stderr.contains("another vault"), "{}", said.stderr);
    assert_eq!(kept(centre), 1);
    let init = "init w --centre Riverside --admin moira --passphrase-file pass";
    centre.place.run(init).ok();
    let none = "--vault w --as moira --passphrase-file pass recovery rehearse";
    let said = centre.place.run(none).fails(1);
    assert!(said.stderr.contains("without trustees"), "{}", said.stderr);
}
