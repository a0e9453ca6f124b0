//! Who may be told of a proposal, and who may be its second person.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::ids::CaseId;
use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::acts::Act;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::CaseFacts;
use crate::keeper::facts::GrantFacts;
use crate::keeper::facts::ProposalFacts;
use crate::keeper::facts::ProposalState;
use crate::keeper::facts::Proposed;
use crate::keeper::facts::RecordFacts;
use crate::keeper::message::answer::Served;
use crate::keeper::message::answer::ServedProposal;
use crate::keeper::policy::decide::Decision;
use crate::keeper::policy::decide::Denial;
use crate::keeper::policy::decide::decide;
use crate::keeper::policy::decide::decide_many;
use crate::keeper::policy::question::Question;
use crate::keeper::policy::question::Resource;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;

impl Vault {
    /// The records a proposal names.
    pub(crate) fn named(&self, facts: &ProposalFacts) -> Vec<RecordId> {
        let grant = match facts.what {
            Proposed::Grant { grant } => self.shared.grants.get(&grant),
            Proposed::MoveRecord { record, .. } | Proposed::ReleaseRecord { record, .. } => {
                return vec![record];
            }
            Proposed::ReissueUser { .. }
            | Proposed::OverrideService { .. }
            | Proposed::ChangeTwoPerson { .. } => None,
        };
        grant.map_or_else(Vec::new, |grant| grant.records.iter().copied().collect())
    }

    /// The denial by which policy hides one of these records from somebody, if it does.
    pub(crate) fn hides(
        &self,
        asker: &AccountFacts,
        grants: &[GrantFacts],
        records: &[RecordId],
    ) -> Result<Option<Denial>, Broken> {
        let mut found: Vec<RecordFacts> = Vec::new();
        for record in records {
            let known = self.record(*record)?;
            found.extend(known);
        }
        if grants.is_empty() {
            found = one_of_each(found);
        }
        let cases = self.cases_of(&found)?;
        let ask = |(facts, case)| self.question((asker, grants), Act::ListRecords, (facts, case));
        let cases = cases.iter().map(Option::as_ref);
        let questions: Vec<Question<'_>> = found.iter().zip(cases).map(ask).collect();
        let decisions = decide_many(&self.policy, &questions, self.now());
        Ok(decisions.into_iter().find_map(|decision| match decision {
            Decision::Deny(denial) if denial.hidden => Some(denial),
            _ => None,
        }))
    }

    /// The case of each record; each is read once.
    pub(crate) fn cases_of(
        &self,
        records: &[RecordFacts],
    ) -> Result<Vec<Option<CaseFacts>>, Broken> {
        let mut known: BTreeMap<CaseId, Option<CaseFacts>> = BTreeMap::new();
        for case in records.iter().filter_map(|facts| facts.case) {
            if let Entry::Vacant(new) = known.entry(case) {
                new.insert(self.case(case)?);
            }
        }
        let of = |facts: &RecordFacts| known.get(&facts.case?).cloned().flatten();
        Ok(records.iter().map(of).collect())
    }

    /// A question about a record, without purpose or reason.
    pub(crate) fn question<'q>(
        &'q self,
        (asker, grants): (&'q AccountFacts, &'q [GrantFacts]),
        act: Act,
        (facts, case): (&'q RecordFacts, Option<&'q CaseFacts>),
    ) -> Question<'q> {
        Question {
            asker,
            grants,
            act,
            resource: Resource::Record {
                facts,
                rules: &self.rules.of(&facts.kind).people,
                case,
            },
            purpose: None,
            reason: None,
        }
    }

    /// Who may be the second person: those who may work, whom policy lets approve it, and from whom nothing
    /// it names is hidden.
    fn eligible(&self, facts: &ProposalFacts) -> Result<Vec<UserId>, Broken> {
        let records = self.named(facts);
        let facts = ProposalFacts {
            single: false,
            ..facts.clone()
        };
        let mut eligible = Vec::new();
        for account in self.people.all() {
            let grants = self.shared.grants_of(account.id);
            if account.may_work()
                && self.may_approve(&account, &facts)
                && self.hides(&account, &grants, &records)?.is_none()
            {
                eligible.push(account.id);
            }
        }
        Ok(eligible)
    }

    /// Whether policy lets somebody approve a proposal, whatever it is about.
    pub(crate) fn may_approve(&self, asker: &AccountFacts, facts: &ProposalFacts) -> bool {
        let question = Question {
            asker,
            grants: &[],
            act: Act::ApproveProposal,
            resource: Resource::Proposal(facts),
            purpose: None,
            reason: None,
        };
        let decision = decide(&self.policy, &question, self.now());
        matches!(decision, Decision::Allow(_))
    }

    /// Proposals, as whoever may see them is told.
    pub(crate) fn serve_proposals(&self, all: Vec<ProposalFacts>) -> Result<Served, Broken> {
        let mut served = Vec::new();
        for facts in all {
            let grant = match facts.what {
                Proposed::Grant { grant } => self.shared.grants.get(&grant).cloned(),
                Proposed::ReissueUser { .. }
                | Proposed::MoveRecord { .. }
                | Proposed::OverrideService { .. }
                | Proposed::ReleaseRecord { .. }
                | Proposed::ChangeTwoPerson { .. } => None,
            };
            let waits = facts.state == ProposalState::Waiting;
            served.push(ServedProposal {
                eligible: if waits {
                    self.eligible(&facts)?
                } else {
                    Vec::new()
                },
                grant,
                errands: Vec::new(),
                facts,
            });
        }
        Ok(Served::Proposals(served))
    }
}

/// One of each sort of records that policy does not tell apart, the first of it, in their order. They are alike
/// by name to somebody who was given none of them, and to somebody who was given all of them.
pub(crate) fn one_of_each(records: Vec<RecordFacts>) -> Vec<RecordFacts> {
    let mut found: Vec<RecordFacts> = Vec::new();
    for facts in records {
        if !found.iter().any(|other| alike(other, &facts)) {
            found.push(facts);
        }
    }
    found
}

/// Whether nothing that policy asks of a record differs, but its id.
fn alike(one: &RecordFacts, other: &RecordFacts) -> bool {
    (&one.kind, one.case, one.author, one.handler)
        == (&other.kind, other.case, other.author, other.handler)
        && (&one.deciders, &one.excluded, &one.only_roles)
            == (&other.deciders, &other.excluded, &other.only_roles)
        && (one.purpose_required, one.exportable, one.state)
            == (other.purpose_required, other.exportable, other.state)
        && one.compartments == other.compartments
}
