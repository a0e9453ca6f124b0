//! Invitations: an account made by its own person, once, in time, in the vault they were invited to.

use strongroom::desk;
use strongroom::desk::Desk;
use strongroom::desk::DeskError;
use strongroom::desk::Invited;
use strongroom::desk::NewUser;
use strongroom::keeper::Keeper;
use strongroom::keeper::facts::AccountFacts;
use strongroom::keeper::facts::AccountState;
use strongroom::keeper::facts::Role;
use strongroom::keeper::facts::Service;
use strongroom::sealing::InviteCode;
use strongroom::sealing::Passphrase;

use crate::centre_kit::Centre;
use crate::centre_kit::denied;
use crate::centre_kit::filing;
use crate::centre_kit::found;
use crate::centre_kit::passphrase;
use crate::centre_kit::paths;
use crate::centre_kit::refused;
use crate::two_person::later;

fn new(handle: &str, role: Role) -> NewUser {
    NewUser {
        handle: handle.to_owned(),
        name: Some(format!("{handle}, invented")),
        role,
        reports_to: Some("cora".to_owned()),
    }
}

fn own(who: &str) -> Passphrase {
    Passphrase::new(format!("words that only {who} has ever known"))
}

fn enrol(keeper: &Keeper, code: &InviteCode, who: &str) -> Result<AccountFacts, DeskError> {
    desk::enrol(keeper, code, &own(who), None)
}

fn invite(desk: &mut Desk<'_>, who: &str, role: Role) -> Invited {
    desk.invite_user(&new(who, role)).unwrap()
}

#[test]
fn somebody_invited_makes_their_account_alone_and_reads_once_a_colleague_has_signed_in() {
    let centre = Centre::new();
    let invited = invite(&mut centre.desk("ada"), "nia", Role::SafeguardingLead);
    let typed = invited.code.to_text().expose().to_uppercase();
    let code = InviteCode::parse(&typed).unwrap();
    let account = enrol(&centre.keeper, &code, "nia").unwrap();
    assert_eq!(account.id, invited.user);
    assert_eq!(
        (account.state, account.claimed),
        (AccountState::Active, true)
    );
    assert_eq!(account.name, "nia, invented");
    let sign_in = || Desk::sign_in(&centre.keeper, "nia", &own("nia"), None).unwrap();
    let mut nia = sign_in();
    // Everybody believes her keys, and nothing was sealed to her yet.
    assert!(nia.record(&centre.report, None, None, 80).is_err());
    let mut sam = centre.desk("sam");
    assert!(
        sam.file(&filing("contact-report", Some(&centre.supervised)))
            .is_ok()
    );
    drop(centre.desk("saf"));
    assert!(nia.record(&centre.report, None, None, 80).is_ok());
    // She has a passphrase of her own, so she may be a second person at once.
    let mut ada = centre.desk("ada");
    let shown = ada.user("nia").unwrap();
    assert_eq!(shown.reports_to, Some(ada.user("cora").unwrap().id));
    drop(nia);
    assert!(sign_in().users().is_ok());
}

/// The first of a role has no team yet: a coordinator's next sign-in makes it.
#[test]
fn the_first_safeguarding_lead_may_be_invited() {
    let dir = tempfile::tempdir().unwrap();
    found(dir.path(), "A small centre");
    let keeper = Keeper::open(&paths(dir.path()), &[]).unwrap();
    let mut ada = Desk::sign_in(&keeper, "ada", &passphrase("ada"), None).unwrap();
    let case = ada
        .open_case("Invented", Service::Supervised)
        .unwrap()
        .id
        .to_string();
    let first = NewUser {
        reports_to: None,
        ..new("saf", Role::SafeguardingLead)
    };
    let code = ada.invite_user(&first).unwrap().code;
    enrol(&keeper, &code, "saf").unwrap();
    let mut saf = Desk::sign_in(&keeper, "saf", &own("saf"), None).unwrap();
    assert_eq!(saf.case(&case).unwrap().title, None);
    drop(Desk::sign_in(&keeper, "ada", &passphrase("ada"), None).unwrap());
    assert_eq!(saf.case(&case).unwrap().title.as_deref(), Some("Invented"));
}

