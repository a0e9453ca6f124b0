//! `strongroom access`: who can open what, by keys and by policy.

use serde_json::Value;
use serde_json::json;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::out::Out;
use crate::cli::resolve;
use crate::cli::session::with_desk;
use crate::cli::table::Table;
use crate::desk::AccessChecked;
use crate::desk::AccessLine;
use crate::keeper::message::access::Difference;

/// See and check who can open what
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Compare who holds a key with whom the policy lets read, over the whole vault
    ///
    /// Names each difference. A key that only waits to be sealed on is no difference, and is counted apart
    /// (strongroom errands). Records that are not yours to know of are left out.
    Check,
    /// Show who can open a record
    Who(Which),
    /// Show which records someone can open
    Of(Whose),
}

#[derive(Debug, clap::Args)]
struct Which {
    /// The record's id
    record: String,
}

#[derive(Debug, clap::Args)]
struct Whose {
    /// Handle or id
    user: String,
}

pub(crate) fn run(args: Args, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    with_desk(ask, out, |desk, out| match args.command {
        Command::Check => check(&desk.check_access()?, out),
        Command::Who(which) => {
            let id = resolve::record(desk, ask, &which.record)?;
            lines(&desk.who_may_read(&id)?, "USER", out)
        }
        Command::Of(whose) => lines(&desk.access_of(&whose.user)?, "RECORD", out),
    })
}

fn check(checked: &AccessChecked, out: &mut Out) -> Result<(), CliError> {
    if out.json() {
        let differences: Vec<Value> = checked.differences.iter().map(document).collect();
        return out.document(&json!({
            "differences": differences,
            "errands": checked.errands,
            "tried": checked.tried,
        }));
    }
    let mut table = Table::new(&["RECORD", "USER", "KEYS", "POLICY", "WHAT IS WRONG"]);
    for one in &checked.differences {
        table.row(&[
            one.record.map(|record| out.id(&record)).unwrap_or_default(),
            one.user.clone().unwrap_or_default(),
            one.keys.clone(),
            one.policy.clone(),
            one.says.clone(),
        ]);
    }
    out.table(&table, "Keys and policy agree.");
    if checked.errands > 0 {
        out.gap();
        out.say(&format!(
            "Keys that wait to be sealed on: {}. See what waits: strongroom errands",
            checked.errands
        ));
    }
    Ok(())
}

fn document(one: &Difference) -> Value {
    json!({
        "record": one.record,
        "user": one.user,
        "keys": one.keys,
        "policy": one.policy,
        "says": one.says,
    })
}

fn lines(lines: &[AccessLine], of: &'static str, out: &mut Out) -> Result<(), CliError> {
    if out.json() {
        let documents: Vec<Value> = lines
            .iter()
            .map(|line| {
                json!({
                    "record": line.record,
                    "user": line.user,
                    "keys": yes(line.keys),
                    "policy": yes(line.policy),
                    "says": line.says,
                })
            })
            .collect();
        return out.document(&documents);
    }
    let mut table = Table::new(&[of, "KEYS", "POLICY", "WHY"]);
    for line in lines {
        let name = if of == "USER" {
            line.user.clone()
        } else {
            out.id(&line.record)
        };
        let (keys, policy) = (yes(line.keys).to_owned(), yes(line.policy).to_owned());
        table.row(&[name, keys, policy, line.says.clone()]);
    }
    out.table(&table, "Nobody and nothing, as far as you may know.");
    Ok(())
}

const fn yes(is: bool) -> &'static str {
    if is { "yes" } else { "no" }
}
