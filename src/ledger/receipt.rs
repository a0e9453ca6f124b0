//! What the keeper sends with everything it serves, and what a desk checks before it opens anything: that
//! the entry about this very ask is inside the signed tree, and that this tree continues the one the
//! desk remembers. [`Proven`] can be made in no other way.

use std::fmt;

use serde::Deserialize;
use serde::Serialize;

use crate::ledger::checkpoint::CheckpointError;
use crate::ledger::checkpoint::Discontinuity;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::leaf::Leaf;
use crate::ledger::leaf::LeafError;
use crate::ledger::leaf::actor::ActorHandle;
use crate::ledger::leaf::event::Event;
use crate::ledger::leaf::event::Outcome;
use crate::ledger::leaf::keys::Commitment;
use crate::ledger::leaf::keys::RecordKey;
use crate::ledger::leaf::keys::record_ref;
use crate::ledger::merkle::Hash;
use crate::ledger::merkle::TreeSize;
use crate::ledger::merkle::leaf_hash;
use crate::ledger::note::key::VerifierKey;
use crate::ledger::verify;

/// An entry with its proofs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The entry's bytes, which are ASCII. Its index stands in it.
    pub leaf: String,
    /// The checkpoint that covers it, as a signed note.
    pub checkpoint: String,
    /// That the entry is in that checkpoint's tree.
    pub inclusion: Vec<Hash>,
    /// The size the consistency proof starts from: what the asker said they remember, if anything.
    pub consistency_from: Option<TreeSize>,
    /// That the remembered tree is the beginning of this one.
    pub consistency: Vec<Hash>,
}

/// What the asker knows the entry must say.
#[derive(Debug)]
pub struct Expected<'a> {
    actor: ActorHandle,
    commit: Commitment,
    event: Option<Event>,
    outcome: Option<Outcome>,
    record: Option<&'a RecordKey>,
}

impl<'a> Expected<'a> {
    /// Every entry is checked for who acted and for what it commits to: the asker recomputes the
    /// commitment over a detail that holds their own signed ask, so an older entry cannot stand in.
    pub fn new(actor: ActorHandle, commit: Commitment) -> Self {
        Self {
            actor,
            commit,
            event: None,
            outcome: None,
            record: None,
        }
    }

    /// Also what was done.
    #[must_use]
    pub fn event(mut self, event: Event) -> Self {
        self.event = Some(event);
        self
    }

    /// Also how it ended.
    #[must_use]
    pub fn outcome(mut self, outcome: Outcome) -> Self {
        self.outcome = Some(outcome);
        self
    }

    /// Also that it is filed under this record.
    #[must_use]
    pub fn record(mut self, key: &'a RecordKey) -> Self {
        self.record = Some(key);
        self
    }

    fn compare(&self, leaf: &Leaf) -> Result<(), ReceiptError> {
        let other = |what| Err(ReceiptError::OtherEntry(what));
        if leaf.actor != self.actor {
            return other(Differs::Actor);
        }
        if leaf.commit != self.commit {
            return other(Differs::Commit);
        }
        if self.event.is_some_and(|event| event != leaf.event) {
            return other(Differs::Event);
        }
        if self.outcome.is_some_and(|outcome| outcome != leaf.outcome) {
            return other(Differs::Outcome);
        }
        if self
            .record
            .is_some_and(|key| record_ref(key, leaf.index) != leaf.record)
        {
            return other(Differs::Record);
        }
        Ok(())
    }
}

/// In what an entry differs from what was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Differs {
    /// It names another account.
    Actor,
    /// It commits to another detail.
    Commit,
    /// It says something else was done.
    Event,
    /// It says it ended otherwise.
    Outcome,
    /// It is filed under another record.
    Record,
}

