//! From a verified ask to the act that answers it.

use crate::ids::CaseId;
use crate::keeper::acts::Act;
use crate::keeper::audit::Filter;
use crate::keeper::facts::CaseFacts;
use crate::keeper::message::Want;
use crate::keeper::message::load::Load;
use crate::keeper::policy::question::Resource;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::vault::Vault;

mod finding;
mod looks;
mod on_file;
mod people;
mod service;
mod shared;

mod keys;

impl Vault {
    /// Does what is wanted.
    pub(crate) fn dispatch(&mut self, request: &Request, load: Load) -> Result<Step, Stop> {
        if load.seals_to_recovery() && self.has_newer_recovery(request.asked.seen) {
            return Err(Stop::Stale);
        }
        match (request.asked.want.clone(), load) {
            (Want::LookUpKeys { case }, Load::Nothing {}) => self.look_up_keys(request, case),
            (Want::LookUpErrands {}, Load::Nothing {}) => self.look_up_errands(request),
            (Want::FillErrands {}, Load::Envelopes(filled)) if !filled.is_empty() => {
                self.fill_errands(request, &filled)
            }
            (Want::AddUser { user: _ }, Load::Account(new)) => self.add_user(request, &new),
            (Want::ListUsers {}, Load::Nothing {}) => self.list_users(request),
            (Want::ShowUser { user }, Load::Nothing {}) => self.show_user(request, &user),
            (Want::ChangePassphrase { user }, Load::Nothing {}) if user == request.asker.id => {
                self.own_keys(request)
            }
            (Want::ChangePassphrase { user }, Load::Succession(new))
                if user == request.asker.id =>
            {
                self.change_passphrase(request, &new)
            }
            (Want::OpenCase { case }, Load::Case(new)) => self.open_case(request, case, &new),
            (Want::ListCases {}, Load::Nothing {}) => self.list_cases(request),
            (Want::ShowCase { case }, Load::Nothing {}) => self.show_case(request, case),
            (Want::CloseCase { case }, Load::Nothing {}) => {
                self.change_case(request, Act::CloseCase, case)
            }
            (Want::ReopenCase { case }, Load::Nothing {}) => {
                self.change_case(request, Act::ReopenCase, case)
            }
            (want, load) => self.dispatch_looks(request, want, load),
        }
    }

    fn dispatch_records(
        &mut self,
        request: &Request,
        want: Want,
        load: Load,
    ) -> Result<Step, Stop> {
        match (want, load) {
            (Want::AddRecord { record }, Load::Records(new)) if is_one(&new, record) => {
                self.file(request, Act::AddRecord, &new)
            }
            (Want::ImportRecords { case: _ }, Load::Records(new)) if !new.is_empty() => {
                self.file(request, Act::ImportRecords, &new)
            }
            (Want::AmendRecord { record }, Load::Records(new)) => match new.as_slice() {
                [one] => self.amend(request, record, one),
                _ => Err(Stop::BadAuth("a correction carries one version")),
            },
            (Want::ReadRecord { record, version }, Load::Nothing {}) => {
                self.read_record(request, Act::ReadRecord, record, version)
            }
            (
                Want::ExportRecord {
                    record,
                    recipients: _,
                },
                Load::Nothing {},
            ) => self.read_record(request, Act::ExportRecord, record, None),
            (Want::PrintRecord { record }, Load::Nothing {}) => {
                self.read_record(request, Act::PrintRecord, record, None)
            }
            (
                Want::ReadAttachment {
                    record,
                    version,
                    part,
                },
                Load::Nothing {},
            ) => self.read_attachment(request, record, (version, part)),
            (Want::ShowHistory { record }, Load::Nothing {}) => self.show_history(request, record),
            (
                Want::ShowAudit {
                    record,
                    actor,
                    since,
                },
                Load::Nothing {},
            ) => {
                let actor = match actor {
                    Some(who) => Some(self.people.find(&who).ok_or(Stop::Unknown)?.id),
                    None => None,
                };
                self.show_audit(
                    request,
                    Filter {
                        record,
                        actor,
                        since,
                    },
                )
            }
            (Want::ExportAudit {}, Load::Nothing {}) => self.export_audit(request),
            (Want::ProveEntry { index }, Load::Nothing {}) => self.prove_entry(request, index),
            (want, load) => self.dispatch_finding(request, want, load),
        }
    }

    /// A case whose keys the asker may learn: one they may see, or may file something in.
    pub(crate) fn case_to_seal_for(
        &self,
        request: &Request,
        case: CaseId,
    ) -> Result<CaseFacts, Stop> {
        let facts = self.case(case)?.ok_or(Stop::Unknown)?;
        let sees = facts.team.contains(&request.asker.id)
            || self
                .permit(request, Act::ShowCase, Resource::Case(&facts))
                .is_ok();
        let files = || {
            self.rules.all().any(|rule| {
                let on = Resource::Kind {
                    rules: &rule.people,
                    case: Some(&facts),
                };
                self.permit(request, Act::AddRecord, on).is_ok()
            })
        };
        if sees || files() {
            Ok(facts)
        } else {
            Err(Stop::Unknown)
        }
    }
}

fn is_one(new: &[crate::keeper::message::load::NewVersion], record: crate::ids::RecordId) -> bool {
    matches!(new, [one] if one.record == record)
}
