//! The names of rules.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;

/// The golden list: every rule of the policy file, in its order. A refusal shows the sentence of the
/// first rule here that forbids. Names stand in the ledger's details: one that is gone is never given to
/// another rule, and a rule that comes to mean something else gets a new one.
pub const RULES: &[&str] = &[
    "own-account",
    "public-keys",
    "errands",
    "enrolment",
    "suspension",
    "directory",
    "directory-entry",
    "invitation",
    "leaving",
    "role-teams",
    "reissue",
    "two-person-mode",
    "places",
    "place-list",
    "trustees-key",
    "errand-list",
    "re-keying",
    "access-check",
    "access-of-user",
    "case-opening",
    "case-running",
    "case-list",
    "case-oversight",
    "case-team",
    "case-granted",
    "case-granting",
    "people-keeping",
    "people-list",
    "person-keeping",
    "person-of-case",
    "grant-list",
    "grant-sides",
    "grant-oversight",
    "grant-ending",
    "grant-returning",
    "proposal-list",
    "proposal-own",
    "proposal-second-person",
    "audit-view",
    "audit-export",
    "audit-export-granted",
    "filing-by-role",
    "filing-on-team",
    "importing",
    "reading-by-role",
    "reading-on-team",
    "reading-as-handler",
    "reading-without-handler",
    "reading-as-decider",
    "reading-until-deciders",
    "reading-own-filing",
    "correcting-returned",
    "reading-by-grant",
    "breaking-glass",
    "opening-review",
    "account-suspended",
    "account-left",
    "excluded",
    "outside-without-grant",
    "not-among-readers-of-restricted-kind",
    "person-of-others",
    "grant-not-begun",
    "grant-over",
    "only-roles",
    "case-closed",
    "record-disposed",
    "not-exportable",
    "not-a-releaser",
    "not-a-writer",
    "own-report",
    "unclaimed-checker",
    "not-a-granter",
    "not-grantable",
    "not-a-guardian",
    "not-a-mover",
    "own-role",
    "own-proposal",
    "about-oneself",
    "unclaimed-approver",
    "unexplained-refusal",
    "case-grant-without-purpose",
    "grant-without-purpose",
    "text-not-searched",
    "purpose-missing",
    "reason-missing",
    "unexplained-override",
    "person-reason-missing",
];

/// The name of a rule: one of [`RULES`], or of the constants here for what no rule says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct RuleId(Cow<'static, str>);

impl RuleId {
    /// Nothing allows what was asked.
    pub const NO_RULE: Self = Self(Cow::Borrowed("no-rule"));
    /// There is nothing of the id that was asked for.
    pub const NO_SUCH_RECORD: Self = Self(Cow::Borrowed("no-such-record"));
    /// The case's service gives nothing of this kind to anybody outside.
    pub const SERVICE_GIVES_NONE: Self = Self(Cow::Borrowed("service-gives-none"));
    /// It is a court's, and no order names who is to have it.
    pub const NOT_NAMED_BY_COURT: Self = Self(Cow::Borrowed("courts-property"));
    /// A rule could not be evaluated, or the facts do not fit together.
    pub const POLICY_FAILED: Self = Self(Cow::Borrowed("policy-failed"));

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for RuleId {
    fn from(name: String) -> Self {
        Self(Cow::Owned(name))
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}
