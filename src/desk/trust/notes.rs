//! Notes about people on file: believed only as signed by somebody who keeps them.

use crate::clock::Timestamp;
use crate::desk::error::DeskError;
use crate::desk::trust::Trust;
use crate::desk::trust::body;
use crate::desk::trust::parse;
use crate::ids::UserId;
use crate::keeper::members::CASE_TEAMS;
use crate::keeper::message::load::NoteStatement;
use crate::sealing::StatementKind;

/// A note that is signed.
#[derive(Debug)]
pub(crate) struct SignedNote {
    pub(crate) said: NoteStatement,
    pub(crate) by: UserId,
    pub(crate) at: Timestamp,
    /// SHA-256 of the statement, hex.
    pub(crate) digest: String,
}

impl Trust {
    /// What a note says, if somebody who keeps the people on file has signed it.
    ///
    /// # Errors
    /// [`DeskError::Damaged`] when nobody such has.
    pub(crate) fn note(&self, bytes: &[u8]) -> Result<SignedNote, DeskError> {
        let statement = parse(bytes, StatementKind::Manifest, self.vault)?;
        let by = statement.by().parse::<UserId>().ok();
        let signed = self.signed_by(&statement, |role| CASE_TEAMS.contains(&role));
        let Some(by) = by.filter(|_| signed) else {
            return Err(DeskError::damaged(
                "what is on file of a person is not signed by anybody who may write it",
            ));
        };
        Ok(SignedNote {
            said: body(&statement)?,
            by,
            at: statement.at(),
            digest: statement.digest().hex(),
        })
    }
}
