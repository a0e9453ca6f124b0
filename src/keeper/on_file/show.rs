//! Showing people on file. Every showing names those shown in its entry, each under their own audit key.

use std::collections::BTreeSet;

use crate::ids::CaseId;
use crate::ids::CompartmentId;
use crate::ids::PersonId;
use crate::keeper::acts::Act;
use crate::keeper::compartments::Way;
use crate::keeper::facts::Note;
use crate::keeper::facts::PersonFacts;
use crate::keeper::gate::Logged;
use crate::keeper::message::answer::NoteGroup;
use crate::keeper::message::answer::Served;
use crate::keeper::message::answer::ServedNote;
use crate::keeper::message::answer::ServedPerson;
use crate::keeper::message::load::HeaderOf;
use crate::keeper::on_file::Ways;
use crate::keeper::policy::question::Resource;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::store::Tree;

/// A person about to be shown: the notes, by the compartment that opens them and the way to its key.
#[derive(Debug)]
pub(crate) struct Showing {
    facts: PersonFacts,
    groups: Vec<(CompartmentId, Way, Vec<Note>)>,
    /// Whether the asker may open every note there is.
    whole: bool,
}

impl Showing {
    /// Whom it shows.
    pub(crate) fn person(&self) -> PersonId {
        self.facts.id
    }
}

impl Vault {
    /// Everybody on file whom the asker may see and open, in one answer.
    pub(crate) fn list_people(&mut self, request: &Request) -> Result<Step, Stop> {
        let permit = self.permit(request, Act::ListPeople, Resource::Vault)?;
        let mut showings = Vec::new();
        let mut ways = Ways::new();
        for person in self.person_ids() {
            match self.permit_person(request, Act::ShowPerson, person) {
                Ok((_, facts)) => {
                    let wanted = newest(&facts, None);
                    showings.extend(self.showing(request, facts, (&wanted, &mut ways))?);
                }
                Err(Stop::Broken(broken)) => return Err(Stop::Broken(broken)),
                Err(_) => {}
            }
        }
        let entry = request.entry(Act::ListPeople).showing(shown(&showings));
        let pledge = self.log(permit, entry)?;
        Ok(Step::serving(pledge, move |vault, logged| {
            vault.serve_people(logged, showings).map(Served::People)
        }))
    }

    /// One person, with the newest version of their card or the one asked for.
    pub(crate) fn show_person(
        &mut self,
        request: &Request,
        person: PersonId,
        version: Option<u32>,
    ) -> Result<Step, Stop> {
        let (permit, facts) = self.permit_person(request, Act::ShowPerson, person)?;
        let wanted = newest(&facts, version);
        let showing = self.showing(request, facts, (&wanted, &mut Ways::new()))?;
        let showing = showing.ok_or_else(no_key_yet)?;
        if let Some(number) = version {
            let mut notes = showing.groups.iter().flat_map(|(_, _, notes)| notes);
            if !notes.any(|note| *note == (Note::Card { number })) {
                let says =
                    "there is no such version, or it is not yours to open; leave out --version";
                return Err(Stop::Refused("no-such-version", says.to_owned()));
            }
        }
        let entry = request.entry(Act::ShowPerson).showing(vec![person]);
        let pledge = self.log(permit, entry)?;
        Ok(Step::serving(pledge, move |vault, logged| {
            let served = vault.serve_person(logged, showing)?;
            Ok(Served::People(vec![served]))
        }))
    }

    /// Shows those whom something is about to be written about, under the act's own entry.
    pub(crate) fn show_to_write(
        &mut self,
        request: &Request,
        (act, person): (Act, PersonId),
        (with, case): (Option<PersonId>, Option<CaseId>),
    ) -> Result<Step, Stop> {
        let (permit, facts) = self.permit_person(request, act, person)?;
        let mut all = vec![facts];
        if let Some(with) = with {
            all.push(self.permit_person(request, act, with)?.1);
        }
        if let Some(case) = case {
            self.check_case(request, case)?;
        }
        let mut showings = Vec::new();
        for facts in all {
            let wanted = newest(&facts, None);
            let showing = self.showing(request, facts, (&wanted, &mut Ways::new()))?;
            showings.push(showing.ok_or_else(no_key_yet)?);
        }
        let entry = request.entry(act).showing(shown(&showings));
        let pledge = self.log(permit, entry)?;
        Ok(Step::serving(pledge, move |vault, logged| {
            vault.serve_people(logged, showings).map(Served::People)
        }))
    }

    /// The notes of these that the asker can open.
    pub(crate) fn showing(
        &self,
        request: &Request,
        facts: PersonFacts,
        (wanted, ways): (&BTreeSet<Note>, &mut Ways),
    ) -> Result<Option<Showing>, Broken> {
        let people = self.people_compartment()?;
        let mut groups = self.open_notes(request.asker.id, &facts, ways)?;
        let whole = groups.iter().any(|(id, ..)| Some(*id) == people);
        let mut left = wanted.clone();
        for (_, _, notes) in &mut groups {
            // Each once, though several cases open the card.
            notes.retain(|note| left.remove(note));
        }
        groups.retain(|(_, _, notes)| !notes.is_empty());
        Ok((!groups.is_empty()).then_some(Showing {
            facts,
            groups,
            whole,
        }))
    }

