//! A small centre with a keeper that lies, and what a desk has to say to it.

use std::io::Cursor;
use std::path::Path;
use std::sync::Mutex;
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

use crate::clock::SystemClock;
use crate::desk::Attach;
use crate::desk::Desk;
use crate::desk::DeskError;
use crate::desk::Filing;
use crate::desk::Init;
use crate::desk::NewUser;
use crate::ids::CaseId;
use crate::ids::RecordId;
use crate::keeper::Keeper;
use crate::keeper::Paths;
use crate::keeper::facts::Role;
use crate::keeper::facts::Service;
use crate::keeper::lie::Lie;
use crate::keeper::message::answer::Answer;
use crate::keeper::message::answer::Keys;
use crate::keeper::message::answer::Outcome;
use crate::keeper::message::answer::Served;
use crate::keeper::message::answer::ServedRecord;
use crate::records::Kinds;
use crate::sealing::HybridIdentity;
use crate::sealing::Passphrase;

/// A centre, made once: the passphrase work is paid once.
struct Made {
    dir: TempDir,
    cases: [CaseId; 2],
    /// Two in the first case, the first of them corrected once; one in the second.
    records: [RecordId; 3],
}

/// A copy of it, open.
pub(crate) struct Centre {
    dir: TempDir,
    pub(crate) keeper: Keeper,
    pub(crate) cases: [CaseId; 2],
    pub(crate) records: [RecordId; 3],
}

pub(crate) fn passphrase(who: &str) -> Passphrase {
    Passphrase::new(format!("test only: the words of {who}"))
}

pub(crate) fn paths(dir: &Path) -> Paths {
    Paths {
        dir: dir.join("vault"),
        keys: dir.join("keys"),
    }
}

pub(crate) fn filing(case: CaseId) -> Filing {
    Filing {
        case: Some(case.to_string()),
        kind: "contact-report".to_owned(),
        form: form(),
        attachments: ["one.txt", "two.txt"].map(attach).into(),
        about: Vec::new(),
        deciders: Vec::new(),
    }
}

pub(crate) fn form() -> Value {
    Kinds::builtin()
        .find("contact-report")
        .unwrap()
        .template_json()
}

pub(crate) fn attach(name: &str) -> Attach {
    let content = name.repeat(9).into_bytes();
    let source = move || -> std::io::Result<Box<dyn std::io::Read>> {
        Ok(Box::new(Cursor::new(content.clone())))
    };
    Attach {
        name: name.to_owned(),
        source: Box::new(source),
    }
}

fn make() -> Made {
    let dir = tempfile::tempdir().unwrap();
    let init = Init {
        centre: "invented".to_owned(),
        nation: crate::records::words::Nation::EnglandAndWales,
        admin: "ada".to_owned(),
        admin_name: None,
        passphrase: passphrase("ada"),
        trustees: Vec::new(),
        two_person_single: false,
        demo: false,
        clock: Box::new(SystemClock),
    };
    crate::desk::create(&paths(dir.path()), &init).unwrap();
    let keeper = Keeper::open(&paths(dir.path()), &[]).unwrap();
    let mut ada = sign_in(&keeper, "ada");
    for (handle, role) in [("sam", Role::Staff), ("vera", Role::Volunteer)] {
        let new = NewUser {
            handle: handle.to_owned(),
            name: None,
            role,
            reports_to: None,
        };
        ada.add_user(&new, &passphrase(handle)).unwrap();
    }
    let mut case = |title: &str| {
        let id = ada.open_case(title, Service::Supervised).unwrap().id;
        ada.add_to_team(&id.to_string(), "sam").unwrap();
        id
    };
    let cases = [case("first"), case("second")];
    let mut file = |case| ada.file(&filing(case)).unwrap().id;
    let records = [file(cases[0]), file(cases[0]), file(cases[1])];
    ada.amend(&records[0].to_string(), &form(), "again")
        .unwrap();
    drop(ada);
    keeper.close().unwrap();
    Made {
        dir,
        cases,
        records,
    }
}

pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

