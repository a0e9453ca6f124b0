//! Opening people on file: every note against its signature, its facts, and the key it was served with.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::clock::Timestamp;
use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::link;
use crate::desk::open;
use crate::desk::reading::Followed;
use crate::desk::trust::Trust;
use crate::desk::versions::audit_key_of;
use crate::ids::CaseId;
use crate::ids::PersonId;
use crate::ids::UserId;
use crate::keeper::facts::Note;
use crate::keeper::facts::Purpose;
use crate::keeper::message::answer::ServedNote;
use crate::keeper::message::answer::ServedPerson;
use crate::keeper::message::load::SealedCard;
use crate::ledger::Proven;
use crate::records::Judgement;
use crate::records::PartCard;
use crate::records::PersonCard;
use crate::sealing::HybridIdentity;

/// What one note says, opened and checked.
#[derive(Debug, Clone)]
pub(crate) struct Said<T> {
    pub(crate) number: u32,
    /// SHA-256 of its statement, hex.
    pub(crate) digest: String,
    pub(crate) by: UserId,
    pub(crate) at: Timestamp,
    pub(crate) reason: Option<String>,
    pub(crate) says: T,
}

/// A person on file, as far as notes were served.
pub(crate) struct OpenedPerson {
    pub(crate) id: PersonId,
    pub(crate) versions: Option<u32>,
    pub(crate) card: Option<Said<PersonCard>>,
    /// The secret that opens the card's header, and the note.
    pub(crate) card_header: Option<(Arc<HybridIdentity>, ServedNote)>,
    pub(crate) parts: BTreeMap<CaseId, Said<PartCard>>,
    pub(crate) compared: BTreeMap<PersonId, Said<Judgement>>,
}

impl OpenedPerson {
    /// The cases they are part of, as it is signed.
    pub(crate) fn cases(&self) -> impl Iterator<Item = CaseId> {
        let living = self
            .parts
            .iter()
            .filter(|(_, part)| part.says.ended.is_none());
        living.map(|(case, _)| *case)
    }

    /// Their part in a case, while they are part of it.
    pub(crate) fn part(&self, case: CaseId) -> Option<&PartCard> {
        let part = self.parts.get(&case).map(|part| &part.says);
        part.filter(|part| part.ended.is_none())
    }

    /// Number and predecessor of the next note on their part in a case.
    pub(crate) fn next_part(&self, case: CaseId) -> (u32, Option<String>) {
        next(self.parts.get(&case))
    }

    /// Number and predecessor of the next note on them and another.
    pub(crate) fn next_compared(&self, with: PersonId) -> (u32, Option<String>) {
        next(self.compared.get(&with))
    }

    /// Checks that the card is the version that was to be shown.
    pub(crate) fn check_version(&self, version: Option<u32>) -> Result<(), DeskError> {
        let shown = self.card.as_ref().map(|card| card.number);
        if shown.is_some() && version.is_none_or(|version| shown == Some(version)) {
            return Ok(());
        }
        Err(DeskError::damaged(
            "another version of a person's card was served than the one to be shown",
        ))
    }
}

fn next<T>(newest: Option<&Said<T>>) -> (u32, Option<String>) {
    match newest {
        Some(newest) => (newest.number.saturating_add(1), Some(newest.digest.clone())),
        None => (1, None),
    }
}

/// Checks that an entry says that this person was shown.
///
/// # Errors
/// [`DeskError::Damaged`] when it does not: nothing is opened.
pub(crate) fn check_shown(
    proven: &Proven,
    detail: &serde_json::Value,
    served: &ServedPerson,
) -> Result<(), DeskError> {
    let key = audit_key_of(&served.k_person)?;
    let key = crate::ledger::RecordKey::from_bytes(key.expose());
    let sought = crate::ledger::list_ref(&key, proven.leaf().index).to_string();
    let items = detail.pointer("/keeper/items");
    let items = items.and_then(|items| items.as_array());
    if items.is_some_and(|items| items.iter().any(|item| item.as_str() == Some(&sought))) {
        return Ok(());
    }
    Err(DeskError::damaged(
        "a person was shown whom the entry does not name; nothing is opened",
    ))
}

impl Desk<'_> {
    /// Opens the notes that were served of a person whom the entry names.
    pub(crate) fn opened_person<'c>(
        &self,
        proven: &Proven,
        served: &'c ServedPerson,
        (followed, trust): (&mut Vec<Followed<'c>>, &Trust),
    ) -> Result<OpenedPerson, DeskError> {
        let mut opened = OpenedPerson {
            id: served.id,
            versions: served.versions,
            card: None,
            card_header: None,
            parts: BTreeMap::new(),
            compared: BTreeMap::new(),
        };
        for group in &served.groups {
            let secret = self.followed(proven, &group.chain, (followed, trust))?;
            let last = group.chain.last().ok_or_else(link::unexpected)?;
            let of = trust.check_epoch(&last.vouched())?.purpose;
            for note in &group.notes {
                if !may_open(of, note.note) {
                    return Err(DeskError::damaged(
                        "what is on file of a person was served with the key of something else",
                    ));
                }
                opened.take(proven, (served, note), (&secret, trust))?;
            }
        }
        Ok(opened)
    }
}

impl OpenedPerson {
    fn take(
        &mut self,
        proven: &Proven,
        (served, note): (&ServedPerson, &ServedNote),
        (secret, trust): (&Arc<HybridIdentity>, &Trust),
    ) -> Result<(), DeskError> {
        match note.note {
            Note::Card { .. } => {
                self.card = Some(said(proven, (served, note), (secret, trust))?);
                self.card_header = Some((Arc::clone(secret), note.clone()));
            }
            Note::Part { case, .. } => {
                let part = said(proven, (served, note), (secret, trust))?;
                self.parts.insert(case, part);
            }
            Note::Compared { with, .. } => {
                let judged = said(proven, (served, note), (secret, trust))?;
                self.compared.insert(with, judged);
            }
        }
        Ok(())
    }
}

/// Whether a compartment of this purpose opens such a note.
fn may_open(of: Purpose, note: Note) -> bool {
    match (of, note) {
        (Purpose::People, _) | (Purpose::Case { .. }, Note::Card { .. }) => true,
        (Purpose::Case { case: of }, Note::Part { case, .. }) => of == case,
        _ => false,
    }
}

/// Opens one note, and compares what is signed with what the keeper says of it.
fn said<T: DeserializeOwned>(
    proven: &Proven,
    (served, note): (&ServedPerson, &ServedNote),
    (secret, trust): (&HybridIdentity, &Trust),
) -> Result<Said<T>, DeskError> {
    let sealed = SealedCard {
        header: note.header.clone(),
        payload: note.payload.clone(),
    };
    let plain = open::card(proven, secret, &sealed)?;
    let text = plain.expose().split(|byte| *byte == 0).next();
    let signed = trust.note(text.unwrap_or_default())?;
    let (said, facts) = (&signed.said, &note.facts);
    let same = said.person == served.id
        && said.note == note.note
        && said.k_person == served.k_person
        && (said.note.number(), &said.previous) == (facts.number, &facts.previous)
        && (signed.by, &signed.digest) == (facts.by, &facts.manifest);
    if !same {
        return Err(DeskError::damaged(
            "what the keeper says of a person on file is not what was signed; keep the answer as evidence",
        ));
    }
    let says = serde_json::from_value(signed.said.says)
        .map_err(|_| DeskError::damaged("what is on file of a person cannot be read"))?;
    Ok(Said {
        number: facts.number,
        digest: signed.digest,
        by: signed.by,
        at: signed.at,
        reason: signed.said.reason,
        says,
    })
}
