//! Who is meant to hold a key: checked against signed statements before a key is sealed on to anybody.

use std::collections::BTreeSet;

use crate::desk::error::DeskError;
use crate::desk::trust::Trust;
use crate::desk::trust::body;
use crate::desk::trust::conflicts::apart;
use crate::desk::trust::parse;
use crate::ids::CaseId;
use crate::ids::UserId;
use crate::keeper::facts::CaseFacts;
use crate::keeper::members::CaseTeam;
use crate::keeper::message::load::MembersStatement;
use crate::sealing::StatementKind;

impl Trust {
    /// Checks a case's team against the statement a coordinator signed of it, less whom the case's conflict register
    /// has named since: nobody is on the team who is kept apart, and of those once kept apart the team's next
    /// statement says whether they are on it again.
    ///
    /// # Errors
    /// [`DeskError::Damaged`] naming the case.
    pub(crate) fn check_team(
        &self,
        case: CaseId,
        team: &BTreeSet<UserId>,
        (signed, register): (Option<&str>, &[String]),
    ) -> Result<CaseTeam, DeskError> {
        let words = self.conflicts(case, register)?;
        let on = CaseTeam {
            team: team.clone(),
            apart: apart(&words),
        };
        let named: BTreeSet<UserId> = words.iter().map(|word| word.user).collect();
        let fits = match self.team(case, signed)? {
            Some((_, signed)) => {
                let gone: BTreeSet<UserId> = signed.difference(team).copied().collect();
                team.is_subset(&signed) && gone.is_subset(&named)
            }
            None => team.is_empty() || !self.genesis.signed_members,
        };
        if fits && team.is_disjoint(&on.apart) {
            return Ok(on);
        }
        Err(DeskError::damaged(format!(
            "no coordinator has signed that just these people are on the team of {case}"
        )))
    }

    /// Checks that a keeper names just those as kept apart from a case whom its register names.
    ///
    /// # Errors
    /// [`DeskError::Damaged`] naming the case.
    pub(crate) fn check_apart(case: &CaseFacts, on: &CaseTeam) -> Result<(), DeskError> {
        if case.conflicts == on.apart {
            return Ok(());
        }
        Err(DeskError::damaged(format!(
            "the keeper names others as kept apart from {} than its conflict register does",
            case.id
        )))
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
