//! The invented centre, as its data files say.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_json::Value;

use crate::cli::demo::on_file::DemoApart;
use crate::cli::demo::on_file::DemoPerson;
use crate::clock::Timestamp;
use crate::keeper::facts::Role;
use crate::keeper::facts::Service;
use crate::records::dates;

/// Who works there, what was filed, what became of it, and who is on file: one table in four files.
const DATA: [&str; 4] = [
    include_str!("centre.toml"),
    include_str!("records.toml"),
    include_str!("after.toml"),
    include_str!("on_file.toml"),
];

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
    "al-haddad-1.json",
    "al-haddad-2.json",
    "allegation-harpreet.json",
    "attendance-al-haddad.json",
    "attendance-parry-1.json",
    "attendance-parry-2.json",
    "attendance-parry-3.json",
    "blackwood-hughes.json",
    "complaint-coordinator.json",
    "complaint-premises.json",
    "complaint-times.json",
    "court-order-okonkwo-bell.json",
    "data-protection-complaint.json",
    "dbs-certificate-siqi.json",
    "dbs-check-siqi.json",
    "dbs-check-tomos.json",
    "incident-bute-park.json",
    "kovalenko.json",
    "llewelyn.json",
    "low-level-concern-1.json",
    "low-level-concern-2.json",
    "low-level-concern-3.json",
    "morgan.json",
    "nguyen-price-1.json",
    "okonkwo-bell-1.json",
    "okonkwo-bell-2.json",
    "okonkwo-bell-3.json",
    "okonkwo-bell-4.json",
    "positive-disclosure-penhaligon.json",
    "undisclosed-address-layla.json",
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

/// Everything the demo is made of.
#[derive(Debug, Deserialize)]
pub(crate) struct Centre {
    #[serde(rename = "centre")]
    pub(crate) about: About,
    pub(crate) people: Vec<Person>,
    pub(crate) cases: Vec<DemoCase>,
    pub(crate) records: Vec<DemoRecord>,
    pub(crate) checks: Vec<DemoCheck>,
    pub(crate) corrections: Vec<DemoCorrection>,
    pub(crate) outings: Vec<DemoOuting>,
    pub(crate) rehearsals: Vec<DemoRehearsal>,
    pub(crate) backups: Vec<DemoBackup>,
    pub(crate) grants: Vec<DemoGrant>,
    pub(crate) on_file: Vec<DemoPerson>,
    pub(crate) apart: Vec<DemoApart>,
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
    pub(crate) subjects: Vec<String>,
    #[serde(default)]
    pub(crate) about: Vec<String>,
    #[serde(default)]
    pub(crate) deciders: Vec<String>,
    #[serde(default)]
    pub(crate) attach: Vec<DemoFile>,
}

/// Somebody looks over what another filed.
#[derive(Debug, Deserialize)]
pub(crate) struct DemoCheck {
    pub(crate) record: String,
    pub(crate) by: String,
    pub(crate) at: String,
    /// What was wrong, where it was returned.
    pub(crate) returned: Option<String>,
}

/// Somebody corrects a record.
#[derive(Debug, Deserialize)]
pub(crate) struct DemoCorrection {
    pub(crate) record: String,
    pub(crate) by: String,
    pub(crate) at: String,
    pub(crate) reason: String,
    /// The fields that change.
    pub(crate) set: BTreeMap<String, Value>,
}

/// Somebody is out alone.
#[derive(Debug, Deserialize)]
pub(crate) struct DemoOuting {
    pub(crate) who: String,
    pub(crate) case: String,
    pub(crate) at: String,
    pub(crate) until: String,
    pub(crate) back: String,
}

/// Two trustees open the file they rehearse recovery with.
#[derive(Debug, Deserialize)]
pub(crate) struct DemoRehearsal {
    /// As their sheets are called.
    pub(crate) trustees: [String; 2],
    pub(crate) by: String,
    pub(crate) at: String,
}

/// The keys are turned, and the vault is backed up.
#[derive(Debug, Deserialize)]
pub(crate) struct DemoBackup {
    pub(crate) at: String,
    /// Who has done their errands before.
    pub(crate) errands: Vec<String>,
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
        let mut whole = toml::Table::new();
        for text in DATA {
            whole.extend(text.parse::<toml::Table>().map_err(Faulty::new)?);
        }
        whole.try_into().map_err(Faulty::new)
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

    /// A record, by its file.
    ///
    /// # Errors
    /// [`Faulty`], when there is none.
    pub(crate) fn record(&self, file: &str) -> Result<&DemoRecord, Faulty> {
        let found = self.records.iter().find(|record| record.file == file);
        found.ok_or_else(|| Faulty::new(format!("{file} is no record")))
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

impl DemoCorrection {
    /// The corrected form of a record, whole.
    ///
    /// # Errors
    /// [`Faulty`] data.
    pub(crate) fn form(&self, of: &DemoRecord) -> Result<Value, Faulty> {
        let mut form = of.form()?;
        let fields = form.as_object_mut();
        let fields = fields.ok_or_else(|| Faulty::new(format!("{} is no form", of.file)))?;
        fields.extend(self.set.clone());
        Ok(form)
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
        for correction in &centre.corrections {
            let record = centre.record(&correction.record).unwrap();
            assert_ne!(correction.form(record).unwrap(), record.form().unwrap());
        }
        for (name, _) in FORMS {
            assert!(
                centre.records.iter().any(|record| record.file == *name),
                "{name} is not used"
            );
        }
    }
}
