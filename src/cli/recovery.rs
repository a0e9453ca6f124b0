//! `strongroom recovery`: the trustees' key and who holds shares of it.

mod rehearse;

use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::path::PathBuf;

use serde_json::json;
use zeroize::Zeroizing;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::file;
use crate::cli::init;
use crate::cli::out::Out;
use crate::cli::reach;
use crate::cli::reach::Named;
use crate::cli::recovery::rehearse::Rehearse;
use crate::cli::session::with_desk;
use crate::desk::Desk;
use crate::desk::DeskError;
use crate::sealing::Plain;
use crate::sealing::Recovered;
use crate::sealing::SecretText;
use crate::sealing::Shares;
use crate::sealing::words_on;

/// More than any share, sheet or opened share has.
const LONGEST: usize = 64 * 1024;

/// Rehearse with the trustees, or change who holds shares of their recovery key
///
/// Any two trustees together can bring back what everybody else has lost. The commands here need two of the present
/// trustees: a file of the two, and the words on both their sheets.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Make new share files and sheets of the same recovery key
    ///
    /// For a sheet that is worn or files that are lost, where nobody else can have them. The old files and sheets
    /// stay good for whoever has them. If a trustee leaves, or a sheet was lost or seen, use `recovery rotate`.
    #[command(after_help = HELP)]
    Shares(Held),
    /// Give the trustees a new recovery key, with new shares
    ///
    /// When a trustee leaves or joins, or a sheet was lost or seen. What the old key could open ends at once here,
    /// and for old copies with the next turn of the vault's keys; colleagues' desks seal everything to the new key
    /// when they sign in (`errands` shows what waits). Until then the trustees cannot bring that back from this
    /// vault: keep the old shares, and the last backup, until nothing waits and the keys have been turned. Then
    /// destroy the old ones.
    #[command(after_help = HELP)]
    Rotate(Held),
    /// Rehearse with two trustees, or see when they last did
    ///
    /// Beside each share file lies one whose name ends in .rehearsal.age, under the same two locks: who opens it could
    /// have opened the share, and it holds no key. When both layers are off, the vault writes down which two it was
    /// and when; `doctor` advises when that is a year ago.
    ///
    /// The words are those that open the share, so type them only at a computer both trust. Better still, each types
    /// them at their own: the first takes their layer off with --out, the second finishes with --inner, and both
    /// sheets' words never meet. A layer that is sealed to a trustee's own key is taken off with age.
    #[command(after_help = REHEARSE_HELP)]
    Rehearse(Rehearse),
}

const HELP: &str = "\
The words are asked for, first those of the trustee whose name comes first in the share file's name. Do this at a
computer that both trustees trust.

Example:
  strongroom --vault centre --as moira recovery rotate --share Ada-Ben.age \\
      --trustee Ada --trustee Mei --trustee Owen --to /media/stick/new-shares";

const REHEARSE_HELP: &str = "\
Examples:
  strongroom --vault centre --as moira recovery rehearse --share Ada-Ben.rehearsal.age
  strongroom recovery rehearse --share Ada-Ben.rehearsal.age --out inner.age
  strongroom --vault centre --as moira recovery rehearse --inner inner.age
  strongroom --vault centre --as moira recovery rehearse --opened rehearsal.txt
  strongroom --vault centre --as moira recovery rehearse";

/// Two present trustees.
#[derive(Debug, clap::Args)]
#[group(id = "pair", multiple = true)]
pub(crate) struct PairArgs {
    /// The share file of two present trustees
    #[arg(long, value_name = "FILE")]
    share: Option<PathBuf>,
    /// Read the words on a trustee's sheet from FILE, instead of asking; give it twice, in the order of the share
    /// file's name
    #[arg(long = "sheet", value_name = "FILE", requires = "share")]
    sheets: Vec<PathBuf>,
    /// What both layers of a share held, as age wrote it: for trustees with keys of their own
    #[arg(long, value_name = "FILE", conflicts_with = "share")]
    opened: Option<PathBuf>,
}

