//! Further roles, given and taken.

use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::link::Because;
use crate::desk::named::find_user;
use crate::desk::parts::roll;
use crate::desk::people::one_account;
use crate::desk::seal;
use crate::desk::seal::Recipients;
use crate::desk::trust::Trust;
use crate::ids::UserId;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::Member;
use crate::keeper::facts::Purpose;
use crate::keeper::facts::Role;
use crate::keeper::message::Want;
use crate::keeper::message::answer::Keys;
use crate::keeper::message::load::Load;
use crate::keeper::message::load::NewCompartment;
use crate::keeper::message::load::NewRoles;
use crate::keeper::message::load::RolesStatement;
use crate::sealing::HybridRecipient;
use crate::sealing::StatementKind;

impl Desk<'_> {
    /// Puts someone on a role's team: they are that too from now on, and what keys they need is sealed to
    /// them.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn add_role(&mut self, role: Role, who: &str) -> Result<AccountFacts, DeskError> {
        let account = self.change_roles(role, who, true)?;
        self.run_told_errands()?;
        Ok(account)
    }

    /// Takes someone off a role's team: the envelopes they held by it are destroyed.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn remove_role(&mut self, role: Role, who: &str) -> Result<AccountFacts, DeskError> {
        self.change_roles(role, who, false)
    }

    fn change_roles(
        &mut self,
        role: Role,
        who: &str,
        add: bool,
    ) -> Result<AccountFacts, DeskError> {
        self.again(|desk| {
            let (keys, trust) = desk.keys(None)?;
            let user = find_user(&keys, who)?;
            let known = trust.known(user);
            let mut also = known.map(|known| known.also.clone()).unwrap_or_default();
            let recipient = trust.recipient_of(user).cloned();
            let (want, team) = if add {
                also.insert(role);
                let team = match recipient {
                    Some(recipient) if role != Role::Assessor => {
                        desk.first_of_team((role, user, &recipient), (&keys, &trust))?
                    }
                    _ => None,
                };
                (Want::AddToRoleTeam { user, role }, team)
            } else {
                also.remove(&role);
                (Want::RemoveFromRoleTeam { user, role }, None)
            };
            let said = RolesStatement {
                user,
                number: known.map_or(0, |known| known.roles).saturating_add(1),
                also,
            };
            let statement = desk.says(StatementKind::Role, &said)?;
            let load = Load::Roles(Box::new(NewRoles { statement, team }));
            let (served, _) = desk.ask(want, load, Because::default())?;
            one_account(served)
        })
    }

    /// The first epoch of a role's team, where this is the first person of it; whoever makes it is no member
    /// and wipes its secret.
    pub(crate) fn first_of_team(
        &self,
        (role, user, recipient): (Role, UserId, &HybridRecipient),
        (keys, trust): (&Keys, &Trust),
    ) -> Result<Option<NewCompartment>, DeskError> {
        let here = roll(keys);
        if here.teams.contains_key(&role) {
            return Ok(None);
        }
        let mut members = here.as_roll().team(role);
        members.insert(Member::User(user));
        let by = self.account.id.to_string();
        let heading = self.heading(&by, StatementKind::Epoch);
        let recipients = Recipients::new(trust, keys);
        let purpose = Purpose::Team { role };
        let made = seal::compartment(
            &heading,
            self.person.signing(),
            purpose,
            &members,
            |member| {
                if *member == Member::User(user) {
                    Ok(recipient.clone())
                } else {
                    recipients.of(member)
                }
            },
        )?;
        Ok(Some(made.new))
    }
}
