//! `strongroom doctor`: is the vault in order, and who could get round its promises?

use serde_json::Value;
use serde_json::json;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::out::Out;
use crate::cli::reach;
use crate::cli::reach::Named;
use crate::cli::session;
use crate::keeper;
use crate::keeper::Line as _;

/// Look the vault over: damage, missing keys, and what would make it safer
///
/// Needs nobody signed in. The exit code is 0 whatever it advises, and 4 only for damage.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_: &Args, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    ask.no_clock_to_move()?;
    let report = match reach::named(ask)? {
        Named::Folder(paths) => {
            // Where a keeper has it open, what it remembers of backups; others than its own account are not told.
            let keeper = reach::keeper_of(&paths).ok().flatten();
            let told = keeper.and_then(|client| client.backups().ok());
            let report = keeper::doctor(&paths, told.as_ref());
            report.map_err(|error| session::opening(error, &paths))?
        }
        Named::Socket(path) => {
            let client = reach::connect(&path)?;
            keeper::doctor::from_afar(client.custody(), client.is_demo())
        }
    };
    let findings: Vec<Value> = report
        .findings
        .iter()
        .map(
            |finding| json!({ "level": finding.level.word(), "what": finding.what, "do": finding.action }),
        )
        .collect();
    if out.json() {
        out.document(
            &json!({ "ok": report.ok(), "custody": report.custody, "findings": findings }),
        )?;
    } else {
        out.facts(&[("Custody", custody(&report.custody))]);
        for finding in &report.findings {
            out.gap();
            let words = format!("{}\n{}", finding.what, finding.action);
            out.facts(&[(finding.level.word(), words)]);
        }
        out.gap();
        out.say(if report.ok() {
            "No damage was found."
        } else {
            "There is damage."
        });
    }
    if report.ok() {
        return Ok(());
    }
    let error = CliError::damaged("the vault is damaged or was altered; the report says where");
    Err(error.with_report())
}

fn custody(word: &str) -> String {
    match word {
        "local" => {
            "local: one account of this computer runs everything. Whoever can use that account \
                    could read without an entry. Good for a trial, not for real records."
                .to_owned()
        }
        "keeper" => {
            "keeper: the vault runs under an account of its own, and people reach it from theirs. \
             Nobody but root of this computer, together with a reader's keys, could read without an \
             entry."
                .to_owned()
        }
        other => other.to_owned(),
    }
}
