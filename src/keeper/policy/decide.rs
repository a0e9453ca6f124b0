//! The decision: pure, total, and refusing whenever anything is not as it should be.

use cedar_policy::AuthorizationError;
use cedar_policy::Entities;

use crate::clock::Timestamp;
use crate::ids::UserId;
use crate::keeper::acts::Act;
use crate::keeper::policy::HIDDEN;
use crate::keeper::policy::Policy;
use crate::keeper::policy::question::About;
use crate::keeper::policy::question::Question;
use crate::keeper::policy::question::Resource;
use crate::keeper::policy::rule::RuleId;
use crate::keeper::policy::slice;
use crate::keeper::policy::slice::Misfit;
use crate::keeper::policy::slice::Slice;

/// What came of a question.
#[derive(Debug)]
pub enum Decision {
    /// It is allowed.
    Allow(Permit),
    /// It is not.
    Deny(Denial),
}

/// The policy's yes to one act of one person on one thing. Only this module makes it; it is used up by
/// the entry that says so.
///
/// ```compile_fail,E0599
/// fn twice(permit: strongroom::keeper::policy::decide::Permit) {
///     let _ = permit.clone();
/// }
/// ```
///
/// ```compile_fail,E0451
/// use strongroom::keeper::policy::decide::Permit;
/// fn forged(like: Permit) -> Permit {
///     Permit { rules: Vec::new(), ..like }
/// }
/// ```
///
/// ```compile_fail,E0382
/// use strongroom::keeper::policy::decide::Permit;
/// fn used_up(_: Permit) {}
/// fn again(permit: Permit) {
///     used_up(permit);
///     used_up(permit);
/// }
/// ```
#[derive(Debug)]
#[must_use = "a permit does nothing until its entry is written"]
pub struct Permit {
    rules: Vec<RuleId>,
    act: Act,
    asker: UserId,
    about: About,
}

impl Permit {
    /// The rules that allow it, in the order of the list.
    pub fn rules(&self) -> &[RuleId] {
        &self.rules
    }

    /// Uses the permit up for the entry that says so.
    pub(crate) fn into_rules(self) -> Vec<RuleId> {
        self.rules
    }

    /// The act.
    pub fn act(&self) -> Act {
        self.act
    }

    /// Whose act it is.
    pub fn asker(&self) -> UserId {
        self.asker
    }

    /// What it may be done to: a permit for one record is none for another.
    pub fn about(&self) -> &About {
        &self.about
    }
}

/// The policy's no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// The rules that decided, for the entry's detail: never shown when `hidden`.
    pub rules: Vec<RuleId>,
    /// The sentence for the asker.
    pub says: String,
    /// Whether to answer as if there were no such thing.
    pub hidden: bool,
}

/// Decides one question at the moment `now`, the keeper's own clock.
pub fn decide(policy: &Policy, question: &Question<'_>, now: Timestamp) -> Decision {
    let mut slice = Slice::new(&policy.names, now);
    let entities = slice
        .add(question)
        .and_then(|()| slice.close(&policy.schema));
    match entities {
        Ok(entities) => decide_over(policy, question, &entities, now),
        Err(Misfit) => failed(policy, question, Vec::new(), &[]),
    }
}

