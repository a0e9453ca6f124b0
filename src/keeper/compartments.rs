//! Compartments as rows: epochs, envelopes, the way from a person to a secret, and what is lacking.

use std::collections::BTreeSet;

use crate::bytes::unbase64url;
use crate::ids::CompartmentId;
use crate::ids::UserId;
use crate::keeper::facts::CompartmentFacts;
use crate::keeper::facts::EpochFacts;
use crate::keeper::facts::GrantState;
use crate::keeper::facts::Member;
use crate::keeper::facts::Role;
use crate::keeper::gate::Logged;
use crate::keeper::message::answer::ChainLink;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::store::Tree;
use crate::store::UnitKind;

/// How many compartments may stand between a person and a secret: person, team, case.
pub(crate) const MAX_STEPS: u32 = 3;

/// The compartment, epoch and member of a membership unit's natural name.
fn parse_membership(natural: &[u8]) -> Option<(CompartmentId, u32, &[u8])> {
    let (id, rest) = natural.split_first_chunk::<16>()?;
    let (number, member) = rest.split_first_chunk::<4>()?;
    Some((
        CompartmentId::from_bytes(*id),
        u32::from_be_bytes(*number),
        member,
    ))
}

/// A way to a secret: compartments in the order they are opened, the person's own envelope first.
pub(crate) type Way = Vec<(CompartmentId, u32, Member)>;

impl Vault {
    /// A compartment's facts.
    pub(crate) fn compartment(
        &self,
        id: CompartmentId,
    ) -> Result<Option<CompartmentFacts>, Broken> {
        self.read(&self.compartment_unit(id), Tree::Compartment, &[])
    }

    /// An epoch's facts.
    pub(crate) fn epoch(
        &self,
        id: CompartmentId,
        number: u32,
    ) -> Result<Option<EpochFacts>, Broken> {
        self.read(&self.lock(id, number), Tree::Epoch, &[])
    }

    /// A compartment with its current epoch.
    pub(crate) fn current(
        &self,
        id: CompartmentId,
    ) -> Result<Option<(CompartmentFacts, EpochFacts)>, Broken> {
        let Some(facts) = self.compartment(id)? else {
            return Ok(None);
        };
        let epoch = self
            .epoch(id, facts.epoch)?
            .ok_or(Broken::Row(Tree::Epoch))?;
        Ok(Some((facts, epoch)))
    }

    /// The compartment of a role's team, if it has one yet.
    pub(crate) fn team(&self, role: Role) -> Result<Option<CompartmentId>, Broken> {
        self.read(
            &units::vault(),
            Tree::Setting,
            team_setting(role).as_bytes(),
        )
    }

    /// Every living envelope: compartment, epoch, and the member's bytes in unit names.
    fn memberships(&self) -> impl Iterator<Item = (CompartmentId, u32, &[u8])> {
        self.keys
            .of_kind(UnitKind::Membership)
            .filter_map(|(unit, _)| parse_membership(unit.natural()))
    }

    /// The compartments and epochs a person has an envelope of.
    pub(crate) fn envelopes_of(&self, user: UserId) -> BTreeSet<(CompartmentId, u32)> {
        self.memberships_of(&Member::User(user))
    }

    /// As before, with the grants in force that somebody was given: their envelopes stand under the grants,
    /// whose compartments have one epoch.
    pub(crate) fn envelopes_and_grants_of(&self, user: UserId) -> BTreeSet<(CompartmentId, u32)> {
        let grants = self.shared.grants.values();
        let grants = grants.filter(|grant| grant.to == user && grant.state == GrantState::Active);
        let granted = grants.map(|grant| (grant.compartment, 1));
        self.envelopes_of(user).into_iter().chain(granted).collect()
    }

    /// The compartments and epochs a member has an envelope of.
    pub(crate) fn memberships_of(&self, member: &Member) -> BTreeSet<(CompartmentId, u32)> {
        let name = member.name_bytes();
        self.memberships()
            .filter(|(_, _, member)| *member == name)
            .map(|(compartment, epoch, _)| (compartment, epoch))
            .collect()
    }

    /// Who has a living envelope of an epoch.
    pub(crate) fn holders(&self, id: CompartmentId, epoch: u32) -> BTreeSet<Member> {
        let begins = units::numbered(id.as_bytes(), epoch);
        self.keys
            .beginning(UnitKind::Membership, &begins)
            .filter_map(|(unit, _)| parse_membership(unit.natural()))
            .filter_map(|(_, _, name)| Member::from_name_bytes(name))
            .collect()
    }

