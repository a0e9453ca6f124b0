//! Facts of a turn and of the places it reaches.

use serde::Deserialize;
use serde::Serialize;

use crate::clock::Timestamp;
use crate::ids::UserId;
use crate::keeper::facts::Other;
use crate::keeper::facts::PlaceUse;
use crate::keeper::turn::key_place::How;

/// A folder outside the vault that somebody named: on a stick, a second disk, another computer's share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceFacts {
    /// Its name, unlike every other place's.
    pub name: String,
    /// The folder, absolute, on the computer that has the vault.
    pub dir: String,
    /// What it is for.
    pub what: PlaceUse,
    /// Of an escrow place: the number of its share, 1 to 3.
    pub share: Option<u8>,
    /// The generation it was added in: it holds shares of later ones alone.
    pub added_in: u32,
    /// The generation it was removed in.
    pub removed_in: Option<u32>,
    /// Who named it, and
    pub by: UserId,
    /// when.
    pub at: Timestamp,
    /// Kept for later versions.
    #[serde(flatten)]
    pub other: Other,
}

impl PlaceFacts {
    /// Whether it is in use.
    pub const fn is_used(&self) -> bool {
        self.removed_in.is_none()
    }

    /// Whether it may hold a share of a generation's key.
    pub fn may_hold(&self, generation: u32) -> bool {
        self.what == PlaceUse::Escrow
            && self.added_in < generation
            && self.removed_in.is_none_or(|removed| generation <= removed)
    }
}

/// The turn that was begun last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TurnFacts {
    /// The generation it leaves, and
    pub from: u32,
    /// the one it goes to.
    pub to: u32,
    /// When it was begun.
    pub began: Timestamp,
    /// Whether the first frame of the new generation is written.
    pub opened: bool,
    /// What came of it; `None` until the old key is gone everywhere that counts.
    pub certificate: Option<Certificate>,
    /// Kept for later versions.
    #[serde(flatten)]
    pub other: Other,
}

/// What a turn has made final, and where copies of the old key were.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// When it was written.
    pub at: Timestamp,
    /// The generation whose key is no more.
    pub generation: u32,
    /// What was done to the key in its place, and
    pub key: How,
    /// what that place promises.
    pub promise: String,
    /// The places that hold no share any more, by their names.
    pub confirmed: Vec<String>,
    /// The places that did not answer: each may hold a share, which opens nothing alone.
    pub outstanding: Vec<String>,
    /// The places that hold a backup of the new generation.
    pub backups: Vec<String>,
    /// Compartments whose replaced keys are still kept until a colleague has opened the new ones: of these
    /// nothing is final yet.
    pub waiting: Vec<String>,
}

impl Certificate {
    /// Whether copies of the key could still be put together: two places or more did not confirm.
    pub fn is_final(&self) -> bool {
        self.outstanding.len() < crate::keeper::turn::steps::SHARES_TO_OPEN
    }
}
