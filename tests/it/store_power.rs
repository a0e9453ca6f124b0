//! Power goes after every single step of a vault's life, and whatever had not been flushed arrives in
//! part. What was acknowledged must be there after the restart, and nothing half.
//!
//! The same exploration runs with protections switched off and must then find losses.

use std::path::Path;
use std::sync::Arc;

use strongroom::store::embedded::{Embedded, OpenError, Remembered};
use strongroom::store::{CommitError, Store};

use crate::power_disk::{Arrives, Planted, PowerDisk, Reported};
use crate::store_kit::{
    Checker, Expected, SEGMENT, changes, frame, mark_key, small_site, table, table_of,
};

const DIR: &str = "/vault";
/// Enough for a few segments, one of them for a frame of its own.
const COMMITS: u8 = 40;

const WAYS: [Arrives; 6] = [
    Arrives::Nothing,
    Arrives::Everything,
    Arrives::Prefix { torn_at: 512 },
    Arrives::Prefix { torn_at: 4096 },
    Arrives::Prefix { torn_at: 100 },
    Arrives::Chance,
];

/// What the caller was told before the power went.
#[derive(Debug, Clone, Default)]
struct Told {
    /// The generation that was begun last; 0 before there is a vault.
    generation: u32,
    acknowledged: Expected,
    /// What may be there in addition.
    underway: Option<Expected>,
}

/// A vault's life: made, written to, stopped both ways, opened again. Ends early when power goes.
fn life(disk: &PowerDisk, told: &mut Told) -> Option<()> {
    let site = small_site(Arc::new(disk.clone()), Path::new(DIR));
    let mut store = Box::new(Embedded::create(&site, &table(), mark_key()).ok()?);
    told.generation = 1;
    for n in 0..COMMITS {
        let leaves = u64::from(n % 3) + 1;
        let after = told.acknowledged.after(leaves, &changes(n));
        commit(&mut store, leaves, n, after, told)?;
        if n % 6 == 2 {
            let seal = store.head().seal();
            let mut after = told.acknowledged.clone();
            after.frames += 1;
            told.underway = Some(after.clone());
            store.commit(seal).ok()?;
            told.acknowledged = after;
        }
        if n % 13 == 9 {
            turn(&mut store, told)?;
        }
        if n % 5 == 4 {
            if n % 2 == 0 {
                store.close().ok()?;
            } else {
                drop(store);
            }
            store = Box::new(Embedded::open(&site, mark_key(), &[], &mut Checker::default()).ok()?);
        }
    }
    store.close().ok()
}

/// The next generation: what a turn that was cut short left is removed first.
fn turn(store: &mut Embedded, told: &mut Told) -> Option<()> {
    store.tidy().ok()?;
    let next = store.head().generation + 1;
    store.prepare(&table_of(next)).ok()?;
    let mut after = told.acknowledged.clone();
    after.keys = 0;
    told.underway = Some(after.clone());
    store.turn(mark_key()).ok()?;
    told.acknowledged = after;
    told.generation = next;
    store.tidy().ok()
}

fn commit(
    store: &mut Embedded,
    leaves: u64,
    n: u8,
    after: Expected,
    told: &mut Told,
) -> Option<()> {
    told.underway = Some(after.clone());
    let next = frame(store.head(), leaves, &changes(n));
    match store.commit(next) {
        Ok(()) => told.acknowledged = after,
        Err(CommitError::Unknown(_)) => return None,
        Err(CommitError::Refused(_)) => {
            told.underway = None;
            return None;
        }
        Err(other) => panic!("{other:?}"),
    }
    Some(())
}

fn remembered(told: &Told) -> Vec<Remembered> {
    vec![Remembered {
        name: "the keys' directory".into(),
        generation: told.generation,
        size: told.acknowledged.size,
    }]
}

/// Whether the vault on this disk is what it has to be; `Err` says what is wrong.
fn judge(disk: &PowerDisk, told: &Told) -> Result<Option<Expected>, String> {
    let site = small_site(Arc::new(disk.clone()), Path::new(DIR));
    let opened = Embedded::open(
        &site,
        mark_key(),
        &remembered(told),
        &mut Checker::default(),
    );
    let mut store = match opened {
        Ok(store) => store,
        Err(OpenError::NotAVault) if told.generation == 0 => return Ok(None),
        Err(error) => return Err(format!("did not open: {error}")),
    };
    let found = Expected::of(&store);
    if found != told.acknowledged && Some(&found) != told.underway.as_ref() {
        let wanted = told.acknowledged.size;
        return Err(format!(
            "{} leaves acknowledged, {} found",
            wanted, found.size
        ));
    }
    let next = frame(store.head(), 1, &changes(3));
    store
        .commit(next)
        .map_err(|error| format!("cannot go on: {error}"))?;
    store
        .tidy()
        .map_err(|error| format!("cannot be tidied: {error}"))?;
    Ok(Some(found.after(1, &changes(3))))
}

