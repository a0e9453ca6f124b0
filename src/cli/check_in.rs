//! `strongroom check-in`: who is out alone, and who has not come back in time.

use serde_json::Value;
use serde_json::json;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::out::Out;
use crate::cli::resolve;
use crate::cli::session::with_desk;
use crate::cli::table::Table;
use crate::desk::Desk;
use crate::records::dates;

/// Say that you are out alone and that you are back; see who is out
///
/// Who has not said by their time that they are back is shown to coordinators and safeguarding leads whenever they
/// sign in. Whom to ring then is for the centre to have written down elsewhere.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Start(Start),
    /// Say that you are back
    End,
    /// Show who is out alone
    List,
}

/// Say that you are out alone
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  strongroom check-in start c_abcdefgh --until +3h")]
struct Start {
    /// The case you are out for
    case: String,
    /// When you will be back, within a day: RFC 3339 or +3h
    #[arg(long, value_name = "TIME")]
    until: String,
}

pub(crate) fn run(args: &Args, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    with_desk(ask, out, |desk, out| match &args.command {
        Command::Start(args) => {
            let until = dates::point(&args.until, desk.now(), dates::Edge::End)
                .map_err(|error| CliError::usage(format!("--until {}: {error}", args.until)))?;
            let id = resolve::case(desk, ask, &args.case)?;
            desk.start_check_in(&id, until)?;
            if out.json() {
                return out.document(&json!({ "case": id, "until": until.to_string() }));
            }
            let when = dates::people_moment(until);
            out.done(
                None,
                &format!("You are out until {when}. When you are back: strongroom check-in end"),
            );
            Ok(())
        }
        Command::End => {
            desk.end_check_in()?;
            if out.json() {
                return out.document(&json!({ "back": true }));
            }
            out.done(None, "You are back.");
            Ok(())
        }
        Command::List => list(desk, out),
    })
}

fn list(desk: &mut Desk, out: &mut Out) -> Result<(), CliError> {
    let all = desk.check_ins()?;
    if out.json() {
        let documents: Vec<Value> = all
            .iter()
            .map(|(who, one)| {
                json!({
                    "who": who,
                    "case": one.case,
                    "since": one.since.to_string(),
                    "until": one.until.to_string(),
                    "missed": one.missed,
                })
            })
            .collect();
        return out.document(&documents);
    }
    let mut table = Table::new(&["WHO", "CASE", "SINCE", "BACK BY", "MISSED"]);
    for (who, one) in &all {
        table.row(&[
            who.clone(),
            out.id(&one.case),
            dates::people_moment(one.since),
            dates::people_moment(one.until),
            if one.missed { "missed" } else { "" }.to_owned(),
        ]);
    }
    out.table(&table, "Nobody is out alone, as far as you are told.");
    Ok(())
}
