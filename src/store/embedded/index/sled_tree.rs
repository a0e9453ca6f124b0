//! The index in sled 0.34.
//!
//! sled is given nothing to lose: it is never asked to make anything durable while the store runs, and
//! an index that was not closed cleanly is not opened again but made anew. It panics on damaged files
//! and has been seen to hang, so it lives on a thread of its own; whoever asks it something waits only
//! so long, and a thread that does not answer is left behind with its directory. Values are pointers of
//! 48 bytes: sled moves large pages to side files.

use std::cell::Cell;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use crate::sealing::RowId;
use crate::store::embedded::index::{
    Change, Index, IndexError, Key, PAGE, Pointer, Tally, Then, id_of, key,
};

/// Beyond every tree's number.
const MARK: &[u8] = b"\xffapplied";
/// How long an answer may take; reading a large index at opening is the slowest.
const PATIENCE: Duration = Duration::from_mins(1);
/// sled gives its lock back some time after it was dropped.
const LOCK_TRIES: u32 = 50;
const LOCK_PAUSE: Duration = Duration::from_millis(20);
/// How many sets of changes may wait to be made.
const BEHIND: usize = 64;

type Job = Box<dyn FnOnce(&mut Option<sled::Db>) + Send>;

/// A sled database on its own thread.
#[derive(Debug)]
pub(crate) struct SledIndex {
    jobs: Sender<Job>,
    dir: PathBuf,
    patience: Duration,
    /// Of each change whether it was made: where the thread says it, and where it is heard.
    tell: Sender<bool>,
    told: Receiver<bool>,
    /// How many changes were handed over and not heard of.
    behind: Cell<usize>,
}

impl SledIndex {
    /// Opens the database in `dir`, making it when it is not there.
    pub(crate) fn open(dir: &Path) -> Result<Self, IndexError> {
        Self::open_within(dir, PATIENCE)
    }

    fn open_within(dir: &Path, patience: Duration) -> Result<Self, IndexError> {
        let (jobs, todo) = channel::<Job>();
        let thread = std::thread::Builder::new().name("strongroom-index".into());
        thread
            .spawn(move || work(&todo))
            .map_err(|_| IndexError::Engine)?;
        let (tell, told) = channel();
        let index = Self {
            jobs,
            dir: dir.into(),
            patience,
            tell,
            told,
            behind: Cell::new(0),
        };
        let path = index.dir.clone();
        index.ask(move |db| {
            *db = Some(open_db(&path)?);
            Ok(())
        })?;
        Ok(index)
    }

    /// Runs `job` on the engine's thread and waits for what it gives.
    fn ask<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Option<sled::Db>) -> Result<T, sled::Error> + Send + 'static,
    ) -> Result<T, IndexError> {
        let (reply, answer) = channel();
        let job: Job = Box::new(move |db| {
            // Whoever gave up waiting does not hear the answer.
            drop(reply.send(job(db)));
        });
        self.jobs.send(job).map_err(|_| IndexError::Panicked)?;
        let result = match answer.recv_timeout(self.patience) {
            Ok(result) => result.map_err(|_| IndexError::Engine)?,
            Err(RecvTimeoutError::Timeout) => return Err(IndexError::Hung),
            Err(RecvTimeoutError::Disconnected) => return Err(IndexError::Panicked),
        };
        // The thread does one thing after another: all changes before this have been made, or have failed.
        self.hear()?;
        Ok(result)
    }

    /// Hears of the changes that have been made.
    fn hear(&self) -> Result<(), IndexError> {
        for made in self.told.try_iter() {
            self.behind.set(self.behind.get().saturating_sub(1));
            if !made {
                return Err(IndexError::Engine);
            }
        }
        Ok(())
    }

    fn with<T: Send + 'static>(
        &self,
        job: impl FnOnce(&sled::Db) -> Result<T, sled::Error> + Send + 'static,
    ) -> Result<T, IndexError> {
        self.ask(move |db| db.as_ref().map_or_else(|| Err(closed()), job))
    }
}

fn work(todo: &Receiver<Job>) {
    let mut db = None;
    while let Ok(job) = todo.recv() {
        job(&mut db);
    }
}

