//! The real program under `strace`: every call that carries data to a file, moves a name or makes either
//! durable, written down in full and in order.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::cli_run::Place;
use crate::cli_run::words;
use crate::common::have;

/// What is written down. Calls that could change files unseen are in it so that they are noticed and refused.
const CALLS: &str = "open,openat,openat2,creat,close,close_range,dup,dup2,dup3,fcntl,lseek,\
    write,pwrite64,writev,pwritev,pwritev2,ftruncate,truncate,fallocate,copy_file_range,sendfile,splice,\
    fsync,fdatasync,sync,syncfs,sync_file_range,msync,\
    rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,mkdir,mkdirat,rmdir,mknod,mknodat,\
    chdir,fchdir,mmap,clone,clone3,fork,vfork,execve,io_uring_setup,io_submit";

/// Longer than any single write.
const LONGEST: &str = "67108864";

/// Whether this machine has `strace` and lets it watch; a visible line where not.
pub(crate) fn can() -> bool {
    if !have("strace", "-V") {
        return false;
    }
    let watched = Command::new("strace")
        .args(["-f", "-qq", "-o", "/dev/null", "true"])
        .output()
        .unwrap();
    if !watched.status.success() {
        assert!(
            std::env::var_os("STRONGROOM_REQUIRE_ALL").is_none_or(|v| v != "1"),
            "strace may not watch programs here, and STRONGROOM_REQUIRE_ALL=1 makes that a failure"
        );
        eprintln!("SKIPPED: strace may not watch programs here");
    }
    watched.status.success()
}

/// How a program ended, and what it said.
#[derive(Debug)]
pub(crate) struct Ended {
    /// `None` where it was killed.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs a command line of the program under `strace`, which writes to `log`. `inject` is what `strace -e` takes
/// to let calls fail or to kill the program in one.
pub(crate) fn run(place: &Place, line: &str, log: &Path, inject: Option<&str>) -> Ended {
    let mut program = place.program_named("strace");
    program
        .args(["-f", "-qq", "-xx", "-s", LONGEST])
        .arg("-e")
        .arg(format!("trace={CALLS}"))
        .arg("-o")
        .arg(log);
    // The quicker way of watching does not let calls fail.
    match inject {
        Some(inject) => program.args(["-e", &format!("inject={inject}")]),
        None => program.arg("--seccomp-bpf"),
    };
    program
        .arg(env!("CARGO_BIN_EXE_strongroom"))
        .args(words(line));
    let output = program.output().unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A log's lines.
pub(crate) fn read(log: &Path) -> String {
    fs::read_to_string(log).unwrap()
}
