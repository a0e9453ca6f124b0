//! What records count, wait to be looked over for, or to be corrected for.

use std::collections::BTreeMap;

use crate::ids::CaseId;
use crate::keeper::acts::Act;
use crate::keeper::dues::Calendar;
use crate::keeper::dues::day_of;
use crate::keeper::facts::CaseFacts;
use crate::keeper::facts::RecordFacts;
use crate::keeper::facts::RecordState;
use crate::keeper::message::due::Due;
use crate::keeper::policy::decide::Decision;
use crate::keeper::policy::decide::decide;
use crate::keeper::policy::kind::Means;
use crate::keeper::policy::kind::Reader;
use crate::keeper::request::Request;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::records::dates;
use crate::records::dates::add_working_days;

/// A record, its case, and whether the asker may know of it.
pub(super) struct Known<'f> {
    pub(super) facts: &'f RecordFacts,
    pub(super) case: Option<&'f CaseFacts>,
    pub(super) listed: bool,
}

impl Vault {
    /// What is due of all records the asker may know of, and of sessions without a report.
    pub(super) fn due_of_records(
        &self,
        request: &Request,
        calendar: Calendar,
    ) -> Result<Vec<Due>, Broken> {
        let mut records = self.records(self.record_ids())?;
        records.retain(|facts| facts.state != RecordState::Disposed);
        let listed = self.may_list(request, Act::ListRecords, &records)?;
        let cases = self.cases_of(&records)?;
        let known: Vec<Known<'_>> = records
            .iter()
            .zip(cases.iter().map(Option::as_ref))
            .zip(listed)
            .map(|((facts, case), listed)| Known {
                facts,
                case,
                listed,
            })
            .collect();
        let mut all = Vec::new();
        for one in known.iter().filter(|one| one.listed) {
            all.extend(self.due_by_clock(request, one, calendar));
            all.extend(self.due_by_check(request, one, calendar)?);
        }
        let mut by_case: BTreeMap<CaseId, (&CaseFacts, Vec<&Known<'_>>)> = BTreeMap::new();
        for one in &known {
            if let Some(case) = one.case {
                by_case
                    .entry(case.id)
                    .or_insert_with(|| (case, Vec::new()))
                    .1
                    .push(one);
            }
        }
        for (case, known) in by_case.into_values() {
            all.extend(self.due_of_sessions(request, (case, &known), calendar));
        }
        Ok(all)
    }

    fn due_by_clock(&self, request: &Request, one: &Known<'_>, calendar: Calendar) -> Vec<Due> {
        let clocks = &self.rules.of(&one.facts.kind).clocks;
        let due = |(name, from): (&String, &String)| {
            let clock = clocks.iter().find(|clock| &clock.name == name)?;
            let theirs = clock.who.iter().any(|who| is_theirs(*who, request, one));
            let from = dates::date(from).ok().filter(|_| theirs)?;
            let due = calendar.due(clock.due(from, calendar.nation), name, &clock.says)?;
            Some(of(due, one.facts))
        };
        one.facts.clocks.iter().filter_map(due).collect()
    }

    fn due_by_check(
        &self,
        request: &Request,
        one: &Known<'_>,
        calendar: Calendar,
    ) -> Result<Option<Due>, Broken> {
        let rules = self.rules.of(&one.facts.kind);
        let (since, what, says) = match one.facts.state {
            _ if !rules.checked => return Ok(None),
            RecordState::Filed if self.may_check(request, one)? => {
                let newest = self.version(one.facts.id, one.facts.versions)?;
                let since = newest.map_or(one.facts.filed_at, |version| version.at);
                (
                    since,
                    "check",
                    "look over what somebody else filed (strongroom record check)",
                )
            }
            RecordState::Returned if one.facts.author == request.asker.id => {
                let returned = one.facts.checked.as_ref();
                let since = returned.map_or(one.facts.filed_at, |returned| returned.at);
                (
                    since,
                    "correct",
                    "correct what was returned to you (strongroom record amend)",
                )
            }
            _ => return Ok(None),
        };
        let within = u32::from(rules.checked_within);
        let day = day_of(since).and_then(|day| add_working_days(day, within, calendar.nation));
        Ok(calendar.due(day, what, says).map(|due| of(due, one.facts)))
    }

    fn may_check(&self, request: &Request, one: &Known<'_>) -> Result<bool, Broken> {
        let asker = (&request.asker, request.grants.as_slice());
        let question = self.question(asker, Act::CheckRecord, (one.facts, one.case));
        let allowed = matches!(
            decide(&self.policy, &question, self.now()),
            Decision::Allow(_)
        );
        if !allowed {
            return Ok(false);
        }
        let newest = self.version(one.facts.id, one.facts.versions)?;
        Ok(newest.is_some_and(|version| version.author != request.asker.id))
    }
}

/// Whether a clock that is this reader's is the asker's.
fn is_theirs(who: Reader, request: &Request, one: &Known<'_>) -> bool {
    let asker = &request.asker;
    match (Means::of(who), who) {
        (Means::Role(role), _) => asker.is(role),
        (_, Reader::CaseTeam) => one.case.is_some_and(|case| case.team.contains(&asker.id)),
        (_, Reader::Handler) => one.facts.handler == Some(asker.id),
        (_, Reader::Deciders) => one.facts.deciders.contains(&asker.id),
        _ => one.facts.author == asker.id,
    }
}

/// Something due of a record.
fn of(due: Due, facts: &RecordFacts) -> Due {
    Due {
        record: Some(facts.id),
        case: facts.case,
        ..due
    }
}