fn closed() -> sled::Error {
    sled::Error::Unsupported("closed".into())
}

fn not_a_pointer() -> sled::Error {
    sled::Error::Unsupported("not a pointer".into())
}

fn open_db(dir: &Path) -> Result<sled::Db, sled::Error> {
    let config = sled::Config::new()
        .path(dir)
        .cache_capacity(32 << 20)
        .flush_every_ms(None)
        .mode(sled::Mode::HighThroughput);
    let mut tries = 1;
    loop {
        match config.open() {
            Err(sled::Error::Io(_)) if tries < LOCK_TRIES => std::thread::sleep(LOCK_PAUSE),
            result => return result,
        }
        tries += 1;
    }
}

/// Makes changes and sets the mark behind them. Plain writes, no batch: a batch seals sled's log buffer each time,
/// and a rebuild in batches takes ten times the memory.
fn make(db: &sled::Db, changes: Vec<Change>, then: Then) -> Result<(), sled::Error> {
    let mut before = Vec::with_capacity(changes.len());
    for change in changes {
        let old = match change {
            Change::Put(key, pointer) => db.insert(key, &pointer.to_bytes()[..])?,
            Change::Drop(key) => db.remove(key)?,
        };
        before.push(old.as_ref().map(pointer_in).transpose()?);
    }
    if let Some(mark) = then(before) {
        db.insert(MARK, mark)?;
    }
    Ok(())
}

fn pointer_in(value: &sled::IVec) -> Result<Pointer, sled::Error> {
    Pointer::from_bytes(value).ok_or_else(not_a_pointer)
}

fn found(db: &sled::Db, key: &Key) -> Result<Option<Pointer>, sled::Error> {
    db.get(key)?.as_ref().map(pointer_in).transpose()
}

fn page(
    db: &sled::Db,
    first: Vec<u8>,
    skip: Option<Key>,
    limit: usize,
) -> Result<Vec<(Key, Pointer)>, sled::Error> {
    let mut rows = Vec::new();
    for row in db.range(first..) {
        let (name, value) = row?;
        let Ok(key) = Key::try_from(&*name) else {
            break; // the mark: it stands behind every row
        };
        if Some(key) == skip {
            continue;
        }
        if rows.len() == limit {
            break;
        }
        rows.push((key, pointer_in(&value)?));
    }
    Ok(rows)
}

impl Index for SledIndex {
    fn get(&self, key: &Key) -> Result<Option<Pointer>, IndexError> {
        let key = *key;
        self.with(move |db| found(db, &key))
    }

    fn get_many(&self, keys: Vec<Key>) -> Result<Vec<Option<Pointer>>, IndexError> {
        self.with(move |db| keys.iter().map(|key| found(db, key)).collect())
    }

    fn range(
        &self,
        tree: u8,
        after: Option<RowId>,
        limit: usize,
    ) -> Result<Vec<(RowId, Pointer)>, IndexError> {
        let skip = after.map(|id| key(tree, &id));
        let first = skip.unwrap_or_else(|| key(tree, &RowId([0; 16]))).to_vec();
        let rows = self.with(move |db| page(db, first, skip, limit))?;
        Ok(rows
            .into_iter()
            .take_while(|(key, _)| key.first() == Some(&tree))
            .map(|(key, pointer)| (id_of(&key), pointer))
            .collect())
    }

    fn apply(&mut self, changes: Vec<Change>, then: Then) -> Result<(), IndexError> {
        self.hear()?;
        if self.behind.get() == BEHIND {
            self.settle()?;
        }
        let tell = self.tell.clone();
        let job: Job = Box::new(move |db| {
            let made = db
                .as_ref()
                .map_or_else(|| Err(closed()), |db| make(db, changes, then));
            // Whoever closed the index meanwhile does not hear of it.
            tell.send(made.is_ok()).ok();
        });
        self.jobs.send(job).map_err(|_| IndexError::Panicked)?;
        self.behind.set(self.behind.get() + 1);
        Ok(())
    }

    fn settle(&self) -> Result<(), IndexError> {
        self.ask(|_| Ok(()))
    }

