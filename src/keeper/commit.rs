//! Committing a frame, and the proofs that come of it.

use crate::bytes::base64url;
use crate::ids::random;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::ledger::FrameDigest;
use crate::ledger::Leaf;
use crate::ledger::Opening;
use crate::ledger::Receipt;
use crate::ledger::TreeSize;
use crate::store::Effect;
use crate::store::Frame;
use crate::store::Tree;
use crate::store::UnitKind;
use crate::store::effects::FramePlace;
use crate::store::effects::encode;

/// A durable frame: what turns a pledge into `Logged`. Made by [`Vault::commit`] alone.
#[derive(Debug)]
pub(crate) struct Committed {
    first: u64,
    size: u64,
}

impl Committed {
    /// Whether an entry is in the frame.
    pub(crate) fn holds(&self, index: u64) -> bool {
        (self.first..self.size).contains(&index)
    }
}

/// A word that no state of the vault had before. It counts nothing, since numbers would tell how much was filed.
pub(crate) fn drawn() -> String {
    base64url(&random::<12>())
}

/// Whether an effect only says that somebody has seen something, or was refused.
fn is_of_a_look(effect: &Effect) -> bool {
    match effect {
        Effect::Put { tree, .. } | Effect::Drop { tree, .. } => {
            matches!(tree, Tree::Trail | Tree::Entry | Tree::History)
        }
        Effect::Key { unit, .. } => unit.kind() == UnitKind::Entry,
        Effect::EndUnit { .. } => false,
    }
}

impl Vault {
    /// Makes the frame being built durable: effects, leaves and the signed head over them, in one write.
    ///
    /// # Errors
    /// [`Broken`]; the vault must be opened again, because what is durable is then unknown.
    pub(crate) fn commit(&mut self) -> Result<Committed, Broken> {
        let first = self.head.size();
        let time = self.staged.time;
        let staged = std::mem::take(&mut self.staged);
        let head = self.store.head();
        let (generation, number) = (head.generation, head.next_frame);
        let place = FramePlace {
            vault: &self.id,
            generation,
            frame: number,
        };
        let effects = encode(&staged.effects, &self.generation_key, &place)
            .map_err(|error| Broken::Store(error.to_string()))?;
        let mut leaves = staged.leaves;
        if let Some(last) = leaves.last_mut() {
            last.frame = Some(FrameDigest::of(generation, &effects));
        }
        let leaves: Vec<Vec<u8>> = leaves.iter().map(Leaf::encode).collect();
        let checkpoint = self.head.sign_with(&leaves)?;
        let note = checkpoint.note().as_bytes().to_vec();
        let frame = Frame {
            generation,
            number,
            first,
            leaves: leaves.clone(),
            checkpoint: note,
            effects,
        };
        if staged.effects.iter().any(|effect| !is_of_a_look(effect)) {
            self.as_of = drawn();
        }
        self.ahead.get_mut().clear();
        self.store.commit(frame).map_err(Broken::from)?;
        self.head.advance(&leaves, checkpoint, time);
        self.last_leaves = leaves;
        self.tail_sealed = false;
        Ok(Committed {
            first,
            size: self.head.size(),
        })
    }

    /// Follows the last frame with an empty one, unless that has been done: damage to what was acknowledged
    /// can then never pass for a torn tail that was not.
    pub(crate) fn seal_tail(&mut self) -> Result<(), Broken> {
        if self.tail_sealed {
            return Ok(());
        }
        let seal = self.store.head().seal();
        self.store.commit(seal).map_err(Broken::from)?;
        self.tail_sealed = true;
        Ok(())
    }

    /// The proofs of an entry that has just become durable, and what opens its `commit`. Reading its frame
    /// back would check all of the frame for each of its entries.
    pub(crate) fn receipt(&self, index: u64, seen: u64) -> Result<(Receipt, Opening), Broken> {
        let missing = || Broken::Ledger("an entry that was committed is not there".to_owned());
        let leaf = self.last_leaf(index).ok_or_else(missing)?;
        let checkpoint = self.head.checkpoint().ok_or_else(missing)?;
        let receipt = Receipt {
            leaf: String::from_utf8(leaf.to_vec()).map_err(|_| missing())?,
            checkpoint: checkpoint.note().to_owned(),
            inclusion: self.head.inclusion(index)?,
            consistency_from: Some(TreeSize::new(seen)),
            consistency: self.head.consistency(seen).unwrap_or_default(),
        };
        let opening = self.openings.get(&index).cloned().ok_or_else(missing)?;
        Ok((receipt, opening))
    }

    /// An entry of the last frame that had any.
    fn last_leaf(&self, index: u64) -> Option<&[u8]> {
        let first = self
            .head
            .size()
            .checked_sub(self.last_leaves.len() as u64)?;
        let at = usize::try_from(index.checked_sub(first)?).ok()?;
        self.last_leaves.get(at).map(Vec::as_slice)
    }
}
