//! The trustees take a new key. Whoever keeps the old one, every row there ever was and every key the keeper has
//! afterwards opens nothing; and no keeper passes another key off as theirs.

use std::sync::Mutex;

use crate::desk::DeskError;
use crate::desk::forgery::kit::about_keys;
use crate::desk::forgery::kit::sign_in;
use crate::desk::forgery::kit::stranger;
use crate::desk::forgery::trustees::TRUSTEES;
use crate::desk::forgery::trustees::World;
use crate::desk::forgery::trustees::named;
use crate::desk::forgery::trustees::sign_in_claimed;
use crate::desk::link::Because;
use crate::desk::trust::ROOT;
use crate::keeper::facts::Service;
use crate::keeper::message::Want;
use crate::keeper::message::answer::Outcome;
use crate::keeper::message::answer::Served;
use crate::keeper::message::load::Load;
use crate::keeper::message::load::NewRecovery;
use crate::keeper::message::load::RecoveryStatement;
use crate::sealing::HybridIdentity;
use crate::sealing::HybridRecipient;
use crate::sealing::Recovered;
use crate::sealing::SigningKey;
use crate::sealing::Statement;
use crate::sealing::StatementKind;

/// How many envelopes the old key opens before, and how many old and new open when all is done.
fn rotated(ends: bool) -> (usize, usize, usize) {
    let world = World::new();
    let before = world.opens(&world.old.recovery);
    let (mut new, recovered) = world.new_key(&["Asha", "Cadi", "Deryn"]);
    if !ends {
        world.keeper.run(|vault| vault.forgetful = true).unwrap();
    }
    let rotated = sign_in(&world.keeper, "ada").rotate_recovery(&world.old, &mut new);
    let rotated = rotated.unwrap();
    assert_eq!(rotated.unopened, 0);
    // The epoch before otto went, kept for them alone; and the outsiders' team, whose people do no errands.
    assert_eq!(rotated.sealed_here, 2);
    world.everybody();
    let after = world.opens(&world.old.recovery);
    (before, after, world.opens(&recovered.recovery))
}

#[test]
fn two_who_were_trustees_open_nothing_once_all_is_sealed_to_the_new_key() {
    let (before, after, new) = rotated(true);
    // Teams of coordinators, staff and assessors, the case's two epochs, a grant.
    assert!(before >= 5, "{before}");
    assert_eq!(after, 0);
    assert!(new >= 5, "{new}");
    // The planted control: where old envelopes do not end, they go on opening them.
    let (_, after, _) = rotated(false);
    assert!(after >= 1, "{after}");
}

#[test]
fn what_waits_is_an_errand_and_no_difference() {
    let world = World::new();
    let (mut new, recovered) = world.new_key(&TRUSTEES);
    let mut ada = sign_in(&world.keeper, "ada");
    ada.rotate_recovery(&world.old, &mut new).unwrap();
    assert!(!world.opens_case(world.case, &recovered.recovery));
    let waits = ada.waiting().unwrap();
    let recovery = "recovery".to_owned();
    assert!(waits.iter().any(|line| line.whom.contains(&recovery)));
    assert!(ada.run_errands().unwrap() > 0);
    assert!(world.opens_case(world.case, &recovered.recovery));
    world.everybody();
    let checked = sign_in(&world.keeper, "dpl").check_access().unwrap();
    assert!(checked.differences.is_empty(), "{:?}", checked.differences);
    // Everybody reads on as before, whom something was given to as well.
    let record = world.records[0].to_string();
    for who in ["ada", "sam", "anna"] {
        let mut desk = sign_in(&world.keeper, who);
        let read = desk.record(&record, None, Some("to look"), 80);
        assert!(read.is_ok(), "{who}: {read:?}");
    }
    // The old shares are told from the new.
    let again = ada.new_recovery(&world.old, &named(&TRUSTEES));
    assert!(matches!(again, Err(DeskError::Refused { code, .. }) if code == "old-shares"));
    assert!(ada.new_shares(&recovered, &named(&TRUSTEES)).is_ok());
}