/// Two present trustees, and who is to hold shares.
#[derive(Debug, clap::Args)]
struct Held {
    #[command(flatten)]
    pair: PairArgs,
    /// A trustee from now on, and, if they have one, the age recipient to lock theirs with; two to five
    #[arg(long = "trustee", value_name = "NAME[=RECIPIENT]", required = true)]
    trustees: Vec<String>,
    /// Where the new shares and sheets are written; a new folder
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

pub(crate) fn run(args: Args, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    match args.command {
        Command::Shares(held) => shares(&held, ask, out),
        Command::Rotate(held) => rotate(&held, ask, out),
        Command::Rehearse(args) => rehearse::run(&args, ask, out),
    }
}

fn rotate(held: &Held, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    let (old, trustees) = held.begin(ask)?;
    with_desk(ask, out, |desk, out| {
        let mut new = desk.new_recovery(&old, &trustees)?;
        let written = write(&new.shares, &held.to)?;
        let rotated = match desk.rotate_recovery(&old, &mut new) {
            Ok(rotated) => rotated,
            Err(error) if changed_nothing(&error) => {
                take_back(&written, &held.to);
                return Err(error.into());
            }
            Err(error) => {
                let hint = "it is not known whether the vault has the new key: keep the old shares and the new ones, \
                            and try again with the old; if these are called an older set, the new key counts";
                return Err(CliError::from(error).hint(hint));
            }
        };
        // What it does not do now waits for the next sign-in.
        let errands = desk.run_errands().unwrap_or_default();
        if out.json() {
            return out.document(&json!({
                "shares": written,
                "sealed_here": rotated.sealed_here,
                "unopened": rotated.unopened,
                "errands": errands,
            }));
        }
        out.heading("The trustees have a new recovery key.");
        out.gap();
        let mut lines = vec![
            format!(
                "Give each trustee their sheet and the share files it names, from `{}`. Then remove that folder.",
                held.to.display()
            ),
            "Colleagues' desks seal what they can open to the new key when they sign in: `strongroom errands` shows \
             what waits."
                .to_owned(),
            "When nothing waits, turn the vault's keys, make a backup, and have the old sheets and share files \
             destroyed. Until then keep them apart from the new ones: the backup before this opens with them alone."
                .to_owned(),
        ];
        if rotated.unopened > 0 {
            lines.push(format!(
                "{} keys that only the trustees could have opened did not open. They stay as they are: whoever made \
                 them sealed nothing useful. `strongroom access check` says more.",
                rotated.unopened
            ));
        }
        out.items(&lines);
        Ok(())
    })
}

/// Whether the keeper has said no, so that it cannot have the new key.
fn changed_nothing(error: &DeskError) -> bool {
    matches!(
        error,
        DeskError::Denied { .. }
            | DeskError::Refused { .. }
            | DeskError::Unknown
            | DeskError::Busy(_)
    )
}

fn shares(held: &Held, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    let (old, trustees) = held.begin(ask)?;
    with_desk(ask, out, |desk: &mut Desk<'_>, out| {
        let shares = desk.new_shares(&old, &trustees)?;
        let written = write(&shares, &held.to)?;
        if out.json() {
            return out.document(&json!({ "shares": written }));
        }
        out.heading("There are new shares of the same recovery key.");
        out.gap();
        out.items(&[
            format!(
                "Give each trustee their sheet and the share files it names, from `{}`. Then remove that folder.",
                held.to.display()
            ),
            "Have the old sheets and share files destroyed: whoever keeps two of them can still open everything."
                .to_owned(),
        ]);
        Ok(())
    })
}

/// A trustee's name, and their recipient.
type Holder = (String, Option<String>);

