//! What asks about people on file carry: notes, each signed and then sealed whole, so that the keeper sees neither
//! what is said nor the signature.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;

use crate::ids::CompartmentId;
use crate::ids::PersonId;
use crate::keeper::facts::Note;
use crate::keeper::message::load::NewCompartment;
use crate::keeper::message::load::SealedAgain;

/// Notes about people on file.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct NewNotes {
    /// One each.
    pub notes: Vec<NewNote>,
    /// Headers of notes there are, sealed to the case a person becomes part of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<SealedAgain>,
    /// Of somebody new: the audit key, base64url, drawn by the desk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub k_person: Option<String>,
    /// The compartment of all people on file, where there was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<NewCompartment>,
}

/// One sealed note.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewNote {
    /// About whom.
    pub person: PersonId,
    /// Which.
    pub note: Note,
    /// SHA-256 of the signed statement, hex.
    pub manifest: String,
    /// The same of the note before it.
    pub previous: Option<String>,
    /// The sealed payload.
    #[serde(with = "crate::keeper::message::binary")]
    pub payload: Vec<u8>,
    /// One header for each compartment.
    pub headers: Vec<NoteHeader>,
}

/// The header of a note for one compartment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteHeader {
    /// The compartment.
    pub compartment: CompartmentId,
    /// Its epoch.
    pub epoch: u32,
    /// The one-stanza header.
    #[serde(with = "crate::keeper::message::binary")]
    pub header: Vec<u8>,
}

/// The body of a `manifest` statement about a person on file, as it is sealed.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct NoteStatement {
    /// About whom.
    pub person: PersonId,
    /// Which note.
    pub note: Note,
    /// SHA-256 of the statement before it, hex.
    pub previous: Option<String>,
    /// The person's audit key, base64url.
    pub k_person: String,
    /// 16 random bytes, base64url, so that nobody who guesses what is said can tell by the digest.
    pub salt: String,
    /// Why it takes the place of the note before, where somebody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What is said.
    pub says: Value,
}

impl std::fmt::Debug for NoteStatement {
    /// Without content.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "NoteStatement({}, {:?}, ..)", self.person, self.note)
    }
}
