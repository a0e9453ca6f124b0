//! Errands at sign-in: whoever holds a key that a colleague lacks seals it on by signing in, and nobody
//! else learns that anything lacks.

use strongroom::desk::DeskError;
use strongroom::keeper::facts::Role;
use strongroom::keeper::message::MESSAGES;
use strongroom::keeper::message::SignIn;
use strongroom::keeper::message::answer::Outcome;

use crate::centre_kit::Centre;
use crate::centre_kit::PEOPLE;
use crate::centre_kit::enrol;
use crate::centre_kit::form;
use crate::centre_kit::refused;

/// Whom the keeper tells at their sign-in that they could seal something on. Nothing is sealed on by asking.
fn told(centre: &Centre) -> Vec<&'static str> {
    let tells = |handle: &str| {
        let answer = centre.keeper.sign_in(SignIn {
            version: MESSAGES,
            handle: handle.to_owned(),
            nonce: format!("test only, {handle}"),
            seen: 0,
        });
        let answer = answer.unwrap();
        assert!(matches!(answer.outcome, Outcome::Done(_)), "{handle}");
        answer.errands
    };
    let handles = PEOPLE.iter().map(|(handle, ..)| *handle);
    let more = ["anna"].into_iter();
    handles.chain(more).filter(|who| tells(who)).collect()
}

/// What someone's acts are in the ledger, oldest first, after this many entries.
fn events(centre: &Centre, who: &str, after: u64) -> Vec<String> {
    let lines = centre.desk("dpl").audit(None, Some(who), None).unwrap();
    let later = lines.into_iter().filter(|line| line.index >= after);
    later.map(|line| line.event).collect()
}

/// The position of the next entry, and of one more: the look itself is an entry.
fn next(centre: &Centre) -> u64 {
    let lines = centre.desk("dpl").audit(None, None, None).unwrap();
    lines.iter().map(|line| line.index).max().unwrap() + 1
}

#[test]
fn a_second_safeguarding_lead_reads_once_the_first_has_signed_in() {
    let centre = Centre::new();
    // Ada holds no key of the safeguarding leads' team.
    enrol(&mut centre.desk("ada"), "sue", Role::SafeguardingLead, None);
    let read = || centre.desk("sue").record(&centre.report, None, None, 80);
    assert_eq!(refused(read()), "no-key-yet");
    // The control: colleagues who hold other keys change nothing by signing in, nor does she herself.
    for who in ["ada", "cora", "sam", "tess", "dpl", "sue"] {
        drop(centre.desk(who));
    }
    assert_eq!(refused(read()), "no-key-yet");
    let after = next(&centre);
    drop(centre.desk("saf"));
    assert_eq!(events(&centre, "saf", after), ["login", "list", "member"]);
    assert_eq!(read().unwrap().fields, form("contact-report"));
    // Where nothing lacks, a sign-in is one entry.
    let after = next(&centre);
    drop(centre.desk("saf"));
    assert_eq!(events(&centre, "saf", after), ["login"]);
}

#[test]
fn only_those_who_could_seal_it_on_are_told_that_something_lacks() {
    let centre = Centre::new();
    let mut ada = centre.desk("ada");
    enrol(&mut ada, "anna", Role::Assessor, None);
    assert_eq!(told(&centre), Vec::<&str>::new());
    enrol(&mut ada, "sue", Role::SafeguardingLead, None);
    assert_eq!(told(&centre), ["saf"]);
    // A complaint about ada is open to trustees; she is told nothing of what it lacks.
    enrol(&mut ada, "tim", Role::Trustee, None);
    assert_eq!(told(&centre), ["tess", "saf"]);
    // Assessors hold their team's key, and have no errands.
    enrol(&mut ada, "abe", Role::Assessor, None);
    assert_eq!(told(&centre), ["tess", "saf"]);
    assert!(matches!(
        centre.desk("anna").run_errands(),
        Err(DeskError::Denied { .. })
    ));
    for who in ["tess", "saf"] {
        drop(centre.desk(who));
    }
    assert_eq!(told(&centre), Vec::<&str>::new());
    let complaint = centre.desk("tim").record(&centre.complaint, None, None, 80);
    assert_eq!(complaint.unwrap().fields, form("complaint"));
}

/// While ada is suspended her team has nobody a complaint about her is hidden from; she comes back.
#[test]
fn who_comes_back_holds_no_key_of_what_is_hidden_from_them() {
    let centre = Centre::new();
    let mut cora = centre.desk("cora");
    cora.suspend_user("ada").unwrap();
    drop(centre.desk("cora"));
    cora.resume_user("ada").unwrap();
    let mut ada = centre.desk("ada");
    enrol(&mut ada, "anna", Role::Assessor, None);
    enrol(&mut ada, "cleo", Role::Coordinator, None);
    // The complaint lacks cleo. The control: whoever else it is open to holds its key, and is told.
    assert_eq!(told(&centre), ["cora", "tess", "saf", "dpl"]);
    drop(centre.desk("cora"));
    assert_eq!(told(&centre), Vec::<&str>::new());
    let complaint = centre
        .desk("cleo")
        .record(&centre.complaint, None, None, 80);
    assert_eq!(complaint.unwrap().fields, form("complaint"));
}
