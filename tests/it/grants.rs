//! Grants from end to end: six files for two days with a second person's yes, work, and an end that comes by
//! itself.

use strongroom::desk::Desk;
use strongroom::desk::DeskError;
use strongroom::desk::Grant;
use strongroom::desk::NewAccess;
use strongroom::keeper::Keeper;
use strongroom::keeper::facts::GrantState;
use strongroom::keeper::facts::ProposalState;
use strongroom::keeper::facts::Role;

use crate::centre_kit::Centre;
use crate::centre_kit::attach;
use crate::centre_kit::denied;
use crate::centre_kit::enrol;
use crate::centre_kit::filing;
use crate::centre_kit::form;
use crate::centre_kit::passphrase;
use crate::centre_kit::paths;
use crate::centre_kit::refused;
use crate::centre_kit::unknown;
use crate::two_person::claimed;
use crate::two_person::later;

pub(crate) const PURPOSE: &str = "accreditation visit";
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

/// Access for anna, the assessor, from now for some days.
pub(crate) fn access(
    keeper: &Keeper,
    case: Option<&str>,
    records: &[String],
    days: u64,
) -> NewAccess {
    NewAccess {
        to: "anna".to_owned(),
        case: case.map(str::to_owned),
        records: records.to_vec(),
        purpose: PURPOSE.to_owned(),
        from: None,
        until: keeper.now().plus_ms(days * DAY_MS),
    }
}

/// A centre with an assessor, and six reports, the last with an attachment.
pub(crate) fn with_six() -> (Centre, Vec<String>) {
    let centre = Centre::new();
    enrol(&mut centre.desk("ada"), "anna", Role::Assessor, None);
    let mut cora = centre.desk("cora");
    let mut filings: Vec<_> = (0..6)
        .map(|_| filing("contact-report", Some(&centre.supervised)))
        .collect();
    filings[5].attachments = vec![attach("notes.txt", b"invented")];
    let filed = cora.import(&filings).unwrap();
    let ids = filed.iter().map(|one| one.id.to_string()).collect();
    drop(cora);
    (centre, ids)
}

/// Gives access with saf as the second person.
pub(crate) fn given(centre: &Centre, new: &NewAccess) -> Grant {
    let waiting = centre.desk("ada").grant(new).unwrap();
    assert_eq!(waiting.state, GrantState::Waiting);
    let proposal = waiting.proposal.unwrap().to_string();
    let approved = second(centre).approve(&proposal).unwrap();
    assert_eq!(approved.state, ProposalState::Approved);
    let mut all = centre.desk("ada").grants().unwrap().into_iter();
    all.find(|one| one.id == waiting.id).unwrap()
}

/// Saf, with a passphrase of her own.
pub(crate) fn second(centre: &Centre) -> Desk<'_> {
    match Desk::sign_in(&centre.keeper, "saf", &crate::two_person::own("saf"), None) {
        Ok(desk) => desk,
        Err(DeskError::WrongPassphrase) => claimed(&centre.keeper, "saf"),
        Err(other) => panic!("{other:?}"),
    }
}

pub(crate) fn listed(desk: &mut Desk<'_>) -> Vec<String> {
    let (lines, more) = desk.records(None, 0).unwrap();
    assert!(!more);
    lines.iter().map(|line| line.id.to_string()).collect()
}

fn show(desk: &mut Desk<'_>, record: &str) -> Result<strongroom::desk::ShownRecord, DeskError> {
    desk.record(record, None, None, 80)
}

fn sorted(mut ids: Vec<String>) -> Vec<String> {
    ids.sort();
    ids
}

