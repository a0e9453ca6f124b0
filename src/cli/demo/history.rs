//! What happens at the invented centre, in the order of time.

use crate::cli::demo::centre::Centre;
use crate::cli::demo::centre::DemoCase;
use crate::cli::demo::centre::DemoGrant;
use crate::cli::demo::centre::DemoRecord;
use crate::cli::demo::centre::Faulty;
use crate::cli::demo::centre::when;
use crate::clock::Timestamp;

const MINUTE_MS: u64 = 60 * 1000;
/// When the coordinator opens cases: half past nine.
const MORNING_MS: u64 = (9 * 60 + 30) * MINUTE_MS;
/// When she closes them: six in the evening, after whatever was filed that day.
const EVENING_MS: u64 = 18 * 60 * MINUTE_MS;

/// Something that happens.
#[derive(Debug)]
pub(crate) enum Event<'c> {
    /// A case is opened, and its team put together.
    Opened(&'c DemoCase),
    /// A record is filed.
    Filed(&'c DemoRecord),
    /// A case is closed.
    Closed(&'c DemoCase),
    /// Access is proposed.
    Asked(&'c DemoGrant),
    /// A second person agrees to it.
    Approved(&'c DemoGrant),
}

/// Everything that happens and when, earliest first.
///
/// # Errors
/// [`Faulty`] data: something happens before the vault is made or after the present.
pub(crate) fn of(centre: &Centre) -> Result<Vec<(Timestamp, Event<'_>)>, Faulty> {
    let mut history = Vec::new();
    for case in &centre.cases {
        let opened = when(&case.opened)?.plus_ms(MORNING_MS);
        history.push((opened, Event::Opened(case)));
        if let Some(closed) = &case.closed {
            history.push((when(closed)?.plus_ms(EVENING_MS), Event::Closed(case)));
        }
    }
    for record in &centre.records {
        history.push((when(&record.filed)?, Event::Filed(record)));
    }
    for grant in &centre.grants {
        history.push((when(&grant.asked)?, Event::Asked(grant)));
        history.push((when(&grant.approved)?, Event::Approved(grant)));
    }
    history.sort_by_key(|(at, _)| *at);
    let (founded, present) = (centre.founded()?, centre.present()?);
    match history
        .iter()
        .find(|(at, _)| *at <= founded || *at >= present)
    {
        Some((at, _)) => Err(Faulty::new(format!("nothing can happen at {at}"))),
        None => Ok(history),
    }
}
