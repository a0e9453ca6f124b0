//! The centre's people at work, through the desk: who may file, read, find, and what happens when
//! somebody leaves, is complained about, or takes a passphrase of their own.

use std::sync::Arc;
use std::sync::Mutex;

use serde_json::Value;
use strongroom::desk::Desk;
use strongroom::desk::DeskError;
use strongroom::desk::ShownRecord;
use strongroom::ids::CaseId;
use strongroom::ids::RecordId;
use strongroom::keeper::facts::AccountState;
use strongroom::keeper::verify;
use strongroom::records::Kinds;
use strongroom::sealing::Passphrase;

use crate::centre_kit::Centre;
use crate::centre_kit::attach;
use crate::centre_kit::denied;
use crate::centre_kit::filing;
use crate::centre_kit::form;
use crate::centre_kit::passphrase;
use crate::centre_kit::paths;
use crate::centre_kit::refused;
use crate::centre_kit::unknown;

/// An id like any other, of nothing.
fn nowhere() -> String {
    RecordId::random().to_string()
}

fn show(desk: &mut Desk<'_>, record: &str) -> Result<ShownRecord, DeskError> {
    desk.record(record, None, None, 80)
}

fn listed(desk: &mut Desk<'_>) -> Vec<String> {
    let (lines, more) = desk.records(None, 0).unwrap();
    assert!(!more);
    lines.iter().map(|line| line.id.to_string()).collect()
}

/// A long text of the kind that nothing else depends on.
fn some_text(kind: &str) -> String {
    let kind = Kinds::builtin().find(kind).unwrap();
    let plain = |field: &&strongroom::records::field::Field| {
        field.sort == strongroom::records::words::Sort::LongText && !field.list
    };
    kind.fields.iter().find(plain).unwrap().name.clone()
}

#[test]
fn a_volunteer_files_and_cannot_read_it_back() {
    let centre = Centre::new();
    let mut vera = centre.desk("vera");
    let filed = vera
        .file(&filing("contact-report", Some(&centre.supervised)))
        .unwrap();
    let id = filed.id.to_string();
    denied(show(&mut vera, &id));
    assert_eq!(listed(&mut vera), Vec::<String>::new());
    denied(vera.export(&id, &[], None, &mut Vec::new()));
    // The people it is for read it, and see who filed it.
    for who in ["sam", "cora", "saf", "dpl"] {
        let shown = show(&mut centre.desk(who), &id).unwrap();
        assert_eq!(shown.author, "vera");
        assert_eq!(shown.fields, form("contact-report"));
    }
}

#[test]
fn staff_read_on_their_team_and_nowhere_else() {
    let centre = Centre::new();
    let shown = show(&mut centre.desk("sam"), &centre.report).unwrap();
    assert_eq!(shown.attachments[0].name, "notes.txt");
    let mut otto = centre.desk("otto");
    let Err(DeskError::Denied { says, entry, .. }) = show(&mut otto, &centre.report) else {
        panic!("read off the team");
    };
    assert!(says.contains(' ') && entry.is_some(), "{says}");
    let mut out = Vec::new();
    denied(otto.attachment(&centre.report, "notes.txt", None, &mut out));
    denied(otto.export(&centre.report, &[], None, &mut out));
    denied(otto.amend(&centre.report, &form("contact-report"), "no"));
    assert_eq!(out, Vec::<u8>::new());
    assert_eq!(listed(&mut otto), Vec::<String>::new());
}

/// What someone is told who asks for a record in every way there is.
fn told(desk: &mut Desk<'_>, record: &str) -> Vec<String> {
    let kind = form("complaint");
    let mut said: Vec<String> = Vec::new();
    let mut add = |result: Result<(), DeskError>| {
        said.push(format!(
            "{:?}",
            result.err().map(|error| (error.to_string(), error))
        ));
    };
    add(show(desk, record).map(drop));
    add(desk.record(record, Some(1), None, 80).map(drop));
    add(desk.record(record, None, Some("to know"), 80).map(drop));
    add(desk
        .attachment(record, "notes.txt", None, &mut Vec::new())
        .map(drop));
    add(desk.history(record).map(drop));
    add(desk.audit(Some(record), None, None).map(drop));
    add(desk.export(record, &[], None, &mut Vec::new()).map(drop));
    add(desk.amend(record, &kind, "because").map(drop));
    said
}

