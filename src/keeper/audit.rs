//! The ledger's entries with names: who did what, as far as the asker may know.
//!
//! Every entry is shown, because the ledger's size shows them anyway. Which record an entry is about is
//! told only where the asker may list the record's history; hidden and destroyed records look alike.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::clock::Timestamp;
use crate::ids::CaseId;
use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::acts::Act;
use crate::keeper::entry::DetailRow;
use crate::keeper::entry::Entry;
use crate::keeper::message::answer::Served;
use crate::keeper::message::answer::ServedEntry;
use crate::keeper::policy::question::Resource;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::ledger::Leaf;
use crate::ledger::LeafIndex;
use crate::store::Tree;

/// Which entries are wanted.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Filter {
    pub(crate) record: Option<RecordId>,
    pub(crate) actor: Option<UserId>,
    pub(crate) since: Option<Timestamp>,
}

/// An entry about one record, as far as it may be known.
#[derive(Debug, Clone)]
struct About {
    record: RecordId,
    case: Option<CaseId>,
}

impl Vault {
    /// Entries of the ledger.
    pub(crate) fn show_audit(&mut self, request: &Request, filter: Filter) -> Result<Step, Stop> {
        let permit = match filter.record {
            Some(record) => self.permit_history(request, record)?,
            None => self.permit(request, Act::ShowAudit, Resource::Vault)?,
        };
        let known = self.known_entries(request, filter.record)?;
        let size = self.next_index();
        let entry = request.entry(Act::ShowAudit);
        let entry = filter.record.into_iter().fold(entry, Entry::about);
        let pledge = self.log(permit, entry)?;
        Ok(Step::serving(pledge, move |vault, _| {
            vault.entries(filter, &known, size).map(Served::Entries)
        }))
    }

    /// A record's history.
    pub(crate) fn show_history(
        &mut self,
        request: &Request,
        record: RecordId,
    ) -> Result<Step, Stop> {
        let permit = self.permit_history(request, record)?;
        let filter = Filter {
            record: Some(record),
            ..Filter::default()
        };
        let known = self.known_entries(request, filter.record)?;
        let size = self.next_index();
        let revealed = self.revealed(record)?;
        let pledge = self.log(permit, request.entry(Act::ShowHistory).about(record))?;
        Ok(Step::serving(pledge, move |vault, _| {
            let mut entries = vault.entries(filter, &known, size)?;
            for entry in &mut entries {
                let showing = revealed.iter().find(|one| one.entry == entry.index);
                entry.revealed_to = showing.map(|one| one.to);
            }
            Ok(Served::Entries(entries))
        }))
    }

    fn permit_history(
        &self,
        request: &Request,
        record: RecordId,
    ) -> Result<crate::keeper::policy::decide::Permit, Stop> {
        let facts = self
            .record(record)?
            .ok_or_else(|| self.unknown(request, Act::ShowHistory))?;
        self.permit_record(request, Act::ShowHistory, &facts)
    }

    /// The entries whose record the asker may know, and their details.
    fn known_entries(
        &self,
        request: &Request,
        only: Option<RecordId>,
    ) -> Result<BTreeMap<u64, (About, DetailRow)>, Stop> {
        let records = only.map_or_else(|| self.record_ids(), |record| vec![record]);
        let mut known = BTreeMap::new();
        for record in records {
            if only.is_none() && self.permit_history(request, record).is_err() {
                continue;
            }
            let case = self.record(record)?.and_then(|facts| facts.case);
            for row in self.trail(record)? {
                known.insert(row.index, (About { record, case }, row));
            }
            if only.is_some() {
                self.add_listings(record, &mut known)?;
            }
        }
        Ok(known)
    }

    /// The list entries that showed a record's card: found by the HMAC each leaves under the record's key.
    fn add_listings(
        &self,
        record: RecordId,
        known: &mut BTreeMap<u64, (About, DetailRow)>,
    ) -> Result<(), Broken> {
        let Some((_, key)) = self.history(record)? else {
            return Ok(());
        };
        let case = self.record(record)?.and_then(|facts| facts.case);
        let units: Vec<_> = self
            .keys
            .of_kind(crate::store::UnitKind::Entry)
            .map(|(unit, _)| unit.clone())
            .collect();
        for unit in units {
            let Some(row): Option<DetailRow> = self.read(&unit, Tree::Entry, &[])? else {
                continue;
            };
            let sought = crate::ledger::list_ref(&key, LeafIndex::new(row.index)).to_string();
            let detail: Value = serde_json::from_str(&row.detail).unwrap_or_default();
            let items = detail.pointer("/keeper/items").and_then(Value::as_array);
            if items.is_some_and(|items| items.iter().any(|item| item.as_str() == Some(&sought))) {
                known.insert(row.index, (About { record, case }, row));
            }
        }
        Ok(())
    }

