//! People on file: put there, corrected, linked to cases, told from others of their name. Each change is a note,
//! signed and then sealed whole; what was there before stays.

use std::collections::BTreeSet;

use crate::desk::Desk;
use crate::desk::cases::key_of_case;
use crate::desk::error::DeskError;
use crate::desk::filing::again;
use crate::desk::link;
use crate::desk::link::Because;
use crate::desk::on_file::open::check_shown;
use crate::desk::on_file::seal::Draft;
use crate::desk::on_file::seal::NO_KEY;
use crate::desk::parts::recorded;
use crate::desk::reading::parse_case;
use crate::desk::versions::audit_key_of;
use crate::ids::CaseId;
use crate::ids::PersonId;
use crate::keeper::facts::Note;
use crate::keeper::facts::Purpose;
use crate::keeper::message::Want;
use crate::keeper::message::answer::Served;
use crate::keeper::message::load::Load;
use crate::keeper::message::load::NewNotes;
use crate::records::Judgement;
use crate::records::PartCard;
use crate::records::PersonCard;
use crate::sealing::RecordKey;

pub(crate) mod beside;
mod look;
pub(crate) mod open;
pub(crate) mod seal;
pub mod shown;

use crate::desk::on_file::shown::Person;

impl Desk<'_> {
    /// Everybody on file whom this person may see, in the order of their names, in one entry.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn people(&mut self) -> Result<Vec<Person>, DeskError> {
        let people = self.people_and_keys()?.into_iter();
        let mut people: Vec<Person> = people.map(|(person, _)| person).collect();
        people.sort_by_cached_key(|one| (crate::records::fold::fold(&one.card.name), one.id));
        Ok(people)
    }

    /// The same, each with the audit key by which an entry names them.
    pub(crate) fn people_and_keys(&mut self) -> Result<Vec<(Person, RecordKey)>, DeskError> {
        let (keys, trust) = self.keys(None)?;
        let (served, proven, detail) =
            self.ask_and_see(Want::ListPeople {}, Load::Nothing {}, Because::default())?;
        let Served::People(served) = served else {
            return Err(link::unexpected());
        };
        let mut people = Vec::new();
        let mut followed = Vec::new();
        for one in &served {
            check_shown(&proven, &detail, one)?;
            let opened = self.opened_person(&proven, one, (&mut followed, &trust))?;
            people.push((Person::of(opened, &keys)?, audit_key_of(&one.k_person)?));
        }
        Ok(people)
    }

    /// Somebody on file: the newest version of their card, or the one asked for.
    ///
    /// # Errors
    /// [`DeskError`]; [`DeskError::Unknown`] also for what is no id at all.
    pub fn person(&mut self, person: &str, version: Option<u32>) -> Result<Person, DeskError> {
        let person = parse_person(person);
        let want = Want::ShowPerson { person, version };
        let written = self.look(want, &[person], Because::default())?;
        let written = written.into_iter().next().ok_or_else(link::unexpected)?;
        written
            .opened
            .check_version(version.or(written.served.versions))?;
        written.shown()
    }

    /// Puts somebody on file. Namesakes are for the asker to tell from them: nothing is merged.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn add_person(&mut self, card: &PersonCard) -> Result<(Person, Vec<Person>), DeskError> {
        card.check().map_err(bad_card)?;
        let before = self.people()?;
        check_named(card, &before)?;
        let person = again(|| self.add_once(card))?;
        let namesakes = before.into_iter();
        let namesakes = namesakes.filter(|other| other.card.is_namesake(card));
        let namesakes = namesakes.collect();
        Ok((self.person(&person.to_string(), None)?, namesakes))
    }

    fn add_once(&mut self, card: &PersonCard) -> Result<PersonId, DeskError> {
        let (keys, trust) = self.keys(None)?;
        let person = PersonId::random();
        let found = self.people_key((&keys, &trust));
        if found.as_ref().is_err_and(is_no_key) {
            // The keeper says why not, and writes it down.
            let load = Load::Notes(Box::default());
            self.ask(Want::AddPerson { person }, load, Because::default())?;
        }
        let (people, to) = found?;
        let k_person = crate::bytes::base64url(RecordKey::generate().expose());
        let draft = Draft {
            person,
            note: Note::Card { number: 1 },
            previous: None,
            k_person: &k_person,
            reason: None,
        };
        let note = self.sealed_note(&draft, card, &[to])?;
        let load = NewNotes {
            notes: vec![note],
            headers: Vec::new(),
            k_person: Some(k_person),
            people,
        };
        let load = Load::Notes(Box::new(load));
        self.ask(Want::AddPerson { person }, load, Because::default())?;
        Ok(person)
    }

    /// Keeps a new version of somebody's card, as `change` makes it; the old one stays.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn amend_person(
        &mut self,
        person: &str,
        change: &dyn Fn(&mut PersonCard),
        reason: &str,
    ) -> Result<Person, DeskError> {
        let reason = crate::desk::amend::given_reason(reason)?;
        let id = parse_person(person);
        self.again(|desk| {
            let want = Want::AmendPerson { person: id };
            let written = desk.look_to_write(want.clone(), id, corrected())?;
            let (before, mut card) = written.card()?;
            change(&mut card);
            card.check().map_err(bad_card)?;
            if !card.mentioned().is_empty() {
                let others = desk.people()?;
                check_named(&card, &others)?;
            }
            let cases = written.opened.cases();
            let mut purposes = vec![Purpose::People];
            purposes.extend(cases.map(|case| Purpose::Case { case }));
            let sealed_to = &written.served.sealed_to;
            let to = recorded(sealed_to, &purposes, |_| false, written.trust())?;
            let draft = Draft {
                person: id,
                note: Note::Card {
                    number: before.0.saturating_add(1),
                },
                previous: Some(before.1),
                k_person: &written.served.k_person,
                reason: Some(reason),
            };
            let load = alone(desk.sealed_note(&draft, &card, &to)?);
            desk.ask(want, load, corrected())?;
            Ok(())
        })?;
        self.person(person, None)
    }

    /// Says what part somebody has in a case: from now on whoever reads the case opens their card.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn link_person(
        &mut self,
        person: &str,
        case: &str,
        part: &PartCard,
    ) -> Result<Person, DeskError> {
        part.check().map_err(bad_card)?;
        let (id, case) = (parse_person(person), parse_case(case));
        self.again(|desk| desk.link_once(id, case, part))?;
        self.person(person, None)
    }

    fn link_once(&mut self, id: PersonId, case: CaseId, part: &PartCard) -> Result<(), DeskError> {
        let want = Want::LinkPerson { person: id, case };
        let written = self.look_to_write(want.clone(), id, Because::default())?;
        let (keys, trust) = self.keys(Some(case))?;
        let (_, people) = self.people_key((&keys, &trust))?;
        let own = key_of_case(case, (&keys, &trust))?.ok_or_else(link::unexpected)?;
        let of_case = own.recipient.clone();
        let to = vec![own, people];
        let (_, card) = written.card()?;
        let part = PartCard {
            name: card.name,
            ..part.clone()
        };
        let joins = !written.opened.cases().any(|one| one == case);
        let headers = if joins {
            vec![written.card_for(&of_case)?]
        } else {
            Vec::new()
        };
        let (number, previous) = written.opened.next_part(case);
        let draft = Draft {
            person: id,
            note: Note::Part { case, number },
            previous,
            k_person: &written.served.k_person,
            reason: None,
        };
        let load = NewNotes {
            notes: vec![self.sealed_note(&draft, &part, &to)?],
            headers,
            k_person: None,
            people: None,
        };
        self.ask(want, Load::Notes(Box::new(load)), Because::default())?;
        Ok(())
    }

    /// Ends somebody's part in a case: their card is closed to it.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn unlink_person(
        &mut self,
        person: &str,
        case: &str,
        reason: &str,
    ) -> Result<Person, DeskError> {
        let reason = crate::desk::amend::given_reason(reason)?;
        let (id, case) = (parse_person(person), parse_case(case));
        self.again(|desk| {
            let want = Want::UnlinkPerson { person: id, case };
            let written = desk.look_to_write(want.clone(), id, corrected())?;
            let Some(before) = written.opened.part(case) else {
                let says = "they are no part of this case; nothing to do";
                return Err(DeskError::refused("bad-state", says));
            };
            let ended = PartCard {
                ended: Some(reason.to_owned()),
                ..before.clone()
            };
            ended.check().map_err(bad_card)?;
            let (_, people) = desk.people_key((written.keys(), written.trust()))?;
            let (number, previous) = written.opened.next_part(case);
            let draft = Draft {
                person: id,
                note: Note::Part { case, number },
                previous,
                k_person: &written.served.k_person,
                reason: None,
            };
            let load = alone(desk.sealed_note(&draft, &ended, &[people])?);
            desk.ask(want, load, corrected())?;
            Ok(())
        })?;
        self.person(person, None)
    }

    /// Keeps whether two on file are one person. Neither page is changed by it.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn compare_people(
        &mut self,
        (one, other): (&str, &str),
        judged: &Judgement,
    ) -> Result<Person, DeskError> {
        judged.check().map_err(bad_card)?;
        let (person, with) = (parse_person(one), parse_person(other));
        if person == with {
            let says = "name two people on file; these are two ids of the same page";
            return Err(DeskError::refused("bad-state", says));
        }
        self.again(|desk| {
            let (want, because) = if judged.same {
                (Want::SamePerson { person, with }, Because::default())
            } else {
                (Want::TellApart { person, with }, corrected())
            };
            let both = [(person, with), (with, person)];
            let looked = desk.look(want.clone(), &[person, with], because)?;
            let mut notes = Vec::new();
            for (written, (id, with)) in looked.iter().zip(both) {
                written.card()?;
                let (_, people) = desk.people_key((written.keys(), written.trust()))?;
                let (number, previous) = written.opened.next_compared(with);
                let draft = Draft {
                    person: id,
                    note: Note::Compared { with, number },
                    previous,
                    k_person: &written.served.k_person,
                    reason: None,
                };
                notes.push(desk.sealed_note(&draft, judged, &[people])?);
            }
            let load = NewNotes {
                notes,
                headers: Vec::new(),
                k_person: None,
                people: None,
            };
            let load = Load::Notes(Box::new(load));
            desk.ask(want, load, because)?;
            Ok(())
        })?;
        self.person(one, None)
    }
}

