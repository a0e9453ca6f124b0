//! Emergencies, and what comes of them.

use crate::keeper::message::Want;
use crate::keeper::message::load::Load;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::vault::Vault;

impl Vault {
    /// Opens a record in an emergency, or serves notices.
    pub(crate) fn dispatch_looks(
        &mut self,
        request: &Request,
        want: Want,
        load: Load,
    ) -> Result<Step, Stop> {
        match (want, load) {
            (Want::BreakGlass { record }, Load::Nothing {}) => self.break_glass(request, record),
            (Want::ReadNotices { read }, Load::Nothing {}) => self.read_notices(request, &read),
            (want, load) => self.dispatch_people(request, want, load),
        }
    }
}
