//! Header rows that belong to nothing: every row is accounted for, and what is left over is named.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::ids::CompartmentId;
use crate::ids::RecordId;
use crate::keeper::facts::RecordFacts;
use crate::keeper::headers::Lock;
use crate::keeper::message::load::HeaderOf;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::sealing::RowId;
use crate::store::Tree;

/// How many rows are read at a time.
const ROWS: usize = 4096;

impl Vault {
    /// Headers of records for compartments they are not sealed to.
    pub(crate) fn stray_headers(
        &self,
        records: &[RecordFacts],
    ) -> Result<BTreeSet<(RecordId, CompartmentId)>, Broken> {
        let mut left = self.header_rows()?;
        for record in records {
            for (of, lock) in self.meant(record)? {
                self.strike(&mut left, &of, lock);
            }
        }
        for id in self.compartments() {
            let Some(facts) = self.compartment(id)? else {
                continue;
            };
            for of in self.sealed_under(&facts)? {
                self.strike(&mut left, &of, (id, facts.epoch));
                for kept in &facts.superseded {
                    self.strike(&mut left, &of, (id, kept.epoch));
                }
            }
        }
        if left.is_empty() {
            return Ok(BTreeSet::new());
        }
        self.explain(records, &left)
    }

    fn strike(&self, left: &mut BTreeSet<RowId>, of: &HeaderOf, lock: Lock) {
        if let Some((key, Tree::Header, natural)) = self.header_place(of, lock) {
            left.remove(&key.row_id(Tree::Header.number(), &natural));
        }
    }

    /// The id of every header row, as it will be once the frame being built is durable.
    fn header_rows(&self) -> Result<BTreeSet<RowId>, Broken> {
        let mut all = BTreeSet::new();
        let mut after = None;
        loop {
            let rows = self
                .store
                .rows(Tree::Header, after, ROWS)
                .map_err(|error| Broken::Store(error.to_string()))?;
            let Some((last, _)) = rows.last() else {
                break;
            };
            after = Some(*last);
            all.extend(rows.iter().map(|(id, _)| *id));
        }
        for ((tree, id), row) in &self.staged.rows {
            if *tree == Tree::Header && row.is_none() {
                all.remove(id);
            } else if *tree == Tree::Header {
                all.insert(*id);
            }
        }
        Ok(all)
    }

    /// Every header a record is meant to have, also those kept for recovery.
    fn meant(&self, record: &RecordFacts) -> Result<Vec<(HeaderOf, Lock)>, Broken> {
        let mut locks: Vec<Lock> = Vec::new();
        for id in self.sealed_to(record)? {
            if let Some(facts) = self.compartment(id)? {
                locks.push((id, facts.epoch));
                locks.extend(facts.superseded.iter().map(|kept| (id, kept.epoch)));
            }
        }
        let before = record.superseded.iter();
        locks.extend(before.map(|kept| (kept.compartment, kept.epoch)));
        let parts = self.parts_of(record)?;
        let all = locks
            .iter()
            .flat_map(|lock| parts.iter().map(|of| (*of, *lock)));
        Ok(all.collect())
    }

    /// What rows that are left over are: tried against every key there is.
    fn explain(
        &self,
        records: &[RecordFacts],
        left: &BTreeSet<RowId>,
    ) -> Result<BTreeSet<(RecordId, CompartmentId)>, Broken> {
        let mut locks: BTreeMap<CompartmentId, Vec<u32>> = BTreeMap::new();
        for id in self.compartments() {
            let epochs = self.compartment(id)?.map_or(0, |facts| facts.epoch);
            let living = (1..=epochs).filter(|epoch| self.has_unit(&units::epoch(id, *epoch)));
            locks.insert(id, living.collect());
        }
        for grant in self.shared.grants.values() {
            locks.insert(grant.compartment, vec![1]);
        }
        let mut found = BTreeSet::new();
        for record in records {
            let parts = self.parts_of(record)?;
            for (id, epochs) in &locks {
                let mut tried = epochs
                    .iter()
                    .flat_map(|epoch| parts.iter().map(|of| (of, (*id, *epoch))));
                let stray = tried.any(|(of, lock)| {
                    self.header_place(of, lock)
                        .is_some_and(|(key, tree, natural)| {
                            left.contains(&key.row_id(tree.number(), &natural))
                        })
                });
                if stray {
                    found.insert((record.id, *id));
                }
            }
        }
        Ok(found)
    }
}
