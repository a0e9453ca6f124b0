//! Lies about invitations: to whoever takes one up, and to everybody else about who took one up.

use crate::desk::enrol;
use crate::desk::forgery::kit::Centre;
use crate::desk::forgery::kit::about_keys;
use crate::desk::forgery::kit::filing;
use crate::desk::forgery::kit::passphrase;
use crate::desk::forgery::kit::sign_in;
use crate::desk::people::NewUser;
use crate::desk::seal::json;
use crate::ids::UserId;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::Role;
use crate::keeper::lie::Lie;
use crate::keeper::message::answer::Outcome;
use crate::keeper::message::answer::Served;
use crate::keeper::message::answer::ServedInvitation;
use crate::keeper::message::load::Enrolment;
use crate::keeper::message::load::Invitation;
use crate::sealing::Heading;
use crate::sealing::InviteCode;
use crate::sealing::Person;
use crate::sealing::SigningKey;
use crate::sealing::Statement;
use crate::sealing::StatementKind;

fn new(handle: &str) -> NewUser {
    NewUser {
        handle: handle.to_owned(),
        name: None,
        role: Role::Staff,
        reports_to: None,
    }
}

/// A lie about what a code is for.
fn about_invitation(change: impl Fn(&mut ServedInvitation) + Send + 'static) -> Lie {
    Box::new(move |_, _, answer| {
        if let Outcome::Done(served) = &mut answer.outcome
            && let Served::Invitation(shown) = served.as_mut()
        {
            change(shown);
        }
    })
}

fn text(statement: &Statement) -> String {
    String::from_utf8(statement.bytes().to_vec()).unwrap()
}

/// Says something else in a statement, signed by somebody else.
fn resigned(text: &mut String, key: &SigningKey, change: impl FnOnce(&mut serde_json::Value)) {
    let said = Statement::parse(text.as_bytes()).unwrap();
    let mut body = serde_json::Value::Object(said.body().clone());
    change(&mut body);
    let heading = Heading {
        kind: said.kind(),
        vault: said.vault(),
        by: said.by(),
        at: said.at(),
    };
    *text = self::text(&Statement::sign(&heading, body, key).unwrap());
}

#[test]
fn a_code_is_taken_up_only_in_its_own_vault_and_for_what_it_was_made() {
    let centre = Centre::new();
    let mut ada = sign_in(&centre.keeper, "ada");
    let code = ada.invite_user(&new("nia")).unwrap().code;
    let stranger = || SigningKey::from_bytes([7; 32]);
    let lies: Vec<(&str, Lie)> = vec![
        (
            "another role",
            about_invitation(move |shown| {
                resigned(&mut shown.invite, &stranger(), |body| {
                    body["role"] = "coordinator".into();
                });
            }),
        ),
        (
            "another handle",
            about_invitation(move |shown| {
                resigned(&mut shown.invite, &stranger(), |body| {
                    body["handle"] = "mallory".into();
                });
            }),
        ),
        (
            "another line",
            about_invitation(move |shown| {
                resigned(&mut shown.invite, &stranger(), |body| {
                    body["reports_to"] = UserId::random().to_string().into();
                });
            }),
        ),
        (
            "another vault's root",
            about_invitation(move |shown| {
                resigned(&mut shown.genesis, &stranger(), |body| {
                    body["root"] = stranger().verifying().to_string().into();
                });
            }),
        ),
        (
            "a genesis nobody signed",
            about_invitation(move |shown| resigned(&mut shown.genesis, &stranger(), |_| {})),
        ),
    ];
    for (what, lie) in lies {
        let says = centre.not_taken_in(what, lie, || {
            enrol(&centre.keeper, &code, &passphrase("nia"), None)
        });
        assert!(says.contains("Tell whoever invited you"), "{what}: {says}");
    }
    // The control: untouched, it is taken up; the lies used nothing up.
    assert!(enrol(&centre.keeper, &code, &passphrase("nia"), None).is_ok());
}

/// An account the keeper says somebody made by an invitation, and the statements it shows for that.
struct Story {
    account: AccountFacts,
    statements: Vec<String>,
}

/// One thing in such a story that is not as it should be.
#[derive(Clone, Copy, PartialEq)]
enum Wrong {
    Nothing,
    InvitedByStaff,
    AnotherKey,
    AnotherRole,
    TooLate,
    KeysOfAnother,
    NoInvitation,
}

