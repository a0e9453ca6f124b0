//! Grants: putting one in force, ending it, and seeing which there are.
//!
//! Ending is erasing: the grant's own unit key goes, and with it its compartment, its envelopes and, since
//! each is locked with it, every header row. No desk is needed for that, and nobody has to be signed in.

use serde::Deserialize;
use serde::Serialize;
use serde_json::json;

use crate::bytes::base64url;
use crate::ids::GrantId;
use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::acts::Act;
use crate::keeper::entry::Entry;
use crate::keeper::facts::CompartmentFacts;
use crate::keeper::facts::EpochFacts;
use crate::keeper::facts::GrantFacts;
use crate::keeper::facts::GrantState;
use crate::keeper::facts::Other;
use crate::keeper::facts::ProposalState;
use crate::keeper::facts::Purpose;
use crate::keeper::facts::RecordFacts;
use crate::keeper::facts::Role;
use crate::keeper::message::answer::Served;
use crate::keeper::message::load::EpochStatement;
use crate::keeper::message::load::HeaderOf;
use crate::keeper::message::load::NewGrant;
use crate::keeper::policy::decide::Permit;
use crate::keeper::policy::question::Resource;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::ledger::ActorHandle;
use crate::ledger::Event;
use crate::ledger::Outcome as Ending;
use crate::sealing::UnitKey;
use crate::store::Tree;

/// A grant's compartment has one epoch for as long as it lives.
pub(crate) const EPOCH: u32 = 1;
/// The natural key of how many entries are noted about a grant.
const COUNT: &[u8] = b"count";

/// An entry about a grant, or of something that was opened under it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct GrantEntry {
    /// Position in the ledger.
    pub(crate) index: u64,
    /// The record it is about, if it is about one: its detail stands in that record's history.
    pub(crate) record: Option<RecordId>,
}

impl Vault {
    /// Writes a grant and, under its own unit, all that opens something. Not served before it is in force.
    pub(crate) fn put_grant_keys(
        &mut self,
        grant: &GrantFacts,
        new: &NewGrant,
        said: EpochStatement,
    ) -> Result<(), Broken> {
        // First the facts: by them the compartment is known as this grant's.
        self.put_grant(grant.clone())?;
        let unit = units::grant(grant.id);
        self.make_unit(unit.clone());
        let facts = CompartmentFacts {
            id: grant.compartment,
            purpose: Purpose::Grant { grant: grant.id },
            epoch: EPOCH,
            rekey_pending: None,
            superseded: Vec::new(),
            left: std::collections::BTreeSet::new(),
            lacking: Vec::new(),
            other: Other::new(),
        };
        self.write(&unit, Tree::Compartment, &[], &facts)?;
        let envelopes = &new.compartment.envelopes;
        let epoch = EpochFacts {
            number: EPOCH,
            recipient: said.recipient,
            members: envelopes.iter().map(|envelope| envelope.member).collect(),
            secret: base64url(&new.compartment.secret),
            statement: String::from_utf8(new.compartment.statement.clone())
                .map_err(|_| Broken::Row(Tree::Epoch))?,
            vouchers: vec![grant.statement.clone()],
            other: Other::new(),
        };
        self.write(&unit, Tree::Epoch, &[], &epoch)?;
        for envelope in envelopes {
            self.put_envelope(envelope)?;
        }
        self.put_first_headers(&new.headers, (grant.compartment, EPOCH))
    }

    /// From now on the grant is served, between its dates.
    pub(crate) fn put_in_force(
        &mut self,
        grant: GrantId,
        approval: Option<String>,
    ) -> Result<(), Broken> {
        let facts = self.shared.grants.get(&grant).ok_or(Broken::NoUnit)?;
        let facts = GrantFacts {
            state: GrantState::Active,
            active_at: Some(self.now()),
            approval: approval.clone(),
            ..facts.clone()
        };
        let epoch = self.epoch(facts.compartment, EPOCH)?;
        let mut epoch = epoch.ok_or(Broken::Row(Tree::Epoch))?;
        epoch.vouchers.extend(approval);
        self.write(&units::grant(grant), Tree::Epoch, &[], &epoch)?;
        self.put_grant(facts)?;
        let said = json!({"in_force": {"grant": grant}});
        let entry = Entry::new(Event::Grant, Ending::Ok, ActorHandle::SERVICE, said);
        let index = self.log_service(entry)?;
        self.note_grant(grant, index, None)
    }

