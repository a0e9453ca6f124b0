//! Following what is signed about people: enrolments, new keys, further roles, who may work.
//!
//! Roles and states are numbered, one up with each change, so that none can be left out from between others
//! or told in another order.

use crate::desk::error::DeskError;
use crate::desk::trust::Known;
use crate::desk::trust::ROOT;
use crate::desk::trust::Trust;
use crate::desk::trust::body;
use crate::ids::UserId;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::AccountState;
use crate::keeper::facts::Role;
use crate::keeper::members::SECOND_PERSONS;
use crate::keeper::message::load::Enrolment;
use crate::keeper::message::load::Invitation;
use crate::keeper::message::load::Reissue;
use crate::keeper::message::load::RolesStatement;
use crate::keeper::message::load::StateStatement;
use crate::sealing::HybridRecipient;
use crate::sealing::Statement;
use crate::sealing::StatementKind;
use crate::sealing::VerifyingKey;

impl Trust {
    /// Takes in one statement about a person; whether it could be believed, as far as is known by now.
    pub(crate) fn take_in(&mut self, statement: &Statement, all: &[Statement]) -> bool {
        if statement.vault() != self.vault {
            return false;
        }
        match statement.kind() {
            StatementKind::Invite => self.take_invitation(statement),
            StatementKind::Enrol => self.take_enrolment(statement, all),
            StatementKind::Succeed if statement.by() == ROOT => self.take_recovery(statement),
            StatementKind::Succeed => self.take_succession(statement),
            StatementKind::Role => self.take_roles(statement),
            StatementKind::Suspend => self.take_state(statement),
            _ => false,
        }
    }

    fn take_enrolment(&mut self, statement: &Statement, all: &[Statement]) -> bool {
        let Ok(enrolment) = body::<Enrolment>(statement) else {
            return false;
        };
        if let Some(reissue) = enrolment.reissue.clone() {
            return self.take_reissue((statement, all), enrolment, &reissue);
        }
        let new = !self.people.contains_key(&enrolment.user) && enrolment.reissue.is_none();
        let vouched =
            new && (self.signed_by_coordinator(statement) || self.invited(statement, &enrolment));
        if vouched {
            self.people.insert(enrolment.user, Known::new(enrolment));
        }
        vouched
    }

    /// New keys in the place of lost ones: proposed by somebody who may, and agreed to by somebody else who
    /// may; neither of them the person whose keys they are.
    fn take_reissue(
        &mut self,
        (statement, all): (&Statement, &[Statement]),
        enrolment: Enrolment,
        reissue: &Reissue,
    ) -> bool {
        let own = enrolment.user.to_string();
        let proposed = statement.by() != own && self.signed_by_one_of(statement, &SECOND_PERSONS);
        let mut approvals = all.iter().filter(|one| one.by() != own);
        let agreed = approvals.any(|one| self.is_approval(one, (statement, reissue.proposal)));
        let Some(known) = self.people.get_mut(&enrolment.user) else {
            return false;
        };
        let follows =
            known.is_same(&enrolment) && known.keys().any(|one| one.verifying == reissue.replaces);
        let line = !self.genesis.signed_members || known.reports_to == enrolment.reports_to;
        if proposed && agreed && follows && line {
            known.renew(reissue.replaces, enrolment);
            return true;
        }
        false
    }

    /// Coordinators invite.
    fn take_invitation(&mut self, statement: &Statement) -> bool {
        let Ok(said) = body::<Invitation>(statement) else {
            return false;
        };
        let vouched = self.signed_by_coordinator(statement);
        if vouched {
            self.invited.push(said);
        }
        vouched
    }

    /// Whether an enrolment takes up an invitation for just that account, in time: signed by the invitation's
    /// key, and by the new keys for themselves.
    fn invited(&self, statement: &Statement, enrolment: &Enrolment) -> bool {
        let Ok(key) = statement.by().parse::<VerifyingKey>() else {
            return false;
        };
        let took_up = self.invited.iter().any(|said| {
            said.key == key
                && (said.user, &said.handle) == (enrolment.user, &enrolment.handle)
                && (said.role, said.reports_to) == (enrolment.role, enrolment.reports_to)
                && statement.at() <= said.expires
        });
        took_up
            && statement.verify(&key).is_ok()
            && statement.verify_proof(&enrolment.verifying).is_ok()
    }

