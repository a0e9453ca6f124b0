//! `strongroom user`: who has an account.

use std::path::Path;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser as _;
use serde_json::Value;
use serde_json::json;

use crate::cli::ask::Ask;
use crate::cli::ask::NewPassphrase;
use crate::cli::ask::new_passphrase;
use crate::cli::fail::CliError;
use crate::cli::out::Out;
use crate::cli::session::with_desk;
use crate::cli::table::Table;
use crate::clock::Timestamp;
use crate::desk::NewUser;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::AccountState;
use crate::keeper::facts::Role;
use crate::records::dates;

mod invite;
mod reissue;

/// Add, invite, list, suspend and end users; change your passphrase
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Add(Add),
    Invite(invite::Invite),
    Enrol(invite::Enrol),
    /// List everyone who has an account
    List,
    /// Show one account
    Show(Who),
    /// Stop an account at once
    ///
    /// From this moment nothing more is shown to them, also where they are signed in already.
    Suspend(Who),
    /// Let a suspended account work again
    Resume(Who),
    /// End the account of somebody who leaves, for good
    ///
    /// From this moment nothing more is shown to them, and their sealed keys are destroyed. Somebody who comes
    /// back gets a new account.
    Leave(Who),
    Reissue(reissue::Reissue),
    Passphrase(Change),
}

/// Add a user
///
/// Their first passphrase is the one in --new-passphrase-file; without it, five words are made up and
/// shown once. Tell it to nobody but them. They should set one of their own: strongroom user passphrase.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  strongroom user add harpreet --name \"Harpreet Kaur Dhillon\" --role staff --reports-to moira")]
struct Add {
    /// Their handle: 2 to 32 of a-z, 0-9 and -
    #[arg(value_name = "NAME")]
    handle: String,
    /// What they are at the centre
    #[arg(long, value_parser = role_parser())]
    role: Role,
    /// Their name, in their own letters [default: the handle]
    #[arg(long, value_name = "TEXT")]
    name: Option<String>,
    /// Whom they report to
    #[arg(long, value_name = "USER")]
    reports_to: Option<String>,
    /// Read their first passphrase from FILE
    #[arg(long, value_name = "FILE")]
    new_passphrase_file: Option<PathBuf>,
}

/// One of the roles.
pub(crate) fn role_parser() -> impl clap::builder::TypedValueParser<Value = Role> {
    PossibleValuesParser::new(Role::ALL.iter().map(|role| role.word()))
        .try_map(|word| Role::from_word(&word).ok_or("no such role"))
}

#[derive(Debug, clap::Args)]
struct Who {
    /// Handle or id
    user: String,
}

/// Set your own passphrase
///
/// You get new keys, too: from now on nobody who knew the old passphrase can act as you. Without
/// --new-passphrase-file you are asked; where nobody can be asked, five words are made up and shown once.
#[derive(Debug, clap::Args)]
struct Change {
    /// Read the new passphrase from FILE
    #[arg(long, value_name = "FILE")]
    new_passphrase_file: Option<PathBuf>,
}

pub(crate) fn run(args: Args, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    match args.command {
        Command::Add(args) => add(args, ask, out),
        Command::Invite(args) => invite::invite(args, ask, out),
        Command::Enrol(args) => invite::enrol(&args, ask, out),
        Command::List => list(ask, out),
        Command::Show(who) => with_desk(ask, out, |desk, out| {
            let shown = desk.shown_user(&who.user)?;
            show(&shown.facts, shown.rekey_pending, out)
        }),
        Command::Suspend(who) => with_desk(ask, out, |desk, out| {
            let account = desk.suspend_user(&who.user)?;
            changed(&account, "is suspended: nothing more is shown to them", out)
        }),
        Command::Resume(who) => with_desk(ask, out, |desk, out| {
            let account = desk.resume_user(&who.user)?;
            changed(&account, "may work again", out)
        }),
        Command::Leave(who) => with_desk(ask, out, |desk, out| {
            let account = desk.leave_user(&who.user)?;
            changed(&account, "has left: their account has ended", out)
        }),
        Command::Reissue(args) => reissue::run(&args, ask, out),
        Command::Passphrase(args) => passphrase(args.new_passphrase_file.as_deref(), ask, out),
    }
}

