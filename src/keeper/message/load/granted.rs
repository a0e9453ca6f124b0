//! What asks about grants and proposals carry.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::Serialize;

use crate::clock::Timestamp;
use crate::ids::CaseId;
use crate::ids::CompartmentId;
use crate::ids::GrantId;
use crate::ids::ProposalId;
use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::facts::TwoPerson;
use crate::keeper::message::load::NewCompartment;
use crate::keeper::message::load::NewEnvelope;
use crate::keeper::message::load::SealedAgain;

/// A grant as its giver's desk made it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewGrant {
    /// The signed `grant` statement, canonical bytes; body a [`GrantStatement`].
    #[serde(with = "crate::keeper::message::text")]
    pub statement: Vec<u8>,
    /// Its compartment, with an envelope for whom it is for, and for recovery.
    pub compartment: NewCompartment,
    /// Every header of what is granted, sealed to the compartment.
    pub headers: Vec<SealedAgain>,
}

/// The body of a `grant` statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantStatement {
    /// The grant.
    pub grant: GrantId,
    /// The proposal.
    pub proposal: ProposalId,
    /// Who may see.
    pub to: UserId,
    /// The whole case, or
    pub case: Option<CaseId>,
    /// the records.
    pub records: BTreeSet<RecordId>,
    /// What for.
    pub purpose: String,
    /// When it begins.
    pub from: Timestamp,
    /// When it ends.
    pub until: Timestamp,
    /// Its compartment.
    pub compartment: CompartmentId,
}

/// A second person's word about a proposal.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Approval {
    /// The signed `approve` statement, canonical bytes; body an [`ApproveStatement`].
    #[serde(with = "crate::keeper::message::text")]
    pub statement: Vec<u8>,
    /// Envelopes the second person's desk adds (a reissue).
    pub envelopes: Vec<NewEnvelope>,
}

/// The body of an `approve` statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApproveStatement {
    /// The proposal.
    pub proposal: ProposalId,
    /// SHA-256 of the proposer's signed statement, hex.
    pub digest: String,
}

/// The body of a `policy` statement: whether two people are needed from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyStatement {
    /// The mode.
    pub two_person: TwoPerson,
    /// The proposal it is.
    pub proposal: ProposalId,
}
