//! One field of a kind: its name, what it holds, and the rules it sets.

use std::fmt;

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use crate::records::words::Mark;
use crate::records::words::Sort;

/// Most characters of a one-line text that sets no limit of its own.
pub const TEXT_CHARS: usize = 1_000;
/// Most characters of a long text that sets no limit of its own.
pub const LONG_TEXT_CHARS: usize = 100_000;
/// Most entries of a list that sets no limit of its own.
pub const LIST_ITEMS: usize = 200;
/// The largest whole number a signed value can carry exactly (2^53).
pub const NUMBER_LIMIT: i64 = 1 << 53;
/// The longest duration, in minutes: a week.
pub const DURATION_MINUTES: i64 = 7 * 24 * 60;

/// A field's definition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Its key in a form, `snake_case`.
    pub name: String,
    /// What people call it.
    pub label: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub sort: Sort,
    /// The heading it and the fields after it stand under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
    /// Whether it holds any number of values.
    #[serde(default, skip_serializing_if = "is_false")]
    pub list: bool,
    /// Whether it must be given.
    #[serde(default, skip_serializing_if = "is_false")]
    pub required: bool,
    /// When it must be given although it is not always required.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required_if: Option<Condition>,
    /// When alone it may be given: else the form would contradict itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only_if: Option<Condition>,
    /// Smallest number, or fewest minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    /// Largest number, or most minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
    /// Fewest characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_length: Option<usize>,
    /// Most characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<usize>,
    /// Fewest entries of a list that is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_items: Option<usize>,
    /// Most entries of a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_items: Option<usize>,
    /// A fixed form of a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<Pattern>,
    /// A field of the same sort, beside this one, that must not be later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<String>,
    /// A field beside this one that must not hold the same day or the same handle. (Two people may share a
    /// name, so names are not compared.)
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub differs_from: Option<String>,
    /// What a number counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// What to write, in a sentence.
    pub hint: String,
    /// An invented value; a list's example is a list. Groups may leave it to their fields.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub example: Value,
    /// The codes to choose from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Choice>,
    /// What makes its words sensitive.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub personal: Vec<Mark>,
    /// The label a "yes" adds to the record's facts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adds_label: Option<Mark>,
    /// A group's own fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<Field>,
}

/// A code and what people call it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// `kebab-case`, as forms carry it.
    pub code: String,
    /// As people read it.
    pub label: String,
    /// Labels this choice adds to the record's facts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adds_label: Option<Mark>,
}

/// "When the field beside this one is one of these values".
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// The other field's name.
    pub field: String,
    /// Codes, or `true` / `false`; any one of them suffices. Empty: any value at all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub is: Vec<Value>,
}

/// A text's fixed form: `#` is a digit, `@` a letter from A to Z in either case, all else itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pattern {
    /// The form.
    pub shape: String,
    /// The form in words, after "must be".
    pub words: String,
}

impl Pattern {
    /// Whether `text` has this form.
    pub fn matches(&self, text: &str) -> bool {
        let mut given = text.chars();
        let fits = self.shape.chars().all(|wanted| {
            given.next().is_some_and(|c| match wanted {
                '#' => c.is_ascii_digit(),
                '@' => c.is_ascii_alphabetic(),
                other => c == other,
            })
        });
        fits && given.next().is_none()
    }
}

impl Condition {
    /// Whether the field beside this one has one of the values.
    pub fn holds(&self, given: &serde_json::Map<String, Value>) -> bool {
        given
            .get(&self.field)
            .filter(|value| is_given(value))
            .is_some_and(|value| self.is.is_empty() || self.is.contains(value))
    }
}

/// Whether a value says anything: an empty text, an empty list and `null` are "not given".
pub(crate) fn is_given(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => true,
    }
}

impl fmt::Display for Condition {
    /// `outcome is upheld or not-upheld`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spelt = |value: &Value| {
            value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned)
        };
        let values: Vec<String> = self.is.iter().map(spelt).collect();
        let values = if values.is_empty() {
            "given".to_owned()
        } else {
            values.join(" or ")
        };
        write!(f, "{} is {values}", self.field)
    }
}

