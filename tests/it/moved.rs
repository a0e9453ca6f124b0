//! Moving a record that was filed in the wrong case: who may, what it takes, who has it then and who no more.

use strongroom::desk::Desk;
use strongroom::desk::DeskError;
use strongroom::keeper::facts::ProposalState;
use strongroom::keeper::facts::Service;

use crate::centre_kit::Centre;
use crate::centre_kit::denied;
use crate::centre_kit::form;
use crate::centre_kit::refused;
use crate::centre_kit::unknown;
use crate::grants::access;
use crate::grants::given;
use crate::grants::with_six;
use crate::two_person::claimed;
use crate::two_person::later;

const WHY: &str = "filed under the wrong family \u{202e}x\u{202c} e\u{0301}\u{200b}";

/// The centre, and a second supervised case with otto on its team.
fn two_cases() -> (Centre, String) {
    let centre = Centre::new();
    let mut ada = centre.desk("ada");
    let other = ada
        .open_case("Invented, the others", Service::Supervised)
        .unwrap();
    let other = other.id.to_string();
    ada.add_to_team(&other, "otto").unwrap();
    drop(ada);
    (centre, other)
}

fn read(desk: &mut Desk<'_>, record: &str) -> Result<Option<String>, DeskError> {
    let shown = desk.record(record, None, Some("to see who may"), 80)?;
    Ok(shown.case.map(|case| case.to_string()))
}

fn proposed(desk: &mut Desk<'_>, record: &str, case: &str) -> String {
    let proposal = desk.move_record(record, case, WHY).unwrap();
    assert_eq!(
        (proposal.act, proposal.state),
        ("move-record", ProposalState::Waiting)
    );
    proposal.id.to_string()
}

#[test]
fn a_misfiled_record_goes_to_the_other_case_s_people_when_two_say_so() {
    let (centre, other) = two_cases();
    let report = centre.report.as_str();
    let (mut ada, mut sam, mut otto) =
        (centre.desk("ada"), centre.desk("sam"), centre.desk("otto"));
    let mut dpl = claimed(&centre.keeper, "dpl");
    let proposal = proposed(&mut ada, report, &other);
    // Nothing has changed, and the proposer is not the second person.
    assert_eq!(
        read(&mut sam, report).unwrap().as_deref(),
        Some(centre.supervised.as_str())
    );
    denied(read(&mut otto, report));
    assert_eq!(denied(ada.approve(&proposal)), "own-proposal");
    assert_eq!(
        dpl.approve(&proposal).unwrap().state,
        ProposalState::Approved
    );
    assert_eq!(
        read(&mut otto, report).unwrap().as_deref(),
        Some(other.as_str())
    );
    denied(read(&mut sam, report));
    assert!(
        ada.records(Some(&centre.supervised), 0)
            .unwrap()
            .0
            .is_empty()
    );
    assert_eq!(ada.records(Some(&other), 0).unwrap().0.len(), 1);
    let history = ada.history(report).unwrap();
    assert!(
        history
            .iter()
            .any(|line| line.event == "move" && line.outcome == "ok")
    );
    // It goes on as any record of its new case: corrected, checked, and later without what it was sealed to before.
    otto.amend(report, &form("contact-report"), "the venue")
        .unwrap();
    ada.check(report).unwrap();
    later(&centre.keeper, 15);
    drop((ada, sam, otto, dpl));
    for who in ["ada", "otto"] {
        let mut desk = centre.desk(who);
        assert_eq!(
            read(&mut desk, report).unwrap().as_deref(),
            Some(other.as_str()),
            "{who}"
        );
    }
    denied(read(&mut centre.desk("sam"), report));
    let checked = centre.desk("tess").check_access().unwrap();
    assert!(checked.differences.is_empty(), "{:?}", checked.differences);
}

#[test]
fn it_may_come_back_and_every_version_stays_readable() {
    let (centre, other) = two_cases();
    let mut ada = centre.desk("ada");
    let mut dpl = claimed(&centre.keeper, "dpl");
    for case in [&other, &centre.supervised, &other] {
        let proposal = proposed(&mut ada, &centre.report, case);
        dpl.approve(&proposal).unwrap();
        ada.amend(&centre.report, &form("contact-report"), "again")
            .unwrap();
        assert_eq!(read(&mut ada, &centre.report).unwrap().as_ref(), Some(case));
    }
    for version in 1..=4 {
        ada.record(&centre.report, Some(version), None, 80).unwrap();
    }
}

