//! Whom records are about: checked when one is filed, and shown beside it when it is read.

use std::collections::BTreeSet;

use crate::ids::PersonId;
use crate::keeper::acts::Act;
use crate::keeper::facts::CaseFacts;
use crate::keeper::facts::Note;
use crate::keeper::facts::RecordFacts;
use crate::keeper::facts::Subject;
use crate::keeper::intake::refused;
use crate::keeper::on_file::Ways;
use crate::keeper::on_file::show::Showing;
use crate::keeper::request::Request;
use crate::keeper::request::Stop;
use crate::keeper::vault::Vault;
use crate::records::person::Part;

/// How many people one record is about at most.
const MANY: usize = 100;

impl Vault {
    /// Checks that everyone a record is said to be about is part of its case, or somebody the filer may see. Anyone
    /// else is unknown, whether or not they are on file.
    pub(crate) fn check_subjects(
        &self,
        request: &Request,
        subjects: &[Subject],
        case: Option<&CaseFacts>,
    ) -> Result<(), Stop> {
        let each: BTreeSet<PersonId> = subjects.iter().map(|one| one.person).collect();
        let mut roles = subjects.iter().map(|one| one.role.as_str());
        if each.len() != subjects.len() || each.len() > MANY {
            return Err(refused(
                "a record is about at most 100 people, each named once",
            ));
        }
        if roles.any(|role| Part::from_word(role).is_none()) {
            return Err(refused(
                "somebody a record is about has a role this keeper does not know",
            ));
        }
        for person in each {
            let of_case = match (case, self.on_file(person)?) {
                (Some(case), Some(facts)) => facts.cases().any(|one| one == case.id),
                _ => false,
            };
            if !of_case {
                let _seen = self.permit_person(request, Act::ShowPerson, person)?;
            }
        }
        Ok(())
    }

    /// Those on file who are shown beside a record: the cards of whom it is about, and what is said of everyone who
    /// is part of its case, as far as the asker may see and open them.
    pub(crate) fn beside(
        &self,
        request: &Request,
        facts: &RecordFacts,
    ) -> Result<Vec<Showing>, Stop> {
        let mut people: BTreeSet<PersonId> = facts.subjects.iter().map(|one| one.person).collect();
        let about = people.clone();
        if let Some(case) = facts.case {
            people.extend(self.part_of(case)?.iter().map(|one| one.id));
        }
        let mut ways = Ways::new();
        let mut showings = Vec::new();
        for person in people {
            let found = match self.permit_person(request, Act::ShowPerson, person) {
                Ok((_, found)) => found,
                Err(Stop::Broken(broken)) => return Err(Stop::Broken(broken)),
                Err(_) => continue,
            };
            let mut wanted: BTreeSet<Note> = BTreeSet::new();
            if about.contains(&person) {
                wanted.insert(found.newest_card());
            }
            if let Some(case) = facts
                .case
                .filter(|case| found.cases().any(|one| one == *case))
            {
                wanted.insert(found.newest_part(case));
            }
            showings.extend(self.showing(request, found, (&wanted, &mut ways))?);
        }
        Ok(showings)
    }
}
