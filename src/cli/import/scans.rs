//! A folder of scans becomes records: each file is attached to one, whose form stands in a file beside it or in its
//! name.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use serde_json::json;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::file;
use crate::cli::import::listed;
use crate::cli::import::rows::Row;
use crate::cli::import::rows::Rows;
use crate::cli::import::sheet;
use crate::cli::kind;
use crate::cli::out::Out;
use crate::cli::session::form;
use crate::records::attachment;
use crate::records::kind::Kind;
use crate::records::sheet::Row as SheetRow;
use crate::records::sheet::Sheet;
use crate::records::sheet::map::Map;
use crate::records::sheet::map::Source;
use crate::records::sheet::map::source;
use crate::records::sheet::pattern::Pattern;

/// The placeholder that names the case.
const CASE: &str = "case";
/// The column with each file's path.
const FILE: &str = "file";
/// What computers leave in folders by themselves.
const NOISE: [&str; 2] = ["thumbs.db", "desktop.ini"];

/// Scans to bring in.
pub(crate) struct Scans<'a> {
    pub(crate) dir: &'a Path,
    /// What the files' names say.
    pub(crate) names: Option<&'a str>,
    pub(crate) map: Option<&'a Path>,
    pub(crate) kind: &'a str,
    pub(crate) case: Option<&'a str>,
    pub(crate) dry_run: bool,
}

/// Files by their paths in the folder: with a form beside them, and without.
#[derive(Default)]
struct Found {
    described: Vec<(String, PathBuf)>,
    bare: Vec<String>,
}

impl Scans<'_> {
    /// Brings them in.
    ///
    /// # Errors
    /// Refused: a file that is no scan, a name that does not fit, a form that is not whole; and as
    /// [`Rows::bring_in`].
    pub(crate) fn run(&self, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
        let kind = kind::find(self.kind)?;
        let found = self.look()?;
        let mut rows = self.described(kind, &found.described)?;
        rows.extend(self.named(kind, &found.bare)?);
        rows.sort_by(|a, b| a.label.cmp(&b.label));
        let rows = Rows {
            kind,
            from: FILE,
            case: self.case,
            dry_run: self.dry_run,
            all: rows,
        };
        rows.bring_in(ask, out)
    }

    /// Every file in the folder and those below it.
    fn look(&self) -> Result<Found, CliError> {
        let mut paths = Vec::new();
        walk(self.dir, "", &mut paths)?;
        paths.sort();
        let (mut found, mut faults) = (Found::default(), Vec::new());
        for path in &paths {
            let form = ["toml", "json"].map(|ending| format!("{path}.{ending}"));
            let form = form
                .into_iter()
                .find(|form| paths.binary_search(form).is_ok());
            let is_form = [".toml", ".json"].iter().any(|ending| {
                let of = path.strip_suffix(ending);
                of.is_some_and(|of| paths.binary_search(&of.to_owned()).is_ok())
            });
            let name = path.rsplit('/').next().unwrap_or(path);
            match (is_form, attachment::file_type(name)) {
                (true, _) => {}
                (false, Ok(_)) => match form {
                    Some(form) => found.described.push((path.clone(), self.dir.join(form))),
                    None => found.bare.push(path.clone()),
                },
                (false, Err(error)) => faults.push(format!("{path}: {error}")),
            }
        }
        if !faults.is_empty() {
            let says = "not everything in the folder can be attached, so nothing was filed";
            return Err(listed(CliError::refused("attachment", says), &faults));
        }
        if found.described.is_empty() && found.bare.is_empty() {
            let says = format!("there is nothing to attach in `{}`", self.dir.display());
            return Err(CliError::refused("nothing-to-import", says));
        }
        Ok(found)
    }

    /// Those whose form stands beside them.
    fn described(&self, kind: &Kind, files: &[(String, PathBuf)]) -> Result<Vec<Row>, CliError> {
        let (mut rows, mut faults) = (Vec::new(), Vec::new());
        for (path, beside) in files {
            let checked = file::form(beside).and_then(|value| {
                kind.check(&value).map_err(|problems| form(&problems))?;
                Ok(value)
            });
            match checked {
                Ok(value) => rows.push(self.row(kind, path, (value, None))),
                Err(error) => {
                    let said = error.faults().into_iter();
                    faults.extend(said.map(|fault| format!("{}: {fault}", beside.display())));
                }
            }
        }
        if faults.is_empty() {
            return Ok(rows);
        }
        let says = "not every form beside a file is complete, so nothing was filed";
        Err(listed(CliError::refused("form", says), &faults))
    }

    /// Those whose name says it.
    fn named(&self, kind: &Kind, files: &[String]) -> Result<Vec<Row>, CliError> {
        if files.is_empty() {
            return Ok(Vec::new());
        }
        let Some(names) = self.names else {
            let says = format!("{} files have no form beside them", files.len());
            let error = CliError::refused("form", says)
                .hint("say with --names what their names mean, or put FILE.toml beside each FILE");
            return Err(listed(error, files));
        };
        let pattern = Pattern::parse(names).map_err(CliError::usage)?;
        let sheet = table(&pattern, files)?;
        let map = match self.map {
            Some(path) => sheet::map_in(path)?,
            None => plain_map(&pattern, kind),
        };
        let label = |line: u64| {
            let at = usize::try_from(line).unwrap_or_default().checked_sub(1);
            at.and_then(|at| files.get(at)).cloned().unwrap_or_default()
        };
        let entries = sheet::entries(&map, kind, &sheet, &label)?;
        let rows = entries.into_iter().zip(files);
        Ok(rows
            .map(|(entry, path)| self.row(kind, path, (entry.form, entry.case)))
            .collect())
    }

    fn row(
        &self,
        kind: &Kind,
        path: &str,
        (form, case): (serde_json::Value, Option<String>),
    ) -> Row {
        Row {
            label: path.to_owned(),
            from: json!(path),
            form,
            case,
            attach: Some(self.dir.join(path)),
            // By where it lies: a form that is corrected later is of the same scan.
            source: source(&kind.name, [path]),
        }
    }
}

