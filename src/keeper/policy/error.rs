//! Why a policy is not used.

use std::fmt;

/// A policy that is refused, and which rule is to blame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PolicyError {
    /// The schema cannot be read.
    Schema(String),
    /// The file cannot be read as rules.
    Text(String),
    /// A rule has no name; what is given is its number in the file, from 0.
    Unnamed(String),
    /// Two rules have this name.
    Double(String),
    /// A rule has a name that is not on the list of rules.
    Unknown(String),
    /// A rule of the list is not in the file.
    Absent(String),
    /// A rule with a blank to fill in: grants are data, never rules.
    Template(String),
    /// A rule's annotations are not as they have to be.
    Annotation {
        /// The rule.
        rule: String,
        /// What is wrong.
        why: &'static str,
    },
    /// A rule speaks of something the schema does not know, or can never apply.
    Invalid {
        /// The rule.
        rule: String,
        /// What is wrong, in Cedar's words.
        why: String,
    },
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Schema(why) => write!(f, "the policy's schema cannot be read: {why}"),
            Self::Text(why) => write!(f, "the policy cannot be read: {why}"),
            Self::Unnamed(number) => write!(f, "rule `{number}` of the policy has no name (@id)"),
            Self::Double(rule) => write!(f, "two rules of the policy are named `{rule}`"),
            Self::Unknown(rule) => write!(f, "rule `{rule}` is not on the list of rules"),
            Self::Absent(rule) => write!(f, "rule `{rule}` is missing from the policy"),
            Self::Template(rule) => write!(f, "rule `{rule}` has a blank to fill in"),
            Self::Annotation { rule, why } => write!(f, "rule `{rule}`: {why}"),
            Self::Invalid { rule, why } => write!(f, "rule `{rule}` is not valid: {why}"),
        }
    }
}

impl std::error::Error for PolicyError {}
