//! What a second person's yes does, and what a no ends: one arm for each sort of proposal.

use crate::keeper::facts::ProposalFacts;
use crate::keeper::facts::Proposed;
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
            Proposed::ChangeTwoPerson { .. } => Ok(()),
            Proposed::Grant { .. } | Proposed::ReissueUser { .. } => Err(Stop::Refused(
                "not-proposed",
                "this keeper knows no way to do what was proposed".to_owned(),
            )),
        }
    }

    /// Does what was proposed and is now approved.
    pub(crate) fn take_effect(
        &mut self,
        _request: &Request,
        facts: &ProposalFacts,
    ) -> Result<(), Broken> {
        match facts.what {
            // The mode in force is that of the newest approved proposal.
            Proposed::ChangeTwoPerson { .. }
            | Proposed::Grant { .. }
            | Proposed::ReissueUser { .. } => Ok(()),
        }
    }

    /// Ends what was made for a proposal that came to nothing.
    pub(crate) fn come_to_nothing(&mut self, facts: &ProposalFacts) -> Result<(), Broken> {
        match facts.what {
            Proposed::ChangeTwoPerson { .. }
            | Proposed::Grant { .. }
            | Proposed::ReissueUser { .. } => Ok(()),
        }
    }

    /// Notes an entry about a proposal where what came of it is told.
    pub(crate) fn note_about(&mut self, facts: &ProposalFacts, _index: u64) -> Result<(), Broken> {
        match facts.what {
            Proposed::ChangeTwoPerson { .. }
            | Proposed::Grant { .. }
            | Proposed::ReissueUser { .. } => Ok(()),
        }
    }
}
