//! A word of a case's conflict register: who knows the family, as it is signed, and why, sealed to the case.

use serde::Deserialize;
use serde::Serialize;

use crate::ids::CaseId;
use crate::ids::UserId;
use crate::keeper::message::load::SealedCard;

/// What is signed of it: everything but why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConflictWord {
    /// The case.
    pub case: CaseId,
    /// Its place in the case's register, from 1.
    pub number: u32,
    /// Who knows the family.
    pub user: UserId,
    /// Whether they are kept apart no more.
    pub ended: bool,
    /// SHA-256 of the sealed reason's plaintext, hex: the reason has a salt, so that nobody can guess at it.
    pub why: String,
}

/// A word about to be written down.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewConflict {
    /// The signed `members` statement, canonical bytes.
    #[serde(with = "crate::keeper::message::text")]
    pub statement: Vec<u8>,
    /// The epoch of the case's own compartment that the reason is sealed to.
    pub epoch: u32,
    /// The reason, sealed to the case's own compartment.
    pub why: SealedCard,
}
