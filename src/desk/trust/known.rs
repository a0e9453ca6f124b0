//! What signed statements say about one person.

use std::collections::BTreeSet;

use crate::ids::UserId;
use crate::keeper::facts::AccountState;
use crate::keeper::facts::Role;
use crate::keeper::message::load::Enrolment;
use crate::sealing::VerifyingKey;

/// A person, as far as anybody entitled has signed it.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    /// Their first keys.
    first: Enrolment,
    /// Later keys, each with the key that it took the place of.
    later: Vec<(VerifyingKey, Enrolment)>,
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
            first: enrolment,
            later: Vec::new(),
            also: BTreeSet::new(),
            roles: 0,
            state: None,
            states: 0,
        }
    }

    /// Every key they ever had.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &Enrolment> {
        std::iter::once(&self.first).chain(self.later.iter().map(|(_, enrolment)| enrolment))
    }

    /// Their keys now: those nothing has taken the place of. `None` where two keys are shown to have taken the
    /// place of the same one, which no honest keeper can show.
    pub(crate) fn last(&self) -> Option<&Enrolment> {
        let mut last = &self.first;
        // One step for each later key at most: keys that follow each other in a circle lead nowhere.
        for _ in &self.later {
            let mut next = self
                .later
                .iter()
                .filter(|(from, _)| *from == last.verifying);
            match (next.next(), next.next()) {
                (None, _) => break,
                (Some((_, one)), None) => last = one,
                (Some(_), Some(_)) => return None,
            }
        }
        Some(last)
    }

    /// New keys in the place of others.
    pub(crate) fn renew(&mut self, from: VerifyingKey, enrolment: Enrolment) {
        let step = (from, enrolment);
        if step.0 != step.1.verifying && !self.later.contains(&step) {
            self.later.push(step);
        }
    }

    /// Whether an enrolment is of this person as they were first enrolled; keys change nobody's handle or role.
    pub(crate) fn is_same(&self, enrolment: &Enrolment) -> bool {
        (self.first.role, &self.first.handle) == (enrolment.role, &enrolment.handle)
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
        self.first.role == role || self.also.contains(&role)
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
