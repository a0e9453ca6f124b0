//! What a form says, without its labels: what a search goes through.

use serde_json::Value;

use crate::records::display;
use crate::records::field::Field;
use crate::records::form::Form;
use crate::records::form::entries;
use crate::records::kind::Kind;
use crate::records::words::Sort;

impl Kind {
    /// Every answer of the form, as people read it, each for itself, in the order of the kind's fields.
    pub fn texts(&self, form: &Form) -> Vec<String> {
        let mut texts = Vec::new();
        object(&self.fields, form.fields(), &mut texts);
        texts
    }
}

fn object(fields: &[Field], given: &Value, texts: &mut Vec<String>) {
    for field in fields {
        let Some(value) = given.get(&field.name) else {
            continue;
        };
        for one in entries(value) {
            if field.sort == Sort::Group {
                object(&field.fields, one, texts);
            } else if one.is_object() {
                // A quotation: who said it, and the words.
                leaves(one, texts);
            } else {
                texts.push(display::value(field, one));
            }
        }
    }
    // Filed under a version of the kind with other fields.
    let unknown = given.as_object().into_iter().flatten();
    for (name, value) in unknown {
        if fields.iter().all(|field| &field.name != name) {
            leaves(value, texts);
        }
    }
}

/// Every text and number in a value, however deep.
fn leaves(value: &Value, texts: &mut Vec<String>) {
    match value {
        Value::String(text) => texts.push(text.clone()),
        Value::Number(number) => texts.push(number.to_string()),
        Value::Array(items) => items.iter().for_each(|item| leaves(item, texts)),
        Value::Object(fields) => fields.values().for_each(|value| leaves(value, texts)),
        Value::Null | Value::Bool(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::records::Kinds;

    #[test]
    fn answers_without_labels() {
        let kind = Kinds::builtin().find("contact-report").unwrap();
        let stored = json!({
            "session_date": "2026-11-12",
            "children": [{"name": "Mia"}, {"name": "Mya"}],
            "left_over": {"from": ["before", 3]},
        });
        let form = Form::from_stored("contact-report", 1, stored).unwrap();
        assert_eq!(
            kind.texts(&form),
            ["12 November 2026", "Mia", "Mya", "before", "3"]
        );
    }

    #[test]
    fn every_text_of_every_example_is_among_them() {
        for kind in Kinds::builtin().iter() {
            let json = kind.template_json();
            let mut all = Vec::new();
            leaves(&json, &mut all);
            let form = Form::from_stored(&kind.name, kind.version, json).unwrap();
            let texts = kind.texts(&form);
            for text in all.iter().filter(|text| text.contains(' ')) {
                assert!(texts.contains(text), "{}: {text}", kind.name);
            }
        }
    }
}
