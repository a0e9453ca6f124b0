//! The scenario run once with the real program, and everything it did to its files written down.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::Value;
use strongroom::keeper;
use strongroom::keeper::backup::looking as backup;
use tempfile::TempDir;

use crate::centre_kit::copy_all;
use crate::cli_run::Place;
use crate::power_cut::kept::Files;
use crate::power_cut::parse;
use crate::power_cut::parse::Call;
use crate::power_cut::replay;
use crate::power_cut::replay::Step;
use crate::power_cut::scenario;
use crate::power_cut::scenario::Command;
use crate::power_cut::scenario::Known;
use crate::power_cut::scenario::Then;
use crate::power_cut::scenario::Version;
use crate::power_cut::strace;

/// A command that was run.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) line: String,
    /// Where its steps end.
    pub(crate) until: usize,
    /// The step in which it began to say that it was done.
    pub(crate) acknowledged: Option<usize>,
    /// What can be counted on from then on.
    pub(crate) known: Known,
    /// The folder as it was afterwards.
    pub(crate) after: Files,
}

/// Everything that was written down.
#[derive(Debug)]
pub(crate) struct Recording {
    pub(crate) root: PathBuf,
    pub(crate) calls: Vec<Call>,
    pub(crate) steps: Vec<Step>,
    pub(crate) runs: Vec<Run>,
    /// The step from which on opening the vault may turn it.
    pub(crate) may_turn_from: usize,
    /// Versions that a killed command may have filed although it never said so.
    pub(crate) perhaps: Vec<Version>,
    /// The folder as it was before the first command.
    pub(crate) before: Files,
}

/// A folder in memory where there is one: nothing in it has to survive anything.
pub(crate) fn scratch() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    }
}

/// The recording, made once for all tests.
pub(crate) fn recording() -> &'static Recording {
    static MADE: OnceLock<Recording> = OnceLock::new();
    MADE.get_or_init(|| Recorder::begin().all())
}

struct Recorder {
    place: Place,
    before: Files,
    /// Where logs are written.
    logs: TempDir,
    names: BTreeMap<String, String>,
    known: Known,
    calls: Vec<Call>,
    lines: usize,
    runs: Vec<Run>,
    perhaps: Vec<Version>,
}

impl Recorder {
    fn begin() -> Self {
        let place = Place::new();
        scenario::prepare(&place);
        Self {
            before: Files::below(&place.path("")),
            place,
            logs: scratch(),
            names: BTreeMap::new(),
            known: Known::default(),
            calls: Vec::new(),
            lines: 0,
            runs: Vec::new(),
            perhaps: Vec::new(),
        }
    }

    fn all(mut self) -> Recording {
        let mut from = 0;
        let mut may_turn_from = None;
        for command in scenario::commands() {
            if command.line.starts_with(scenario::LAST_PLACE) {
                may_turn_from = Some(from);
            }
            from = self.command(&command, from);
        }
        Recording {
            root: fs::canonicalize(self.place.path("")).unwrap(),
            steps: replay::steps(&self.calls),
            calls: self.calls,
            runs: self.runs,
            may_turn_from: may_turn_from.unwrap(),
            perhaps: self.perhaps,
            before: self.before,
        }
    }

    /// Runs a command; `from` and what is returned count steps.
    fn command(&mut self, command: &Command, from: usize) -> usize {
        let mut line = command.line.clone();
        for (name, value) in &self.names {
            line = line.replace(&format!("{{{name}}}"), value);
        }
        let whole = if command.who.is_empty() {
            format!("--json {line}")
        } else {
            let first = self.known_passphrase(command.who);
            format!(
                "--json --vault vault --as {0} --passphrase-file {first}/{0} {line}",
                command.who
            )
        };
        let log = self.logs.path().join("log");
        let said = strace::run(&self.place, &whole, &log, command.killed);
        let first_call = self.calls.len();
        let text = strace::read(&log);
        self.calls
            .extend(parse::calls(&text, self.lines, self.runs.len() as u64));
        self.lines += text.lines().count();
        let steps = replay::steps(&self.calls[first_call..]);
        let after = Files::below(&self.place.path(""));
        let acknowledged = if command.killed.is_some() {
            assert_eq!(said.code, None, "{line} was not killed: {said:?}");
            let attached = ["letter.txt"];
            self.perhaps
                .push(self.version("report.json", &attached, BTreeMap::new()));
            None
        } else {
            assert_eq!(said.code, Some(0), "{line}: {said:?}");
            let document = said
                .stdout
                .lines()
                .next()
                .and_then(|line| serde_json::from_str(line).ok());
            self.follows(command, &document.unwrap_or(Value::Null));
            self.known.size = entries(&self.place.path(""));
            Some(from + self.said_at(&steps, first_call))
        };
        self.runs.push(Run {
            line,
            until: from + steps.len(),
            acknowledged,
            known: self.known.clone(),
            after,
        });
        from + steps.len()
    }

