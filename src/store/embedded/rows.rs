//! Rows by way of the index. Nothing the index says is believed: the bytes it points at must have the
//! digest it names and be the row that was asked for. When they are not, or the engine fails, the index
//! is made anew once, and only then is it damage.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::ledger::frame::FrameView;
use crate::ledger::journal::{Journal, ScanError};
use crate::sealing::{RowId, SealedRow};
use crate::store::ReadError;
use crate::store::effects;
use crate::store::embedded::index::memory::MemoryIndex;
use crate::store::embedded::index::recent::Recent;
use crate::store::embedded::index::sled_tree::SledIndex;
use crate::store::embedded::index::{Change, Index, IndexError, PAGE, Pointer, Tally, key};
use crate::store::embedded::mark::Mark;
use crate::store::embedded::snapshot::SnapshotError;
use crate::store::embedded::source::{Source, changes, file_name};
use crate::store::embedded::{Engine, MarkKey};
use crate::store::names::Tree;

/// The index of one generation and what it should add up to.
#[derive(Debug)]
pub(crate) struct Rows {
    engine: Engine,
    dir: PathBuf,
    mark_key: MarkKey,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// `None` after the engine failed.
    index: Option<Box<dyn Index>>,
    tally: Counted,
}

/// What the index adds up to, counted as its changes are made.
type Counted = Arc<Mutex<Tally>>;

