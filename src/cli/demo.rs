//! `strongroom demo`: a small invented centre to try things on.

use std::path::PathBuf;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::out::Out;

/// Make a small invented centre to try things on
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The new vault's folder; sign-ins go to DIR.signin
    #[arg(default_value = "strongroom-demo")]
    dir: PathBuf,
    /// Do not start the web pages
    #[arg(long)]
    no_serve: bool,
}

pub(crate) fn run(args: &Args, _ask: &Ask, _out: &mut Out) -> Result<(), CliError> {
    let _ = (&args.dir, args.no_serve);
    Err(CliError::bug("not there"))
}
