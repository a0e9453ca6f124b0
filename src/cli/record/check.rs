//! Checking what somebody else filed.

use serde_json::Value;
use serde_json::json;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::out::Out;
use crate::cli::record::Check;
use crate::cli::record::Return;
use crate::cli::record::receipt_document;
use crate::cli::resolve;
use crate::cli::session::with_desk;
use crate::desk;
use crate::records::dates;

pub(crate) fn check(args: &Check, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    with_desk(ask, out, |desk, out| {
        let id = resolve::record(desk, ask, &args.record)?;
        let receipt = desk.check(&id)?;
        if out.json() {
            return out.document(
                &json!({ "id": id, "check": "checked", "receipt": receipt_document(&receipt) }),
            );
        }
        out.done(None, &format!("You have checked {id}."));
        Ok(())
    })
}

pub(crate) fn return_record(args: &Return, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    with_desk(ask, out, |desk, out| {
        let id = resolve::record(desk, ask, &args.record)?;
        let receipt = desk.return_record(&id, &args.reason)?;
        if out.json() {
            return out.document(
                &json!({ "id": id, "check": "returned", "receipt": receipt_document(&receipt) }),
            );
        }
        out.done(
            None,
            &format!("{id} is returned to its author, who may correct it."),
        );
        Ok(())
    })
}

/// Where a record stands, in a few words.
pub(crate) fn words(check: &desk::Check) -> String {
    match (&check.by, check.at) {
        (Some(by), Some(at)) => {
            format!("{} by {by}, {}", check.state, dates::people_moment(at))
        }
        _ => "waits for somebody else to check it".to_owned(),
    }
}

/// The same for scripts; `null` for kinds that nobody checks.
pub(crate) fn document(check: Option<&desk::Check>) -> Value {
    check.map_or(Value::Null, |check| {
        json!({
            "state": check.state,
            "by": check.by,
            "at": check.at.map(|at| at.to_string()),
            "note": check.note,
        })
    })
}
