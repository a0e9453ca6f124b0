//! Errands: what keys lack against policy, found by comparing each compartment's members with who ought
//! to be one. A desk that can open the secret seals it on; the keeper takes only what was lacking.
//!
//! Every sign-in asks whether there are any, so what costs is done last: whose key reaches which compartment
//! and who holds an envelope stand in the key table, in memory; only the rest is read from rows.

use std::collections::BTreeSet;

use crate::ids::CompartmentId;
use crate::ids::UserId;
use crate::keeper::acts::Act;
use crate::keeper::compartments::Way;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::CompartmentFacts;
use crate::keeper::facts::Member;
use crate::keeper::facts::Purpose;
use crate::keeper::facts::Role;
use crate::keeper::gate::Logged;
use crate::keeper::members::RollData;
use crate::keeper::message::answer::ChainLink;
use crate::keeper::message::answer::Errand;
use crate::keeper::message::answer::Errands;
use crate::keeper::message::answer::Served;
use crate::keeper::message::load::NewCompartment;
use crate::keeper::message::load::NewEnvelope;
use crate::keeper::policy::decide::Decision;
use crate::keeper::policy::decide::decide;
use crate::keeper::policy::question::Question;
use crate::keeper::policy::question::Resource;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;

/// A compartment that lacks members, seen by someone whose desk could seal it on.
struct Lack {
    facts: CompartmentFacts,
    members: BTreeSet<Member>,
    way: Way,
}

impl Vault {
    /// Whether this person's desk could seal anything on: what a sign-in is told. Of compartments out of
    /// their reach it says nothing, and of those within it no more than that one lacks somebody.
    pub(crate) fn has_errands(&self, asker: UserId) -> Result<bool, Broken> {
        let Some(asker) = self.people.account(asker) else {
            return Ok(false);
        };
        let question = Question {
            asker,
            grants: &[],
            act: Act::LookUpErrands,
            resource: Resource::Vault,
            purpose: None,
            reason: None,
        };
        if matches!(
            decide(&self.policy, &question, self.now()),
            Decision::Deny(_)
        ) {
            return Ok(false);
        }
        let lacks = self.lacks(asker.id)?.next().transpose()?.is_some();
        Ok(lacks
            || !self.to_rekey(asker)?.is_empty()
            || !self.to_confirm(asker)?.is_empty()
            || !self.to_make_by(asker)?.is_empty())
    }

    /// Serves the asker's errands.
    pub(crate) fn look_up_errands(&mut self, request: &Request) -> Result<Step, Stop> {
        let permit = self.permit(request, Act::LookUpErrands, Resource::Vault)?;
        let asker = request.asker.clone();
        let pledge = self.log(permit, request.entry(Act::LookUpErrands))?;
        Ok(Step::serving(pledge, move |vault, logged| {
            Ok(Served::Errands(Box::new(vault.errands(logged, &asker)?)))
        }))
    }

    /// Takes the envelopes made for errands: only what lacks, only from someone who holds the key, and only
    /// for keys their desk cannot have mistaken for older ones.
    pub(crate) fn fill_errands(
        &mut self,
        request: &Request,
        filled: &[NewEnvelope],
    ) -> Result<Step, Stop> {
        let permit = self.permit(request, Act::FillErrands, Resource::Vault)?;
        let user = request.asker.id;
        let roll = self.roll()?;
        for envelope in filled {
            let lack = self.lack(envelope.compartment, user, &roll)?;
            let fits = lack.is_some_and(|lack| {
                lack.facts.epoch == envelope.epoch && lack.members.contains(&envelope.member)
            });
            if !fits || self.has_newer_keys(&envelope.member, request.asked.seen) {
                return Err(Stop::Stale);
            }
        }
        for envelope in filled {
            self.put_envelope(envelope)?;
        }
        let pledge = self.log(permit, request.entry(Act::FillErrands))?;
        Ok(Step::done(pledge).telling_errands(user))
    }

    /// Takes the first epoch of a role's team, or one in place of a team whose key nobody holds any more.
    pub(crate) fn make_team(
        &mut self,
        request: &Request,
        new: &NewCompartment,
    ) -> Result<Step, Stop> {
        let permit = self.permit(request, Act::FillErrands, Resource::Vault)?;
        let Purpose::Team { role } = new.purpose else {
            return Err(Stop::BadAuth("only a role's team is made so"));
        };
        if !self.to_make_by(&request.asker)?.contains(&role) {
            return Err(Stop::Stale);
        }
        let expected = self.roll()?.as_roll().team(role);
        let by = request.asker.id.to_string();
        let maker = (by.as_str(), &request.asker.verifying);
        let body = self.check_compartment(new, maker, new.purpose, &expected)?;
        self.put_compartment(new, body, None)?;
        self.settle_everything();
        let pledge = self.log(permit, request.entry(Act::FillErrands))?;
        Ok(Step::done(pledge).telling_errands(request.asker.id))
    }

    /// The compartments whose next key this person's desk could make now.
    fn to_rekey(&self, asker: &AccountFacts) -> Result<Vec<CompartmentId>, Broken> {
        let roll = self.roll()?;
        let mut found = Vec::new();
        for id in self.within_reach(asker.id) {
            let Some(facts) = self.compartment(id)? else {
                continue;
            };
            if self.may_rekey(&facts, asker, &roll)?
                && !self.is_apart(facts.purpose, asker.id)?
                && self.ought_to_hold(&facts, &roll)?.is_some()
                && self.way(asker.id, id)?.is_some()
            {
                found.push(id);
            }
        }
        Ok(found)
    }

