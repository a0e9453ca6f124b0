//! Filing: new records, imported ones, and corrected versions.
//!
//! The desk has sealed everything; here it is checked that the headers cover exactly the parts and the
//! live compartments, at their current epochs, and that objects are durable before a frame names them.

use std::collections::BTreeSet;

use crate::bytes::unbase64url;
use crate::ids::CompartmentId;
use crate::ids::RecordId;
use crate::keeper::acts::Act;
use crate::keeper::entry::HistoryRow;
use crate::keeper::facts::CaseFacts;
use crate::keeper::facts::Other;
use crate::keeper::facts::Place;
use crate::keeper::facts::Purpose;
use crate::keeper::facts::RecordFacts;
use crate::keeper::facts::RecordState;
use crate::keeper::facts::VersionFacts;
use crate::keeper::gate::Pledge;
use crate::keeper::members::OwnMembers;
use crate::keeper::members::RollData;
use crate::keeper::message::answer::FiledRecord;
use crate::keeper::message::answer::Outcome;
use crate::keeper::message::answer::Served;
use crate::keeper::message::load::EpochStatement;
use crate::keeper::message::load::FiledFacts;
use crate::keeper::message::load::NewVersion;
use crate::keeper::policy::question::Resource;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::store::Tree;

/// Card, body and attachments of one version at most.
const MAX_PARTS: usize = 1000;

impl Vault {
    /// A record's facts.
    pub(crate) fn record(&self, record: RecordId) -> Result<Option<RecordFacts>, Broken> {
        self.read(&units::record(record), Tree::Record, &[])
    }

    /// A version's facts.
    pub(crate) fn version(
        &self,
        record: RecordId,
        number: u32,
    ) -> Result<Option<VersionFacts>, Broken> {
        self.read(&units::version(record, number), Tree::Version, &[])
    }

    /// Files records, one entry each, all in one frame.
    pub(crate) fn file(
        &mut self,
        request: &Request,
        act: Act,
        loads: &[NewVersion],
    ) -> Result<Step, Stop> {
        let mut checked = Vec::new();
        let mut ids = BTreeSet::new();
        for load in loads {
            if !ids.insert(load.record) {
                return Err(refused("two records in one load have the same id"));
            }
            checked.push(self.check_filing(request, act, load)?);
        }
        let mut pledges = Vec::new();
        for (load, (permit, facts, own)) in loads.iter().zip(checked) {
            if let (Some(made), Some(body)) = (&load.own, own) {
                self.put_compartment(made, body)?;
            }
            self.make_unit(units::record(facts.id));
            self.make_unit(units::history(facts.id));
            let k_record = load.k_record.clone().unwrap_or_default();
            let history = HistoryRow {
                k_record,
                entries: 0,
            };
            self.write(&units::history(facts.id), Tree::History, &[], &history)?;
            pledges.push(self.put_version(request, act, load, (permit, facts))?);
        }
        Ok(filed(pledges))
    }

    fn check_filing(
        &self,
        request: &Request,
        act: Act,
        load: &NewVersion,
    ) -> Result<
        (
            crate::keeper::policy::decide::Permit,
            RecordFacts,
            Option<EpochStatement>,
        ),
        Stop,
    > {
        let filed = &load.facts;
        let rules = self
            .rules
            .known(&filed.kind, filed.kind_version)
            .ok_or_else(|| {
                refused("this vault does not know the kind, or knows another version of it")
            })?;
        let case = match filed.case {
            Some(case) => Some(self.case(case)?.ok_or(Stop::Unknown)?),
            None => None,
        };
        let permit = self.permit(
            request,
            act,
            Resource::Kind {
                rules: &rules.people,
                case: case.as_ref(),
            },
        )?;
        rules
            .case_takes(case.as_ref())
            .map_err(|says| Stop::Refused("kind-not-for-case", says))?;
        let known = load
            .k_record
            .as_deref()
            .and_then(unbase64url)
            .is_some_and(|key| key.len() == 32);
        if self.has_unit(&units::record(load.record)) || !known || load.version.number != 1 {
            return Err(refused("the record exists already; nothing was filed"));
        }
        self.check_users(filed)?;
        let facts = self.facts_of(request, load, case.as_ref());
        let own = self.check_own(request, load, &facts, case.as_ref())?;
        self.check_parts(load, &facts, act)?;
        Ok((permit, facts, own))
    }

