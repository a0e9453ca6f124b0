//! A store in memory whose disk can be told to fail, for tests of whatever stands above a store.
//!
//! [`MemoryDisk`] is what would survive a crash: encoded frames, the key table, the next fault. A
//! [`MemoryStore`] is one opening of it.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use zeroize::Zeroizing;

use crate::ledger::frame::FrameView;
use crate::ledger::journal::Position;
use crate::sealing::{RowId, SealedRow};
use crate::store::effects::{PlacedEffect, RawEffect, SealedKeyEffect};
use crate::store::names::Tree;
use crate::store::{
    Base, CommitError, Frame, Head, ReadError, Refusal, Replay, Room, Store, Why, admit,
};

/// What the disk does to the next commit instead of what it should.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Refuses it, having written nothing.
    Full,
    /// Reports an error, and the frame is lost.
    Lost,
    /// Reports an error, and the frame is durable all the same.
    Landed,
    /// Reports an error, and half the frame is durable.
    Torn,
}

/// Why a disk in memory could not be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemoryOpenError {
    /// A store of this disk is still open.
    Locked,
    /// The replay did not accept what is there.
    Refused(Refusal),
    /// A frame other than the last is not what was written.
    Damaged,
}

impl std::fmt::Display for MemoryOpenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Locked => f.write_str("the vault is open already"),
            Self::Refused(Refusal(words)) => f.write_str(words),
            Self::Damaged => f.write_str("a frame is damaged"),
        }
    }
}

impl std::error::Error for MemoryOpenError {}

#[derive(Debug)]
struct Durable {
    /// The generation it began in.
    first: u32,
    generation: u32,
    table: Vec<u8>,
    next: Option<Vec<u8>>,
    frames: Vec<Vec<u8>>,
    faults: VecDeque<Option<Fault>>,
    room: Room,
    open: bool,
}

/// What survives a crash, shared by all who hold it.
#[derive(Debug, Clone)]
pub struct MemoryDisk(Arc<Mutex<Durable>>);

impl MemoryDisk {
    /// A vault of this generation in which nothing has happened, with this sealed key table.
    pub fn new(generation: u32, table: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new(Durable {
            first: generation,
            generation,
            table,
            next: None,
            frames: Vec::new(),
            faults: VecDeque::new(),
            room: Room::Enough,
            open: false,
        })))
    }

    /// Opens it, replaying everything. A half-written last frame is cut off.
    ///
    /// # Errors
    /// [`MemoryOpenError`].
    pub fn open(&self, replay: &mut dyn Replay) -> Result<MemoryStore, MemoryOpenError> {
        let mut disk = self.lock();
        if disk.open {
            return Err(MemoryOpenError::Locked);
        }
        let mut view = View::new(disk.first);
        let empty = Base {
            size: 0,
            frontier: &[],
            checkpoint: &[],
        };
        replay.base(&empty).map_err(MemoryOpenError::Refused)?;
        let mut kept = 0;
        for bytes in &disk.frames {
            let Ok(frame) = FrameView::parse(bytes) else {
                break;
            };
            view.turn_to(frame.generation);
            let effects =
                admit(&view.head, &frame.to_frame()).map_err(|_| MemoryOpenError::Damaged)?;
            replay.frame(&frame).map_err(MemoryOpenError::Refused)?;
            view.apply(&frame, effects);
            kept += 1;
        }
        if kept + 1 < disk.frames.len() {
            return Err(MemoryOpenError::Damaged);
        }
        view.turn_to(disk.generation);
        disk.frames.truncate(kept);
        disk.open = true;
        drop(disk);
        Ok(MemoryStore {
            disk: self.clone(),
            view,
            broken: false,
        })
    }

    /// Lets the commit after `good` more good ones meet this fault.
    pub fn fail_after(&self, good: usize, fault: Fault) {
        let mut disk = self.lock();
        disk.faults.extend(std::iter::repeat_n(None, good));
        disk.faults.push_back(Some(fault));
    }

    /// Sets what [`Store::room`] answers.
    pub fn set_room(&self, room: Room) {
        self.lock().room = room;
    }

    /// How many frames are durable.
    pub fn frames(&self) -> usize {
        self.lock().frames.len()
    }

    fn lock(&self) -> MutexGuard<'_, Durable> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What frames add up to.
#[derive(Debug)]
struct View {
    head: Head,
    rows: BTreeMap<(u8, RowId), SealedRow>,
    leaves: Vec<Vec<u8>>,
    key_effects: Vec<SealedKeyEffect>,
}

impl View {
    fn new(generation: u32) -> Self {
        Self {
            head: Head::genesis(generation),
            rows: BTreeMap::new(),
            leaves: Vec::new(),
            key_effects: Vec::new(),
        }
    }

    /// Key changes of an earlier generation are over.
    fn turn_to(&mut self, generation: u32) {
        if generation != self.head.generation {
            self.head.generation = generation;
            self.key_effects.clear();
        }
    }

