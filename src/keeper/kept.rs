//! What new headers have taken the place of: kept for recovery alone until somebody other than who made the
//! new ones has opened them, or for fourteen days.

use std::collections::BTreeSet;

use serde_json::json;

use crate::clock::Timestamp;
use crate::ids::CompartmentId;
use crate::ids::UserId;
use crate::keeper::entry::Entry;
use crate::keeper::facts::CompartmentFacts;
use crate::keeper::facts::Member;
use crate::keeper::facts::Place;
use crate::keeper::facts::Purpose;
use crate::keeper::facts::RecordFacts;
use crate::keeper::facts::Superseded;
use crate::keeper::headers::Lock;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::ledger::ActorHandle;
use crate::ledger::Event;
use crate::ledger::Outcome as Ending;
use crate::store::Tree;

/// How long superseded rows are kept at most: fourteen days, in milliseconds.
const KEPT_MS: u64 = 14 * 24 * 60 * 60 * 1000;

impl Vault {
    /// Reads from rows which compartments have something superseded: held in memory, because it ends by
    /// time alone.
    pub(crate) fn load_kept(&mut self) -> Result<(), Broken> {
        for id in self.compartments() {
            if let Some(facts) = self.compartment(id)? {
                self.note_kept(&facts)?;
            }
        }
        Ok(())
    }

    /// Notes since when a compartment has had something superseded, or that it has nothing any more.
    pub(crate) fn note_kept(&mut self, facts: &CompartmentFacts) -> Result<(), Broken> {
        let kept = self.kept_of(facts)?;
        match kept.iter().map(|kept| kept.since).min() {
            Some(since) => self.kept.insert(facts.id, since),
            None => self.kept.remove(&facts.id),
        };
        Ok(())
    }

    /// What is superseded by a compartment's present key: its own epochs before, and what its record was
    /// sealed to before.
    pub(crate) fn kept_of(&self, facts: &CompartmentFacts) -> Result<Vec<Superseded>, Broken> {
        let mut kept = facts.superseded.clone();
        if let Some(record) = self.record_in(facts)? {
            kept.extend(record.superseded);
        }
        Ok(kept)
    }

    /// The record whose own compartment this is now.
    fn record_in(&self, facts: &CompartmentFacts) -> Result<Option<RecordFacts>, Broken> {
        let Purpose::Own { record } = facts.purpose else {
            return Ok(None);
        };
        let record = self.record(record)?;
        Ok(record.filter(|record| record.compartments.contains(&facts.id)))
    }

    /// Whether somebody's word that the new headers open ends this: another person's, or where there is no
    /// other, their own from a later session.
    pub(crate) fn may_confirm(
        &self,
        kept: &Superseded,
        (id, user): (CompartmentId, UserId),
    ) -> Result<bool, Broken> {
        if kept.by != user {
            return Ok(true);
        }
        let signed_in = self.sessions.get(&user);
        let later = signed_in.is_some_and(|at| *at > kept.since);
        Ok(later && !self.others_hold(id, user)?)
    }

