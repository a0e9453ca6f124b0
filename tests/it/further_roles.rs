//! Further roles and the end of an account: what opens with them, what closes, and who may not.

use strongroom::desk::Desk;
use strongroom::desk::DeskError;
use strongroom::keeper::facts::AccountState;
use strongroom::keeper::facts::Role;

use crate::centre_kit::Centre;
use crate::centre_kit::denied;
use crate::centre_kit::enrol;
use crate::centre_kit::filing;
use crate::centre_kit::passphrase;
use crate::centre_kit::refused;
use crate::centre_kit::unknown;

fn opens(desk: &mut Desk<'_>, record: &str) -> Result<(), DeskError> {
    desk.record(record, None, None, 80).map(|_| ())
}

#[test]
fn a_further_role_opens_what_its_team_opens_until_it_is_taken() {
    let centre = Centre::new();
    let (mut ada, mut otto) = (centre.desk("ada"), centre.desk("otto"));
    // Otto is staff and on no team.
    denied(opens(&mut otto, &centre.report));
    denied(otto.add_role(Role::Coordinator, "otto"));
    let account = ada.add_role(Role::Coordinator, "otto").unwrap();
    assert_eq!(
        account.roles().collect::<Vec<_>>(),
        [Role::Staff, Role::Coordinator]
    );
    // At the next showing, and with the key: nothing had to be sealed again.
    assert!(opens(&mut otto, &centre.report).is_ok());
    assert!(otto.user("sam").is_ok());
    let case = otto.case(&centre.supervised).unwrap();
    assert!(case.title.is_some());
    // What he signs as a coordinator is believed by everybody.
    otto.add_to_team(&centre.supervised, "dpl").unwrap();
    enrol(&mut otto, "tina", Role::Staff, None);
    assert!(
        centre
            .desk("sam")
            .file(&filing("contact-report", Some(&centre.supervised)))
            .is_ok()
    );
    let account = ada.remove_role(Role::Coordinator, "otto").unwrap();
    assert_eq!(account.roles().collect::<Vec<_>>(), [Role::Staff]);
    denied(opens(&mut otto, &centre.report));
    denied(otto.case(&centre.supervised));
    denied(otto.suspend_user("sam"));
    // And still what he signed stands.
    let mut sam = centre.desk("sam");
    assert!(
        sam.file(&filing("contact-report", Some(&centre.supervised)))
            .is_ok()
    );
    assert!(centre.desk("tina").cases().is_ok());
    assert!(ada.add_role(Role::Volunteer, "tina").is_ok());
}

#[test]
fn a_further_role_does_the_errands_of_that_role() {
    let centre = Centre::new();
    let mut ada = centre.desk("ada");
    ada.add_role(Role::Coordinator, "otto").unwrap();
    ada.remove_from_team(&centre.supervised, "sam").unwrap();
    drop(ada);
    let mut otto = centre.desk("otto");
    let case = otto.case(&centre.supervised).unwrap();
    assert!(case.rekey_pending.is_none(), "otto's desk made no new key");
    // Somebody is left to decide although nobody was enrolled for it.
    let mut ada = centre.desk("ada");
    ada.add_role(Role::DbsCountersignatory, "tess").unwrap();
    ada.leave_user("dbs").unwrap();
    let filed = centre.desk("cora").file(&filing("dbs-certificate", None));
    let warnings = filed.unwrap().warnings;
    assert!(
        !warnings.iter().any(|one| one.contains("nobody here")),
        "{warnings:?}"
    );
}

#[test]
fn the_first_with_a_role_gets_a_team_and_a_second_joins_it() {
    let centre = Centre::new();
    let mut ada = centre.desk("ada");
    // Filed for trustees to decide on, before there is a second one.
    ada.add_role(Role::Trustee, "otto").unwrap();
    assert!(opens(&mut centre.desk("otto"), &centre.complaint).is_err());
    drop(centre.desk("tess"));
    assert!(opens(&mut centre.desk("otto"), &centre.complaint).is_ok());
}

