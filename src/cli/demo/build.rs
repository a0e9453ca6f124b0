//! Builds the invented centre the way its people would: each claims their account and does their own work, on
//! the days the data say.

use std::io::Cursor;
use std::io::Read;
use std::path::PathBuf;

use crate::cli::ask::beside;
use crate::cli::demo::centre::Centre;
use crate::cli::demo::centre::DemoGrant;
use crate::cli::demo::centre::DemoRecord;
use crate::cli::demo::centre::Faulty;
use crate::cli::demo::centre::when;
use crate::cli::demo::history;
use crate::cli::demo::history::Event;
use crate::cli::demo::people;
use crate::cli::demo::people::Ahead;
use crate::cli::demo::people::Desks;
use crate::cli::demo::people::Words;
use crate::cli::fail::CliError;
use crate::cli::file;
use crate::cli::init;
use crate::cli::session::opening;
use crate::clock::Clock as _;
use crate::clock::ShiftedClock;
use crate::clock::SystemClock;
use crate::clock::Timestamp;
use crate::desk;
use crate::desk::Attach;
use crate::desk::Filing;
use crate::desk::Init;
use crate::desk::NewAccess;
use crate::ids::CaseId;
use crate::ids::ProposalId;
use crate::ids::RecordId;
use crate::keeper::Keeper;
use crate::keeper::Paths;

/// What was built.
#[derive(Debug)]
pub(crate) struct Built {
    pub(crate) paths: Paths,
    pub(crate) signin: PathBuf,
    pub(crate) shares: PathBuf,
    /// Form file and record, in the order they were filed.
    pub(crate) records: Vec<(String, RecordId)>,
    /// Key and case.
    pub(crate) cases: Vec<(String, CaseId)>,
    /// When it was asked for, and what waits, or waited, for a second person.
    proposals: Vec<(String, ProposalId)>,
}

impl From<Faulty> for CliError {
    fn from(fault: Faulty) -> Self {
        Self::bug(fault.to_string())
    }
}

/// Makes the vault at `paths` and everything in it; `step` hears how much is done, in per cent.
///
/// # Errors
/// Refused, where something is in the way.
pub(crate) fn build(
    paths: &Paths,
    centre: &Centre,
    step: &mut dyn FnMut(usize, usize),
) -> Result<Built, CliError> {
    let mut built = Built {
        paths: paths.clone(),
        signin: beside(&paths.dir, ".signin"),
        shares: beside(&paths.dir, ".shares"),
        records: Vec::new(),
        cases: Vec::new(),
        proposals: Vec::new(),
    };
    file::unused(&paths.dir)?;
    file::unused(&paths.keys)?;
    file::private_folder(&built.signin)?;
    file::private_folder(&built.shares)?;
    let words = Words::choose(centre, &built.signin)?;
    people::sealing_ahead(&words, |ahead| {
        built.create(centre, &words)?;
        let keeper = Keeper::open(paths, &[]).map_err(|error| opening(error, paths))?;
        let filled = built.fill(&keeper, (centre, &words), ahead, step);
        let closed = keeper.close();
        filled?;
        closed.map_err(|error| CliError::refused("file", error.to_string()))
    })?;
    Ok(built)
}

impl Built {
    fn create(&self, centre: &Centre, words: &[Words]) -> Result<(), CliError> {
        let first = centre
            .people
            .first()
            .ok_or_else(|| Faulty::new("nobody works there"))?;
        let init = Init {
            centre: centre.about.name.clone(),
            admin: first.handle.clone(),
            admin_name: Some(first.name.clone()),
            passphrase: Words::own_of(words, &first.handle)?,
            trustees: centre
                .trustees()
                .into_iter()
                .map(|name| (name, None))
                .collect(),
            two_person_single: false,
            demo: true,
            clock: Box::new(clock_from(centre.founded()?)),
        };
        let created = desk::create(&self.paths, &init)?;
        init::write_shares(&created, &self.shares)?;
        Ok(())
    }

    fn fill(
        &mut self,
        keeper: &Keeper,
        (centre, words): (&Centre, &[Words]),
        ahead: &Ahead,
        step: &mut dyn FnMut(usize, usize),
    ) -> Result<(), CliError> {
        let history = history::of(centre)?;
        let total = centre.people.len() * 2 - 1 + history.len();
        let mut done = 0;
        let mut next = || {
            done += 1;
            step(done, total);
        };
        let mut desks = people::enrol(keeper, (centre, words), ahead, &mut next)?;
        for (at, event) in history {
            self.wait_until(at, keeper)?;
            self.happen(&event, centre, &mut desks)?;
            next();
        }
        self.wait_until(centre.present()?, keeper)?;
        // In its years things have ended, and a centre that is looked after has turned since.
        let turned = keeper.turn();
        turned
            .map(drop)
            .map_err(|error| CliError::refused("not-ready", error.to_string()))
    }