/// A `succeed` statement about the trustees' key.
fn statement(world: &World, (by, key): (&str, &SigningKey), said: &RecoveryStatement) -> String {
    let cora = sign_in_claimed(&world.keeper);
    let heading = cora.heading(by, StatementKind::Succeed);
    let body = serde_json::to_value(said).unwrap();
    let signed = Statement::sign(&heading, body, key).unwrap();
    String::from_utf8(signed.bytes().to_vec()).unwrap()
}

fn said(world: &World, number: u32, recovery: HybridRecipient) -> RecoveryStatement {
    RecoveryStatement {
        number,
        recovery,
        replaces: world.old.recovery.recipient().clone(),
    }
}

#[test]
fn only_the_root_gives_the_trustees_another_key() {
    let world = World::new();
    let other = stranger();
    let forged = SigningKey::generate();
    let mut cora = sign_in_claimed(&world.keeper);
    let own = cora.account().id.to_string();
    let right = said(&world, 1, other.clone());
    let texts = [
        statement(&world, (ROOT, &forged), &right),
        statement(&world, (&own, cora.person.signing()), &right),
        statement(
            &world,
            (ROOT, &world.old.root),
            &said(&world, 2, other.clone()),
        ),
    ];
    for text in &texts {
        // The keeper takes it from nobody.
        let load = NewRecovery {
            statement: text.clone().into_bytes(),
            envelopes: Vec::new(),
        };
        let load = Load::Recovery(Box::new(load));
        let refused = cora.ask(Want::RotateRecovery {}, load, Because::default());
        assert!(matches!(
            refused,
            Err(DeskError::Refused { .. } | DeskError::Busy(_))
        ));
        // And no desk takes it from a keeper that lies.
        let (text, other) = (text.clone(), other.clone());
        world.keeper.tell(Some(about_keys(move |keys| {
            keys.statements.push(text.clone());
            keys.recovery = Some(other.clone());
        })));
        let result = cora.open_case("second", Service::Supervised);
        world.keeper.tell(None);
        assert!(matches!(result, Err(DeskError::Damaged(_))), "{result:?}");
    }
    // Nor that there are no trustees, so that nothing would be sealed to them.
    world
        .keeper
        .tell(Some(about_keys(|keys| keys.recovery = None)));
    let result = cora.open_case("second", Service::Supervised);
    world.keeper.tell(None);
    assert!(matches!(result, Err(DeskError::Damaged(_))), "{result:?}");
    // The control: what the root signed is believed.
    let text = statement(&world, (ROOT, &world.old.root), &right);
    world.keeper.tell(Some(about_keys(move |keys| {
        keys.statements.push(text.clone());
        keys.recovery = Some(other.clone());
    })));
    assert!(cora.open_case("second", Service::Supervised).is_ok());
    world.keeper.tell(None);
}

/// The trustees take a new key just after ada's desk has looked the old one up. Whether the case she then opens is
/// sealed to the new one.
fn raced(guarded: bool) -> bool {
    let world = World::new();
    let (new, recovered) = world.new_key(&TRUSTEES);
    let new = Mutex::new(Some(new));
    let old = Recovered {
        recovery: HybridIdentity::parse(world.old.recovery.to_text().expose()).unwrap(),
        root: SigningKey::parse(&world.old.root.to_text()).unwrap(),
    };
    let mut ada = sign_in(&world.keeper, "ada");
    world.keeper.tell(Some(Box::new(move |keeper, _, answer| {
        let Outcome::Done(served) = &answer.outcome else {
            return;
        };
        if !matches!(served.as_ref(), Served::Keys(_)) {
            return;
        }
        let Some(mut new) = new.lock().unwrap().take() else {
            return;
        };
        let mut cora = sign_in_claimed(keeper);
        cora.rotate_recovery(&old, &mut new).unwrap();
        if !guarded {
            keeper.run(|vault| vault.recovery_changed = None).unwrap();
        }
    })));
    let case = match ada.open_case("second", Service::Supervised) {
        Err(DeskError::Busy(_)) if guarded => ada.open_case("second", Service::Supervised),
        other => other,
    };
    let case = case.unwrap().id;
    world.keeper.tell(None);
    world.opens_case(case, &recovered.recovery)
}

#[test]
fn nothing_is_sealed_to_a_key_that_was_given_up_meanwhile() {
    assert!(raced(true));
    // The planted control: without the keeper's guard the case is sealed to the old key.
    assert!(!raced(false));
}