#[test]
fn a_complaint_does_not_exist_for_whom_it_is_about_and_their_line() {
    let centre = Centre::new();
    for who in ["ada", "sam"] {
        let mut desk = centre.desk(who);
        let hidden = told(&mut desk, &centre.complaint);
        assert_eq!(hidden, told(&mut desk, &nowhere()), "{who}");
        assert_eq!(hidden, told(&mut desk, "not even an id"), "{who}");
        assert!(!listed(&mut desk).contains(&centre.complaint), "{who}");
        assert!(hidden.iter().all(|said| said.contains("Unknown")));
    }
    // Nor does the audit tell a coordinator whom it is about which entries are its.
    let mut ada = centre.desk("ada");
    let of_hidden = |line: &strongroom::desk::AuditLine| {
        line.record
            .is_some_and(|record| record.to_string() == centre.complaint)
    };
    assert!(!ada.audit(None, None, None).unwrap().iter().any(of_hidden));
    // The control: it is there, for those whom the kind is for.
    let mut cora = centre.desk("cora");
    assert!(listed(&mut cora).contains(&centre.complaint));
    assert!(show(&mut cora, &centre.complaint).is_ok());
    assert!(cora.audit(None, None, None).unwrap().iter().any(of_hidden));
    assert!(show(&mut centre.desk("tess"), &centre.complaint).is_ok());
    assert!(show(&mut centre.desk("dpl"), &centre.complaint).is_ok());
    // And for those whom it is not, a restricted kind is as unknown as an excluded record.
    let mut otto = centre.desk("otto");
    assert_eq!(
        told(&mut otto, &centre.complaint),
        told(&mut otto, &nowhere())
    );
}

#[test]
fn a_certificate_is_for_its_deciders_with_a_purpose_and_never_leaves() {
    let centre = Centre::new();
    let mut dbs = centre.desk("dbs");
    assert_eq!(
        denied(show(&mut dbs, &centre.certificate)),
        "purpose-missing"
    );
    let purpose = Some("recruitment decision");
    let shown = dbs.record(&centre.certificate, None, purpose, 80).unwrap();
    assert_eq!(shown.fields, form("dbs-certificate"));
    let export = dbs.export(&centre.certificate, &[], purpose, &mut Vec::new());
    assert_eq!(denied(export), "not-exportable");
    // Who filed it cannot open it; nobody else knows of it.
    for who in ["cora", "saf", "sam", "tess", "dpl", "vera"] {
        unknown(
            centre
                .desk(who)
                .record(&centre.certificate, None, purpose, 80),
        );
    }
    let history = dbs.history(&centre.certificate).unwrap();
    let reads: Vec<_> = history.iter().filter(|line| line.event == "read").collect();
    assert_eq!(reads[0].purpose.as_deref(), purpose);
    assert_eq!(reads[0].actor.as_deref(), Some("dbs"));
    assert!(history.iter().any(|line| line.event == "refuse"));
}

#[test]
fn suspension_is_felt_at_the_next_showing() {
    let centre = Centre::new();
    let (mut ada, mut cora) = (centre.desk("ada"), centre.desk("cora"));
    let mut sam = centre.desk("sam");
    assert!(show(&mut sam, &centre.report).is_ok());
    ada.suspend_user("sam").unwrap();
    // The desk that is open is served nothing more, and nobody can sign in.
    assert_eq!(denied(show(&mut sam, &centre.report)), "account-suspended");
    assert_eq!(denied(sam.run_errands()), "account-suspended");
    assert!(centre.try_desk("sam").is_err());
    // Nothing else is disturbed.
    assert!(show(&mut cora, &centre.report).is_ok());
    let resumed = cora.resume_user("sam").unwrap();
    assert!(resumed.may_work());
    assert!(show(&mut sam, &centre.report).is_ok());
    assert!(show(&mut centre.desk("sam"), &centre.report).is_ok());
}

