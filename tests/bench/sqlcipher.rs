//! The same records in `SQLCipher`, by `sqlcipher.py`. What is measured is its work alone, by its own clocks: neither
//! Python's start nor opening the file and deriving its key are counted.

use std::path::Path;
use std::process::Command;
use std::process::Stdio;
use std::time::Duration;

use crate::measure::Spent;

/// Whether Python has the module; says so where it has not.
pub(crate) fn is_there() -> bool {
    let mut look = Command::new("python3");
    look.args(["-c", "import sqlcipher3"]).stderr(Stdio::null());
    let there = look.status().is_ok_and(|status| status.success());
    if !there {
        println!(
            "skipped: Python's `sqlcipher3` is not installed (`pip install sqlcipher3-binary`)\n"
        );
    }
    there
}

/// Runs one of the script's commands; what it says it took.
pub(crate) fn does(command: &str, file: &Path, rest: &[&str]) -> Spent {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bench/sqlcipher.py");
    let mut python = Command::new("python3");
    python.arg(script).arg(command).arg(file).args(rest);
    let output = python.stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{python:?} failed");
    let said = String::from_utf8(output.stdout).unwrap();
    let seconds: Vec<f64> = said
        .split_whitespace()
        .map(|one| one.parse().unwrap())
        .collect();
    let [elapsed, cpu] = seconds[..] else {
        panic!("{python:?} did not say what it took");
    };
    Spent {
        elapsed: Duration::from_secs_f64(elapsed),
        cpu: Duration::from_secs_f64(cpu),
    }
}
