//! Who may be told of a proposal, and who may be its second person.

use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::acts::Act;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::GrantFacts;
use crate::keeper::facts::ProposalFacts;
use crate::keeper::facts::ProposalState;
use crate::keeper::facts::Proposed;
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
            Proposed::ReissueUser { .. } | Proposed::ChangeTwoPerson { .. } => None,
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
        let mut found = Vec::new();
        for record in records {
            let Some(facts) = self.record(*record)? else {
                continue;
            };
            let case = match facts.case {
                Some(case) => self.case(case)?,
                None => None,
            };
            found.push((facts, case));
        }
        let ask = |(facts, case)| Question {
            asker,
            grants,
            act: Act::ListRecords,
            resource: Resource::Record {
                facts,
                rules: &self.rules.of(&facts.kind).people,
                case: Option::as_ref(case),
            },
            purpose: None,
            reason: None,
        };
        let questions: Vec<Question<'_>> = found.iter().map(|(f, c)| ask((f, c))).collect();
        let decisions = decide_many(&self.policy, &questions, self.now());
        Ok(decisions.into_iter().find_map(|decision| match decision {
            Decision::Deny(denial) if denial.hidden => Some(denial),
            _ => None,
        }))
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
                Proposed::ReissueUser { .. } | Proposed::ChangeTwoPerson { .. } => None,
            };
            let waits = facts.state == ProposalState::Waiting;
            served.push(ServedProposal {
                eligible: if waits {
                    self.eligible(&facts)?
                } else {
                    Vec::new()
                },
                grant,
                facts,
            });
        }
        Ok(Served::Proposals(served))
    }
}
