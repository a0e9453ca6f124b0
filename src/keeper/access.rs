//! Access: who can open what, by keys and by policy, over the whole vault.
//!
//! Nobody whom the policy permits in some case lacks a key, and nobody else holds one. A key that waits to be
//! sealed on is an errand and counted apart. What is not the asker's to know is in no answer and no count.

use std::collections::BTreeSet;

use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::access::held::Held;
use crate::keeper::access::permitted::Answers;
use crate::keeper::acts::Act;
use crate::keeper::facts::RecordFacts;
use crate::keeper::headers::records_of;
use crate::keeper::members::RollData;
use crate::keeper::message::access::Difference;
use crate::keeper::message::access::Opens;
use crate::keeper::message::access::ServedAccess;
use crate::keeper::message::answer::HeaderGroup;
use crate::keeper::message::answer::Served;
use crate::keeper::policy::question::Resource;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::settle::readers;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;

pub(crate) mod compare;
pub(crate) mod held;
pub(crate) mod permitted;
pub(crate) mod sample;
pub(crate) mod stray;

/// Why a person who may read a record does not hold its key, where that is no fault.
pub(crate) const WAITS: &str = "may read it; the key waits to be sealed on";

impl Vault {
    /// Compares keys and policy over all that the asker may know of, and serves headers for their desk to
    /// try.
    pub(crate) fn check_access(&mut self, request: &Request) -> Result<Step, Stop> {
        let permit = self.permit(request, Act::CheckAccess, Resource::Vault)?;
        let mut records = Vec::new();
        for record in self.record_ids() {
            records.extend(self.record(record)?);
        }
        let mut known = BTreeSet::new();
        for record in &records {
            if self.may_know_of(request, record)? {
                known.insert(record.id);
            }
        }
        let (differences, errands) = self.compare(&records, &known)?;
        let sample = self.sample(request.asker.id, &known)?;
        let tried = sample.iter().flat_map(|(_, _, all)| records_of(all));
        let tried: BTreeSet<RecordId> = tried.collect();
        let entry = request.entry(Act::CheckAccess);
        let pledge = self.log(permit, entry.listing(tried.into_iter().collect()))?;
        Ok(Step::serving(pledge, move |vault, logged| {
            let mut groups = Vec::new();
            for (way, lock, all) in sample {
                groups.push(HeaderGroup {
                    chain: vault.chain(logged, &way)?,
                    headers: vault.headers(logged, all, lock)?,
                });
            }
            Ok(Served::Access(Box::new(ServedAccess {
                differences,
                errands,
                groups,
            })))
        }))
    }

    /// Everyone who may read a record, or holds a key to it.
    pub(crate) fn who_may_read(
        &mut self,
        request: &Request,
        record: RecordId,
    ) -> Result<Step, Stop> {
        let facts = self
            .record(record)?
            .ok_or_else(|| self.unknown(request, Act::WhoMayRead))?;
        let permit = self.permit_record(request, Act::WhoMayRead, &facts)?;
        let held = self.all_held()?;
        let mut answers = Answers::new();
        let mut readers = Vec::new();
        for account in self.people.all() {
            let opens = self.opens(&facts, account.id, (&held, &mut answers))?;
            readers.extend(opens);
        }
        let entry = request.entry(Act::WhoMayRead).about(record);
        let pledge = self.log(permit, entry)?;
        Ok(Step::serving(pledge, move |_, _| {
            Ok(Served::Opens(readers))
        }))
    }

    /// Every record that somebody may read or holds a key to, among those the asker may know of.
    pub(crate) fn access_of(&mut self, request: &Request, user: UserId) -> Result<Step, Stop> {
        let account = self.people.account(user).ok_or(Stop::Unknown)?.clone();
        let permit = self.permit(request, Act::AccessOf, Resource::Account(&account))?;
        let held = self.all_held()?;
        let mut answers = Answers::new();
        let mut found = Vec::new();
        for record in self.record_ids() {
            let Some(facts) = self.record(record)? else {
                continue;
            };
            if self.may_know_of(request, &facts)? {
                found.extend(self.opens(&facts, user, (&held, &mut answers))?);
            }
        }
        let listed = found.iter().map(|one| one.record).collect();
        let entry = request.entry(Act::AccessOf).listing(listed);
        let pledge = self.log(permit, entry)?;
        Ok(Step::serving(pledge, move |_, _| Ok(Served::Opens(found))))
    }

    /// How a person stands to a record; `None` when they may not read it and hold no key to it.
    fn opens(
        &self,
        record: &RecordFacts,
        user: UserId,
        (held, answers): (&Held, &mut Answers),
    ) -> Result<Option<Opens>, Broken> {
        let rule = self.permitted(record, answers)?.remove(&user);
        let (whole, _) = self.sealed_whole(record)?;
        let keys = whole
            .iter()
            .any(|id| held.by.get(id).is_some_and(|who| who.contains(&user)));
        if !keys && rule.is_none() {
            return Ok(None);
        }
        let says = match &rule {
            Some(rule) if keys => self.policy.says(rule).unwrap_or_default().to_owned(),
            Some(_) => WAITS.to_owned(),
            None => compare::STRAY.to_owned(),
        };
        Ok(Some(Opens {
            record: record.id,
            user,
            keys,
            policy: rule.is_some(),
            says,
        }))
    }

    /// Everyone for whom a record's key is meant, whether or not they have it yet.
    pub(crate) fn meant_for(
        &self,
        record: &RecordFacts,
        roll: &RollData,
    ) -> Result<BTreeSet<UserId>, Broken> {
        let mut people = BTreeSet::new();
        for id in &record.compartments {
            let Some(facts) = self.compartment(*id)? else {
                continue;
            };
            if let Some(ought) = self.ought_to_hold(&facts, roll)? {
                people.extend(readers(&ought, roll));
            }
        }
        Ok(people)
    }

    /// A difference, in words.
    pub(crate) fn difference(
        &self,
        (record, user): (Option<RecordId>, Option<UserId>),
        (keys, policy): (&str, bool),
        says: &str,
    ) -> Difference {
        let handle = user.and_then(|user| self.people.account(user));
        Difference {
            record,
            user: handle.map(|account| account.handle.clone()),
            keys: keys.to_owned(),
            policy: if policy { "yes" } else { "no" }.to_owned(),
            says: says.to_owned(),
        }
    }
}
