//! Whether a kind's clocks, and what it says of sessions, are sound.

use crate::records::clocks::ClockRule;
use crate::records::definition::is_spelt;
use crate::records::kind::Kind;
use crate::records::words::CaseRule;
use crate::records::words::Sort;

/// Adds what is wrong with them.
pub(crate) fn check(kind: &Kind, faults: &mut Vec<String>) {
    for (at, clock) in kind.clocks.iter().enumerate() {
        let name = &clock.name;
        let mut earlier = kind.clocks.iter().take(at);
        if !is_spelt(name, '-') || earlier.any(|other| &other.name == name) {
            faults.push(format!(
                "its clock {name} is not kebab-case or stands twice"
            ));
        }
        one(kind, clock, faults);
    }
    sessions(kind, faults);
}

fn one(kind: &Kind, clock: &ClockRule, faults: &mut Vec<String>) {
    let name = &clock.name;
    let from = kind.field_at(&clock.from);
    let is_day = from.is_some_and(|field| matches!(field.sort, Sort::Date | Sort::DateTime));
    let mut fault = |wrong: bool, words: &str| {
        if wrong {
            faults.push(format!("its clock {name} {words}"));
        }
    };
    fault(
        clock.says.trim().is_empty(),
        "does not say what is to be done",
    );
    fault(!is_day, "counts from no date field");
    fault(
        clock.lengths().count() != 1,
        "runs for not just one of working_days, days, months and years",
    );
    fault(clock.who.is_empty(), "is nobody's");
    let beside = clock.only_if.iter().map(|wanted| &wanted.field);
    for field in clock.until.iter().chain(beside) {
        if kind.field(field).is_none() {
            faults.push(format!("its clock {name} names {field}, which is no field"));
        }
    }
}

fn sessions(kind: &Kind, faults: &mut Vec<String>) {
    let of_session = kind.wants_report.is_some() || !kind.wanted_on.is_empty();
    let dated = kind.case == CaseRule::Required && kind.triggers.event.is_some();
    if of_session && !dated {
        faults.push("it tells of sessions and has no case or no event date".to_owned());
    }
    if !kind.wanted_on.iter().all(|service| kind.takes(*service)) {
        faults.push("it is wanted on a service whose cases do not take it".to_owned());
    }
}
