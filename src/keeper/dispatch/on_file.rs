//! Acts on people on file.

use crate::keeper::acts::Act;
use crate::keeper::dispatch::shared::MISMATCH;
use crate::keeper::message::Want;
use crate::keeper::message::load::Load;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::vault::Vault;

impl Vault {
    /// Does what is wanted with people on file.
    pub(crate) fn dispatch_on_file(
        &mut self,
        request: &Request,
        want: Want,
        load: Load,
    ) -> Result<Step, Stop> {
        match (want, load) {
            (Want::AddPerson { person }, Load::Notes(new)) => {
                self.add_person(request, person, &new)
            }
            (Want::ListPeople {}, Load::Nothing {}) => self.list_people(request),
            (Want::ShowPerson { person, version }, Load::Nothing {}) => {
                self.show_person(request, person, version)
            }
            (Want::ShowPersonLooks { person }, Load::Nothing {}) => {
                self.show_person_looks(request, person)
            }
            (Want::ShowLooks { record }, Load::Nothing {}) => self.show_looks(request, record),
            (Want::AmendPerson { person }, Load::Nothing {}) => {
                self.show_to_write(request, (Act::AmendPerson, person), (None, None))
            }
            (Want::LinkPerson { person, case }, Load::Nothing {}) => {
                self.show_to_write(request, (Act::LinkPerson, person), (None, Some(case)))
            }
            (Want::UnlinkPerson { person, case }, Load::Nothing {}) => {
                self.show_to_write(request, (Act::UnlinkPerson, person), (None, Some(case)))
            }
            (Want::SamePerson { person, with }, Load::Nothing {}) => {
                self.show_to_write(request, (Act::SamePerson, person), (Some(with), None))
            }
            (Want::TellApart { person, with }, Load::Nothing {}) => {
                self.show_to_write(request, (Act::TellApart, person), (Some(with), None))
            }
            (Want::AmendPerson { person }, Load::Notes(new)) => {
                self.amend_person(request, person, &new)
            }
            (Want::LinkPerson { person, case }, Load::Notes(new)) => {
                self.link_person(request, (person, case), &new)
            }
            (Want::UnlinkPerson { person, case }, Load::Notes(new)) => {
                self.unlink_person(request, (person, case), &new)
            }
            (Want::SamePerson { person, with }, Load::Notes(new)) => {
                self.compare_people(request, (Act::SamePerson, person, with), &new)
            }
            (Want::TellApart { person, with }, Load::Notes(new)) => {
                self.compare_people(request, (Act::TellApart, person, with), &new)
            }
            _ => Err(Stop::BadAuth(MISMATCH)),
        }
    }
}
