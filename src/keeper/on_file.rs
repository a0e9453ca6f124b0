//! People on file: a unit each, whose notes are sealed to the one compartment of all people on file, and to the
//! cases a person is part of. The keeper knows ids and numbers; names are in the notes.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::bytes::unbase64url;
use crate::ids::CaseId;
use crate::ids::CompartmentId;
use crate::ids::PersonId;
use crate::ids::UserId;
use crate::keeper::acts::Act;
use crate::keeper::compartments::Way;
use crate::keeper::facts::CompartmentFacts;
use crate::keeper::facts::EpochFacts;
use crate::keeper::facts::Note;
use crate::keeper::facts::PersonFacts;
use crate::keeper::facts::Purpose;
use crate::keeper::message::load::HeaderOf;
use crate::keeper::policy::decide::Permit;
use crate::keeper::policy::question::Resource;
use crate::keeper::policy::question::Ties;
use crate::keeper::request::Request;
use crate::keeper::request::Stop;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::ledger::RecordKey;
use crate::store::Tree;
use crate::store::UnitKind;

pub(crate) mod check;
pub(crate) mod keep;
pub(crate) mod show;
pub(crate) mod subjects;

/// The natural key of the setting that names the compartment of all people on file.
pub(crate) const PEOPLE: &[u8] = b"people";

/// Ways that were looked for, by the compartment they lead to.
pub(crate) type Ways = BTreeMap<CompartmentId, Option<Way>>;

impl Vault {
    /// The compartment of all people on file, once somebody is.
    pub(crate) fn people_compartment(&self) -> Result<Option<CompartmentId>, Broken> {
        self.read(&units::vault(), Tree::Setting, PEOPLE)
    }

    /// The same with its current epoch.
    pub(crate) fn people_key(&self) -> Result<Option<(CompartmentFacts, EpochFacts)>, Broken> {
        match self.people_compartment()? {
            Some(id) => self.current(id),
            None => Ok(None),
        }
    }

    /// The facts of a person on file.
    pub(crate) fn on_file(&self, person: PersonId) -> Result<Option<PersonFacts>, Broken> {
        self.read(&units::person(person), Tree::Person, &[])
    }

    pub(crate) fn put_on_file(&mut self, facts: &PersonFacts) -> Result<(), Broken> {
        self.write(&units::person(facts.id), Tree::Person, &[], facts)
    }

    /// Everybody on file.
    pub(crate) fn person_ids(&self) -> Vec<PersonId> {
        self.keys
            .of_kind(UnitKind::Person)
            .filter_map(|(unit, _)| <[u8; 16]>::try_from(unit.natural()).ok())
            .map(PersonId::from_bytes)
            .collect()
    }

    /// Everybody who is or was part of a case.
    pub(crate) fn people_of(&self, case: CaseId) -> Result<BTreeSet<PersonId>, Broken> {
        let people = self.read(&units::case(case), Tree::Link, &[])?;
        Ok(people.unwrap_or_default())
    }

    /// The facts of those who are part of a case now.
    pub(crate) fn part_of(&self, case: CaseId) -> Result<Vec<PersonFacts>, Broken> {
        let mut found = Vec::new();
        for person in self.people_of(case)? {
            let facts = self.on_file(person)?;
            found.extend(facts.filter(|facts| facts.cases().any(|one| one == case)));
        }
        Ok(found)
    }

    /// The audit key of a person, while they are on file: what unlinks their entries when it is erased.
    pub(crate) fn person_key(&self, person: PersonId) -> Result<Option<RecordKey>, Broken> {
        let Some(text) = self.person_key_text(person)? else {
            return Ok(None);
        };
        let bytes = unbase64url(&text).and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        let bytes = bytes.ok_or(Broken::Row(Tree::History))?;
        Ok(Some(RecordKey::from_bytes(&bytes)))
    }

    pub(crate) fn person_key_text(&self, person: PersonId) -> Result<Option<String>, Broken> {
        self.read(&units::person(person), Tree::History, &[])
    }

