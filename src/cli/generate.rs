//! `strongroom completions` and `strongroom man`: made from the command line itself.

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use crate::cli::ask::Ask;
use crate::cli::command;
use crate::cli::fail::CliError;
use crate::cli::out::Out;

/// Print a script that completes commands in your shell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  strongroom completions bash > ~/.local/share/bash-completion/completions/strongroom")]
pub(crate) struct Completions {
    /// Which shell
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

/// Write the manual, one page for each command
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  strongroom man ~/.local/share/man/man1")]
pub(crate) struct Man {
    /// The folder to write the pages to
    dir: PathBuf,
}

pub(crate) fn completions(args: &Completions, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    ask.no_clock_to_move()?;
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command(), "strongroom", &mut script);
    let script = String::from_utf8_lossy(&script);
    if out.json() {
        return out.document(&json!({ "shell": args.shell.to_string(), "script": script }));
    }
    out.script(&script);
    Ok(())
}

pub(crate) fn man(args: &Man, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    ask.no_clock_to_move()?;
    let written =
        fs::create_dir_all(&args.dir).and_then(|()| clap_mangen::generate_to(command(), &args.dir));
    written.map_err(|error| CliError::file("write the manual to", &args.dir, &error))?;
    if out.json() {
        return out.document(&json!({ "dir": args.dir }));
    }
    out.done(None, &format!("The manual is in {}.", args.dir.display()));
    Ok(())
}
