//! Entries: one leaf each, its detail in an erasable row.
//!
//! The detail is `{ask, keeper: {rules, policy, items}}` in canonical JSON. Of an entry about one
//! record it stands in that record's history unit, beside what maps record to leaf; of any other in a
//! unit of its own, so that one erased key unlinks one entry.

use serde::Deserialize;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use crate::bytes::base64url;
use crate::bytes::unbase64url;
use crate::canon;
use crate::ids::PersonId;
use crate::ids::RecordId;
use crate::ids::random;
use crate::keeper::policy::rule::RuleId;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::ledger::ActorHandle;
use crate::ledger::Event;
use crate::ledger::Leaf;
use crate::ledger::LeafIndex;
use crate::ledger::Opening;
use crate::ledger::Outcome as Ending;
use crate::ledger::RecordKey;
use crate::store::Tree;

/// What an entry will say.
#[derive(Debug)]
pub(crate) struct Entry {
    event: Event,
    ending: Ending,
    actor: ActorHandle,
    record: Option<RecordId>,
    /// Records shown in a list: each leaves an HMAC under its own key.
    listed: Vec<RecordId>,
    /// People on file who were shown: each leaves one under theirs.
    shown: Vec<PersonId>,
    ask: Value,
    rules: Vec<String>,
    note: Option<Value>,
}

/// Salt and detail of an entry, as a row.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct DetailRow {
    /// Position in the ledger.
    pub(crate) index: u64,
    /// 32 random bytes, base64url.
    pub(crate) salt: String,
    /// Canonical JSON.
    pub(crate) detail: String,
}

/// The row of a history unit that everything else of it hangs on.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct HistoryRow {
    /// The record's audit key, base64url.
    pub(crate) k_record: String,
    /// How many trail rows there are.
    pub(crate) entries: u32,
    /// How many rows the list of those it was revealed to has.
    #[serde(default, skip_serializing_if = "is_none")]
    pub(crate) revealed: u32,
    /// How many releases it lists.
    #[serde(default, skip_serializing_if = "is_none")]
    pub(crate) released: u32,
}

impl HistoryRow {
    /// The audit key's bytes; `None` where the row is not as it was written.
    pub(crate) fn key(&self) -> Option<[u8; 32]> {
        unbase64url(&self.k_record)?.try_into().ok()
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde's skip_serializing_if passes a reference"
)]
const fn is_none(count: &u32) -> bool {
    *count == 0
}

impl Entry {
    /// An entry of this event, ending and actor, answering this signed ask.
    pub(crate) fn new(event: Event, ending: Ending, actor: ActorHandle, ask: Value) -> Self {
        let (record, rules, note) = (None, Vec::new(), None);
        let (listed, shown) = (Vec::new(), Vec::new());
        Self {
            event,
            ending,
            actor,
            record,
            listed,
            shown,
            ask,
            rules,
            note,
        }
    }

    /// About one record.
    pub(crate) fn about(self, record: RecordId) -> Self {
        Self {
            record: Some(record),
            ..self
        }
    }

    /// Showing these records in a list.
    pub(crate) fn listing(self, listed: Vec<RecordId>) -> Self {
        Self { listed, ..self }
    }

    /// Showing these people on file.
    pub(crate) fn showing(self, shown: Vec<PersonId>) -> Self {
        Self { shown, ..self }
    }

    /// Decided by these rules.
    pub(crate) fn with_rules(self, rules: &[RuleId]) -> Self {
        Self {
            rules: rules.iter().map(ToString::to_string).collect(),
            ..self
        }
    }

    /// With something the keeper adds.
    pub(crate) fn noting(self, note: Value) -> Self {
        Self {
            note: Some(note),
            ..self
        }
    }
}

impl Vault {
    /// Puts an entry into the frame being built; its position.
    pub(crate) fn stage(&mut self, entry: Entry) -> Result<u64, Broken> {
        let index = self.next_index();
        let at = LeafIndex::new(index);
        let history = match entry.record {
            Some(record) => self.history(record)?,
            None => None,
        };
        let mut items = Vec::new();
        for listed in &entry.listed {
            if let Some((_, key)) = self.history(*listed)? {
                items.push(crate::ledger::list_ref(&key, at).to_string());
            }
        }
        for shown in &entry.shown {
            if let Some(key) = self.person_key(*shown)? {
                items.push(crate::ledger::list_ref(&key, at).to_string());
            }
        }
        let mut keeper =
            json!({"items": items, "policy": self.policy_digest(), "rules": entry.rules});
        if let (Some(note), Some(fields)) = (entry.note, keeper.as_object_mut()) {
            fields.insert("note".to_owned(), note);
        }
        let detail = canon::to_bytes(&json!({"ask": entry.ask, "keeper": keeper}))
            .map_err(|_| Broken::Detail)?;
        let salt: [u8; 32] = random();
        let record = match &history {
            Some((_, key)) => crate::ledger::record_ref(key, at),
            None => crate::ledger::no_record_ref(),
        };
        self.staged.leaves.push(Leaf {
            actor: entry.actor,
            commit: crate::ledger::commit(&salt, &detail),
            event: entry.event,
            frame: None,
            index: at,
            outcome: entry.ending,
            record,
            time: self.staged.time,
        });
        let detail = String::from_utf8(detail).map_err(|_| Broken::Detail)?;
        self.openings
            .insert(index, Opening::new(salt, detail.clone()));
        let row = DetailRow {
            index,
            salt: base64url(&salt),
            detail,
        };
        if let (Some(record), Some((history, _))) = (entry.record, history) {
            self.put_trail(record, history, &row)?;
        } else {
            let unit = units::entry(index);
            self.make_unit(unit.clone());
            self.write(&unit, Tree::Entry, &[], &row)?;
        }
        Ok(index)
    }

    fn put_trail(
        &mut self,
        record: RecordId,
        mut history: HistoryRow,
        row: &DetailRow,
    ) -> Result<(), Broken> {
        let unit = units::history(record);
        self.write(&unit, Tree::Trail, &history.entries.to_be_bytes(), row)?;
        history.entries = history.entries.saturating_add(1);
        self.write(&unit, Tree::History, &[], &history)
    }

    /// A record's history row and audit key, while its history lives.
    pub(crate) fn history(
        &self,
        record: RecordId,
    ) -> Result<Option<(HistoryRow, RecordKey)>, Broken> {
        let unit = units::history(record);
        let Some(row): Option<HistoryRow> = self.read(&unit, Tree::History, &[])? else {
            return Ok(None);
        };
        let key = row.key().map(|bytes| RecordKey::from_bytes(&bytes));
        let key = key.ok_or(Broken::Row(Tree::History))?;
        Ok(Some((row, key)))
    }

    /// The detail of an entry, while it exists.
    pub(crate) fn detail_of_entry(&self, index: u64) -> Result<Option<DetailRow>, Broken> {
        self.read(&units::entry(index), Tree::Entry, &[])
    }

    /// A record's trail, oldest first.
    pub(crate) fn trail(&self, record: RecordId) -> Result<Vec<DetailRow>, Broken> {
        let Some((history, _)) = self.history(record)? else {
            return Ok(Vec::new());
        };
        let unit = units::history(record);
        let mut rows = Vec::new();
        for at in 0..history.entries {
            rows.extend(self.read(&unit, Tree::Trail, &at.to_be_bytes())?);
        }
        Ok(rows)
    }
}
