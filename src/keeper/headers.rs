//! Header rows: which there are for a compartment's present key, where each stands, and writing one anew.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::ids::CompartmentId;
use crate::ids::RecordId;
use crate::keeper::conflicts;
use crate::keeper::create::CENTRE;
use crate::keeper::facts::CompartmentFacts;
use crate::keeper::facts::Member;
use crate::keeper::facts::Purpose;
use crate::keeper::facts::RecordFacts;
use crate::keeper::facts::Role;
use crate::keeper::gate::Logged;
use crate::keeper::message::load::HeaderOf;
use crate::keeper::message::load::NewEnvelope;
use crate::keeper::message::load::SealedAgain;
use crate::keeper::message::load::SealedCard;
use crate::keeper::rows::AHEAD;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::sealing::UnitKey;
use crate::store::Tree;

/// Which records are sealed to which compartment; grants are not counted.
pub(crate) type Sealed = BTreeMap<CompartmentId, BTreeSet<RecordId>>;

/// Whose key a header is for: a compartment and its epoch.
pub(crate) type Lock = (CompartmentId, u32);

impl Vault {
    /// Writes a record's facts.
    pub(crate) fn put_record(&mut self, facts: &RecordFacts) -> Result<(), Broken> {
        if let Some(sealed) = self.sealed.get_mut() {
            for records in sealed.values_mut() {
                records.remove(&facts.id);
            }
            for compartment in &facts.compartments {
                sealed.entry(*compartment).or_default().insert(facts.id);
            }
        }
        self.write(&units::record(facts.id), Tree::Record, &[], facts)
    }

    /// The records sealed to a compartment. The first to ask makes the index.
    pub(crate) fn records_under(
        &self,
        compartment: CompartmentId,
    ) -> Result<Vec<RecordFacts>, Broken> {
        if self.sealed.get().is_none() {
            let mut sealed = Sealed::new();
            for facts in self.records(self.record_ids())? {
                for compartment in &facts.compartments {
                    sealed.entry(*compartment).or_default().insert(facts.id);
                }
            }
            self.sealed.get_or_init(|| sealed);
        }
        let sealed = self.sealed.get();
        let records = sealed.and_then(|sealed| sealed.get(&compartment));
        self.records(records.into_iter().flatten().copied())
    }

    /// Every part of every version of a record.
    pub(crate) fn parts_of(&self, record: &RecordFacts) -> Result<BTreeSet<HeaderOf>, Broken> {
        let mut parts = BTreeSet::new();
        for version in 1..=record.versions {
            let facts = self.version(record.id, version)?.ok_or(Broken::NoUnit)?;
            parts.extend(facts.parts.iter().map(|part| HeaderOf::Part {
                record: record.id,
                version,
                part: part.number,
            }));
        }
        Ok(parts)
    }

    /// Everything sealed to a compartment's present epoch: the whole set a new epoch has to cover.
    pub(crate) fn sealed_under(
        &self,
        facts: &CompartmentFacts,
    ) -> Result<BTreeSet<HeaderOf>, Broken> {
        let mut all = BTreeSet::new();
        for record in self.records_under(facts.id)? {
            all.extend(self.parts_of(&record)?);
        }
        if let Purpose::Case { case } = facts.purpose {
            let cards = self.case(case)?.map_or(0, |facts| facts.card);
            all.extend((1..=cards).map(|number| HeaderOf::CaseCard { case, number }));
            let words = self.case(case)?.map_or(0, |facts| facts.conflict_words);
            all.extend((1..=words).map(|number| HeaderOf::Conflict { case, number }));
        }
        all.extend(self.notes_under(facts.purpose)?);
        if facts.purpose
            == (Purpose::Team {
                role: Role::Coordinator,
            })
        {
            all.insert(HeaderOf::Centre {});
        }
        for (compartment, epoch) in self.memberships_of(&Member::Compartment(facts.id)) {
            let current = self.compartment(compartment)?.map(|facts| facts.epoch);
            if current == Some(epoch) {
                all.insert(HeaderOf::Envelope { compartment, epoch });
            }
        }
        Ok(all)
    }

    /// The headers of these things for one lock, handed over against a durable entry.
    pub(crate) fn headers(
        &self,
        logged: &Logged,
        all: impl IntoIterator<Item = HeaderOf>,
        lock: Lock,
    ) -> Result<Vec<SealedAgain>, Broken> {
        let all: Vec<HeaderOf> = all.into_iter().collect();
        let mut headers = Vec::with_capacity(all.len());
        for some in all.chunks(AHEAD) {
            self.look_ahead(some.iter().filter_map(|of| self.header_place(of, lock)))?;
            for of in some {
                let header = self.header(logged, of, lock)?;
                headers.push(SealedAgain { of: *of, header });
            }
        }
        Ok(headers)
    }

