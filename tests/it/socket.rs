//! The keeper behind its socket: the same commands say the same, two programs share a vault, and what was
//! acknowledged outlives the keeper.

use std::fs;
use std::io::Read as _;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use strongroom::desk::Attach;
use strongroom::desk::Desk;
use strongroom::desk::Filing;
use strongroom::keeper::Line;
use strongroom::ledger::LeafIndex;
use strongroom::ledger::check;
use strongroom::ledger::check::Against;
use strongroom::sealing::Passphrase;
use strongroom::server::Client;

use crate::cli_centre::Centre;
use crate::common::files_under;
use crate::socket_kit::Running;

/// A tour of what people do. `[report]` and `[case]` stand for ids that differ from centre to centre.
const TOUR: &[(&str, &str)] = &[
    ("moira", "user list"),
    ("moira", "case list"),
    (
        "moira",
        "--json case open --title 'The Lighthouse' --service supported",
    ),
    ("moira", "case team add [case] siqi"),
    ("harpreet", "record list --case [case]"),
    ("harpreet", "record show [report]"),
    ("harpreet", "--json record show [report]"),
    ("harpreet", "record history [report]"),
    ("tomos", "record show r_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
    ("tomos", "audit show"),
    (
        "harpreet",
        "record add --case [case] --kind contact-report --from form.json --attach big.txt",
    ),
    (
        "harpreet",
        "record add --case [case] --kind contact-report --from broken.json",
    ),
    (
        "harpreet",
        "record amend [report] --from form.json --reason 'the time was wrong'",
    ),
    ("harpreet", "record export [report] --age out.age"),
    ("moira", "user suspend efa"),
    ("moira", "user suspend efa"),
    ("efa", "case list"),
    ("moira", "user resume efa"),
    ("priya", "audit show --actor moira"),
    ("priya", "audit export all"),
    ("priya", "audit proof 3"),
    ("", "audit export hashes"),
    ("nobody-here", "case list"),
];

/// An attachment of this many bytes is an object, in several chunks.
const BIG: usize = 300_000;

fn prepare(centre: &Centre) {
    // A vault whose turn is due turns when it is opened, and one that a keeper has open when its hour comes.
    centre.anybody("vault turn").ok();
    let form = centre.anybody("kind template contact-report --json").ok();
    centre.place.write("form.json", form.stdout);
    centre.place.write("broken.json", "{}");
    centre
        .place
        .write("big.txt", "all is well. ".repeat(BIG / 13));
    centre
        .place
        .write("centre.signin/nobody-here", "no words at all\n");
}

fn lines(centre: &Centre) -> Vec<(&'static str, String)> {
    let report = centre.record("okonkwo-bell-1.json");
    let case = centre.case("okonkwo-bell");
    let filled = |line: &str| line.replace("[report]", &report).replace("[case]", &case);
    TOUR.iter()
        .map(|(who, line)| (*who, filled(line)))
        .collect()
}

/// Without the signatures of heads, which differ from one entry's time to the other's.
fn unsigned(text: &str) -> String {
    let unsigned = text.lines().filter(|line| !line.starts_with('\u{2014}'));
    unsigned.collect::<Vec<_>>().join("\n")
}

/// The files of an export that checks out. Which partial tiles are left of earlier heads does not matter.
fn exported(centre: &Centre, dir: &str) -> Vec<PathBuf> {
    let root = centre.place.path(dir);
    let key = fs::read_to_string(root.join("vkey")).unwrap();
    let against = Against {
        keys: &[key.trim_end().parse().unwrap()],
        ended: &[],
        remembered: &[],
        entries_from: LeafIndex::new(if dir == "all" { 0 } else { u64::MAX }),
    };
    let report = check::directory(&root, &against).unwrap();
    assert!(report.findings.is_empty(), "{:?}", report.findings);
    let files = files_under(&root).into_iter();
    let files = files.map(|file| file.strip_prefix(&root).unwrap().to_owned());
    files
        .filter(|file| !file.to_string_lossy().contains(".p/"))
        .collect()
}

#[test]
fn the_same_commands_say_the_same_over_the_socket() {
    let (direct, served) = (Centre::new(), Centre::new());
    for centre in [&direct, &served] {
        prepare(centre);
    }
    let keeper = Running::over(&served.place);
    let (own, over) = (lines(&direct), lines(&served));
    for (own, over) in own.iter().zip(&over) {
        let own = direct.transcript(std::slice::from_ref(own));
        let over = served.transcript(std::slice::from_ref(over));
        assert_eq!(unsigned(&own), unsigned(&over));
    }
    for dir in ["all", "hashes"] {
        assert_eq!(exported(&direct, dir), exported(&served, dir));
    }
    assert_eq!(keeper.stop(), 0);
}

pub(crate) fn sign_in<'k>(centre: &Centre, line: &'k dyn Line, who: &str) -> Desk<'k> {
    let words = fs::read_to_string(centre.place.path("centre.signin").join(who)).unwrap();
    let words = Passphrase::new(words.trim_end().to_owned());
    Desk::sign_in(line, who, &words, None).unwrap()
}

