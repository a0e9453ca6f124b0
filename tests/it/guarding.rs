//! Changing whom a record is open to: who is excluded meets nothing, who is left reads as before, and keys
//! and policy agree all the way.

use std::collections::BTreeSet;

use strongroom::desk::Desk;
use strongroom::desk::DeskError;
use strongroom::ids::RecordId;
use strongroom::keeper::facts::Role;

use crate::centre_kit::Centre;
use crate::centre_kit::attach;
use crate::centre_kit::denied;
use crate::centre_kit::enrol;
use crate::centre_kit::filing;
use crate::centre_kit::form;
use crate::centre_kit::refused;
use crate::centre_kit::unknown;

fn reads(centre: &Centre, who: &str, record: &str) -> bool {
    let purpose = Some("to see");
    centre.desk(who).record(record, None, purpose, 80).is_ok()
}

/// What somebody is told who asks for a record in every way there is.
fn told(desk: &mut Desk<'_>, record: &str) -> Vec<String> {
    let mut said = Vec::new();
    let mut add = |result: Result<(), DeskError>| said.push(format!("{:?}", result.err()));
    add(desk.record(record, None, Some("x"), 80).map(drop));
    add(desk.record(record, Some(1), None, 80).map(drop));
    let out = &mut Vec::new();
    add(desk.attachment(record, "notes.txt", None, out).map(drop));
    add(desk.history(record).map(drop));
    add(desk.audit(Some(record), None, None).map(drop));
    add(desk.export(record, &[], None, out).map(drop));
    add(desk.amend(record, &form("contact-report"), "x").map(drop));
    add(desk.exclude(record, "vera"));
    add(desk.restrict(record, &BTreeSet::from([Role::Staff])));
    add(desk.name_deciders(record, &["dbs".to_owned()]));
    add(desk.name_handler(record, "dbs"));
    add(desk.who_may_read(record).map(drop));
    said
}

/// No difference between keys and policy, as the data protection lead sees it.
fn agree(centre: &Centre) {
    let checked = centre.desk("dpl").check_access().unwrap();
    assert_eq!(checked.differences, []);
    assert!(checked.tried > 0);
}

#[test]
fn for_whom_is_excluded_it_was_never_there() {
    let centre = Centre::new();
    agree(&centre);
    let mut sam = centre.desk("sam");
    assert!(sam.record(&centre.report, None, None, 80).is_ok());
    let mut ada = centre.desk("ada");
    ada.exclude(&centre.report, "sam").unwrap();
    // The open desk and a new one.
    let nowhere = RecordId::random().to_string();
    let hidden = told(&mut sam, &centre.report);
    assert!(
        hidden.iter().all(|said| said.contains("Unknown")),
        "{hidden:?}"
    );
    assert_eq!(hidden, told(&mut sam, &nowhere));
    let mut again = centre.desk("sam");
    assert_eq!(told(&mut again, &centre.report), hidden);
    assert_eq!(again.records(None, 0).unwrap().0, []);
    // Everybody else reads it as before, its attachment too, and corrects it.
    for who in ["ada", "cora", "saf", "dpl"] {
        assert!(reads(&centre, who, &centre.report), "{who}");
    }
    let mut cora = centre.desk("cora");
    cora.amend(&centre.report, &form("contact-report"), "again")
        .unwrap();
    let mut notes = Vec::new();
    cora.attachment(&centre.report, "notes.txt", None, &mut notes)
        .unwrap();
    assert_eq!(notes, b"a few invented notes");
    agree(&centre);
    // What he files from now on he reads, and the rest of the case.
    let new = again
        .file(&filing("contact-report", Some(&centre.supervised)))
        .unwrap()
        .id;
    assert!(reads(&centre, "sam", &new.to_string()));
    assert_eq!(refused(ada.exclude(&centre.report, "sam")), "bad-state");
    unknown(centre.desk("otto").exclude(&centre.complaint, "vera"));
    denied(centre.desk("vera").exclude(&new.to_string(), "sam"));
}

#[test]
fn the_line_of_whom_is_excluded_is_excluded_with_them() {
    let centre = Centre::new();
    // Sam reports to ada.
    let mut cora = centre.desk("cora");
    cora.exclude(&centre.report, "ada").unwrap();
    for who in ["ada", "sam"] {
        unknown(centre.desk(who).record(&centre.report, None, None, 80));
    }
    // Ada is a coordinator: cora reads in person now, and a new coordinator by an errand.
    assert!(reads(&centre, "cora", &centre.report));
    enrol(&mut centre.desk("ada"), "cleo", Role::Coordinator, None);
    drop(centre.desk("cora"));
    assert!(reads(&centre, "cleo", &centre.report));
    agree(&centre);
}

