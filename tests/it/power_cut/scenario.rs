//! A small vault's life as commands. More of them belong at the end of `commands`: each is one line.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::centre_kit::form;
use crate::cli_run::Place;

/// What somebody was told, and may count on from then on.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    pub(crate) founded: bool,
    /// Each record's versions.
    pub(crate) records: BTreeMap<String, Vec<Version>>,
    /// Who is kept apart from which case: the case, and their handle.
    pub(crate) apart: Vec<(String, &'static str)>,
    /// What was released: the record, and to whom.
    pub(crate) released: Vec<(String, &'static str)>,
    /// Where each grant stands.
    pub(crate) grants: BTreeMap<String, String>,
    /// The generation that the vault has turned to.
    pub(crate) generation: u32,
    /// The key files' texts of the generations that are over.
    pub(crate) old_keys: Vec<Vec<u8>>,
    /// Grants that had ended when the vault turned.
    pub(crate) gone: Vec<String>,
    /// The newest backup in each folder that one was made in, and its generation.
    pub(crate) backups: BTreeMap<String, (String, u32)>,
    /// Files that the program said it had written, and what is in them.
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    /// Entries in the ledger.
    pub(crate) size: u64,
}

/// A version of a record, with everything that is attached to the record by then.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Version {
    pub(crate) fields: Value,
    pub(crate) attachments: BTreeMap<String, Vec<u8>>,
}

