//! A cell of a spreadsheet as a form's value: dates as people in this country write them, times with `am` and `pm`,
//! `Y` and `N`. What a value has to be is for the kind to check; here it is only spelt as forms spell it.

use jiff::civil::Date;
use jiff::civil::Time;
use serde_json::Value;

use crate::records::field::Field;
use crate::records::words::Sort;

/// In which order dates written in figures stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Dates {
    /// 4/11/2026 is the fourth of November.
    #[default]
    DayFirst,
    /// 11/4/2026 is the fourth of November.
    MonthFirst,
}

/// The value of a cell that is not empty; why it has none.
///
/// # Errors
/// Words that continue "the column ...".
pub fn value(field: &Field, cell: &str, dates: Dates) -> Result<Value, String> {
    let text = || Value::String(cell.to_owned());
    match field.sort {
        Sort::Text | Sort::LongText | Sort::Person | Sort::DateTime => Ok(text()),
        Sort::Date => date(cell, dates).map(|day| Value::String(day.to_string())),
        Sort::Time => Ok(time(cell).map_or_else(text, |time| {
            Value::String(time.strftime("%H:%M").to_string())
        })),
        Sort::Number | Sort::Duration => Ok(number(cell).map_or_else(text, Value::from)),
        Sort::YesNo => yes_no(cell).map(Value::Bool).ok_or_else(|| {
            "must be yes or no; say with `choices` what else stands for them".to_owned()
        }),
        Sort::Choice | Sort::Choices => choice(field, cell).map(Value::String),
        Sort::Quote | Sort::Group => {
            Err("must be filled by its own fields, such as `name.words`".to_owned())
        }
    }
}

/// The code of a choice, from itself or its label.
fn choice(field: &Field, cell: &str) -> Result<String, String> {
    let same = |one: &str| {
        one.eq_ignore_ascii_case(cell) || one.replace('-', " ").eq_ignore_ascii_case(cell)
    };
    let found = field
        .choices
        .iter()
        .find(|choice| same(&choice.code) || same(&choice.label));
    found.map(|choice| choice.code.clone()).ok_or_else(|| {
        let codes: Vec<&str> = field
            .choices
            .iter()
            .map(|choice| choice.code.as_str())
            .collect();
        format!(
            "must be one of {}; say with `choices` what your own words stand for",
            codes.join(", ")
        )
    })
}

fn yes_no(cell: &str) -> Option<bool> {
    match cell.to_lowercase().as_str() {
        "yes" | "y" | "true" | "1" | "x" | "✓" | "✔" => Some(true),
        "no" | "n" | "false" | "0" => Some(false),
        _ => None,
    }
}

fn number(cell: &str) -> Option<i64> {
    cell.replace([',', ' ', '\u{a0}'], "").parse().ok()
}

/// A day: year first, in figures in the named order, or with the month in letters. Two figures are no year: nobody can
/// tell a child's from a grandparent's.
fn date(cell: &str, dates: Dates) -> Result<Date, String> {
    // A spreadsheet may add a time of nothing to a day.
    let midnight = cell
        .strip_suffix(" 00:00:00")
        .or_else(|| cell.strip_suffix(" 00:00"));
    let parts = midnight.unwrap_or(cell).split(['/', '-', '.', ',', ' ']);
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    let [first, second, third] = parts[..] else {
        return Err("must be a date, such as 4/11/2026 or 2026-11-04".to_owned());
    };
    let letters = |part: &str| part.starts_with(char::is_alphabetic);
    let (year, month, day) = match dates {
        _ if first.len() == 4 => (first, second, third),
        _ if letters(first) => (third, first, second),
        Dates::MonthFirst if !letters(second) => (third, first, second),
        _ => (third, second, first),
    };
    if year.len() != 4 {
        return Err("must be a date whose year has four figures".to_owned());
    }
    // "4th".
    let day = day.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let found = || Date::new(year.parse().ok()?, month_number(month)?, day.parse().ok()?).ok();
    let order = match dates {
        Dates::DayFirst => "day first, unless the map says otherwise",
        Dates::MonthFirst => "month first, as the map says",
    };
    found().ok_or_else(|| format!("must be a day that exists; figures are read {order}"))
}

