//! Acts that change who somebody is here: each carries the statement that says so.

use crate::keeper::acts::Act;
use crate::keeper::message::Want;
use crate::keeper::message::load::Load;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::vault::Vault;

impl Vault {
    /// Does what is wanted with people and teams.
    pub(crate) fn dispatch_people(
        &mut self,
        request: &Request,
        want: Want,
        load: Load,
    ) -> Result<Step, Stop> {
        match (want, load) {
            (Want::SuspendUser { user }, Load::Signed(said)) => {
                self.change_state(request, Act::SuspendUser, user, &said)
            }
            (Want::ResumeUser { user }, Load::Signed(said)) => {
                self.change_state(request, Act::ResumeUser, user, &said)
            }
            (Want::LeaveUser { user }, Load::Signed(said)) => {
                self.change_state(request, Act::LeaveUser, user, &said)
            }
            (Want::AddToTeam { case, user }, Load::Signed(said)) => {
                self.change_team(request, Act::AddToTeam, (case, user), &said)
            }
            (Want::RemoveFromTeam { case, user }, Load::Signed(said)) => {
                self.change_team(request, Act::RemoveFromTeam, (case, user), &said)
            }
            (Want::DeclareConflict { case }, Load::Conflict(new)) => {
                let user = request.asker.id;
                self.change_conflict(request, Act::DeclareConflict, (case, user), &new)
            }
            (Want::NoteConflict { case, user }, Load::Conflict(new)) => {
                self.change_conflict(request, Act::NoteConflict, (case, user), &new)
            }
            (Want::EndConflict { case, user }, Load::Conflict(new)) => {
                self.change_conflict(request, Act::EndConflict, (case, user), &new)
            }
            (Want::InviteUser { user }, Load::Invitation(new)) => {
                self.invite_user(request, user, &new)
            }
            (Want::ReissueUser { user }, Load::Nothing {}) => self.prepare_reissue(request, user),
            (Want::ReissueUser { user }, Load::Reissue(new)) => {
                self.propose_reissue(request, user, &new)
            }
            (Want::AddToRoleTeam { user, role }, Load::Roles(new)) => {
                self.change_roles(request, Act::AddToRoleTeam, (user, role), &new)
            }
            (Want::RemoveFromRoleTeam { user, role }, Load::Roles(new)) => {
                self.change_roles(request, Act::RemoveFromRoleTeam, (user, role), &new)
            }
            (want, load) => self.dispatch_records(request, want, load),
        }
    }
}
