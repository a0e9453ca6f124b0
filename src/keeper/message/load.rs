//! What asks carry: things already sealed, and the facts the keeper needs.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;

use crate::ids::CaseId;
use crate::ids::CompartmentId;
use crate::ids::PersonId;
use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::facts::Member;
use crate::keeper::facts::Note;
use crate::keeper::facts::OrderFacts;
use crate::keeper::facts::Purpose;
use crate::keeper::facts::Service;
use crate::keeper::facts::Subject;
use crate::keeper::facts::Triggers;
use crate::keeper::facts::VersionFacts;
use crate::keeper::message::finding::Findings;
use crate::keeper::message::open_to::OpenTo;
use crate::sealing::HybridRecipient;
use crate::sealing::VerifyingKey;

pub mod checked;
pub mod conflict;
pub mod granted;
pub mod moved;
pub mod people;
pub mod person;
pub mod recovery;

pub use checked::CheckStatement;
pub use checked::Returned;
pub use checked::Verdict;
pub use conflict::ConflictWord;
pub use conflict::NewConflict;
pub use granted::Approval;
pub use granted::ApproveStatement;
pub use granted::GrantStatement;
pub use granted::NewGrant;
pub use granted::PolicyStatement;
pub use moved::MoveStatement;
pub use moved::NewMove;
pub use moved::OverrideStatement;
pub use moved::ReleaseStatement;
pub use people::Enrolment;
pub use people::Invitation;
pub use people::NewAccount;
pub use people::NewInvitation;
pub use people::NewRoles;
pub use people::Reissue;
pub use people::Reissued;
pub use people::RolesStatement;
pub use people::StateStatement;
pub use people::Succession;
pub use person::NewNote;
pub use person::NewNotes;
pub use person::NoteHeader;
pub use person::NoteStatement;
pub use recovery::NewRecovery;
pub use recovery::ROOT;
pub use recovery::RecoveryStatement;

/// What an ask carries: things already sealed, and the facts the keeper needs.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "load", content = "with", rename_all = "kebab-case")]
pub enum Load {
    /// Nothing.
    Nothing {},
    /// A new account.
    Account(Box<NewAccount>),
    /// New keys for one's own account.
    Succession(Box<Succession>),
    /// A new case.
    Case(Box<NewCase>),
    /// Envelopes for members.
    Envelopes(Vec<NewEnvelope>),
    /// Records to file.
    Records(Vec<NewVersion>),
    /// A grant, with everything it opens sealed to a compartment of its own.
    Grant(Box<NewGrant>),
    /// A record sealed to a new compartment of its own, for fewer people.
    Reseal(Box<Reseal>),
    /// A record sealed to a new compartment of its own, for the people of another case.
    Move(Box<NewMove>),
    /// A compartment's next epoch.
    Rekey(Box<NewEpoch>),
    /// The word that every header of a compartment's present epoch opens, to what those before it opened to.
    Opened {
        /// The epoch.
        epoch: u32,
        /// An envelope of its secret for the trustees, where there are any: a header, beside that of who made
        /// the epoch.
        #[serde(
            default,
            skip_serializing_if = "Vec::is_empty",
            with = "crate::keeper::message::binary"
        )]
        recovery: Vec<u8>,
    },
    /// A role's team.
    Team(Box<NewCompartment>),
    /// A second person's signed yes, and what keys they add.
    Approval(Box<Approval>),
    /// A role given or taken.
    Roles(Box<NewRoles>),
    /// What goes with a record that is returned to its author.
    Returned(Box<Returned>),
    /// New keys for somebody else's account.
    Reissue(Box<Reissued>),
    /// An offer to join.
    Invitation(Box<NewInvitation>),
    /// Notes about people on file.
    Notes(Box<NewNotes>),
    /// The trustees' new recovery key.
    Recovery(Box<NewRecovery>),
    /// The dummy that two trustees took out of a rehearsal file, as it stood there.
    Dummy(#[serde(with = "crate::keeper::message::text")] Vec<u8>),
    /// A word of a case's conflict register.
    Conflict(Box<NewConflict>),
    /// What a search is about to show.
    Found(Box<Findings>),
    /// A signed statement alone.
    Signed(#[serde(with = "crate::keeper::message::text")] Vec<u8>),
}

/// A compartment's first epoch, as its maker's desk made it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewCompartment {
    /// The compartment.
    pub id: CompartmentId,
    /// What it is for.
    pub purpose: Purpose,
    /// The signed `epoch` statement, canonical bytes; body an [`EpochStatement`].
    #[serde(with = "crate::keeper::message::text")]
    pub statement: Vec<u8>,
    /// The sealed secret's payload, base64url.
    #[serde(with = "crate::keeper::message::binary")]
    pub secret: Vec<u8>,
    /// One envelope for each member.
    pub envelopes: Vec<NewEnvelope>,
}

