//! A grant's statement, taken out by both sides and checked by a stranger: our program is not asked again.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use strongroom::desk;
use strongroom::desk::Desk;
use strongroom::desk::NewUser;
use strongroom::keeper::facts::Role;

use crate::centre_kit::Centre;
use crate::centre_kit::denied;
use crate::centre_kit::passphrase;
use crate::centre_kit::unknown;
use crate::common::have;
use crate::grants::PURPOSE;
use crate::grants::access;
use crate::grants::given;
use crate::grants::listed;
use crate::grants::second;
use crate::grants::with_six;
use crate::two_person::claimed;
use crate::two_person::later;

/// Exit code and output of the outside verifier.
pub(crate) fn verify(file: &Path, vkey: &str) -> (i32, String) {
    let output = Command::new("python3")
        .args(["-B", "docs/verify/verify.py", "grant"])
        .arg(file)
        .args(["--vkey", vkey])
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    let code = output.status.code().unwrap();
    (code, String::from_utf8(text).unwrap())
}

pub(crate) fn tools() -> bool {
    have("python3", "--version") && have("openssl", "version")
}

/// Anna works under a grant of three files, and it ends.
fn worked() -> (Centre, String, Vec<String>) {
    let (centre, six) = with_six();
    let grant = given(&centre, &access(&centre.keeper, None, &six[..3], 2));
    let mut anna = centre.desk("anna");
    assert_eq!(listed(&mut anna).len(), 3);
    for id in &six[..2] {
        anna.record(id, None, None, 80).unwrap();
    }
    anna.record(&six[0], None, Some("once more"), 80).unwrap();
    drop(anna);
    (centre, grant.id.to_string(), six)
}

#[test]
fn both_sides_hold_a_statement_that_a_stranger_can_check() {
    if !tools() {
        return;
    }
    let (centre, grant, six) = worked();
    let vkey = centre.keeper.vkey().to_owned();
    let check = |name: &str, file: &str| {
        let path = centre.folder(name);
        fs::write(&path, file).unwrap();
        verify(&path, &vkey)
    };
    let running = centre.desk("ada").state_grant(&grant).unwrap();
    assert_eq!(running.opened, 4, "a list of three, and three files");
    let (code, said) = check("running", &running.file);
    assert_eq!(code, 0, "{said}");
    assert!(!said.contains("ended"), "{said}");

    later(&centre.keeper, 3);
    for who in ["anna", "ada", "cora", "dpl", "tess"] {
        let stated = centre.desk(who).state_grant(&grant).unwrap();
        let (code, said) = check(who, &stated.file);
        assert_eq!(code, 0, "{who}: {said}");
        for words in [
            "verdict: good",
            "to anna by ada",
            "agreed by saf",
            &format!("for \"{PURPOSE}\""),
            "opened 4 times",
            "ended ",
        ] {
            assert!(said.contains(words), "{who}: no {words:?} in\n{said}");
        }
        assert_eq!(said.matches(&six[0]).count(), 3, "twice opened, once given");
        assert_eq!(said.matches(&six[3]).count(), 0);
        // A stranger learns of nobody else.
        let named = |handle: &str| {
            let text = format!("\\\"handle\\\":\\\"{handle}\\\"");
            stated.file.contains(&text)
        };
        assert!(named("anna") && named("ada") && named("saf"));
        assert!(!named("otto") && !named("vera") && !named("dbs"));
    }
    for mut desk in [centre.desk("sam"), centre.desk("vera"), second(&centre)] {
        denied(desk.state_grant(&grant));
    }
    unknown(
        centre
            .desk("ada")
            .state_grant("g_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
    );
}

/// A file that two grants cover is opened once: both statements say so, whichever key it went through.
#[test]
fn what_two_grants_cover_stands_in_both_statements() {
    if !tools() {
        return;
    }
    let (centre, six) = with_six();
    let grants = [&six[..2], &six[1..3]].map(|files| {
        given(&centre, &access(&centre.keeper, None, files, 2))
            .id
            .to_string()
    });
    let mut anna = centre.desk("anna");
    anna.record(&six[1], None, Some("to look"), 80).unwrap();
    anna.record(&six[2], None, None, 80).unwrap();
    later(&centre.keeper, 3);
    let vkey = centre.keeper.vkey().to_owned();
    for (at, (grant, opened)) in grants.iter().zip([1, 2]).enumerate() {
        let stated = centre.desk("ada").state_grant(grant).unwrap();
        assert_eq!(stated.opened, opened, "{at}");
        let path = centre.folder(&format!("stated-{at}"));
        fs::write(&path, &stated.file).unwrap();
        let (code, said) = verify(&path, &vkey);
        assert_eq!(code, 0, "{said}");
        assert!(said.contains(&format!("opened {opened} times")), "{said}");
    }
}

/// The giver was invited and is a coordinator by a further role; the second person's keys are new ones, given
/// by two others: a stranger follows each back to the root key.
#[test]
fn a_stranger_follows_invitations_further_roles_and_new_keys() {
    if !tools() {
        return;
    }
    let (centre, six) = with_six();
    let own = |who: &str| crate::two_person::own(who);
    let mut ada = centre.desk("ada");
    let nia = NewUser {
        handle: "nia".to_owned(),
        name: None,
        role: Role::Volunteer,
        reports_to: None,
    };
    let code = ada.invite_user(&nia).unwrap().code;
    desk::enrol(&centre.keeper, &code, &own("nia"), None).unwrap();
    ada.add_role(Role::Coordinator, "nia").unwrap();
    let waits = ada.reissue_user("saf", &passphrase("saf anew")).unwrap();
    let mut tess = claimed(&centre.keeper, "tess");
    tess.approve(&waits.id.to_string()).unwrap();
    drop((tess, ada));
    // The leads' team is made anew by a coordinator's desk, and nia is sealed on to.
    drop(centre.desk("ada"));
    let mut saf = Desk::sign_in(&centre.keeper, "saf", &passphrase("saf anew"), None).unwrap();
    saf.change_passphrase(&own("saf")).unwrap();
    let mut nia = Desk::sign_in(&centre.keeper, "nia", &own("nia"), None).unwrap();
    let waiting = nia
        .grant(&access(&centre.keeper, None, &six[..1], 2))
        .unwrap();
    saf.approve(&waiting.proposal.unwrap().to_string()).unwrap();
    centre.desk("anna").record(&six[0], None, None, 80).unwrap();
    let stated = centre
        .desk("anna")
        .state_grant(&waiting.id.to_string())
        .unwrap();
    let (path, vkey) = (centre.folder("statement"), centre.keeper.vkey());
    fs::write(&path, &stated.file).unwrap();
    let (code, said) = verify(&path, vkey);
    assert_eq!(code, 0, "{said}");
    assert!(
        said.contains("to anna by nia") && said.contains("agreed by saf"),
        "{said}"
    );
    // Without the words on which one of them stands, nothing of it does.
    for kind in ["invite", "role", "approve"] {
        let mut file: Value = serde_json::from_str(&stated.file).unwrap();
        let all = at(&mut file, "/statements").as_array_mut().unwrap();
        let word = format!("\"kind\":\"{kind}\"");
        let before = all.len();
        all.retain(|text| !text.as_str().unwrap().contains(&word));
        assert!(all.len() < before, "there is no {kind}");
        fs::write(&path, file.to_string()).unwrap();
        let (code, said) = verify(&path, vkey);
        assert_eq!(code, 4, "without {kind}: {said}");
    }
}

/// Changes one thing in a statement's file.
type Damage = (&'static str, &'static str, fn(&mut Value));

fn at<'v>(file: &'v mut Value, pointer: &str) -> &'v mut Value {
    file.pointer_mut(pointer).unwrap()
}

