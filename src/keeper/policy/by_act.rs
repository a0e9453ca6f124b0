//! The rules that speak of an act. A rule whose act is another one allows and forbids nothing, and there are ten times
//! as many of those: they are left out when the policy is loaded instead of at every question.

use std::collections::BTreeMap;

use cedar_policy::ActionConstraint;
use cedar_policy::Effect;
use cedar_policy::Entities;
use cedar_policy::EntityUid;
use cedar_policy::PolicySet;
use cedar_policy::Schema;

use crate::keeper::acts::ACTS;
use crate::keeper::acts::Act;
use crate::keeper::policy::error::PolicyError;
use crate::keeper::policy::names::Names;
use crate::keeper::policy::names::uid;

/// What is evaluated for one act.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    /// Every rule that speaks of it.
    pub(crate) all: PolicySet,
    /// Those that allow, to tell "not yours at all" from "not like this".
    pub(crate) permits: PolicySet,
}

/// Sorts the rules by the acts they speak of.
pub(crate) fn sorted(
    rules: &PolicySet,
    (schema, names): (&Schema, &Names),
) -> Result<BTreeMap<Act, Rules>, PolicyError> {
    let acts = schema
        .action_entities()
        .map_err(|error| PolicyError::Schema(error.to_string()))?;
    let mut sorted = BTreeMap::new();
    for row in ACTS {
        let act = uid(&names.action, row.word);
        let mut of_act = Rules::default();
        let speak = |rule: &&cedar_policy::Policy| speaks_of(rule, &act, &acts);
        for rule in rules.policies().filter(speak) {
            let twice = |_| PolicyError::Double(rule.id().to_string());
            of_act.all.add(rule.clone()).map_err(twice)?;
            if rule.effect() == Effect::Permit {
                of_act.permits.add(rule.clone()).map_err(twice)?;
            }
        }
        sorted.insert(row.act, of_act);
    }
    Ok(sorted)
}

/// Whether an act is one of those a rule is about, by itself or through a group of acts.
fn speaks_of(rule: &cedar_policy::Policy, act: &EntityUid, acts: &Entities) -> bool {
    match rule.action_constraint() {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(only) => only == *act,
        ActionConstraint::In(any) => any
            .iter()
            .any(|one| one == act || acts.is_ancestor_of(one, act)),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::keeper::policy::Policy;
    use crate::keeper::policy::SCHEMA_TEXT;

    fn of(policy: &Policy, act: Act) -> Vec<String> {
        let rules = policy.by_act[&act].all.policies();
        let mut ids: Vec<String> = rules.map(|rule| rule.id().to_string()).collect();
        ids.sort();
        ids
    }

    #[test]
    fn a_rule_stands_with_its_act_its_acts_its_groups_or_all() {
        let text = "@id(\"all\") @says(\"s\") permit (principal, action, resource);
            @id(\"one\") @says(\"s\") permit (principal, action == Action::\"list-cases\", resource);
            @id(\"two\") @says(\"s\") permit (principal, action in [Action::\"list-cases\", Action::\"add-record\"], resource);
            @id(\"group\") @says(\"s\") forbid (principal, action in Action::\"showing\", resource);";
        let policy = Policy::load(SCHEMA_TEXT, text, &["all", "one", "two", "group"]).unwrap();
        assert_eq!(of(&policy, Act::ListCases), ["all", "one", "two"]);
        assert_eq!(of(&policy, Act::AddRecord), ["all", "two"]);
        assert_eq!(of(&policy, Act::ReadRecord), ["all", "group"]);
        assert_eq!(of(&policy, Act::ListUsers), ["all"]);
        let permits = policy.by_act[&Act::ReadRecord].permits.policies();
        assert_eq!(permits.count(), 1);
    }

    /// No rule is lost on the way.
    #[test]
    fn every_rule_speaks_of_an_act_and_every_act_is_spoken_of() {
        let policy = Policy::builtin().unwrap();
        let mut found = BTreeSet::new();
        for row in ACTS {
            let rules = of(&policy, row.act);
            assert!(!rules.is_empty(), "{}", row.word);
            found.extend(rules);
        }
        let all = policy.rules();
        let all: BTreeSet<String> = all.iter().map(ToString::to_string).collect();
        assert_eq!(found, all);
    }
}
