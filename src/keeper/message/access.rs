//! What is answered about access, and about what waits to be done for it.

use serde::Deserialize;
use serde::Serialize;

use crate::clock::Timestamp;
use crate::ids::CaseId;
use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::facts::Role;
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

/// What waits to be done about a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaitsFor {
    /// Somebody who ought to have it gets it from a colleague's desk.
    SealOn,
    /// Somebody left it, and the next desk that holds it changes it.
    Rekey,
    /// A colleague opens what was sealed anew.
    Confirm,
    /// A coordinator's desk makes the team.
    Team,
    /// Somebody else than who opened a record in an emergency says what they think of it.
    Review,
    /// The same, and it should have been done by now.
    OverdueReview,
}

/// What a key is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "on", rename_all = "kebab-case")]
pub enum On {
    /// A role's team.
    Team {
        /// The role.
        role: Role,
    },
    /// A case.
    Case {
        /// The case.
        case: CaseId,
    },
    /// A record.
    Record {
        /// The record.
        record: RecordId,
    },
    /// The people on file.
    People {},
}

/// Something that waits to be done about a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// What.
    pub what: WaitsFor,
    /// Of what.
    pub on: On,
    /// For whom, or because of whom: handles and teams.
    pub whom: Vec<String>,
    /// Since when, where it is known.
    pub since: Option<Timestamp>,
    /// Whether it waits for the asker, or the asker's desk could do it.
    pub yours: bool,
}
