//! Lies about new keys: a keeper that gives somebody others, with the help of one person or none.

use crate::desk::Desk;
use crate::desk::NewUser;
use crate::desk::forgery::kit::Centre;
use crate::desk::forgery::kit::about_keys;
use crate::desk::forgery::kit::filing;
use crate::desk::forgery::kit::passphrase;
use crate::desk::forgery::kit::sign_in;
use crate::ids::ProposalId;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::Role;
use crate::keeper::lie::Lie;
use crate::keeper::message::load::ApproveStatement;
use crate::keeper::message::load::Enrolment;
use crate::keeper::message::load::Reissue;
use crate::sealing::Digest;
use crate::sealing::Person;
use crate::sealing::StatementKind;

/// One thing in a story of new keys that is not as it should be.
#[derive(Clone, Copy, PartialEq)]
enum Wrong {
    Nothing,
    NobodyAgreed,
    AgreedByProposer,
    AgreedByStaff,
    AgreedByThePerson,
    AgreedToSomethingElse,
    AgreedToAnotherProposal,
    ProposedByStaff,
    ProposedByThePerson,
    InPlaceOfOtherKeys,
    AnotherRole,
    AnotherLine,
    NoReissueAtAll,
}

struct People<'k> {
    ada: Desk<'k>,
    tess: Desk<'k>,
    sam: Desk<'k>,
    vera: Desk<'k>,
}

fn people(centre: &Centre) -> People<'_> {
    let mut ada = sign_in(&centre.keeper, "ada");
    let tess = NewUser {
        handle: "tess".to_owned(),
        name: None,
        role: Role::Trustee,
        reports_to: None,
    };
    ada.add_user(&tess, &passphrase("tess")).unwrap();
    People {
        ada,
        tess: sign_in(&centre.keeper, "tess"),
        sam: sign_in(&centre.keeper, "sam"),
        vera: sign_in(&centre.keeper, "vera"),
    }
}

/// Sam's account with keys that the keeper has, and the statements it shows for them.
fn story(people: &People<'_>, wrong: Wrong) -> (AccountFacts, Vec<String>) {
    let sam = people.sam.account();
    let keys = Person::generate();
    let proposal = ProposalId::random();
    let other = Person::generate().verifying();
    let enrolment = Enrolment {
        user: sam.id,
        handle: sam.handle.clone(),
        role: match wrong {
            Wrong::AnotherRole => Role::Coordinator,
            _ => sam.role,
        },
        reports_to: match wrong {
            Wrong::AnotherLine => Some(people.vera.account().id),
            _ => sam.reports_to,
        },
        recipient: keys.recipient().clone(),
        verifying: keys.verifying(),
        reissue: (wrong != Wrong::NoReissueAtAll).then_some(Reissue {
            proposal,
            replaces: match wrong {
                Wrong::InPlaceOfOtherKeys => other,
                _ => sam.verifying,
            },
        }),
    };
    let statements = words(people, wrong, &enrolment, proposal);
    let account = AccountFacts {
        role: enrolment.role,
        reports_to: enrolment.reports_to,
        recipient: enrolment.recipient,
        verifying: enrolment.verifying,
        ..sam.clone()
    };
    (account, statements)
}

/// The two's words of a story.
fn words(
    people: &People<'_>,
    wrong: Wrong,
    enrolment: &Enrolment,
    proposal: ProposalId,
) -> Vec<String> {
    let proposer = match wrong {
        Wrong::ProposedByStaff => &people.vera,
        Wrong::ProposedByThePerson => &people.sam,
        _ => &people.ada,
    };
    let enrol = proposer.says(StatementKind::Enrol, enrolment).unwrap();
    let said = ApproveStatement {
        proposal: match wrong {
            Wrong::AgreedToAnotherProposal => ProposalId::random(),
            _ => proposal,
        },
        digest: match wrong {
            Wrong::AgreedToSomethingElse => Digest::of(b"something else").hex(),
            _ => Digest::of(&enrol).hex(),
        },
    };
    let approver = match wrong {
        Wrong::AgreedByProposer => &people.ada,
        Wrong::AgreedByStaff => &people.vera,
        Wrong::AgreedByThePerson => &people.sam,
        _ => &people.tess,
    };
    let approve = approver.says(StatementKind::Approve, &said).unwrap();
    let mut statements = vec![enrol, approve];
    if wrong == Wrong::NobodyAgreed {
        statements.pop();
    }
    let texts = statements.into_iter();
    texts
        .map(|bytes| String::from_utf8(bytes).unwrap())
        .collect()
}

/// Tells it to whoever asks for keys.
fn told((account, statements): (AccountFacts, Vec<String>)) -> Lie {
    about_keys(move |keys| {
        let mut accounts = keys.accounts.iter_mut();
        let shown = accounts.find(|one| one.id == account.id).unwrap();
        *shown = account.clone();
        keys.statements.extend(statements.clone());
    })
}

