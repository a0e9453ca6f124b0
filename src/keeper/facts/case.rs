//! Facts of a case.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::Serialize;

use crate::clock::Timestamp;
use crate::ids::CaseId;
use crate::ids::CompartmentId;
use crate::ids::UserId;
use crate::keeper::facts::CaseState;
use crate::keeper::facts::Other;
use crate::keeper::facts::Service;

/// A case, without its title and people (they are a card sealed to the case).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseFacts {
    /// The case.
    pub id: CaseId,
    /// How contact happens.
    pub service: Service,
    /// Whether it takes records.
    pub state: CaseState,
    /// Who works on it.
    pub team: BTreeSet<UserId>,
    /// Who knows the family, and is kept apart from it.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub conflicts: BTreeSet<UserId>,
    /// How many words there are in its conflict register.
    #[serde(default, skip_serializing_if = "is_none")]
    pub conflict_words: u32,
    /// Where its records are sealed: the case's own compartment first.
    pub compartments: Vec<CompartmentId>,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it was last closed.
    pub closed_at: Option<Timestamp>,
    /// How many versions the card has had; the card of a case is `part(case, n)`.
    pub card: u32,
    /// Kept for later versions.
    #[serde(flatten)]
    pub other: Other,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde's skip_serializing_if passes a reference"
)]
const fn is_none(count: &u32) -> bool {
    *count == 0
}
