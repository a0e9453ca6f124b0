//! A record, as it is served.

use serde::Deserialize;
use serde::Serialize;

use crate::keeper::facts::CompartmentFacts;
use crate::keeper::facts::EpochFacts;
use crate::keeper::facts::Place;
use crate::keeper::facts::RecordFacts;
use crate::keeper::facts::ReleasedFacts;
use crate::keeper::facts::VersionFacts;
use crate::keeper::message::answer::ChainLink;
use crate::keeper::message::answer::Said;
use crate::keeper::message::answer::ServedPerson;

/// A record, as served: facts, versions, and the parts asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServedRecord {
    /// Its facts.
    pub facts: RecordFacts,
    /// Its versions, oldest first.
    pub versions: Vec<VersionFacts>,
    /// The audit key, base64url.
    pub k_record: String,
    /// The way to the compartment's secret.
    pub chain: Vec<ChainLink>,
    /// The compartments a later version has to be sealed to.
    pub sealed_to: Vec<(CompartmentFacts, EpochFacts)>,
    /// The parts.
    pub parts: Vec<ServedPart>,
    /// What was signed about it since it was filed.
    #[serde(default)]
    pub said: Said,
    /// Where it is read, those on file the asker may open: whom it is about, and what is said of those who are part
    /// of its case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<ServedPerson>,
    /// To whom it was released, oldest first; not for outsiders.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub released: Vec<ReleasedFacts>,
    /// Of a release, the only fields that may leave; empty: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub leaves: Vec<String>,
}

/// One part, as served.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServedPart {
    /// The version.
    pub version: u32,
    /// The part.
    pub number: u32,
    /// The header for the compartment at the end of the chain.
    #[serde(with = "crate::keeper::message::binary")]
    pub header: Vec<u8>,
    /// The payload, where it is a row.
    #[serde(with = "crate::keeper::message::binary")]
    pub payload: Vec<u8>,
    /// Where the payload is; an object is fetched by its digest.
    pub place: Place,
    /// SHA-256 of the sealed payload, hex.
    pub sha256: String,
}
