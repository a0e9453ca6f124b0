//! The policy: one readable Cedar file and its schema, both part of the program.
//!
//! Everything that could make a rule mean less than it says is refused when the policy is loaded: a
//! word, attribute or act the schema does not know, a rule without a name or a sentence, a name used
//! twice, a name outside [`RULES`], a rule of [`RULES`] that is absent. What remains is refused by
//! [`decide`](decide::decide): a rule that cannot be evaluated allows nothing.

use std::collections::BTreeMap;

use cedar_policy::Authorizer;
use cedar_policy::Effect;
use cedar_policy::PolicyId;
use cedar_policy::PolicySet;
use cedar_policy::ResourceConstraint;
use cedar_policy::Schema;
use cedar_policy::ValidationMode;
use cedar_policy::Validator;
use sha2::Digest as _;

use crate::keeper::acts::Act;
use crate::keeper::policy::by_act::Rules;
use crate::keeper::policy::error::PolicyError;
use crate::keeper::policy::names::Names;
use crate::keeper::policy::rule::RULES;
use crate::keeper::policy::rule::RuleId;

mod by_act;
pub mod decide;
pub mod error;
pub mod kind;
pub mod matrix;
mod names;
pub mod question;
pub mod rule;
mod slice;

/// The rules, as people read them.
pub const POLICY_TEXT: &str = include_str!("policy/vault.cedar");
/// What the rules may speak of.
pub const SCHEMA_TEXT: &str = include_str!("policy/vault.cedarschema");
/// The one answer for what does not exist and for what is hidden from the asker.
pub const HIDDEN: &str = "no such record, or not yours to open";

/// One rule, as loaded.
#[derive(Debug)]
struct Rule {
    /// Its place in the golden list: the lower, the earlier its sentence is chosen.
    place: usize,
    /// Its sentence.
    says: String,
    /// Whether its refusal is that of something that does not exist.
    hides: bool,
    /// Whether it forbids whatever is asked, for who asks.
    about_asker: bool,
}

/// A loaded, validated policy.
pub struct Policy {
    authorizer: Authorizer,
    schema: Schema,
    by_act: BTreeMap<Act, Rules>,
    rules: BTreeMap<RuleId, Rule>,
    names: Names,
    sha256: String,
}

impl std::fmt::Debug for Policy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Policy")
            .field("sha256", &self.sha256)
            .field("rules", &self.rules.len())
            .finish_non_exhaustive()
    }
}

impl Policy {
    /// The policy that is part of this program. Parsing and validating takes some 30 ms: do it once.
    ///
    /// # Errors
    /// The file and the program do not belong together; a build of this program that passed its tests
    /// never returns one.
    pub fn builtin() -> Result<Self, PolicyError> {
        Self::load(SCHEMA_TEXT, POLICY_TEXT, RULES)
    }

    /// SHA-256 of the policy file, in hex: what the details of decisions name.
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// The sentence of a rule, if there is such a rule.
    pub fn says(&self, rule: &RuleId) -> Option<&str> {
        self.rules.get(rule).map(|found| found.says.as_str())
    }

    /// The ids of all rules, in the order in which their sentences are chosen.
    pub fn rules(&self) -> Vec<RuleId> {
        let mut ids: Vec<RuleId> = self.rules.keys().cloned().collect();
        ids.sort_by_key(|id| self.place(id));
        ids
    }

    /// The rules of `text` over `schema`; `known` is the closed list of their names.
    pub(crate) fn load(schema: &str, text: &str, known: &[&str]) -> Result<Self, PolicyError> {
        let (schema, warnings) = Schema::from_cedarschema_str(schema)
            .map_err(|source| PolicyError::Schema(source.to_string()))?;
        if let Some(warning) = warnings.into_iter().next() {
            return Err(PolicyError::Schema(warning.to_string()));
        }
        let parsed: PolicySet = text
            .parse()
            .map_err(|source: cedar_policy::ParseErrors| PolicyError::Text(source.to_string()))?;
        if let Some(template) = parsed.templates().next() {
            let id = template.annotation("id").unwrap_or("?");
            return Err(PolicyError::Template(id.to_owned()));
        }
        let mut loaded = Loaded::default();
        for policy in parsed.policies() {
            loaded.take(policy, known)?;
        }
        loaded.complete(known)?;
        validate(&schema, &loaded.all)?;
        let names = Names::new().map_err(|source| PolicyError::Schema(source.to_string()))?;
        Ok(Self {
            authorizer: Authorizer::new(),
            by_act: by_act::sorted(&loaded.all, (&schema, &names))?,
            names,
            schema,
            rules: loaded.rules,
            sha256: crate::bytes::hex(&sha2::Sha256::digest(text.as_bytes())),
        })
    }