    fn entries(
        &self,
        filter: Filter,
        known: &BTreeMap<u64, (About, DetailRow)>,
        size: u64,
    ) -> Result<Vec<ServedEntry>, Broken> {
        const BUNDLE: usize = 256;
        let mut entries = Vec::new();
        let mut from = 0;
        while from < size {
            let leaves = self.store.leaves(from, BUNDLE).map_err(Broken::from)?;
            if leaves.is_empty() {
                break;
            }
            from = from.saturating_add(leaves.len() as u64);
            for bytes in leaves {
                let leaf =
                    Leaf::decode(&bytes).map_err(|error| Broken::Ledger(error.to_string()))?;
                if leaf.index.get() < size && self.wanted(filter, known, &leaf) {
                    entries.push(self.served_entry(known, &leaf)?);
                }
            }
        }
        Ok(entries)
    }

    fn wanted(
        &self,
        filter: Filter,
        known: &BTreeMap<u64, (About, DetailRow)>,
        leaf: &Leaf,
    ) -> bool {
        let actor = filter
            .actor
            .is_none_or(|user| self.people.actor(user) == Some(leaf.actor));
        let record = filter.record.is_none() || known.contains_key(&leaf.index.get());
        actor && record && filter.since.is_none_or(|since| leaf.time >= since)
    }

    fn served_entry(
        &self,
        known: &BTreeMap<u64, (About, DetailRow)>,
        leaf: &Leaf,
    ) -> Result<ServedEntry, Broken> {
        let about = known.get(&leaf.index.get());
        let row = match about {
            Some((_, row)) => Some(row.clone()),
            None => self.detail_of_entry(leaf.index.get())?,
        };
        // Of entries about records the asker may not know, nothing of the detail is told.
        let detail: Value = about
            .and(row.as_ref())
            .and_then(|row| serde_json::from_str(&row.detail).ok())
            .unwrap_or_default();
        let purpose = ["/ask/body/purpose", "/keeper/note/purpose"]
            .into_iter()
            .find_map(|at| detail.pointer(at).and_then(Value::as_str));
        let version = detail
            .pointer("/keeper/note/version")
            .and_then(Value::as_u64);
        Ok(ServedEntry {
            index: leaf.index.get(),
            time: leaf.time,
            event: leaf.event.to_string(),
            outcome: leaf.outcome.to_string(),
            actor: self.people.user_of(&leaf.actor),
            record: about.map(|(about, _)| about.record),
            case: about.and_then(|(about, _)| about.case),
            purpose: purpose.map(str::to_owned),
            version: version.and_then(|number| u32::try_from(number).ok()),
            revealed_to: None,
            detail_available: row.is_some(),
        })
    }

    /// Allows the ledger to be taken out with its entries.
    pub(crate) fn export_audit(&mut self, request: &Request) -> Result<Step, Stop> {
        let permit = self.permit(request, Act::ExportAudit, Resource::Vault)?;
        let pledge = self.log(permit, request.entry(Act::ExportAudit))?;
        Ok(Step::done(pledge))
    }

    /// The proof of one entry, against the head that holds the entry of this asking.
    pub(crate) fn prove_entry(&mut self, request: &Request, index: u64) -> Result<Step, Stop> {
        let permit = self.permit(request, Act::ProveEntry, Resource::Vault)?;
        if index >= self.next_index() {
            let says = format!(
                "the ledger has entries 0 to {}",
                self.next_index().saturating_sub(1)
            );
            return Err(Stop::Refused("no-such-entry", says));
        }
        let pledge = self.log(permit, request.entry(Act::ProveEntry))?;
        Ok(Step::serving(pledge, move |vault, _| {
            vault.proof(index).map(Served::Proof)
        }))
    }
}
