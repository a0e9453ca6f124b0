//! The ledger's static files for third parties: derived from the journal, never the truth. Written at a
//! clean stop, before an export, and whenever enough entries have gathered.

use std::path::Path;

use crate::keeper::Keeper;
use crate::keeper::Paths;
use crate::keeper::Stopped;
use crate::keeper::keyring::Keyring;
use crate::keeper::keyring::Seen;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::ledger::LeafIndex;
use crate::ledger::Opening;
use crate::ledger::Proven;
use crate::ledger::proof::LogProof;
use crate::ledger::tiles::TilesError;
use crate::ledger::tiles::write::Publisher;

/// Entries read at a time.
const BUNDLE: usize = 256;

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

impl Keeper {
    /// Writes the static directory's checkpoints and hash tiles to `out`: nothing of it names an act.
    ///
    /// # Errors
    /// [`Stopped`] with what failed.
    pub fn export_hashes(&self, out: &Path) -> Result<(), Stopped> {
        self.export(out, false)
    }

    /// Writes the whole static directory to `out`, against the entry that says so.
    ///
    /// # Errors
    /// [`Stopped`] with what failed.
    pub fn export_entries(&self, out: &Path, _: &Proven) -> Result<(), Stopped> {
        self.export(out, true)
    }

    fn export(&self, out: &Path, entries: bool) -> Result<(), Stopped> {
        let from = self.paths().dir.join("ledger");
        let to = out.to_owned();
        self.run(move |vault| -> Result<(), Stopped> {
            vault.publish()?;
            copy(&from, &to, entries)
                .map_err(|error| Stopped(format!("cannot write the export: {error}")))
        })?
    }
}

/// Copies a static directory, with or without the folders that hold entries.
fn copy(from: &Path, to: &Path, entries: bool) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let name = entry.file_name();
        if name == "entries" && !entries {
            continue;
        }
        let target = to.join(&name);
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target, entries)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