fn add(args: Add, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    let first = new_passphrase(args.new_passphrase_file.as_deref())?;
    let new = NewUser {
        handle: args.handle,
        name: args.name,
        role: args.role,
        reports_to: args.reports_to,
    };
    with_desk(ask, out, |desk, out| {
        let account = desk.add_user(&new, &first.passphrase)?;
        if out.json() {
            return out.document(&with_words(document(&account), &first));
        }
        let sentence = format!("Added {} as {}.", account.handle, account.role.word());
        out.done(Some(&account.id.to_string()), &sentence);
        once(
            &first,
            &format!("First passphrase of {}", account.handle),
            out,
        );
        Ok(())
    })
}

fn list(ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    with_desk(ask, out, |desk, out| {
        let accounts = desk.users()?;
        if out.json() {
            let documents: Vec<Value> = accounts.iter().map(document).collect();
            return out.document(&documents);
        }
        let mut table = Table::new(&["HANDLE", "NAME", "ROLE", "STATE", "REPORTS TO"]);
        for account in &accounts {
            let manager = accounts.iter().find(|a| Some(a.id) == account.reports_to);
            table.row(&[
                account.handle.clone(),
                account.name.clone(),
                roles(account),
                account.state.word().to_owned(),
                manager.map_or_else(String::new, |manager| manager.handle.clone()),
            ]);
        }
        out.table(&table, "There are no accounts.");
        Ok(())
    })
}

fn show(
    account: &AccountFacts,
    rekey_pending: Option<Timestamp>,
    out: &mut Out,
) -> Result<(), CliError> {
    if out.json() {
        let mut document = document(account);
        if let Some(object) = document.as_object_mut() {
            let since = rekey_pending.map(|since| since.to_string());
            object.insert("rekey_pending".to_owned(), json!(since));
        }
        return out.document(&document);
    }
    out.heading(&account.name);
    out.gap();
    let state = match account.state {
        AccountState::Unclaimed => {
            "unclaimed: may work, but not approve, until they set their own passphrase"
        }
        other => other.word(),
    };
    let mut facts = vec![
        ("Id", account.id.to_string()),
        ("Handle", account.handle.clone()),
        ("Role", roles(account)),
        ("State", state.to_owned()),
    ];
    if let Some(manager) = account.reports_to {
        facts.push(("Reports to", manager.to_string()));
    }
    if let Some(since) = rekey_pending {
        let since = dates::people_moment(since);
        facts.push(("Keys", format!("re-key pending since {since}")));
    }
    out.facts(&facts);
    Ok(())
}

pub(crate) fn changed(account: &AccountFacts, what: &str, out: &mut Out) -> Result<(), CliError> {
    if out.json() {
        return out.document(&document(account));
    }
    out.done(None, &format!("{} {what}.", account.handle));
    Ok(())
}

fn passphrase(file: Option<&Path>, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    if let Some(file) = file {
        // A file that cannot be used is said before anybody types a passphrase.
        new_passphrase(Some(file))?;
    }
    with_desk(ask, out, |desk, out| {
        let own = ask.own_new_passphrase(file)?;
        desk.change_passphrase(&own.passphrase)?;
        if out.json() {
            return out.document(&with_words(json!({ "changed": true }), &own));
        }
        out.done(None, "Your passphrase and your keys are new.");
        once(&own, "Your new passphrase", out);
        Ok(())
    })
}

/// Shows a passphrase that was made here: its owner cannot know it otherwise.
fn once(new: &NewPassphrase, whose: &str, out: &mut Out) {
    if new.generated {
        out.gap();
        out.heading(&format!("{whose}, shown this once"));
        out.gap();
        out.verbatim(&format!("  {}", new.passphrase.expose()));
    }
}

fn with_words(mut document: Value, new: &NewPassphrase) -> Value {
    if let (true, Some(object)) = (new.generated, document.as_object_mut()) {
        object.insert("passphrase".to_owned(), new.passphrase.expose().into());
    }
    document
}

/// Every role, the one they were enrolled with first.
fn roles(account: &AccountFacts) -> String {
    let words: Vec<&str> = account.roles().map(Role::word).collect();
    words.join(", ")
}

fn document(account: &AccountFacts) -> Value {
    let also: Vec<&str> = account.also.iter().map(|role| role.word()).collect();
    json!({
        "id": account.id,
        "handle": account.handle,
        "name": account.name,
        "role": account.role.word(),
        "also": also,
        "state": account.state.word(),
        "reports_to": account.reports_to,
    })
}
