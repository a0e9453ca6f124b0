//! Lists of records: a page at a time, each page an entry.
//!
//! The first page decides over all records, which takes a second where there are ten thousand. Which there were
//! is remembered until the last page is served, so that no later page does that again; what is on a page is
//! decided anew when it is served, and so what was closed meanwhile is left out.
//!
//! A desk that searches is served longer pages, and where it searches texts, bodies in the place of cards: under
//! the same rules as reading, each named by the entry of its page.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::btree_map::Entry;

use crate::ids::CaseId;
use crate::ids::CompartmentId;
use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::acts::Act;
use crate::keeper::compartments::Way;
use crate::keeper::facts::Place;
use crate::keeper::facts::RecordFacts;
use crate::keeper::gate::Logged;
use crate::keeper::message::answer::ChainLink;
use crate::keeper::message::answer::Served;
use crate::keeper::message::answer::ServedRecord;
use crate::keeper::message::finding::Only;
use crate::keeper::message::load::HeaderOf;
use crate::keeper::policy::decide::Decision;
use crate::keeper::policy::question::Resource;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::sorts::sorts_for;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::store::Tree;

/// Records on one page of a list; each page is one entry.
const PAGE: usize = 50;
/// Cards on one page of a list that is to be searched, which nobody looks at: fewer entries, so that a record's
/// history stays short, and still none that keeps others waiting for long.
const SEARCHED: usize = 500;
/// Bodies on one page.
const TEXTS: usize = 100;
/// The numbers of a version's card and body among its parts.
const CARD: u32 = 1;
const BODY: u32 = 2;

/// What somebody looks through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sought {
    act: Act,
    case: Option<CaseId>,
    only: Only,
    /// The cases of the person that all is to be about, as far as the asker may know.
    of_person: BTreeSet<CaseId>,
}

impl Sought {
    /// Cards.
    pub(crate) fn cards(case: Option<CaseId>, only: Only) -> Self {
        Self::new(Act::ListRecords, case, only)
    }

    /// Bodies, to search their text.
    pub(crate) fn texts(case: Option<CaseId>, only: Only) -> Self {
        Self::new(Act::SearchText, case, only)
    }

    const fn new(act: Act, case: Option<CaseId>, only: Only) -> Self {
        Self {
            act,
            case,
            only,
            of_person: BTreeSet::new(),
        }
    }

    fn part(&self) -> u32 {
        match self.act {
            Act::SearchText => BODY,
            _ => CARD,
        }
    }

    fn page(&self) -> usize {
        match self.act {
            Act::SearchText => TEXTS,
            _ if self.only.search => SEARCHED,
            _ => PAGE,
        }
    }

    fn takes(&self, facts: &RecordFacts) -> bool {
        (self.case.is_none() || facts.case == self.case)
            && (self.only.is_all() || self.only.takes(&facts.kind, &facts.day()))
            && self.only.person.is_none_or(|person| {
                facts.is_about(person)
                    || facts
                        .case
                        .is_some_and(|case| self.of_person.contains(&case))
            })
    }
}

/// What somebody is in the middle of.
#[derive(Debug)]
pub(crate) struct Begun {
    sought: Sought,
    /// The records they could see when they began, oldest first.
    records: Vec<RecordId>,
}

/// A record the asker may see, the compartment it is opened through, and the way to its key.
type Visible = (RecordFacts, CompartmentId, Way);

/// The ways to compartments that were looked for already.
pub(crate) type Ways = BTreeMap<CompartmentId, Option<Way>>;

impl Vault {
    /// One page of what the asker may see.
    pub(crate) fn list_records(
        &mut self,
        request: &Request,
        mut sought: Sought,
        page: u32,
    ) -> Result<Step, Stop> {
        if let Some(person) = sought.only.person {
            let (_, facts) = self.permit_person(request, Act::ShowPerson, person)?;
            sought.of_person = self.known_cases(request.asker.id, &facts)?;
        }
        let permit = match sought.case {
            Some(case) => {
                let facts = self.case(case)?.ok_or(Stop::Unknown)?;
                self.permit(request, Act::ShowCase, Resource::Case(&facts))?
            }
            None => self.permit(request, Act::ListCases, Resource::Vault)?,
        };
        let (act, part) = (sought.act, sought.part());
        let (cards, more) = self.page_of(request, sought, page)?;
        let listed = cards.iter().map(|(facts, ..)| facts.id).collect();
        let entry = request.entry(act).listing(listed);
        let through = cards.iter().map(|(_, compartment, _)| *compartment);
        let pledge = self.log_listing(permit, entry, through)?;
        Ok(Step::serving(pledge, move |vault, logged| {
            let cards = vault.serve_cards(logged, cards, part)?;
            Ok(Served::Cards { cards, more })
        }))
    }

    /// What is on a page, and whether another follows.
    fn page_of(
        &mut self,
        request: &Request,
        sought: Sought,
        page: u32,
    ) -> Result<(Vec<Visible>, bool), Broken> {
        let begun = self.lists.remove(&request.asker.id);
        let begun = begun.filter(|begun| page > 0 && begun.sought == sought);
        let begun = match begun {
            Some(begun) => begun,
            None => self.begin_list(request, sought)?,
        };
        let length = begun.sought.page();
        let skip = usize::try_from(page)
            .unwrap_or(usize::MAX)
            .saturating_mul(length);
        let here = begun.records.iter().skip(skip).take(length).copied();
        let cards = self.visible(request, &begun.sought, here)?;
        let more = begun.records.len() > skip.saturating_add(length);
        if more {
            self.lists.insert(request.asker.id, begun);
        }
        Ok((cards, more))
    }

