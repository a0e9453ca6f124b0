//! Re-keying, seen from inside: what a leaver has kept opens nothing new, nothing is half done, and no keeper
//! talks a desk into sealing a key to somebody it is not for.

use crate::desk::Desk;
use crate::desk::NewUser;
use crate::desk::forgery::kit::Centre;
use crate::desk::forgery::kit::filing;
use crate::desk::forgery::kit::form;
use crate::desk::forgery::kit::passphrase;
use crate::desk::forgery::kit::sign_in;
use crate::desk::open;
use crate::desk::versions::OpenedRecord;
use crate::ids::RecordId;
use crate::keeper::Keeper;
use crate::keeper::facts::CompartmentFacts;
use crate::keeper::facts::Purpose;
use crate::keeper::facts::Role;
use crate::keeper::lie::Lie;
use crate::keeper::message::Want;
use crate::keeper::message::answer::Outcome;
use crate::keeper::message::answer::Served;
use crate::keeper::message::load::SealedAgain;
use crate::ledger::Proven;
use crate::sealing::HybridIdentity;

/// Fourteen days and a little, in milliseconds.
const LONG: u64 = (14 * 24 + 1) * 60 * 60 * 1000;

pub(crate) fn enrol(keeper: &Keeper, handle: &str, role: Role) {
    let new = NewUser {
        handle: handle.to_owned(),
        name: None,
        role,
        reports_to: None,
    };
    sign_in(keeper, "ada")
        .add_user(&new, &passphrase(handle))
        .unwrap();
}

/// What is known of a case's key.
fn lock(centre: &Centre, at: usize) -> CompartmentFacts {
    let case = Purpose::Case {
        case: centre.cases[at],
    };
    let mut locks = centre.keeper.locks().into_iter();
    locks.find(|lock| lock.purpose == case).unwrap()
}

fn pending(centre: &Centre) -> usize {
    let locks = centre.keeper.locks().into_iter();
    locks.filter(|lock| lock.rekey_pending.is_some()).count()
}

/// The secret behind a record that somebody may read: what they could keep.
fn secret(desk: &mut Desk<'_>, record: RecordId) -> std::sync::Arc<HybridIdentity> {
    let (_, trust) = desk.keys(None).unwrap();
    let want = Want::ReadRecord {
        record,
        version: None,
    };
    let (served, proven) = desk.ask_record(want, None).unwrap();
    OpenedRecord::open(&proven, desk.person.identity(), &served, &trust)
        .unwrap()
        .secret
}

/// How many of a record's headers, as they are served to somebody else now, a kept secret opens.
fn opens(desk: &mut Desk<'_>, record: RecordId, kept: &HybridIdentity) -> (usize, usize) {
    let want = Want::ReadRecord {
        record,
        version: None,
    };
    let (served, proven) = desk.ask_record(want, None).unwrap();
    let tries = |proven: &Proven| {
        let mut opened = 0;
        for part in &served.parts {
            let header = SealedAgain {
                of: crate::keeper::message::load::HeaderOf::Centre {},
                header: part.header.clone(),
            };
            opened += usize::from(open::header_key(proven, kept, &header).is_ok());
        }
        opened
    };
    (tries(&proven), served.parts.len())
}

#[test]
fn what_a_leaver_has_kept_opens_nothing_after_the_next_desk() {
    let centre = Centre::new();
    let keeper = &centre.keeper;
    let [a, ..] = centre.records;
    let kept = secret(&mut sign_in(keeper, "sam"), a);
    let mut ada = sign_in(keeper, "ada");
    // The control: while the key is the old one, it opens everything.
    assert_eq!(opens(&mut ada, a, &kept).0, opens(&mut ada, a, &kept).1);
    ada.remove_from_team(&centre.cases[0].to_string(), "sam")
        .unwrap();
    assert_eq!((lock(&centre, 0).epoch, pending(&centre)), (1, 1));
    assert_eq!(lock(&centre, 0).left.len(), 1);
    // Somebody who does not hold the key changes nothing; who is not believed about a case neither.
    drop(sign_in(keeper, "vera"));
    assert_eq!(lock(&centre, 0).epoch, 1);
    let before = ada.file(&filing(centre.cases[0])).unwrap().id;
    drop(ada);
    let mut ada = sign_in(keeper, "ada");
    assert_eq!((lock(&centre, 0).epoch, pending(&centre)), (2, 0));
    assert!(keeper.headers_are_whole());
    let after = ada.file(&filing(centre.cases[0])).unwrap().id;
    for record in [a, before, after] {
        let (opened, parts) = opens(&mut ada, record, &kept);
        assert_eq!((opened, parts > 0), (0, true));
    }
    assert_eq!(
        ada.record(&a.to_string(), None, None, 80).unwrap().fields,
        form()
    );
    assert_eq!(
        ada.case(&centre.cases[0].to_string())
            .unwrap()
            .title
            .as_deref(),
        Some("first")
    );
    let mut notes = Vec::new();
    ada.attachment(&a.to_string(), "one.txt", None, &mut notes)
        .unwrap();
    assert!(!notes.is_empty());
    // The other case is untouched.
    assert_eq!(lock(&centre, 1).epoch, 1);
}

