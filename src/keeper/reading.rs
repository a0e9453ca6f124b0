//! Reading: records, attachments and exports. Each serves only against `Logged`.

use serde_json::Value;
use serde_json::json;

use crate::ids::CompartmentId;
use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::acts::Act;
use crate::keeper::compartments::Way;
use crate::keeper::facts::PartFacts;
use crate::keeper::facts::Place;
use crate::keeper::facts::RecordFacts;
use crate::keeper::facts::VersionFacts;
use crate::keeper::gate::Logged;
use crate::keeper::message::answer::Said;
use crate::keeper::message::answer::Served;
use crate::keeper::message::answer::ServedPart;
use crate::keeper::message::answer::ServedRecord;
use crate::keeper::on_file::show::shown as who;
use crate::keeper::policy::decide::Permit;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::store::Tree;
use crate::store::UnitKind;

/// A record the asker may have, and the way to its key.
pub(crate) struct Found {
    pub(crate) permit: Permit,
    pub(crate) facts: RecordFacts,
    pub(crate) compartment: CompartmentId,
    pub(crate) way: Way,
}

/// What is shown of a record, and what its entry says of that.
pub(crate) struct Showing {
    pub(crate) act: Act,
    pub(crate) version: u32,
    pub(crate) attachment: Option<u32>,
    pub(crate) note: Value,
    /// Of a release, the only fields that may leave; empty: all.
    pub(crate) leaves: Vec<String>,
}

impl Showing {
    /// A version.
    pub(crate) fn of(act: Act, version: u32) -> Self {
        Self {
            act,
            version,
            attachment: None,
            note: json!({"version": version}),
            leaves: Vec::new(),
        }
    }
}

/// Which parts of which versions are served.
type Wanted = Vec<(VersionFacts, Vec<PartFacts>)>;

impl Vault {
    /// A record the asker may do this to, and whose key they hold.
    pub(crate) fn find(
        &self,
        request: &Request,
        act: Act,
        record: RecordId,
    ) -> Result<Found, Stop> {
        let facts = self
            .record(record)?
            .ok_or_else(|| self.unknown(request, act))?;
        let permit = self.permit_record(request, act, &facts)?;
        let (compartment, way) = self.key_way(request.asker.id, &facts)?.ok_or_else(|| {
            let says = "you may open this, but its key has not been sealed to you yet; it will be when \
                        a colleague who holds it next signs in";
            Stop::Refused("no-key-yet", says.to_owned())
        })?;
        Ok(Found {
            permit,
            facts,
            compartment,
            way,
        })
    }

    fn key_way(
        &self,
        user: UserId,
        facts: &RecordFacts,
    ) -> Result<Option<(CompartmentId, Way)>, Broken> {
        for compartment in self.sealed_to(facts)? {
            if let Some(way) = self.way(user, compartment)? {
                return Ok(Some((compartment, way)));
            }
        }
        Ok(None)
    }

    /// A record: card and body of one version, and the cards of those before it, so that the desk can
    /// follow the chain of manifests.
    pub(crate) fn read_record(
        &mut self,
        request: &Request,
        act: Act,
        record: RecordId,
        version: Option<u32>,
    ) -> Result<Step, Stop> {
        let found = self.find(request, act, record)?;
        let last = version.unwrap_or(found.facts.versions);
        if last == 0 || last > found.facts.versions {
            let says = format!(
                "the record has versions 1 to {}; ask for one of them",
                found.facts.versions
            );
            return Err(Stop::Refused("no-such-version", says));
        }
        let whole = act == Act::ExportRecord;
        self.serve_parts(request, Showing::of(act, last), found, move |version| {
            read_of(version, last, whole)
        })
    }

    /// One attachment, with its version's card for the manifest.
    pub(crate) fn read_attachment(
        &mut self,
        request: &Request,
        record: RecordId,
        (version, part): (u32, u32),
    ) -> Result<Step, Stop> {
        let found = self.find(request, Act::ReadAttachment, record)?;
        let facts = self.version(record, version)?.ok_or(Stop::Unknown)?;
        let card_only = self.shows_card_only(request, &found.facts, found.compartment);
        if part < 3 || card_only || !facts.parts.iter().any(|p| p.number == part) {
            return Err(Stop::Refused(
                "no-such-attachment",
                "the record has no such attachment".to_owned(),
            ));
        }
        let showing = Showing {
            attachment: Some(part),
            ..Showing::of(Act::ReadAttachment, version)
        };
        self.serve_parts(request, showing, found, move |facts| {
            let of_version = facts.parts.iter().filter(|_| facts.number == version);
            of_version
                .filter(|p| p.number == 1 || p.number == part)
                .cloned()
                .collect()
        })
    }

