//! The ledger's head as the keeper holds it: the frontier new leaves are appended to, the hashes proofs
//! are made of, the key that signs, and the time that never goes back.

use crate::clock::Timestamp;
use crate::keeper::vault::Broken;
use crate::ledger::Checkpoint;
use crate::ledger::Frontier;
use crate::ledger::Hash;
use crate::ledger::Leaf;
use crate::ledger::LeafIndex;
use crate::ledger::Lineage;
use crate::ledger::LogKey;
use crate::ledger::SignedCheckpoint;
use crate::ledger::TreeSize;
use crate::ledger::VerifierKey;
use crate::ledger::merkle::leaf_hash;
use crate::ledger::merkle::prove;
use crate::ledger::merkle::prove::NodesInMemory;

/// The head of an open vault's ledger.
#[derive(Debug)]
pub(crate) struct LedgerHead {
    frontier: Frontier,
    tree: NodesInMemory,
    /// None where the ledger is only read.
    key: Option<LogKey>,
    lineage: Lineage,
    last_time: Timestamp,
    checkpoint: Option<SignedCheckpoint>,
}

impl LedgerHead {
    /// The head of a ledger without entries, which this key goes on signing.
    pub(crate) fn new(key: LogKey, lineage: Lineage) -> Self {
        Self {
            frontier: Frontier::new(),
            tree: NodesInMemory::new(),
            lineage,
            key: Some(key),
            last_time: Timestamp::default(),
            checkpoint: None,
        }
    }

    /// The head of a ledger that is only read and checked.
    pub(crate) fn watching(lineage: Lineage) -> Self {
        Self {
            frontier: Frontier::new(),
            tree: NodesInMemory::new(),
            key: None,
            lineage,
            last_time: Timestamp::default(),
            checkpoint: None,
        }
    }

    /// How many entries there are.
    pub(crate) fn size(&self) -> u64 {
        self.frontier.size().get()
    }

    /// The time of the last entry.
    pub(crate) fn last_time(&self) -> Timestamp {
        self.last_time
    }

    /// The ledger's name.
    pub(crate) fn origin(&self) -> &str {
        self.lineage.now().name()
    }

    /// The key that checks this ledger's heads.
    pub(crate) fn verifier(&self) -> VerifierKey {
        self.lineage.now().clone()
    }

    /// The keys of the ledgers it took the place of.
    pub(crate) fn ended(&self) -> Vec<VerifierKey> {
        self.lineage.ended().cloned().collect()
    }

    /// The newest signed head.
    pub(crate) fn checkpoint(&self) -> Option<&SignedCheckpoint> {
        self.checkpoint.as_ref()
    }

    /// The signed head as it will be with these leaves: made before the commit, released after it.
    pub(crate) fn sign_with(&self, leaves: &[Vec<u8>]) -> Result<SignedCheckpoint, Broken> {
        let only_read = || Broken::Ledger("it is only read here".to_owned());
        let key = self.key.as_ref().ok_or_else(only_read)?;
        let mut frontier = self.frontier.clone();
        for leaf in leaves {
            frontier.append(leaf_hash(leaf));
        }
        let checkpoint = Checkpoint {
            origin: key.name().to_owned(),
            size: frontier.size(),
            root: frontier.root(),
        };
        checkpoint
            .sign(key)
            .map_err(|error| Broken::Ledger(error.to_string()))
    }

    /// Takes in leaves that are durable, under the head that was signed over them.
    pub(crate) fn advance(
        &mut self,
        leaves: &[Vec<u8>],
        checkpoint: SignedCheckpoint,
        time: Timestamp,
    ) {
        for leaf in leaves {
            let hash = leaf_hash(leaf);
            self.frontier.append(hash);
            self.tree.append(hash);
        }
        self.last_time = time;
        self.checkpoint = Some(checkpoint);
    }

    /// Takes in a frame that was read back: leaves in order and time, and the root the signed head says.
    pub(crate) fn replay(&mut self, leaves: &[&[u8]], note: &[u8]) -> Result<(), String> {
        let mut time = self.last_time;
        for bytes in leaves {
            let leaf = Leaf::decode(bytes).map_err(|error| error.to_string())?;
            if leaf.index.get() != self.size() {
                return Err(format!(
                    "entry {} stands where {} should",
                    leaf.index.get(),
                    self.size()
                ));
            }
            if leaf.time < time {
                return Err(format!(
                    "entry {} is earlier than the one before it",
                    leaf.index.get()
                ));
            }
            time = leaf.time;
            let hash = leaf_hash(bytes);
            self.frontier.append(hash);
            self.tree.append(hash);
        }
        self.last_time = time;
        if leaves.is_empty() {
            return Ok(());
        }
        let key = self.lineage.at(self.frontier.size());
        let checkpoint = SignedCheckpoint::verify(note, std::slice::from_ref(key))
            .map_err(|error| error.to_string())?;
        let head = checkpoint.head();
        if head.size != self.frontier.size() || head.root != self.frontier.root() {
            return Err("the signed head is not the head of these entries".to_owned());
        }
        self.checkpoint = Some(checkpoint);
        Ok(())
    }

    /// The proof that an entry is in the current tree.
    pub(crate) fn inclusion(&self, index: u64) -> Result<Vec<Hash>, Broken> {
        prove::inclusion(&self.tree, LeafIndex::new(index), self.frontier.size())
            .map_err(|error| Broken::Ledger(error.to_string()))
    }

    /// The root over the first so many entries; `None` where there are fewer.
    pub(crate) fn root_at(&self, size: u64) -> Option<Hash> {
        prove::root(&self.tree, TreeSize::new(size)).ok()
    }

    /// The proof that a remembered tree is the beginning of the current one; `None` where it is larger.
    pub(crate) fn consistency(&self, from: u64) -> Option<Vec<Hash>> {
        prove::consistency(&self.tree, TreeSize::new(from), self.frontier.size()).ok()
    }
}
