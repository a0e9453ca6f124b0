//! Headers of what is granted: gathered by the compartment whose key opens them, served without payloads to
//! the desk that seals them again, and written for the grant's own compartment.

use std::collections::BTreeMap;

use crate::ids::CompartmentId;
use crate::ids::UserId;
use crate::keeper::compartments::Way;
use crate::keeper::facts::CaseFacts;
use crate::keeper::facts::RecordFacts;
use crate::keeper::gate::Logged;
use crate::keeper::headers::Lock;
use crate::keeper::message::answer::HeaderGroup;
use crate::keeper::message::answer::Served;
use crate::keeper::message::answer::ServedHeaders;
use crate::keeper::message::load::HeaderOf;
use crate::keeper::message::load::SealedAgain;
use crate::keeper::request::Stop;
use crate::keeper::rows::AHEAD;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::store::Tree;

/// Headers to be sealed again, by the compartment whose key opens them.
pub(crate) type Groups = BTreeMap<CompartmentId, (Way, Vec<HeaderOf>)>;

impl Vault {
    /// The parts a grant opens of a record: those of every version, or only the cards where that is all there
    /// is to be shown.
    pub(crate) fn parts_to_grant(
        &self,
        facts: &RecordFacts,
        card_only: bool,
    ) -> Result<Vec<HeaderOf>, Broken> {
        let parts = self.parts_of(facts)?.into_iter();
        let wanted = |of: &HeaderOf| !card_only || matches!(of, HeaderOf::Part { part: 1, .. });
        Ok(parts.filter(wanted).collect())
    }

    /// Writes headers where there was none for that lock.
    pub(crate) fn put_first_headers(
        &mut self,
        sealed: &[SealedAgain],
        lock: Lock,
    ) -> Result<(), Broken> {
        for some in sealed.chunks(AHEAD) {
            let place = |one: &SealedAgain| self.header_place(&one.of, lock);
            self.look_ahead(some.iter().filter_map(place))?;
            for one in some {
                self.put_first_header(one, lock)?;
            }
        }
        Ok(())
    }

    /// Writes a header where there was none for that lock.
    pub(crate) fn put_first_header(
        &mut self,
        sealed: &SealedAgain,
        lock: Lock,
    ) -> Result<(), Broken> {
        let place = self.header_place(&sealed.of, lock);
        let (key, tree, natural) = place.ok_or(Broken::NoUnit)?;
        self.write_under(&key, tree, &natural, &sealed.header)
    }

    /// Everything a grant takes of these records: the headers, by the compartment that opens them.
    pub(crate) fn gather_records(
        &self,
        groups: &mut Groups,
        user: UserId,
        (records, outside): (&[RecordFacts], bool),
    ) -> Result<(), Stop> {
        for some in records.chunks(AHEAD) {
            let versions = |facts: &RecordFacts| {
                let (id, last) = (facts.id, facts.versions);
                (1..=last).filter_map(move |version| {
                    self.place(&units::version(id, version), Tree::Version, &[])
                })
            };
            self.look_ahead(some.iter().flat_map(versions))?;
            for facts in some {
                let card_only = outside && self.rules.of(&facts.kind).card_only;
                let parts = self.parts_to_grant(facts, card_only)?;
                self.gather(groups, (user, &facts.compartments), parts)?;
            }
        }
        Ok(())
    }

    /// Adds headers to those of the compartment through which somebody opens them.
    pub(crate) fn gather(
        &self,
        groups: &mut Groups,
        (user, compartments): (UserId, &[CompartmentId]),
        headers: Vec<HeaderOf>,
    ) -> Result<(), Stop> {
        for compartment in compartments {
            if let Some((_, all)) = groups.get_mut(compartment) {
                all.extend(headers);
                return Ok(());
            }
            if let Some(way) = self.way(user, *compartment)? {
                groups.insert(*compartment, (way, headers));
                return Ok(());
            }
        }
        let says = "you may do this, but the key has not been sealed to you yet; it will be when a \
                    colleague who holds it next signs in";
        Err(Stop::Refused("no-key-yet", says.to_owned()))
    }

    /// Hands over headers without payloads, and the way to their keys, against a durable entry.
    pub(crate) fn serve_headers(&self, logged: &Logged, groups: Groups) -> Result<Served, Broken> {
        let mut served = Vec::new();
        for (compartment, (way, wanted)) in groups {
            let epoch = self.compartment(compartment)?.ok_or(Broken::NoUnit)?.epoch;
            let headers = self.headers(logged, wanted, (compartment, epoch))?;
            let chain = self.chain(logged, &way)?;
            served.push(HeaderGroup { chain, headers });
        }
        let groups = ServedHeaders { groups: served };
        Ok(Served::Headers(Box::new(groups)))
    }

    /// The records that are sealed to a case's own compartments.
    pub(crate) fn records_of_case(&self, case: &CaseFacts) -> Result<Vec<RecordFacts>, Broken> {
        let Some(first) = case.compartments.first() else {
            return Ok(Vec::new());
        };
        let mut records = self.records_under(*first)?;
        records
            .retain(|facts| facts.case == Some(case.id) && facts.compartments == case.compartments);
        Ok(records)
    }
}
