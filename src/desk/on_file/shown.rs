//! People on file, as a face is given them.

use std::collections::BTreeMap;

use crate::clock::Timestamp;
use crate::desk::error::DeskError;
use crate::desk::link;
use crate::desk::named::handle_of;
use crate::desk::on_file::open::OpenedPerson;
use crate::ids::CaseId;
use crate::ids::PersonId;
use crate::keeper::message::answer::Keys;
use crate::records::Judgement;
use crate::records::PartCard;
use crate::records::PersonCard;

/// Somebody on file.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// Their id.
    pub id: PersonId,
    /// What is on file.
    pub card: PersonCard,
    /// Whether contact details were left out of it, because others are shown beside it.
    pub less: bool,
    /// Which version of it.
    pub version: u32,
    /// How many versions there are, where this person may open all.
    pub versions: Option<u32>,
    /// The handle of who wrote it.
    pub author: String,
    /// When.
    pub at: Timestamp,
    /// Why it was corrected, if it was.
    pub reason: Option<String>,
    /// Their part in cases, past ones too, as far as this person may know.
    pub parts: BTreeMap<CaseId, PartCard>,
    /// What is said of them and others on file.
    pub compared: BTreeMap<PersonId, Judgement>,
}

impl Person {
    /// From what was opened.
    pub(crate) fn of(opened: OpenedPerson, keys: &Keys) -> Result<Self, DeskError> {
        let card = opened.card.ok_or_else(link::unexpected)?;
        let parts = opened.parts.into_iter();
        let compared = opened.compared.into_iter();
        Ok(Self {
            id: opened.id,
            card: card.says,
            less: false,
            version: card.number,
            versions: opened.versions,
            author: handle_of(keys, card.by),
            at: card.at,
            reason: card.reason,
            parts: parts.map(|(case, part)| (case, part.says)).collect(),
            compared: compared.map(|(with, said)| (with, said.says)).collect(),
        })
    }

    /// Whether they are part of a case now, as far as this person may know.
    pub(crate) fn is_part_of(&self, case: CaseId) -> bool {
        let part = self.parts.get(&case);
        part.is_some_and(|part| part.ended.is_none())
    }
}

impl std::fmt::Debug for Person {
    /// Without content.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Person({}, ..)", self.id)
    }
}
