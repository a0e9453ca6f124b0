//! The index: where each row's bytes stand. Never the truth; whatever it says is checked against the
//! bytes it points at, and all of it can be made again from snapshot and journal.

pub(crate) mod memory;
pub(crate) mod recent;
pub(crate) mod sled_tree;

use sha2::{Digest, Sha256};

use crate::bytes::Fields;
use crate::sealing::RowId;

/// Tree number and row id.
pub(crate) type Key = [u8; 17];

/// The key of a row.
pub(crate) fn key(tree: u8, id: &RowId) -> Key {
    let mut key = [tree; 17];
    key.iter_mut()
        .skip(1)
        .zip(id.0)
        .for_each(|(to, from)| *to = from);
    key
}

/// The id in a key.
pub(crate) fn id_of(key: &Key) -> RowId {
    let [_, id @ ..] = *key;
    RowId(id)
}

/// Where a row's put stands, and the digest of its bytes. Segment 0 is the snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pointer {
    pub(crate) segment: u32,
    pub(crate) offset: u64,
    pub(crate) length: u32,
    pub(crate) digest: [u8; 32],
}

/// Bytes of a pointer: small, since the engine moves large values to files it never makes durable.
pub(crate) const POINTER: usize = 4 + 8 + 4 + 32;

impl Pointer {
    pub(crate) fn to_bytes(self) -> [u8; POINTER] {
        let parts = [
            &self.segment.to_be_bytes()[..],
            &self.offset.to_be_bytes(),
            &self.length.to_be_bytes(),
            &self.digest,
        ];
        let mut out = [0; POINTER];
        out.iter_mut()
            .zip(parts.concat())
            .for_each(|(to, from)| *to = from);
        out
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields::new(bytes);
        let pointer = Self {
            segment: fields.u32().ok()?,
            offset: fields.u64().ok()?,
            length: fields.u32().ok()?,
            digest: fields.array().ok()?,
        };
        fields.end().ok()?;
        Some(pointer)
    }
}

/// One change of the index.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Change {
    Put(Key, Pointer),
    Drop(Key),
}

impl Change {
    pub(crate) const fn key(&self) -> &Key {
        match self {
            Self::Put(key, _) | Self::Drop(key) => key,
        }
    }
}

/// What an index adds up to, whatever the order it was filled in: a missing row shows here and nowhere
/// else.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) rows: u64,
    /// Sum of SHA-256(key || pointer), modulo 2^256.
    pub(crate) sum: [u8; 32],
}

impl Tally {
    /// Counts changes in, given what each key pointed at before.
    pub(crate) fn count(&mut self, changes: &[Change], before: &[Option<Pointer>]) {
        for (change, before) in changes.iter().zip(before) {
            if let Some(before) = before {
                self.remove(change.key(), before);
            }
            if let Change::Put(key, pointer) = change {
                self.add(key, pointer);
            }
        }
    }

    pub(crate) fn add(&mut self, key: &Key, pointer: &Pointer) {
        self.rows = self.rows.wrapping_add(1);
        self.carry(key, pointer, false);
    }

    pub(crate) fn remove(&mut self, key: &Key, pointer: &Pointer) {
        self.rows = self.rows.wrapping_sub(1);
        self.carry(key, pointer, true);
    }

    /// Subtracting is adding the two's complement: all bits flipped, and one more.
    fn carry(&mut self, key: &Key, pointer: &Pointer, flip: bool) {
        let digest = Sha256::new()
            .chain_update(key)
            .chain_update(pointer.to_bytes())
            .finalize();
        let mut carry = u16::from(flip);
        for (sum, byte) in self.sum.iter_mut().zip(digest).rev() {
            let byte = if flip { !byte } else { byte };
            carry += u16::from(*sum) + u16::from(byte);
            let [high, low] = carry.to_be_bytes();
            *sum = low;
            carry = u16::from(high);
        }
    }
}

/// Why the index did not answer. Each is a reason to make it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IndexError {
    /// The engine reported an error or gave a value that is no pointer.
    Engine,
    /// The engine panicked.
    Panicked,
    /// The engine did not answer in time.
    Hung,
}

impl std::fmt::Display for IndexError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Engine => "the index reported an error",
            Self::Panicked => "the index engine stopped",
            Self::Hung => "the index engine did not answer",
        })
    }
}

/// Given what the key of each change pointed at before: the mark to set behind them all, if there is to be one.
pub(crate) type Then = Box<dyn FnOnce(Vec<Option<Pointer>>) -> Option<Vec<u8>> + Send>;

/// What the store asks of an index engine.
pub(crate) trait Index: std::fmt::Debug + Send {
    fn get(&self, key: &Key) -> Result<Option<Pointer>, IndexError>;

    /// As [`Index::get`], of many at once and in their order.
    fn get_many(&self, keys: Vec<Key>) -> Result<Vec<Option<Pointer>>, IndexError>;

    /// At most `limit` rows of a tree in the order of their ids, beginning after `after`.
    fn range(
        &self,
        tree: u8,
        after: Option<RowId>,
        limit: usize,
    ) -> Result<Vec<(RowId, Pointer)>, IndexError>;

    /// Makes all changes in order, and then sets the mark that `then` makes. Whoever asks afterwards is answered as
    /// if it were done, but it may be done later: that it failed is said by whatever is asked next.
    fn apply(&mut self, changes: Vec<Change>, then: Then) -> Result<(), IndexError>;

    /// Waits until every change is made.
    fn settle(&self) -> Result<(), IndexError>;

