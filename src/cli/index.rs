//! `strongroom index`: the look-up index beside the vault's truth.

use serde_json::json;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::out::Out;
use crate::cli::reach;
use crate::cli::session;
use crate::cli::session::with_keeper_at;

/// Make the look-up index anew
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make the index anew from the vault's own files
    ///
    /// The index only makes look-ups fast; nothing is lost without it. Needs nobody signed in.
    Rebuild,
}

pub(crate) fn run(args: &Args, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    let Command::Rebuild = args.command;
    let paths = reach::folder(ask)?;
    with_keeper_at(&paths, ask, out, |keeper, out| {
        keeper.rebuild_index().map_err(session::stopped)?;
        if out.json() {
            return out.document(&json!({ "rebuilt": true }));
        }
        out.done(None, "The index is new.");
        Ok(())
    })
}