    /// Serves parts of a record against its entry.
    pub(crate) fn serve_parts(
        &mut self,
        request: &Request,
        showing: Showing,
        found: Found,
        pick: impl Fn(&VersionFacts) -> Vec<PartFacts>,
    ) -> Result<Step, Stop> {
        let Found {
            permit,
            facts,
            compartment,
            way,
        } = found;
        let card_only = self.shows_card_only(request, &facts, compartment);
        let mut wanted: Wanted = Vec::new();
        for number in 1..=facts.versions {
            let version = self.version(facts.id, number)?.ok_or(Broken::NoUnit)?;
            let mut parts = pick(&version);
            parts.retain(|part| part.number == 1 || !card_only);
            wanted.push((version, parts));
        }
        let beside = match showing.act {
            Act::ReadRecord | Act::BreakGlass => self.beside(request, &facts)?,
            _ => Vec::new(),
        };
        self.list_revealed(request, &facts, (showing.version, showing.attachment))?;
        let entry = request.entry(showing.act).showing(who(&beside));
        let entry = (entry, showing.note);
        let pledge = self.log_showing(request, permit, entry, (&facts, compartment))?;
        let asker = request.asker.id;
        Ok(Step::serving(pledge, move |vault, logged| {
            let said = vault.said_of(&facts, asker)?;
            let served = vault.serve_record(logged, facts, wanted, (compartment, &way))?;
            let people = vault.serve_people(logged, beside)?;
            Ok(Served::Record(Box::new(ServedRecord {
                said,
                people,
                leaves: showing.leaves,
                ..served
            })))
        }))
    }

    /// Hands over what opens a record, against its durable entry.
    fn serve_record(
        &self,
        logged: &Logged,
        facts: RecordFacts,
        wanted: Wanted,
        (compartment, way): (CompartmentId, &Way),
    ) -> Result<ServedRecord, Broken> {
        let mut parts = Vec::new();
        let mut versions = Vec::new();
        for (version, picked) in wanted {
            for part in &picked {
                parts.push(self.serve_part(
                    logged,
                    facts.id,
                    (version.number, part),
                    compartment,
                )?);
            }
            versions.push(version);
        }
        let (history, _) = self.history(facts.id)?.ok_or(Broken::NoUnit)?;
        let chain = self.chain(logged, way)?;
        let mut sealed_to = Vec::new();
        let mut released = Vec::new();
        // Only whoever may correct it needs these; who else was given access is nothing for outsiders.
        if !self.is_outsider_s(way) {
            released = self.released(facts.id, &history)?;
            for id in self.sealed_to(&facts)? {
                let current = self.current(id)?;
                sealed_to.extend(current.map(|(facts, epoch)| (facts.without_ages(), epoch)));
            }
        }
        Ok(ServedRecord {
            facts,
            versions,
            k_record: history.k_record,
            chain,
            sealed_to,
            parts,
            said: Said::default(),
            people: Vec::new(),
            released,
            leaves: Vec::new(),
        })
    }

    pub(crate) fn serve_part(
        &self,
        _: &Logged,
        record: RecordId,
        (version, part): (u32, &PartFacts),
        compartment: CompartmentId,
    ) -> Result<ServedPart, Broken> {
        let unit = units::version(record, version);
        let epoch = self.compartment(compartment)?.ok_or(Broken::NoUnit)?.epoch;
        let key = self
            .header_key(&unit, &self.lock(compartment, epoch))
            .ok_or(Broken::NoUnit)?;
        let natural = units::numbered(compartment.as_bytes(), part.number);
        let header = self
            .read_under(&key, Tree::Header, &natural)?
            .ok_or(Broken::Row(Tree::Header))?;
        let payload = match part.place {
            Place::Row => {
                let key = self.keys.get(&unit).ok_or(Broken::NoUnit)?;
                let row = self.read_under(key, Tree::Part, &part.number.to_be_bytes())?;
                row.ok_or(Broken::Row(Tree::Part))?.to_vec()
            }
            Place::Object => Vec::new(),
        };
        Ok(ServedPart {
            version,
            number: part.number,
            header: header.to_vec(),
            payload,
            place: part.place,
            sha256: part.sha256.clone(),
        })
    }

    /// Every record.
    pub(crate) fn record_ids(&self) -> Vec<RecordId> {
        self.keys
            .of_kind(UnitKind::Record)
            .filter_map(|(unit, _)| <[u8; 16]>::try_from(unit.natural()).ok())
            .map(RecordId::from_bytes)
            .collect()
    }
}

/// What is read of one version where `last` is the one asked for: its card, so that the chain can be followed, of the
/// last the form too, and where the whole is wanted everything.
pub(crate) fn read_of(version: &VersionFacts, last: u32, whole: bool) -> Vec<PartFacts> {
    let wanted = |part: &&PartFacts| {
        version.number <= last
            && (part.number == 1 || whole || (part.number == 2 && version.number == last))
    };
    version.parts.iter().filter(wanted).cloned().collect()
}
