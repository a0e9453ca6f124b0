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
use crate::keeper::members::OwnMembers;
use crate::keeper::members::RollData;
use crate::keeper::message::answer::ChainLink;
use crate::keeper::message::answer::Errand;
use crate::keeper::message::answer::Served;
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
use crate::store::Tree;

/// The natural key of the setting that holds the trustees' recovery recipient.
pub(crate) const RECOVERY: &[u8] = b"recovery";

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
        Ok(self.lacks(asker.id)?.next().transpose()?.is_some())
    }

    /// Serves the asker's errands.
    pub(crate) fn look_up_errands(&mut self, request: &Request) -> Result<Step, Stop> {
        let permit = self.permit(request, Act::LookUpErrands, Resource::Vault)?;
        let user = request.asker.id;
        let pledge = self.log(permit, request.entry(Act::LookUpErrands))?;
        Ok(Step::serving(pledge, move |vault, logged| {
            Ok(Served::Errands(vault.errands(logged, user)?))
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
        Ok(Step::done(pledge))
    }

    /// Whether a member took new keys that a desk with this much of the ledger may not have seen.
    fn has_newer_keys(&self, member: &Member, seen: u64) -> bool {
        let Member::User(user) = member else {
            return false;
        };
        self.succeeded.get(user).is_some_and(|index| *index >= seen)
    }

    /// What this person's desk should seal on, and the ways to it.
    pub(crate) fn errands(&self, logged: &Logged, user: UserId) -> Result<Vec<Errand>, Broken> {
        let mut errands = Vec::new();
        for lack in self.lacks(user)? {
            let Lack {
                facts,
                members,
                way,
            } = lack?;
            errands.push(Errand {
                compartment: facts.id,
                epoch: facts.epoch,
                members: members.into_iter().collect(),
                signed: self.signed_members(facts.purpose)?,
                chain: self.chain(logged, &way)?,
            });
        }
        Ok(errands)
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
        if members.is_empty() || self.hidden_from(&facts, user)? {
            return Ok(None);
        }
        Ok(self.way(user, id)?.map(|way| Lack {
            facts,
            members,
            way,
        }))
    }

    /// Whether a compartment is of a record that does not exist for this person, whatever keys they hold.
    fn hidden_from(&self, facts: &CompartmentFacts, user: UserId) -> Result<bool, Broken> {
        let Purpose::Own { record } = facts.purpose else {
            return Ok(false);
        };
        let record = self.record(record)?;
        Ok(record.is_some_and(|record| record.excluded.contains(&user)))
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

    /// Who ought to hold a compartment's key.
    pub(crate) fn ought_to_hold(
        &self,
        facts: &CompartmentFacts,
        roll: &RollData,
    ) -> Result<Option<BTreeSet<Member>>, Broken> {
        Ok(match facts.purpose {
            Purpose::Team { role } => Some(roll.as_roll().team(role)),
            Purpose::Case { case } => self.case(case)?.map(|case| roll.as_roll().case(&case.team)),
            Purpose::Own { record } => match self.record(record)? {
                Some(record) => {
                    let case = record
                        .case
                        .map(|case| self.case(case))
                        .transpose()?
                        .flatten();
                    let team = case.map(|case| case.team).unwrap_or_default();
                    let rules = self.rules.of(&record.kind);
                    Some(roll.as_roll().own(&OwnMembers {
                        readers: &rules.people.readers,
                        team: &team,
                        excluded: &record.excluded,
                        deciders: &record.deciders,
                        handler: record.handler,
                        emergency: rules.people.break_glass,
                    }))
                }
                None => None,
            },
            Purpose::People | Purpose::Grant { .. } => None,
        })
    }

    /// The statements that say who is meant to hold the key of a compartment.
    fn signed_members(&self, purpose: Purpose) -> Result<Vec<String>, Broken> {
        let team = match purpose {
            Purpose::Case { case } => self.team_statement(case)?,
            _ => None,
        };
        Ok(team.into_iter().collect())
    }

    /// Who is there to be a member.
    pub(crate) fn roll(&self) -> Result<RollData, Broken> {
        let mut teams = std::collections::BTreeMap::new();
        for role in Role::ALL {
            if let Some(team) = self.team(*role)? {
                teams.insert(*role, team);
            }
        }
        let recovery: Option<String> = self.read(&units::vault(), Tree::Setting, RECOVERY)?;
        Ok(RollData {
            accounts: self.people.all(),
            teams,
            recovery: recovery.is_some(),
        })
    }

    /// The roll as it will be with an account that is new or has changed.
    pub(crate) fn roll_with(&self, account: &AccountFacts) -> Result<RollData, Broken> {
        let mut roll = self.roll()?;
        roll.accounts.retain(|known| known.id != account.id);
        roll.accounts.push(account.clone());
        Ok(roll)
    }
}
