//! Two accounts of one computer: the keeper's, and a member of staff's. A program of hers that has this
//! whole library, her own identity and a colleague's passphrase reaches no file of the vault, and gets
//! nothing without an entry.

use std::fs;
use std::io;
use std::io::Read;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;

use serde_json::Value;
use serde_json::json;
use strongroom::clock::Timestamp;
use strongroom::desk::Desk;
use strongroom::ids::VaultId;
use strongroom::keeper::Keeper;
use strongroom::keeper::Line;
use strongroom::keeper::LineError;
use strongroom::keeper::OpenError;
use strongroom::keeper::Paths;
use strongroom::keeper::line::EachFile;
use strongroom::keeper::line::Files;
use strongroom::keeper::message::Ask;
use strongroom::keeper::message::SignIn;
use strongroom::keeper::message::answer::Answer;
use strongroom::keeper::message::answer::Outcome;
use strongroom::keeper::message::answer::Served;
use strongroom::keeper::turn::Turned;
use strongroom::sealing::Passphrase;
use strongroom::server::Client;
use strongroom::server::ConnectError;
use strongroom::store::Upload;

use crate::cli_centre::Centre;
use crate::cli_run::Place;
use crate::cli_run::Said;
use crate::common::files_under;
use crate::socket_kit::Running;

/// Accounts of this computer that nothing else uses. They need no name: the system goes by numbers.
const KEEPER: u32 = 61_301;
const STAFF: u32 = 61_302;
const COLLEAGUE: u32 = 61_303;
const STRANGER: u32 = 61_304;
/// The group that may use the socket.
const GROUP: u32 = 61_300;

/// Where the program that plays the member of staff finds what it needs.
const AT: &str = "STRONGROOM_TEST_TWO_USERS";

/// A centre whose vault belongs to the keeper's account, and homes for two people.
struct TwoUsers {
    centre: Centre,
}

impl TwoUsers {
    /// `None`, visibly, where this test cannot become other users.
    fn new() -> Option<Self> {
        if !rustix::process::geteuid().is_root() {
            assert!(
                std::env::var_os("STRONGROOM_REQUIRE_ALL").is_none_or(|v| v != "1"),
                "only root can become two users, and STRONGROOM_REQUIRE_ALL=1 makes that a failure"
            );
            eprintln!("SKIPPED: only root can become two users");
            return None;
        }
        let centre = Centre::new();
        let place = &centre.place;
        mode(&place.path(""), 0o755);
        // Where everybody can run them.
        let own = std::env::current_exe().unwrap();
        for (program, name) in [
            (Path::new(env!("CARGO_BIN_EXE_strongroom")), "strongroom"),
            (&own, "tests"),
        ] {
            fs::copy(program, place.path(name)).unwrap();
            mode(&place.path(name), 0o755);
        }
        fs::create_dir(place.path("run")).unwrap();
        own_all(&place.path("run"), KEEPER);
        mode(&place.path("run"), 0o750);
        for folder in ["centre", "centre.keys"] {
            own_all(&place.path(folder), KEEPER);
        }
        for (uid, people) in [(STAFF, &["harpreet", "moira"][..]), (COLLEAGUE, &["moira"])] {
            for who in people {
                let words = fs::read(place.path("centre.signin").join(who)).unwrap();
                place.write(&format!("home-{uid}/{who}"), words);
            }
            own_all(&place.path(format!("home-{uid}")), uid);
        }
        Some(Self { centre })
    }

    fn place(&self) -> &Place {
        &self.centre.place
    }

    fn socket(&self) -> PathBuf {
        self.place().path("run/centre.socket")
    }

    /// A program of this computer's account `uid`.
    fn program(&self, name: &str, uid: u32) -> Command {
        let mut program = Command::new(self.place().path(name));
        let home = self.place().path(format!("home-{uid}"));
        program
            .current_dir(self.place().path(""))
            .env_clear()
            .env("HOME", &home)
            .env("STRONGROOM_STATE", home.join("state"))
            .uid(uid)
            .gid(if uid == STRANGER { STRANGER } else { GROUP });
        program
    }

    fn serve(&self) -> Running {
        let program = self.program("strongroom", KEEPER);
        Running::start(program, &["--vault", "centre"], &self.socket())
    }

