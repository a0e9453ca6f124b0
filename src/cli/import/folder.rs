//! A folder of filled-in forms becomes records.

use std::ffi::OsStr;
use std::fs;
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
use crate::cli::session::form;
use crate::cli::session::with_desk;
use crate::cli::table::Table;
use crate::desk::Filed;
use crate::desk::Filing;
use crate::records::kind::Kind;

/// Files that are filed together: all of them or none.
const BATCH: usize = 200;

/// Files every form of a folder in a case.
///
/// # Errors
/// Whatever is wrong with a form, or the desk says.
pub(crate) fn run(
    dir: &Path,
    (kind_name, case): (&str, &str),
    ask: &Ask,
    out: &mut Out,
) -> Result<(), CliError> {
    let kind = kind::find(kind_name)?;
    let forms = forms_in(dir, kind)?;
    let names: Vec<String> = forms.iter().map(|(name, _)| name.clone()).collect();
    with_desk(ask, out, |desk, out| {
        let case = resolve::case(desk, ask, case)?;
        let filings: Vec<Filing> = forms
            .into_iter()
            .map(|(_, form)| filing(&case, kind_name, form))
            .collect();
        let bar = Bar::per_cent(out, "Filing");
        let mut filed = Vec::new();
        for batch in filings.chunks(BATCH) {
            let done = desk.import(batch);
            if done.is_err() {
                bar.clear();
            }
            filed.extend(done.map_err(|error| stopped(error.into(), filed.len()))?);
            bar.share(filed.len(), filings.len());
            interrupt::done_so_far(format!(
                "Stopped. The first {} of the {} files, in the order of their names, are filed; \
                 perhaps a few more.",
                filed.len(),
                filings.len()
            ));
        }
        bar.clear();
        page(&names, &filed, out)
    })
}

fn filing(case: &str, kind: &str, form: Value) -> Filing {
    Filing {
        case: Some(case.to_owned()),
        kind: kind.to_owned(),
        form,
        attachments: Vec::new(),
        about: Vec::new(),
        deciders: Vec::new(),
    }
}

/// Says what was filed before an error stopped the rest.
fn stopped(error: CliError, filed: usize) -> CliError {
    if filed == 0 {
        return error;
    }
    error.hint(format!(
        "the first {filed} files, in the order of their names, are filed; import the rest from a folder of their own"
    ))
}

/// The checked forms in the order of their names.
fn forms_in(dir: &Path, kind: &Kind) -> Result<Vec<(String, Value)>, CliError> {
    let unreadable = |error: std::io::Error| CliError::file("read the folder", dir, &error);
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default();
        if ["json", "toml"].contains(&ending.to_ascii_lowercase().as_str()) {
            paths.push(path);
        }
    }
    paths.sort();
    let mut forms = Vec::new();
    let mut faults: Vec<(String, CliError)> = Vec::new();
    for path in &paths {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        match checked(path, kind) {
            Ok(value) => forms.push((name, value)),
            Err(error) => faults.push((name, error)),
        }
    }
    if !faults.is_empty() {
        return Err(refused(&faults, paths.len()));
    }
    if forms.is_empty() {
        let says = format!("there are no .json or .toml files in `{}`", dir.display());
        return Err(CliError::refused("nothing-to-import", says));
    }
    Ok(forms)
}

fn checked(path: &Path, kind: &Kind) -> Result<Value, CliError> {
    let value = file::form(path)?;
    kind.check(&value).map_err(|problems| form(&problems))?;
    Ok(value)
}

fn refused(faults: &[(String, CliError)], of: usize) -> CliError {
    let count = faults.len();
    let says = format!("{count} of {of} files are no complete forms, so nothing was filed");
    let lines: Vec<String> = faults
        .iter()
        .flat_map(|(name, error)| {
            let faults = error.faults().into_iter();
            faults.map(move |fault| format!("{name}: {fault}"))
        })
        .collect();
    listed(CliError::refused("form", says), &lines)
}

fn page(names: &[String], filed: &[Filed], out: &mut Out) -> Result<(), CliError> {
    let together = || names.iter().zip(filed);
    for (name, filed) in together() {
        for warning in &filed.warnings {
            out.warning(&format!("{name}: {warning}"));
        }
    }
    if out.json() {
        let documents: Vec<Value> = together()
            .map(|(name, filed)| {
                let mut document = filed_document(filed);
                if let Some(document) = document.as_object_mut() {
                    document.insert("file".to_owned(), json!(name));
                }
                document
            })
            .collect();
        return out.document(&documents);
    }
    if out.quiet() {
        for filed in filed {
            out.verbatim(&filed.id.to_string());
        }
        return Ok(());
    }
    let mut table = Table::new(&["FILE", "RECORD", "ENTRY"]);
    for (name, filed) in together() {
        table.row(&[
            name.clone(),
            filed.id.to_string(),
            filed.receipt.index.to_string(),
        ]);
    }
    out.table(&table, "");
    Ok(())
}
