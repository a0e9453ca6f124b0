//! Looking at somebody on file, to show them or to write about them.

use std::rc::Rc;

use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::link;
use crate::desk::link::Because;
use crate::desk::on_file::open::OpenedPerson;
use crate::desk::on_file::open::check_shown;
use crate::desk::on_file::shown::Person;
use crate::desk::trust::Trust;
use crate::ids::PersonId;
use crate::keeper::message::Want;
use crate::keeper::message::answer::Keys;
use crate::keeper::message::answer::Served;
use crate::keeper::message::answer::ServedPerson;
use crate::keeper::message::load::HeaderOf;
use crate::keeper::message::load::Load;
use crate::keeper::message::load::SealedAgain;
use crate::ledger::Proven;
use crate::records::PersonCard;
use crate::sealing::HybridRecipient;
use crate::sealing::seal_header;

/// Somebody on file, opened to be written about: what was served, and the keys it is written with.
pub(super) struct Written {
    pub(super) opened: OpenedPerson,
    pub(super) served: ServedPerson,
    shared: Rc<(Proven, Keys, Trust)>,
}

impl Desk<'_> {
    /// Asks for somebody on file to write about them, and opens them.
    pub(super) fn look_to_write(
        &mut self,
        want: Want,
        person: PersonId,
        because: Because<'_>,
    ) -> Result<Written, DeskError> {
        let looked = self.look(want, &[person], because)?;
        let written = looked.into_iter().next().ok_or_else(link::unexpected)?;
        written.opened.check_version(written.served.versions)?;
        Ok(written)
    }

    /// Asks for people on file, by an act that shows just these, and opens them.
    pub(super) fn look(
        &mut self,
        want: Want,
        people: &[PersonId],
        because: Because<'_>,
    ) -> Result<Vec<Written>, DeskError> {
        let (served, proven, detail) = self.ask_and_see(want, Load::Nothing {}, because)?;
        // After the look, never before: the keeper tells by the look's entry which keys this desk has seen.
        let (keys, trust) = self.keys(None)?;
        let Served::People(served) = served else {
            return Err(link::unexpected());
        };
        if !served.iter().map(|one| one.id).eq(people.iter().copied()) {
            return Err(DeskError::damaged(
                "other people were served than those asked for; nothing is opened",
            ));
        }
        let shared = Rc::new((proven, keys, trust));
        let mut looked = Vec::new();
        for served in served {
            let (proven, _, trust) = shared.as_ref();
            check_shown(proven, &detail, &served)?;
            let opened = self.opened_person(proven, &served, (&mut Vec::new(), trust))?;
            looked.push(Written {
                opened,
                served,
                shared: Rc::clone(&shared),
            });
        }
        Ok(looked)
    }
}

impl Written {
    pub(super) fn keys(&self) -> &Keys {
        &self.shared.1
    }

    /// As a face is given it.
    pub(super) fn shown(self) -> Result<Person, DeskError> {
        Person::of(self.opened, &self.shared.1)
    }

    pub(super) fn trust(&self) -> &Trust {
        &self.shared.2
    }

    /// The card, with its number and the digest of its note. A new version follows only the newest.
    pub(super) fn card(&self) -> Result<((u32, String), PersonCard), DeskError> {
        if self.served.versions.is_none() {
            let says = "you can open this person only through a case; whoever keeps the people on file can change \
                        what is there";
            return Err(DeskError::refused("no-people-key", says));
        }
        let found = self.opened.card.as_ref().ok_or_else(link::unexpected)?;
        Ok(((found.number, found.digest.clone()), found.says.clone()))
    }

    /// The card's header, for another compartment.
    pub(super) fn card_for(&self, to: &HybridRecipient) -> Result<SealedAgain, DeskError> {
        let (secret, note) = self
            .opened
            .card_header
            .as_ref()
            .ok_or_else(link::unexpected)?;
        let header = SealedAgain {
            of: HeaderOf::Note {
                person: self.served.id,
                note: note.note,
            },
            header: note.header.clone(),
        };
        let key = crate::desk::open::header_key(&self.shared.0, secret, &header)?;
        Ok(SealedAgain {
            header: seal_header(&key, to),
            ..header
        })
    }
}
