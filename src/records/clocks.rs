//! What has to be done by when: the clocks a kind's file names, and which of them run for a form.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use crate::records::dates::add_working_days;
use crate::records::facts::day;
use crate::records::field::Condition;
use crate::records::form::Form;
use crate::records::kind::Kind;
use crate::records::words::Nation;
use crate::records::words::Reader;

/// One clock of a kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockRule {
    /// Its name in facts and commands, `kebab-case`.
    pub name: String,
    /// What is to be done, after "it is time to".
    pub says: String,
    /// The date field it counts from.
    pub from: String,
    /// How long it runs, of these just one; the day it counts from never counts. Days that are neither weekends
    /// nor bank holidays, or
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub working_days: Option<u16>,
    /// days, or
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u16>,
    /// calendar months (where there is no such day, the month's last), or
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub months: Option<u16>,
    /// calendar years, likewise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub years: Option<u16>,
    /// The fields that stop it: any one that is given.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub until: Vec<String>,
    /// It runs only where another field says this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only_if: Option<Condition>,
    /// Whose it is, among those who may see the record.
    pub who: Vec<Reader>,
}

impl ClockRule {
    /// The lengths that are given, with their units; one, in a sound kind.
    pub fn lengths(&self) -> impl Iterator<Item = (u16, &'static str)> {
        [
            (self.working_days, "working days"),
            (self.days, "days"),
            (self.months, "months"),
            (self.years, "years"),
        ]
        .into_iter()
        .filter_map(|(count, unit)| Some((count?, unit)))
    }

    /// The last day of it, counted from `from`; `None` beyond the calendar.
    pub fn due(&self, from: Date, nation: Nation) -> Option<Date> {
        let at = match self.working_days {
            Some(count) => add_working_days(from, count.into(), nation)?,
            None => from,
        };
        let span = jiff::Span::new()
            .try_years(self.years.unwrap_or(0))
            .and_then(|span| span.try_months(self.months.unwrap_or(0)))
            .and_then(|span| span.try_days(self.days.unwrap_or(0)))
            .ok()?;
        at.checked_add(span).ok()
    }
}

impl Kind {
    /// The clocks that run for a form: each one's name, and the day it counts from, `YYYY-MM-DD`.
    pub(crate) fn running(&self, form: &Form) -> BTreeMap<String, String> {
        let runs = |clock: &ClockRule| {
            let applies = clock
                .only_if
                .as_ref()
                .is_none_or(|wanted| holds(form, wanted));
            let stopped = clock.until.iter().any(|field| given(form, field).is_some());
            let from = day(form, &clock.from).filter(|_| applies && !stopped)?;
            Some((clock.name.clone(), from))
        };
        self.clocks.iter().filter_map(runs).collect()
    }
}

fn given<'f>(form: &'f Form, field: &str) -> Option<&'f Value> {
    form.fields().get(field).filter(|value| !value.is_null())
}

fn holds(form: &Form, wanted: &Condition) -> bool {
    given(form, &wanted.field)
        .is_some_and(|value| wanted.is.is_empty() || wanted.is.contains(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::Kinds;
    use crate::records::dates;

    type Change = fn(&mut ClockRule);

    fn running(kind: &str, change: &[(&str, Value)]) -> BTreeMap<String, String> {
        let kind = Kinds::builtin().find(kind).unwrap();
        let mut form = kind.template_json();
        let fields = form.as_object_mut().unwrap();
        for (field, value) in change {
            if value.is_null() {
                fields.remove(*field);
            } else {
                fields.insert((*field).to_owned(), value.clone());
            }
        }
        kind.running(&kind.check(&form).unwrap())
    }

    #[test]
    fn a_complaint_is_to_be_acknowledged_unless_it_is_informal() {
        let open = [
            ("acknowledged", Value::Null),
            ("outcome", Value::Null),
            ("resolved", Value::Null),
            ("closed", Value::Null),
        ];
        let runs = running("complaint", &open);
        assert_eq!(runs.get("acknowledge").unwrap(), "2026-11-03");
        assert!(!running("complaint", &[]).contains_key("acknowledge"));
        let mut informal = open.to_vec();
        informal.push(("stage", "informal".into()));
        assert!(!running("complaint", &informal).contains_key("acknowledge"));
    }

    #[test]
    fn the_designated_officer_is_told_or_somebody_says_why_not() {
        let open = [
            ("referred_on", Value::Null),
            ("not_referred_because", Value::Null),
            ("closed", Value::Null),
        ];
        assert!(running("allegation", &open).contains_key("refer"));
        let said = [
            ("referred_on", Value::Null),
            ("not_referred_because", "Nobody was at risk.".into()),
        ];
        assert!(!running("allegation", &said).contains_key("refer"));
    }

    #[test]
    fn lengths_follow_the_calendar() {
        let day = |text: &str| dates::date(text).unwrap();
        let of = |change: fn(&mut ClockRule), from: &str| {
            let kind = Kinds::builtin().find("complaint").unwrap();
            let mut clock = kind.clocks[0].clone();
            clock.working_days = None;
            change(&mut clock);
            clock.due(day(from), Nation::EnglandAndWales)
        };
        let table: [(Change, &str, Option<&str>); 6] = [
            (|c| c.days = Some(30), "2026-01-31", Some("2026-03-02")),
            (|c| c.months = Some(1), "2026-01-31", Some("2026-02-28")),
            (|c| c.years = Some(1), "2028-02-29", Some("2029-02-28")),
            (
                |c| c.working_days = Some(5),
                "2026-12-22",
                Some("2026-12-31"),
            ),
            (|c| c.days = Some(0), "2029-09-14", Some("2029-09-14")),
            (|c| c.years = Some(u16::MAX), "2029-09-14", None),
        ];
        for (change, from, due) in table {
            assert_eq!(of(change, from), due.map(day), "{from}");
        }
    }
}
