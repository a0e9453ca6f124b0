//! Emergencies and what comes of them, and the vault's places.

use crate::keeper::message::Want;
use crate::keeper::message::load::Load;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::vault::Vault;

impl Vault {
    /// Opens a record in an emergency, serves notices, or sees to the places.
    pub(crate) fn dispatch_looks(
        &mut self,
        request: &Request,
        want: Want,
        load: Load,
    ) -> Result<Step, Stop> {
        match (want, load) {
            (Want::BreakGlass { record }, Load::Nothing {}) => self.break_glass(request, record),
            (Want::ReviewOpening { record }, Load::Nothing {}) => {
                self.review_opening(request, record)
            }
            (Want::ReadNotices { read }, Load::Nothing {}) => self.read_notices(request, &read),
            (Want::AddPlace { name, dir, what }, Load::Nothing {}) => {
                self.add_place(request, (name, dir), what)
            }
            (Want::RemovePlace { name }, Load::Nothing {}) => self.remove_place(request, &name),
            (Want::ListPlaces {}, Load::Nothing {}) => self.list_places(request),
            (want, load) => self.dispatch_service(request, want, load),
        }
    }
}
