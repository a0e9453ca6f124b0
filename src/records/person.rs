//! People on file: what their card says, what their part in a case is, and whether two cards are one person.
//!
//! Two people of one name stay two: nothing here merges them. Who may see what is not decided here, but for one
//! rule: contact details that are confidential towards somebody are left out wherever that somebody is.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use crate::ids::PersonId;
use crate::records::fold::fold;

mod check;
mod words;

pub use crate::records::person::words::ContactSort;
pub use crate::records::person::words::Part;
pub use crate::records::person::words::Responsible;
pub use crate::records::person::words::Towards;

/// Fields this version does not know, carried along unchanged.
type Other = BTreeMap<String, Value>;

/// What is on file of a person.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonCard {
    /// Their name, in their own script.
    pub name: String,
    /// The same in Latin letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub romanised: Option<String>,
    /// Names they had before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former: Vec<String>,
    /// When they were born, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub born: Option<String>,
    /// Who they are to others on file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relations: Vec<Relation>,
    /// For whom they have parental responsibility, or have not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub responsibility: Vec<Responsibility>,
    /// Who acts for them, such as a solicitor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub representation: Option<String>,
    /// Language, interpreter, access.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs: Option<String>,
    /// How to reach them, and towards whom that is confidential.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<Contact>,
    /// Kept for later versions.
    #[serde(flatten)]
    pub other: Other,
}

/// Who somebody is to another person on file.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Relation {
    /// To whom.
    pub to: PersonId,
    /// What they are to them, such as `mother`.
    pub is: String,
}

/// Parental responsibility for a child on file.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Responsibility {
    /// The child.
    pub child: PersonId,
    /// Whether they have it.
    pub has: Responsible,
    /// What shows it, such as a birth certificate or an order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<String>,
}

/// One way to reach somebody.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contact {
    /// What it is.
    pub sort: ContactSort,
    /// The address or number.
    pub value: String,
    /// From whom it is kept.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub confidential: BTreeSet<Towards>,
}

/// Somebody's part in a case.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartCard {
    /// As what.
    pub role: Part,
    /// Their name when this was written.
    pub name: String,
    /// Who may attend, who brings the child, and the like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// What whoever opens anything of the case has to know first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alerts: Vec<String>,
    /// Why they are no part of the case any more, once they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    /// Kept for later versions.
    #[serde(flatten)]
    pub other: Other,
}

/// What somebody says of two people on file.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// Whether they are one person.
    pub same: bool,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Kept for later versions.
    #[serde(flatten)]
    pub other: Other,
}

impl PersonCard {
    /// Every name they have or had.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let now = std::iter::once(&self.name).chain(&self.romanised);
        now.chain(&self.former).map(String::as_str)
    }

    /// Whether one of somebody's names is, folded, one of another's.
    pub fn is_namesake(&self, other: &Self) -> bool {
        let theirs: BTreeSet<String> = other.names().map(fold).collect();
        self.names()
            .map(fold)
            .any(|name| !name.is_empty() && theirs.contains(&name))
    }

    /// Everybody else on file it names.
    pub fn mentioned(&self) -> BTreeSet<PersonId> {
        let relations = self.relations.iter().map(|one| one.to);
        let children = self.responsibility.iter().map(|one| one.child);
        let kept_from = self.contacts.iter().flat_map(|one| &one.confidential);
        let kept_from = kept_from.filter_map(|from| match from {
            Towards::Person(person) => Some(*person),
            Towards::Everyone => None,
        });
        relations.chain(children).chain(kept_from).collect()
    }

    /// The ways to reach them that may be shown where these people are, and whether any was left out: nothing that
    /// is confidential towards one of them, or towards everyone.
    pub fn contacts_beside(&self, present: &BTreeSet<PersonId>) -> (Vec<&Contact>, bool) {
        let shown: Vec<&Contact> = self
            .contacts
            .iter()
            .filter(|contact| contact.may_stand_beside(present))
            .collect();
        let less = shown.len() < self.contacts.len();
        (shown, less)
    }
}

impl Contact {
    /// Whether it may be shown where these people are.
    pub fn may_stand_beside(&self, present: &BTreeSet<PersonId>) -> bool {
        !self.confidential.iter().any(|from| match from {
            Towards::Everyone => true,
            Towards::Person(person) => present.contains(person),
        })
    }
}

/// Debug output that says what a thing is, and nothing of what it holds.
macro_rules! hide {
    ($($name:ident),+) => {
        $(impl std::fmt::Debug for $name {
            /// Without content.
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        })+
    };
}

pub(crate) use hide;

hide!(
    PersonCard,
    Relation,
    Responsibility,
    Contact,
    PartCard,
    Judgement
);

#[cfg(test)]
mod tests {
    use super::*;

    fn person(number: u8) -> PersonId {
        PersonId::from_bytes([number; 16])
    }

    fn named(name: &str) -> PersonCard {
        PersonCard {
            name: name.to_owned(),
            ..PersonCard::default()
        }
    }

    #[test]
    fn namesakes_are_found_by_any_name() {
        let mut wisniewska = named("Zofia Wiśniewska");
        wisniewska.former = vec!["Zofia Nowak".to_owned()];
        assert!(wisniewska.is_namesake(&named("ZOFIA NOWAK")));
        assert!(named("zofia wisniewska").is_namesake(&wisniewska));
        assert!(!wisniewska.is_namesake(&named("Zofia")));
        // Names of nothing but punctuation are nobody's.
        assert!(!named("-").is_namesake(&named("'")));
    }

    #[test]
    fn a_confidential_address_stands_beside_nobody_it_is_kept_from() {
        let contact = |confidential: &[Towards]| Contact {
            sort: ContactSort::Address,
            value: "1 Invented Street".to_owned(),
            confidential: confidential.iter().copied().collect(),
        };
        let mut card = named("A");
        card.contacts = vec![
            contact(&[]),
            contact(&[Towards::Person(person(1))]),
            contact(&[Towards::Everyone]),
        ];
        let beside = |who: &[u8]| {
            let present = who.iter().map(|one| person(*one)).collect();
            let (shown, less) = card.contacts_beside(&present);
            (shown.len(), less)
        };
        assert_eq!(beside(&[1, 2]), (1, true));
        assert_eq!(beside(&[2]), (2, true));
        assert_eq!(beside(&[]), (2, true));
        card.contacts.truncate(1);
        let all = card.contacts_beside(&[person(1)].into());
        assert!(!all.1);
    }

    #[test]
    fn what_a_later_version_says_is_kept() {
        let text = "{\"name\":\"A\",\"shoe_size\":41}";
        let card: PersonCard = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&card).unwrap(), text);
        assert_eq!(format!("{card:?}"), "PersonCard(..)");
    }
}
