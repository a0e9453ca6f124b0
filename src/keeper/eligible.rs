//! Who may be told of a proposal, and who may be its second person.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::btree_map::Entry;

use crate::clock::Timestamp;
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
use crate::keeper::sorts::sorts_for;
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
        let (sorts, _) = sorts_for(grants, &found);
        let act = (Act::ListRecords, None, None);
        let decisions = self.decide_records((asker, grants), act, &sorts, self.now())?;
        Ok(decisions.into_iter().find_map(|decision| match decision {
            Decision::Deny(denial) if denial.hidden => Some(denial),
            _ => None,
        }))
    }

    /// What policy answers of each of these records, in their order.
    pub(crate) fn decide_records(
        &self,
        asker: (&AccountFacts, &[GrantFacts]),
        (act, purpose, reason): (Act, Option<&str>, Option<&str>),
        records: &[RecordFacts],
        now: Timestamp,
    ) -> Result<Vec<Decision>, Broken> {
        let cases = self.cases_of(records)?;
        let ask = |(facts, case)| Question {
            purpose,
            reason,
            ..self.question(asker, act, (facts, case))
        };
        let cases = cases.iter().map(Option::as_ref);
        let questions: Vec<Question<'_>> = records.iter().zip(cases).map(ask).collect();
        Ok(decide_many(&self.policy, &questions, now))
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

    /// A case a proposal is about whose family somebody knows, if there is one: they decide on nothing of it.
    pub(crate) fn known_case(
        &self,
        user: UserId,
        facts: &ProposalFacts,
    ) -> Result<Option<CaseFacts>, Broken> {
        let mut cases: BTreeSet<CaseId> = BTreeSet::new();
        match &facts.what {
            Proposed::Grant { grant } => {
                let grant = self.shared.grants.get(grant);
                cases.extend(grant.and_then(|grant| grant.case));
            }
            Proposed::MoveRecord { from, to, .. } => cases.extend(from.iter().chain([to])),
            Proposed::OverrideService { case, .. } => cases.extend([*case]),
            // A record to be released stands among those it names.
            Proposed::ReleaseRecord { .. }
            | Proposed::ReissueUser { .. }
            | Proposed::ChangeTwoPerson { .. } => {}
        }
        for record in self.named(facts) {
            cases.extend(self.record(record)?.and_then(|record| record.case));
        }
        for case in cases {
            let case = self.case(case)?;
            let known = case.filter(|case| case.conflicts.contains(&user));
            if known.is_some() {
                return Ok(known);
            }
        }
        Ok(None)
    }

    /// Who may be the second person: those who may work, whom policy lets approve it, from whom nothing it names is
    /// hidden, and who know no family it is about.
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
                && self.known_case(account.id, &facts)?.is_none()
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
