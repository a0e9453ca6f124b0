//! Facts of what is shared: grants to see something until a date, and acts that wait for a second person.

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
use crate::keeper::facts::CaseFacts;
use crate::keeper::facts::GrantState;
use crate::keeper::facts::Other;
use crate::keeper::facts::ProposalState;
use crate::keeper::facts::Recipient;
use crate::keeper::facts::RecordFacts;
use crate::keeper::facts::TwoPerson;

/// Someone's dated, purposeful permission. It outlives the grant's own unit, which holds the keys and dies
/// with the grant, so that what was granted can be told afterwards.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantFacts {
    /// The grant.
    pub id: GrantId,
    /// The proposal it came of.
    pub proposal: ProposalId,
    /// Who may see.
    pub to: UserId,
    /// Who gave it.
    pub by: UserId,
    /// The whole case it is for, or
    pub case: Option<CaseId>,
    /// the records it is for.
    pub records: BTreeSet<RecordId>,
    /// What for, in the giver's words.
    pub purpose: String,
    /// When it begins.
    pub from: Timestamp,
    /// When it ends; from this moment nothing is served.
    pub until: Timestamp,
    /// Where it stands.
    pub state: GrantState,
    /// The compartment of its own.
    pub compartment: CompartmentId,
    /// When it took effect.
    pub active_at: Option<Timestamp>,
    /// When it ended, and
    pub ended_at: Option<Timestamp>,
    /// who revoked it, if somebody did before its date.
    pub revoked_by: Option<UserId>,
    /// The giver's signed `grant` statement, canonical bytes.
    pub statement: String,
    /// The second person's signed `approve` statement about it.
    pub approval: Option<String>,
    /// Kept for later versions.
    #[serde(flatten)]
    pub other: Other,
}

impl GrantFacts {
    /// Whether it is served at this moment.
    pub fn serves(&self, now: Timestamp) -> bool {
        self.state == GrantState::Active && self.from <= now && now < self.until
    }

    /// Whether what it covers is still sealed to its compartment.
    pub fn lives(&self) -> bool {
        matches!(self.state, GrantState::Waiting | GrantState::Active)
    }

    /// Whether it covers a record: by name, or with its case where the record is sealed to the case and has
    /// no compartment of its own.
    pub fn covers(&self, record: &RecordFacts, case: Option<&CaseFacts>) -> bool {
        let of_case = case.filter(|case| case.compartments == record.compartments);
        self.records.contains(&record.id) || of_case.is_some_and(|case| self.case == Some(case.id))
    }
}

/// An act that waits, or waited, for a second person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProposalFacts {
    /// The proposal.
    pub id: ProposalId,
    /// What is proposed.
    pub what: Proposed,
    /// Where it stands.
    pub state: ProposalState,
    /// Who proposed it.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
    /// When it lapses.
    pub expires: Timestamp,
    /// Why, in the proposer's words.
    pub reason: Option<String>,
    /// Who decided, and
    pub decided_by: Option<UserId>,
    /// when.
    pub decided_at: Option<Timestamp>,
    /// Why it was refused.
    pub refusal: Option<String>,
    /// One person did it alone, because there was no other (`two-person: single`).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub single: bool,
    /// The record that was filed with it, where it is good for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<RecordId>,
    /// SHA-256 of the proposer's signed statement, hex: what the second person signs.
    pub digest: String,
    /// The statement: a `grant`, an `enrol`, a `move`, a `propose` or a `policy`, canonical bytes.
    pub statement: String,
    /// The second person's signed `approve` statement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approval: Option<String>,
    /// Kept for later versions.
    #[serde(flatten)]
    pub other: Other,
}

impl ProposalFacts {
    /// Whether a second person was ever needed; what took effect at once is no proposal to anybody.
    pub fn waited(&self) -> bool {
        self.state != ProposalState::Approved || self.decided_by.is_some()
    }
}

/// What a proposal is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "kebab-case")]
pub enum Proposed {
    /// A grant.
    Grant {
        /// The grant.
        grant: GrantId,
    },
    /// New keys for an account.
    ReissueUser {
        /// The account.
        user: UserId,
    },
    /// Another case for a record that was filed in the wrong one.
    MoveRecord {
        /// The record.
        record: RecordId,
        /// Its case until now, if it has one.
        from: Option<CaseId>,
        /// Its case then.
        to: CaseId,
    },
    /// One record that the case's service does not take.
    OverrideService {
        /// Who may file it, once.
        user: UserId,
        /// The case.
        case: CaseId,
        /// The kind.
        kind: String,
    },
    /// One release of a record of a kind that two people let go.
    ReleaseRecord {
        /// Who may release it, once.
        user: UserId,
        /// The record.
        record: RecordId,
        /// The version.
        version: u32,
        /// To whom, and by what right.
        to: Recipient,
    },
    /// Whether two people are needed.
    ChangeTwoPerson {
        /// The mode.
        mode: TwoPerson,
    },
}

impl Proposed {
    /// The act's word, as people see it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Grant { .. } => "grant",
            Self::ReissueUser { .. } => "reissue-user",
            Self::MoveRecord { .. } => "move-record",
            Self::OverrideService { .. } => "override-service",
            Self::ReleaseRecord { .. } => "release-record",
            Self::ChangeTwoPerson { .. } => "change-two-person",
        }
    }
}