/// A load of one note.
fn alone(note: crate::keeper::message::load::NewNote) -> Load {
    Load::Notes(Box::new(NewNotes {
        notes: vec![note],
        headers: Vec::new(),
        k_person: None,
        people: None,
    }))
}

/// The reason's words are content: they are sealed with the note. The entry says only this.
const fn corrected() -> Because<'static> {
    Because {
        purpose: None,
        reason: Some("corrected"),
    }
}

fn is_no_key(error: &DeskError) -> bool {
    matches!(error, DeskError::Refused { code, .. } if code == NO_KEY)
}

/// A person's id, as [`crate::desk::reading::parse_record`].
pub(crate) fn parse_person(text: &str) -> PersonId {
    text.trim().parse().unwrap_or_else(|_| PersonId::random())
}

fn bad_card(says: String) -> DeskError {
    DeskError::refused("bad-person", says)
}

/// Checks that whoever a card names is on file: a mistyped id would keep nothing from anybody.
fn check_named(card: &PersonCard, on_file: &[Person]) -> Result<(), DeskError> {
    let known: BTreeSet<PersonId> = on_file.iter().map(|one| one.id).collect();
    match card.mentioned().iter().find(|one| !known.contains(one)) {
        None => Ok(()),
        Some(one) => Err(DeskError::refused(
            "no-such-person",
            format!(
                "{one} is nobody on file that you may see; `strongroom person list` shows them"
            ),
        )),
    }
}