fn counted(tally: &Counted) -> Tally {
    *tally.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Why a pointer led nowhere.
enum Lost {
    Index,
    Read(ReadError),
}

impl From<IndexError> for Lost {
    fn from(_: IndexError) -> Self {
        Self::Index
    }
}

impl Rows {
    /// Opens what is there; the mark it carries, if it can be read and is this generation's.
    pub(crate) fn open(engine: Engine, dir: PathBuf, mark_key: MarkKey) -> (Self, Option<Mark>) {
        let index = only_index(engine, &dir).and_then(|dir| SledIndex::open(&dir).ok());
        let mark = index
            .as_ref()
            .and_then(|index| index.mark().ok().flatten())
            .and_then(|bytes| Mark::open(&bytes, &mark_key));
        let rows = Self {
            engine,
            dir,
            mark_key,
            state: Mutex::new(State {
                tally: Arc::new(Mutex::new(mark.map(|mark| mark.tally).unwrap_or_default())),
                index: index.map(Recent::before),
            }),
        };
        (rows, mark)
    }

    /// Whether the index that was opened adds up to what its mark says. A mark can stand behind other rows than
    /// those it was written for: an older pointer still leads to bytes that were once the row's.
    pub(crate) fn adds_up(&self) -> bool {
        let state = self.lock();
        let index = state.index.as_ref();
        index.is_some_and(|index| index.recount() == Ok(counted(&state.tally)))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Applies a durable frame. A failing engine is put away; the next read makes another.
    pub(crate) fn apply(&self, changes: Vec<Change>, journal: &Journal) {
        let mut state = self.lock();
        let State { index, tally } = &mut *state;
        let Some(engine) = index else { return };
        if apply(&mut **engine, tally, changes, self.mark_of(journal)).is_err() {
            *index = None;
        }
    }

    pub(crate) fn get(
        &self,
        tree: Tree,
        id: &RowId,
        source: &Source<'_>,
    ) -> Result<Option<SealedRow>, ReadError> {
        self.with_index(source, |index| {
            let Some(at) = index.get(&key(tree.number(), id))? else {
                return Ok(None);
            };
            let row = source.follow(tree, id, &at).map_err(ReadError::Io);
            row.map_err(Lost::Read)?.ok_or(Lost::Index).map(Some)
        })
    }

    /// As [`Rows::get`], of many; the index is asked once.
    pub(crate) fn get_many(
        &self,
        places: &[(Tree, RowId)],
        source: &Source<'_>,
    ) -> Result<Vec<Option<SealedRow>>, ReadError> {
        self.with_index(source, |index| {
            let keys = places.iter().map(|(tree, id)| key(tree.number(), id));
            let found = index.get_many(keys.collect())?;
            let follow = |((tree, id), at): (&(Tree, RowId), Option<Pointer>)| {
                let Some(at) = at else { return Ok(None) };
                let row = source.follow(*tree, id, &at).map_err(ReadError::Io);
                row.map_err(Lost::Read)?.ok_or(Lost::Index).map(Some)
            };
            places.iter().zip(found).map(follow).collect()
        })
    }

    pub(crate) fn page(
        &self,
        tree: Tree,
        after: Option<RowId>,
        limit: usize,
        source: &Source<'_>,
    ) -> Result<Vec<(RowId, SealedRow)>, ReadError> {
        self.with_index(source, |index| {
            let page = index.range(tree.number(), after, limit)?;
            let follow = |(id, at): (RowId, Pointer)| {
                let row = source.follow(tree, &id, &at).map_err(ReadError::Io);
                let row = row.map_err(Lost::Read)?.ok_or(Lost::Index)?;
                Ok((id, row))
            };
            page.into_iter().map(follow).collect()
        })
    }

    /// Asks the index, making it anew once when it fails or leads astray.
    fn with_index<T>(
        &self,
        source: &Source<'_>,
        ask: impl Fn(&dyn Index) -> Result<T, Lost>,
    ) -> Result<T, ReadError> {
        let mut state = self.lock();
        if let Some(index) = &state.index {
            match ask(&**index) {
                Ok(found) => return Ok(found),
                Err(Lost::Read(error)) => return Err(error),
                Err(Lost::Index) => state.index = None,
            }
        }
        self.rebuild_locked(&mut state, source)?;
        let index = state.index.as_ref().ok_or_else(index_is_bad)?;
        ask(&**index).map_err(|lost| match lost {
            Lost::Read(error) => error,
            Lost::Index => index_is_bad(),
        })
    }

    /// Makes the index anew from snapshot and journal.
    pub(crate) fn rebuild(&self, source: &Source<'_>) -> Result<u64, ReadError> {
        let mut state = self.lock();
        self.rebuild_locked(&mut state, source)?;
        Ok(counted(&state.tally).rows)
    }

    fn rebuild_locked(&self, state: &mut State, source: &Source<'_>) -> Result<(), ReadError> {
        state.index = None;
        let (mut index, old) = self.fresh().map_err(index_is_not_made)?;
        let tally = Counted::default();
        fill(&mut *index, &tally, source)?;
        let marked = apply(
            &mut *index,
            &tally,
            Vec::new(),
            self.mark_of(source.journal),
        );
        marked
            .and_then(|()| index.settle())
            .map_err(index_is_not_made)?;
        state.index = Some(index);
        state.tally = tally;
        for dir in old {
            // What stays behind is removed the next time.
            drop(std::fs::remove_dir_all(dir));
        }
        Ok(())
    }

    /// An empty index in a directory that was never used, and the directories of others.
    fn fresh(&self) -> Result<(Box<dyn Index>, Vec<PathBuf>), IndexError> {
        if self.engine == Engine::Memory {
            return Ok((Recent::before(MemoryIndex::default()), Vec::new()));
        }
        let old = numbered(&self.dir);
        let next = old.last().map_or(0, |(number, _)| number + 1);
        std::fs::create_dir_all(&self.dir).map_err(|_| IndexError::Engine)?;
        let index = SledIndex::open(&self.dir.join(next.to_string()))?;
        let old = old.into_iter().map(|(_, dir)| dir).collect();
        Ok((Recent::before(index), old))
    }

    pub(crate) fn check(&self, source: &Source<'_>) -> Result<u64, ReadError> {
        let wanted = {
            let mut state = self.lock();
            if state.index.is_none() {
                self.rebuild_locked(&mut state, source)?;
            }
            let index = state.index.as_ref().ok_or_else(index_is_bad)?;
            let found = index.recount().map_err(|_| index_is_bad())?;
            if found != counted(&state.tally) {
                return Err(index_is_bad());
            }
            found
        };
        for tree in Tree::ALL {
            let mut after = None;
            loop {
                let page = self.page(*tree, after, PAGE, source)?;
                match page.last() {
                    Some((id, _)) => after = Some(*id),
                    None => break,
                }
            }
        }
        Ok(wanted.rows)
    }

    /// Marks are another generation's from here on.
    pub(crate) fn renew(&mut self, mark_key: MarkKey) {
        self.mark_key = mark_key;
    }

    /// Where the index is kept.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether the index is kept somewhere in this directory.
    pub(crate) fn stands_in(&self, dir: &Path) -> bool {
        self.engine == Engine::Sled && self.dir.starts_with(dir)
    }

    /// Ends the index; the mark for a clean stop, if it ended well.
    pub(crate) fn close(&mut self, journal: &Journal) -> Option<Vec<u8>> {
        let mut state = self.lock();
        state.index.take()?.close().ok()?;
        self.mark_of(journal)(counted(&state.tally))
    }

    /// Makes the mark of an index that has come as far as the journal, given what it adds up to.
    fn mark_of(&self, journal: &Journal) -> impl FnOnce(Tally) -> Option<Vec<u8>> + Send + use<> {
        let (position, end) = (*journal.position(), journal.end());
        let key = self.mark_key.clone();
        move |tally| {
            let mark = Mark {
                position,
                end,
                tally,
            };
            Some(mark.seal(&key))
        }
    }
}

fn index_is_bad() -> ReadError {
    ReadError::Damaged {
        file: "generation".into(),
        what: "the index is not what was written; `index rebuild` makes it anew".into(),
    }
}

/// A new index that does not take what it is given: nothing of the vault is damaged then, but the disk fails.
fn index_is_not_made(_: IndexError) -> ReadError {
    ReadError::Io(std::io::Error::other(
        "the index cannot be written; the disk may be full or failing",
    ))
}

/// Hands changes to the index, and has them counted and marked when they are made.
fn apply(
    index: &mut dyn Index,
    tally: &Counted,
    changes: Vec<Change>,
    mark: impl FnOnce(Tally) -> Option<Vec<u8>> + Send + 'static,
) -> Result<(), IndexError> {
    let (tally, done) = (Arc::clone(tally), changes.clone());
    let then = move |before: Vec<Option<Pointer>>| {
        let mut tally = tally.lock().unwrap_or_else(PoisonError::into_inner);
        tally.count(&done, &before);
        mark(*tally)
    };
    index.apply(changes, Box::new(then))
}

/// Fills an empty index, a page of changes at a time.
fn fill(index: &mut dyn Index, tally: &Counted, source: &Source<'_>) -> Result<(), ReadError> {
    let mut pending = Vec::new();
    let not_made = Cell::new(None);
    let mut flush = |pending: &mut Vec<Change>, least: usize| {
        if pending.len() < least {
            return Ok(());
        }
        let pending = std::mem::take(pending);
        apply(index, tally, pending, |_| None).map_err(|error| {
            not_made.set(Some(error));
            error.to_string()
        })
    };
    // What stopped is the index, not what is read to fill it.
    let or_not_made = |error: ReadError| not_made.get().map_or(error, index_is_not_made);
    let shown = source.snapshot.rows(&mut |at, put, bytes| {
        pending.extend(changes(0, at, bytes, &[put]));
        flush(&mut pending, PAGE)
    });
    let snapshot_damaged = |what: String| ReadError::Damaged {
        file: file_name(0, source.head),
        what,
    };
    shown.map_err(|error| {
        or_not_made(match error {
            SnapshotError::Io(error) => ReadError::Io(error),
            SnapshotError::Damaged(what) => snapshot_damaged(what.into()),
            SnapshotError::Refused(words) => snapshot_damaged(words),
        })
    })?;
    let from = source.snapshot.covers.position.next_frame;
    let mut each = |spot: &crate::ledger::journal::Spot, frame: &FrameView<'_>| {
        let placed = effects::decode_placed(frame.number, frame.effects)
            .map_err(|error| error.to_string())?;
        let offset = spot.offset + frame.effects_at as u64;
        pending.extend(changes(spot.segment, offset, frame.effects, &placed));
        flush(&mut pending, PAGE)
    };
    source.journal.frames(from, &mut each).map_err(|error| {
        or_not_made(match error {
            ScanError::Io(error) => ReadError::Io(error),
            ScanError::Damaged { file, what, .. } => ReadError::Damaged {
                file: format!("journal/{file}"),
                what,
            },
            ScanError::Short { .. } => index_is_bad(),
        })
    })?;
    flush(&mut pending, 0).map_err(|_| or_not_made(index_is_bad()))
}

/// The one index directory, if there is exactly one: two mean that making one was interrupted.
fn only_index(engine: Engine, dir: &Path) -> Option<PathBuf> {
    if engine == Engine::Memory {
        return None;
    }
    let mut all = numbered(dir);
    let (_, only) = all.pop()?;
    all.is_empty().then_some(only)
}

/// The index directories, in the order of their numbers.
fn numbered(dir: &Path) -> Vec<(u64, PathBuf)> {
    let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let mut all: Vec<(u64, PathBuf)> = entries
        .filter_map(|entry| {
            let number = entry.file_name().to_str()?.parse().ok()?;
            Some((number, entry.path()))
        })
        .collect();
    all.sort();
    all
}

#[cfg(test)]
mod tests;
