//! `strongroom grant`: who was given access to what, until when.

use std::io::Write as _;
use std::path::PathBuf;

use serde_json::Value;
use serde_json::json;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::file::NewFile;
use crate::cli::out::Out;
use crate::cli::resolve;
use crate::cli::session::with_desk;
use crate::cli::table::Table;
use crate::desk::Desk;
use crate::desk::Grant;
use crate::desk::GrantScope;
use crate::desk::NewAccess;
use crate::keeper::facts::GrantState;
use crate::records::dates;

/// Give somebody access until a date, see who has been given any, end it
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Add(Add),
    /// List the grants you may see
    List,
    /// End a grant at once
    Revoke(Which),
    Statement(Statement),
}

/// Write down what a grant was and what came of it
///
/// What was given, by whom and who agreed, each time something was opened, and how it ended, with proof of
/// all of it: whoever has the file can check it without the vault (docs/verify). Both sides may take it out,
/// also when the grant is over.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  strongroom grant statement g_abcdefgh --out lorna.statement.json")]
struct Statement {
    /// The grant's id
    grant: String,
    /// Where to write it
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

/// Give somebody access to a case or to some records, until a date
///
/// Access for an outsider waits until a second person agrees (strongroom proposal approve). It ends by
/// itself: at the end nothing more is shown, whoever is signed in or nobody.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  strongroom grant add --to lorna --record r_abcdefgh r_hgfedcba --purpose \"accreditation visit\" --until +2d")]
struct Add {
    /// To whom: their handle or id
    #[arg(long, value_name = "USER")]
    to: String,
    /// A whole case: everything that is filed in it now and later, except what is kept to fewer people
    #[arg(
        long,
        value_name = "CASE",
        conflicts_with = "record",
        required_unless_present = "record"
    )]
    case: Option<String>,
    /// Records, one or more
    #[arg(long, value_name = "RECORD", num_args = 1..)]
    record: Vec<String>,
    /// What for
    #[arg(long, value_name = "TEXT")]
    purpose: String,
    /// From when: a date, a date with time, or +2d [default: at once]
    #[arg(long, value_name = "DATE")]
    from: Option<String>,
    /// Until when: a date (to the end of that day), a date with time, or +2d
    #[arg(long, value_name = "DATE")]
    until: String,
}

#[derive(Debug, clap::Args)]
struct Which {
    /// The grant's id
    grant: String,
}

pub(crate) fn run(args: Args, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    with_desk(ask, out, |desk, out| match args.command {
        Command::Statement(args) => statement(&args, (desk, ask), out),
        Command::Add(args) => {
            let new = access(&args, desk, ask)?;
            given(&desk.grant(&new)?, out)
        }
        Command::List => list(&desk.grants()?, out),
        Command::Revoke(which) => {
            let id = resolve::grant(desk, ask, &which.grant)?;
            let grant = desk.revoke_grant(&id)?;
            if out.json() {
                return out.document(&document(&grant));
            }
            let sentence = format!(
                "Grant {} is ended: {} sees nothing more.",
                grant.id, grant.to
            );
            out.done(Some(&grant.id.to_string()), &sentence);
            Ok(())
        }
    })
}

fn access(args: &Add, desk: &mut Desk, ask: &Ask) -> Result<NewAccess, CliError> {
    let now = desk.now();
    let point = |name: &str, text: &str, edge| {
        dates::point(text, now, edge)
            .map_err(|error| CliError::usage(format!("--{name} {text}: {error}")))
    };
    let from = args.from.as_deref();
    let from = from.map(|text| point("from", text, dates::Edge::Start));
    let until = point("until", &args.until, dates::Edge::End)?;
    let case = match &args.case {
        Some(case) => Some(resolve::case(desk, ask, case)?),
        None => None,
    };
    let mut records = Vec::new();
    for record in &args.record {
        records.push(resolve::record(desk, ask, record)?);
    }
    Ok(NewAccess {
        to: args.to.clone(),
        case,
        records,
        purpose: args.purpose.clone(),
        from: from.transpose()?,
        until,
    })
}

