//! What the keeper must know of a form without opening it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use crate::records::dates;
use crate::records::field::Field;
use crate::records::form::Form;
use crate::records::form::entries;
use crate::records::kind::Kind;
use crate::records::kind::Triggers;
use crate::records::orders::Standing;
use crate::records::words::Service;

/// Facts taken from a form. Names stand as they were typed; which of them are users, the desk finds
/// out, and only ids go on to the keeper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FormFacts {
    /// The retention rule's number.
    pub class: String,
    /// Restriction words, of the kind and of the form's answers.
    pub labels: BTreeSet<String>,
    /// When what the record tells happened, `YYYY-MM-DD`.
    pub event_date: Option<String>,
    /// What starts retention rules, `YYYY-MM-DD` each.
    pub triggers: Triggers,
    /// Who handles it.
    pub handler: Option<String>,
    /// Whom it is about: none of them may read it.
    pub about: Vec<String>,
    /// Who decides.
    pub deciders: Vec<String>,
    /// Who may have it by a court's order.
    pub order_recipients: Vec<String>,
    /// Of a court's order: how long it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Standing>,
    /// What has to be done by when: each clock that runs, and the day it counts from, `YYYY-MM-DD`.
    pub clocks: BTreeMap<String, String>,
}

impl Kind {
    /// The facts of a record with this form, filed on a case of this service or on none.
    pub fn facts(&self, form: &Form, service: Option<Service>) -> FormFacts {
        let mut labels: BTreeSet<String> = self
            .sensitivity
            .iter()
            .map(|mark| mark.word().to_owned())
            .collect();
        add_labels(&self.fields, form.fields(), &mut labels);
        let named = |field: &Option<String>| -> Vec<String> {
            let texts = field.as_deref().map(|path| form.texts(path));
            texts.into_iter().flatten().map(str::to_owned).collect()
        };
        FormFacts {
            class: class(self, form, service),
            labels,
            event_date: event_date(self, form),
            triggers: self.triggers.map(|path| day(form, path)),
            handler: named(&self.people.handler).into_iter().next(),
            about: named(&self.people.about),
            deciders: named(&self.people.deciders),
            order_recipients: named(&self.people.order_recipients),
            order: self.order.as_ref().and_then(|rule| rule.of(form)),
            clocks: self.running(form),
        }
    }
}

/// The day the kind's `event` trigger names.
pub(crate) fn event_date(kind: &Kind, form: &Form) -> Option<String> {
    kind.triggers
        .event
        .as_deref()
        .and_then(|path| day(form, path))
}

/// The latest day a date or date-time field holds, in London.
pub(crate) fn day(form: &Form, path: &str) -> Option<String> {
    form.texts(path)
        .into_iter()
        .filter_map(|text| match dates::date(text) {
            Ok(date) => Some(date),
            Err(_) => dates::moment(text)
                .ok()
                .map(|moment| moment.with_time_zone(dates::london()).date()),
        })
        .max()
        .map(|date| date.to_string())
}

/// What is answered decides before the case's service does, and that before the kind.
fn class(kind: &Kind, form: &Form, service: Option<Service>) -> String {
    let rule = &kind.class;
    let by_field = rule.field.as_deref().and_then(|path| {
        let code = form.texts(path).into_iter().next()?;
        rule.by.get(code)
    });
    let by_service = || service.and_then(|service| rule.services.get(&service));
    by_field.or_else(by_service).unwrap_or(&rule.rule).clone()
}

/// Adds the labels of every "yes" and every choice, in groups too.
fn add_labels(fields: &[Field], given: &Value, labels: &mut BTreeSet<String>) {
    for field in fields {
        for value in given.get(&field.name).into_iter().flat_map(entries) {
            if value == &Value::Bool(true)
                && let Some(mark) = field.adds_label
            {
                labels.insert(mark.word().to_owned());
            }
            let chosen = field
                .choices
                .iter()
                .find(|choice| value == choice.code.as_str());
            if let Some(mark) = chosen.and_then(|choice| choice.adds_label) {
                labels.insert(mark.word().to_owned());
            }
            add_labels(&field.fields, value, labels);
        }
    }
}
