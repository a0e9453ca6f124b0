//! `strongroom errands`: what waits to be done about keys, and what the person who asks should know.

use serde_json::Value;
use serde_json::json;

use crate::cli::ask::Ask;
use crate::cli::fail::CliError;
use crate::cli::notices;
use crate::cli::out::Out;
use crate::cli::session::with_desk_alone;
use crate::cli::table::Table;
use crate::keeper::message::access::On;
use crate::keeper::message::access::Waiting;
use crate::keeper::message::access::WaitsFor;
use crate::records::dates;

/// See what waits to be done about keys and openings in an emergency, for whom and since when
///
/// Each sign-in does what its person can do; what is left waits for a colleague. Coordinators, safeguarding
/// leads and data protection leads see everything that waits, others what is theirs. What was done in an
/// emergency with records you may know is shown here once.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_: &Args, ask: &Ask, out: &mut Out) -> Result<(), CliError> {
    with_desk_alone(ask, out, |desk, out| {
        let waiting = desk.waiting()?;
        let notices = notices::show(desk, out)?;
        if out.json() {
            let waiting: Vec<Value> = waiting.iter().map(document).collect();
            return out.document(&json!({ "waiting": waiting, "notices": notices }));
        }
        let mut table = Table::new(&["WHAT", "OF", "WHO", "SINCE", "YOURS"]);
        for one in &waiting {
            table.row(&[
                what(one.what).to_owned(),
                of(&one.on, out),
                one.whom.join(" "),
                one.since.map(dates::people_moment).unwrap_or_default(),
                if one.yours { "yes" } else { "no" }.to_owned(),
            ]);
        }
        out.table(&table, "Nothing waits.");
        Ok(())
    })
}

const fn what(waits: WaitsFor) -> &'static str {
    match waits {
        WaitsFor::SealOn => "key to be sealed on",
        WaitsFor::Rekey => "re-key pending",
        WaitsFor::Confirm => "new key to be confirmed",
        WaitsFor::Team => "team to be made",
        WaitsFor::Review => "emergency opening to be reviewed",
        WaitsFor::OverdueReview => "emergency opening, review OVERDUE",
    }
}

fn of(on: &On, out: &Out) -> String {
    match on {
        On::Team { role } => format!("{role} team"),
        On::Case { case } => out.id(case),
        On::Record { record } => out.id(record),
        On::People {} => "people".to_owned(),
    }
}

fn document(one: &Waiting) -> Value {
    let (role, case, record) = match one.on {
        On::Team { role } => (Some(role), None, None),
        On::Case { case } => (None, Some(case), None),
        On::Record { record } => (None, None, Some(record)),
        On::People {} => (None, None, None),
    };
    json!({
        "what": one.what,
        "team": role,
        "case": case,
        "record": record,
        "who": one.whom,
        "since": one.since.map(|since| since.to_string()),
        "yours": one.yours,
    })
}