fn statement(
    args: &Statement,
    (desk, ask): (&mut Desk, &Ask),
    out: &mut Out,
) -> Result<(), CliError> {
    let mut file = NewFile::begin(&args.out)?;
    let id = resolve::grant(desk, ask, &args.grant)?;
    let stated = desk.state_grant(&id)?;
    file.write_all(stated.file.as_bytes())
        .map_err(|error| CliError::file("write", &args.out, &error))?;
    file.keep()?;
    if out.json() {
        return out.document(&json!({
            "id": stated.grant.id,
            "out": args.out,
            "entries": stated.entries,
            "opened": stated.opened,
        }));
    }
    let sentence = format!(
        "The statement of grant {} is in {}: {} entries, of which {} opened something. Whoever has it can \
         check it without the vault: docs/verify/README.md says how.",
        stated.grant.id,
        args.out.display(),
        stated.entries,
        stated.opened
    );
    out.done(Some(&id), &sentence);
    Ok(())
}

fn given(grant: &Grant, out: &mut Out) -> Result<(), CliError> {
    if out.json() {
        return out.document(&document(grant));
    }
    let id = grant.id.to_string();
    let until = dates::people_moment(grant.until);
    let sentence = match (grant.state, grant.proposal) {
        (GrantState::Waiting, Some(proposal)) => format!(
            "Grant {id} needs a second person; until then nothing is shown to {}. It waits as proposal \
             {proposal}: strongroom proposal approve.",
            grant.to
        ),
        _ => format!("Grant {id}: {} has access until {until}.", grant.to),
    };
    out.done(Some(&id), &sentence);
    if !out.quiet() {
        out.verbatim(&format!("state: {}", grant.state));
    }
    Ok(())
}

fn list(all: &[Grant], out: &mut Out) -> Result<(), CliError> {
    if out.json() {
        let documents: Vec<Value> = all.iter().map(document).collect();
        return out.document(&documents);
    }
    let mut table = Table::new(&["ID", "TO", "WHAT", "PURPOSE", "FROM", "UNTIL", "STATE"]);
    for grant in all {
        table.row(&[
            out.id(&grant.id),
            grant.to.clone(),
            match &grant.scope {
                GrantScope::Case(case) => out.id(case),
                GrantScope::Records(records) => counted(records.len()),
            },
            grant.purpose.clone(),
            dates::people_moment(grant.from),
            dates::people_moment(grant.until),
            state(grant),
        ]);
    }
    out.table(&table, "There are no grants you may see.");
    Ok(())
}

fn counted(records: usize) -> String {
    match records {
        1 => "1 record".to_owned(),
        count => format!("{count} records"),
    }
}

fn state(grant: &Grant) -> String {
    match &grant.revoked_by {
        Some(by) => format!("{}, by {by}", grant.state),
        None => grant.state.word().to_owned(),
    }
}

/// A grant in names and values.
pub(crate) fn facts(grant: &Grant) -> Vec<(&'static str, String)> {
    let what = match &grant.scope {
        GrantScope::Case(case) => format!("the whole case {case}"),
        GrantScope::Records(records) => {
            let ids: Vec<String> = records.iter().map(ToString::to_string).collect();
            ids.join("\n")
        }
    };
    vec![
        ("Grant", grant.id.to_string()),
        ("To", grant.to.clone()),
        ("Opens", what),
        ("Purpose", grant.purpose.clone()),
        ("From", dates::people_moment(grant.from)),
        ("Until", dates::people_moment(grant.until)),
    ]
}

fn document(grant: &Grant) -> Value {
    let scope = match &grant.scope {
        GrantScope::Case(case) => json!({"case": case}),
        GrantScope::Records(records) => json!({"records": records}),
    };
    json!({
        "id": grant.id,
        "to": grant.to,
        "by": grant.by,
        "scope": scope,
        "purpose": grant.purpose,
        "from": grant.from.to_string(),
        "until": grant.until.to_string(),
        "state": grant.state.word(),
        "proposal": grant.proposal,
        "ended_at": grant.ended_at.map(|at| at.to_string()),
        "revoked_by": grant.revoked_by,
    })
}
