//! The places of a turn as they are: the keys' folder, the vault's files, the escrow places, the ledger.

use std::io;
use std::sync::Arc;

use crate::keeper::facts::PlaceFacts;
use crate::keeper::facts::TurnFacts;
use crate::keeper::turn::escrow;
use crate::keeper::turn::escrow::EscrowPlace;
use crate::keeper::turn::escrow::Share;
use crate::keeper::turn::key_place::FileKeys;
use crate::keeper::turn::key_place::How;
use crate::keeper::turn::key_place::KeyPlace as _;
use crate::keeper::turn::steps::Places;
use crate::keeper::turn::steps::SHARES_TO_OPEN;
use crate::keeper::turn::steps::Seen;
use crate::keeper::turn::steps::Step;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::ledger::journal::disk::Disk;
use crate::ledger::journal::disk::RealDisk;
use crate::ledger::journal::disk::reason;
use crate::sealing::GenerationKey;
use crate::store::ReadError;
use crate::store::embedded::MARK_KEY_LABEL;

/// Why a step was not taken.
pub(super) enum Stuck {
    /// A place does not do what it has to; in words.
    Place(String),
    /// The vault cannot go on.
    Broken(Broken),
}

impl From<Broken> for Stuck {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

impl From<ReadError> for Stuck {
    fn from(error: ReadError) -> Self {
        Self::Broken(error.into())
    }
}

/// A vault and everything its turn reaches.
pub(super) struct World<'a> {
    pub(super) vault: &'a mut Vault,
    pub(super) disk: Arc<dyn Disk>,
    pub(super) keys: FileKeys,
    /// What this run has made of the next generation.
    made: Option<GenerationKey>,
    /// What was done to the old key.
    pub(super) how: How,
}

impl<'a> World<'a> {
    pub(super) fn new(vault: &'a mut Vault) -> Self {
        let keys = vault.keyring.key_place(vault.folder());
        Self {
            vault,
            disk: Arc::new(RealDisk),
            keys,
            made: None,
            how: How::Overwritten,
        }
    }

    pub(super) fn current(&self) -> u32 {
        self.vault.store.head().generation
    }

    fn next(&self) -> u32 {
        self.current().saturating_add(1)
    }

    pub(super) fn turn(&self) -> Result<TurnFacts, Stuck> {
        let facts = self.vault.unfinished_turn()?;
        facts.ok_or(Stuck::Broken(Broken::NoUnit))
    }

    pub(super) fn escrow(&self) -> Result<Vec<(PlaceFacts, EscrowPlace)>, Stuck> {
        let places = self.vault.escrow_places()?.into_iter();
        let at = |facts: PlaceFacts| {
            let place = EscrowPlace::at(self.disk.clone(), facts.dir.as_ref(), self.vault.id);
            (facts, place)
        };
        Ok(places.map(at).collect())
    }

    /// The keys' folder has to answer.
    pub(super) fn key_files(&self) -> Result<Vec<u32>, Stuck> {
        self.keys.list().map_err(|error| no_keys(&error))
    }

    fn throw_away(&mut self) -> Result<(), Stuck> {
        let next = self.next();
        self.keys.destroy(next).map_err(|error| no_keys(&error))?;
        for (facts, place) in self.escrow()? {
            if place.list().is_ok_and(|all| all.contains(&next)) {
                place
                    .destroy(next)
                    .map_err(|error| stuck_at(&facts, &error))?;
            }
        }
        self.made = None;
        self.tidy()
    }

    fn make_key(&mut self) -> Result<(), Stuck> {
        let (next, key) = (self.next(), GenerationKey::generate());
        let made = self
            .keys
            .put(next, &key)
            .and_then(|()| self.keys.get(next))
            .map_err(|error| no_keys(&error))?;
        if made.expose() != key.expose() {
            return Err(no_keys(&io::ErrorKind::InvalidData.into()));
        }
        self.made = Some(made);
        Ok(())
    }

    /// Nothing where fewer than two places were named, or no trustees: then there is no escrow, and the
    /// certificate and `doctor` say so.
    fn place_escrow(&self) -> Result<(), Stuck> {
        let places = self.escrow()?;
        let (Some(recovery), true) = (self.vault.recovery()?, places.len() >= SHARES_TO_OPEN)
        else {
            return Ok(());
        };
        let key = self.made()?;
        let log = self
            .vault
            .keyring
            .log_key()
            .map_err(|error| no_keys(&error))?;
        let value = escrow::value(&recovery, (self.next(), key), &log)
            .map_err(|error| Stuck::Place(format!("escrow: {}", reason(&error))))?;
        let shares = escrow::split(self.vault.id, self.next(), &value);
        let mut away = Vec::new();
        for (facts, place) in &places {
            let share = shares.iter().find(|share| Some(share.place) == facts.share);
            let put = share.map(|share| place.put(share));
            if let Some(Err(error)) = put {
                away.push(format!("{}: {}", facts.name, reason(&error)));
            }
        }
        if places.len() - away.len() < SHARES_TO_OPEN {
            return Err(Stuck::Place(format!(
                "fewer than two escrow places took their share of the new key ({})",
                away.join("; ")
            )));
        }
        Ok(())
    }

    fn write_files(&mut self) -> Result<(), Stuck> {
        let (vault, next) = (&self.vault, self.next());
        let table = vault
            .keys
            .seal(self.made()?, &vault.id, next)
            .map_err(|error| Broken::Store(error.to_string()))?;
        let written = self.vault.store.prepare(&table);
        written.map_err(|error| {
            Stuck::Place(format!(
                "the next generation's files cannot be written: {}",
                reason(&error)
            ))
        })
    }

