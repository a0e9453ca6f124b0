//! Values as people read them.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde_json::Value;

use crate::records::dates;
use crate::records::field::Field;
use crate::records::words::Sort;

/// A value of `field` in words. A value the field's sort does not expect (filed under another version
/// of the kind) is shown as it stands.
pub fn value(field: &Field, value: &Value) -> String {
    match value {
        Value::Array(items) => listed(items.iter().map(|item| one(field, item))),
        single => one(field, single),
    }
}

fn one(field: &Field, value: &Value) -> String {
    match (field.sort, value) {
        (Sort::Date, Value::String(text)) => {
            dates::date(text).map_or_else(|_| text.clone(), dates::people_date)
        }
        (Sort::DateTime, Value::String(text)) => {
            dates::moment(text).map_or_else(|_| text.clone(), |moment| dates::people_zoned(&moment))
        }
        (Sort::Choice | Sort::Choices, Value::String(code)) => field.choice_label(code).to_owned(),
        (Sort::Duration, Value::Number(number)) => {
            number.as_u64().map_or_else(|| number.to_string(), duration)
        }
        (Sort::Number, Value::Number(number)) => match &field.unit {
            Some(unit) => format!("{number} {unit}"),
            None => number.to_string(),
        },
        (_, other) => plain(other),
    }
}

/// A value without its field: texts as they are, everything else in the fewest words.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Array(items) => listed(items.iter().map(plain)),
        Value::Object(fields) => {
            let parts: Vec<String> = fields
                .iter()
                .map(|(name, value)| format!("{name}: {}", plain(value)))
                .collect();
            parts.join("; ")
        }
    }
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn listed(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    match items.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

fn duration(minutes: u64) -> String {
    let count = |number: u64, unit: &str| {
        let plural = if number == 1 { "" } else { "s" };
        format!("{number} {unit}{plural}")
    };
    match (minutes / 60, minutes % 60) {
        (0, minutes) => count(minutes, "minute"),
        (hours, 0) => count(hours, "hour"),
        (hours, minutes) => format!("{} {}", count(hours, "hour"), count(minutes, "minute")),
    }
}

/// One line of text for a terminal: what could move the cursor, break the line or silently reorder the
/// words around it is written out as `<U+202E>`.
pub fn line(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unruly) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\t' => safe.push_str("    "),
            c if is_unruly(c) => {
                // Writing to a String cannot fail.
                let _ = write!(safe, "<U+{:04X}>", u32::from(c));
            }
            c => safe.push(c),
        }
    }
    Cow::Owned(safe)
}

/// Controls, line separators and explicit direction overrides and isolates (Unicode Annex 9, 2).
fn is_unruly(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The lines of a long text, each fit for a terminal.
pub fn lines(text: &str) -> impl Iterator<Item = Cow<'_, str>> {
    text.split(['\n', '\u{2028}', '\u{2029}'])
        .map(|text| line(text.strip_suffix('\r').unwrap_or(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_durations_read_as_sentences() {
        let words = |words: &[&str]| listed(words.iter().map(|word| (*word).to_owned()));
        assert_eq!(words(&[]), "");
        assert_eq!(words(&["a"]), "a");
        assert_eq!(words(&["a", "b"]), "a and b");
        assert_eq!(words(&["a", "b", "c"]), "a, b and c");
        assert_eq!(duration(90), "1 hour 30 minutes");
        assert_eq!(duration(120), "2 hours");
        assert_eq!(duration(1), "1 minute");
    }

    #[test]
    fn nothing_moves_the_cursor_or_reorders_the_line() {
        assert_eq!(line("a\u{1b}[2Jb"), "a<U+001B>[2Jb");
        assert_eq!(line("invoice\u{202e}fdp.exe"), "invoice<U+202E>fdp.exe");
        assert_eq!(line("ياسمين"), "ياسمين");
        assert_eq!(
            lines("a\r\nb\u{2028}c").collect::<Vec<_>>(),
            ["a", "b", "c"]
        );
    }
}
