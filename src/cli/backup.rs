//! `strongroom backup`: copies of the vault somewhere else, and proof that they are of use.

use std::path::Path;
use std::path::PathBuf;

use serde_json::Value;
use serde_json::json;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::out::Out;
use crate::cli::progress::Bar;
use crate::cli::reach;
use crate::cli::reach::Way;
use crate::cli::session;
use crate::cli::session::with_keeper_at;
use crate::cli::table::Table;
use crate::desk::DeskError;
use crate::ids::BackupId;
use crate::keeper::backup::BackupDone;
use crate::keeper::backup::BackupError;
use crate::keeper::backup::looking;
use crate::keeper::backup::noted::Noted;
use crate::keeper::backup::noted::Rehearsed;
use crate::keeper::keyring::Keyring;
use crate::keeper::rehearse::RehearsalDone;
use crate::records::dates;
use crate::store::backup::size;

/// Copy the vault to another place, and see that the copies are of use
///
/// A backup holds no key: it opens only with the vault's keys, which are kept apart. Once keys were changed, what
/// was backed up before opens nothing any more, so the newest backup is the one that counts.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make a backup in a folder, while others go on working
    ///
    /// Only what is not there yet is copied, then it is read back. Needs nobody signed in. Where a keeper serves the
    /// vault, it makes the backup, in a folder that its own account can write. With --json: id, at, generation, size,
    /// root, bytes, copied (bytes that were not there before), `same_disk` (as the vault), dir.
    To(Place),
    /// List the backups in a folder, the newest first
    ///
    /// With --vault it also says which still open, and how their rehearsals went. With --json: a list of id, at,
    /// generation, size, bytes, opens, rehearsed (at, failed).
    List(Place),
    /// Read every byte of a backup and check it as a vault is checked
    ///
    /// With --vault or --keys its signatures are checked with the vault's own key, and its keys are opened. With
    /// --json: ok, id, at, generation, size, root, bytes, `own_key`, opened.
    Verify(Verify),
    /// Restore the newest backup to a scratch folder, open it, and take the folder away again
    ///
    /// How it went is written down. Needs nobody signed in; --vault names the vault whose keys open it. With --json:
    /// ok, id, at, `rehearsed_at`, generation, size, bytes.
    Rehearse(Place),
}

#[derive(Debug, clap::Args)]
struct Place {
    /// The folder that keeps the backups: on another disk, a stick, a mounted share
    dir: PathBuf,
}

#[derive(Debug, clap::Args)]
struct Verify {
    /// The folder that keeps the backups
    dir: PathBuf,
    /// Which backup [default: the newest]
    #[arg(long, value_name = "BACKUP")]
    backup: Option<String>,
}

pub(crate) fn run(args: Args, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    match args.command {
        Command::To(args) => to(&args.dir, ask, out),
        Command::List(args) => list(&args.dir, ask, out),
        Command::Verify(args) => verify(&args, ask, out),
        Command::Rehearse(args) => rehearse(&args.dir, ask, out),
    }
}

fn to(dir: &Path, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    let bar = Bar::bytes(out, "Backing up", 0);
    let mut told = |done, whole| bar.at(done, whole);
    let made = match reach::way(ask)? {
        Way::Keeper(client) => {
            ask.no_clock_to_move()?;
            client
                .back_up(&absolute(dir)?, &mut told)
                .map_err(DeskError::from)?
        }
        Way::Files(paths) => with_keeper_at(&paths, ask, out, |keeper, _| {
            Ok(keeper.back_up(dir, &mut told))
        })?,
    };
    bar.clear();
    let done = made.map_err(|error| failed(error, dir))?;
    if out.json() {
        return out.document(&document(&done, dir));
    }
    let words = format!(
        "The backup {} was made in {}: {}, of which {} were not there before. It was read back, and it holds \
         everything up to now.",
        done.id,
        dir.display(),
        size(done.bytes),
        size(done.copied),
    );
    out.done(None, &words);
    if done.same_disk {
        out.warning(
            "the backup is on the same disk as the vault, and lost with it; keep another one elsewhere",
        );
    }
    Ok(())
}

fn document(done: &BackupDone, dir: &Path) -> Value {
    json!({
        "id": done.id,
        "at": done.at.to_string(),
        "generation": done.generation,
        "size": done.size,
        "root": done.root,
        "bytes": done.bytes,
        "copied": done.copied,
        "same_disk": done.same_disk,
        "dir": dir,
    })
}

fn list(dir: &Path, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    let kept = looking::list(dir).map_err(|error| failed(error, dir))?;
    let noted = noted(ask, out)?;
    let generation = ask
        .keys_if_named()
        .and_then(|keys| Keyring::at(&keys).seen().ok()?);
    let generation = generation.map(|seen| seen.generation);
    let opens = |of: u32| generation.map(|now| of == now);
    let here = absolute(dir)?.canonicalize().unwrap_or_default();
    let rehearsed = noted
        .as_ref()
        .and_then(|noted| noted.at(&here.to_string_lossy()));
    let rehearsed = rehearsed.and_then(|note| note.rehearsed.as_ref());
    if out.json() {
        let whole = kept.manifests.iter().map(|one| {
            let of_this = rehearsed.filter(|rehearsed| rehearsed.id == one.id);
            json!({
                "id": one.id,
                "at": one.at.to_string(),
                "generation": one.generation,
                "size": one.size,
                "bytes": one.bytes(),
                "opens": opens(one.generation),
                "rehearsed": of_this.map(rehearsal),
            })
        });
        return out.document(&Value::Array(whole.collect()));
    }
    let mut table = Table::new(&["BACKUP", "WHEN", "ENTRIES", "SIZE", "OPENS", "REHEARSED"]);
    for one in &kept.manifests {
        let of_this = rehearsed.filter(|rehearsed| rehearsed.id == one.id);
        table.row(&[
            out.id(&one.id),
            dates::people_moment(one.at),
            one.size.to_string(),
            size(one.bytes()),
            opens(one.generation)
                .map_or("", |yes| if yes { "yes" } else { "no more" })
                .to_owned(),
            of_this.map_or_else(String::new, in_words),
        ]);
    }
    out.table(&table, "There is no backup that can be read.");
    for (name, what) in &kept.bad {
        out.warning(&format!("`{name}` cannot be read: {what}"));
    }
    Ok(())
}

