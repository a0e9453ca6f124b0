//! Acts on who holds which key.

use crate::keeper::dispatch::shared::MISMATCH;
use crate::keeper::guarding::Change;
use crate::keeper::message::Want;
use crate::keeper::message::load::Load;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::vault::Vault;

impl Vault {
    pub(crate) fn dispatch_keys(
        &mut self,
        request: &Request,
        want: Want,
        load: Load,
    ) -> Result<Step, Stop> {
        match (want, load) {
            (Want::FillErrands {}, Load::Team(new)) => self.make_team(request, &new),
            (Want::Rekey { compartment }, Load::Nothing {}) => {
                self.show_headers(request, compartment)
            }
            (Want::Rekey { compartment }, Load::Rekey(new)) => {
                self.rekey(request, compartment, &new)
            }
            (Want::Rekey { compartment }, Load::Opened { epoch, recovery }) => {
                self.confirm(request, compartment, (epoch, &recovery))
            }
            (Want::RotateRecovery {}, Load::Nothing {}) => self.show_recovery_only(request),
            (Want::RotateRecovery {}, Load::Recovery(new)) => self.rotate_recovery(request, &new),
            (Want::MakeShares {}, Load::Nothing {}) => self.made_shares(request),
            (Want::RehearseRecovery {}, Load::Nothing {}) => self.show_rehearsals(request),
            (Want::RehearseRecovery {}, Load::Dummy(text)) => {
                self.rehearse_recovery(request, &text)
            }
            (Want::ListErrands {}, Load::Nothing {}) => self.list_errands(request),
            (Want::CheckAccess {}, Load::Nothing {}) => self.check_access(request),
            (Want::WhoMayRead { record }, Load::Nothing {}) => self.who_may_read(request, record),
            (Want::AccessOf { user }, Load::Nothing {}) => self.access_of(request, user),
            (want, load) => self.dispatch_guarding(request, want, load),
        }
    }

    fn dispatch_guarding(
        &mut self,
        request: &Request,
        want: Want,
        load: Load,
    ) -> Result<Step, Stop> {
        let (record, change) = match want {
            Want::MoveRecord { record, case } => {
                return match load {
                    Load::Nothing {} => self.show_to_move(request, (record, case)),
                    Load::Move(new) => self.propose_move(request, (record, case), &new),
                    _ => Err(Stop::BadAuth(MISMATCH)),
                };
            }
            Want::ExcludeUser { record, user } => (record, Change::Exclude(user)),
            Want::RestrictRecord { record, roles } => (record, Change::Restrict(roles)),
            Want::NameDeciders { record, users } => (record, Change::Deciders(users)),
            Want::NameHandler { record, user } => (record, Change::Handler(user)),
            want => return self.dispatch_on_file(request, want, load),
        };
        match load {
            Load::Nothing {} => self.show_guarded(request, record, &change),
            Load::Reseal(new) => self.guard(request, (record, &change), &new),
            _ => Err(Stop::BadAuth(MISMATCH)),
        }
    }
}
