//! Rules between two fields of the same form or group.

use serde_json::Map;
use serde_json::Value;

use crate::records::check::problem;
use crate::records::dates;
use crate::records::field::Field;
use crate::records::form::entries;
use crate::records::problem::Problem;
use crate::records::words::Sort;

/// Checks `field` against the fields beside it. Only values that met their own rules are compared.
pub(crate) fn check(
    field: &Field,
    fields: &[Field],
    kept: &Map<String, Value>,
    at: &str,
    found: &mut Vec<Problem>,
) {
    let Some(own) = kept.get(&field.name) else {
        return;
    };
    let other = |name: &Option<String>| {
        let named = fields
            .iter()
            .find(|beside| Some(&beside.name) == name.as_ref())?;
        kept.get(&named.name).map(|value| (named, value))
    };
    if let Some((named, value)) = other(&field.not_before)
        && earlier(field.sort, own, value)
    {
        let rule = format!("must not be earlier than {}", named.name);
        found.push(problem(field, at, rule));
    }
    if let Some((named, value)) = other(&field.differs_from) {
        let same = match field.sort {
            Sort::Date => (own == value).then_some("day"),
            _ => shares_a_handle(own, value).then_some("person"),
        };
        if let Some(same) = same {
            let rule = format!("must not be the same {same} as {}", named.name);
            found.push(problem(field, at, rule));
        }
    }
}

fn earlier(sort: Sort, own: &Value, than: &Value) -> bool {
    let (Some(own), Some(than)) = (own.as_str(), than.as_str()) else {
        return false;
    };
    match sort {
        Sort::Date => matches!((dates::date(own), dates::date(than)), (Ok(a), Ok(b)) if a < b),
        Sort::Time => matches!((dates::time(own), dates::time(than)), (Ok(a), Ok(b)) if a < b),
        Sort::DateTime => {
            matches!((dates::moment(own), dates::moment(than)), (Ok(a), Ok(b)) if a < b)
        }
        _ => false,
    }
}

/// Whether both hold the same user's handle. Names are not compared: two people may share one, and a
/// handle and a name may be one person's; the desk, which knows the directory, tells those apart.
fn shares_a_handle(own: &Value, other: &Value) -> bool {
    let handles = |value| {
        entries(value)
            .iter()
            .filter_map(Value::as_str)
            .filter(|text| is_handle(text))
    };
    handles(own).any(|handle| handles(other).any(|that| that == handle))
}

/// `[a-z0-9-]{2,32}`.
fn is_handle(text: &str) -> bool {
    (2..=32).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
