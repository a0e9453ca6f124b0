//! What a search has found, before it is shown: which of it may be, decided each for itself, under one entry.
//!
//! The keeper learns what is about to be shown, never what was looked for.

use crate::ids::CaseId;
use crate::ids::CompartmentId;
use crate::ids::PersonId;
use crate::ids::RecordId;
use crate::keeper::acts::Act;
use crate::keeper::listing::Ways;
use crate::keeper::message::answer::Served;
use crate::keeper::message::finding::Findings;
use crate::keeper::on_file;
use crate::keeper::policy::question::Resource;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::vault::Vault;

/// What one entry of a search names at most.
pub const MOST: usize = 50;

/// What may be shown, and the compartments through which its titles were opened.
#[derive(Default)]
struct Shown {
    found: Findings,
    through: Vec<CompartmentId>,
}

impl Vault {
    /// Says which of these may be shown now. What is hidden, has ended or never was is left out of answer and
    /// entry alike; the answer is a yes either way.
    pub(crate) fn find_records(
        &mut self,
        request: &Request,
        found: &Findings,
    ) -> Result<Step, Stop> {
        if found.count() > MOST {
            let says = format!("a search shows at most {MOST} at a time");
            return Err(Stop::Refused("too-many", says));
        }
        let permit = self.permit(request, Act::ListCases, Resource::Vault)?;
        let mut shown = Shown::default();
        let mut ways = Ways::new();
        for record in &found.records {
            let through = or_not(self.found_record(request, *record, &mut ways))?;
            shown.found.records.extend(through.map(|_| *record));
            shown.through.extend(through);
        }
        for case in &found.cases {
            let through = or_not(self.found_case(request, *case))?;
            shown.found.cases.extend(through.map(|_| *case));
            shown.through.extend(through);
        }
        let mut ways = on_file::Ways::new();
        for person in &found.people {
            let seen = or_not(self.found_person(request, *person, &mut ways))?;
            shown.found.people.extend(seen.map(|()| *person));
        }
        let Shown { found, through } = shown;
        let entry = request.entry(Act::FindRecords);
        let entry = entry.listing(found.records.iter().copied().collect());
        let entry = entry.showing(found.people.iter().copied().collect());
        let pledge = self.log_listing(permit, entry, through.into_iter())?;
        Ok(Step::serving(pledge, move |_, _| {
            Ok(Served::Found(Box::new(found)))
        }))
    }

    /// Through which compartment a record's card is open to the asker.
    fn found_record(
        &self,
        request: &Request,
        record: RecordId,
        ways: &mut Ways,
    ) -> Result<CompartmentId, Stop> {
        let act = Act::FindRecords;
        let facts = self.record(record)?;
        let facts = facts.ok_or_else(|| self.unknown(request, act))?;
        drop(self.permit_record(request, act, &facts)?);
        let way = self.first_way(request.asker.id, &facts, ways)?;
        way.map(|(compartment, _)| compartment).ok_or(Stop::Unknown)
    }

    /// Through which compartment a case's title is open to the asker.
    fn found_case(&self, request: &Request, case: CaseId) -> Result<CompartmentId, Stop> {
        let facts = self.case(case)?.ok_or(Stop::Unknown)?;
        drop(self.permit(request, Act::ShowCase, Resource::Case(&facts))?);
        let way = self.way_to_case(request.asker.id, &facts)?;
        way.map(|(compartment, _)| compartment).ok_or(Stop::Unknown)
    }

    /// Checks that the newest card of somebody on file is open to the asker. None is opened through a grant.
    fn found_person(
        &self,
        request: &Request,
        person: PersonId,
        ways: &mut on_file::Ways,
    ) -> Result<(), Stop> {
        let (_, facts) = self.permit_person(request, Act::ShowPerson, person)?;
        let card = [facts.newest_card()].into();
        let showing = self.showing(request, facts, (&card, ways))?;
        showing.map(drop).ok_or(Stop::Unknown)
    }
}

/// A stop that is about one thing found leaves that one out; a vault that cannot go on does not.
fn or_not<T>(found: Result<T, Stop>) -> Result<Option<T>, Stop> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(Stop::Broken(broken)) => Err(Stop::Broken(broken)),
        Err(_) => Ok(None),
    }
}
