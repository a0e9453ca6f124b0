//! `strongroom vault`: how the vault as a whole is run.

use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser as _;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::out::Out;
use crate::cli::proposal;
use crate::cli::session::with_desk;
use crate::keeper::facts::TwoPerson;

mod place;
mod turn;

/// Say how the vault as a whole is run
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    TwoPerson(Mode),
    Turn(turn::Args),
    Place(place::Args),
}

/// Say whether two people are always needed
///
/// With `required`, whatever needs a second person waits for one. With `single`, one person may do it alone
/// while nobody else who could approve it has an account; somebody who was suspended still counts for 90
/// days, and each such act is marked. The change itself needs a second person where there is one.
#[derive(Debug, clap::Args)]
struct Mode {
    /// How many people
    #[arg(value_parser = PossibleValuesParser::new(TwoPerson::ALL.iter().map(|mode| mode.word()))
        .try_map(|word| TwoPerson::from_word(&word).ok_or("no such mode")))]
    mode: TwoPerson,
}

pub(crate) fn run(args: Args, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    match args.command {
        Command::TwoPerson(args) => with_desk(ask, out, |desk, out| {
            proposal::done(&desk.change_two_person(args.mode)?, out)
        }),
        Command::Turn(_) => turn::run(ask, out),
        Command::Place(args) => place::run(args, ask, out),
    }
}