    /// The date has come: the keeper ends the grant itself.
    pub(crate) fn expire_grant(&mut self, facts: GrantFacts) -> Result<(), Broken> {
        let said = json!({"ended": {"grant": facts.id}});
        let entry = Entry::new(Event::End, Ending::Ok, ActorHandle::SERVICE, said);
        let index = self.log_service(entry)?;
        self.note_grant(facts.id, index, None)?;
        self.end_grant(facts, GrantState::Ended, None)
    }

    /// Erases all that opens something under a grant; what is told of it stays.
    pub(crate) fn end_grant(
        &mut self,
        facts: GrantFacts,
        state: GrantState,
        revoked_by: Option<UserId>,
    ) -> Result<(), Broken> {
        self.drop_grant_rows(&facts)?;
        self.end_unit(units::grant(facts.id));
        self.put_grant(GrantFacts {
            state,
            ended_at: Some(self.now()),
            revoked_by,
            ..facts
        })
    }

    fn drop_grant_rows(&mut self, grant: &GrantFacts) -> Result<(), Broken> {
        for of in self.headers_under(grant)? {
            if let Some((key, _, natural)) = self.header_place(&of, (grant.compartment, EPOCH)) {
                self.drop_row_under(&key, Tree::Header, &natural)?;
            }
        }
        let unit = units::grant(grant.id);
        let Some(key) = self.keys.get(&unit).map(UnitKey::duplicate) else {
            return Ok(());
        };
        let epoch = self.epoch(grant.compartment, EPOCH)?;
        for member in epoch.into_iter().flat_map(|epoch| epoch.members) {
            self.drop_row_under(&key, Tree::Envelope, &member.name_bytes())?;
        }
        self.drop_row_under(&key, Tree::Epoch, &[])?;
        self.drop_row_under(&key, Tree::Compartment, &[])
    }

    /// Everything that may be sealed to a grant's compartment.
    pub(crate) fn headers_under(&self, grant: &GrantFacts) -> Result<Vec<HeaderOf>, Broken> {
        let mut all = Vec::new();
        for facts in self.records_granted(grant)? {
            all.extend(self.parts_to_grant(&facts, false)?);
        }
        if let Some(case) = grant.case
            && let Some(facts) = self.case(case)?
        {
            all.extend((1..=facts.card).map(|number| HeaderOf::CaseCard { case, number }));
        }
        Ok(all)
    }

    /// The records a grant covers, as far as they still exist.
    pub(crate) fn records_granted(&self, grant: &GrantFacts) -> Result<Vec<RecordFacts>, Broken> {
        if let Some(case) = grant.case {
            return match self.case(case)? {
                Some(case) => self.records_of_case(&case),
                None => Ok(Vec::new()),
            };
        }
        let mut records = Vec::new();
        for record in &grant.records {
            records.extend(self.record(*record)?);
        }
        Ok(records)
    }

    /// The grants the asker may see, oldest first.
    pub(crate) fn list_grants(&mut self, request: &Request) -> Result<Step, Stop> {
        let permit = self.permit(request, Act::ListGrants, Resource::Vault)?;
        let mut seen = Vec::new();
        for id in self.shared.grants.keys() {
            match self.grant_for(request, Act::StateGrant, *id) {
                Ok((_, facts)) => seen.push(facts),
                Err(Stop::Broken(broken)) => return Err(Stop::Broken(broken)),
                Err(_) => {}
            }
        }
        seen.sort_by_cached_key(|facts| {
            let given = self
                .shared
                .proposals
                .get(&facts.proposal)
                .map(|proposal| proposal.at);
            (facts.from, given, facts.id)
        });
        let pledge = self.log(permit, request.entry(Act::ListGrants))?;
        Ok(Step::serving(pledge, move |_, _| Ok(Served::Grants(seen))))
    }