fn month_number(month: &str) -> Option<i8> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let lower = month.to_lowercase();
    let named = |name: &&str| lower.len() >= 3 && name.starts_with(lower.as_str());
    let named = MONTHS
        .iter()
        .position(named)
        .and_then(|at| i8::try_from(at + 1).ok());
    named.or_else(|| month.parse().ok())
}

/// A time: `14:00`, `2.30pm`, `2 pm`.
fn time(cell: &str) -> Option<Time> {
    let lower = cell.to_lowercase();
    let (clock, half) = match (lower.strip_suffix("am"), lower.strip_suffix("pm")) {
        (Some(clock), _) => (clock, Some(0)),
        (_, Some(clock)) => (clock, Some(12)),
        _ => (lower.as_str(), None),
    };
    let mut parts = clock.trim().split([':', '.']);
    let hour: i8 = parts.next()?.trim().parse().ok()?;
    let minute: i8 = match parts.next() {
        Some(part) => part.parse().ok()?,
        None if half.is_some() => 0,
        None => return None,
    };
    let second: i8 = parts.next().map_or(Some(0), |part| part.parse().ok())?;
    let hour = match half {
        Some(_) if !(1..=12).contains(&hour) => return None,
        Some(half) => hour % 12 + half,
        None => hour,
    };
    (parts.next().is_none()).then(|| Time::new(hour, minute, second, 0).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::Kinds;

    fn field(kind: &str, name: &str) -> Field {
        let kind = Kinds::builtin().find(kind).unwrap();
        kind.fields
            .iter()
            .find(|field| field.name == name)
            .unwrap()
            .clone()
    }

    #[test]
    fn days_are_read_as_they_are_written_here() {
        let day = |cell: &str| date(cell, Dates::DayFirst).map(|day| day.to_string()).ok();
        for same in [
            "2026-11-04",
            "2026/11/04",
            "4/11/2026",
            "04/11/2026",
            "04.11.2026",
            "4-11-2026",
            "4 November 2026",
            "4th Nov 2026",
            "04-Nov-2026",
            "November 4, 2026",
            "4/11/2026 00:00",
        ] {
            assert_eq!(day(same).as_deref(), Some("2026-11-04"), "{same}");
        }
        for wrong in [
            "4/11/26",
            "31/02/2026",
            "13/13/2026",
            "Wednesday",
            "4/11",
            "2026-11-04T10:00",
            "",
            "4 Novembre 2026",
        ] {
            assert_eq!(day(wrong), None, "{wrong}");
        }
        let american = date("11/4/2026", Dates::MonthFirst).unwrap();
        assert_eq!(american.to_string(), "2026-11-04");
        assert_eq!(date("4 Nov 2026", Dates::MonthFirst).unwrap(), american);
    }

    #[test]
    fn times_are_read_with_and_without_halves_of_the_day() {
        for (cell, wanted) in [
            ("14:00", "14:00"),
            ("2pm", "14:00"),
            ("2.30 PM", "14:30"),
            ("12am", "00:00"),
            ("12:15 pm", "12:15"),
            ("9.05", "09:05"),
            ("14:00:00", "14:00"),
        ] {
            let read = time(cell).map(|time| time.strftime("%H:%M").to_string());
            assert_eq!(read.as_deref(), Some(wanted), "{cell}");
        }
        for wrong in ["14", "25:00", "13pm", "0am", "noon", "2:3:4:5"] {
            assert_eq!(time(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn choices_are_found_by_code_and_by_label() {
        let kind = field("contact-report", "contact_type");
        for cell in ["supervised", "Supervised", "SUPERVISED AT THE CENTRE"] {
            assert_eq!(
                value(&kind, cell, Dates::DayFirst),
                Ok("supervised".into()),
                "{cell}"
            );
        }
        let wrong = value(&kind, "zoom", Dates::DayFirst).unwrap_err();
        assert!(
            wrong.contains("virtual") && !wrong.contains("zoom"),
            "{wrong}"
        );
    }

    #[test]
    fn figures_and_answers() {
        assert_eq!(number("1,200"), Some(1200));
        assert_eq!(number("1.5"), None);
        assert_eq!(yes_no("Y"), Some(true));
        assert_eq!(yes_no("No"), Some(false));
        assert_eq!(yes_no("perhaps"), None);
    }
}