    /// The compartments whose present headers this person's desk could open for somebody else's sake.
    fn to_confirm(&self, asker: &AccountFacts) -> Result<Vec<CompartmentId>, Broken> {
        let mut found = Vec::new();
        for id in self.kept.keys() {
            let Some(facts) = self.compartment(*id)? else {
                continue;
            };
            if self.confirmable(&facts, asker)?
                && !self.is_apart(facts.purpose, asker.id)?
                && self.way(asker.id, *id)?.is_some()
            {
                found.push(*id);
            }
        }
        Ok(found)
    }

    /// The roles that have people and no team.
    pub(crate) fn to_make(&self) -> Result<Vec<Role>, Broken> {
        let all = self.people.all();
        let mut found = Vec::new();
        for role in Role::ALL {
            let has_people = all.iter().any(|one| one.is(*role) && one.may_work());
            // Those from outside have no key in common.
            if *role != Role::Assessor && has_people && self.living_team(*role)?.is_none() {
                found.push(*role);
            }
        }
        Ok(found)
    }

    /// The same, for somebody who is believed about a team's first key.
    fn to_make_by(&self, asker: &AccountFacts) -> Result<Vec<Role>, Broken> {
        if asker.is(Role::Coordinator) {
            self.to_make()
        } else {
            Ok(Vec::new())
        }
    }

    /// Whether a member took new keys that a desk with this much of the ledger may not have seen.
    pub(crate) fn has_newer_keys(&self, member: &Member, seen: u64) -> bool {
        let entry = match member {
            Member::User(user) => self.succeeded.get(user),
            Member::Compartment(id) => self.rekeyed.get(id),
            Member::Recovery => return self.has_newer_recovery(seen),
        };
        entry.is_some_and(|index| *index >= seen)
    }

    /// What this person's desk should do, and the ways to what it should seal on.
    pub(crate) fn errands(&self, logged: &Logged, asker: &AccountFacts) -> Result<Errands, Broken> {
        let mut seal_on = Vec::new();
        for lack in self.lacks(asker.id)? {
            let Lack {
                facts,
                members,
                way,
            } = lack?;
            let Some(entitled) = self.entitled(&facts)? else {
                continue;
            };
            seal_on.push(Errand {
                compartment: facts.id,
                epoch: facts.epoch,
                members: members.into_iter().collect(),
                entitled,
                chain: self.chain(logged, &way)?,
            });
        }
        Ok(Errands {
            seal_on,
            rekey: self.to_rekey(asker)?,
            confirm: self.to_confirm(asker)?,
            teams: self.to_make_by(asker)?,
        })
    }

    /// The compartments this person's desk could seal on, one at a time: whoever wants to know only whether
    /// there is one stops at the first.
    fn lacks(
        &self,
        user: UserId,
    ) -> Result<impl Iterator<Item = Result<Lack, Broken>> + use<'_>, Broken> {
        let roll = self.roll()?;
        let within_reach = self.within_reach(user);
        Ok(within_reach
            .into_iter()
            .filter_map(move |id| self.lack(id, user, &roll).transpose()))
    }

    /// What a compartment lacks, for someone who holds its key.
    fn lack(
        &self,
        id: CompartmentId,
        user: UserId,
        roll: &RollData,
    ) -> Result<Option<Lack>, Broken> {
        let Some(facts) = self.compartment(id)? else {
            return Ok(None);
        };
        let Some(mut members) = self.ought_to_hold(&facts, roll)? else {
            return Ok(None);
        };
        members.retain(|member| !self.has_unit(&units::membership(id, facts.epoch, member)));
        if members.is_empty() || self.stays_closed(&facts, user, roll)? {
            return Ok(None);
        }
        Ok(self.way(user, id)?.map(|way| Lack {
            facts,
            members,
            way,
        }))
    }

    /// Whether a compartment's key is not to be sealed on now by this person.
    pub(crate) fn stays_closed(
        &self,
        facts: &CompartmentFacts,
        user: UserId,
        roll: &RollData,
    ) -> Result<bool, Broken> {
        let team = matches!(facts.purpose, Purpose::Team { .. });
        Ok((team && self.is_out_of_place(facts.id, roll)?)
            || self.is_closed_to(facts, user, roll)?)
    }

    /// Serves the asker's own envelopes, to be sealed to new keys of theirs: everyone may, whether or not
    /// they seal keys on for others.
    pub(crate) fn own_keys(&mut self, request: &Request) -> Result<Step, Stop> {
        let on = Resource::Account(&request.asker);
        let permit = self.permit(request, Act::ChangePassphrase, on)?;
        let user = request.asker.id;
        let pledge = self.log(permit, request.entry(Act::ChangePassphrase))?;
        Ok(Step::serving(pledge, move |vault, logged| {
            Ok(Served::Envelopes(vault.own_envelopes(logged, user)?))
        }))
    }

    /// The asker's own envelopes, each a way of one step.
    fn own_envelopes(&self, logged: &Logged, user: UserId) -> Result<Vec<ChainLink>, Broken> {
        let way = self
            .envelopes_and_grants_of(user)
            .into_iter()
            .map(|(compartment, epoch)| (compartment, epoch, Member::User(user)))
            .collect();
        self.chain(logged, &way)
    }
}
