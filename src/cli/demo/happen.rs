//! What happens at the invented centre is done by the desk of whoever does it, as their commands would.

use std::fs;
use std::io::Cursor;
use std::io::Read;

use crate::cli::demo::build::Built;
use crate::cli::demo::build::known;
use crate::cli::demo::build::stick;
use crate::cli::demo::centre::Centre;
use crate::cli::demo::centre::DemoCase;
use crate::cli::demo::centre::DemoCheck;
use crate::cli::demo::centre::DemoGrant;
use crate::cli::demo::centre::DemoRecord;
use crate::cli::demo::centre::DemoRehearsal;
use crate::cli::demo::centre::Faulty;
use crate::cli::demo::centre::when;
use crate::cli::demo::history::Event;
use crate::cli::demo::on_file::DemoApart;
use crate::cli::demo::on_file::DemoPerson;
use crate::cli::demo::on_file::subject;
use crate::cli::demo::people::Desks;
use crate::cli::fail::CliError;
use crate::cli::recovery;
use crate::desk::Attach;
use crate::desk::Desk;
use crate::desk::Filing;
use crate::desk::NewAccess;
use crate::keeper::Keeper;
use crate::records::Judgement;
use crate::records::person::Part;
use crate::sealing::REHEARSAL_ENDING;
use crate::sealing::open_layer;

