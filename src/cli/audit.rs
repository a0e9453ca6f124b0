//! `strongroom audit`: what was done, proof of it, and copies for others to check.

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::file;
use crate::cli::out::Out;
use crate::cli::reach;
use crate::cli::reach::Way;
use crate::cli::resolve;
use crate::cli::session;
use crate::cli::session::with_desk;
use crate::cli::session::with_line;
use crate::cli::table::Table;
use crate::desk;
use crate::desk::AuditLine;
use crate::desk::checking::Checked;
use crate::keeper;
use crate::records::dates;
use crate::server::Client;

/// What was read when the vault's own files were.
const HISTORY_WHOLE: [&str; 2] = [
    "The history is whole:",
    "entries, every hash and signature right.",
];
/// What was read when a keeper had them.
const HASHES_RIGHT: [&str; 2] = [
    "The history's hashes lead to its signed head, over",
    "entries. The entries themselves are read when the keeper opens the vault.",
];
/// What to do where the entries are refused.
const HASHES_FOR_ALL: &str =
    "heads and hashes alone can be exported by anybody: leave out --as and STRONGROOM_USER";

/// See what was done, check that it was not altered, take out proofs
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Show(Show),
    /// Check the whole history against its signatures and against what this machine remembers
    ///
    /// Over a keeper's socket its hashes and heads are checked, and not the entries. Needs nobody signed in.
    Verify,
    Export(Export),
    Proof(Proof),
}

/// Show the entries of the history
///
/// With --json, one entry a line.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  strongroom audit show --record r_abcdefgh
  strongroom audit show --since 2026-11-01")]
struct Show {
    /// Only about this record
    #[arg(long, value_name = "RECORD", conflicts_with_all = ["actor", "since"])]
    record: Option<String>,
    /// Only by this user
    #[arg(long, value_name = "USER", conflicts_with = "since")]
    actor: Option<String>,
    /// Only from this date on
    #[arg(long, value_name = "DATE")]
    since: Option<String>,
}

/// Write the history as files that others can check
///
/// The signed heads and the tree of hashes, in the C2SP tiled log layout; they say nothing about anybody
/// and need nobody signed in. With --as, the entries too: for trustees, data-protection leads, and whoever was
/// given access for as long as it lasts.
#[derive(Debug, clap::Args)]
struct Export {
    /// The folder to write; it must not exist yet, or be empty
    dir: PathBuf,
}

/// Print the proof that an entry is in the history
#[derive(Debug, clap::Args)]
struct Proof {
    /// The entry's number
    #[arg(value_parser = crate::cli::number::<u64>)]
    index: u64,
}

pub(crate) fn run(args: Args, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    match args.command {
        Command::Show(args) => show(&args, ask, out),
        Command::Verify => verify(ask, out),
        Command::Export(args) => export(&args, ask, out),
        Command::Proof(args) => with_desk(ask, out, |desk, out| {
            let proof = desk.proof(args.index)?;
            if out.json() {
                return out.document(&json!({ "index": args.index, "proof": proof }));
            }
            out.verbatim(&proof);
            Ok(())
        }),
    }
}

fn show(args: &Show, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    with_desk(ask, out, |desk, out| {
        let record = match &args.record {
            Some(record) => Some(resolve::record(desk, ask, record)?),
            None => None,
        };
        let since = args.since.as_deref().map(|text| {
            dates::point(text, desk.now(), dates::Edge::Start)
                .map_err(|error| CliError::usage(format!("--since {text}: {error}")))
        });
        let since = since.transpose()?;
        let lines = desk.audit(record.as_deref(), args.actor.as_deref(), since)?;
        if out.json() {
            return lines
                .iter()
                .try_for_each(|line| out.document(&document(line)));
        }
        let mut table = Table::new(&[
            "ENTRY", "WHEN", "WHO", "WHAT", "OUTCOME", "ABOUT", "PURPOSE",
        ]);
        for line in &lines {
            let record = line.record.as_ref().map(|id| out.id(id));
            let about = record.or_else(|| line.case.as_ref().map(|id| out.id(id)));
            table.row(&[
                line.index.to_string(),
                dates::people_moment(line.time),
                line.actor.clone().unwrap_or_default(),
                line.event.clone(),
                line.outcome.clone(),
                about.unwrap_or_default(),
                line.purpose.clone().unwrap_or_default(),
            ]);
        }
        out.table(&table, "There are no such entries that you may see.");
        Ok(())
    })
}

fn document(line: &AuditLine) -> serde_json::Value {
    json!({
        "index": line.index,
        "time": line.time.to_string(),
        "event": line.event,
        "outcome": line.outcome,
        "actor": line.actor,
        "record": line.record,
        "case": line.case,
        "purpose": line.purpose,
        "detail_available": line.detail_available,
    })
}

fn verify(ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    ask.no_clock_to_move()?;
    let (checked, what) = match reach::way(ask)? {
        Way::Keeper(client) => (over_socket(&client, ask)?, HASHES_RIGHT),
        Way::Files(paths) => {
            let whole = keeper::verify(&paths, ask.memory());
            let whole = whole.map_err(|error| session::opening(error, &paths))?;
            let checked = Checked {
                size: whole.size,
                root: whole.root,
                remembered: whole.remembered,
            };
            (checked, HISTORY_WHOLE)
        }
    };
    if out.json() {
        return out.document(&json!({
            "ok": true,
            "size": checked.size,
            "root": checked.root,
            "remembered": checked.remembered,
        }));
    }
    let remembered = match checked.remembered {
        Some(size) => {
            format!("It continues the history of {size} entries that this machine remembers.")
        }
        None => {
            "This machine remembers no earlier history of this vault to compare it with.".to_owned()
        }
    };
    let [before, after] = what;
    out.done(
        None,
        &format!("{before} {} {after} {remembered}", checked.size),
    );
    out.facts(&[("Root", checked.root)]);
    Ok(())
}

/// Checks what the keeper publishes, in a folder that is gone afterwards.
fn over_socket(client: &Client, ask: &Ask) -> Result<Checked, CliError> {
    let state = ask.memory().ok_or_else(|| {
        CliError::usage("there is no place to remember the history in")
            .hint("set STRONGROOM_STATE to a folder of your own")
    })?;
    let name = crate::bytes::hex(&crate::ids::random::<8>());
    let scratch = state.join(format!("checking-{name}"));
    let checked = desk::checking::check_hashes(client, &scratch, Some(state));
    // Hashes alone: what is left of them tells nobody anything.
    drop(fs::remove_dir_all(&scratch));
    Ok(checked?)
}

fn export(args: &Export, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    file::unused(&args.dir)?;
    fs::create_dir_all(&args.dir)
        .map_err(|error| CliError::file("make the folder", &args.dir, &error))?;
    let entries = ask.names_somebody();
    if entries {
        let exported = with_desk(ask, out, |desk, _| Ok(desk.export_audit(&args.dir)?));
        exported.map_err(|error| {
            if error.is_denial() {
                error.hint(HASHES_FOR_ALL)
            } else {
                error
            }
        })?;
    } else {
        with_line(ask, out, |line, _| {
            Ok(desk::audit::export_hashes(line, &args.dir)?)
        })?;
    }
    if out.json() {
        return out.document(&json!({ "dir": args.dir, "entries": entries }));
    }
    let what = if entries {
        "Heads, hashes and entries"
    } else {
        "Heads and hashes, without the entries,"
    };
    out.done(
        None,
        &format!("{what} were written to {}.", args.dir.display()),
    );
    Ok(())
}
