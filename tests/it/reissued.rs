//! A lost passphrase: new keys by two people, without trustees, and every way round the second that we could
//! think of.

use std::time::Duration;
use std::time::Instant;

use strongroom::desk::Desk;
use strongroom::desk::DeskError;
use strongroom::desk::Proposal;
use strongroom::desk::Told;
use strongroom::keeper::Keeper;
use strongroom::keeper::facts::AccountState;
use strongroom::keeper::facts::ProposalState;
use strongroom::keeper::facts::Role;
use strongroom::sealing::Passphrase;

use crate::centre_kit::Centre;
use crate::centre_kit::denied;
use crate::centre_kit::enrol;
use crate::centre_kit::filing;
use crate::centre_kit::passphrase;
use crate::centre_kit::paths;
use crate::centre_kit::refused;
use crate::two_person::claimed;
use crate::two_person::later;

/// What the proposer tells the person.
fn first(who: &str) -> Passphrase {
    Passphrase::new(format!("first words for {who}, told on the phone"))
}

fn sign_in<'k>(keeper: &'k Keeper, who: &str, words: &Passphrase) -> Result<Desk<'k>, DeskError> {
    Desk::sign_in(keeper, who, words, None)
}

fn opens(desk: &mut Desk<'_>, record: &str) -> bool {
    desk.record(record, None, None, 80).is_ok()
}

fn id(proposal: &Proposal) -> String {
    proposal.id.to_string()
}

#[expect(
    clippy::too_many_lines,
    reason = "one story, told from beginning to end"
)]
#[test]
fn two_people_give_sam_new_keys_in_a_minute_and_he_reads_again() {
    let centre = Centre::new();
    let (mut ada, mut cora) = (centre.desk("ada"), claimed(&centre.keeper, "cora"));
    let mut old = centre.desk("sam");
    assert!(opens(&mut old, &centre.report));
    let begun = Instant::now();
    let waits = ada.reissue_user("sam", &first("sam")).unwrap();
    assert_eq!(
        (waits.state, waits.act),
        (ProposalState::Waiting, "reissue-user")
    );
    assert_eq!(waits.eligible, ["cora"]);
    // Until then nothing has changed.
    assert!(opens(&mut old, &centre.report));
    assert!(sign_in(&centre.keeper, "sam", &first("sam")).is_err());
    let done = cora.approve(&id(&waits)).unwrap();
    assert_eq!(done.state, ProposalState::Approved);
    let mut sam = sign_in(&centre.keeper, "sam", &first("sam")).unwrap();
    assert!(
        opens(&mut sam, &centre.report),
        "what the two can open is his again"
    );
    assert!(
        begun.elapsed() < Duration::from_mins(1),
        "{:?}",
        begun.elapsed()
    );
    // The old passphrase and the desk that is still open with it: nothing more.
    assert!(matches!(
        sign_in(&centre.keeper, "sam", &passphrase("sam")),
        Err(DeskError::WrongPassphrase)
    ));
    assert_eq!(
        refused(old.record(&centre.report, None, None, 80)),
        "bad-auth"
    );
    assert_eq!(
        refused(old.change_passphrase(&passphrase("again"))),
        "bad-auth"
    );
    // It is unclaimed, and claimed like any other.
    assert_eq!(sam.account().state, AccountState::Unclaimed);
    let own = Passphrase::new("what only sam has ever known".to_owned());
    sam.change_passphrase(&own).unwrap();
    drop(sam);
    let mut sam = sign_in(&centre.keeper, "sam", &own).unwrap();
    assert!(opens(&mut sam, &centre.report));
    assert!(sign_in(&centre.keeper, "sam", &first("sam")).is_err());
    // What the old key signed still holds, and what the new one signs does.
    let filed = sam
        .file(&filing("contact-report", Some(&centre.supervised)))
        .unwrap();
    assert!(opens(&mut ada, &filed.id.to_string()));
    assert!(opens(&mut ada, &centre.report));
    // Those who answer for the centre are told, but for the two; and sam himself.
    let told = |who: &str| centre.desk(who).notices_at_sign_in();
    assert_eq!(
        ["saf", "dpl", "tess", "otto", "vera", "ada"].map(told),
        [1, 1, 1, 0, 0, 0]
    );
    let notices = sam.notices().unwrap();
    let [notice] = notices.as_slice() else {
        panic!("{notices:?}");
    };
    let both = (notice.by.as_deref(), &notice.told);
    let (by, Told::Reissued { user, agreed, own }) = both else {
        panic!("{notice:?}");
    };
    assert_eq!(
        (by, user.as_deref(), agreed.as_deref()),
        (Some("ada"), Some("sam"), Some("cora"))
    );
    assert!(own);
    sam.read_notices(&notices).unwrap();
    assert_eq!(sam.notices().unwrap(), []);
    let events: Vec<String> = centre
        .desk("dpl")
        .audit(None, Some("ada"), None)
        .unwrap()
        .into_iter()
        .map(|line| line.event)
        .collect();
    assert!(events.contains(&"propose".to_owned()), "{events:?}");
}

