//! What is hidden is answered like what is not there, with the same work; and the control: with the rule
//! that hides it switched off, the same comparison sees a difference.

use crate::desk::Desk;
use crate::desk::DeskError;
use crate::desk::Filing;
use crate::desk::Init;
use crate::desk::NewUser;
use crate::keeper::Keeper;
use crate::keeper::Paths;
use crate::keeper::facts::Role;
use crate::keeper::facts::Service;
use crate::keeper::policy::POLICY_TEXT;
use crate::keeper::policy::Policy;
use crate::keeper::policy::SCHEMA_TEXT;
use crate::keeper::policy::rule::RULES;
use crate::records::Kinds;
use crate::sealing::Passphrase;

const NOBODYS: &str = "r_aaaaaaaaaaaaaaaaaaaaaaaaaa";

fn words(who: &str) -> Passphrase {
    Passphrase::new(format!("test only: the words of {who}"))
}

fn form(kind: &str) -> serde_json::Value {
    Kinds::builtin().find(kind).unwrap().template_json()
}

/// A vault of ada and cora, and two complaints of cora's about ada: without a case, and with one.
fn centre(dir: &std::path::Path) -> (Keeper, [String; 2]) {
    let paths = Paths {
        dir: dir.join("vault"),
        keys: dir.join("keys"),
    };
    let init = Init {
        centre: "invented".to_owned(),
        nation: crate::records::words::Nation::EnglandAndWales,
        admin: "ada".to_owned(),
        admin_name: None,
        passphrase: words("ada"),
        trustees: Vec::new(),
        two_person_single: false,
        demo: false,
        clock: Box::new(crate::clock::SystemClock),
    };
    crate::desk::create(&paths, &init).unwrap();
    let keeper = Keeper::open(&paths, &[]).unwrap();
    let mut ada = Desk::sign_in(&keeper, "ada", &words("ada"), None).unwrap();
    let cora = NewUser {
        handle: "cora".to_owned(),
        name: None,
        role: Role::Coordinator,
        reports_to: None,
    };
    ada.add_user(&cora, &words("cora")).unwrap();
    let case = ada.open_case("invented", Service::Supervised).unwrap().id;
    let mut cora = Desk::sign_in(&keeper, "cora", &words("cora"), None).unwrap();
    let filed = [None, Some(case.to_string())].map(|case| {
        let filing = Filing {
            case,
            kind: "complaint".to_owned(),
            form: form("complaint"),
            attachments: Vec::new(),
            about: vec!["ada".to_owned()],
            deciders: Vec::new(),
        };
        cora.file(&filing).unwrap().id.to_string()
    });
    drop((ada, cora));
    (keeper, filed)
}

/// How an ask ended, in everything a face can show.
fn ended<T>(result: Result<T, DeskError>) -> String {
    match result {
        Ok(_) => "shown".to_owned(),
        Err(error) => format!("{error:?}"),
    }
}

/// Every act on one record, each with its answer and the work the keeper had.
fn asks(keeper: &Keeper, ada: &mut Desk<'_>, record: &str) -> Vec<(&'static str, String, String)> {
    let mut told = Vec::new();
    let none = || std::io::sink();
    for act in [
        "show",
        "history",
        "audit",
        "attachment",
        "export",
        "amend",
        "breakglass",
        "check",
        "return",
    ] {
        keeper.take_work();
        let answer = match act {
            "show" => ended(ada.record(record, None, Some("x"), 80)),
            "history" => ended(ada.history(record)),
            "audit" => ended(ada.audit(Some(record), None, None)),
            "attachment" => ended(ada.attachment(record, "x.txt", Some("x"), &mut none())),
            "export" => ended(ada.export(record, &[], Some("x"), &mut none())),
            "check" => ended(ada.check(record)),
            "return" => ended(ada.return_record(record, "x")),
            "amend" => ended(ada.amend(record, &form("complaint"), "x")),
            _ => ended(ada.break_glass(record, "x", 80)),
        };
        told.push((act, answer, keeper.take_work()));
    }
    told
}

#[test]
fn hidden_and_not_there_are_one_answer_and_one_amount_of_work() {
    let dir = tempfile::tempdir().unwrap();
    let (keeper, filed) = centre(dir.path());
    let mut ada = Desk::sign_in(&keeper, "ada", &words("ada"), None).unwrap();
    // A desk looks people up once; whatever is asked first would count that in.
    ada.records(None, 0).unwrap();
    let not_there = asks(&keeper, &mut ada, NOBODYS);
    for (act, answer, work) in &not_there {
        assert_eq!(answer, "Unknown", "{act}");
        assert!(
            work.contains("decisions") && !work.starts_with('0'),
            "{work}"
        );
    }
    for record in &filed {
        assert_eq!(asks(&keeper, &mut ada, record), not_there);
    }

    // The control: nobody is excluded any more, and the comparison sees it.
    let off = POLICY_TEXT.replacen(
        "when { resource.excluded.contains(principal) };",
        "when { resource.excluded.contains(principal) && principal.state == AccountState::\"left\" };",
        1,
    );
    assert_ne!(off, POLICY_TEXT);
    let policy = Policy::load(SCHEMA_TEXT, &off, RULES).unwrap();
    keeper.run(move |vault| vault.policy = policy).unwrap();
    for record in &filed {
        for ((act, there, _), (_, not_there, _)) in
            asks(&keeper, &mut ada, record).iter().zip(&not_there)
        {
            // Emergencies are not hers; the kind is not hidden from a coordinator.
            assert_ne!(there, not_there, "{act}");
        }
    }
}