/// The body of an `epoch` statement: the maker vouches for a recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EpochStatement {
    /// The compartment.
    pub compartment: CompartmentId,
    /// What it is for.
    pub purpose: Purpose,
    /// The epoch.
    pub number: u32,
    /// Where things are sealed to it.
    pub recipient: HybridRecipient,
    /// Of a record's own compartment: SHA-256 of the `members` statement it was made for, hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<String>,
}

/// An envelope: a header of the epoch secret's payload, for one member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewEnvelope {
    /// The compartment.
    pub compartment: CompartmentId,
    /// Its epoch.
    pub epoch: u32,
    /// For whom.
    pub member: Member,
    /// The one-stanza header.
    #[serde(with = "crate::keeper::message::binary")]
    pub header: Vec<u8>,
}

/// A case as the coordinator's desk made it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewCase {
    /// How contact happens.
    pub service: Service,
    /// Its compartment.
    pub compartment: NewCompartment,
    /// The card (title) sealed to the compartment.
    pub card: SealedCard,
}

/// A card that is not a record's: one payload and its header.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedCard {
    /// The one-stanza header, to the compartment.
    #[serde(with = "crate::keeper::message::binary")]
    pub header: Vec<u8>,
    /// The sealed payload.
    #[serde(with = "crate::keeper::message::binary")]
    pub payload: Vec<u8>,
}

/// A version to file, first or later.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewVersion {
    /// The record.
    pub record: RecordId,
    /// The facts the filer gives; later versions repeat what may change.
    pub facts: FiledFacts,
    /// The version, its parts and digests.
    pub version: VersionFacts,
    /// The audit key, base64url; drawn by the filing desk, the same for all versions.
    pub k_record: Option<String>,
    /// Payloads that travel inside the message, by part number (objects were uploaded before).
    pub rows: Vec<PartRow>,
    /// One header per part and compartment.
    pub headers: Vec<NewHeader>,
    /// The record's own compartment, where it has one and this is its first version.
    pub own: Option<NewCompartment>,
    /// Whom it is open to, where it has a compartment of its own and this is its first version: the filer's
    /// signed `members` statement, canonical bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_to: Option<String>,
}

/// What the filer says about a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FiledFacts {
    /// Its case.
    pub case: Option<CaseId>,
    /// Its kind.
    pub kind: String,
    /// The kind's version.
    pub kind_version: u32,
    /// The retention rule.
    pub class: String,
    /// Restriction words.
    pub labels: Vec<String>,
    /// When what it tells happened.
    pub event_date: Option<String>,
    /// Whom it is filed about, among the users.
    pub about: Vec<UserId>,
    /// Named decision-makers.
    pub deciders: Vec<UserId>,
    /// Who handles it.
    pub handler: Option<UserId>,
    /// What starts its retention.
    pub triggers: Triggers,
    /// What has to be done by when: each of the kind's clocks that runs, and the day it counts from.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub clocks: BTreeMap<String, String>,
    /// Whom a court's order lets have it, or reports of its case: not their names, but marks of them
    /// ([`crate::sealing::RecordKey::mark`], of what [`crate::records::orders::named`] says).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub order_recipients: Vec<String>,
    /// Of an order: how long it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderFacts>,
    /// Whom it is about, among the people on file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<Subject>,
}