#[test]
fn who_left_and_since_when_is_not_in_the_keys_everyone_is_served() {
    let centre = Centre::new();
    let mut ada = sign_in(&centre.keeper, "ada");
    ada.remove_from_team(&centre.cases[0].to_string(), "sam")
        .unwrap();
    // The control: the keeper itself has noted it.
    let noted = lock(&centre, 0);
    assert_eq!((noted.left.len(), noted.rekey_pending.is_some()), (1, true));
    let (keys, _) = ada.keys(Some(centre.cases[0])).unwrap();
    let served = keys.compartments.iter().find(|(one, _)| one.id == noted.id);
    assert_eq!(served.unwrap().0, noted.without_ages());
}

#[test]
fn what_was_superseded_ends_when_a_colleague_has_opened_what_is_new() {
    let centre = Centre::new();
    let keeper = &centre.keeper;
    enrol(keeper, "cora", Role::Coordinator);
    sign_in(keeper, "ada")
        .remove_from_team(&centre.cases[0].to_string(), "sam")
        .unwrap();
    drop(sign_in(keeper, "ada"));
    assert_eq!(lock(&centre, 0).superseded.len(), 1);
    // Her own word does not end it, whenever she gives it, while somebody else could.
    drop(sign_in(keeper, "ada"));
    assert_eq!(lock(&centre, 0).superseded.len(), 1);
    drop(sign_in(keeper, "cora"));
    assert_eq!(lock(&centre, 0).superseded.len(), 0);
    assert!(keeper.headers_are_whole());
}

#[test]
fn alone_one_opens_it_oneself_in_a_later_session() {
    let centre = Centre::new();
    let keeper = &centre.keeper;
    sign_in(keeper, "ada")
        .remove_from_team(&centre.cases[0].to_string(), "sam")
        .unwrap();
    let mut ada = sign_in(keeper, "ada");
    ada.run_errands().unwrap();
    assert_eq!(lock(&centre, 0).superseded.len(), 1);
    drop(sign_in(keeper, "ada"));
    assert_eq!(lock(&centre, 0).superseded.len(), 0);
}

#[test]
fn after_fourteen_days_it_ends_with_nobody_signed_in() {
    let centre = Centre::new();
    let keeper = &centre.keeper;
    enrol(keeper, "cora", Role::Coordinator);
    sign_in(keeper, "ada")
        .remove_from_team(&centre.cases[0].to_string(), "sam")
        .unwrap();
    drop(sign_in(keeper, "ada"));
    let soon = keeper.now().plus_ms(LONG / 2);
    keeper.advance_clock_to(soon).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1500));
    assert_eq!(lock(&centre, 0).superseded.len(), 1);
    keeper.advance_clock_to(soon.plus_ms(LONG / 2)).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(1500));
    assert_eq!(lock(&centre, 0).superseded.len(), 0);
    let mut ada = sign_in(keeper, "ada");
    let [a, ..] = centre.records;
    assert!(ada.record(&a.to_string(), None, None, 80).is_ok());
}

/// Changes the headers that are served to be sealed again.
fn about_headers(change: impl Fn(&mut Vec<SealedAgain>) + Send + 'static) -> Lie {
    Box::new(move |_, _, answer| {
        if let Outcome::Done(served) = &mut answer.outcome
            && let Served::Compartment(served) = served.as_mut()
        {
            change(&mut served.group.headers);
        }
    })
}

#[test]
fn a_new_key_that_does_not_cover_everything_is_not_taken() {
    let centre = Centre::new();
    let keeper = &centre.keeper;
    sign_in(keeper, "ada")
        .remove_from_team(&centre.cases[0].to_string(), "sam")
        .unwrap();
    let lies: [fn(&mut Vec<SealedAgain>); 3] = [
        |headers| drop(headers.pop()),
        |headers| headers.push(headers[0].clone()),
        |headers| headers[0].of = headers[1].of,
    ];
    for lie in lies {
        keeper.tell(Some(about_headers(lie)));
        drop(sign_in(keeper, "ada"));
        keeper.tell(None);
        assert_eq!((lock(&centre, 0).epoch, pending(&centre)), (1, 1));
    }
    drop(sign_in(keeper, "ada"));
    assert_eq!((lock(&centre, 0).epoch, pending(&centre)), (2, 0));
}

