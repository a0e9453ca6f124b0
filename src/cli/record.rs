//! `strongroom record`: filing, reading and taking out.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser as _;
use serde_json::Value;
use serde_json::json;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::out::Out;
use crate::desk::Filed;
use crate::desk::ReceiptLine;
use crate::keeper::facts::Role;
use crate::records::person::Part;

mod answering;
mod check;
mod guard;
mod list;
mod read;
mod release;
mod taking;
mod write;

pub(crate) use crate::cli::record::read::document;
pub(crate) use crate::cli::record::read::page;

/// File, read and correct records; change whom one is open to
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Add(Add),
    List(List),
    Show(Show),
    /// Show what was done with a record, when and by whom
    History(Which),
    /// Show who looked at a record, when and why
    ///
    /// Those who work here stand with their role, and with their names only where you may know who has an
    /// account; assessors always with their names.
    Looked(Which),
    Amend(Amend),
    Attachment(taking::Attachment),
    Check(Check),
    Return(Return),
    Export(taking::Export),
    Print(taking::Print),
    Release(release::Release),
    Move(Move),
    Exclude(Exclude),
    Restrict(Restrict),
    Deciders(Deciders),
    Handler(Handler),
}

/// File a record
///
/// The form is JSON or TOML, as `strongroom kind template` prints it; at a terminal its fields can be asked for
/// instead. You get a receipt: proof that the record is in the vault's history.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  strongroom record add --case c_abcdefgh --kind contact-report --from report.toml
  strongroom record add --kind complaint --from complaint.json --attach letter.pdf --about moira")]
struct Add {
    /// The case it belongs to
    #[arg(long, value_name = "CASE")]
    case: Option<String>,
    /// What kind of record it is
    #[arg(long)]
    kind: String,
    /// The filled-in form; - reads it from stdin. Without it the fields are asked for, one after the other
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// A file to attach; repeat for more
    #[arg(long, value_name = "FILE")]
    attach: Vec<PathBuf>,
    /// A user the record is about: they and those who report to them cannot learn that it exists
    #[arg(long, value_name = "USER")]
    about: Vec<String>,
    /// A user who is to decide about it, where the kind has deciders
    #[arg(long, value_name = "USER")]
    decider: Vec<String>,
    /// Where the case's service does not take such records: ask a second person, and file it after their yes
    #[arg(long = "override", requires_all = ["reason", "case"])]
    overriding: bool,
    /// Why it is to be filed all the same; without anybody's name
    #[arg(long, value_name = "TEXT", requires = "overriding")]
    reason: Option<String>,
    /// Somebody on file the record is about, and as what, such as `d_abcdefgh=child`; repeat for more
    #[arg(long, value_name = "PERSON=ROLE", value_parser = subject)]
    subject: Vec<(String, Part)>,
}

/// Parses whom a record is about.
fn subject(text: &str) -> Result<(String, Part), String> {
    let found = text.rsplit_once('=');
    let found = found.and_then(|(person, role)| Some((person.to_owned(), Part::from_word(role)?)));
    found.ok_or_else(|| {
        let roles: Vec<&str> = Part::ALL.iter().map(|part| part.word()).collect();
        format!(
            "write the person and one of {}, such as d_..=child",
            roles.join(", ")
        )
    })
}

/// List the records you may see
#[derive(Debug, clap::Args)]
struct List {
    /// Only those of this case
    #[arg(long, value_name = "CASE")]
    case: Option<String>,
}

#[derive(Debug, clap::Args)]
struct Which {
    /// The record's id
    record: String,
}

/// Read a record
///
/// That you read it is written down before it opens, each time.
#[derive(Debug, clap::Args)]
struct Show {
    /// The record's id
    record: String,
    /// An earlier version [default: the newest]
    #[arg(long, value_name = "NUMBER", value_parser = crate::cli::number::<u32>)]
    version: Option<u32>,
    /// What you read it for; some kinds open only with a purpose
    #[arg(long, value_name = "PURPOSE")]
    purpose: Option<String>,
}

/// Correct a record
///
/// Adds a version; what was filed before stays and can still be read.
#[derive(Debug, clap::Args)]
struct Amend {
    /// The record's id
    record: String,
    /// The corrected form, whole; - reads it from stdin
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// Why it is corrected
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Whom it is about from now on, where that was wrong: everyone, as for record add
    #[arg(long, value_name = "PERSON=ROLE", value_parser = subject)]
    subject: Vec<(String, Part)>,
}

