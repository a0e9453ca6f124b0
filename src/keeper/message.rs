//! What a desk and the keeper say to each other. Serialisable and versioned, so that one code path
//! serves in-process use, a socket and pages.
//!
//! An [`Ask`] is a statement signed by the person (kind `ask`), whose body is an [`Asked`], and beside
//! it the [`Load`] it carries, whose digest the signed body names. The keeper's [`Answer`](answer::Answer) comes only
//! after its entry is durable; what opens something stands beside the receipt for that entry.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::Serialize;

use crate::clock::Timestamp;
use crate::ids::CaseId;
use crate::ids::CompartmentId;
use crate::ids::GrantId;
use crate::ids::PersonId;
use crate::ids::ProposalId;
use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::facts::PlaceUse;
use crate::keeper::facts::Recipient;
use crate::keeper::facts::Role;
use crate::keeper::facts::TwoPerson;
use crate::keeper::message::finding::Only;
use crate::keeper::message::load::Load;
use crate::records::words::Nation;

pub mod access;
pub mod answer;
pub mod due;
pub mod finding;
pub mod join;
pub mod load;
pub mod open_to;

/// The version of these messages.
pub const MESSAGES: u32 = 1;

/// The one message that nobody can sign yet: it asks for the sealed identity that holds the signing key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct SignIn {
    /// [`MESSAGES`].
    pub version: u32,
    /// The account's handle or id.
    pub handle: String,
    /// 16 random bytes, base64url.
    pub nonce: String,
    /// The size of the newest ledger head this desk has verified; 0 for none.
    pub seen: u64,
}

/// One signed message to the keeper.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ask {
    /// The person's signed statement: canonical bytes, body an [`Asked`].
    #[serde(with = "crate::keeper::message::text")]
    pub statement: Vec<u8>,
    /// What the ask carries.
    pub load: Load,
}

/// The body of a signed ask.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Asked {
    /// [`MESSAGES`].
    pub version: u32,
    /// What is wanted.
    pub want: Want,
    /// For what, in the person's words or a code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// Why, where an act asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// 16 random bytes, base64url: no ask is answered twice.
    pub nonce: String,
    /// The size of the newest ledger head this desk has verified; 0 for none.
    pub seen: u64,
    /// SHA-256 of the load's canonical JSON, base64url.
    pub load: String,
}

