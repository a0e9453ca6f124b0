//! What a desk knows of people stays good while the keeper says that nothing has changed, and no longer.

use std::sync::Arc;
use std::sync::Mutex;

use crate::desk::Desk;
use crate::desk::DeskError;
use crate::desk::NewUser;
use crate::desk::forgery::kit::Centre;
use crate::desk::forgery::kit::about_answer;
use crate::desk::forgery::kit::filing;
use crate::desk::forgery::kit::passphrase;
use crate::desk::forgery::kit::sign_in;
use crate::keeper::facts::Role;
use crate::keeper::message::answer::Outcome;
use crate::keeper::message::answer::Served;

/// How many lists of keys the keeper serves while `act` acts.
fn keys_served(centre: &Centre, act: impl FnOnce()) -> usize {
    let served = Arc::new(Mutex::new(0));
    let count = Arc::clone(&served);
    centre.keeper.tell(Some(Box::new(move |_, _, answer| {
        if let Outcome::Done(one) = &answer.outcome
            && matches!(one.as_ref(), Served::Keys(_))
        {
            *count.lock().unwrap() += 1;
        }
    })));
    act();
    centre.keeper.tell(None);
    *served.lock().unwrap()
}

fn read(desk: &mut Desk<'_>, record: &str) -> String {
    desk.record(record, None, None, 80).unwrap().author
}

#[test]
fn keys_are_looked_up_once_while_there_are_only_looks() {
    let centre = Centre::new();
    let [first, second, _] = centre.records.map(|record| record.to_string());
    let mut sam = sign_in(&centre.keeper, "sam");
    let mut ada = sign_in(&centre.keeper, "ada");
    assert_eq!(keys_served(&centre, || drop(read(&mut sam, &first))), 1);
    let again = || {
        read(&mut sam, &second);
        read(&mut sam, &first);
        sam.records(None, 0).unwrap();
        assert!(matches!(
            sam.record("r_nothing", None, None, 80),
            Err(DeskError::Unknown)
        ));
        read(&mut ada, &first);
        read(&mut sam, &first);
    };
    // One of them ada's own.
    assert_eq!(keys_served(&centre, again), 1);

    // Whatever was written since, the first to show it looks again, and knows who wrote it.
    let filed = filed_by_nina(&centre, &mut ada);
    let shown = || assert_eq!(read(&mut sam, &filed), "nina");
    assert_eq!(keys_served(&centre, shown), 1);
}

/// What somebody files who was enrolled for it just now.
fn filed_by_nina(centre: &Centre, ada: &mut Desk<'_>) -> String {
    let nina = NewUser {
        handle: "nina".to_owned(),
        name: None,
        role: Role::Staff,
        reports_to: None,
    };
    ada.add_user(&nina, &passphrase("nina")).unwrap();
    ada.add_to_team(&centre.cases[0].to_string(), "nina")
        .unwrap();
    let mut nina = sign_in(&centre.keeper, "nina");
    nina.file(&filing(centre.cases[0])).unwrap().id.to_string()
}

/// A keeper that says so wrongly only makes a desk refuse what it cannot check.
#[test]
fn who_is_kept_from_a_desk_is_not_believed() {
    let centre = Centre::new();
    let [first, ..] = centre.records.map(|record| record.to_string());
    let mut sam = sign_in(&centre.keeper, "sam");
    read(&mut sam, &first);
    let as_of = sam.as_of.clone();
    assert!(!as_of.is_empty());
    let mut ada = sign_in(&centre.keeper, "ada");
    let filed = filed_by_nina(&centre, &mut ada);
    let same = about_answer(move |answer| answer.as_of.clone_from(&as_of));
    centre.not_taken_in("nothing has changed", same, || {
        sam.record(&filed, None, None, 80)
    });
    assert_eq!(read(&mut sam, &filed), "nina");
}
