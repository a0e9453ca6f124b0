//! Where a vault's rows, ledger entries and sealed keys are kept.
//!
//! One writer owns a vault. Everything that changes it is one [`Store::commit`] of one [`Frame`];
//! everything else reads what commits made. Rows, keys and payloads arrive sealed: the store knows no
//! record, person or plaintext. Large payloads are not rows; they have a trait of their own.

pub mod backup;
pub mod effects;
pub mod embedded;
pub mod key_table;
pub mod memory;
pub mod names;
pub mod payload;

pub use crate::ledger::frame::{Frame, FrameError, FrameView};
pub use crate::store::effects::Effect;
pub use crate::store::key_table::KeyTable;
pub use crate::store::names::{UnitKind, UnitName};
pub use crate::store::payload::{ObjectPayloads, PayloadError, PayloadRef, Payloads, Upload};

use zeroize::Zeroizing;

use crate::ledger::journal::Position;
use crate::sealing::{RowId, SealedRow};
use crate::store::effects::{EffectsError, PlacedEffect, SealedKeyEffect};
pub use crate::store::names::Tree;

/// Where a vault stands: what the next frame must follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The current generation; frames of any other are refused.
    pub generation: u32,
    /// The number of the next frame.
    pub next_frame: u64,
    /// The hash of the last frame; zeros before the first.
    pub last_frame_hash: [u8; 32],
    /// How many leaves the ledger has.
    pub size: u64,
    /// The newest signed note; empty before the first.
    pub checkpoint: Vec<u8>,
}

impl Head {
    /// The head of a vault in which nothing has happened.
    pub fn genesis(generation: u32) -> Self {
        Self {
            generation,
            next_frame: 0,
            last_frame_hash: [0; 32],
            size: 0,
            checkpoint: Vec::new(),
        }
    }

    /// A frame that follows this head and says nothing, for when writing has paused: with a valid frame
    /// behind it, damage to the last acknowledged one can never pass for a torn, unacknowledged tail.
    pub fn seal(&self) -> Frame {
        Frame::seal(self.generation, self.next_frame, self.size)
    }

    /// The head once a frame that ends here is durable.
    pub(crate) fn advance_to(&mut self, position: &Position, checkpoint: &[u8]) {
        self.next_frame = position.next_frame;
        self.last_frame_hash = position.hash;
        self.size = position.size;
        if !checkpoint.is_empty() {
            self.checkpoint = checkpoint.to_vec();
        }
    }
}

/// How much can still be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// Plenty.
    Enough,
    /// The disk has little left: time to tell someone.
    Scarce,
    /// Only what was set aside earlier: deposits should be refused, refusals and sign-ins still fit.
    Reserve,
}

/// Why a frame was not taken. Nothing was written; the store is as it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The frame does not follow the head: another generation, number or first leaf.
    NotNext,
    /// The frame breaks a rule of its format.
    Frame(FrameError),
    /// Its effects are not readable.
    Effects(EffectsError),
    /// The disk has no room for it.
    Full,
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotNext => f.write_str("it does not follow the vault's last entry"),
            Self::Frame(error) => error.fmt(f),
            Self::Effects(error) => error.fmt(f),
            Self::Full => f.write_str("the disk is full"),
        }
    }
}

/// Why a commit did not succeed. A caller acts differently on each.
#[derive(Debug)]
pub enum CommitError {
    /// Nothing was written; the caller may go on with another frame.
    Refused(Why),
    /// Somebody else has taken the vault's files. Nothing was acknowledged; close and open again.
    Fenced,
    /// The frame may be durable or not, and nothing more can be written here. Drop the store, open it
    /// again and look: the head says which.
    Unknown(std::io::Error),
    /// An earlier commit ended in [`CommitError::Unknown`] or [`CommitError::Fenced`]; nothing was
    /// written.
    Broken,
}

