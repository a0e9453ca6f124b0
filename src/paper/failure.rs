//! Why a document could not be made.

use std::fmt;

/// Why there is no document. None of these says anything of what it was to hold.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Failure {
    /// The crate feature `documents` was off when the program was built.
    WithoutDocuments,
    /// The moment it was made lies beyond the calendar.
    Date,
    /// It could not be laid out, or would not have met PDF/A-2a and PDF/UA-1. Which rule it was, in the words of
    /// the type setter; empty where these could hold content.
    Unset(String),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WithoutDocuments => f.write_str(
                "this program was built without documents; build it with the feature `documents` to make PDFs",
            ),
            Self::Date => f.write_str("the date the document is to carry is beyond the calendar"),
            Self::Unset(rule) if rule.is_empty() => {
                f.write_str("the document could not be set; please report it")
            }
            Self::Unset(rule) => {
                write!(f, "the document could not be set ({rule}); please report it")
            }
        }
    }
}

impl std::error::Error for Failure {}
