//! Builds the invented centre the way its people would: each claims their account and does their own work, on
//! the days the data say.

use std::path::Path;
use std::path::PathBuf;

use crate::cli::ask::beside;
use crate::cli::demo::centre::Centre;
use crate::cli::demo::centre::Faulty;
use crate::cli::demo::history;
use crate::cli::demo::people;
use crate::cli::demo::people::Ahead;
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
use crate::desk::Init;
use crate::ids::CaseId;
use crate::ids::PersonId;
use crate::ids::ProposalId;
use crate::ids::RecordId;
use crate::keeper::Keeper;
use crate::keeper::Paths;
use crate::records::words::Nation;

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
    /// Key and person on file.
    pub(crate) people: Vec<(String, PersonId)>,
    /// When it was asked for, and what waits, or waited, for a second person.
    pub(crate) proposals: Vec<(String, ProposalId)>,
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
        people: Vec::new(),
        proposals: Vec::new(),
    };
    file::unused(&paths.dir)?;
    file::unused(&paths.keys)?;
    file::unused(&stick(&paths.dir))?;
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
            nation: Nation::EnglandAndWales,
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
            self.happen(&event, centre, (keeper, &mut desks))?;
            next();
        }
        self.wait_until(centre.present()?, keeper)
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
}

/// Where backups are made meanwhile.
pub(crate) fn stick(dir: &Path) -> PathBuf {
    beside(dir, ".stick")
}

/// What the data call `key`, among what has been made so far.
///
/// # Errors
/// [`Faulty`], when nothing is called so.
pub(crate) fn known<T: Copy>(made: &[(String, T)], key: &str) -> Result<T, Faulty> {
    let found = made.iter().find(|(each, _)| each == key);
    found
        .map(|(_, id)| *id)
        .ok_or_else(|| Faulty::new(format!("there is no {key} yet")))
}

/// The system's clock, moved so that it shows `start` now.
fn clock_from(start: Timestamp) -> ShiftedClock {
    let milliseconds = |at: Timestamp| i64::try_from(at.as_ms()).unwrap_or(i64::MAX);
    ShiftedClock {
        shift_ms: milliseconds(start).saturating_sub(milliseconds(SystemClock.now())),
    }
}
