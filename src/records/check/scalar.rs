//! The rules of a single value.

use serde_json::Value;

use crate::records::check::sort_in_words;
use crate::records::dates;
use crate::records::dates::DateError;
use crate::records::field::Field;
use crate::records::field::LONG_TEXT_CHARS;
use crate::records::field::NUMBER_LIMIT;
use crate::records::field::TEXT_CHARS;
use crate::records::problem::nearest;
use crate::records::words::Sort;

/// The value to keep, or the rule it does not meet.
pub(crate) fn check(field: &Field, value: &Value) -> Result<Value, String> {
    match field.sort {
        Sort::Text | Sort::Person | Sort::LongText => text(field, string(value)?),
        Sort::Date => date(string(value)?),
        Sort::Time => time(string(value)?),
        Sort::DateTime => date_time(string(value)?),
        Sort::Number | Sort::Duration => number(field, value),
        Sort::YesNo => yes_no(value),
        Sort::Choice => choice(field, string(value)?).map(|code| Value::String(code.to_owned())),
        Sort::Choices => choices(field, value),
        // Objects are walked by the caller.
        Sort::Quote | Sort::Group => Err("must be a group of named fields".to_owned()),
    }
}

fn string(value: &Value) -> Result<&str, String> {
    value
        .as_str()
        .ok_or_else(|| format!("must be a text in quotes, not {}", sort_in_words(value)))
}

/// Whether a character belongs in one line of text.
pub(crate) fn is_printable(c: char) -> bool {
    // U+2028 and U+2029 break lines without being controls.
    !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}')
}

fn text(field: &Field, text: &str) -> Result<Value, String> {
    if text.trim().is_empty() {
        return Err("must not be blank".to_owned());
    }
    printable(field.sort, text)?;
    let length = text.chars().count();
    let most = field.max_length.unwrap_or(match field.sort {
        Sort::LongText => LONG_TEXT_CHARS,
        _ => TEXT_CHARS,
    });
    if length > most {
        return Err(format!(
            "must have at most {most} characters; it has {length}"
        ));
    }
    if let Some(least) = field.min_length.filter(|least| length < *least) {
        return Err(format!(
            "must have at least {least} characters; it has {length}"
        ));
    }
    match &field.pattern {
        Some(pattern) if !pattern.matches(text) => Err(format!("must be {}", pattern.words)),
        _ => Ok(Value::String(text.to_owned())),
    }
}

fn printable(sort: Sort, text: &str) -> Result<(), String> {
    if sort != Sort::LongText {
        return if text.chars().all(is_printable) {
            Ok(())
        } else {
            Err("must be one line of printable text".to_owned())
        };
    }
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        // A line may end as Windows and web forms end it; a bare return would overwrite the line.
        let fits = match c {
            '\n' | '\t' | '\u{2028}' | '\u{2029}' => true,
            '\r' => chars.peek() == Some(&'\n'),
            c => !c.is_control(),
        };
        if !fits {
            return Err(
                "must be printable text; of control characters only line breaks and tabs fit"
                    .to_owned(),
            );
        }
    }
    Ok(())
}

fn date(text: &str) -> Result<Value, String> {
    match dates::date(text) {
        Ok(_) => Ok(Value::String(text.to_owned())),
        Err(DateError::NotReal) => Err("must be a day that exists in the calendar".to_owned()),
        Err(_) => Err("must be a date, written year-month-day".to_owned()),
    }
}

fn time(text: &str) -> Result<Value, String> {
    let time = dates::time(text)
        .map_err(|_| "must be a time between 00:00 and 23:59, written hours:minutes".to_owned())?;
    let whole = time.second() == 0;
    let form = if whole { "%H:%M" } else { "%H:%M:%S" };
    Ok(Value::String(time.strftime(form).to_string()))
}

fn date_time(text: &str) -> Result<Value, String> {
    match dates::moment(text) {
        Ok(moment) => Ok(Value::String(dates::rfc_3339(&moment))),
        Err(DateError::Twice) => Err(
            "must say which of two: the clocks go back and pass this time twice, so add the offset, such as +01:00"
                .to_owned(),
        ),
        Err(DateError::NotReal) => Err("must be a day and time that exist".to_owned()),
        Err(DateError::Form) => {
            Err("must be a date and time, written year-month-dayThours:minutes".to_owned())
        }
    }
}

fn number(field: &Field, value: &Value) -> Result<Value, String> {
    let least = field.min.unwrap_or(-NUMBER_LIMIT);
    let most = field.max.unwrap_or(NUMBER_LIMIT);
    let what = match field.sort {
        Sort::Duration => "a whole number of minutes",
        _ => "a whole number",
    };
    match value
        .as_i64()
        .filter(|number| (least..=most).contains(number))
    {
        Some(number) => Ok(Value::from(number)),
        None if field.min.is_some() || field.max.is_some() => {
            Err(format!("must be {what}{}", limits(field)))
        }
        None => Err(format!("must be {what}")),
    }
}

fn limits(field: &Field) -> String {
    match (field.min, field.max) {
        (Some(least), Some(most)) => format!(" between {least} and {most}"),
        (Some(least), None) => format!(" of at least {least}"),
        (None, Some(most)) => format!(" of at most {most}"),
        (None, None) => String::new(),
    }
}

fn yes_no(value: &Value) -> Result<Value, String> {
    match value {
        Value::Bool(_) => Ok(value.clone()),
        _ => Err("must be true or false, without quotes".to_owned()),
    }
}

fn choice<'a>(field: &Field, given: &'a str) -> Result<&'a str, String> {
    if field.choices.iter().any(|choice| choice.code == given) {
        return Ok(given);
    }
    let codes: Vec<&str> = field
        .choices
        .iter()
        .map(|choice| choice.code.as_str())
        .collect();
    let spelling = given.to_lowercase().replace([' ', '_'], "-");
    let meant = nearest(&spelling, codes.iter().copied())
        .map(|meant| format!(" (nearest is {meant})"))
        .unwrap_or_default();
    Err(format!("must be one of {}{meant}", codes.join(", ")))
}

fn choices(field: &Field, value: &Value) -> Result<Value, String> {
    let Value::Array(items) = value else {
        return Err(format!(
            "must be a list of codes, not {}",
            sort_in_words(value)
        ));
    };
    let mut kept: Vec<&str> = Vec::new();
    for item in items {
        let code = choice(field, string(item)?)?;
        if kept.contains(&code) {
            return Err(format!("must name each code once; {code} stands twice"));
        }
        kept.push(code);
    }
    Ok(Value::from(kept))
}
