//! A case's conflict register, as it is signed: who is kept apart from the case, whatever a keeper says.

use std::collections::BTreeSet;

use crate::clock::Timestamp;
use crate::desk::error::DeskError;
use crate::desk::trust::Trust;
use crate::desk::trust::body;
use crate::desk::trust::parse;
use crate::ids::CaseId;
use crate::ids::UserId;
use crate::keeper::facts::Role;
use crate::keeper::members::CASE_TEAMS;
use crate::keeper::message::load::MembersStatement;
use crate::sealing::Statement;
use crate::sealing::StatementKind;

/// A word of the register.
#[derive(Debug)]
pub(crate) struct SignedConflict {
    /// Who knows the family.
    pub(crate) user: UserId,
    /// Whether they are kept apart no more.
    pub(crate) ended: bool,
    /// SHA-256 of the reason's plaintext, hex.
    pub(crate) why: String,
    pub(crate) by: UserId,
    pub(crate) at: Timestamp,
}

/// Who is kept apart after all of these words.
pub(crate) fn apart(words: &[SignedConflict]) -> BTreeSet<UserId> {
    let mut apart = BTreeSet::new();
    for word in words {
        if word.ended {
            apart.remove(&word.user);
        } else {
            apart.insert(word.user);
        }
    }
    apart
}

impl Trust {
    /// The words of a case's register: one after the other, none left out between them, each by somebody who may
    /// write it.
    ///
    /// # Errors
    /// [`DeskError::Damaged`] naming the case.
    pub(crate) fn conflicts(
        &self,
        case: CaseId,
        register: &[String],
    ) -> Result<Vec<SignedConflict>, DeskError> {
        let mut words = Vec::new();
        for (number, text) in (1..).zip(register) {
            let statement = parse(text.as_bytes(), StatementKind::Members, self.vault)?;
            let word = match body(&statement)? {
                MembersStatement::Conflict(said) if (said.case, said.number) == (case, number) => {
                    self.conflict(&statement, (said.user, said.ended), said.why)
                }
                _ => None,
            };
            words.push(word.ok_or_else(|| {
                DeskError::damaged(format!(
                    "what is shown of the conflict register of {case} is not signed by anybody who may write it, \
                     or is about something else"
                ))
            })?);
        }
        Ok(words)
    }

    /// One word, if its signer may write it: everybody about themselves, those who see every case about anybody; its
    /// end by a coordinator or safeguarding lead, and never by whom it is about.
    fn conflict(
        &self,
        statement: &Statement,
        (user, ended): (UserId, bool),
        why: String,
    ) -> Option<SignedConflict> {
        let by: UserId = statement.by().parse().ok()?;
        let may = if ended {
            let ends = |role| matches!(role, Role::Coordinator | Role::SafeguardingLead);
            by != user && self.signed_by(statement, ends)
        } else {
            let own = by == user && self.signed_by_known(statement);
            own || self.signed_by(statement, |role| CASE_TEAMS.contains(&role))
        };
        may.then(|| SignedConflict {
            user,
            ended,
            why,
            by,
            at: statement.at(),
        })
    }
}