#[test]
fn what_cannot_be_moved_is_refused_and_changes_nothing() {
    let (centre, other) = two_cases();
    let report = centre.report.as_str();
    let mut ada = centre.desk("ada");
    assert_eq!(refused(ada.move_record(report, &other, " ")), "reason");
    assert_eq!(
        refused(ada.move_record(report, &centre.supported, WHY)),
        "kind-not-for-case"
    );
    assert_eq!(
        refused(ada.move_record(report, &centre.supervised, WHY)),
        "bad-state"
    );
    unknown(ada.move_record(report, "c_aaaaaaaaaaaaaaaaaaaaaaaaaa", WHY));
    unknown(ada.move_record("r_aaaaaaaaaaaaaaaaaaaaaaaaaa", &other, WHY));
    unknown(ada.move_record(&centre.complaint, &other, WHY));
    assert_eq!(
        denied(centre.desk("sam").move_record(report, &other, WHY)),
        "not-a-guardian"
    );
    denied(centre.desk("vera").move_record(report, &other, WHY));
    let closed = ada
        .open_case("Invented, over", Service::Supervised)
        .unwrap()
        .id
        .to_string();
    ada.close_case(&closed).unwrap();
    assert_eq!(
        refused(ada.move_record(report, &closed, WHY)),
        "case-closed"
    );
    assert!(ada.proposals().unwrap().is_empty());
    assert!(read(&mut centre.desk("sam"), report).is_ok());
}

#[test]
fn a_no_ends_what_waited_and_what_has_changed_meanwhile_is_proposed_again() {
    let (centre, other) = two_cases();
    let report = centre.report.as_str();
    let (mut ada, mut sam) = (centre.desk("ada"), centre.desk("sam"));
    let mut dpl = claimed(&centre.keeper, "dpl");
    let proposal = proposed(&mut ada, report, &other);
    dpl.refuse_proposal(&proposal, "it is right where it is")
        .unwrap();
    assert_eq!(refused(dpl.approve(&proposal)), "decided-already");
    let proposal = proposed(&mut ada, report, &other);
    sam.amend(report, &form("contact-report"), "the venue")
        .unwrap();
    assert_eq!(refused(dpl.approve(&proposal)), "bad-state");
    assert!(read(&mut sam, report).is_ok());
    ada.withdraw_proposal(&proposal).unwrap();
    // Somebody joins the other case's team after it was proposed: they would be forgotten.
    let proposal = proposed(&mut ada, report, &other);
    ada.add_to_team(&other, "sam").unwrap();
    assert_eq!(refused(dpl.approve(&proposal)), "bad-state");
    ada.withdraw_proposal(&proposal).unwrap();
    let proposal = proposed(&mut ada, report, &other);
    dpl.approve(&proposal).unwrap();
    assert_eq!(
        read(&mut sam, report).unwrap().as_deref(),
        Some(other.as_str())
    );
}

/// An outsider is told of signers alone, and of all whose word she needs.
#[test]
fn an_outsider_believes_who_looked_it_over_and_who_moved_it() {
    let (centre, six) = with_six();
    let report = six[0].as_str();
    let mut ada = centre.desk("ada");
    let other = ada
        .open_case("Invented, the others", Service::Supervised)
        .unwrap()
        .id
        .to_string();
    claimed(&centre.keeper, "sam").check(report).unwrap();
    let proposal = proposed(&mut ada, report, &other);
    claimed(&centre.keeper, "dpl").approve(&proposal).unwrap();
    drop(ada);
    let anna = |record: &str| {
        let new = access(&centre.keeper, None, &[record.to_owned()], 2);
        given(&centre, &new);
        centre.desk("anna").record(record, None, None, 80).unwrap()
    };
    let shown = anna(report);
    assert_eq!(shown.case.map(|case| case.to_string()), Some(other));
    assert_eq!(shown.check.unwrap().by.as_deref(), Some("sam"));
    assert_eq!(anna(&six[1]).check.unwrap().state, "waiting");
    let (lines, _) = centre.desk("anna").records(None, 0).unwrap();
    assert_eq!(lines.len(), 2);
}
