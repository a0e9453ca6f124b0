//! What of a kind's definition the policy needs.

use std::collections::BTreeSet;

use crate::keeper::facts::Role;

macro_rules! readers {
    ($($(#[$doc:meta])* $variant:ident = $word:literal, $means:expr;)+) => {
        /// Who a kind may name as readers or writers (closed list).
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Reader {
            $($(#[$doc])* $variant,)+
        }

        impl Reader {
            /// Every value, in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word in kind definitions.
            pub const fn word(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// The value with this word.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|reader| reader.word() == word)
            }

            /// Whether it names a role, or a tie to the record.
            pub(crate) const fn means(self) -> Means {
                match self {
                    $(Self::$variant => $means,)+
                }
            }
        }
    };
}

/// What a [`Reader`] stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Means {
    /// Everyone of a role.
    Role(Role),
    /// Whoever is tied to the record so; the word is the schema's.
    Tie(&'static str),
}

readers! {
    /// Staff on the case's team; as writers, everyone on it.
    CaseTeam = "case-team", Means::Tie("case-team");
    /// The role.
    Coordinator = "coordinator", Means::Role(Role::Coordinator);
    /// The role, on the case's team or not.
    Staff = "staff", Means::Role(Role::Staff);
    /// The role, on the case's team or not.
    Volunteer = "volunteer", Means::Role(Role::Volunteer);
    /// The role.
    SafeguardingLead = "safeguarding-lead", Means::Role(Role::SafeguardingLead);
    /// The role.
    DbsCountersignatory = "dbs-countersignatory", Means::Role(Role::DbsCountersignatory);
    /// The role.
    DataProtectionLead = "data-protection-lead", Means::Role(Role::DataProtectionLead);
    /// The role.
    Trustee = "trustee", Means::Role(Role::Trustee);
    /// Whoever the record names as handling it.
    Handler = "handler", Means::Tie("handler");
    /// Whoever the record names as deciding; until it names someone, DBS countersignatories.
    Deciders = "deciders", Means::Tie("deciders");
    /// Who filed it: to read, only while on the case's team, never by itself.
    Author = "author", Means::Tie("author");
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
