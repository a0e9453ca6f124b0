//! Reading and taking out.

use std::io::Write as _;
use std::path::Path;

use serde_json::Value;
use serde_json::json;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::file::NewFile;
use crate::cli::kind;
use crate::cli::out::Out;
use crate::cli::record::Attachment;
use crate::cli::record::Export;
use crate::cli::record::Print;
use crate::cli::record::Show;
use crate::cli::record::check;
use crate::cli::record::receipt_document;
use crate::cli::record::receipt_words;
use crate::cli::resolve;
use crate::cli::session::with_desk;
use crate::cli::table::Table;
use crate::desk::Look;
use crate::desk::ShownRecord;
use crate::paper::Language;
use crate::paper::Size;
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

pub(crate) fn attachment(args: &Attachment, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    let to_stdout = args.out == Path::new("-");
    if to_stdout && out.json() {
        let says = "--json and --out - both want stdout";
        return Err(CliError::usage(says).hint("name a file with --out"));
    }
    let mut file = if to_stdout {
        None
    } else {
        Some(NewFile::begin(&args.out)?)
    };
    with_desk(ask, out, |desk, out| {
        let id = resolve::record(desk, ask, &args.record)?;
        let purpose = args.purpose.as_deref();
        let Some(mut file) = file.take() else {
            let mut stdout = Out::raw();
            desk.attachment(&id, &args.name, purpose, &mut stdout)?;
            return stdout
                .flush()
                .map_err(|error| CliError::file("write", Path::new("stdout"), &error));
        };
        let bytes = desk.attachment(&id, &args.name, purpose, &mut file)?;
        file.keep()?;
        taken_out(
            &id,
            &args.out,
            json!({ "name": args.name, "bytes": bytes }),
            out,
        )
    })
}

pub(crate) fn export(args: &Export, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    let mut file = Some(NewFile::begin(&args.age)?);
    with_desk(ask, out, |desk, out| {
        let id = resolve::record(desk, ask, &args.record)?;
        if let Some(mut file) = file.take() {
            let exported = desk.export(&id, &args.to, args.purpose.as_deref(), &mut file)?;
            file.keep()?;
            if let Some(warning) = exported.warning {
                out.warning(&warning);
            }
        }
        taken_out(&id, &args.age, json!({ "recipients": args.to }), out)
    })
}

pub(crate) fn print(args: &Print, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    let mut file = Some(NewFile::begin(&args.pdf)?);
    let look = Look {
        issuer: args.centre.clone().unwrap_or_default(),
        size: if args.large {
            Size::LargePrint
        } else {
            Size::Normal
        },
        language: if args.welsh {
            Language::Welsh
        } else {
            Language::English
        },
    };
    with_desk(ask, out, |desk, out| {
        let id = resolve::record(desk, ask, &args.record)?;
        let made = desk.print(&id, args.purpose.as_deref(), &look)?;
        if let Some(mut file) = file.take() {
            file.write_all(&made.printed.pdf)
                .map_err(|error| CliError::file("write", &args.pdf, &error))?;
            file.keep()?;
        }
        let warnings = made.printed.warnings.iter().map(ToString::to_string);
        let warnings: Vec<String> = warnings.collect();
        if !out.json() {
            for warning in &warnings {
                out.warning(warning);
            }
        }
        let beside = json!({
            "pages": made.printed.pages,
            "entry": made.receipt.index,
            "warnings": warnings,
        });
        taken_out(&id, &args.pdf, beside, out)
    })
}

fn taken_out(id: &str, file: &Path, beside: Value, out: &mut Out) -> Result<(), CliError> {
    if !out.json() {
        out.done(None, &format!("Written to {}.", file.display()));
        return Ok(());
    }
    let mut document = json!({ "id": id, "out": file });
    if let (Some(document), Value::Object(beside)) = (document.as_object_mut(), beside) {
        document.extend(beside);
    }
    out.document(&document)
}