impl std::fmt::Display for CommitError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(why) => write!(f, "nothing was stored: {why}"),
            Self::Fenced => f.write_str("the vault's files were replaced while it was open"),
            Self::Unknown(_) => f.write_str(
                "whether this was stored is not known: the disk reported an error while it was \
                 written; the vault must be opened again",
            ),
            Self::Broken => {
                f.write_str("nothing more can be stored until the vault is opened again")
            }
        }
    }
}

impl std::error::Error for CommitError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unknown(error) => Some(error),
            Self::Refused(Why::Frame(error)) => Some(error),
            Self::Refused(Why::Effects(error)) => Some(error),
            Self::Refused(_) | Self::Fenced | Self::Broken => None,
        }
    }
}

/// Why something stored could not be read. Absent is never one of these.
#[derive(Debug)]
pub enum ReadError {
    /// What is stored is not what was written.
    Damaged {
        /// The file, relative to the vault.
        file: String,
        /// What is wrong with it, in words.
        what: String,
    },
    /// These leaves stand in the published ledger only; the journal that held them is gone.
    Pruned,
    /// The disk reported an error.
    Io(std::io::Error),
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Damaged { file, what } => write!(f, "`{file}` is damaged: {what}"),
            Self::Pruned => f.write_str("these entries are no longer in the journal"),
            Self::Io(_) => f.write_str("the vault's files cannot be read"),
        }
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Damaged { .. } | Self::Pruned => None,
        }
    }
}

impl From<std::io::Error> for ReadError {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

/// One vault's rows, ledger entries and sealed keys, with one writer.
pub trait Store: Send {
    /// Where the vault stands.
    fn head(&self) -> &Head;

    /// Makes a frame durable. `Ok` only once nothing can lose it, and from then on reads show it.
    /// Committing a frame again is refused, since the head has moved.
    ///
    /// # Errors
    /// [`CommitError`]; after [`CommitError::Unknown`] and [`CommitError::Fenced`] the store takes
    /// nothing more, and goes on reading what was acknowledged.
    fn commit(&mut self, frame: Frame) -> Result<(), CommitError>;

    /// How much can still be written.
    fn room(&self) -> Room;

    /// A row as it was last put, or `None` when it was never put or was dropped.
    ///
    /// # Errors
    /// [`ReadError`].
    fn row(&self, tree: Tree, id: &RowId) -> Result<Option<SealedRow>, ReadError>;

    /// As [`Store::row`], of many at once and in their order: whoever needs thousands waits for the index once.
    ///
    /// # Errors
    /// [`ReadError`].
    fn rows_at(&self, places: &[(Tree, RowId)]) -> Result<Vec<Option<SealedRow>>, ReadError> {
        let row = |(tree, id): &(Tree, RowId)| self.row(*tree, id);
        places.iter().map(row).collect()
    }

    /// At most `limit` rows of a tree in the order of their ids, beginning after `after`.
    ///
    /// # Errors
    /// [`ReadError`].
    fn rows(
        &self,
        tree: Tree,
        after: Option<RowId>,
        limit: usize,
    ) -> Result<Vec<(RowId, SealedRow)>, ReadError>;

    /// At most `limit` leaves, from the one with index `from`.
    ///
    /// # Errors
    /// [`ReadError`].
    fn leaves(&self, from: u64, limit: usize) -> Result<Vec<Vec<u8>>, ReadError>;

    /// The generation's key table file, sealed.
    ///
    /// # Errors
    /// [`ReadError`].
    fn key_table(&self) -> Result<Vec<u8>, ReadError>;

    /// Every key change of this generation since its key table was written, in order.
    ///
    /// # Errors
    /// [`ReadError`].
    fn key_effects(&self) -> Result<Vec<SealedKeyEffect>, ReadError>;

    /// Writes the files of the next generation beside the present one's, durably, with this sealed key table.
    /// Nothing uses them until [`Store::turn`].
    ///
    /// # Errors
    /// What the disk reported; what was written by then stays until [`Store::tidy`].
    fn prepare(&mut self, key_table: &[u8]) -> std::io::Result<()>;

    /// The next generation's key table file, read back from the disk; `None` unless all its files are there.
    ///
    /// # Errors
    /// [`ReadError`].
    fn prepared(&self) -> Result<Option<Vec<u8>>, ReadError>;