#[test]
fn who_leaves_a_team_reads_nothing_more_of_it() {
    let centre = Centre::new();
    let (mut cora, mut sam) = (centre.desk("cora"), centre.desk("sam"));
    assert!(show(&mut sam, &centre.report).is_ok());
    let case = cora.remove_from_team(&centre.supervised, "sam").unwrap();
    assert!(!case.team.contains(&"sam".to_owned()));
    denied(show(&mut sam, &centre.report));
    assert_eq!(listed(&mut sam), Vec::<String>::new());
    // The team takes in somebody else, who can read what was filed before they came.
    cora.add_to_team(&centre.supervised, "otto").unwrap();
    assert!(show(&mut centre.desk("otto"), &centre.report).is_ok());
    cora.add_to_team(&centre.supervised, "sam").unwrap();
    assert!(show(&mut sam, &centre.report).is_ok());
}

#[test]
fn a_claimed_account_opens_with_its_own_passphrase_only() {
    let centre = Centre::new();
    let mut sam = centre.desk("sam");
    assert_eq!(sam.account().state, AccountState::Unclaimed);
    let own = Passphrase::new("words that only sam has ever known".to_owned());
    sam.change_passphrase(&own).unwrap();
    assert!(
        show(&mut sam, &centre.report).is_ok(),
        "the open desk goes on"
    );
    drop(sam);
    let old = Desk::sign_in(&centre.keeper, "sam", &passphrase("sam"), None);
    assert!(matches!(old, Err(DeskError::WrongPassphrase)));
    let mut sam = Desk::sign_in(&centre.keeper, "sam", &own, None).unwrap();
    assert!(sam.account().claimed);
    let shown = show(&mut sam, &centre.report).unwrap();
    assert_eq!(shown.author, "sam", "what the old key signed still holds");
    let id = sam
        .file(&filing("contact-report", Some(&centre.supervised)))
        .unwrap()
        .id;
    assert!(show(&mut centre.desk("cora"), &id.to_string()).is_ok());
}

#[test]
fn a_correction_adds_a_version_and_the_original_stays() {
    let centre = Centre::new();
    let mut sam = centre.desk("sam");
    let field = some_text("contact-report");
    let mut corrected = form("contact-report");
    corrected[&field] = Value::from("It was four o'clock, not three.");
    sam.amend(&centre.report, &corrected, "the time was wrong")
        .unwrap();
    let mut again = corrected.clone();
    again[&field] = Value::from("It was five.");
    sam.amend(&centre.report, &again, "and wrong again")
        .unwrap();
    for nothing in ["", " \n"] {
        assert_eq!(
            refused(sam.amend(&centre.report, &again, nothing)),
            "reason"
        );
    }
    let mut cora = centre.desk("cora");
    for (version, fields, reason) in [
        (None, &again, Some("and wrong again")),
        (Some(3), &again, Some("and wrong again")),
        (Some(2), &corrected, Some("the time was wrong")),
        (Some(1), &form("contact-report"), None),
    ] {
        let shown = cora.record(&centre.report, version, None, 80).unwrap();
        assert_eq!(&shown.fields, fields);
        assert_eq!(shown.reason.as_deref(), reason);
    }
    assert_eq!(
        refused(cora.record(&centre.report, Some(4), None, 80)),
        "no-such-version"
    );
    assert_eq!(
        refused(cora.record(&centre.report, Some(0), None, 80)),
        "no-such-version"
    );
    // The attachment of the first version is still the record's.
    let mut out = Vec::new();
    cora.attachment(&centre.report, "notes.txt", None, &mut out)
        .unwrap();
    assert_eq!(out, b"a few invented notes");
    let (lines, _) = cora.records(Some(&centre.supervised), 0).unwrap();
    assert_eq!(lines[0].version, 3);
}

#[test]
fn twenty_reports_are_imported_in_one_frame_each_with_its_own_entry() {
    let centre = Centre::new();
    let mut cora = centre.desk("cora");
    let many: Vec<_> = (0..20)
        .map(|_| filing("contact-report", Some(&centre.supervised)))
        .collect();
    let filed = cora.import(&many).unwrap();
    assert_eq!(filed.len(), 20);
    let heads: std::collections::BTreeSet<u64> = filed.iter().map(|one| one.receipt.size).collect();
    assert_eq!(heads.len(), 1, "one head over all of them");
    for pair in filed.windows(2) {
        assert_eq!(pair[1].receipt.index, pair[0].receipt.index + 1);
    }
    let (lines, _) = cora.records(Some(&centre.supervised), 0).unwrap();
    assert!(
        filed
            .iter()
            .all(|one| lines.iter().any(|line| line.id == one.id))
    );
    for one in &filed {
        let id = one.id.to_string();
        assert_eq!(show(&mut cora, &id).unwrap().id, one.id, "card and body");
    }
    // One that does not fit keeps all of them out.
    let mut bad = many;
    bad[19].form = Value::Object(serde_json::Map::new());
    assert!(matches!(cora.import(&bad), Err(DeskError::Form(_))));
    assert_eq!(
        cora.records(Some(&centre.supervised), 0).unwrap().0.len(),
        lines.len()
    );
}

