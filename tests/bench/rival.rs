//! Other programs that do the same work, as children. Where one is not installed the bench says so and goes on.

use std::process::Command;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use crate::measure::Spent;

/// Whether a command is there and ends well; says so where it is not.
pub(crate) fn is_there(name: &str, look: &mut Command) -> bool {
    let quiet = look.stdout(Stdio::null()).stderr(Stdio::null());
    let there = quiet.status().is_ok_and(|status| status.success());
    if !there {
        println!("skipped: {name} is not installed\n");
    }
    there
}

/// What a whole child took, its start included. CPU is counted in hundredths of a second.
pub(crate) fn took(command: &mut Command) -> Spent {
    let (begun, cpu) = (Instant::now(), children_cpu());
    let status = command.status().unwrap();
    assert!(status.success(), "{command:?} failed");
    Spent {
        elapsed: begun.elapsed(),
        cpu: children_cpu().saturating_sub(cpu),
    }
}

/// What all children that have ended used: fields 16 and 17 of `/proc/self/stat`, in hundredths of a second.
fn children_cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    // The command's name, in brackets, may hold spaces.
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let ticks = fields.split(' ').skip(13).take(2);
    let ticks: u64 = ticks.map(|field| field.parse::<u64>().unwrap()).sum();
    Duration::from_millis(ticks * 10)
}