/// What follows for [`Known`] once a command has said that it is done.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Then {
    Nothing,
    Founded,
    /// A record of this form file, with these attached.
    Filed(&'static str, &'static [&'static str]),
    Amended(&'static str, &'static str),
    /// Somebody is kept apart from the case.
    Apart(&'static str),
    /// The record that is called so was given to somebody, in this file.
    Released(&'static str, &'static str, &'static str),
    /// The grant that was called so stands there now.
    Grant(&'static str, &'static str),
    /// This file is there.
    Wrote(&'static str),
    /// The vault is in the next generation, and the place [`STICK`] has a backup of it.
    Turned,
    /// This folder has a new backup.
    BackedUp(&'static str),
}

/// One command line. `{name}` in it is what an earlier command called so.
#[derive(Debug)]
pub(crate) struct Command {
    /// Who gives it; nobody where empty.
    pub(crate) who: &'static str,
    pub(crate) line: String,
    /// What to call a value of its document: `(name, pointer)`.
    pub(crate) calls: &'static [(&'static str, &'static str)],
    pub(crate) then: Then,
    /// In which call it is killed, if it is: a call's name and how often it was made by then.
    pub(crate) killed: Option<&'static str>,
}

fn by(who: &'static str, line: &str, then: Then) -> Command {
    Command {
        who,
        line: line.to_owned(),
        calls: &[],
        then,
        killed: None,
    }
}

impl Command {
    fn calling(self, calls: &'static [(&'static str, &'static str)]) -> Self {
        Self { calls, ..self }
    }

    fn killed_in(self, killed: &'static str) -> Self {
        Self {
            killed: Some(killed),
            ..self
        }
    }
}

/// Where shares of the keys go, each on a disk of its own.
pub(crate) const ESCROW: [&str; 3] = ["red", "green", "blue"];

/// Where each turn makes a backup, on a disk of its own.
pub(crate) const STICK: &str = "stick";

/// The first command after which opening the vault may turn it.
pub(crate) const LAST_PLACE: &str = "vault place add blue";

/// Why somebody is kept apart from the case.
pub(crate) const WHY: &str = "her neighbours";

/// Whom the report's form names.
const COURT: &str = "The family court at Carmarthen";

/// Who takes part.
pub(crate) const PEOPLE: [&str; 5] = ["ada", "sam", "tess", "ipek", "vera"];

/// A passphrase that its owner has chosen.
pub(crate) fn passphrase(who: &str) -> String {
    format!("test only: {who} and nobody else")
}

/// Puts the files there that the commands read.
pub(crate) fn prepare(place: &Place) {
    for who in PEOPLE {
        place.write(&format!("own/{who}"), passphrase(who));
        place.write(
            &format!("first/{who}"),
            format!("test only: for {who} to begin"),
        );
    }
    let report = form("contact-report");
    let mut corrected = report.clone();
    corrected["venue"] = "Glan Tywi Family Centre, kitchen".into();
    for (name, form) in [
        ("report.json", report),
        ("corrected.json", corrected),
        ("complaint.json", form("complaint")),
    ] {
        place.write(name, form.to_string());
    }
    let long = |length: u32| -> Vec<u8> {
        let numbers = (0..length).flat_map(|number| number.to_string().into_bytes());
        numbers.collect()
    };
    for folder in ESCROW.iter().chain([&STICK]) {
        std::fs::create_dir(place.path(folder)).unwrap();
    }
    place.write("notes.txt", "a few invented notes");
    place.write("letter.txt", long(9_000));
    place.write("drawing.txt", long(60_000));
}

/// The life.
pub(crate) fn commands() -> Vec<Command> {
    let all = [founding(), work(), releasing(), turning()];
    all.into_iter().flatten().collect()
}

/// A vault, its people, and a case.
fn founding() -> Vec<Command> {
    let add = |who: &str, role: &str| {
        let line = format!("user add {who} --role {role} --new-passphrase-file first/{who}");
        by("ada", &line, Then::Nothing)
    };
    let claim = |who: &'static str| {
        let line = format!("user passphrase --new-passphrase-file own/{who}");
        by(who, &line, Then::Nothing)
    };
    vec![
        by(
            "",
            "init vault --centre Riverside --admin ada --passphrase-file own/ada \
             --trustee Farhana --trustee Owen --trustee Mei",
            Then::Founded,
        ),
        add("sam", "staff"),
        add("tess", "trustee"),
        add("ipek", "assessor"),
        add("vera", "volunteer"),
        claim("tess"),
        by(
            "ada",
            "case open --title Saturdays --service supervised",
            Then::Nothing,
        )
        .calling(&[("case", "/id")]),
        by("ada", "case team add {case} sam", Then::Nothing),
        by("ada", "case team add {case} vera", Then::Nothing),
    ]
}

/// Records, a grant, and what is done with them.
fn work() -> Vec<Command> {
    let report = "record add --case {case} --kind contact-report --from report.json";
    vec![
        by(
            "sam",
            &format!("{report} --attach notes.txt --attach drawing.txt"),
            Then::Filed("report.json", &["notes.txt", "drawing.txt"]),
        )
        .calling(&[("report", "/id")]),
        by("ada", "record show {report}", Then::Nothing),
        by(
            "sam",
            "record amend {report} --from corrected.json --reason 'another room'",
            Then::Amended("report", "corrected.json"),
        ),
        by(
            "ada",
            "grant add --to ipek --record {report} --purpose 'to look' --until +2d",
            Then::Grant("grant", "waiting"),
        )
        .calling(&[("grant", "/id"), ("proposal", "/proposal")]),
        by(
            "tess",
            "proposal approve {proposal}",
            Then::Grant("grant", "active"),
        ),
        by("ipek", "record show {report}", Then::Nothing),
        // Between the frame's write and its sync.
        by(
            "sam",
            &format!("{report} --attach letter.txt"),
            Then::Nothing,
        )
        .killed_in("fdatasync:signal=KILL:when=2"),
        by("ada", "record list", Then::Nothing),
        by(
            "ada",
            &format!("case conflict {{case}} vera --reason '{WHY}'"),
            Then::Apart("vera"),
        ),
        by(
            "ada",
            "record add --kind complaint --from complaint.json --attach letter.txt",
            Then::Filed("complaint.json", &["letter.txt"]),
        )
        .calling(&[("complaint", "/id")]),
        by(
            "ada",
            "record attachment {report} drawing.txt --out taken.txt",
            Then::Wrote("taken.txt"),
        ),
        by("ada", "grant revoke {grant}", Then::Grant("grant", "ended")),
        by(
            "",
            "--vault vault audit export exported",
            Then::Wrote("exported/checkpoint"),
        ),
    ]
}

/// A report that is looked over and given to somebody outside. A program without documents gives out nothing.
fn releasing() -> Vec<Command> {
    if cfg!(not(feature = "documents")) {
        return Vec::new();
    }
    let release = "record release {report} --authority 'paragraph 7' --pdf released.pdf --to";
    vec![
        by("ada", "record check {report}", Then::Nothing),
        by(
            "ada",
            &format!("{release} '{COURT}'"),
            Then::Released("report", COURT, "released.pdf"),
        ),
    ]
}

/// Two turns, the second of which leaves a generation with shares and a backup, and two backups in one folder.
fn turning() -> Vec<Command> {
    let add = |name: &str, what: &str| {
        let line = format!("vault place add {name} {name} --for {what}");
        by("ada", &line, Then::Nothing)
    };
    let mut all = vec![add(STICK, "backup")];
    all.extend(ESCROW.map(|name| add(name, "escrow")));
    all.extend([
        by("", "--vault vault vault turn", Then::Turned),
        by(
            "ada",
            "grant add --to ipek --record {report} --purpose 'to look again' --until +2d",
            Then::Grant("another", "waiting"),
        )
        .calling(&[("another", "/id"), ("second", "/proposal")]),
        by(
            "tess",
            "proposal approve {second}",
            Then::Grant("another", "active"),
        ),
        by(
            "ada",
            "grant revoke {another}",
            Then::Grant("another", "ended"),
        ),
        by("", "--vault vault vault turn", Then::Turned),
        by(
            "",
            "--vault vault backup to copies",
            Then::BackedUp("copies"),
        ),
        by(
            "sam",
            "record add --case {case} --kind contact-report --from report.json --attach drawing.txt",
            Then::Filed("report.json", &["drawing.txt"]),
        ),
        by(
            "",
            "--vault vault backup to copies",
            Then::BackedUp("copies"),
        ),
    ]);
    all
}
