//! What a desk is served to seal again: headers, and what says whom their keys are for.

use crate::keeper::facts::RecordFacts;
use crate::keeper::message::answer::ChainLink;
use crate::keeper::message::open_to::Entitled;
use serde::Deserialize;
use serde::Serialize;

/// A compartment's present headers, and what says whom its key is for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServedCompartment {
    /// What says who ought to hold its key.
    pub entitled: Entitled,
    /// The way to its secret, and the headers.
    pub group: HeaderGroup,
    /// The headers these took the place of, where those are still kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub before: Vec<crate::keeper::message::load::SealedAgain>,
}

/// A record's headers, and what it was open to before.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServedGuarded {
    /// Its facts.
    pub facts: RecordFacts,
    /// The audit key, base64url.
    pub k_record: String,
    /// How often it was moved to another case.
    #[serde(default)]
    pub moves: u32,
    /// What says who ought to hold its key.
    pub entitled: Entitled,
    /// The way to the secret, and the headers.
    pub group: HeaderGroup,
}

/// Headers to be sealed again for others.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServedHeaders {
    /// By the compartment whose key opens them: the way to it, and the headers.
    pub groups: Vec<HeaderGroup>,
}

/// Headers one compartment's key opens.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct HeaderGroup {
    /// The way to the compartment's secret.
    pub chain: Vec<ChainLink>,
    /// The headers.
    pub headers: Vec<crate::keeper::message::load::SealedAgain>,
}
