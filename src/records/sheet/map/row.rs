//! A row becomes a form: each cell where its field is, lists and repeated groups split by what stands between their
//! values.

use std::collections::BTreeMap;

use serde_json::Map as Object;
use serde_json::Value;
use sha2::Digest as _;
use sha2::Sha256;

use crate::bytes::base64url;
use crate::records::field::Field;
use crate::records::sheet::Row;
use crate::records::sheet::cell;
use crate::records::sheet::cell::Dates;
use crate::records::sheet::map::Fitted;
use crate::records::sheet::map::Mapped;
use crate::records::sheet::map::Said;
use crate::records::sheet::plain;

/// What the digest of a row begins with.
const CONTEXT: &[u8] = b"strongroom-sheet-1\n";

/// A row that became a form.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its line.
    pub line: u64,
    /// The form, which met every rule of its kind.
    pub form: Value,
    /// The cell that names the case.
    pub case: Option<String>,
    /// The cell that names a file.
    pub attach: Option<String>,
    /// What tells the row from every other, and is the same whenever it is read: a digest, which is kept inside the
    /// sealed card alone.
    pub source: String,
}

/// Something wrong with a row. It repeats nothing of what stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The line.
    pub line: u64,
    /// Where and what, in words.
    pub says: String,
}

impl Fitted<'_> {
    /// Every row as a form.
    ///
    /// # Errors
    /// Everything wrong with any row.
    pub fn entries(&self) -> Result<Vec<Entry>, Vec<Fault>> {
        let (mut entries, mut faults) = (Vec::new(), Vec::new());
        let mut seen = BTreeMap::new();
        for row in &self.sheet.rows {
            let mut found = Vec::new();
            let form = self.form(row, &mut found);
            if found.is_empty()
                && let Err(problems) = self.kind.check(&form)
            {
                found.extend(problems.iter().map(|problem| self.named(problem)));
            }
            let source = self.source(row, &mut found);
            if let Some(first) = seen.insert(source.clone(), row.line) {
                let by = if self.key.is_empty() {
                    "the same as"
                } else {
                    "by its key the same as"
                };
                found.push(format!(
                    "is {by} line {first}; take one away, or name columns that tell them apart with `key`"
                ));
            }
            faults.extend(found.into_iter().map(|says| Fault {
                line: row.line,
                says,
            }));
            let cell =
                |column: Option<usize>| Some(cell_of(row, column?)).filter(|cell| !cell.is_empty());
            entries.push(Entry {
                line: row.line,
                form,
                case: cell(self.case).map(str::to_owned),
                attach: cell(self.attach).map(str::to_owned),
                source,
            });
        }
        if faults.is_empty() {
            Ok(entries)
        } else {
            Err(faults)
        }
    }

    fn form(&self, row: &Row, found: &mut Vec<String>) -> Value {
        let mut form = Object::new();
        for mapped in &self.fields {
            let values = match mapped.values(mapped.column.map(|at| cell_of(row, at)), self.dates) {
                Ok(values) => values,
                Err(says) => {
                    found.push(format!("{} {says}", self.place(mapped)));
                    continue;
                }
            };
            if !values.is_empty() {
                put(&mut form, &mapped.path, values);
            }
        }
        Value::Object(form)
    }

    /// A problem by the column it comes from.
    fn named(&self, problem: &crate::records::Problem) -> String {
        let plain: String = problem
            .field
            .split('[')
            .map(|part| part.split(']').next_back().unwrap_or(part))
            .collect();
        let mapped = self.fields.iter().find(|mapped| mapped.name() == plain);
        let place = mapped.map_or_else(
            || format!("`{}`", problem.field),
            |mapped| self.place(mapped),
        );
        match (self.inner(&plain), &problem.example) {
            (Some(inner), _) => format!(
                "{place} {}; fill in its own fields, such as `{plain}.{inner}`",
                problem.rule
            ),
            (None, Some(example)) => format!("{place} {}, for example {example}", problem.rule),
            (None, None) => format!("{place} {}", problem.rule),
        }
    }

    /// The first field of a group of this path.
    fn inner(&self, path: &str) -> Option<&str> {
        let mut fields = &self.kind.fields;
        for part in path.split('.') {
            fields = &fields.iter().find(|field| field.name == part)?.fields;
        }
        fields.first().map(|field| field.name.as_str())
    }

    fn place(&self, mapped: &Mapped<'_>) -> String {
        let column = mapped.column.and_then(|at| self.sheet.columns.get(at));
        let name = mapped.name();
        column.map_or_else(
            || format!("`{name}`"),
            |column| format!("\"{column}\" (`{name}`)"),
        )
    }

    fn source(&self, row: &Row, found: &mut Vec<String>) -> String {
        let all: Vec<&str> = match &self.key[..] {
            [] => row.cells.iter().map(String::as_str).collect(),
            key => key.iter().map(|at| cell_of(row, *at)).collect(),
        };
        if all.iter().all(|cell| cell.is_empty()) {
            found.push("is empty where its key should be".to_owned());
        }
        source(&self.kind.name, all)
    }
}