    /// Whether a rule's refusal is that of something that does not exist.
    fn hides(&self, id: &RuleId) -> bool {
        self.rules.get(id).is_some_and(|rule| rule.hides)
    }

    /// Whether a rule forbids everything to a person.
    fn is_about_asker(&self, id: &RuleId) -> bool {
        self.rules.get(id).is_some_and(|rule| rule.about_asker)
    }

    /// Cedar's ids as ours, in the fixed order (Cedar promises none).
    fn in_order<'i>(&self, ids: impl Iterator<Item = &'i PolicyId>) -> Vec<RuleId> {
        let mut rules: Vec<RuleId> = ids.map(|id| RuleId::from(id.to_string())).collect();
        rules.sort_by_key(|id| self.place(id));
        rules
    }

    /// Where a rule stands in the fixed order; unknown ids stand last.
    fn place(&self, id: &RuleId) -> usize {
        self.rules.get(id).map_or(usize::MAX, |rule| rule.place)
    }
}

/// Rules read so far.
#[derive(Default)]
struct Loaded {
    all: PolicySet,
    rules: BTreeMap<RuleId, Rule>,
}

impl Loaded {
    fn take(&mut self, policy: &cedar_policy::Policy, known: &[&str]) -> Result<(), PolicyError> {
        let Some(id) = policy.annotation("id").filter(|id| !id.is_empty()) else {
            // What parsing called it: its number in the file, from 0.
            return Err(PolicyError::Unnamed(policy.id().to_string()));
        };
        let Some(place) = known.iter().position(|name| *name == id) else {
            return Err(PolicyError::Unknown(id.to_owned()));
        };
        let rule = read(policy, id, place)?;
        let id = RuleId::from(id.to_owned());
        let named = policy.new_id(PolicyId::new(id.as_str()));
        let double = |_| PolicyError::Double(id.to_string());
        self.all.add(named).map_err(double)?;
        self.rules.insert(id, rule);
        Ok(())
    }

    fn complete(&self, known: &[&str]) -> Result<(), PolicyError> {
        let absent = known
            .iter()
            .find(|name| !self.rules.keys().any(|id| id.as_str() == **name));
        absent.map_or(Ok(()), |name| Err(PolicyError::Absent((*name).to_owned())))
    }
}

/// The annotations of one rule.
fn read(policy: &cedar_policy::Policy, id: &str, place: usize) -> Result<Rule, PolicyError> {
    let wrong = |why: &'static str| PolicyError::Annotation {
        rule: id.to_owned(),
        why,
    };
    let forbids = policy.effect() == Effect::Forbid;
    let says = policy.annotation("says").unwrap_or_default();
    if says.is_empty() {
        return Err(wrong("it has no sentence (@says)"));
    }
    for (key, value) in policy.annotations() {
        match key {
            "hides" if !value.is_empty() => return Err(wrong("@hides takes no value")),
            "hides" if !forbids => return Err(wrong("@hides is for rules that forbid")),
            "hides" if says != HIDDEN => {
                return Err(wrong(
                    "a rule that hides says what is said of unknown records",
                ));
            }
            "id" | "says" | "hides" => {}
            _ => {
                return Err(wrong(
                    "it has an annotation other than @id, @says and @hides",
                ));
            }
        }
    }
    Ok(Rule {
        place,
        says: says.to_owned(),
        hides: policy.annotation("hides").is_some(),
        about_asker: forbids && policy.resource_constraint() == ResourceConstraint::Any,
    })
}

