//! A filled-in form whose every value met its kind's rules when it was filed.

use std::fmt;

use serde_json::Value;
use zeroize::Zeroize;

use crate::records::kind::Kind;

/// Stored content that is not a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAForm;

impl fmt::Display for NotAForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the stored content is not a form")
    }
}

impl std::error::Error for NotAForm {}

/// A form's values in the order of its kind's fields. Holds what was typed, byte for byte; wiped on
/// drop; never printed by `Debug`.
#[derive(PartialEq)]
pub struct Form {
    kind: String,
    kind_version: u32,
    fields: Value,
}

impl Form {
    /// A form whose values `Kind::check` has accepted.
    pub(crate) fn checked(kind: &Kind, fields: serde_json::Map<String, Value>) -> Self {
        Self {
            kind: kind.name.clone(),
            kind_version: kind.version,
            fields: Value::Object(fields),
        }
    }

    /// A form as it was filed. What this version of the kind does not know is kept, and rules are not
    /// applied again: a record stays readable whatever later versions ask of new ones.
    ///
    /// # Errors
    /// [`NotAForm`] if `json` is no object.
    pub fn from_stored(kind: &str, kind_version: u32, json: Value) -> Result<Self, NotAForm> {
        if !json.is_object() {
            return Err(NotAForm);
        }
        Ok(Self {
            kind: kind.to_owned(),
            kind_version,
            fields: json,
        })
    }

    /// The kind's name.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The version of the kind's definition it was filed under.
    pub const fn kind_version(&self) -> u32 {
        self.kind_version
    }

    /// The values, to look at.
    pub const fn fields(&self) -> &Value {
        &self.fields
    }

    /// The values as JSON. The caller now holds content.
    pub fn to_json(&self) -> Value {
        self.fields.clone()
    }

    /// Every value a dotted path such as `children.name` leads to, through lists; none where nothing
    /// was given.
    pub fn values(&self, path: &str) -> Vec<&Value> {
        let mut found = vec![&self.fields];
        for step in path.split('.') {
            found = found
                .into_iter()
                .filter_map(|value| value.get(step))
                .flat_map(entries)
                .collect();
        }
        found
    }

    /// The texts a dotted path leads to.
    pub fn texts(&self, path: &str) -> Vec<&str> {
        self.values(path)
            .into_iter()
            .filter_map(Value::as_str)
            .collect()
    }
}

/// A list's values, or the one value.
pub(crate) fn entries(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        one => std::slice::from_ref(one),
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Form({} {}, ..)", self.kind, self.kind_version)
    }
}

impl Drop for Form {
    fn drop(&mut self) {
        wipe(&mut self.fields);
    }
}

/// Overwrites every text in `value`. Numbers and the names of fields stay.
fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(fields) => fields.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn debug_shows_no_content() {
        let form = Form::from_stored("complaint", 1, json!({"secret": "shown"})).unwrap();
        assert_eq!(format!("{form:?}"), "Form(complaint 1, ..)");
    }

    #[test]
    fn wiping_leaves_no_text() {
        let mut value = json!({"a": "x", "b": ["y", {"c": "z"}], "d": 4});
        wipe(&mut value);
        assert_eq!(value, json!({"a": "", "b": ["", {"c": ""}], "d": 4}));
    }

    #[test]
    fn paths_lead_through_lists() {
        let stored = json!({"children": [{"name": "A"}, {"name": "B"}, {}], "venue": "C"});
        let form = Form::from_stored("contact-report", 1, stored).unwrap();
        assert_eq!(form.texts("children.name"), ["A", "B"]);
        assert_eq!(form.texts("venue"), ["C"]);
        assert!(form.values("venue.name").is_empty());
        assert_eq!(Form::from_stored("x", 1, json!([])), Err(NotAForm));
    }
}
