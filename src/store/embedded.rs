//! A vault in a directory: the journal is the truth, the snapshot shortens it, the index finds rows.
//!
//! Opening is two steps. [`Opening::read`] takes the lock, reads and verifies everything, and compares
//! it with what is remembered elsewhere; it needs no key. [`Opening::finish`] takes the generation's
//! mark key, compares the marks inside the vault, repairs what a stop left behind, and accepts writes.

mod create;
mod cut;
mod index;
mod layout;
mod mark;
mod open;
mod refused;
mod rows;
mod snapshot;
mod source;
mod turn;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use zeroize::Zeroizing;

pub use self::create::CreateError;
pub use self::open::{Opening, Remembered};
pub use self::refused::OpenError;

use crate::ids::VaultId;
use crate::ledger::journal::disk::{Disk, Held, RealDisk, write_whole};
use crate::ledger::journal::{AppendError, Journal, Settings, Torn};
use crate::sealing::{RowId, SealedRow};
use crate::store::backup::Cut;
use crate::store::effects::{PlacedEffect, RawEffect, SealedKeyEffect};
use crate::store::embedded::layout::{Generation, Layout};
use crate::store::embedded::rows::Rows;
use crate::store::embedded::snapshot::Snapshot;
use crate::store::embedded::source::Source;
use crate::store::names::Tree;
use crate::store::{CommitError, Frame, FrameView, Head, ReadError, Room, Store, Why, admit};

/// What `GenerationKey::derive` is given to make a generation's mark key.
pub const MARK_KEY_LABEL: &str = "index mark";

/// The key that authenticates marks: derived from the generation key, so that marks end with it.
pub type MarkKey = Zeroizing<[u8; 32]>;

/// Which engine keeps the index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// sled, on disk.
    Sled,
    /// Memory, made again at every opening.
    Memory,
}

/// Which vault, where, and on what.
#[derive(Debug, Clone)]
pub struct Site {
    /// The vault's directory.
    pub dir: PathBuf,
    /// The vault it must be.
    pub vault: VaultId,
    /// The file system.
    pub disk: Arc<dyn Disk>,
    /// How the journal is laid out.
    pub journal: Settings,
    /// Which engine keeps the index.
    pub engine: Engine,
}

impl Site {
    /// A vault in a directory of the real file system, with the index on disk.
    pub fn new(dir: &Path, vault: VaultId) -> Self {
        Self {
            dir: dir.into(),
            vault,
            disk: Arc::new(RealDisk),
            journal: Settings::default(),
            engine: Engine::Sled,
        }
    }
}

/// What opening had to put right. Nothing here means that anything acknowledged was lost.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Repairs {
    /// Bytes at the journal's end that were no frame, put aside.
    pub torn: Option<Torn>,
    /// Why the index was made anew, in words.
    pub index_rebuilt: Option<&'static str>,
}

/// An open vault in a directory.
#[derive(Debug)]
pub struct Embedded {
    disk: Arc<dyn Disk>,
    layout: Layout,
    generation: Generation,
    lock: Box<dyn Held>,
    head: Head,
    journal: Journal,
    snapshot: Snapshot,
    rows: Rows,
    key_effects: Vec<SealedKeyEffect>,
    repairs: Repairs,
    fenced: bool,
}

impl Embedded {
    /// What opening had to put right.
    pub const fn repairs(&self) -> &Repairs {
        &self.repairs
    }

    /// Counts the index anew and reads every row it names; returns how many there are.
    ///
    /// # Errors
    /// [`ReadError::Damaged`] when a row is missing from the index or its bytes are not what was
    /// written.
    pub fn check_rows(&self) -> Result<u64, ReadError> {
        self.rows.check(&self.source())
    }

    fn source(&self) -> Source<'_> {
        Source {
            journal: &self.journal,
            snapshot: &self.snapshot,
            head: &self.head,
        }
    }

    /// The lock's file and the journal's must still be ours.
    fn append(&mut self, frame: &Frame) -> Result<(), CommitError> {
        let effects = admit(&self.head, frame).map_err(CommitError::Refused)?;
        match self.lock.is_at(&self.layout.lock()) {
            Ok(true) => (),
            Ok(false) => return Err(CommitError::Fenced),
            Err(error) => return Err(CommitError::Unknown(error)),
        }
        let (spot, encoded) = self.journal.append(frame).map_err(refusal)?;
        // The frame is durable: nothing below may turn the answer into an error.
        let effects_offset = spot.offset + encoded.effects_at as u64;
        let changes = source::changes(spot.segment, effects_offset, &frame.effects, &effects);
        self.head
            .advance_to(self.journal.position(), &frame.checkpoint);
        self.key_effects
            .extend(effects.into_iter().filter_map(key_effect));
        self.rows.apply(changes, &self.journal);
        Ok(())
    }
}

