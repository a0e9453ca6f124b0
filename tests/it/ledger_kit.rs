//! A ledger for tests: the same entries under the same key every time.

use std::fs;
use std::path::Path;

use sha2::Digest as _;
use sha2::Sha256;
use strongroom::clock::Timestamp;
use strongroom::ledger::checkpoint::Checkpoint;
use strongroom::ledger::checkpoint::SignedCheckpoint;
use strongroom::ledger::leaf::Leaf;
use strongroom::ledger::leaf::actor::ActorHandle;
use strongroom::ledger::leaf::event::Event;
use strongroom::ledger::leaf::event::Outcome;
use strongroom::ledger::leaf::keys::FrameDigest;
use strongroom::ledger::leaf::keys::RecordKey;
use strongroom::ledger::leaf::keys::RecordRef;
use strongroom::ledger::leaf::keys::record_ref;
use strongroom::ledger::merkle::Frontier;
use strongroom::ledger::merkle::LeafIndex;
use strongroom::ledger::merkle::TreeSize;
use strongroom::ledger::merkle::leaf_hash;
use strongroom::ledger::merkle::prove;
use strongroom::ledger::merkle::prove::NodesInMemory;
use strongroom::ledger::note::key::LogKey;
use strongroom::ledger::note::key::VerifierKey;
use strongroom::ledger::opening::Opening;
use strongroom::ledger::proof::LogProof;
use strongroom::ledger::receipt::Receipt;
use strongroom::ledger::tiles::write::Publisher;

pub(crate) const ORIGIN: &str = "strongroom.invalid/testlogtestlogtestlogtest";
/// Every this many entries, one about the record of [`k_record`].
pub(crate) const RECORD_EVERY: u64 = 40;

/// A ledger in memory, with everything needed to publish and prove.
pub(crate) struct TestLog {
    pub(crate) key: LogKey,
    pub(crate) entries: Vec<Vec<u8>>,
    nodes: NodesInMemory,
    heads: Vec<Frontier>,
}

impl TestLog {
    /// The first `size` of the entries that every test ledger has.
    pub(crate) fn new(size: u64) -> Self {
        Self::of((0..size).map(|n| leaf(n).encode()))
    }

    /// A ledger of these entries, whatever they are.
    pub(crate) fn of(entries: impl Iterator<Item = Vec<u8>>) -> Self {
        let mut log = Self {
            key: LogKey::from_seed(ORIGIN, &[42; 32]).unwrap(),
            entries: Vec::new(),
            nodes: NodesInMemory::new(),
            heads: vec![Frontier::new()],
        };
        for entry in entries {
            let hash = leaf_hash(&entry);
            log.nodes.append(hash);
            let mut head = log.heads.last().unwrap().clone();
            head.append(hash);
            log.heads.push(head);
            log.entries.push(entry);
        }
        log
    }

    /// The same ledger with one entry changed, signed with the same key: another history.
    pub(crate) fn rewritten(size: u64, at: u64) -> Self {
        Self::of((0..size).map(|n| {
            let mut leaf = leaf(n);
            if n == at {
                leaf.outcome = Outcome::Revoked;
            }
            leaf.encode()
        }))
    }

    pub(crate) fn keys(&self) -> Vec<VerifierKey> {
        vec![self.key.verifier()]
    }

    pub(crate) fn size(&self) -> u64 {
        self.entries.len() as u64
    }

    pub(crate) fn nodes(&self) -> &NodesInMemory {
        &self.nodes
    }

    pub(crate) fn checkpoint(&self, size: u64) -> SignedCheckpoint {
        let checkpoint = Checkpoint {
            origin: ORIGIN.to_owned(),
            size: TreeSize::new(size),
            root: self.heads[usize::try_from(size).unwrap()].root(),
        };
        checkpoint.sign(&self.key).unwrap()
    }

    /// The published directory of the first `size` entries.
    pub(crate) fn publish(&self, dir: &Path, size: u64) {
        let mut publisher = Publisher::open(dir, &self.keys()).unwrap();
        self.go_on(&mut publisher, size);
    }

    pub(crate) fn go_on(&self, publisher: &mut Publisher, size: u64) {
        let from = usize::try_from(publisher.size().get()).unwrap();
        let new = &self.entries[from..usize::try_from(size).unwrap()];
        publisher.publish(new, &self.checkpoint(size)).unwrap();
    }

    /// What the keeper would send with entry `index`, to one who remembers `from`.
    pub(crate) fn receipt(&self, index: u64, size: u64, from: Option<u64>) -> Receipt {
        let (nodes, size) = (&self.nodes, TreeSize::new(size));
        let from = from.map(TreeSize::new);
        Receipt {
            leaf: String::from_utf8(self.entries[usize::try_from(index).unwrap()].clone()).unwrap(),
            checkpoint: self.checkpoint(size.get()).note().to_owned(),
            inclusion: prove::inclusion(nodes, LeafIndex::new(index), size).unwrap(),
            consistency_from: from,
            consistency: from.map_or_else(Vec::new, |from| {
                prove::consistency(nodes, from, size).unwrap()
            }),
        }
    }

    pub(crate) fn proof(&self, index: u64, size: u64) -> LogProof {
        let receipt = self.receipt(index, size, None);
        LogProof {
            entry: receipt.leaf.into_bytes(),
            index: LeafIndex::new(index),
            inclusion: receipt.inclusion,
            checkpoint: receipt.checkpoint,
        }
    }
}

/// The key of the one record that these ledgers know.
pub(crate) fn k_record() -> RecordKey {
    RecordKey::from_bytes(&[7; 32])
}

/// Salt and detail of an entry.
pub(crate) fn opening(index: u64) -> Opening {
    Opening::new(derived("salt", index), format!("{{\"n\":{index}}}"))
}

/// One of five accounts; the service itself for entry 0.
pub(crate) fn actor(index: u64) -> ActorHandle {
    let number = u8::try_from(index % 5).unwrap();
    ActorHandle::from_bytes([if index == 0 { 0 } else { number + 1 }; 16])
}

pub(crate) fn leaf(index: u64) -> Leaf {
    let position = LeafIndex::new(index);
    let pick = usize::try_from(index).unwrap();
    Leaf {
        actor: actor(index),
        commit: opening(index).commitment(),
        event: Event::ALL[pick % Event::ALL.len()],
        frame: index
            .is_multiple_of(3)
            .then(|| FrameDigest::of(1, &index.to_be_bytes())),
        index: position,
        outcome: Outcome::ALL[pick / 7 % Outcome::ALL.len()],
        record: if index.is_multiple_of(RECORD_EVERY) {
            record_ref(&k_record(), position)
        } else {
            RecordRef::from_bytes(derived("none", index))
        },
        time: Timestamp::from_ms(1_793_611_800_000 + index / 4 * 1_500),
    }
}

fn derived(what: &str, index: u64) -> [u8; 32] {
    let hash = Sha256::new().chain_update(what);
    hash.chain_update(index.to_be_bytes()).finalize().into()
}

/// Changes one file in place.
pub(crate) fn edit(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

/// Where an entry's bytes begin in its bundle.
pub(crate) fn offset_in_bundle(bundle: &[u8], at: usize) -> usize {
    let mut offset = 0;
    for _ in 0..at {
        offset += 2 + usize::from(u16::from_be_bytes([bundle[offset], bundle[offset + 1]]));
    }
    offset + 2
}
