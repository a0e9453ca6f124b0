//! What asks about people carry: accounts, their keys, their roles and states, each signed.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::Serialize;

use crate::clock::Timestamp;
use crate::ids::ProposalId;
use crate::ids::UserId;
use crate::keeper::facts::AccountState;
use crate::keeper::facts::Role;
use crate::keeper::message::load::NewCompartment;
use crate::keeper::message::load::NewEnvelope;
use crate::sealing::HybridRecipient;
use crate::sealing::VerifyingKey;

/// An account as its maker's desk made it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewAccount {
    /// The handle, name, role and line.
    pub handle: String,
    /// The person's name.
    pub name: String,
    /// What they are.
    pub role: Role,
    /// Whom they report to.
    pub reports_to: Option<UserId>,
    /// The signed `enrol` statement, canonical bytes.
    #[serde(with = "crate::keeper::message::text")]
    pub enrol: Vec<u8>,
    /// The passphrase-sealed identity file, base64url.
    #[serde(with = "crate::keeper::message::binary")]
    pub identity: Vec<u8>,
    /// The team this person is the first member of, if so.
    pub team: Option<NewCompartment>,
}

/// The body of an `enrol` statement, and of the genesis statement's first administrator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolment {
    /// The account.
    pub user: UserId,
    /// Its handle.
    pub handle: String,
    /// Its role.
    pub role: Role,
    /// Whom its person reports to. A succession says nothing of it: new keys move nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reports_to: Option<UserId>,
    /// Where things are sealed to it.
    pub recipient: HybridRecipient,
    /// What checks its signatures.
    pub verifying: VerifyingKey,
    /// Of new keys for a passphrase that is lost: which keys end, and the proposal they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reissue: Option<Reissue>,
}

/// New keys that somebody else makes for a person, with a second person's yes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reissue {
    /// The proposal.
    pub proposal: ProposalId,
    /// What checked the person's signatures until then.
    pub replaces: VerifyingKey,
}

/// New keys of one account. The statement `succeed` is signed by the old key; its body is signed by
/// the new one.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Succession {
    /// `succeed`, signed by the old key, canonical bytes.
    #[serde(with = "crate::keeper::message::text")]
    pub old: Vec<u8>,
    /// `succeed`, the same body signed by the new key, canonical bytes.
    #[serde(with = "crate::keeper::message::text")]
    pub new: Vec<u8>,
    /// The identity file sealed under the new passphrase.
    #[serde(with = "crate::keeper::message::binary")]
    pub identity: Vec<u8>,
    /// The person's envelopes, sealed to the new recipient.
    pub envelopes: Vec<NewEnvelope>,
}

/// New keys for somebody whose passphrase is lost, as the proposer's desk made them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Reissued {
    /// The signed `enrol` statement with its `reissue`, canonical bytes.
    #[serde(with = "crate::keeper::message::text")]
    pub enrol: Vec<u8>,
    /// The identity file sealed under a first passphrase.
    #[serde(with = "crate::keeper::message::binary")]
    pub identity: Vec<u8>,
    /// What the proposer's desk could seal on to the new keys.
    pub envelopes: Vec<NewEnvelope>,
}

/// The body of a `role` statement: what somebody is beside the role they were enrolled with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolesStatement {
    /// The account.
    pub user: UserId,
    /// Counts from 1, one up with each change.
    pub number: u32,
    /// Every further role.
    pub also: BTreeSet<Role>,
}

/// A further role given or taken.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewRoles {
    /// The signed `role` statement, canonical bytes; body a [`RolesStatement`].
    #[serde(with = "crate::keeper::message::text")]
    pub statement: Vec<u8>,
    /// The team this person is the first member of, if so.
    pub team: Option<NewCompartment>,
}

/// The body of a `suspend` statement: whether an account may work.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateStatement {
    /// The account.
    pub user: UserId,
    /// Counts from 1, one up with each change.
    pub number: u32,
    /// `suspended`, `left`, or `active` for one that may work again.
    pub state: AccountState,
}

/// The body of an `invite` statement: who may make an account of which kind, until when, and the key that
/// proves it is they.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// The account to be.
    pub user: UserId,
    /// Its handle.
    pub handle: String,
    /// Its role.
    pub role: Role,
    /// Whom its person will report to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reports_to: Option<UserId>,
    /// From when on it counts for nothing.
    pub expires: Timestamp,
    /// What checks the signatures of whoever holds the code.
    pub key: VerifyingKey,
    /// HMAC-SHA-256 under a key made from the code, base64url, over all of the above and the vault's root key:
    /// by it whoever holds the code knows that this is the vault they were invited to.
    pub seal: String,
}

/// An offer to join.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NewInvitation {
    /// The signed `invite` statement, canonical bytes; body an [`Invitation`].
    #[serde(with = "crate::keeper::message::text")]
    pub statement: Vec<u8>,
    /// The person's name.
    pub name: String,
}
