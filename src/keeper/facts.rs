//! Facts: what the keeper must know without opening anything (`docs/format.md`, `docs/threat-model.md`
//! lists them field by field). Unknown fields of later versions are kept when a row is written back.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::clock::Timestamp;
use crate::ids::CaseId;
use crate::ids::CompartmentId;
use crate::ids::GrantId;
use crate::ids::HoldId;
use crate::ids::PersonId;
use crate::ids::RecordId;
use crate::ids::UserId;
use crate::sealing::HybridRecipient;
use crate::sealing::VerifyingKey;

pub mod case;
pub mod centre;
pub mod day;
pub mod member;
pub mod order;
pub mod person;
pub mod places;
pub mod shared;
pub mod told;
pub mod words;

pub use crate::records::words::Service;
pub use case::CaseFacts;
pub use centre::CentreFacts;
pub use member::Member;
pub use order::OrderFacts;
pub use person::LinkFacts;
pub use person::Note;
pub use person::NoteFacts;
pub use person::PersonFacts;
pub use places::Certificate;
pub use places::PlaceFacts;
pub use places::TurnFacts;
pub use shared::GrantFacts;
pub use shared::ProposalFacts;
pub use shared::Proposed;
pub use told::Medium;
pub use told::NoticeAbout;
pub use told::NoticeFacts;
pub use told::OpeningFacts;
pub use told::OutingFacts;
pub use told::Recipient;
pub use told::ReleasedFacts;
pub use told::RevealedFacts;
pub use words::AccountState;
pub use words::CaseState;
pub use words::GrantState;
pub use words::PlaceUse;
pub use words::ProposalState;
pub use words::RecordState;
pub use words::Role;
pub use words::TwoPerson;

/// Fields this version does not know, carried along unchanged.
pub type Other = BTreeMap<String, Value>;

/// The directory's row of one user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountFacts {
    /// The account.
    pub id: UserId,
    /// `[a-z0-9-]{2,32}`, unique.
    pub handle: String,
    /// The person's name in their own script.
    pub name: String,
    /// What they are at the centre.
    pub role: Role,
    /// What else they are: role teams they were added to.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub also: BTreeSet<Role>,
    /// Whether they may work.
    pub state: AccountState,
    /// Whether its person has set the passphrase themselves.
    pub claimed: bool,
    /// Whom they report to.
    pub reports_to: Option<UserId>,
    /// Where things are sealed to them.
    pub recipient: HybridRecipient,
    /// What checks their signatures.
    pub verifying: VerifyingKey,
    /// When the account was made.
    pub enrolled_at: Timestamp,
    /// When it was suspended, if it is.
    pub suspended_at: Option<Timestamp>,
    /// The account of the keeper's computer it is used from over the socket, once it has been.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub os_user: Option<u32>,
    /// Kept for later versions.
    #[serde(flatten)]
    pub other: Other,
}

impl AccountFacts {
    /// Whether the account may be signed in to.
    pub fn may_work(&self) -> bool {
        matches!(self.state, AccountState::Active | AccountState::Unclaimed)
    }

    /// Every role the person has.
    pub fn roles(&self) -> impl Iterator<Item = Role> {
        std::iter::once(self.role).chain(self.also.iter().copied())
    }

    /// Whether the person has a role.
    pub fn is(&self, role: Role) -> bool {
        self.roles().any(|one| one == role)
    }
}

/// A person a record is about, and as what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// The person.
    pub person: PersonId,
    /// child, parent, sibling, relative, worker, professional, other.
    pub role: String,
}

/// Dates that start a retention rule, `YYYY-MM-DD`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Triggers {
    /// When it happened.
    pub event: Option<String>,
    /// When it was decided.
    pub decision: Option<String>,
    /// When it was resolved.
    pub resolution: Option<String>,
    /// When it was closed.
    pub closure: Option<String>,
    /// When the engagement ended.
    pub engagement_end: Option<String>,
    /// When the last entry was made.
    pub last_entry: Option<String>,
    /// Kept for later versions.
    #[serde(flatten)]
    pub other: Other,
}

/// Who checked a record, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// The checker.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
}

