//! Second persons: whose signed yes counts for what somebody else proposed, and when one person's did.

use crate::clock::Timestamp;
use crate::desk::trust::Known;
use crate::desk::trust::ROOT;
use crate::desk::trust::Trust;
use crate::ids::ProposalId;
use crate::ids::UserId;
use crate::keeper::facts::Role;
use crate::keeper::facts::TwoPerson;
use crate::keeper::members::SECOND_PERSONS;
use crate::keeper::message::load::ApproveStatement;
use crate::keeper::message::load::PolicyStatement;
use crate::sealing::Statement;
use crate::sealing::StatementKind;

/// Who may propose whether two people are needed.
const MODE_PROPOSERS: [Role; 2] = [Role::Coordinator, Role::Trustee];

impl Trust {
    /// Takes in the statements that changed how many people an act needs. One that nobody entitled approved
    /// changes nothing.
    pub(crate) fn follow_modes(&mut self, statements: &[Statement]) {
        let mut modes = Vec::new();
        for statement in statements
            .iter()
            .filter(|one| one.kind() == StatementKind::Policy)
        {
            let Some(said) = statement.read_body::<PolicyStatement>() else {
                continue;
            };
            let proposed = statement.vault() == self.vault
                && self.signed_by_one_of(statement, &MODE_PROPOSERS);
            let mut approvals = statements.iter();
            let approved = approvals.find(|one| self.is_approval(one, (statement, said.proposal)));
            if let Some(approval) = approved.filter(|_| proposed) {
                modes.push((approval.at(), said.two_person));
            }
        }
        self.modes = modes;
    }

    /// Whether this is a valid yes to that statement, which is the proposal's: by somebody entitled who did
    /// not make it, or by its maker while the vault let one person act alone.
    pub(crate) fn is_approval(
        &self,
        approval: &Statement,
        (what, proposal): (&Statement, ProposalId),
    ) -> bool {
        let Some(said) = approval.read_body::<ApproveStatement>() else {
            return false;
        };
        let same = approval.kind() == StatementKind::Approve
            && approval.vault() == self.vault
            && said.proposal == proposal
            && said.digest == what.digest().hex();
        let second = approval.by() != what.by() || self.mode_at(approval.at()) == TwoPerson::Single;
        same && second && self.signed_by_one_of(approval, &SECOND_PERSONS)
    }

    /// Whether somebody of one of these roles signed it.
    pub(crate) fn signed_by_one_of(&self, statement: &Statement, roles: &[Role]) -> bool {
        let Ok(signer) = statement.by().parse::<UserId>() else {
            return false;
        };
        // What somebody signed does not fall with their role.
        let had = |known: &Known| roles.iter().any(|role| known.had(*role));
        statement.by() != ROOT
            && self.known(signer).is_some_and(had)
            && self.signed_by_known(statement)
    }

    /// How many people an act needed at a moment. A change counts from after its own moment: its approval is
    /// judged by what held before it.
    fn mode_at(&self, at: Timestamp) -> TwoPerson {
        let changed = self.modes.iter().rev().find(|(since, _)| *since < at);
        let founded = || TwoPerson::from_word(&self.genesis.two_person);
        changed
            .map(|(_, mode)| *mode)
            .or_else(founded)
            .unwrap_or(TwoPerson::Required)
    }
}
