//! The kinds this program knows, read once from the files it was built with.

use std::sync::OnceLock;

use crate::records::classes;
use crate::records::coverage::Coverage;
use crate::records::form::Form;
use crate::records::kind::Kind;
use crate::records::problem::nearest;

/// A kind's file by its name below `kinds`, and its text.
macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        &[$((concat!($name, ".toml"), include_str!(concat!("kinds/", $name, ".toml")))),+]
    };
}

/// The embedded files, in the order people see: a case from referral to review, what goes wrong, who works
/// here, how data is handled. Former versions stay, so that what was filed under them keeps its labels.
pub(crate) const FILES: &[(&str, &str)] = files![
    "referral",
    "case-sheet",
    "party",
    "undisclosed-address",
    "pre-visit",
    "risk-assessment",
    "attendance",
    "contact-report",
    "indirect-contact",
    "court-order",
    "correspondence",
    "case-review",
    "scanned-document",
    "incident",
    "safeguarding-concern",
    "allegation",
    "low-level-concern",
    "whistleblowing",
    "complaint",
    "compliment",
    "recruitment",
    "reference",
    "personnel",
    "training",
    "dbs-check",
    "dbs-certificate",
    "update-service-check",
    "positive-disclosure",
    "data-protection-complaint",
    "breach",
    "processing-entry",
    "access-review",
    "history/court-order-1",
    "history/dbs-check-1",
];

/// Every kind.
#[derive(Debug)]
pub struct Kinds {
    kinds: Vec<Kind>,
    unreadable: Vec<String>,
}

impl Kinds {
    /// The kinds built into the program.
    pub fn builtin() -> &'static Self {
        static BUILTIN: OnceLock<Kinds> = OnceLock::new();
        BUILTIN.get_or_init(|| Self::read(FILES))
    }

    /// Reads kind files, each a name for its faults and a text. What cannot be read is among the
    /// faults of [`Kinds::check_all`].
    pub fn read(files: &[(&str, &str)]) -> Self {
        let mut kinds: Vec<Kind> = Vec::new();
        let mut unreadable = Vec::new();
        for (name, text) in files {
            match Kind::parse(text) {
                Ok(kind) => kinds.push(kind),
                Err(error) => unreadable.push(format!("{name}: {error}")),
            }
        }
        Self { kinds, unreadable }
    }

    /// The newest version of each kind, in the order of the list.
    pub fn iter(&self) -> impl Iterator<Item = &Kind> {
        self.kinds.iter().filter(|kind| {
            let newest = self.find(&kind.name);
            newest.is_some_and(|newest| newest.version == kind.version)
        })
    }

    /// The newest version of the kind with this name.
    pub fn find(&self, name: &str) -> Option<&Kind> {
        self.kinds
            .iter()
            .filter(|kind| kind.name == name)
            .max_by_key(|kind| kind.version)
    }

    /// One version of a kind, for what was filed under it.
    pub fn find_version(&self, name: &str, version: u32) -> Option<&Kind> {
        self.kinds
            .iter()
            .find(|kind| kind.name == name && kind.version == version)
    }

    /// The definition a form was filed under; the newest if that version is no longer known.
    pub fn of(&self, form: &Form) -> Option<&Kind> {
        self.find_version(form.kind(), form.kind_version())
            .or_else(|| self.find(form.kind()))
    }

    /// The name most like `name`, for "did you mean".
    pub fn nearest(&self, name: &str) -> Option<&str> {
        nearest(name, self.kinds.iter().map(|kind| kind.name.as_str()))
    }

    /// Everything wrong with the program's own kinds and schedule, a sentence each: what is wrong with any
    /// definition, what has no place, and what falls under no rule. Empty means all is sound.
    pub fn check_builtin() -> Vec<String> {
        let mut faults = Self::builtin().check_all();
        faults.extend(classes::faults(classes::all()));
        match Coverage::builtin() {
            Ok(coverage) => faults.extend(coverage.faults(Self::builtin(), classes::all())),
            Err(unreadable) => faults.push(unreadable.to_string()),
        }
        faults
    }

    /// Everything wrong with any definition, a sentence each; empty means all are sound.
    pub fn check_all(&self) -> Vec<String> {
        let mut faults = self.unreadable.clone();
        for kind in &self.kinds {
            let with_name = |fault: String| format!("{}: {fault}", kind.name);
            faults.extend(kind.faults().into_iter().map(with_name));
            let twice = self
                .kinds
                .iter()
                .filter(|other| other.name == kind.name && other.version == kind.version);
            if twice.count() > 1 {
                faults.push(format!(
                    "{}: version {} is defined twice",
                    kind.name, kind.version
                ));
            }
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_built_in_definition_is_sound() {
        assert_eq!(Kinds::check_builtin(), Vec::<String>::new());
        assert_eq!(
            Kinds::builtin().nearest("contact-reprot"),
            Some("contact-report")
        );
    }

    #[test]
    fn the_newest_version_is_found_and_older_ones_stay() {
        let (_, text) = FILES[0];
        let newer = text.replace("\nversion = 1\n", "\nversion = 2\n");
        let kinds = Kinds::read(&[("a", text), ("b", &newer), ("c", "format = 1")]);
        assert_eq!(kinds.find("referral").unwrap().version, 2);
        assert_eq!(kinds.find_version("referral", 1).unwrap().version, 1);
        assert_eq!(kinds.iter().count(), 1);
        let faults = kinds.check_all();
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert!(
            faults[0].starts_with("c: not a kind definition: line 1: missing field"),
            "{faults:?}"
        );
    }
}