/// What tells a row of this kind by these cells: case and white space make no other row.
pub fn source<'a>(kind: &'a str, cells: impl IntoIterator<Item = &'a str>) -> String {
    let mut bytes = CONTEXT.to_vec();
    for part in std::iter::once(kind).chain(cells) {
        let part = plain(part);
        bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
        bytes.extend_from_slice(part.as_bytes());
    }
    base64url(&Sha256::digest(&bytes))
}

fn cell_of(row: &Row, column: usize) -> &str {
    row.cells.get(column).map_or("", String::as_str)
}

impl Mapped<'_> {
    /// The field's path.
    fn name(&self) -> String {
        let names: Vec<&str> = self.path.iter().map(|field| field.name.as_str()).collect();
        names.join(".")
    }

    /// The values of a cell; none where it is empty.
    fn values(&self, cell: Option<&str>, dates: Dates) -> Result<Vec<Value>, String> {
        let Some(field) = self.path.last() else {
            return Ok(Vec::new());
        };
        if let Some(always) = &self.said.always {
            return Ok(many(always));
        }
        let cell = cell.unwrap_or_default();
        if cell.is_empty() {
            return Ok(self.said.otherwise.as_ref().map(many).unwrap_or_default());
        }
        let parts: Vec<&str> = match &self.said.split {
            Some(between) if !between.is_empty() => {
                cell.split(between.as_str()).map(str::trim).collect()
            }
            _ => vec![cell],
        };
        parts
            .into_iter()
            .map(|part| one(field, &self.said, part, dates))
            .collect()
    }
}

fn one(field: &Field, said: &Said, part: &str, dates: Dates) -> Result<Value, String> {
    let known = said
        .choices
        .iter()
        .find(|(word, _)| word.to_lowercase() == part.to_lowercase());
    match known {
        Some((_, value)) => Ok(value.clone()),
        None if part.is_empty() => Ok(Value::Null),
        None => cell::value(field, part, dates),
    }
}

fn many(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.clone(),
        one => vec![one.clone()],
    }
}

/// Puts values where a path leads: one value, a list of them, or one into each entry of a repeated group.
fn put(form: &mut Object<String, Value>, path: &[&Field], values: Vec<Value>) {
    let Some((field, rest)) = path.split_first() else {
        return;
    };
    let list = field.list || field.sort == crate::records::words::Sort::Choices;
    if rest.is_empty() {
        let value = if list {
            Value::Array(values)
        } else {
            values.into_iter().next().unwrap_or_default()
        };
        form.insert(field.name.clone(), value);
        return;
    }
    if !list {
        let inner = form
            .entry(field.name.clone())
            .or_insert_with(|| Value::Object(Object::new()));
        if let Value::Object(inner) = inner {
            put(inner, rest, values);
        }
        return;
    }
    let entries = form
        .entry(field.name.clone())
        .or_insert_with(|| Value::Array(Vec::new()));
    let Value::Array(entries) = entries else {
        return;
    };
    for (at, value) in values.into_iter().enumerate() {
        if entries.len() <= at {
            entries.push(Value::Object(Object::new()));
        }
        if let Some(Value::Object(inner)) = entries.get_mut(at) {
            put(inner, rest, vec![value]);
        }
    }
}
