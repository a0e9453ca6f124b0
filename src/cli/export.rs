//! `strongroom export --all`: everything one person may open, taken out at once, for a successor or a handover.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;

use serde_json::Value;
use serde_json::json;
use sha2::Digest as _;
use sha2::Sha256;

use crate::bytes::hex;
use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::file;
use crate::cli::file::NewFile;
use crate::cli::interrupt;
use crate::cli::out::Out;
use crate::cli::progress::Bar;
use crate::cli::session::with_desk;
use crate::desk::CardLine;
use crate::desk::Desk;
use crate::desk::DeskError;
use crate::ids::RecordId;

/// The list of what was taken out, sealed as the rest is: titles are content.
const MANIFEST: &str = "manifest.age";

/// Take out everything you may open
///
/// For a successor, or to hand over to whoever commissioned the service. Each record becomes one standard age file in the
/// folder, a tar with its form, attachments, signed manifests and proof, as `record export` makes them; each is an entry
/// of its own. A manifest, sealed to the same recipients, lists them with their cases and titles, and what a rule kept
/// back. Stopped half-way, the same command goes on: a record that is there in its present version is not exported again.
///
/// With --json: out, exported, already (files that were there) and `left_out` [{id, rule}].
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  strongroom export --all --to age1pq1... --out handover --purpose \"handover to the county\"
  age -d -i successor.txt handover/manifest.age")]
pub(crate) struct Args {
    /// Everything; there is no other choice yet
    #[arg(long, required = true)]
    all: bool,
    /// Whose key opens the files: an age recipient; several are possible
    #[arg(long, value_name = "RECIPIENT", required = true)]
    to: Vec<String>,
    /// The folder to write to; a new one, or one this command has begun for the same recipients
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// What it is for; some records ask for that
    #[arg(long)]
    purpose: Option<String>,
}

/// What came of it.
#[derive(Default)]
struct Done {
    exported: Vec<Value>,
    already: usize,
    left_out: Vec<Value>,
}

pub(crate) fn run(args: &Args, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    args.begin()?;
    with_desk(ask, out, |desk, out| {
        let titles: BTreeMap<String, Option<String>> = desk
            .cases()?
            .into_iter()
            .map(|case| (case.id.to_string(), case.title))
            .collect();
        let cards = desk.every_record(None)?;
        let bar = Bar::per_cent(out, "Exporting");
        let mut done = Done::default();
        for (at, card) in cards.iter().enumerate() {
            let taken = args.take(desk, card, &titles, &mut done);
            if taken.is_err() {
                bar.clear();
            }
            taken?;
            bar.share(at + 1, cards.len());
            interrupt::done_so_far(format!(
                "Stopped. What is in {} is whole; run the same command again for the rest.",
                args.out.display()
            ));
        }
        bar.clear();
        args.list(desk, &done)?;
        say(args, &done, out)
    })
}

impl Args {
    /// Makes the folder, or insists that this command made what is in it, for the same recipients.
    fn begin(&self) -> Result<(), CliError> {
        let dir = &self.out;
        let lines = self.to.iter().flat_map(|one| [one.as_str(), "\n"]);
        let named: String = lines.collect();
        let list = dir.join(RECIPIENTS);
        if !dir.exists() {
            file::private_folder(dir)?;
            return file::secret(&list, named.as_bytes());
        }
        let unreadable = |error: io::Error| CliError::file("read the folder", dir, &error);
        let mut empty = true;
        for entry in fs::read_dir(dir).map_err(unreadable)? {
            let name = entry.map_err(unreadable)?.file_name();
            empty = false;
            if !name.to_str().is_some_and(is_ours) {
                let says = format!("`{}` has other files in it", dir.display());
                return Err(CliError::refused("exists", says).hint("name a new folder with --out"));
            }
        }
        if empty {
            return file::secret(&list, named.as_bytes());
        }
        if fs::read_to_string(&list).is_ok_and(|there| there == named) {
            return Ok(());
        }
        let says = format!(
            "what is in `{}` was begun for other recipients",
            dir.display()
        );
        Err(CliError::refused("exists", says).hint("name a new folder with --out"))
    }

