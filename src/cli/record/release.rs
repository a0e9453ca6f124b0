//! Releasing a record to somebody outside the centre.

use std::io::Write as _;
use std::path::PathBuf;

use serde_json::Value;
use serde_json::json;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::file::NewFile;
use crate::cli::out::Out;
use crate::cli::proposal;
use crate::cli::record::taking::Looks;
use crate::cli::record::taking::taken_out;
use crate::cli::record::taking::warned;
use crate::cli::resolve;
use crate::cli::session::with_desk;
use crate::desk::ReleaseLine;
use crate::keeper::facts::Medium;
use crate::keeper::facts::Recipient;
use crate::records::dates;

/// Release a record to somebody outside
///
/// You get the copy to hand over: a PDF that says to whom it goes and by what right, or with a key of theirs an age
/// file around it. The record's history keeps to whom it went. A report leaves once somebody other than its author has
/// checked it. What is a court's goes to those alone whom an order on file names that holds today: not by one whose
/// last day is over, or whose place another took. A supported case gives dates and times. Attachments stay in the vault.
///
/// Of some kinds it takes a second person: ask for their yes with --reason, and release it after that with the same
/// words.
///
/// With --json: id, out, pages, entry, to, authority, medium, and characters that could not be set (`warnings`).
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  strongroom record release r_abcdefgh --to \"Cafcass Cymru\" --authority \"order of 28 August, paragraph 7\"
  strongroom record release r_abcdefgh --to \"Hughes and Partners=age1...\" --authority \"mother's consent\"")]
pub(crate) struct Release {
    /// The record's id
    record: String,
    /// Who is to have it, as an order names them; with = and an age key, sealed to that
    #[arg(long, value_name = "NAME[=RECIPIENT]")]
    to: String,
    /// By what right: an order's clause, parental responsibility, consent
    #[arg(long, value_name = "TEXT")]
    authority: String,
    /// Where to write the PDF [default: RECORD.pdf here]
    #[arg(long, value_name = "FILE")]
    pdf: Option<PathBuf>,
    /// Where to write the age file [default: RECORD.pdf.age here]
    #[arg(long, value_name = "FILE", conflicts_with = "pdf")]
    age: Option<PathBuf>,
    /// Ask a second person, where the kind takes two; why, without anybody's name
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["pdf", "age"])]
    reason: Option<String>,
    #[command(flatten)]
    looks: Looks,
    /// What you open it for; some kinds open only with a purpose
    #[arg(long, value_name = "PURPOSE")]
    purpose: Option<String>,
}

pub(crate) fn release(args: &Release, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    let to = recipient(args)?;
    with_desk(ask, out, |desk, out| {
        let id = resolve::record(desk, ask, &args.record)?;
        let purpose = args.purpose.as_deref();
        if let Some(reason) = &args.reason {
            let proposed = desk.propose_release(&id, &to, (reason, purpose))?;
            return proposal::done(&proposed, out);
        }
        let ending = match to.medium() {
            Medium::Paper => "pdf",
            Medium::Sealed => "pdf.age",
        };
        let path = args.pdf.clone().or_else(|| args.age.clone());
        let path = path.unwrap_or_else(|| PathBuf::from(format!("{id}.{ending}")));
        // Before anything is released: what is released and cannot be written is lost to whoever waits for it.
        let mut file = NewFile::begin(&path)?;
        let made = desk.release(&id, &to, purpose, &args.looks.look())?;
        let written = match &to.key {
            Some(key) => {
                desk.seal_for(std::slice::from_ref(key), &made.printed.pdf, &mut file)?;
                Ok(())
            }
            None => file.write_all(&made.printed.pdf),
        };
        written.map_err(|error| CliError::file("write", &path, &error))?;
        file.keep()?;
        let beside = json!({
            "to": to.name,
            "authority": to.authority,
            "medium": to.medium().word(),
            "pages": made.printed.pages,
            "entry": made.receipt.index,
            "warnings": warned(&made, out),
        });
        taken_out(&id, &path, beside, out)
    })
}

/// Who is to have it: a name, and behind the last `=` their key.
fn recipient(args: &Release) -> Result<Recipient, CliError> {
    let keyed = args.to.rsplit_once('=');
    let keyed = keyed.filter(|(_, key)| key.trim().starts_with("age1"));
    let (name, key) = match keyed {
        Some((name, key)) => (name, Some(key.trim().to_owned())),
        None => (args.to.as_str(), None),
    };
    let wrong = match &key {
        None if args.age.is_some() => Some((
            "an age file is sealed to a key, and none is named",
            "write --to NAME=age1..., or --pdf for paper",
        )),
        Some(_) if args.pdf.is_some() => Some((
            "a copy that is sealed to a key is no PDF",
            "write --age FILE, or leave the key out for paper",
        )),
        _ => None,
    };
    if let Some((says, hint)) = wrong {
        return Err(CliError::usage(says).hint(hint));
    }
    Ok(Recipient {
        name: name.trim().to_owned(),
        authority: args.authority.trim().to_owned(),
        key,
    })
}

/// One release, in a line.
pub(crate) fn words(one: &ReleaseLine) -> String {
    let order = one.facts.order.map(|order| format!("; named in {order}"));
    format!(
        "version {} to {}, {}; {}{}; {} by {}, entry {}",
        one.facts.version,
        one.facts.to,
        dates::people_moment(one.facts.at),
        one.facts.authority,
        order.unwrap_or_default(),
        one.facts.medium.word(),
        one.by,
        one.facts.entry
    )
}

/// The same for scripts.
pub(crate) fn document(one: &ReleaseLine) -> Value {
    json!({
        "to": one.facts.to,
        "authority": one.facts.authority,
        "order": one.facts.order,
        "version": one.facts.version,
        "medium": one.facts.medium.word(),
        "at": one.facts.at.to_string(),
        "by": one.by,
        "entry": one.facts.entry,
    })
}