/// Say that a record is as it should be
///
/// For what somebody else wrote: you read it now, and sign for the very version you read. Reports are checked
/// before they leave the centre.
#[derive(Debug, clap::Args)]
struct Check {
    /// The record's id
    record: String,
}

/// Return a record to its author
///
/// For what somebody else wrote: you read it now, and they are told what to correct. An author who does not read
/// such records sees this one until it is corrected. Your words are sealed to the author.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  strongroom record return r_abcdefgh --reason \"the end time is missing\"")]
struct Return {
    /// The record's id
    record: String,
    /// What has to be corrected
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Move a record that was filed in the wrong case
///
/// It takes a second person: `strongroom proposal approve`. From then on the people of the other case have it, and
/// those of the case before do not.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  strongroom record move r_abcdefgh --to c_abcdefgh --reason \"filed under the wrong family\"")]
struct Move {
    /// The record's id
    record: String,
    /// The case it belongs to
    #[arg(long, value_name = "CASE")]
    to: String,
    /// Why; without anybody's name
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Exclude someone from a record
///
/// From now on it does not exist for them and for those who report to them, as if it had never been filed.
/// The record gets a key of its own, sealed to those who are left.
#[derive(Debug, clap::Args)]
struct Exclude {
    /// The record's id
    record: String,
    /// Handle or id
    user: String,
}

/// Keep a record to certain roles
///
/// Of those who may read it, only people of these roles still may.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  strongroom record restrict r_abcdefgh --roles safeguarding-lead,trustee")]
struct Restrict {
    /// The record's id
    record: String,
    /// The roles, with commas between
    #[arg(long, required = true, value_delimiter = ',', value_name = "ROLES",
        value_parser = PossibleValuesParser::new(Role::ALL.iter().map(|role| role.word()))
            .try_map(|word| Role::from_word(&word).ok_or("no such role")))]
    roles: Vec<Role>,
}

/// Name who decides on a record
///
/// For kinds that are read by named decision-makers: these people, and nobody else, from now on.
#[derive(Debug, clap::Args)]
struct Deciders {
    /// The record's id
    record: String,
    /// Handles or ids
    #[arg(required = true, value_name = "USER")]
    users: Vec<String>,
}

/// Give a record to somebody else to handle
///
/// For kinds such as complaints, which are read by whoever handles them: this person from now on, and not whoever did
/// before, unless their role lets them. Nobody handles what is about them or somebody in their line. Correct the form
/// afterwards (`record amend`), so that it says the same.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  strongroom record handler r_abcdefgh farhana")]
struct Handler {
    /// The record's id
    record: String,
    /// Handle or id
    user: String,
}

pub(crate) fn run(args: Args, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    match args.command {
        Command::Add(args) => write::add(&args, ask, out),
        Command::List(args) => list::list(&args, ask, out),
        Command::Show(args) => read::show(&args, ask, out),
        Command::History(which) => list::history(&which.record, ask, out),
        Command::Looked(which) => list::looked(&which.record, ask, out),
        Command::Amend(args) => write::amend(&args, ask, out),
        Command::Attachment(args) => taking::attachment(&args, ask, out),
        Command::Check(args) => check::check(&args, ask, out),
        Command::Return(args) => check::return_record(&args, ask, out),
        Command::Export(args) => taking::export(&args, ask, out),
        Command::Print(args) => taking::print(&args, ask, out),
        Command::Release(args) => release::release(&args, ask, out),
        Command::Move(args) => guard::move_record(&args, ask, out),
        Command::Exclude(args) => guard::exclude(&args, ask, out),
        Command::Restrict(args) => guard::restrict(&args, ask, out),
        Command::Deciders(args) => guard::deciders(&args, ask, out),
        Command::Handler(args) => guard::handler(&args, ask, out),
    }
}

/// A filed record and its receipt, for scripts.
pub(crate) fn filed_document(filed: &Filed) -> Value {
    json!({
        "id": filed.id,
        "receipt": receipt_document(&filed.receipt),
        "warnings": filed.warnings,
    })
}

fn receipt_document(receipt: &ReceiptLine) -> Value {
    json!({
        "index": receipt.index,
        "size": receipt.size,
        "root": receipt.root,
    })
}

fn receipt_words(receipt: &ReceiptLine) -> String {
    format!(
        "entry {} of a history of {}, root {}",
        receipt.index, receipt.size, receipt.root
    )
}