    fn apply(&mut self, frame: &FrameView<'_>, effects: Vec<PlacedEffect>) {
        for placed in effects {
            match placed.effect {
                RawEffect::Put { tree, id, row } => {
                    self.rows.insert((tree.number(), id), row);
                }
                RawEffect::Drop { tree, id } => {
                    self.rows.remove(&(tree.number(), id));
                }
                RawEffect::Sealed(effect) => self.key_effects.push(effect),
            }
        }
        self.leaves
            .extend(frame.leaves.iter().map(|leaf| leaf.to_vec()));
        self.head
            .advance_to(&Position::after(frame), frame.checkpoint);
    }
}

/// One opening of a [`MemoryDisk`].
#[derive(Debug)]
pub struct MemoryStore {
    disk: MemoryDisk,
    view: View,
    broken: bool,
}

impl Drop for MemoryStore {
    fn drop(&mut self) {
        self.disk.lock().open = false;
    }
}

impl Store for MemoryStore {
    fn rebuild_index(&self) -> Result<u64, ReadError> {
        // What finds rows here is what holds them.
        Ok(self.view.rows.len() as u64)
    }

    fn head(&self) -> &Head {
        &self.view.head
    }

    fn commit(&mut self, frame: Frame) -> Result<(), CommitError> {
        if self.broken {
            return Err(CommitError::Broken);
        }
        let effects = admit(&self.view.head, &frame).map_err(CommitError::Refused)?;
        let encoded = frame
            .encode(&self.view.head.last_frame_hash)
            .map_err(|error| CommitError::Refused(Why::Frame(error)))?;
        let parsed = FrameView::parse(&encoded.bytes)
            .map_err(|error| CommitError::Refused(Why::Frame(error)))?;
        let mut disk = self.disk.lock();
        let fault = disk.faults.pop_front().flatten();
        match fault {
            Some(Fault::Full) => return Err(CommitError::Refused(Why::Full)),
            Some(Fault::Lost) => (),
            None | Some(Fault::Landed) => disk.frames.push(encoded.bytes.clone()),
            Some(Fault::Torn) => {
                let (half, _) = encoded.bytes.split_at(encoded.bytes.len() / 2);
                disk.frames.push(half.to_vec());
            }
        }
        drop(disk);
        if fault.is_some() {
            self.broken = true;
            let error = std::io::Error::other("a fault was asked for");
            return Err(CommitError::Unknown(error));
        }
        self.view.apply(&parsed, effects);
        Ok(())
    }

    fn room(&self) -> Room {
        self.disk.lock().room
    }

    fn row(&self, tree: Tree, id: &RowId) -> Result<Option<SealedRow>, ReadError> {
        Ok(self.view.rows.get(&(tree.number(), *id)).cloned())
    }

    fn rows(
        &self,
        tree: Tree,
        after: Option<RowId>,
        limit: usize,
    ) -> Result<Vec<(RowId, SealedRow)>, ReadError> {
        let number = tree.number();
        let first = (number, after.unwrap_or(RowId([0; 16])));
        Ok(self
            .view
            .rows
            .range(first..)
            .take_while(|((tree, _), _)| *tree == number)
            .filter(|((_, id), _)| Some(*id) != after)
            .take(limit)
            .map(|((_, id), row)| (*id, row.clone()))
            .collect())
    }

    fn leaves(&self, from: u64, limit: usize) -> Result<Vec<Vec<u8>>, ReadError> {
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        Ok(self
            .view
            .leaves
            .iter()
            .skip(from)
            .take(limit)
            .cloned()
            .collect())
    }

    fn key_table(&self) -> Result<Vec<u8>, ReadError> {
        Ok(self.disk.lock().table.clone())
    }

    fn key_effects(&self) -> Result<Vec<SealedKeyEffect>, ReadError> {
        Ok(self.view.key_effects.clone())
    }

    fn prepare(&mut self, key_table: &[u8]) -> std::io::Result<()> {
        self.disk.lock().next = Some(key_table.to_vec());
        Ok(())
    }

    fn prepared(&self) -> Result<Option<Vec<u8>>, ReadError> {
        Ok(self.disk.lock().next.clone())
    }

    fn turn(&mut self, _: Zeroizing<[u8; 32]>) -> Result<(), ReadError> {
        let mut disk = self.disk.lock();
        let absent = || std::io::Error::from(std::io::ErrorKind::NotFound);
        disk.table = disk.next.take().ok_or_else(absent)?;
        disk.generation = disk.generation.saturating_add(1);
        self.view.turn_to(disk.generation);
        Ok(())
    }

    fn others(&self) -> std::io::Result<Vec<u32>> {
        let disk = self.disk.lock();
        let next = disk.generation.saturating_add(1);
        Ok(disk.next.iter().map(|_| next).collect())
    }

    fn tidy(&mut self) -> std::io::Result<()> {
        self.disk.lock().next = None;
        Ok(())
    }

    fn close(self: Box<Self>) -> std::io::Result<()> {
        Ok(())
    }
}
