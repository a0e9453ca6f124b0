//! What went wrong, for people and for scripts: one sentence, what to do next, one exit code.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io;
use std::path::Path;

use serde::Serialize;

pub(crate) use crate::ledger::journal::disk::reason;

/// What a hidden and an unknown thing alike are answered with.
pub(crate) const UNKNOWN: &str = "no such record, or not yours to open";
/// Its code.
const HIDDEN_CODE: &str = "unknown";
/// The code of a refusal by the policy.
const DENIED_CODE: &str = "denied";

/// Why a command ended without doing what it was asked; decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// A rule about the input, a state, a file.
    Refused,
    /// The command line itself.
    Usage,
    /// Policy, or nothing there that this person may see.
    Denied,
    /// Damaged or altered.
    Damaged,
    /// In use; worth trying again.
    Busy,
    /// Two histories.
    Fork,
    /// Less history than was there before.
    WentBack,
    /// Our own fault.
    Bug,
}

impl Ending {
    /// The process's exit code.
    pub(crate) const fn exit_code(self) -> u8 {
        match self {
            Self::Refused => 1,
            Self::Usage => 2,
            Self::Denied => 3,
            Self::Damaged => 4,
            Self::Busy => 5,
            Self::Fork => 6,
            Self::WentBack => 7,
            Self::Bug => 70,
        }
    }
}

/// One field of a form that does not meet its rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FieldProblem {
    pub(crate) field: String,
    pub(crate) rule: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) example: Option<String>,
}

/// An error as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CliError(Box<Parts>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Parts {
    ending: Ending,
    code: Cow<'static, str>,
    says: String,
    rule: Option<String>,
    entry: Option<u64>,
    problems: Vec<FieldProblem>,
    hints: Vec<String>,
    reported: bool,
}

impl CliError {
    fn new(ending: Ending, code: impl Into<Cow<'static, str>>, says: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            ending,
            code: code.into(),
            says: says.into(),
            rule: None,
            entry: None,
            problems: Vec::new(),
            hints: Vec::new(),
            reported: false,
        }))
    }

    /// Refused by a rule about the input or the state it meets.
    pub(crate) fn refused(code: impl Into<Cow<'static, str>>, says: impl Into<String>) -> Self {
        Self::new(Ending::Refused, code, says)
    }

    /// The command line lacks something or contradicts itself.
    pub(crate) fn usage(says: impl Into<String>) -> Self {
        Self::new(Ending::Usage, "usage", says)
    }

    /// A rule of the policy, its sentence, and the entry that says so.
    pub(crate) fn denied(rule: String, says: String, entry: Option<u64>) -> Self {
        let mut error = Self::new(Ending::Denied, DENIED_CODE, says);
        error.0.rule = Some(rule);
        error.0.entry = entry;
        error
    }

    /// Hidden or unknown: the same words for both, and nothing beside them.
    pub(crate) fn unknown() -> Self {
        Self::new(Ending::Denied, HIDDEN_CODE, UNKNOWN)
    }

    /// Not signed in: the passphrase is another.
    pub(crate) fn wrong_passphrase() -> Self {
        let says = "that is not the passphrase of this account";
        let error = Self::new(Ending::Denied, "wrong-passphrase", says);
        error.hint("try again; a coordinator can help where it is forgotten")
    }

    /// Something stored is damaged or was altered.
    pub(crate) fn damaged(says: impl Into<String>) -> Self {
        Self::new(Ending::Damaged, "damaged", says)
    }

    /// Somebody else is using it.
    pub(crate) fn busy(says: impl Into<String>) -> Self {
        Self::new(Ending::Busy, "busy", says)
    }

    /// Two histories that cannot both be true.
    pub(crate) fn fork(says: impl Into<String>) -> Self {
        Self::new(Ending::Fork, "fork", says)
    }

    /// Less history than was seen before.
    pub(crate) fn went_back(says: impl Into<String>) -> Self {
        Self::new(Ending::WentBack, "went-back", says)
    }

    /// A bug of our own.
    pub(crate) fn bug(says: impl Into<String>) -> Self {
        Self::new(Ending::Bug, "bug", says)
    }

    /// A form that does not meet its kind's rules.
    pub(crate) fn form(problems: Vec<FieldProblem>) -> Self {
        let says = match problems.len() {
            1 => "the form has a problem".to_owned(),
            count => format!("the form has {count} problems"),
        };
        let mut error = Self::new(Ending::Refused, "form", says);
        error.0.problems = problems;
        error
    }

    /// A file or folder that could not be used; `act` continues "could not".
    pub(crate) fn file(act: &str, path: &Path, error: &io::Error) -> Self {
        let says = format!("could not {act} `{}`: {}", path.display(), reason(error));
        let code = match error.kind() {
            io::ErrorKind::NotFound => "missing-file",
            io::ErrorKind::AlreadyExists => "exists",
            _ => "file",
        };
        Self::refused(code, says)
    }

    /// Says what to do next. What is hidden or unknown takes no hints, for they could tell which it is.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        if self.0.code != HIDDEN_CODE {
            self.0.hints.push(hint.into());
        }
        self
    }

    /// One of several faults, on a line of its own.
    pub(crate) fn detail(mut self, fault: String) -> Self {
        self.0.problems.push(FieldProblem {
            field: String::new(),
            rule: fault,
            example: None,
        });
        self
    }

    /// Marks that what the command printed is its report, to be shown in the place of this error.
    pub(crate) fn with_report(mut self) -> Self {
        self.0.reported = true;
        self
    }

    /// Whether the printed report is shown in the place of this error.
    pub(crate) const fn has_report(&self) -> bool {
        self.0.reported
    }

    /// Whether a rule of the policy said no.
    pub(crate) fn is_denial(&self) -> bool {
        self.0.code == DENIED_CODE
    }

    /// Each fault of a form in a sentence, or the one sentence there is.
    pub(crate) fn faults(&self) -> Vec<String> {
        if self.0.problems.is_empty() {
            return vec![self.0.says.clone()];
        }
        self.0.problems.iter().map(FieldProblem::text).collect()
    }

    /// The process's exit code.
    pub(crate) const fn exit_code(&self) -> u8 {
        self.0.ending.exit_code()
    }

    /// The sentence, then each problem, rule and hint on a line of its own.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = vec![self.0.says.clone()];
        lines.extend(
            self.0
                .problems
                .iter()
                .map(|problem| format!("  {}", problem.text())),
        );
        if let Some(rule) = &self.0.rule {
            let entry = self.0.entry.map_or_else(String::new, |index| {
                format!(", written down as entry {index}")
            });
            lines.push(format!("  rule: {rule}{entry}"));
        }
        lines.extend(self.0.hints.iter().map(|hint| format!("  {hint}")));
        lines
    }

    /// The document for scripts, compact.
    pub(crate) fn json(&self) -> String {
        let mut message = self.0.says.clone();
        for (at, problem) in self.0.problems.iter().enumerate() {
            let lead = if at == 0 { ": " } else { "; " };
            // Writing to a String cannot fail.
            let _ = write!(message, "{lead}{}", problem.text());
        }
        for hint in &self.0.hints {
            let _ = write!(message, "; {hint}");
        }
        let error = Shown {
            code: &self.0.code,
            message: &message,
            rule: self.0.rule.as_deref(),
            entry: self.0.entry,
            problems: &self.0.problems,
        };
        // Strings, numbers and lists always have a JSON form.
        let error = serde_json::to_string(&error).unwrap_or_default();
        format!("{{\"error\":{error}}}")
    }
}

