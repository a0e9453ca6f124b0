//! Re-keying: a compartment's next epoch, made by a member's desk in one frame that covers everything that
//! is sealed to it, and the word of another that the new headers open.

use std::collections::BTreeSet;

use crate::ids::CompartmentId;
use crate::keeper::acts::Act;
use crate::keeper::compartments::Way;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::CompartmentFacts;
use crate::keeper::facts::Member;
use crate::keeper::facts::Purpose;
use crate::keeper::facts::Superseded;
use crate::keeper::headers::records_of;
use crate::keeper::members::RollData;
use crate::keeper::members::anybody;
use crate::keeper::members::may_vouch;
use crate::keeper::message::answer::HeaderGroup;
use crate::keeper::message::answer::Served;
use crate::keeper::message::answer::ServedCompartment;
use crate::keeper::message::load::EpochStatement;
use crate::keeper::message::load::HeaderOf;
use crate::keeper::message::load::NewEpoch;
use crate::keeper::message::load::SealedAgain;
use crate::keeper::policy::question::Resource;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;

impl Vault {
    /// Serves the headers of a compartment's present key, to be sealed again for the next one or to be
    /// looked at: only while either is to be done, and only to someone who holds the key.
    pub(crate) fn show_headers(
        &mut self,
        request: &Request,
        id: CompartmentId,
    ) -> Result<Step, Stop> {
        let permit = self.permit(request, Act::Rekey, Resource::Vault)?;
        let (facts, way) = self.held(request, id)?;
        let roll = self.roll()?;
        let asker = &request.asker;
        if !self.may_rekey(&facts, asker, &roll)? && !self.confirmable(&facts, asker)? {
            return Err(Stop::Stale);
        }
        let entitled = self.entitled(&facts)?.ok_or(Stop::Unknown)?;
        let all = self.sealed_under(&facts)?;
        let entry = request.entry(Act::Rekey).listing(records_of(&all));
        let pledge = self.log(permit, entry)?;
        Ok(Step::serving(pledge, move |vault, logged| {
            let before = vault.headers_before(logged, &facts, &all)?;
            let group = HeaderGroup {
                chain: vault.chain(logged, &way)?,
                headers: vault.headers(logged, all, (id, facts.epoch))?,
            };
            Ok(Served::Compartment(Box::new(ServedCompartment {
                entitled,
                group,
                before,
            })))
        }))
    }

    /// Takes a compartment's next epoch, if it covers everything and is for just those it should be for.
    pub(crate) fn rekey(
        &mut self,
        request: &Request,
        id: CompartmentId,
        new: &NewEpoch,
    ) -> Result<Step, Stop> {
        let permit = self.permit(request, Act::Rekey, Resource::Vault)?;
        let (facts, _) = self.held(request, id)?;
        let roll = self.roll()?;
        let made = &new.compartment;
        if made.id != id || !self.may_rekey(&facts, &request.asker, &roll)? {
            return Err(Stop::Stale);
        }
        let expected = self.ought_to_hold(&facts, &roll)?.ok_or(Stop::Stale)?;
        let by = request.asker.id.to_string();
        let maker = (by.as_str(), &request.asker.verifying);
        let epoch = (facts.purpose, facts.epoch.saturating_add(1));
        let body = self.check_epoch(made, maker, epoch, &expected)?;
        self.check_commitment(facts.purpose, &body)?;
        let all = self.sealed_under(&facts)?;
        let moved = made
            .envelopes
            .iter()
            .any(|envelope| self.has_newer_keys(&envelope.member, request.asked.seen));
        if moved || !covers(&new.headers, &all) {
            return Err(Stop::Stale);
        }
        self.put_next(&facts, new, body, request.asker.id)?;
        self.rekeyed.insert(id, self.next_index());
        let entry = request.entry(Act::Rekey).listing(records_of(&all));
        let pledge = self.log(permit, entry)?;
        Ok(Step::done(pledge).telling_errands(request.asker.id))
    }

