//! One frame of the journal: what one group commit makes durable, all of it or nothing.
//!
//! ```text
//! frame = length u32 | generation u32 | number u64 | previous hash 32 | first leaf u64
//!         | count u32 | (u16 length, leaf)* | u16 length, checkpoint | u32 length, effects
//!         | SHA-256 of all before
//! ```
//!
//! All integers are big-endian. `length` counts the whole frame, itself and the hash included, so a
//! zero there means that nothing was written. The previous hash is the last 32 bytes of the frame
//! before, which makes an old frame at the right offset as invalid as a torn one.

use sha2::{Digest, Sha256};

use crate::bytes::{Fields, Malformed};

/// The largest frame, in bytes; checked before anything is allocated.
pub const MAX_FRAME: usize = 256 << 20;
/// Bytes of the hash at a frame's end.
pub const HASH: usize = 32;
/// What stands before the first leaf.
const FIXED: usize = 4 + 4 + 8 + HASH + 8 + 4;
/// A frame with nothing in it.
pub const MIN_FRAME: usize = FIXED + 2 + 4 + HASH;

/// What one commit makes durable. The previous frame's hash is added when it is encoded.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    /// The generation whose key sealed the effects.
    pub generation: u32,
    /// Counts from 0 and is never used twice.
    pub number: u64,
    /// The index of the first leaf: the ledger's size before this frame.
    pub first: u64,
    /// The leaves as they stand in the ledger, in order.
    pub leaves: Vec<Vec<u8>>,
    /// The signed note over the ledger with these leaves; empty exactly when there are none.
    pub checkpoint: Vec<u8>,
    /// What changes in the rows and keys; empty in a frame without leaves.
    pub effects: Vec<u8>,
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Frame")
            .field("generation", &self.generation)
            .field("number", &self.number)
            .field("first", &self.first)
            .field("leaves", &self.leaves.len())
            .field("effects", &self.effects.len())
            .finish_non_exhaustive()
    }
}

/// A frame ready to be written.
#[derive(Clone, PartialEq, Eq)]
pub struct Encoded {
    /// The whole frame.
    pub bytes: Vec<u8>,
    /// Its last 32 bytes, which the next frame names.
    pub hash: [u8; HASH],
    /// Where in `bytes` the effects begin.
    pub effects_at: usize,
}

impl std::fmt::Debug for Encoded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoded")
            .field("bytes", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

/// Why bytes or parts are no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameError {
    /// Longer than [`MAX_FRAME`], or a leaf or checkpoint longer than its length field can say.
    TooLarge,
    /// Effects or a checkpoint without a leaf, or leaves without a checkpoint.
    Unattested,
    /// Fewer bytes than the frame says it has.
    Short,
    /// The parts do not fill the frame.
    Malformed,
    /// The hash at the end is not the hash of what stands before it.
    Hash,
}

impl std::fmt::Display for FrameError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::TooLarge => "the frame is larger than 256 MiB or holds an entry over 64 KiB",
            Self::Unattested => "the frame changes something without a ledger entry",
            Self::Short => "the frame is cut off",
            Self::Malformed => "the frame's parts do not fit together",
            Self::Hash => "the frame's hash does not match its bytes",
        })
    }
}

impl std::error::Error for FrameError {}

impl From<Malformed> for FrameError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

impl Frame {
    /// A frame that says nothing except that the one before it was durable.
    pub fn seal(generation: u32, number: u64, first: u64) -> Self {
        Self {
            generation,
            number,
            first,
            leaves: Vec::new(),
            checkpoint: Vec::new(),
            effects: Vec::new(),
        }
    }

    /// How many bytes the frame will have.
    pub fn encoded_len(&self) -> usize {
        let leaves: usize = self.leaves.iter().map(|leaf| 2 + leaf.len()).sum();
        MIN_FRAME + leaves + self.checkpoint.len() + self.effects.len()
    }

