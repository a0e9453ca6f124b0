//! Where a vault's files stand at one moment, taken on its own thread between two frames.

use std::collections::BTreeMap;

use crate::clock::Timestamp;
use crate::ids::BackupId;
use crate::keeper::LineError;
use crate::keeper::Stopped;
use crate::keeper::backup::BackupError;
use crate::keeper::backup::noted::Noted;
use crate::keeper::ledgers::Ledgers;
use crate::keeper::ledgers::SUCCESSION;
use crate::keeper::publish::StaticFile;
use crate::keeper::vault::Vault;
use crate::ledger::journal::disk::RealDisk;
use crate::ledger::journal::disk::read_whole;
use crate::store::backup::Cut;
use crate::store::backup::Manifest;

/// `vault.toml` is short.
const MAX_CONFIG: u64 = 64 * 1024;
/// The path of the newest signed head among the static files.
pub(crate) const HEAD: &str = "ledger/checkpoint";
/// The path of the pointer to the current generation.
pub(crate) const CURRENT: &str = "generation/current";
/// The path of the vault's own settings.
pub(crate) const CONFIG: &str = "vault.toml";

/// One moment of a vault.
#[derive(Debug)]
pub(crate) struct Taken {
    pub(crate) cut: Cut,
    pub(crate) statics: Vec<StaticFile>,
    /// A manifest that lists no file yet.
    pub(crate) manifest: Manifest,
    /// The ledgers the vault has had.
    pub(crate) ledgers: Ledgers,
}

impl Vault {
    /// Where everything stands now. Nothing is written but the static files and the seal behind the journal.
    pub(crate) fn take(&mut self, id: BackupId, at: Timestamp) -> Result<Taken, BackupError> {
        self.seal_tail().map_err(Stopped::from)?;
        let statics = self.static_files(true).map_err(|error| match error {
            LineError::Stopped(stopped) => stopped.into(),
            LineError::Lost(says) | LineError::NotReady(says) => BackupError::Failed(says),
            LineError::Io(error) => BackupError::from(error),
        })?;
        let cut = self.store.cut()?;
        let no_files = || BackupError::refused("no-files", "this vault has no files to copy");
        cut.disk.as_ref().ok_or_else(no_files)?;
        let checkpoint = self.head.checkpoint().ok_or_else(no_files)?;
        let config = read_whole(&RealDisk, &self.paths().dir.join(CONFIG), MAX_CONFIG)?;
        let text =
            |bytes: Vec<u8>| String::from_utf8(bytes).map_err(|_| std::io::ErrorKind::InvalidData);
        let mut texts = BTreeMap::from([
            (
                CONFIG.to_owned(),
                text(config).map_err(std::io::Error::from)?,
            ),
            (
                CURRENT.to_owned(),
                text(cut.current.clone()).map_err(std::io::Error::from)?,
            ),
            (HEAD.to_owned(), checkpoint.note().to_owned()),
        ]);
        if !self.ledgers.is_empty() {
            texts.insert(SUCCESSION.to_owned(), self.ledgers.to_text());
        }
        let manifest = Manifest {
            v: 0,
            id,
            vault: self.id,
            at,
            generation: cut.generation,
            size: self.head.size(),
            root: checkpoint.head().root.to_string(),
            origin: self.head.origin().to_owned(),
            files: Vec::new(),
            texts,
            digest: String::new(),
        };
        Ok(Taken {
            cut,
            statics,
            manifest,
            ledgers: self.ledgers.clone(),
        })
    }

    /// Writes the backup down, and takes the moment in which that is durable.
    pub(crate) fn note_and_take(
        &mut self,
        place: &str,
        id: BackupId,
    ) -> Result<(Taken, Noted), BackupError> {
        let before = self.noted().map_err(Stopped::from)?;
        let at = self.note_backup(place, id).map_err(Stopped::from)?;
        Ok((self.take(id, at)?, before))
    }
}
