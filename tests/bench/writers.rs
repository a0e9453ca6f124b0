//! Filing by 64 at once beside filing by one: who asks while a flush runs shares the next one.
//!
//! The ceiling is what the cores could file if nothing ever waited, at the CPU time a filing takes: how much of it
//! is reached is how much of the cores' time was used. Where other programs run on them it cannot be reached.
//!
//!   cargo bench --bench writers -- --writers 64 --each 10 --rounds 3

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "a bench says what it measured, and one that fails should panic; its counts are small"
)]

use std::thread;

use strongroom::desk::Desk;

use crate::measure::Spent;
use crate::measure::compare;
use crate::measure::size;
use crate::measure::spent;

mod centre;
mod measure;
mod report;

/// What the issue asks for: this many times the rate of one, or
const TIMES: f64 = 20.0;
/// this much of what the cores allow.
const OF_CEILING: f64 = 0.7;

fn main() {
    let (writers, each) = (size("writers", 64), size("each", 10));
    let rounds = size("rounds", 3);
    let dir = centre::make();
    let keeper = centre::open(&dir);
    let mut ada = centre::sign_in(&keeper, "ada");
    let case = centre::open_case(&mut ada);
    ada.add_to_team(&case, "sam").unwrap();
    // Sessions of one account: what a sign-in costs is not what is measured.
    let desk = || centre::sign_in(&keeper, "sam");
    let (mut desks, mut single): (Vec<Desk<'_>>, _) =
        ((0..writers).map(|_| desk()).collect(), desk());
    let cores = thread::available_parallelism().unwrap().get() as f64;
    let count = writers * each;
    println!("{count} reports filed, on {cores} cores; the elapsed ratio is what counts");
    let mut busy = Vec::new();
    let all = || {
        let spent = file(&mut desks, &case, each);
        let (elapsed, cpu) = (spent.elapsed.as_secs_f64(), spent.cpu.as_secs_f64());
        busy.push(cpu / elapsed);
        spent
    };
    let one = || file(std::slice::from_mut(&mut single), &case, count);
    compare(
        (rounds, Some(1.0 / TIMES)),
        (&format!("by {writers} at once"), all),
        ("by one", one),
    );
    busy.sort_by(f64::total_cmp);
    let of_ceiling = busy[busy.len() / 2] / cores;
    let verdict = if of_ceiling >= OF_CEILING {
        "met"
    } else {
        "missed"
    };
    println!(
        "  {of_ceiling:.2} of the ceiling; goal, where the other cannot be met, {OF_CEILING}: {verdict}"
    );
}

/// Every desk files as many, all at once.
fn file(desks: &mut [Desk<'_>], case: &str, each: usize) -> Spent {
    spent(|| {
        thread::scope(|scope| {
            for desk in desks {
                scope.spawn(move || {
                    let filing = report::filing(case);
                    for _ in 0..each {
                        desk.file(&filing).unwrap();
                    }
                });
            }
        });
    })
}
