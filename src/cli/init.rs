//! `strongroom init`: a new vault.

use std::path::Path;
use std::path::PathBuf;

use serde_json::json;

use crate::cli::ask;
use crate::cli::ask::Ask;
use crate::cli::ask::NewPassphrase;
use crate::cli::due::nations;
use crate::cli::fail::CliError;
use crate::cli::file;
use crate::cli::interrupt;
use crate::cli::out::Out;
use crate::clock::SystemClock;
use crate::desk;
use crate::desk::Created;
use crate::desk::Init;
use crate::keeper::Paths;
use crate::records::words::Nation;

/// Make a new vault
///
/// The first administrator becomes a coordinator. With --passphrase-file their passphrase is the one in
/// that file; without it, five words are made up and shown once. The secret that gives the vault back
/// after a disaster is split among the trustees: any two of them can bring it together.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  strongroom init centre --centre \"Riverside Contact Centre\" --admin moira
  strongroom init centre --centre Riverside --admin moira \\
      --trustee \"Farhana Akter\" --trustee \"Owen Rees\" --trustee \"Mei Lin\" --shares /media/stick/shares")]
pub(crate) struct Args {
    /// The new vault's folder; its keys go to DIR.keys
    dir: PathBuf,
    /// The centre's name
    #[arg(long, value_name = "NAME")]
    centre: String,
    /// Whose bank holidays it keeps
    #[arg(long, value_name = "NATION", default_value = Nation::EnglandAndWales.word(),
        value_parser = nations())]
    nation: Nation,
    /// The first administrator's handle: 2 to 32 of a-z, 0-9 and -
    #[arg(long, value_name = "USER")]
    admin: String,
    /// Their name, in their own letters [default: the handle]
    #[arg(long, value_name = "NAME")]
    admin_name: Option<String>,
    /// A trustee who keeps a share, and, if they have one, the age recipient to lock it with; repeat for each
    #[arg(long = "trustee", value_name = "NAME[=RECIPIENT]")]
    trustees: Vec<String>,
    /// Where the shares and the trustees' sheets are written [default: DIR.shares]
    #[arg(long, value_name = "DIR")]
    shares: Option<PathBuf>,
    /// Whether destroying, releasing and the like always need a second person
    #[arg(long, value_name = "MODE", value_enum, default_value_t)]
    two_person: TwoPerson,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum TwoPerson {
    /// They do
    #[default]
    Required,
    /// Not while nobody else is there who could agree; each such act is marked
    Single,
}

pub(crate) fn run(args: Args, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    ask.no_clock_to_move()?;
    desk::found::names(&args.centre, &args.admin, args.admin_name.as_deref())?;
    let paths = ask.vault_at(&args.dir);
    let shares = args
        .shares
        .clone()
        .unwrap_or_else(|| ask::beside(&args.dir, ".shares"));
    file::unused(&paths.dir)?;
    file::unused(&paths.keys)?;
    if inside(&shares, &paths) {
        let says = "the shares cannot lie in the folder of the vault or of its keys";
        return Err(CliError::refused("shares", says).hint("name another folder with --shares"));
    }
    let own = ask.first_passphrase()?;
    let there = shares.exists();
    if !args.trustees.is_empty() {
        // Before anything is made, so that the only copies of the shares have somewhere to go.
        file::private_folder(&shares)?;
    }
    interrupt::watch();
    let NewPassphrase {
        passphrase,
        generated,
    } = own;
    let shown = generated.then(|| passphrase.expose().to_owned());
    let init = Init {
        centre: args.centre,
        nation: args.nation,
        admin: args.admin.clone(),
        admin_name: args.admin_name,
        passphrase,
        trustees: args.trustees.iter().map(|trustee| split(trustee)).collect(),
        two_person_single: args.two_person == TwoPerson::Single,
        demo: false,
        clock: Box::new(SystemClock),
    };
    out.note("Making keys. This takes a few seconds.");
    let made = desk::create(&paths, &init).map_err(CliError::from);
    let made = made.and_then(|created| Ok((write_shares(&created, &shares)?, created)));
    if made.is_err() && !there {
        // Empty, or it stays.
        drop(std::fs::remove_dir(&shares));
    }
    let (written, created) = made?;
    let made = Made {
        paths: &paths,
        created: &created,
        centre: &init.centre,
        nation: init.nation,
        admin: &args.admin,
        shares: &written,
        passphrase: shown.as_deref(),
    };
    if out.json() {
        made.document(out)
    } else {
        made.page(out);
        Ok(())
    }
}