/// Used, late, taken back, replaced, from somebody who may not invite any more, or made up: one answer.
#[test]
fn a_code_that_is_of_no_use_says_only_that() {
    let centre = Centre::new();
    let (mut ada, mut cora) = (centre.desk("ada"), centre.desk("cora"));
    let used = invite(&mut ada, "one", Role::Staff).code;
    enrol(&centre.keeper, &used, "one").unwrap();
    let replaced = invite(&mut ada, "two", Role::Staff).code;
    let again = invite(&mut ada, "two", Role::Volunteer).code;
    let of_cora = invite(&mut cora, "three", Role::Staff).code;
    let late = invite(&mut ada, "four", Role::Staff).code;
    ada.suspend_user("cora").unwrap();
    let told = |code: &InviteCode| match enrol(&centre.keeper, code, "x") {
        Err(DeskError::Refused { code, says }) => (code, says),
        other => panic!("{other:?}"),
    };
    let unknown = told(&InviteCode::generate());
    assert_eq!(unknown.0, "bad-code");
    assert!(
        unknown.1.contains("ask whoever invited you"),
        "{}",
        unknown.1
    );
    for code in [&used, &replaced, &of_cora] {
        assert_eq!(told(code), unknown);
    }
    // What has not ended yet still works, also in the vault opened anew.
    assert_eq!(
        enrol(&centre.keeper, &again, "two").unwrap().role,
        Role::Volunteer
    );
    later(&centre.keeper, 6);
    let in_time = invite(&mut centre.desk("ada"), "five", Role::Staff).code;
    later(&centre.keeper, 2);
    assert_eq!(told(&late), unknown);
    assert!(enrol(&centre.keeper, &in_time, "five").is_ok());
    // Each is an entry, the end of the late one by nobody's hand too.
    let lines = centre.desk("dpl").audit(None, None, None).unwrap();
    let count = |event: &str, outcome: &str| {
        let found = lines.iter();
        found
            .filter(|line| line.event == event && line.outcome == outcome)
            .count()
    };
    assert_eq!(count("refuse", "bad-auth"), 5);
    assert_eq!(count("end", "expired"), 2, "of four, and of cora's");
}

#[test]
fn invitations_outlive_the_keeper_and_their_codes_are_nowhere() {
    let centre = Centre::new();
    let code = invite(&mut centre.desk("ada"), "nia", Role::Staff).code;
    let Centre { dir, keeper, .. } = centre;
    keeper.close().unwrap();
    let keeper = Keeper::open(&paths(dir.path()), &[]).unwrap();
    assert!(enrol(&keeper, &code, "nia").is_ok());
    assert_eq!(refused(enrol(&keeper, &code, "nia")), "bad-code");
    keeper.close().unwrap();
    let keeper = Keeper::open(&paths(dir.path()), &[]).unwrap();
    assert_eq!(refused(enrol(&keeper, &code, "nia")), "bad-code");
    assert!(Desk::sign_in(&keeper, "nia", &own("nia"), None).is_ok());
}

#[test]
fn one_code_makes_one_account_however_many_try_at_once() {
    let centre = Centre::new();
    let code = invite(&mut centre.desk("ada"), "nia", Role::Staff).code;
    let made = std::thread::scope(|scope| {
        let tries: Vec<_> = (0..6)
            .map(|at| {
                let (keeper, code) = (&centre.keeper, &code);
                scope.spawn(move || enrol(keeper, code, &format!("nia {at}")))
            })
            .collect();
        let results = tries.into_iter().map(|each| each.join().unwrap());
        results.flatten().count()
    });
    assert_eq!(made, 1);
    let users = centre.desk("ada").users().unwrap();
    assert_eq!(users.iter().filter(|user| user.handle == "nia").count(), 1);
}

#[test]
fn who_may_not_invite_and_what_cannot_be_invited() {
    let centre = Centre::new();
    for who in ["sam", "vera", "tess", "saf", "dbs", "dpl"] {
        denied(centre.desk(who).invite_user(&new("nia", Role::Staff)));
    }
    let mut ada = centre.desk("ada");
    assert_eq!(
        refused(ada.invite_user(&new("sam", Role::Staff))),
        "handle-taken"
    );
    assert_eq!(
        refused(ada.invite_user(&new("Nia B", Role::Staff))),
        "bad-invitation"
    );
    let nobody = NewUser {
        reports_to: Some("nobody".to_owned()),
        ..new("nia", Role::Staff)
    };
    assert_eq!(refused(ada.invite_user(&nobody)), "no-such-user");
    // Meanwhile somebody else took the handle.
    let code = invite(&mut ada, "nia", Role::Staff).code;
    ada.add_user(&new("nia", Role::Volunteer), &passphrase("nia"))
        .unwrap();
    assert_eq!(refused(enrol(&centre.keeper, &code, "nia")), "handle-taken");
}

/// A code is for one vault: another, even one with an invitation under the same key, is found out.
#[test]
fn in_another_vault_a_code_is_of_no_use() {
    let centre = Centre::new();
    let code = invite(&mut centre.desk("ada"), "nia", Role::Staff).code;
    let other = tempfile::tempdir().unwrap();
    found(other.path(), "Another centre");
    let keeper = Keeper::open(&paths(other.path()), &[]).unwrap();
    assert_eq!(refused(enrol(&keeper, &code, "nia")), "bad-code");
}

/// A flood of wrong codes does not fill the ledger, and keeps nobody out who has a right one.
#[test]
fn many_wrong_codes_are_few_entries() {
    let centre = Centre::new();
    let code = invite(&mut centre.desk("ada"), "nia", Role::Staff).code;
    let size = |centre: &Centre| centre.desk("dpl").audit(None, None, None).unwrap().len();
    let before = size(&centre);
    for _ in 0..40 {
        let wrong = InviteCode::generate();
        assert_eq!(refused(enrol(&centre.keeper, &wrong, "x")), "bad-code");
    }
    // Eleven, the sign-in, and the look before it.
    assert_eq!(size(&centre) - before, 13);
    let lines = centre.desk("dpl").audit(None, None, None).unwrap();
    assert_eq!(
        lines.iter().filter(|line| line.outcome == "rate").count(),
        1
    );
    assert!(enrol(&centre.keeper, &code, "nia").is_ok());
}