fn story(centre: &Centre, wrong: Wrong) -> Story {
    let by = if wrong == Wrong::InvitedByStaff {
        "sam"
    } else {
        "ada"
    };
    let inviter = sign_in(&centre.keeper, by);
    let (code, person) = (InviteCode::generate(), Person::generate());
    let said = Invitation {
        user: UserId::random(),
        handle: "nia".to_owned(),
        role: Role::Staff,
        reports_to: None,
        expires: centre.keeper.now().plus_ms(1000 * 1000),
        key: code.signing().verifying(),
        seal: String::new(),
    };
    let invite = inviter.says(StatementKind::Invite, &said).unwrap();
    let enrolment = Enrolment {
        user: said.user,
        handle: said.handle.clone(),
        role: if wrong == Wrong::AnotherRole {
            Role::Coordinator
        } else {
            said.role
        },
        reports_to: None,
        recipient: person.recipient().clone(),
        verifying: person.verifying(),
        reissue: None,
    };
    let enrol = enrols(centre, wrong, &enrolment, (code.signing(), &person));
    let mut statements = vec![String::from_utf8(invite).unwrap(), enrol];
    if wrong == Wrong::NoInvitation {
        statements.remove(0);
    }
    let account = AccountFacts {
        id: enrolment.user,
        handle: enrolment.handle,
        role: enrolment.role,
        recipient: enrolment.recipient,
        verifying: enrolment.verifying,
        ..inviter.account().clone()
    };
    Story {
        account,
        statements,
    }
}

/// The enrolment of a story.
fn enrols(
    centre: &Centre,
    wrong: Wrong,
    enrolment: &Enrolment,
    (key, person): (SigningKey, &Person),
) -> String {
    let key = if wrong == Wrong::AnotherKey {
        SigningKey::generate()
    } else {
        key
    };
    let late = if wrong == Wrong::TooLate {
        2000 * 1000
    } else {
        0
    };
    let by = key.verifying().to_string();
    let heading = Heading {
        kind: StatementKind::Enrol,
        vault: centre.keeper.vault(),
        by: &by,
        at: centre.keeper.now().plus_ms(late),
    };
    let other = SigningKey::generate();
    let second = if wrong == Wrong::KeysOfAnother {
        &other
    } else {
        person.signing()
    };
    let body = json(enrolment).unwrap();
    text(&Statement::sign_with_proof(&heading, body, &key, second).unwrap())
}

#[test]
fn an_account_by_invitation_is_believed_only_with_invitation_and_both_keys() {
    let centre = Centre::new();
    let case = centre.cases[0];
    let told = |wrong| {
        let Story {
            account,
            statements,
        } = story(&centre, wrong);
        about_keys(move |keys| {
            keys.accounts.push(account.clone());
            keys.statements.extend(statements.clone());
        })
    };
    let mut ada = sign_in(&centre.keeper, "ada");
    for (what, wrong) in [
        ("invited by staff", Wrong::InvitedByStaff),
        ("taken up with another key", Wrong::AnotherKey),
        ("taken up as something else", Wrong::AnotherRole),
        ("taken up too late", Wrong::TooLate),
        (
            "keys that did not sign for themselves",
            Wrong::KeysOfAnother,
        ),
        ("never invited", Wrong::NoInvitation),
    ] {
        let says = centre.not_taken_in(what, told(wrong), || ada.file(&filing(case)));
        assert!(says.contains("`nia`"), "{what}: {says}");
    }
    centre.keeper.tell(Some(told(Wrong::Nothing)));
    assert!(ada.file(&filing(case)).is_ok(), "the control");
    centre.keeper.tell(None);
}

/// The invitation's seal binds every field and the vault's root.
#[test]
fn every_field_of_an_invitation_is_sealed() {
    let centre = Centre::new();
    let mut ada = sign_in(&centre.keeper, "ada");
    let code = ada.invite_user(&new("nia")).unwrap().code;
    let body = |shown: &str| {
        let said = Statement::parse(shown.as_bytes()).unwrap();
        said.body().keys().cloned().collect::<Vec<_>>()
    };
    let heard: &'static std::sync::Mutex<String> = Box::leak(Box::default());
    centre.keeper.tell(Some(about_invitation(|shown| {
        heard.lock().unwrap().clone_from(&shown.invite);
        shown.invite.clear();
    })));
    assert!(enrol(&centre.keeper, &code, &passphrase("nia"), None).is_err());
    centre.keeper.tell(None);
    let fields = body(&heard.lock().unwrap());
    assert!(fields.len() >= 6, "{fields:?}");
    for field in fields {
        let name = field.clone();
        let lie = about_invitation(move |shown| {
            resigned(&mut shown.invite, &SigningKey::generate(), |body| {
                let changed = match &body[&name] {
                    serde_json::Value::Number(n) => (n.as_u64().unwrap() + 1).into(),
                    _ if name == "role" => "trustee".into(),
                    _ if name == "user" => UserId::random().to_string().into(),
                    _ if name == "key" => SigningKey::generate().verifying().to_string().into(),
                    _ => serde_json::Value::from("another"),
                };
                body[&name] = changed;
            });
        });
        centre.not_taken_in(&field, lie, || {
            enrol(&centre.keeper, &code, &passphrase("nia"), None)
        });
    }
    assert!(enrol(&centre.keeper, &code, &passphrase("nia"), None).is_ok());
}
