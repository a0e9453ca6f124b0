//! A proof for one entry as a text file (C2SP tlog-proof, `.tlog-proof`): checked by anybody who holds the
//! ledger's key, without the ledger.

use std::fmt;
use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::ledger::checkpoint::CheckpointError;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::merkle::Hash;
use crate::ledger::merkle::LeafIndex;
use crate::ledger::merkle::leaf_hash;
use crate::ledger::note::MAX_NOTE_BYTES;
use crate::ledger::note::key::VerifierKey;
use crate::ledger::verify;

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";
/// Nodes on a path of a tree of 2^64 entries.
const MAX_PATH: usize = 64;
/// Bytes a proof's file may have: a note, a path, and an entry as long as a bundle allows.
const MAX_PROOF_BYTES: usize = MAX_NOTE_BYTES + 96 * 1024;

/// Why a proof proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProofError {
    /// Not the form.
    Malformed,
    /// The checkpoint is not the ledger's.
    Checkpoint(CheckpointError),
    /// The entry is not in the signed tree.
    NotIncluded,
}

impl fmt::Display for ProofError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed => f.write_str("not an entry's proof"),
            Self::Checkpoint(error) => write!(f, "the proof's checkpoint: {error}"),
            Self::NotIncluded => f.write_str("the entry is not in the signed ledger"),
        }
    }
}

impl std::error::Error for ProofError {}

/// A proof that an entry stands in a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogProof {
    /// The entry itself, in the format's place for what is needed to compute the hash. Nothing vouches for
    /// it before [`LogProof::check`].
    pub entry: Vec<u8>,
    /// Its position.
    pub index: LeafIndex,
    /// From the leaf's sibling to the root's child.
    pub inclusion: Vec<Hash>,
    /// The signed note.
    pub checkpoint: String,
}

impl From<&crate::ledger::Proven> for LogProof {
    /// A receipt that was checked, as a proof to hand on.
    fn from(proven: &crate::ledger::Proven) -> Self {
        Self {
            entry: proven.leaf().encode(),
            index: proven.leaf().index,
            inclusion: proven.inclusion().to_vec(),
            checkpoint: proven.checkpoint().note().to_owned(),
        }
    }
}

impl LogProof {
    /// The file's text.
    pub fn to_text(&self) -> String {
        let extra = STANDARD.encode(&self.entry);
        let mut text = format!("{FIRST_LINE}\nextra {extra}\nindex {}\n", self.index);
        for hash in &self.inclusion {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "{hash}");
        }
        text.push('\n');
        text.push_str(&self.checkpoint);
        text
    }

    /// Reads the form, refusing every spelling but the one that is written.
    ///
    /// # Errors
    /// [`ProofError::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ProofError> {
        Self::read(bytes).ok_or(ProofError::Malformed)
    }

    fn read(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes)
            .ok()
            .filter(|text| text.len() <= MAX_PROOF_BYTES)?;
        let (head, checkpoint) = text.split_once("\n\n")?;
        let mut lines = head.split('\n');
        if lines.next()? != FIRST_LINE {
            return None;
        }
        let extra = lines.next()?.strip_prefix("extra ")?;
        let index = lines.next()?.strip_prefix("index ")?;
        let proof = Self {
            entry: STANDARD.decode(extra).ok()?,
            index: LeafIndex::new(index.parse().ok()?),
            inclusion: lines.map(|line| line.parse().ok()).collect::<Option<_>>()?,
            checkpoint: checkpoint.to_owned(),
        };
        (proof.inclusion.len() <= MAX_PATH && proof.to_text() == text).then_some(proof)
    }

    /// Checks that the entry stands in the ledger of these keys, and returns the checkpoint that says so.
    ///
    /// # Errors
    /// [`ProofError`].
    pub fn check(&self, keys: &[VerifierKey]) -> Result<SignedCheckpoint, ProofError> {
        let checkpoint = SignedCheckpoint::verify(self.checkpoint.as_bytes(), keys)
            .map_err(ProofError::Checkpoint)?;
        let hash = leaf_hash(&self.entry);
        verify::inclusion(hash, self.index, &self.inclusion, &checkpoint.head())
            .map_err(|_| ProofError::NotIncluded)?;
        Ok(checkpoint)
    }
}
