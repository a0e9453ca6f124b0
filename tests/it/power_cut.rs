//! Power goes while the real program runs, as seen from the system's side: no part of the program, and no crate
//! it is built on, can write past this. `docs/testing.md` says what is modelled and what is not.

mod calls;
mod cut;
mod judge;
mod kept;
mod parse;
mod record;
mod replay;
mod scenario;
pub(crate) mod strace;
mod tree;
mod turned;

use std::thread;

use crate::power_cut::cut::Arrives;
use crate::power_cut::cut::WAYS;
use crate::power_cut::judge::judge;
use crate::power_cut::kept::Files;
use crate::power_cut::record::Recording;
use crate::power_cut::record::recording;
pub(crate) use crate::power_cut::record::scratch;
use crate::power_cut::replay::Replay;
use crate::power_cut::replay::Without;
use crate::power_cut::tree::Tree;
use crate::power_disk::Chance;

/// After which step power goes, and what arrives of what was not synced.
type Cut = (usize, Arrives);

fn replay(recording: &Recording, without: Without) -> Replay<'_> {
    let before = scratch();
    recording.before.write(before.path());
    let before = Tree::of(before.path());
    Replay::new(&recording.calls, &recording.root, before, without)
}

/// Makes each cut, in a replay without some of the syncs, and says of each that went wrong what it was.
fn explore(recording: &Recording, without: Without, cuts: &[Cut]) -> Vec<String> {
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let share = cuts.len().div_ceil(workers).max(1);
    thread::scope(|scope| {
        let work = |cuts| scope.spawn(move || explore_part(recording, without, cuts));
        let working: Vec<_> = cuts.chunks(share).map(work).collect();
        let done = working.into_iter().map(|worker| worker.join().unwrap());
        done.flatten().collect()
    })
}

fn explore_part(recording: &Recording, without: Without, cuts: &[Cut]) -> Vec<String> {
    let mut replay = replay(recording, without);
    let (mut at, mut wrong) = (0, Vec::new());
    for (cut, arrives) in cuts {
        for step in &recording.steps[at..=*cut] {
            replay.step(*step);
        }
        at = cut + 1;
        let found = scratch();
        cut::write(&replay.tree, *arrives, *cut as u64, found.path());
        if let Err(says) = judge(recording, *cut, found.path()) {
            wrong.push(format!("{} {arrives:?}: {says}", where_is(recording, *cut)));
        }
    }
    wrong
}

/// A step in words.
fn where_is(recording: &Recording, cut: usize) -> String {
    let run = recording.runs.iter().find(|run| cut < run.until).unwrap();
    let acknowledged = if run.acknowledged.is_some_and(|at| at <= cut) {
        " (acknowledged)"
    } else {
        ""
    };
    format!("step {cut} in `{}`{acknowledged}", run.line)
}

/// So many cuts: with every way, right when something was acknowledged; then at steps all over the recording.
fn cuts(recording: &Recording, count: usize) -> Vec<Cut> {
    let mut chance = Chance(0x5eed);
    let told = recording.runs.iter().filter_map(|run| run.acknowledged);
    let ways = |at| WAYS.map(|way| (at, way));
    let mut cuts: Vec<Cut> = told.flat_map(ways).collect();
    while cuts.len() > count / 2 {
        cuts.swap_remove(chance.below(cuts.len()));
    }
    let first = recording.runs[0].acknowledged.unwrap();
    while cuts.len() < count * 3 / 4 {
        // Little can be judged before anything was acknowledged.
        let early = cuts.len().is_multiple_of(20);
        let from = if early { 0 } else { first };
        let at = from + chance.below(recording.steps.len() - from);
        cuts.push((at, WAYS[cuts.len() % WAYS.len()]));
    }
    // And where several disks have to agree.
    let ranges = turns_and_backups(recording);
    while cuts.len() < count {
        let (from, until) = ranges[cuts.len() % ranges.len()];
        let at = from + chance.below(until - from);
        cuts.push((at, WAYS[chance.below(WAYS.len())]));
    }
    cuts.sort_by_key(|(at, _)| *at);
    cuts
}

/// From which step to which the vault turns, or is backed up.
fn turns_and_backups(recording: &Recording) -> Vec<(usize, usize)> {
    let mut from = 0;
    let mut ranges = Vec::new();
    for run in &recording.runs {
        if run.line.contains("vault turn") || run.line.contains("backup to") {
            ranges.push((from, run.until));
        }
        from = run.until;
    }
    assert_eq!(ranges.len(), 4);
    ranges
}

