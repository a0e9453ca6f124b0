//! The ledger's static files for third parties: derived from the journal, never the truth. Written at the
//! founding, before an export and at a clean stop. Beside the keys it is remembered how far the vault has come:
//! then too, and in between (`keeper/thread.rs`).

use std::path::Path;
use std::path::PathBuf;

use crate::keeper::Keeper;
use crate::keeper::Stopped;
use crate::keeper::keyring::Seen;
use crate::keeper::ledgers::SUCCESSION;
use crate::keeper::line::EachFile;
use crate::keeper::line::LineError;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::ledger::LeafIndex;
use crate::ledger::Opening;
use crate::ledger::SignedCheckpoint;
use crate::ledger::journal::disk::reason;
use crate::ledger::proof::LogProof;
use crate::ledger::tiles::write::Publisher;

/// Entries read at a time.
const BUNDLE: usize = 256;
/// The newest signed head's file.
const CHECKPOINT: &str = "checkpoint";
/// In the names of partial tiles: at most one for each row of tiles.
const PARTIAL: &str = ".p/";
/// The folder of the tiles.
const TILES: &str = "tile/";
/// The folder of the tiles that hold entries.
const ENTRIES: &str = "entries";

impl Vault {
    /// Brings the static directory up to the newest head.
    pub(crate) fn publish(&self) -> Result<Publisher, Broken> {
        let keys = [self.head.verifier()];
        // What is there is derived: if it does not fit the journal it is written again from the start.
        let opened = Publisher::open(&self.ledger_dir, &keys);
        let mut publisher = match opened {
            Ok(publisher) if publisher.size().get() <= self.head.size() => publisher,
            _ => Publisher::afresh(&self.ledger_dir, &keys).map_err(Broken::from)?,
        };
        if !self.ledgers.is_empty() {
            let text = self.ledgers.to_text();
            publisher
                .beside(SUCCESSION, text.as_bytes())
                .map_err(Broken::from)?;
        }
        let Some(checkpoint) = self.head.checkpoint() else {
            return Ok(publisher);
        };
        let done = publisher.publish(self.leaves_from(publisher.size().get())?, checkpoint);
        if done.is_err() {
            publisher = Publisher::afresh(&self.ledger_dir, &keys).map_err(Broken::from)?;
            publisher
                .publish(self.leaves_from(0)?, checkpoint)
                .map_err(Broken::from)?;
        }
        Ok(publisher)
    }

    fn leaves_from(&self, from: u64) -> Result<Vec<Vec<u8>>, Broken> {
        let mut leaves = Vec::new();
        let mut next = from;
        while next < self.head.size() {
            let more = self.store.leaves(next, BUNDLE).map_err(Broken::from)?;
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
        let publisher = self.publish()?;
        let opening: &Opening = self.openings.get(&0).ok_or(Broken::Detail)?;
        publisher
            .disclose(LeafIndex::new(0), opening)
            .map_err(Broken::from)?;
        if let Some(checkpoint) = self.head.checkpoint() {
            publisher.keep(checkpoint).map_err(Broken::from)?;
        }
        publisher.sync().map_err(Broken::from)
    }

    /// The proof of an entry, as a C2SP tlog-proof.
    pub(crate) fn proof(&self, index: u64) -> Result<String, Broken> {
        let entry = self.store.leaves(index, 1).map_err(Broken::from)?;
        let checkpoint = self.head.checkpoint().ok_or(Broken::Detail)?;
        let proof = LogProof {
            entry: entry.into_iter().next().ok_or(Broken::Detail)?,
            index: LeafIndex::new(index),
            inclusion: self.head.inclusion(index)?,
            checkpoint: checkpoint.note().to_owned(),
        };
        Ok(proof.to_text())
    }

    /// Has the file beside the keys remember how far the vault has come, if `behind` entries or more are new.
    /// Only what is durable is ever remembered, so an honest vault is never behind that file.
    ///
    /// # Errors
    /// What the system reports; nothing but the remembering is lost.
    pub(crate) fn remember(&mut self, behind: u64) -> std::io::Result<()> {
        let Some(head) = self.head.checkpoint().map(SignedCheckpoint::head) else {
            return Ok(());
        };
        let size = head.size.get();
        if size.saturating_sub(self.seen_size) < behind {
            return Ok(());
        }
        self.keyring.remember(&Seen {
            generation: self.store.head().generation,
            size,
            root: head.root.to_string(),
            at: Some(self.head.last_time()),
            ledger: Some(self.head.origin().to_owned()),
        })?;
        self.seen_size = size;
        Ok(())
    }

    /// Ends cleanly.
    pub(crate) fn close(mut self) -> Result<(), Stopped> {
        let tiles = self.publish().map(drop);
        let failed = |error: std::io::Error| Stopped::Failed(reason(&error).into_owned());
        self.remember(1).map_err(failed)?;
        self.store.close().map_err(failed)?;
        tiles.map_err(Stopped::from)
    }
}

/// A file of the static directory.
#[derive(Debug)]
pub(crate) struct StaticFile {
    /// Its path below the folder, `/` between the parts.
    pub(crate) name: String,
    content: Content,
}

#[derive(Debug)]
enum Content {
    /// Small, and may be another or gone by the time it is read.
    Held(Vec<u8>),
    At(PathBuf),
}

impl StaticFile {
    /// Whether its bytes never change: a whole tile.
    pub(crate) fn is_whole_tile(&self) -> bool {
        self.name.starts_with(TILES) && matches!(self.content, Content::At(_))
    }

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
        self.run(move |vault| vault.static_files(entries))?
    }
}

impl Vault {
    /// As [`Keeper::static_files`].
    pub(crate) fn static_files(&mut self, entries: bool) -> Result<Vec<StaticFile>, LineError> {
        self.publish().map_err(Stopped::from)?;
        // What was handed out is remembered; where that fails, the clean stop says so.
        drop(self.remember(1));
        let head = self.ledger_dir.join(CHECKPOINT);
        let mut files = Vec::new();
        if head.exists() {
            files.push(StaticFile {
                name: CHECKPOINT.to_owned(),
                content: Content::Held(std::fs::read(&head)?),
            });
        }
        list(&self.ledger_dir, "", entries, &mut files)?;
        Ok(files)
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
