//! A backup of what came since the last one: 64 MiB of attachments and a hundred reports, copied, read back, noted
//! in the ledger and flushed.
//!
//! The floor copies a file of as many bytes as the backup wrote and flushes it, without reading it back. Beside
//! `restic`, which keeps the same vault in a store of its own, encrypted once more.
//!
//!   cargo bench --bench backup -- --megabytes 64 --rounds 5

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench says what it measured, and one that fails should panic"
)]

use std::fs::File;
use std::io;
use std::io::Read;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;

use strongroom::desk::Attach;
use strongroom::desk::Desk;
use strongroom::desk::Filing;
use strongroom::ids::random;

use crate::measure::Spent;
use crate::measure::compare;
use crate::measure::measure;
use crate::measure::size;
use crate::measure::spent;

mod centre;
mod measure;
mod report;
mod rival;

/// What the issue asks for, beside a copy,
const GOAL: f64 = 2.0;
/// and beside restic: faster.
const FASTER: f64 = 1.0;
/// Reports without attachments, in the vault at first and with each change.
const REPORTS: usize = 100;
const MIB: usize = 1 << 20;

fn main() {
    let (megabytes, rounds) = (size("megabytes", 64), size("rounds", 5));
    let dir = centre::make();
    let keeper = centre::open(&dir);
    let mut ada = centre::sign_in(&keeper, "ada");
    let case = centre::open_case(&mut ada);
    let at = |name: &str| dir.path().join(name);
    let vault = centre::paths(&dir).dir;
    let restic = rival::is_there("restic", Command::new("restic").arg("version"));
    let restic = restic.then(|| at("restic"));
    change(&mut ada, &case, megabytes);
    keeper.back_up(&at("place"), &mut |_, _| ()).unwrap();
    if let Some(repository) = &restic {
        rival::took(restic_does(repository).arg("init"));
        rival::took(restic_does(repository).arg("backup").arg(&vault));
    }
    println!("A backup after {megabytes} MiB of attachments and {REPORTS} reports came in");
    let (mut ours, mut copies, mut rivals) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..rounds {
        change(&mut ada, &case, megabytes);
        let back_up = || keeper.back_up(&at("place"), &mut |_, _| ()).unwrap();
        let (spent, done) = measure(back_up);
        println!("  {} of {} bytes copied", done.copied, done.bytes);
        ours.push(spent);
        std::fs::write(
            at("changed"),
            vec![7; usize::try_from(done.copied).unwrap()],
        )
        .unwrap();
        copies.push(copy(&at("changed"), &at("copy")));
        if let Some(repository) = &restic {
            rivals.push(rival::took(
                restic_does(repository).arg("backup").arg(&vault),
            ));
        }
    }
    compare(
        (rounds, Some(GOAL)),
        ("backed up", taken(&ours)),
        ("as many bytes copied", taken(&copies)),
    );
    if restic.is_some() {
        let names = ("backed up", "backed up by restic");
        let goal = (rounds, Some(FASTER));
        compare(goal, (names.0, taken(&ours)), (names.1, taken(&rivals)));
    }
}

/// What was measured already, one after the other: what has changed is backed up once by each.
fn taken(all: &[Spent]) -> impl FnMut() -> Spent {
    let mut all = all.iter();
    move || *all.next().unwrap()
}

/// Files reports, and one with an attachment.
fn change(desk: &mut Desk<'_>, case: &str, megabytes: usize) {
    let reports: Vec<Filing> = (0..REPORTS).map(|_| report::filing(case)).collect();
    desk.import(&reports).unwrap();
    let content: Vec<u8> = (0..megabytes * MIB / 64)
        .flat_map(|_| random::<64>())
        .collect();
    let source =
        move || -> io::Result<Box<dyn Read>> { Ok(Box::new(io::Cursor::new(content.clone()))) };
    let attach = Attach {
        name: "recording.mp4".to_owned(),
        source: Box::new(source),
    };
    let filing = Filing {
        attachments: vec![attach],
        ..report::filing(case)
    };
    desk.file(&filing).unwrap();
}

fn copy(from: &Path, to: &Path) -> Spent {
    spent(|| {
        std::fs::copy(from, to).unwrap();
        File::open(to).unwrap().sync_all().unwrap();
    })
}

fn restic_does(repository: &Path) -> Command {
    let mut restic = Command::new("restic");
    restic
        .arg("--quiet")
        .arg("--no-cache")
        .arg("--repo")
        .arg(repository);
    restic
        .env("RESTIC_PASSWORD", "measured")
        .stdout(Stdio::null());
    restic
}
