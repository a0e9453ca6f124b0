//! The rows of a spreadsheet become records: read by a map, checked, and filed once.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::path::Component;
use std::path::Path;

use serde_json::Value;
use serde_json::json;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::file;
use crate::cli::import::listed;
use crate::cli::interrupt;
use crate::cli::kind;
use crate::cli::out::Out;
use crate::cli::progress::Bar;
use crate::cli::record::filed_document;
use crate::cli::resolve;
use crate::cli::session::with_desk;
use crate::desk::Desk;
use crate::desk::Filed;
use crate::desk::Filing;
use crate::records::kind::Kind;
use crate::records::sheet::Sheet;
use crate::records::sheet::map::Entry;
use crate::records::sheet::map::Map;
use crate::records::sheet::map::guess;
use crate::records::words::CaseRule;

/// Rows that are filed together; fewer where each brings a file.
const BATCH: usize = 100;
const BATCH_WITH_FILES: usize = 10;

/// A sheet to bring in.
pub(crate) struct Import<'a> {
    pub(crate) csv: &'a Path,
    pub(crate) map: &'a Path,
    pub(crate) kind: &'a str,
    pub(crate) case: Option<&'a str>,
    pub(crate) dry_run: bool,
}

/// A checked row, and the case it is for.
struct Checked {
    entry: Entry,
    case: Option<String>,
}

/// What was filed, by line.
type Done = Vec<(u64, Filed)>;

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

impl Import<'_> {
    pub(crate) fn run(&self, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
        let kind = kind::find(self.kind)?;
        let entries = self.entries(kind)?;
        with_desk(ask, out, |desk, out| {
            let case = self
                .case
                .map(|case| resolve::case(desk, ask, case))
                .transpose()?;
            let rows = with_cases(desk, kind, (entries, case))?;
            let there = there(desk, &rows, kind)?;
            let (already, new): (Vec<Checked>, Vec<Checked>) = rows
                .into_iter()
                .partition(|row| there.contains(&row.entry.source));
            if self.dry_run {
                return say_dry(new.len(), already.len(), out);
            }
            let done = self.file(desk, &new, out)?;
            say(&done, already.len(), out)
        })
    }

    /// The sheet's rows, checked.
    fn entries(&self, kind: &Kind) -> Result<Vec<Entry>, CliError> {
        let text = fs::read_to_string(self.map)
            .map_err(|error| CliError::file("read", self.map, &error))?;
        let refused = |says: String| CliError::refused("map", says);
        let map = Map::parse(&text).map_err(refused)?;
        let separator = map.separator.map(u8::try_from).transpose();
        let separator = separator
            .map_err(|_| refused("the map's separator must be one plain character".to_owned()))?;
        let sheet = read(self.csv, separator)?;
        let fitted = map.fit(kind, &sheet).map_err(|faults| {
            let says = "the map does not fit the sheet and the kind";
            listed(CliError::refused("map", says), &faults)
        })?;
        let entries = fitted.entries().map_err(|faults| {
            let lines: BTreeSet<u64> = faults.iter().map(|fault| fault.line).collect();
            let says = format!(
                "{} of {} rows cannot be filed as they are, so nothing was",
                lines.len(),
                sheet.rows.len()
            );
            let faults: Vec<String> = faults
                .iter()
                .map(|fault| format!("line {}: {}", fault.line, fault.says))
                .collect();
            listed(CliError::refused("form", says), &faults)
        })?;
        self.check_files(&entries)?;
        Ok(entries)
    }

    /// Every named file is there, and of a kind that is taken.
    fn check_files(&self, entries: &[Entry]) -> Result<(), CliError> {
        let nothing = Bar::hidden();
        let named = entries
            .iter()
            .filter_map(|entry| Some((entry.line, entry.attach.as_deref()?)));
        let mut faults = Vec::new();
        for (line, name) in named {
            let path = self.beside(name);
            let taken = path.map(|path| file::attach(&path, &nothing).map(drop));
            match taken {
                Some(Ok(())) => {}
                Some(Err(error)) => {
                    faults.extend(
                        error
                            .faults()
                            .into_iter()
                            .map(|fault| format!("line {line}: {fault}")),
                    );
                }
                None => faults.push(format!(
                    "line {line}: a file must lie beside the sheet or in a folder below it"
                )),
            }
        }
        if faults.is_empty() {
            return Ok(());
        }
        let says = "not every file that the sheet names can be attached, so nothing was filed";
        Err(listed(CliError::refused("attachment", says), &faults))
    }

    /// A file beside the sheet; `None` for a path that leads elsewhere.
    fn beside(&self, name: &str) -> Option<std::path::PathBuf> {
        let name = Path::new(name);
        let plain = name
            .components()
            .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
        let folder = self.csv.parent().unwrap_or_else(|| Path::new(""));
        plain.then(|| folder.join(name))
    }

    /// Files the rows, those of a case together.
    fn file(&self, desk: &mut Desk<'_>, rows: &[Checked], out: &Out) -> Result<Done, CliError> {
        let bar = Bar::per_cent(out, "Filing");
        let mut done = Done::new();
        let mut of_case: BTreeMap<&Option<String>, Vec<&Checked>> = BTreeMap::new();
        for row in rows {
            of_case.entry(&row.case).or_default().push(row);
        }
        let any_file = rows.iter().any(|row| row.entry.attach.is_some());
        let size = if any_file { BATCH_WITH_FILES } else { BATCH };
        let batches = of_case.values().flat_map(|rows| rows.chunks(size));
        for batch in batches {
            let filed = self.file_batch(desk, batch);
            if filed.is_err() {
                bar.clear();
            }
            done.extend(filed.map_err(|error| stopped(error, done.len()))?);
            bar.share(done.len(), rows.len());
            interrupt::done_so_far(format!(
                "Stopped. {} of the {} rows are filed, perhaps a few more. Run the same command again for the rest.",
                done.len(),
                rows.len()
            ));
        }
        bar.clear();
        done.sort_by_key(|(line, _)| *line);
        Ok(done)
    }

    fn file_batch(&self, desk: &mut Desk<'_>, batch: &[&Checked]) -> Result<Done, CliError> {
        let quiet = Bar::hidden();
        let mut filings = Vec::new();
        for row in batch {
            let path = row
                .entry
                .attach
                .as_deref()
                .and_then(|name| self.beside(name));
            let attach = path.map(|path| file::attach(&path, &quiet)).transpose()?;
            filings.push(Filing {
                case: row.case.clone(),
                kind: self.kind.to_owned(),
                form: row.entry.form.clone(),
                attachments: attach.into_iter().collect(),
                about: Vec::new(),
                deciders: Vec::new(),
            });
        }
        let sources: Vec<String> = batch.iter().map(|row| row.entry.source.clone()).collect();
        let filed = desk.import_rows(&filings, &sources)?;
        Ok(batch.iter().map(|row| row.entry.line).zip(filed).collect())
    }
}