    /// Moves the vault's clock, which otherwise runs on while this builds.
    fn wait_until(&self, at: Timestamp, keeper: &Keeper) -> Result<(), CliError> {
        if keeper.now() < at {
            keeper
                .advance_clock_to(at)
                .map_err(|error| opening(error, &self.paths))?;
        }
        Ok(())
    }

    fn happen(
        &mut self,
        event: &Event<'_>,
        centre: &Centre,
        desks: &mut Desks<'_>,
    ) -> Result<(), CliError> {
        let first = centre.people.first().map(|person| person.handle.as_str());
        let who = match event {
            Event::Filed(record) => record.by.as_str(),
            Event::Asked(grant) => grant.by.as_str(),
            Event::Approved(grant) => grant.approved_by.as_str(),
            Event::Opened(_) | Event::Closed(_) => first.unwrap_or_default(),
        };
        let desk = desks
            .get_mut(who)
            .ok_or_else(|| Faulty::new(format!("nobody is called {who}")))?;
        match event {
            Event::Opened(case) => {
                let opened = desk.open_case(&case.title, case.service)?;
                for member in &case.team {
                    desk.add_to_team(&opened.id.to_string(), member)?;
                }
                self.cases.push((case.key.clone(), opened.id));
            }
            Event::Filed(record) => {
                let filed = desk.file(&self.filing(record)?)?;
                self.records.push((record.file.clone(), filed.id));
            }
            Event::Closed(case) => {
                desk.close_case(&self.case(&case.key)?)?;
            }
            Event::Asked(grant) => {
                let asked = desk.grant(&self.access(grant)?)?;
                let waiting = asked
                    .proposal
                    .map(|proposal| (grant.asked.clone(), proposal));
                self.proposals.extend(waiting);
            }
            Event::Approved(grant) => {
                let of = |(asked, _): &&(String, ProposalId)| *asked == grant.asked;
                let (_, proposal) = self
                    .proposals
                    .iter()
                    .find(of)
                    .ok_or_else(|| Faulty::new("nothing waits for a yes"))?;
                desk.approve(&proposal.to_string())?;
            }
        }
        Ok(())
    }

    fn filing(&self, record: &DemoRecord) -> Result<Filing, CliError> {
        let case = record.case.as_ref().map(|key| self.case(key)).transpose()?;
        let mut attachments = Vec::new();
        for attach in &record.attach {
            let content = attach.content()?;
            attachments.push(Attach {
                name: attach.name.clone(),
                source: Box::new(move || Ok(Box::new(Cursor::new(content)) as Box<dyn Read>)),
            });
        }
        Ok(Filing {
            case,
            kind: record.kind.clone(),
            form: record.form()?,
            attachments,
            about: record.about.clone(),
            deciders: record.deciders.clone(),
        })
    }

    fn access(&self, grant: &DemoGrant) -> Result<NewAccess, Faulty> {
        let record = |file: &String| {
            let found = self.records.iter().find(|(each, _)| each == file);
            let id = found.map(|(_, id)| id.to_string());
            id.ok_or_else(|| Faulty::new(format!("{file} is not filed yet")))
        };
        Ok(NewAccess {
            to: grant.to.clone(),
            case: None,
            records: grant.records.iter().map(record).collect::<Result<_, _>>()?,
            purpose: grant.purpose.clone(),
            from: Some(when(&grant.from)?),
            until: when(&grant.until)?,
        })
    }

    fn case(&self, key: &str) -> Result<String, Faulty> {
        let found = self.cases.iter().find(|(each, _)| each == key);
        found
            .map(|(_, id)| id.to_string())
            .ok_or_else(|| Faulty::new(format!("there is no case {key}")))
    }
}

/// The system's clock, moved so that it shows `start` now.
fn clock_from(start: Timestamp) -> ShiftedClock {
    let milliseconds = |at: Timestamp| i64::try_from(at.as_ms()).unwrap_or(i64::MAX);
    ShiftedClock {
        shift_ms: milliseconds(start).saturating_sub(milliseconds(SystemClock.now())),
    }
}
