//! `strongroom kind`: what can be filed. Needs no vault and nobody signed in.

use serde_json::json;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::out::Out;
use crate::cli::table::Table;
use crate::records::Coverage;
use crate::records::Kinds;
use crate::records::classes;
use crate::records::classes::Class;
use crate::records::kind::Kind;

/// See what kinds of record there are, and get an empty form
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List the kinds of record
    List,
    /// Show a kind: its fields and rules, who reads it, how long it is kept
    Show(Which),
    Template(Template),
    Check(Check),
}

#[derive(Debug, clap::Args)]
struct Which {
    /// The kind's name
    kind: String,
}

/// Check that every kind is sound and that whatever a centre must record has a place
///
/// Every definition is whole and its example valid; every row of the list of record kinds is kept by a kind, in
/// fields that are there, or by something the program does; every kind falls under a retention rule, and
/// every rule is used.
#[derive(Debug, clap::Args)]
struct Check;

/// Print a filled-in example of a form, to change and file
///
/// As TOML with a note for each field; with --json as JSON. All of it is invented. `record add --from`
/// takes it as it is.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  strongroom kind template contact-report > report.toml")]
struct Template {
    /// The kind's name
    kind: String,
}

pub(crate) fn run(args: &Args, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    ask.no_clock_to_move()?;
    match &args.command {
        Command::List => list(out),
        Command::Show(which) => {
            let kind = find(&which.kind)?;
            if out.json() {
                return out.document(kind);
            }
            let text = kind.describe(out.prose_width());
            out.verbatim(&text);
            Ok(())
        }
        Command::Template(which) => {
            let kind = find(&which.kind)?;
            if out.json() {
                return out.document(&kind.template_json());
            }
            out.verbatim(&kind.template_toml());
            Ok(())
        }
        Command::Check(Check) => check(out),
    }
}

/// The kind with this name.
///
/// # Errors
/// Refused, with the names there are.
pub(crate) fn find(name: &str) -> Result<&'static Kind, CliError> {
    let kinds = Kinds::builtin();
    kinds.find(name).ok_or_else(|| {
        let error = CliError::refused("unknown-kind", format!("there is no kind `{name}`"));
        match kinds.nearest(name) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint("`strongroom kind list` shows them all"),
        }
    })
}

fn names() -> Vec<&'static str> {
    Kinds::builtin()
        .iter()
        .map(|kind| kind.name.as_str())
        .collect()
}

fn list(out: &mut Out) -> Result<(), CliError> {
    let kinds = Kinds::builtin();
    if out.json() {
        let documents: Vec<_> = kinds
            .iter()
            .map(|kind| {
                json!({
                    "name": kind.name,
                    "version": kind.version,
                    "title": kind.title,
                    "summary": kind.summary,
                    "case": kind.case,
                    "services": kind.services,
                })
            })
            .collect();
        return out.document(&documents);
    }
    let mut table = Table::new(&["KIND", "TITLE", "WHAT IT IS FOR"]);
    for kind in kinds.iter() {
        table.row(&[kind.name.clone(), kind.title.clone(), kind.summary.clone()]);
    }
    out.table(&table, "There are no kinds.");
    Ok(())
}

fn check(out: &mut Out) -> Result<(), CliError> {
    let faults = Kinds::check_builtin();
    if !faults.is_empty() {
        let error = CliError::refused("kinds", "some kinds are not sound");
        return Err(faults.into_iter().fold(error, CliError::detail));
    }
    let coverage = Coverage::builtin();
    let rows = coverage.iter().flat_map(Coverage::rows);
    if out.json() {
        let kept =
            |rule: &Class| json!({ "rule": rule.rule, "name": rule.name, "kinds": under(rule) });
        let rules: Vec<_> = classes::all().iter().map(kept).collect();
        let rows: Vec<_> = rows.collect();
        return out
            .document(&json!({ "ok": true, "kinds": names(), "rows": rows, "rules": rules }));
    }
    let mut table = Table::new(&["WHAT MUST BE RECORDED", "KEPT BY"]);
    for row in rows {
        table.row(&[row.name.clone(), row.kept_by()]);
    }
    out.table(&table, "There is nothing to record.");
    out.done(
        None,
        &format!(
            "All {} kinds are sound. Everything that must be recorded has its place, and every record its retention rule.",
            names().len()
        ),
    );
    Ok(())
}

/// The kinds whose records can fall under a rule.
fn under(rule: &Class) -> Vec<&'static str> {
    let kinds = Kinds::builtin().iter();
    kinds
        .filter(|kind| kind.class.all().any(|number| number == rule.rule))
        .map(|kind| kind.name.as_str())
        .collect()
}
