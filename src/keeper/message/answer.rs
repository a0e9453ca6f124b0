//! What the keeper answers: an outcome, the receipt for its entry, and what is served with it.

use serde::Deserialize;
use serde::Serialize;

use crate::clock::Timestamp;
use crate::ids::CaseId;
use crate::ids::CompartmentId;
use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::CaseFacts;
use crate::keeper::facts::CentreFacts;
use crate::keeper::facts::CompartmentFacts;
use crate::keeper::facts::EpochFacts;
use crate::keeper::facts::GrantFacts;
use crate::keeper::facts::Member;
use crate::keeper::facts::NoticeFacts;
use crate::keeper::facts::Role;
use crate::keeper::message::access::Opens;
use crate::keeper::message::access::ServedAccess;
use crate::keeper::message::access::Waiting;
use crate::keeper::message::due::Due;
use crate::keeper::message::due::Outing;
use crate::keeper::message::finding::Findings;
use crate::keeper::message::load::SealedCard;
use crate::keeper::message::open_to::Entitled;
use crate::keeper::places::PlaceLine;
use crate::keeper::rehearsing::ShareRehearsal;
use crate::ledger::Receipt;
use crate::sealing::HybridRecipient;

mod conflict;
mod guarded;
mod opening;
mod person;
mod record;
mod said;
mod shared;

pub use crate::keeper::message::answer::conflict::ServedConflict;
pub use crate::keeper::message::answer::guarded::HeaderGroup;
pub use crate::keeper::message::answer::guarded::ServedCompartment;
pub use crate::keeper::message::answer::guarded::ServedGuarded;
pub use crate::keeper::message::answer::guarded::ServedHeaders;
pub use crate::keeper::message::answer::opening::Opening;
pub use crate::keeper::message::answer::person::Look;
pub use crate::keeper::message::answer::person::NoteGroup;
pub use crate::keeper::message::answer::person::ServedNote;
pub use crate::keeper::message::answer::person::ServedPerson;
pub use crate::keeper::message::answer::record::ServedPart;
pub use crate::keeper::message::answer::record::ServedRecord;
pub use crate::keeper::message::answer::said::Said;
pub use crate::keeper::message::answer::shared::GrantEvidence;
pub use crate::keeper::message::answer::shared::ProvenEntry;
pub use crate::keeper::message::answer::shared::ServedProposal;

/// The keeper's answer to an allowed or refused ask.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Answer {
    /// The entry's proof; `None` only for acts that are not entries.
    pub receipt: Option<Receipt>,
    /// What opens the entry's `commit`: 32 random bytes and the detail's bytes.
    pub opening: Option<Opening>,
    /// What was asked for, or why not.
    pub outcome: Outcome,
    /// Whether keys lack that the asker's desk could seal on, where the act is one that may leave some: not
    /// which, nor whose.
    pub errands: bool,
    /// A word for the state of the vault: while it stays the same, nothing was written but who has looked at what,
    /// and what [`Want::LookUpKeys`](crate::keeper::message::Want) serves is the same. It means nothing else.
    #[serde(default)]
    pub as_of: String,
}

/// The code of a refusal of an ask that could not be believed to be its signer's.
pub const BAD_AUTH: &str = "bad-auth";

/// What came of an ask.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Done; what is served.
    Done(Box<Served>),
    /// Denied by policy: the rule and its sentence.
    Denied {
        /// The deciding rule.
        rule: String,
        /// Its sentence.
        says: String,
    },
    /// No such thing, or not the asker's to see.
    Unknown,
    /// Refused by a rule about the state or the input; nothing changed.
    Refused {
        /// A word for the case.
        code: String,
        /// What to do.
        says: String,
    },
    /// Keys have moved on since the desk looked: seal again.
    Stale,
}

