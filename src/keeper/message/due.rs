//! What is to be done by when, as whoever asks is told.

use serde::Deserialize;
use serde::Serialize;

use crate::clock::Timestamp;
use crate::ids::CaseId;
use crate::ids::ProposalId;
use crate::ids::RecordId;
use crate::ids::UserId;

/// Something that is to be done by a day.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Due {
    /// The last day for it, `YYYY-MM-DD`.
    pub due: String,
    /// A word for it: the name of a kind's clock, or `check correct report review decide key backup
    /// rehearse-backup rehearse-recovery`.
    pub what: String,
    /// What is to be done, after "it is time to".
    pub says: String,
    /// The record it is about.
    pub record: Option<RecordId>,
    /// The case it is about.
    pub case: Option<CaseId>,
    /// The proposal it is about.
    pub proposal: Option<ProposalId>,
    /// Whether that day is over.
    pub overdue: bool,
}

/// Somebody who is out alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outing {
    /// Who.
    pub who: UserId,
    /// For which case.
    pub case: CaseId,
    /// Since when.
    pub since: Timestamp,
    /// When they said that they would be back.
    pub until: Timestamp,
    /// Whether that time is over.
    pub missed: bool,
}