    /// A succession stands twice: signed by the old key, and by the new one over the same body.
    fn take_succession(&mut self, statement: &Statement) -> bool {
        let Ok(enrolment) = body::<Enrolment>(statement) else {
            return false;
        };
        let Some(known) = self.people.get_mut(&enrolment.user) else {
            return false;
        };
        let own = statement.by() == enrolment.user.to_string() && known.is_same(&enrolment);
        let signed = {
            let mut keys = known.keys().map(|enrolment| enrolment.verifying);
            keys.find(|key| statement.verify(key).is_ok())
        };
        let Some(from) = signed.filter(|_| own) else {
            return false;
        };
        known.renew(from, enrolment);
        true
    }

    /// Coordinators give and take roles. Nobody gives themselves one, and nobody is at once at the centre
    /// and from outside.
    fn take_roles(&mut self, statement: &Statement) -> bool {
        let Ok(said) = body::<RolesStatement>(statement) else {
            return false;
        };
        let own = statement.by() == said.user.to_string();
        let vouched = self.signed_by_coordinator(statement);
        let Some(known) = self.people.get_mut(&said.user) else {
            return false;
        };
        let next = said.number == known.roles.saturating_add(1);
        let inside = !known.is_outside() && !said.also.contains(&Role::Assessor);
        let fits = next && inside && (!own || said.also.is_subset(&known.also));
        if vouched && fits {
            known.change_roles(said.also);
        }
        vouched && fits
    }

    /// Coordinators stop accounts and let them work again; nobody their own.
    fn take_state(&mut self, statement: &Statement) -> bool {
        let Ok(said) = body::<StateStatement>(statement) else {
            return false;
        };
        let own = statement.by() == said.user.to_string();
        let vouched = !own && self.signed_by_coordinator(statement);
        let Some(known) = self.people.get_mut(&said.user) else {
            return false;
        };
        let next = said.number == known.states.saturating_add(1);
        // Whoever has left does not come back.
        let fits = next && known.state != Some(AccountState::Left);
        if vouched && fits {
            known.change_state(said.state);
        }
        vouched && fits
    }

    /// Checks what a keeper shows of an account against what is signed.
    pub(crate) fn check_account(&self, account: &AccountFacts) -> Result<(), DeskError> {
        let handle = &account.handle;
        let nobody = |what: &str| Err(DeskError::damaged(format!("nobody vouches for {what}")));
        let Some(known) = self.people.get(&account.id) else {
            return nobody(&format!("the keys of `{handle}`"));
        };
        let Some(last) = known.last() else {
            return Err(DeskError::damaged(format!(
                "`{handle}` is shown with two different keys in the place of the same one"
            )));
        };
        let same = last.recipient == account.recipient
            && last.verifying == account.verifying
            && last.role == account.role
            && last.handle == account.handle;
        if !same {
            return nobody(&format!("the keys of `{handle}`"));
        }
        if known.also != account.also {
            return nobody(&format!("the further roles of `{handle}`"));
        }
        if account.may_work() && !known.works() {
            let says = format!(
                "`{handle}` is shown as somebody who may work, and a coordinator has signed otherwise"
            );
            return Err(DeskError::damaged(says));
        }
        let stopped = known.state == Some(account.state)
            || (known.state.is_none() && !self.genesis.signed_members);
        if !account.may_work() && !stopped {
            return nobody(&format!("what stopped `{handle}` from working"));
        }
        if self.genesis.signed_members && known.reports_to != account.reports_to {
            return nobody(&format!("whom `{handle}` reports to"));
        }
        Ok(())
    }

    /// Every key a person has signed with.
    pub(crate) fn keys_of(&self, user: UserId) -> impl Iterator<Item = &VerifyingKey> {
        let known = self.people.get(&user).into_iter();
        known
            .flat_map(Known::keys)
            .map(|enrolment| &enrolment.verifying)
    }

    /// Where things are sealed to a person now.
    pub(crate) fn recipient_of(&self, user: UserId) -> Option<&HybridRecipient> {
        let last = self.people.get(&user).and_then(Known::last);
        last.map(|last| &last.recipient)
    }

    /// What is signed about a person.
    pub(crate) fn known(&self, user: UserId) -> Option<&Known> {
        self.people.get(&user)
    }
}