#[test]
fn a_restricted_record_is_for_its_roles_alone() {
    let centre = Centre::new();
    let roles = BTreeSet::from([Role::SafeguardingLead, Role::DataProtectionLead]);
    let mut ada = centre.desk("ada");
    ada.restrict(&centre.report, &roles).unwrap();
    assert_eq!(
        denied(ada.record(&centre.report, None, None, 80)),
        "only-roles"
    );
    assert_eq!(
        denied(centre.desk("sam").record(&centre.report, None, None, 80)),
        "only-roles"
    );
    // She made its key and is no member: theirs is another once one of them has signed in.
    for who in ["saf", "dpl"] {
        assert!(reads(&centre, who, &centre.report), "{who}");
    }
    agree(&centre);
    // Widened again by one of those who are left.
    let wider = BTreeSet::from([
        Role::SafeguardingLead,
        Role::DataProtectionLead,
        Role::Coordinator,
    ]);
    centre.desk("saf").restrict(&centre.report, &wider).unwrap();
    assert!(reads(&centre, "cora", &centre.report));
    assert!(!reads(&centre, "sam", &centre.report));
    agree(&centre);
    let nobody = centre
        .desk("saf")
        .restrict(&centre.report, &BTreeSet::from([Role::Volunteer]));
    assert_eq!(refused(nobody), "bad-guard");
    assert!(
        reads(&centre, "saf", &centre.report),
        "and nothing was changed"
    );
}

#[test]
fn deciders_are_those_who_were_named_last() {
    let centre = Centre::new();
    let mut dbs = centre.desk("dbs");
    let two = ["tess".to_owned(), "dbs".to_owned()];
    dbs.name_deciders(&centre.certificate, &two).unwrap();
    assert!(reads(&centre, "tess", &centre.certificate));
    assert!(reads(&centre, "dbs", &centre.certificate));
    centre
        .desk("tess")
        .name_deciders(&centre.certificate, &["tess".to_owned()])
        .unwrap();
    assert!(reads(&centre, "tess", &centre.certificate));
    unknown(
        centre
            .desk("dbs")
            .record(&centre.certificate, None, Some("x"), 80),
    );
    agree(&centre);
    let mut tess = centre.desk("tess");
    assert_eq!(
        refused(tess.name_deciders(&centre.certificate, &["nobody".to_owned()])),
        "no-such-user"
    );
    let mut cora = centre.desk("cora");
    assert_eq!(
        refused(cora.name_deciders(&centre.report, &["tess".to_owned()])),
        "bad-guard"
    );
}

/// A complaint goes to somebody else; whoever handled it before has it no more, and nobody handles what is about them.
#[test]
fn who_handles_a_complaint_can_change() {
    let centre = Centre::new();
    let mut complaint = filing("complaint", None);
    complaint.form["handler"] = "saf".into();
    complaint.about = vec!["sam".to_owned()];
    let mut cora = centre.desk("cora");
    let record = cora.file(&complaint).unwrap().id.to_string();
    assert!(reads(&centre, "saf", &record) && !reads(&centre, "dbs", &record));
    cora.name_handler(&record, "dbs").unwrap();
    assert!(reads(&centre, "dbs", &record));
    assert!(!reads(&centre, "saf", &record));
    agree(&centre);
    assert_eq!(refused(cora.name_handler(&record, "dbs")), "bad-state");
    assert_eq!(refused(cora.name_handler(&record, "sam")), "bad-guard");
    assert_eq!(
        refused(cora.name_handler(&centre.report, "dbs")),
        "bad-guard"
    );
    // The form cannot say otherwise by itself, and may say the same.
    assert_eq!(
        refused(cora.amend(&record, &complaint.form, "name")),
        "other-handler"
    );
    complaint.form["handler"] = "dbs".into();
    cora.amend(&record, &complaint.form, "name").unwrap();
    // Nor is it filed so.
    complaint.form["handler"] = "sam".into();
    assert_eq!(refused(cora.file(&complaint)), "not-impartial");
}

#[test]
fn guarding_twice_keeps_and_ends_what_was_before() {
    let centre = Centre::new();
    let mut sam = centre.desk("sam");
    let mut report = filing("contact-report", Some(&centre.supervised));
    report.attachments = vec![attach("more.txt", b"some more notes")];
    let id = sam.file(&report).unwrap().id.to_string();
    sam.amend(&id, &form("contact-report"), "again").unwrap();
    centre.desk("ada").exclude(&id, "saf").unwrap();
    centre.desk("cora").exclude(&id, "dpl").unwrap();
    for who in ["saf", "dpl"] {
        unknown(centre.desk(who).record(&id, None, None, 80));
    }
    for _ in 0..2 {
        for who in ["sam", "ada", "cora"] {
            let mut desk = centre.desk(who);
            for version in [1, 2] {
                assert!(desk.record(&id, Some(version), None, 80).is_ok(), "{who}");
            }
            let mut notes = Vec::new();
            desk.attachment(&id, "more.txt", None, &mut notes).unwrap();
            assert_eq!(notes, b"some more notes");
        }
    }
    agree(&centre);
    let lines = centre.desk("tess").check_access().unwrap();
    assert_eq!(lines.differences, []);
}

