//! A small centre, made once and copied for each test: people of every role, cases, and records of
//! every kind. The passphrase work is paid once; each test signs in only whom it needs.

use std::io::Cursor;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;
use std::sync::OnceLock;

use serde_json::Value;
use strongroom::clock::SystemClock;
use strongroom::desk;
use strongroom::desk::Attach;
use strongroom::desk::Desk;
use strongroom::desk::DeskError;
use strongroom::desk::Filing;
use strongroom::desk::Init;
use strongroom::desk::NewUser;
use strongroom::keeper::Keeper;
use strongroom::keeper::Paths;
use strongroom::keeper::facts::Role;
use strongroom::keeper::facts::Service;
use strongroom::records::Kinds;
use strongroom::sealing::Passphrase;
use tempfile::TempDir;

/// Handle, role, and whom they report to.
pub(crate) const PEOPLE: &[(&str, Role, Option<&str>)] = &[
    ("ada", Role::Coordinator, None),
    ("cora", Role::Coordinator, None),
    ("sam", Role::Staff, Some("ada")),
    ("otto", Role::Staff, None),
    ("vera", Role::Volunteer, None),
    ("tess", Role::Trustee, None),
    ("saf", Role::SafeguardingLead, None),
    ("dbs", Role::DbsCountersignatory, None),
    ("dpl", Role::DataProtectionLead, None),
];

/// The centre as every test finds it.
struct Made {
    dir: TempDir,
    supervised: String,
    supported: String,
    /// A contact report of sam's in the supervised case, with attachments.
    report: String,
    /// A complaint about ada, filed by cora.
    complaint: String,
    /// What a DBS certificate says, with dbs as its decider.
    certificate: String,
    /// That somebody was checked.
    check: String,
}

/// A copy of the centre, for one test.
pub(crate) struct Centre {
    pub(crate) dir: TempDir,
    pub(crate) keeper: Keeper,
    pub(crate) supervised: String,
    pub(crate) supported: String,
    pub(crate) report: String,
    pub(crate) complaint: String,
    pub(crate) certificate: String,
    pub(crate) check: String,
}

/// Someone's passphrase.
pub(crate) fn passphrase(handle: &str) -> Passphrase {
    Passphrase::new(format!("test only: {handle} knows these five words"))
}

pub(crate) fn paths(dir: &Path) -> Paths {
    Paths {
        dir: dir.join("vault"),
        keys: dir.join("keys"),
    }
}

/// The kind's invented example.
pub(crate) fn form(kind: &str) -> Value {
    Kinds::builtin().find(kind).unwrap().template_json()
}

/// A filing of the kind's example.
pub(crate) fn filing(kind: &str, case: Option<&str>) -> Filing {
    Filing {
        case: case.map(str::to_owned),
        kind: kind.to_owned(),
        form: form(kind),
        attachments: Vec::new(),
        about: Vec::new(),
        deciders: Vec::new(),
    }
}

/// Something to attach.
pub(crate) fn attach(name: &str, content: &[u8]) -> Attach {
    let content = content.to_vec();
    Attach {
        name: name.to_owned(),
        source: Box::new(move || Ok(Box::new(Cursor::new(content.clone())) as Box<dyn Read>)),
    }
}

/// Founds a vault at `dir`, with ada as its first administrator.
pub(crate) fn found(dir: &Path, centre: &str) {
    let init = Init {
        centre: centre.to_owned(),
        nation: strongroom::records::words::Nation::EnglandAndWales,
        admin: "ada".to_owned(),
        admin_name: None,
        passphrase: passphrase("ada"),
        trustees: Vec::new(),
        two_person_single: false,
        demo: false,
        clock: Box::new(SystemClock),
    };
    desk::create(&paths(dir), &init).unwrap();
}

/// Adds one of the people.
pub(crate) fn enrol(desk: &mut Desk<'_>, handle: &str, role: Role, reports_to: Option<&str>) {
    let new = NewUser {
        handle: handle.to_owned(),
        name: None,
        role,
        reports_to: reports_to.map(str::to_owned),
    };
    desk.add_user(&new, &passphrase(handle)).unwrap();
}

