//! What several tests need: files under a folder, and the visible skip of a test whose outside tool is
//! absent.

use std::fs;
use std::path::{Path, PathBuf};

/// Every file below `dir`, in name order.
pub(crate) fn files_under(dir: impl AsRef<Path>) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> = fs::read_dir(dir)
        .into_iter()
        .flatten()
        .map(|entry| entry.unwrap().path())
        .flat_map(|path| {
            if path.is_dir() {
                files_under(&path)
            } else {
                vec![path]
            }
        })
        .collect();
    entries.sort();
    entries
}

/// Whether the outside tool `name` can run. Absent: says so on stderr and returns `false`, or fails
/// when `STRONGROOM_REQUIRE_ALL=1` (as CI sets), so that a skip can never pass for a success there.
pub(crate) fn have(name: &str, version_flag: &str) -> bool {
    let runs = std::process::Command::new(name)
        .arg(version_flag)
        .output()
        .is_ok_and(|output| output.status.success());
    if !runs {
        assert!(
            std::env::var_os("STRONGROOM_REQUIRE_ALL").is_none_or(|v| v != "1"),
            "{name} is absent, and STRONGROOM_REQUIRE_ALL=1 makes that a failure"
        );
        eprintln!("SKIPPED: {name} is not installed");
    }
    runs
}
