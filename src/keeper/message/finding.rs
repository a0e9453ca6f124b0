//! What is said about finding. The words somebody looks for are in none of it: they stay on the desk.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::Serialize;

use crate::ids::CaseId;
use crate::ids::PersonId;
use crate::ids::RecordId;

/// Narrows a list by what the keeper knows of records, so that no more is served than is searched.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Only {
    /// Only this kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Only from this day on, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// Only up to this day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// Only what is about this person on file: records that name them, and records of cases they are part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// Whether it is to be searched, and not shown as it is: its pages are longer.
    #[serde(default, skip_serializing_if = "is_false")]
    pub search: bool,
}

impl Only {
    /// Whether nothing is narrowed: then an ask says nothing of it.
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }

    /// Whether this is among it: of this kind, and of this day (`YYYY-MM-DD`).
    pub fn takes(&self, kind: &str, day: &str) -> bool {
        self.kind.as_deref().is_none_or(|only| only == kind)
            && self.since.as_deref().is_none_or(|since| since <= day)
            && self.until.as_deref().is_none_or(|until| day <= until)
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde's skip_serializing_if passes a reference"
)]
const fn is_false(value: &bool) -> bool {
    !*value
}

/// What a search has found. An ask carries what its desk is about to show, and signs no more than the digest of
/// it: so an entry's detail links nothing that a destroyed audit key should unlink.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Findings {
    /// Records.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub records: BTreeSet<RecordId>,
    /// Cases.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub cases: BTreeSet<CaseId>,
    /// People on file.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub people: BTreeSet<PersonId>,
}

impl Findings {
    /// How many there are.
    pub fn count(&self) -> usize {
        let others = self.cases.len().saturating_add(self.people.len());
        self.records.len().saturating_add(others)
    }

    /// Whether there is nothing in it that is not in the other.
    pub(crate) fn is_within(&self, other: &Self) -> bool {
        self.records.is_subset(&other.records)
            && self.cases.is_subset(&other.cases)
            && self.people.is_subset(&other.people)
    }
}
