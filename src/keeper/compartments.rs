//! Compartments as rows: epochs, envelopes, the way from a person to a secret, and what is lacking.

use std::collections::BTreeSet;

use crate::bytes::base64url;
use crate::bytes::unbase64url;
use crate::ids::CompartmentId;
use crate::ids::UserId;
use crate::keeper::facts::CompartmentFacts;
use crate::keeper::facts::EpochFacts;
use crate::keeper::facts::GrantState;
use crate::keeper::facts::Member;
use crate::keeper::facts::Other;
use crate::keeper::facts::Purpose;
use crate::keeper::facts::Role;
use crate::keeper::gate::Logged;
use crate::keeper::message::answer::ChainLink;
use crate::keeper::message::load::EpochStatement;
use crate::keeper::message::load::NewCompartment;
use crate::keeper::message::load::NewEnvelope;
use crate::keeper::request::Stop;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::sealing::Statement;
use crate::sealing::StatementKind;
use crate::sealing::VerifyingKey;
use crate::store::Tree;
use crate::store::UnitKind;

/// How many compartments may stand between a person and a secret: person, team, case.
const MAX_STEPS: u32 = 3;

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
        let own = Member::User(user).name_bytes();
        let members = self.memberships().filter(|(_, _, member)| *member == own);
        let members = members.map(|(compartment, epoch, _)| (compartment, epoch));
        // Of a grant in force the envelope stands under the grant; its compartment has one epoch.
        let grants = self.shared.grants.values();
        let grants = grants.filter(|grant| grant.to == user && grant.state == GrantState::Active);
        let granted = grants.map(|grant| (grant.compartment, 1));
        members.chain(granted).collect()
    }

    /// As before, with the grants in force that somebody was given: their envelopes stand under the grants,
    /// whose compartments have one epoch.
    pub(crate) fn envelopes_and_grants_of(&self, user: UserId) -> BTreeSet<(CompartmentId, u32)> {
        let grants = self.shared.grants.values();
        let grants = grants.filter(|grant| grant.to == user && grant.state == GrantState::Active);
        let granted = grants.map(|grant| (grant.compartment, 1));
        self.envelopes_of(user).into_iter().chain(granted).collect()
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

    /// Checks a new compartment before anything of it is written: who vouches, for what, for whom.
    pub(crate) fn check_compartment(
        &self,
        new: &NewCompartment,
        maker: (&str, &VerifyingKey),
        purpose: Purpose,
        expected: &BTreeSet<Member>,
    ) -> Result<EpochStatement, Stop> {
        let wrong = |says: &str| Stop::Refused("bad-compartment", says.to_owned());
        let statement = Statement::parse(&new.statement)
            .map_err(|_| wrong("the epoch statement cannot be read"))?;
        let vouched = statement.kind() == StatementKind::Epoch
            && statement.vault() == self.id
            && statement.by() == maker.0
            && statement.verify(maker.1).is_ok();
        if !vouched {
            return Err(wrong("nobody vouches for the new compartment's key"));
        }
        let body: EpochStatement = statement
            .read_body()
            .ok_or_else(|| wrong("the epoch statement cannot be read"))?;
        if body.compartment != new.id || body.purpose != purpose || body.number != 1 {
            return Err(wrong("the epoch statement is about another compartment"));
        }
        if self.has_unit(&units::compartment(new.id)) {
            return Err(wrong("the compartment exists already"));
        }
        let sealed_to: BTreeSet<Member> = new
            .envelopes
            .iter()
            .map(|envelope| envelope.member)
            .collect();
        let fitting = new
            .envelopes
            .iter()
            .all(|e| e.compartment == new.id && e.epoch == 1);
        if !fitting || sealed_to.len() != new.envelopes.len() || sealed_to != *expected {
            return Err(Stop::Stale);
        }
        Ok(body)
    }

    /// Writes a checked compartment.
    pub(crate) fn put_compartment(
        &mut self,
        new: &NewCompartment,
        body: EpochStatement,
    ) -> Result<(), Broken> {
        let unit = units::compartment(new.id);
        let facts = CompartmentFacts {
            id: new.id,
            purpose: body.purpose,
            epoch: 1,
            rekey_pending: None,
            superseded: None,
            other: Other::new(),
        };
        self.make_unit(unit.clone());
        self.write(&unit, Tree::Compartment, &[], &facts)?;
        let epoch = EpochFacts {
            number: 1,
            recipient: body.recipient,
            members: BTreeSet::new(),
            secret: base64url(&new.secret),
            statement: String::from_utf8(new.statement.clone())
                .map_err(|_| Broken::Row(Tree::Epoch))?,
            vouchers: Vec::new(),
            other: Other::new(),
        };
        let unit = units::epoch(new.id, 1);
        self.make_unit(unit.clone());
        self.write(&unit, Tree::Epoch, &[], &epoch)?;
        for envelope in &new.envelopes {
            self.put_envelope(envelope)?;
        }
        if let Purpose::Team { role } = body.purpose {
            self.write(
                &units::vault(),
                Tree::Setting,
                team_setting(role).as_bytes(),
                &new.id,
            )?;
        }
        Ok(())
    }

    /// Writes one envelope and counts its member in.
    pub(crate) fn put_envelope(&mut self, new: &NewEnvelope) -> Result<(), Broken> {
        let (unit, natural) = self.envelope_place(new.compartment, new.epoch, &new.member);
        if self.shared.grant_of(new.compartment).is_none() {
            self.end_unit(unit.clone());
            self.make_unit(unit.clone());
        }
        let key = self.keys.get(&unit).ok_or(Broken::NoUnit)?.duplicate();
        self.write_under(&key, Tree::Envelope, &natural, &new.header)?;
        self.change_members(new.compartment, new.epoch, |members| {
            members.insert(new.member);
        })
    }

    /// Destroys one envelope; the compartment waits for a new key from now on.
    pub(crate) fn end_envelope(
        &mut self,
        compartment: CompartmentId,
        epoch: u32,
        member: &Member,
    ) -> Result<(), Broken> {
        self.end_unit(units::membership(compartment, epoch, member));
        self.change_members(compartment, epoch, |members| {
            members.remove(member);
        })?;
        let Some(mut facts) = self.compartment(compartment)? else {
            return Ok(());
        };
        facts.rekey_pending = facts.rekey_pending.or(Some(self.now()));
        self.write(
            &units::compartment(compartment),
            Tree::Compartment,
            &[],
            &facts,
        )
    }

    fn change_members(
        &mut self,
        compartment: CompartmentId,
        number: u32,
        change: impl FnOnce(&mut BTreeSet<Member>),
    ) -> Result<(), Broken> {
        let Some(mut epoch) = self.epoch(compartment, number)? else {
            return Ok(());
        };
        change(&mut epoch.members);
        self.write(&self.lock(compartment, number), Tree::Epoch, &[], &epoch)
    }

    /// Role teams with their current epochs.
    pub(crate) fn teams(&self) -> Result<Vec<(CompartmentFacts, EpochFacts)>, Broken> {
        let mut teams = Vec::new();
        for role in Role::ALL {
            if let Some(team) = self.team(*role)? {
                teams.extend(self.current(team)?);
            }
        }
        Ok(teams)
    }
}

fn team_setting(role: Role) -> String {
    format!("team {role}")
}