/// A payload stored as a row.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct PartRow {
    /// The part.
    pub number: u32,
    /// Its sealed payload.
    #[serde(with = "crate::keeper::message::binary")]
    pub payload: Vec<u8>,
}

/// One header row.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewHeader {
    /// The part.
    pub part: u32,
    /// The compartment it is sealed to.
    pub compartment: CompartmentId,
    /// The compartment's epoch.
    pub epoch: u32,
    /// The one-stanza header.
    #[serde(with = "crate::keeper::message::binary")]
    pub header: Vec<u8>,
}

/// The body of the `genesis` statement, signed by the root key: what everything else is chained to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Genesis {
    /// What checks the root key's signatures.
    pub root: VerifyingKey,
    /// The ledger's verification key, as C2SP signed notes spell it.
    pub log: String,
    /// The trustees' recovery recipient; `None` where no trustee holds shares.
    pub recovery: Option<HybridRecipient>,
    /// Who could get round the gate: `local` or `keeper` (`docs/threat-model.md`).
    pub custody: String,
    /// `required` or `single`.
    pub two_person: String,
    /// A demonstration vault, with a clock of its own.
    pub demo: bool,
    /// Who is suspended, has left, reports to whom or is on a case's team is signed from the beginning: what
    /// is not signed is not so. Vaults made before it was hold `false`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub signed_members: bool,
}

/// Where a header stands: which sealed thing it opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "kebab-case")]
pub enum HeaderOf {
    /// A part of a version.
    Part {
        /// The record.
        record: RecordId,
        /// The version.
        version: u32,
        /// The part.
        part: u32,
    },
    /// A case's card.
    CaseCard {
        /// The case.
        case: CaseId,
        /// The card's number.
        number: u32,
    },
    /// Why a word stands in a case's conflict register.
    Conflict {
        /// The case.
        case: CaseId,
        /// The word's number.
        number: u32,
    },
    /// A note about a person on file.
    Note {
        /// The person.
        person: PersonId,
        /// Which note.
        note: Note,
    },
    /// The centre's name.
    Centre {},
    /// A compartment's secret, sealed to this compartment as its member.
    Envelope {
        /// The compartment.
        compartment: CompartmentId,
        /// Its epoch.
        epoch: u32,
    },
}

/// A header sealed again, for another compartment or epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedAgain {
    /// What it opens.
    pub of: HeaderOf,
    /// The one-stanza header.
    #[serde(with = "crate::keeper::message::binary")]
    pub header: Vec<u8>,
}

/// A record sealed for fewer people than before, or for others.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reseal {
    /// The signed `members` statement about the record, canonical bytes; body a [`MembersStatement`].
    #[serde(with = "crate::keeper::message::text")]
    pub statement: Vec<u8>,
    /// The compartment it has from now on.
    pub compartment: NewCompartment,
    /// Every header of the record, sealed to that compartment.
    pub headers: Vec<SealedAgain>,
}

/// The body of a `members` statement: whom something is open to, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "kebab-case")]
pub enum MembersStatement {
    /// A case's team.
    Case {
        /// The case.
        case: CaseId,
        /// Counts from 1, one up with each change.
        number: u32,
        /// Everyone on the team.
        team: std::collections::BTreeSet<UserId>,
    },
    /// A word of a case's conflict register: somebody knows the family, or nothing speaks against them any more.
    Conflict(ConflictWord),
    /// Whom a record is open to.
    Record(OpenTo),
}

/// A compartment's next epoch, covering all that was sealed to the one before.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewEpoch {
    /// The compartment with the new epoch's statement, secret and envelopes.
    pub compartment: NewCompartment,
    /// Every header there is, sealed to the new epoch.
    pub headers: Vec<SealedAgain>,
}
