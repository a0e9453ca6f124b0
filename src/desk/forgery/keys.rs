//! Lies about public keys: a desk seals to nobody whom nobody vouches for, and believes only the
//! receipt of what it sent.

use crate::desk::Desk;
use crate::desk::forgery::kit::Centre;
use crate::desk::forgery::kit::about_answer;
use crate::desk::forgery::kit::about_keys;
use crate::desk::forgery::kit::filing;
use crate::desk::forgery::kit::form;
use crate::desk::forgery::kit::sign_in;
use crate::desk::forgery::kit::stranger;
use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::facts::Role;
use crate::keeper::facts::Service;
use crate::keeper::lie::Lie;
use crate::keeper::message::answer::Keys;
use crate::keeper::message::answer::Outcome;
use crate::keeper::message::answer::Served;
use crate::keeper::message::load::Enrolment;
use crate::sealing::Person;
use crate::sealing::Statement;
use crate::sealing::StatementKind;

/// One thing wrong with the public keys in each.
fn wrong_keys() -> Vec<(&'static str, Lie)> {
    vec![
        (
            "somebody's other recipient",
            about_keys(|keys| keys.accounts[1].recipient = stranger()),
        ),
        (
            "everybody's other recipient",
            about_keys(|keys| {
                keys.accounts
                    .iter_mut()
                    .for_each(|account| account.recipient = stranger());
            }),
        ),
        (
            "another key for signatures",
            about_keys(|keys| {
                keys.accounts[1].verifying = Person::generate().verifying();
            }),
        ),
        (
            "a volunteer as coordinator",
            about_keys(|keys| {
                let vera = keys
                    .accounts
                    .iter_mut()
                    .find(|account| account.handle == "vera");
                vera.unwrap().role = Role::Coordinator;
            }),
        ),
        (
            "an account nobody enrolled",
            about_keys(|keys| {
                let mut extra = keys.accounts[0].clone();
                extra.id = UserId::random();
                extra.recipient = stranger();
                keys.accounts.push(extra);
            }),
        ),
        (
            "enrolments left out",
            about_keys(|keys| keys.statements.clear()),
        ),
        ("no genesis", about_keys(|keys| keys.genesis.clear())),
        (
            "another genesis",
            about_keys(|keys| {
                let text = String::from_utf8(keys.genesis.clone()).unwrap();
                keys.genesis = text.replace("\"demo\":false", "\"demo\":true").into_bytes();
            }),
        ),
    ]
}

#[test]
fn nothing_is_sealed_to_a_key_nobody_vouches_for() {
    let centre = Centre::new();
    let mut sam = sign_in(&centre.keeper, "sam");
    let case = centre.cases[0];
    for (what, lie) in wrong_keys() {
        centre.not_taken_in(what, lie, || sam.file(&filing(case)));
    }
    let of_teams: Lie = about_keys(|keys| {
        keys.compartments
            .iter_mut()
            .for_each(|(_, epoch)| epoch.recipient = stranger());
    });
    centre.not_taken_in("a compartment's other recipient", of_teams, || {
        sam.file(&filing(case))
    });
    let second = centre.cases[1];
    let heard = heard_keys(&centre, &mut sam, second);
    let other_case: Lie = about_keys(move |keys| {
        keys.case.clone_from(&heard.case);
        keys.compartments.clone_from(&heard.compartments);
    });
    centre.not_taken_in("another case's key", other_case, || sam.file(&filing(case)));
    let heard = heard_keys(&centre, &mut sam, second);
    let added: Lie = about_keys(move |keys| {
        let mine = keys.case.as_mut().unwrap();
        mine.compartments
            .extend(heard.case.as_ref().unwrap().compartments.clone());
        keys.compartments.extend(heard.compartments.clone());
    });
    centre.not_taken_in("another case's key beside the right one", added, || {
        sam.file(&filing(case))
    });
    assert!(sam.file(&filing(case)).is_ok());
    // A case is sealed to teams and people: the same lies, to a coordinator.
    let mut ada = sign_in(&centre.keeper, "ada");
    for (what, lie) in wrong_keys() {
        centre.not_taken_in(what, lie, || ada.open_case("third", Service::Supervised));
    }
    let teams: Lie = about_keys(|keys| {
        keys.compartments
            .iter_mut()
            .for_each(|(_, epoch)| epoch.recipient = stranger());
    });
    centre.not_taken_in("a team's other recipient", teams, || {
        ada.open_case("third", Service::Supervised)
    });
    assert!(ada.open_case("third", Service::Supervised).is_ok());
}

/// The public keys for a case.
fn heard_keys(centre: &Centre, desk: &mut Desk<'_>, case: crate::ids::CaseId) -> Keys {
    centre.keeper.tell(None);
    desk.keys(Some(case)).unwrap().0
}

/// Somebody's statement, whatever it says.
fn signed(desk: &Desk<'_>, kind: StatementKind, body: serde_json::Value) -> String {
    let by = desk.account().id.to_string();
    let heading = desk.heading(&by, kind);
    let signed = Statement::sign(&heading, body, desk.person.signing()).unwrap();
    String::from_utf8(signed.bytes().to_vec()).unwrap()
}

