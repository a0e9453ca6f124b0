//! Whether the vault that is found after a cut is what it has to be. It is opened by the library, in this process:
//! the program's own commands do nothing else, and a process for each question would cost more than the
//! question.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs;
use std::path::Path;

use strongroom::desk::Desk;
use strongroom::keeper;
use strongroom::keeper::Keeper;
use strongroom::sealing::Passphrase;
use strongroom::store::embedded::Remembered;

use crate::power_cut::record::Recording;
use crate::power_cut::record::paths_in;
use crate::power_cut::scenario;
use crate::power_cut::scenario::Known;
use crate::power_cut::scenario::Version;
use crate::power_cut::turned;

pub(crate) fn because<E: Display>(what: &str) -> impl Fn(E) -> String + '_ {
    move |error| format!("{what}: {error}")
}

/// `Err` says what is wrong with what is found in `dir` after the step `cut`.
pub(crate) fn judge(recording: &Recording, cut: usize, dir: &Path) -> Result<(), String> {
    let mut told = recording
        .runs
        .iter()
        .filter(|run| run.acknowledged.is_some_and(|at| at <= cut));
    let Some(told) = told.next_back() else {
        // Nobody was told anything. It must only not fall over.
        drop(Keeper::open(&paths_in(dir), &[]));
        return Ok(());
    };
    let last = &recording.runs.last().unwrap().known;
    files(&told.known, dir)?;
    let paths = paths_in(dir);
    turned::as_found(&told.known, dir)?;
    // The vault knows its places by where they were.
    let may_turn = cut >= recording.may_turn_from;
    let _there = may_turn.then(|| turned::places_at(&recording.root, dir));
    let state = dir.join("state");
    let first = keeper::verify(&paths, Some(&state)).map_err(because("before it was opened"))?;
    let remembered = [Remembered {
        name: "whoever was told".to_owned(),
        generation: told.known.generation,
        size: told.known.size,
    }];
    // The process ends without a word, and the next one opens what is left.
    drop(Keeper::open(&paths, &remembered).map_err(because("first opening"))?);
    let once = keeper::verify(&paths, None).map_err(because("after the first opening"))?;
    drop(Keeper::open(&paths, &remembered).map_err(because("second opening"))?);
    let twice = keeper::verify(&paths, None).map_err(because("after the second opening"))?;
    // A torn end that is put aside is written down, once; and a turn is gone on with, to its end.
    let more = once.size > first.size + 1 && !may_turn;
    if more || (&twice.size, &twice.root) != (&once.size, &once.root) {
        let sizes = [first.size, once.size, twice.size];
        return Err(format!(
            "entries as found, and after one and two openings: {sizes:?}"
        ));
    }
    let keeper = Keeper::open(&paths, &remembered).map_err(because("third opening"))?;
    let mut ada = sign_in(&keeper, "ada", &state)?;
    records(&mut ada, recording, (&told.known, last))?;
    grants(&mut ada, (&told.known, last))?;
    apart(&mut ada, (&told.known, last))?;
    released(&mut ada, (&told.known, last))?;
    if cut.is_multiple_of(3) && told.known.grants.values().any(|state| state == "active") {
        outsider(&keeper, &state, &told.known, last)?;
    }
    drop(ada);
    keeper.close().map_err(because("closing"))?;
    let after = keeper::verify(&paths, Some(&state)).map_err(because("after it was closed"))?;
    if after.size < told.known.size {
        return Err("entries are gone".to_owned());
    }
    turned::in_the_end(dir, may_turn)
}

/// What the program said it had written is there.
fn files(told: &Known, dir: &Path) -> Result<(), String> {
    for (name, content) in &told.files {
        match fs::read(dir.join(name)) {
            Ok(found) if found == *content => (),
            Ok(_) => return Err(format!("another content in {name}")),
            Err(error) => return Err(format!("{name}: {error}")),
        }
    }
    Ok(())
}

fn sign_in<'k>(keeper: &'k Keeper, who: &str, state: &Path) -> Result<Desk<'k>, String> {
    let words = Passphrase::new(scenario::passphrase(who));
    Desk::sign_in(keeper, who, &words, Some(state)).map_err(because(who))
}

/// Every record that was acknowledged is there, each whole; every other one is one that was being filed.
fn records(
    ada: &mut Desk<'_>,
    recording: &Recording,
    (told, last): (&Known, &Known),
) -> Result<(), String> {
    let (listed, _) = ada
        .records(None, 0)
        .map_err(because("the list of records"))?;
    let found: BTreeMap<String, u32> = listed
        .iter()
        .map(|line| (line.id.to_string(), line.version))
        .collect();
    for (id, versions) in &told.records {
        let at_least = u32::try_from(versions.len()).unwrap();
        if found.get(id).is_none_or(|version| *version < at_least) {
            return Err(format!(
                "record {id} was acknowledged, and found is {:?}",
                found.get(id)
            ));
        }
    }
    for (id, newest) in &found {
        for number in 1..=*newest {
            let version = version(ada, id, number)?;
            let right = match last.records.get(id) {
                Some(versions) => versions.get(number as usize - 1) == Some(&version),
                None => recording.perhaps.contains(&version),
            };
            if !right {
                return Err(format!("record {id}, version {number}: another content"));
            }
        }
    }
    Ok(())
}

