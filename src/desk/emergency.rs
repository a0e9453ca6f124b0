//! Emergencies: opening what is not one's own to read, and being told that somebody did.

use crate::clock::Timestamp;
use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::link;
use crate::desk::link::Because;
use crate::desk::reading::parse_record;
use crate::desk::shown::ShownRecord;
use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::facts::NoticeAbout;
use crate::keeper::message::Want;
use crate::keeper::message::answer::Served;
use crate::keeper::message::load::Load;

/// What this person should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The entry of what was done.
    pub entry: u64,
    /// The handle of whoever did it.
    pub by: Option<String>,
    /// When.
    pub at: Timestamp,
    /// What.
    pub told: Told,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// A record was opened in an emergency.
    Opened {
        /// The record.
        record: RecordId,
        /// When the opening is to have been reviewed.
        review_by: Timestamp,
    },
    /// Somebody was given new keys.
    Reissued {
        /// Whose keys they are, by handle.
        user: Option<String>,
        /// The handle of the second person.
        agreed: Option<String>,
        /// Whether it is this person.
        own: bool,
    },
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
        let because = Because {
            purpose: None,
            reason: Some(reason),
        };
        let want = Want::BreakGlass {
            record: parse_record(record),
        };
        let (asked, known) = self.ask_known(want, because)?;
        self.shown(&known, asked, None, width)
    }

    /// Says what this person thinks of every opening of a record in an emergency that was not their own.
    ///
    /// # Errors
    /// [`DeskError`]; [`DeskError::Refused`] where none waits, or only openings of their own do.
    pub fn review_opening(&mut self, record: &str, reason: &str) -> Result<(), DeskError> {
        let because = Because {
            purpose: None,
            reason: Some(reason),
        };
        let want = Want::ReviewOpening {
            record: parse_record(record),
        };
        self.ask(want, Load::Nothing {}, because)?;
        Ok(())
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
        let handle = |user: UserId| {
            let mut accounts = keys.accounts.iter();
            let by = accounts.find(|account| account.id == user);
            by.map(|account| account.handle.clone())
        };
        let told = |about| match about {
            NoticeAbout::Opened { record, review_by } => Told::Opened { record, review_by },
            NoticeAbout::Reissued { user, agreed } => Told::Reissued {
                user: handle(user),
                agreed: handle(agreed),
                own: user == self.account.id,
            },
        };
        Ok(notices
            .iter()
            .map(|notice| Notice {
                entry: notice.entry,
                by: handle(notice.by),
                at: notice.at,
                told: told(notice.about),
            })
            .collect())
    }
}
