//! A kind's definition, as its file says it.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use crate::records::clocks::ClockRule;
use crate::records::field::Field;
use crate::records::orders::OrderRule;
use crate::records::words::CaseRule;
use crate::records::words::Checker;
use crate::records::words::Mark;
use crate::records::words::Place;
use crate::records::words::Reader;
use crate::records::words::Service;

/// The version of the kind file format this code reads.
pub const FORMAT: u32 = 1;

/// One kind of record.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a line of a kind's file, read by people as yes or no"
)]
pub struct Kind {
    /// Version of the file's format: [`FORMAT`].
    pub format: u32,
    /// Its name in commands and facts, `kebab-case`.
    pub name: String,
    /// Counts from 1; forms keep the version they were filed under.
    pub version: u32,
    /// What people call it.
    pub title: String,
    /// What it is for, in a sentence.
    pub summary: String,
    /// What whoever files one should know first.
    pub hint: String,
    /// Whether it belongs to a case.
    pub case: CaseRule,
    /// The services whose cases take it; empty: all.
    #[serde(default)]
    pub services: Vec<Service>,
    /// Which compartment it is sealed to.
    pub place: Place,
    /// Who may read it.
    pub readers: Vec<Reader>,
    /// Who may file it.
    pub writers: Vec<Reader>,
    /// Which retention rule it falls under.
    pub class: ClassRule,
    /// Labels every record of the kind carries.
    #[serde(default)]
    pub sensitivity: Vec<Mark>,
    /// Whether it opens only with a purpose.
    #[serde(default)]
    pub purpose_required: bool,
    /// Whether it may leave as an export.
    pub exportable: bool,
    /// Whether granting or releasing it needs a second person.
    #[serde(default)]
    pub second_approver: bool,
    /// Whether it is hidden from the manager of whoever it is about, as from those who report to them.
    #[serde(default)]
    pub hides_from_manager: bool,
    /// Who must look a filed record over, if anyone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked_by: Option<Checker>,
    /// Within how many working days of filing it is looked over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked_within: Option<u16>,
    /// It tells of a session, and this kind reports one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wants_report: Option<String>,
    /// It reports a session: the services whose sessions want one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub wanted_on: Vec<Service>,
    /// Within how many working days of the session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted_within: Option<u16>,
    /// What has to be done by when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clocks: Vec<ClockRule>,
    /// Whether everyone it is shown to is listed, and the list outlives it.
    #[serde(default)]
    pub revealed_to: bool,
    /// The only fields an outsider's grant covers; empty: all.
    #[serde(default)]
    pub revealed: Vec<String>,
    /// What alone may leave the centre, by service; of services it does not name, all of an exportable
    /// record may.
    #[serde(default)]
    pub leaves: Vec<Leaves>,
    /// What a list may show of it.
    pub card: CardRule,
    /// The fields that start retention rules.
    #[serde(default)]
    pub triggers: Triggers,
    /// The fields that name people the vault must know about.
    #[serde(default)]
    pub people: People,
    /// Of a court's order: what says how long it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderRule>,
    /// The form.
    pub fields: Vec<Field>,
}

/// Which retention rule applies, by number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClassRule {
    /// The rule, unless `by` says another.
    pub rule: String,
    /// A required choice field that may decide otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The field's codes that mean another rule.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub by: BTreeMap<String, String>,
    /// The services whose cases mean another rule, where no code does.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub services: BTreeMap<Service, String>,
}

impl ClassRule {
    /// Every rule a record of the kind can fall under, each once.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        let others = self.by.values().chain(self.services.values());
        let mut rules: Vec<&str> = vec![&self.rule];
        for rule in others {
            if !rules.contains(&rule.as_str()) {
                rules.push(rule);
            }
        }
        rules.into_iter()
    }

    /// A service whose cases mean this rule.
    pub fn service_with(&self, rule: &str) -> Option<Service> {
        let mut services = self.services.iter();
        services.find_map(|(service, of)| (of == rule).then_some(*service))
    }
}

