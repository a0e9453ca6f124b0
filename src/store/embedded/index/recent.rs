//! Where rows stand that were written or read lately, so that an engine need not be asked again: a question to it
//! goes to another thread and back. It knows no more than the engine and is gone with it.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::sealing::RowId;
use crate::store::embedded::index::{Change, Index, IndexError, Key, Pointer, Tally, Then};

/// How many rows each of the two halves holds, about ten megabytes.
const HALF: usize = 1 << 16;

/// An engine, and what it has been told or has said lately.
#[derive(Debug)]
pub(crate) struct Recent<E> {
    engine: E,
    seen: RefCell<Seen>,
}

/// Where a row stands; `None` where it is known to be nowhere.
#[derive(Debug, Clone, Copy)]
struct At(Option<Pointer>);

/// When the younger half is full it becomes the elder, whose rows are forgotten unless they were asked for since.
#[derive(Debug, Default)]
struct Seen {
    younger: HashMap<Key, At>,
    elder: HashMap<Key, At>,
}

impl Seen {
    fn get(&mut self, key: &Key) -> Option<At> {
        if let Some(at) = self.younger.get(key) {
            return Some(*at);
        }
        let at = self.elder.remove(key)?;
        self.put(*key, at);
        Some(at)
    }

    fn put(&mut self, key: Key, at: At) {
        if self.younger.len() >= HALF {
            self.elder = std::mem::take(&mut self.younger);
        }
        self.elder.remove(&key);
        self.younger.insert(key, at);
    }
}

impl<E: Index + 'static> Recent<E> {
    /// Stands before an engine.
    pub(crate) fn before(engine: E) -> Box<dyn Index> {
        Box::new(Self {
            engine,
            seen: RefCell::default(),
        })
    }
}

impl<E: Index> Index for Recent<E> {
    fn get(&self, key: &Key) -> Result<Option<Pointer>, IndexError> {
        let mut seen = self.seen.borrow_mut();
        if let Some(At(at)) = seen.get(key) {
            return Ok(at);
        }
        let at = self.engine.get(key)?;
        seen.put(*key, At(at));
        Ok(at)
    }

    fn get_many(&self, keys: Vec<Key>) -> Result<Vec<Option<Pointer>>, IndexError> {
        let mut seen = self.seen.borrow_mut();
        let known: Vec<Option<At>> = keys.iter().map(|key| seen.get(key)).collect();
        let unknown = keys.iter().zip(&known).filter(|(_, at)| at.is_none());
        let unknown: Vec<Key> = unknown.map(|(key, _)| *key).collect();
        let found = match unknown[..] {
            [] => Vec::new(),
            _ => self.engine.get_many(unknown)?,
        };
        let mut found = found.into_iter();
        let each = |(key, known): (Key, Option<At>)| {
            if let Some(At(at)) = known {
                return Ok(at);
            }
            let at = found.next().ok_or(IndexError::Engine)?;
            seen.put(key, At(at));
            Ok(at)
        };
        keys.into_iter().zip(known).map(each).collect()
    }

    fn range(
        &self,
        tree: u8,
        after: Option<RowId>,
        limit: usize,
    ) -> Result<Vec<(RowId, Pointer)>, IndexError> {
        self.engine.range(tree, after, limit)
    }

    fn apply(&mut self, changes: Vec<Change>, then: Then) -> Result<(), IndexError> {
        let seen = self.seen.get_mut();
        for change in &changes {
            let at = match change {
                Change::Put(_, at) => Some(*at),
                Change::Drop(_) => None,
            };
            seen.put(*change.key(), At(at));
        }
        self.engine.apply(changes, then)
    }

    fn settle(&self) -> Result<(), IndexError> {
        self.engine.settle()
    }

    fn mark(&self) -> Result<Option<Vec<u8>>, IndexError> {
        self.engine.mark()
    }

    fn recount(&self) -> Result<Tally, IndexError> {
        self.engine.recount()
    }

    fn close(self: Box<Self>) -> Result<(), IndexError> {
        Box::new(self.engine).close()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::embedded::index::memory::MemoryIndex;
    use crate::store::embedded::index::tests::{behaves, pointer};

    #[test]
    fn behaves_as_its_engine_does() {
        behaves(Recent::before(MemoryIndex::default()));
    }

    fn key(n: usize) -> Key {
        let mut key = [0; 17];
        key[9..].copy_from_slice(&n.to_be_bytes());
        key
    }

    #[test]
    fn it_forgets_what_was_not_asked_for_and_nothing_else_changes() {
        let mut recent = Recent {
            engine: MemoryIndex::default(),
            seen: RefCell::default(),
        };
        for n in 0..3 * HALF {
            let put = vec![Change::Put(key(n), pointer(n.to_le_bytes()[0]))];
            recent.apply(put, Box::new(|_| None)).unwrap();
            // One row is asked for all the time.
            assert_eq!(recent.get(&key(0)), Ok(Some(pointer(0))));
        }
        let seen = recent.seen.borrow();
        assert!(seen.younger.len() + seen.elder.len() <= 2 * HALF);
        assert!(seen.younger.contains_key(&key(0)));
        assert!(!seen.younger.contains_key(&key(1)) && !seen.elder.contains_key(&key(1)));
        drop(seen);
        assert_eq!(recent.get(&key(1)), Ok(Some(pointer(1))));
        recent
            .apply(vec![Change::Drop(key(1))], Box::new(|_| None))
            .unwrap();
        assert_eq!(recent.get(&key(1)), Ok(None));
        assert_eq!(
            recent.get_many(vec![key(1), key(2)]),
            Ok(vec![None, Some(pointer(2))])
        );
    }
}