/// Strict validation; a warning counts, since a rule that can never apply protects nothing.
fn validate(schema: &Schema, rules: &PolicySet) -> Result<(), PolicyError> {
    let result = Validator::new(schema.clone()).validate(rules, ValidationMode::Strict);
    let error = result
        .validation_errors()
        .map(|found| (found.policy_id().to_string(), found.to_string()))
        .next();
    let warning = result
        .validation_warnings()
        .map(|found| (found.policy_id().to_string(), found.to_string()))
        .next();
    match error.or(warning) {
        Some((rule, why)) => Err(PolicyError::Invalid { rule, why }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWS: &str = "@id(\"a\") @says(\"all\") permit (principal, action, resource);";
    const FORBIDS: &str = "@id(\"b\") @says(\"none\") forbid (principal, action, resource);";

    fn refused(text: &str) -> PolicyError {
        Policy::load(SCHEMA_TEXT, text, &["a", "b"]).unwrap_err()
    }

    #[test]
    fn the_builtin_policy_loads() {
        let policy = Policy::builtin().unwrap();
        assert_eq!(policy.rules().len(), RULES.len());
        assert_eq!(policy.sha256().len(), 64);
        assert!(policy.says(&RuleId::NO_RULE).is_none());
        assert!(!format!("{policy:?}").contains("permit"));
    }

    #[test]
    fn names_are_those_of_the_list() {
        let both = format!("{ALLOWS}{FORBIDS}");
        assert!(Policy::load(SCHEMA_TEXT, &both, &["a", "b"]).is_ok());
        assert_eq!(refused(ALLOWS), PolicyError::Absent("b".to_owned()));
        assert_eq!(
            refused(&format!("{both}{ALLOWS}")),
            PolicyError::Double("a".to_owned())
        );
        let forbid_as_a = FORBIDS.replace("\"b\"", "\"a\"");
        assert_eq!(
            refused(&format!("{both}{forbid_as_a}")),
            PolicyError::Double("a".to_owned())
        );
        let other = both.replace("\"b\"", "\"B\"");
        assert_eq!(refused(&other), PolicyError::Unknown("B".to_owned()));
        let unnamed = format!("{both}@says(\"x\") permit (principal, action, resource);");
        assert_eq!(
            refused(&unnamed),
            PolicyError::Unnamed("policy2".to_owned())
        );
        assert!(matches!(
            refused(&both.replace("@id(\"a\")", "@id")),
            PolicyError::Unnamed(_)
        ));
    }

    #[test]
    fn annotations_are_complete_and_known() {
        let with =
            |from: &str, to: &str| match refused(&format!("{ALLOWS}{FORBIDS}").replace(from, to)) {
                PolicyError::Annotation { rule, why } => format!("{rule}: {why}"),
                other => other.to_string(),
            };
        let none = "it has no sentence (@says)";
        assert_eq!(with("@says(\"all\")", ""), format!("a: {none}"));
        assert_eq!(with("@says(\"none\")", "@says"), format!("b: {none}"));
        assert_eq!(
            with("@says(\"none\")", "@says(\"none\") @hides"),
            "b: a rule that hides says what is said of unknown records"
        );
        assert_eq!(
            with(
                "@says(\"all\")",
                "@says(\"no such record, or not yours to open\") @hides"
            ),
            "a: @hides is for rules that forbid"
        );
        assert_eq!(
            with("@says(\"none\")", "@says(\"n\") @hides(\"no\")"),
            "b: @hides takes no value"
        );
        assert_eq!(
            with("@says(\"none\")", "@says(\"none\") @hide"),
            "b: it has an annotation other than @id, @says and @hides"
        );
    }

    /// What would mean less than it seems to is refused, and the rule is named.
    #[test]
    fn misspelt_rules_are_refused() {
        for condition in [
            "principal in Role::\"cordinator\"",
            "principal.stat == AccountState::\"left\"",
            "principal.state == AccountState::\"lapsed\"",
            "principal.state == \"left\"",
            "principal.state == CaseState::\"closed\"",
            "context.purpose == \"x\"",
            "action == Action::\"read-recrod\"",
            "resource is Recrod",
            "false",
        ] {
            let forbids = FORBIDS.replace(';', &format!(" when {{ {condition} }};"));
            let text = format!("{ALLOWS}{forbids}");
            match refused(&text) {
                PolicyError::Invalid { rule, .. } => assert_eq!(rule, "b", "{condition}"),
                other => panic!("{condition}: {other}"),
            }
        }
    }

    #[test]
    fn what_is_no_policy_is_refused() {
        assert!(matches!(refused("permit"), PolicyError::Text(_)));
        let template =
            "@id(\"a\") @says(\"x\") permit (principal == ?principal, action, resource);";
        assert_eq!(refused(template), PolicyError::Template("a".to_owned()));
        let schema = Policy::load("entity User in [Nobody];", ALLOWS, &["a"]).unwrap_err();
        assert!(matches!(schema, PolicyError::Schema(_)), "{schema}");
        for error in [refused("permit"), refused(template), schema] {
            let says = error.to_string();
            assert!(!says.ends_with('.') && !says.contains('\n'), "{says}");
        }
    }
}
