//! Who is vouched for: genesis by the root key, every account by an enrolment that leads back to it,
//! every compartment key by someone so enrolled. A desk seals to nothing else.

use std::collections::BTreeMap;

use crate::clock::Timestamp;
use crate::desk::error::DeskError;
use crate::ids::CompartmentId;
use crate::ids::UserId;
use crate::ids::VaultId;
use crate::keeper::facts::CompartmentFacts;
use crate::keeper::facts::EpochFacts;
use crate::keeper::facts::Purpose;
use crate::keeper::facts::Role;
use crate::keeper::facts::TwoPerson;
use crate::keeper::members::GUARDIANS;
use crate::keeper::members::may_vouch;
use crate::keeper::message::answer::ChainLink;
use crate::keeper::message::answer::Keys;
use crate::keeper::message::load::EpochStatement;
use crate::keeper::message::load::Genesis;
use crate::keeper::message::load::Invitation;
use crate::keeper::message::load::MembersStatement;
pub(crate) use crate::keeper::message::load::ROOT;
use crate::keeper::message::load::RecoveryStatement;
use crate::keeper::message::open_to::OpenTo;
use crate::sealing::HybridRecipient;
use crate::sealing::Statement;
use crate::sealing::StatementKind;

pub(crate) mod conflicts;
mod followed;
mod grant;
mod known;
mod members;
pub(crate) mod notes;
mod people;
mod recovery;
mod second;
mod verified;

pub(crate) use followed::Followed;
use known::Known;
use verified::Verified;

/// The chain of statements, checked.
#[derive(Debug, Clone)]
pub(crate) struct Trust {
    vault: VaultId,
    pub(crate) genesis: Genesis,
    people: BTreeMap<UserId, Known>,
    /// Who was invited, by whom it was for.
    invited: Vec<Invitation>,
    /// Since when how many people are needed, where that was changed, oldest first.
    modes: Vec<(Timestamp, TwoPerson)>,
    /// Other recovery keys that the root gave the trustees.
    recoveries: Vec<RecoveryStatement>,
    /// What was found to be signed by somebody of these.
    verified: Verified,
}

impl Trust {
    /// Checks the keys a keeper shows against what their statements say.
    ///
    /// # Errors
    /// [`DeskError::Damaged`] naming the first thing nobody vouches for.
    pub(crate) fn check(&self, keys: &Keys) -> Result<(), DeskError> {
        self.check_recovery(keys.recovery.as_ref())?;
        for account in &keys.accounts {
            self.check_account(account)?;
        }
        if let Some(case) = &keys.case {
            let signed = (keys.members.as_deref(), keys.conflicts.as_slice());
            let on = self.check_team(case.id, &case.team, signed)?;
            Self::check_apart(case, &on)?;
        }
        Ok(())
    }

    /// Whom these statements make known, from the root down. Nothing is said of what else a keeper shows.
    ///
    /// # Errors
    /// [`DeskError::Damaged`] where the root did not found this vault, or a statement cannot be read.
    pub(crate) fn of(
        vault: VaultId,
        genesis: &[u8],
        statements: &[String],
    ) -> Result<Self, DeskError> {
        let statement = parse(genesis, StatementKind::Genesis, vault)?;
        let genesis: Genesis = body(&statement)?;
        statement.verify(&genesis.root).map_err(|_| {
            DeskError::damaged("the vault's founding statement is not signed by its root key")
        })?;
        let mut trust = Self {
            vault,
            genesis,
            people: BTreeMap::new(),
            invited: Vec::new(),
            modes: Vec::new(),
            recoveries: Vec::new(),
            verified: Verified::default(),
        };
        let mut parsed: Vec<Statement> = Vec::new();
        for text in statements {
            parsed.push(Statement::parse(text.as_bytes()).map_err(DeskError::damaged)?);
        }
        trust.follow(&parsed);
        Ok(trust)
    }

    /// Takes in statements whose signer is known, until none is left that is. How many people an act takes
    /// follows from them, and may be what others wait for.
    fn follow(&mut self, statements: &[Statement]) {
        let mut waiting: Vec<&Statement> = statements.iter().collect();
        // Each round takes in at least one of them, or it is the last.
        for _ in 0..=statements.len() {
            let before = (waiting.len(), self.modes.len());
            waiting.retain(|statement| !self.take_in(statement, statements));
            self.follow_modes(statements);
            if before == (waiting.len(), self.modes.len()) {
                return;
            }
        }
    }

    /// The vault it is about.
    pub(crate) fn vault(&self) -> VaultId {
        self.vault
    }

    /// Whether somebody known, or the root key, signed it.
    pub(crate) fn signed_by_known(&self, statement: &Statement) -> bool {
        if statement.by() == ROOT {
            return statement.verify(&self.genesis.root).is_ok();
        }
        let signer = statement.by().parse::<UserId>().ok();
        signer.is_some_and(|user| {
            self.verified.or_is(statement, || {
                self.keys_of(user).any(|key| statement.verify(key).is_ok())
            })
        })
    }

