//! `strongroom errands`: what waits for the person who asks.

use serde_json::json;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::notices;
use crate::cli::out::Out;
use crate::cli::session::with_desk_alone;

/// See what waits for you, and what you should know
///
/// What was done in an emergency with records you may know is shown once here.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_: &Args, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    with_desk_alone(ask, out, |desk, out| {
        let notices = notices::show(desk, out)?;
        if out.json() {
            return out.document(&json!({ "notices": notices }));
        }
        if notices.is_empty() {
            out.say("Nothing waits for you.");
        }
        Ok(())
    })
}
