//! What a person's card says, as flags.

use std::collections::BTreeSet;

use crate::ids::PersonId;
use crate::records::PersonCard;
use crate::records::person::Contact;
use crate::records::person::ContactSort;
use crate::records::person::Relation;
use crate::records::person::Responsibility;
use crate::records::person::Responsible;
use crate::records::person::Towards;

/// Everything but the name.
#[derive(Debug, clap::Args)]
pub(super) struct Fields {
    /// The name in Latin letters
    #[arg(long, value_name = "NAME")]
    romanised: Option<String>,
    /// A name they had before; repeat for more
    #[arg(long, value_name = "NAME")]
    former: Vec<String>,
    /// When they were born, such as 2019-03-02
    #[arg(long, value_name = "DATE")]
    born: Option<String>,
    /// Who they are to somebody on file, such as `d_abcdefgh=mother`; repeat for more
    #[arg(long, value_name = "PERSON=RELATION", value_parser = relation)]
    relation: Vec<Relation>,
    /// Parental responsibility: yes, no, disputed or unknown, and what shows it, such as
    /// `d_abcdefgh=yes:"birth certificate"`
    #[arg(long, value_name = "CHILD=WORD[:EVIDENCE]", value_parser = responsibility)]
    responsibility: Vec<Responsibility>,
    /// Who acts for them, such as a solicitor
    #[arg(long, value_name = "TEXT")]
    representation: Option<String>,
    /// Language, interpreter, access
    #[arg(long, value_name = "TEXT")]
    needs: Option<String>,
    /// How to reach them: address, phone, email or other, such as phone="01632 960 001"
    #[arg(long, value_name = "SORT=TEXT", value_parser = open_contact)]
    contact: Vec<Contact>,
    /// The same, kept from somebody on file, or from everyone, such as
    /// `d_abcdefgh:address="12 Invented Road"`; with commas between for more
    #[arg(long, value_name = "WHOM:SORT=TEXT", value_parser = kept_contact)]
    confidential: Vec<Contact>,
}

impl Fields {
    /// Writes what was given onto a card: of each sort, all of it in the place of what was there.
    pub(super) fn write(&self, card: &mut PersonCard) {
        replace_one(&mut card.romanised, self.romanised.as_ref());
        replace_one(&mut card.born, self.born.as_ref());
        replace_one(&mut card.representation, self.representation.as_ref());
        replace_one(&mut card.needs, self.needs.as_ref());
        replace(&mut card.former, &self.former);
        replace(&mut card.relations, &self.relation);
        replace(&mut card.responsibility, &self.responsibility);
        let contacts: Vec<Contact> = self
            .contact
            .iter()
            .chain(&self.confidential)
            .cloned()
            .collect();
        replace(&mut card.contacts, &contacts);
    }
}

fn replace_one(field: &mut Option<String>, given: Option<&String>) {
    if let Some(given) = given {
        *field = Some(given.clone());
    }
}

fn replace<T: Clone>(field: &mut Vec<T>, given: &[T]) {
    if !given.is_empty() {
        *field = given.to_vec();
    }
}

fn id(text: &str) -> Result<PersonId, &'static str> {
    text.parse()
        .map_err(|_| "a person on file is named by their whole id (d_ and 26 letters)")
}

fn relation(text: &str) -> Result<Relation, &'static str> {
    let (to, is) = text
        .split_once('=')
        .ok_or("write to whom and what, such as d_..=mother")?;
    Ok(Relation {
        to: id(to)?,
        is: is.to_owned(),
    })
}

fn responsibility(text: &str) -> Result<Responsibility, &'static str> {
    let form =
        "write the child and yes, no, disputed or unknown, such as d_..=yes:\"birth certificate\"";
    let (child, rest) = text.split_once('=').ok_or(form)?;
    let (word, evidence) = match rest.split_once(':') {
        Some((word, evidence)) => (word, Some(evidence.to_owned())),
        None => (rest, None),
    };
    Ok(Responsibility {
        child: id(child)?,
        has: Responsible::from_word(word).ok_or(form)?,
        evidence,
    })
}

fn open_contact(text: &str) -> Result<Contact, &'static str> {
    let form = "write what it is and the address or number, such as phone=\"01632 960 001\"";
    let (sort, value) = text.split_once('=').ok_or(form)?;
    Ok(Contact {
        sort: ContactSort::from_word(sort).ok_or(form)?,
        value: value.to_owned(),
        confidential: BTreeSet::new(),
    })
}

fn kept_contact(text: &str) -> Result<Contact, &'static str> {
    let form = "write from whom it is kept, then what it is, such as everyone:address=\"12 Invented Road\"";
    let (whom, contact) = text.split_once(':').ok_or(form)?;
    let whom: Result<BTreeSet<Towards>, _> = whom.split(',').map(str::parse).collect();
    Ok(Contact {
        confidential: whom?,
        ..open_contact(contact)?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_may_hold_anything_after_the_sort() {
        let kept = kept_contact("everyone:address=Flat 2: 1=A, Invented Road").unwrap();
        assert_eq!(kept.value, "Flat 2: 1=A, Invented Road");
        assert_eq!(kept.confidential, [Towards::Everyone].into());
        let two = "d_aaaqeayeaudaocajbifqydiob4,everyone:phone=1";
        assert_eq!(kept_contact(two).unwrap().confidential.len(), 2);
    }

    #[test]
    fn what_would_keep_nothing_from_anybody_is_refused() {
        for text in [
            "address=1 Road",
            ":address=1 Road",
            "everybody:address=1",
            "d_short:address=1",
            "everyone,:address=1",
            "everyone:house=1",
        ] {
            assert!(kept_contact(text).is_err(), "{text}");
        }
    }

    #[test]
    fn responsibility_is_one_of_four_words() {
        let yes = responsibility("d_aaaqeayeaudaocajbifqydiob4=yes:order of 2 March").unwrap();
        assert_eq!(yes.has, Responsible::Yes);
        assert_eq!(yes.evidence.as_deref(), Some("order of 2 March"));
        assert!(responsibility("d_aaaqeayeaudaocajbifqydiob4=perhaps").is_err());
        assert!(responsibility("d_aaaqeayeaudaocajbifqydiob4").is_err());
    }
}