    /// The frame's bytes, chained to the frame whose hash is `previous` (zeros before the first).
    ///
    /// # Errors
    /// [`FrameError::TooLarge`] and [`FrameError::Unattested`].
    pub fn encode(&self, previous: &[u8; HASH]) -> Result<Encoded, FrameError> {
        let total = self.encoded_len();
        if total > MAX_FRAME {
            return Err(FrameError::TooLarge);
        }
        attested(self.leaves.len(), self.checkpoint.len(), self.effects.len())?;
        let mut out = Vec::with_capacity(total);
        out.extend_from_slice(&length_u32(total)?.to_be_bytes());
        out.extend_from_slice(&self.generation.to_be_bytes());
        out.extend_from_slice(&self.number.to_be_bytes());
        out.extend_from_slice(previous);
        out.extend_from_slice(&self.first.to_be_bytes());
        out.extend_from_slice(&length_u32(self.leaves.len())?.to_be_bytes());
        for leaf in &self.leaves {
            put_short(&mut out, leaf)?;
        }
        put_short(&mut out, &self.checkpoint)?;
        out.extend_from_slice(&length_u32(self.effects.len())?.to_be_bytes());
        let effects_at = out.len();
        out.extend_from_slice(&self.effects);
        let hash: [u8; HASH] = Sha256::digest(&out).into();
        out.extend_from_slice(&hash);
        Ok(Encoded {
            bytes: out,
            hash,
            effects_at,
        })
    }
}

/// A frame's parts, borrowed from the bytes it was read from.
#[derive(Clone, PartialEq, Eq)]
pub struct FrameView<'a> {
    /// As in [`Frame`].
    pub generation: u32,
    /// As in [`Frame`].
    pub number: u64,
    /// The hash of the frame before.
    pub previous: [u8; HASH],
    /// As in [`Frame`].
    pub first: u64,
    /// As in [`Frame`].
    pub leaves: Vec<&'a [u8]>,
    /// As in [`Frame`].
    pub checkpoint: &'a [u8],
    /// As in [`Frame`].
    pub effects: &'a [u8],
    /// The frame's own hash.
    pub hash: [u8; HASH],
    /// Where in the frame's bytes the effects begin.
    pub effects_at: usize,
    /// How many bytes the frame has.
    pub length: usize,
}

impl std::fmt::Debug for FrameView<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FrameView")
            .field("generation", &self.generation)
            .field("number", &self.number)
            .field("first", &self.first)
            .field("leaves", &self.leaves.len())
            .field("effects", &self.effects.len())
            .finish_non_exhaustive()
    }
}

impl<'a> FrameView<'a> {
    /// Reads the frame at the front of `bytes`; what follows it is not looked at.
    ///
    /// # Errors
    /// [`FrameError`]: everything is refused that [`Frame::encode`] does not write.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, FrameError> {
        let length = declared_length(bytes).ok_or(FrameError::Short)?;
        if length > MAX_FRAME {
            return Err(FrameError::TooLarge);
        }
        let whole = bytes.get(..length).ok_or(FrameError::Short)?;
        let (covered, hash) = whole
            .split_last_chunk::<HASH>()
            .filter(|_| length >= MIN_FRAME)
            .ok_or(FrameError::Malformed)?;
        if <[u8; HASH]>::from(Sha256::digest(covered)) != *hash {
            return Err(FrameError::Hash);
        }
        Self::parts(covered, *hash, length)
    }

    fn parts(covered: &'a [u8], hash: [u8; HASH], length: usize) -> Result<Self, FrameError> {
        let mut fields = Fields::new(covered);
        fields.u32()?;
        let generation = fields.u32()?;
        let number = fields.u64()?;
        let previous = fields.array()?;
        let first = fields.u64()?;
        let count = fields.u32()?;
        // Not reserved ahead: the count is only as good as the bytes that follow it.
        let mut leaves = Vec::new();
        for _ in 0..count {
            leaves.push(take_short(&mut fields)?);
        }
        let checkpoint = take_short(&mut fields)?;
        let effects = fields.field()?;
        fields.end()?;
        attested(leaves.len(), checkpoint.len(), effects.len())?;
        Ok(Self {
            generation,
            number,
            previous,
            first,
            leaves,
            checkpoint,
            effects,
            hash,
            effects_at: covered.len() - effects.len(),
            length,
        })
    }

    /// The frame with bytes of its own.
    pub fn to_frame(&self) -> Frame {
        Frame {
            generation: self.generation,
            number: self.number,
            first: self.first,
            leaves: self.leaves.iter().map(|leaf| leaf.to_vec()).collect(),
            checkpoint: self.checkpoint.to_vec(),
            effects: self.effects.to_vec(),
        }
    }

    /// The ledger's size with this frame's leaves.
    pub fn size_after(&self) -> u64 {
        self.first
            .saturating_add(u64::try_from(self.leaves.len()).unwrap_or(u64::MAX))
    }
}

/// What the length field at the front says; `None` when there are not even four bytes.
pub fn declared_length(bytes: &[u8]) -> Option<usize> {
    let (length, _) = bytes.split_first_chunk::<4>()?;
    usize::try_from(u32::from_be_bytes(*length)).ok()
}