    /// Ends a grant at once.
    pub(crate) fn revoke_grant(&mut self, request: &Request, id: GrantId) -> Result<Step, Stop> {
        let (permit, facts) = self.grant_for(request, Act::RevokeGrant, id)?;
        match facts.state {
            GrantState::Active => {}
            GrantState::Waiting => {
                let says = format!(
                    "it is not in force yet: it waits as proposal {}, which can be withdrawn or refused",
                    facts.proposal
                );
                return Err(Stop::Refused("waiting", says));
            }
            state => {
                let says = format!("the grant is {state} already; nothing to do");
                return Err(Stop::Refused("bad-state", says));
            }
        }
        let entry = request.entry(Act::RevokeGrant);
        let pledge = self.log(permit, entry.noting(json!({"grant": id})))?;
        let index = self.last_index();
        self.note_grant(id, index, None)?;
        self.end_grant(facts, GrantState::Ended, Some(request.asker.id))?;
        let ended = self.shared.grants.get(&id).cloned();
        Ok(Step::serving(pledge, move |_, _| {
            Ok(Served::Grants(ended.into_iter().collect()))
        }))
    }

    /// A grant and the asker's permission to do `act` to it; one over something hidden is as unknown as one
    /// that does not exist. Whom it is for learns of it when it is in force.
    pub(crate) fn grant_for(
        &self,
        request: &Request,
        act: Act,
        id: GrantId,
    ) -> Result<(Permit, GrantFacts), Stop> {
        let asker = &request.asker;
        let told = |facts: &&GrantFacts| {
            !asker.is(Role::Assessor) || (facts.to == asker.id && facts.active_at.is_some())
        };
        let Some(facts) = self.shared.grants.get(&id).filter(told) else {
            return Err(self.unknown(request, Act::ListRecords));
        };
        let named: Vec<RecordId> = facts.records.iter().copied().collect();
        if let Some(denial) = self.hides(asker, &request.grants, &named)? {
            return Err(Stop::Denied(denial, None));
        }
        let permit = self.permit(request, act, Resource::Grant(facts))?;
        Ok((permit, facts.clone()))
    }

    /// Notes an entry where the grant's statement will find it.
    pub(crate) fn note_grant(
        &mut self,
        grant: GrantId,
        index: u64,
        record: Option<RecordId>,
    ) -> Result<(), Broken> {
        let entry = GrantEntry { index, record };
        let facts = self.shared.grants.get(&grant).ok_or(Broken::NoUnit)?;
        let unit = units::proposal(facts.proposal);
        let count: Option<u32> = self.read(&unit, Tree::Entry, COUNT)?;
        let count = count.unwrap_or(0);
        self.write(&unit, Tree::Entry, &count.to_be_bytes(), &entry)?;
        self.write(&unit, Tree::Entry, COUNT, &count.saturating_add(1))
    }

    /// The entries noted about a grant, oldest first.
    pub(crate) fn grant_entries(&self, facts: &GrantFacts) -> Result<Vec<GrantEntry>, Broken> {
        let unit = units::proposal(facts.proposal);
        let count: Option<u32> = self.read(&unit, Tree::Entry, COUNT)?;
        let mut entries = Vec::new();
        for at in 0..count.unwrap_or(0) {
            entries.extend(self.read::<GrantEntry>(&unit, Tree::Entry, &at.to_be_bytes())?);
        }
        Ok(entries)
    }

    /// Ends what waits for somebody whose keys are new: it is sealed to keys they no longer have.
    pub(crate) fn lapse_waiting_for(&mut self, user: UserId) -> Result<(), Broken> {
        let waiting = self.shared.grants.values();
        let waiting =
            waiting.filter(|grant| grant.to == user && grant.state == GrantState::Waiting);
        let proposals: Vec<_> = waiting.map(|grant| grant.proposal).collect();
        for id in proposals {
            let facts = self.shared.proposals.get(&id).cloned();
            if let Some(facts) = facts.filter(|facts| facts.state == ProposalState::Waiting) {
                self.lapse(facts)?;
            }
        }
        Ok(())
    }
}
