//! Errands: what keys lack against policy, found by comparing each compartment's members with who ought
//! to be one. A desk that can open the secret seals it on; the keeper takes only what was lacking.

use std::collections::BTreeSet;

use crate::ids::CompartmentId;
use crate::ids::UserId;
use crate::keeper::acts::Act;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::CompartmentFacts;
use crate::keeper::facts::EpochFacts;
use crate::keeper::facts::GrantState;
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
use crate::keeper::policy::question::Resource;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::store::Tree;
use crate::store::UnitKind;

/// The natural key of the setting that holds the trustees' recovery recipient.
pub(crate) const RECOVERY: &[u8] = b"recovery";

impl Vault {
    /// Serves the asker's errands, or takes the envelopes made for them.
    pub(crate) fn fill_errands(
        &mut self,
        request: &Request,
        filled: &[NewEnvelope],
    ) -> Result<Step, Stop> {
        let permit = self.permit(request, Act::FillErrands, Resource::Vault)?;
        let user = request.asker.id;
        for envelope in filled {
            let lacking = self.lacking(envelope.compartment)?;
            let fits = lacking.is_some_and(|(facts, members)| {
                facts.epoch == envelope.epoch && members.contains(&envelope.member)
            });
            if !fits || self.way(user, envelope.compartment)?.is_none() {
                return Err(Stop::Stale);
            }
        }
        for envelope in filled {
            self.put_envelope(envelope)?;
        }
        let pledge = self.log(permit, request.entry(Act::FillErrands))?;
        Ok(Step::serving(pledge, move |vault, logged| {
            Ok(Served::Errands {
                errands: vault.errands(logged, user)?,
                own: vault.own_envelopes(logged, user)?,
            })
        }))
    }

    /// How many compartments this person's desk could seal on.
    pub(crate) fn errands(&self, logged: &Logged, user: UserId) -> Result<Vec<Errand>, Broken> {
        let mut errands = Vec::new();
        for compartment in self.compartments() {
            let Some((facts, members)) = self.lacking(compartment)? else {
                continue;
            };
            if members.is_empty() {
                continue;
            }
            let Some(way) = self.way(user, compartment)? else {
                continue;
            };
            errands.push(Errand {
                compartment,
                epoch: facts.epoch,
                members: members.into_iter().collect(),
                chain: self.chain(logged, &way)?,
            });
        }
        Ok(errands)
    }

    /// Serves the asker's own envelopes, to be sealed to new keys of theirs: everyone may, whether or not
    /// they seal keys on for others.
    pub(crate) fn own_keys(&mut self, request: &Request) -> Result<Step, Stop> {
        let on = Resource::Account(&request.asker);
        let permit = self.permit(request, Act::ChangePassphrase, on)?;
        let user = request.asker.id;
        let pledge = self.log(permit, request.entry(Act::ChangePassphrase))?;
        Ok(Step::serving(pledge, move |vault, logged| {
            let own = vault.own_envelopes(logged, user)?;
            let errands = Vec::new();
            Ok(Served::Errands { errands, own })
        }))
    }

    /// The asker's own envelopes, each a way of one step.
    fn own_envelopes(&self, logged: &Logged, user: UserId) -> Result<Vec<ChainLink>, Broken> {
        let way = self
            .envelopes_of(user)
            .into_iter()
            .map(|(compartment, epoch)| (compartment, epoch, Member::User(user)))
            .collect();
        self.chain(logged, &way)
    }

    /// The compartments and epochs a person has an envelope of.
    pub(crate) fn envelopes_of(&self, user: UserId) -> BTreeSet<(CompartmentId, u32)> {
        let tail = Member::User(user).name_bytes();
        let members = self.keys.of_kind(UnitKind::Membership);
        let members = members.filter_map(|(unit, _)| {
            crate::keeper::compartments::parse_membership(unit.natural(), &tail)
        });
        // Of a grant in force the envelope stands under the grant; its compartment has one epoch.
        let grants = self.shared.grants.values();
        let grants = grants.filter(|grant| grant.to == user && grant.state == GrantState::Active);
        let granted = grants.map(|grant| (grant.compartment, 1));
        members.chain(granted).collect()
    }

    /// A compartment and who ought to hold its key but does not.
    fn lacking(
        &self,
        id: CompartmentId,
    ) -> Result<Option<(CompartmentFacts, BTreeSet<Member>)>, Broken> {
        let Some((facts, epoch)) = self.current(id)? else {
            return Ok(None);
        };
        let Some(ought) = self.ought_to_hold(&facts)? else {
            return Ok(None);
        };
        let members = without(&epoch, ought);
        Ok(Some((facts, members)))
    }

    /// Who ought to hold a compartment's key.
    pub(crate) fn ought_to_hold(
        &self,
        facts: &CompartmentFacts,
    ) -> Result<Option<BTreeSet<Member>>, Broken> {
        let roll = self.roll()?;
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
                    }))
                }
                None => None,
            },
            Purpose::People | Purpose::Grant { .. } => None,
        })
    }

    fn compartments(&self) -> Vec<CompartmentId> {
        self.keys
            .of_kind(UnitKind::Compartment)
            .filter_map(|(unit, _)| <[u8; 16]>::try_from(unit.natural()).ok())
            .map(CompartmentId::from_bytes)
            .collect()
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

    /// The roll as it will be with one more account.
    pub(crate) fn roll_with(&self, account: &AccountFacts) -> Result<RollData, Broken> {
        let mut roll = self.roll()?;
        roll.accounts.push(account.clone());
        Ok(roll)
    }
}

/// Those who ought to hold a key and do not.
fn without(epoch: &EpochFacts, ought: BTreeSet<Member>) -> BTreeSet<Member> {
    ought
        .into_iter()
        .filter(|member| !epoch.members.contains(member))
        .collect()
}
