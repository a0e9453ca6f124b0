//! The second half of a turn: the old key's end at every place, and what is written down of it.

use crate::keeper::backup;
use crate::keeper::facts::Certificate;
use crate::keeper::facts::PlaceFacts;
use crate::keeper::turn::escrow::EscrowPlace;
use crate::keeper::turn::key_place::KeyPlace as _;
use crate::keeper::turn::steps::SHARES_TO_OPEN;
use crate::keeper::turn::world::Stuck;
use crate::keeper::turn::world::World;
use crate::keeper::turn::world::no_keys;
use crate::keeper::turn::world::stuck_at;

impl World<'_> {
    /// The backup places that hold no backup of the current generation.
    pub(super) fn without_backup(&self) -> Result<Vec<PlaceFacts>, Stuck> {
        let mut places = self.vault.backup_places()?;
        places.retain(|place| !self.holds_backup(place));
        Ok(places)
    }

    pub(super) fn holds_backup(&self, place: &PlaceFacts) -> bool {
        let found = backup::confirmed(place.dir.as_ref(), self.vault.id, self.current());
        found.unwrap_or(false)
    }

    /// The old key is kept until each of them has one: it is what opens every backup made before.
    pub(super) fn back_up(&mut self) -> Result<(), Stuck> {
        for place in self.without_backup()? {
            let made = self.vault.back_up_to(place.dir.as_ref());
            made.map_err(|error| {
                Stuck::Place(format!(
                    "no backup could be made at {}, so the old key is kept: {error}",
                    place.name
                ))
            })?;
        }
        Ok(())
    }

    pub(super) fn destroy_keys(&mut self) -> Result<(), Stuck> {
        let current = self.current();
        for old in self.key_files()?.into_iter().filter(|old| *old < current) {
            self.how = self.keys.destroy(old).map_err(|error| no_keys(&error))?;
        }
        Ok(())
    }

    pub(super) fn destroy_shares(&self) -> Result<(), Stuck> {
        let current = self.current();
        for (facts, place) in self.escrow()? {
            let Ok(all) = place.list() else { continue };
            for old in all.into_iter().filter(|old| *old < current) {
                place
                    .destroy(old)
                    .map_err(|error| stuck_at(&facts, &error))?;
            }
        }
        Ok(())
    }

    /// Nothing within reach opens the old generation: not its place, not the shares together.
    pub(super) fn prove(&self) -> Result<(), Stuck> {
        let old = self.turn()?.from;
        let shares = self.shares_of(old)?;
        if self.keys.get(old).is_ok() || shares.len() >= SHARES_TO_OPEN {
            return Err(Stuck::Place(
                "the old key is still where it was destroyed; it is tried again".to_owned(),
            ));
        }
        Ok(())
    }

    pub(super) fn certify(&mut self) -> Result<(), Stuck> {
        let mut facts = self.turn()?;
        let old = facts.from;
        let (mut confirmed, mut outstanding) = (Vec::new(), Vec::new());
        for place in self.vault.places()? {
            if !place.may_hold(old) {
                continue;
            }
            let at = EscrowPlace::at(self.disk.clone(), place.dir.as_ref(), self.vault.id);
            let gone = at.list().is_ok_and(|all| !all.contains(&old));
            let list = if gone && place.is_used() {
                &mut confirmed
            } else {
                &mut outstanding
            };
            list.push(place.name);
        }
        let mut backups = self.vault.backup_places()?;
        backups.retain(|place| self.holds_backup(place));
        let backups = backups.into_iter().map(|place| place.name).collect();
        self.vault.begin();
        facts.certificate = Some(Certificate {
            at: self.vault.now(),
            generation: old,
            key: self.how,
            promise: self.keys.promise().to_owned(),
            confirmed,
            outstanding,
            backups,
            waiting: self.vault.kept.keys().map(ToString::to_string).collect(),
        });
        self.vault.put_turn(&facts)?;
        self.vault.say_turn("finished", &facts)?;
        self.commit()
    }
}
