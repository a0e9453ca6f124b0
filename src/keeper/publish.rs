//! The ledger's static files for third parties: derived from the journal, never the truth. Written at a
//! clean stop, before an export, and whenever enough entries have gathered.

use std::path::Path;
use std::path::PathBuf;

use crate::keeper::Keeper;
use crate::keeper::Paths;
use crate::keeper::Stopped;
use crate::keeper::keyring::Keyring;
use crate::keeper::keyring::Seen;
use crate::keeper::line::EachFile;
use crate::keeper::line::LineError;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::ledger::LeafIndex;
use crate::ledger::Opening;
use crate::ledger::proof::LogProof;
use crate::ledger::tiles::TilesError;
use crate::ledger::tiles::write::Publisher;

/// Entries read at a time.
const BUNDLE: usize = 256;
/// The newest signed head's file.
const CHECKPOINT: &str = "checkpoint";
/// In the names of partial tiles: at most one for each row of tiles.
const PARTIAL: &str = ".p/";
/// The folder of the tiles that hold entries.
const ENTRIES: &str = "entries";

impl Vault {
    /// Brings the static directory up to the newest head.
    pub(crate) fn publish(&self) -> Result<Publisher, Broken> {
        let keys = [self.head.verifier()];
        let failed = |error: TilesError| Broken::Ledger(error.to_string());
        // What is there is derived: if it does not fit the journal it is written again from the start.
        let opened = Publisher::open(&self.ledger_dir, &keys);
        let mut publisher = match opened {
            Ok(publisher) if publisher.size().get() <= self.head.size() => publisher,
            _ => Publisher::afresh(&self.ledger_dir, &keys).map_err(failed)?,
        };
        let Some(checkpoint) = self.head.checkpoint() else {
            return Ok(publisher);
        };
        let done = publisher.publish(self.leaves_from(publisher.size().get())?, checkpoint);
        if done.is_err() {
            publisher = Publisher::afresh(&self.ledger_dir, &keys).map_err(failed)?;
            publisher
                .publish(self.leaves_from(0)?, checkpoint)
                .map_err(failed)?;
        }
        Ok(publisher)
    }

    fn leaves_from(&self, from: u64) -> Result<Vec<Vec<u8>>, Broken> {
        let mut leaves = Vec::new();
        let mut next = from;
        while next < self.head.size() {
            let more = self
                .store
                .leaves(next, BUNDLE)
                .map_err(|error| Broken::Store(error.to_string()))?;
            if more.is_empty() {
                break;
            }
            next = next.saturating_add(more.len() as u64);
            leaves.extend(more);
        }
        Ok(leaves)
    }

    /// Publishes the genesis entry's opening: it holds no personal data.
    pub(crate) fn publish_genesis(&self) -> Result<(), Broken> {
        let failed = |error: TilesError| Broken::Ledger(error.to_string());
        let publisher = self.publish()?;
        let opening: &Opening = self.openings.get(&0).ok_or(Broken::Detail)?;
        publisher
            .disclose(LeafIndex::new(0), opening)
            .map_err(failed)?;
        if let Some(checkpoint) = self.head.checkpoint() {
            publisher.keep(checkpoint).map_err(failed)?;
        }
        publisher.sync().map_err(failed)
    }

    /// The proof of an entry, as a C2SP tlog-proof.
    pub(crate) fn proof(&self, index: u64) -> Result<String, Broken> {
        let entry = self
            .store
            .leaves(index, 1)
            .map_err(|error| Broken::Store(error.to_string()))?;
        let checkpoint = self.head.checkpoint().ok_or(Broken::Detail)?;
        let proof = LogProof {
            entry: entry.into_iter().next().ok_or(Broken::Detail)?,
            index: LeafIndex::new(index),
            inclusion: self.head.inclusion(index)?,
            checkpoint: checkpoint.note().to_owned(),
        };
        Ok(proof.to_text())
    }

    /// How far the vault has come, as the file beside the keys remembers it.
    fn seen(&self) -> Option<Seen> {
        let head = self.head.checkpoint()?.head();
        Some(Seen {
            generation: self.store.head().generation,
            size: head.size.get(),
            root: head.root.to_string(),
        })
    }

    /// Ends cleanly.
    pub(crate) fn close(self, paths: &Paths) -> Result<(), Stopped> {
        let tiles = self.publish().map(drop);
        let words = |error: &dyn std::fmt::Display| Stopped(error.to_string());
        if let Some(seen) = self.seen() {
            Keyring::at(&paths.keys)
                .remember(&seen)
                .map_err(|error| words(&error))?;
        }
        self.store.close().map_err(|error| words(&error))?;
        tiles.map_err(Stopped::from)
    }
}

/// A file of the static directory.
pub(crate) struct StaticFile {
    /// Its path below the folder, `/` between the parts.
    pub(crate) name: String,
    content: Content,
}

enum Content {
    /// Small, and may be another or gone by the time it is read.
    Held(Vec<u8>),
    At(PathBuf),
}

impl StaticFile {
    /// Reads it with `each`.
    pub(crate) fn read_with(self, each: &mut EachFile<'_>) -> Result<(), LineError> {
        match self.content {
            Content::Held(bytes) => each(&self.name, &mut bytes.as_slice())?,
            Content::At(path) => each(&self.name, &mut std::fs::File::open(path)?)?,
        }
        Ok(())
    }
}

impl Keeper {
    /// Brings the static directory up to date, and lists it. Whatever the head in this list needs stays
    /// readable, although the next publishing takes partial tiles away that have been filled.
    pub(crate) fn static_files(&self, entries: bool) -> Result<Vec<StaticFile>, LineError> {
        let folder = self.paths().dir.join("ledger");
        self.run(move |vault| -> Result<Vec<StaticFile>, LineError> {
            vault.publish().map_err(Stopped::from)?;
            let head = folder.join(CHECKPOINT);
            let mut files = Vec::new();
            if head.exists() {
                files.push(StaticFile {
                    name: CHECKPOINT.to_owned(),
                    content: Content::Held(std::fs::read(&head)?),
                });
            }
            list(&folder, "", entries, &mut files)?;
            Ok(files)
        })?
    }
}

/// Lists a static directory in the order of names, with or without the folders that hold entries.
fn list(
    folder: &Path,
    prefix: &str,
    entries: bool,
    files: &mut Vec<StaticFile>,
) -> std::io::Result<()> {
    let mut found: Vec<_> = std::fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    found.sort_by_key(std::fs::DirEntry::file_name);
    for entry in found {
        // INVARIANT: every name in a static directory is plain ASCII that this program chose.
        let Ok(word) = entry.file_name().into_string() else {
            continue;
        };
        let name = format!("{prefix}{word}");
        if name == CHECKPOINT || (word == ENTRIES && !entries) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            list(&entry.path(), &format!("{name}/"), entries, files)?;
        } else {
            let content = if prefix.contains(PARTIAL) {
                Content::Held(std::fs::read(entry.path())?)
            } else {
                Content::At(entry.path())
            };
            files.push(StaticFile { name, content });
        }
    }
    Ok(())
}