#[test]
fn attachments_of_every_size_come_out_as_they_went_in() {
    let centre = Centre::new();
    let mut sam = centre.desk("sam");
    let sizes = [0_usize, 1, 65_535, 65_536, 65_537, 3 << 20];
    let contents: Vec<Vec<u8>> = sizes
        .iter()
        .map(|size| {
            (0..*size)
                .map(|at| u8::try_from(at * 7 % 251).unwrap())
                .collect()
        })
        .collect();
    let mut filing = filing("contact-report", Some(&centre.supervised));
    for (at, content) in contents.iter().enumerate() {
        filing
            .attachments
            .push(attach(&format!("{at}.txt"), content));
    }
    let read = Arc::new(Mutex::new(0_u64));
    let seen = Arc::clone(&read);
    centre
        .keeper
        .on_progress(Some(Box::new(move |bytes| *seen.lock().unwrap() += bytes)));
    let id = sam.file(&filing).unwrap().id.to_string();
    assert_eq!(
        *read.lock().unwrap() % sizes.iter().sum::<usize>() as u64,
        0
    );
    let mut cora = centre.desk("cora");
    for (at, content) in contents.iter().enumerate() {
        let mut out = Vec::new();
        let written = cora
            .attachment(&id, &format!("{at}.txt"), None, &mut out)
            .unwrap();
        assert_eq!(written, content.len() as u64);
        assert!(out == *content, "{} bytes", content.len());
    }
    let missing = cora.attachment(&id, "other.txt", None, &mut Vec::new());
    assert_eq!(refused(missing), "no-such-attachment");
    let lines = show(&mut cora, &id).unwrap().attachments;
    assert!(
        lines
            .iter()
            .zip(&contents)
            .all(|(line, content)| line.bytes == content.len() as u64)
    );
}

#[test]
fn cases_take_what_they_are_for_while_they_are_open() {
    let centre = Centre::new();
    let mut cora = centre.desk("cora");
    let report = |case: &str| filing("contact-report", Some(case));
    assert_eq!(
        refused(cora.file(&report(&centre.supported))),
        "kind-not-for-case"
    );
    assert_eq!(
        refused(cora.file(&filing("contact-report", None))),
        "kind-not-for-case"
    );
    let check = filing("dbs-check", Some(&centre.supervised));
    assert_eq!(refused(cora.file(&check)), "kind-not-for-case");
    cora.close_case(&centre.supervised).unwrap();
    assert_eq!(
        refused(cora.file(&report(&centre.supervised))),
        "case-closed"
    );
    assert_eq!(
        refused(cora.import(&[report(&centre.supervised)])),
        "case-closed"
    );
    assert!(
        show(&mut cora, &centre.report).is_ok(),
        "and is read as before"
    );
    assert_eq!(refused(cora.close_case(&centre.supervised)), "bad-state");
    cora.reopen_case(&centre.supervised).unwrap();
    assert!(cora.file(&report(&centre.supervised)).is_ok());
    unknown(cora.file(&report(&CaseId::random().to_string())));
}

#[test]
fn everything_is_there_when_the_vault_is_opened_again() {
    let centre = Centre::new();
    let mut sam = centre.desk("sam");
    let id = sam
        .file(&filing("contact-report", Some(&centre.supervised)))
        .unwrap()
        .id;
    drop(sam);
    let Centre { dir, keeper, .. } = centre;
    keeper.close().unwrap();
    let paths = paths(dir.path());
    let verified = verify(&paths, None).unwrap();
    let keeper = strongroom::keeper::Keeper::open(&paths, &[]).unwrap();
    let mut cora = Desk::sign_in(&keeper, "cora", &passphrase("cora"), None).unwrap();
    let shown = show(&mut cora, &id.to_string()).unwrap();
    assert_eq!(shown.fields, form("contact-report"));
    assert!(shown.receipt.index >= verified.size);
}
