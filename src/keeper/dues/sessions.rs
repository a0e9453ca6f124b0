//! Sessions without a report. A session is known by what was filed of it (kinds that say `wants_report`), by its day
//! and case; on services that want one, a report of the same case and day has to follow.

use std::collections::BTreeSet;

use crate::keeper::acts::Act;
use crate::keeper::dues::Calendar;
use crate::keeper::dues::records::Known;
use crate::keeper::facts::CaseFacts;
use crate::keeper::facts::RecordState;
use crate::keeper::message::due::Due;
use crate::keeper::policy::decide::Decision;
use crate::keeper::policy::decide::decide;
use crate::keeper::policy::question::Question;
use crate::keeper::policy::question::Resource;
use crate::keeper::request::Request;
use crate::keeper::rules::Rule;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::records::dates;
use crate::records::dates::add_working_days;

impl Vault {
    /// The sessions of a case whose report is to be filed, for somebody who may file it. What they may not know of
    /// is no session here, and a report that does not exist for them is none.
    pub(super) fn due_of_sessions(
        &self,
        request: &Request,
        (case, known): (&CaseFacts, &[&Known<'_>]),
        calendar: Calendar,
    ) -> Vec<Due> {
        let mut all = Vec::new();
        for (kind, day) in self.unreported(request, case, known) {
            let rules = self.rules.of(kind);
            if !self.may_file(request, rules, case) {
                continue;
            }
            let within = u32::from(rules.wanted_within);
            let held = dates::date(day).ok();
            let last = held.and_then(|day| add_working_days(day, within, calendar.nation));
            let held = held.map_or_else(|| day.to_owned(), dates::people_date);
            let says = format!("report the session of {held}");
            let due = calendar.due(last, "report", &says);
            all.extend(due.map(|due| Due {
                case: Some(case.id),
                ..due
            }));
        }
        all
    }

    /// The days of a case's sessions without a report, as far as the asker may know of them.
    pub(crate) fn unreported_in(
        &self,
        request: &Request,
        case: &CaseFacts,
    ) -> Result<Vec<String>, Broken> {
        let mut records = self.records(self.record_ids())?;
        records.retain(|facts| facts.case == Some(case.id) && facts.state != RecordState::Disposed);
        let listed = self.may_list(request, Act::ListRecords, &records)?;
        let known: Vec<Known<'_>> = records
            .iter()
            .zip(listed)
            .map(|(facts, listed)| Known {
                facts,
                case: Some(case),
                listed,
            })
            .collect();
        let known: Vec<&Known<'_>> = known.iter().collect();
        let days = self.unreported(request, case, &known).into_iter();
        Ok(days.map(|(_, day)| day.to_owned()).collect())
    }

    /// The sessions of a case without a report, by the kind that reports them and their day.
    fn unreported<'k>(
        &'k self,
        request: &Request,
        case: &CaseFacts,
        known: &[&'k Known<'_>],
    ) -> BTreeSet<(&'k str, &'k str)> {
        let mut wanted: BTreeSet<(&str, &str)> = BTreeSet::new();
        for one in known {
            let kind = self.rules.of(&one.facts.kind).wants_report.as_deref();
            let own = one.facts.author == request.asker.id;
            if let (Some(kind), Some(day)) = (kind, one.facts.event_date.as_deref())
                && (one.listed || own)
                && !one.facts.excluded.contains(&request.asker.id)
            {
                wanted.insert((kind, day));
            }
        }
        let reported = |kind: &str, day: &str| {
            known.iter().any(|one| {
                one.facts.kind == kind
                    && one.facts.event_date.as_deref() == Some(day)
                    && !one.facts.excluded.contains(&request.asker.id)
            })
        };
        wanted.retain(|(kind, day)| {
            self.rules.of(kind).wanted_on.contains(&case.service) && !reported(kind, day)
        });
        wanted
    }

    fn may_file(&self, request: &Request, rules: &Rule, case: &CaseFacts) -> bool {
        let question = Question {
            asker: &request.asker,
            grants: &request.grants,
            act: Act::AddRecord,
            resource: Resource::Kind {
                rules: &rules.people,
                case: Some(case),
            },
            purpose: None,
            reason: None,
        };
        matches!(
            decide(&self.policy, &question, self.now()),
            Decision::Allow(_)
        )
    }
}
