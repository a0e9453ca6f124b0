//! One answer: what it means, and what is said where it means nothing.

use serde_json::Value;

use crate::records::asking::Answers;
use crate::records::asking::Ended;
use crate::records::check::scalar;
use crate::records::field::Field;
use crate::records::sheet::cell;
use crate::records::sheet::cell::Dates;
use crate::records::words::Sort;

/// One value, asked until it is one or is left out.
pub(crate) fn one(
    field: &Field,
    prompt: &str,
    needed: bool,
    to: &mut dyn Answers,
) -> Result<Option<Value>, Ended> {
    loop {
        let line = to.answer(prompt)?;
        let line = line.trim();
        if line == "?" {
            to.tell(&meant(field));
            continue;
        }
        if line.is_empty() {
            if !needed {
                return Ok(None);
            }
            to.tell("This one is needed.");
            continue;
        }
        let value = match field.sort {
            Sort::LongText => Ok(Value::String(long(line, to)?)),
            _ => value(field, line),
        };
        let wrong = match value {
            Ok(value) => match scalar::check(field, &value) {
                Ok(_) => return Ok(Some(value)),
                Err(rule) => rule,
            },
            Err(rule) => rule,
        };
        to.tell(&format!("{} {wrong}. ? shows an example.", field.label));
    }
}

/// The rest of a long text, line by line.
fn long(first: &str, to: &mut dyn Answers) -> Result<String, Ended> {
    let mut text = first.to_owned();
    loop {
        let line = to.answer("> ")?;
        if line.trim().is_empty() {
            return Ok(text);
        }
        text.push('\n');
        text.push_str(line.trim_end());
    }
}

/// What an answer means: choices by number too, everything else as in a spreadsheet.
fn value(field: &Field, line: &str) -> Result<Value, String> {
    let chosen = |text: &str| {
        let number: Option<usize> = text.parse().ok();
        let at = number.and_then(|number| field.choices.get(number.checked_sub(1)?));
        at.map_or_else(
            || {
                cell::value(field, text, Dates::DayFirst)
                    .map_err(|_| "must be one of the numbers".to_owned())
            },
            |choice| Ok(Value::String(choice.code.clone())),
        )
    };
    match field.sort {
        Sort::Choice => chosen(line),
        Sort::Choices => line.split(',').map(|text| chosen(text.trim())).collect(),
        _ => cell::value(field, line, Dates::DayFirst),
    }
}

/// What is meant by a field, with an example.
pub(crate) fn meant(field: &Field) -> String {
    let example = match field.example() {
        Value::Array(mut items) if field.list && !items.is_empty() => items.swap_remove(0),
        other => other,
    };
    let shown = match (&example, field.nested()) {
        (Value::String(text), _) => Some(field.choice_label(text).to_owned()),
        (Value::Bool(yes), _) => Some(if *yes { "yes" } else { "no" }.to_owned()),
        (Value::Number(number), _) => Some(number.to_string()),
        _ => None,
    };
    match shown {
        Some(shown) => format!("{}, for example: {shown}", field.hint),
        None => format!("{}.", field.hint),
    }
}