    /// Whether any person has an envelope of an epoch.
    pub(crate) fn is_held(&self, id: CompartmentId, epoch: u32) -> bool {
        let mut holders = self.holders(id, epoch).into_iter();
        holders.any(|member| matches!(member, Member::User(_)))
    }

    /// Every compartment but those of grants.
    pub(crate) fn compartments(&self) -> BTreeSet<CompartmentId> {
        self.keys
            .of_kind(UnitKind::Compartment)
            .filter_map(|(unit, _)| <[u8; 16]>::try_from(unit.natural()).ok())
            .map(CompartmentId::from_bytes)
            .collect()
    }

    /// The compartments to which [`Vault::way`] may find a way for a person, and perhaps more: envelopes of
    /// ended epochs count too. Reads no row.
    pub(crate) fn within_reach(&self, user: UserId) -> BTreeSet<CompartmentId> {
        let mut reached = BTreeSet::new();
        let mut through = BTreeSet::from([Member::User(user).name_bytes()]);
        for _ in 0..MAX_STEPS {
            let next: BTreeSet<CompartmentId> = self
                .memberships()
                .filter(|(_, _, member)| through.contains(*member))
                .map(|(compartment, ..)| compartment)
                .collect();
            through = next
                .iter()
                .map(|id| Member::Compartment(*id).name_bytes())
                .collect();
            reached.extend(next);
        }
        reached
    }

    /// The shortest way of living envelopes from a person to a compartment's secret.
    pub(crate) fn way(&self, user: UserId, to: CompartmentId) -> Result<Option<Way>, Broken> {
        self.way_within(user, to, MAX_STEPS)
    }

    fn way_within(
        &self,
        user: UserId,
        to: CompartmentId,
        steps: u32,
    ) -> Result<Option<Way>, Broken> {
        let Some(steps) = steps.checked_sub(1) else {
            return Ok(None);
        };
        let Some((facts, epoch)) = self.current(to)? else {
            return Ok(None);
        };
        let own = Member::User(user);
        let served = self
            .shared
            .grant_of(to)
            .is_none_or(|grant| grant.serves(self.now()));
        if !served {
            return Ok(None);
        }
        if epoch.members.contains(&own)
            && self.has_unit(&self.envelope_place(to, facts.epoch, &own).0)
        {
            return Ok(Some(vec![(to, facts.epoch, own)]));
        }
        for member in &epoch.members {
            let Member::Compartment(through) = member else {
                continue;
            };
            if !self.has_unit(&self.envelope_place(to, facts.epoch, member).0) {
                continue;
            }
            if let Some(mut way) = self.way_within(user, *through, steps)? {
                way.push((to, facts.epoch, *member));
                return Ok(Some(way));
            }
        }
        Ok(None)
    }

    /// The envelopes of a way, handed over against a durable entry.
    pub(crate) fn chain(&self, _: &Logged, way: &Way) -> Result<Vec<ChainLink>, Broken> {
        let mut chain = Vec::new();
        for (compartment, number, member) in way {
            let epoch = self
                .epoch(*compartment, *number)?
                .ok_or(Broken::Row(Tree::Epoch))?;
            let (unit, natural) = self.envelope_place(*compartment, *number, member);
            let key = self.keys.get(&unit).ok_or(Broken::NoUnit)?;
            let header = self
                .read_under(key, Tree::Envelope, &natural)?
                .ok_or(Broken::Row(Tree::Envelope))?;
            chain.push(ChainLink {
                compartment: *compartment,
                epoch: *number,
                statement: epoch.statement,
                vouchers: epoch.vouchers,
                header: header.to_vec(),
                payload: unbase64url(&epoch.secret).ok_or(Broken::Row(Tree::Epoch))?,
            });
        }
        Ok(chain)
    }

    /// Role teams with their current epochs.
    pub(crate) fn teams(&self) -> Result<Vec<(CompartmentFacts, EpochFacts)>, Broken> {
        let mut teams = Vec::new();
        for role in Role::ALL {
            if let Some(team) = self.living_team(*role)? {
                teams.extend(self.current(team)?);
            }
        }
        Ok(teams)
    }
}

pub(crate) fn team_setting(role: Role) -> String {
    format!("team {role}")
}
