//! What goes with moving a record to another case, with filing one that its case's service does not take, and with
//! releasing one that takes a second person.

use serde::Deserialize;
use serde::Serialize;

use crate::ids::CaseId;
use crate::ids::CompartmentId;
use crate::ids::ProposalId;
use crate::ids::RecordId;
use crate::keeper::facts::Recipient;
use crate::keeper::message::load::Reseal;

/// The body of a `move` statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoveStatement {
    /// The record.
    pub record: RecordId,
    /// Counts from 1, one up with each move of the record.
    pub number: u32,
    /// Its case until now; `null` where it has none.
    pub from: Option<CaseId>,
    /// Its case from now on.
    pub to: CaseId,
    /// The proposal.
    pub proposal: ProposalId,
    /// The compartment it is sealed to from now on.
    pub compartment: CompartmentId,
    /// Why, in the words of whoever proposes it.
    pub reason: String,
}

/// A move as its proposer's desk made it: it waits for a second person.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewMove {
    /// The signed `move` statement, canonical bytes; body a [`MoveStatement`].
    #[serde(with = "crate::keeper::message::text")]
    pub statement: Vec<u8>,
    /// The record, sealed to those who are to have it.
    pub reseal: Reseal,
}

/// The body of a `propose` statement: one record of a kind that the case's service does not take.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverrideStatement {
    /// The proposal.
    pub proposal: ProposalId,
    /// The case.
    pub case: CaseId,
    /// The kind.
    pub kind: String,
    /// Why, in the words of whoever proposes it.
    pub reason: String,
}

/// The body of a `propose` statement: one release of a record of a kind that two people let go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleaseStatement {
    /// The proposal.
    pub proposal: ProposalId,
    /// The record.
    pub record: RecordId,
    /// The version that is to go out.
    pub version: u32,
    /// To whom, and by what right.
    pub to: Recipient,
    /// Why, in the words of whoever proposes it.
    pub reason: String,
}