    /// Exports one record, unless its present version is there.
    fn take(
        &self,
        desk: &mut Desk<'_>,
        card: &CardLine,
        titles: &BTreeMap<String, Option<String>>,
        done: &mut Done,
    ) -> Result<(), CliError> {
        let id = card.id.to_string();
        let name = format!("{id}-{}.age", card.version);
        let path = self.out.join(&name);
        let sha256 = if path.exists() {
            done.already += 1;
            digest(&path)?
        } else {
            let mut file = Hashed {
                file: NewFile::begin(&path)?,
                sha256: Sha256::new(),
            };
            match desk.export(&id, &self.to, self.purpose.as_deref(), &mut file) {
                Ok(_) => {}
                Err(DeskError::Denied { rule, .. }) => {
                    done.left_out.push(json!({ "id": id, "rule": rule }));
                    return Ok(());
                }
                // It is not there any more, or not for this person: no more can be said.
                Err(DeskError::Unknown) => return Ok(()),
                Err(other) => return Err(other.into()),
            }
            let sha256 = hex(&file.sha256.finalize());
            file.file.keep()?;
            sha256
        };
        let case = card.case.map(|case| case.to_string());
        let title = case
            .as_ref()
            .and_then(|case| titles.get(case).cloned().flatten());
        done.exported.push(json!({
            "id": id,
            "file": name,
            "sha256": sha256,
            "version": card.version,
            "kind": card.kind,
            "title": card.title,
            "event_date": card.event_date,
            "case": case,
            "case_title": title,
        }));
        Ok(())
    }

    /// Writes the manifest, in the place of one that an earlier run has left.
    fn list(&self, desk: &Desk<'_>, done: &Done) -> Result<(), CliError> {
        let manifest = json!({
            "format": 1,
            "vault": desk.vault().to_string(),
            "by": desk.account().handle,
            "at": desk.now().to_string(),
            "purpose": self.purpose,
            "records": done.exported,
            "left_out": done.left_out,
        });
        let mut text = serde_json::to_vec_pretty(&manifest)
            .map_err(|error| CliError::damaged(error.to_string()))?;
        text.push(b'\n');
        let path = self.out.join(MANIFEST);
        let unwritten = |error: io::Error| CliError::file("write", &path, &error);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unwritten(error)),
            _ => {}
        }
        let mut file = NewFile::begin(&path)?;
        desk.seal_for(&self.to, &text, &mut file)?;
        file.keep()
    }
}

/// Whose keys open the files, so that a second run adds nothing for others.
const RECIPIENTS: &str = "recipients.txt";

/// The name of a record's file; whether it is one, of what is in the folder.
fn is_ours(name: &str) -> bool {
    [MANIFEST, RECIPIENTS].contains(&name)
        || name.strip_suffix(".part").is_some_and(is_ours)
        || (name.starts_with(RecordId::PREFIX)
            && Path::new(name).extension() == Some("age".as_ref()))
}

fn digest(path: &Path) -> Result<String, CliError> {
    let unreadable = |error: io::Error| CliError::file("read", path, &error);
    let mut sha256 = Sha256::new();
    io::copy(&mut fs::File::open(path).map_err(unreadable)?, &mut sha256).map_err(unreadable)?;
    Ok(hex(&sha256.finalize()))
}

/// A file whose digest is made as it is written.
struct Hashed {
    file: NewFile,
    sha256: Sha256,
}

impl Write for Hashed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.sha256.update(bytes.get(..count).unwrap_or_default());
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn say(args: &Args, done: &Done, out: &mut Out) -> Result<(), CliError> {
    if out.json() {
        return out.document(&json!({
            "out": args.out,
            "exported": done.exported.len(),
            "already": done.already,
            "left_out": done.left_out,
        }));
    }
    let words = format!(
        "{} records are in {}, sealed to the recipients you named; {} were there already. `{MANIFEST}` lists them.",
        done.exported.len(),
        args.out.display(),
        done.already
    );
    out.done(None, &words);
    if !done.left_out.is_empty() {
        out.warning(&format!(
            "{} records may not be taken out by the rules for them, and stay; the manifest names them",
            done.left_out.len()
        ));
    }
    Ok(())
}