/// Judges, and then opens again after a clean stop: nothing may have changed.
fn judge_twice(disk: &PowerDisk, told: &Told) -> Result<(), String> {
    let Some(after) = judge(disk, told)? else {
        return Ok(());
    };
    let site = small_site(Arc::new(disk.copy()), Path::new(DIR));
    let again = Embedded::open(&site, mark_key(), &[], &mut Checker::default())
        .map_err(|error| format!("did not open again: {error}"))?;
    if Expected::of(&again) != after {
        return Err("a second opening shows something else".into());
    }
    Ok(())
}

/// Lets power go after every step; returns how many states were judged and what was wrong.
fn explore(planted: Planted, every: usize) -> (usize, Vec<String>) {
    let whole = PowerDisk::new();
    life(&whole, &mut Told::default()).expect("a life without a power cut");
    let steps = whole.steps();
    assert!(
        steps > 200,
        "the life is too short to prove anything: {steps} steps"
    );
    let (mut states, mut wrong) = (0, Vec::new());
    for step in (0..=steps).step_by(every) {
        let disk = PowerDisk::new();
        disk.plant(planted);
        disk.power_off_after(step);
        let mut told = Told::default();
        let ended = life(&disk, &mut told);
        assert_eq!(ended.is_some(), step >= steps, "step {step} of {steps}");
        for (seed, way) in (step as u64 + 1..).zip(WAYS) {
            states += 1;
            let found = disk.after_power_cut(way, seed);
            if let Err(words) = judge_twice(&found, &told) {
                wrong.push(format!("power cut after step {step}, {way:?}: {words}"));
            }
        }
    }
    (states, wrong)
}

