//! What is said of a record by whoever looked it over.

use serde::Deserialize;
use serde::Serialize;

use crate::ids::RecordId;
use crate::keeper::message::load::NewGrant;
use crate::keeper::message::load::SealedCard;

/// What came of looking a version over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It is as it should be.
    Checked,
    /// Its author has to correct it.
    Returned,
}

/// The body of an `approve` statement about a version of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckStatement {
    /// The record.
    pub record: RecordId,
    /// The version that was looked over.
    pub version: u32,
    /// SHA-256 of its manifest, hex.
    pub manifest: String,
    /// What came of it.
    pub verdict: Verdict,
}

/// What goes with a record that is returned to its author.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Returned {
    /// The signed `approve` statement, canonical bytes; body a [`CheckStatement`].
    #[serde(with = "crate::keeper::message::text")]
    pub statement: Vec<u8>,
    /// What is wrong, sealed to the author.
    pub note: SealedCard,
    /// Access until it is corrected, for an author who does not read such records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<NewGrant>,
}
