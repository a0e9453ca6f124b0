//! An index in memory, made again at every opening. For tests, and where a disk of its own is not wanted.

use std::collections::BTreeMap;

use crate::sealing::RowId;
use crate::store::embedded::index::{
    Change, Index, IndexError, Key, Pointer, Tally, Then, id_of, key,
};

#[derive(Debug, Default)]
pub(crate) struct MemoryIndex {
    rows: BTreeMap<Key, Pointer>,
    mark: Option<Vec<u8>>,
}

impl Index for MemoryIndex {
    fn get(&self, key: &Key) -> Result<Option<Pointer>, IndexError> {
        Ok(self.rows.get(key).copied())
    }

    fn get_many(&self, keys: Vec<Key>) -> Result<Vec<Option<Pointer>>, IndexError> {
        keys.iter().map(|key| self.get(key)).collect()
    }

    fn range(
        &self,
        tree: u8,
        after: Option<RowId>,
        limit: usize,
    ) -> Result<Vec<(RowId, Pointer)>, IndexError> {
        let first = key(tree, &after.unwrap_or(RowId([0; 16])));
        Ok(self
            .rows
            .range(first..)
            .take_while(|(key, _)| key.first() == Some(&tree))
            .map(|(key, pointer)| (id_of(key), *pointer))
            .filter(|(id, _)| Some(*id) != after)
            .take(limit)
            .collect())
    }

    fn apply(&mut self, changes: Vec<Change>, then: Then) -> Result<(), IndexError> {
        let before = changes.into_iter().map(|change| match change {
            Change::Put(key, pointer) => self.rows.insert(key, pointer),
            Change::Drop(key) => self.rows.remove(&key),
        });
        if let Some(mark) = then(before.collect()) {
            self.mark = Some(mark);
        }
        Ok(())
    }

    fn settle(&self) -> Result<(), IndexError> {
        Ok(())
    }

    fn mark(&self) -> Result<Option<Vec<u8>>, IndexError> {
        Ok(self.mark.clone())
    }

    fn recount(&self) -> Result<Tally, IndexError> {
        let mut tally = Tally::default();
        self.rows
            .iter()
            .for_each(|(key, pointer)| tally.add(key, pointer));
        Ok(tally)
    }

    fn close(self: Box<Self>) -> Result<(), IndexError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn behaves() {
        crate::store::embedded::index::tests::behaves(Box::<super::MemoryIndex>::default());
    }
}