#[test]
fn six_files_for_two_days_with_a_second_person_s_yes() {
    let (centre, six) = with_six();
    let mut anna = centre.desk("anna");
    assert_eq!(listed(&mut anna), Vec::<String>::new());
    unknown(show(&mut anna, &six[0]));

    let mut ada = centre.desk("ada");
    let waiting = ada.grant(&access(&centre.keeper, None, &six, 2)).unwrap();
    assert_eq!((waiting.to.as_str(), waiting.by.as_str()), ("anna", "ada"));
    let p = waiting.proposal.unwrap().to_string();
    // Until somebody agrees there is nothing, and she does not know of it.
    assert_eq!(anna.grants().unwrap(), []);
    unknown(show(&mut anna, &six[0]));
    unknown(anna.revoke_grant(&waiting.id.to_string()));
    assert_eq!(denied(ada.approve(&p)), "own-proposal");
    assert_eq!(
        refused(ada.revoke_grant(&waiting.id.to_string())),
        "waiting"
    );
    assert_eq!(denied(centre.desk("saf").approve(&p)), "unclaimed-approver");
    let mut saf = second(&centre);
    let shown = saf.proposal(&p).unwrap();
    assert_eq!((shown.act, shown.by.as_str()), ("grant", "ada"));
    saf.approve(&p).unwrap();
    assert_eq!(refused(saf.approve(&p)), "decided-already");

    assert_eq!(anna.grants().unwrap()[0].state, GrantState::Active);
    assert_eq!(sorted(listed(&mut anna)), sorted(six.clone()));
    for id in &six {
        let shown = show(&mut anna, id).unwrap();
        assert_eq!(shown.fields, form("contact-report"));
    }
    let mut out = Vec::new();
    anna.attachment(&six[5], "notes.txt", None, &mut out)
        .unwrap();
    assert_eq!(out, b"invented");
    // Nothing else: not another record of the case, not the case, not a copy, not a correction.
    unknown(show(&mut anna, &centre.report));
    assert_eq!(anna.cases().unwrap(), []);
    denied(anna.case(&centre.supervised));
    denied(anna.export(&six[0], &[], None, &mut Vec::new()));
    denied(anna.amend(&six[0], &form("contact-report"), "no"));
    denied(anna.history(&six[0]));
    // While it lasts she may take the ledger out, to hold it against what she is told.
    anna.export_audit(&centre.folder("ledger")).unwrap();
    // Each showing is in the record's history, with the grant's purpose.
    let history = ada.history(&six[0]).unwrap();
    let read = history.iter().find(|line| line.event == "read").unwrap();
    assert_eq!(read.actor.as_deref(), Some("anna"));
    assert_eq!(read.purpose.as_deref(), Some(PURPOSE));

    later(&centre.keeper, 2);
    assert_eq!(denied(show(&mut anna, &six[0])), "grant-over");
    assert_eq!(listed(&mut anna), Vec::<String>::new());
    denied(anna.export_audit(&centre.folder("later")));
    let over = &anna.grants().unwrap()[0];
    assert_eq!((over.state, &over.revoked_by), (GrantState::Ended, &None));
    let entries = centre.desk("dpl").audit(None, None, None).unwrap();
    let end = entries.iter().find(|line| line.event == "end").unwrap();
    assert_eq!(end.actor, None, "nobody did it: the keeper itself");
    assert!(entries.iter().any(|line| line.event == "grant"));
    assert!(
        entries
            .iter()
            .any(|line| line.event == "refuse" && line.outcome == "expired")
    );
    // Colleagues read as before.
    assert!(show(&mut centre.desk("cora"), &six[0]).is_ok());
}

#[test]
fn what_is_filed_later_is_sealed_to_a_grant_of_the_whole_case() {
    let (centre, six) = with_six();
    let grant = given(
        &centre,
        &access(&centre.keeper, Some(&centre.supervised), &[], 2),
    );
    let mut anna = centre.desk("anna");
    let case = anna.case(&centre.supervised).unwrap();
    assert_eq!(case.title.as_deref(), Some("Invented, Saturdays"));
    assert_eq!(anna.cases().unwrap().len(), 1);
    let mut all = six.clone();
    all.push(centre.report.clone());
    assert_eq!(sorted(listed(&mut anna)), sorted(all.clone()));
    // A volunteer files, who can open nothing; staff correct what was there before.
    let mut vera = centre.desk("vera");
    let new = vera
        .file(&filing("contact-report", Some(&centre.supervised)))
        .unwrap();
    let new = new.id.to_string();
    assert_eq!(show(&mut anna, &new).unwrap().author, "vera");
    let mut sam = centre.desk("sam");
    sam.amend(&six[0], &form("contact-report"), "it was four")
        .unwrap();
    assert_eq!(show(&mut anna, &six[0]).unwrap().version, 2);
    // What is about somebody has a compartment of its own, and no grant of the case opens it.
    let mut about = filing("contact-report", Some(&centre.supervised));
    about.about = vec!["otto".to_owned()];
    let about = sam.file(&about).unwrap().id.to_string();
    unknown(show(&mut anna, &about));
    // Waiting grants are sealed to, too, so that a yes finds everything there.
    let waiting = centre
        .desk("ada")
        .grant(&access(&centre.keeper, Some(&centre.supervised), &[], 5))
        .unwrap();
    let later_one = sam
        .file(&filing("contact-report", Some(&centre.supervised)))
        .unwrap()
        .id
        .to_string();
    second(&centre)
        .approve(&waiting.proposal.unwrap().to_string())
        .unwrap();
    centre
        .desk("cora")
        .revoke_grant(&grant.id.to_string())
        .unwrap();
    assert!(show(&mut anna, &later_one).is_ok());
    // When it is over, filing goes on without it.
    centre
        .desk("dpl")
        .revoke_grant(&waiting.id.to_string())
        .unwrap();
    assert_eq!(denied(show(&mut anna, &later_one)), "grant-over");
    assert!(
        sam.file(&filing("contact-report", Some(&centre.supervised)))
            .is_ok()
    );
    let revoked = centre.desk("dpl").audit(None, None, None).unwrap();
    assert!(
        revoked
            .iter()
            .any(|line| line.event == "refuse" && line.outcome == "revoked")
    );
}