    fn put_next(
        &mut self,
        facts: &CompartmentFacts,
        new: &NewEpoch,
        body: EpochStatement,
        by: crate::ids::UserId,
    ) -> Result<(), Broken> {
        let (id, before) = (facts.id, facts.epoch);
        let number = body.number;
        self.put_epoch(&new.compartment, body)?;
        for header in &new.headers {
            self.put_header(header, (id, number), before)?;
        }
        self.keep_for_recovery((id, before))?;
        let mut superseded = facts.superseded.clone();
        superseded.push(Superseded {
            compartment: id,
            epoch: before,
            since: self.now(),
            by,
        });
        self.put_compartment_facts(&CompartmentFacts {
            epoch: number,
            rekey_pending: None,
            left: BTreeSet::new(),
            superseded,
            ..facts.clone()
        })
    }

    /// A compartment whose key the asker holds. Any other is unknown to them.
    pub(crate) fn held(
        &self,
        request: &Request,
        id: CompartmentId,
    ) -> Result<(CompartmentFacts, Way), Stop> {
        let facts = self.compartment(id)?.ok_or(Stop::Unknown)?;
        if self.is_apart(facts.purpose, request.asker.id)? {
            return Err(Stop::Unknown);
        }
        let way = self.way(request.asker.id, id)?.ok_or(Stop::Unknown)?;
        Ok((facts, way))
    }

    /// Whether a compartment waits for a new key that this person's desk may make now. One that a waiting
    /// team is a member of comes after the team: its new key would be sealed to the team's old one.
    pub(crate) fn may_rekey(
        &self,
        facts: &CompartmentFacts,
        asker: &AccountFacts,
        roll: &RollData,
    ) -> Result<bool, Broken> {
        let number = facts.epoch.saturating_add(1);
        let believed = asker
            .roles()
            .any(|role| may_vouch(facts.purpose, number, role));
        if facts.rekey_pending.is_none() || !believed {
            return Ok(false);
        }
        // Of what nobody may have, the key there is stays with who has it.
        if !self
            .ought_to_hold(facts, roll)?
            .is_some_and(|ought| anybody(&ought))
        {
            return Ok(false);
        }
        for member in self.holders(facts.id, facts.epoch) {
            let Member::Compartment(team) = member else {
                continue;
            };
            let team = self.compartment(team)?;
            if team.is_some_and(|team| team.rekey_pending.is_some()) {
                return Ok(false);
            }
        }
        let team = matches!(facts.purpose, Purpose::Team { .. });
        Ok(!team || !self.is_out_of_place(facts.id, roll)?)
    }

    /// Whether something is kept until somebody like the asker has opened what took its place.
    pub(crate) fn confirmable(
        &self,
        facts: &CompartmentFacts,
        asker: &AccountFacts,
    ) -> Result<bool, Broken> {
        for kept in self.kept_of(facts)? {
            if self.may_confirm(&kept, (facts.id, asker.id))? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Checks that the epoch of a record's own compartment names the newest word on whom it is open to, and that of a
    /// case's the newest of its conflict register.
    pub(crate) fn check_commitment(
        &self,
        purpose: Purpose,
        body: &EpochStatement,
    ) -> Result<(), Stop> {
        let newest = match purpose {
            Purpose::Own { record } => self.members_statement(record)?,
            Purpose::Case { case } => self.conflict_statements(case)?.pop(),
            _ => None,
        };
        let digest = newest.map(|text| crate::bytes::hex(&crate::keeper::digest(text.as_bytes())));
        if body.members == digest {
            Ok(())
        } else {
            Err(Stop::Stale)
        }
    }
}

/// Whether headers are of just these things, each once.
pub(crate) fn covers(headers: &[SealedAgain], all: &BTreeSet<HeaderOf>) -> bool {
    let given: BTreeSet<HeaderOf> = headers.iter().map(|header| header.of).collect();
    given.len() == headers.len() && given == *all
}
