//! Those on file who stand beside a record: whom it is about, and the alerts of its case.

use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::on_file::open::OpenedPerson;
use crate::desk::shown::AlertLine;
use crate::desk::shown::SubjectLine;
use crate::desk::trust::Trust;
use crate::ids::CaseId;
use crate::ids::PersonId;
use crate::keeper::message::answer::ServedRecord;
use crate::ledger::Proven;

/// What stands beside a record.
pub(crate) struct Beside {
    pub(crate) alerts: Vec<AlertLine>,
    pub(crate) subjects: Vec<SubjectLine>,
}

impl Desk<'_> {
    /// Opens what was served of people on file with a record, whose entry names them.
    pub(crate) fn beside(
        &self,
        proven: &Proven,
        served: &ServedRecord,
        trust: &Trust,
    ) -> Result<Beside, DeskError> {
        let mut followed = Vec::new();
        let mut opened = Vec::new();
        for one in &served.people {
            opened.push(self.opened_person(proven, one, (&mut followed, trust))?);
        }
        let case = served.facts.case;
        let mut alerts: Vec<AlertLine> = opened.iter().flat_map(|one| alerts(one, case)).collect();
        // Children's first; and not by ids, so that a page looks the same each time and in each vault. What one
        // person's part says stays in its order.
        alerts.sort_by(|one, other| (&one.role, &one.name).cmp(&(&other.role, &other.name)));
        let subjects = served.facts.subjects.iter();
        Ok(Beside {
            alerts,
            subjects: subjects
                .map(|subject| SubjectLine {
                    person: subject.person,
                    role: subject.role.clone(),
                    name: name_of(&opened, subject.person),
                })
                .collect(),
        })
    }
}

fn name_of(opened: &[OpenedPerson], person: PersonId) -> Option<String> {
    let found = opened.iter().find(|one| one.id == person)?;
    found.card.as_ref().map(|card| card.says.name.clone())
}

/// The alerts that somebody's part in a case says, under the newest name there is.
fn alerts(one: &OpenedPerson, case: Option<CaseId>) -> Vec<AlertLine> {
    let Some(part) = case.and_then(|case| one.part(case)) else {
        return Vec::new();
    };
    let name = one.card.as_ref().map_or(&part.name, |card| &card.says.name);
    let line = |alert: &String| AlertLine {
        person: one.id,
        name: name.clone(),
        role: part.role.word().to_owned(),
        alert: alert.clone(),
    };
    part.alerts.iter().map(line).collect()
}
