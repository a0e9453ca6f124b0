//! Further roles: what somebody is beside what they were enrolled as. With a role come the keys of its team.

use std::collections::BTreeSet;

use crate::ids::UserId;
use crate::keeper::acts::Act;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::Purpose;
use crate::keeper::facts::Role;
use crate::keeper::leaving::cannot_join;
use crate::keeper::message::answer::Served;
use crate::keeper::message::load::EpochStatement;
use crate::keeper::message::load::NewCompartment;
use crate::keeper::message::load::NewRoles;
use crate::keeper::message::load::RolesStatement;
use crate::keeper::policy::question::Resource;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::vault::Vault;
use crate::sealing::StatementKind;

impl Vault {
    /// Gives somebody a further role, or takes one: their envelopes of the role's team and of what is open
    /// to them through it end at once.
    pub(crate) fn change_roles(
        &mut self,
        request: &Request,
        act: Act,
        (user, role): (UserId, Role),
        new: &NewRoles,
    ) -> Result<Step, Stop> {
        let account = self.people.account(user).ok_or(Stop::Unknown)?.clone();
        let permit = self.permit(request, act, Resource::Account(&account))?;
        let add = act == Act::AddToRoleTeam;
        let also = if add {
            with(&account, role)?
        } else {
            without(&account, role)?
        };
        let said: RolesStatement = self.said(request, StatementKind::Role, &new.statement)?;
        let number = self.newest(user, StatementKind::Role)?.saturating_add(1);
        if (said.user, said.number, &said.also) != (user, number, &also) {
            return Err(Stop::Stale);
        }
        if !add && role == Role::Coordinator {
            self.someone_else_coordinates(user)?;
        }
        let changed = AccountFacts { also, ..account };
        if !add {
            self.check_not_last(&changed)?;
        }
        let team = if add {
            self.first_of_team(request, (role, &changed), new.team.as_ref())?
        } else {
            None
        };
        self.put_account(changed)?;
        self.put_statement(user, &new.statement)?;
        if let Some((made, body)) = team {
            self.put_compartment(made, body, None)?;
        }
        let pledge = self.log(permit, request.entry(act))?;
        Ok(Step::serving(pledge, move |vault, _| {
            Ok(Served::Accounts(
                vault.people.account(user).cloned().into_iter().collect(),
            ))
        })
        .telling_errands(request.asker.id))
    }

    /// The checked first epoch of a role's team, where this account is the first with the role.
    pub(crate) fn first_of_team<'n>(
        &self,
        request: &Request,
        (role, account): (Role, &AccountFacts),
        made: Option<&'n NewCompartment>,
    ) -> Result<Option<(&'n NewCompartment, EpochStatement)>, Stop> {
        if self.living_team(role)?.is_some() {
            return Ok(None);
        }
        let made = made.ok_or(Stop::Stale)?;
        let expected = self.roll_with(account)?.as_roll().team(role);
        let by = request.asker.id.to_string();
        let maker = (by.as_str(), &request.asker.verifying);
        let body = self.check_compartment(made, maker, Purpose::Team { role }, &expected)?;
        Ok(Some((made, body)))
    }
}

/// Somebody's further roles with one more.
fn with(account: &AccountFacts, role: Role) -> Result<BTreeSet<Role>, Stop> {
    let handle = &account.handle;
    if account.is(Role::Assessor) || role == Role::Assessor {
        let says = "an assessor comes from outside, and nobody is that and at the centre too; \
                    give them an account of their own for it";
        return Err(Stop::Refused("outside", says.to_owned()));
    }
    if !account.may_work() {
        return Err(Stop::Refused("bad-state", cannot_join(account)));
    }
    let mut also = account.also.clone();
    if account.role == role || !also.insert(role) {
        let says = format!("`{handle}` is a {role} already; nothing to do");
        return Err(Stop::Refused("bad-state", says));
    }
    Ok(also)
}

/// Somebody's further roles with one less.
fn without(account: &AccountFacts, role: Role) -> Result<BTreeSet<Role>, Stop> {
    let handle = &account.handle;
    if account.role == role {
        let says = format!(
            "`{handle}` was enrolled as a {role} and stays that; end the account with \
             `strongroom user leave {handle}`, and give them a new one"
        );
        return Err(Stop::Refused("first-role", says));
    }
    let mut also = account.also.clone();
    if !also.remove(&role) {
        let says = format!("`{handle}` is no {role}; nothing to do");
        return Err(Stop::Refused("bad-state", says));
    }
    Ok(also)
}
