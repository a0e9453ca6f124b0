//! The directory: who has an account, held in memory from the rows, because "absent" decides here.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;

use crate::bytes::base64url;
use crate::bytes::unbase64url;
use crate::ids::UserId;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::Member;
use crate::keeper::invitations::Waiting;
use crate::keeper::joining::Wrong;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::ledger::ActorHandle;
use crate::store::Tree;
use crate::store::UnitKind;

/// The accounts and the handles they have in the ledger.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    accounts: BTreeMap<UserId, AccountFacts>,
    actors: BTreeMap<UserId, ActorHandle>,
    /// Invitations nobody has taken up yet.
    pub(crate) invited: BTreeMap<UserId, Waiting>,
    /// Wrong codes that came just now.
    pub(crate) wrong_codes: Wrong,
}

/// The row that ties an account to its handle in the ledger; erasing it unlinks the entries.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ActorRow {
    /// 16 random bytes, base64url.
    pub(crate) handle: String,
}

impl Directory {
    /// One account.
    pub(crate) fn account(&self, user: UserId) -> Option<&AccountFacts> {
        self.accounts.get(&user)
    }

    /// The account with this handle or id.
    pub(crate) fn find(&self, who: &str) -> Option<&AccountFacts> {
        match who.parse::<UserId>() {
            Ok(user) => self.account(user),
            Err(_) => self.accounts.values().find(|account| account.handle == who),
        }
    }

    /// Every account, in the order of their handles.
    pub(crate) fn all(&self) -> Vec<AccountFacts> {
        let mut all: Vec<AccountFacts> = self.accounts.values().cloned().collect();
        all.sort_by(|a, b| a.handle.cmp(&b.handle));
        all
    }

    /// The account's handle in the ledger.
    pub(crate) fn actor(&self, user: UserId) -> Option<ActorHandle> {
        self.actors.get(&user).copied()
    }

    /// The account behind a handle of the ledger.
    pub(crate) fn user_of(&self, actor: &ActorHandle) -> Option<UserId> {
        self.actors
            .iter()
            .find(|(_, handle)| *handle == actor)
            .map(|(user, _)| *user)
    }
}

impl Vault {
    /// Reads the directory from its rows.
    pub(crate) fn load_directory(&mut self) -> Result<(), Broken> {
        let units: Vec<_> = self
            .keys
            .of_kind(UnitKind::Account)
            .map(|(unit, _)| unit.clone())
            .collect();
        for unit in units {
            let Ok(bytes) = <[u8; 16]>::try_from(unit.natural()) else {
                continue;
            };
            let user = UserId::from_bytes(bytes);
            let account: AccountFacts = self
                .read(&unit, Tree::Account, &[])?
                .ok_or(Broken::Row(Tree::Account))?;
            let row: ActorRow = self
                .read(&unit, Tree::Actor, &[])?
                .ok_or(Broken::Row(Tree::Actor))?;
            let handle =
                unbase64url(&row.handle).and_then(|bytes| <[u8; 16]>::try_from(bytes).ok());
            self.people.actors.insert(
                user,
                ActorHandle::from_bytes(handle.ok_or(Broken::Row(Tree::Actor))?),
            );
            self.people.accounts.insert(user, account);
        }
        Ok(())
    }

    /// Makes an account's unit and its ledger handle.
    pub(crate) fn make_account(&mut self, account: AccountFacts) -> Result<(), Broken> {
        let unit = units::account(account.id);
        let handle: [u8; 16] = crate::ids::random();
        self.make_unit(unit.clone());
        self.write(
            &unit,
            Tree::Actor,
            &[],
            &ActorRow {
                handle: base64url(&handle),
            },
        )?;
        self.people
            .actors
            .insert(account.id, ActorHandle::from_bytes(handle));
        self.put_account(account)
    }

    /// Writes an account's facts.
    pub(crate) fn put_account(&mut self, account: AccountFacts) -> Result<(), Broken> {
        self.write(&units::account(account.id), Tree::Account, &[], &account)?;
        let before = self.people.accounts.get(&account.id);
        let same = before.is_some_and(|before| {
            before.may_work() == account.may_work() && before.roles().eq(account.roles())
        });
        if !same {
            self.settle_everything();
        }
        self.people.accounts.insert(account.id, account);
        Ok(())
    }

    /// Destroys every envelope of a person, and marks the compartments whose key they may still know.
    pub(crate) fn end_envelopes_of(&mut self, user: UserId) -> Result<u32, Broken> {
        let member = Member::User(user);
        let mut ended = 0_u32;
        for (compartment, epoch) in self.envelopes_of(user) {
            self.end_envelope(compartment, epoch, &member)?;
            ended = ended.saturating_add(1);
        }
        Ok(ended)
    }
}