impl Held {
    /// The secret of two trustees, and who is to hold shares; nothing is asked or done when the folder for the new
    /// ones will not do.
    fn begin(&self, ask: &Ask) -> Result<(Recovered, Vec<Holder>), CliError> {
        file::unused(&self.to)?;
        if let Named::Folder(paths) = reach::named(ask)?
            && init::inside(&self.to, &paths)
        {
            let says = "the shares cannot lie in the folder of the vault or of its keys";
            return Err(CliError::refused("shares", says).hint("name another folder with --to"));
        }
        let old = self.pair.recovered(ask)?;
        let trustees = self.trustees.iter().map(|one| init::split(one));
        Ok((old, trustees.collect()))
    }
}

impl PairArgs {
    /// Whether anything of it was given.
    pub(crate) fn is_given(&self) -> bool {
        self.share.is_some() || self.opened.is_some()
    }

    /// What the two bring together.
    pub(crate) fn recovered(&self, ask: &Ask) -> Result<Recovered, CliError> {
        let wrong = |says: String| CliError::refused("share", says);
        if let Some(opened) = &self.opened {
            let text = Plain::new(read(opened)?.to_vec());
            return Recovered::parse(&text).map_err(|error| wrong(error.to_string()));
        }
        let share = self.share.as_deref().ok_or_else(|| {
            CliError::usage("no share was named").hint("give it with --share FILE")
        })?;
        let share = read(share)?;
        let (first, second) = both_words(&self.sheets, ask)?;
        Recovered::open(&share, &first, &second).map_err(|error| wrong(error.to_string()))
    }
}

/// The words of both trustees, from their sheets or as they type them.
fn both_words(sheets: &[PathBuf], ask: &Ask) -> Result<(SecretText, SecretText), CliError> {
    match sheets {
        [] => Ok((
            ask.words("The words of the trustee who comes first in the file's name: ")?,
            ask.words("The words of the other trustee: ")?,
        )),
        [first, second] => Ok((words(first)?, words(second)?)),
        _ => Err(CliError::usage(
            "give --sheet twice, once for each of the two trustees",
        )),
    }
}

/// The words on a trustee's sheet.
///
/// # Errors
/// Refused, when it cannot be read or is no sheet.
pub(crate) fn words(sheet: &Path) -> Result<SecretText, CliError> {
    let bytes = read(sheet)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| {
        let says = format!("`{}` is not a trustee's sheet", sheet.display());
        CliError::refused("sheet", says)
    })?;
    Ok(words_on(text))
}

/// A file, as long as a share can be.
///
/// # Errors
/// Refused, when it cannot be read.
pub(crate) fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, CliError> {
    start_of(path, LONGEST)
}

/// The first bytes of a file, as many as are asked for.
fn start_of(path: &Path, length: usize) -> Result<Zeroizing<Vec<u8>>, CliError> {
    let unreadable = |error| CliError::file("read", path, &error);
    let mut bytes = Zeroizing::new(Vec::with_capacity(length));
    let file = File::open(path).map_err(unreadable)?;
    file.take(length as u64)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    Ok(bytes)
}

/// Writes shares and sheets, each for its owner's eyes only.
fn write(shares: &Shares, dir: &Path) -> Result<Vec<PathBuf>, CliError> {
    file::private_folder(dir)?;
    let files = shares.files.iter();
    let files = files.map(|(name, bytes)| (name, bytes.as_slice()));
    let sheets = shares.sheets.iter();
    let sheets = sheets.map(|(name, text)| (name, text.expose().as_bytes()));
    let mut written = Vec::new();
    for (name, bytes) in files.chain(sheets) {
        let path = dir.join(name);
        if let Err(error) = file::secret(&path, bytes) {
            take_back(&written, dir);
            return Err(error.hint("nothing was changed"));
        }
        written.push(path);
    }
    Ok(written)
}

fn take_back(written: &[PathBuf], dir: &Path) {
    for path in written {
        // Best effort: no vault knows the key in them.
        drop(std::fs::remove_file(path));
    }
    drop(std::fs::remove_dir(dir));
}