#[test]
fn a_socket_is_for_its_owner_and_group_and_goes_with_its_keeper() {
    let centre = Centre::new();
    let keeper = Running::over(&centre.place);
    let data = fs::symlink_metadata(&keeper.socket).unwrap().permissions();
    assert_eq!(data.mode() & 0o777, 0o660);
    let left = fs::read_dir(centre.place.path("")).unwrap();
    let names = left.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let made: Vec<_> = names.filter(|name| name.starts_with('.')).collect();
    assert!(
        made.is_empty(),
        "nothing is left of how it was made: {made:?}"
    );
    let socket = keeper.socket.clone();
    assert_eq!(keeper.stop(), 0);
    assert!(!socket.exists());
    centre.run("moira", "case list").ok();
}

#[test]
fn a_second_keeper_is_told_who_has_the_vault() {
    let centre = Centre::new();
    let keeper = Running::over(&centre.place);
    let second = centre.anybody("--json keeper").fails(5);
    let says = second.error()["message"].to_string();
    assert!(says.contains(&keeper.process().to_string()), "{says}");
    // At another place it has another vault, and still not this one's socket.
    let other = Centre::new();
    let line = format!("--json keeper --socket {}", keeper.socket.display());
    assert_eq!(other.anybody(&line).fails(5).error()["code"], "busy");
    other.run("moira", "case list").ok();
    // What needs the files says who has them; the doctor looks as far as it can.
    let rebuild = centre.anybody("--json index rebuild").fails(5);
    assert!(rebuild.error()["message"].to_string().contains("process"));
    centre.anybody("doctor").ok();
    assert_eq!(keeper.stop(), 0);
}

#[test]
fn what_stands_in_the_way_stays_but_for_a_socket_nobody_answers() {
    let centre = Centre::new();
    let path = centre.place.path("centre.socket");
    fs::write(&path, "mine").unwrap();
    let refused = centre.anybody("--json keeper").fails(1);
    assert_eq!(refused.error()["code"], "in-the-way");
    assert_eq!(fs::read(&path).unwrap(), b"mine");
    fs::remove_file(&path).unwrap();
    drop(UnixListener::bind(&path).unwrap());
    // Nobody answers there any more: commands open the vault themselves, and a keeper takes its place.
    centre.run("moira", "case list").ok();
    let keeper = Running::over(&centre.place);
    centre.run("moira", "case list").ok();
    assert_eq!(keeper.stop(), 0);
    let alone = centre
        .place
        .run("--json --vault centre.socket doctor")
        .fails(5);
    assert_eq!(alone.error()["code"], "busy");
    let long = format!("--json keeper --socket {}", "x".repeat(200));
    assert_eq!(
        centre.anybody(&long).fails(1).error()["code"],
        "socket-path"
    );
}

