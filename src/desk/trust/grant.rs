//! Grants: that a coordinator gave the access a compartment is for, and that a second person agreed to it.

use crate::desk::error::DeskError;
use crate::desk::trust::Known;
use crate::desk::trust::Trust;
use crate::desk::trust::Vouched;
use crate::desk::trust::body;
use crate::desk::trust::parse;
use crate::keeper::facts::Purpose;
use crate::keeper::message::load::EpochStatement;
use crate::keeper::message::load::GrantStatement;
use crate::sealing::Statement;
use crate::sealing::StatementKind;

impl Trust {
    /// The grant a compartment is for, as its giver signed it. To seal to it that is enough; to open
    /// something through it, a second person must have agreed where it is for an outsider.
    ///
    /// # Errors
    /// [`DeskError::Damaged`] naming what is missing.
    pub(crate) fn grant_behind(&self, epoch: &Vouched<'_>) -> Result<GrantStatement, DeskError> {
        let [giver, approvals @ ..] = epoch.vouchers else {
            return Err(nobody_gave());
        };
        let statement = parse(giver.as_bytes(), StatementKind::Grant, self.vault)?;
        let said: GrantStatement = body(&statement)?;
        if said.compartment != epoch.compartment || !self.signed_by_coordinator(&statement) {
            return Err(nobody_gave());
        }
        if epoch.opens && !self.agreed(&said, (&statement, approvals)) {
            return Err(DeskError::damaged(
                "no second person agreed to the access this key is for; nothing is opened with it",
            ));
        }
        Ok(said)
    }

    /// Whether a grant's compartment key was made by who gave the grant.
    pub(crate) fn is_grant_s(
        &self,
        epoch: &Vouched<'_>,
        (statement, said): (&Statement, &EpochStatement),
    ) -> Result<bool, DeskError> {
        let grant = self.grant_behind(epoch)?;
        let giver = epoch.vouchers.first();
        let giver = giver.and_then(|text| Statement::parse(text.as_bytes()).ok());
        Ok(said.purpose == Purpose::Grant { grant: grant.grant }
            && giver.is_some_and(|giver| giver.by() == statement.by())
            && self.signed_by_coordinator(statement))
    }

    fn agreed(
        &self,
        said: &GrantStatement,
        (statement, approvals): (&Statement, &[String]),
    ) -> bool {
        let outside = self.people.get(&said.to).is_none_or(Known::is_outside);
        let approvals = approvals.iter();
        let mut read = approvals.filter_map(|text| Statement::parse(text.as_bytes()).ok());
        !outside || read.any(|one| self.is_approval(&one, (statement, said.proposal)))
    }
}

fn nobody_gave() -> DeskError {
    DeskError::damaged("nobody entitled gave the access this key is for; it is not used")
}