/// A volunteer and a keeper together: what only a coordinator may vouch for is not believed of them.
#[test]
fn only_coordinators_vouch_for_people() {
    let centre = Centre::new();
    let vera = sign_in(&centre.keeper, "vera");
    let mut sam = sign_in(&centre.keeper, "sam");
    let case = centre.cases[0];
    let made_up = Person::generate();
    let enrolment = Enrolment {
        user: UserId::random(),
        handle: "nobody".to_owned(),
        role: Role::Coordinator,
        reports_to: None,
        recipient: made_up.recipient().clone(),
        verifying: made_up.verifying(),
        reissue: None,
    };
    let enrol = signed(
        &vera,
        StatementKind::Enrol,
        serde_json::to_value(&enrolment).unwrap(),
    );
    let extra: Lie = about_keys(move |keys| {
        let mut account = keys.accounts[0].clone();
        account.id = enrolment.user;
        account.handle.clone_from(&enrolment.handle);
        account.role = enrolment.role;
        account.recipient = enrolment.recipient.clone();
        account.verifying = enrolment.verifying;
        keys.accounts.push(account);
        keys.statements.push(enrol.clone());
    });
    centre.not_taken_in("somebody enrolled by a volunteer", extra, || {
        sam.file(&filing(case))
    });
    let own = vera.account().clone();
    let risen = Enrolment {
        user: own.id,
        handle: own.handle.clone(),
        role: Role::Coordinator,
        reports_to: None,
        recipient: own.recipient.clone(),
        verifying: own.verifying,
        reissue: None,
    };
    let succeed = signed(
        &vera,
        StatementKind::Succeed,
        serde_json::to_value(&risen).unwrap(),
    );
    let risen: Lie = about_keys(move |keys| {
        let vera = keys
            .accounts
            .iter_mut()
            .find(|account| account.handle == "vera");
        vera.unwrap().role = Role::Coordinator;
        keys.statements.push(succeed.clone());
    });
    centre.not_taken_in("a volunteer who made herself coordinator", risen, || {
        sam.file(&filing(case))
    });
    assert!(sam.file(&filing(case)).is_ok());
}

#[test]
fn only_coordinators_vouch_for_a_case_s_key() {
    let centre = Centre::new();
    let vera = sign_in(&centre.keeper, "vera");
    let mut sam = sign_in(&centre.keeper, "sam");
    let case = centre.cases[0];
    let heard = heard_keys(&centre, &mut sam, case);
    let of_case = heard.case.unwrap().compartments[0];
    let (facts, mut epoch) = heard
        .compartments
        .into_iter()
        .find(|(c, _)| c.id == of_case)
        .unwrap();
    epoch.recipient = stranger();
    let said = serde_json::json!({
        "compartment": facts.id, "number": facts.epoch, "purpose": facts.purpose, "recipient": epoch.recipient,
    });
    epoch.statement = signed(&vera, StatementKind::Epoch, said);
    let forged: Lie = about_keys(move |keys| {
        keys.compartments.retain(|(c, _)| c.id != facts.id);
        keys.compartments.push((facts.clone(), epoch.clone()));
    });
    centre.not_taken_in("a case's key made by a volunteer", forged, || {
        sam.file(&filing(case))
    });
    assert!(sam.file(&filing(case)).is_ok());
}

#[test]
fn a_filing_is_believed_only_with_its_own_receipt() {
    let centre = Centre::new();
    let mut ada = sign_in(&centre.keeper, "ada");
    let case = centre.cases[0];
    let older = centre.overhear(|| drop(ada.file(&filing(case)).unwrap()));
    let replay = older.clone();
    let replayed = about_answer(move |answer| *answer = replay.clone());
    centre.not_taken_in("an older filing's answer", replayed, || {
        ada.file(&filing(case))
    });
    let served = older.outcome.clone();
    let named = about_answer(move |answer| answer.outcome = served.clone());
    centre.not_taken_in("an older filing's record", named, || {
        ada.file(&filing(case))
    });
    let filed = |change: fn(&mut Vec<crate::keeper::message::answer::FiledRecord>)| -> Lie {
        about_answer(move |answer| {
            if let Outcome::Done(served) = &mut answer.outcome
                && let Served::Filed(filed) = served.as_mut()
            {
                change(filed);
            }
        })
    };
    let many = || [filing(case), filing(case), filing(case)];
    let fewer = filed(|filed| drop(filed.pop()));
    centre.not_taken_in("one too few", fewer, || ada.import(&many()));
    let renamed = filed(|filed| filed[1].record = RecordId::random());
    centre.not_taken_in("another id", renamed, || ada.import(&many()));
    let twice = filed(|filed| {
        filed[1].receipt = filed[0].receipt.clone();
        filed[1].opening = filed[0].opening.clone();
    });
    centre.not_taken_in("one entry for two records", twice, || ada.import(&many()));
    assert_eq!(ada.import(&many()).unwrap().len(), 3);
    // A correction is sealed only to the keys of its own record and case.
    let a = centre.records[0].to_string();
    let wrong = crate::desk::forgery::kit::about_record(|record| {
        record.sealed_to[0].1.recipient = stranger();
    });
    centre.not_taken_in("a correction for a stranger", wrong, || {
        ada.amend(&a, &form(), "again")
    });
    let other = heard_keys(&centre, &mut ada, centre.cases[1]);
    let of_other = other.case.unwrap().compartments[0];
    let pair = other
        .compartments
        .into_iter()
        .find(|(c, _)| c.id == of_other)
        .unwrap();
    let wrong =
        crate::desk::forgery::kit::about_record(move |record| record.sealed_to.push(pair.clone()));
    centre.not_taken_in("a correction for another case", wrong, || {
        ada.amend(&a, &form(), "again")
    });
    assert!(ada.amend(&a, &form(), "again").is_ok());
}
