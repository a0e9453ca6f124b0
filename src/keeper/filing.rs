//! Filing: new records, imported ones, and corrected versions.
//!
//! The desk has sealed everything; here it is checked that the headers cover exactly the parts and the
//! live compartments, at their current epochs, and that objects are durable before a frame names them.

use crate::ids::RecordId;
use crate::keeper::acts::Act;
use crate::keeper::entry::HistoryRow;
use crate::keeper::facts::RecordFacts;
use crate::keeper::facts::VersionFacts;
use crate::keeper::gate::Pledge;
use crate::keeper::intake::object_name;
use crate::keeper::intake::refused;
use crate::keeper::message::answer::FiledRecord;
use crate::keeper::message::answer::Outcome;
use crate::keeper::message::answer::Served;
use crate::keeper::message::load::NewVersion;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::rows::AHEAD;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::store::Room;
use crate::store::Tree;
use std::collections::BTreeSet;

impl Vault {
    /// A record's facts.
    pub(crate) fn record(&self, record: RecordId) -> Result<Option<RecordFacts>, Broken> {
        self.read(&units::record(record), Tree::Record, &[])
    }

    /// The facts of these records, in their order; those there are no more are left out.
    pub(crate) fn records(
        &self,
        records: impl IntoIterator<Item = RecordId>,
    ) -> Result<Vec<RecordFacts>, Broken> {
        let records: Vec<RecordId> = records.into_iter().collect();
        let mut all = Vec::with_capacity(records.len());
        for some in records.chunks(AHEAD) {
            let place = |id: &RecordId| self.place(&units::record(*id), Tree::Record, &[]);
            self.look_ahead(some.iter().filter_map(place))?;
            for record in some {
                all.extend(self.record(*record)?);
            }
        }
        Ok(all)
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
        if self.store.room() == Room::Reserve {
            let says =
                "the disk is full: nothing can be filed until space is made; reading still works";
            return Err(Stop::Refused("disk-full", says.to_owned()));
        }
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
            self.make_unit(units::record(facts.id));
            if let (Some(made), Some(body)) = (&load.own, own) {
                self.put_compartment(made, body, Some(request.asker.id))?;
                let said = load.open_to.as_deref().unwrap_or_default();
                self.put_members_statement(facts.id, said)?;
            }
            self.make_unit(units::history(facts.id));
            let k_record = load.k_record.clone().unwrap_or_default();
            let history = HistoryRow {
                k_record,
                entries: 0,
                revealed: 0,
                released: 0,
            };
            self.write(&units::history(facts.id), Tree::History, &[], &history)?;
            if act == Act::AddRecord {
                self.use_override(request, (facts.case, &facts.kind), facts.id)?;
            }
            pledges.push(self.put_version(request, act, load, (permit, facts))?);
        }
        Ok(filed(pledges, loads))
    }

    /// Files a corrected version: the original stays.
    pub(crate) fn amend(
        &mut self,
        request: &Request,
        record: RecordId,
        load: &NewVersion,
    ) -> Result<Step, Stop> {
        let mut facts = self
            .record(record)?
            .ok_or_else(|| self.unknown(request, Act::AmendRecord))?;
        let permit = self.permit_record(request, Act::AmendRecord, &facts)?;
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
        if load.facts.subjects != facts.subjects {
            let case = self.case_of(&facts)?;
            self.check_subjects(request, &load.facts.subjects, case.as_ref())?;
            facts.subjects.clone_from(&load.facts.subjects);
        }
        if load
            .facts
            .handler
            .is_some_and(|user| facts.handler != Some(user))
        {
            let says = "whom the form names does not handle this record: say so first (strongroom record handler), since \
                        whoever handles it can read it";
            return Err(Stop::Refused("other-handler", says.to_owned()));
        }
        self.check_parts(load, &facts, Act::AmendRecord)?;
        if !self.rules.of(&facts.kind).has_clocks(&load.facts.clocks) {
            return Err(Stop::Stale);
        }
        let held = std::mem::replace(&mut facts.order, load.facts.order.clone());
        self.check_order(request, &facts, held.as_ref())?;
        facts.versions = load.version.number;
        facts.event_date.clone_from(&load.facts.event_date);
        facts.triggers = load.facts.triggers.clone();
        facts.clocks.clone_from(&load.facts.clocks);
        facts
            .order_recipients
            .clone_from(&load.facts.order_recipients);
        facts.class.clone_from(&load.facts.class);
        facts.kind_version = load.facts.kind_version;
        self.wait_for_check(&mut facts);
        let pledge = self.put_version(request, Act::AmendRecord, load, (permit, facts))?;
        // Last: until here the new version is sealed to everybody who has the record.
        self.end_return(record, before.number, request.asker.id)?;
        Ok(filed(vec![pledge], std::slice::from_ref(load)))
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
        self.put_record(&facts)?;
        self.write(&unit, Tree::Version, &[], &version)?;
        let key = self.keys.get(&unit).ok_or(Broken::NoUnit)?.duplicate();
        for row in &load.rows {
            self.write_new(&key, Tree::Part, &row.number.to_be_bytes(), &row.payload);
        }
        for header in &load.headers {
            let lock = self.lock(header.compartment, header.epoch);
            let key = self.header_key(&unit, &lock).ok_or(Broken::NoUnit)?;
            let natural = units::numbered(header.compartment.as_bytes(), header.part);
            self.write_new(&key, Tree::Header, &natural, &header.header);
        }
        let note = serde_json::json!({"version": load.version.number});
        let entry = request.entry(act).about(facts.id).noting(note);
        Ok((facts.id, self.log(permit, entry)?))
    }
}

/// What was filed, told once every entry is durable.
fn filed(filed: Vec<(RecordId, Pledge)>, loads: &[NewVersion]) -> Step {
    let parts = loads.iter().flat_map(|load| &load.version.parts);
    let objects: Vec<_> = parts.filter_map(|part| object_name(&part.sha256)).collect();
    let (records, pledges): (Vec<RecordId>, Vec<Pledge>) = filed.into_iter().unzip();
    Step {
        pledges,
        finish: Box::new(move |vault, logged| {
            let mut filed = Vec::new();
            for name in &objects {
                // The frame that names them is durable: they need not be held back from sweeping.
                vault.payloads.release(name);
            }
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
        errands_of: None,
    }
}
