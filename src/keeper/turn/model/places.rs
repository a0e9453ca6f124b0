//! Places that forget what was not flushed, and the mistakes that can be made with them.

use std::collections::BTreeSet;

use crate::keeper::turn::steps::Places;
use crate::keeper::turn::steps::SHARES_TO_OPEN;
use crate::keeper::turn::steps::Seen;
use crate::keeper::turn::steps::Step;

const OLD: u32 = 1;
const NEW: u32 = 2;

/// Something that stands in a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Thing {
    /// A generation's key: which one was drawn tells a half-made one from its successor.
    Key(u32),
    Share(u32),
    Files(u32),
    Current(u32),
    Intent,
    Opened,
    Certified,
    Backup(u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Change {
    Put(Thing),
    Remove(Thing),
}

/// One place: what was flushed, and what was done to it since.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
struct Place {
    durable: BTreeSet<Thing>,
    since: Vec<Change>,
}

impl Place {
    fn apply(things: &mut BTreeSet<Thing>, change: Change) {
        match change {
            // Naming another current generation takes the place of the one before, in one rename.
            Change::Put(Thing::Current(one)) => {
                things.retain(|thing| !matches!(thing, Thing::Current(_)));
                things.insert(Thing::Current(one));
            }
            Change::Put(thing) => {
                things.insert(thing);
            }
            Change::Remove(thing) => {
                things.remove(&thing);
            }
        }
    }

    fn shown(&self) -> BTreeSet<Thing> {
        let mut things = self.durable.clone();
        for change in &self.since {
            Self::apply(&mut things, *change);
        }
        things
    }

    /// What may be found when the power comes back.
    fn after_cut(&self) -> Vec<Self> {
        let mut found = Vec::new();
        for which in 0..1_u32 << self.since.len() {
            let mut durable = self.durable.clone();
            for (at, change) in self.since.iter().enumerate() {
                if which >> at & 1 == 1 {
                    Self::apply(&mut durable, *change);
                }
            }
            found.push(Self {
                durable,
                since: Vec::new(),
            });
        }
        found
    }
}

/// Where everything is: the keys' folder, the vault with its ledger, three escrow places, a backup.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct World([Place; 6]);

const KEYS: usize = 0;
const VAULT: usize = 1;
pub(super) const ESCROW: [usize; 3] = [2, 3, 4];
const BACKUP: usize = 5;

impl World {
    /// A vault in its first generation, whose turn has just been decided on, with escrow and a backup.
    pub(super) fn begin() -> Self {
        let place = |things: &[Thing]| Place {
            durable: things.iter().copied().collect(),
            since: Vec::new(),
        };
        let share = place(&[Thing::Share(OLD)]);
        Self([
            place(&[Thing::Key(OLD)]),
            place(&[Thing::Files(OLD), Thing::Current(OLD), Thing::Intent]),
            share.clone(),
            share.clone(),
            share,
            place(&[Thing::Backup(OLD)]),
        ])
    }

    pub(super) fn after_cut(&self) -> Vec<Self> {
        let mut worlds = vec![self.clone()];
        for at in 0..self.0.len() {
            worlds = worlds
                .iter()
                .flat_map(|world| {
                    world.0[at].after_cut().into_iter().map(|place| {
                        let mut next = world.clone();
                        next.0[at] = place;
                        next
                    })
                })
                .collect();
        }
        worlds
    }

    /// Whether the certificate is written.
    pub(super) fn is_certified(&self) -> bool {
        self.has(VAULT, Thing::Certified)
    }

    fn has(&self, place: usize, thing: Thing) -> bool {
        self.0[place].shown().contains(&thing)
    }

    fn shares(&self, generation: u32) -> usize {
        let has = |place: &&usize| self.has(**place, Thing::Share(generation));
        ESCROW.iter().filter(has).count()
    }

    fn current(&self) -> u32 {
        if self.has(VAULT, Thing::Current(NEW)) {
            NEW
        } else {
            OLD
        }
    }

    /// What must never be; in words.
    pub(super) fn wrong(&self) -> Option<&'static str> {
        let current = self.current();
        if !self.has(VAULT, Thing::Files(current)) {
            return Some("the vault does not open");
        }
        if !self.has(KEYS, Thing::Key(current)) {
            return Some("the vault opens only by calling the trustees");
        }
        let opens = |one: &u32| {
            self.has(BACKUP, Thing::Backup(*one)) && self.shares(*one) >= SHARES_TO_OPEN
        };
        if ![OLD, NEW].iter().any(opens) {
            return Some("no backup opens when the machine is lost");
        }
        if self.has(VAULT, Thing::Certified) {
            if self.has(KEYS, Thing::Key(OLD)) {
                return Some("certified, and the old key exists");
            }
            if self.shares(OLD) >= SHARES_TO_OPEN {
                return Some("certified, and two shares of the old key exist");
            }
        }
        None
    }
}

/// A mistake that is made on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mistake {
    None,
    NoBackupGate,
    OldKeyGoneButNotFlushed,
    OldSharesGoneButNotFlushed,
    OneConfirmationIsEnough,
    FilesNotFlushed,
    NewKeyNotFlushed,
}