    /// The mark that was set last.
    fn mark(&self) -> Result<Option<Vec<u8>>, IndexError>;

    /// Counts every row anew.
    fn recount(&self) -> Result<Tally, IndexError>;

    /// Makes everything durable and ends.
    fn close(self: Box<Self>) -> Result<(), IndexError>;
}

/// A page of this many rows is read at a time when the whole index is gone through.
pub(crate) const PAGE: usize = 1024;

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    pub(crate) fn pointer(n: u8) -> Pointer {
        Pointer {
            segment: u32::from(n),
            offset: u64::from(n) << 20,
            length: 7,
            digest: [n; 32],
        }
    }

    proptest! {
        #[test]
        fn pointers_round_trip(segment: u32, offset: u64, length: u32, digest: [u8; 32]) {
            let pointer = Pointer { segment, offset, length, digest };
            prop_assert_eq!(Pointer::from_bytes(&pointer.to_bytes()), Some(pointer));
            prop_assert_eq!(Pointer::from_bytes(&pointer.to_bytes()[1..]), None);
        }

        #[test]
        fn a_tally_knows_no_order_and_forgets_what_is_removed(
            rows in prop::collection::btree_map(any::<[u8; 17]>(), any::<u8>(), 1..20), gone: prop::sample::Index
        ) {
            let rows: Vec<(Key, Pointer)> =
                rows.into_iter().map(|(key, n)| (key, pointer(n))).collect();
            let mut forward = Tally::default();
            for (key, at) in &rows {
                forward.add(key, at);
            }
            let mut backward = Tally::default();
            for (key, at) in rows.iter().rev() {
                backward.add(key, at);
            }
            prop_assert_eq!(forward, backward);

            let gone = gone.index(rows.len());
            forward.remove(&rows[gone].0, &rows[gone].1);
            prop_assert_ne!(forward.sum, backward.sum);
            let mut without = Tally::default();
            rows.iter().enumerate().filter(|(at, _)| *at != gone)
                .for_each(|(_, (key, at))| without.add(key, at));
            prop_assert_eq!(forward, without);
        }
    }

    /// Makes changes; what their keys pointed at before.
    fn changed(index: &mut dyn Index, changes: Vec<Change>) -> Vec<Option<Pointer>> {
        let (tell, told) = std::sync::mpsc::channel();
        let then = move |before| {
            tell.send(before).unwrap();
            None
        };
        index.apply(changes, Box::new(then)).unwrap();
        index.settle().unwrap();
        told.try_recv().unwrap()
    }

    /// Changes nothing but the mark.
    pub(crate) fn set_mark(index: &mut dyn Index, mark: &'static [u8]) {
        let then = |_| Some(mark.to_vec());
        index.apply(Vec::new(), Box::new(then)).unwrap();
    }

    /// What any engine must do; each engine's own tests call it.
    pub(crate) fn behaves(mut index: Box<dyn Index>) {
        let key = |tree, n| key(tree, &RowId([n; 16]));
        assert_eq!(index.mark().unwrap(), None);
        assert_eq!(index.get(&key(1, 1)).unwrap(), None);
        let puts = vec![
            Change::Put(key(1, 2), pointer(12)),
            Change::Put(key(1, 1), pointer(11)),
            Change::Put(key(2, 1), pointer(21)),
            Change::Put(key(1, 3), pointer(13)),
        ];
        assert_eq!(changed(&mut *index, puts), [None; 4]);
        assert_eq!(index.mark().unwrap(), None);
        set_mark(&mut *index, b"first");
        assert_eq!(index.mark().unwrap().as_deref(), Some(&b"first"[..]));
        assert_eq!(index.get(&key(1, 2)).unwrap(), Some(pointer(12)));
        let many = vec![key(2, 1), key(9, 9), key(1, 1), key(2, 1)];
        let found = [
            Some(pointer(21)),
            None,
            Some(pointer(11)),
            Some(pointer(21)),
        ];
        assert_eq!(index.get_many(many).unwrap(), found);
        assert_eq!(index.get_many(Vec::new()).unwrap(), []);

        let ids = |after: Option<u8>, limit| -> Vec<u8> {
            let page = index
                .range(1, after.map(|n| RowId([n; 16])), limit)
                .unwrap();
            page.iter().map(|(id, _)| id.0[0]).collect()
        };
        assert_eq!(ids(None, 10), [1, 2, 3]);
        assert_eq!(ids(None, 2), [1, 2]);
        assert_eq!(ids(Some(1), 10), [2, 3]);
        assert_eq!(ids(Some(3), 10), [0_u8; 0]);
        assert_eq!(ids(None, 0), [0_u8; 0]);

        let changes = vec![
            Change::Put(key(1, 2), pointer(99)),
            Change::Drop(key(1, 1)),
            Change::Drop(key(9, 9)),
        ];
        let before = changed(&mut *index, changes);
        assert_eq!(before, [Some(pointer(12)), Some(pointer(11)), None]);
        assert_eq!(index.mark().unwrap().as_deref(), Some(&b"first"[..]));
        assert_eq!(index.get(&key(1, 1)).unwrap(), None);
        let many = vec![key(1, 1), key(1, 2)];
        assert_eq!(index.get_many(many).unwrap(), [None, Some(pointer(99))]);
        let mut tally = Tally::default();
        for (key, at) in [
            (key(1, 2), pointer(99)),
            (key(1, 3), pointer(13)),
            (key(2, 1), pointer(21)),
        ] {
            tally.add(&key, &at);
        }
        assert_eq!(index.recount().unwrap(), tally);
        index.close().unwrap();
    }
}
