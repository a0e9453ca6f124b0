//! A kind's invented example, as a file to fill in.

use std::fmt::Write as _;

use serde_json::Value;

use crate::records::describe::asks;
use crate::records::field::Field;
use crate::records::field::examples;
use crate::records::kind::Kind;

/// The width comments are wrapped to.
const COMMENT: usize = 96;

impl Kind {
    /// A complete invented form, accepted as it stands: every field has a value, but for those that may not be
    /// given beside the others'.
    pub fn template_json(&self) -> Value {
        Value::Object(examples(&self.fields))
    }

    /// The same form as TOML, each field under its label, hint and rules; what may not be given beside the
    /// others is a comment.
    pub fn template_toml(&self) -> String {
        let given = examples(&self.fields);
        let mut text = comment(&format!("{}: {}", self.title, self.summary));
        text.push_str(&comment(&self.hint));
        text.push_str(&comment(
            "Every value below is invented. Fields marked optional may be left out.",
        ));
        for field in &self.fields {
            if let Some(section) = &field.section {
                // Writing to a String cannot fail.
                let _ = writeln!(text, "\n# == {section} ==");
            }
            text.push('\n');
            text.push_str(&about(field, ""));
            let value = to_toml(&field.example(), true);
            let mark = if given.contains_key(&field.name) {
                ""
            } else {
                "# "
            };
            for line in format!("{} = {value}", field.name).lines() {
                let _ = writeln!(text, "{mark}{line}");
            }
        }
        text
    }
}

/// What a field asks for, as comment lines; a group's fields below it.
fn about(field: &Field, inside: &str) -> String {
    let name = if inside.is_empty() {
        field.label.clone()
    } else {
        format!("  {}", field.name)
    };
    let mut text = comment(&format!("{name}: {}. {}.", field.hint, asks(field)));
    for choice in &field.choices {
        text.push_str(&comment(&format!("    {}: {}", choice.code, choice.label)));
    }
    for inner in &field.fields {
        text.push_str(&about(inner, &field.name));
    }
    text
}

fn comment(text: &str) -> String {
    let options = textwrap::Options::new(COMMENT)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .initial_indent("# ")
        .subsequent_indent("#   ");
    let mut lines = textwrap::wrap(text, options).join("\n");
    lines.push('\n');
    lines
}

/// A value in TOML. JSON's escapes are TOML's too.
fn to_toml(value: &Value, outermost: bool) -> String {
    match value {
        Value::Array(items) if outermost && items.iter().any(Value::is_object) => {
            let lines: Vec<String> = items
                .iter()
                .map(|item| format!("    {},\n", to_toml(item, false)))
                .collect();
            format!("[\n{}]", lines.concat())
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| to_toml(item, false)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(fields) => {
            let pairs: Vec<String> = fields
                .iter()
                .map(|(name, value)| format!("{name} = {}", to_toml(value, false)))
                .collect();
            format!("{{ {} }}", pairs.join(", "))
        }
        other => other.to_string(),
    }
}
