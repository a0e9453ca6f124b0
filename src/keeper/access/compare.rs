//! The comparison: every record and every compartment, each difference with its name.

use std::collections::BTreeSet;

use crate::ids::CompartmentId;
use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::access::held::Held;
use crate::keeper::access::permitted::Answers;
use crate::keeper::access::permitted::Permitted;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::CompartmentFacts;
use crate::keeper::facts::Member;
use crate::keeper::facts::Purpose;
use crate::keeper::facts::RecordFacts;
use crate::keeper::members::RollData;
use crate::keeper::message::access::Difference;
use crate::keeper::settle::readers;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;

/// Someone holds a key who may not read.
pub(crate) const STRAY: &str = "holds a key to it, and no rule lets them read it";
const LACKS: &str = "may read it, has no key to it, and none waits to be sealed on";
const HOLED: &str = "may read it, but key rows of it are missing where theirs should be";
const LOST: &str = "a key was sealed to them, and its row is missing";
const MISPLACED: &str = "holds the key of a team or case it is not meant for";
const ENDED: &str = "does not work here any more, and still holds a key";
const NOBODY: &str =
    "a key row of it stands where it does not belong; nobody it is for could be found";

impl Vault {
    /// Every difference between keys and policy among the records that may be known, and how many keys wait
    /// to be sealed on.
    pub(crate) fn compare(
        &self,
        records: &[RecordFacts],
        known: &BTreeSet<RecordId>,
    ) -> Result<(Vec<Difference>, u32), Broken> {
        let (held, roll) = (self.all_held()?, self.roll()?);
        let mut answers = Answers::new();
        let mut differences = Vec::new();
        let mut waiting = 0;
        for record in records.iter().filter(|record| known.contains(&record.id)) {
            let permitted = self.permitted(record, &mut answers)?;
            let (found, errands) = self.compare_record(record, &permitted, (&held, &roll))?;
            differences.extend(found);
            waiting += errands;
        }
        for (record, id) in self.stray_headers(records)? {
            let facts = records.iter().find(|facts| facts.id == record);
            if let Some(facts) = facts.filter(|_| known.contains(&record)) {
                let permitted = self.permitted(facts, &mut answers)?;
                differences.extend(self.stray(record, id, (&held, &permitted)));
            }
        }
        differences.extend(self.compare_compartments(known, (&held, &roll))?);
        Ok((differences, waiting))
    }

    fn compare_record(
        &self,
        record: &RecordFacts,
        permitted: &Permitted,
        (held, roll): (&Held, &RollData),
    ) -> Result<(Vec<Difference>, u32), Broken> {
        let (whole, holed) = self.sealed_whole(record)?;
        let holders = |ids: &BTreeSet<CompartmentId>| -> BTreeSet<UserId> {
            let all = ids.iter().filter_map(|id| held.by.get(id));
            all.flatten().copied().collect()
        };
        let (keyed, behind_holes) = (holders(&whole), holders(&holed));
        let meant = self.meant_for(record, roll)?;
        let at = |user: UserId| (Some(record.id), Some(user));
        let mut found = Vec::new();
        let mut waiting = 0;
        for user in permitted.keys().filter(|user| !keyed.contains(user)) {
            if behind_holes.contains(user) {
                found.push(self.difference(at(*user), ("missing", true), HOLED));
            } else if meant.contains(user) {
                waiting += 1;
            } else {
                found.push(self.difference(at(*user), ("no", true), LACKS));
            }
        }
        for user in keyed.iter().filter(|user| !permitted.contains_key(user)) {
            if self.is_being_closed((&whole, *user), (held, roll))? {
                waiting += 1;
            } else {
                found.push(self.difference(at(*user), ("yes", false), STRAY));
            }
        }
        Ok((found, waiting))
    }

    /// Whether somebody who is kept apart from a case still holds these keys for no other reason than that they would
    /// be lost: until an errand has put others in their place, or because nobody else could ever read it. They are
    /// served none of it.
    fn is_being_closed(
        &self,
        (keys, user): (&BTreeSet<CompartmentId>, UserId),
        (held, roll): (&Held, &RollData),
    ) -> Result<bool, Broken> {
        for id in keys {
            let holds = held.by.get(id).is_some_and(|by| by.contains(&user));
            let Some(facts) = self.compartment(*id)?.filter(|_| holds) else {
                continue;
            };
            if !self.is_apart(facts.purpose, user)? || !self.is_last(&facts, user, roll)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is_last(
        &self,
        facts: &CompartmentFacts,
        user: UserId,
        roll: &RollData,
    ) -> Result<bool, Broken> {
        let ought = self.ought_to_hold(facts, roll)?.unwrap_or_default();
        let holders = self.holders(facts.id, facts.epoch);
        let through_team = !holders.contains(&Member::User(user));
        let waits = ought.difference(&holders).next().is_some();
        Ok(!self.is_held_by_these(facts, &ought) || (through_team && waits))
    }

    /// A header for a compartment the record is not sealed to: named with everyone who could use it.
    fn stray(
        &self,
        record: RecordId,
        id: CompartmentId,
        (held, permitted): (&Held, &Permitted),
    ) -> Vec<Difference> {
        let users = held.by.get(&id).into_iter().flatten();
        let named: Vec<Difference> = users
            .map(|user| {
                let may = permitted.contains_key(user);
                self.difference((Some(record), Some(*user)), ("stray", may), STRAY)
            })
            .collect();
        if named.is_empty() {
            return vec![self.difference((Some(record), None), ("stray", false), NOBODY)];
        }
        named
    }

    fn compare_compartments(
        &self,
        known: &BTreeSet<RecordId>,
        (held, roll): (&Held, &RollData),
    ) -> Result<Vec<Difference>, Broken> {
        let mut found = Vec::new();
        for id in self.compartments() {
            let Some(facts) = self.compartment(id)? else {
                continue;
            };
            let record = match facts.purpose {
                Purpose::Own { record } if !known.contains(&record) => continue,
                Purpose::Own { record } => Some(record),
                _ => None,
            };
            let ought = self.ought_to_hold(&facts, roll)?.unwrap_or_default();
            let meant = readers(&ought, roll);
            for member in self.holders(id, facts.epoch) {
                let Member::User(user) = member else {
                    continue;
                };
                let works = self
                    .people
                    .account(user)
                    .is_some_and(AccountFacts::may_work);
                let at = (record, Some(user));
                if !works {
                    found.push(self.difference(at, ("yes", false), ENDED));
                } else if !(meant.contains(&user)
                    || self.is_apart(facts.purpose, user)? && self.is_last(&facts, user, roll)?)
                {
                    found.push(self.difference(at, ("yes", false), MISPLACED));
                }
            }
            for (_, member) in held.lost.iter().filter(|(lost, _)| *lost == id) {
                let user = match member {
                    Member::User(user) => Some(*user),
                    Member::Compartment(_) | Member::Recovery => None,
                };
                found.push(self.difference((record, user), ("missing", true), LOST));
            }
        }
        Ok(found)
    }
}