impl Field {
    /// The label of a choice's code; the code itself if it has none.
    pub fn choice_label<'a>(&'a self, code: &'a str) -> &'a str {
        self.choices
            .iter()
            .find(|choice| choice.code == code)
            .map_or(code, |choice| choice.label.as_str())
    }

    /// Whether it holds text whose content no rule restricts.
    pub fn free_text(&self) -> bool {
        self.pattern.is_none() && matches!(self.sort, Sort::Text | Sort::LongText | Sort::Person)
    }

    /// Whether it holds an object with fields of its own.
    pub const fn nested(&self) -> bool {
        matches!(self.sort, Sort::Group | Sort::Quote)
    }

    /// An invented value that the field's own rules accept.
    pub fn example(&self) -> Value {
        if !self.example.is_null() || !self.nested() {
            return self.example.clone();
        }
        let mut one = examples(&self.fields);
        one.retain(|_, value| !value.is_null());
        if self.list {
            json!([one])
        } else {
            Value::Object(one)
        }
    }

    /// Fills in what the sort implies: a quote's three fields, a duration's limits.
    pub(crate) fn complete(&mut self) {
        if self.sort == Sort::Quote && self.fields.is_empty() {
            self.fields = quote_fields(&self.personal);
        }
        if self.sort == Sort::Duration {
            self.min.get_or_insert(0);
            self.max.get_or_insert(DURATION_MINUTES);
        }
        self.fields.iter_mut().for_each(Self::complete);
        match &mut self.example {
            Value::Array(items) => items.iter_mut().for_each(|one| in_order(&self.fields, one)),
            one => in_order(&self.fields, one),
        }
    }

    fn plain(name: &str, label: &str, sort: Sort, hint: &str, example: Value) -> Self {
        Self {
            name: name.to_owned(),
            label: label.to_owned(),
            sort,
            section: None,
            list: false,
            required: true,
            required_if: None,
            only_if: None,
            min: None,
            max: None,
            min_length: None,
            max_length: None,
            min_items: None,
            max_items: None,
            pattern: None,
            not_before: None,
            differs_from: None,
            unit: None,
            hint: hint.to_owned(),
            example,
            choices: Vec::new(),
            personal: Vec::new(),
            adds_label: None,
            fields: Vec::new(),
        }
    }
}

/// The examples of fields, but for those that may not be given beside the others'.
pub(crate) fn examples(fields: &[Field]) -> serde_json::Map<String, Value> {
    let each = fields
        .iter()
        .map(|field| (field.name.clone(), field.example()));
    let mut all: serde_json::Map<String, Value> = each.collect();
    for field in fields {
        if field.only_if.as_ref().is_some_and(|only| !only.holds(&all)) {
            all.remove(&field.name);
        }
    }
    all
}

/// Puts an object's values into the order of its fields; unknown ones stay, last.
fn in_order(fields: &[Field], object: &mut Value) {
    if let Value::Object(given) = object {
        let known = fields.iter().filter_map(|field| {
            given
                .remove(&field.name)
                .map(|value| (field.name.clone(), value))
        });
        let mut ordered: serde_json::Map<String, Value> = known.collect();
        ordered.append(given);
        *given = ordered;
    }
}

fn quote_fields(personal: &[Mark]) -> Vec<Field> {
    let speaker = Field::plain(
        "speaker",
        "Speaker",
        Sort::Person,
        "Who said it",
        json!("Mared"),
    );
    let mut words = Field::plain(
        "words",
        "Words",
        Sort::LongText,
        "What was said, in the language it was said in",
        json!("Will you come again next week"),
    );
    words.personal = personal.to_vec();
    let verbatim = Field::plain(
        "verbatim",
        "Word for word",
        Sort::YesNo,
        "True if these are the very words, false if they are the sense of them",
        json!(true),
    );
    vec![speaker, words, verbatim]
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde's skip_serializing_if passes a reference"
)]
fn is_false(value: &bool) -> bool {
    !value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_fits_whole_texts_only() {
        let pattern = Pattern {
            shape: "@@-##".to_owned(),
            words: "two letters, a hyphen and two digits".to_owned(),
        };
        assert!(pattern.matches("ab-12"));
        for wrong in ["ab-1", "ab-123", "a1-12", "äb-12", "ab-1٢", ""] {
            assert!(!pattern.matches(wrong), "{wrong}");
        }
    }
}
