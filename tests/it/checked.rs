//! Looking over what somebody else filed: who may, what it takes, and what becomes of what is returned.

use strongroom::desk::Check;
use strongroom::desk::Desk;
use strongroom::keeper::facts::GrantState;
use strongroom::keeper::facts::RecordState;

use crate::centre_kit::Centre;
use crate::centre_kit::denied;
use crate::centre_kit::filing;
use crate::centre_kit::form;
use crate::centre_kit::refused;
use crate::centre_kit::unknown;
use crate::two_person::claimed;

/// Words no ordinary text holds: right to left, combining, zero-width, and a great many.
const HOSTILE: &str = "\u{202e}the end\u{202c} is miss\u{0301}ing\u{200b}: \u{0ba8}\u{0bbf} ليلى";

fn check(desk: &mut Desk<'_>, record: &str) -> Check {
    desk.record(record, None, None, 80).unwrap().check.unwrap()
}

fn listed(desk: &mut Desk<'_>, record: &str) -> (RecordState, Option<&'static str>) {
    let (lines, _) = desk.records(None, 0).unwrap();
    let mut lines = lines.into_iter();
    let line = lines.find(|line| line.id.to_string() == record).unwrap();
    (line.state, line.check.map(|check| check.state))
}

#[test]
fn a_report_is_checked_by_somebody_who_did_not_write_it() {
    let centre = Centre::new();
    let mut sam = claimed(&centre.keeper, "sam");
    assert_eq!(check(&mut sam, &centre.report).state, "waiting");
    assert_eq!(denied(sam.check(&centre.report)), "own-report");
    // Who has no passphrase of her own, who does not read it, and what is checked by nobody.
    assert_eq!(
        denied(centre.desk("cora").check(&centre.report)),
        "unclaimed-checker"
    );
    assert_eq!(
        denied(claimed(&centre.keeper, "vera").check(&centre.report)),
        "no-rule"
    );
    let mut cora = claimed(&centre.keeper, "cora");
    assert_eq!(
        refused(centre.desk("ada").check(&centre.check)),
        "not-checked-here"
    );
    unknown(centre.desk("ada").check(&centre.complaint));
    unknown(centre.desk("ada").check("r_aaaaaaaaaaaaaaaaaaaaaaaaaa"));
    cora.check(&centre.report).unwrap();
    let seen = check(&mut sam, &centre.report);
    assert_eq!((seen.state, seen.by.as_deref()), ("checked", Some("cora")));
    assert!(seen.at.is_some() && seen.note.is_none());
    assert_eq!(
        listed(&mut sam, &centre.report),
        (RecordState::Checked, Some("checked"))
    );
    assert_eq!(refused(cora.check(&centre.report)), "bad-state");
    // What is corrected is looked over again, and not by who corrected it.
    cora.amend(&centre.report, &form("contact-report"), "the venue")
        .unwrap();
    assert_eq!(
        listed(&mut sam, &centre.report),
        (RecordState::Filed, Some("waiting"))
    );
    assert_eq!(refused(cora.check(&centre.report)), "own-report");
    centre.desk("ada").check(&centre.report).unwrap();
    let events = sam.history(&centre.report).unwrap();
    let checks = events
        .iter()
        .filter(|line| line.event == "check" && line.outcome == "ok");
    assert_eq!(
        checks.map(|line| line.version).collect::<Vec<_>>(),
        [Some(1), Some(2)]
    );
}

#[test]
fn a_returned_report_is_its_author_s_to_see_and_correct_until_it_is_corrected() {
    let centre = Centre::new();
    let mut vera = centre.desk("vera");
    let report = filing("contact-report", Some(&centre.supervised));
    let report = vera.file(&report).unwrap().id.to_string();
    let purpose = Some("to correct it");
    denied(vera.record(&report, None, purpose, 80));
    denied(vera.amend(&report, &form("contact-report"), "the end time"));
    // A volunteer reads none by herself: it takes somebody who may give her this one.
    let mut saf = claimed(&centre.keeper, "saf");
    assert_eq!(
        refused(saf.return_record(&report, "the end time")),
        "needs-coordinator"
    );
    let mut ada = centre.desk("ada");
    assert_eq!(refused(ada.return_record(&report, "  ")), "reason");
    assert_eq!(
        refused(ada.return_record(&report, &"a".repeat(4001))),
        "reason"
    );
    ada.return_record(&report, HOSTILE).unwrap();
    assert_eq!(
        refused(ada.return_record(&report, "once more")),
        "bad-state"
    );
    assert_eq!(refused(ada.check(&report)), "bad-state");
    // She sees it and what is wrong with it; nobody else is told that.
    let shown = check(&mut vera, &report);
    assert_eq!(
        (shown.state, shown.note.as_deref()),
        ("returned", Some(HOSTILE))
    );
    assert_eq!(check(&mut ada, &report).note, None);
    assert_eq!(
        listed(&mut vera, &report),
        (RecordState::Returned, Some("returned"))
    );
    denied(vera.record(&centre.report, None, purpose, 80));
    denied(vera.export(&report, &[], purpose, &mut Vec::new()));
    vera.amend(&report, &form("contact-report"), "the end time")
        .unwrap();
    denied(vera.record(&report, None, purpose, 80));
    denied(vera.amend(&report, &form("contact-report"), "again"));
    assert_eq!(
        listed(&mut ada, &report),
        (RecordState::Filed, Some("waiting"))
    );
    let grants = ada.grants().unwrap();
    assert_eq!(
        grants.iter().map(|one| one.state).collect::<Vec<_>>(),
        [GrantState::Ended]
    );
    assert_eq!(ada.proposals().unwrap(), []);
    ada.check(&report).unwrap();
    let differences = centre.desk("dpl").check_access().unwrap().differences;
    assert!(differences.is_empty(), "{differences:?}");
}

#[test]
fn an_author_who_reads_reports_is_given_nothing_more() {
    let centre = Centre::new();
    let mut saf = claimed(&centre.keeper, "saf");
    saf.return_record(&centre.report, "the end time").unwrap();
    let mut sam = centre.desk("sam");
    assert_eq!(
        check(&mut sam, &centre.report).note.as_deref(),
        Some("the end time")
    );
    assert_eq!(centre.desk("ada").grants().unwrap(), []);
    // Keys of her own make an older note unreadable, and the report stays readable.
    let mut sam = claimed(&centre.keeper, "sam");
    let note = check(&mut sam, &centre.report).note.unwrap();
    assert!(note.contains("keys you had before"), "{note}");
    sam.amend(&centre.report, &form("contact-report"), "the end time")
        .unwrap();
    assert_eq!(check(&mut sam, &centre.report).state, "waiting");
}

#[test]
fn what_nobody_else_has_checked_is_said_when_it_is_taken_out() {
    let centre = Centre::new();
    let mut cora = claimed(&centre.keeper, "cora");
    let warned = |desk: &mut Desk<'_>| {
        desk.export(&centre.report, &[], None, &mut Vec::new())
            .unwrap()
            .warning
    };
    assert!(warned(&mut cora).unwrap().contains("record check"));
    cora.check(&centre.report).unwrap();
    assert_eq!(warned(&mut cora), None);
}