    /// How users are tied to a person.
    pub(crate) fn ties(&self, facts: &PersonFacts) -> Result<Ties, Broken> {
        let mut ties = Ties::default();
        for case in facts.cases() {
            if let Some(case) = self.case(case)? {
                ties.team.extend(case.team);
            }
        }
        Ok(ties)
    }

    /// Decides on a person, who is unknown to whoever may not see them.
    pub(crate) fn permit_person(
        &self,
        request: &Request,
        act: Act,
        person: PersonId,
    ) -> Result<(Permit, PersonFacts), Stop> {
        let facts = self.on_file(person)?;
        let facts = facts.ok_or_else(|| self.unknown(request, act))?;
        let ties = self.ties(&facts)?;
        let on = Resource::Person {
            facts: &facts,
            ties: &ties,
        };
        let permit = self.permit(request, act, on)?;
        Ok((permit, facts))
    }

    /// The notes of a person that somebody can open, by the compartment they open them through: all of them with
    /// the key of all people on file, else what is open to the cases whose key they hold.
    pub(crate) fn open_notes(
        &self,
        user: UserId,
        facts: &PersonFacts,
        ways: &mut Ways,
    ) -> Result<Vec<(CompartmentId, Way, Vec<Note>)>, Broken> {
        if let Some(people) = self.people_compartment()?
            && let Some(way) = self.way_once(user, people, ways)?
        {
            return Ok(vec![(people, way, facts.all())]);
        }
        let mut found = Vec::new();
        for case in facts.cases() {
            let Some(id) = self.compartment_of(case)? else {
                continue;
            };
            if let Some(way) = self.way_once(user, id, ways)? {
                found.push((id, way, facts.open_to(case)));
            }
        }
        Ok(found)
    }

    /// The cases somebody on file is part of, as far as the user can open what is said of it.
    pub(crate) fn known_cases(
        &self,
        user: UserId,
        facts: &PersonFacts,
    ) -> Result<BTreeSet<CaseId>, Broken> {
        let open = self.open_notes(user, facts, &mut Ways::new())?;
        let parts = open.iter().flat_map(|(_, _, notes)| notes);
        let told: BTreeSet<CaseId> = parts
            .filter_map(|note| match note {
                Note::Part { case, .. } => Some(*case),
                Note::Card { .. } | Note::Compared { .. } => None,
            })
            .collect();
        Ok(facts.cases().filter(|case| told.contains(case)).collect())
    }

    fn way_once(
        &self,
        user: UserId,
        to: CompartmentId,
        ways: &mut Ways,
    ) -> Result<Option<Way>, Broken> {
        if let Some(known) = ways.get(&to) {
            return Ok(known.clone());
        }
        let way = self.way(user, to)?;
        ways.insert(to, way.clone());
        Ok(way)
    }

    /// A case's own compartment.
    pub(crate) fn compartment_of(&self, case: CaseId) -> Result<Option<CompartmentId>, Broken> {
        let case = self.case(case)?;
        Ok(case.and_then(|case| case.compartments.first().copied()))
    }

    /// The notes that are sealed to the compartment of this purpose.
    pub(crate) fn notes_under(&self, purpose: Purpose) -> Result<Vec<HeaderOf>, Broken> {
        let mut all = Vec::new();
        match purpose {
            Purpose::People => {
                for person in self.person_ids() {
                    let notes = self.on_file(person)?.map(|facts| facts.all());
                    let notes = notes.into_iter().flatten();
                    all.extend(notes.map(|note| HeaderOf::Note { person, note }));
                }
            }
            Purpose::Case { case } => {
                for facts in self.part_of(case)? {
                    let person = facts.id;
                    let notes = facts.open_to(case).into_iter();
                    all.extend(notes.map(|note| HeaderOf::Note { person, note }));
                }
            }
            Purpose::Team { .. } | Purpose::Own { .. } | Purpose::Grant { .. } => {}
        }
        Ok(all)
    }
}
