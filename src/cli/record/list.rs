//! What there is, and what was done with it.

use serde_json::json;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::looked;
use crate::cli::out::Out;
use crate::cli::record::List;
use crate::cli::resolve;
use crate::cli::session::with_desk;
use crate::cli::table::Table;
use crate::desk::CardLine;
use crate::desk::HistoryLine;
use crate::records::dates;

pub(crate) fn list(args: &List, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    with_desk(ask, out, |desk, out| {
        let case = match &args.case {
            Some(case) => Some(resolve::case(desk, ask, case)?),
            None => None,
        };
        let cards = desk.every_record(case.as_deref())?;
        if out.json() {
            let documents: Vec<_> = cards.iter().map(document).collect();
            return out.document(&documents);
        }
        let mut table = Table::new(&["ID", "DATE", "KIND", "TITLE", "VERSION", "STATE", "CASE"]);
        for card in &cards {
            table.row(&[
                out.id(&card.id),
                card.event_date.clone().unwrap_or_default(),
                card.kind.clone(),
                card.title.clone(),
                card.version.to_string(),
                card.check
                    .as_ref()
                    .map_or(card.state.word(), |check| check.state)
                    .to_owned(),
                card.case
                    .as_ref()
                    .map(|case| out.id(case))
                    .unwrap_or_default(),
            ]);
        }
        out.table(&table, "There are no records you may see.");
        Ok(())
    })
}

fn document(card: &CardLine) -> serde_json::Value {
    json!({
        "id": card.id,
        "case": card.case,
        "kind": card.kind,
        "version": card.version,
        "state": card.state.word(),
        "check": card.check.as_ref().map(|check| check.state),
        "title": card.title,
        "event_date": card.event_date,
    })
}

pub(crate) fn history(record: &str, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    with_desk(ask, out, |desk, out| {
        let id = resolve::record(desk, ask, record)?;
        let lines = desk.history(&id)?;
        if out.json() {
            let documents: Vec<_> = lines.iter().map(history_document).collect();
            return out.document(&documents);
        }
        let mut table = Table::new(&[
            "ENTRY", "WHEN", "WHO", "WHAT", "OUTCOME", "VERSION", "PURPOSE",
        ]);
        for line in &lines {
            table.row(&[
                line.index.to_string(),
                dates::people_moment(line.time),
                line.actor.clone().unwrap_or_else(|| "(unknown)".to_owned()),
                line.event.clone(),
                line.outcome.clone(),
                line.version
                    .map(|version| version.to_string())
                    .unwrap_or_default(),
                line.purpose.clone().unwrap_or_default(),
            ]);
        }
        out.table(&table, "Nothing was done with it that you may see.");
        revealed(&lines, out);
        Ok(())
    })
}

pub(crate) fn looked(record: &str, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    with_desk(ask, out, |desk, out| {
        let id = resolve::record(desk, ask, record)?;
        looked::print(&desk.looks_at_record(&id)?, out)
    })
}

/// The list the DBS code of practice asks for: everyone the content was revealed to, each once.
fn revealed(lines: &[HistoryLine], out: &mut Out) {
    let mut people: Vec<&str> = Vec::new();
    for who in lines.iter().filter_map(|line| line.revealed_to.as_deref()) {
        if !people.contains(&who) {
            people.push(who);
        }
    }
    if !people.is_empty() {
        out.gap();
        out.say(&format!("Revealed to: {}.", people.join(", ")));
    }
}

fn history_document(line: &HistoryLine) -> serde_json::Value {
    json!({
        "index": line.index,
        "time": line.time.to_string(),
        "event": line.event,
        "outcome": line.outcome,
        "actor": line.actor,
        "version": line.version,
        "purpose": line.purpose,
        "revealed_to": line.revealed_to,
    })
}