fn rehearsal(rehearsed: &Rehearsed) -> Value {
    json!({ "at": rehearsed.at.to_string(), "failed": rehearsed.failed })
}

fn in_words(rehearsed: &Rehearsed) -> String {
    let at = dates::people_moment(rehearsed.at);
    match rehearsed.failed {
        None => at,
        Some(_) => format!("{at}, failed"),
    }
}

/// What the vault remembers of its backups, where it is named and can be asked.
fn noted(ask: &Ask, out: &mut Out) -> Result<Option<Noted>, CliError> {
    if ask.vault_if_named().is_none() {
        return Ok(None);
    }
    let noted = match reach::way(ask)? {
        Way::Keeper(client) => client.backups().map_err(DeskError::from)?,
        Way::Files(paths) => with_keeper_at(&paths, ask, out, |keeper, _| {
            keeper.backups().map_err(session::stopped)
        })?,
    };
    Ok(Some(noted))
}

fn verify(args: &Verify, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    ask.no_clock_to_move()?;
    let wanted = args.backup.as_deref().map(backup_id).transpose()?;
    let keys = ask.keys_if_named();
    let bar = Bar::bytes(out, "Reading", 0);
    let whole = looking::verify(&args.dir, wanted, keys.as_deref(), &mut |done, whole| {
        bar.at(done, whole);
    });
    bar.clear();
    let whole = whole.map_err(|error| failed(error, &args.dir))?;
    let one = &whole.manifest;
    if out.json() {
        return out.document(&json!({
            "ok": true,
            "id": one.id,
            "at": one.at.to_string(),
            "generation": one.generation,
            "size": one.size,
            "root": one.root,
            "bytes": one.bytes(),
            "own_key": whole.own_key,
            "opened": whole.opened,
        }));
    }
    let keys = match (whole.opened, whole.own_key) {
        (true, _) => "Its keys open with the key of the vault.",
        (false, true) => "The key that opens it is not there, so whether it opens was not tried.",
        (false, false) => {
            "Its signatures were checked with the key that stands in the backup itself; name the vault with --vault \
             to check them with its own, and to open it."
        }
    };
    let words = format!(
        "The backup {} of {} is whole: {}, every byte what was written. {keys}",
        one.id,
        dates::people_moment(one.at),
        size(one.bytes()),
    );
    out.done(None, &words);
    Ok(())
}

fn rehearse(dir: &Path, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    let bar = Bar::bytes(out, "Rehearsing", 0);
    let mut told = |done, whole| bar.at(done, whole);
    let made = match reach::way(ask)? {
        Way::Keeper(client) => {
            ask.no_clock_to_move()?;
            client
                .rehearse(&absolute(dir)?, &mut told)
                .map_err(DeskError::from)?
        }
        Way::Files(paths) => with_keeper_at(&paths, ask, out, |keeper, _| {
            Ok(keeper.rehearse(dir, &mut told))
        })?,
    };
    bar.clear();
    let RehearsalDone { backup, at } = made.map_err(|error| {
        failed(error, dir).hint(
            "the rehearsal failed, and that is written down; make a new backup, and rehearse it",
        )
    })?;
    if out.json() {
        return out.document(&json!({
            "ok": true,
            "id": backup.id,
            "at": backup.at.to_string(),
            "rehearsed_at": at.to_string(),
            "generation": backup.generation,
            "size": backup.size,
            "bytes": backup.bytes,
        }));
    }
    let words = format!(
        "The backup {} of {} was restored to a scratch folder, opened and gone through, and the folder is gone \
         again. It would bring everything back that was there then.",
        backup.id,
        dates::people_moment(backup.at),
    );
    out.done(None, &words);
    Ok(())
}

/// A backup's id, as it was typed.
pub(crate) fn backup_id(text: &str) -> Result<BackupId, CliError> {
    let unknown = |_| {
        CliError::refused("no-backup", format!("there is no backup {text} there"))
            .hint("see which there are: strongroom backup list DIR")
    };
    text.parse().map_err(unknown)
}

fn absolute(dir: &Path) -> Result<PathBuf, CliError> {
    std::path::absolute(dir).map_err(|error| CliError::file("use the folder", dir, &error))
}

/// Why it was not done.
pub(crate) fn failed(error: BackupError, dir: &Path) -> CliError {
    match error {
        BackupError::Refused(code, says) => {
            let full = code == "full";
            let error = CliError::refused(code, format!("{says}: `{}`", dir.display()));
            if full {
                return error.hint("make space there, and try again; earlier backups are as they were");
            }
            error
        }
        BackupError::Busy(says) => CliError::busy(says),
        BackupError::Damaged(says) => CliError::damaged(says)
            .hint("change nothing there, and use another backup; see which there are: strongroom backup list DIR"),
        BackupError::NoKeys(says) => {
            CliError::refused("no-keys", says).hint("--keys says where the vault's keys are")
        }
        BackupError::WentBack(says) => CliError::went_back(says),
        BackupError::Fork(says) => CliError::fork(says),
        BackupError::Failed(says) => CliError::refused("file", says),
    }
}
