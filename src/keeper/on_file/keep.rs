//! Putting people on file, correcting what is there, saying what part they have in cases and who is who. Every act
//! adds a note; none is written over.

use crate::ids::CaseId;
use crate::ids::PersonId;
use crate::keeper::acts::Act;
use crate::keeper::facts::LinkFacts;
use crate::keeper::facts::Note;
use crate::keeper::facts::NoteFacts;
use crate::keeper::facts::Other;
use crate::keeper::facts::PersonFacts;
use crate::keeper::facts::person::count;
use crate::keeper::intake::send_again;
use crate::keeper::message::load::HeaderOf;
use crate::keeper::message::load::NewNote;
use crate::keeper::message::load::NewNotes;
use crate::keeper::on_file::check::Locks;
use crate::keeper::policy::question::Resource;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::sealing::UnitKey;
use crate::store::Tree;

/// How an ask is refused whose notes are about something else.
const OTHER_NOTES: Stop = Stop::BadAuth("the ask carries notes about something else");

impl Vault {
    /// Puts somebody on file, with the compartment of all people on file where they are the first.
    pub(crate) fn add_person(
        &mut self,
        request: &Request,
        person: PersonId,
        new: &NewNotes,
    ) -> Result<Step, Stop> {
        let permit = self.permit(request, Act::AddPerson, Resource::Vault)?;
        let (lock, made) = self.check_people(request, new)?;
        let [note] = new.notes.as_slice() else {
            return Err(OTHER_NOTES);
        };
        let mut facts = PersonFacts::new(person);
        about(note, person, Note::Card { number: 1 })?;
        Self::check_opened(new, None)?;
        Self::check_note(note, &facts, &Locks::from([lock]))?;
        let key = new.k_person.as_deref().and_then(crate::bytes::unbase64url);
        let key = key.filter(|key| key.len() == 32).ok_or(OTHER_NOTES)?;
        if self.has_unit(&units::person(person)) {
            return Err(send_again());
        }
        if let (Some(compartment), Some(body)) = (&new.people, made) {
            self.put_compartment(compartment, body, None)?;
            self.settle_later(compartment.id);
        }
        let unit = units::person(person);
        self.make_unit(unit.clone());
        self.write(&unit, Tree::History, &[], &crate::bytes::base64url(&key))?;
        let kept = self.put_note(request, note)?;
        facts.cards.push(kept);
        self.put_on_file(&facts)?;
        let pledge = self.log(permit, request.entry(Act::AddPerson))?;
        Ok(Step::done(pledge))
    }

    /// Keeps a new version of somebody's card.
    pub(crate) fn amend_person(
        &mut self,
        request: &Request,
        person: PersonId,
        new: &NewNotes,
    ) -> Result<Step, Stop> {
        let (permit, mut facts) = self.permit_person(request, Act::AmendPerson, person)?;
        let [note] = new.notes.as_slice() else {
            return Err(OTHER_NOTES);
        };
        about(note, person, Note::Card { number: 0 })?;
        Self::check_opened(new, None)?;
        Self::check_note(note, &facts, &self.card_locks(&facts)?)?;
        let kept = self.put_note(request, note)?;
        facts.cards.push(kept);
        self.put_on_file(&facts)?;
        let pledge = self.log(permit, request.entry(Act::AmendPerson))?;
        Ok(Step::done(pledge))
    }

    /// Keeps what part somebody has in a case; their card is open to the case from then on.
    pub(crate) fn link_person(
        &mut self,
        request: &Request,
        (person, case): (PersonId, CaseId),
        new: &NewNotes,
    ) -> Result<Step, Stop> {
        let (permit, mut facts) = self.permit_person(request, Act::LinkPerson, person)?;
        self.check_case(request, case)?;
        let [note] = new.notes.as_slice() else {
            return Err(OTHER_NOTES);
        };
        about(note, person, Note::Part { case, number: 0 })?;
        let lock = self.case_lock(case)?;
        Self::check_note(note, &facts, &Locks::from([self.people_lock()?, lock]))?;
        let card = facts.newest_card();
        let joins = !facts.cases().any(|one| one == case);
        Self::check_opened(new, joins.then_some((&facts, card)))?;
        for header in &new.headers {
            self.put_first_header(header, lock)?;
        }
        let kept = self.put_note(request, note)?;
        let link = facts.links.entry(case).or_insert_with(|| LinkFacts {
            notes: Vec::new(),
            from_card: card.number(),
            from_note: 1,
            ended_at: None,
            other: Other::new(),
        });
        link.notes.push(kept);
        if joins {
            link.from_card = card.number();
            link.from_note = count(&link.notes);
            link.ended_at = None;
        }
        self.put_on_file(&facts)?;
        let mut people = self.people_of(case)?;
        if people.insert(person) {
            self.write(&units::case(case), Tree::Link, &[], &people)?;
        }
        let pledge = self.log(permit, request.entry(Act::LinkPerson))?;
        Ok(Step::done(pledge))
    }

