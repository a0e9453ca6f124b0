//! Lists come in pages; whoever wants all of one turns them here.

use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::shown::CardLine;

impl Desk<'_> {
    /// Every record this person is shown, of one case or of all.
    ///
    /// # Errors
    /// As [`Desk::records`].
    pub fn every_record(&mut self, case: Option<&str>) -> Result<Vec<CardLine>, DeskError> {
        self.every_page(|desk, page| desk.records(case, page))
    }

    /// What stands on all pages; `turn` gives those of one, and whether more follow.
    pub(crate) fn every_page<T>(
        &mut self,
        mut turn: impl FnMut(&mut Self, u32) -> Result<(Vec<T>, bool), DeskError>,
    ) -> Result<Vec<T>, DeskError> {
        let mut all = Vec::new();
        for page in 0.. {
            let (next, more) = turn(self, page)?;
            all.extend(next);
            if !more {
                break;
            }
        }
        Ok(all)
    }
}