    fn check_users(&self, filed: &FiledFacts) -> Result<(), Stop> {
        let mut named = filed
            .about
            .iter()
            .chain(&filed.deciders)
            .chain(&filed.handler);
        if named.all(|user| self.people.account(*user).is_some()) {
            Ok(())
        } else {
            Err(refused("someone the record names has no account here"))
        }
    }

    /// The facts the keeper will keep: who filed what when, and for whom it does not exist.
    fn facts_of(
        &self,
        request: &Request,
        load: &NewVersion,
        case: Option<&CaseFacts>,
    ) -> RecordFacts {
        let filed = &load.facts;
        let rules = self.rules.of(&filed.kind);
        let roll = RollData {
            accounts: self.people.all(),
            ..RollData::default()
        };
        let excluded = roll.excluded(&filed.about);
        let compartments = match (&load.own, case) {
            (Some(own), _) => vec![own.id],
            (None, Some(case)) => case.compartments.clone(),
            (None, None) => Vec::new(),
        };
        RecordFacts {
            id: load.record,
            case: filed.case,
            kind: filed.kind.clone(),
            kind_version: filed.kind_version,
            class: filed.class.clone(),
            labels: filed.labels.iter().cloned().collect(),
            author: request.asker.id,
            filed_at: self.now(),
            event_date: filed.event_date.clone(),
            subjects: Vec::new(),
            excluded,
            only_roles: None,
            deciders: filed.deciders.iter().copied().collect(),
            handler: filed.handler,
            purpose_required: rules.purpose_required,
            second_approver: false,
            exportable: rules.exportable,
            order_recipients: Vec::new(),
            triggers: filed.triggers.clone(),
            compartments,
            state: RecordState::Filed,
            checked: None,
            holds: BTreeSet::new(),
            migrated_from: None,
            versions: 1,
            other: Other::new(),
        }
    }

    /// A record about someone, of a restricted kind or without a case has a compartment of its own,
    /// from its first moment; any other must not.
    fn check_own(
        &self,
        request: &Request,
        load: &NewVersion,
        facts: &RecordFacts,
        case: Option<&CaseFacts>,
    ) -> Result<Option<EpochStatement>, Stop> {
        let rules = self.rules.of(&facts.kind);
        let wants_own = rules.own || case.is_none() || !facts.excluded.is_empty();
        let Some(made) = &load.own else {
            return if wants_own {
                Err(Stop::Stale)
            } else {
                Ok(None)
            };
        };
        if !wants_own {
            return Err(Stop::Stale);
        }
        let team = case.map(|case| case.team.clone()).unwrap_or_default();
        let expected = self.roll()?.as_roll().own(&OwnMembers {
            readers: &rules.people.readers,
            team: &team,
            excluded: &facts.excluded,
            deciders: &facts.deciders,
            handler: facts.handler,
        });
        if expected.is_empty() {
            return Err(refused(
                "nobody here could ever read this record; name a decider, or enrol someone who may",
            ));
        }
        let by = request.asker.id.to_string();
        let purpose = Purpose::Own { record: facts.id };
        let maker = (by.as_str(), &request.asker.verifying);
        self.check_compartment(made, maker, purpose, &expected)
            .map(Some)
    }

    /// Every part has its payload, and one header for each live compartment at its current epoch.
    fn check_parts(&self, load: &NewVersion, facts: &RecordFacts, act: Act) -> Result<(), Stop> {
        let version = &load.version;
        let first = act != Act::AmendRecord;
        let sorts = version.parts.iter().take(2).map(|part| part.sort.as_str());
        if version.parts.len() > MAX_PARTS || !sorts.eq(["card", "body"]) {
            return Err(refused(
                "a version needs a card, a body, and at most 998 attachments",
            ));
        }
        for (at, part) in version.parts.iter().enumerate() {
            if u32::try_from(at + 1) != Ok(part.number) {
                return Err(refused(
                    "a version's parts are numbered from 1 without gaps",
                ));
            }
            let row = load.rows.iter().find(|row| row.number == part.number);
            let there = match part.place {
                Place::Row => row.is_some_and(|row| {
                    crate::bytes::hex(&crate::keeper::digest(&row.payload)) == part.sha256
                }),
                Place::Object => self.has_object(&part.sha256)?,
            };
            if !there {
                return Err(refused(
                    "a part's payload is missing or is not what its digest says",
                ));
            }
        }
        let mut wanted = BTreeSet::new();
        for compartment in &facts.compartments {
            let epoch = match (&load.own, first) {
                (Some(own), true) if own.id == *compartment => 1,
                _ => self.compartment(*compartment)?.ok_or(Broken::NoUnit)?.epoch,
            };
            wanted.extend(
                version
                    .parts
                    .iter()
                    .map(|part| (part.number, *compartment, epoch)),
            );
        }
        let given: BTreeSet<(u32, CompartmentId, u32)> = load
            .headers
            .iter()
            .map(|h| (h.part, h.compartment, h.epoch))
            .collect();
        if given == wanted && given.len() == load.headers.len() {
            Ok(())
        } else {
            Err(Stop::Stale)
        }
    }

