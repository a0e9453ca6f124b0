//! The turn under every power cut there can be.
//!
//! Each place keeps what was flushed, and in order what was not. Power goes after every single operation; of
//! what was not flushed any subset may have arrived, at each place for itself. From every state that is found
//! so the turn is taken up again, and cut again, until no new state is found. In each state must hold:
//!
//! 1. the vault opens with the key that is in its place;
//! 2. when the machine is lost, some backup opens with two shares;
//! 3. after the certificate the old key is nowhere, and of its shares there is at most one.
//!
//! The mistakes that are easily made are made here on purpose, and each must be found out.

mod places;

use std::collections::BTreeSet;
use std::collections::HashSet;

use crate::keeper::turn::model::places::ESCROW;
use crate::keeper::turn::model::places::Mistake;
use crate::keeper::turn::model::places::Run;
use crate::keeper::turn::model::places::World;
use crate::keeper::turn::steps::Ended;
use crate::keeper::turn::steps::run;

/// What exploring found.
#[derive(Debug, Default)]
struct Explored {
    /// How many unlike states were found, and
    states: usize,
    /// how many cuts led to them.
    cuts: usize,
    wrong: BTreeSet<&'static str>,
    certified: bool,
    waited: bool,
}

/// Every state that can be found, from a turn that was just decided on, with these places away throughout.
fn explore(mistake: Mistake, away: &[usize]) -> Explored {
    let mut found = Explored::default();
    let mut known = HashSet::from([World::begin()]);
    let mut to_try = vec![World::begin()];
    while let Some(world) = to_try.pop() {
        found.states += 1;
        found.wrong.extend(world.wrong());
        for left in 0.. {
            let mut one = Run {
                world: world.clone(),
                mistake,
                away: away.iter().copied().collect(),
                left,
            };
            let ended = run(&mut one);
            let whole = ended.is_ok();
            found.waited |= matches!(ended, Ok(Ended::Waiting));
            found.certified |= one.world.is_certified();
            for next in one.world.after_cut() {
                found.cuts += 1;
                if known.insert(next.clone()) {
                    to_try.push(next);
                }
            }
            if whole {
                found.wrong.extend(one.world.wrong());
                break;
            }
        }
    }
    found
}

#[test]
fn power_may_go_at_any_moment() {
    let found = explore(Mistake::None, &[]);
    assert_eq!(found.wrong, BTreeSet::new());
    assert!(found.certified && !found.waited);
    assert!(found.states > 20 && found.cuts > 300, "{found:?}");
}

#[test]
fn one_place_away_holds_nothing_up_and_two_do() {
    for away in ESCROW {
        let found = explore(Mistake::None, &[away]);
        assert_eq!(found.wrong, BTreeSet::new());
        assert!(found.certified && !found.waited);
    }
    let found = explore(Mistake::None, &[ESCROW[0], ESCROW[2]]);
    assert!(!found.certified && found.waited);
}

#[test]
fn each_mistake_is_found_out() {
    let all = [
        (
            Mistake::NoBackupGate,
            "no backup opens when the machine is lost",
            &[][..],
        ),
        (
            Mistake::OldKeyGoneButNotFlushed,
            "certified, and the old key exists",
            &[],
        ),
        (
            Mistake::OldSharesGoneButNotFlushed,
            "certified, and two shares of the old key exist",
            &[],
        ),
        (
            Mistake::OneConfirmationIsEnough,
            "certified, and two shares of the old key exist",
            &[ESCROW[1], ESCROW[2]],
        ),
        (Mistake::FilesNotFlushed, "the vault does not open", &[]),
        (
            Mistake::NewKeyNotFlushed,
            "the vault opens only by calling the trustees",
            &[],
        ),
    ];
    for (mistake, expected, away) in all {
        let found = explore(mistake, away);
        assert!(
            found.wrong.contains(expected),
            "{mistake:?}: {:?}",
            found.wrong
        );
    }
}
