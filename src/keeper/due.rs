//! What ends by itself: at every frame and whenever nothing is asked, whoever is signed in or nobody.

use crate::keeper::facts::GrantFacts;
use crate::keeper::facts::GrantState;
use crate::keeper::facts::ProposalFacts;
use crate::keeper::facts::ProposalState;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;

impl Vault {
    /// Begins a frame, and first ends in it what is due.
    ///
    /// # Errors
    /// [`Broken`]: nothing of the frame may become durable.
    pub(crate) fn begin_frame(&mut self) -> Result<(), Broken> {
        self.begin();
        self.end_due()
    }

    fn end_due(&mut self) -> Result<(), Broken> {
        let now = self.now();
        self.lapse_invitations()?;
        let all = self.shared.proposals.values();
        let lapsed =
            all.filter(|facts| facts.state == ProposalState::Waiting && facts.expires <= now);
        let lapsed: Vec<ProposalFacts> = lapsed.cloned().collect();
        for facts in lapsed {
            self.lapse(facts)?;
        }
        let all = self.shared.grants.values();
        let over = all.filter(|facts| facts.state == GrantState::Active && facts.until <= now);
        let over: Vec<GrantFacts> = over.cloned().collect();
        for facts in over {
            self.expire_grant(facts)?;
        }
        self.end_kept_by_time()
    }
}
