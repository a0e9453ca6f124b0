//! What is to be done by when, for whoever asks: what kinds count, what waits to be looked over or corrected, what
//! sessions have no report, what waits for a second person or for a key, and for coordinators what keeps the vault safe.
//! Worked out from facts when it is asked for. Of what is hidden from the asker, nothing is in it.

mod records;
mod sessions;

use std::collections::BTreeSet;

use jiff::civil::Date;

use crate::clock::Timestamp;
use crate::ids::RecordId;
use crate::keeper::acts::Act;
use crate::keeper::doctor::backups;
use crate::keeper::doctor::recovery;
use crate::keeper::emergency::REVIEW_MS;
use crate::keeper::facts::ProposalState;
use crate::keeper::facts::Role;
use crate::keeper::message::access::On;
use crate::keeper::message::access::WaitsFor;
use crate::keeper::message::answer::Served;
use crate::keeper::message::due::Due;
use crate::keeper::policy::question::Resource;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::records::dates;
use crate::records::words::Nation;
use crate::sealing::Statement;
use crate::store::Tree;

/// How long a key may wait to be sealed on or changed: as long as what is superseded is kept.
const KEY_MS: u64 = 14 * 24 * 60 * 60 * 1000;

/// Today in London, and whose bank holidays count.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Calendar {
    pub(crate) today: Date,
    pub(crate) nation: Nation,
}

impl Calendar {
    /// Something due on a day; `None` beyond the calendar.
    pub(crate) fn due(self, day: Option<Date>, what: &str, says: &str) -> Option<Due> {
        let day = day?;
        Some(Due {
            due: day.to_string(),
            what: what.to_owned(),
            says: says.to_owned(),
            record: None,
            case: None,
            proposal: None,
            overdue: day < self.today,
        })
    }

    fn at(self, at: Timestamp, what: &str, says: &str) -> Option<Due> {
        self.due(day_of(at), what, says)
    }
}

/// The day of a moment in London.
pub(crate) fn day_of(at: Timestamp) -> Option<Date> {
    dates::in_london(at).map(|moment| moment.date())
}

impl Vault {
    /// Serves what is due for the asker, the longest due first.
    pub(crate) fn list_due(&mut self, request: &Request, nation: Nation) -> Result<Step, Stop> {
        let permit = self.permit(request, Act::ListDue, Resource::Vault)?;
        let today = day_of(self.now()).ok_or(Broken::Stopped)?;
        let calendar = Calendar { today, nation };
        let mut all = self.due_of_records(request, calendar)?;
        all.extend(self.due_of_keys(request, calendar)?);
        all.extend(self.due_of_reviews(request, calendar)?);
        all.extend(self.due_of_proposals(request, calendar)?);
        all.extend(self.due_of_vault(request, calendar)?);
        all.sort();
        let named: BTreeSet<RecordId> = all.iter().filter_map(|due| due.record).collect();
        let entry = request.entry(Act::ListDue);
        let pledge = self.log(permit, entry.listing(named.into_iter().collect()))?;
        Ok(Step::serving(pledge, move |_, _| Ok(Served::Due(all))))
    }

    /// Keys that wait for somebody, as far as the asker is told.
    fn due_of_keys(&self, request: &Request, calendar: Calendar) -> Result<Vec<Due>, Broken> {
        let mut all = Vec::new();
        for one in self.waiting_for(request)? {
            let Some(since) = one.since else { continue };
            let says = match one.what {
                WaitsFor::SealOn => "have somebody sign in who can seal a key on",
                WaitsFor::Rekey => "have somebody sign in who can change a key",
                WaitsFor::Confirm => "have somebody sign in who can confirm a new key",
                WaitsFor::Team => "have a coordinator sign in, who can make a team",
                // They are told of by themselves.
                WaitsFor::Review | WaitsFor::OverdueReview => continue,
            };
            let (record, case) = match one.on {
                On::Record { record } => (Some(record), None),
                On::Case { case } => (None, Some(case)),
                On::Team { .. } | On::People {} => (None, None),
            };
            let due = calendar.at(since.plus_ms(KEY_MS), "key", says);
            all.extend(due.map(|due| Due {
                record,
                case,
                ..due
            }));
        }
        Ok(all)
    }

    /// Openings in an emergency that the asker is to review.
    fn due_of_reviews(&self, request: &Request, calendar: Calendar) -> Result<Vec<Due>, Stop> {
        let says = "review what was opened in an emergency (strongroom breakglass review)";
        let mut all = Vec::new();
        for one in self.reviews_waiting(request)? {
            let (On::Record { record }, Some(since), true) = (one.on, one.since, one.yours) else {
                continue;
            };
            let due = calendar.at(since.plus_ms(REVIEW_MS), "review", says);
            all.extend(due.map(|due| Due {
                record: Some(record),
                ..due
            }));
        }
        Ok(all)
    }

    /// What waits for a second person whom the asker could be.
    fn due_of_proposals(&self, request: &Request, calendar: Calendar) -> Result<Vec<Due>, Broken> {
        let says = "say yes or no to a proposal (strongroom proposal show)";
        let mut all = Vec::new();
        for facts in self.shared.proposals.values() {
            let waits = facts.state == ProposalState::Waiting && facts.by != request.asker.id;
            if !waits || !self.may_approve(&request.asker, facts) {
                continue;
            }
            let named = self.named(facts);
            let hidden = self.hides(&request.asker, &request.grants, &named)?;
            if hidden.is_none() {
                let due = calendar.at(facts.expires, "decide", says);
                all.extend(due.map(|due| Due {
                    proposal: Some(facts.id),
                    ..due
                }));
            }
        }
        Ok(all)
    }

    /// What keeps the vault safe, for coordinators: counted from its founding where it was never done.
    fn due_of_vault(&self, request: &Request, calendar: Calendar) -> Result<Vec<Due>, Broken> {
        if !request.asker.is(Role::Coordinator) {
            return Ok(Vec::new());
        }
        let genesis: Option<String> = self.read(&units::vault(), Tree::Statement, &[])?;
        let founded = genesis.and_then(|text| Statement::parse(text.as_bytes()).ok());
        let founded = founded.map_or_else(|| self.now(), |statement| statement.at());
        let noted = self.noted()?;
        let newest = noted.newest().map_or(founded, |note| note.at);
        let tried = noted
            .places
            .iter()
            .filter_map(|note| note.rehearsed.as_ref());
        let tried = tried.map(|one| one.at).max().unwrap_or(founded);
        let mut all = Vec::new();
        all.extend(calendar.at(
            newest.plus_ms(backups::OLD_MS),
            "backup",
            "make a backup (strongroom backup to)",
        ));
        all.extend(calendar.at(
            tried.plus_ms(backups::REHEARSED_MS),
            "rehearse-backup",
            "try to restore a backup (strongroom backup rehearse)",
        ));
        if self.recovery()?.is_some() {
            let last = self.rehearsals()?.first().map_or(founded, |one| one.at);
            all.extend(calendar.at(
                last.plus_ms(recovery::REHEARSED_MS),
                "rehearse-recovery",
                "rehearse with two trustees (strongroom recovery rehearse)",
            ));
        }
        Ok(all)
    }
}
