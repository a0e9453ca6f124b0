//! Who looked at a record, or at a person on file: for whoever it is about, so by role where names are not told.

use crate::clock::Timestamp;
use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::link;
use crate::desk::link::Because;
use crate::desk::named::handle_of;
use crate::desk::on_file::parse_person;
use crate::desk::reading::parse_record;
use crate::ids::RecordId;
use crate::keeper::acts::Act;
use crate::keeper::facts::Role;
use crate::keeper::message::Want;
use crate::keeper::message::answer::Served;
use crate::keeper::message::load::Load;

/// One look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookLine {
    /// The entry.
    pub index: u64,
    /// When.
    pub time: Timestamp,
    /// What was done, as the list of acts has it.
    pub act: Option<Act>,
    /// The record it was shown with, where there is one.
    pub record: Option<RecordId>,
    /// As what they looked.
    pub role: Option<Role>,
    /// The handle of who it was: of outsiders always, of those who work here where this person may know names.
    pub who: Option<String>,
    /// What for.
    pub purpose: Option<String>,
}

impl Desk<'_> {
    /// Who looked at a record, oldest first.
    ///
    /// # Errors
    /// [`DeskError`]; [`DeskError::Unknown`] also for what is no id at all.
    pub fn looks_at_record(&mut self, record: &str) -> Result<Vec<LookLine>, DeskError> {
        self.looks(Want::ShowLooks {
            record: parse_record(record),
        })
    }

    /// Who looked at somebody on file, or at records about them, oldest first.
    ///
    /// # Errors
    /// [`DeskError`]; [`DeskError::Unknown`] also for what is no id at all.
    pub fn looks_at_person(&mut self, person: &str) -> Result<Vec<LookLine>, DeskError> {
        self.looks(Want::ShowPersonLooks {
            person: parse_person(person),
        })
    }

    fn looks(&mut self, want: Want) -> Result<Vec<LookLine>, DeskError> {
        let (keys, _) = self.keys(None)?;
        let (served, _) = self.ask(want, Load::Nothing {}, Because::default())?;
        let Served::Looks(looks) = served else {
            return Err(link::unexpected());
        };
        let lines = looks.into_iter().map(|look| LookLine {
            index: look.index,
            time: look.time,
            act: Act::from_word(&look.act),
            record: look.record,
            role: look.role,
            who: look.who.map(|user| handle_of(&keys, user)),
            purpose: look.purpose,
        });
        Ok(lines.collect())
    }
}
