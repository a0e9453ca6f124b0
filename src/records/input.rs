//! Forms as people write them: JSON or TOML text to a value, with the place of any mistake. A mistake is
//! never shown with the text around it.

mod mistake;

use std::fmt;

use serde::de::Deserialize;
use serde::de::Deserializer;
use serde::de::Error as _;
use serde::de::MapAccess;
use serde::de::SeqAccess;
use serde::de::Visitor;
use serde_json::Map;
use serde_json::Value;

pub use crate::records::input::mistake::Format;
use crate::records::input::mistake::TWICE;

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
        /// What it was read as.
        format: Format,
        /// From 1.
        line: usize,
        /// From 1, in characters.
        column: usize,
        /// What is wrong and what to do, in plain words.
        what: &'static str,
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
            Self::Empty => {
                f.write_str("the file is empty; `kind template` prints a form to begin with")
            }
            Self::NotText { at } => {
                write!(
                    f,
                    "this is not plain text (from byte {at} on); save it as a .json or .toml file in UTF-8"
                )
            }
            Self::Mistake {
                format,
                line,
                column,
                what,
            } => {
                let format = format.name();
                write!(f, "line {line}, character {column} of the {format}: {what}")
            }
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
            let (line, column) = (error.line().max(1), error.column().max(1));
            InputError::Mistake {
                format: Format::Json,
                line,
                column: characters(text, line, column),
                what: Format::Json.plain(&error.to_string()),
            }
        })
}

/// A place in a line in characters, from the parser's, which is in bytes.
fn characters(text: &str, line: usize, column: usize) -> usize {
    let line = text.split('\n').nth(line - 1).unwrap_or_default();
    let before = line.bytes().take(column);
    // Every character has one byte that does not continue another.
    before.filter(|byte| byte & 0xC0 != 0x80).count().max(1)
}

fn toml(text: &str) -> Result<Value, InputError> {
    let table: toml::Table = toml::from_str(text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        let before = text.get(..start).unwrap_or(text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
        InputError::Mistake {
            format: Format::Toml,
            line: before.matches('\n').count() + 1,
            column,
            what: Format::Toml.plain(error.message()),
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
                return Err(A::Error::custom(TWICE));
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
            "line 3, character 8 of the JSON: a value is missing, or a text is not in double quotes"
        );
        assert_eq!(
            says("{\"a\": 1, \"a\": 2}", None),
            "line 1, character 12 of the JSON: the same field is given twice; keep one of them"
        );
        let twice = says("a = 'private'\na = 2\n", None);
        assert_eq!(
            twice,
            "line 2, character 1 of the TOML: the same field is given twice; keep one of them"
        );
        let open = says("a = 1\nwörd = 'private\n", Some("x.toml"));
        assert!(open.starts_with("line 2, character "), "{open}");
        assert!(!open.contains("private"), "{open}");
        assert!(says(" \n", None).starts_with("the file is empty; "));
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
    fn mistakes_are_in_plain_words() {
        let json = [
            (r#"{"a": "#, "ends too early"),
            (r#"{"a": "b"#, "is not closed"),
            (r#"{"a": 1,}"#, "comma out"),
            (r#"{"a" 1}"#, "a colon belongs"),
            (r#"{"a": 1 "b": 2}"#, "a comma is missing"),
            ("{a: 1}", "a field's name"),
            ("{\"a\": \"b\nc\"}", "end of its line"),
            (r#"{"a": "\x"}"#, "backslash"),
            (r#"{"a": 01}"#, "not a number"),
            (r#"{"a": tru}"#, "not in double quotes"),
            (r#"{"a": 1} x"#, "after the form's end"),
        ];
        let toml = [
            ("a", "stands alone"),
            ("a = b", "a text or a name is not in double quotes"),
            ("a = \"b", "is not closed"),
            ("a = ", "value is missing"),
            ("a = \"\\x\"", "backslash"),
            ("a = [1", "a list is not closed"),
            ("a = {b = 1", "a group is not closed"),
            ("[a", "like [name]"),
            ("a = 2026-13-40", "not a date"),
            ("a = 01", "not a number"),
            ("ö = 1", "letters a-z, digits"),
        ];
        let both = [(&json[..], "a.json"), (&toml[..], "a.toml")];
        for (mistakes, name) in both {
            for (text, words) in mistakes {
                let says = says(text, Some(name));
                assert!(says.contains(words), "{text}: {says}");
                assert!(!says.contains("expected"), "{text}: {says}");
            }
        }
        let places = "{\"wörd\": \"é\", oops}";
        assert!(
            says(places, None).starts_with("line 1, character 15 "),
            "{}",
            says(places, None)
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
