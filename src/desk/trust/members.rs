//! Who is meant to hold a key: checked against signed statements before a key is sealed on to anybody.

use std::collections::BTreeSet;

use crate::desk::error::DeskError;
use crate::desk::trust::Trust;
use crate::desk::trust::body;
use crate::desk::trust::parse;
use crate::ids::CaseId;
use crate::ids::UserId;
use crate::keeper::message::load::MembersStatement;
use crate::sealing::StatementKind;

impl Trust {
    /// Checks a case's team against the statement a coordinator signed of it.
    ///
    /// # Errors
    /// [`DeskError::Damaged`] naming the case.
    pub(crate) fn check_team(
        &self,
        case: CaseId,
        (team, signed): (&BTreeSet<UserId>, Option<&str>),
    ) -> Result<(), DeskError> {
        match self.team(case, signed)? {
            Some((_, signed)) if signed == *team => Ok(()),
            None if team.is_empty() || !self.genesis.signed_members => Ok(()),
            _ => Err(DeskError::damaged(format!(
                "no coordinator has signed that just these people are on the team of {case}"
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
}
