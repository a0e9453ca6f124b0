//! Builds the invented centre the way its people would: each signs in and does their own work.

use std::io::Cursor;
use std::io::Read;
use std::path::PathBuf;

use crate::cli::ask::beside;
use crate::cli::demo::centre::Centre;
use crate::cli::demo::centre::DemoRecord;
use crate::cli::demo::centre::Faulty;
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
use crate::desk::Desk;
use crate::desk::Filing;
use crate::desk::Init;
use crate::desk::NewUser;
use crate::ids::CaseId;
use crate::ids::RecordId;
use crate::keeper::Keeper;
use crate::keeper::Paths;
use crate::sealing;
use crate::sealing::Passphrase;

/// Words after the mark of a demo passphrase.
const WORDS: usize = 3;

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
    passphrases: Vec<(String, Passphrase)>,
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
        passphrases: Vec::new(),
    };
    file::unused(&paths.dir)?;
    file::unused(&paths.keys)?;
    file::private_folder(&built.signin)?;
    file::private_folder(&built.shares)?;
    built.choose_passphrases(centre)?;
    built.create(centre)?;
    let keeper = Keeper::open(paths, &[]).map_err(|error| opening(error, paths))?;
    let filled = built.fill(&keeper, centre, step);
    let closed = keeper.close();
    filled?;
    closed.map_err(|error| CliError::refused("file", error.to_string()))?;
    Ok(built)
}

impl Built {
    fn choose_passphrases(&mut self, centre: &Centre) -> Result<(), CliError> {
        for person in &centre.people {
            let words = sealing::generate_words(WORDS);
            let text = format!("{}{}", sealing::DEMO_PREFIX, words.expose());
            file::secret(
                &self.signin.join(&person.handle),
                format!("{text}\n").as_bytes(),
            )?;
            self.passphrases
                .push((person.handle.clone(), Passphrase::new(text)));
        }
        Ok(())
    }

    fn passphrase(&self, handle: &str) -> Result<&Passphrase, Faulty> {
        let found = self.passphrases.iter().find(|(each, _)| each == handle);
        found
            .map(|(_, passphrase)| passphrase)
            .ok_or_else(|| Faulty::new(format!("nobody is called {handle}")))
    }

    fn create(&self, centre: &Centre) -> Result<(), CliError> {
        let first = centre
            .people
            .first()
            .ok_or_else(|| Faulty::new("nobody works there"))?;
        let init = Init {
            centre: centre.about.name.clone(),
            admin: first.handle.clone(),
            admin_name: Some(first.name.clone()),
            passphrase: Passphrase::new(self.passphrase(&first.handle)?.expose().to_owned()),
            trustees: centre
                .trustees()
                .into_iter()
                .map(|name| (name, None))
                .collect(),
            two_person_single: false,
            demo: true,
            clock: Box::new(clock_from(centre.starts()?)),
        };
        let created = desk::create(&self.paths, &init)?;
        init::write_shares(&created, &self.shares)?;
        Ok(())
    }

    fn fill(
        &mut self,
        keeper: &Keeper,
        centre: &Centre,
        step: &mut dyn FnMut(usize, usize),
    ) -> Result<(), CliError> {
        let total = centre.people.len() + centre.cases.len() + centre.records.len();
        let mut done = 0;
        let mut next = || {
            done += 1;
            step(done, total);
        };
        let mut people = centre.people.iter();
        let first = people
            .next()
            .ok_or_else(|| Faulty::new("nobody works there"))?;
        let mut coordinator = self.sign_in(keeper, &first.handle)?;
        next();
        for person in people {
            let new = NewUser {
                handle: person.handle.clone(),
                name: Some(person.name.clone()),
                role: person.role,
                reports_to: person.reports_to.clone(),
            };
            coordinator.add_user(&new, self.passphrase(&person.handle)?)?;
            next();
        }
        for case in &centre.cases {
            let opened = coordinator.open_case(&case.title, case.service)?;
            for member in &case.team {
                coordinator.add_to_team(&opened.id.to_string(), member)?;
            }
            self.cases.push((case.key.clone(), opened.id));
            next();
        }
        self.file_all(keeper, centre, &mut coordinator, &mut next)?;
        for case in centre.cases.iter().filter(|case| case.closed.is_some()) {
            coordinator.close_case(&self.case(&case.key)?)?;
        }
        Ok(())
    }

    /// Everyone signs in once and files what is theirs, in the order of the data.
    fn file_all<'k>(
        &mut self,
        keeper: &'k Keeper,
        centre: &Centre,
        coordinator: &mut Desk<'k>,
        next: &mut dyn FnMut(),
    ) -> Result<(), CliError> {
        let first = centre.people.first().map(|person| person.handle.as_str());
        for person in &centre.people {
            let own: Vec<_> = centre
                .records
                .iter()
                .filter(|r| r.by == person.handle)
                .collect();
            if own.is_empty() {
                continue;
            }
            let mut signed_in = None;
            let desk = if first == Some(person.handle.as_str()) {
                &mut *coordinator
            } else {
                signed_in.insert(self.sign_in(keeper, &person.handle)?)
            };
            for record in own {
                let filed = desk.file(&self.filing(record)?)?;
                self.records.push((record.file.clone(), filed.id));
                next();
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

    fn sign_in<'k>(&self, keeper: &'k Keeper, handle: &str) -> Result<Desk<'k>, CliError> {
        // Nobody's own memory: the invented people have no machine of their own.
        Ok(Desk::sign_in(
            keeper,
            handle,
            self.passphrase(handle)?,
            None,
        )?)
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
