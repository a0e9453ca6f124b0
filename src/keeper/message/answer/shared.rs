//! What is served of proposals and the evidence of a grant.

use serde::Deserialize;
use serde::Serialize;

use crate::ids::UserId;
use crate::keeper::facts::GrantFacts;
use crate::keeper::facts::ProposalFacts;
use crate::keeper::message::answer::Errand;
use crate::keeper::message::answer::Opening;
use crate::ledger::Hash;

/// A proposal as the asker may know it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServedProposal {
    /// Its facts.
    pub facts: ProposalFacts,
    /// Who may decide it, by handle.
    pub eligible: Vec<UserId>,
    /// The grant, if it is about one.
    pub grant: Option<GrantFacts>,
    /// Of new keys for somebody: what the asker's desk could seal on to them with its yes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errands: Vec<Errand>,
}

/// A grant with every entry about it, all proved against one signed head.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct GrantEvidence {
    /// What is told of it.
    pub facts: GrantFacts,
    /// The signed head, as a signed note.
    pub checkpoint: String,
    /// The entries, oldest first.
    pub entries: Vec<ProvenEntry>,
    /// The statements that lead from the root key to everyone who signed any of it.
    pub statements: Vec<String>,
}

/// An entry with its proof, and what opens it while that exists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProvenEntry {
    /// Its position.
    pub index: u64,
    /// Its bytes, which are ASCII.
    pub leaf: String,
    /// That it is in the signed head's tree.
    pub inclusion: Vec<Hash>,
    /// Salt and detail.
    pub opening: Option<Opening>,
}