/// What is served with an allowed ask.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Served {
    /// Nothing but the receipt.
    Nothing,
    /// The asker's sealed identity.
    Identity {
        /// The account.
        account: Box<AccountFacts>,
        /// The account's handle in the ledger, as leaves spell it.
        actor: String,
        /// The passphrase-sealed identity file.
        #[serde(with = "crate::keeper::message::binary")]
        file: Vec<u8>,
        /// How many notices the asker has not read.
        notices: u32,
        /// How many are out alone and have not come back in time, where the asker is told.
        #[serde(default)]
        missed: u32,
        /// Whose vault it is, where the vault knows.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        centre: Option<CentreFacts>,
    },
    /// What an invitation's code is for.
    Invitation(Box<ServedInvitation>),
    /// Public keys and who vouched for them.
    Keys(Box<Keys>),
    /// Accounts.
    Accounts(Vec<AccountFacts>),
    /// Cases, each with its sealed card and the way to its key.
    Cases(Vec<ServedCase>),
    /// People on file.
    People(Vec<ServedPerson>),
    /// Who looked at a record or a person on file.
    Looks(Vec<Look>),
    /// Records' cards.
    Cards {
        /// The cards of this page.
        cards: Vec<ServedRecord>,
        /// Whether another page follows.
        more: bool,
    },
    /// What of that which a search has found may be shown now.
    Found(Box<Findings>),
    /// One record.
    Record(Box<ServedRecord>),
    /// What was filed: ids in the order of the load, each with its own receipt.
    Filed(Vec<FiledRecord>),
    /// Entries of the ledger.
    Entries(Vec<ServedEntry>),
    /// What the asker is told.
    Notices(Vec<NoticeFacts>),
    /// A proof, as text.
    Proof(String),
    /// Headers of what the asker wants to seal again, without payloads, and the way to their key.
    Headers(Box<ServedHeaders>),
    /// Grants.
    Grants(Vec<GrantFacts>),
    /// What a grant was and what came of it.
    Evidence(Box<GrantEvidence>),
    /// Proposals.
    Proposals(Vec<ServedProposal>),
    /// The outcome of an access check.
    Access(Box<ServedAccess>),
    /// Who can open a record, or what somebody can open.
    Opens(Vec<Opens>),
    /// The vault's places.
    Places(Vec<PlaceLine>),
    /// When trustees last rehearsed, each pair.
    Rehearsals(Vec<ShareRehearsal>),
    /// What waits to be done about keys.
    Waiting(Vec<Waiting>),
    /// What is to be done by when.
    Due(Vec<Due>),
    /// Who is out alone.
    Out(Vec<Outing>),
    /// One account.
    Account(Box<ServedAccount>),
    /// What the asker's desk should do about keys.
    Errands(Box<Errands>),
    /// What the asker's desk can seal on to new keys of somebody else.
    SealOn(Vec<Errand>),
    /// A compartment whose headers are to be sealed again or looked at.
    Compartment(Box<ServedCompartment>),
    /// A record whose headers are to be sealed again for others.
    Guarded(Box<ServedGuarded>),
    /// Every envelope sealed to the asker in person; or of the trustees' key, those that nobody else can open.
    Envelopes(Vec<ChainLink>),
}

/// An invitation, as whoever holds its code is shown it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServedInvitation {
    /// The vault's genesis statement.
    pub genesis: String,
    /// The signed `invite` statement.
    pub invite: String,
    /// The person's name, as whoever invited them typed it.
    pub name: String,
}

/// Everything needed to seal, and the statements that vouch for it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Keys {
    /// The state of the vault they are of, as [`Answer::as_of`] gives it.
    #[serde(default)]
    pub as_of: String,
    /// The genesis statement's bytes.
    #[serde(with = "crate::keeper::message::text")]
    pub genesis: Vec<u8>,
    /// Every account.
    pub accounts: Vec<AccountFacts>,
    /// The statements about them (`invite`, `enrol`, `succeed`, `role`, `suspend`, `approve`), oldest first, and
    /// the `policy` statements that changed how many people an act needs, each with its `approve`; and the root's
    /// `succeed` statements that gave the trustees another recovery key.
    pub statements: Vec<String>,
    /// Role teams, and where a case was asked for its compartments and those of grants of the whole case.
    pub compartments: Vec<(CompartmentFacts, EpochFacts)>,
    /// The case asked for.
    pub case: Option<CaseFacts>,
    /// The signed `members` statement of that case's team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<String>,
    /// The signed words of that case's conflict register, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<String>,
    /// The trustees' recovery recipient, if there is one.
    pub recovery: Option<HybridRecipient>,
}