#[test]
fn who_and_of_say_by_which_rule() {
    let centre = Centre::new();
    let mut ada = centre.desk("ada");
    let who = ada.who_may_read(&centre.report).unwrap();
    let names: BTreeSet<&str> = who.iter().map(|line| line.user.as_str()).collect();
    assert_eq!(names, BTreeSet::from(["ada", "cora", "sam", "saf", "dpl"]));
    assert!(
        who.iter()
            .all(|line| line.keys && line.policy && line.says.contains(' '))
    );
    let of = ada.access_of("sam").unwrap();
    assert_eq!(of.len(), 1);
    // A complaint about ada is in no list of hers, whomever it is about.
    let complaint =
        |line: &strongroom::desk::AccessLine| line.record.to_string() == centre.complaint;
    assert!(!ada.access_of("cora").unwrap().iter().any(complaint));
    assert!(
        centre
            .desk("cora")
            .access_of("cora")
            .unwrap()
            .iter()
            .any(complaint)
    );
    denied(centre.desk("sam").access_of("sam"));
    denied(centre.desk("ada").check_access());
}

#[test]
fn what_waits_is_told_to_those_who_may_know() {
    let centre = Centre::new();
    let mut ada = centre.desk("ada");
    assert_eq!(ada.waiting().unwrap(), []);
    ada.remove_from_team(&centre.supervised, "sam").unwrap();
    let waiting = ada.waiting().unwrap();
    assert_eq!(waiting.len(), 1);
    assert!(waiting[0].since.is_some() && waiting[0].yours);
    assert_eq!(waiting[0].whom, ["sam"]);
    assert!(
        ada.case(&centre.supervised)
            .unwrap()
            .rekey_pending
            .is_some()
    );
    assert!(ada.shown_user("sam").unwrap().rekey_pending.is_some());
    assert!(
        centre
            .desk("tess")
            .shown_user("sam")
            .unwrap()
            .rekey_pending
            .is_none()
    );
    // Who is not told sees what is theirs alone.
    assert_eq!(centre.desk("otto").waiting().unwrap(), []);
    enrol(&mut ada, "tim", Role::Trustee, None);
    let of_tim = centre.desk("tim").waiting().unwrap();
    assert!(!of_tim.is_empty() && of_tim.iter().all(|one| one.yours));
    // A complaint about ada that waits for a new key is not among what she is told.
    let mut complaint = filing("complaint", None);
    complaint.about = vec!["ada".to_owned()];
    centre.desk("vera").file(&complaint).unwrap();
    let on_record = |one: &strongroom::keeper::message::access::Waiting| {
        matches!(
            one.on,
            strongroom::keeper::message::access::On::Record { .. }
        )
    };
    assert!(!centre.desk("ada").waiting().unwrap().iter().any(on_record));
}

/// How long a thousand headers take to be sealed again, beside a thousand bare ones.
#[test]
#[ignore = "a measurement: --ignored --nocapture says what came of it"]
fn a_thousand_headers_are_sealed_again() {
    let centre = Centre::new();
    let (mut ada, mut cora) = (centre.desk("ada"), centre.desk("cora"));
    let reports: Vec<_> = (0..250)
        .map(|_| filing("contact-report", Some(&centre.supervised)))
        .collect();
    for _ in 0..2 {
        ada.import(&reports).unwrap();
    }
    cora.remove_from_team(&centre.supervised, "sam").unwrap();
    let begun = std::time::Instant::now();
    assert_eq!(ada.run_errands().unwrap(), 1);
    let sealed_again = begun.elapsed();
    let to = strongroom::sealing::HybridIdentity::generate();
    let key = strongroom::sealing::FileKey::generate();
    let begun = std::time::Instant::now();
    for _ in 0..1000 {
        assert!(!strongroom::sealing::seal_header(&key, to.recipient()).is_empty());
    }
    let bare = begun.elapsed();
    let ratio = sealed_again.as_secs_f64() / bare.as_secs_f64();
    eprintln!("a thousand headers: {sealed_again:?} again, {bare:?} bare, {ratio:.1} times");
}