impl FieldProblem {
    fn text(&self) -> String {
        let mut text = self.rule.clone();
        if !self.field.is_empty() {
            text = format!("{}: {text}", self.field);
        }
        if let Some(example) = &self.example {
            let _ = write!(text, ", for example {example}");
        }
        text
    }
}

#[derive(Serialize)]
struct Shown<'a> {
    code: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<u64>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    problems: &'a [FieldProblem],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_and_unknown_carry_code_and_message_only() {
        let error = CliError::unknown().hint("of no use here");
        assert_eq!(
            error.json(),
            r#"{"error":{"code":"unknown","message":"no such record, or not yours to open"}}"#
        );
        assert_eq!(error.lines(), [UNKNOWN]);
        assert_eq!(error.exit_code(), 3);
    }

    #[test]
    fn a_denial_names_rule_and_entry() {
        let error = CliError::denied("complaints".into(), "staff may not".into(), Some(57));
        assert_eq!(
            error.json(),
            r#"{"error":{"code":"denied","message":"staff may not","rule":"complaints","entry":57}}"#
        );
        assert_eq!(
            error.lines(),
            [
                "staff may not",
                "  rule: complaints, written down as entry 57"
            ]
        );
    }

    #[test]
    fn forms_list_every_problem_in_text_and_json() {
        let problem = |field: &str, example: Option<&str>| FieldProblem {
            field: field.into(),
            rule: "must be given".into(),
            example: example.map(Into::into),
        };
        let error = CliError::form(vec![
            problem("venue", Some("\"Room 2\"")),
            problem("", None),
        ]);
        assert_eq!(
            error.lines(),
            [
                "the form has 2 problems",
                "  venue: must be given, for example \"Room 2\"",
                "  must be given"
            ]
        );
        let json: serde_json::Value = serde_json::from_str(&error.json()).unwrap();
        assert_eq!(json["error"]["problems"][0]["field"], "venue");
        assert!(
            json["error"]["message"]
                .as_str()
                .unwrap()
                .ends_with("; must be given")
        );
    }

    #[test]
    fn every_ending_has_its_own_code() {
        use Ending::{Bug, Busy, Damaged, Denied, Fork, Refused, Usage, WentBack};
        let codes =
            [Refused, Usage, Denied, Damaged, Busy, Fork, WentBack, Bug].map(Ending::exit_code);
        assert_eq!(codes, [1, 2, 3, 4, 5, 6, 7, 70]);
    }
}
