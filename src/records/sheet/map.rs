//! What the columns of a spreadsheet mean: a short TOML file beside it. With it every row becomes a filled-in form, which
//! is then checked like any other.
//!
//! ```toml
//! format = 1
//! kind = "contact-report"
//! dates = "day-first"                # how 4/11/2026 is meant; this is what goes without saying
//! key = ["Date", "Child"]            # what tells one row from another; the whole row where it is not said
//! case = "Family"                    # the column with a case's title or id
//! attach = "File"                    # the column that names a file beside the sheet
//!
//! [fields]
//! session_date = "Date"
//! contact_type = { always = "supervised" }
//! venue = { column = "Room", otherwise = "Not written down" }
//! "children.name" = { column = "Children", split = ";" }
//! outcome = { column = "Upheld?", choices = { "Y" = "upheld", "N" = "not-upheld" } }
//! ```

pub mod guess;
mod row;

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::records::field::Field;
use crate::records::kind::Kind;
use crate::records::problem::nearest;
use crate::records::sheet::Sheet;
use crate::records::sheet::cell::Dates;

pub use row::Entry;
pub use row::Fault;
pub use row::source;

/// The format this program reads.
pub const FORMAT: u32 = 1;

/// A map as it is written.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Map {
    /// [`FORMAT`].
    pub format: u32,
    /// The kind of record it fills in.
    pub kind: String,
    /// How dates are written.
    #[serde(default)]
    pub dates: Dates,
    /// The character between cells; looked for where it is not said.
    #[serde(default)]
    pub separator: Option<char>,
    /// The columns that tell rows apart.
    #[serde(default)]
    pub key: Vec<String>,
    /// The column with a case's title or id.
    #[serde(default)]
    pub case: Option<String>,
    /// The column that names a file to attach.
    #[serde(default)]
    pub attach: Option<String>,
    /// Where each field's value comes from, by the field's path.
    #[serde(default)]
    pub fields: BTreeMap<String, Source>,
}

/// Where a field's value comes from.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Source {
    /// A column.
    Column(String),
    /// More is to be said.
    Said(Said),
}

/// Where a field's value comes from, at length.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// The column.
    #[serde(default)]
    pub column: Option<String>,
    /// The value of every row.
    #[serde(default)]
    pub always: Option<Value>,
    /// The value where the cell is empty.
    #[serde(default)]
    pub otherwise: Option<Value>,
    /// What stands between several values in a cell.
    #[serde(default)]
    pub split: Option<String>,
    /// What the sheet's own words stand for.
    #[serde(default)]
    pub choices: BTreeMap<String, Value>,
}

/// A map that fits a kind and a sheet.
#[derive(Debug)]
pub struct Fitted<'a> {
    kind: &'a Kind,
    sheet: &'a Sheet,
    dates: Dates,
    key: Vec<usize>,
    case: Option<usize>,
    attach: Option<usize>,
    fields: Vec<Mapped<'a>>,
}

/// One field of the map: the fields that lead to it, and where its value comes from.
#[derive(Debug)]
struct Mapped<'a> {
    path: Vec<&'a Field>,
    column: Option<usize>,
    said: Said,
}

impl Map {
    /// A map that says no more than this.
    pub fn of(kind: &str, fields: BTreeMap<String, Source>, case: Option<&str>) -> Self {
        Self {
            format: FORMAT,
            kind: kind.to_owned(),
            dates: Dates::default(),
            separator: None,
            key: Vec::new(),
            case: case.map(str::to_owned),
            attach: None,
            fields,
        }
    }

    /// Reads a map.
    ///
    /// # Errors
    /// What is wrong with it, and where, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let map: Self = toml::from_str(text).map_err(|error| {
            let before = error.span().and_then(|span| text.get(..span.start));
            let line = before.unwrap_or_default().matches('\n').count() + 1;
            format!("line {line} of the map: {}", error.message())
        })?;
        if map.format != FORMAT {
            return Err(format!(
                "the map has format {}, and this program reads {FORMAT}",
                map.format
            ));
        }
        Ok(map)
    }

    /// Fits it to a kind and a sheet.
    ///
    /// # Errors
    /// Everything in it that fits neither, a sentence each.
    pub fn fit<'a>(&self, kind: &'a Kind, sheet: &'a Sheet) -> Result<Fitted<'a>, Vec<String>> {
        let mut faults = Vec::new();
        if self.kind != kind.name {
            faults.push(format!(
                "the map is for the kind `{}`, not `{}`",
                self.kind, kind.name
            ));
        }
        if self.fields.is_empty() {
            faults.push("the map fills in no field".to_owned());
        }
        let faults = &mut faults;
        let key = self
            .key
            .iter()
            .filter_map(|name| column(sheet, name, faults));
        let key: Vec<usize> = key.collect();
        let mut one =
            |name: &Option<String>| name.as_ref().and_then(|name| column(sheet, name, faults));
        let (case, attach) = (one(&self.case), one(&self.attach));
        let mut fields = Vec::new();
        for (path, source) in &self.fields {
            let said = source.said();
            if said.column.is_some() == said.always.is_some() {
                faults.push(format!("`{path}` needs either a column or an `always`"));
            }
            let of_column = said
                .column
                .as_ref()
                .and_then(|name| column(sheet, name, faults));
            match path_of(kind, path) {
                Ok(path) => fields.push(Mapped {
                    path,
                    column: of_column,
                    said,
                }),
                Err(says) => faults.push(says),
            }
        }
        if !faults.is_empty() {
            return Err(std::mem::take(faults));
        }
        Ok(Fitted {
            kind,
            sheet,
            dates: self.dates,
            key,
            case,
            attach,
            fields,
        })
    }
}

impl Source {
    fn said(&self) -> Said {
        match self {
            Self::Column(name) => Said {
                column: Some(name.clone()),
                ..Said::default()
            },
            Self::Said(said) => said.clone(),
        }
    }
}

/// The column of this name.
fn column(sheet: &Sheet, name: &str, faults: &mut Vec<String>) -> Option<usize> {
    let found = sheet.column(name);
    if found.is_none() {
        let named = sheet.columns.iter().filter(|column| !column.is_empty());
        let hint = match nearest(name, named.map(String::as_str)) {
            Some(near) => format!("; did you mean \"{near}\"?"),
            None => String::new(),
        };
        faults.push(format!("the sheet has no column \"{name}\"{hint}"));
    }
    found
}

/// The fields that lead to the one of this path.
fn path_of<'k>(kind: &'k Kind, path: &str) -> Result<Vec<&'k Field>, String> {
    let mut fields = &kind.fields;
    let mut way = Vec::new();
    for part in path.split('.') {
        let found = fields.iter().find(|field| field.name == part);
        let field = found.ok_or_else(|| {
            let names = fields.iter().map(|field| field.name.as_str());
            match nearest(part, names) {
                Some(near) => format!("the kind has no field `{path}`; did you mean `{near}`?"),
                None => format!(
                    "the kind has no field `{path}`; `kind show {}` lists them",
                    kind.name
                ),
            }
        })?;
        way.push(field);
        fields = &field.fields;
    }
    match way.last() {
        Some(field) if field.nested() => Err(format!(
            "`{path}` has fields of its own; fill these in, such as `{path}.{}`",
            field.fields.first().map_or("", |inner| inner.name.as_str())
        )),
        _ => Ok(way),
    }
}

#[cfg(test)]
mod tests;