    fn run(&self, uid: u32, line: &str) -> Said {
        Place::run_program(self.program("strongroom", uid), line, "")
    }

    /// Runs a command of `who`'s over the socket, from `uid`.
    fn run_as(&self, uid: u32, who: &str, line: &str) -> Said {
        let words = format!("home-{uid}/{who}");
        let flags = format!("--vault run/centre.socket --as {who} --passphrase-file {words}");
        self.run(uid, &format!("{flags} {line}"))
    }

    /// The name of a payload that is there, as someone may know it who once saw the vault's folder.
    fn payload(&self) -> String {
        let files = files_under(self.place().path("centre/payload"));
        let names = files.iter().filter_map(|file| file.file_name()?.to_str());
        names
            .map(str::to_owned)
            .find(|name| name.len() == 64)
            .unwrap()
    }

    /// What the program of the member of staff finds out.
    fn attempt(&self) -> Value {
        let output = self
            .program("tests", STAFF)
            .args([
                "two_users::a_program_of_hers",
                "--exact",
                "--ignored",
                "--nocapture",
            ])
            .env(AT, self.place().path(""))
            .env(
                "STRONGROOM_TEST_RECORD",
                self.centre.record("okonkwo-bell-1.json"),
            )
            .env("STRONGROOM_TEST_PAYLOAD", self.payload())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let said = text.lines().find_map(|line| line.split_once("FOUND "));
        let (_, said) = said.unwrap_or_else(|| {
            panic!("{text}{}", String::from_utf8_lossy(&output.stderr));
        });
        serde_json::from_str(said).unwrap()
    }
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn own_all(path: &Path, uid: u32) {
    let mut all = files_under(path);
    let folders: Vec<_> = all
        .iter()
        .flat_map(|file| file.ancestors().map(Path::to_owned))
        .collect();
    all.extend(
        folders
            .into_iter()
            .filter(|folder| folder.starts_with(path)),
    );
    all.push(path.to_owned());
    all.extend(folders_under(path));
    for file in all {
        std::os::unix::fs::chown(file, Some(uid), Some(GROUP)).unwrap();
    }
}

fn folders_under(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let folders = entries.filter(|path| path.is_dir());
    folders
        .flat_map(|folder| [vec![folder.clone()], folders_under(&folder)].concat())
        .collect()
}

#[test]
fn a_member_of_staff_reaches_no_file_and_gets_nothing_without_an_entry() {
    let Some(two) = TwoUsers::new() else { return };
    let keeper = two.serve();
    // A coordinator works from her own account first, and so hers is bound to it.
    two.run_as(COLLEAGUE, "moira", "case list").ok();
    let found = two.attempt();
    assert_eq!(found["reached"], json!([]), "{found}");
    assert_eq!(found["opened"], "closed", "{found}");
    assert_eq!(found["title"], "shown", "{found}");
    // Whatever she was served came with an entry; the public keys, which are none, open nothing.
    assert_eq!(found["without_entry"], json!([]), "{found}");
    assert_eq!(found["unnamed_payload"], "refused", "{found}");
    assert_eq!(found["entries_unasked"], "refused", "{found}");
    assert_eq!(found["upload_unknown"], "refused", "{found}");
    assert_eq!(found["asked_again"], "bad-auth", "{found}");
    assert_eq!(found["as_moira"], "bad-auth", "{found}");
    // The ledger says so: each of these as an entry of its own.
    let entries = |who: &str| {
        let line = format!("--json audit show --actor {who}");
        let said = two.run_as(COLLEAGUE, "moira", &line).ok();
        let lines: Vec<Value> = said
            .stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let word = |line: &Value| {
            format!(
                "{} {}",
                line["event"].as_str().unwrap(),
                line["outcome"].as_str().unwrap()
            )
        };
        lines.iter().map(word).collect::<Vec<_>>()
    };
    let hers = entries("harpreet");
    let count =
        |entries: &[String], word: &str| entries.iter().filter(|entry| *entry == word).count();
    assert_eq!(count(&hers, "admin ok"), 1, "bound once: {hers:?}");
    assert!(count(&hers, "read ok") >= 1, "{hers:?}");
    assert!(count(&entries("moira"), "refuse bad-auth") >= 1);
    assert_eq!(keeper.stop(), 0);
    assert!(!two.socket().exists());

    // The planted control: with the folders open, the same program reads the files.
    for folder in ["centre", "centre.keys"] {
        let root = two.place().path(folder);
        mode(&root, 0o755);
        for folder in folders_under(&root) {
            mode(&folder, 0o755);
        }
        for file in files_under(&root) {
            mode(&file, 0o644);
        }
    }
    let keeper = two.serve();
    let found = two.attempt();
    assert!(!found["reached"].as_array().unwrap().is_empty(), "{found}");
    let doctor = two.run(KEEPER, "--vault centre --json doctor").ok().json();
    assert_eq!(doctor["custody"], "local", "{doctor}");
    assert_eq!(keeper.stop(), 0);
}

#[test]
fn custody_is_what_owner_and_modes_make_it() {
    let Some(two) = TwoUsers::new() else { return };
    let doctor = |line: &str| {
        two.run(KEEPER, &format!("--json --vault {line} doctor"))
            .ok()
            .json()
    };
    assert_eq!(doctor("centre")["custody"], "local");
    let keeper = two.serve();
    for (uid, at) in [
        (KEEPER, "centre"),
        (KEEPER, "run/centre.socket"),
        (STAFF, "run/centre.socket"),
    ] {
        let report = two
            .run(uid, &format!("--json --vault {at} doctor"))
            .ok()
            .json();
        assert_eq!(report["custody"], "keeper", "{report}");
        let says = report["findings"].to_string();
        assert!(says.contains("users and former users"), "{says}");
        assert!(
            says.contains("root of this machine together with a reader's key"),
            "{says}"
        );
    }
    let closed = two.run(STAFF, "--json --vault centre doctor").fails(1);
    assert_eq!(closed.error()["code"], "no-access");
    let stranger = two
        .run(STRANGER, "--json --vault run/centre.socket doctor")
        .fails(1);
    assert_eq!(stranger.error()["code"], "no-access");
    assert_eq!(keeper.stop(), 0);
    // Someone opens the folder: said by the doctor, and written down by the next keeper.
    assert!(!doctor("centre")["findings"].to_string().contains("and yet"));
    mode(&two.place().path("centre"), 0o750);
    let report = doctor("centre");
    assert_eq!(report["custody"], "keeper");
    assert!(
        report["findings"].to_string().contains("and yet"),
        "{report}"
    );
    assert_eq!(two.serve().stop(), 0);
    assert_eq!(doctor("centre")["custody"], "local");
}

/// Who may use the socket may not have the keeper write where they may not.
#[test]
fn a_keeper_makes_backups_for_its_own_account_alone() {
    let Some(two) = TwoUsers::new() else { return };
    fs::create_dir(two.place().path("stick")).unwrap();
    own_all(&two.place().path("stick"), KEEPER);
    let keeper = two.serve();
    for line in ["backup to stick/centre", "backup rehearse stick/centre"] {
        let line = format!("--vault run/centre.socket --json {line}");
        let refused = two.run(STAFF, &line).fails(1);
        let message = refused.error()["message"].as_str().unwrap().to_owned();
        assert!(
            message.contains("for the account it runs under alone"),
            "{message}"
        );
        assert!(!two.place().path("stick/centre/journal").exists());
    }
    // The control: the keeper's own account.
    let line = "--vault run/centre.socket --json backup to stick/centre";
    two.run(KEEPER, line).ok();
    let line = "--vault run/centre.socket --json backup rehearse stick/centre";
    two.run(KEEPER, line).ok();
    assert_eq!(keeper.stop(), 0);
}

#[test]
fn an_account_works_from_where_it_was_first_used_until_it_is_suspended() {
    let Some(two) = TwoUsers::new() else { return };
    let keeper = two.serve();
    two.run_as(COLLEAGUE, "moira", "case list").ok();
    two.run_as(STAFF, "harpreet", "case list").ok();
    // Her passphrase, from somebody else's account of the computer.
    let refused = two.run_as(STAFF, "moira", "--json case list").fails(1);
    assert_eq!(refused.error()["code"], "bad-auth");
    // Suspended and resumed, she may move.
    fs::copy(
        two.place().path("home-61302/harpreet"),
        two.place().path("home-61303/harpreet"),
    )
    .unwrap();
    own_all(&two.place().path("home-61303"), COLLEAGUE);
    two.run_as(COLLEAGUE, "harpreet", "--json case list")
        .fails(1);
    two.run_as(COLLEAGUE, "moira", "user suspend harpreet").ok();
    two.run_as(COLLEAGUE, "moira", "user resume harpreet").ok();
    two.run_as(COLLEAGUE, "harpreet", "case list").ok();
    two.run_as(STAFF, "harpreet", "--json case list").fails(1);
    assert_eq!(keeper.stop(), 0);
}

#[test]
fn sign_ins_are_throttled() {
    let Some(two) = TwoUsers::new() else { return };
    let keeper = two.serve();
    let tries = |who: &str| {
        let said = two.run_as(STAFF, who, "--json case list");
        (said.code, said.error()["code"].as_str().unwrap().to_owned())
    };
    two.place().write("home-61302/nobody", "no words\n");
    own_all(&two.place().path("home-61302"), STAFF);
    let outcomes: Vec<_> = (0..12).map(|_| tries("nobody")).collect();
    assert!(
        outcomes[..10].iter().all(|outcome| outcome.0 == 3),
        "{outcomes:?}"
    );
    assert!(
        outcomes[10..].iter().all(|outcome| outcome.0 == 5),
        "{outcomes:?}"
    );
    two.run_as(COLLEAGUE, "moira", "case list").ok();
    let shown = two
        .run_as(COLLEAGUE, "moira", "--json audit show")
        .ok()
        .stdout;
    assert!(
        shown.contains(r#""outcome":"rate""#),
        "refusals are entries too"
    );
    assert_eq!(keeper.stop(), 0);
}

/// A line that remembers what was asked and answered over it.
struct Tapped {
    client: Client,
    asked: Mutex<Vec<Ask>>,
    without_entry: Mutex<Vec<String>>,
}

impl Tapped {
    fn heard(&self, answer: Answer) -> Answer {
        let logged = answer.receipt.is_some() && answer.opening.is_some();
        let public =
            matches!(&answer.outcome, Outcome::Done(served) if matches!(**served, Served::Keys(_)));
        if !logged && !public {
            let said = format!("{:?}", answer.outcome);
            self.without_entry
                .lock()
                .unwrap()
                .push(said.chars().take(60).collect());
        }
        answer
    }
}

impl Line for Tapped {
    fn vault(&self) -> VaultId {
        self.client.vault()
    }

    fn vkey(&self) -> &str {
        self.client.vkey()
    }

    fn ledgers(&self) -> &[String] {
        self.client.ledgers()
    }

    fn now(&self) -> Timestamp {
        self.client.now()
    }

    fn is_demo(&self) -> bool {
        self.client.is_demo()
    }

    fn advance_clock_to(&self, at: Timestamp) -> Result<(), LineError> {
        self.client.advance_clock_to(at)
    }

    fn sign_in(&self, ask: SignIn) -> Result<Answer, LineError> {
        self.client.sign_in(ask).map(|answer| self.heard(answer))
    }

    fn ask(&self, ask: Ask) -> Result<Answer, LineError> {
        self.asked.lock().unwrap().push(ask.clone());
        self.client.ask(ask).map(|answer| self.heard(answer))
    }

    fn upload(&self) -> io::Result<Box<dyn Upload>> {
        self.client.upload()
    }

    fn fetch(&self, sha256: &str) -> io::Result<Box<dyn Read + Send>> {
        self.client.fetch(sha256)
    }

    fn ledger_files(&self, files: &Files<'_>, each: &mut EachFile<'_>) -> Result<(), LineError> {
        self.client.ledger_files(files, each)
    }

    fn turn(&self) -> Result<Turned, LineError> {
        self.client.turn()
    }
}

#[test]
#[ignore = "a part of the tests before it, under another account of this computer"]
fn a_program_of_hers() {
    let place = PathBuf::from(std::env::var_os(AT).unwrap());
    let record = std::env::var("STRONGROOM_TEST_RECORD").unwrap();
    let socket = place.join("run/centre.socket");
    let words = |who: &str| {
        let text = fs::read_to_string(place.join("home-61302").join(who)).unwrap();
        Passphrase::new(text.trim_end().to_owned())
    };
    let tapped = Tapped {
        client: Client::connect(&socket).unwrap(),
        asked: Mutex::default(),
        without_entry: Mutex::default(),
    };
    let mut desk = Desk::sign_in(&tapped, "harpreet", &words("harpreet"), None).unwrap();
    let shown = desk.record(&record, None, None, 80).unwrap();
    let payload = std::env::var("STRONGROOM_TEST_PAYLOAD").unwrap();
    let asked = tapped.asked.lock().unwrap().last().unwrap().clone();
    let again = match tapped.client.ask(asked).unwrap().outcome {
        Outcome::Refused { code, .. } => code,
        other => format!("{other:?}"),
    };
    // Whoever could do it alone could make every backup worthless.
    assert!(matches!(tapped.turn(), Err(LineError::NotReady(_))));
    let moira = Desk::sign_in(&tapped, "moira", &words("moira"), None);
    let found = json!({
        "reached": reached(&place),
        "opened": opened(&place),
        "title": if shown.id.to_string() == record { "shown" } else { "another" },
        "without_entry": *tapped.without_entry.lock().unwrap(),
        "unnamed_payload": verdict(tapped.client.fetch(&payload).is_err()),
        "entries_unasked": entries_unasked(&socket),
        "upload_unknown": upload_unknown(&socket),
        "asked_again": again,
        "as_moira": match moira {
            Err(strongroom::desk::DeskError::Refused { code, .. }) => code,
            other => format!("{other:?}"),
        },
    });
    let mut out = io::stdout().lock();
    io::Write::write_all(&mut out, format!("\nFOUND {found}\n").as_bytes()).unwrap();
}

fn verdict(refused: bool) -> &'static str {
    if refused { "refused" } else { "given" }
}

/// Files of the vault that can be read, or folders that can be looked into.
fn reached(place: &Path) -> Vec<String> {
    let names = [
        "centre",
        "centre.keys",
        "centre/journal",
        "centre/vault.toml",
        "centre/lock",
        "centre.keys/ledger.key",
    ];
    let can_read = |name: &&&str| {
        let path = place.join(name);
        fs::read_dir(&path).is_ok() || fs::read(&path).is_ok()
    };
    names
        .iter()
        .filter(can_read)
        .map(ToString::to_string)
        .collect()
}

fn opened(place: &Path) -> &'static str {
    let paths = Paths {
        dir: place.join("centre"),
        keys: place.join("centre.keys"),
    };
    match Keeper::open(&paths, &[]) {
        Ok(_) => "opened",
        // A folder that cannot be looked into has, for all one can see, nothing in it.
        Err(OpenError::Io(_) | OpenError::NotAVault(_)) => "closed",
        Err(_) => "looked into",
    }
}

/// The program cannot make a proof that it asked; the wire alone does not give what needs one.
fn entries_unasked(socket: &Path) -> &'static str {
    use std::io::Write as _;
    let mut stream = std::os::unix::net::UnixStream::connect(socket).unwrap();
    let body = br#"{"ledger-files":{"entries":true}}"#;
    stream
        .write_all(&u32::try_from(body.len()).unwrap().to_be_bytes())
        .unwrap();
    stream.write_all(&[1]).unwrap();
    stream.write_all(body).unwrap();
    let mut heard = Vec::new();
    stream.read_to_end(&mut heard).unwrap();
    verdict(!String::from_utf8_lossy(&heard).contains("file"))
}

fn upload_unknown(socket: &Path) -> &'static str {
    let client = match Client::connect(socket) {
        Ok(client) => client,
        Err(ConnectError::Full) => return "full",
        Err(error) => panic!("{error}"),
    };
    let stored = client.upload().and_then(|mut upload| {
        upload.write_all(b"not a sealed payload")?;
        upload.finish().map_err(io::Error::other)
    });
    verdict(stored.is_err())
}
