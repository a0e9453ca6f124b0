//! `strongroom restore`: a vault back from a backup.

use std::path::PathBuf;

use serde_json::Value;
use serde_json::json;

use crate::cli::ask::Ask;
use crate::cli::backup::backup_id;
use crate::cli::backup::failed;
use crate::cli::fail::CliError;
use crate::cli::out::Out;
use crate::cli::progress::Bar;
use crate::cli::recovery::PairArgs;
use crate::keeper::Paths;
use crate::keeper::restore;
use crate::keeper::restore::Restored;
use crate::keeper::restore::Restoring;
use crate::records::dates;
use crate::store::backup::size;

/// Bring a vault back from a backup, into a new folder
///
/// Every byte is compared with what was written. A backup that is older than anybody here has seen the vault is
/// refused, with what to do instead: what was removed does not come back, and nothing that was acknowledged is lost
/// without a word. The keys are expected beside the new folder, or where --keys says.
///
/// Where entries are lost for good, two trustees can decide to go on without them: with --new-ledger and their share the
/// history continues under a new name and key, says what is lost, and every computer that has seen more tells its person
/// so once. Use it last, after every backup and the old disk have been tried.
///
/// Needs nobody signed in. With --json: id, at, generation, size, taken (entries from the old disk), gaps (whether
/// something of it could not be read), bytes, opened, dir, keys; `new_ledger` where one was begun
/// ({number, size, lost, origin}).
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  strongroom restore /mnt/stick/centre --into /srv/centre-2 --keys /srv/centre.keys
  strongroom restore /mnt/stick/centre --into /srv/centre-2 --keys /srv/centre.keys --with /mnt/old-disk/centre
  strongroom restore /mnt/stick/centre --into /srv/centre-2 --keys /srv/centre.keys --new-ledger --share Ada-Ben.age")]
pub(crate) struct Args {
    /// The folder that keeps the backups
    dir: PathBuf,
    /// The folder to make; it must not exist yet, or be empty
    #[arg(long, value_name = "DIR")]
    into: PathBuf,
    /// Which backup [default: the newest]
    #[arg(long, value_name = "BACKUP")]
    backup: Option<String>,
    /// The old vault's folder, as far as it can be read: what was entered after the backup is taken from it
    #[arg(long, value_name = "DIR")]
    with: Option<PathBuf>,
    /// A signed head that a computer elsewhere remembers of the vault: the backup must reach it too
    #[arg(long, value_name = "FILE")]
    remembered: Vec<PathBuf>,
    /// Go on without entries that are lost for good, in a new ledger that two trustees vouch for
    #[arg(long, requires = "pair")]
    new_ledger: bool,
    #[command(flatten)]
    pair: PairArgs,
}

pub(crate) fn run(args: Args, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    ask.no_clock_to_move()?;
    if args.pair.is_given() && !args.new_ledger {
        let says = "a share is for beginning a new ledger";
        return Err(CliError::usage(says).hint("add --new-ledger, or leave the share out"));
    }
    let into = ask.vault_at(&args.into);
    let mut beside: Vec<PathBuf> = ask
        .vault_if_named()
        .map(|paths| paths.dir)
        .into_iter()
        .collect();
    beside.extend(restore::vault_of_keys(&into.keys).filter(|dir| *dir != into.dir));
    beside.dedup();
    let what = Restoring {
        from: args.dir.clone(),
        backup: args.backup.as_deref().map(backup_id).transpose()?,
        with: args.with,
        remembered: args.remembered,
        beside,
        state: ask.memory().map(ToOwned::to_owned),
        into,
    };
    let decided = args
        .new_ledger
        .then(|| args.pair.recovered(ask))
        .transpose()?;
    let bar = Bar::bytes(out, "Restoring", 0);
    let restored = restore::restore(&what, decided.as_ref(), &mut |done, whole| {
        bar.at(done, whole);
    });
    bar.clear();
    let restored = restored.map_err(|error| failed(error, &args.dir))?;
    if out.json() {
        return out.document(&document(&restored, &what.into));
    }
    say(&restored, &what.into, out);
    Ok(())
}

fn entries(count: u64) -> String {
    format!("{count} {}", if count == 1 { "entry" } else { "entries" })
}

fn document(restored: &Restored, into: &Paths) -> Value {
    let mut document = json!({
        "id": restored.id,
        "at": restored.at.to_string(),
        "generation": restored.generation,
        "size": restored.size,
        "taken": restored.taken,
        "gaps": restored.gaps,
        "bytes": restored.bytes,
        "opened": restored.opened,
        "dir": into.dir,
        "keys": into.keys,
    });
    if let (Some(said), Some(document)) = (&restored.anew, document.as_object_mut()) {
        let said = json!({
            "number": said.number,
            "size": said.size,
            "lost": said.lost(),
            "origin": said.name(),
        });
        document.insert("new_ledger".to_owned(), said);
    }
    document
}

fn say(restored: &Restored, into: &Paths, out: &mut Out) {
    let words = format!(
        "The vault is back in {} from the backup {} of {}: {}, every byte what was written.",
        into.dir.display(),
        restored.id,
        dates::people_moment(restored.at),
        size(restored.bytes),
    );
    out.done(None, &words);
    if restored.taken > 0 {
        out.say(&format!(
            "{} entries made after the backup were taken from the old disk.",
            restored.taken
        ));
    }
    if restored.gaps {
        out.warning(
            "not every attachment of the old disk could be read; those filed after the backup may be missing",
        );
    }
    if let Some(said) = &restored.anew {
        out.warning(&format!(
            "{} are lost. The history goes on with the {} before them, in a new ledger that the trustees' root key \
             vouches for",
            entries(said.lost()),
            said.size
        ));
        out.items(&[
            "Tell everybody who works with the vault: their computer says once what it had seen and is lost. What \
             they filed since then has to be filed again."
                .to_owned(),
            "Make a backup now, in a new folder if this one refuses it: those made before are of the ledger that \
             ended."
                .to_owned(),
            "Keep the old disk and this backup as they are.".to_owned(),
        ]);
    }
    if restored.opened {
        out.say("It was opened with its keys, and says in its own history that it was restored.");
    } else {
        out.warning(&format!(
            "it was not opened: its keys are not in `{}`; put them there, or recover them with the trustees",
            into.keys.display()
        ));
    }
}