    /// Decides over all records.
    fn begin_list(&self, request: &Request, sought: Sought) -> Result<Begun, Broken> {
        let mut all = self.visible(request, &sought, self.record_ids().into_iter())?;
        all.sort_by_key(|(facts, ..)| (facts.filed_at, facts.id));
        let records = all.iter().map(|(facts, ..)| facts.id).collect();
        Ok(Begun { sought, records })
    }

    /// Those of these records that the asker may see and whose key they hold, in the same order.
    fn visible(
        &self,
        request: &Request,
        sought: &Sought,
        records: impl Iterator<Item = RecordId>,
    ) -> Result<Vec<Visible>, Broken> {
        let mut candidates = self.records(records)?;
        candidates.retain(|facts| sought.takes(facts));
        let allowed = self.may_list(request, sought.act, &candidates)?;
        let mut ways = BTreeMap::new();
        let mut visible = Vec::new();
        for (facts, allowed) in candidates.into_iter().zip(allowed) {
            if !allowed {
                continue;
            }
            let through = self.first_way(request.asker.id, &facts, &mut ways)?;
            let Some((compartment, way)) = through else {
                continue;
            };
            let whole =
                sought.part() == CARD || !self.shows_card_only(request, &facts, compartment);
            visible.extend(whole.then_some((facts, compartment, way)));
        }
        Ok(visible)
    }

    /// Which of these records may be listed: decided in one go, and of those that policy does not tell apart one for
    /// all.
    pub(crate) fn may_list(
        &self,
        request: &Request,
        act: Act,
        candidates: &[RecordFacts],
    ) -> Result<Vec<bool>, Broken> {
        let (sorts, like) = sorts_for(&request.grants, candidates);
        let asker = (&request.asker, request.grants.as_slice());
        let act = (act, request.asked.purpose.as_deref(), None);
        let decisions = self.decide_records(asker, act, &sorts, self.now())?;
        let allowed = |at: usize| matches!(decisions.get(at), Some(Decision::Allow(_)));
        Ok(like.into_iter().map(allowed).collect())
    }

    /// As [`Vault::key_way`], looking for the way to each compartment once.
    pub(crate) fn first_way(
        &self,
        user: UserId,
        facts: &RecordFacts,
        ways: &mut Ways,
    ) -> Result<Option<(CompartmentId, Way)>, Broken> {
        for compartment in self.sealed_to(facts)? {
            let known = match ways.entry(compartment) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(self.way(user, compartment)?),
            };
            if let Some(way) = known {
                return Ok(Some((compartment, way.clone())));
            }
        }
        Ok(None)
    }

    /// Hands over this part of each record's newest version, against the durable entry of their page.
    fn serve_cards(
        &self,
        logged: &Logged,
        cards: Vec<Visible>,
        part: u32,
    ) -> Result<Vec<ServedRecord>, Broken> {
        self.look_ahead_to_cards(&cards, part)?;
        let mut chains: BTreeMap<CompartmentId, Vec<ChainLink>> = BTreeMap::new();
        let mut served = Vec::new();
        for (facts, compartment, way) in cards {
            let chain = match chains.entry(compartment) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(self.chain(logged, &way)?),
            };
            let chain = chain.clone();
            served.push(self.serve_card(logged, (facts, part), (compartment, chain))?);
        }
        Ok(served)
    }

    /// Everything that serving these cards reads of them.
    fn look_ahead_to_cards(&self, cards: &[Visible], part: u32) -> Result<(), Broken> {
        let mut epochs = BTreeMap::new();
        for (_, compartment, _) in cards {
            if let Entry::Vacant(new) = epochs.entry(*compartment) {
                new.insert(self.compartment(*compartment)?.ok_or(Broken::NoUnit)?.epoch);
            }
        }
        let places = |(facts, compartment, _): &Visible| {
            let version = units::version(facts.id, facts.versions);
            let card = HeaderOf::Part {
                record: facts.id,
                version: facts.versions,
                part,
            };
            let epoch = epochs.get(compartment).copied().unwrap_or_default();
            [
                self.place(&self.compartment_unit(*compartment), Tree::Compartment, &[]),
                self.place(&version, Tree::Version, &[]),
                self.place(&version, Tree::Part, &part.to_be_bytes()),
                self.header_place(&card, (*compartment, epoch)),
                self.place(&units::history(facts.id), Tree::History, &[]),
            ]
        };
        self.look_ahead(cards.iter().flat_map(places).flatten())
    }

    fn serve_card(
        &self,
        logged: &Logged,
        (facts, number): (RecordFacts, u32),
        (compartment, chain): (CompartmentId, Vec<ChainLink>),
    ) -> Result<ServedRecord, Broken> {
        let version = self.version(facts.id, facts.versions)?;
        let version = version.ok_or(Broken::NoUnit)?;
        let wanted = version.parts.iter().filter(|part| part.number == number);
        // The manifest of what is fetched apart stands in the card too, and is checked before anything is fetched.
        let apart = wanted.clone().any(|part| part.place == Place::Object);
        let card = version
            .parts
            .iter()
            .filter(|part| apart && part.number == CARD);
        let mut parts = Vec::new();
        for part in card.chain(wanted) {
            parts.push(self.serve_part(logged, facts.id, (version.number, part), compartment)?);
        }
        let (history, _) = self.history(facts.id)?.ok_or(Broken::NoUnit)?;
        // Nobody is the author here: a note is shown with the record itself.
        let said = self.signed_about(&facts)?;
        Ok(ServedRecord {
            facts,
            versions: vec![version],
            k_record: history.k_record,
            chain,
            // Nothing is corrected from a list.
            sealed_to: Vec::new(),
            people: Vec::new(),
            parts,
            said,
            released: Vec::new(),
            leaves: Vec::new(),
        })
    }
}
