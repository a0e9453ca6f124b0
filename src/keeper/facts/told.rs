//! Facts of what people are told: what somebody was shown that is listed for good, and what somebody is to
//! know of until they have read it.

use serde::Deserialize;
use serde::Serialize;

use crate::clock::Timestamp;
use crate::ids::CaseId;
use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::facts::Other;

/// That somebody is, or was, out alone on a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutingFacts {
    /// For which case.
    pub case: CaseId,
    /// Since when.
    pub since: Timestamp,
    /// When they said that they would be back.
    pub until: Timestamp,
    /// When they said that they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// Kept for later versions.
    #[serde(flatten)]
    pub other: Other,
}

/// One showing of a record of a kind whose every showing is listed (DBS code of practice: a record is kept of
/// everyone to whom certificate information has been revealed). It stands in the record's history and outlives
/// its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevealedFacts {
    /// To whom.
    pub to: UserId,
    /// When.
    pub at: Timestamp,
    /// The ledger entry of the showing.
    pub entry: u64,
    /// The version, and
    pub version: u32,
    /// the attachment, if it was one.
    pub part: Option<u32>,
    /// What for.
    pub purpose: Option<String>,
    /// Kept for later versions.
    #[serde(flatten)]
    pub other: Other,
}

/// One release of a record to somebody outside the centre: Article 15(1)(c) UK GDPR gives whoever it is about the
/// recipients. It stands in the record's history and outlives its content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleasedFacts {
    /// To whom, as whoever released it typed it.
    pub to: String,
    /// By what right: an order's clause, parental responsibility, consent.
    pub authority: String,
    /// The court's order that names them, if one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<RecordId>,
    /// The version that was given.
    pub version: u32,
    /// Who gave it.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
    /// The ledger entry of it.
    pub entry: u64,
    /// On paper, or sealed to a key of theirs.
    pub medium: Medium,
    /// Kept for later versions.
    #[serde(flatten)]
    pub other: Other,
}

/// Somebody outside the centre who is to have a record, and by what right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    /// Who.
    pub name: String,
    /// By what right: an order's clause, parental responsibility, consent.
    pub authority: String,
    /// The age recipient it is sealed to, where it does not go on paper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
}

impl Recipient {
    /// On what they get it.
    pub fn medium(&self) -> Medium {
        match self.key {
            Some(_) => Medium::Sealed,
            None => Medium::Paper,
        }
    }
}

/// What a released record is given on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Medium {
    /// A PDF.
    Paper,
    /// A PDF in an age file that the recipient's key opens.
    Sealed,
}

impl Medium {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Paper => "paper",
            Self::Sealed => "sealed",
        }
    }
}

/// What somebody is to know. It stands in that person's account, as ids and a place in the ledger, until they
/// have read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeFacts {
    /// The ledger entry of what was done.
    pub entry: u64,
    /// Who did it.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
    /// What.
    pub about: NoticeAbout,
    /// Kept for later versions.
    #[serde(flatten)]
    pub other: Other,
}

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "kebab-case")]
pub enum NoticeAbout {
    /// A record was opened in an emergency.
    Opened {
        /// The record.
        record: RecordId,
        /// When the opening is to have been reviewed.
        review_by: Timestamp,
    },
    /// Somebody was given new keys by two others.
    Reissued {
        /// Who.
        user: UserId,
        /// Who was the second person.
        agreed: UserId,
    },
}

/// An opening in an emergency that nobody has reviewed yet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpeningFacts {
    /// The record.
    pub record: RecordId,
    /// The ledger entry of the opening.
    pub entry: u64,
    /// Who opened it.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
    /// When it is to have been reviewed.
    pub review_by: Timestamp,
    /// Kept for later versions.
    #[serde(flatten)]
    pub other: Other,
}

impl NoticeFacts {
    /// The record it is about, if it is about one.
    pub fn record(&self) -> Option<RecordId> {
        match self.about {
            NoticeAbout::Opened { record, .. } => Some(record),
            NoticeAbout::Reissued { .. } => None,
        }
    }
}
