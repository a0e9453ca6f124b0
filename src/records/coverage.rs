//! Whether whatever a centre must record has a place: each row of the list of record kinds is kept by kinds or by
//! the program itself, each kind is wanted, and each retention rule is used.
//!
//! The list's names stand here and what keeps them in the files, so that neither alone can lose a row.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde::Serialize;

use crate::records::classes::Class;
use crate::records::kind::Kind;
use crate::records::kinds::Kinds;

/// The rows of the list of record kinds, by name.
pub const ROWS: [&str; 32] = [
    "Case",
    "Party",
    "Referral",
    "Pre-visit",
    "Risk assessment",
    "Attendance",
    "Contact report",
    "Report release",
    "Court order / correspondence",
    "Review / exit plan",
    "Incident / accident",
    "Safeguarding concern",
    "Allegation about a worker",
    "Whistleblowing",
    "Complaint",
    "Compliment",
    "DP complaint (s.164A)",
    "DBS check log",
    "DBS certificate information",
    "Update Service check",
    "Positive-disclosure assessment",
    "Recruitment / personnel / volunteer",
    "Training",
    "SAR",
    "Redaction",
    "Legal hold",
    "Disposal event / certificate",
    "Access grant",
    "Access review",
    "Breach",
    "ROPA / APD / DPIA entry",
    "Evidence item",
];

/// The embedded files.
pub const FILES: [&str; 2] = [
    include_str!("coverage/rows.toml"),
    include_str!("coverage/beside.toml"),
];

/// What keeps what.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Coverage {
    row: Vec<Row>,
    beyond: Vec<Beyond>,
    rule: Vec<Unruled>,
}

/// A row of the list, and what keeps it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// Its name in the list.
    pub name: String,
    /// The kinds that keep it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<String>,
    /// What of the program keeps it instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub structure: Option<String>,
    /// The step of the program's plan that brings the structure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u32>,
    /// Why no form keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the row lists, and the fields that hold it, with spaces between.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, String>,
    /// What the row lists and no form holds, and what does.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub acts: BTreeMap<String, String>,
}

/// A kind that the list does not have.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Beyond {
    kind: String,
    reason: String,
}

/// A retention rule that no kind falls under, and what does.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Unruled {
    number: String,
    by: String,
}

/// A coverage file that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotCoverage(String);

impl fmt::Display for NotCoverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the coverage of record kinds cannot be read: {}", self.0)
    }
}

impl std::error::Error for NotCoverage {}

impl Coverage {
    /// The coverage built into the program.
    ///
    /// # Errors
    /// [`NotCoverage`].
    pub fn builtin() -> Result<Self, NotCoverage> {
        Self::read(&FILES.concat())
    }

    /// Reads the text of coverage files.
    ///
    /// # Errors
    /// [`NotCoverage`] where it is not TOML, lacks something or holds something unknown.
    pub fn read(toml: &str) -> Result<Self, NotCoverage> {
        toml::from_str(toml).map_err(|error| NotCoverage(error.message().to_owned()))
    }

    /// The rows, in their order.
    pub fn rows(&self) -> &[Row] {
        &self.row
    }

    /// Everything that has no place, or two, a sentence each; empty means all is covered.
    pub fn faults(&self, kinds: &Kinds, classes: &[Class]) -> Vec<String> {
        let mut faults = Vec::new();
        self.list(&mut faults);
        for row in &self.row {
            row.faults(kinds, &mut faults);
        }
        self.kinds(kinds, &mut faults);
        self.rules(kinds, classes, &mut faults);
        faults
    }

    fn list(&self, faults: &mut Vec<String>) {
        for name in ROWS {
            match self.row.iter().filter(|row| row.name == name).count() {
                1 => {}
                0 => faults.push(format!("nothing says what keeps `{name}`")),
                _ => faults.push(format!("what keeps `{name}` is said twice")),
            }
        }
        for row in &self.row {
            if !ROWS.contains(&row.name.as_str()) {
                faults.push(format!("`{}` is no row of the list", row.name));
            }
        }
    }

    /// Each kind keeps one row, or is said to go beyond the list.
    fn kinds(&self, kinds: &Kinds, faults: &mut Vec<String>) {
        let of_rows = self.row.iter().flat_map(|row| &row.kinds);
        let named: Vec<&String> = of_rows
            .chain(self.beyond.iter().map(|beyond| &beyond.kind))
            .collect();
        for kind in kinds.iter() {
            match named.iter().filter(|name| **name == &kind.name).count() {
                1 => {}
                0 => faults.push(format!("no row is kept by the kind {}", kind.name)),
                _ => faults.push(format!("the kind {} keeps more than one row", kind.name)),
            }
        }
        for name in named.iter().filter(|name| kinds.find(name).is_none()) {
            faults.push(format!("{name}, which keeps something, is no kind"));
        }
        for beyond in self.beyond.iter().filter(|one| is_blank(&one.reason)) {
            faults.push(format!("nothing says what {} is for", beyond.kind));
        }
    }

    /// Each retention rule has a kind that falls under it, or something else that does.
    fn rules(&self, kinds: &Kinds, classes: &[Class], faults: &mut Vec<String>) {
        let ruled: BTreeSet<&str> = kinds.iter().flat_map(|kind| kind.class.all()).collect();
        for class in classes {
            let said = self.rule.iter().any(|unruled| unruled.number == class.rule);
            let (number, name) = (&class.rule, &class.name);
            match (ruled.contains(number.as_str()), said) {
                (false, false) => {
                    faults.push(format!(
                        "nothing falls under retention rule {number}, {name}"
                    ));
                }
                (true, true) => faults.push(format!(
                    "retention rule {number} is said to have no kind, and has one"
                )),
                _ => {}
            }
        }
        for rule in &self.rule {
            if is_blank(&rule.by) || !classes.iter().any(|class| class.rule == rule.number) {
                faults.push(format!(
                    "retention rule {} is not there, or empty",
                    rule.number
                ));
            }
        }
    }
}

impl Row {
    fn faults(&self, kinds: &Kinds, faults: &mut Vec<String>) {
        let name = &self.name;
        let structure = self
            .structure
            .as_deref()
            .is_some_and(|words| !is_blank(words));
        let reasoned = self.reason.as_deref().is_some_and(|words| !is_blank(words));
        if self.kinds.is_empty() != structure {
            faults.push(format!(
                "`{name}` is kept by kinds or by the program, and by one of them"
            ));
        }
        if structure && (self.step.is_none() || !reasoned) {
            faults.push(format!(
                "`{name}` has no form, and nothing says why or when it comes"
            ));
        }
        if !self.kinds.is_empty() && self.fields.is_empty() {
            faults.push(format!("nothing says which fields keep `{name}`"));
        }
        let kept_by: Vec<&Kind> = self
            .kinds
            .iter()
            .filter_map(|kind| kinds.find(kind))
            .collect();
        for (what, paths) in &self.fields {
            let lacking = |path: &&str| kept_by.iter().all(|kind| kind.field_at(path).is_none());
            for path in paths.split(' ').filter(lacking) {
                faults.push(format!(
                    "`{name}` has its {what} in {path}, which is no field"
                ));
            }
        }
        for what in self.acts.iter().filter(|(_, by)| is_blank(by)) {
            faults.push(format!("`{name}` has its {} nowhere", what.0));
        }
    }

    /// What keeps it, for people.
    pub fn kept_by(&self) -> String {
        match (&self.structure, self.step) {
            (Some(structure), Some(step)) => format!("{structure} (step {step})"),
            (Some(structure), None) => structure.clone(),
            (None, _) => self.kinds.join(", "),
        }
    }
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}
