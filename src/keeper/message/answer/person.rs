//! What is served of people on file, and of who looked at them.

use serde::Deserialize;
use serde::Serialize;

use crate::clock::Timestamp;
use crate::ids::PersonId;
use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::facts::CompartmentFacts;
use crate::keeper::facts::EpochFacts;
use crate::keeper::facts::Note;
use crate::keeper::facts::NoteFacts;
use crate::keeper::facts::Role;
use crate::keeper::message::answer::ChainLink;

/// A person on file, as far as the asker may open them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServedPerson {
    /// The person.
    pub id: PersonId,
    /// The audit key, base64url.
    pub k_person: String,
    /// How many versions their card has, where the asker may open all of them.
    pub versions: Option<u32>,
    /// Notes, by the compartment that opens them.
    pub groups: Vec<NoteGroup>,
    /// Where a new version of the card has to be sealed; for those who may write one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sealed_to: Vec<(CompartmentFacts, EpochFacts)>,
}

/// Notes that one compartment opens.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NoteGroup {
    /// The way to its secret.
    pub chain: Vec<ChainLink>,
    /// The notes.
    pub notes: Vec<ServedNote>,
}

/// One note.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServedNote {
    /// Which.
    pub note: Note,
    /// Its facts.
    pub facts: NoteFacts,
    /// The header for the group's compartment.
    #[serde(with = "crate::keeper::message::binary")]
    pub header: Vec<u8>,
    /// The sealed payload.
    #[serde(with = "crate::keeper::message::binary")]
    pub payload: Vec<u8>,
}

/// Somebody's look at a record, or at a person on file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// The entry.
    pub index: u64,
    /// When.
    pub time: Timestamp,
    /// The act's word.
    pub act: String,
    /// The record it was shown with, where there is one.
    pub record: Option<RecordId>,
    /// As what they looked: the first role; none where the directory does not know them any more.
    pub role: Option<Role>,
    /// Who it was: outsiders always, those who work here where the asker may know names.
    pub who: Option<UserId>,
    /// What for.
    pub purpose: Option<String>,
}
