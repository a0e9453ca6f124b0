//! The command line: `strongroom [GLOBAL] NOUN VERB [ARGS]`.
//!
//! One file per command group holds its arguments and does its work; `out` is the only place that
//! prints, `fail` the only one that knows exit codes, `environment` the only one that reads the
//! environment, `ask` the only one that asks a person. Absent on purpose: any rule about who may do what. That is the keeper's.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::CommandFactory as _;
use clap::FromArgMatches as _;
use clap::Parser;
use clap::Subcommand;

use crate::cli::ask::Ask;
use crate::cli::ask::Global;
use crate::cli::environment::Environment;
use crate::cli::fail::CliError;
use crate::cli::out::Out;

mod access;
mod ask;
mod audit;
mod backup;
mod breakglass;
mod bug;
mod case;
mod check_in;
mod demo;
mod doctor;
mod due;
mod environment;
mod errands;
mod export;
mod fail;
mod file;
mod find;
mod generate;
mod grant;
mod import;
mod index;
mod init;
mod interrupt;
mod keeper;
mod kind;
mod looked;
mod notices;
mod out;
mod person;
mod policy;
mod progress;
mod proposal;
mod reach;
mod record;
mod recovery;
mod resolve;
mod restore;
mod session;
mod table;
mod team;
mod tty;
mod user;
mod vault;

const ABOUT: &str = "An encrypted vault for the case records of a child contact centre";

const LONG_ABOUT: &str = "\
An encrypted vault for the case records of a child contact centre.

Staff file contact reports, complaints and DBS records. Only the people a record is meant for can open \
it, and every opening is written down where nobody can change it afterwards.";

const EXAMPLES: &str = "\
Examples:
  strongroom demo                             Make a small invented centre to try things on
  strongroom init centre --centre \"Riverside Contact Centre\" --admin moira
  strongroom --vault centre --as moira case list
  strongroom record show --help               What a command does, and its flags

Set STRONGROOM_VAULT and STRONGROOM_USER to leave out --vault and --as.

Exit codes:
  0  done
  1  refused: something about what was given, or the state it meets
  2  the command was not understood
  3  not allowed, or no such thing that you may see
  4  damaged or altered
  5  busy, try again
  6  two histories: somebody shows different people different pasts
  7  history went back: something that was there is gone
  70 a bug in strongroom";

#[derive(Debug, Parser)]
#[command(
    name = "strongroom",
    version,
    about = ABOUT,
    long_about = LONG_ABOUT,
    after_help = EXAMPLES,
    arg_required_else_help = true,
    subcommand_required = true,
    disable_help_subcommand = true,
    max_term_width = 100
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Args),
    Demo(demo::Args),
    User(user::Args),
    Team(team::Args),
    Case(case::Args),
    Person(person::Args),
    Kind(kind::Args),
    Record(record::Args),
    Find(find::Args),
    Import(import::Args),
    Export(export::Args),
    Grant(grant::Args),
    Proposal(proposal::Args),
    Vault(vault::Args),
    Recovery(recovery::Args),
    Access(access::Args),
    Errands(errands::Args),
    Due(due::Due),
    Calendar(due::Calendar),
    CheckIn(check_in::Args),
    Audit(audit::Args),
    Breakglass(breakglass::Args),
    Policy(policy::Args),
    Backup(backup::Args),
    Restore(restore::Args),
    Doctor(doctor::Args),
    Keeper(keeper::Args),
    Index(index::Args),
    Completions(generate::Completions),
    Man(generate::Man),
}

/// The whole command line, as help pages, completions and the reference are made from it.
pub fn command() -> clap::Command {
    Cli::command()
}

/// A whole number, for arguments that count something.
fn number<T: std::str::FromStr>(text: &str) -> Result<T, &'static str> {
    text.parse()
        .map_err(|_| "it must be a whole number, such as 12")
}

/// Parses the arguments, does what they say, prints what came of it.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    // Where the system will not keep memory out of dumps, work goes on: it is the last line, not the first.
    drop(crate::sealing::harden_process());
    bug::guard(out::json_wanted(&arguments), || match parse(&arguments) {
        Ok(cli) => begin(cli),
        Err(code) => code,
    })
}

fn begin(cli: Cli) -> ExitCode {
    let environment = Environment::read();
    let mut out = Out::new(&cli.global, &environment);
    let ask = Ask::new(cli.global, environment);
    let result = dispatch(cli.command, &ask, &mut out);
    out.finish(result)
}

fn dispatch(command: Command, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    match command {
        Command::Init(args) => init::run(args, ask, out),
        Command::Demo(args) => demo::run(&args, ask, out),
        Command::User(args) => user::run(args, ask, out),
        Command::Team(args) => team::run(args, ask, out),
        Command::Case(args) => case::run(args, ask, out),
        Command::Person(args) => person::run(args, ask, out),
        Command::Kind(args) => kind::run(&args, ask, out),
        Command::Record(args) => record::run(args, ask, out),
        Command::Find(args) => find::run(&args, ask, out),
        Command::Import(args) => import::run(&args, ask, out),
        Command::Export(args) => export::run(&args, ask, out),
        Command::Grant(args) => grant::run(args, ask, out),
        Command::Proposal(args) => proposal::run(args, ask, out),
        Command::Vault(args) => vault::run(args, ask, out),
        Command::Recovery(args) => recovery::run(args, ask, out),
        Command::Access(args) => access::run(args, ask, out),
        Command::Errands(args) => errands::run(&args, ask, out),
        Command::Due(args) => due::due(&args, ask, out),
        Command::CheckIn(args) => check_in::run(&args, ask, out),
        Command::Calendar(args) => due::calendar_file(&args, ask, out),
        Command::Audit(args) => audit::run(args, ask, out),
        Command::Breakglass(args) => breakglass::run(args, ask, out),
        Command::Policy(args) => policy::run(&args, ask, out),
        Command::Backup(args) => backup::run(args, ask, out),
        Command::Restore(args) => restore::run(args, ask, out),
        Command::Doctor(args) => doctor::run(&args, ask, out),
        Command::Keeper(args) => keeper::run(&args, ask, out),
        Command::Index(args) => index::run(&args, ask, out),
        Command::Completions(args) => generate::completions(&args, ask, out),
        Command::Man(args) => generate::man(&args, ask, out),
    }
}

/// The parsed command line; or, where there is nothing to do, the exit code after help or a usage error.
fn parse(arguments: &[OsString]) -> Result<Cli, ExitCode> {
    let colour = out::colour_wanted(arguments);
    let parsed = command()
        .color(colour)
        .try_get_matches_from(arguments)
        .and_then(|matches| Cli::from_arg_matches(&matches));
    parsed.map_err(|error| {
        if error.use_stderr() {
            out::usage_error(&error, out::json_wanted(arguments))
        } else {
            out::help(&error)
        }
    })
}
