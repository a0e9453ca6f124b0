//! Reading.

use serde_json::Value;
use serde_json::json;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::kind;
use crate::cli::out::Out;
use crate::cli::record::Show;
use crate::cli::record::check;
use crate::cli::record::receipt_document;
use crate::cli::record::receipt_words;
use crate::cli::record::release;
use crate::cli::resolve;
use crate::cli::session::with_desk;
use crate::cli::table::Table;
use crate::desk::ShownRecord;
use crate::records::dates;

pub(crate) fn show(args: &Show, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    with_desk(ask, out, |desk, out| {
        let id = resolve::record(desk, ask, &args.record)?;
        let record = desk.record(
            &id,
            args.version,
            args.purpose.as_deref(),
            out.prose_width(),
        )?;
        if out.json() {
            return out.document(&document(&record));
        }
        page(&record, out);
        Ok(())
    })
}

pub(crate) fn document(record: &ShownRecord) -> Value {
    let attachments: Vec<Value> = record
        .attachments
        .iter()
        .map(|file| json!({ "name": file.name, "bytes": file.bytes, "sha256": file.sha256 }))
        .collect();
    let alerts: Vec<Value> = record
        .alerts
        .iter()
        .map(|one| json!({ "id": one.person, "name": one.name, "role": one.role, "alert": one.alert }))
        .collect();
    let subjects: Vec<Value> = record
        .subjects
        .iter()
        .map(|one| json!({ "id": one.person, "role": one.role, "name": one.name }))
        .collect();
    json!({
        "id": record.id,
        "alerts": alerts,
        "subjects": subjects,
        "case": record.case,
        "kind": record.kind,
        "version": record.version,
        "state": record.state.word(),
        "check": check::document(record.check.as_ref()),
        "fields": record.fields,
        "attachments": attachments,
        "receipt": receipt_document(&record.receipt),
        "author": record.author,
        "filed_at": record.filed_at.to_string(),
        "reason": record.reason,
        "released": record.released.iter().map(release::document).collect::<Vec<_>>(),
    })
}

pub(crate) fn page(record: &ShownRecord, out: &mut Out) {
    let title = kind::find(&record.kind).map_or(record.kind.as_str(), |kind| kind.title.as_str());
    for one in &record.alerts {
        out.say(&format!(
            "ALERT: {} ({}): {}",
            one.name, one.role, one.alert
        ));
        out.gap();
    }
    out.heading(title);
    out.gap();
    let mut facts = vec![("Record", record.id.to_string())];
    if let Some(case) = &record.case {
        facts.push(("Case", case.to_string()));
    }
    facts.push((
        "Version",
        format!("{}, {}", record.version, record.state.word()),
    ));
    let when = dates::people_moment(record.filed_at);
    facts.push(("Filed by", format!("{}, {when}", record.author)));
    if let Some(check) = &record.check {
        facts.push(("Check", check::words(check)));
        if let Some(note) = &check.note {
            facts.push(("To correct", note.clone()));
        }
    }
    if let Some(reason) = &record.reason {
        facts.push(("Corrected because", reason.clone()));
    }
    for one in &record.subjects {
        let name = one.name.as_deref().unwrap_or("not open to you");
        facts.push(("About", format!("{name}, {} ({})", one.role, one.person)));
    }
    for one in &record.released {
        facts.push(("Released", release::words(one)));
    }
    facts.push(("Receipt", receipt_words(&record.receipt)));
    out.facts(&facts);
    out.gap();
    out.verbatim(&record.text);
    if !record.attachments.is_empty() {
        out.gap();
        let mut table = Table::new(&["ATTACHMENT", "BYTES", "SHA-256"]);
        for file in &record.attachments {
            table.row(&[
                file.name.clone(),
                file.bytes.to_string(),
                file.sha256.clone(),
            ]);
        }
        out.table(&table, "");
    }
}