    /// From the disk, with the key from its place: every living unit, and no other.
    fn verify(&self) -> Result<(), Stuck> {
        let wrong =
            |what: &str| Stuck::Place(format!("the next generation {what}; it is made anew"));
        let next = self.next();
        let key = self.keys.get(next).map_err(|error| no_keys(&error))?;
        let table = self.vault.store.prepared()?;
        let table = table.ok_or_else(|| wrong("was not found on the disk"))?;
        let living = &self.vault.keys;
        let same = living
            .is_sealed_in(&table, &key, &self.vault.id, next)
            .map_err(|_| wrong("does not open with its key"))?;
        if !same {
            return Err(wrong("holds other units than live"));
        }
        self.verify_escrow(next)
    }

    /// Every pair of shares within reach brings back one value.
    fn verify_escrow(&self, generation: u32) -> Result<(), Stuck> {
        let shares = self.shares_of(generation)?;
        let pairs = shares
            .iter()
            .enumerate()
            .flat_map(|(at, one)| shares.iter().skip(at + 1).map(move |two| (one, two)));
        for (one, two) in pairs {
            if escrow::join(one, two).is_none() {
                let says = "two escrow places do not bring the new key together; it is made anew";
                return Err(Stuck::Place(says.to_owned()));
            }
        }
        Ok(())
    }

    pub(super) fn shares_of(&self, generation: u32) -> Result<Vec<Share>, Stuck> {
        let places = self.escrow()?;
        let share = |(_, place): &(PlaceFacts, EscrowPlace)| place.get(generation).ok();
        Ok(places.iter().filter_map(share).collect())
    }

    fn switch(&mut self) -> Result<(), Stuck> {
        let key = self.made.take().ok_or(Stuck::Broken(Broken::NoUnit))?;
        self.vault.store.turn(key.derive(MARK_KEY_LABEL))?;
        self.vault.generation_key = key;
        self.vault.over = crate::keeper::turn::due::Over::default();
        Ok(())
    }

    fn made(&self) -> Result<&GenerationKey, Stuck> {
        self.made.as_ref().ok_or(Stuck::Broken(Broken::NoUnit))
    }

    fn open(&mut self) -> Result<(), Stuck> {
        let facts = TurnFacts {
            opened: true,
            ..self.turn()?
        };
        self.vault.begin();
        self.vault.put_turn(&facts)?;
        self.vault.say_turn("opened", &facts)?;
        self.commit()?;
        // Only now may nobody go back: whoever remembers the new generation refuses the old one.
        self.vault.remember(0).map_err(|error| no_keys(&error))
    }

    pub(super) fn commit(&mut self) -> Result<(), Stuck> {
        self.vault.commit()?;
        self.vault.openings.clear();
        Ok(())
    }

    fn tidy(&mut self) -> Result<(), Stuck> {
        let tidied = self.vault.store.tidy();
        tidied.map_err(|error| {
            Stuck::Place(format!(
                "files of another generation cannot be removed: {}",
                reason(&error)
            ))
        })
    }
}

impl Places for World<'_> {
    type Stuck = Stuck;

    fn look(&mut self) -> Result<Seen, Stuck> {
        let facts = self.vault.unfinished_turn()?;
        let (current, next) = (self.current(), self.next());
        let keys = self.key_files()?;
        let files = self.vault.store.others();
        let files = files.map_err(|error| Stuck::Place(reason(&error).into_owned()))?;
        let mut half_made = keys.contains(&next) || files.contains(&next);
        let (mut old_shares, mut away) = (0, 0);
        for (place, at) in self.escrow()? {
            if let Ok(all) = at.list() {
                half_made |= all.contains(&next);
                old_shares += usize::from(all.iter().any(|one| *one < current));
            } else {
                let leaves = facts.as_ref().map(|facts| facts.from);
                away += usize::from(leaves.is_some_and(|old| place.may_hold(old)));
            }
        }
        Ok(Seen {
            leaves: facts.as_ref().map(|facts| facts.from),
            current,
            half_made,
            opened: facts.as_ref().is_some_and(|facts| facts.opened),
            backed_up: facts.is_none() || self.without_backup()?.is_empty(),
            old_key: keys.iter().any(|key| *key < current),
            old_shares,
            away,
            old_files: files.iter().any(|file| *file < current),
        })
    }

    fn perform(&mut self, step: Step) -> Result<(), Stuck> {
        match step {
            Step::ThrowAway => self.throw_away(),
            Step::MakeKey => self.make_key(),
            Step::PlaceEscrow => self.place_escrow(),
            Step::WriteFiles => self.write_files(),
            Step::Verify => self.verify(),
            Step::Switch => self.switch(),
            Step::Open => self.open(),
            Step::BackUp => self.back_up(),
            Step::DestroyKey => self.destroy_keys(),
            Step::DestroyShares => self.destroy_shares(),
            Step::Prove => self.prove(),
            Step::Certify => self.certify(),
            Step::Tidy => self.tidy(),
        }?;
        #[cfg(test)]
        if let Some(watch) = &mut self.vault.watch_turn {
            watch(step);
        }
        Ok(())
    }
}

pub(super) fn no_keys(error: &io::Error) -> Stuck {
    Stuck::Place(format!("the keys' folder: {}", reason(error)))
}

pub(super) fn stuck_at(place: &PlaceFacts, error: &io::Error) -> Stuck {
    Stuck::Place(format!(
        "the old share at {} cannot be removed: {}",
        place.name,
        reason(error)
    ))
}
