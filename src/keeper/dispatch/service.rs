//! What belongs to how a centre serves its cases: looking over, what is due, who is out, and what takes two people.

use crate::keeper::message::Want;
use crate::keeper::message::load::Load;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::vault::Vault;

impl Vault {
    /// Does what is wanted with reports, clocks and outings.
    pub(crate) fn dispatch_service(
        &mut self,
        request: &Request,
        want: Want,
        load: Load,
    ) -> Result<Step, Stop> {
        match (want, load) {
            (Want::CheckRecord { record }, Load::Signed(said)) => {
                self.check_record(request, record, &said)
            }
            (Want::ReturnRecord { record }, Load::Nothing {}) => {
                self.show_to_return(request, record)
            }
            (Want::ReturnRecord { record }, Load::Returned(new)) => {
                self.return_record(request, record, &new)
            }
            (Want::OverrideService { case, kind }, Load::Signed(said)) => {
                self.propose_override(request, (case, &kind), &said)
            }
            (Want::ReleaseRecord { record, to }, Load::Nothing {}) => {
                self.release_record(request, record, &to)
            }
            (Want::ProposeRelease { record, to }, Load::Signed(said)) => {
                self.propose_release(request, (record, &to), &said)
            }
            (Want::ListDue { nation }, Load::Nothing {}) => self.list_due(request, nation),
            (Want::StartCheckIn { case, until }, Load::Nothing {}) => {
                self.start_check_in(request, (case, until))
            }
            (Want::EndCheckIn {}, Load::Nothing {}) => self.end_check_in(request),
            (Want::ListCheckIns {}, Load::Nothing {}) => self.list_check_ins(request),
            (want, load) => self.dispatch_people(request, want, load),
        }
    }
}
