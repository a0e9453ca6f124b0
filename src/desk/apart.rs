//! Cards and bodies that are too large for a row: their payloads are objects, as attachments' are, and are fetched
//! and checked like these.

use crate::desk::Desk;
use crate::desk::attachment::manifest_bytes;
use crate::desk::error::DeskError;
use crate::desk::versions::OpenedRecord;
use crate::keeper::facts::Place;
use crate::keeper::message::answer::ServedPart;
use crate::ledger::Proven;
use crate::sealing::Plain;

/// The number of a version's body among its parts; attachments follow.
const BODY: u32 = 2;

impl Desk<'_> {
    /// Fetches what is not an attachment and did not come with the answer. The manifest it has to fit was checked
    /// with what did come.
    ///
    /// # Errors
    /// [`DeskError::Damaged`] when it is not what was filed.
    pub(crate) fn fetch_apart(
        &self,
        proven: &Proven,
        opened: &mut OpenedRecord,
        parts: &[ServedPart],
    ) -> Result<(), DeskError> {
        let apart = parts
            .iter()
            .filter(|part| part.number <= BODY && part.place == Place::Object);
        for part in apart {
            let mut content = Vec::new();
            let manifest = manifest_bytes(opened, part.version)?;
            self.stream_part(proven, &opened.secret, (part, manifest), &mut content)?;
            opened.add((part.version, part.number), Plain::new(content));
        }
        Ok(())
    }
}
