//! The real program while the disk fails: a system call of its own returns an error, once or from then on. What it
//! then says is so; what was acknowledged before stays; and with the disk well again everything goes on.

use std::path::Path;

use strongroom::desk::Desk;
use strongroom::keeper;
use strongroom::keeper::Keeper;
use strongroom::keeper::facts::Service;

use crate::centre_kit::attach;
use crate::centre_kit::copy_all;
use crate::centre_kit::filing;
use crate::centre_kit::form;
use crate::centre_kit::found;
use crate::centre_kit::passphrase;
use crate::centre_kit::paths;
use crate::cli_run::Place;
use crate::power_cut::strace;
use crate::power_disk::Chance;

/// What fails, and how. A full disk takes no bytes and makes no names; a failing one says so at any call.
const FAULTS: [(&str, &str); 9] = [
    ("pwrite64", "ENOSPC"),
    ("pwrite64", "EIO"),
    ("write", "ENOSPC"),
    ("write", "EIO"),
    ("fdatasync", "EIO"),
    ("fsync", "EIO"),
    ("fsync", "ENOSPC"),
    ("rename", "EIO"),
    ("mkdir", "ENOSPC"),
];

/// strace counts the calls of each thread apart: few threads make more than this many of one kind.
const CALLS: usize = 6;

const ATTACHED: &[u8] = &[b'a'; 90_000];

struct World {
    place: Place,
    case: String,
    record: String,
}

/// A vault with one record that was acknowledged, in a folder to be copied.
fn world() -> World {
    let place = Place::new();
    let home = place.path("good");
    std::fs::create_dir(&home).unwrap();
    found(&home, "The invented centre");
    let keeper = Keeper::open(&paths(&home), &[]).unwrap();
    let mut ada = Desk::sign_in(&keeper, "ada", &passphrase("ada"), None).unwrap();
    let case = ada
        .open_case("Invented", Service::Supervised)
        .unwrap()
        .id
        .to_string();
    let mut report = filing("contact-report", Some(&case));
    report.attachments = vec![attach("notes.txt", ATTACHED)];
    let record = ada.file(&report).unwrap().id.to_string();
    drop(ada);
    keeper.close().unwrap();
    place.write("report.json", form("contact-report").to_string());
    place.write("big.txt", ATTACHED);
    place.write("pass", passphrase("ada").expose());
    World {
        place,
        case,
        record,
    }
}

impl World {
    /// Files a record while calls fail; what is wrong with how that went.
    fn files_while(&self, inject: &str) -> Result<bool, String> {
        let home = self.place.path("failing");
        copy_all(&self.place.path("good"), &home);
        let line = format!(
            "--json --no-input --vault failing/vault --keys failing/keys --as ada --passphrase-file pass \
             record add --case {} --kind contact-report --from report.json --attach big.txt",
            self.case
        );
        let ended = strace::run(&self.place, &line, Path::new("/dev/null"), Some(inject));
        let told = match ended.code {
            Some(0) => {
                let document: serde_json::Value = serde_json::from_str(&ended.stdout).unwrap();
                Some(document["id"].as_str().unwrap().to_owned())
            }
            Some(1) if !ended.stderr.contains("os error") => None,
            _ => return Err(format!("{ended:?}")),
        };
        let judged = self.judge(&home, told.as_deref());
        std::fs::remove_dir_all(&home).unwrap();
        judged.map(|()| told.is_none())
    }