/// A run: counts operations, and loses power after some.
pub(super) struct Run {
    pub(super) world: World,
    pub(super) mistake: Mistake,
    pub(super) away: BTreeSet<usize>,
    pub(super) left: usize,
}

pub(super) struct PowerGone;

impl Run {
    fn operation(&mut self) -> Result<(), PowerGone> {
        if self.left == 0 {
            return Err(PowerGone);
        }
        self.left -= 1;
        Ok(())
    }

    fn change(&mut self, place: usize, change: Change) -> Result<(), PowerGone> {
        self.operation()?;
        self.world.0[place].since.push(change);
        Ok(())
    }

    fn flush(&mut self, place: usize) -> Result<(), PowerGone> {
        self.operation()?;
        let shown = self.world.0[place].shown();
        self.world.0[place] = Place {
            durable: shown,
            since: Vec::new(),
        };
        Ok(())
    }

    fn put(&mut self, place: usize, thing: Thing, flushed: bool) -> Result<(), PowerGone> {
        self.change(place, Change::Put(thing))?;
        if flushed { self.flush(place) } else { Ok(()) }
    }

    fn remove(&mut self, place: usize, thing: Thing, flushed: bool) -> Result<(), PowerGone> {
        self.change(place, Change::Remove(thing))?;
        if flushed { self.flush(place) } else { Ok(()) }
    }

    fn reached(&self) -> Vec<usize> {
        let here = |place: &usize| !self.away.contains(place);
        ESCROW.into_iter().filter(here).collect()
    }

    fn remove_shares(&mut self, generation: u32) -> Result<(), PowerGone> {
        let flushed = self.mistake != Mistake::OldSharesGoneButNotFlushed || generation == NEW;
        for place in self.reached() {
            if self.world.has(place, Thing::Share(generation)) {
                self.remove(place, Thing::Share(generation), flushed)?;
            }
        }
        Ok(())
    }
}

impl Places for Run {
    type Stuck = PowerGone;

    fn look(&mut self) -> Result<Seen, PowerGone> {
        let (world, current) = (&self.world, self.world.current());
        let holds = |place: &&usize| world.has(**place, Thing::Share(OLD));
        let here = self.reached().iter().filter(holds).count();
        let away = match self.mistake {
            Mistake::OneConfirmationIsEnough => 0,
            _ => self.away.iter().filter(holds).count(),
        };
        let turning = !world.has(VAULT, Thing::Certified);
        let new_share = ESCROW
            .iter()
            .any(|place| world.has(*place, Thing::Share(NEW)));
        let half_made = current == OLD
            && (world.has(KEYS, Thing::Key(NEW))
                || world.has(VAULT, Thing::Files(NEW))
                || new_share);
        Ok(Seen {
            leaves: turning.then_some(OLD),
            current,
            half_made,
            opened: world.has(VAULT, Thing::Opened),
            backed_up: world.has(BACKUP, Thing::Backup(NEW))
                || self.mistake == Mistake::NoBackupGate,
            old_key: current == NEW && world.has(KEYS, Thing::Key(OLD)),
            old_shares: if current == NEW { here } else { 0 },
            away,
            old_files: current == NEW && world.has(VAULT, Thing::Files(OLD)),
        })
    }

    fn perform(&mut self, step: Step) -> Result<(), PowerGone> {
        match step {
            Step::ThrowAway => {
                self.remove(KEYS, Thing::Key(NEW), true)?;
                self.remove_shares(NEW)?;
                self.remove(VAULT, Thing::Files(NEW), true)
            }
            Step::MakeKey => {
                let flushed = self.mistake != Mistake::NewKeyNotFlushed;
                self.put(KEYS, Thing::Key(NEW), flushed)
            }
            Step::PlaceEscrow => {
                for place in self.reached() {
                    self.put(place, Thing::Share(NEW), true)?;
                }
                Ok(())
            }
            Step::WriteFiles => {
                let flushed = self.mistake != Mistake::FilesNotFlushed;
                self.put(VAULT, Thing::Files(NEW), flushed)
            }
            Step::Verify | Step::Prove => Ok(()),
            // A pointer of its own directory: its flush does not flush the files beside it.
            Step::Switch => {
                self.change(VAULT, Change::Put(Thing::Current(NEW)))?;
                self.operation()?;
                let vault = &mut self.world.0[VAULT];
                vault
                    .since
                    .retain(|one| *one != Change::Put(Thing::Current(NEW)));
                Place::apply(&mut vault.durable, Change::Put(Thing::Current(NEW)));
                Ok(())
            }
            Step::Open => self.put(VAULT, Thing::Opened, true),
            Step::BackUp => self.put(BACKUP, Thing::Backup(NEW), true),
            Step::DestroyKey => {
                let flushed = self.mistake != Mistake::OldKeyGoneButNotFlushed;
                self.remove(KEYS, Thing::Key(OLD), flushed)
            }
            Step::DestroyShares => self.remove_shares(OLD),
            Step::Certify => self.put(VAULT, Thing::Certified, true),
            Step::Tidy => self.remove(VAULT, Thing::Files(OLD), true),
        }
    }
}
