//! Acts on proposals and grants.

use crate::keeper::message::Want;
use crate::keeper::message::load::Load;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::vault::Vault;

impl Vault {
    /// Does what is wanted with proposals and grants.
    pub(crate) fn dispatch_shared(
        &mut self,
        request: &Request,
        want: Want,
        load: Load,
    ) -> Result<Step, Stop> {
        match (want, load) {
            (Want::ListProposals {}, Load::Nothing {}) => self.list_proposals(request),
            (Want::ShowProposal { proposal }, Load::Nothing {}) => {
                self.show_proposal(request, proposal)
            }
            (Want::ApproveProposal { proposal }, Load::Approval(approval)) => {
                self.approve(request, proposal, &approval)
            }
            (Want::RefuseProposal { proposal }, Load::Nothing {}) => {
                self.refuse_proposal(request, proposal)
            }
            (Want::WithdrawProposal { proposal }, Load::Nothing {}) => {
                self.withdraw_proposal(request, proposal)
            }
            (Want::ChangeTwoPerson { mode }, Load::Signed(statement)) => {
                self.change_two_person(request, mode, &statement)
            }
            _ => Err(Stop::BadAuth(
                "what the ask carries does not belong to what it wants",
            )),
        }
    }
}
