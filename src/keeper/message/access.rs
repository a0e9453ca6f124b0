//! What is answered about access.

use serde::Deserialize;
use serde::Serialize;

use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::message::answer::HeaderGroup;

/// A difference between who holds a key and whom the policy permits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The record, where it is about one.
    pub record: Option<RecordId>,
    /// The handle of whose key or right it is, where somebody could be named.
    pub user: Option<String>,
    /// `yes`, `no`, `missing` (a row that should be there is not), `stray` (one is where it should not be),
    /// `wrong` (one does not open with the key it is for).
    pub keys: String,
    /// `yes` or `no`: whether the policy lets them read in some case.
    pub policy: String,
    /// In words.
    pub says: String,
}

/// The outcome of an access check, and headers for the asker's desk to try.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServedAccess {
    /// What the keeper found.
    pub differences: Vec<Difference>,
    /// How many keys wait to be sealed on to somebody who may read: no differences.
    pub errands: u32,
    /// Ways and headers of the asker's own.
    pub groups: Vec<HeaderGroup>,
}

/// How a person stands to a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opens {
    /// The record.
    pub record: RecordId,
    /// The person.
    pub user: UserId,
    /// Whether they hold a key to it.
    pub keys: bool,
    /// Whether the policy lets them read it in some case.
    pub policy: bool,
    /// By what rule, or what is wrong.
    pub says: String,
}