/// What is wanted. `act` is the word of the list of acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "kebab-case")]
#[expect(
    missing_docs,
    reason = "each field is an id of what the act's row names"
)]
pub enum Want {
    LookUpKeys {
        case: Option<CaseId>,
    },
    LookUpErrands {},
    FillErrands {},
    AddUser {
        user: UserId,
    },
    ListUsers {},
    ShowUser {
        user: String,
    },
    SuspendUser {
        user: UserId,
    },
    ResumeUser {
        user: UserId,
    },
    ChangePassphrase {
        user: UserId,
    },
    LeaveUser {
        user: UserId,
    },
    InviteUser {
        user: UserId,
    },
    ReissueUser {
        user: UserId,
    },
    AddToRoleTeam {
        user: UserId,
        role: Role,
    },
    RemoveFromRoleTeam {
        user: UserId,
        role: Role,
    },
    OpenCase {
        case: CaseId,
    },
    ListCases {},
    ShowCase {
        case: CaseId,
    },
    CloseCase {
        case: CaseId,
    },
    ReopenCase {
        case: CaseId,
    },
    AddToTeam {
        case: CaseId,
        user: UserId,
    },
    RemoveFromTeam {
        case: CaseId,
        user: UserId,
    },
    DeclareConflict {
        case: CaseId,
    },
    NoteConflict {
        case: CaseId,
        user: UserId,
    },
    EndConflict {
        case: CaseId,
        user: UserId,
    },
    AddPerson {
        person: PersonId,
    },
    ListPeople {},
    ShowPerson {
        person: PersonId,
        version: Option<u32>,
    },
    AmendPerson {
        person: PersonId,
    },
    LinkPerson {
        person: PersonId,
        case: CaseId,
    },
    UnlinkPerson {
        person: PersonId,
        case: CaseId,
    },
    ShowPersonLooks {
        person: PersonId,
    },
    SamePerson {
        person: PersonId,
        with: PersonId,
    },
    TellApart {
        person: PersonId,
        with: PersonId,
    },
    AddRecord {
        record: RecordId,
    },
    OverrideService {
        case: CaseId,
        kind: String,
    },
    ImportRecords {
        case: Option<CaseId>,
    },
    ListRecords {
        case: Option<CaseId>,
        page: u32,
        #[serde(default, skip_serializing_if = "Only::is_all")]
        only: Only,
    },
    FindRecords {},
    SearchText {
        case: Option<CaseId>,
        page: u32,
        #[serde(default, skip_serializing_if = "Only::is_all")]
        only: Only,
    },
    ReadRecord {
        record: RecordId,
        version: Option<u32>,
    },
    ReadAttachment {
        record: RecordId,
        version: u32,
        part: u32,
    },
    ShowHistory {
        record: RecordId,
    },
    ShowLooks {
        record: RecordId,
    },
    AmendRecord {
        record: RecordId,
    },
    CheckRecord {
        record: RecordId,
    },
    ReturnRecord {
        record: RecordId,
    },
    ExportRecord {
        record: RecordId,
        recipients: Vec<String>,
    },
    PrintRecord {
        record: RecordId,
    },
    ReleaseRecord {
        record: RecordId,
        to: Recipient,
    },
    ProposeRelease {
        record: RecordId,
        to: Recipient,
    },
    ExcludeUser {
        record: RecordId,
        user: UserId,
    },
    RestrictRecord {
        record: RecordId,
        roles: BTreeSet<Role>,
    },
    MoveRecord {
        record: RecordId,
        case: CaseId,
    },
    NameDeciders {
        record: RecordId,
        users: BTreeSet<UserId>,
    },
    NameHandler {
        record: RecordId,
        user: UserId,
    },
    BreakGlass {
        record: RecordId,
    },
    ReviewOpening {
        record: RecordId,
    },
    GrantCase {
        case: CaseId,
        to: UserId,
    },
    GrantRecord {
        records: BTreeSet<RecordId>,
        to: UserId,
    },
    ListGrants {},
    RevokeGrant {
        grant: GrantId,
    },
    StateGrant {
        grant: GrantId,
    },
    ListProposals {},
    ShowProposal {
        proposal: ProposalId,
    },
    ApproveProposal {
        proposal: ProposalId,
    },
    RefuseProposal {
        proposal: ProposalId,
    },
    WithdrawProposal {
        proposal: ProposalId,
    },
    CheckAccess {},
    WhoMayRead {
        record: RecordId,
    },
    AccessOf {
        user: UserId,
    },
    ChangeTwoPerson {
        mode: TwoPerson,
    },
    AddPlace {
        name: String,
        dir: String,
        what: PlaceUse,
    },
    RemovePlace {
        name: String,
    },
    ListPlaces {},
    ListErrands {},
    ListDue {
        nation: Nation,
    },
    StartCheckIn {
        case: CaseId,
        until: Timestamp,
    },
    EndCheckIn {},
    ListCheckIns {},
    ReadNotices {
        read: Vec<u64>,
    },
    #[serde(rename = "re-key")]
    Rekey {
        compartment: CompartmentId,
    },
    ShowAudit {
        record: Option<RecordId>,
        actor: Option<String>,
        since: Option<Timestamp>,
    },
    ExportAudit {},
    ProveEntry {
        index: u64,
    },
    RotateRecovery {},
    MakeShares {},
    RehearseRecovery {},
}

/// Bytes that are text (canonical JSON), as a JSON string.
pub(crate) mod text {
    use serde::Deserialize as _;
    use serde::Deserializer;
    use serde::Serializer;

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        let text = std::str::from_utf8(bytes).map_err(serde::ser::Error::custom)?;
        serializer.serialize_str(text)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        String::deserialize(deserializer).map(String::into_bytes)
    }
}

/// Bytes as base64url.
pub(crate) mod binary {
    use serde::Deserialize as _;
    use serde::Deserializer;
    use serde::Serializer;

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&crate::bytes::base64url(bytes))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        crate::bytes::unbase64url(&text).ok_or_else(|| serde::de::Error::custom("not base64url"))
    }
}
