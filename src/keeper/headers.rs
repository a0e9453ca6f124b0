//! Header rows by what they open: where each stands for a compartment, and serving them without payloads
//! to a desk that seals them again.

use std::collections::BTreeMap;

use crate::ids::CompartmentId;
use crate::ids::UserId;
use crate::keeper::compartments::Way;
use crate::keeper::facts::CaseFacts;
use crate::keeper::facts::RecordFacts;
use crate::keeper::gate::Logged;
use crate::keeper::message::answer::HeaderGroup;
use crate::keeper::message::answer::Served;
use crate::keeper::message::answer::ServedHeaders;
use crate::keeper::message::load::HeaderOf;
use crate::keeper::message::load::SealedAgain;
use crate::keeper::request::Stop;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::sealing::UnitKey;
use crate::store::Tree;

/// Headers to be sealed again, by the compartment whose key opens them.
pub(crate) type Groups = BTreeMap<CompartmentId, (Way, Vec<HeaderOf>)>;

impl Vault {
    /// The key and natural key of a header row for an epoch of a compartment; `None` when something on the
    /// way to it has ended.
    pub(crate) fn header_place(
        &self,
        of: &HeaderOf,
        (compartment, epoch): (CompartmentId, u32),
    ) -> Option<(UnitKey, Vec<u8>)> {
        let lock = self.lock(compartment, epoch);
        match of {
            HeaderOf::Part {
                record,
                version,
                part,
            } => {
                let key = self.header_key(&units::version(*record, *version), &lock)?;
                Some((key, units::numbered(compartment.as_bytes(), *part)))
            }
            HeaderOf::CaseCard { case, number } => {
                let key = self.header_key(&units::case(*case), &lock)?;
                Some((key, number.to_be_bytes().to_vec()))
            }
            HeaderOf::Centre {} | HeaderOf::Envelope { .. } => None,
        }
    }

    /// The parts of a record's every version; only their cards where that is all there is to be shown.
    pub(crate) fn parts_of(
        &self,
        facts: &RecordFacts,
        card_only: bool,
    ) -> Result<Vec<HeaderOf>, Broken> {
        let record = facts.id;
        let mut parts = Vec::new();
        for version in 1..=facts.versions {
            let known = self.version(record, version)?.ok_or(Broken::NoUnit)?;
            let numbers = known.parts.iter().map(|part| part.number);
            let wanted = numbers.filter(|part| !card_only || *part == 1);
            parts.extend(wanted.map(|part| HeaderOf::Part {
                record,
                version,
                part,
            }));
        }
        Ok(parts)
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
            let mut headers = Vec::new();
            for of in wanted {
                let (key, natural) = self
                    .header_place(&of, (compartment, epoch))
                    .ok_or(Broken::NoUnit)?;
                let header = self.read_under(&key, Tree::Header, &natural)?;
                let header = header.ok_or(Broken::Row(Tree::Header))?.to_vec();
                headers.push(SealedAgain { of, header });
            }
            let chain = self.chain(logged, &way)?;
            served.push(HeaderGroup { chain, headers });
        }
        let groups = ServedHeaders { groups: served };
        Ok(Served::Headers(Box::new(groups)))
    }

    /// Writes a header row.
    pub(crate) fn put_header(
        &mut self,
        sealed: &SealedAgain,
        at: (CompartmentId, u32),
    ) -> Result<(), Broken> {
        let (key, natural) = self.header_place(&sealed.of, at).ok_or(Broken::NoUnit)?;
        self.write_under(&key, Tree::Header, &natural, &sealed.header)
    }

    /// The records that are sealed to a case's own compartments.
    pub(crate) fn records_of_case(&self, case: &CaseFacts) -> Result<Vec<RecordFacts>, Broken> {
        let mut records = Vec::new();
        for record in self.record_ids() {
            let Some(facts) = self.record(record)? else {
                continue;
            };
            if facts.case == Some(case.id) && facts.compartments == case.compartments {
                records.push(facts);
            }
        }
        Ok(records)
    }
}
