//! Two people where it matters: proposals, who may decide them, when one person is enough, and every way
//! round it that we could think of.

use std::path::Path;

use strongroom::clock::SystemClock;
use strongroom::desk;
use strongroom::desk::Desk;
use strongroom::desk::Init;
use strongroom::desk::Proposal;
use strongroom::keeper::Keeper;
use strongroom::keeper::facts::ProposalState;
use strongroom::keeper::facts::Role;
use strongroom::keeper::facts::TwoPerson;
use strongroom::sealing::Passphrase;
use tempfile::TempDir;

use crate::centre_kit::Centre;
use crate::centre_kit::denied;
use crate::centre_kit::enrol;
use crate::centre_kit::passphrase;
use crate::centre_kit::paths;
use crate::centre_kit::refused;
use crate::centre_kit::unknown;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Somebody's own passphrase, which nobody set for them.
pub(crate) fn own(who: &str) -> Passphrase {
    Passphrase::new(format!("words of {who}'s very own choosing"))
}

/// Somebody's desk, after they have set a passphrase of their own.
pub(crate) fn claimed<'k>(keeper: &'k Keeper, who: &str) -> Desk<'k> {
    let mut desk = Desk::sign_in(keeper, who, &passphrase(who), None).unwrap();
    desk.change_passphrase(&own(who)).unwrap();
    drop(desk);
    Desk::sign_in(keeper, who, &own(who), None).unwrap()
}

/// Moves a keeper's clock forward.
pub(crate) fn later(keeper: &Keeper, days: u64) {
    let to = keeper.now().plus_ms(days * DAY_MS);
    keeper.advance_clock_to(to).unwrap();
}

/// A vault with ada alone, who may do alone what takes two where there is no other.
pub(crate) fn alone() -> (TempDir, Keeper) {
    let dir = tempfile::tempdir().unwrap();
    found(dir.path());
    let keeper = Keeper::open(&paths(dir.path()), &[]).unwrap();
    (dir, keeper)
}

fn found(dir: &Path) {
    let init = Init {
        centre: "Invented and small".to_owned(),
        nation: strongroom::records::words::Nation::EnglandAndWales,
        admin: "ada".to_owned(),
        admin_name: None,
        passphrase: passphrase("ada"),
        trustees: Vec::new(),
        two_person_single: true,
        demo: false,
        clock: Box::new(SystemClock),
    };
    desk::create(&paths(dir), &init).unwrap();
}

fn sign_in<'k>(keeper: &'k Keeper, who: &str) -> Desk<'k> {
    Desk::sign_in(keeper, who, &passphrase(who), None).unwrap()
}

fn id(proposal: &Proposal) -> String {
    proposal.id.to_string()
}

#[test]
fn a_proposal_waits_for_somebody_else_who_has_a_passphrase_of_their_own() {
    let centre = Centre::new();
    let (mut ada, mut cora) = (centre.desk("ada"), centre.desk("cora"));
    let proposal = ada.change_two_person(TwoPerson::Single).unwrap();
    assert_eq!(proposal.state, ProposalState::Waiting);
    assert_eq!(proposal.act, "change-two-person");
    // Nobody but ada has claimed their account yet, and she cannot be her own second person.
    assert_eq!(proposal.eligible, Vec::<String>::new());
    let p = id(&proposal);
    assert_eq!(denied(ada.approve(&p)), "own-proposal");
    assert_eq!(denied(ada.refuse_proposal(&p, "no")), "own-proposal");
    assert_eq!(denied(cora.approve(&p)), "unclaimed-approver");
    drop(cora);
    let mut cora = claimed(&centre.keeper, "cora");
    assert_eq!(ada.proposal(&p).unwrap().eligible, ["cora"]);
    let approved = cora.approve(&p).unwrap();
    assert_eq!(approved.state, ProposalState::Approved);
    assert_eq!(approved.decided_by.as_deref(), Some("cora"));
    assert!(!approved.single);
    // Nobody decides twice.
    assert_eq!(refused(cora.approve(&p)), "decided-already");
    assert_eq!(
        refused(cora.refuse_proposal(&p, "after all")),
        "decided-already"
    );
    assert_eq!(refused(ada.withdraw_proposal(&p)), "decided-already");
    assert_eq!(
        refused(ada.change_two_person(TwoPerson::Single)),
        "bad-state"
    );
    // There is another who may approve, so one is not enough, whatever the mode.
    let back = ada.change_two_person(TwoPerson::Required).unwrap();
    assert_eq!(back.state, ProposalState::Waiting);
    assert_eq!(denied(ada.approve(&id(&back))), "own-proposal");
}

#[test]
fn others_see_nothing_of_it_that_is_not_theirs() {
    let centre = Centre::new();
    let mut ada = centre.desk("ada");
    enrol(&mut ada, "anna", Role::Assessor, None);
    let p = id(&ada.change_two_person(TwoPerson::Single).unwrap());
    for who in ["sam", "vera", "dbs"] {
        let mut desk = centre.desk(who);
        assert_eq!(desk.proposals().unwrap(), []);
        assert_eq!(denied(desk.proposal(&p)), "no-rule", "{who}");
        denied(desk.approve(&p));
        denied(desk.withdraw_proposal(&p));
    }
    // For an outsider there is none.
    let mut anna = centre.desk("anna");
    denied(anna.proposals());
    unknown(anna.proposal(&p));
    for who in ["cora", "saf", "dpl", "tess"] {
        assert_eq!(centre.desk(who).proposals().unwrap().len(), 1, "{who}");
    }
    unknown(ada.proposal("p_aaaaaaaaaaaaaaaaaaaaaaaaaa"));
    unknown(ada.approve("nonsense"));
}

