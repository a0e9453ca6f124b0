//! Sessions without a report. A session is known by what was filed of it (kinds that say `wants_report`), by its day
//! and case; on services that want one, a report of the same case and day has to follow.

use std::collections::BTreeSet;

use crate::keeper::acts::Act;
use crate::keeper::dues::Calendar;
use crate::keeper::dues::records::Known;
use crate::keeper::facts::CaseFacts;
use crate::keeper::message::due::Due;
use crate::keeper::policy::decide::Decision;
use crate::keeper::policy::decide::decide;
use crate::keeper::policy::question::Question;
use crate::keeper::policy::question::Resource;
use crate::keeper::request::Request;
use crate::keeper::rules::Rule;
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
        let mut all = Vec::new();
        for (kind, day) in wanted {
            let rules = self.rules.of(kind);
            if rules.wanted_on.contains(&case.service)
                && !reported(kind, day)
                && self.may_file(request, rules, case)
            {
                let within = u32::from(rules.wanted_within);
                let last = dates::date(day).ok();
                let last = last.and_then(|day| add_working_days(day, within, calendar.nation));
                let says = format!("report the session of {day}");
                let due = calendar.due(last, "report", &says);
                all.extend(due.map(|due| Due {
                    case: Some(case.id),
                    ..due
                }));
            }
        }
        all
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
