//! What signed statements say about one person.

use std::collections::BTreeSet;

use crate::ids::UserId;
use crate::keeper::facts::AccountState;
use crate::keeper::facts::Role;
use crate::keeper::message::load::Enrolment;

/// A person, as far as anybody entitled has signed it.
#[derive(Debug)]
pub(crate) struct Known {
    /// Their keys, oldest first; never empty.
    keys: Vec<Enrolment>,
    pub(crate) reports_to: Option<UserId>,
    /// Further roles, and the number of the statement that says so.
    pub(crate) also: BTreeSet<Role>,
    pub(crate) roles: u32,
    /// Every role they ever had.
    had: BTreeSet<Role>,
    /// Whether they may work, where anything was signed about it, and the number of the statement.
    pub(crate) state: Option<AccountState>,
    pub(crate) states: u32,
}

impl Known {
    /// Somebody just enrolled.
    pub(crate) fn new(enrolment: Enrolment) -> Self {
        Self {
            reports_to: enrolment.reports_to,
            had: [enrolment.role].into(),
            keys: vec![enrolment],
            also: BTreeSet::new(),
            roles: 0,
            state: None,
            states: 0,
        }
    }

    /// Their keys, oldest first.
    pub(crate) fn keys(&self) -> &[Enrolment] {
        &self.keys
    }

    /// Their keys now.
    pub(crate) fn last(&self) -> Option<&Enrolment> {
        self.keys.last()
    }

    /// New keys, unless they are known.
    pub(crate) fn renew(&mut self, enrolment: Enrolment) {
        if !self.keys.contains(&enrolment) {
            self.keys.push(enrolment);
        }
    }

    /// Other further roles from now on.
    pub(crate) fn change_roles(&mut self, also: BTreeSet<Role>) {
        self.had.extend(&also);
        self.also = also;
        self.roles = self.roles.saturating_add(1);
    }

    /// Another state from now on.
    pub(crate) fn change_state(&mut self, state: AccountState) {
        self.state = Some(state);
        self.states = self.states.saturating_add(1);
    }

    /// Whether they have a role now.
    pub(crate) fn is(&self, role: Role) -> bool {
        self.also.contains(&role) || self.last().is_some_and(|last| last.role == role)
    }

    /// Whether they are from outside: nobody is both.
    pub(crate) fn is_outside(&self) -> bool {
        self.is(Role::Assessor)
    }

    /// Whether they ever had a role of some sort.
    pub(crate) fn had_any(&self, may: impl Fn(Role) -> bool) -> bool {
        self.had.iter().any(|role| may(*role))
    }

    /// Whether they ever had a role.
    pub(crate) fn had(&self, role: Role) -> bool {
        self.had.contains(&role)
    }

    /// Whether nobody has signed that they may not work.
    pub(crate) fn works(&self) -> bool {
        !matches!(
            self.state,
            Some(AccountState::Suspended | AccountState::Left)
        )
    }
}
