//! What a second person's yes does, and what a no ends: one arm for each sort of proposal.

use crate::keeper::facts::GrantState;
use crate::keeper::facts::ProposalFacts;
use crate::keeper::facts::Proposed;
use crate::keeper::message::load::NewEnvelope;
use crate::keeper::request::Request;
use crate::keeper::request::Stop;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;

impl Vault {
    /// Whether what was proposed could still be done. Nothing is changed.
    ///
    /// # Errors
    /// [`Stop::Refused`] with why not, and what to do.
    pub(crate) fn may_take_effect(&self, facts: &ProposalFacts) -> Result<(), Stop> {
        match facts.what {
            Proposed::ChangeTwoPerson { .. }
            | Proposed::OverrideService { .. }
            | Proposed::ReleaseRecord { .. } => Ok(()),
            Proposed::Grant { grant } => {
                let grant = self.shared.grants.get(&grant).ok_or(Broken::NoUnit)?;
                self.check_still_grants(grant)
            }
            Proposed::ReissueUser { user } => self.check_still_reissuable(facts, user),
            Proposed::MoveRecord { .. } => self.check_still_moves(facts),
        }
    }

    /// Whether what the second person's desk adds belongs to what was proposed.
    ///
    /// # Errors
    /// [`Stop::Stale`] when keys have moved on.
    pub(crate) fn check_added(
        &self,
        request: &Request,
        facts: &ProposalFacts,
        added: &[NewEnvelope],
    ) -> Result<(), Stop> {
        match facts.what {
            Proposed::ReissueUser { user } => self.check_sealed_on(request.asker.id, user, added),
            _ if added.is_empty() => Ok(()),
            Proposed::ChangeTwoPerson { .. }
            | Proposed::OverrideService { .. }
            | Proposed::ReleaseRecord { .. }
            | Proposed::Grant { .. }
            | Proposed::MoveRecord { .. } => {
                Err(Stop::BadAuth("an approval of this carries no keys"))
            }
        }
    }

    /// Does what was proposed and is now approved.
    pub(crate) fn take_effect(
        &mut self,
        facts: &ProposalFacts,
        added: &[NewEnvelope],
    ) -> Result<(), Broken> {
        match facts.what {
            Proposed::Grant { grant } => self.put_in_force(grant, facts.approval.clone()),
            Proposed::ReissueUser { user } => self.put_in_place(facts, user, added),
            Proposed::MoveRecord { .. } => self.make_move(facts),
            // The mode in force is that of the newest approved proposal; what somebody may do once, they do
            // themselves.
            Proposed::ChangeTwoPerson { .. }
            | Proposed::OverrideService { .. }
            | Proposed::ReleaseRecord { .. } => Ok(()),
        }
    }

    /// Ends what was made for a proposal that came to nothing.
    pub(crate) fn come_to_nothing(&mut self, facts: &ProposalFacts) -> Result<(), Broken> {
        match facts.what {
            Proposed::Grant { grant } => {
                let grant = self.shared.grants.get(&grant).cloned();
                self.end_grant(grant.ok_or(Broken::NoUnit)?, GrantState::Refused, None)
            }
            Proposed::ReissueUser { .. } => self.drop_waiting_keys(facts),
            Proposed::MoveRecord { .. } => {
                self.drop_waiting_move(facts);
                Ok(())
            }
            Proposed::ChangeTwoPerson { .. }
            | Proposed::OverrideService { .. }
            | Proposed::ReleaseRecord { .. } => Ok(()),
        }
    }

    /// Notes an entry about a proposal where what came of it is told.
    pub(crate) fn note_about(&mut self, facts: &ProposalFacts, index: u64) -> Result<(), Broken> {
        match facts.what {
            Proposed::Grant { grant } => self.note_grant(grant, index, None),
            Proposed::ChangeTwoPerson { .. }
            | Proposed::OverrideService { .. }
            | Proposed::ReleaseRecord { .. }
            | Proposed::ReissueUser { .. }
            | Proposed::MoveRecord { .. } => Ok(()),
        }
    }
}