#[test]
fn two_programs_work_on_one_vault_at_once() {
    let centre = Centre::new();
    let keeper = Running::over(&centre.place);
    prepare(&centre);
    let case = centre.case("okonkwo-bell");
    let add = format!(
        "--json record add --case {case} --kind contact-report --from form.json --attach big.txt"
    );
    let (add, list) = (add.as_str(), "--json case list");
    let people = [
        ("harpreet", add),
        ("tomos", add),
        ("moira", list),
        ("harpreet", add),
        ("rhiannon", list),
    ];
    let entries = |centre: &Centre| {
        centre
            .run("moira", "--json audit show")
            .ok()
            .stdout
            .lines()
            .count()
    };
    let before = entries(&centre);
    std::thread::scope(|scope| {
        for (who, line) in people {
            let centre = &centre;
            scope.spawn(move || centre.run(who, line).ok());
        }
    });
    // Each of them signed in and did something, and so did whoever looks.
    assert!(entries(&centre) >= before + 2 * people.len() + 2);
    assert_eq!(keeper.stop(), 0);
    centre.anybody("audit verify").ok();
}

/// Files a report with an attachment whose content comes from `content`.
fn report(centre: &Centre, content: impl Fn() -> Box<dyn std::io::Read> + 'static) -> Filing {
    Filing {
        case: Some(centre.case("okonkwo-bell")),
        kind: "contact-report".to_owned(),
        form: serde_json::from_str(&fs::read_to_string(centre.place.path("form.json")).unwrap())
            .unwrap(),
        attachments: vec![Attach {
            name: "big.txt".to_owned(),
            source: Box::new(move || Ok(content())),
        }],
        about: Vec::new(),
        deciders: Vec::new(),
    }
}

/// The names of what lies under the vault's payloads, half-written ones included.
fn payloads(centre: &Centre) -> Vec<PathBuf> {
    files_under(centre.place.path("centre/payload"))
}

#[test]
fn a_keeper_killed_in_the_middle_of_an_upload_loses_nothing_else() {
    let centre = Centre::new();
    prepare(&centre);
    let before = payloads(&centre);
    let keeper = std::sync::Mutex::new(Some(Running::over(&centre.place)));
    let client = Client::connect(&centre.place.path("centre.socket")).unwrap();
    let mut desk = sign_in(&centre, &client, "harpreet");
    let filed = desk
        .file(&report(&centre, || Box::new(&b"first"[..])))
        .unwrap();
    // The second reading of the second report's attachment kills the keeper half way.
    let keeper = std::sync::Arc::new(keeper);
    let killer = std::sync::Arc::clone(&keeper);
    let readings = std::sync::atomic::AtomicU32::new(0);
    let content = move || -> Box<dyn std::io::Read> {
        let half = || std::io::repeat(b'x').take(400_000);
        if readings.fetch_add(1, std::sync::atomic::Ordering::SeqCst) < 2 {
            return Box::new(half().chain(half()));
        }
        let killer = std::sync::Arc::clone(&killer);
        let kill = Once(Some(move || killer.lock().unwrap().take().unwrap().kill()));
        Box::new(half().chain(kill).chain(half()))
    };
    let error = desk.file(&report(&centre, content)).unwrap_err();
    assert!(
        matches!(error, strongroom::desk::DeskError::Busy(_)),
        "{error:?}"
    );
    assert!(
        error.to_string().contains("the keeper has gone away"),
        "{error}"
    );
    drop(desk);
    // What was acknowledged is there, the other is not, and nothing of it lies about.
    let shown = centre
        .run("harpreet", &format!("record show {}", filed.id))
        .ok();
    assert!(shown.stdout.contains("big.txt"));
    centre.anybody("audit verify").ok();
    let new: Vec<_> = payloads(&centre)
        .into_iter()
        .filter(|path| !before.contains(path))
        .collect();
    assert_eq!(new.len(), 1, "{new:?}");
}

/// A reader of nothing that does something once when it is read.
struct Once<F>(Option<F>);

impl<F: FnOnce()> std::io::Read for Once<F> {
    fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
        if let Some(act) = self.0.take() {
            act();
        }
        Ok(0)
    }
}

