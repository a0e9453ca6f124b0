//! The desk: a signed-in person's side. It holds their keys, seals what they file, and opens what they
//! are shown, each time against the proof that the showing is in the ledger.
//!
//! Faces reach records only through here. Nothing below prints, asks or reads the environment.

use std::path::Path;

use crate::desk::link::Known;
use crate::desk::memory::Lost;
use crate::desk::memory::Memory;
use crate::desk::trust::Followed;
use crate::desk::trust::Trust;
use crate::ids::VaultId;
use crate::ids::random;
use crate::keeper::Line;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::CentreFacts;
use crate::keeper::message::MESSAGES;
use crate::keeper::message::SignIn;
use crate::keeper::message::answer::Outcome;
use crate::keeper::message::answer::Served;
use crate::ledger::ActorHandle;
use crate::ledger::Event;
use crate::sealing::Passphrase;
use crate::sealing::Person;

pub mod access;
pub mod amend;
pub(crate) mod apart;
pub mod attach;
pub mod attachment;
pub mod audit;
pub mod cases;
pub mod checking;
pub mod checks;
pub mod conflicts;
pub mod dues;
pub mod emergency;
pub mod errands;
pub mod error;
pub mod export;
pub(crate) mod filed_facts;
pub mod filing;
pub mod finding;
#[cfg(test)]
mod forgery;
pub mod found;
pub mod grants;
pub mod guarding;
pub(crate) mod headers;
#[cfg(test)]
mod hidden;
pub mod invited;
pub mod leaving;
pub(crate) mod link;
pub mod looked;
pub(crate) mod members;
pub mod memory;
pub mod moving;
pub(crate) mod named;
pub mod on_file;
pub(crate) mod open;
pub(crate) mod orders;
pub mod pages;
pub(crate) mod parts;
pub mod people;
pub mod places;
pub mod print;
pub mod proposals;
pub mod reading;
pub mod recovery;
pub mod reissue;
pub(crate) mod rekey;
pub mod release;
pub mod roles;
pub(crate) mod seal;
pub mod shown;
pub mod stated;
pub(crate) mod trust;
pub(crate) mod versions;
pub(crate) mod words;

pub use crate::desk::access::AccessChecked;
pub use crate::desk::access::AccessLine;
pub use crate::desk::amend::given_reason;
pub use crate::desk::attach::Attach;
pub use crate::desk::attach::Source;
pub use crate::desk::checks::Check;
pub use crate::desk::conflicts::ConflictLine;
pub use crate::desk::emergency::Notice;
pub use crate::desk::emergency::Told;
pub use crate::desk::error::DeskError;
pub use crate::desk::export::Exported;
pub use crate::desk::filing::Filing;
pub use crate::desk::finding::Among;
pub use crate::desk::finding::Found;
pub use crate::desk::finding::FoundId;
pub use crate::desk::finding::FoundLine;
pub use crate::desk::finding::NoQuery;
pub use crate::desk::finding::Query;
pub use crate::desk::finding::Searchable;
pub use crate::desk::found::Created;
pub use crate::desk::found::Init;
pub use crate::desk::found::create;
pub use crate::desk::grants::Grant;
pub use crate::desk::grants::GrantScope;
pub use crate::desk::grants::NewAccess;
pub use crate::desk::invited::Invited;
pub use crate::desk::invited::enrol;
pub use crate::desk::looked::LookLine;
pub use crate::desk::on_file::shown::Person as OnFile;
pub use crate::desk::people::NewKeys;
pub use crate::desk::people::NewUser;
pub use crate::desk::print::Look;
pub use crate::desk::print::OnPaper;
pub use crate::desk::proposals::Proposal;
pub use crate::desk::recovery::NewKey;
pub use crate::desk::recovery::Rotated;
pub use crate::desk::shown::AlertLine;
pub use crate::desk::shown::AttachmentLine;
pub use crate::desk::shown::AuditLine;
pub use crate::desk::shown::CardLine;
pub use crate::desk::shown::Case;
pub use crate::desk::shown::Filed;
pub use crate::desk::shown::HistoryLine;
pub use crate::desk::shown::ReceiptLine;
pub use crate::desk::shown::ReleaseLine;
pub use crate::desk::shown::ShownRecord;
pub use crate::desk::shown::SubjectLine;
pub use crate::desk::stated::Stated;

/// A signed-in person.
pub struct Desk<'k> {
    keeper: &'k dyn Line,
    vault: VaultId,
    person: Person,
    account: AccountFacts,
    actor: ActorHandle,
    memory: Memory,
    /// Whether the keeper has said that this desk could seal keys on, and it has not yet looked.
    errands: bool,
    /// How many notices there were at sign-in.
    notices: u32,
    /// How many had not come back in time at sign-in.
    missed: u32,
    /// Whose vault it is, as the keeper says.
    centre: Option<CentreFacts>,
    lost: Option<Lost>,
    followed: Option<Followed>,
    /// Whom the desk knew last, and the state of the vault the keeper spoke of last.
    known: Option<Known>,
    as_of: String,
}

