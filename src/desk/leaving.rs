//! Stopping accounts, letting them work again, and ending them. Each is signed, so that no keeper can make
//! somebody work again whom a coordinator has stopped.

use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::link::Because;
use crate::desk::named::find_user;
use crate::desk::people::one_account;
use crate::ids::UserId;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::AccountState;
use crate::keeper::message::Want;
use crate::keeper::message::load::Load;
use crate::keeper::message::load::StateStatement;
use crate::sealing::StatementKind;

impl Desk<'_> {
    /// Suspends an account: nothing is served to it from now on, and its envelopes are destroyed.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn suspend_user(&mut self, who: &str) -> Result<AccountFacts, DeskError> {
        self.change_state(who, AccountState::Suspended, |user| Want::SuspendUser {
            user,
        })
    }

    /// Lets a suspended account work again; what keys it needs is sealed to it anew.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn resume_user(&mut self, who: &str) -> Result<AccountFacts, DeskError> {
        let account =
            self.change_state(who, AccountState::Active, |user| Want::ResumeUser { user })?;
        self.run_told_errands()?;
        Ok(account)
    }

    /// Ends an account for good: nothing is served to it from now on, its envelopes and its sealed identity
    /// are destroyed.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn leave_user(&mut self, who: &str) -> Result<AccountFacts, DeskError> {
        self.change_state(who, AccountState::Left, |user| Want::LeaveUser { user })
    }

    fn change_state(
        &mut self,
        who: &str,
        state: AccountState,
        want: impl Fn(UserId) -> Want,
    ) -> Result<AccountFacts, DeskError> {
        self.again(|desk| {
            let (keys, trust) = desk.keys(None)?;
            let user = find_user(&keys, who)?;
            let number = trust.known(user).map_or(0, |known| known.states);
            let said = StateStatement {
                user,
                number: number.saturating_add(1),
                state,
            };
            let load = Load::Signed(desk.says(StatementKind::Suspend, &said)?);
            let (served, _) = desk.ask(want(user), load, Because::default())?;
            one_account(served)
        })
    }
}
