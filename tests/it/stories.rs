//! What contact centres go through, replayed on a copy of the demo centre as the command lines its people would type.
//! Each test is one scenario and carries its number; each protection in it has its control: the same command by
//! somebody, or on something, it is not meant for.
//!
//! Here is what concerns storing, finding and releasing. Left out are, with the step they come with: what must go and
//! what is held (the rest of 10 and 17; 15; step 7, retention), evidence packs and visits (the rest of 14; step 8), and
//! requests for access: 4, 5, 6 and 9, the rest of 3, 7 and 8 (steps 9 and 10). 11's register of friends is one of a
//! case (`conflicts.rs`), and an assessment belongs to none. 19 is kept by the tests of power cuts, damage and restoring.

use serde_json::Value;

use crate::cli_centre::Centre;
use crate::cli_run::Said;

mod families;
mod outside;
#[cfg(feature = "documents")]
mod releasing;
mod workers;

/// What is said of what is hidden and of what is not there, and nothing more.
const UNKNOWN: &str = "error: no such record, or not yours to open\n";

/// The titles of what somebody finds.
fn found(centre: &Centre, who: &str, words: &str) -> Vec<String> {
    titles(&centre.json(who, &format!("find {words}")))
}

/// What of a list is no person on file.
fn papers(list: &Value) -> Value {
    let list = list.as_array().unwrap().iter();
    list.filter(|one| one["kind"] != "person")
        .cloned()
        .collect()
}

/// The titles of a list.
fn titles(list: &Value) -> Vec<String> {
    let list = list.as_array().unwrap().iter();
    list.map(|one| one["title"].as_str().unwrap().to_owned())
        .collect()
}

/// The ids of a list.
fn ids(list: &Value) -> Vec<String> {
    let list = list.as_array().unwrap().iter();
    list.map(|one| one["id"].as_str().unwrap().to_owned())
        .collect()
}

/// Insists that a command said no more than that there is no such thing.
fn unknown(said: Said) {
    let said = said.fails(3);
    assert_eq!(said.stderr, UNKNOWN, "{}", said.line);
}

/// The rule a command was refused by.
fn refused_by(centre: &Centre, who: &str, line: &str) -> String {
    let error = centre.run(who, &format!("--json {line}")).fails(3).error();
    error["rule"].as_str().unwrap().to_owned()
}

/// Writes a kind's example as a form, changed.
fn example(centre: &Centre, kind: &str, change: impl FnOnce(&mut Value)) -> String {
    let said = centre.place.run(&format!("kind template {kind} --json"));
    let mut form = said.ok().json();
    change(&mut form);
    let name = format!("{kind}.json");
    centre.place.write(&name, form.to_string());
    name
}

/// What is due for somebody: what, of which record, and by when.
fn due(centre: &Centre, who: &str) -> Vec<(String, Option<String>, String)> {
    let due = centre.json(who, "due");
    let text = |one: &Value, name: &str| one[name].as_str().map(str::to_owned);
    let each = due.as_array().unwrap().iter();
    each.map(|one| {
        (
            text(one, "what").unwrap(),
            text(one, "record"),
            text(one, "due").unwrap(),
        )
    })
    .collect()
}
