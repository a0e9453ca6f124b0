//! The people on file at the invented centre, as its data say.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::cli::demo::build::known;
use crate::cli::demo::centre::Faulty;
use crate::ids::PersonId;
use crate::records::PartCard;
use crate::records::PersonCard;
use crate::records::person::Contact;
use crate::records::person::ContactSort;
use crate::records::person::Part;
use crate::records::person::Relation;
use crate::records::person::Responsibility;
use crate::records::person::Responsible;
use crate::records::person::Towards;

/// Everybody put on file so far, by key.
pub(crate) type OnFile = [(String, PersonId)];

/// Somebody on file.
#[derive(Debug, Deserialize)]
pub(crate) struct DemoPerson {
    pub(crate) key: String,
    name: String,
    romanised: Option<String>,
    #[serde(default)]
    former: Vec<String>,
    born: Option<String>,
    #[serde(default)]
    relations: Vec<Related>,
    #[serde(default)]
    responsibility: Vec<Responsibly>,
    representation: Option<String>,
    needs: Option<String>,
    #[serde(default)]
    contacts: Vec<Reached>,
    /// The case they are part of, by key.
    pub(crate) case: Option<String>,
    /// As what.
    role: Option<Part>,
    #[serde(default)]
    alerts: Vec<String>,
    about: Option<String>,
    /// When they are put on file, where that is not the day their case is opened.
    pub(crate) at: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Related {
    to: String,
    is: String,
}

#[derive(Debug, Deserialize)]
struct Responsibly {
    child: String,
    has: Responsible,
    evidence: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Reached {
    sort: ContactSort,
    value: String,
    #[serde(default)]
    kept_from: Vec<String>,
}

/// Two people of nearly one name, told apart.
#[derive(Debug, Deserialize)]
pub(crate) struct DemoApart {
    pub(crate) one: String,
    pub(crate) other: String,
    pub(crate) reason: String,
    pub(crate) at: String,
}

impl DemoPerson {
    /// What is kept of them.
    ///
    /// # Errors
    /// [`Faulty`], when it names somebody who is not on file yet.
    pub(crate) fn card(&self, on_file: &OnFile) -> Result<PersonCard, Faulty> {
        let relation = |one: &Related| {
            Ok(Relation {
                to: known(on_file, &one.to)?,
                is: one.is.clone(),
            })
        };
        let responsibility = |one: &Responsibly| {
            Ok(Responsibility {
                child: known(on_file, &one.child)?,
                has: one.has,
                evidence: one.evidence.clone(),
            })
        };
        let relations = self.relations.iter().map(relation);
        let responsible = self.responsibility.iter().map(responsibility);
        let contacts = self.contacts.iter().map(|one| one.contact(on_file));
        Ok(PersonCard {
            name: self.name.clone(),
            romanised: self.romanised.clone(),
            former: self.former.clone(),
            born: self.born.clone(),
            relations: relations.collect::<Result<_, Faulty>>()?,
            responsibility: responsible.collect::<Result<_, Faulty>>()?,
            representation: self.representation.clone(),
            needs: self.needs.clone(),
            contacts: contacts.collect::<Result<_, Faulty>>()?,
            ..PersonCard::default()
        })
    }

    /// Their part in their case.
    ///
    /// # Errors
    /// [`Faulty`], when it is not said.
    pub(crate) fn part(&self) -> Result<PartCard, Faulty> {
        let role = self.role;
        Ok(PartCard {
            role: role.ok_or_else(|| Faulty::new(format!("{} has no role", self.key)))?,
            // The desk writes the name they have on file.
            name: String::new(),
            about: self.about.clone(),
            alerts: self.alerts.clone(),
            ended: None,
            other: std::collections::BTreeMap::new(),
        })
    }
}

impl Reached {
    fn contact(&self, on_file: &OnFile) -> Result<Contact, Faulty> {
        let towards = |key: &String| match key.as_str() {
            "everyone" => Ok(Towards::Everyone),
            key => known(on_file, key).map(Towards::Person),
        };
        let confidential: Result<BTreeSet<Towards>, Faulty> =
            self.kept_from.iter().map(towards).collect();
        Ok(Contact {
            sort: self.sort,
            value: self.value.clone(),
            confidential: confidential?,
        })
    }
}

/// Whom a record is about and as what, of `amara=child`.
///
/// # Errors
/// [`Faulty`] data.
pub(crate) fn subject(text: &str, on_file: &OnFile) -> Result<(String, Part), Faulty> {
    let named = text.split_once('=');
    let named = named.and_then(|(key, role)| Some((key, Part::from_word(role)?)));
    let (key, role) = named.ok_or_else(|| Faulty::new(format!("{text} names nobody")))?;
    Ok((known(on_file, key)?.to_string(), role))
}
