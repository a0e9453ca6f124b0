//! The keys that have signed a ledger's heads. There is one, unless entries were lost for good: then the history
//! goes on under another name and key, and the key before it counts only for what was recovered of its own.

use crate::ledger::merkle::TreeSize;
use crate::ledger::note::key::VerifierKey;

/// The keys of one history, by the size of the heads they sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lineage {
    ended: Vec<Ended>,
    now: VerifierKey,
}

/// A key that signs no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The key.
    pub key: VerifierKey,
    /// How many entries of its ledger the next one begins with.
    pub size: TreeSize,
}

impl Lineage {
    /// A history that has had one key.
    pub fn founded(key: VerifierKey) -> Self {
        Self {
            ended: Vec::new(),
            now: key,
        }
    }

    /// The history goes on under another key after so many entries.
    #[must_use]
    pub fn succeeded(mut self, size: TreeSize, by: VerifierKey) -> Self {
        let key = std::mem::replace(&mut self.now, by);
        self.ended.push(Ended { key, size });
        self
    }

    /// The key that signs now.
    pub fn now(&self) -> &VerifierKey {
        &self.now
    }

    /// The keys before it, oldest first.
    pub fn ended(&self) -> impl DoubleEndedIterator<Item = &VerifierKey> {
        self.ended.iter().map(|one| &one.key)
    }

    /// The key whose signature a head over so many entries has.
    pub fn at(&self, size: TreeSize) -> &VerifierKey {
        let ended = self.ended.iter().find(|one| size <= one.size);
        ended.map_or(&self.now, |one| &one.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::note::key::LogKey;

    #[test]
    fn each_key_counts_for_its_own_entries_alone() {
        let key = |name: &str| LogKey::generate(name).unwrap().verifier();
        let (a, b, c) = (key("a.invalid/1"), key("b.invalid/1"), key("c.invalid/1"));
        let lineage = Lineage::founded(a.clone())
            .succeeded(TreeSize::new(10), b.clone())
            .succeeded(TreeSize::new(10), c.clone());
        assert_eq!(lineage.at(TreeSize::new(10)), &a);
        // The second was lost before it had an entry that anybody kept.
        assert_eq!(lineage.at(TreeSize::new(11)), &c);
        assert_eq!(lineage.now(), &c);
        assert_eq!(lineage.ended().collect::<Vec<_>>(), [&a, &b]);
        assert_eq!(Lineage::founded(a.clone()).at(TreeSize::new(0)), &a);
    }
}