/// The files below a folder, by their paths in it, `/` between the parts.
fn walk(dir: &Path, before: &str, paths: &mut Vec<String>) -> Result<(), CliError> {
    let unreadable = |error: std::io::Error| CliError::file("read the folder", dir, &error);
    for entry in fs::read_dir(dir).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name();
        let name = name.to_str().ok_or_else(|| {
            let says = format!(
                "a file in `{}` has a name that is no text; rename it",
                dir.display()
            );
            CliError::refused("attachment", says)
        })?;
        let path = format!("{before}{name}");
        let noise = name.starts_with('.') || NOISE.contains(&name.to_lowercase().as_str());
        let kind = entry.file_type().map_err(unreadable)?;
        if noise || kind.is_symlink() {
            continue;
        }
        if kind.is_dir() {
            walk(&entry.path(), &format!("{path}/"), paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}

/// What the names say, as a sheet: a row for each file.
fn table(pattern: &Pattern, files: &[String]) -> Result<Sheet, CliError> {
    let (mut rows, mut faults) = (Vec::new(), Vec::new());
    for (line, path) in (1..).zip(files) {
        let ending = Path::new(path)
            .extension()
            .and_then(OsStr::to_str)
            .unwrap_or_default();
        let stem = path
            .strip_suffix(ending)
            .and_then(|stem| stem.strip_suffix('.'));
        match pattern.read(stem.unwrap_or(path)) {
            Some(mut cells) => {
                cells.push(path.clone());
                rows.push(SheetRow { line, cells });
            }
            None => faults.push(format!("{path}: its name does not fit the pattern")),
        }
    }
    if faults.is_empty() {
        let columns = pattern
            .names()
            .map(str::to_owned)
            .chain([FILE.to_owned()])
            .collect();
        return Ok(Sheet { columns, rows });
    }
    let says = "not every name fits, so nothing was filed";
    let error = CliError::refused("form", says).hint("rename them, or put FILE.toml beside those");
    Err(listed(error, &faults))
}

/// Each placeholder is the field of its name.
fn plain_map(pattern: &Pattern, kind: &Kind) -> Map {
    let fields = pattern.names().filter(|name| *name != CASE);
    let fields: BTreeMap<String, Source> = fields
        .map(|name| (name.to_owned(), Source::Column(name.to_owned())))
        .collect();
    let case = pattern.names().find(|name| *name == CASE);
    Map::of(&kind.name, fields, case)
}