fn attested(leaves: usize, checkpoint: usize, effects: usize) -> Result<(), FrameError> {
    if (leaves == 0) == (checkpoint == 0) && (leaves > 0 || effects == 0) {
        Ok(())
    } else {
        Err(FrameError::Unattested)
    }
}

fn length_u32(length: usize) -> Result<u32, FrameError> {
    u32::try_from(length).map_err(|_| FrameError::TooLarge)
}

fn put_short(out: &mut Vec<u8>, bytes: &[u8]) -> Result<(), FrameError> {
    let length = u16::try_from(bytes.len()).map_err(|_| FrameError::TooLarge)?;
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
    Ok(())
}

fn take_short<'a>(fields: &mut Fields<'a>) -> Result<&'a [u8], FrameError> {
    let length = fields.u16()?;
    Ok(fields.take(usize::from(length))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frames() -> impl Strategy<Value = Frame> {
        let bytes = |most| prop::collection::vec(any::<u8>(), 1..most);
        let some = prop::collection::vec(bytes(40), 1..4);
        let full = (some, bytes(60), prop::collection::vec(any::<u8>(), 0..80));
        (
            any::<u32>(),
            any::<u64>(),
            any::<u64>(),
            prop::option::of(full),
        )
            .prop_map(|(generation, number, first, full)| {
                let mut frame = Frame::seal(generation, number, first);
                if let Some((leaves, checkpoint, effects)) = full {
                    frame.leaves = leaves;
                    frame.checkpoint = checkpoint;
                    frame.effects = effects;
                }
                frame
            })
    }

    proptest! {
        #[test]
        fn round_trips(frame in frames(), previous: [u8; 32], after: Vec<u8>) {
            let encoded = frame.encode(&previous).unwrap();
            prop_assert_eq!(encoded.bytes.len(), frame.encoded_len());
            let with_more = [&encoded.bytes[..], &after].concat();
            let view = FrameView::parse(&with_more).unwrap();
            prop_assert_eq!(view.previous, previous);
            prop_assert_eq!(view.hash, encoded.hash);
            prop_assert_eq!(view.effects_at, encoded.effects_at);
            prop_assert_eq!(view.length, encoded.bytes.len());
            prop_assert_eq!(view.to_frame(), frame);
        }

        #[test]
        fn every_cut_and_every_flip_is_refused(frame in frames(), bit in 0u8..8) {
            let good = frame.encode(&[9; 32]).unwrap().bytes;
            for at in 0..good.len() {
                prop_assert!(FrameView::parse(&good[..at]).is_err());
                let mut bad = good.clone();
                bad[at] ^= 1 << bit;
                prop_assert!(FrameView::parse(&bad).is_err(), "byte {}", at);
            }
        }

        #[test]
        fn rubbish_never_panics(bytes: Vec<u8>) {
            prop_assert!(FrameView::parse(&bytes).is_err());
        }
    }

    /// Rubbish whose hash is right: only the shape can refuse it.
    #[test]
    fn a_right_hash_does_not_excuse_a_wrong_shape() {
        let good = Frame {
            leaves: vec![b"leaf".to_vec()],
            checkpoint: b"note".to_vec(),
            effects: b"change".to_vec(),
            ..Frame::seal(1, 2, 3)
        };
        let bytes = good.encode(&[0; 32]).unwrap().bytes;
        let rehashed = |change: &dyn Fn(&mut Vec<u8>)| {
            let mut body = bytes[..bytes.len() - HASH].to_vec();
            change(&mut body);
            let total = u32::try_from(body.len() + HASH).unwrap();
            body[..4].copy_from_slice(&total.to_be_bytes());
            let hash = Sha256::digest(&body);
            body.extend_from_slice(&hash);
            FrameView::parse(&body).map(|view| view.to_frame())
        };
        assert_eq!(rehashed(&|_| ()), Ok(good));
        let count = FIXED - 4;
        assert_eq!(rehashed(&|b| b.push(0)), Err(FrameError::Malformed));
        assert_eq!(rehashed(&|b| b[count] = 0xff), Err(FrameError::Malformed));
        assert_eq!(rehashed(&|b| b.truncate(20)), Err(FrameError::Malformed));
        assert_eq!(rehashed(&|b| b[FIXED] = 0xff), Err(FrameError::Malformed));
        // No leaf, but the note and the effects are still there.
        let leafless = |b: &mut Vec<u8>| {
            b[FIXED - 1] = 0;
            b.drain(FIXED..FIXED + 6);
        };
        assert_eq!(rehashed(&leafless), Err(FrameError::Unattested));
    }
}
