//! What is checked of notes before any of them is kept: that they follow what there is, and are sealed to just
//! those compartments they ought to be.

use std::collections::BTreeSet;

use crate::ids::CaseId;
use crate::keeper::facts::Note;
use crate::keeper::facts::PersonFacts;
use crate::keeper::facts::Purpose;
use crate::keeper::facts::person::count;
use crate::keeper::headers::Lock;
use crate::keeper::members::anybody;
use crate::keeper::members::may_vouch;
use crate::keeper::message::load::EpochStatement;
use crate::keeper::message::load::HeaderOf;
use crate::keeper::message::load::NewNote;
use crate::keeper::message::load::NewNotes;
use crate::keeper::request::Request;
use crate::keeper::request::Stop;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;

/// The longest sealed note.
const MAX_PAYLOAD: usize = 1 << 20;

/// The compartments a note is to be sealed to, each with its present epoch.
pub(crate) type Locks = BTreeSet<Lock>;

impl Vault {
    /// The compartment of all people on file, to seal for.
    pub(crate) fn people_lock(&self) -> Result<Lock, Stop> {
        let (facts, _) = self.people_key()?.ok_or(Stop::Stale)?;
        Ok((facts.id, facts.epoch))
    }

    /// A case's own compartment, to seal for.
    pub(crate) fn case_lock(&self, case: CaseId) -> Result<Lock, Broken> {
        let id = self.compartment_of(case)?.ok_or(Broken::NoUnit)?;
        let epoch = self.compartment(id)?.ok_or(Broken::NoUnit)?.epoch;
        Ok((id, epoch))
    }

    /// Where a new version of somebody's card is to be sealed.
    pub(crate) fn card_locks(&self, facts: &PersonFacts) -> Result<Locks, Stop> {
        let mut locks = Locks::from([self.people_lock()?]);
        for case in facts.cases() {
            locks.insert(self.case_lock(case)?);
        }
        Ok(locks)
    }

    /// Checks the compartment that is made for all people on file with the first of them; where there is one, that
    /// none is made. Where the first note is to be sealed.
    pub(crate) fn check_people(
        &self,
        request: &Request,
        new: &NewNotes,
    ) -> Result<(Lock, Option<EpochStatement>), Stop> {
        let Some(made) = &new.people else {
            if self.people_key()?.is_some() {
                return Ok((self.people_lock()?, None));
            }
            let says = "nobody is on file yet; the first person is put on file by a coordinator";
            return Err(Stop::Refused("no-people-key", says.to_owned()));
        };
        let mut roles = request.asker.roles();
        let believed = roles.any(|role| may_vouch(Purpose::People, 1, role));
        let expected = self.roll()?.as_roll().people();
        if self.people_key()?.is_some() || !believed || !anybody(&expected) {
            return Err(Stop::Stale);
        }
        let by = request.asker.id.to_string();
        let maker = (by.as_str(), &request.asker.verifying);
        let body = self.check_compartment(made, maker, Purpose::People, &expected)?;
        Ok(((made.id, 1), Some(body)))
    }

    /// Checks one note: the next of its thing, sealed to just these.
    pub(crate) fn check_note(
        new: &NewNote,
        facts: &PersonFacts,
        locks: &Locks,
    ) -> Result<(), Stop> {
        let series = facts.series(new.note);
        let next = count(series).saturating_add(1);
        let previous = series.last().map(|last| &last.manifest);
        let sealed: Locks = new
            .headers
            .iter()
            .map(|header| (header.compartment, header.epoch))
            .collect();
        let follows = new.note.number() == next && new.previous.as_ref() == previous;
        if !follows || sealed != *locks || sealed.len() != new.headers.len() {
            return Err(Stop::Stale);
        }
        let digest = crate::bytes::unhex(&new.manifest).is_some_and(|bytes| bytes.len() == 32);
        if !digest || new.payload.is_empty() || new.payload.len() > MAX_PAYLOAD {
            let says = "what is to be kept of a person has no digest, or is too long";
            return Err(Stop::Refused("bad-note", says.to_owned()));
        }
        Ok(())
    }

    /// Checks that the headers of just this note come with it, once.
    pub(crate) fn check_opened(
        new: &NewNotes,
        wanted: Option<(&PersonFacts, Note)>,
    ) -> Result<(), Stop> {
        let wanted = wanted.map(|(facts, note)| HeaderOf::Note {
            person: facts.id,
            note,
        });
        let given = new.headers.iter().map(|header| header.of);
        if given.eq(wanted) {
            Ok(())
        } else {
            Err(Stop::Stale)
        }
    }
}