/// A record's facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordFacts {
    /// The record.
    pub id: RecordId,
    /// Its case, if it has one.
    pub case: Option<CaseId>,
    /// The kind's name.
    pub kind: String,
    /// The kind definition's version at filing.
    pub kind_version: u32,
    /// The retention rule.
    pub class: String,
    /// Restriction words of the kind and the form.
    pub labels: BTreeSet<String>,
    /// Who filed it.
    pub author: UserId,
    /// When it was filed.
    pub filed_at: Timestamp,
    /// When what it tells happened, `YYYY-MM-DD`.
    pub event_date: Option<String>,
    /// Whom it is about, among the people on file.
    pub subjects: Vec<Subject>,
    /// For whom it does not exist.
    pub excluded: BTreeSet<UserId>,
    /// If set, the only roles that may see it.
    pub only_roles: Option<BTreeSet<Role>>,
    /// Named decision-makers, if any.
    pub deciders: BTreeSet<UserId>,
    /// Who handles it, if the form named a user.
    pub handler: Option<UserId>,
    /// A showing needs a purpose.
    pub purpose_required: bool,
    /// Granting or releasing needs a second person.
    pub second_approver: bool,
    /// May leave as an export.
    pub exportable: bool,
    /// Who the court order lets have it (users or outsiders, as recorded).
    pub order_recipients: Vec<String>,
    /// Of an order: how long it holds, where its form says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderFacts>,
    /// What starts its retention.
    pub triggers: Triggers,
    /// What has to be done by when: each of the kind's clocks that runs, and the day it counts from, `YYYY-MM-DD`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub clocks: BTreeMap<String, String>,
    /// The compartments its parts are sealed to.
    pub compartments: Vec<CompartmentId>,
    /// Where it stands.
    pub state: RecordState,
    /// Who checked it.
    pub checked: Option<Checked>,
    /// What suspends its disposal.
    pub holds: BTreeSet<HoldId>,
    /// Where it was moved from, if it was imported from elsewhere.
    pub migrated_from: Option<String>,
    /// How many versions it has.
    pub versions: u32,
    /// Rows of compartments it was sealed to before, kept for recovery alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub superseded: Vec<Superseded>,
    /// Kept for later versions.
    #[serde(flatten)]
    pub other: Other,
}

/// Where a sealed part's payload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Place {
    /// A row of the version's unit.
    Row,
    /// An object under `payload/`.
    Object,
}

/// A sealed part as the keeper knows it: never its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartFacts {
    /// 1 card, 2 body, 3 and up attachments.
    pub number: u32,
    /// `card`, `body` or `attachment`.
    pub sort: String,
    /// SHA-256 of the sealed payload, hex.
    pub sha256: String,
    /// Bytes of the sealed payload (a padded step, never the content's own size).
    pub size_step: u64,
    /// Where it is.
    pub place: Place,
}

/// One version's facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionFacts {
    /// Counts from 1.
    pub number: u32,
    /// Its parts.
    pub parts: Vec<PartFacts>,
    /// SHA-256 of its manifest, hex.
    pub manifest: String,
    /// The previous version's manifest digest, hex.
    pub previous: Option<String>,
    /// `filed`, `imported` or `corrected`.
    pub reason: String,
    /// The desk's random name for this submission: the same one twice is the same filing.
    pub submission: String,
    /// Who filed this version.
    pub author: UserId,
    /// When.
    pub at: Timestamp,
    /// Kept for later versions.
    #[serde(flatten)]
    pub other: Other,
}

/// What a compartment is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "for", rename_all = "kebab-case")]
pub enum Purpose {
    /// Everyone of one role.
    Team {
        /// The role.
        role: Role,
    },
    /// One case.
    Case {
        /// The case.
        case: CaseId,
    },
    /// One record filed about someone, of a restricted kind, or without a case.
    Own {
        /// The record.
        record: RecordId,
    },
    /// The people on file.
    People,
    /// One grant.
    Grant {
        /// The grant.
        grant: GrantId,
    },
}

/// A compartment's facts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompartmentFacts {
    /// The compartment.
    pub id: CompartmentId,
    /// What it is for.
    pub purpose: Purpose,
    /// Its current epoch, from 1.
    pub epoch: u32,
    /// Since when a removed member's key has not been changed.
    pub rekey_pending: Option<Timestamp>,
    /// The epochs before, while their rows are kept for recovery alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub superseded: Vec<Superseded>,
    /// Who had the present key, or a way to it, and ought not to have it any more.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub left: BTreeSet<UserId>,
    /// Who ought to have the key and has not, since when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lacking: Vec<Lacking>,
    /// Kept for later versions.
    #[serde(flatten)]
    pub other: Other,
}

impl CompartmentFacts {
    /// As everyone may see it: not who left or waits, nor since when.
    pub(crate) fn without_ages(&self) -> Self {
        Self {
            rekey_pending: None,
            superseded: Vec::new(),
            left: BTreeSet::new(),
            lacking: Vec::new(),
            ..self.clone()
        }
    }
}

/// What new rows have taken the place of. It is served to nobody, and ends when someone other than who
/// made the new ones has opened them, or after 14 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Superseded {
    /// The compartment the rows are for.
    pub compartment: CompartmentId,
    /// Its epoch.
    pub epoch: u32,
    /// When the new rows were made.
    pub since: Timestamp,
    /// Whose desk made them.
    pub by: UserId,
}

/// Someone who ought to have a compartment's key and waits for a colleague's desk to seal it on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lacking {
    /// Who.
    pub member: Member,
    /// Since when.
    pub since: Timestamp,
}

/// One epoch of a compartment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpochFacts {
    /// The epoch's number, from 1.
    pub number: u32,
    /// Where things are sealed to it.
    pub recipient: HybridRecipient,
    /// Who holds an envelope.
    pub members: BTreeSet<Member>,
    /// The sealed secret's payload, base64url; envelopes are headers of this one payload.
    pub secret: String,
    /// The maker's signed statement about number and recipient.
    pub statement: String,
    /// Of a grant's compartment: the giver's `grant` statement, then the second person's `approve`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vouchers: Vec<String>,
    /// Kept for later versions.
    #[serde(flatten)]
    pub other: Other,
}