    /// Ends somebody's part in a case: what was open to the case is closed to it, and the word on why is sealed to
    /// those who keep the people on file.
    pub(crate) fn unlink_person(
        &mut self,
        request: &Request,
        (person, case): (PersonId, CaseId),
        new: &NewNotes,
    ) -> Result<Step, Stop> {
        let (permit, mut facts) = self.permit_person(request, Act::UnlinkPerson, person)?;
        self.check_case(request, case)?;
        let [note] = new.notes.as_slice() else {
            return Err(OTHER_NOTES);
        };
        about(note, person, Note::Part { case, number: 0 })?;
        Self::check_opened(new, None)?;
        let open = facts.open_to(case);
        if open.is_empty() {
            let says = "they are no part of this case; nothing to do";
            return Err(Stop::Refused("bad-state", says.to_owned()));
        }
        Self::check_note(note, &facts, &Locks::from([self.people_lock()?]))?;
        self.close_to_case((person, case), &open)?;
        let kept = self.put_note(request, note)?;
        let now = self.now();
        if let Some(link) = facts.links.get_mut(&case) {
            link.notes.push(kept);
            link.ended_at = Some(now);
        }
        self.put_on_file(&facts)?;
        let pledge = self.log(permit, request.entry(Act::UnlinkPerson))?;
        Ok(Step::done(pledge))
    }

    /// Drops the headers by which a case opens these notes, those of epochs kept for recovery too.
    fn close_to_case(
        &mut self,
        (person, case): (PersonId, CaseId),
        open: &[Note],
    ) -> Result<(), Broken> {
        let (id, _) = self.case_lock(case)?;
        let facts = self.compartment(id)?.ok_or(Broken::NoUnit)?;
        let kept = facts.superseded.iter().map(|kept| kept.epoch);
        for epoch in kept.chain([facts.epoch]) {
            for note in open {
                let of = HeaderOf::Note {
                    person,
                    note: *note,
                };
                if let Some((key, tree, natural)) = self.header_place(&of, (id, epoch)) {
                    self.drop_row_under(&key, tree, &natural)?;
                }
            }
        }
        Ok(())
    }

    /// Keeps whether two on file are one person: a note with each of them. Neither is changed by it.
    pub(crate) fn compare_people(
        &mut self,
        request: &Request,
        (act, person, with): (Act, PersonId, PersonId),
        new: &NewNotes,
    ) -> Result<Step, Stop> {
        let (permit, mut one) = self.permit_person(request, act, person)?;
        let (_, mut other) = self.permit_person(request, act, with)?;
        if person == with {
            let says = "these are two ids of the same page; name two people on file";
            return Err(Stop::Refused("bad-state", says.to_owned()));
        }
        let [first, second] = new.notes.as_slice() else {
            return Err(OTHER_NOTES);
        };
        about(first, person, Note::Compared { with, number: 0 })?;
        let back = Note::Compared {
            with: person,
            number: 0,
        };
        about(second, with, back)?;
        Self::check_opened(new, None)?;
        let locks = Locks::from([self.people_lock()?]);
        Self::check_note(first, &one, &locks)?;
        Self::check_note(second, &other, &locks)?;
        let kept = (
            self.put_note(request, first)?,
            self.put_note(request, second)?,
        );
        one.compared.entry(with).or_default().push(kept.0);
        other.compared.entry(person).or_default().push(kept.1);
        self.put_on_file(&one)?;
        self.put_on_file(&other)?;
        let pledge = self.log(permit, request.entry(act))?;
        Ok(Step::done(pledge))
    }

    /// Checks that a case is there for the asker.
    pub(crate) fn check_case(&self, request: &Request, case: CaseId) -> Result<(), Stop> {
        let facts = self.case(case)?.ok_or(Stop::Unknown)?;
        let _seen = self.permit(request, Act::ShowCase, Resource::Case(&facts))?;
        Ok(())
    }

    /// Writes a checked note.
    fn put_note(&mut self, request: &Request, new: &NewNote) -> Result<NoteFacts, Broken> {
        let unit = units::person(new.person);
        let key = self.keys.get(&unit).map(UnitKey::duplicate);
        let key = key.ok_or(Broken::NoUnit)?;
        let natural = new.note.natural();
        self.write_under(&key, Tree::Part, &natural, &new.payload)?;
        for header in &new.headers {
            let lock = self.lock(header.compartment, header.epoch);
            let key = self.header_key(&unit, &lock).ok_or(Broken::NoUnit)?;
            self.write_under(&key, Tree::Header, &natural, &header.header)?;
        }
        Ok(NoteFacts {
            number: new.note.number(),
            manifest: new.manifest.clone(),
            previous: new.previous.clone(),
            by: request.asker.id,
            at: self.now(),
        })
    }
}

/// Checks that a note is about this person and this thing, whatever its number.
fn about(new: &NewNote, person: PersonId, thing: Note) -> Result<(), Stop> {
    let number = new.note.number();
    let same = match thing {
        Note::Card { .. } => Note::Card { number },
        Note::Part { case, .. } => Note::Part { case, number },
        Note::Compared { with, .. } => Note::Compared { with, number },
    };
    if new.person == person && new.note == same {
        Ok(())
    } else {
        Err(OTHER_NOTES)
    }
}