/// Decides many questions, answers in the order of the questions: for lists, where one set of entities
/// for all is several times faster than one each.
pub fn decide_many(policy: &Policy, questions: &[Question<'_>], now: Timestamp) -> Vec<Decision> {
    let mut slice = Slice::new(&policy.names, now);
    let added: Result<(), _> = questions
        .iter()
        .try_for_each(|question| slice.add(question));
    match added.and_then(|()| slice.close(&policy.schema)) {
        Ok(entities) => {
            let over = |question| decide_over(policy, question, &entities, now);
            questions.iter().map(over).collect()
        }
        // Something does not fit together: one by one, so that only that is refused.
        Err(Misfit) => questions
            .iter()
            .map(|question| decide(policy, question, now))
            .collect(),
    }
}

fn decide_over(
    policy: &Policy,
    question: &Question<'_>,
    entities: &Entities,
    now: Timestamp,
) -> Decision {
    if matches!(question.resource, Resource::Unknown) {
        // The work is done, the answer does not depend on it.
        drop(evaluate(policy, question, entities, now));
        return Decision::Deny(hide(vec![RuleId::NO_SUCH_RECORD]));
    }
    evaluate(policy, question, entities, now)
}

fn evaluate(
    policy: &Policy,
    question: &Question<'_>,
    entities: &Entities,
    now: Timestamp,
) -> Decision {
    let request = slice::request(&policy.names, &policy.schema, question, now);
    let (Ok(request), Some(rules)) = (request, policy.by_act.get(&question.act)) else {
        return failed(policy, question, Vec::new(), &[]);
    };
    let authorizer = &policy.authorizer;
    let response = authorizer.is_authorized(&request, &rules.all, entities);
    let deciding = policy.in_order(response.diagnostics().reason());
    let broken: Vec<RuleId> = response
        .diagnostics()
        .errors()
        .map(|AuthorizationError::PolicyEvaluationError(error)| error.policy_id())
        .map(|id| RuleId::from(id.to_string()))
        .collect();
    // Cedar leaves out a rule that cannot be evaluated; if that rule forbids, leaving it out allows.
    if !broken.is_empty() {
        return failed(policy, question, broken, &deciding);
    }
    match response.decision() {
        cedar_policy::Decision::Allow => Decision::Allow(Permit {
            rules: deciding,
            act: question.act,
            asker: question.asker.id,
            about: question.resource.about(),
        }),
        cedar_policy::Decision::Deny => {
            Decision::Deny(refuse(policy, question.act, deciding, || {
                // Whether anything would allow it if nothing forbade it.
                let response = authorizer.is_authorized(&request, &rules.permits, entities);
                response.decision() == cedar_policy::Decision::Allow
            }))
        }
    }
}

/// The refusal for the rules that forbid, or for none. A person whom nothing allows is told so, and not
/// what else stands in the way (they would only learn about the record, and try again for nothing).
fn refuse(
    policy: &Policy,
    act: Act,
    mut rules: Vec<RuleId>,
    permitted: impl FnOnce() -> bool,
) -> Denial {
    if rules.iter().any(|rule| policy.hides(rule)) {
        return hide(rules);
    }
    let about_asker = rules
        .iter()
        .find(|rule| policy.is_about_asker(rule))
        .cloned();
    if about_asker.is_none() && !permitted() {
        rules.insert(0, RuleId::NO_RULE);
    }
    let says = about_asker
        .as_ref()
        .or_else(|| rules.first())
        .and_then(|rule| policy.says(rule))
        .map_or_else(
            || format!("no rule allows you to {}", act.row().says),
            str::to_owned,
        );
    Denial {
        rules,
        says,
        hidden: false,
    }
}

fn hide(rules: Vec<RuleId>) -> Denial {
    Denial {
        rules,
        says: HIDDEN.to_owned(),
        hidden: true,
    }
}

/// The refusal when the policy could not be evaluated. What might have been hidden stays hidden, judged
/// without the policy, since that is what failed.
fn failed(
    policy: &Policy,
    question: &Question<'_>,
    broken: Vec<RuleId>,
    deciding: &[RuleId],
) -> Decision {
    let mut rules = vec![RuleId::POLICY_FAILED];
    rules.extend(broken);
    let to_hide = match question.resource {
        Resource::Record { facts, rules, .. } => {
            rules.hidden
                || question.asker.is(crate::keeper::facts::Role::Assessor)
                || facts.excluded.contains(&question.asker.id)
        }
        Resource::Unknown | Resource::Person { .. } => true,
        Resource::Vault
        | Resource::Account(_)
        | Resource::Case(_)
        | Resource::Kind { .. }
        | Resource::Grant(_)
        | Resource::Proposal(_) => false,
    };
    Decision::Deny(
        if to_hide || deciding.iter().any(|rule| policy.hides(rule)) {
            hide(rules)
        } else {
            let says = "the policy could not be applied, so nothing is allowed: tell a coordinator";
            Denial {
                rules,
                says: says.to_owned(),
                hidden: false,
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::keeper::facts::AccountFacts;
    use crate::keeper::facts::AccountState;
    use crate::keeper::facts::Role;
    use crate::keeper::policy::SCHEMA_TEXT;

    fn coordinator() -> AccountFacts {
        AccountFacts {
            id: UserId::from_bytes([1; 16]),
            handle: "ada".to_owned(),
            name: "Ada".to_owned(),
            role: Role::Coordinator,
            state: AccountState::Active,
            claimed: true,
            also: std::collections::BTreeSet::new(),
            reports_to: None,
            recipient: crate::sealing::HybridIdentity::generate()
                .recipient()
                .clone(),
            verifying: crate::sealing::SigningKey::generate().verifying(),
            enrolled_at: Timestamp::from_ms(0),
            suspended_at: None,
            os_user: None,
            other: BTreeMap::new(),
        }
    }

    fn ask<'a>(asker: &'a AccountFacts, resource: Resource<'a>) -> Question<'a> {
        let act = Act::ListCases;
        Question {
            asker,
            grants: &[],
            act,
            resource,
            purpose: None,
            reason: None,
        }
    }

    /// The rule that forbids overflows, which no validator sees. Cedar leaves it out and allows.
    #[test]
    fn a_rule_that_fails_refuses() {
        let text = "@id(\"anything\") @says(\"all\") permit (principal, action, resource);
            @id(\"broken\") @says(\"not this\") forbid (principal, action, resource)
            when { principal.state != AccountState::\"left\" && 9223372036854775807 + 1 > 0 };";
        let policy = Policy::load(SCHEMA_TEXT, text, &["anything", "broken"]).unwrap();
        let asker = coordinator();
        let question = ask(&asker, Resource::Vault);
        let now = Timestamp::from_ms(0);

        let mut slice = Slice::new(&policy.names, now);
        slice.add(&question).unwrap();
        let entities = slice.close(&policy.schema).unwrap();
        let request = slice::request(&policy.names, &policy.schema, &question, now).unwrap();
        let bare =
            policy
                .authorizer
                .is_authorized(&request, &policy.by_act[&question.act].all, &entities);
        assert_eq!(
            bare.decision(),
            cedar_policy::Decision::Allow,
            "the danger is real"
        );

        let Decision::Deny(denial) = decide(&policy, &question, now) else {
            panic!("allowed by a policy whose forbidding rule failed");
        };
        let broken = RuleId::from("broken".to_owned());
        assert_eq!(denial.rules, [RuleId::POLICY_FAILED, broken]);
        assert!(!denial.hidden);
    }

    /// Even a policy that allows everything finds nothing under an unknown id.
    #[test]
    fn nothing_is_never_allowed() {
        let text = "@id(\"anything\") @says(\"all\") permit (principal, action, resource);";
        let policy = Policy::load(SCHEMA_TEXT, text, &["anything"]).unwrap();
        let asker = coordinator();
        for act in [Act::ReadRecord, Act::ListCases] {
            let question = Question {
                act,
                ..ask(&asker, Resource::Unknown)
            };
            let decisions = decide_many(&policy, &[question, question], Timestamp::from_ms(0));
            assert_eq!(decisions.len(), 2);
            for decision in decisions {
                let Decision::Deny(denial) = decision else {
                    panic!("allowed");
                };
                assert_eq!(denial, hide(vec![RuleId::NO_SUCH_RECORD]));
            }
        }
    }
}
