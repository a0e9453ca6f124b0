//! Lists of records, and what is found among them.

use crate::keeper::listing::Sought;
use crate::keeper::message::Want;
use crate::keeper::message::load::Load;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::vault::Vault;

impl Vault {
    /// Does what is wanted with lists and searches.
    pub(crate) fn dispatch_finding(
        &mut self,
        request: &Request,
        want: Want,
        load: Load,
    ) -> Result<Step, Stop> {
        match (want, load) {
            (Want::ListRecords { case, page, only }, Load::Nothing {}) => {
                self.list_records(request, Sought::cards(case, only), page)
            }
            (Want::SearchText { case, page, only }, Load::Nothing {}) => {
                self.list_records(request, Sought::texts(case, only), page)
            }
            (Want::FindRecords {}, Load::Found(found)) => self.find_records(request, &found),
            (want, load) => self.dispatch_shared(request, want, load),
        }
    }
}
