//! Whatever people do in whatever order, and whenever the power fails: keys and policy agree, every present
//! header names the present epoch, and the next desk to come leaves nothing undone.

use std::path::Path;

use tempfile::TempDir;

use crate::desk::DeskError;
use crate::desk::Filing;
use crate::desk::forgery::kit::Centre;
use crate::desk::forgery::kit::copy;
use crate::desk::forgery::kit::filing;
use crate::desk::forgery::kit::paths;
use crate::desk::forgery::kit::sign_in;
use crate::desk::forgery::rekey::enrol;
use crate::ids::CaseId;
use crate::keeper::Keeper;
use crate::keeper::facts::Role;

/// How many sequences, and how many acts each.
const RUNS: u64 = 3;
const ACTS: usize = 14;

/// Everyone but ada, who is always there.
const PEOPLE: [&str; 6] = ["sam", "vera", "cora", "saf", "dpl", "otto"];

/// Knuth's MMIX generator; its upper bits.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

struct World {
    dir: TempDir,
    keeper: Keeper,
    cases: [CaseId; 2],
    records: Vec<String>,
}

impl World {
    fn new() -> Self {
        let centre = Centre::new();
        for (handle, role) in [
            ("cora", Role::Coordinator),
            ("saf", Role::SafeguardingLead),
            ("dpl", Role::DataProtectionLead),
            ("otto", Role::Staff),
        ] {
            enrol(&centre.keeper, handle, role);
        }
        let (cases, records) = (centre.cases, centre.records);
        let (dir, keeper) = centre.into_parts();
        Self {
            dir,
            keeper,
            cases,
            records: records.iter().map(ToString::to_string).collect(),
        }
    }

    /// The power fails: what is on disk now is all there is.
    fn crash(&mut self) {
        let after = tempfile::tempdir().unwrap();
        let places = |dir: &Path| (paths(dir).dir, paths(dir).keys);
        let (from, to) = (places(self.dir.path()), places(after.path()));
        copy(&from.0, &to.0);
        copy(&from.1, &to.1);
        self.keeper = Keeper::open(&paths(after.path()), &[]).unwrap();
        self.dir = after;
    }

    /// One act of somebody's at random. Refusals are answers like any other.
    fn act(&mut self, dice: &mut Dice) -> String {
        let who = PEOPLE[dice.roll(PEOPLE.len())];
        let case = self.cases[dice.roll(2)];
        let record = self.records[dice.roll(self.records.len())].clone();
        let what = dice.roll(9);
        if what == 8 {
            self.crash();
            return "crash".to_owned();
        }
        if what == 7 {
            // Whoever it is signs in, if they may, and so does what their desk can do.
            let desk = crate::desk::Desk::sign_in(
                &self.keeper,
                who,
                &crate::desk::forgery::kit::passphrase(who),
                None,
            );
            return format!("{who} signs in: {}", desk.is_ok());
        }
        let mut ada = sign_in(&self.keeper, "ada");
        let case = case.to_string();
        let done: Result<(), DeskError> = match what {
            0 => ada.add_to_team(&case, who).map(drop),
            1 => ada.remove_from_team(&case, who).map(drop),
            2 => ada.suspend_user(who).map(drop),
            3 => ada.resume_user(who).map(drop),
            4 => ada.exclude(&record, who),
            5 => ada.restrict(
                &record,
                &std::collections::BTreeSet::from([Role::Coordinator, Role::Staff]),
            ),
            _ => {
                let about = Filing {
                    about: vec![who.to_owned()],
                    ..filing(case.parse().unwrap())
                };
                ada.file(&about)
                    .map(|filed| self.records.push(filed.id.to_string()))
            }
        };
        match done {
            Ok(()) => format!("{what} {who}"),
            Err(DeskError::Refused { code, .. }) => format!("{what} {who}: {code}"),
            Err(other) => panic!("{what} {who}: {other:?}"),
        }
    }

    /// No difference, whether or not anything waits.
    fn agrees(&self, said: &[String]) -> u32 {
        assert!(self.keeper.headers_are_whole(), "{said:#?}");
        let (differences, errands) = self.keeper.compared();
        assert_eq!(differences, [], "{said:#?}");
        errands
    }
}

#[test]
fn keys_and_policy_agree_whatever_is_done() {
    for run in 0..RUNS {
        let mut dice = Dice(run * 7919 + 2026);
        let mut world = World::new();
        let mut said = Vec::new();
        for _ in 0..ACTS {
            said.push(world.act(&mut dice));
            world.agrees(&said);
        }
        // Everyone who may signs in again, until nobody finds anything to do.
        for who in PEOPLE {
            if let Err(error) = sign_in(&world.keeper, "ada").resume_user(who) {
                assert!(matches!(error, DeskError::Refused { .. }));
            }
        }
        for _ in 0..2 {
            for who in PEOPLE.iter().chain(&["ada"]) {
                drop(sign_in(&world.keeper, who));
            }
        }
        assert_eq!(world.agrees(&said), 0, "{said:#?}");
        let locks = world.keeper.locks();
        let waits = locks.iter().find(|lock| lock.rekey_pending.is_some());
        assert_eq!(waits, None, "{said:#?}");
    }
}

/// The planted control: were envelopes of those who leave not ended, the comparison would say so.
#[test]
fn a_vault_that_forgets_to_end_envelopes_is_caught() {
    let world = World::new();
    let mut ada = sign_in(&world.keeper, "ada");
    let case = world.cases[0].to_string();
    let record = &world.records[0];
    assert_eq!(world.agrees(&[]), 0);
    world.keeper.run(|vault| vault.forgetful = true).unwrap();
    ada.remove_from_team(&case, "sam").unwrap();
    let (differences, _) = world.keeper.compared();
    assert!(
        differences
            .iter()
            .any(|one| one.user.as_deref() == Some("sam")
                && one.record.map(|id| id.to_string()).as_ref() == Some(record))
    );
}
