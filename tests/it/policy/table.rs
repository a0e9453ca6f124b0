//! The table: who is answered what, for every act on everything. Reviewed as a diff; written anew with
//! `UPDATE_GOLDEN=1 cargo test --test it policy::table`.

use std::collections::BTreeSet;
use std::fs;

use strongroom::keeper::acts::ACTS;
use strongroom::keeper::policy::matrix::Matrix;
use strongroom::keeper::policy::matrix::TABLE;
use strongroom::records::Kinds;

use crate::cli_run::Place;
use crate::policy::POLICY;

const TABLE_FILE: &str = "src/keeper/policy/matrix.tsv";

fn updating() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1")
}

/// Compares `text` with the file under `tests/golden`, or writes it.
pub(crate) fn golden(name: &str, text: &str) {
    let path = format!("tests/golden/{name}");
    if updating() {
        fs::write(&path, text).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    for (at, (kept, now)) in kept.lines().zip(text.lines()).enumerate() {
        assert_eq!(kept, now, "{path} line {}", at + 1);
    }
    assert_eq!(kept.lines().count(), text.lines().count(), "{path}");
}

#[test]
fn everyone_is_answered_as_the_table_says() {
    if updating() {
        let mut heard = Vec::new();
        let matrix = Matrix::of(&POLICY, &mut |done, total| heard.push((done, total)));
        fs::write(TABLE_FILE, &matrix.table).unwrap();
        let (done, total) = *heard.last().unwrap();
        assert_eq!((done, heard.len()), (total, total));
        // Some kinds are answered alike; none is asked about twice.
        assert!(
            (10..=Kinds::builtin().iter().count()).contains(&total),
            "{total}"
        );
        return;
    }
    // The program does it itself, and this way it is done once.
    let said = Place::new().run("policy test --json").ok().json();
    assert_eq!(said["ok"], true);
    assert_eq!(said["sha256"], POLICY.sha256());
    assert!(said["decisions"].as_u64().unwrap() > 20_000, "{said}");
    assert_eq!(
        said["lines"].as_u64().unwrap(),
        TABLE.lines().skip(1).count() as u64
    );
}

/// The rules that are shown are the rules that decide.
#[test]
fn the_rules_are_shown_with_their_digest() {
    use sha2::Digest as _;
    let place = Place::new();
    let shown = place.run("policy show").ok().stdout;
    let (text, last) = shown.trim_end().rsplit_once('\n').unwrap();
    let digest = strongroom::bytes::hex(&sha2::Sha256::digest(format!("{text}\n")));
    assert_eq!(last, format!("// SHA-256: {digest}"));
    let json = place.run("policy show --json").ok().json();
    assert_eq!(json["sha256"], digest);
    assert_eq!(json["text"], format!("{text}\n"));
    let rules = json["rules"].as_array().unwrap();
    assert_eq!(rules.len(), POLICY.rules().len());
    assert_eq!(rules[0]["id"], "own-account");
}

/// Sealed by default: an act or a kind that is not in the table has been reviewed by nobody.
#[test]
fn every_act_and_every_kind_stands_in_the_table() {
    let mut acts = BTreeSet::new();
    let mut on = BTreeSet::new();
    for line in TABLE.lines().skip(1) {
        let mut cells = line.split('\t');
        on.extend(cells.next().unwrap().split("; "));
        acts.extend(cells.next().unwrap().split(' '));
    }
    assert_eq!(acts, ACTS.iter().map(|row| row.word).collect());
    // Kinds are asked about once where the policy cannot tell them apart, and it speaks of none by name.
    assert!(!strongroom::keeper::policy::POLICY_TEXT.contains("Kind::\""));
    for kind in Kinds::builtin().iter() {
        for wanted in [kind.name.clone(), format!("new {}", kind.name)] {
            assert!(on.contains(wanted.as_str()), "{wanted}");
        }
    }
}
