//! Members of compartments: who holds an envelope.

use serde::Deserialize;
use serde::Serialize;

use crate::ids::CompartmentId;
use crate::ids::UserId;

/// Who can open a compartment's secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Member {
    /// A person.
    User(UserId),
    /// Everyone who can open another compartment.
    Compartment(CompartmentId),
    /// The trustees' recovery identity.
    Recovery,
}

impl Member {
    /// The member's bytes in unit names: a tag and an id.
    pub fn name_bytes(&self) -> Vec<u8> {
        match self {
            Self::User(user) => [&[1], user.as_bytes().as_slice()].concat(),
            Self::Compartment(compartment) => [&[2], compartment.as_bytes().as_slice()].concat(),
            Self::Recovery => vec![3],
        }
    }

    /// The member whose bytes these are.
    pub fn from_name_bytes(name: &[u8]) -> Option<Self> {
        let (tag, id) = name.split_first()?;
        let id = <[u8; 16]>::try_from(id);
        match tag {
            1 => id.ok().map(UserId::from_bytes).map(Self::User),
            2 => id
                .ok()
                .map(CompartmentId::from_bytes)
                .map(Self::Compartment),
            3 => Some(Self::Recovery),
            _ => None,
        }
    }
}