    /// Whether an object is durable under its digest.
    fn has_object(&self, sha256: &str) -> Result<bool, Broken> {
        let Some(name) = object_name(sha256) else {
            return Ok(false);
        };
        self.payloads
            .exists(&name)
            .map_err(|error| Broken::Store(error.to_string()))
    }

    /// Files a corrected version: the original stays.
    pub(crate) fn amend(
        &mut self,
        request: &Request,
        record: RecordId,
        load: &NewVersion,
    ) -> Result<Step, Stop> {
        let mut facts = self.record(record)?.ok_or(Stop::Unknown)?;
        let case = facts
            .case
            .map(|case| self.case(case))
            .transpose()?
            .flatten();
        let resource = Resource::Record {
            facts: &facts,
            rules: &self.rules.of(&facts.kind).people,
            case: case.as_ref(),
        };
        let permit = self.permit(request, Act::AmendRecord, resource)?;
        let before = self
            .version(record, facts.versions)?
            .ok_or(Broken::NoUnit)?;
        let follows = load.record == record
            && load.own.is_none()
            && load.version.number == facts.versions.saturating_add(1)
            && load.version.previous.as_deref() == Some(before.manifest.as_str());
        if !follows {
            return Err(Stop::Stale);
        }
        self.check_parts(load, &facts, Act::AmendRecord)?;
        facts.versions = load.version.number;
        facts.event_date.clone_from(&load.facts.event_date);
        facts.triggers = load.facts.triggers.clone();
        facts.class.clone_from(&load.facts.class);
        facts.kind_version = load.facts.kind_version;
        let pledge = self.put_version(request, Act::AmendRecord, load, (permit, facts))?;
        Ok(filed(vec![pledge]))
    }

    /// Writes a checked version and stages its entry.
    fn put_version(
        &mut self,
        request: &Request,
        act: Act,
        load: &NewVersion,
        (permit, facts): (crate::keeper::policy::decide::Permit, RecordFacts),
    ) -> Result<(RecordId, Pledge), Broken> {
        let unit = units::version(facts.id, load.version.number);
        self.make_unit(unit.clone());
        let version = VersionFacts {
            author: request.asker.id,
            at: self.now(),
            ..load.version.clone()
        };
        self.write(&units::record(facts.id), Tree::Record, &[], &facts)?;
        self.write(&unit, Tree::Version, &[], &version)?;
        let key = self.keys.get(&unit).ok_or(Broken::NoUnit)?.duplicate();
        for row in &load.rows {
            self.write_under(&key, Tree::Part, &row.number.to_be_bytes(), &row.payload)?;
        }
        for header in &load.headers {
            let epoch = units::epoch(header.compartment, header.epoch);
            let key = self.header_key(&unit, &epoch).ok_or(Broken::NoUnit)?;
            let natural = units::numbered(header.compartment.as_bytes(), header.part);
            self.write_under(&key, Tree::Header, &natural, &header.header)?;
        }
        let note = serde_json::json!({"version": load.version.number});
        let entry = request.entry(act).about(facts.id).noting(note);
        Ok((facts.id, self.log(permit, entry)?))
    }
}

/// What was filed, told once every entry is durable.
fn filed(filed: Vec<(RecordId, Pledge)>) -> Step {
    let (records, pledges): (Vec<RecordId>, Vec<Pledge>) = filed.into_iter().unzip();
    Step {
        pledges,
        finish: Box::new(move |vault, logged| {
            let mut filed = Vec::new();
            for (record, one) in records.into_iter().zip(logged) {
                let (receipt, opening) = vault.receipt(one.index(), 0)?;
                filed.push(FiledRecord {
                    record,
                    receipt,
                    opening: (&opening).into(),
                });
            }
            Ok(Outcome::Done(Box::new(Served::Filed(filed))))
        }),
    }
}

/// The name of an object, from its digest as facts spell it.
pub(crate) fn object_name(sha256: &str) -> Option<[u8; 32]> {
    crate::bytes::unhex(sha256)?.try_into().ok()
}

fn refused(says: &str) -> Stop {
    Stop::Refused("bad-filing", says.to_owned())
}
