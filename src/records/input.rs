//! Forms as people write them: JSON or TOML text to a value, with the place of any mistake. A mistake is
//! never shown with the text around it.

use std::fmt;

use serde::de::Deserialize;
use serde::de::Deserializer;
use serde::de::Error as _;
use serde::de::MapAccess;
use serde::de::SeqAccess;
use serde::de::Visitor;
use serde_json::Map;
use serde_json::Value;

/// Most bytes of a form.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;

/// Why a file is no form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InputError {
    /// More than [`MAX_BYTES`].
    TooLarge,
    /// Nothing but white space.
    Empty,
    /// Not UTF-8 from this byte on.
    NotText {
        /// Bytes before the first that is wrong.
        at: usize,
    },
    /// A mistake in the JSON or TOML.
    Mistake {
        /// `JSON` or `TOML`.
        format: &'static str,
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
        /// What was expected.
        what: String,
    },
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge => write!(
                f,
                "a form may have at most {} MiB; put long material into an attachment",
                MAX_BYTES / 1024 / 1024
            ),
            Self::Empty => f.write_str("the file is empty"),
            Self::NotText { at } => {
                write!(
                    f,
                    "not UTF-8 text from byte {at} on; save it as JSON or TOML in UTF-8"
                )
            }
            Self::Mistake {
                format,
                line,
                column,
                what,
            } => write!(
                f,
                "not valid {format}: line {line}, column {column}: {what}"
            ),
        }
    }
}

impl std::error::Error for InputError {}

/// The value in `bytes`. JSON or TOML by the ending of `name`; without one of these, by looking.
///
/// # Errors
/// [`InputError`]; among the mistakes are fields that stand twice.
pub fn parse(bytes: &[u8], name: Option<&str>) -> Result<Value, InputError> {
    if bytes.len() > MAX_BYTES {
        return Err(InputError::TooLarge);
    }
    let text = std::str::from_utf8(bytes).map_err(|error| InputError::NotText {
        at: error.valid_up_to(),
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        return Err(InputError::Empty);
    }
    if is_json(text, name) {
        json(text)
    } else {
        toml(text)
    }
}

fn is_json(text: &str, name: Option<&str>) -> bool {
    let ending = name
        .and_then(|name| name.rsplit_once('.'))
        .map(|(_, ending)| ending);
    match ending {
        Some(ending) if ending.eq_ignore_ascii_case("json") => true,
        Some(ending) if ending.eq_ignore_ascii_case("toml") => false,
        // A TOML file may begin with `[` too, but no form in TOML is without a `=`.
        _ => text.trim_start().starts_with(['{', '"']) || !text.contains('='),
    }
}

fn json(text: &str) -> Result<Value, InputError> {
    serde_json::from_str::<Once>(text)
        .map(|value| value.0)
        .map_err(|error| {
            let place = format!(" at line {} column {}", error.line(), error.column());
            let what = error.to_string();
            InputError::Mistake {
                format: "JSON",
                line: error.line().max(1),
                column: error.column().max(1),
                what: what.strip_suffix(&place).unwrap_or(&what).to_owned(),
            }
        })
}

fn toml(text: &str) -> Result<Value, InputError> {
    let table: toml::Table = toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let before = text.get(..start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
        let what: Vec<&str> = error.message().lines().collect();
        InputError::Mistake {
            format: "TOML",
            line: before.matches('\n').count() + 1,
            column,
            what: what.join("; "),
        }
    })?;
    Ok(Value::Object(
        table
            .into_iter()
            .map(|(name, value)| (name, from_toml(value)))
            .collect(),
    ))
}

/// TOML's dates and times become the texts that forms carry.
fn from_toml(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => Value::from(number),
        toml::Value::Float(number) => Value::from(number),
        toml::Value::Boolean(yes) => Value::Bool(yes),
        toml::Value::Datetime(when) => Value::String(when.to_string()),
        toml::Value::Array(items) => Value::Array(items.into_iter().map(from_toml).collect()),
        toml::Value::Table(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(name, value)| (name, from_toml(value)))
                .collect(),
        ),
    }
}

/// A JSON value in which no object names a field twice. JSON readers disagree about which of two
/// counts, so neither does.
struct Once(Value);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OnceVisitor).map(Self)
    }
}

struct OnceVisitor;

impl<'de> Visitor<'de> for OnceVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, yes: bool) -> Result<Value, E> {
        Ok(Value::Bool(yes))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::from(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::String(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(Value::String(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Once(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            if map.contains_key(&name) {
                return Err(A::Error::custom("a field stands twice"));
            }
            let Once(value) = fields.next_value()?;
            map.insert(name, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn says(text: &str, name: Option<&str>) -> String {
        parse(text.as_bytes(), name).unwrap_err().to_string()
    }

    #[test]
    fn json_and_toml_by_name_or_by_looking() {
        let wanted = json!({"venue": "Glan Tywi", "date": "2026-11-02", "list": [{"a": 1}]});
        let json = r#"{"venue":"Glan Tywi","date":"2026-11-02","list":[{"a":1}]}"#;
        let toml = "venue = 'Glan Tywi'\ndate = 2026-11-02\n[[list]]\na = 1\n";
        for (text, name) in [
            (json, None),
            (json, Some("f.JSON")),
            (json, Some("-")),
            (toml, None),
            (toml, Some("f.toml")),
            (toml, Some("f.txt")),
        ] {
            assert_eq!(
                parse(text.as_bytes(), name).unwrap(),
                wanted,
                "{text} {name:?}"
            );
        }
        let with_mark = format!("\u{feff}{json}");
        assert_eq!(parse(with_mark.as_bytes(), None).unwrap(), wanted);
    }

    #[test]
    fn mistakes_name_their_place_and_no_content() {
        assert_eq!(
            says("{\n  \"a\": \"private\",\n  \"b\": oops\n}", None),
            "not valid JSON: line 3, column 8: expected value"
        );
        assert_eq!(
            says("{\"a\": 1, \"a\": 2}", None),
            "not valid JSON: line 1, column 12: a field stands twice"
        );
        let twice = says("a = 'private'\na = 2\n", None);
        assert_eq!(twice, "not valid TOML: line 2, column 1: duplicate key");
        let open = says("a = 1\nwörd = 'private\n", Some("x.toml"));
        assert!(
            open.starts_with("not valid TOML: line 2, column "),
            "{open}"
        );
        assert!(!open.contains("private"), "{open}");
        assert_eq!(says(" \n", None), "the file is empty");
        assert!(
            parse(&[0x7b, 0xff], None)
                .unwrap_err()
                .to_string()
                .contains("from byte 1 on")
        );
        assert_eq!(
            parse(&vec![b' '; MAX_BYTES + 1], None),
            Err(InputError::TooLarge)
        );
    }

    #[test]
    fn deep_nesting_is_a_mistake_not_an_overflow() {
        let deep = "[".repeat(200_000);
        assert!(parse(deep.as_bytes(), Some("x.json")).is_err());
        assert!(parse(format!("a = {deep}").as_bytes(), Some("x.toml")).is_err());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>, text: String) {
            for name in [None, Some("a.json"), Some("a.toml")] {
                drop((parse(&bytes, name), parse(text.as_bytes(), name)));
            }
        }

        #[test]
        fn strings_survive_json_byte_for_byte(text: String) {
            let value = json!({"a": text});
            let parsed = parse(value.to_string().as_bytes(), Some("a.json")).unwrap();
            prop_assert_eq!(parsed, value);
        }
    }
}
