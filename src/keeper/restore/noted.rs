//! A restored vault says so in its own ledger: a mark beside its files until somebody opens it with its keys,
//! then an entry that anybody may read.

use std::path::Path;

use serde_json::Value;
use serde_json::json;

use crate::keeper::entry::Entry;
use crate::keeper::open::OpenError;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::ledger::ActorHandle;
use crate::ledger::Event;
use crate::ledger::LeafIndex;
use crate::ledger::Outcome as Ending;
use crate::ledger::journal::disk::Disk as _;
use crate::ledger::journal::disk::RealDisk;
use crate::ledger::journal::disk::read_whole;
use crate::ledger::journal::disk::remove_if_there;
use crate::ledger::journal::disk::write_whole;
use crate::sealing::Statement;
use crate::store::backup::Manifest;

/// The mark's name.
const MARK: &str = "restored";
const MAX_MARK: u64 = 16 * 1024;

/// Marks the vault's files at `dir` as restored from this backup, with so many entries of the old disk's; with
/// the statement of the ledger that goes on, where entries are lost.
pub(crate) fn mark(
    dir: &Path,
    manifest: &Manifest,
    taken: u64,
    succession: Option<&Statement>,
) -> std::io::Result<()> {
    let mut said = json!({
        "backup": manifest.id,
        "generation": manifest.generation,
        "size": manifest.size,
        "taken": taken,
    });
    let statement = succession.and_then(|one| serde_json::from_slice::<Value>(one.bytes()).ok());
    if let (Some(statement), Some(said)) = (statement, said.as_object_mut()) {
        said.insert("succession".to_owned(), statement);
    }
    write_whole(&RealDisk, &dir.join(MARK), said.to_string().as_bytes())
}

impl Vault {
    /// Writes down that the vault was restored, where it is marked so.
    pub(crate) fn after_restore(&mut self) -> Result<(), OpenError> {
        let dir = self.paths().dir;
        let path = dir.join(MARK);
        if !path.exists() {
            return Ok(());
        }
        let bytes = read_whole(&RealDisk, &path, MAX_MARK).map_err(OpenError::Io)?;
        let said: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        self.begin();
        let said = json!({"restore": said});
        let entry = Entry::new(Event::Restore, Ending::Ok, ActorHandle::SERVICE, said);
        let index = self.log_service(entry)?;
        self.commit()?;
        self.disclose(index)?;
        self.openings.clear();
        remove_if_there(&RealDisk, &path).map_err(OpenError::Io)?;
        RealDisk.sync_dir(&dir).map_err(OpenError::Io)
    }

    /// Publishes what opens an entry without personal data.
    fn disclose(&self, index: u64) -> Result<(), Broken> {
        let publisher = self.publish()?;
        let opening = self.openings.get(&index).ok_or(Broken::Detail)?;
        publisher
            .disclose(LeafIndex::new(index), opening)
            .map_err(Broken::from)?;
        publisher.sync().map_err(Broken::from)
    }
}