/// Nothing reaches the disk that is not in the log: replayed without a cut, it gives the very same files.
#[test]
fn the_recording_is_complete() {
    if !strace::can() {
        return;
    }
    let recording = recording();
    let mut replay = replay(recording, Without::Nothing);
    let mut from = 0;
    for run in &recording.runs {
        for step in &recording.steps[from..run.until] {
            replay.step(*step);
        }
        from = run.until;
        let found = scratch();
        cut::write(&replay.tree, Arrives::Everything, 1, found.path());
        let (replayed, real) = (Files::below(found.path()), &run.after);
        assert!(replayed.0.keys().eq(real.0.keys()), "{}", run.line);
        for (name, content) in &real.0 {
            assert!(
                replayed.0[name] == *content,
                "{} after {}",
                name.display(),
                run.line
            );
        }
    }
}

/// What the judge asks about ended grants has two answers: until the vault turns, their keys open with what is on
/// the disk.
#[test]
fn what_had_ended_opens_until_the_vault_turns() {
    if !strace::can() {
        return;
    }
    let recording = recording();
    let after = |line: &str| {
        let mut runs = recording.runs.iter();
        runs.rfind(|run| run.line.contains(line)).unwrap()
    };
    let opens = |line| {
        let found = scratch();
        after(line).after.write(found.path());
        turned::opened_grants(found.path()).unwrap()
    };
    let gone = &after("vault turn").known.gone;
    assert_eq!(gone.len(), 2);
    let (before, now) = (opens("grant revoke"), opens("vault turn"));
    // The first of them was over at the first turn.
    assert_eq!(gone.iter().filter(|id| before.contains(id)).count(), 1);
    assert!(!gone.iter().any(|id| now.contains(id)));
}

/// The planted control of the judge: a vault of before a conflict was said, or a report was given out, has lost it.
#[test]
fn a_conflict_and_a_release_are_missed_where_they_are_not() {
    if !strace::can() {
        return;
    }
    let recording = recording();
    let last = &recording.runs.last().unwrap().known;
    let conflict = [("case conflict", [true, false])];
    // Without documents nothing is given out.
    let release = cfg!(feature = "documents").then_some(("record release", [false, true]));
    for (line, lost) in conflict.into_iter().chain(release) {
        let mut runs = recording.runs.iter();
        let at = runs.position(|run| run.line.starts_with(line)).unwrap();
        let (before, run) = (&recording.runs[at - 1], &recording.runs[at]);
        for (files, wanted) in [(&before.after, lost), (&run.after, [false; 2])] {
            let found = scratch();
            files.write(found.path());
            let missed = judge::missing(found.path(), &run.known, last);
            assert_eq!(missed, wanted, "{line}");
        }
    }
}

/// Right when something was acknowledged, with nothing of what was not synced.
fn hard_cuts(recording: &Recording) -> Vec<Cut> {
    let told = recording.runs.iter().filter_map(|run| run.acknowledged);
    told.map(|at| (at, Arrives::Nothing)).collect()
}

/// The planted controls: a program that forgot these syncs would have written the same log without them.
#[test]
fn without_its_syncs_the_same_recording_loses_what_was_acknowledged() {
    if !strace::can() {
        return;
    }
    let recording = recording();
    let cuts = hard_cuts(recording);
    let mut late = cuts.clone();
    late.retain(|(at, _)| *at >= recording.may_turn_from);
    assert!(late.len() >= 4, "{} late cuts prove nothing", late.len());
    let most = |cuts: &Vec<_>| cuts.len() / 2 + 1;
    for (without, cuts, at_least) in [
        // The vault is founded with the whole disk synced; nearly everything after that is lost.
        (Without::JournalSyncs, &cuts, 10),
        (Without::FolderSyncs, &cuts, 10),
        // The records with attachments.
        (Without::PayloadSyncs, &cuts, 5),
        // From the first turn on: its files are not found, or its key is not, or the old one is back. How many of
        // the cuts fall so late differs from recording to recording.
        (Without::GenerationSyncs, &late, most(&late)),
        (Without::KeyFolderSyncs, &late, most(&late)),
        (Without::BackupSyncs, &late, most(&late)),
    ] {
        let wrong = explore(recording, without, cuts);
        let told = format!(
            "{without:?}: {} of {}\n{}",
            wrong.len(),
            cuts.len(),
            wrong.join("\n")
        );
        eprintln!("{}", told.lines().next().unwrap_or_default());
        assert!(wrong.len() >= at_least, "{told}");
    }
    let wrong = explore(recording, Without::Nothing, &cuts);
    assert!(wrong.is_empty(), "with them: {wrong:#?}");
}

#[test]
fn nothing_acknowledged_is_lost() {
    check(60);
}

/// The same with many more cuts, for `.ci/long`.
#[test]
#[ignore = "takes a quarter of an hour"]
fn nothing_acknowledged_is_lost_in_many_cuts() {
    check(1200);
}

fn check(count: usize) {
    if !strace::can() {
        return;
    }
    let recording = recording();
    let cuts = cuts(recording, count);
    let wrong = explore(recording, Without::Nothing, &cuts);
    assert!(
        wrong.is_empty(),
        "{} of {}\n{}",
        wrong.len(),
        cuts.len(),
        wrong.join("\n")
    );
}
