//! Whom the policy lets read what in some case: with a purpose, and in an emergency.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::ids::CaseId;
use crate::ids::GrantId;
use crate::ids::UserId;
use crate::keeper::acts::Act;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::CaseFacts;
use crate::keeper::facts::RecordFacts;
use crate::keeper::facts::Role;
use crate::keeper::policy::decide::Decision;
use crate::keeper::policy::decide::decide;
use crate::keeper::policy::kind::Reader;
use crate::keeper::policy::question::Question;
use crate::keeper::policy::rule::RuleId;
use crate::keeper::request::Request;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;

/// What is said for the sake of the question: some purpose, some reason.
const SAID: &str = "access check";

/// What of a record the policy's answer depends on: records alike in this are decided once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Shape {
    kind: String,
    case: Option<CaseId>,
    with_case: bool,
    author: Option<UserId>,
    handler: Option<UserId>,
    deciders: BTreeSet<UserId>,
    excluded: BTreeSet<UserId>,
    only_roles: Option<BTreeSet<Role>>,
    state: &'static str,
    grants: BTreeSet<GrantId>,
}

/// Who may read, and by which rule.
pub(crate) type Permitted = BTreeMap<UserId, RuleId>;

/// Answers so far.
pub(crate) type Answers = BTreeMap<Shape, Permitted>;

impl Vault {
    /// Everyone who may read a record in some case.
    pub(crate) fn permitted(
        &self,
        record: &RecordFacts,
        answers: &mut Answers,
    ) -> Result<Permitted, Broken> {
        let case = self.case_of(record)?;
        let shape = self.shape(record, case.as_ref());
        if let Some(known) = answers.get(&shape) {
            return Ok(known.clone());
        }
        let mut permitted = Permitted::new();
        for account in self.people.all() {
            if let Some(rule) = self.permits(&account, record, case.as_ref()) {
                permitted.insert(account.id, rule);
            }
        }
        answers.insert(shape, permitted.clone());
        Ok(permitted)
    }

    fn shape(&self, record: &RecordFacts, case: Option<&CaseFacts>) -> Shape {
        let readers = &self.rules.of(&record.kind).people.readers;
        let grants = self.shared.grants.values();
        let named = grants.filter(|grant| grant.records.contains(&record.id));
        Shape {
            kind: record.kind.clone(),
            case: record.case,
            with_case: case.is_some_and(|case| case.compartments == record.compartments),
            author: readers.contains(&Reader::Author).then_some(record.author),
            handler: record.handler,
            deciders: record.deciders.clone(),
            excluded: record.excluded.clone(),
            only_roles: record.only_roles.clone(),
            state: record.state.word(),
            grants: named.map(|grant| grant.id).collect(),
        }
    }

    /// The rule by which somebody may read a record in some case.
    fn permits(
        &self,
        account: &AccountFacts,
        record: &RecordFacts,
        case: Option<&CaseFacts>,
    ) -> Option<RuleId> {
        let grants = self.shared.grants_of(account.id);
        [Act::ReadRecord, Act::BreakGlass]
            .into_iter()
            .find_map(|act| {
                let question = Question {
                    purpose: Some(SAID),
                    reason: Some(SAID),
                    ..self.question((account, &grants), act, (record, case))
                };
                match decide(&self.policy, &question, self.now()) {
                    Decision::Allow(permit) => permit.rules().first().cloned(),
                    Decision::Deny(_) => None,
                }
            })
    }

    /// Whether the asker may know that a record exists.
    pub(crate) fn may_know_of(
        &self,
        request: &Request,
        record: &RecordFacts,
    ) -> Result<bool, Broken> {
        let case = self.case_of(record)?;
        let asker = (&request.asker, request.grants.as_slice());
        let question = self.question(asker, Act::ListRecords, (record, case.as_ref()));
        Ok(match decide(&self.policy, &question, self.now()) {
            Decision::Allow(_) => true,
            Decision::Deny(denial) => !denial.hidden,
        })
    }
}
