//! Emergencies: opening what is not one's own to read, and being told that somebody did.

use crate::clock::Timestamp;
use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::link;
use crate::desk::link::Because;
use crate::desk::reading::parse_record;
use crate::desk::shown::ShownRecord;
use crate::ids::RecordId;
use crate::keeper::facts::NoticeFacts;
use crate::keeper::message::Want;
use crate::keeper::message::answer::Served;
use crate::keeper::message::load::Load;

/// That somebody opened a record in an emergency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The entry of the opening.
    pub entry: u64,
    /// The record.
    pub record: RecordId,
    /// The handle of whoever opened it.
    pub by: Option<String>,
    /// When.
    pub at: Timestamp,
    /// When the opening is to have been reviewed.
    pub review_by: Timestamp,
}

impl Desk<'_> {
    /// Opens a record because a child is at risk: its newest version, set in lines of `width` columns. Everybody
    /// entitled to know the record is told.
    ///
    /// # Errors
    /// [`DeskError`]; [`DeskError::Unknown`] also for what is no id at all.
    pub fn break_glass(
        &mut self,
        record: &str,
        reason: &str,
        width: usize,
    ) -> Result<ShownRecord, DeskError> {
        let keys = self.keys(None)?;
        let because = Because {
            purpose: None,
            reason: Some(reason),
        };
        let want = Want::BreakGlass {
            record: parse_record(record),
        };
        let asked = self.ask_record(want, because)?;
        self.shown(&keys, asked, None, width)
    }

    /// How many notices there were when this person signed in.
    pub const fn notices_at_sign_in(&self) -> u32 {
        self.notices
    }

    /// What this person should know and has not read, oldest first.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn notices(&mut self) -> Result<Vec<Notice>, DeskError> {
        self.ask_notices(Vec::new())
    }

    /// Says that these notices were read: they are not told again.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn read_notices(&mut self, read: &[Notice]) -> Result<(), DeskError> {
        let entries: Vec<u64> = read.iter().map(|notice| notice.entry).collect();
        if !entries.is_empty() {
            self.ask_notices(entries)?;
        }
        Ok(())
    }

    fn ask_notices(&mut self, read: Vec<u64>) -> Result<Vec<Notice>, DeskError> {
        let (keys, _) = self.keys(None)?;
        let want = Want::ReadNotices { read };
        let (served, _) = self.ask(want, Load::Nothing {}, Because::default())?;
        let Served::Notices(notices) = served else {
            return Err(link::unexpected());
        };
        let handle = |notice: &NoticeFacts| {
            let mut accounts = keys.accounts.iter();
            let by = accounts.find(|account| account.id == notice.by);
            by.map(|account| account.handle.clone())
        };
        Ok(notices
            .iter()
            .map(|notice| Notice {
                entry: notice.entry,
                record: notice.record,
                by: handle(notice),
                at: notice.at,
                review_by: notice.review_by,
            })
            .collect())
    }
}