#[test]
fn refusing_needs_a_reason_and_withdrawing_is_the_proposer_s() {
    let centre = Centre::new();
    let (mut ada, mut tess) = (centre.desk("ada"), centre.desk("tess"));
    let p = id(&ada.change_two_person(TwoPerson::Single).unwrap());
    assert_eq!(denied(tess.withdraw_proposal(&p)), "no-rule");
    assert_eq!(denied(tess.refuse_proposal(&p, " ")), "unexplained-refusal");
    // Saying no needs no passphrase of one's own.
    let no = tess.refuse_proposal(&p, "we are two").unwrap();
    assert_eq!(no.state, ProposalState::Refused);
    assert_eq!(no.refusal.as_deref(), Some("we are two"));
    let p = id(&ada.change_two_person(TwoPerson::Single).unwrap());
    let back = ada.withdraw_proposal(&p).unwrap();
    assert_eq!(back.state, ProposalState::Withdrawn);
    assert_eq!(refused(tess.refuse_proposal(&p, "no")), "decided-already");
    let events: Vec<_> = centre.desk("dpl").audit(None, None, None).unwrap();
    let said = |event: &str, outcome: &str| {
        let mut found = events.iter();
        found.any(|line| line.event == event && line.outcome == outcome)
    };
    assert!(said("approve", "denied") && said("end", "ok") && said("propose", "ok"));
}

#[test]
fn nobody_s_word_in_time_is_an_end_with_nobody_signed_in() {
    let centre = Centre::new();
    let mut ada = centre.desk("ada");
    let p = id(&ada.change_two_person(TwoPerson::Single).unwrap());
    drop(ada);
    later(&centre.keeper, 13);
    assert_eq!(
        centre.desk("tess").proposal(&p).unwrap().state,
        ProposalState::Waiting
    );
    later(&centre.keeper, 2);
    let mut dpl = centre.desk("dpl");
    let entries = dpl.audit(None, None, None).unwrap();
    let end = entries.iter().find(|line| line.event == "end").unwrap();
    assert_eq!((end.outcome.as_str(), &end.actor), ("expired", &None));
    assert_eq!(dpl.proposal(&p).unwrap().state, ProposalState::Expired);
    let mut cora = claimed(&centre.keeper, "cora");
    assert_eq!(refused(cora.approve(&p)), "decided-already");
}

#[test]
fn one_is_enough_where_there_is_no_other_and_is_marked() {
    let (_dir, keeper) = alone();
    let mut ada = sign_in(&keeper, "ada");
    enrol(&mut ada, "sam", Role::Staff, None);
    let done = ada.change_two_person(TwoPerson::Required).unwrap();
    assert_eq!(done.state, ProposalState::Approved);
    assert!(done.single, "it is marked");
    assert_eq!(done.decided_by.as_deref(), Some("ada"));
    // And now two are needed, of whom there is one.
    let waits = ada.change_two_person(TwoPerson::Single).unwrap();
    assert_eq!(waits.state, ProposalState::Waiting);
    assert_eq!(denied(ada.approve(&id(&waits))), "own-proposal");
}

/// Each step by which ada might get rid of the only other person, and then go on alone.
#[test]
fn the_only_other_person_cannot_be_got_round() {
    let (_dir, keeper) = alone();
    let mut ada = sign_in(&keeper, "ada");
    enrol(&mut ada, "tess", Role::Trustee, None);
    let waits = |ada: &mut Desk<'_>, why: &str| {
        let proposal = ada.change_two_person(TwoPerson::Required).unwrap();
        assert_eq!(proposal.state, ProposalState::Waiting, "{why}");
        assert_eq!(denied(ada.approve(&id(&proposal))), "own-proposal", "{why}");
        proposal
    };
    waits(&mut ada, "tess has not set a passphrase of her own");
    ada.suspend_user("tess").unwrap();
    let old = waits(&mut ada, "tess was suspended a moment ago");
    later(&keeper, 10);
    ada.resume_user("tess").unwrap();
    ada.suspend_user("tess").unwrap();
    later(&keeper, 80);
    waits(&mut ada, "the 90 days count from the last suspension");
    later(&keeper, 11);
    let done = ada.change_two_person(TwoPerson::Required).unwrap();
    assert_eq!(done.state, ProposalState::Approved);
    assert!(done.single);
    // What waited meanwhile has lapsed, and is not approved after all.
    assert_eq!(denied(ada.approve(&id(&old))), "own-proposal");
    assert_eq!(
        ada.proposal(&id(&old)).unwrap().state,
        ProposalState::Expired
    );
}

/// Two people decide in the same moment: it is decided once.
#[test]
fn two_yeses_at_once_are_one() {
    let centre = Centre::new();
    let p = id(&centre
        .desk("ada")
        .change_two_person(TwoPerson::Single)
        .unwrap());
    let desks = ["cora", "tess", "saf", "dpl"].map(|who| claimed(&centre.keeper, who));
    let start = std::sync::Barrier::new(desks.len());
    let results: Vec<_> = std::thread::scope(|scope| {
        let threads = desks.map(|mut desk| {
            let (p, start) = (p.clone(), &start);
            scope.spawn(move || {
                start.wait();
                desk.approve(&p).map(drop)
            })
        });
        threads.map(|thread| thread.join().unwrap()).into()
    });
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    for result in results.into_iter().filter(Result::is_err) {
        assert_eq!(refused(result), "decided-already");
    }
}