fn version(desk: &mut Desk<'_>, id: &str, number: u32) -> Result<Version, String> {
    let shown = desk
        .record(id, Some(number), Some("to look"), 80)
        .map_err(because(id))?;
    let mut attachments = BTreeMap::new();
    for line in &shown.attachments {
        let mut content = Vec::new();
        desk.attachment(id, &line.name, Some("to look"), &mut content)
            .map_err(because(&line.name))?;
        attachments.insert(line.name.clone(), content);
    }
    Ok(Version {
        fields: shown.fields,
        attachments,
    })
}

fn grants(ada: &mut Desk<'_>, (told, last): (&Known, &Known)) -> Result<(), String> {
    let order = |state: &str| {
        ["waiting", "active", "ended"]
            .iter()
            .position(|s| *s == state)
    };
    let found: BTreeMap<String, String> = ada
        .grants()
        .map_err(because("the list of grants"))?
        .iter()
        .map(|grant| {
            (
                grant.id.to_string(),
                format!("{:?}", grant.state).to_lowercase(),
            )
        })
        .collect();
    for (id, state) in &told.grants {
        let now = found.get(id).ok_or_else(|| format!("grant {id} is gone"))?;
        if order(now) < order(state) {
            return Err(format!("grant {id} was {state}, and is {now}"));
        }
    }
    match found.keys().find(|id| !last.grants.contains_key(*id)) {
        Some(id) => Err(format!("grant {id} was never made")),
        None => Ok(()),
    }
}

/// What is missing of conflicts and of releases in a vault that was not cut, by what somebody was told.
pub(crate) fn missing(dir: &Path, told: &Known, last: &Known) -> [bool; 2] {
    let keeper = Keeper::open(&paths_in(dir), &[]).unwrap();
    let mut ada = sign_in(&keeper, "ada", &dir.join("state")).unwrap();
    let apart = apart(&mut ada, (told, last));
    let released = released(&mut ada, (told, last));
    [apart, released].map(|said| said.is_err())
}

/// Whoever was said to know a family is off its team and in its register, with the reason; and nobody else is.
fn apart(ada: &mut Desk<'_>, (told, last): (&Known, &Known)) -> Result<(), String> {
    for (case, who) in &last.apart {
        if !ada
            .cases()
            .map_err(because("the cases"))?
            .iter()
            .any(|one| one.id.to_string() == *case)
        {
            continue;
        }
        let case_found = ada.case(case).map_err(because(case))?;
        let words = &case_found.conflicts;
        let on_team = case_found.team.iter().any(|member| member == who);
        let right = match words.as_slice() {
            [] => !told.apart.contains(&(case.clone(), who)),
            [word] => {
                !on_team
                    && (word.user.as_str(), word.ended) == (who, false)
                    && word.why.as_deref() == Some(scenario::WHY)
            }
            _ => false,
        };
        if !right {
            let users: Vec<&String> = words.iter().map(|word| &word.user).collect();
            return Err(format!(
                "{who} is to be apart; register {users:?}, on the team: {on_team}"
            ));
        }
    }
    Ok(())
}

/// Every release that was acknowledged stands with its record, and no other.
fn released(ada: &mut Desk<'_>, (told, last): (&Known, &Known)) -> Result<(), String> {
    for (record, to) in &last.released {
        if !told.records.contains_key(record) {
            continue;
        }
        let shown = ada.record(record, None, Some("to look"), 80);
        let shown = shown.map_err(because(record))?;
        let found: Vec<&str> = shown
            .released
            .iter()
            .map(|one| one.facts.to.as_str())
            .collect();
        let acknowledged = told.released.contains(&(record.clone(), to));
        if found != [*to] && (acknowledged || !found.is_empty()) {
            return Err(format!(
                "released to {to} is {acknowledged}, and found is {found:?}"
            ));
        }
    }
    Ok(())
}

/// The outsider opens what the grant is for.
fn outsider(keeper: &Keeper, state: &Path, told: &Known, last: &Known) -> Result<(), String> {
    let words = Passphrase::new("test only: for ipek to begin".to_owned());
    let mut ipek = Desk::sign_in(keeper, "ipek", &words, Some(state)).map_err(because("ipek"))?;
    let (granted, _) = ipek.records(None, 0).map_err(because("ipek's list"))?;
    if granted.is_empty() && told.grants == last.grants {
        return Err("nothing is shown to the outsider".to_owned());
    }
    for line in granted {
        let id = line.id.to_string();
        let version = version(&mut ipek, &id, line.version)?;
        if last.records[&id].get(line.version as usize - 1) != Some(&version) {
            return Err(format!("the outsider sees another content of {id}"));
        }
    }
    Ok(())
}