#[test]
fn who_may_not_and_what_may_not() {
    let centre = Centre::new();
    let mut ada = centre.desk("ada");
    enrol(&mut ada, "anna", Role::Assessor, None);
    assert_eq!(denied(ada.add_role(Role::Trustee, "ada")), "own-role");
    for who in ["sam", "vera", "tess", "saf", "dbs", "dpl"] {
        let mut desk = centre.desk(who);
        denied(desk.add_role(Role::Coordinator, "otto"));
        denied(desk.remove_role(Role::Coordinator, "cora"));
        denied(desk.leave_user("otto"));
    }
    // An outsider is not even told who is there.
    let mut anna = centre.desk("anna");
    assert_eq!(refused(anna.leave_user("otto")), "no-such-user");
    denied(anna.leave_user("anna"));
    assert_eq!(refused(ada.add_role(Role::Staff, "anna")), "outside");
    assert_eq!(refused(ada.add_role(Role::Assessor, "sam")), "outside");
    assert_eq!(refused(ada.add_role(Role::Staff, "sam")), "bad-state");
    ada.add_role(Role::Volunteer, "sam").unwrap();
    assert_eq!(refused(ada.add_role(Role::Volunteer, "sam")), "bad-state");
    assert_eq!(refused(ada.remove_role(Role::Staff, "sam")), "first-role");
    assert_eq!(refused(ada.remove_role(Role::Trustee, "sam")), "bad-state");
    assert_eq!(
        refused(ada.add_role(Role::Trustee, "nobody")),
        "no-such-user"
    );
    ada.suspend_user("sam").unwrap();
    assert_eq!(refused(ada.add_role(Role::Trustee, "sam")), "bad-state");
}

#[test]
fn leaving_is_felt_at_the_next_showing_and_is_for_good() {
    let centre = Centre::new();
    let (mut ada, mut sam) = (centre.desk("ada"), centre.desk("sam"));
    assert!(opens(&mut sam, &centre.report).is_ok());
    assert_eq!(refused(ada.leave_user("ada")), "own-account");
    let account = ada.leave_user("sam").unwrap();
    assert_eq!(account.state, AccountState::Left);
    // On the desk that is open, and for anyone who knows the passphrase.
    assert_eq!(denied(opens(&mut sam, &centre.report)), "account-left");
    assert_eq!(denied(sam.run_errands()), "account-left");
    assert_eq!(
        denied(sam.change_passphrase(&passphrase("other"))),
        "account-left"
    );
    assert_eq!(denied(centre.try_desk("sam")), "account-left");
    for again in [
        ada.leave_user("sam"),
        ada.suspend_user("sam"),
        ada.resume_user("sam"),
        ada.add_role(Role::Trustee, "sam"),
    ] {
        assert_eq!(refused(again), "bad-state");
    }
    // Where he was: the case goes on, and says who was on its team.
    let mut cora = centre.desk("cora");
    assert!(opens(&mut cora, &centre.report).is_ok());
    assert_eq!(
        refused(cora.add_to_team(&centre.supported, "sam")),
        "bad-state"
    );
    cora.remove_from_team(&centre.supervised, "sam").unwrap();
    // A suspended account can end too; its handle stays taken.
    ada.suspend_user("otto").unwrap();
    assert_eq!(ada.leave_user("otto").unwrap().state, AccountState::Left);
    let new = strongroom::desk::NewUser {
        handle: "otto".to_owned(),
        name: None,
        role: Role::Staff,
        reports_to: None,
    };
    assert_eq!(
        refused(ada.add_user(&new, &passphrase("otto"))),
        "handle-taken"
    );
    unknown(ada.user("nobody"));
}

/// Somebody has to be left who runs the centre, and who holds the keys for it.
#[test]
fn the_last_coordinator_stays() {
    let centre = Centre::new();
    let mut ada = centre.desk("ada");
    ada.leave_user("cora").unwrap();
    ada.add_role(Role::Coordinator, "otto").unwrap();
    let mut otto = centre.desk("otto");
    otto.leave_user("ada").unwrap();
    // Otto is the only one now, by a further role, and cannot lay it down.
    assert_eq!(
        refused(otto.remove_role(Role::Coordinator, "otto")),
        "last-coordinator"
    );
    enrol(&mut otto, "nia", Role::Coordinator, None);
    let account = otto.remove_role(Role::Coordinator, "otto").unwrap();
    assert!(!account.is(Role::Coordinator));
    assert!(opens(&mut centre.desk("nia"), &centre.report).is_ok());
}

#[test]
fn two_at_once_are_both_done() {
    let centre = Centre::new();
    std::thread::scope(|scope| {
        for (who, role) in [
            ("ada", Role::Trustee),
            ("ada", Role::Volunteer),
            ("cora", Role::SafeguardingLead),
            ("cora", Role::DataProtectionLead),
        ] {
            let mut desk = centre.desk(who);
            scope.spawn(move || desk.add_role(role, "otto").unwrap());
        }
    });
    let mut ada = centre.desk("ada");
    assert_eq!(ada.user("otto").unwrap().also.len(), 4);
}
