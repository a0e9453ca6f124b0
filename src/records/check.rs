//! From any JSON value to a [`Form`], or to the list of everything wrong with it.
//!
//! Texts are kept byte for byte (no normalisation, no trimming). An empty text, an empty list and
//! `null` mean "not given". A local date and time gets London's offset written down.

use serde_json::Map;
use serde_json::Value;

use crate::records::field::Field;
use crate::records::field::LIST_ITEMS;
use crate::records::field::is_given;
use crate::records::form::Form;
use crate::records::kind::Kind;
use crate::records::problem::Problem;
use crate::records::problem::Problems;
use crate::records::problem::nearest;
use crate::records::words::Sort;

pub mod beside;
pub mod scalar;

/// Most characters of an unknown field's name that a problem repeats.
const NAME_SHOWN: usize = 60;

impl Kind {
    /// Checks a filled-in form against every rule of the kind.
    ///
    /// # Errors
    /// All [`Problems`] at once: field by field in the kind's order, then the rules between fields, then
    /// unknown fields.
    pub fn check(&self, value: &Value) -> Result<Form, Problems> {
        let mut found = Vec::new();
        let fields = match value {
            Value::Object(given) => object(&self.fields, given, "", &mut found),
            other => {
                let rule = format!(
                    "a form is a group of named fields, not {}",
                    sort_in_words(other)
                );
                found.push(Problem {
                    field: String::new(),
                    rule,
                    example: None,
                });
                Map::new()
            }
        };
        match Problems::from_found(found) {
            Some(problems) => Err(problems),
            None => Ok(Form::checked(self, fields)),
        }
    }
}

/// Checks an object's fields; gives those that were given, in the order of their definitions.
fn object(
    fields: &[Field],
    given: &Map<String, Value>,
    path: &str,
    found: &mut Vec<Problem>,
) -> Map<String, Value> {
    let mut kept = Map::new();
    for field in fields {
        let at = join(path, &field.name);
        match given.get(&field.name).filter(|value| is_given(value)) {
            Some(value) => {
                if let Some(only) = field.only_if.as_ref().filter(|only| !only.holds(given)) {
                    let rule = format!("may be given only when {only}");
                    found.push(problem(field, &at, rule));
                }
                if let Some(value) = whole(field, value, &at, found) {
                    kept.insert(field.name.clone(), value);
                }
            }
            None => missing(field, given, &at, found),
        }
    }
    for field in fields {
        beside::check(field, fields, &kept, &join(path, &field.name), found);
    }
    unknown(fields, given, path, found);
    kept
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

fn missing(field: &Field, given: &Map<String, Value>, at: &str, found: &mut Vec<Problem>) {
    if field.required {
        found.push(problem(field, at, "is required".to_owned()));
    } else if let Some(condition) = &field.required_if
        && condition.holds(given)
    {
        let rule = format!("is required when {condition}");
        found.push(problem(field, at, rule));
    }
}

/// A field's whole value: one, or a list of them.
fn whole(field: &Field, value: &Value, at: &str, found: &mut Vec<Problem>) -> Option<Value> {
    if !field.list {
        return one(field, value, at, found);
    }
    let Value::Array(items) = value else {
        let rule = format!("must be a list, not {}", sort_in_words(value));
        found.push(problem(field, at, rule));
        return None;
    };
    let most = field.max_items.unwrap_or(LIST_ITEMS);
    if items.len() > most {
        let rule = format!("must have at most {most} entries; it has {}", items.len());
        found.push(problem(field, at, rule));
        return None;
    }
    if let Some(least) = field.min_items.filter(|least| items.len() < *least) {
        let rule = format!("must have at least {least} entries; it has {}", items.len());
        found.push(problem(field, at, rule));
        return None;
    }
    let kept = items
        .iter()
        .enumerate()
        .filter_map(|(index, item)| one(field, item, &format!("{at}[{index}]"), found))
        .collect();
    Some(Value::Array(kept))
}

/// One value of a field.
fn one(field: &Field, value: &Value, at: &str, found: &mut Vec<Problem>) -> Option<Value> {
    if field.nested() {
        let Value::Object(given) = value else {
            let rule = format!(
                "must be a group of named fields, not {}",
                sort_in_words(value)
            );
            found.push(problem(field, at, rule));
            return None;
        };
        return Some(Value::Object(object(&field.fields, given, at, found)));
    }
    match scalar::check(field, value) {
        Ok(value) => Some(value),
        Err(rule) => {
            found.push(problem(field, at, rule));
            None
        }
    }
}

fn unknown(fields: &[Field], given: &Map<String, Value>, path: &str, found: &mut Vec<Problem>) {
    let is_known = |name: &str| fields.iter().any(|field| field.name == name);
    for name in given.keys().filter(|name| !is_known(name)) {
        let meant = nearest(name, fields.iter().map(|field| field.name.as_str()));
        let rule = meant.map_or_else(
            || "is no field of this form".to_owned(),
            |meant| format!("is no field of this form; did you mean {meant}?"),
        );
        found.push(Problem {
            field: join(path, &shown(name)),
            rule,
            example: None,
        });
    }
}

/// An unknown field's name, safe to print.
fn shown(name: &str) -> String {
    let mut safe: String = name
        .chars()
        .take(NAME_SHOWN)
        .map(|c| {
            if scalar::is_printable(c) {
                c
            } else {
                '\u{fffd}'
            }
        })
        .collect();
    if name.chars().nth(NAME_SHOWN).is_some() {
        safe.push('…');
    }
    safe
}

/// A problem with an example of what one value of the field looks like.
pub(crate) fn problem(field: &Field, at: &str, rule: String) -> Problem {
    let whole = field.example();
    // Inside a list the example is one entry, at the list itself the whole list.
    let example = match &whole {
        Value::Array(items) if at.ends_with(']') && field.list => items.first(),
        other => Some(other),
    };
    let example = example.filter(|example| !example.is_null());
    Problem {
        field: at.to_owned(),
        rule,
        example: example.map(Value::to_string),
    }
}

/// What a value is, in the words of whoever wrote the file.
pub(crate) fn sort_in_words(value: &Value) -> &'static str {
    match value {
        Value::Null => "empty",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "a group of fields",
    }
}

/// Whether a value of this sort is a text in a form.
pub(crate) const fn is_text(sort: Sort) -> bool {
    !matches!(
        sort,
        Sort::Number | Sort::Duration | Sort::YesNo | Sort::Choices | Sort::Group | Sort::Quote
    )
}