/// One step of the way to a compartment's secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainLink {
    /// The compartment this step opens.
    pub compartment: CompartmentId,
    /// Its epoch.
    pub epoch: u32,
    /// Its signed `epoch` statement.
    pub statement: String,
    /// Of a grant's compartment: the giver's `grant` statement, then the second person's `approve`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vouchers: Vec<String>,
    /// The envelope's header: for the person first, then for the compartment opened before.
    #[serde(with = "crate::keeper::message::binary")]
    pub header: Vec<u8>,
    /// The sealed secret's payload.
    #[serde(with = "crate::keeper::message::binary")]
    pub payload: Vec<u8>,
}

/// An account, as shown alone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServedAccount {
    /// Its facts.
    pub facts: AccountFacts,
    /// Since when a key they could use and lost has not been changed, where the asker is told.
    pub rekey_pending: Option<Timestamp>,
}

/// A case and the way to its card.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServedCase {
    /// Its facts.
    pub facts: CaseFacts,
    /// Since when its key has waited to be changed, where the asker is told.
    pub rekey_pending: Option<Timestamp>,
    /// Of one case shown alone: the days of its sessions without a report, as far as the asker may know of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreported: Vec<String>,
    /// The sealed card; `None` when the asker holds no key yet.
    pub card: Option<SealedCard>,
    /// The way to the compartment.
    pub chain: Vec<ChainLink>,
    /// Where one case is shown alone, those who are part of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<ServedPerson>,
    /// And its conflict register, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conflicts: Vec<ServedConflict>,
}

/// A filed record and the proof of its entry.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FiledRecord {
    /// The record.
    pub record: RecordId,
    /// The proof.
    pub receipt: Receipt,
    /// What opens its entry's `commit`.
    pub opening: Opening,
}

/// An entry with what the asker may know of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServedEntry {
    /// Position.
    pub index: u64,
    /// When.
    pub time: Timestamp,
    /// What.
    pub event: String,
    /// How it ended.
    pub outcome: String,
    /// Whose act it was, if the directory still knows.
    pub actor: Option<UserId>,
    /// The record, where the asker may know it.
    pub record: Option<RecordId>,
    /// The case, where the asker may know it.
    pub case: Option<CaseId>,
    /// The purpose given.
    pub purpose: Option<String>,
    /// The version it was about, where it was about one.
    pub version: Option<u32>,
    /// To whom it revealed the content, where the kind lists that.
    #[serde(default)]
    pub revealed_to: Option<UserId>,
    /// Whether the detail still exists.
    pub detail_available: bool,
}

/// What a desk should do about keys, by what is to be done.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Errands {
    /// Compartments that lack members, and that the asker's desk could seal on.
    pub seal_on: Vec<Errand>,
    /// Compartments that wait for a new key.
    pub rekey: Vec<CompartmentId>,
    /// Compartments whose new headers somebody else than their maker should open.
    pub confirm: Vec<CompartmentId>,
    /// Roles whose people have no team.
    pub teams: Vec<Role>,
}

/// A compartment whose secret should be sealed on to someone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Errand {
    /// The compartment.
    pub compartment: CompartmentId,
    /// Its epoch.
    pub epoch: u32,
    /// Who lacks an envelope.
    pub members: Vec<Member>,
    /// What says that they ought to have one.
    pub entitled: Entitled,
    /// The way to the secret.
    pub chain: Vec<ChainLink>,
}