    pub(crate) fn header(&self, _: &Logged, of: &HeaderOf, lock: Lock) -> Result<Vec<u8>, Broken> {
        if let HeaderOf::Centre {} = of {
            let card: Option<SealedCard> = self.read(&units::vault(), Tree::Setting, CENTRE)?;
            return Ok(card.ok_or(Broken::Row(Tree::Setting))?.header);
        }
        let (key, tree, natural) = self.header_place(of, lock).ok_or(Broken::NoUnit)?;
        let header = self.read_under(&key, tree, &natural)?;
        Ok(header.ok_or(Broken::Row(tree))?.to_vec())
    }

    /// Where a header stands: its key, tree and natural key. The centre's name has its header beside it.
    pub(crate) fn header_place(
        &self,
        of: &HeaderOf,
        (compartment, epoch): Lock,
    ) -> Option<(UnitKey, Tree, Vec<u8>)> {
        let lock = self.lock(compartment, epoch);
        match *of {
            HeaderOf::Part {
                record,
                version,
                part,
            } => {
                let key = self.header_key(&units::version(record, version), &lock)?;
                let natural = units::numbered(compartment.as_bytes(), part);
                Some((key, Tree::Header, natural))
            }
            HeaderOf::CaseCard { case, number } => {
                let key = self.header_key(&units::case(case), &lock)?;
                Some((key, Tree::Header, number.to_be_bytes().to_vec()))
            }
            HeaderOf::Conflict { case, number } => {
                let key = self.header_key(&units::case(case), &lock)?;
                Some((key, Tree::Header, conflicts::natural(number)))
            }
            HeaderOf::Note { person, note } => {
                let key = self.header_key(&units::person(person), &lock)?;
                Some((key, Tree::Header, note.natural()))
            }
            HeaderOf::Envelope {
                compartment: of,
                epoch: number,
            } => {
                let member = Member::Compartment(compartment);
                let unit = units::membership(of, number, &member);
                Some((
                    self.keys.get(&unit)?.duplicate(),
                    Tree::Envelope,
                    Vec::new(),
                ))
            }
            HeaderOf::Centre {} => None,
        }
    }

    /// Writes a header for a compartment's next epoch. Of what has one place only, the header before moves
    /// into the unit of the epoch before, where it ends with it.
    pub(crate) fn put_header(
        &mut self,
        new: &SealedAgain,
        (compartment, epoch): Lock,
        before: u32,
    ) -> Result<(), Broken> {
        let kept = units::epoch(compartment, before);
        let kept = self.keys.get(&kept).ok_or(Broken::NoUnit)?.duplicate();
        match new.of {
            HeaderOf::Part { .. }
            | HeaderOf::CaseCard { .. }
            | HeaderOf::Conflict { .. }
            | HeaderOf::Note { .. } => self.put_first_header(new, (compartment, epoch)),
            HeaderOf::Envelope {
                compartment: of,
                epoch: number,
            } => {
                let place = self.header_place(&new.of, (compartment, before));
                let (key, tree, natural) = place.ok_or(Broken::NoUnit)?;
                let renamed = units::numbered(of.as_bytes(), number);
                self.move_row(tree, (&key, &natural), (&kept, &renamed))?;
                self.put_envelope(&NewEnvelope {
                    compartment: of,
                    epoch: number,
                    member: Member::Compartment(compartment),
                    header: new.header.clone(),
                })
            }
            HeaderOf::Centre {} => {
                let card: Option<SealedCard> = self.read(&units::vault(), Tree::Setting, CENTRE)?;
                let card = card.ok_or(Broken::Row(Tree::Setting))?;
                self.write_under(&kept, Tree::Setting, CENTRE, &card.header)?;
                let header = new.header.clone();
                let card = SealedCard { header, ..card };
                self.write(&units::vault(), Tree::Setting, CENTRE, &card)
            }
        }
    }
}

/// The records these things are of.
pub(crate) fn records_of(all: &BTreeSet<HeaderOf>) -> Vec<RecordId> {
    let records: BTreeSet<RecordId> = all
        .iter()
        .filter_map(|of| match of {
            HeaderOf::Part { record, .. } => Some(*record),
            _ => None,
        })
        .collect();
    records.into_iter().collect()
}