#[test]
fn a_client_killed_in_the_middle_leaves_the_keeper_as_it_was() {
    let centre = Centre::new();
    prepare(&centre);
    let mut keeper = Running::over(&centre.place);
    let before = payloads(&centre);
    // Programs are killed wherever they are by then.
    for after_ms in [50, 150, 250] {
        let mut program = centre.place.program();
        let flags = Centre::flags("harpreet");
        program
            .args(flags.split(' '))
            .args(["record", "list", "--case"])
            .arg(centre.case("okonkwo-bell"));
        let mut child = program.stdout(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(after_ms));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    // Another is cut off in the middle of a payload.
    let client = Client::connect(&keeper.socket).unwrap();
    let _signed_in = sign_in(&centre, &client, "harpreet").cases().unwrap();
    let mut upload = client.upload().unwrap();
    upload.write_all(&vec![1; 200_000]).unwrap();
    drop(upload);
    drop(client);
    assert!(keeper.lives());
    centre.run("moira", "case list").ok();
    let until = Instant::now() + Duration::from_secs(10);
    while payloads(&centre) != before && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(payloads(&centre), before);
    assert_eq!(keeper.stop(), 0);
}

#[test]
fn a_demo_s_clock_moves_over_the_socket() {
    let centre = Centre::new();
    let keeper = Running::over(&centre.place);
    centre.run("moira", "--at +2d case list").ok();
    let back = centre
        .run("moira", "--json --at 2026-11-03 case list")
        .fails(1);
    assert_eq!(back.error()["code"], "clock");
    assert_eq!(keeper.stop(), 0);
    // It was moved for good.
    let back = centre
        .run("moira", "--json --at 2026-11-03 case list")
        .fails(1);
    assert_eq!(back.error()["code"], "clock");
}

#[test]
fn the_history_is_checked_over_the_socket_too() {
    let centre = Centre::new();
    let first = centre.anybody("--json audit verify").ok().json();
    let keeper = Running::over(&centre.place);
    centre.run("moira", "case list").ok();
    let second = centre.anybody("--json audit verify").ok().json();
    assert!(second["size"].as_u64() > first["size"].as_u64());
    assert!(second["remembered"].as_u64() >= first["size"].as_u64());
    let third = centre.anybody("--json audit verify").ok().json();
    assert_eq!(third["remembered"], second["size"]);
    assert_eq!(third["root"], second["root"]);
    let left = files_under(centre.place.path("state"));
    let left: Vec<_> = left
        .iter()
        .filter(|file| file.to_string_lossy().contains("checking"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(keeper.stop(), 0);
    // An older vault with its older keys in the same place: nobody but this machine remembers more.
    for folder in ["centre", "centre.keys"] {
        fs::rename(
            centre.place.path(folder),
            centre.place.path(format!("{folder}.newer")),
        )
        .unwrap();
    }
    let older = Centre::new();
    for folder in ["centre", "centre.keys"] {
        fs::rename(older.place.path(folder), centre.place.path(folder)).unwrap();
    }
    let keeper = Running::over(&centre.place);
    let back = centre.anybody("--json audit verify").fails(7);
    assert_eq!(back.error()["code"], "went-back");
    assert_eq!(keeper.stop(), 0);
}

#[test]
fn an_attachment_goes_in_and_comes_out_over_the_socket() {
    let centre = Centre::new();
    prepare(&centre);
    let keeper = Running::over(&centre.place);
    let case = centre.case("okonkwo-bell");
    let add =
        format!("record add --case {case} --kind contact-report --from form.json --attach big.txt");
    let filed = centre.json("harpreet", &add);
    let record = filed["id"].as_str().unwrap();
    let name = format!("record attachment {record} big.txt --out got.txt");
    centre.run("harpreet", &name).ok();
    let [sent, got] = ["big.txt", "got.txt"].map(|name| fs::read(centre.place.path(name)).unwrap());
    assert!(sent == got && sent.len() > 200_000);
    assert_eq!(keeper.stop(), 0);
}
