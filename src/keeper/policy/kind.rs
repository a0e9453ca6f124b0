//! What of a kind's definition the policy needs.

use std::collections::BTreeSet;

use crate::keeper::facts::Role;
pub use crate::records::words::Reader;

/// What a [`Reader`] stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Means {
    /// Everyone of a role.
    Role(Role),
    /// Whoever is tied to the record so; the word is the schema's.
    Tie(&'static str),
}

impl Means {
    /// What a kind's word means.
    pub(crate) const fn of(reader: Reader) -> Self {
        match reader {
            Reader::CaseTeam => Self::Tie("case-team"),
            Reader::Coordinator => Self::Role(Role::Coordinator),
            Reader::Staff => Self::Role(Role::Staff),
            Reader::Volunteer => Self::Role(Role::Volunteer),
            Reader::SafeguardingLead => Self::Role(Role::SafeguardingLead),
            Reader::DbsCountersignatory => Self::Role(Role::DbsCountersignatory),
            Reader::DataProtectionLead => Self::Role(Role::DataProtectionLead),
            Reader::Trustee => Self::Role(Role::Trustee),
            Reader::Handler => Self::Tie("handler"),
            Reader::Deciders => Self::Tie("deciders"),
            Reader::Author => Self::Tie("author"),
        }
    }
}

/// A kind's rules about people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindRules {
    /// The kind's name.
    pub name: String,
    /// Who may read records of it.
    pub readers: BTreeSet<Reader>,
    /// Who may file records of it, and correct those they may read.
    pub writers: BTreeSet<Reader>,
    /// Whether its records do not exist for those who are not among their readers (kinds whose records
    /// have a compartment of their own).
    pub hidden: bool,
    /// Whether a safeguarding lead may open one at once when a child is at risk.
    pub break_glass: bool,
}

impl KindRules {
    /// Whether only those read it who are tied to the record.
    pub fn no_role_reads(&self) -> bool {
        let mut readers = self.readers.iter();
        !readers.any(|reader| matches!(Means::of(*reader), Means::Role(_)))
    }
}
