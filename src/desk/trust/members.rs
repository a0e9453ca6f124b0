//! Who is meant to hold a key: checked against signed statements before a key is sealed on to anybody.

use std::collections::BTreeSet;

use crate::desk::error::DeskError;
use crate::desk::trust::Known;
use crate::desk::trust::Trust;
use crate::desk::trust::body;
use crate::desk::trust::parse;
use crate::desk::trust::to_seal;
use crate::ids::CaseId;
use crate::ids::CompartmentId;
use crate::ids::UserId;
use crate::keeper::facts::CaseFacts;
use crate::keeper::facts::Member;
use crate::keeper::facts::Purpose;
use crate::keeper::facts::Role;
use crate::keeper::members::CASE_TEAMS;
use crate::keeper::message::answer::ChainLink;
use crate::keeper::message::answer::Keys;
use crate::keeper::message::load::MembersStatement;
use crate::sealing::Statement;
use crate::sealing::StatementKind;

impl Trust {
    /// Checks a case's team against the statement a coordinator signed of it.
    ///
    /// # Errors
    /// [`DeskError::Damaged`] naming the case.
    pub(crate) fn check_team(
        &self,
        case: &CaseFacts,
        members: Option<&str>,
    ) -> Result<(), DeskError> {
        match self.team(case.id, members)? {
            Some((_, signed)) if signed == case.team => Ok(()),
            None if case.team.is_empty() || !self.genesis.signed_members => Ok(()),
            _ => Err(DeskError::damaged(format!(
                "no coordinator has signed that just these people are on the team of {}",
                case.id
            ))),
        }
    }

    /// The number and the team of a case's `members` statement, where there is one.
    pub(crate) fn team(
        &self,
        case: CaseId,
        members: Option<&str>,
    ) -> Result<Option<(u32, BTreeSet<UserId>)>, DeskError> {
        let Some(text) = members else {
            return Ok(None);
        };
        let statement = parse(text.as_bytes(), StatementKind::Members, self.vault)?;
        match body(&statement)? {
            MembersStatement::Case {
                case: of,
                number,
                team,
            } if of == case && self.signed_by_coordinator(&statement) => Ok(Some((number, team))),
            _ => Err(DeskError::damaged(format!(
                "what is shown as the signed team of {case} is not signed by a coordinator, or is about \
                 something else"
            ))),
        }
    }

    /// What the key at the end of a way is for, by its signed statement.
    ///
    /// # Errors
    /// [`DeskError::Damaged`] when nobody vouches for it.
    pub(crate) fn purpose(&self, last: &ChainLink) -> Result<Purpose, DeskError> {
        Ok(self.check_epoch(&last.vouched())?.purpose)
    }

    /// Checks that a member may hold the key of a compartment: by the roles and states that are signed, and
    /// for a case by its signed team, which is among `signed`.
    ///
    /// # Errors
    /// [`DeskError::Damaged`] naming whom the key is not for.
    pub(crate) fn check_member(
        &self,
        purpose: Purpose,
        member: &Member,
        (keys, signed): (&Keys, &[String]),
    ) -> Result<(), DeskError> {
        let fits = match member {
            Member::Recovery => true,
            Member::Compartment(id) => self.may_open(purpose, self.role_of_team(*id, keys)),
            Member::User(user) => match self.known(*user).filter(|known| known.works()) {
                Some(known) => self.may_hold(purpose, (*user, known), signed)?,
                None => false,
            },
        };
        if fits {
            return Ok(());
        }
        Err(DeskError::damaged(format!(
            "the keeper asks for a key to be sealed to {}, who is not meant to hold it; nothing was sealed",
            named(member, keys)
        )))
    }

    fn may_hold(
        &self,
        purpose: Purpose,
        (user, known): (UserId, &Known),
        signed: &[String],
    ) -> Result<bool, DeskError> {
        Ok(match purpose {
            Purpose::Team { role } => known.is(role),
            Purpose::Case { case } => {
                known.is(Role::Staff) && self.is_on_team(case, user, signed)?
            }
            // Whose record it is decides further; somebody from outside reads by a grant alone.
            Purpose::Own { .. } => !known.is_outside(),
            Purpose::People | Purpose::Grant { .. } => false,
        })
    }

    fn is_on_team(&self, case: CaseId, user: UserId, signed: &[String]) -> Result<bool, DeskError> {
        let about = |text: &&String| {
            let said = Statement::parse(text.as_bytes()).ok()?.read_body()?;
            matches!(said, MembersStatement::Case { case: of, .. } if of == case).then_some(())
        };
        let of_case = signed.iter().find(|text| about(text).is_some());
        if let Some((_, team)) = self.team(case, of_case.map(String::as_str))? {
            return Ok(team.contains(&user));
        }
        // Of a vault from before teams were signed.
        Ok(!self.genesis.signed_members)
    }

    fn may_open(&self, purpose: Purpose, team: Option<Role>) -> bool {
        match (purpose, team) {
            (Purpose::Case { .. }, Some(role)) => CASE_TEAMS.contains(&role),
            (Purpose::Own { .. }, Some(role)) => role != Role::Assessor,
            _ => false,
        }
    }

    /// The role whose team a compartment is, by its own signed statement.
    fn role_of_team(&self, id: CompartmentId, keys: &Keys) -> Option<Role> {
        let mut teams = keys.compartments.iter();
        let (facts, epoch) = teams.find(|(facts, _)| facts.id == id)?;
        let said = self.check_epoch(&to_seal(facts, epoch));
        match said.ok()?.purpose {
            Purpose::Team { role } => Some(role),
            _ => None,
        }
    }
}

/// A member, in words.
fn named(member: &Member, keys: &Keys) -> String {
    match member {
        Member::User(user) => {
            let mut accounts = keys.accounts.iter();
            let account = accounts.find(|account| account.id == *user);
            account.map_or_else(|| user.to_string(), |one| format!("`{}`", one.handle))
        }
        Member::Compartment(_) => "a team".to_owned(),
        Member::Recovery => "the trustees".to_owned(),
    }
}
