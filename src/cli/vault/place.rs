//! `strongroom vault place`: where shares of the vault's keys and its backups lie.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::builder::TypedValueParser as _;
use serde_json::Value;
use serde_json::json;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::out::Out;
use crate::cli::session::with_desk;
use crate::cli::table::Table;
use crate::keeper::facts::PlaceUse;
use crate::keeper::places::PlaceLine;

/// Name the places where backups and shares of the vault's keys lie
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Add(Add),
    Remove(Remove),
    /// See the places, and whether they answer
    List,
}

/// Name a folder outside the vault: on a stick, a second disk, another computer's share
///
/// Of three places `--for escrow` any two bring the vault's keys back together with two trustees, and one
/// alone nothing; each gets its share at the next turn. In a place `--for backup` each turn makes a backup
/// before it destroys the old key.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  strongroom vault place add blue-stick /media/blue --for escrow")]
struct Add {
    /// A name of your own for it
    name: String,
    /// The folder, on the computer that has the vault
    dir: PathBuf,
    /// What it is for
    #[arg(long = "for", value_name = "USE",
        value_parser = PossibleValuesParser::new(PlaceUse::ALL.iter().map(|one| one.word()))
            .try_map(|word| PlaceUse::from_word(&word).ok_or("no such use")))]
    what: PlaceUse,
}

/// Take a place out of use
///
/// If it cannot be reached any more, destroy it: the certificate of the next turn says that its share is
/// outstanding.
#[derive(Debug, clap::Args)]
struct Remove {
    /// Its name
    name: String,
}

pub(super) fn run(args: Args, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    with_desk(ask, out, |desk, out| {
        let places = match args.command {
            Command::Add(add) => {
                let dir = std::path::absolute(&add.dir)
                    .map_err(|error| CliError::file("find", &add.dir, &error))?;
                let places = desk.add_place(&add.name, &dir.to_string_lossy(), add.what)?;
                advise(&places, &add, out);
                places
            }
            Command::Remove(remove) => {
                let places = desk.remove_place(&remove.name)?;
                out.note("Run `strongroom vault turn` to have the keys split anew among the places that are left.");
                places
            }
            Command::List => desk.places()?,
        };
        show(&places, out)
    })
}

fn advise(places: &[PlaceLine], added: &Add, out: &Out) {
    let own = places.iter().find(|place| place.name == added.name);
    if own.is_some_and(|place| !place.apart) {
        out.warning(
            "this folder is on the same disk as the vault, and would be lost with it; a stick or a second disk \
             is better",
        );
    }
    if added.what == PlaceUse::Escrow {
        let escrow = places.iter().filter(|place| place.what == PlaceUse::Escrow);
        out.note(match escrow.count() {
            1 => "One place alone is no escrow: name two more, each with another person.",
            2 => "Run `strongroom vault turn` to have the keys split. With a third place, one may be lost.",
            _ => "Run `strongroom vault turn` to have the keys split among them.",
        });
    }
}

fn show(places: &[PlaceLine], out: &mut Out) -> Result<(), CliError> {
    if out.json() {
        let all: Vec<Value> = places.iter().map(document).collect();
        return out.document(&all);
    }
    let mut table = Table::new(&["NAME", "FOR", "FOLDER", "ANSWERS", "OWN DISK", "SHARE"]);
    let word = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    for place in places {
        table.row(&[
            place.name.clone(),
            place.what.to_string(),
            place.dir.clone(),
            word(place.answers),
            word(place.apart),
            match place.what {
                PlaceUse::Escrow => word(place.has_share),
                PlaceUse::Backup => String::new(),
            },
        ]);
    }
    out.table(&table, "No places are named.");
    Ok(())
}

fn document(place: &PlaceLine) -> Value {
    json!({
        "name": place.name,
        "for": place.what,
        "dir": place.dir,
        "answers": place.answers,
        "own_disk": place.apart,
        "has_share": place.has_share,
    })
}
