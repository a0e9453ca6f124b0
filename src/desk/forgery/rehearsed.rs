//! Nobody has a rehearsal written down who did not open the dummy: it is signed by the root key, which lies in the
//! real shares alone.

use crate::desk::DeskError;
use crate::desk::forgery::kit::sign_in;
use crate::desk::forgery::trustees::TRUSTEES;
use crate::desk::forgery::trustees::World;
use crate::desk::forgery::trustees::named;
use crate::desk::link::Because;
use crate::keeper::message::Want;
use crate::keeper::message::load::Load;
use crate::sealing::HybridIdentity;
use crate::sealing::Shares;
use crate::sealing::SigningKey;
use crate::sealing::open_layer;
use crate::sealing::words_on;

/// What the first pair's rehearsal file holds.
fn dummy(shares: &Shares) -> Vec<u8> {
    let (_, outer) = &shares.files[1];
    let words = |at: usize| words_on(shares.sheets[at].1.expose());
    let inner = open_layer(outer, &words(0)).unwrap();
    let text = open_layer(inner.expose(), &words(1)).unwrap();
    text.expose().to_vec()
}

fn refused<T: std::fmt::Debug>(result: Result<T, DeskError>, expected: &str) {
    match result {
        Err(DeskError::Refused { code, .. }) => assert_eq!(code, expected),
        other => panic!("{other:?}"),
    }
}

/// Dummies that were not made with this vault's present shares, and why they are refused.
fn wrong(world: &World, right: &[u8]) -> Vec<(Vec<u8>, &'static str)> {
    let made = |recovery: &HybridIdentity, root: &SigningKey| {
        let trustees = TRUSTEES.map(|name| crate::sealing::Trustee {
            name: name.to_owned(),
            recipient: None,
        });
        dummy(&Shares::make(recovery, root, &trustees).unwrap())
    };
    let mut changed = right.to_vec();
    let at = changed.windows(6).position(|one| one == b"pair: ").unwrap();
    changed[at + 6] ^= 1;
    vec![
        (
            made(&world.old.recovery, &SigningKey::generate()),
            "other-shares",
        ),
        (
            made(&HybridIdentity::generate(), &world.old.root),
            "old-shares",
        ),
        (changed, "other-shares"),
        (
            b"# strongroom rehearsal, version 1\n".to_vec(),
            "bad-rehearsal",
        ),
    ]
}

#[test]
fn only_what_the_present_shares_dummy_held_is_written_down() {
    let world = World::new();
    let mut ada = sign_in(&world.keeper, "ada");
    let shares = ada.new_shares(&world.old, &named(&TRUSTEES)).unwrap();
    let right = dummy(&shares);
    let wrong = wrong(&world, &right);
    for (text, code) in &wrong {
        refused(ada.rehearse_recovery(text), code);
        // The keeper says the same to a desk that looks at nothing.
        let load = Load::Dummy(text.clone());
        let asked = ada.ask(Want::RehearseRecovery {}, load, Because::default());
        refused(asked, code);
    }
    assert_eq!(ada.rehearsals().unwrap(), []);
    let kept = ada.rehearse_recovery(&right).unwrap();
    assert_eq!((kept.len(), kept[0].pair.as_str()), (1, "Asha-Bryn"));
    assert_eq!(ada.rehearse_recovery(&right).unwrap().len(), 1);
    // Nobody else writes one down, or learns of them.
    for who in ["sam", "anna", "dpl"] {
        let mut desk = sign_in(&world.keeper, who);
        for result in [desk.rehearsals(), desk.rehearse_recovery(&right)] {
            assert!(matches!(result, Err(DeskError::Denied { .. })), "{who}");
        }
    }
    // With another key, nobody has rehearsed.
    let (mut new, _) = world.new_key(&TRUSTEES);
    ada.rotate_recovery(&world.old, &mut new).unwrap();
    assert_eq!(ada.rehearsals().unwrap(), []);
    refused(ada.rehearse_recovery(&right), "old-shares");
    assert_eq!(ada.rehearse_recovery(&dummy(&new.shares)).unwrap().len(), 1);

    // The planted control: a keeper that does not look writes down what never opened.
    world.keeper.run(|vault| vault.forgetful = true).unwrap();
    let load = Load::Dummy(b"made up".to_vec());
    let asked = ada.ask(Want::RehearseRecovery {}, load, Because::default());
    assert!(asked.is_ok());
    assert_eq!(ada.rehearsals().unwrap().len(), 2);
    // The desk sees it all the same.
    refused(ada.rehearse_recovery(b"made up"), "bad-rehearsal");
}