pub(crate) fn sign_in<'k>(keeper: &'k Keeper, who: &str) -> Desk<'k> {
    Desk::sign_in(keeper, who, &passphrase(who), None).unwrap()
}

impl Centre {
    pub(crate) fn new() -> Self {
        static MADE: OnceLock<Made> = OnceLock::new();
        let made = MADE.get_or_init(make);
        let dir = tempfile::tempdir().unwrap();
        copy(made.dir.path(), dir.path());
        let keeper = Keeper::open(&paths(dir.path()), &[]).unwrap();
        Self {
            dir,
            keeper,
            cases: made.cases,
            records: made.records,
        }
    }

    /// Another opening of the same vault, after this one is gone.
    pub(crate) fn reopen(&mut self, open: impl FnOnce() -> Keeper) {
        let elsewhere = Self::new();
        drop(std::mem::replace(&mut self.keeper, elsewhere.keeper));
        self.keeper = open();
    }

    /// Its folder and its keeper.
    pub(crate) fn into_parts(self) -> (TempDir, Keeper) {
        (self.dir, self.keeper)
    }

    /// What the keeper answers while `ask` asks: the last answer that is no list of keys.
    pub(crate) fn overhear(&self, ask: impl FnOnce()) -> Answer {
        let heard: &'static Mutex<Option<Answer>> = Box::leak(Box::default());
        self.keeper.tell(Some(Box::new(move |_, _, answer| {
            if answer.receipt.is_some() {
                *heard.lock().unwrap() = Some(answer.clone());
            }
        })));
        ask();
        self.keeper.tell(None);
        heard.lock().unwrap().take().unwrap()
    }

    /// Tells one lie each time `ask` asks, and checks that the desk is not taken in; what it says.
    pub(crate) fn not_taken_in<T>(
        &self,
        what: &str,
        lie: Lie,
        ask: impl FnOnce() -> Result<T, DeskError>,
    ) -> String {
        self.keeper.tell(Some(lie));
        let result = ask();
        self.keeper.tell(None);
        match result {
            Err(DeskError::Damaged(says) | DeskError::Fork(says) | DeskError::WentBack(says)) => {
                assert!(says.contains(' '), "{what}: {says}");
                says
            }
            Err(other) => panic!("{what}: refused otherwise: {other:?}"),
            Ok(_) => panic!("{what}: believed"),
        }
    }
}

/// A lie about a served record; any other answer is told as it is.
pub(crate) fn about_record(change: impl Fn(&mut ServedRecord) + Send + 'static) -> Lie {
    Box::new(move |_, _, answer| {
        if let Outcome::Done(served) = &mut answer.outcome
            && let Served::Record(record) = served.as_mut()
        {
            change(record);
        }
    })
}

/// A lie about public keys.
pub(crate) fn about_keys(change: impl Fn(&mut Keys) + Send + 'static) -> Lie {
    Box::new(move |_, _, answer| {
        if let Outcome::Done(served) = &mut answer.outcome
            && let Served::Keys(keys) = served.as_mut()
        {
            change(keys);
        }
    })
}

/// A lie about answers that have an entry.
pub(crate) fn about_answer(change: impl Fn(&mut Answer) + Send + 'static) -> Lie {
    Box::new(move |_, _, answer| {
        if answer.receipt.is_some() {
            change(answer);
        }
    })
}

/// Insists that ada's sign-in refuses a lie, in these words.
pub(crate) fn ada_refuses(keeper: &Keeper, lie: Lie, says: &str) {
    keeper.tell(Some(lie));
    let refused = Desk::sign_in(keeper, "ada", &passphrase("ada"), None);
    keeper.tell(None);
    match refused {
        Err(DeskError::Damaged(said)) => assert!(said.contains(says), "{said}"),
        other => panic!("{other:?}"),
    }
}

pub(crate) fn record_in(answer: &Answer) -> ServedRecord {
    match &answer.outcome {
        Outcome::Done(served) => match served.as_ref() {
            Served::Record(record) => (**record).clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

/// A stranger's public key.
pub(crate) fn stranger() -> crate::sealing::HybridRecipient {
    HybridIdentity::generate().recipient().clone()
}
