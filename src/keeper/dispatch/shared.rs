//! Acts on proposals and grants.

use crate::ids::UserId;
use crate::keeper::granting::Scope;
use crate::keeper::message::Want;
use crate::keeper::message::load::Load;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::vault::Vault;

/// How an ask is refused whose load is another want's.
pub(super) const MISMATCH: &str = "what the ask carries does not belong to what it wants";

impl Vault {
    /// Does what is wanted with proposals and grants.
    pub(crate) fn dispatch_shared(
        &mut self,
        request: &Request,
        want: Want,
        load: Load,
    ) -> Result<Step, Stop> {
        match (want, load) {
            (Want::GrantCase { case, to }, load) => {
                self.grant_with(request, (&Scope::Case(case), to), load)
            }
            (Want::GrantRecord { records, to }, load) => {
                self.grant_with(request, (&Scope::Records(records), to), load)
            }
            (Want::ListGrants {}, Load::Nothing {}) => self.list_grants(request),
            (Want::RevokeGrant { grant }, Load::Nothing {}) => self.revoke_grant(request, grant),
            (Want::StateGrant { grant }, Load::Nothing {}) => self.state_grant(request, grant),
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
            (want, load) => self.dispatch_keys(request, want, load),
        }
    }

    fn grant_with(
        &mut self,
        request: &Request,
        (scope, to): (&Scope, UserId),
        load: Load,
    ) -> Result<Step, Stop> {
        match load {
            Load::Nothing {} => self.prepare_grant(request, scope, to),
            Load::Grant(new) => self.give_grant(request, (scope, to), &new),
            _ => Err(Stop::BadAuth(MISMATCH)),
        }
    }
}