#[test]
fn a_grant_begins_when_it_says_and_goes_back_when_she_says() {
    let (centre, six) = with_six();
    let mut new = access(&centre.keeper, None, &six[..1], 10);
    new.from = Some(centre.keeper.now().plus_ms(3 * DAY_MS));
    let grant = given(&centre, &new);
    let mut anna = centre.desk("anna");
    assert_eq!(denied(show(&mut anna, &six[0])), "grant-not-begun");
    later(&centre.keeper, 4);
    assert!(show(&mut anna, &six[0]).is_ok());
    let back = anna.revoke_grant(&grant.id.to_string()).unwrap();
    assert_eq!(back.revoked_by.as_deref(), Some("anna"));
    assert_eq!(denied(show(&mut anna, &six[0])), "grant-over");
    assert_eq!(
        refused(anna.revoke_grant(&grant.id.to_string())),
        "bad-state"
    );
}

#[test]
fn a_colleague_s_grant_is_in_force_at_once_unless_the_record_wants_two() {
    let (centre, six) = with_six();
    let mut new = access(&centre.keeper, None, &six[..1], 2);
    new.to = "otto".to_owned();
    let mut otto = centre.desk("otto");
    denied(show(&mut otto, &six[0]));
    let grant = centre.desk("ada").grant(&new).unwrap();
    assert_eq!((grant.state, grant.proposal), (GrantState::Active, None));
    assert!(show(&mut otto, &six[0]).is_ok());
    assert_eq!(centre.desk("ada").proposals().unwrap(), []);
    later(&centre.keeper, 3);
    denied(show(&mut otto, &six[0]));
}

