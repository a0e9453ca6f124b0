//! What is due, for whom and by when; and that nobody is told of what is hidden from them.

use serde_json::Value;
use strongroom::desk::Desk;
use strongroom::desk::Filing;
use strongroom::keeper::message::due::Due;
use strongroom::records::words::Nation;

use crate::centre_kit::Centre;
use crate::centre_kit::filing;
use crate::centre_kit::form;
use crate::two_person::claimed;

/// A complaint that reached the centre on Christmas Eve and was not acknowledged.
fn complaint(about: &[&str]) -> Filing {
    let mut filing = filing("complaint", None);
    let form = filing.form.as_object_mut().unwrap();
    for field in [
        "acknowledged",
        "outcome",
        "resolved",
        "closed",
        "handler",
        "notes",
    ] {
        form.remove(field);
    }
    form.insert("received".to_owned(), "2024-12-24".into());
    filing.about = about.iter().map(|&who| who.to_owned()).collect();
    filing
}

fn due(desk: &mut Desk<'_>, what: &str) -> Vec<Due> {
    let mut all = desk.due(Nation::EnglandAndWales).unwrap();
    assert!(all.is_sorted_by_key(|one| one.due.clone()), "{all:?}");
    all.retain(|one| one.what == what);
    all
}

#[test]
fn a_complaint_is_due_for_those_who_answer_it_until_it_is_acknowledged() {
    let centre = Centre::new();
    let mut ada = centre.desk("ada");
    let filed = ada.file(&complaint(&["cora"])).unwrap().id;
    let found = due(&mut ada, "acknowledge");
    let [one] = found.as_slice() else {
        panic!("{found:?}");
    };
    // 25 and 26 December and 1 January are kept everywhere, 2 January in Scotland alone.
    assert_eq!(
        (one.due.as_str(), one.overdue, one.record),
        ("2025-01-03", true, Some(filed))
    );
    let scots = ada.due(Nation::Scotland).unwrap();
    let scots = scots.iter().find(|one| one.what == "acknowledge").unwrap();
    assert_eq!(scots.due, "2025-01-06");
    // Not for whom it is about, though she is a coordinator; nor for those who read it and do not answer it.
    for who in ["cora", "tess", "sam", "vera", "dbs"] {
        assert_eq!(due(&mut centre.desk(who), "acknowledge"), [], "{who}");
    }
    let mut answered = complaint(&[]).form;
    answered["acknowledged"] = Value::from("2024-12-30");
    ada.amend(&filed.to_string(), &answered, "acknowledged")
        .unwrap();
    assert_eq!(due(&mut ada, "acknowledge"), []);
}

#[test]
fn reports_wait_for_others_and_what_is_returned_for_its_author() {
    let centre = Centre::new();
    let report = centre.report.as_str();
    let id = |all: &[Due]| {
        all.iter()
            .map(|one| one.record.unwrap().to_string())
            .collect::<Vec<_>>()
    };
    let mut ada = centre.desk("ada");
    assert_eq!(id(&due(&mut ada, "check")), [report]);
    assert!(!due(&mut ada, "check")[0].overdue);
    let mut sam = claimed(&centre.keeper, "sam");
    assert_eq!(due(&mut sam, "check"), []);
    assert_eq!(due(&mut centre.desk("vera"), "check"), []);
    ada.return_record(report, "the end time").unwrap();
    assert_eq!(due(&mut ada, "check"), []);
    assert_eq!(due(&mut ada, "correct"), []);
    assert_eq!(id(&due(&mut sam, "correct")), [report]);
    sam.amend(report, &form("contact-report"), "the end time")
        .unwrap();
    assert_eq!(due(&mut sam, "correct"), []);
    ada.check(report).unwrap();
    assert_eq!(due(&mut ada, "check"), []);
}

#[test]
fn proposals_emergencies_and_the_vault_s_own_safety_are_due_for_whom_they_are() {
    let centre = Centre::new();
    let mut ada = centre.desk("ada");
    let case = ada.open_case(
        "Invented, Mondays",
        strongroom::keeper::facts::Service::Supervised,
    );
    let case = case.unwrap().id.to_string();
    let proposal = ada.move_record(&centre.report, &case, "misfiled").unwrap();
    let mut dpl = claimed(&centre.keeper, "dpl");
    assert_eq!(due(&mut dpl, "decide")[0].proposal, Some(proposal.id));
    assert_eq!(due(&mut ada, "decide"), []);
    assert_eq!(due(&mut centre.desk("sam"), "decide"), []);
    centre
        .desk("saf")
        .break_glass(&centre.report, "a child is at risk", 80)
        .unwrap();
    // Whoever may review it, and that is no coordinator.
    assert_eq!(due(&mut ada, "review"), []);
    let review = due(&mut dpl, "review");
    assert_eq!(
        review[0].record.map(|id| id.to_string()).as_deref(),
        Some(centre.report.as_str())
    );
    assert_eq!(due(&mut centre.desk("vera"), "review"), []);
    for what in ["backup", "rehearse-backup"] {
        assert_eq!(due(&mut ada, what).len(), 1, "{what}");
        assert_eq!(due(&mut dpl, what), [], "{what}");
    }
    // The same thing has the same name in a calendar, and another thing another.
    let all = ada.due(Nation::EnglandAndWales).unwrap();
    let names: std::collections::BTreeSet<String> =
        all.iter().map(|one| ada.due_name(one)).collect();
    assert_eq!(names.len(), all.len());
}

#[test]
fn a_clock_the_kind_does_not_have_is_not_taken() {
    // What is typed into a form starts no clock but the kind's: the facts come from the form alone.
    let kind = strongroom::records::Kinds::builtin()
        .find("contact-report")
        .unwrap();
    let checked = kind.check(&form("contact-report")).unwrap();
    assert!(kind.facts(&checked, None).clocks.is_empty());
}