    /// Which folder holds the passphrase that somebody has now.
    fn known_passphrase(&self, who: &str) -> &'static str {
        let claimed = self
            .runs
            .iter()
            .any(|run| run.line.ends_with(&format!("own/{who}")));
        if claimed || who == "ada" {
            "own"
        } else {
            "first"
        }
    }

    /// The step in which something was first said on stdout.
    fn said_at(&self, steps: &[Step], first_call: usize) -> usize {
        let says = |step: &Step| match step {
            Step::Begins(number) => {
                let call = &self.calls[first_call + number];
                call.name.starts_with("write") && call.args[0] == "1"
            }
            Step::Ended(_) => false,
        };
        steps.iter().position(says).expect("it said nothing")
    }

    fn version(&self, form: &str, attached: &[&str], before: BTreeMap<String, Vec<u8>>) -> Version {
        let mut attachments = before;
        for name in attached {
            let content = fs::read(self.place.path(name)).unwrap();
            attachments.insert((*name).to_owned(), content);
        }
        let fields = serde_json::from_slice(&fs::read(self.place.path(form)).unwrap()).unwrap();
        Version {
            fields,
            attachments,
        }
    }

    fn follows(&mut self, command: &Command, document: &Value) {
        for (name, pointer) in command.calls {
            let value = document.pointer(pointer).and_then(Value::as_str).unwrap();
            self.names.insert((*name).to_owned(), value.to_owned());
        }
        let named = |name: &str| self.names[name].clone();
        match command.then {
            Then::Nothing => (),
            Then::Founded => {
                self.known.founded = true;
                self.known.generation = 1;
                let shares = document["shares"].as_array().unwrap();
                // For each of three pairs the share and what it is rehearsed with, and three sheets.
                assert_eq!(shares.len(), 9);
                for share in shares {
                    self.wrote(share.as_str().unwrap());
                }
            }
            Then::Filed(form, attached) => {
                let id = document["id"].as_str().unwrap().to_owned();
                let version = self.version(form, attached, BTreeMap::new());
                self.known.records.insert(id, vec![version]);
            }
            Then::Amended(record, form) => {
                let id = named(record);
                let before = self.known.records[&id].last().unwrap().attachments.clone();
                let version = self.version(form, &[], before);
                self.known.records.get_mut(&id).unwrap().push(version);
            }
            Then::Apart(who) => self.known.apart.push((named("case"), who)),
            Then::Released(record, to, file) => {
                self.known.released.push((named(record), to));
                self.wrote(file);
            }
            Then::Grant(grant, state) => {
                let id = named(grant);
                self.known.grants.insert(id, state.to_owned());
            }
            Then::Wrote(file) => self.wrote(file),
            Then::Turned => self.turned(document),
            Then::BackedUp(dir) => {
                let id = document["id"].as_str().unwrap().to_owned();
                let made = (id, self.known.generation);
                self.known.backups.insert(dir.to_owned(), made);
            }
        }
    }

    fn turned(&mut self, document: &Value) {
        let now = self.known.generation + 1;
        assert_eq!(document["generation"], now, "{document}");
        assert_eq!(document["state"], "done", "{document}");
        assert_eq!(document["certificate"]["final"], true, "{document}");
        assert_eq!(document["certificate"]["backups"][0], scenario::STICK);
        // The old key stands in what was written down after the command before.
        let before = &self.runs.last().unwrap().after;
        let old = format!("vault.keys/generation-{}.key", self.known.generation);
        self.known.old_keys.push(before.file(&old));
        self.known.generation = now;
        let ended = |(id, state): (&String, &String)| (state == "ended").then(|| id.clone());
        self.known.gone = self.known.grants.iter().filter_map(ended).collect();
        let kept = backup::list(&self.place.path(scenario::STICK)).unwrap();
        let newest = &kept.manifests[0];
        assert_eq!(newest.generation, now);
        let made = (newest.id.to_string(), now);
        self.known.backups.insert(scenario::STICK.to_owned(), made);
    }

    fn wrote(&mut self, file: &str) {
        let content = fs::read(self.place.path(file)).unwrap();
        self.known.files.insert(file.to_owned(), content);
    }
}

/// How many entries the vault in a folder has. A copy is asked: asking leaves a line in the lock's file.
fn entries(dir: &Path) -> u64 {
    let copy = scratch();
    copy_all(dir, copy.path());
    keeper::verify(&paths_in(copy.path()), None).unwrap().size
}

/// The vault and keys of the scenario in a folder.
pub(crate) fn paths_in(dir: &Path) -> keeper::Paths {
    keeper::Paths {
        dir: dir.join("vault"),
        keys: dir.join("vault.keys"),
    }
}