/// Neither of the two holds the staff's own key: the rest comes when a colleague signs in.
#[test]
fn what_the_two_cannot_open_is_sealed_on_by_who_can() {
    let centre = Centre::new();
    let mut ada = centre.desk("ada");
    let mut tess = claimed(&centre.keeper, "tess");
    drop(centre.desk("otto"));
    let waits = ada.reissue_user("sam", &first("sam")).unwrap();
    tess.approve(&id(&waits)).unwrap();
    let mut sam = sign_in(&centre.keeper, "sam", &first("sam")).unwrap();
    assert!(opens(&mut sam, &centre.report));
    assert_eq!(sam.run_errands().unwrap(), 0, "he has nobody to seal to");
    assert!(centre.desk("otto").run_errands().is_ok());
    assert!(opens(&mut sam, &centre.report));
}

#[test]
fn only_two_entitled_people_and_neither_of_them_the_person() {
    let centre = Centre::new();
    let mut ada = centre.desk("ada");
    enrol(&mut ada, "anna", Role::Assessor, None);
    for who in ["otto", "vera", "dbs", "anna"] {
        denied(centre.desk(who).reissue_user("ada", &first("ada")));
    }
    assert_eq!(
        refused(ada.reissue_user("ada", &first("ada"))),
        "own-account"
    );
    assert_eq!(
        refused(ada.reissue_user("nobody", &first("x"))),
        "no-such-user"
    );
    let p = id(&ada.reissue_user("cora", &first("cora")).unwrap());
    assert_eq!(denied(ada.approve(&p)), "own-proposal");
    // Who has not set a passphrase of their own, and whom it is about.
    assert_eq!(
        denied(centre.desk("tess").approve(&p)),
        "unclaimed-approver"
    );
    let mut cora = claimed(&centre.keeper, "cora");
    assert_eq!(denied(cora.approve(&p)), "about-oneself");
    assert_eq!(denied(cora.refuse_proposal(&p, "no")), "about-oneself");
    for who in ["sam", "dbs", "vera"] {
        denied(claimed(&centre.keeper, who).approve(&p));
    }
    // Cora remembered after all: her keys are others than those that were to go.
    let mut tess = claimed(&centre.keeper, "tess");
    assert_eq!(refused(tess.approve(&p)), "bad-state");
    assert_eq!(refused(ada.reissue_user("cora", &first("cora"))), "waiting");
    tess.refuse_proposal(&p, "she remembers").unwrap();
    assert!(sign_in(&centre.keeper, "cora", &first("cora")).is_err());
    // Somebody who may not work any more.
    for state in ["suspended", "left"] {
        let p = id(&ada.reissue_user("sam", &first("sam")).unwrap());
        if state == "left" {
            ada.leave_user("sam").unwrap();
        } else {
            ada.suspend_user("sam").unwrap();
        }
        assert_eq!(refused(tess.approve(&p)), "bad-state");
        ada.withdraw_proposal(&p).unwrap();
        assert_eq!(refused(ada.reissue_user("sam", &first("sam"))), "bad-state");
        if state == "suspended" {
            ada.resume_user("sam").unwrap();
        }
    }
}

