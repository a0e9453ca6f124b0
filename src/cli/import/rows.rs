//! Rows on their way in, from a spreadsheet or a folder of scans: each gets its case, those that are there already are
//! left out, and the rest is filed by the hundred.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;
use serde_json::json;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::file;
use crate::cli::import::listed;
use crate::cli::interrupt;
use crate::cli::out::Out;
use crate::cli::progress::Bar;
use crate::cli::record::filed_document;
use crate::cli::resolve;
use crate::cli::session::with_desk;
use crate::desk::Desk;
use crate::desk::Filed;
use crate::desk::Filing;
use crate::records::kind::Kind;
use crate::records::sheet::plain;
use crate::records::words::CaseRule;

/// Rows that are filed together; fewer where each brings a file.
const BATCH: usize = 100;
const BATCH_WITH_FILES: usize = 10;

/// A form that met every rule of its kind, and what belongs to it.
pub(crate) struct Row {
    /// Where it comes from, in words, before a colon.
    pub(crate) label: String,
    /// The same for scripts.
    pub(crate) from: Value,
    pub(crate) form: Value,
    /// A case's title or id.
    pub(crate) case: Option<String>,
    pub(crate) attach: Option<PathBuf>,
    /// What tells it from every other row.
    pub(crate) source: String,
}

/// Rows, and what is to be done with them.
pub(crate) struct Rows<'a> {
    pub(crate) kind: &'a Kind,
    /// What scripts call where a row comes from: `line` or `file`.
    pub(crate) from: &'static str,
    pub(crate) case: Option<&'a str>,
    pub(crate) dry_run: bool,
    pub(crate) all: Vec<Row>,
}

/// What was filed.
type Done<'a> = Vec<(&'a Row, Filed)>;

