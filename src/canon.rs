//! Canonical JSON (RFC 8785) for the values we sign and hash: strings, integers, booleans, null,
//! arrays and objects. Numbers with a fraction are refused, so RFC 8785's number rules never matter;
//! keys are sorted by UTF-16 code units (section 3.2.3).

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;

/// A value canonical JSON cannot carry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CanonError {
    /// A number that is not an integer between -2^53 and 2^53.
    Number,
    /// A type without a JSON form.
    Shape,
}

impl std::fmt::Display for CanonError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Number => "only whole numbers between -2^53 and 2^53 can be signed",
            Self::Shape => "the value has no JSON form",
        })
    }
}

impl std::error::Error for CanonError {}

/// The canonical bytes of any serialisable value.
///
/// # Errors
/// [`CanonError`] for fractions, integers beyond 2^53 and values without a JSON form.
pub fn to_bytes<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, CanonError> {
    let value = serde_json::to_value(value).map_err(|_| CanonError::Shape)?;
    let mut out = String::new();
    write_value(&value, &mut out)?;
    Ok(out.into_bytes())
}

fn write_value(value: &Value, out: &mut String) -> Result<(), CanonError> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => write_number(number, out)?,
        Value::String(text) => write_string(text, out),
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_value(item, out)?;
            }
            out.push(']');
        }
        Value::Object(fields) => {
            let mut names: Vec<&String> = fields.keys().collect();
            names.sort_by(|a, b| a.encode_utf16().cmp(b.encode_utf16()));
            out.push('{');
            for (at, name) in names.into_iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_string(name, out);
                out.push(':');
                write_value(fields.get(name).unwrap_or(&Value::Null), out)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

fn write_number(number: &serde_json::Number, out: &mut String) -> Result<(), CanonError> {
    const LIMIT: u64 = 1 << 53;
    let small = number.as_u64().map_or_else(
        || number.as_i64().is_some_and(|n| n.unsigned_abs() <= LIMIT),
        |n| n <= LIMIT,
    );
    if !small {
        return Err(CanonError::Number);
    }
    // Writing to a String cannot fail.
    let _ = write!(out, "{number}");
    Ok(())
}

/// RFC 8785 section 3.2.2.2: short escapes where JSON has them, lower-case `\u00xx` for other
/// controls, everything else as it is.
fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\u{9}' => out.push_str("\\t"),
            '\u{a}' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\u{d}' => out.push_str("\\r"),
            c if c < ' ' => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn sorts_by_utf16_and_escapes_as_rfc_8785_says() {
        // The order of RFC 8785 section 3.2.3's example.
        let value = json!({"\u{20ac}": 1, "\r": 2, "\u{fb33}": 3, "1": 4, "\u{1f600}": 5, "\u{80}": 6, "\u{f6}": 7});
        let text = String::from_utf8(to_bytes(&value).unwrap()).unwrap();
        assert_eq!(
            text,
            "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":1,\"\u{1f600}\":5,\"\u{fb33}\":3}"
        );
        let value = json!({"s": "\u{20ac}$\u{f}\nA'B\"\\\"/"});
        let text = String::from_utf8(to_bytes(&value).unwrap()).unwrap();
        assert_eq!(text, "{\"s\":\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\"/\"}");
    }

    #[test]
    fn refuses_what_readers_disagree_about() {
        assert_eq!(to_bytes(&json!(1.5)), Err(CanonError::Number));
        assert_eq!(to_bytes(&json!((1u64 << 53) + 1)), Err(CanonError::Number));
        assert_eq!(to_bytes(&json!(-1)).unwrap(), b"-1");
    }
}
