//! Facts of people on file: ids and numbers, never a name. What is said of somebody is sealed in *notes*: their
//! card, their part in a case, what is said of them and another person of the same name.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::Serialize;

use crate::clock::Timestamp;
use crate::ids::CaseId;
use crate::ids::PersonId;
use crate::ids::UserId;
use crate::keeper::facts::Other;
use crate::keeper::facts::RecordFacts;

/// What the keeper knows of a person on file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonFacts {
    /// The person.
    pub id: PersonId,
    /// The versions of their card, oldest first.
    pub cards: Vec<NoteFacts>,
    /// Their part in cases, past ones too.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub links: BTreeMap<CaseId, LinkFacts>,
    /// With whom they were compared, and the notes of it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub compared: BTreeMap<PersonId, Vec<NoteFacts>>,
    /// Kept for later versions.
    #[serde(flatten)]
    pub other: Other,
}

/// Somebody's part in a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkFacts {
    /// What was said of it, oldest first.
    pub notes: Vec<NoteFacts>,
    /// The first version of the card that the case may open,
    pub from_card: u32,
    /// and the first note of this part: what was before an end stays closed.
    pub from_note: u32,
    /// When they were no part of the case any more.
    pub ended_at: Option<Timestamp>,
    /// Kept for later versions.
    #[serde(flatten)]
    pub other: Other,
}

/// A sealed note.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteFacts {
    /// Its number among the notes of the same thing, from 1.
    pub number: u32,
    /// SHA-256 of its signed statement, hex.
    pub manifest: String,
    /// The same of the note before it.
    pub previous: Option<String>,
    /// Who wrote it.
    pub by: UserId,
    /// When.
    pub at: Timestamp,
}

/// Which note of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum Note {
    /// Who they are.
    Card {
        /// From 1.
        number: u32,
    },
    /// Their part in a case.
    Part {
        /// The case.
        case: CaseId,
        /// From 1.
        number: u32,
    },
    /// Whether they are somebody else on file.
    Compared {
        /// The other.
        with: PersonId,
        /// From 1.
        number: u32,
    },
}

impl Note {
    /// The natural key of its rows.
    pub(crate) fn natural(self) -> Vec<u8> {
        let keyed = |tag: u8, id: &[u8], number: u32| [&[tag], id, &number.to_be_bytes()].concat();
        match self {
            Self::Card { number } => keyed(1, &[], number),
            Self::Part { case, number } => keyed(2, case.as_bytes(), number),
            Self::Compared { with, number } => keyed(3, with.as_bytes(), number),
        }
    }

    /// Its number among the notes of the same thing.
    pub fn number(self) -> u32 {
        match self {
            Self::Card { number } | Self::Part { number, .. } | Self::Compared { number, .. } => {
                number
            }
        }
    }
}

impl PersonFacts {
    /// Somebody nothing is said of yet.
    pub(crate) fn new(id: PersonId) -> Self {
        Self {
            id,
            cards: Vec::new(),
            links: BTreeMap::new(),
            compared: BTreeMap::new(),
            other: Other::new(),
        }
    }

    /// The cases they are part of now.
    pub fn cases(&self) -> impl Iterator<Item = CaseId> {
        let living = self
            .links
            .iter()
            .filter(|(_, link)| link.ended_at.is_none());
        living.map(|(case, _)| *case)
    }

    /// The notes of the same thing as this one.
    pub(crate) fn series(&self, note: Note) -> &[NoteFacts] {
        match note {
            Note::Card { .. } => &self.cards,
            Note::Part { case, .. } => self.links.get(&case).map_or(&[], |link| &link.notes),
            Note::Compared { with, .. } => self.compared.get(&with).map_or(&[], Vec::as_slice),
        }
    }

    /// The facts of one note.
    pub(crate) fn note(&self, note: Note) -> Option<&NoteFacts> {
        let mut series = self.series(note).iter();
        series.find(|facts| facts.number == note.number())
    }

    /// The newest version of the card.
    pub(crate) fn newest_card(&self) -> Note {
        let number = count(&self.cards);
        Note::Card { number }
    }

    /// The newest word on their part in a case.
    pub(crate) fn newest_part(&self, case: CaseId) -> Note {
        let number = self.links.get(&case).map_or(0, |link| count(&link.notes));
        Note::Part { case, number }
    }

    /// Every note there is: all of them are open to those who keep the people on file.
    pub(crate) fn all(&self) -> Vec<Note> {
        let cards = self.cards.iter().map(|note| Note::Card {
            number: note.number,
        });
        let parts = self.links.iter().flat_map(|(case, link)| {
            link.notes.iter().map(|note| Note::Part {
                case: *case,
                number: note.number,
            })
        });
        let compared = self.compared.iter().flat_map(|(with, notes)| {
            notes.iter().map(|note| Note::Compared {
                with: *with,
                number: note.number,
            })
        });
        cards.chain(parts).chain(compared).collect()
    }

    /// The notes that are open to a case: since they became part of it, the card and what is said of their part.
    pub(crate) fn open_to(&self, case: CaseId) -> Vec<Note> {
        let Some(link) = self.links.get(&case).filter(|link| link.ended_at.is_none()) else {
            return Vec::new();
        };
        let cards = (link.from_card..=count(&self.cards)).map(|number| Note::Card { number });
        let parts = (link.from_note..=count(&link.notes)).map(|number| Note::Part { case, number });
        cards.chain(parts).collect()
    }
}

impl RecordFacts {
    /// Whether it names somebody on file as one of those it is about.
    pub fn is_about(&self, person: PersonId) -> bool {
        self.subjects.iter().any(|one| one.person == person)
    }
}

/// How many notes there are.
pub(crate) fn count(notes: &[NoteFacts]) -> u32 {
    u32::try_from(notes.len()).unwrap_or(u32::MAX)
}