fn make() -> Made {
    let dir = tempfile::tempdir().unwrap();
    found(dir.path(), "The invented centre");
    let keeper = Keeper::open(&paths(dir.path()), &[]).unwrap();
    let sign_in = |who: &str| Desk::sign_in(&keeper, who, &passphrase(who), None).unwrap();
    let mut ada = sign_in("ada");
    for (handle, role, reports_to) in &PEOPLE[1..] {
        enrol(&mut ada, handle, *role, *reports_to);
    }
    let case = |desk: &mut Desk<'_>, title: &str, service| {
        desk.open_case(title, service).unwrap().id.to_string()
    };
    let supervised = case(&mut ada, "Invented, Saturdays", Service::Supervised);
    let supported = case(&mut ada, "Invented, Sundays", Service::Supported);
    for who in ["sam", "vera"] {
        ada.add_to_team(&supervised, who).unwrap();
    }
    let mut sam = sign_in("sam");
    let mut report = filing("contact-report", Some(&supervised));
    report.attachments = vec![attach("notes.txt", b"a few invented notes")];
    let report = sam.file(&report).unwrap().id.to_string();
    let mut cora = sign_in("cora");
    let mut complaint = filing("complaint", None);
    complaint.about = vec!["ada".to_owned()];
    let complaint = cora.file(&complaint).unwrap().id.to_string();
    let mut certificate = filing("dbs-certificate", None);
    certificate.deciders = vec!["dbs".to_owned()];
    let certificate = cora.file(&certificate).unwrap().id.to_string();
    let check = cora
        .file(&filing("dbs-check", None))
        .unwrap()
        .id
        .to_string();
    drop((ada, sam, cora));
    // Who filed the certificate knows its first key: its decider changes it, and opens what is new.
    for _ in 0..2 {
        drop(sign_in("dbs"));
    }
    keeper.close().unwrap();
    Made {
        dir,
        supervised,
        supported,
        report,
        complaint,
        certificate,
        check,
    }
}

/// Copies every folder and file below `from`, as a machine that lost its power would leave them.
pub(crate) fn copy_all(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_all(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

impl Centre {
    /// A fresh copy.
    pub(crate) fn new() -> Self {
        static MADE: OnceLock<Made> = OnceLock::new();
        let made = MADE.get_or_init(make);
        let dir = tempfile::tempdir().unwrap();
        copy_all(made.dir.path(), dir.path());
        let keeper = Keeper::open(&paths(dir.path()), &[]).unwrap();
        Self {
            dir,
            keeper,
            supervised: made.supervised.clone(),
            supported: made.supported.clone(),
            report: made.report.clone(),
            complaint: made.complaint.clone(),
            certificate: made.certificate.clone(),
            check: made.check.clone(),
        }
    }

    /// Somebody's desk, with no memory of other sessions.
    pub(crate) fn desk(&self, who: &str) -> Desk<'_> {
        self.try_desk(who).unwrap()
    }

    pub(crate) fn try_desk(&self, who: &str) -> Result<Desk<'_>, DeskError> {
        Desk::sign_in(&self.keeper, who, &passphrase(who), None)
    }

    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }
}

/// The rule that denied it.
pub(crate) fn denied<T>(result: Result<T, DeskError>) -> String {
    match result {
        Err(DeskError::Denied { rule, says, .. }) => {
            assert!(says.contains(' '), "a refusal is a sentence: {says}");
            rule
        }
        Err(other) => panic!("refused otherwise: {other:?}"),
        Ok(_) => panic!("it was allowed"),
    }
}

/// The code it was refused with.
pub(crate) fn refused<T>(result: Result<T, DeskError>) -> String {
    match result {
        Err(DeskError::Refused { code, .. }) => code,
        Err(other) => panic!("refused otherwise: {other:?}"),
        Ok(_) => panic!("it was allowed"),
    }
}

/// Nothing is there, as far as the asker may know.
pub(crate) fn unknown<T>(result: Result<T, DeskError>) {
    match result {
        Err(DeskError::Unknown) => {}
        Err(other) => panic!("refused otherwise: {other:?}"),
        Ok(_) => panic!("it was allowed"),
    }
}