#[test]
fn nobody_has_other_keys_without_two_people_s_word() {
    let centre = Centre::new();
    let people = people(&centre);
    let mut ada = sign_in(&centre.keeper, "ada");
    let case = centre.cases[0];
    for (what, wrong) in [
        ("nobody agreed", Wrong::NobodyAgreed),
        ("its own proposer agreed", Wrong::AgreedByProposer),
        ("a volunteer agreed", Wrong::AgreedByStaff),
        ("the person agreed", Wrong::AgreedByThePerson),
        ("something else was agreed to", Wrong::AgreedToSomethingElse),
        (
            "another proposal was agreed to",
            Wrong::AgreedToAnotherProposal,
        ),
        ("a volunteer proposed it", Wrong::ProposedByStaff),
        ("the person proposed it", Wrong::ProposedByThePerson),
        ("in place of other keys", Wrong::InPlaceOfOtherKeys),
        ("with another role", Wrong::AnotherRole),
        ("with another line", Wrong::AnotherLine),
        ("a second enrolment and no more", Wrong::NoReissueAtAll),
    ] {
        let lie = told(story(&people, wrong));
        let says = centre.not_taken_in(what, lie, || ada.file(&filing(case)));
        assert!(says.contains("`sam`"), "{what}: {says}");
    }
    centre
        .keeper
        .tell(Some(told(story(&people, Wrong::Nothing))));
    assert!(ada.file(&filing(case)).is_ok(), "the control");
    centre.keeper.tell(None);
}

/// Whoever had the old keys, and the keeper's, cannot go on from them: only the newest keys have a say.
#[test]
fn keys_that_were_replaced_have_no_successors() {
    let centre = Centre::new();
    let people = people(&centre);
    let mut ada = sign_in(&centre.keeper, "ada");
    let mut tess = sign_in(&centre.keeper, "tess");
    let own = passphrase("tess, by herself");
    tess.change_passphrase(&own).unwrap();
    let waits = ada.reissue_user("sam", &passphrase("sam anew")).unwrap();
    tess.approve(&waits.id.to_string()).unwrap();
    let sam = Desk::sign_in(&centre.keeper, "sam", &passphrase("sam anew"), None).unwrap();
    let stolen = Person::generate();
    let account = |enrolment: &Enrolment| AccountFacts {
        recipient: enrolment.recipient.clone(),
        verifying: enrolment.verifying,
        ..sam.account().clone()
    };
    let next = Enrolment {
        user: sam.account().id,
        handle: "sam".to_owned(),
        role: Role::Staff,
        reports_to: None,
        recipient: stolen.recipient().clone(),
        verifying: stolen.verifying(),
        reissue: None,
    };
    let case = centre.cases[0];
    // The old desk still holds the old keys.
    let said = people.sam.says(StatementKind::Succeed, &next).unwrap();
    let lie = told((account(&next), vec![String::from_utf8(said).unwrap()]));
    let says = centre.not_taken_in("from the old keys", lie, || ada.file(&filing(case)));
    assert!(says.contains("`sam`"), "{says}");
    let said = sam.says(StatementKind::Succeed, &next).unwrap();
    let story = (account(&next), vec![String::from_utf8(said).unwrap()]);
    centre.keeper.tell(Some(told(story)));
    assert!(
        ada.file(&filing(case)).is_ok(),
        "the control: from the new ones"
    );
    centre.keeper.tell(None);
}

/// What the second person signs is what the proposer signed, for whom the keeper says it is.
#[test]
fn nobody_agrees_to_other_keys_than_were_proposed() {
    use crate::keeper::facts::Proposed;
    use crate::keeper::message::answer::Outcome;
    use crate::keeper::message::answer::Served;
    use crate::keeper::message::answer::ServedProposal;

    let about = |change: fn(&mut ServedProposal)| -> Lie {
        Box::new(move |_, _, answer| {
            if let Outcome::Done(served) = &mut answer.outcome
                && let Served::Proposals(all) = served.as_mut()
            {
                all.iter_mut().for_each(change);
            }
        })
    };
    let centre = Centre::new();
    let people = people(&centre);
    let mut ada = sign_in(&centre.keeper, "ada");
    let mut tess = people.tess;
    tess.change_passphrase(&passphrase("tess, by herself"))
        .unwrap();
    let p = ada
        .reissue_user("sam", &passphrase("sam anew"))
        .unwrap()
        .id
        .to_string();
    let lies: [(&str, Lie); 3] = [
        (
            "for somebody else",
            about(|one| {
                one.facts.what = Proposed::ReissueUser {
                    user: crate::ids::UserId::random(),
                };
            }),
        ),
        (
            "by somebody else",
            about(|one| one.facts.by = crate::ids::UserId::random()),
        ),
        (
            "with another signature",
            about(|one| {
                let text = &one.facts.statement;
                one.facts.statement = text.replacen("\"sig\":\"", "\"sig\":\"A", 1);
            }),
        ),
    ];
    for (what, lie) in lies {
        centre.not_taken_in(what, lie, || tess.approve(&p));
    }
    assert!(tess.approve(&p).is_ok());
    let sam = Desk::sign_in(&centre.keeper, "sam", &passphrase("sam anew"), None).unwrap();
    assert!(!sam.account().claimed);
}