    /// The disk is well again.
    fn judge(&self, home: &Path, told: Option<&str>) -> Result<(), String> {
        let says =
            |what: &'static str| move |error: &dyn std::fmt::Display| format!("{what}: {error}");
        let state = self.place.path("state");
        keeper::verify(&paths(home), None).map_err(|error| says("looked at first")(&error))?;
        let keeper = Keeper::open(&paths(home), &[]).map_err(|error| says("opened")(&error))?;
        let ada = Desk::sign_in(&keeper, "ada", &passphrase("ada"), Some(&state));
        let mut ada = ada.map_err(|error| says("signed in")(&error))?;
        let (listed, _) = ada
            .records(None, 0)
            .map_err(|error| says("listed")(&error))?;
        let listed: Vec<String> = listed.iter().map(|line| line.id.to_string()).collect();
        for wanted in [Some(self.record.as_str()), told].into_iter().flatten() {
            if !listed.iter().any(|id| id == wanted) {
                return Err(format!("{wanted} was acknowledged and is gone"));
            }
        }
        if listed.len() > 2 {
            return Err("a record was filed twice".to_owned());
        }
        for id in &listed {
            let shown = ada
                .record(id, None, None, 80)
                .map_err(|error| says("read")(&error))?;
            let name = shown
                .attachments
                .first()
                .map(|line| line.name.clone())
                .ok_or("half a record")?;
            let mut out = Vec::new();
            ada.attachment(id, &name, None, &mut out)
                .map_err(|error| says("taken out")(&error))?;
            if out != ATTACHED || shown.fields != form("contact-report") {
                return Err(format!("{id}: another content"));
            }
        }
        let next = filing("contact-report", Some(&self.case));
        ada.file(&next).map_err(|error| says("filed")(&error))?;
        drop(ada);
        keeper.close().map_err(|error| says("closed")(&error))?;
        // The next trial's vault is another copy: nobody may remember this one.
        drop(std::fs::remove_dir_all(&state));
        Ok(())
    }
}

fn faults() -> Vec<String> {
    let mut all = Vec::new();
    for (call, error) in FAULTS {
        for at in 1..=CALLS {
            for from_then_on in ["", "+"] {
                all.push(format!("{call}:error={error}:when={at}{from_then_on}"));
            }
        }
    }
    all
}

fn check(faults: &[String], least_failed: usize) {
    let world = world();
    let (mut wrong, mut failed) = (Vec::new(), 0);
    for inject in faults {
        match world.files_while(inject) {
            Ok(did_fail) => failed += usize::from(did_fail),
            Err(says) => wrong.push(format!("{inject}: {says}")),
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}\n{}",
        wrong.len(),
        faults.len(),
        wrong.join("\n")
    );
    // The control: the program cannot but notice many of them.
    assert!(
        failed >= least_failed,
        "{failed} of {} made it fail",
        faults.len()
    );
    eprintln!("{} faults, {failed} made the command fail", faults.len());
}

#[test]
fn a_failing_call_loses_nothing() {
    if !strace::can() {
        return;
    }
    let mut all = faults();
    let mut chance = Chance(0xfa11);
    while all.len() > 8 {
        all.swap_remove(chance.below(all.len()));
    }
    // A new index that cannot be written was once called damage.
    all.push("write:error=EIO:when=2".to_owned());
    check(&all, 3);
}

/// Each of them, for `.ci/long`.
#[test]
#[ignore = "takes some minutes"]
fn no_failing_call_loses_anything() {
    if strace::can() {
        check(&faults(), 30);
    }
}

/// A disk that was mounted to be read only: said in words, nothing changed, and no damage.
#[test]
fn a_read_only_disk_is_named() {
    let place = Place::new();
    found(&place.path(""), "The invented centre");
    place.write("pass", passphrase("ada").expose());
    let script = "mount --bind vault vault && mount -o remount,ro,bind vault && exec \"$@\"";
    let read_only = || {
        let mut program = place.program_named("unshare");
        program.env("PATH", std::env::var_os("PATH").unwrap());
        program.args(["-m", "sh", "-c", script, "sh"]);
        program
    };
    if !read_only()
        .arg("true")
        .output()
        .is_ok_and(|output| output.status.success())
    {
        eprintln!("SKIPPED: nothing can be mounted here");
        return;
    }
    let mut program = read_only();
    program.arg(env!("CARGO_BIN_EXE_strongroom"));
    let line = "--json --vault vault --keys keys --as ada --passphrase-file pass case list";
    let said = Place::run_program(program, line, "").fails(1);
    let message = said.error()["message"].as_str().unwrap().to_owned();
    assert!(message.contains("the disk is read-only"), "{message}");
    place.run(line).ok();
}
