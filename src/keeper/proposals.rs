//! Acts that wait for a second person: one mechanism for all of them, from the proposer's signed statement
//! to the second person's signed yes.
//!
//! What a yes does to each sort of proposal stands in `keeper/approving.rs`. A proposal about a record that
//! is hidden from somebody does not exist for them, here as everywhere.

use serde_json::json;

use crate::clock::Timestamp;
use crate::ids::ProposalId;
use crate::keeper::acts::Act;
use crate::keeper::entry::Entry;
use crate::keeper::facts::Other;
use crate::keeper::facts::ProposalFacts;
use crate::keeper::facts::ProposalState;
use crate::keeper::facts::Proposed;
use crate::keeper::facts::Role;
use crate::keeper::message::answer::Served;
use crate::keeper::message::load::Approval;
use crate::keeper::message::load::ApproveStatement;
use crate::keeper::policy::decide::Permit;
use crate::keeper::policy::question::Resource;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::ledger::Event;
use crate::ledger::Outcome as Ending;
use crate::sealing::Statement;
use crate::sealing::StatementKind;

/// How long a proposal waits unless it says otherwise: 14 days.
pub(crate) const WAITS_MS: u64 = 14 * 24 * 60 * 60 * 1000;

/// What is to wait. Whoever calls has decided that the proposer may propose it.
#[derive(Debug)]
pub(crate) struct Draft {
    pub(crate) id: ProposalId,
    pub(crate) what: Proposed,
    /// The proposer's signed statement about it, checked.
    pub(crate) statement: Vec<u8>,
    /// No later than this it lapses.
    pub(crate) no_later: Option<Timestamp>,
}

impl Vault {
    /// The facts of a proposal of the asker's, not yet written.
    ///
    /// # Errors
    /// [`Stop::Refused`] when there is one of this id already.
    pub(crate) fn drafted(&self, request: &Request, draft: Draft) -> Result<ProposalFacts, Stop> {
        if self.shared.proposals.contains_key(&draft.id) {
            return Err(bad("there is a proposal of this id already"));
        }
        let expires = self.now().plus_ms(WAITS_MS);
        let digest = crate::bytes::hex(&crate::keeper::digest(&draft.statement));
        Ok(ProposalFacts {
            id: draft.id,
            what: draft.what,
            state: ProposalState::Waiting,
            by: request.asker.id,
            at: self.now(),
            expires: draft.no_later.map_or(expires, |limit| limit.min(expires)),
            reason: request.asked.reason.clone(),
            decided_by: None,
            decided_at: None,
            refusal: None,
            single: false,
            used: None,
            digest,
            statement: String::from_utf8(draft.statement).map_err(|_| bad("it is no text"))?,
            approval: None,
            other: Other::new(),
        })
    }

    /// Keeps what is to wait until a second person says yes or no, against an entry that names it.
    pub(crate) fn put_up(
        &mut self,
        request: &Request,
        draft: Draft,
        (permit, entry): (Permit, Entry),
    ) -> Result<Step, Stop> {
        let facts = self.drafted(request, draft)?;
        let pledge = self.log(permit, entry.noting(json!({"proposal": facts.id})))?;
        self.put_proposal(facts.clone())?;
        let facts = ProposalFacts {
            single: self.may_be_single(&facts)?,
            ..facts
        };
        Ok(Step::serving(pledge, move |vault, _| {
            vault.serve_proposals(vec![facts])
        }))
    }

    /// A second person's yes to something that may then be done once, by whoever proposed it, and was not done yet. It
    /// lapses as a proposal does.
    pub(crate) fn agreed_to(&self, what: &Proposed) -> Option<&ProposalFacts> {
        let now = self.now();
        let fresh = |at: Timestamp| now < at.plus_ms(WAITS_MS);
        self.shared.proposals.values().find(|facts| {
            facts.what == *what
                && facts.state == ProposalState::Approved
                && facts.used.is_none()
                && facts.decided_at.is_some_and(fresh)
        })
    }

