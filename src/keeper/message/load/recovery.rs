//! What asks about the trustees' recovery key carry, and which asks seal anything to it.

use serde::Deserialize;
use serde::Serialize;

use crate::keeper::facts::Member;
use crate::keeper::message::load::Load;
use crate::keeper::message::load::NewCompartment;
use crate::keeper::message::load::NewEnvelope;
use crate::sealing::HybridRecipient;

/// How the vault's root key signs: as `by` of its statements.
pub const ROOT: &str = "root";

/// A new recovery key, vouched for by the root.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewRecovery {
    /// The `succeed` statement, signed by the root key, canonical bytes; body a [`RecoveryStatement`].
    #[serde(with = "crate::keeper::message::text")]
    pub statement: Vec<u8>,
    /// What the key before could open and no person can: envelopes sealed to the new one.
    pub envelopes: Vec<NewEnvelope>,
}

/// The body of a `succeed` statement by the root: the trustees have another recovery key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryStatement {
    /// Counts from 1, one up with each change.
    pub number: u32,
    /// Where things are sealed to the trustees from now on.
    pub recovery: HybridRecipient,
    /// Where they were sealed before.
    pub replaces: HybridRecipient,
}

impl Load {
    /// Whether it seals anything to the trustees.
    pub(crate) fn seals_to_recovery(&self) -> bool {
        let loose = match self {
            Self::Envelopes(envelopes) => envelopes.iter().any(to_recovery),
            _ => false,
        };
        let mut made = self.compartments().into_iter();
        loose || made.any(|new| new.envelopes.iter().any(to_recovery))
    }

    /// The compartments and epochs it makes.
    fn compartments(&self) -> Vec<&NewCompartment> {
        match self {
            Self::Account(new) => new.team.iter().collect(),
            Self::Roles(new) => new.team.iter().collect(),
            Self::Case(new) => vec![&new.compartment],
            Self::Records(new) => new.iter().filter_map(|one| one.own.as_ref()).collect(),
            Self::Grant(new) => vec![&new.compartment],
            Self::Reseal(new) => vec![&new.compartment],
            Self::Move(new) => vec![&new.reseal.compartment],
            Self::Returned(new) => new.grant.iter().map(|grant| &grant.compartment).collect(),
            Self::Rekey(new) => vec![&new.compartment],
            Self::Team(new) => vec![new.as_ref()],
            Self::Notes(new) => new.people.iter().collect(),
            Self::Nothing {}
            | Self::Succession(_)
            | Self::Envelopes(_)
            | Self::Opened { .. }
            | Self::Approval(_)
            | Self::Reissue(_)
            | Self::Invitation(_)
            | Self::Conflict(_)
            | Self::Found(_)
            | Self::Signed(_)
            | Self::Recovery(_)
            | Self::Dummy(_) => Vec::new(),
        }
    }
}

fn to_recovery(envelope: &NewEnvelope) -> bool {
    envelope.member == Member::Recovery
}