    fn others_hold(&self, id: CompartmentId, user: UserId) -> Result<bool, Broken> {
        for other in self.people.all() {
            let other_person = other.id != user && other.may_work();
            if other_person && self.way(other.id, id)?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Ends what is due: nobody has to be signed in.
    pub(crate) fn end_kept_by_time(&mut self) -> Result<(), Broken> {
        let now = self.now();
        let over = |since: Timestamp| since.plus_ms(KEPT_MS) <= now;
        let due: Vec<CompartmentId> = self
            .kept
            .iter()
            .filter(|(_, since)| over(**since))
            .map(|(id, _)| *id)
            .collect();
        for id in due {
            let Some(facts) = self.compartment(id)? else {
                self.kept.remove(&id);
                continue;
            };
            let record = self.record_in(&facts)?.map(|record| record.id);
            self.end_kept(&facts, |kept| over(kept.since))?;
            let said = json!({"ended": "superseded", "compartment": id});
            let entry = Entry::new(Event::End, Ending::Ok, ActorHandle::SERVICE, said);
            self.log_service(record.into_iter().fold(entry, Entry::about))?;
        }
        Ok(())
    }

    /// Ends what is superseded and meets the condition: its rows, envelopes and keys.
    pub(crate) fn end_kept(
        &mut self,
        facts: &CompartmentFacts,
        ends: impl Fn(&Superseded) -> bool,
    ) -> Result<(), Broken> {
        if let Some(record) = self.record_in(facts)? {
            let (gone, still): (Vec<Superseded>, Vec<Superseded>) =
                record.superseded.iter().partition(|kept| ends(kept));
            if !gone.is_empty() {
                let record = RecordFacts {
                    superseded: still,
                    ..record
                };
                self.move_on(&record, &gone)?;
                self.put_record(&record)?;
            }
        }
        let (gone, still): (Vec<Superseded>, Vec<Superseded>) =
            facts.superseded.iter().partition(|kept| ends(kept));
        for kept in &gone {
            self.end_epoch(facts, kept.epoch)?;
        }
        self.put_compartment_facts(&CompartmentFacts {
            superseded: still,
            ..facts.clone()
        })
    }

    /// Ends an epoch that another has taken the place of.
    fn end_epoch(&mut self, facts: &CompartmentFacts, number: u32) -> Result<(), Broken> {
        for of in self.sealed_under(facts)? {
            // What has one place only has moved into the epoch's own unit.
            if let Some((key, Tree::Header, natural)) = self.header_place(&of, (facts.id, number)) {
                self.drop_row_under(&key, Tree::Header, &natural)?;
            }
        }
        for member in self.holders(facts.id, number) {
            self.end_unit(units::membership(facts.id, number, &member));
        }
        self.end_unit(units::epoch(facts.id, number));
        Ok(())
    }

    /// Gives a record's versions fresh keys of the same names, under which only the rows that are meant to
    /// stay are sealed again: what stood under the keys before is over. Compartments that were the record's
    /// own end with it.
    fn move_on(&mut self, record: &RecordFacts, gone: &[Superseded]) -> Result<(), Broken> {
        let mut locks: BTreeSet<Lock> = BTreeSet::new();
        for id in self.sealed_to(record)? {
            let facts = self.compartment(id)?.ok_or(Broken::NoUnit)?;
            locks.insert((id, facts.epoch));
            locks.extend(facts.superseded.iter().map(|kept| (id, kept.epoch)));
        }
        let still = record.superseded.iter();
        locks.extend(still.map(|kept| (kept.compartment, kept.epoch)));
        for version in 1..=record.versions {
            self.renew_version(record, version, &locks, gone)?;
        }
        for kept in gone {
            let facts = self.compartment(kept.compartment)?;
            let own = Purpose::Own { record: record.id };
            if facts.is_some_and(|facts| facts.purpose == own) {
                self.retire(kept.compartment)?;
            }
        }
        Ok(())
    }

    fn renew_version(
        &mut self,
        record: &RecordFacts,
        number: u32,
        locks: &BTreeSet<Lock>,
        gone: &[Superseded],
    ) -> Result<(), Broken> {
        let unit = units::version(record.id, number);
        let before = self.keys.get(&unit).ok_or(Broken::NoUnit)?.duplicate();
        let facts = self.version(record.id, number)?.ok_or(Broken::NoUnit)?;
        let mut old = Vec::new();
        for (id, epoch) in locks {
            let key = self.header_key(&unit, &self.lock(*id, *epoch));
            old.extend(key.map(|key| ((*id, *epoch), key)));
        }
        for kept in gone {
            let lock = self.lock(kept.compartment, kept.epoch);
            let Some(key) = self.header_key(&unit, &lock) else {
                continue;
            };
            for part in &facts.parts {
                let natural = units::numbered(kept.compartment.as_bytes(), part.number);
                self.drop_row_under(&key, Tree::Header, &natural)?;
            }
        }
        self.make_unit(unit.clone());
        let after = self.keys.get(&unit).ok_or(Broken::NoUnit)?.duplicate();
        // What was said of the version, by whoever looked it over, stays with it.
        for tree in [Tree::Version, Tree::Statement, Tree::Notice] {
            self.move_row(tree, (&before, &[]), (&after, &[]))?;
        }
        for part in facts.parts.iter().filter(|part| part.place == Place::Row) {
            let natural = part.number.to_be_bytes();
            self.move_row(Tree::Part, (&before, &natural), (&after, &natural))?;
        }
        for ((id, epoch), key) in old {
            let lock = self.lock(id, epoch);
            let renewed = self.header_key(&unit, &lock).ok_or(Broken::NoUnit)?;
            for part in &facts.parts {
                let natural = units::numbered(id.as_bytes(), part.number);
                self.move_row(Tree::Header, (&key, &natural), (&renewed, &natural))?;
            }
        }
        Ok(())
    }

    /// Ends a compartment that nothing is sealed to any more: every epoch, envelope and its facts.
    pub(crate) fn retire(&mut self, id: CompartmentId) -> Result<(), Broken> {
        let Some(facts) = self.compartment(id)? else {
            return Ok(());
        };
        for number in 1..=facts.epoch {
            for member in self.holders(id, number) {
                self.end_unit(units::membership(id, number, &member));
            }
            self.end_unit(units::epoch(id, number));
        }
        self.end_unit(units::compartment(id));
        self.kept.remove(&id);
        Ok(())
    }

    /// Takes a key away from everybody but recovery, without a mark: another has taken its place.
    pub(crate) fn keep_for_recovery(&mut self, (id, epoch): Lock) -> Result<(), Broken> {
        for member in self.holders(id, epoch) {
            if member != Member::Recovery {
                self.end_unit(units::membership(id, epoch, &member));
            }
        }
        self.change_members(id, epoch, |members| {
            members.retain(|member| *member == Member::Recovery);
        })
    }
}