    /// Makes the prepared generation the current one, for good: frames of the one before are refused from
    /// here on. `mark_key` is the new generation's.
    ///
    /// # Errors
    /// [`ReadError`] when nothing is prepared, or what is cannot be read back: then nothing has changed.
    /// [`ReadError::Io`] from the pointer's own writing leaves open which generation is current: drop the
    /// store and open it again.
    fn turn(&mut self, mark_key: Zeroizing<[u8; 32]>) -> Result<(), ReadError>;

    /// The generations besides the current one of which something is there that [`Store::tidy`] would remove, in
    /// order.
    ///
    /// # Errors
    /// As the disk reports.
    fn others(&self) -> std::io::Result<Vec<u32>>;

    /// Removes, durably, every generation but the current one: half-made ones, and those that are over.
    ///
    /// # Errors
    /// What the disk reported; what is left is removed the next time.
    fn tidy(&mut self) -> std::io::Result<()>;

    /// Makes whatever finds rows quickly anew, from what is the truth; how many rows there are.
    ///
    /// # Errors
    /// [`ReadError`].
    fn rebuild_index(&self) -> Result<u64, ReadError>;

    /// The files that hold what is stored at this moment, for a copy of it. What they list stays as it is
    /// while others are written; where a store has no files the list is empty.
    ///
    /// # Errors
    /// As the file system reports.
    fn cut(&self) -> std::io::Result<backup::Cut> {
        Ok(backup::Cut::default())
    }

    /// Ends cleanly, so that the next opening need not rebuild anything. Dropping a store instead
    /// loses nothing either.
    ///
    /// # Errors
    /// What the disk reported; everything acknowledged is durable all the same.
    fn close(self: Box<Self>) -> std::io::Result<()>;
}

/// Why a replay does not accept what it is shown, in words for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal(pub String);

/// What a snapshot says stood before the first frame that is replayed.
#[derive(Debug, Clone, Copy)]
pub struct Base<'a> {
    /// How many leaves the ledger had.
    pub size: u64,
    /// The ledger's frontier as its owner wrote it; empty when the size is zero.
    pub frontier: &'a [u8],
    /// The newest signed note; empty when the size is zero.
    pub checkpoint: &'a [u8],
}

/// Who watches a vault being opened: checks every leaf and checkpoint, and builds in memory what must
/// never be inferred from a missing row. Rows of the snapshot come first, then frames, in order.
pub trait Replay {
    /// Called once, before anything else.
    ///
    /// # Errors
    /// A [`Refusal`] stops the opening.
    fn base(&mut self, base: &Base<'_>) -> Result<(), Refusal>;

    /// Called for every row of the snapshot.
    ///
    /// # Errors
    /// A [`Refusal`] stops the opening.
    fn row(&mut self, tree: Tree, id: &RowId, row: &SealedRow) -> Result<(), Refusal>;

    /// Called for every frame; chain, numbers and hashes have been checked.
    ///
    /// # Errors
    /// A [`Refusal`] stops the opening.
    fn frame(&mut self, frame: &FrameView<'_>) -> Result<(), Refusal>;
}

/// A replay that accepts what has the right shape. For tests and tools that check elsewhere.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unchecked;

impl Replay for Unchecked {
    fn base(&mut self, _: &Base<'_>) -> Result<(), Refusal> {
        Ok(())
    }

    fn row(&mut self, _: Tree, _: &RowId, _: &SealedRow) -> Result<(), Refusal> {
        Ok(())
    }

    fn frame(&mut self, _: &FrameView<'_>) -> Result<(), Refusal> {
        Ok(())
    }
}

/// Whether a frame follows the head, and what it changes.
pub(crate) fn admit(head: &Head, frame: &Frame) -> Result<Vec<PlacedEffect>, Why> {
    let next = (head.generation, head.next_frame, head.size);
    if (frame.generation, frame.number, frame.first) != next {
        return Err(Why::NotNext);
    }
    effects::decode_placed(frame.number, &frame.effects).map_err(Why::Effects)
}
