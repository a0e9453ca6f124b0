//! Stopping accounts, letting them work again, ending them; and the keys that go when somebody leaves.

use crate::ids::UserId;
use crate::keeper::acts::Act;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::AccountState;
use crate::keeper::facts::GrantState;
use crate::keeper::facts::Role;
use crate::keeper::message::answer::Served;
use crate::keeper::message::load::StateStatement;
use crate::keeper::policy::question::Resource;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::sealing::StatementKind;

impl Vault {
    /// Suspends, resumes or ends an account. Stopping it destroys its envelopes at once; an account that has
    /// ended has no sealed identity any more.
    pub(crate) fn change_state(
        &mut self,
        request: &Request,
        act: Act,
        user: UserId,
        statement: &[u8],
    ) -> Result<Step, Stop> {
        let account = self.people.account(user).ok_or(Stop::Unknown)?.clone();
        let permit = self.permit(request, act, Resource::Account(&account))?;
        let state = next_state(&account, act)?;
        let stops = state != AccountState::Active && state != AccountState::Unclaimed;
        if stops && account.id == request.asker.id {
            let says =
                "nobody can suspend themselves or end their own account; ask another coordinator";
            return Err(Stop::Refused("own-account", says.to_owned()));
        }
        if stops && account.may_work() && account.is(Role::Coordinator) {
            self.someone_else_coordinates(user)?;
        }
        let said: StateStatement = self.said(request, StatementKind::Suspend, statement)?;
        let number = self.newest(user, StatementKind::Suspend)?.saturating_add(1);
        let signed = match state {
            AccountState::Unclaimed => AccountState::Active,
            other => other,
        };
        if (said.user, said.number, said.state) != (user, number, signed) {
            return Err(Stop::Stale);
        }
        // Of an account that ends while suspended, the suspension's time stands.
        let since = account.suspended_at.filter(|_| stops);
        let changed = AccountFacts {
            state,
            os_user: account.os_user.filter(|_| !stops),
            suspended_at: since.or_else(|| stops.then(|| self.now())),
            ..account
        };
        if stops {
            self.check_not_last(&changed)?;
        }
        self.put_account(changed)?;
        self.put_statement(user, statement)?;
        if stops {
            self.end_envelopes_of(user)?;
        }
        if state == AccountState::Left {
            self.drop_identity(user)?;
        }
        let pledge = self.log(permit, request.entry(act))?;
        if state == AccountState::Left {
            self.end_grants_of(user)?;
        }
        Ok(Step::serving(pledge, move |vault, _| {
            Ok(Served::Accounts(
                vault.people.account(user).cloned().into_iter().collect(),
            ))
        })
        .telling_errands(request.asker.id))
    }

    /// Ends the grants somebody was given, those too that wait for a second person.
    pub(crate) fn end_grants_of(&mut self, user: UserId) -> Result<(), Broken> {
        let grants = self.shared.grants_of(user).into_iter();
        for grant in grants.filter(|grant| grant.state == GrantState::Active) {
            self.expire_grant(grant)?;
        }
        self.lapse_waiting_for(user)
    }

    /// Refuses what would leave nobody to run the centre, or nobody who holds the coordinators' key.
    pub(crate) fn someone_else_coordinates(&self, user: UserId) -> Result<(), Stop> {
        let team = self.team(Role::Coordinator)?;
        for account in self.people.all() {
            let coordinates = account.may_work() && account.is(Role::Coordinator);
            if account.id == user || !coordinates {
                continue;
            }
            let holds = self.envelopes_of(account.id);
            if holds.iter().any(|(id, _)| Some(*id) == team) {
                return Ok(());
            }
        }
        let says = "somebody else has to be a coordinator, and to have signed in as one; nothing was changed";
        Err(Stop::Refused("last-coordinator", says.to_owned()))
    }
}

fn next_state(account: &AccountFacts, act: Act) -> Result<AccountState, Stop> {
    use AccountState::{Active, Left, Suspended, Unclaimed};
    match (act, account.state) {
        (Act::SuspendUser, Active | Unclaimed) => Ok(Suspended),
        (Act::ResumeUser, Suspended) if account.claimed => Ok(Active),
        (Act::ResumeUser, Suspended) => Ok(Unclaimed),
        (Act::LeaveUser, Active | Unclaimed | Suspended) => Ok(Left),
        (_, Left) => Err(Stop::Refused("bad-state", cannot_join(account))),
        (_, state) => {
            let says = format!("`{}` is {state}; nothing to do", account.handle);
            Err(Stop::Refused("bad-state", says))
        }
    }
}

/// Why somebody who may not work can be given nothing.
pub(crate) fn cannot_join(account: &AccountFacts) -> String {
    let handle = &account.handle;
    match account.state {
        AccountState::Left => {
            format!("`{handle}` has left; somebody who comes back gets a new account")
        }
        state => format!("`{handle}` is {state}; resume the account first"),
    }
}