#[test]
fn what_may_not_be_given_is_not() {
    let (centre, six) = with_six();
    let mut ada = centre.desk("ada");
    let keeper = &centre.keeper;
    let one = |record: &str| access(keeper, None, &[record.to_owned()], 2);
    // Not what does not exist for the giver, and not what she may not read.
    unknown(ada.grant(&one(&centre.complaint)));
    unknown(ada.grant(&one(&centre.certificate)));
    unknown(ada.grant(&one("r_aaaaaaaaaaaaaaaaaaaaaaaaaa")));
    let mut dbs = centre.desk("dbs");
    denied(dbs.grant(&one(&centre.certificate)));
    denied(centre.desk("sam").grant(&one(&six[0])));
    denied(
        centre
            .desk("saf")
            .grant(&access(keeper, Some(&centre.supervised), &[], 2)),
    );
    unknown(ada.grant(&access(
        keeper,
        Some("c_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
        &[],
        2,
    )));
    // Not without a purpose, a future, or somebody.
    let with = |change: &dyn Fn(&mut NewAccess)| {
        let mut new = one(&six[0]);
        change(&mut new);
        new
    };
    let blank = with(&|new| new.purpose = " ".to_owned());
    assert_eq!(denied(ada.grant(&blank)), "grant-without-purpose");
    let past = with(&|new| new.until = keeper.now());
    assert_eq!(refused(ada.grant(&past)), "bad-dates");
    let nobody = with(&|new| new.to = "nobody".to_owned());
    assert_eq!(refused(ada.grant(&nobody)), "no-such-user");
    let herself = with(&|new| new.to = "ada".to_owned());
    assert_eq!(refused(ada.grant(&herself)), "own-grant");
    let none = access(keeper, None, &[], 2);
    assert_eq!(refused(ada.grant(&none)), "bad-grant");
    // Not to whom it is closed: the complaint is about ada, and sam is of her line.
    let mut cora = centre.desk("cora");
    let mut excluded = one(&centre.complaint);
    excluded.to = "sam".to_owned();
    assert_eq!(refused(cora.grant(&excluded)), "opens-nothing");
    ada.suspend_user("anna").unwrap();
    assert_eq!(refused(ada.grant(&one(&six[0]))), "bad-state");
}

#[test]
fn a_proposal_about_what_is_hidden_from_somebody_is_hidden_from_them() {
    let (centre, _) = with_six();
    let mut cora = centre.desk("cora");
    let new = access(
        &centre.keeper,
        None,
        std::slice::from_ref(&centre.complaint),
        2,
    );
    let waiting = cora.grant(&new).unwrap();
    let (p, g) = (
        waiting.proposal.unwrap().to_string(),
        waiting.id.to_string(),
    );
    // The complaint is about ada, who is a coordinator like cora.
    let mut ada = centre.desk("ada");
    assert_eq!(ada.proposals().unwrap(), []);
    assert_eq!(ada.grants().unwrap(), []);
    unknown(ada.proposal(&p));
    unknown(ada.approve(&p));
    unknown(ada.revoke_grant(&g));
    assert_eq!(ada.proposals().unwrap(), []);
    // Nor is she among those who may decide.
    drop(ada);
    let mut tess = claimed(&centre.keeper, "tess");
    assert_eq!(tess.proposal(&p).unwrap().eligible, ["tess"]);
    tess.approve(&p).unwrap();
    let mut anna = centre.desk("anna");
    assert!(show(&mut anna, &centre.complaint).is_ok());
    unknown(centre.desk("ada").revoke_grant(&g));
    // When it is over, those who signed are still named to her, and vouched for.
    later(&centre.keeper, 3);
    assert_eq!(anna.grants().unwrap()[0].by, "cora");
    assert!(anna.state_grant(&g).is_ok());
}

/// Of a DBS check an outsider is shown what its card says, and no more.
#[test]
fn of_a_dbs_check_an_outsider_sees_the_card() {
    let (centre, _) = with_six();
    given(
        &centre,
        &access(&centre.keeper, None, std::slice::from_ref(&centre.check), 2),
    );
    let mut anna = centre.desk("anna");
    let shown = show(&mut anna, &centre.check).unwrap();
    let whole = form("dbs-check");
    let hidden = whole.as_object().unwrap().iter().filter(|(_, value)| {
        let text = value.as_str().unwrap_or_default();
        text.len() > 12 && !shown.text.contains(text)
    });
    assert!(hidden.count() > 0);
    assert_ne!(shown.fields, whole);
    assert!(shown.text.contains("Only this summary"), "{}", shown.text);
    assert_eq!(shown.attachments, []);
    assert_eq!(
        refused(anna.attachment(&centre.check, "x.pdf", None, &mut Vec::new())),
        "no-such-attachment"
    );
    // The control: a colleague reads all of it.
    assert_eq!(
        show(&mut centre.desk("cora"), &centre.check)
            .unwrap()
            .fields,
        whole
    );
}

#[test]
fn her_own_passphrase_keeps_what_is_hers_and_ends_what_waits() {
    let (centre, six) = with_six();
    given(&centre, &access(&centre.keeper, None, &six[..1], 5));
    let waiting = centre
        .desk("ada")
        .grant(&access(&centre.keeper, None, &six[1..2], 5))
        .unwrap();
    let mut anna = claimed(&centre.keeper, "anna");
    assert!(show(&mut anna, &six[0]).is_ok());
    let p = waiting.proposal.unwrap().to_string();
    let state = second(&centre).proposal(&p).unwrap().state;
    assert_eq!(
        state,
        ProposalState::Expired,
        "it was sealed to keys that are gone"
    );
}

#[test]
fn it_ends_with_nobody_there_and_stays_ended_when_the_vault_is_opened_again() {
    let (centre, six) = with_six();
    given(&centre, &access(&centre.keeper, None, &six, 2));
    later(&centre.keeper, 3);
    // Nobody asks anything; the keeper's own clock does it.
    std::thread::sleep(std::time::Duration::from_millis(1500));
    let Centre { dir, keeper, .. } = centre;
    keeper.close().unwrap();
    // A vault that may be told the time, so that it is later when it is opened again.
    let toml = paths(dir.path()).dir.join("vault.toml");
    let text = std::fs::read_to_string(&toml).unwrap();
    std::fs::write(&toml, text.replace("demo = false", "demo = true")).unwrap();
    let keeper = Keeper::open(&paths(dir.path()), &[]).unwrap();
    let mut dpl = Desk::sign_in(&keeper, "dpl", &passphrase("dpl"), None).unwrap();
    assert_eq!(dpl.grants().unwrap()[0].state, GrantState::Ended);
    let entries = dpl.audit(None, None, None).unwrap();
    let end = entries
        .iter()
        .rposition(|line| line.event == "end")
        .unwrap();
    // A turn, which nobody has to come for either, may have followed.
    let mut after = entries[end + 1..].iter();
    assert!(
        after.all(|line| line.actor.is_some() || line.event == "turn"),
        "it was over before anybody came"
    );
    let mut anna = Desk::sign_in(&keeper, "anna", &passphrase("anna"), None).unwrap();
    assert_eq!(denied(show(&mut anna, &six[0])), "grant-over");
}