/// What stands in the lock file for whoever comes second.
fn holder() -> String {
    format!("process {}\n", std::process::id())
}

/// The key change among an effect.
fn key_effect(placed: PlacedEffect) -> Option<SealedKeyEffect> {
    match placed.effect {
        RawEffect::Sealed(effect) => Some(effect),
        RawEffect::Put { .. } | RawEffect::Drop { .. } => None,
    }
}

fn refusal(error: AppendError) -> CommitError {
    match error {
        AppendError::Frame(error) => CommitError::Refused(Why::Frame(error)),
        AppendError::Full => CommitError::Refused(Why::Full),
        AppendError::Fenced => CommitError::Fenced,
        AppendError::Unknown(error) => CommitError::Unknown(error),
        AppendError::Broken => CommitError::Broken,
    }
}

impl Store for Embedded {
    fn rebuild_index(&self) -> Result<u64, ReadError> {
        self.rows.rebuild(&self.source())
    }

    fn head(&self) -> &Head {
        &self.head
    }

    fn commit(&mut self, frame: Frame) -> Result<(), CommitError> {
        if self.fenced {
            return Err(CommitError::Broken);
        }
        let result = self.append(&frame);
        self.fenced = matches!(result, Err(CommitError::Fenced | CommitError::Unknown(_)));
        result
    }

    fn room(&self) -> Room {
        if self.journal.is_on_reserve() {
            Room::Reserve
        } else if self.journal.free_bytes() < 3 * self.journal.settings().segment_bytes {
            Room::Scarce
        } else {
            Room::Enough
        }
    }

    fn row(&self, tree: Tree, id: &RowId) -> Result<Option<SealedRow>, ReadError> {
        self.rows.get(tree, id, &self.source())
    }

    fn rows_at(&self, places: &[(Tree, RowId)]) -> Result<Vec<Option<SealedRow>>, ReadError> {
        self.rows.get_many(places, &self.source())
    }

    fn rows(
        &self,
        tree: Tree,
        after: Option<RowId>,
        limit: usize,
    ) -> Result<Vec<(RowId, SealedRow)>, ReadError> {
        self.rows.page(tree, after, limit, &self.source())
    }

    fn leaves(&self, from: u64, limit: usize) -> Result<Vec<Vec<u8>>, ReadError> {
        let spots = self
            .journal
            .spots_from_leaf(from)
            .ok_or(ReadError::Pruned)?;
        let mut leaves = Vec::new();
        for spot in spots {
            if leaves.len() >= limit {
                break;
            }
            let bytes = self.journal.read(spot.segment, spot.offset, spot.length)?;
            let frame = FrameView::parse(&bytes).map_err(|error| ReadError::Damaged {
                file: source::file_name(spot.segment, &self.head),
                what: error.to_string(),
            })?;
            let skip = usize::try_from(from.saturating_sub(frame.first)).unwrap_or(usize::MAX);
            let wanted = frame.leaves.iter().skip(skip);
            leaves.extend(wanted.take(limit - leaves.len()).map(|leaf| leaf.to_vec()));
        }
        Ok(leaves)
    }

    fn key_table(&self) -> Result<Vec<u8>, ReadError> {
        Ok(self.generation.read_keys(&*self.disk)?)
    }

    fn key_effects(&self) -> Result<Vec<SealedKeyEffect>, ReadError> {
        Ok(self.key_effects.clone())
    }

    fn prepare(&mut self, key_table: &[u8]) -> std::io::Result<()> {
        self.prepare_next(key_table)
    }

    fn prepared(&self) -> Result<Option<Vec<u8>>, ReadError> {
        self.prepared_next()
    }

    fn turn(&mut self, mark_key: MarkKey) -> Result<(), ReadError> {
        self.switch(mark_key)
    }

    fn others(&self) -> std::io::Result<Vec<u32>> {
        self.other_generations()
    }

    fn tidy(&mut self) -> std::io::Result<()> {
        self.remove_others()
    }

    fn cut(&self) -> std::io::Result<Cut> {
        self.cut_here()
    }

    fn close(mut self: Box<Self>) -> std::io::Result<()> {
        let index = self.rows.dir().to_owned();
        let mark = self.rows.close(&self.journal);
        self.move_index(&index);
        let whole = *self;
        if let (Some(mark), false) = (mark, whole.fenced) {
            let path = whole.generation.clean();
            write_whole(&*whole.disk, &path, &mark)?;
        }
        whole.journal.close();
        Ok(())
    }
}
