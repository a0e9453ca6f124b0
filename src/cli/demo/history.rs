//! What happens at the invented centre, in the order of time.

use crate::cli::demo::centre::Centre;
use crate::cli::demo::centre::DemoBackup;
use crate::cli::demo::centre::DemoCase;
use crate::cli::demo::centre::DemoCheck;
use crate::cli::demo::centre::DemoCorrection;
use crate::cli::demo::centre::DemoGrant;
use crate::cli::demo::centre::DemoOuting;
use crate::cli::demo::centre::DemoRecord;
use crate::cli::demo::centre::DemoRehearsal;
use crate::cli::demo::centre::Faulty;
use crate::cli::demo::centre::when;
use crate::cli::demo::on_file::DemoApart;
use crate::cli::demo::on_file::DemoPerson;
use crate::clock::Timestamp;

const MINUTE_MS: u64 = 60 * 1000;
/// When the coordinator opens cases: half past nine.
const MORNING_MS: u64 = (9 * 60 + 30) * MINUTE_MS;
/// When she puts the family on file: ten.
const PEOPLE_MS: u64 = 10 * 60 * MINUTE_MS;
/// When she closes them: six in the evening, after whatever was filed that day.
const EVENING_MS: u64 = 18 * 60 * MINUTE_MS;

/// Something that happens.
#[derive(Debug)]
pub(crate) enum Event<'c> {
    /// A case is opened, and its team put together.
    Opened(&'c DemoCase),
    /// Somebody is put on file, and linked to their case.
    OnFile(&'c DemoPerson),
    /// Two on file are told apart.
    Apart(&'c DemoApart),
    /// A record is filed.
    Filed(&'c DemoRecord),
    /// A record is looked over, and may be returned.
    Checked(&'c DemoCheck),
    /// A record is corrected.
    Corrected(&'c DemoCorrection),
    /// Somebody goes out alone.
    WentOut(&'c DemoOuting),
    /// They are back.
    CameBack(&'c DemoOuting),
    /// A case is closed.
    Closed(&'c DemoCase),
    /// Two trustees rehearse recovery.
    Rehearsed(&'c DemoRehearsal),
    /// The keys are turned and the vault is backed up: nobody's act.
    BackedUp(&'c DemoBackup),
    /// Access is proposed.
    Asked(&'c DemoGrant),
    /// A second person agrees to it.
    Approved(&'c DemoGrant),
}

impl Event<'_> {
    /// Whose work it is; nobody's in particular is the first administrator's.
    pub(crate) fn who(&self) -> Option<&str> {
        match self {
            Self::Opened(_)
            | Self::OnFile(_)
            | Self::Apart(_)
            | Self::Closed(_)
            | Self::BackedUp(_) => None,
            Self::Filed(record) => Some(&record.by),
            Self::Checked(check) => Some(&check.by),
            Self::Corrected(correction) => Some(&correction.by),
            Self::WentOut(outing) | Self::CameBack(outing) => Some(&outing.who),
            Self::Rehearsed(rehearsal) => Some(&rehearsal.by),
            Self::Asked(grant) => Some(&grant.by),
            Self::Approved(grant) => Some(&grant.approved_by),
        }
    }
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
    for person in &centre.on_file {
        history.push((put_on_file(person, centre)?, Event::OnFile(person)));
    }
    for apart in &centre.apart {
        history.push((when(&apart.at)?, Event::Apart(apart)));
    }
    for record in &centre.records {
        history.push((when(&record.filed)?, Event::Filed(record)));
    }
    for check in &centre.checks {
        history.push((when(&check.at)?, Event::Checked(check)));
    }
    for correction in &centre.corrections {
        history.push((when(&correction.at)?, Event::Corrected(correction)));
    }
    for outing in &centre.outings {
        history.push((when(&outing.at)?, Event::WentOut(outing)));
        history.push((when(&outing.back)?, Event::CameBack(outing)));
    }
    for rehearsal in &centre.rehearsals {
        history.push((when(&rehearsal.at)?, Event::Rehearsed(rehearsal)));
    }
    for backup in &centre.backups {
        history.push((when(&backup.at)?, Event::BackedUp(backup)));
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

/// When somebody is put on file: when the data say, or the day their case is opened.
fn put_on_file(person: &DemoPerson, centre: &Centre) -> Result<Timestamp, Faulty> {
    if let Some(at) = &person.at {
        return when(at);
    }
    let of = |case: &&DemoCase| person.case.as_ref() == Some(&case.key);
    let case = centre.cases.iter().find(of);
    let case = case.ok_or_else(|| Faulty::new(format!("{} has no case", person.key)))?;
    Ok(when(&case.opened)?.plus_ms(PEOPLE_MS))
}
