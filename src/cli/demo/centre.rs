//! The invented centre, as its data files say.

use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use crate::clock::Timestamp;
use crate::keeper::facts::Role;
use crate::keeper::facts::Service;
use crate::records::dates;

const CENTRE: &str = include_str!("centre.toml");

/// A form of `records/`, by its file name.
macro_rules! forms {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_str!(concat!("records/", $name)))),+]
    };
}

/// A file of `attachments/`, by its name.
macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        &[$(($name, include_bytes!(concat!("attachments/", $name)).as_slice())),+]
    };
}

const FORMS: &[(&str, &str)] = forms![
    "adeyemi-clarke.json",
    "allegation-harpreet.json",
    "blackwood-hughes.json",
    "complaint-coordinator.json",
    "complaint-premises.json",
    "dbs-certificate-siqi.json",
    "dbs-check-siqi.json",
    "kovalenko.json",
    "llewelyn.json",
    "morgan.json",
    "okonkwo-bell-1.json",
    "okonkwo-bell-2.json",
    "okonkwo-bell-3.json",
    "okonkwo-bell-4.json",
    "positive-disclosure-penhaligon.json",
    "wisniewska.json",
];

const FILES: &[(&str, &[u8])] = files!["certificate.pdf", "court-order.pdf", "drawing.jpg"];

/// The data files do not fit together: a mistake of ours.
#[derive(Debug)]
pub(crate) struct Faulty(String);

impl fmt::Display for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the demo's data are faulty: {}", self.0)
    }
}

impl Faulty {
    pub(crate) fn new(what: impl fmt::Display) -> Self {
        Self(what.to_string())
    }
}

/// Everything the demo is made of. Fields that only tests and readers of the file use are left out.
#[derive(Debug, Deserialize)]
pub(crate) struct Centre {
    #[serde(rename = "centre")]
    pub(crate) about: About,
    pub(crate) people: Vec<Person>,
    pub(crate) cases: Vec<DemoCase>,
    pub(crate) records: Vec<DemoRecord>,
    #[serde(default)]
    pub(crate) grants: Vec<DemoGrant>,
}

/// The centre itself.
#[derive(Debug, Deserialize)]
pub(crate) struct About {
    pub(crate) name: String,
    founded: String,
    clock: String,
    #[serde(default)]
    trustees: Vec<String>,
}

/// A user.
#[derive(Debug, Deserialize)]
pub(crate) struct Person {
    pub(crate) handle: String,
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) reports_to: Option<String>,
}

/// A family's case.
#[derive(Debug, Deserialize)]
pub(crate) struct DemoCase {
    pub(crate) key: String,
    pub(crate) title: String,
    pub(crate) service: Service,
    pub(crate) opened: String,
    pub(crate) closed: Option<String>,
    pub(crate) team: Vec<String>,
}

/// A record, filed by one of the people.
#[derive(Debug, Deserialize)]
pub(crate) struct DemoRecord {
    pub(crate) file: String,
    pub(crate) kind: String,
    pub(crate) case: Option<String>,
    pub(crate) by: String,
    pub(crate) filed: String,
    #[serde(default)]
    pub(crate) about: Vec<String>,
    #[serde(default)]
    pub(crate) deciders: Vec<String>,
    #[serde(default)]
    pub(crate) attach: Vec<DemoFile>,
}

/// Access that somebody was given, with a second person's yes.
#[derive(Debug, Deserialize)]
pub(crate) struct DemoGrant {
    pub(crate) to: String,
    pub(crate) by: String,
    pub(crate) asked: String,
    pub(crate) approved_by: String,
    pub(crate) approved: String,
    pub(crate) purpose: String,
    pub(crate) from: String,
    pub(crate) until: String,
    pub(crate) records: Vec<String>,
}

/// A file attached to a record.
#[derive(Debug, Deserialize)]
pub(crate) struct DemoFile {
    file: String,
    pub(crate) name: String,
}

impl Centre {
    /// The centre built into the program.
    ///
    /// # Errors
    /// [`Faulty`] data.
    pub(crate) fn builtin() -> Result<Self, Faulty> {
        toml::from_str(CENTRE).map_err(Faulty::new)
    }

    /// When the vault is made.
    ///
    /// # Errors
    /// [`Faulty`] data.
    pub(crate) fn founded(&self) -> Result<Timestamp, Faulty> {
        when(&self.about.founded)
    }

    /// What the demo's clock shows when everything has happened.
    ///
    /// # Errors
    /// [`Faulty`] data.
    pub(crate) fn present(&self) -> Result<Timestamp, Faulty> {
        when(&self.about.clock)
    }

    /// The names of the trustees who keep shares.
    pub(crate) fn trustees(&self) -> Vec<String> {
        let people = self.people.iter();
        people
            .filter(|person| self.about.trustees.contains(&person.handle))
            .map(|person| person.name.clone())
            .collect()
    }
}

impl DemoRecord {
    /// The filled-in form.
    ///
    /// # Errors
    /// [`Faulty`] data.
    pub(crate) fn form(&self) -> Result<Value, Faulty> {
        let text = named(FORMS, &self.file)?;
        serde_json::from_str(text).map_err(Faulty::new)
    }
}

impl DemoFile {
    /// What is in it.
    ///
    /// # Errors
    /// [`Faulty`] data.
    pub(crate) fn content(&self) -> Result<&'static [u8], Faulty> {
        named(FILES, &self.file)
    }
}

/// A moment of the data; of a date, its first.
///
/// # Errors
/// [`Faulty`] data.
pub(crate) fn when(text: &str) -> Result<Timestamp, Faulty> {
    dates::point(text, Timestamp::from_ms(0), dates::Edge::Start).map_err(Faulty::new)
}

fn named<T: ?Sized>(all: &[(&str, &'static T)], name: &str) -> Result<&'static T, Faulty> {
    let found = all.iter().find(|(each, _)| *each == name);
    found
        .map(|(_, content)| *content)
        .ok_or_else(|| Faulty::new(format!("there is no file {name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_fit_together() {
        let centre = Centre::builtin().unwrap();
        assert_eq!(
            centre.present().unwrap().to_string(),
            "2026-11-02T09:00:00.000Z"
        );
        assert_eq!(centre.people[0].role, Role::Coordinator);
        assert!(centre.trustees().len() >= 2);
        let handles: Vec<&str> = centre.people.iter().map(|p| p.handle.as_str()).collect();
        for record in &centre.records {
            record.form().unwrap();
            assert!(handles.contains(&record.by.as_str()));
            assert!(record.attach.iter().all(|file| file.content().is_ok()));
            let case = record.case.as_ref();
            assert!(case.is_none_or(|key| centre.cases.iter().any(|case| case.key == *key)));
        }
        for (name, _) in FORMS {
            assert!(
                centre.records.iter().any(|record| record.file == *name),
                "{name} is not used"
            );
        }
    }
}