impl Built {
    /// Does what happens, and remembers what it made.
    ///
    /// # Errors
    /// What a desk says; [`Faulty`] data.
    pub(crate) fn happen(
        &mut self,
        event: &Event<'_>,
        centre: &Centre,
        (keeper, desks): (&Keeper, &mut Desks<'_>),
    ) -> Result<(), CliError> {
        let first = centre.people.first().map(|person| person.handle.as_str());
        let who = event.who().or(first).unwrap_or_default();
        let desk = desk_of(who, desks)?;
        match event {
            Event::Opened(case) => self.open_case(case, desk)?,
            Event::OnFile(person) => self.put_on_file(person, desk)?,
            Event::Apart(apart) => self.tell_apart(apart, desk)?,
            Event::Filed(record) => self.file(record, desk)?,
            Event::Checked(check) => self.check(check, desk)?,
            Event::Corrected(correction) => {
                let form = correction.form(centre.record(&correction.record)?)?;
                let record = known(&self.records, &correction.record)?;
                desk.amend(&record.to_string(), &form, &correction.reason)?;
            }
            Event::WentOut(outing) => {
                let case = known(&self.cases, &outing.case)?;
                desk.start_check_in(&case.to_string(), when(&outing.until)?)?;
            }
            Event::CameBack(_) => desk.end_check_in()?,
            Event::Closed(case) => {
                desk.close_case(&known(&self.cases, &case.key)?.to_string())?;
            }
            Event::Rehearsed(rehearsal) => self.rehearse(rehearsal, desk)?,
            Event::BackedUp(backup) => {
                for who in &backup.errands {
                    desk_of(who, desks)?.run_errands()?;
                }
                self.back_up(keeper)?;
            }
            Event::Asked(grant) => {
                let asked = desk.grant(&self.access(grant)?)?;
                let waiting = asked
                    .proposal
                    .map(|proposal| (grant.asked.clone(), proposal));
                self.proposals.extend(waiting);
            }
            Event::Approved(grant) => {
                desk.approve(&known(&self.proposals, &grant.asked)?.to_string())?;
            }
        }
        Ok(())
    }

    fn open_case(&mut self, case: &DemoCase, desk: &mut Desk<'_>) -> Result<(), CliError> {
        let opened = desk.open_case(&case.title, case.service)?;
        for member in &case.team {
            desk.add_to_team(&opened.id.to_string(), member)?;
        }
        self.cases.push((case.key.clone(), opened.id));
        Ok(())
    }

    fn put_on_file(&mut self, person: &DemoPerson, desk: &mut Desk<'_>) -> Result<(), CliError> {
        let (added, _namesakes) = desk.add_person(&person.card(&self.people)?)?;
        if let Some(case) = &person.case {
            let case = known(&self.cases, case)?.to_string();
            desk.link_person(&added.id.to_string(), &case, &person.part()?)?;
        }
        self.people.push((person.key.clone(), added.id));
        Ok(())
    }

    fn tell_apart(&self, apart: &DemoApart, desk: &mut Desk<'_>) -> Result<(), CliError> {
        let id = |key: &str| known(&self.people, key).map(|id| id.to_string());
        let judged = Judgement {
            same: false,
            reason: Some(apart.reason.clone()),
            other: std::collections::BTreeMap::new(),
        };
        desk.compare_people((&id(&apart.one)?, &id(&apart.other)?), &judged)?;
        Ok(())
    }

    fn file(&mut self, record: &DemoRecord, desk: &mut Desk<'_>) -> Result<(), CliError> {
        let subjects = record.subjects.iter();
        let subjects = subjects.map(|text| subject(text, &self.people));
        let subjects = subjects.collect::<Result<Vec<(String, Part)>, Faulty>>()?;
        let filed = desk.file_about(&self.filing(record)?, &subjects)?;
        self.records.push((record.file.clone(), filed.id));
        Ok(())
    }

    fn filing(&self, record: &DemoRecord) -> Result<Filing, CliError> {
        let case = record.case.as_ref();
        let case = case.map(|key| known(&self.cases, key)).transpose()?;
        let mut attachments = Vec::new();
        for attach in &record.attach {
            let content = attach.content()?;
            attachments.push(Attach {
                name: attach.name.clone(),
                source: Box::new(move || Ok(Box::new(Cursor::new(content)) as Box<dyn Read>)),
            });
        }
        Ok(Filing {
            case: case.map(|case| case.to_string()),
            kind: record.kind.clone(),
            form: record.form()?,
            attachments,
            about: record.about.clone(),
            deciders: record.deciders.clone(),
        })
    }

    fn check(&self, check: &DemoCheck, desk: &mut Desk<'_>) -> Result<(), CliError> {
        let record = known(&self.records, &check.record)?.to_string();
        match &check.returned {
            None => desk.check(&record)?,
            Some(reason) => desk.return_record(&record, reason)?,
        };
        Ok(())
    }

    /// Two trustees take both layers off their file, each with the words on their sheet.
    fn rehearse(&self, rehearsal: &DemoRehearsal, desk: &mut Desk<'_>) -> Result<(), CliError> {
        let [first, second] = &rehearsal.trustees;
        let words = |who: &str| recovery::words(&self.shares.join(format!("{who}.txt")));
        let open = |file: &[u8], who: &str| {
            let opened = open_layer(file, &words(who)?);
            opened.map_err(|error| CliError::bug(format!("the trustees' file: {error:?}")))
        };
        let file = format!("{first}-{second}{REHEARSAL_ENDING}");
        let inner = open(&recovery::read(&self.shares.join(file))?, first)?;
        desk.rehearse_recovery(open(inner.expose(), second)?.expose())?;
        Ok(())
    }

    /// What a centre does once a week: it turns, so that what has ended is gone, backs up on a stick, and tries it.
    /// Then the stick goes home with somebody.
    fn back_up(&self, keeper: &Keeper) -> Result<(), CliError> {
        keeper
            .turn()
            .map_err(|error| CliError::refused("not-ready", error.to_string()))?;
        let stick = stick(&self.paths.dir);
        let backed_up = keeper
            .back_up(&stick, &mut |_, _| ())
            .and_then(|_| keeper.rehearse(&stick, &mut |_, _| ()));
        backed_up.map_err(|error| CliError::refused("backup", error.to_string()))?;
        fs::remove_dir_all(&stick).map_err(|error| CliError::file("remove", &stick, &error))
    }

    fn access(&self, grant: &DemoGrant) -> Result<NewAccess, Faulty> {
        let record = |file: &String| known(&self.records, file).map(|id| id.to_string());
        Ok(NewAccess {
            to: grant.to.clone(),
            case: None,
            records: grant.records.iter().map(record).collect::<Result<_, _>>()?,
            purpose: grant.purpose.clone(),
            from: Some(when(&grant.from)?),
            until: when(&grant.until)?,
        })
    }
}

fn desk_of<'d, 'k>(who: &str, desks: &'d mut Desks<'k>) -> Result<&'d mut Desk<'k>, Faulty> {
    let desk = desks.get_mut(who);
    desk.ok_or_else(|| Faulty::new(format!("nobody is called {who}")))
}