impl Rows<'_> {
    /// Files what is not there yet.
    ///
    /// # Errors
    /// Refused: a row without its case, a file that cannot be attached; and whatever the desk says.
    pub(crate) fn bring_in(mut self, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
        self.check_files()?;
        with_desk(ask, out, |desk, out| {
            let case = self.case.map(|case| resolve::case(desk, ask, case));
            let case = case.transpose()?;
            self.find_cases(desk, case.as_ref())?;
            let there = self.there(desk)?;
            let count = self.all.len();
            self.all.retain(|row| !there.contains(&row.source));
            let already = count - self.all.len();
            if self.dry_run {
                return say_dry(self.all.len(), already, out);
            }
            let done = self.file(desk, out)?;
            self.say(&done, already, out)
        })
    }

    /// Every named file is there, and of a kind that is taken.
    fn check_files(&self) -> Result<(), CliError> {
        let nothing = Bar::hidden();
        let mut faults = Vec::new();
        for row in &self.all {
            let taken = row.attach.as_ref().map(|path| file::attach(path, &nothing));
            if let Some(Err(error)) = taken {
                let said = error.faults().into_iter();
                faults.extend(said.map(|fault| format!("{}: {fault}", row.label)));
            }
        }
        if faults.is_empty() {
            return Ok(());
        }
        let says = "not every file that is named can be attached, so nothing was filed";
        Err(listed(CliError::refused("attachment", says), &faults))
    }

    /// Gives each row its case by id, or refuses all.
    fn find_cases(&mut self, desk: &mut Desk<'_>, case: Option<&String>) -> Result<(), CliError> {
        let by_name = self.all.iter().any(|row| row.case.is_some());
        let mut cases: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for case in if by_name { desk.cases()? } else { Vec::new() } {
            let id = case.id.to_string();
            for name in case.title.iter().chain([&id]) {
                cases.entry(plain(name)).or_default().insert(id.clone());
            }
        }
        let mut faults = Vec::new();
        for row in &mut self.all {
            let mut fault = |says: &str| faults.push(format!("{}: {says}", row.label));
            match row.case.as_deref().map(|name| cases.get(&plain(name))) {
                None if case.is_none() && self.kind.case == CaseRule::Required => {
                    fault("it names no case; add --case, or let the map say where it stands");
                }
                None => row.case = case.cloned(),
                Some(Some(ids)) if ids.len() == 1 => row.case = ids.first().cloned(),
                Some(Some(_)) => fault("several cases have this title; write the id"),
                Some(None) => fault("you have no such case"),
            }
        }
        if faults.is_empty() {
            return Ok(());
        }
        let says = "not every row has its case, so nothing was filed";
        Err(listed(CliError::refused("case", says), &faults))
    }

    /// What tells those that are there, as far as this person can read them.
    fn there(&self, desk: &mut Desk<'_>) -> Result<BTreeSet<String>, CliError> {
        let cases: BTreeSet<&Option<String>> = self.all.iter().map(|row| &row.case).collect();
        let mut there = BTreeSet::new();
        for case in cases {
            let cards = desk.every_record(case.as_deref())?.into_iter();
            let of_kind = cards.filter(|card| card.kind == self.kind.name);
            there.extend(of_kind.filter_map(|card| card.source));
        }
        Ok(there)
    }

    /// Files the rows, those of a case together.
    fn file(&self, desk: &mut Desk<'_>, out: &Out) -> Result<Done<'_>, CliError> {
        let bar = Bar::per_cent(out, "Filing");
        let mut done = Done::new();
        let mut of_case: BTreeMap<&Option<String>, Vec<&Row>> = BTreeMap::new();
        for row in &self.all {
            of_case.entry(&row.case).or_default().push(row);
        }
        let any_file = self.all.iter().any(|row| row.attach.is_some());
        let size = if any_file { BATCH_WITH_FILES } else { BATCH };
        for batch in of_case.values().flat_map(|rows| rows.chunks(size)) {
            let filed = self.file_batch(desk, batch);
            if filed.is_err() {
                bar.clear();
            }
            done.extend(filed.map_err(|error| stopped(error, done.len()))?);
            bar.share(done.len(), self.all.len());
            interrupt::done_so_far(format!(
                "Stopped. {} of {} are filed, perhaps a few more. Run the same command again for the rest.",
                done.len(),
                self.all.len()
            ));
        }
        bar.clear();
        Ok(done)
    }

    fn file_batch<'r>(&self, desk: &mut Desk<'_>, batch: &[&'r Row]) -> Result<Done<'r>, CliError> {
        let quiet = Bar::hidden();
        let mut filings = Vec::new();
        for row in batch {
            let attach = row.attach.as_ref().map(|path| file::attach(path, &quiet));
            filings.push(Filing {
                case: row.case.clone(),
                kind: self.kind.name.clone(),
                form: row.form.clone(),
                attachments: attach.transpose()?.into_iter().collect(),
                about: Vec::new(),
                deciders: Vec::new(),
            });
        }
        let sources: Vec<String> = batch.iter().map(|row| row.source.clone()).collect();
        let filed = desk.import_rows(&filings, &sources)?;
        Ok(batch.iter().copied().zip(filed).collect())
    }

    fn say(&self, done: &Done<'_>, already: usize, out: &mut Out) -> Result<(), CliError> {
        for (row, filed) in done {
            for warning in &filed.warnings {
                out.warning(&format!("{}: {warning}", row.label));
            }
        }
        if !out.json() {
            let words = format!("{} were filed; {already} were there already.", done.len());
            out.done(None, &words);
            return Ok(());
        }
        let records: Vec<Value> = done
            .iter()
            .map(|(row, filed)| {
                let mut document = filed_document(filed);
                if let Some(document) = document.as_object_mut() {
                    document.insert(self.from.to_owned(), row.from.clone());
                }
                document
            })
            .collect();
        out.document(&json!({
            "rows": done.len() + already,
            "already": already,
            "filed": done.len(),
            "records": records,
        }))
    }
}

fn stopped(error: CliError, filed: usize) -> CliError {
    match filed {
        0 => error,
        _ => error.hint(format!(
            "{filed} are filed; run the same command again for the rest"
        )),
    }
}

fn say_dry(new: usize, already: usize, out: &mut Out) -> Result<(), CliError> {
    if out.json() {
        return out.document(&json!({
            "rows": new + already,
            "already": already,
            "would_file": new,
        }));
    }
    let words = format!(
        "Everything fits: {new} would be filed, {already} are there already. Nothing was filed."
    );
    out.done(None, &words);
    Ok(())
}