/// Vera files in the case while ada's desk seals everything for the new key.
#[test]
fn what_is_filed_meanwhile_is_covered_too() {
    let centre = Centre::new();
    let keeper = &centre.keeper;
    let case = centre.cases[0];
    let mut ada = sign_in(keeper, "ada");
    ada.add_to_team(&case.to_string(), "vera").unwrap();
    ada.remove_from_team(&case.to_string(), "sam").unwrap();
    drop(ada);
    let mut filed = false;
    keeper.tell(Some(Box::new(move |keeper, _, answer| {
        let looked = matches!(&answer.outcome, Outcome::Done(served)
            if matches!(served.as_ref(), Served::Compartment(_)));
        if looked && !std::mem::replace(&mut filed, true) {
            sign_in(keeper, "vera").file(&filing(case)).unwrap();
        }
    })));
    let mut ada = sign_in(keeper, "ada");
    keeper.tell(None);
    assert_eq!(lock(&centre, 0).epoch, 2);
    assert!(keeper.headers_are_whole());
    let (lines, _) = ada.records(Some(&case.to_string()), 0).unwrap();
    assert_eq!(lines.len(), 3);
}

#[test]
fn a_coordinator_s_leaving_changes_the_team_s_key_and_every_case_s() {
    let centre = Centre::new();
    let keeper = &centre.keeper;
    for handle in ["cora", "cleo"] {
        enrol(keeper, handle, Role::Coordinator);
    }
    let kept = secret(&mut sign_in(keeper, "cora"), centre.records[0]);
    sign_in(keeper, "ada").suspend_user("cora").unwrap();
    // The team, and both cases through it.
    assert_eq!(pending(&centre), 3);
    let mut ada = sign_in(keeper, "ada");
    assert_eq!(pending(&centre), 0);
    assert!(keeper.headers_are_whole());
    for record in centre.records {
        assert_eq!(opens(&mut ada, record, &kept).0, 0);
        assert!(ada.record(&record.to_string(), None, None, 80).is_ok());
    }
    // A third opens all of it, the centre's name too, and nothing is kept any more.
    drop(sign_in(keeper, "cleo"));
    let locks = keeper.locks();
    assert!(locks.iter().all(|lock| lock.superseded.is_empty()));
    for record in centre.records {
        assert!(
            sign_in(keeper, "cleo")
                .record(&record.to_string(), None, None, 80)
                .is_ok()
        );
    }
}

#[test]
fn a_team_that_nobody_holds_any_more_is_made_anew() {
    let centre = Centre::new();
    let keeper = &centre.keeper;
    enrol(keeper, "saf", Role::SafeguardingLead);
    let record = centre.records[0].to_string();
    let reads = |who: &str| sign_in(keeper, who).record(&record, None, None, 80).is_ok();
    drop(sign_in(keeper, "ada"));
    assert!(reads("saf"));
    sign_in(keeper, "ada").suspend_user("saf").unwrap();
    drop(sign_in(keeper, "ada"));
    assert_eq!(pending(&centre), 1, "the dead team's own key alone");
    sign_in(keeper, "ada").resume_user("saf").unwrap();
    assert!(reads("saf"));
    assert_eq!(pending(&centre), 0);
    assert!(keeper.headers_are_whole());
}

#[test]
fn who_files_what_they_may_not_read_knows_its_key_for_one_sign_in() {
    let centre = Centre::new();
    let keeper = &centre.keeper;
    let complaint = crate::desk::Filing {
        case: None,
        kind: "complaint".to_owned(),
        form: crate::records::Kinds::builtin()
            .find("complaint")
            .unwrap()
            .template_json(),
        attachments: Vec::new(),
        about: Vec::new(),
        deciders: Vec::new(),
    };
    let id = sign_in(keeper, "vera").file(&complaint).unwrap().id;
    let own = |keeper: &Keeper| {
        let mut locks = keeper.locks().into_iter();
        locks
            .find(|lock| lock.purpose == Purpose::Own { record: id })
            .unwrap()
    };
    assert!(own(keeper).rekey_pending.is_some());
    let mut ada = sign_in(keeper, "ada");
    assert_eq!((own(keeper).epoch, own(keeper).rekey_pending), (2, None));
    assert!(ada.record(&id.to_string(), None, None, 80).is_ok());
    // Her own files need none.
    let id = ada.file(&complaint).unwrap().id;
    let own = keeper
        .locks()
        .into_iter()
        .find(|lock| lock.purpose == Purpose::Own { record: id });
    assert!(own.unwrap().rekey_pending.is_none());
}