    /// A proposal and the asker's permission to do `act` to it; one that is hidden is as unknown as one
    /// that does not exist.
    fn proposal_for(
        &self,
        request: &Request,
        act: Act,
        id: ProposalId,
    ) -> Result<(Permit, ProposalFacts), Stop> {
        let found = self.shared.proposals.get(&id);
        let outside = request.asker.is(Role::Assessor);
        let Some(facts) = found.filter(|facts| facts.waited() && !outside) else {
            return Err(self.unknown(request, Act::ListRecords));
        };
        if let Some(denial) = self.hides(&request.asker, &request.grants, &self.named(facts))? {
            return Err(Stop::Denied(denial, None));
        }
        if facts.by != request.asker.id
            && let Some(case) = self.known_case(request.asker.id, facts)?
        {
            // What keeps them apart from the case keeps them from this, in the same words.
            drop(self.permit(request, Act::ShowCase, Resource::Case(&case))?);
        }
        let facts = ProposalFacts {
            single: facts.single || self.may_be_single(facts)?,
            ..facts.clone()
        };
        let permit = self.permit(request, act, Resource::Proposal(&facts))?;
        Ok((permit, facts))
    }

    /// The proposals the asker may see, oldest first.
    pub(crate) fn list_proposals(&mut self, request: &Request) -> Result<Step, Stop> {
        let permit = self.permit(request, Act::ListProposals, Resource::Vault)?;
        let mut seen = Vec::new();
        for id in self.shared.proposals.keys() {
            match self.proposal_for(request, Act::ShowProposal, *id) {
                Ok((_, facts)) => seen.push(facts),
                Err(Stop::Broken(broken)) => return Err(Stop::Broken(broken)),
                Err(_) => {}
            }
        }
        seen.sort_by_key(|facts| (facts.at, facts.id));
        let pledge = self.log(permit, request.entry(Act::ListProposals))?;
        Ok(Step::serving(pledge, move |vault, _| {
            vault.serve_proposals(seen)
        }))
    }

    /// One proposal.
    pub(crate) fn show_proposal(
        &mut self,
        request: &Request,
        id: ProposalId,
    ) -> Result<Step, Stop> {
        let (permit, facts) = self.proposal_for(request, Act::ShowProposal, id)?;
        let pledge = self.log(permit, request.entry(Act::ShowProposal))?;
        let asker = request.asker.clone();
        Ok(Step::serving(pledge, move |vault, logged| {
            let decides = facts.state == ProposalState::Waiting
                && facts.by != asker.id
                && vault.may_approve(&asker, &facts);
            let errands = if decides {
                vault.to_add(logged, (asker.id, &facts))?
            } else {
                Vec::new()
            };
            let mut served = vault.serve_proposals(vec![facts])?;
            if let Served::Proposals(all) = &mut served
                && let [one] = all.as_mut_slice()
            {
                one.errands = errands;
            }
            Ok(served)
        }))
    }

    /// The second person's yes: what was proposed takes effect in the same frame.
    pub(crate) fn approve(
        &mut self,
        request: &Request,
        id: ProposalId,
        approval: &Approval,
    ) -> Result<Step, Stop> {
        let (permit, facts) = self.proposal_for(request, Act::ApproveProposal, id)?;
        must_wait(&facts)?;
        let statement = self.check_approval(request, &facts, approval)?;
        self.may_take_effect(&facts)?;
        self.check_added(request, &facts, &approval.envelopes)?;
        let alone = facts.by == request.asker.id;
        let facts = ProposalFacts {
            state: ProposalState::Approved,
            single: alone,
            approval: Some(statement),
            ..self.decided(request, facts)
        };
        let mut note = json!({"proposal": id});
        if let (true, Some(fields)) = (alone, note.as_object_mut()) {
            fields.insert("single".to_owned(), true.into());
        }
        let pledge = self.log(permit, request.entry(Act::ApproveProposal).noting(note))?;
        self.note_about(&facts, self.last_index())?;
        self.take_effect(&facts, &approval.envelopes)?;
        self.put_proposal(facts.clone())?;
        Ok(Step::serving(pledge, move |vault, _| {
            vault.serve_proposals(vec![facts])
        }))
    }

