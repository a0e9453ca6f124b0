//! `strongroom person`: people on file.

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::looked;
use crate::cli::out::Out;
use crate::cli::resolve;
use crate::cli::session::with_desk;
use crate::records::person::Part;
use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser as _;

mod change;
mod fields;
mod show;

use crate::cli::person::fields::Fields;
pub(crate) use crate::cli::person::show::born_words;
pub(crate) use crate::cli::person::show::contact_words;
pub(crate) use crate::cli::person::show::document;
pub(crate) use crate::cli::person::show::part_words;

/// Keep the people on file: families, workers, professionals
///
/// Coordinators, safeguarding leads and data protection leads keep the people on file. Whoever works on a
/// case sees those who are part of it. Two people of one name stay two until somebody says who is who.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Add(Add),
    /// List the people on file you may see
    List,
    Show(Show),
    Amend(Amend),
    Link(Link),
    Unlink(Unlink),
    Same(Same),
    /// Show who looked at somebody on file or at records about them, when and why
    ///
    /// Those who work here stand with their role, and with their names only where you may know who has an
    /// account; assessors always with their names.
    Looked(Which),
}

#[derive(Debug, clap::Args)]
struct Which {
    /// Their id
    person: String,
}

/// Put somebody on file
///
/// Where somebody of the same name is on file, you are told: say with `person same` whether they are one
/// person. Nothing is ever merged.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  strongroom person add --name \"Zofia Wiśniewska\" --born 2019-03-02
  strongroom person add --name \"Олена Коваленко\" --romanised \"Olena Kovalenko\" \\
    --contact phone=\"01632 960 001\" --confidential d_abcdefgh:address=\"12 Invented Road\"")]
struct Add {
    /// Their name, in their own script
    #[arg(long, value_name = "NAME")]
    name: String,
    #[command(flatten)]
    fields: Fields,
}

/// Show somebody on file
#[derive(Debug, clap::Args)]
struct Show {
    /// Their id
    person: String,
    /// An earlier version of what is on file [default: the newest]
    #[arg(long, value_name = "NUMBER", value_parser = crate::cli::number::<u32>)]
    version: Option<u32>,
}

/// Correct what is on file of somebody
///
/// Each flag replaces what was there of its sort, all of it. The earlier version stays.
#[derive(Debug, clap::Args)]
struct Amend {
    /// Their id
    person: String,
    /// Another name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    fields: Fields,
    /// Why it is corrected
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Say what part somebody has in a case
///
/// From then on whoever works on the case sees them, and every alert is shown before anything of the case
/// opens. Said again, it takes the place of what was said before, alerts included.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  strongroom person link d_abcdefgh c_abcdefgh --role parent --alert \"May not meet the mother\"")]
struct Link {
    /// Their id
    person: String,
    /// The case's id
    case: String,
    /// As what
    #[arg(long, value_name = "ROLE", value_parser = part_parser())]
    role: Part,
    /// What whoever opens anything of the case has to know first; repeat for more
    #[arg(long, value_name = "TEXT")]
    alert: Vec<String>,
    /// Anything else about their part, such as who may attend
    #[arg(long, value_name = "TEXT")]
    about: Option<String>,
}

/// Say that somebody is no part of a case any more
///
/// What is on file of them is closed to those who work on the case.
#[derive(Debug, clap::Args)]
struct Unlink {
    /// Their id
    person: String,
    /// The case's id
    case: String,
    /// Why
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Say whether two on file are one person
///
/// It is kept with both, and changes neither.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  strongroom person same d_abcdefgh d_ijklmnop
  strongroom person same --not d_abcdefgh d_ijklmnop --reason \"Born in other years\"")]
struct Same {
    /// They are two people
    #[arg(long, requires = "reason")]
    not: bool,
    /// One
    #[arg(value_name = "PERSON")]
    one: String,
    /// The other
    #[arg(value_name = "OTHER")]
    other: String,
    /// How you know; needed with --not
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

/// Parses what part somebody has.
pub(crate) fn part_parser() -> impl clap::builder::TypedValueParser<Value = Part> {
    PossibleValuesParser::new(Part::ALL.iter().map(|part| part.word()))
        .try_map(|word| Part::from_word(&word).ok_or("no such role"))
}

pub(crate) fn run(args: Args, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    with_desk(ask, out, |desk, out| match args.command {
        Command::Add(args) => change::add(&args, desk, out),
        Command::List => show::list(desk, out),
        Command::Show(args) => show::show(&args, (desk, ask), out),
        Command::Amend(args) => change::amend(&args, (desk, ask), out),
        Command::Link(args) => change::link(&args, (desk, ask), out),
        Command::Unlink(args) => change::unlink(&args, (desk, ask), out),
        Command::Same(args) => change::same(&args, (desk, ask), out),
        Command::Looked(which) => {
            let id = resolve::person(desk, ask, &which.person)?;
            looked::print(&desk.looks_at_person(&id)?, out)
        }
    })
}
