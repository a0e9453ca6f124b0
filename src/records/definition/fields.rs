//! Whether the fields of a definition are sound.

use serde_json::Value;

use crate::records::check::is_text;
use crate::records::definition::is_spelt;
use crate::records::field::Condition;
use crate::records::field::Field;
use crate::records::field::LIST_ITEMS;
use crate::records::words::Sort;

/// Adds everything wrong with `fields` and what they hold.
pub(crate) fn check(fields: &[Field], path: &str, faults: &mut Vec<String>) {
    for (at, field) in fields.iter().enumerate() {
        let place = format!("field {path}{}", field.name);
        let before = fields.get(..at).unwrap_or_default();
        if before.iter().any(|earlier| earlier.name == field.name) {
            faults.push(format!("{place} stands twice"));
        }
        let wrong = words(field)
            .into_iter()
            .chain(limits(field))
            .chain(items(field))
            .chain(choices(field))
            .chain(beside(field, fields));
        faults.extend(wrong.map(|fault| format!("{place} {fault}")));
        check(&field.fields, &format!("{path}{}.", field.name), faults);
    }
}

/// Faults that hold, of all that could.
fn holding<const N: usize>(faults: [(bool, &str); N]) -> Vec<String> {
    let wrong = faults.into_iter().filter(|(wrong, _)| *wrong);
    wrong.map(|(_, words)| words.to_owned()).collect()
}

fn words(field: &Field) -> Vec<String> {
    let blank = |text: &str| text.trim().is_empty();
    holding([
        (!is_spelt(&field.name, '_'), "is not named in snake_case"),
        (blank(&field.label), "has no label"),
        (blank(&field.hint), "has no hint"),
        (
            field.section.as_deref().is_some_and(blank),
            "has an empty section",
        ),
        (!field.nested() && field.example.is_null(), "has no example"),
        (
            field.nested() == field.fields.is_empty(),
            "has fields, or lacks them, against its type",
        ),
        (
            field.required && field.required_if.is_some(),
            "is required always and sometimes",
        ),
        (
            field.required && field.only_if.is_some(),
            "is required always and allowed sometimes",
        ),
    ])
}

fn limits(field: &Field) -> Vec<String> {
    let number = matches!(field.sort, Sort::Number | Sort::Duration);
    let text = matches!(field.sort, Sort::Text | Sort::LongText | Sort::Person);
    let ordered = matches!(field.sort, Sort::Date | Sort::Time | Sort::DateTime);
    holding([
        (
            !number && (field.min.is_some() || field.max.is_some()),
            "has number limits but no number",
        ),
        (
            field.min.zip(field.max).is_some_and(|(a, b)| a > b),
            "has a minimum above its maximum",
        ),
        (
            !text && (field.min_length.is_some() || field.max_length.is_some()),
            "has text limits but no text",
        ),
        (
            field
                .min_length
                .zip(field.max_length)
                .is_some_and(|(a, b)| a > b),
            "has a shortest length above its longest",
        ),
        (
            field.pattern.is_some() && field.sort != Sort::Text,
            "has a pattern but no line of text",
        ),
        (
            field
                .pattern
                .as_ref()
                .is_some_and(|p| p.words.trim().is_empty() || p.shape.is_empty()),
            "has a pattern without shape or words",
        ),
        (
            field.unit.is_some() && field.sort != Sort::Number,
            "has a unit but no number",
        ),
        (
            field.not_before.is_some() && !ordered,
            "is compared with a date but is none",
        ),
        (
            field.differs_from.is_some() && !matches!(field.sort, Sort::Person | Sort::Date),
            "differs from another but is no person and no day",
        ),
        (
            field.adds_label.is_some() && field.sort != Sort::YesNo,
            "adds a label but is no yes-no",
        ),
    ])
}

fn items(field: &Field) -> Vec<String> {
    holding([
        (
            !field.list && (field.min_items.is_some() || field.max_items.is_some()),
            "limits a list it is not",
        ),
        (
            field
                .min_items
                .is_some_and(|least| least > field.max_items.unwrap_or(LIST_ITEMS)),
            "needs more entries than it takes",
        ),
        (
            field.list && field.sort == Sort::Choices,
            "is a list of lists",
        ),
    ])
}

fn choices(field: &Field) -> Vec<String> {
    let chooses = matches!(field.sort, Sort::Choice | Sort::Choices);
    let codes: Vec<&str> = field
        .choices
        .iter()
        .map(|choice| choice.code.as_str())
        .collect();
    let twice = (1..codes.len()).any(|at| {
        let (before, from) = codes.split_at_checked(at).unwrap_or_default();
        from.first().is_some_and(|code| before.contains(code))
    });
    holding([
        (
            chooses == codes.is_empty(),
            "has choices, or lacks them, against its type",
        ),
        (
            !codes.iter().all(|code| is_spelt(code, '-')),
            "has a code that is not kebab-case",
        ),
        (
            field.choices.iter().any(|c| c.label.trim().is_empty()),
            "has a choice without a label",
        ),
        (twice, "has a choice twice"),
    ])
}

fn beside(field: &Field, fields: &[Field]) -> Vec<String> {
    let find = |name: &str| fields.iter().find(|other| other.name == name);
    let mut faults = Vec::new();
    if let Some(name) = &field.not_before
        && find(name).is_none_or(|other| other.sort != field.sort || other.list || field.list)
    {
        faults.push(format!(
            "is compared with {name}, which is no single field of its type"
        ));
    }
    if let Some(name) = &field.differs_from
        && find(name).is_none_or(|other| other.sort != field.sort)
    {
        let wanted = match field.sort {
            Sort::Date => "day",
            _ => "person",
        };
        faults.push(format!("is compared with {name}, which is no {wanted}"));
    }
    for (condition, does) in [
        (&field.required_if, "is required"),
        (&field.only_if, "is allowed"),
    ] {
        if let Some(condition) = condition
            && !can_hold(condition, find(&condition.field))
        {
            let other = &condition.field;
            faults.push(format!("{does} by {other}, which cannot be so"));
        }
    }
    faults
}

/// Whether the field a condition names can have each of its values.
fn can_hold(condition: &Condition, field: Option<&Field>) -> bool {
    let Some(field) = field.filter(|field| !field.list || condition.is.is_empty()) else {
        return false;
    };
    condition.is.iter().all(|value| match value {
        Value::Bool(_) => field.sort == Sort::YesNo,
        Value::String(code) => {
            is_text(field.sort) && field.choices.iter().any(|choice| &choice.code == code)
        }
        _ => false,
    })
}