/// A proposer who is stopped, and one nobody answers.
#[test]
fn what_waits_comes_to_nothing_with_its_proposer_and_with_time() {
    let centre = Centre::new();
    let mut tess = claimed(&centre.keeper, "tess");
    let mut ada = centre.desk("ada");
    let p = id(&centre
        .desk("cora")
        .reissue_user("sam", &first("sam"))
        .unwrap());
    ada.suspend_user("cora").unwrap();
    assert_eq!(refused(tess.approve(&p)), "bad-state");
    tess.refuse_proposal(&p, "cora is away").unwrap();
    let p = id(&ada.reissue_user("sam", &first("sam")).unwrap());
    later(&centre.keeper, 15);
    assert_eq!(refused(tess.approve(&p)), "decided-already");
    assert!(sign_in(&centre.keeper, "sam", &first("sam")).is_err());
    assert!(opens(&mut centre.desk("sam"), &centre.report));
}

#[test]
fn two_who_approve_at_once_are_one() {
    let centre = Centre::new();
    let (tess, cora) = (
        claimed(&centre.keeper, "tess"),
        claimed(&centre.keeper, "cora"),
    );
    let p = id(&centre
        .desk("ada")
        .reissue_user("sam", &first("sam"))
        .unwrap());
    let done = std::thread::scope(|scope| {
        let both = [tess, cora].map(|mut desk| {
            let p = p.clone();
            scope.spawn(move || desk.approve(&p))
        });
        let results = both.map(|each| each.join().unwrap());
        for result in &results {
            if let Err(other) = result {
                assert!(
                    matches!(other, DeskError::Refused { code, .. } if code == "decided-already"),
                    "{other:?}"
                );
            }
        }
        results.into_iter().flatten().count()
    });
    assert_eq!(done, 1);
    let mut sam = sign_in(&centre.keeper, "sam", &first("sam")).unwrap();
    assert!(opens(&mut sam, &centre.report));
}

#[test]
fn it_lasts_and_can_be_done_again() {
    let centre = Centre::new();
    let mut tess = claimed(&centre.keeper, "tess");
    let mut ada = centre.desk("ada");
    for round in ["one", "two"] {
        let p = id(&ada.reissue_user("sam", &first(round)).unwrap());
        tess.approve(&p).unwrap();
        assert!(opens(
            &mut sign_in(&centre.keeper, "sam", &first(round)).unwrap(),
            &centre.report
        ));
    }
    drop((ada, tess));
    let Centre {
        dir,
        keeper,
        report,
        ..
    } = centre;
    keeper.close().unwrap();
    let keeper = Keeper::open(&paths(dir.path()), &[]).unwrap();
    assert!(sign_in(&keeper, "sam", &first("one")).is_err());
    let mut sam = sign_in(&keeper, "sam", &first("two")).unwrap();
    assert!(opens(&mut sam, &report));
    assert!(opens(
        &mut sign_in(&keeper, "ada", &passphrase("ada")).unwrap(),
        &report
    ));
}

/// Alone in her role, she was the only one who held her team's key. Coordinator and trustee give her new
/// keys; the team is made anew, and what the two can open is hers again. What only she could open stays with
/// recovery, and nobody is told of it who may not know.
#[test]
fn the_only_safeguarding_lead_is_made_good_by_coordinator_and_trustee() {
    let centre = Centre::new();
    let mut saf = centre.desk("saf");
    assert!(opens(&mut saf, &centre.report));
    let mut ada = centre.desk("ada");
    let mut tess = claimed(&centre.keeper, "tess");
    let waits = ada.reissue_user("saf", &first("saf")).unwrap();
    tess.approve(&id(&waits)).unwrap();
    assert_eq!(
        refused(saf.record(&centre.report, None, None, 80)),
        "bad-auth"
    );
    drop((ada, tess));
    // A coordinator's next sign-in makes the team and seals the cases to it.
    drop(centre.desk("ada"));
    let mut saf = sign_in(&centre.keeper, "saf", &first("saf")).unwrap();
    assert!(opens(&mut saf, &centre.report));
    // Of what is hidden from staff, staff are told of no errand either.
    let mut otto = centre.desk("otto");
    assert_eq!(otto.run_errands().unwrap(), 0);
    for who in ["cora", "dpl", "tess"] {
        let words = if who == "tess" {
            Passphrase::new("words of tess's very own choosing".to_owned())
        } else {
            passphrase(who)
        };
        drop(sign_in(&centre.keeper, who, &words).unwrap());
    }
    assert!(opens(&mut saf, &centre.report));
    let check = centre.desk("dpl").check_access().unwrap();
    assert!(check.differences.is_empty(), "{:?}", check.differences);
}