    /// The second person's no.
    pub(crate) fn refuse_proposal(
        &mut self,
        request: &Request,
        id: ProposalId,
    ) -> Result<Step, Stop> {
        let (permit, facts) = self.proposal_for(request, Act::RefuseProposal, id)?;
        must_wait(&facts)?;
        let reason = request.asked.reason.clone().unwrap_or_default();
        if reason.trim().is_empty() {
            let says = "say why: refusing a proposal needs a reason (--reason)";
            return Err(Stop::Refused("reason-missing", says.to_owned()));
        }
        let facts = ProposalFacts {
            state: ProposalState::Refused,
            refusal: Some(reason),
            single: false,
            ..self.decided(request, facts)
        };
        let event = Act::RefuseProposal.row().event;
        let entry = Entry::new(event, Ending::Denied, request.actor, request.ask.clone());
        let pledge = self.log(permit, entry.noting(json!({"proposal": id})))?;
        self.note_about(&facts, self.last_index())?;
        self.end_proposal(facts.clone())?;
        Ok(Step::serving(pledge, move |vault, _| {
            vault.serve_proposals(vec![facts])
        }))
    }

    /// The proposer takes it back.
    pub(crate) fn withdraw_proposal(
        &mut self,
        request: &Request,
        id: ProposalId,
    ) -> Result<Step, Stop> {
        let (permit, facts) = self.proposal_for(request, Act::WithdrawProposal, id)?;
        must_wait(&facts)?;
        let facts = ProposalFacts {
            state: ProposalState::Withdrawn,
            single: false,
            ..self.decided(request, facts)
        };
        let entry = request.entry(Act::WithdrawProposal);
        let pledge = self.log(permit, entry.noting(json!({"proposal": id})))?;
        self.note_about(&facts, self.last_index())?;
        self.end_proposal(facts.clone())?;
        Ok(Step::serving(pledge, move |vault, _| {
            vault.serve_proposals(vec![facts])
        }))
    }

    /// Nobody decided in time: the keeper ends it, whoever is signed in.
    pub(crate) fn lapse(&mut self, facts: ProposalFacts) -> Result<(), Broken> {
        let said = json!({"lapsed": {"proposal": facts.id}});
        let service = crate::ledger::ActorHandle::SERVICE;
        let index = self.log_service(Entry::new(Event::End, Ending::Expired, service, said))?;
        self.note_about(&facts, index)?;
        self.end_proposal(ProposalFacts {
            state: ProposalState::Expired,
            decided_at: Some(self.now()),
            ..facts
        })
    }

    fn decided(&self, request: &Request, facts: ProposalFacts) -> ProposalFacts {
        ProposalFacts {
            decided_by: Some(request.asker.id),
            decided_at: Some(self.now()),
            ..facts
        }
    }

    /// The statement by which somebody agrees to exactly what was proposed.
    fn check_approval(
        &self,
        request: &Request,
        facts: &ProposalFacts,
        approval: &Approval,
    ) -> Result<String, Stop> {
        let wrong =
            || bad("the approval is not signed by who approves, or is about something else");
        let statement = Statement::parse(&approval.statement).map_err(|_| wrong())?;
        let said: ApproveStatement = statement.read_body().ok_or_else(wrong)?;
        let signed = statement.kind() == StatementKind::Approve
            && statement.vault() == self.id
            && statement.by() == request.asker.id.to_string()
            && statement.verify(&request.asker.verifying).is_ok();
        if signed && said.proposal == facts.id && said.digest == facts.digest {
            return String::from_utf8(approval.statement.clone()).map_err(|_| wrong());
        }
        Err(wrong())
    }

    /// Writes an ended proposal, and what ends with it.
    fn end_proposal(&mut self, facts: ProposalFacts) -> Result<(), Broken> {
        self.come_to_nothing(&facts)?;
        self.put_proposal(facts)
    }

    /// The entry that was staged last.
    pub(crate) fn last_index(&self) -> u64 {
        self.next_index().saturating_sub(1)
    }
}

/// Refuses to decide twice.
fn must_wait(facts: &ProposalFacts) -> Result<(), Stop> {
    if facts.state == ProposalState::Waiting {
        return Ok(());
    }
    let says = format!("the proposal is {} already; nothing to do", facts.state);
    Err(Stop::Refused("decided-already", says))
}

pub(crate) fn bad(says: &str) -> Stop {
    Stop::Refused("bad-proposal", says.to_owned())
}
