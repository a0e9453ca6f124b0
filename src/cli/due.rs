//! `strongroom due` and `strongroom calendar`: what is to be done by when.

use std::io::Write as _;
use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser;
use serde_json::Value;
use serde_json::json;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::file::NewFile;
use crate::cli::out::Out;
use crate::cli::session::with_desk;
use crate::cli::table::Table;
use crate::desk::Desk;
use crate::keeper::message::due;
use crate::records::calendar::Reminder;
use crate::records::calendar::calendar;
use crate::records::dates;
use crate::records::words::Nation;

/// See what is to be done by when
///
/// What your records count, what waits for you to be looked over, corrected or decided, sessions without a report,
/// and, for coordinators, backups and rehearsals. What is overdue stands first. Working days leave out the bank
/// holidays of the nation.
#[derive(Debug, clap::Args)]
pub(crate) struct Due {
    #[command(flatten)]
    holidays: Holidays,
}

/// Write what is to be done by when as a calendar file
///
/// The file is for the calendar of a phone or computer (.ics). It holds ids and no names or titles.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  strongroom calendar --out due.ics")]
pub(crate) struct Calendar {
    /// Where to write it
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    holidays: Holidays,
}

#[derive(Debug, clap::Args)]
struct Holidays {
    /// Whose bank holidays count [default: the centre's]
    #[arg(long, value_name = "NATION", value_parser = nations())]
    nation: Option<Nation>,
}

impl Holidays {
    /// The one that is named; else the centre's.
    fn nation(&self, desk: &Desk<'_>) -> Nation {
        let centre = desk.centre().map(|centre| centre.nation);
        self.nation.or(centre).unwrap_or(Nation::EnglandAndWales)
    }
}

/// Reads a nation. England and Wales have the same bank holidays; either alone is understood.
pub(crate) fn nations() -> impl TypedValueParser<Value = Nation> {
    let word = |nation: &Nation| match nation {
        Nation::EnglandAndWales => PossibleValue::new(nation.word()).aliases(["england", "wales"]),
        other => PossibleValue::new(other.word()),
    };
    PossibleValuesParser::new(Nation::ALL.iter().map(word)).map(|typed| {
        // What has no word of its own is one of the two.
        Nation::from_word(&typed).unwrap_or(Nation::EnglandAndWales)
    })
}

pub(crate) fn due(args: &Due, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    with_desk(ask, out, |desk, out| {
        let all = desk.due(args.holidays.nation(desk))?;
        if out.json() {
            let documents: Vec<Value> = all.iter().map(document).collect();
            return out.document(&documents);
        }
        let mut table = Table::new(&["DUE", "", "WHAT", "OF"]);
        for one in &all {
            table.row(&[
                dates::date(&one.due).map_or_else(|_| one.due.clone(), dates::people_date),
                if one.overdue { "overdue" } else { "" }.to_owned(),
                one.says.clone(),
                of(one, |id| out.id(&id)),
            ]);
        }
        out.table(&table, "Nothing is due.");
        Ok(())
    })
}

/// The id of what it is about.
fn of(one: &due::Due, shown: impl Fn(String) -> String) -> String {
    let ids = [
        one.record.map(|id| id.to_string()),
        one.proposal.map(|id| id.to_string()),
        one.case.map(|id| id.to_string()),
    ];
    ids.into_iter()
        .flatten()
        .next()
        .map(shown)
        .unwrap_or_default()
}

fn document(one: &due::Due) -> Value {
    json!({
        "what": one.what,
        "record": one.record,
        "case": one.case,
        "proposal": one.proposal,
        "due": one.due,
        "overdue": one.overdue,
        "says": one.says,
    })
}

pub(crate) fn calendar_file(args: &Calendar, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    let mut file = Some(NewFile::begin(&args.out)?);
    with_desk(ask, out, |desk, out| {
        let all = desk.due(args.holidays.nation(desk))?;
        let reminders: Vec<Reminder> = all
            .iter()
            .filter_map(|one| {
                Some(Reminder {
                    uid: desk.due_name(one),
                    day: dates::date(&one.due).ok()?,
                    summary: format!("{} {}", one.what, of(one, |id| id))
                        .trim_end()
                        .to_owned(),
                })
            })
            .collect();
        if let Some(mut file) = file.take() {
            file.write_all(calendar(&reminders, desk.now()).as_bytes())
                .map_err(|error| CliError::file("write", &args.out, &error))?;
            file.keep()?;
        }
        if out.json() {
            return out.document(&json!({ "out": args.out, "reminders": reminders.len() }));
        }
        out.done(None, &format!("Written to {}.", args.out.display()));
        Ok(())
    })
}