/// Why a receipt proves nothing. All but [`ReceiptError::Malformed`] are evidence against the keeper: keep
/// the receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReceiptError {
    /// The entry cannot be read.
    Malformed(LeafError),
    /// The checkpoint is not the ledger's.
    Checkpoint(CheckpointError),
    /// The entry is not in the signed tree.
    NotIncluded,
    /// The entry is about something else.
    OtherEntry(Differs),
    /// The ledger is not a continuation of what is remembered.
    Breaks(Discontinuity),
}

impl fmt::Display for ReceiptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "the receipt's entry: {error}"),
            Self::Checkpoint(error) => write!(f, "the receipt's checkpoint: {error}"),
            Self::NotIncluded => f.write_str("the entry is not in the signed ledger"),
            Self::OtherEntry(what) => {
                let what = match what {
                    Differs::Actor => "another account",
                    Differs::Commit => "another request",
                    Differs::Event => "another kind of act",
                    Differs::Outcome => "another outcome",
                    Differs::Record => "another record",
                };
                write!(f, "the ledger's entry is about {what}")
            }
            Self::Breaks(how) => how.fmt(f),
        }
    }
}

impl std::error::Error for ReceiptError {}

/// An entry that is in a signed tree which continues the remembered one, and that says what was asked: a
/// desk's licence to open what came with it. Made by [`Receipt::check`] alone, and used up: it can be neither
/// copied nor put together.
///
/// ```compile_fail,E0599
/// fn twice(proven: strongroom::ledger::Proven) {
///     let again: strongroom::ledger::Proven = proven.clone();
/// }
/// ```
///
/// ```compile_fail,E0451
/// use strongroom::ledger::{Leaf, Proven, SignedCheckpoint};
/// fn forged(leaf: Leaf, checkpoint: SignedCheckpoint) -> Proven {
///     Proven { leaf, checkpoint, consistency: Vec::new() }
/// }
/// ```
#[derive(Debug)]
pub struct Proven {
    leaf: Leaf,
    checkpoint: SignedCheckpoint,
    inclusion: Vec<Hash>,
    consistency: Vec<Hash>,
}

impl Proven {
    /// The entry.
    pub fn leaf(&self) -> &Leaf {
        &self.leaf
    }

    /// The proof, already checked, that the entry is in the checkpoint's tree.
    pub fn inclusion(&self) -> &[Hash] {
        &self.inclusion
    }

    /// The checkpoint that covers it: what to remember from now on.
    pub fn checkpoint(&self) -> &SignedCheckpoint {
        &self.checkpoint
    }

    /// The proof, already checked, that it continues what was remembered.
    pub fn consistency(&self) -> &[Hash] {
        &self.consistency
    }
}

impl Receipt {
    /// Checks everything, against the ledger's known keys and the checkpoint remembered from before.
    ///
    /// # Errors
    /// [`ReceiptError`].
    pub fn check(
        &self,
        keys: &[VerifierKey],
        remembered: Option<&SignedCheckpoint>,
        expected: &Expected<'_>,
    ) -> Result<Proven, ReceiptError> {
        let checkpoint = SignedCheckpoint::verify(self.checkpoint.as_bytes(), keys)
            .map_err(ReceiptError::Checkpoint)?;
        if let Some(remembered) = remembered {
            // A proof from elsewhere proves nothing about what is remembered here.
            let starts = self.consistency_from == Some(remembered.size());
            let proof = if starts { &self.consistency[..] } else { &[] };
            checkpoint
                .continues(remembered, proof)
                .map_err(ReceiptError::Breaks)?;
        }
        let leaf = Leaf::decode(self.leaf.as_bytes()).map_err(ReceiptError::Malformed)?;
        verify::inclusion(
            leaf_hash(self.leaf.as_bytes()),
            leaf.index,
            &self.inclusion,
            &checkpoint.head(),
        )
        .map_err(|_| ReceiptError::NotIncluded)?;
        expected.compare(&leaf)?;
        Ok(Proven {
            leaf,
            checkpoint,
            inclusion: self.inclusion.clone(),
            consistency: self.consistency.clone(),
        })
    }
}