    /// Only the root key and coordinators vouch for people, teams and cases.
    pub(crate) fn signed_by_coordinator(&self, statement: &Statement) -> bool {
        self.signed_by(statement, |role| role == Role::Coordinator)
    }

    /// Whether the root key or somebody of such a role has signed a statement. Who had the role once has vouched
    /// for good: what they signed then does not fall with it.
    fn signed_by(&self, statement: &Statement, may: impl Fn(Role) -> bool) -> bool {
        let signer = statement.by().parse::<UserId>().ok();
        let signer = signer.and_then(|user| self.people.get(&user));
        let entitled = statement.by() == ROOT || signer.is_some_and(|known| known.had_any(may));
        entitled && self.signed_by_known(statement)
    }

    /// Checks that someone known vouches for a compartment's key.
    ///
    /// # Errors
    /// [`DeskError::Damaged`] when nobody does.
    pub(crate) fn check_epoch(&self, epoch: &Vouched<'_>) -> Result<EpochStatement, DeskError> {
        let statement = parse(epoch.statement, StatementKind::Epoch, self.vault)?;
        let said: EpochStatement = body(&statement)?;
        let fits = said.compartment == epoch.compartment
            && said.number == epoch.number
            && epoch.purpose.is_none_or(|purpose| said.purpose == purpose)
            && epoch
                .recipient
                .is_none_or(|recipient| said.recipient == *recipient);
        let vouched = match said.purpose {
            // Whoever files may make the compartment of what they file.
            Purpose::Own { .. } => self.signed_by_known(&statement),
            Purpose::Grant { .. } => self.is_grant_s(epoch, (&statement, &said))?,
            purpose => self.signed_by(&statement, |role| may_vouch(purpose, said.number, role)),
        };
        if fits && vouched {
            return Ok(said);
        }
        Err(DeskError::damaged(
            "nobody vouches for the key of a compartment",
        ))
    }
}

impl Trust {
    /// What is signed about whom a record is open to: the first statement by whoever filed it, later ones by
    /// those who may change it. `None` when nobody entitled signed it.
    pub(crate) fn open_to(&self, text: &str) -> Option<OpenTo> {
        let statement = parse(text.as_bytes(), StatementKind::Members, self.vault).ok()?;
        let Ok(MembersStatement::Record(said)) = body(&statement) else {
            return None;
        };
        let signed = if said.number == 1 {
            self.signed_by_known(&statement)
        } else {
            self.signed_by(&statement, |role| GUARDIANS.contains(&role))
        };
        signed.then_some(said)
    }
}

/// What a keeper says about a compartment's epoch.
#[derive(Debug)]
pub(crate) struct Vouched<'a> {
    pub(crate) statement: &'a [u8],
    pub(crate) compartment: CompartmentId,
    pub(crate) number: u32,
    pub(crate) purpose: Option<Purpose>,
    pub(crate) recipient: Option<&'a HybridRecipient>,
    /// Of a grant's compartment, its `grant` statement and then its `approve`.
    pub(crate) vouchers: &'a [String],
    /// Whether something is opened through it; otherwise things are only sealed to it.
    pub(crate) opens: bool,
}

impl ChainLink {
    /// What has to be vouched for before anything is opened through this link.
    pub(crate) fn vouched(&self) -> Vouched<'_> {
        Vouched {
            statement: self.statement.as_bytes(),
            compartment: self.compartment,
            number: self.epoch,
            purpose: None,
            recipient: None,
            vouchers: &self.vouchers,
            opens: true,
        }
    }
}

/// What has to be vouched for before anything is sealed to a compartment.
pub(crate) fn to_seal<'a>(facts: &CompartmentFacts, epoch: &'a EpochFacts) -> Vouched<'a> {
    Vouched {
        statement: epoch.statement.as_bytes(),
        compartment: facts.id,
        number: facts.epoch,
        purpose: Some(facts.purpose),
        recipient: Some(&epoch.recipient),
        vouchers: &epoch.vouchers,
        opens: false,
    }
}

fn parse(bytes: &[u8], kind: StatementKind, vault: VaultId) -> Result<Statement, DeskError> {
    let statement = Statement::parse(bytes).map_err(DeskError::damaged)?;
    if statement.kind() == kind && statement.vault() == vault {
        return Ok(statement);
    }
    Err(DeskError::damaged(
        "a signed statement is of another kind or another vault",
    ))
}

fn body<T: serde::de::DeserializeOwned>(statement: &Statement) -> Result<T, DeskError> {
    statement
        .read_body()
        .ok_or_else(|| DeskError::damaged("a signed statement has another shape"))
}
