//! The decision: pure, total, and refusing whenever anything is not as it should be.

use cedar_policy::AuthorizationError;
use cedar_policy::Entities;
use cedar_policy::Request;

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
    let mut slice = Slice::new(&policy.names);
    let entities = slice
        .add(question)
        .and_then(|()| slice.close(&policy.schema));
    match entities {
        Ok(entities) => decide_over(policy, question, &entities, now),
        Err(_) => failed(policy, question, Vec::new(), &[]),
    }
}

/// Decides many questions, answers in the order of the questions: for lists, where one set of entities
/// for all is several times faster than one each.
pub fn decide_many(policy: &Policy, questions: &[Question<'_>], now: Timestamp) -> Vec<Decision> {
    let mut slice = Slice::new(&policy.names);
    let added: Result<(), _> = questions
        .iter()
        .try_for_each(|question| slice.add(question));
    match added.and_then(|()| slice.close(&policy.schema)) {
        Ok(entities) => {
            let over = |question| decide_over(policy, question, &entities, now);
            questions.iter().map(over).collect()
        }
        // Something does not fit together: one by one, so that only that is refused.
        Err(_) => questions
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
    let Ok(request) = slice::request(&policy.names, &policy.schema, question, now) else {
        return failed(policy, question, Vec::new(), &[]);
    };
    let response = policy
        .authorizer
        .is_authorized(&request, &policy.all, entities);
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
                permits(policy, &request, entities)
            }))
        }
    }
}

/// Whether anything would allow it if nothing forbade it.
fn permits(policy: &Policy, request: &Request, entities: &Entities) -> bool {
    let response = policy
        .authorizer
        .is_authorized(request, &policy.permits, entities);
    response.decision() == cedar_policy::Decision::Allow
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
            rules.hidden || facts.excluded.contains(&question.asker.id)
        }
        _ => false,
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
