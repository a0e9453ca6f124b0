//! `strongroom demo`: a small invented centre to try things on.

use std::path::PathBuf;

use serde_json::json;

use crate::cli::ask::Ask;
use crate::cli::demo::build::Built;
use crate::cli::demo::centre::Centre;
use crate::cli::fail::CliError;
use crate::cli::interrupt;
use crate::cli::out::Out;
use crate::cli::progress::Bar;
use crate::cli::session::with_keeper_at;
use crate::records::dates;

mod build;
mod centre;
mod happen;
mod history;
mod on_file;
mod people;
mod tour;

/// Make a small invented centre to try things on
///
/// Everybody and everything in it is invented. Its people sign in with the passphrases in DIR.signin;
/// what happened there goes back to 2019, and its clock shows 2 November 2026 and runs on. Never use it for real records. At the end it prints
/// commands to try.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  strongroom demo
  strongroom demo /tmp/try --no-serve")]
pub(crate) struct Args {
    /// The new vault's folder; keys, sign-ins and trustees' shares stand beside it
    #[arg(default_value = "strongroom-demo")]
    dir: PathBuf,
    /// Only make the vault; start no server
    #[arg(long)]
    no_serve: bool,
}

pub(crate) fn run(args: &Args, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    let paths = ask.vault_at(&args.dir);
    let centre = Centre::builtin()?;
    interrupt::watch();
    interrupt::done_so_far(format!(
        "Stopped. The demo is not whole; remove {}* and make it again.",
        args.dir.display()
    ));
    let bar = Bar::per_cent(out, "Making the demo centre");
    let built = build::build(&paths, &centre, &mut |done, total| bar.share(done, total));
    bar.clear();
    let built = built?;
    if ask.at().is_some() {
        with_keeper_at(&paths, ask, out, |_, _| Ok(()))?;
    }
    let stops = tour::stops(&built, ask.environment());
    if out.json() {
        return out.document(&document(&built, &centre, &stops));
    }
    page(&built, &centre, out)?;
    tour::page(&stops, out);
    Ok(())
}

fn document(built: &Built, centre: &Centre, stops: &[tour::Stop]) -> serde_json::Value {
    let users: Vec<_> = centre
        .people
        .iter()
        .map(|person| {
            json!({
                "handle": person.handle,
                "role": person.role.word(),
                "passphrase_file": built.signin.join(&person.handle),
            })
        })
        .collect();
    let cases = keyed(&built.cases);
    let people = keyed(&built.people);
    let records: Vec<_> = built
        .records
        .iter()
        .map(|(form, id)| json!({ "id": id, "form": form }))
        .collect();
    json!({
        "vault": built.paths.dir,
        "keys": built.paths.keys,
        "signin": built.signin,
        "shares": built.shares,
        "users": users,
        "cases": cases,
        "people": people,
        "records": records,
        "tour": tour::document(stops),
    })
}

/// What was made, by the keys the data give it.
fn keyed<T: serde::Serialize>(made: &[(String, T)]) -> Vec<serde_json::Value> {
    let each = |(key, id): &(String, T)| json!({ "id": id, "key": key });
    made.iter().map(each).collect()
}

fn page(built: &Built, centre: &Centre, out: &mut Out) -> Result<(), CliError> {
    out.heading(&format!(
        "The demo centre is ready: {}",
        built.paths.dir.display()
    ));
    out.gap();
    out.say(&format!(
        "{} and everybody in it are invented. Its history begins on {}; its clock shows {} and runs on. \
         Never use it for real records: its passphrases lie in {}.",
        centre.about.name,
        dates::people_moment(centre.founded()?),
        dates::people_moment(centre.present()?),
        built.signin.display()
    ));
    out.gap();
    out.say("Try these, one after the other:");
    Ok(())
}
