//! Each exit code that says something about the vault, reached on purpose.

use std::fs;

use strongroom::keeper::Keeper;
use strongroom::keeper::Paths;

use crate::cli_centre::Centre;
use crate::cli_centre::copy;
use crate::cli_run::Said;

#[test]
fn busy_is_5_and_says_who_has_it() {
    let centre = Centre::new();
    let paths = Paths {
        dir: centre.place.path("centre"),
        keys: centre.place.path("centre.keys"),
    };
    let keeper = Keeper::open(&paths, &[]).unwrap();
    let said = centre.run("moira", "--json case list").fails(5);
    assert_eq!(said.error()["code"], "busy");
    assert!(
        said.error()["message"]
            .as_str()
            .unwrap()
            .contains("process"),
        "{}",
        said.stderr
    );
    keeper.close().unwrap();
    centre.run("moira", "case list").ok();
}

#[test]
fn an_older_copy_put_back_is_7() {
    let centre = Centre::new();
    copy(&centre.place.path("centre"), &centre.place.path("older"));
    centre
        .run("moira", "case open --title Later --service handover")
        .ok();
    fs::rename(centre.place.path("centre"), centre.place.path("newer")).unwrap();
    fs::rename(centre.place.path("older"), centre.place.path("centre")).unwrap();
    let said = centre.run("moira", "--json case list").fails(7);
    assert_eq!(said.error()["code"], "went-back");
    let said = centre.anybody("--json audit verify").fails(7);
    assert_eq!(said.error()["code"], "went-back");
}

/// An older copy, put back with the note beside its keys, is noticed by whoever was there since.
#[test]
fn an_older_copy_with_its_keys_is_7_for_whoever_remembers() {
    let centre = Centre::new();
    for name in ["centre", "centre.keys"] {
        copy(
            &centre.place.path(name),
            &centre.place.path(format!("old-{name}")),
        );
    }
    centre
        .run("moira", "case open --title Later --service handover")
        .ok();
    for name in ["centre", "centre.keys"] {
        fs::rename(
            centre.place.path(name),
            centre.place.path(format!("new-{name}")),
        )
        .unwrap();
        fs::rename(
            centre.place.path(format!("old-{name}")),
            centre.place.path(name),
        )
        .unwrap();
    }
    centre.run("moira", "--json case list").fails(7);
    centre.anybody("--json audit verify").fails(7);
}

/// Two copies that went on apart: whoever saw the one is told when shown the other.
#[test]
fn two_histories_are_6() {
    let centre = Centre::new();
    for name in ["centre", "centre.keys"] {
        copy(
            &centre.place.path(name),
            &centre.place.path(format!("other-{name}")),
        );
    }
    centre
        .run("moira", "case open --title One --service handover")
        .ok();
    let other = "--vault other-centre --keys other-centre.keys --as moira --passphrase-file centre.signin/moira";
    let elsewhere = centre.place.path("elsewhere");
    let elsewhere = [("STRONGROOM_STATE", elsewhere.to_str().unwrap())];
    for _ in 0..3 {
        let line = format!("{other} case open --title Two --service handover");
        centre.place.run_with(&line, &elsewhere, "").ok();
    }
    let said = centre
        .place
        .run(&format!("{other} --json case list"))
        .fails(6);
    assert_eq!(said.error()["code"], "fork");
    let said = centre
        .place
        .run("--vault other-centre --keys other-centre.keys --json audit verify");
    assert_eq!(said.fails(6).error()["code"], "fork");
}

#[test]
fn keys_that_are_missing_are_named() {
    let centre = Centre::new();
    fs::rename(
        centre.place.path("centre.keys"),
        centre.place.path("elsewhere"),
    )
    .unwrap();
    let said = centre.run("moira", "--json case list").fails(1);
    assert_eq!(said.error()["code"], "no-keys");
    centre.run("moira", "--keys elsewhere case list").ok();
}

/// Ctrl-C: the process ends by the signal, after it has said what there is.
#[test]
fn a_stop_says_what_was_done() {
    let place = crate::cli_run::Place::new();
    let child = place
        .program()
        .args(["demo", "centre"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    while !place.path("centre.signin").exists() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let process = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(process, rustix::process::Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        std::os::unix::process::ExitStatusExt::signal(&output.status),
        Some(2)
    );
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.contains("Stopped. The demo is not whole; remove centre*"),
        "{stderr}"
    );
    assert!(output.stdout.is_empty());
}

#[test]
fn a_full_standard_output_is_no_success() {
    if !std::path::Path::new("/dev/full").exists() {
        eprintln!("SKIPPED: there is no /dev/full here");
        return;
    }
    let place = crate::cli_run::Place::new();
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = place
        .program()
        .args(["kind", "list"])
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("the disk is full"), "{stderr}");
}

/// Runs a command that may write no file beyond `blocks` of 512 bytes: a disk that takes nothing more.
fn on_a_full_disk(centre: &Centre, blocks: u32, line: &str) -> Said {
    let program = env!("CARGO_BIN_EXE_strongroom");
    let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec {program} {line}");
    let mut shell = centre.place.program_named("sh");
    let output = shell.args(["-c", &script]).output().unwrap();
    Said {
        line: line.to_owned(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code().unwrap(),
    }
}

#[test]
fn a_failing_disk_is_1_and_not_damage() {
    let centre = Centre::new();
    let moira = format!("{} --json", Centre::flags("moira"));
    // Only the lock fits: nothing of the sign-in's entry does.
    let said = on_a_full_disk(&centre, 1, &format!("{moira} case list")).fails(1);
    assert_eq!(said.error()["code"], "file", "{said:?}");

    let ledger = centre.place.path("centre/ledger");
    fs::remove_dir_all(&ledger).unwrap();
    fs::write(&ledger, "not a folder").unwrap();
    let said = centre.anybody("--json audit export out").fails(1);
    let error = said.error();
    assert_eq!(error["code"], "file", "{error}");
    assert!(!error["message"].as_str().unwrap().contains("os error"));
    fs::remove_file(&ledger).unwrap();
    centre.anybody("audit export out2").ok();
    assert_eq!(centre.anybody("doctor").code, 0, "nothing was damaged");
}