/// Each row with its case, by id or title.
fn with_cases(
    desk: &mut Desk<'_>,
    kind: &Kind,
    (entries, all): (Vec<Entry>, Option<String>),
) -> Result<Vec<Checked>, CliError> {
    let by_name = entries.iter().any(|entry| entry.case.is_some());
    let mut cases = BTreeMap::new();
    for case in if by_name { desk.cases()? } else { Vec::new() } {
        let id = case.id.to_string();
        for name in case.title.iter().chain([&id]) {
            let ids: &mut BTreeSet<String> = cases.entry(plain(name)).or_default();
            ids.insert(id.clone());
        }
    }
    let (mut rows, mut faults) = (Vec::new(), Vec::new());
    for entry in entries {
        let named = entry.case.as_deref().map(|name| cases.get(&plain(name)));
        let case = match named {
            None => all.clone(),
            Some(Some(ids)) if ids.len() == 1 => ids.first().cloned(),
            Some(found) => {
                let what = if found.is_some() {
                    "several cases have this title; write the id"
                } else {
                    "you have no such case"
                };
                faults.push(format!("line {}: {what}", entry.line));
                continue;
            }
        };
        if case.is_none() && kind.case == CaseRule::Required {
            faults.push(format!(
                "line {}: it names no case; add --case, or `case` to the map",
                entry.line
            ));
        }
        rows.push(Checked { entry, case });
    }
    if faults.is_empty() {
        return Ok(rows);
    }
    let says = "not every row has its case, so nothing was filed";
    Err(listed(CliError::refused("case", says), &faults))
}

/// Where each row comes from of those that are there, as far as this person can read them.
fn there(desk: &mut Desk<'_>, rows: &[Checked], kind: &Kind) -> Result<BTreeSet<String>, CliError> {
    let cases: BTreeSet<&Option<String>> = rows.iter().map(|row| &row.case).collect();
    let mut there = BTreeSet::new();
    for case in cases {
        for page in 0.. {
            let (cards, more) = desk.records(case.as_deref(), page)?;
            let of_kind = cards.into_iter().filter(|card| card.kind == kind.name);
            there.extend(of_kind.filter_map(|card| card.source));
            if !more {
                break;
            }
        }
    }
    Ok(there)
}

fn read(csv: &Path, separator: Option<u8>) -> Result<Sheet, CliError> {
    let bytes = fs::read(csv).map_err(|error| CliError::file("read", csv, &error))?;
    Sheet::read(&bytes, separator)
        .map_err(|error| CliError::refused("sheet", format!("`{}`: {error}", csv.display())))
}

/// A title as it is compared.
fn plain(title: &str) -> String {
    let words: Vec<&str> = title.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

fn stopped(error: CliError, filed: usize) -> CliError {
    match filed {
        0 => error,
        _ => error.hint(format!(
            "{filed} rows are filed; run the same command again for the rest"
        )),
    }
}

fn say_dry(new: usize, already: usize, out: &mut Out) -> Result<(), CliError> {
    if out.json() {
        let document = json!({"rows": new + already, "already": already, "would_file": new});
        return out.document(&document);
    }
    let words = format!(
        "Every row fits: {new} would be filed, {already} are there already. Nothing was filed."
    );
    out.done(None, &words);
    Ok(())
}

fn say(done: &[(u64, Filed)], already: usize, out: &mut Out) -> Result<(), CliError> {
    for (line, filed) in done {
        for warning in &filed.warnings {
            out.warning(&format!("line {line}: {warning}"));
        }
    }
    if out.json() {
        let records: Vec<Value> = done
            .iter()
            .map(|(line, filed)| {
                let mut document = filed_document(filed);
                if let Some(document) = document.as_object_mut() {
                    document.insert("line".to_owned(), json!(line));
                }
                document
            })
            .collect();
        let document = json!({
            "rows": done.len() + already,
            "already": already,
            "filed": done.len(),
            "records": records,
        });
        return out.document(&document);
    }
    let words = format!(
        "{} rows were filed; {already} were there already.",
        done.len()
    );
    out.done(None, &words);
    Ok(())
}
