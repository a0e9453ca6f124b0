//! The index in sled 0.34.
//!
//! sled is given nothing to lose: it is never asked to make anything durable while the store runs, and
//! an index that was not closed cleanly is not opened again but made anew. It panics on damaged files
//! and has been seen to hang, so it lives on a thread of its own; whoever asks it something waits only
//! so long, and a thread that does not answer is left behind with its directory. Values are pointers of
//! 48 bytes: sled moves large pages to side files.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use crate::sealing::RowId;
use crate::store::embedded::index::{
    Change, Index, IndexError, Key, PAGE, Pointer, Tally, id_of, key,
};

/// Beyond every tree's number.
const MARK: &[u8] = b"\xffapplied";
/// How long an answer may take; reading a large index at opening is the slowest.
const PATIENCE: Duration = Duration::from_mins(1);
/// sled gives its lock back some time after it was dropped.
const LOCK_TRIES: u32 = 50;
const LOCK_PAUSE: Duration = Duration::from_millis(20);

type Job = Box<dyn FnOnce(&mut Option<sled::Db>) + Send>;

/// A sled database on its own thread.
#[derive(Debug)]
pub(crate) struct SledIndex {
    jobs: Sender<Job>,
    dir: PathBuf,
    patience: Duration,
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
        let index = Self {
            jobs,
            dir: dir.into(),
            patience,
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
        match answer.recv_timeout(self.patience) {
            Ok(result) => result.map_err(|_| IndexError::Engine),
            Err(RecvTimeoutError::Timeout) => Err(IndexError::Hung),
            Err(RecvTimeoutError::Disconnected) => Err(IndexError::Panicked),
        }
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

    fn apply(&mut self, changes: Vec<Change>) -> Result<Vec<Option<Pointer>>, IndexError> {
        // Plain writes, no batch: a batch seals sled's log buffer each time, and a rebuild in batches
        // takes ten times the memory.
        self.with(move |db| {
            let mut before = Vec::with_capacity(changes.len());
            for change in changes {
                let old = match change {
                    Change::Put(key, pointer) => db.insert(key, &pointer.to_bytes()[..])?,
                    Change::Drop(key) => db.remove(key)?,
                };
                before.push(old.as_ref().map(pointer_in).transpose()?);
            }
            Ok(before)
        })
    }

    fn set_mark(&mut self, mark: Vec<u8>) -> Result<(), IndexError> {
        self.with(move |db| db.insert(MARK, mark).map(drop))
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
        index.set_mark(b"here".to_vec()).unwrap();
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
