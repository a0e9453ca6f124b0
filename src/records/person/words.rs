//! The closed lists of words about people on file.

use serde::Deserialize;
use serde::Serialize;

use crate::ids::PersonId;
use crate::records::words::words;

words!(
    /// As what somebody is in a case or in a record.
    Part {
        /// A child contact is for.
        Child = "child",
        /// A parent.
        Parent = "parent",
        /// A brother or sister.
        Sibling = "sibling",
        /// Another relative.
        Relative = "relative",
        /// Somebody who works for the centre.
        Worker = "worker",
        /// Somebody who works for another body: a social worker, a solicitor.
        Professional = "professional",
        /// Anybody else.
        Other = "other",
    }
);

words!(
    /// A way to reach somebody.
    ContactSort {
        /// Where they live or get post.
        Address = "address",
        /// A telephone number.
        Phone = "phone",
        /// An email address.
        Email = "email",
        /// Anything else.
        Other = "other",
    }
);

words!(
    /// Whether somebody has parental responsibility for a child.
    Responsible {
        /// They have.
        Yes = "yes",
        /// They have not.
        No = "no",
        /// It is argued about.
        Disputed = "disputed",
        /// Nobody has shown either.
        Unknown = "unknown",
    }
);

/// From whom a contact detail is kept: `everyone`, or one person on file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Towards {
    /// All who are not entitled to the person's own page.
    Everyone,
    /// Somebody on file.
    Person(PersonId),
}

/// The word for all.
const EVERYONE: &str = "everyone";

impl std::str::FromStr for Towards {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == EVERYONE {
            return Ok(Self::Everyone);
        }
        let person = text.parse().map(Self::Person);
        person
            .map_err(|_| "it is kept from `everyone` or from a person on file, by their id (d_..)")
    }
}

impl std::fmt::Display for Towards {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Everyone => f.write_str(EVERYONE),
            Self::Person(person) => person.fmt(f),
        }
    }
}

impl From<Towards> for String {
    fn from(towards: Towards) -> Self {
        towards.to_string()
    }
}

impl TryFrom<String> for Towards {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}