fn inside(file: &mut Value, pointer: &str, from: &str, to: &str) {
    let text = at(file, pointer).as_str().unwrap().to_owned();
    assert!(text.contains(from), "{from} in {text}");
    *at(file, pointer) = text.replacen(from, to, 1).into();
}

const DAMAGED: &[Damage] = &[
    (
        "an entry changed",
        "it is not in the signed ledger",
        |file| {
            inside(
                file,
                "/entries/2/leaf",
                "\"outcome\":\"ok\"",
                "\"outcome\":\"no\"",
            );
        },
    ),
    ("an entry moved", "it is not in the signed ledger", |file| {
        let index = at(file, "/entries/2/index").as_u64().unwrap();
        *at(file, "/entries/2/index") = (index + 1).into();
    }),
    (
        "a detail changed",
        "its opening is not what the entry commits to",
        |file| {
            inside(file, "/entries/4/opening/detail", "\"rules\"", "\"Rules\"");
        },
    ),
    (
        "an entry left out",
        "the entries are not those the statement was signed over",
        |file| {
            drop(at(file, "/entries").as_array_mut().unwrap().remove(4));
        },
    ),
    (
        "another end of the story",
        "not signed by anybody the vault vouches for",
        |file| {
            inside(
                file,
                "/closing",
                "\"state\":\"ended\"",
                "\"state\":\"active\"",
            );
        },
    ),
    (
        "another purpose",
        "the grant is not signed by a coordinator",
        |file| {
            inside(file, "/closing", PURPOSE, "invented purpose");
        },
    ),
    (
        "the people left out",
        "the grant is not signed by a coordinator",
        |file| {
            at(file, "/statements").as_array_mut().unwrap().clear();
        },
    ),
    ("another founding", "not signed by its root key", |file| {
        inside(file, "/genesis", "\"demo\":false", "\"demo\":true");
    }),
    ("another head", "checkpoint", |file| {
        inside(file, "/checkpoint", "\n\n", "\n\n\n");
    }),
    ("nothing", "not a grant's statement", |file| {
        *file = Value::Null;
    }),
];

#[test]
fn planted_damage_is_named() {
    if !tools() {
        return;
    }
    let (centre, grant, _) = worked();
    later(&centre.keeper, 3);
    let stated = centre.desk("anna").state_grant(&grant).unwrap();
    let file: Value = serde_json::from_str(&stated.file).unwrap();
    let path = centre.folder("statement");
    let vkey = centre.keeper.vkey();
    for (what, words, damage) in DAMAGED {
        let mut file = file.clone();
        damage(&mut file);
        fs::write(&path, file.to_string()).unwrap();
        let (code, said) = verify(&path, vkey);
        assert_eq!(code, 4, "{what}: {said}");
        let named = said.lines().any(|line| {
            line.starts_with("WRONG ") && (line.contains(words) || *words == "checkpoint")
        });
        assert!(named, "{what}: no {words:?} in\n{said}");
    }
    // The control: undamaged, and written by another program, it is good.
    fs::write(&path, serde_json::to_string_pretty(&file).unwrap()).unwrap();
    assert_eq!(verify(&path, vkey).0, 0);
    // Under another ledger's key nothing of it is.
    fs::write(&path, stated.file).unwrap();
    let key = crate::ledger_kit::TestLog::new(1)
        .key
        .verifier()
        .to_string();
    assert_eq!(verify(&path, &key).0, 4);
}
