//! The rows of a spreadsheet become records: read by a map, and checked like forms that are typed in.

use std::collections::BTreeSet;
use std::fs;
use std::path::Component;
use std::path::Path;
use std::path::PathBuf;

use serde_json::json;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::file;
use crate::cli::import::listed;
use crate::cli::import::rows::Row;
use crate::cli::import::rows::Rows;
use crate::cli::kind;
use crate::cli::out::Out;
use crate::records::kind::Kind;
use crate::records::sheet::Sheet;
use crate::records::sheet::map::Entry;
use crate::records::sheet::map::Map;
use crate::records::sheet::map::guess;

/// A sheet to bring in.
pub(crate) struct Import<'a> {
    pub(crate) csv: &'a Path,
    pub(crate) map: &'a Path,
    pub(crate) kind: &'a str,
    pub(crate) case: Option<&'a str>,
    pub(crate) dry_run: bool,
}

/// Writes a map to begin with.
///
/// # Errors
/// Refused: a sheet that cannot be read, a file that exists.
pub(crate) fn write_map(
    csv: &Path,
    (kind, to): (&str, &Path),
    out: &mut Out,
) -> Result<(), CliError> {
    let text = guess::guess(kind::find(kind)?, &read(csv, None)?);
    file::secret(to, text.as_bytes())?;
    if out.json() {
        return out.document(&json!({ "map": to }));
    }
    let words = format!(
        "{} says what the columns mean, as far as their names tell. Look through it, then try it with --dry-run.",
        to.display()
    );
    out.done(None, &words);
    Ok(())
}

/// The map in a file.
///
/// # Errors
/// Refused: a file that cannot be read, or is no map.
pub(crate) fn map_in(path: &Path) -> Result<Map, CliError> {
    let text = fs::read_to_string(path).map_err(|error| CliError::file("read", path, &error))?;
    Map::parse(&text).map_err(|says| CliError::refused("map", says))
}

impl Import<'_> {
    /// Brings it in.
    ///
    /// # Errors
    /// Refused: whatever is wrong with sheet, map or a row; and as [`Rows::bring_in`].
    pub(crate) fn run(&self, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
        let kind = kind::find(self.kind)?;
        let rows = self.rows(self.entries(kind)?)?;
        let rows = Rows {
            kind,
            from: "line",
            case: self.case,
            dry_run: self.dry_run,
            all: rows,
        };
        rows.bring_in(ask, out)
    }

    /// The sheet's rows, checked.
    fn entries(&self, kind: &Kind) -> Result<Vec<Entry>, CliError> {
        let map = map_in(self.map)?;
        let separator = map.separator.map(u8::try_from).transpose();
        let separator = separator.map_err(|_| {
            let says = "the map's separator must be one plain character";
            CliError::refused("map", says)
        })?;
        let sheet = read(self.csv, separator)?;
        let entries = entries(&map, kind, &sheet, &|line| format!("line {line}"))?;
        Ok(entries)
    }

    fn rows(&self, entries: Vec<Entry>) -> Result<Vec<Row>, CliError> {
        let (mut rows, mut faults) = (Vec::new(), Vec::new());
        for entry in entries {
            let label = format!("line {}", entry.line);
            let path = entry.attach.as_deref().map(|name| self.beside(name));
            if path == Some(None) {
                let says = "a file must lie beside the sheet or in a folder below it";
                faults.push(format!("{label}: {says}"));
            }
            rows.push(Row {
                label,
                from: json!(entry.line),
                form: entry.form,
                case: entry.case,
                attach: path.flatten(),
                source: entry.source,
            });
        }
        if faults.is_empty() {
            return Ok(rows);
        }
        let says = "not every file that the sheet names can be attached, so nothing was filed";
        Err(listed(CliError::refused("attachment", says), &faults))
    }

    /// A file beside the sheet; `None` for a path that leads elsewhere.
    fn beside(&self, name: &str) -> Option<PathBuf> {
        let name = Path::new(name);
        let inside = |part| matches!(part, Component::Normal(_) | Component::CurDir);
        let folder = self.csv.parent().unwrap_or_else(|| Path::new(""));
        name.components().all(inside).then(|| folder.join(name))
    }
}

/// What a map makes of a sheet's rows; `label` names a row by its line.
///
/// # Errors
/// Refused: everything in the map that fits neither sheet nor kind, or everything wrong with any row.
pub(crate) fn entries(
    map: &Map,
    kind: &Kind,
    sheet: &Sheet,
    label: &dyn Fn(u64) -> String,
) -> Result<Vec<Entry>, CliError> {
    let fitted = map.fit(kind, sheet).map_err(|faults| {
        let says = "the map does not fit what is to be brought in, or the kind";
        listed(CliError::refused("map", says), &faults)
    })?;
    fitted.entries().map_err(|faults| {
        let lines: BTreeSet<u64> = faults.iter().map(|fault| fault.line).collect();
        let says = format!(
            "{} of {} rows cannot be filed as they are, so nothing was",
            lines.len(),
            sheet.rows.len()
        );
        let faults = faults.iter();
        let faults: Vec<String> = faults
            .map(|fault| format!("{}: {}", label(fault.line), fault.says))
            .collect();
        listed(CliError::refused("form", says), &faults)
    })
}

fn read(csv: &Path, separator: Option<u8>) -> Result<Sheet, CliError> {
    let bytes = fs::read(csv).map_err(|error| CliError::file("read", csv, &error))?;
    Sheet::read(&bytes, separator)
        .map_err(|error| CliError::refused("sheet", format!("`{}`: {error}", csv.display())))
}