    fn mark(&self) -> Result<Option<Vec<u8>>, IndexError> {
        self.with(|db| Ok(db.get(MARK)?.map(|mark| mark.to_vec())))
    }

    fn recount(&self) -> Result<Tally, IndexError> {
        let mut tally = Tally::default();
        let mut after: Option<Key> = None;
        loop {
            let first = after.map_or_else(Vec::new, |key| key.to_vec());
            let rows = self.with(move |db| page(db, first, after, PAGE))?;
            for (key, at) in &rows {
                tally.add(key, at);
            }
            match rows.last() {
                Some((key, _)) => after = Some(*key),
                None => return Ok(tally),
            }
        }
    }

    fn close(self: Box<Self>) -> Result<(), IndexError> {
        self.ask(|db| {
            if let Some(db) = db.take() {
                db.flush()?;
            }
            Ok(())
        })?;
        // sled flushes neither the disk's cache nor the files' sizes.
        sync_below(&self.dir).map_err(|_| IndexError::Engine)
    }
}

fn sync_below(dir: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_below(&entry.path())?;
        } else {
            File::open(entry.path())?.sync_all()?;
        }
    }
    File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::embedded::index::tests::{pointer, set_mark};

    #[test]
    fn behaves() {
        let dir = tempfile::tempdir().unwrap();
        let index = SledIndex::open(&dir.path().join("0")).unwrap();
        crate::store::embedded::index::tests::behaves(Box::new(index));
    }

    #[test]
    fn what_was_closed_opens_again() {
        let dir = tempfile::tempdir().unwrap();
        let mut index = SledIndex::open(dir.path()).unwrap();
        set_mark(&mut index, b"here");
        Box::new(index).close().unwrap();
        let again = SledIndex::open(dir.path()).unwrap();
        assert_eq!(again.mark().unwrap().as_deref(), Some(&b"here"[..]));
    }

    #[test]
    fn a_panicking_engine_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let index = SledIndex::open(dir.path()).unwrap();
        let panics = |_: &mut Option<sled::Db>| -> Result<(), sled::Error> { panic!("planted") };
        assert_eq!(index.ask(panics).unwrap_err(), IndexError::Panicked);
        assert_eq!(index.mark().unwrap_err(), IndexError::Panicked);
    }

    /// Changes are not waited for, so that it is whatever comes next that tells.
    #[test]
    fn changes_that_are_not_made_are_told_by_the_next_call() {
        let dir = tempfile::tempdir().unwrap();
        let mut index = SledIndex::open(dir.path()).unwrap();
        let put = |n| vec![Change::Put([n; 17], pointer(n))];
        index.apply(put(1), Box::new(|_| None)).unwrap();
        assert_eq!(index.get(&[1; 17]), Ok(Some(pointer(1))));
        let gone = |db: &mut Option<sled::Db>| {
            drop(db.take());
            Ok(())
        };
        index.ask(gone).unwrap();
        index.apply(put(2), Box::new(|_| None)).unwrap();
        assert_eq!(index.settle(), Err(IndexError::Engine));
    }

    #[test]
    fn no_more_changes_wait_than_are_allowed() {
        let dir = tempfile::tempdir().unwrap();
        let mut index = SledIndex::open(dir.path()).unwrap();
        for n in 0..4 * BEHIND {
            let byte = u8::try_from(n % 7).unwrap();
            let put = vec![Change::Put([byte; 17], pointer(byte))];
            index.apply(put, Box::new(|_| None)).unwrap();
            assert!(index.behind.get() <= BEHIND);
        }
        index.settle().unwrap();
        assert_eq!(index.behind.get(), 0);
    }

    #[test]
    fn a_hanging_engine_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let mut index = SledIndex::open(dir.path()).unwrap();
        index.patience = Duration::from_millis(20);
        let (_keep, never) = channel::<()>();
        let hangs = move |_: &mut Option<sled::Db>| -> Result<(), sled::Error> {
            never.recv().map_err(|_| closed())
        };
        assert_eq!(index.ask(hangs).unwrap_err(), IndexError::Hung);
    }
}