    /// Those who are part of a case, as far as the asker may see them, opened with the case's own key.
    pub(crate) fn showings_of_case(
        &self,
        request: &Request,
        (case, compartment, way): (CaseId, CompartmentId, &Way),
        wanted: impl Fn(&PersonFacts) -> Vec<Note>,
    ) -> Result<Vec<Showing>, Stop> {
        // Through a grant of the case its people are not opened.
        if self.compartment_of(case)? != Some(compartment) {
            return Ok(Vec::new());
        }
        let mut showings = Vec::new();
        for facts in self.part_of(case)? {
            match self.permit_person(request, Act::ShowPerson, facts.id) {
                Ok(_) => {
                    let mut notes = wanted(&facts);
                    let open = facts.open_to(case);
                    notes.retain(|note| open.contains(note));
                    showings.push(Showing {
                        facts,
                        groups: vec![(compartment, way.clone(), notes)],
                        whole: false,
                    });
                }
                Err(Stop::Broken(broken)) => return Err(Stop::Broken(broken)),
                Err(_) => {}
            }
        }
        Ok(showings)
    }

    /// Hands over what opens these people, against the durable entry that names them.
    pub(crate) fn serve_people(
        &self,
        logged: &Logged,
        showings: Vec<Showing>,
    ) -> Result<Vec<ServedPerson>, Broken> {
        let served = showings.into_iter();
        served
            .map(|showing| self.serve_person(logged, showing))
            .collect()
    }

    fn serve_person(&self, logged: &Logged, showing: Showing) -> Result<ServedPerson, Broken> {
        let Showing {
            facts,
            groups,
            whole,
        } = showing;
        let mut served = Vec::new();
        for (id, way, notes) in groups {
            let epoch = self.compartment(id)?.ok_or(Broken::NoUnit)?.epoch;
            let mut group = NoteGroup {
                chain: self.chain(logged, &way)?,
                notes: Vec::new(),
            };
            for note in notes {
                let note = self.serve_note(logged, (&facts, note), (id, epoch))?;
                group.notes.push(note);
            }
            served.push(group);
        }
        let key = self.person_key_text(facts.id)?.ok_or(Broken::NoUnit)?;
        Ok(ServedPerson {
            id: facts.id,
            k_person: key,
            versions: whole.then(|| facts.newest_card().number()),
            groups: served,
            sealed_to: if whole {
                self.card_keys(&facts)?
            } else {
                Vec::new()
            },
        })
    }

    fn serve_note(
        &self,
        logged: &Logged,
        (facts, note): (&PersonFacts, Note),
        lock: (CompartmentId, u32),
    ) -> Result<ServedNote, Broken> {
        let person = facts.id;
        let key = self
            .keys
            .get(&units::person(person))
            .ok_or(Broken::NoUnit)?;
        let payload = self.read_under(key, Tree::Part, &note.natural())?;
        let payload = payload.ok_or(Broken::Row(Tree::Part))?.to_vec();
        let header = self.header(logged, &HeaderOf::Note { person, note }, lock)?;
        let facts = facts.note(note).ok_or(Broken::Row(Tree::Person))?.clone();
        Ok(ServedNote {
            note,
            facts,
            header,
            payload,
        })
    }

    /// The compartments a new version of somebody's card has to be sealed to.
    fn card_keys(
        &self,
        facts: &PersonFacts,
    ) -> Result<
        Vec<(
            crate::keeper::facts::CompartmentFacts,
            crate::keeper::facts::EpochFacts,
        )>,
        Broken,
    > {
        let mut keys: Vec<_> = self.people_key()?.into_iter().collect();
        for case in facts.cases() {
            if let Some(id) = self.compartment_of(case)? {
                keys.extend(self.current(id)?);
            }
        }
        for (facts, _) in &mut keys {
            *facts = facts.without_ages();
        }
        Ok(keys)
    }
}

/// The newest note of each thing; of the card another version, where one is asked for.
fn newest(facts: &PersonFacts, version: Option<u32>) -> BTreeSet<Note> {
    let card = version.map_or_else(|| facts.newest_card(), |number| Note::Card { number });
    let parts = facts.links.keys().map(|case| facts.newest_part(*case));
    let compared = facts.compared.iter().map(|(with, notes)| Note::Compared {
        with: *with,
        number: crate::keeper::facts::person::count(notes),
    });
    parts.chain(compared).chain([card]).collect()
}

/// Whom these show.
pub(crate) fn shown(showings: &[Showing]) -> Vec<PersonId> {
    showings.iter().map(Showing::person).collect()
}

fn no_key_yet() -> Stop {
    let says = "you may see this person, but the key has not been sealed to you yet; it will be when a \
                colleague who holds it next signs in";
    Stop::Refused("no-key-yet", says.to_owned())
}
