//! `strongroom breakglass`: opening a record in an emergency.

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::out::Out;
use crate::cli::record::document;
use crate::cli::record::page;
use crate::cli::resolve;
use crate::cli::session::with_desk;

/// Open a record in an emergency
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Open(Open),
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
    let Command::Open(args) = args.command;
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
