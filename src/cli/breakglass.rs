//! `strongroom breakglass`: opening a record in an emergency.

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::out::Out;
use crate::cli::record::document;
use crate::cli::record::page;
use crate::cli::resolve;
use crate::cli::session::with_desk;
use serde_json::json;

/// Open a record in an emergency
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Open(Open),
    Review(Review),
}

/// Say what you think of the opening of a record in an emergency
///
/// Within three days another safeguarding lead, a data protection lead or a trustee looks at it, never whoever
/// opened it: `record history` shows who did and why. Until then it stands in `errands`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  strongroom breakglass review r_abcdefgh --reason \"Right: the police were told within the hour\"")]
struct Review {
    /// The record's id
    record: String,
    /// What you think of it
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Read a record at once, because a child is at risk
///
/// For safeguarding leads, where a record is not theirs to read by their work. Nobody is asked first;
/// everybody who may know the record is told at their next sign-in, and the opening is to be reviewed
/// within three days. Records that only named people decide on stay closed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  strongroom breakglass open r_abcdefgh --reason \"the father is at the school now\"")]
struct Open {
    /// The record's id
    record: String,
    /// Why it cannot wait
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

pub(crate) fn run(args: Args, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    match args.command {
        Command::Open(args) => open(&args, ask, out),
        Command::Review(args) => review(&args, ask, out),
    }
}

fn review(args: &Review, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    with_desk(ask, out, |desk, out| {
        let id = resolve::record(desk, ask, &args.record)?;
        desk.review_opening(&id, &args.reason)?;
        if out.json() {
            return out.document(&json!({ "id": id }));
        }
        out.done(Some(&id), &format!("The opening of {id} is reviewed."));
        Ok(())
    })
}

fn open(args: &Open, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    with_desk(ask, out, |desk, out| {
        let id = resolve::record(desk, ask, &args.record)?;
        let record = desk.break_glass(&id, &args.reason, out.prose_width())?;
        out.note("Everybody who may know this record is told that you opened it.");
        if out.json() {
            return out.document(&document(&record));
        }
        page(&record, out);
        Ok(())
    })
}
