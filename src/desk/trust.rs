//! Who is vouched for: genesis by the root key, every account by an enrolment that leads back to it,
//! every compartment key by someone so enrolled. A desk seals to nothing else.

use std::collections::BTreeMap;

use crate::desk::error::DeskError;
use crate::ids::CompartmentId;
use crate::ids::UserId;
use crate::ids::VaultId;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::Purpose;
use crate::keeper::facts::Role;
use crate::keeper::members::GUARDIANS;
use crate::keeper::members::may_vouch;
use crate::keeper::message::answer::Keys;
use crate::keeper::message::load::Enrolment;
use crate::keeper::message::load::EpochStatement;
use crate::keeper::message::load::Genesis;
use crate::keeper::message::load::MembersStatement;
use crate::keeper::message::open_to::OpenTo;
use crate::sealing::HybridRecipient;
use crate::sealing::Statement;
use crate::sealing::StatementKind;
use crate::sealing::VerifyingKey;

/// How the root key signs: as `by` of its statements.
pub(crate) const ROOT: &str = "root";

/// The chain of statements, checked.
#[derive(Debug)]
pub(crate) struct Trust {
    vault: VaultId,
    pub(crate) genesis: Genesis,
    people: BTreeMap<UserId, Vec<Enrolment>>,
}

impl Trust {
    /// Checks the keys a keeper shows, from the root down.
    ///
    /// # Errors
    /// [`DeskError::Damaged`] naming the first thing nobody vouches for.
    pub(crate) fn check(vault: VaultId, keys: &Keys) -> Result<Self, DeskError> {
        let statement = parse(&keys.genesis, StatementKind::Genesis, vault)?;
        let genesis: Genesis = body(&statement)?;
        statement.verify(&genesis.root).map_err(|_| {
            DeskError::damaged("the vault's founding statement is not signed by its root key")
        })?;
        let mut trust = Self {
            vault,
            genesis,
            people: BTreeMap::new(),
        };
        let mut waiting: Vec<Statement> = Vec::new();
        for text in &keys.statements {
            waiting.push(Statement::parse(text.as_bytes()).map_err(DeskError::damaged)?);
        }
        trust.follow(waiting);
        for account in &keys.accounts {
            trust.check_account(account)?;
        }
        Ok(trust)
    }

    /// Takes in statements whose signer is known, until none is left that is.
    fn follow(&mut self, mut waiting: Vec<Statement>) {
        loop {
            let before = waiting.len();
            let mut still = Vec::new();
            for statement in waiting {
                if !self.take_in(&statement) {
                    still.push(statement);
                }
            }
            waiting = still;
            if waiting.is_empty() || waiting.len() == before {
                return;
            }
        }
    }

    fn take_in(&mut self, statement: &Statement) -> bool {
        if statement.vault() != self.vault {
            return false;
        }
        let Ok(enrolment) = body::<Enrolment>(statement) else {
            return false;
        };
        match statement.kind() {
            StatementKind::Enrol if !self.people.contains_key(&enrolment.user) => {
                let vouched = self.signed_by_coordinator(statement);
                if vouched {
                    self.people.insert(enrolment.user, vec![enrolment]);
                }
                vouched
            }
            // A succession stands twice: signed by the old key, and by the new one over the same body.
            StatementKind::Succeed if statement.by() == enrolment.user.to_string() => {
                let old = self.signed_by_known(statement);
                let known = self.people.get_mut(&enrolment.user);
                // New keys change nobody's handle or role.
                let same = |known: &&mut Vec<Enrolment>| {
                    known.last().is_some_and(|last| {
                        (last.role, &last.handle) == (enrolment.role, &enrolment.handle)
                    })
                };
                let Some(known) = known.filter(|known| old && same(known)) else {
                    return false;
                };
                if known.last() != Some(&enrolment) && !known.contains(&enrolment) {
                    known.push(enrolment);
                }
                true
            }
            _ => false,
        }
    }

    fn signed_by_known(&self, statement: &Statement) -> bool {
        if statement.by() == ROOT {
            return statement.verify(&self.genesis.root).is_ok();
        }
        let signer = statement.by().parse::<UserId>().ok();
        signer.is_some_and(|user| self.keys_of(user).any(|key| statement.verify(key).is_ok()))
    }

    /// Only the root key and coordinators vouch for people, teams and cases.
    fn signed_by_coordinator(&self, statement: &Statement) -> bool {
        self.signed_by(statement, |role| role == Role::Coordinator)
    }

    /// Whether the root key or somebody of such a role has signed a statement.
    fn signed_by(&self, statement: &Statement, may: impl Fn(Role) -> bool) -> bool {
        let signer = statement.by().parse::<UserId>().ok();
        let signer = signer.and_then(|user| self.people.get(&user)?.last());
        let entitled = statement.by() == ROOT || signer.is_some_and(|signer| may(signer.role));
        entitled && self.signed_by_known(statement)
    }

    fn check_account(&self, account: &AccountFacts) -> Result<(), DeskError> {
        let vouched = self
            .people
            .get(&account.id)
            .and_then(|known| known.last())
            .is_some_and(|last| {
                last.recipient == account.recipient
                    && last.verifying == account.verifying
                    && last.role == account.role
                    && last.handle == account.handle
            });
        if vouched {
            return Ok(());
        }
        Err(DeskError::damaged(format!(
            "nobody vouches for the keys of `{}`",
            account.handle
        )))
    }

    /// Every key a person has signed with.
    pub(crate) fn keys_of(&self, user: UserId) -> impl Iterator<Item = &VerifyingKey> {
        self.people
            .get(&user)
            .into_iter()
            .flatten()
            .map(|enrolment| &enrolment.verifying)
    }

    /// Where things are sealed to a person now.
    pub(crate) fn recipient_of(&self, user: UserId) -> Option<&HybridRecipient> {
        self.people
            .get(&user)
            .and_then(|known| known.last())
            .map(|last| &last.recipient)
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
        // Whoever files may make the compartment of what they file.
        let vouched = matches!(said.purpose, Purpose::Own { .. })
            && self.signed_by_known(&statement)
            || self.signed_by(&statement, |role| {
                may_vouch(said.purpose, said.number, role)
            });
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
