//! Epochs as they are made and ended: who vouches for one, its envelopes, and what waits for a new one when
//! an envelope ends.

use std::collections::BTreeSet;

use crate::bytes::base64url;
use crate::ids::CompartmentId;
use crate::ids::UserId;
use crate::keeper::compartments::MAX_STEPS;
use crate::keeper::compartments::team_setting;
use crate::keeper::facts::CompartmentFacts;
use crate::keeper::facts::EpochFacts;
use crate::keeper::facts::Member;
use crate::keeper::facts::Other;
use crate::keeper::facts::Purpose;
use crate::keeper::message::load::EpochStatement;
use crate::keeper::message::load::NewCompartment;
use crate::keeper::message::load::NewEnvelope;
use crate::keeper::on_file::PEOPLE;
use crate::keeper::request::Stop;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::sealing::Statement;
use crate::sealing::StatementKind;
use crate::sealing::VerifyingKey;
use crate::store::Tree;

impl Vault {
    /// Checks a new compartment before anything of it is written: who vouches, for what, for whom.
    pub(crate) fn check_compartment(
        &self,
        new: &NewCompartment,
        maker: (&str, &VerifyingKey),
        purpose: Purpose,
        expected: &BTreeSet<Member>,
    ) -> Result<EpochStatement, Stop> {
        let body = self.check_epoch(new, maker, (purpose, 1), expected)?;
        if self.has_unit(&units::compartment(new.id)) {
            return Err(bad_compartment("the compartment exists already"));
        }
        Ok(body)
    }

    /// Checks an epoch before anything of it is written: who vouches, for what, for whom.
    pub(crate) fn check_epoch(
        &self,
        new: &NewCompartment,
        maker: (&str, &VerifyingKey),
        (purpose, number): (Purpose, u32),
        expected: &BTreeSet<Member>,
    ) -> Result<EpochStatement, Stop> {
        let wrong = bad_compartment;
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
        if body.compartment != new.id || body.purpose != purpose || body.number != number {
            return Err(wrong("the epoch statement is about another compartment"));
        }
        let sealed_to: BTreeSet<Member> = new
            .envelopes
            .iter()
            .map(|envelope| envelope.member)
            .collect();
        let fitting = new
            .envelopes
            .iter()
            .all(|e| e.compartment == new.id && e.epoch == number);
        if !fitting || sealed_to.len() != new.envelopes.len() || sealed_to != *expected {
            return Err(Stop::Stale);
        }
        Ok(body)
    }

    /// Writes a checked compartment. A record's own whose maker does not read it waits for a new key from
    /// the beginning: the maker knows the one there is.
    pub(crate) fn put_compartment(
        &mut self,
        new: &NewCompartment,
        body: EpochStatement,
        maker: Option<UserId>,
    ) -> Result<(), Broken> {
        let purpose = body.purpose;
        let mut facts = CompartmentFacts {
            id: new.id,
            purpose,
            epoch: 1,
            rekey_pending: None,
            superseded: Vec::new(),
            left: BTreeSet::new(),
            lacking: Vec::new(),
            other: Other::new(),
        };
        self.make_unit(units::compartment(new.id));
        self.put_compartment_facts(&facts)?;
        self.put_epoch(new, body)?;
        if let Purpose::Team { role } = purpose {
            if let Some(dead) = self.team(role)? {
                self.retire(dead)?;
            }
            let setting = team_setting(role);
            self.write(&units::vault(), Tree::Setting, setting.as_bytes(), &new.id)?;
        }
        if purpose == Purpose::People {
            self.write(&units::vault(), Tree::Setting, PEOPLE, &new.id)?;
        }
        let own = matches!(purpose, Purpose::Own { .. });
        if let Some(maker) = maker.filter(|_| own)
            && self.way(maker, new.id)?.is_none()
        {
            facts.rekey_pending = Some(self.now());
            facts.left.insert(maker);
            self.put_compartment_facts(&facts)?;
        }
        Ok(())
    }

    /// Writes a checked epoch with its envelopes; the compartment's facts are its caller's.
    pub(crate) fn put_epoch(
        &mut self,
        new: &NewCompartment,
        body: EpochStatement,
    ) -> Result<(), Broken> {
        let epoch = EpochFacts {
            number: body.number,
            recipient: body.recipient,
            members: BTreeSet::new(),
            secret: base64url(&new.secret),
            statement: String::from_utf8(new.statement.clone())
                .map_err(|_| Broken::Row(Tree::Epoch))?,
            vouchers: Vec::new(),
            other: Other::new(),
        };
        let unit = units::epoch(new.id, body.number);
        self.make_unit(unit.clone());
        self.write(&unit, Tree::Epoch, &[], &epoch)?;
        for envelope in &new.envelopes {
            self.put_envelope(envelope)?;
        }
        Ok(())
    }

    /// Writes a compartment's facts.
    pub(crate) fn put_compartment_facts(&mut self, facts: &CompartmentFacts) -> Result<(), Broken> {
        let unit = self.compartment_unit(facts.id);
        self.write(&unit, Tree::Compartment, &[], facts)?;
        self.note_kept(facts)
    }

    /// Writes one envelope and counts its member in.
    pub(crate) fn put_envelope(&mut self, new: &NewEnvelope) -> Result<(), Broken> {
        let (unit, natural) = self.envelope_place(new.compartment, new.epoch, &new.member);
        // Of a grant all envelopes stand in the grant's own unit.
        if self.shared.grant_of(new.compartment).is_none() {
            self.end_unit(unit.clone());
            self.make_unit(unit.clone());
        }
        let key = self.keys.get(&unit).ok_or(Broken::NoUnit)?.duplicate();
        self.write_under(&key, Tree::Envelope, &natural, &new.header)?;
        self.change_members(new.compartment, new.epoch, |members| {
            members.insert(new.member);
        })?;
        self.settle_later(new.compartment);
        Ok(())
    }

    /// Destroys one envelope; the compartment, and whatever can be opened through it, waits for a new key
    /// from now on.
    pub(crate) fn end_envelope(
        &mut self,
        compartment: CompartmentId,
        epoch: u32,
        member: &Member,
    ) -> Result<(), Broken> {
        #[cfg(test)]
        if self.forgetful {
            return Ok(());
        }
        self.end_unit(units::membership(compartment, epoch, member));
        self.change_members(compartment, epoch, |members| {
            members.remove(member);
        })?;
        let left = match member {
            Member::User(user) => Some(*user),
            Member::Compartment(_) | Member::Recovery => None,
        };
        self.mark_left(compartment, (epoch, left), MAX_STEPS)
    }

    /// Marks a compartment whose key somebody still knows, and those that it is a member of.
    fn mark_left(
        &mut self,
        id: CompartmentId,
        (epoch, left): (u32, Option<UserId>),
        steps: u32,
    ) -> Result<(), Broken> {
        let (Some(mut facts), Some(steps)) = (self.compartment(id)?, steps.checked_sub(1)) else {
            return Ok(());
        };
        if facts.epoch != epoch {
            return Ok(());
        }
        facts.rekey_pending = facts.rekey_pending.or(Some(self.now()));
        facts.left.extend(left);
        self.put_compartment_facts(&facts)?;
        for (through, epoch) in self.memberships_of(&Member::Compartment(id)) {
            self.mark_left(through, (epoch, left), steps)?;
        }
        Ok(())
    }

    pub(crate) fn change_members(
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
}

fn bad_compartment(says: &str) -> Stop {
    Stop::Refused("bad-compartment", says.to_owned())
}