#[test]
fn nothing_acknowledged_is_lost() {
    let (states, wrong) = explore(Planted::default(), 1);
    assert!(
        wrong.is_empty(),
        "{} of {states}\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn a_disk_that_ignores_flushes_is_noticed() {
    let planted = Planted {
        sync_does_nothing: true,
        ..Planted::default()
    };
    let (states, wrong) = explore(planted, 7);
    assert!(wrong.len() > states / 4, "{} of {states}", wrong.len());
}

#[test]
fn a_directory_that_is_not_flushed_is_noticed() {
    let planted = Planted {
        sync_dir_does_nothing: true,
        ..Planted::default()
    };
    let (states, wrong) = explore(planted, 7);
    assert!(wrong.len() > states / 10, "{} of {states}", wrong.len());
}

/// Recovery is itself cut short at each of its steps, and a third opening must still find everything.
#[test]
fn recovery_can_be_cut_short_anywhere() {
    let whole = PowerDisk::new();
    life(&whole, &mut Told::default()).unwrap();
    let mut tried = 0;
    for outer in (20..whole.steps()).step_by(31) {
        let disk = PowerDisk::new();
        disk.power_off_after(outer);
        let mut told = Told::default();
        life(&disk, &mut told);
        let found = disk.after_power_cut(Arrives::Prefix { torn_at: 512 }, outer as u64);
        for inner in 0.. {
            let recovering = found.copy();
            recovering.power_off_after(inner);
            let site = small_site(Arc::new(recovering.clone()), Path::new(DIR));
            let told_again = remembered(&told);
            let opened =
                Embedded::open(&site, mark_key(), &told_again, &mut Checker::default()).is_ok();
            for (seed, way) in (inner as u64 + 1..).zip(WAYS) {
                tried += 1;
                let third = recovering.after_power_cut(way, seed);
                if let Err(words) = judge_twice(&third, &told) {
                    panic!("cut after {outer} and in recovery after {inner}, {way:?}: {words}");
                }
            }
            if opened || matches!(judge(&recovering.copy(), &told), Ok(None)) {
                break;
            }
        }
    }
    assert!(tried > 200, "{tried}");
}

/// Each step of a vault's life reports an error, having happened or not. What was acknowledged is there at the next
/// opening, and after a power cut; what was under way is there as a whole or not at all.
#[test]
fn a_step_that_reports_an_error_loses_nothing_whether_it_happened_or_not() {
    let whole = PowerDisk::new();
    life(&whole, &mut Told::default()).unwrap();
    let (mut failed, mut wrong) = (0, Vec::new());
    for step in 0..whole.steps() {
        for reported in [Reported::NotDone, Reported::DoneAllTheSame] {
            let disk = PowerDisk::new();
            disk.fail_step_after(step, reported);
            let mut told = Told::default();
            failed += usize::from(life(&disk, &mut told).is_none());
            let restarted = [disk.copy(), disk.after_power_cut(Arrives::Nothing, 1)];
            for (found, how) in restarted.iter().zip(["restarted", "power cut"]) {
                if let Err(words) = judge_twice(found, &told) {
                    wrong.push(format!("step {step}, {reported:?}, {how}: {words}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
    // The control: most of them stop what is being done.
    assert!(failed > whole.steps(), "{failed} of {}", 2 * whole.steps());
}

/// The disk reports an error at a flush; the bytes are lost but still show. The process restarts, opens,
/// and then power goes: what the opening showed must not disappear.
#[test]
fn a_failed_flush_is_fail_stop_and_what_is_shown_afterwards_is_durable() {
    let site_on = |disk: &PowerDisk| small_site(Arc::new(disk.clone()), Path::new(DIR));
    for failing in 0..8 {
        let disk = PowerDisk::new();
        let mut store = Embedded::create(&site_on(&disk), &table(), mark_key()).unwrap();
        disk.fail_sync_after(failing);
        let mut expected = Expected::default();
        let mut failed = false;
        for n in 0..8 {
            let next = frame(store.head(), 1, &changes(n));
            match store.commit(next) {
                Ok(()) => expected = expected.after(1, &changes(n)),
                Err(CommitError::Unknown(_)) => {
                    failed = true;
                    break;
                }
                Err(other) => panic!("{other:?}"),
            }
        }
        assert!(failed, "flush {failing} did not fail");
        assert_eq!(Expected::of(&store), expected, "reads go on");
        for _ in 0..2 {
            let next = frame(store.head(), 1, &[]);
            assert!(matches!(store.commit(next), Err(CommitError::Broken)));
        }
        drop(store);
        let again = Embedded::open(&site_on(&disk), mark_key(), &[], &mut Checker::default());
        let shown = Expected::of(&again.unwrap());
        assert!(shown.frames >= expected.frames);
        let found = disk.after_power_cut(Arrives::Nothing, 1);
        let third = Embedded::open(&site_on(&found), mark_key(), &[], &mut Checker::default());
        assert_eq!(Expected::of(&third.unwrap()), shown);
    }
}

/// A full disk is found while half a segment is left: small frames still fit, what does not fit is
/// refused without harm, and with room again everything goes on.
#[test]
fn a_full_disk_refuses_and_harms_nothing() {
    use strongroom::store::{Room, Why};
    let disk = PowerDisk::new();
    let site = small_site(Arc::new(disk.clone()), Path::new(DIR));
    let mut store = Embedded::create(&site, &table(), mark_key()).unwrap();
    assert_eq!(store.room(), Room::Enough);
    disk.set_capacity(disk.used() + SEGMENT / 2);
    assert_eq!(store.room(), Room::Scarce);
    let mut expected = Expected::default();
    let mut on_reserve = 0;
    loop {
        let next = frame(store.head(), 1, &changes(3));
        match store.commit(next) {
            Ok(()) => expected = expected.after(1, &changes(3)),
            Err(CommitError::Refused(Why::Full)) => break,
            Err(other) => panic!("{other:?}"),
        }
        on_reserve += usize::from(store.room() == Room::Reserve);
    }
    assert!(on_reserve > 3, "found only when nothing fitted any more");
    let big = frame(store.head(), 1, &changes(13));
    assert!(matches!(
        store.commit(big),
        Err(CommitError::Refused(Why::Full))
    ));
    assert_eq!(Expected::of(&store), expected);
    disk.set_capacity(u64::MAX);
    for n in [3, 13, 4] {
        let next = frame(store.head(), 1, &changes(n));
        store.commit(next).unwrap();
        expected = expected.after(1, &changes(n));
    }
    assert_eq!(store.room(), Room::Enough);
    let found = disk.after_power_cut(Arrives::Nothing, 1);
    let site = small_site(Arc::new(found), Path::new(DIR));
    let again = Embedded::open(&site, mark_key(), &[], &mut Checker::default()).unwrap();
    assert_eq!(Expected::of(&again), expected);
}