/// The fields that alone may leave the centre, where that is less than the whole record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaves {
    /// On cases of these services.
    pub services: Vec<Service>,
    /// These fields, by name or dotted path; naming a group names all it holds.
    pub fields: Vec<String>,
}

/// A card's lines: text with `{field}` or `{group.field}` in it. All fields named in the title are
/// required ones, so that every record has a whole title.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardRule {
    /// The title.
    pub title: String,
    /// A second line; left out where one of its fields is not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subtitle: Option<String>,
}

/// What starts a retention rule. In a kind: the names of date fields. In a form's facts: the dates
/// themselves, `YYYY-MM-DD`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Triggers {
    /// When what the record tells happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// When it was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<String>,
    /// When it was resolved.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resolution: Option<String>,
    /// When it was closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closure: Option<String>,
    /// When the engagement ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engagement_end: Option<String>,
    /// When the last entry was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_entry: Option<String>,
}

impl Triggers {
    /// The same triggers with each value replaced; `None` leaves one out.
    #[must_use]
    pub fn map(&self, mut value: impl FnMut(&str) -> Option<String>) -> Self {
        let mut each = |name: &Option<String>| name.as_deref().and_then(&mut value);
        Self {
            event: each(&self.event),
            decision: each(&self.decision),
            resolution: each(&self.resolution),
            closure: each(&self.closure),
            engagement_end: each(&self.engagement_end),
            last_entry: each(&self.last_entry),
        }
    }

    /// The triggers that are set, with their names.
    pub fn set(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("event", &self.event),
            ("decision", &self.decision),
            ("resolution", &self.resolution),
            ("closure", &self.closure),
            ("engagement_end", &self.engagement_end),
            ("last_entry", &self.last_entry),
        ]
        .into_iter()
        .filter_map(|(name, value)| value.as_deref().map(|value| (name, value)))
    }
}

/// Which fields name people by handle or name. Who they are is for the desk to find out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct People {
    /// Who handles the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub handler: Option<String>,
    /// Whom it is about: never a reader of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Who decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deciders: Option<String>,
    /// Who may have it by a court's order; a text field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order_recipients: Option<String>,
}

/// A kind file that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotAKind(String);

impl fmt::Display for NotAKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a kind definition: {}", self.0)
    }
}

impl std::error::Error for NotAKind {}

impl Kind {
    /// Reads a definition.
    ///
    /// # Errors
    /// [`NotAKind`] where the text is not TOML, lacks something or holds something unknown. Whether
    /// what it says is sound is for [`Kind::faults`].
    pub fn parse(toml: &str) -> Result<Self, NotAKind> {
        let mut kind: Self = toml::from_str(toml).map_err(|error| {
            let line = error
                .span()
                .and_then(|span| toml.get(..span.start))
                .map_or(1, |before| before.matches('\n').count() + 1);
            NotAKind(format!("line {line}: {}", error.message()))
        })?;
        kind.fields.iter_mut().for_each(Field::complete);
        Ok(kind)
    }

    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The field a dotted path such as `children.name` leads to.
    pub fn field_at(&self, path: &str) -> Option<&Field> {
        let mut steps = path.split('.');
        let first = self.field(steps.next()?)?;
        steps.try_fold(first, |field, step| {
            field.fields.iter().find(|inner| inner.name == step)
        })
    }

    /// The fields that alone may leave the centre from a case of this service; `None`: all of them.
    pub fn leaves(&self, service: Service) -> Option<&[String]> {
        let of = |leaves: &&Leaves| leaves.services.contains(&service);
        self.leaves.iter().find(of).map(|leaves| &*leaves.fields)
    }

    /// Whether a case of this service takes records of this kind.
    pub fn takes(&self, service: Service) -> bool {
        self.services.is_empty() || self.services.contains(&service)
    }

    /// The definition as JSON.
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).unwrap_or(Value::Null)
    }
}
