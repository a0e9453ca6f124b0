//! What a vault remembers of its backups: where the newest at each place is, and how its last rehearsal went.
//! A row of the vault's own unit, written in the frame of the entry that says so.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use crate::clock::Timestamp;
use crate::ids::BackupId;
use crate::keeper::backup::BackupDone;
use crate::keeper::entry::Entry;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::ledger::ActorHandle;
use crate::ledger::Event;
use crate::ledger::Outcome as Ending;
use crate::store::Tree;

/// The natural key of the setting.
pub(crate) const BACKUPS: &[u8] = b"backups";
/// Places that are remembered, the ones last written to.
const PLACES: usize = 16;

/// All that is remembered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Noted {
    /// One for each place, the newest backup first.
    pub places: Vec<PlaceNote>,
}

/// The newest backup at a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceNote {
    /// The folder.
    pub place: String,
    /// The backup.
    pub id: BackupId,
    /// When.
    pub at: Timestamp,
    /// Its generation.
    pub generation: u32,
    /// How the last rehearsal there went.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rehearsed: Option<Rehearsed>,
}

/// How a rehearsal went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rehearsed {
    /// When.
    pub at: Timestamp,
    /// Of which backup.
    pub id: BackupId,
    /// What failed, in words; nothing where it went well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<String>,
}

impl Noted {
    /// The newest backup of all places.
    pub fn newest(&self) -> Option<&PlaceNote> {
        self.places
            .iter()
            .max_by_key(|note| (note.generation, note.at))
    }

    /// What is remembered of a place.
    pub fn at(&self, place: &str) -> Option<&PlaceNote> {
        self.places.iter().find(|note| note.place == place)
    }

    fn put(&mut self, note: PlaceNote) {
        self.places.retain(|other| other.place != note.place);
        self.places.insert(0, note);
        self.places.truncate(PLACES);
    }
}

impl Vault {
    /// What is remembered of backups.
    pub(crate) fn noted(&self) -> Result<Noted, Broken> {
        let noted = self.read(&units::vault(), Tree::Setting, BACKUPS)?;
        Ok(noted.unwrap_or_default())
    }

    /// Writes down a backup that is about to be finished; when, by the entry.
    pub(crate) fn note_backup(&mut self, place: &str, id: BackupId) -> Result<Timestamp, Broken> {
        let generation = self.store.head().generation;
        let said = json!({"backup": {"generation": generation, "id": id}});
        let mut noted = self.noted()?;
        let rehearsed = noted.at(place).and_then(|note| note.rehearsed.clone());
        self.note(said, Ending::Ok, |at| {
            noted.put(PlaceNote {
                place: place.to_owned(),
                id,
                at,
                generation,
                rehearsed,
            });
            noted
        })
    }

    /// Takes back what was written down of a backup that came to nothing.
    pub(crate) fn note_no_backup(&mut self, id: BackupId, before: Noted) -> Result<(), Broken> {
        let said = json!({"backup": {"id": id}});
        self.note(said, Ending::Aborted, |_| before).map(drop)
    }

    /// Writes down how a rehearsal went.
    pub(crate) fn note_rehearsal(
        &mut self,
        (place, backup): (&str, &BackupDone),
        failed: Option<String>,
    ) -> Result<Timestamp, Broken> {
        let said = json!({"rehearsal": {"generation": backup.generation, "id": backup.id}});
        let ending = if failed.is_none() {
            Ending::Ok
        } else {
            Ending::Aborted
        };
        let mut noted = self.noted()?;
        let id = backup.id;
        self.note(said, ending, |at| {
            let note = noted.at(place).cloned().unwrap_or(PlaceNote {
                place: place.to_owned(),
                id,
                at: backup.at,
                generation: backup.generation,
                rehearsed: None,
            });
            let rehearsed = Some(Rehearsed { at, id, failed });
            noted.put(PlaceNote { rehearsed, ..note });
            noted
        })
    }

    /// One frame with the entry and the row. After it the journal's end is sealed.
    fn note(
        &mut self,
        said: Value,
        ending: Ending,
        noted: impl FnOnce(Timestamp) -> Noted,
    ) -> Result<Timestamp, Broken> {
        self.begin_frame()?;
        self.note_clock()?;
        let at = self.now();
        let entry = Entry::new(Event::Backup, ending, ActorHandle::SERVICE, said);
        self.log_service(entry)?;
        self.write(&units::vault(), Tree::Setting, BACKUPS, &noted(at))?;
        self.commit()?;
        self.openings.clear();
        self.seal_tail()?;
        Ok(at)
    }
}