/// A trustee as typed: their name, and their recipient if there is one.
pub(crate) fn split(trustee: &str) -> (String, Option<String>) {
    match trustee.split_once('=') {
        Some((name, recipient)) => (name.to_owned(), Some(recipient.to_owned())),
        None => (trustee.to_owned(), None),
    }
}

/// Writes shares and sheets, each for its owner's eyes only. A vault whose shares cannot be written could not be
/// brought back after a disaster: it is taken away again, with what was written.
pub(crate) fn write_shares(created: &Created, dir: &Path) -> Result<Vec<PathBuf>, CliError> {
    let shares = created
        .shares
        .iter()
        .map(|(name, bytes)| (name, bytes.as_slice()));
    let sheets = created
        .sheets
        .iter()
        .map(|(name, text)| (name, text.expose().as_bytes()));
    let mut written = Vec::new();
    for (name, bytes) in shares.chain(sheets) {
        let path = dir.join(name);
        if let Err(error) = file::secret(&path, bytes) {
            for path in &written {
                // Best effort: without the vault they open nothing.
                drop(std::fs::remove_file(path));
            }
            created.take_back();
            return Err(error.hint("nothing was made: a vault needs its trustees' shares"));
        }
        written.push(path);
    }
    Ok(written)
}

/// Whether the shares would lie where a copy of the vault, or its keys, takes them along.
pub(crate) fn inside(shares: &Path, paths: &Paths) -> bool {
    let whole = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let shares = whole(shares);
    [&paths.dir, &paths.keys]
        .iter()
        .any(|folder| shares.starts_with(whole(folder)))
}

struct Made<'a> {
    paths: &'a Paths,
    created: &'a Created,
    centre: &'a str,
    nation: Nation,
    admin: &'a str,
    shares: &'a [PathBuf],
    passphrase: Option<&'a str>,
}

impl Made<'_> {
    fn document(&self, out: &mut Out) -> Result<(), CliError> {
        let mut document = json!({
            "vault": self.paths.dir,
            "keys": self.paths.keys,
            "admin": { "id": self.created.admin, "handle": self.admin },
            "verification_key": self.created.vkey,
            "root_fingerprint": self.created.root_fingerprint,
            "shares": self.shares,
        });
        if let (Some(words), Some(object)) = (self.passphrase, document.as_object_mut()) {
            object.insert("passphrase".to_owned(), words.into());
        }
        out.document(&document)
    }

    fn page(&self, out: &mut Out) {
        let dir = self.paths.dir.display();
        out.heading(&format!("The vault is ready: {dir}"));
        out.gap();
        out.facts(&[
            ("Centre", self.centre.trim().to_owned()),
            ("Bank holidays", self.nation.to_string()),
            (
                "Administrator",
                format!("{} ({})", self.admin, self.created.admin),
            ),
            ("Keys", self.paths.keys.display().to_string()),
            ("Verification key", self.created.vkey.clone()),
            ("Root fingerprint", self.created.root_fingerprint.clone()),
        ]);
        if let Some(words) = self.passphrase {
            out.gap();
            out.heading("Your passphrase, shown this once");
            out.gap();
            out.verbatim(&format!("  {words}"));
        }
        out.gap();
        out.heading("What to keep, and where");
        out.gap();
        out.items(&self.advice());
        out.gap();
        out.say("Next:");
        out.verbatim(&format!(
            "  strongroom --vault {dir} --as {} user add HANDLE --role ROLE",
            self.admin
        ));
    }

    fn advice(&self) -> Vec<String> {
        let mut lines = vec![
            "Print the verification key and the root fingerprint; the trustees keep a copy. With \
             these two lines anyone can check later that history was not rewritten."
                .to_owned(),
            format!(
                "Keep `{}` on this machine only, readable by the account that runs the vault. Copy it \
                 into no backup of `{}`: together they are the vault.",
                self.paths.keys.display(),
                self.paths.dir.display()
            ),
        ];
        lines.push(if self.shares.is_empty() {
            "No trustees were named, so nobody can bring the vault back if every passphrase or the \
             keys are lost. For real records, make the vault with --trustee."
                .to_owned()
        } else {
            "Give each trustee their sheet and the share files it names, each in another place. Then \
             remove the shares folder from this machine."
                .to_owned()
        });
        lines
    }
}