impl std::fmt::Debug for Desk<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk")
            .field("user", &self.account.id)
            .finish_non_exhaustive()
    }
}

impl<'k> Desk<'k> {
    /// Signs in: fetches the sealed identity against a `login` entry and opens it with the passphrase. Where
    /// the keeper says that colleagues lack keys this desk could seal on, it seals them on first.
    /// `memory` is the person's own folder for remembered ledger heads, never inside a vault.
    ///
    /// # Errors
    /// [`DeskError::WrongPassphrase`], [`DeskError::Unknown`] for a handle that does not exist,
    /// [`DeskError::Denied`] for a suspended account, and what reading a ledger may show.
    pub fn sign_in(
        keeper: &'k dyn Line,
        who: &str,
        passphrase: &Passphrase,
        memory: Option<&Path>,
    ) -> Result<Self, DeskError> {
        let memory = Memory::open(keeper, memory)?;
        let mut held = memory.hold()?;
        let nonce = crate::bytes::base64url(&random::<16>());
        let ask = SignIn {
            version: MESSAGES,
            handle: who.to_owned(),
            nonce: nonce.clone(),
            seen: held.size(),
        };
        let answer = keeper.sign_in(ask)?;
        let served = signed_in(answer.outcome)?;
        let Served::Identity {
            account,
            actor,
            file,
            notices,
            missed,
            centre,
        } = served
        else {
            return Err(link::unexpected());
        };
        let actor = actor.parse().map_err(DeskError::damaged)?;
        let person =
            Person::unseal(&file, passphrase).map_err(|error| people::identity_error(&error))?;
        let receipt = answer.receipt.ok_or_else(link::unexpected)?;
        let opening = answer.opening.ok_or_else(link::unexpected)?;
        let proven = link::prove(&mut held, (&receipt, &opening), (actor, Event::Login))?;
        if !opening.detail.contains(&nonce) || proven.leaf().event != Event::Login {
            return Err(DeskError::damaged(
                "the sign-in's entry is about another sign-in",
            ));
        }
        if person.verifying() != account.verifying {
            return Err(DeskError::damaged(
                "the account's keys are not the ones in its sealed identity",
            ));
        }
        drop(held);
        let lost = memory.lost();
        let mut desk = Self {
            keeper,
            vault: keeper.vault(),
            person,
            account: *account,
            actor,
            memory,
            errands: answer.errands,
            notices,
            missed,
            centre: centre.map(whose).transpose()?,
            lost,
            followed: None,
            known: None,
            as_of: String::new(),
        };
        desk.run_told_errands()?;
        Ok(desk)
    }

    /// The present moment by the vault's clock.
    pub fn now(&self) -> crate::clock::Timestamp {
        self.keeper.now()
    }

    /// The vault.
    pub const fn vault(&self) -> VaultId {
        self.vault
    }

    /// The account that is signed in.
    pub fn account(&self) -> &AccountFacts {
        &self.account
    }

    /// Whose vault it is: the keeper's word, which stands on papers and decides nothing. `None` in a vault that was
    /// founded before it was asked.
    pub fn centre(&self) -> Option<&CentreFacts> {
        self.centre.as_ref()
    }

    /// Entries that this machine has seen and the vault has gone on without; told once.
    pub fn lost(&self) -> Option<Lost> {
        self.lost
    }

    /// Compares the vault's root key and ledger with the ones this person's machine has seen before.
    fn check_genesis(&mut self, trust: &Trust) -> Result<(), DeskError> {
        self.memory.check_genesis(&trust.genesis)
    }
}

/// The centre, if its name can be one.
fn whose(centre: CentreFacts) -> Result<CentreFacts, DeskError> {
    if named::one_line(&centre.name) == Some(&centre.name) {
        Ok(centre)
    } else {
        Err(DeskError::damaged(
            "what the keeper says is the centre's name is no name",
        ))
    }
}

/// What a sign-in was answered with.
fn signed_in(outcome: Outcome) -> Result<Served, DeskError> {
    match outcome {
        Outcome::Done(served) => Ok(*served),
        Outcome::Unknown => Err(DeskError::Unknown),
        Outcome::Denied { rule, says } => Err(DeskError::Denied {
            rule,
            says,
            entry: None,
        }),
        Outcome::Refused { code, says } if code == "rate" => Err(DeskError::Busy(says)),
        Outcome::Refused { code, says } => Err(DeskError::Refused { code, says }),
        Outcome::Stale => Err(link::unexpected()),
    }
}
