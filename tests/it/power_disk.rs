//! A disk in memory that can lose power.
//!
//! It promises no more than file systems do. Bytes are durable once the file was synced, names once
//! their directory was; neither implies the other. When power goes, any subset of what was not synced
//! may have arrived: whole writes, pieces of them, names without bytes. A sync that fails loses its
//! bytes although reading still shows them, and a later sync does not bring them back.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use strongroom::ledger::journal::disk::{Disk, DiskFile, Held, LockError};

type Inode = usize;

/// What arrives of the things that were not synced when power goes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Arrives {
    Nothing,
    Everything,
    /// The first so many things, the last of them torn at this many bytes.
    Prefix {
        torn_at: usize,
    },
    /// Each thing, and each 512 bytes of a write, by chance; what is missing of a grown file may be
    /// rubbish.
    Chance,
}

/// What an error that is reported once stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reported {
    NotDone,
    DoneAllTheSame,
}

/// Protections of the disk that a test can switch off, to see that it notices.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Planted {
    pub(crate) sync_does_nothing: bool,
    pub(crate) sync_dir_does_nothing: bool,
}

#[derive(Debug, Clone, Default)]
struct File {
    durable: Vec<u8>,
    shown: Vec<u8>,
    unsynced: Vec<(usize, Vec<u8>)>,
}

#[derive(Debug, Clone)]
enum Entry {
    File(Inode),
    Dir,
}

#[derive(Debug, Clone, Default)]
struct Dir {
    durable: BTreeMap<String, Entry>,
    shown: BTreeMap<String, Entry>,
    unsynced: Vec<(String, Option<Entry>)>,
}

#[derive(Debug, Clone)]
struct State {
    files: Vec<File>,
    dirs: BTreeMap<PathBuf, Dir>,
    steps: usize,
    off_after: usize,
    syncs: usize,
    failing_sync: usize,
    /// The step that reports an error, and whether what it was for has happened all the same.
    failing_step: Option<(usize, Reported)>,
    capacity: u64,
    planted: Planted,
    locked: Vec<PathBuf>,
}

/// The disk, shared by whoever holds it.
#[derive(Debug, Clone)]
pub(crate) struct PowerDisk(Arc<Mutex<State>>);

impl PowerDisk {
    pub(crate) fn new() -> Self {
        let mut dirs = BTreeMap::new();
        dirs.insert(PathBuf::from("/"), Dir::default());
        Self(Arc::new(Mutex::new(State {
            files: Vec::new(),
            dirs,
            steps: 0,
            off_after: usize::MAX,
            syncs: 0,
            failing_sync: usize::MAX,
            failing_step: None,
            capacity: u64::MAX,
            planted: Planted::default(),
            locked: Vec::new(),
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// An independent copy, as it shows now, with the power on and nobody holding a lock.
    pub(crate) fn copy(&self) -> Self {
        let mut state = self.state().clone();
        state.locked.clear();
        state.steps = 0;
        state.off_after = usize::MAX;
        state.failing_step = None;
        Self(Arc::new(Mutex::new(state)))
    }

    /// How many steps changed something so far.
    pub(crate) fn steps(&self) -> usize {
        self.state().steps
    }

    /// Power goes after so many more steps: everything fails from then on.
    pub(crate) fn power_off_after(&self, steps: usize) {
        let mut state = self.state();
        state.off_after = state.steps + steps;
    }

    /// The sync after so many more good ones fails.
    pub(crate) fn fail_sync_after(&self, good: usize) {
        let mut state = self.state();
        state.failing_sync = state.syncs + good;
    }

    /// The step after so many more good ones reports an error, once.
    pub(crate) fn fail_step_after(&self, good: usize, reported: Reported) {
        let mut state = self.state();
        state.failing_step = Some((state.steps + good + 1, reported));
    }

    pub(crate) fn set_capacity(&self, bytes: u64) {
        self.state().capacity = bytes;
    }

    pub(crate) fn used(&self) -> u64 {
        self.state().used()
    }

    pub(crate) fn plant(&self, planted: Planted) {
        self.state().planted = planted;
    }

    /// The disk as it is found after the power came back.
    pub(crate) fn after_power_cut(&self, arrives: Arrives, seed: u64) -> Self {
        let mut state = self.state().clone();
        let mut chance = Chance(seed.wrapping_mul(2).wrapping_add(1));
        for file in &mut state.files {
            file.shown = file.after_power_cut(arrives, &mut chance);
            file.durable = file.shown.clone();
            file.unsynced.clear();
        }
        for dir in state.dirs.values_mut() {
            let mut entries = dir.durable.clone();
            let count = chosen(arrives, dir.unsynced.len(), &mut chance);
            for (at, (name, entry)) in dir.unsynced.iter().enumerate() {
                if !count(at, &mut chance) {
                    continue;
                }
                match entry {
                    Some(entry) => entries.insert(name.clone(), entry.clone()),
                    None => entries.remove(name),
                };
            }
            dir.shown = entries.clone();
            dir.durable = entries;
            dir.unsynced.clear();
        }
        state.locked.clear();
        state.steps = 0;
        state.off_after = usize::MAX;
        state.failing_sync = usize::MAX;
        state.failing_step = None;
        Self(Arc::new(Mutex::new(state)))
    }

    /// Every file's path.
    pub(crate) fn paths(&self) -> Vec<PathBuf> {
        let state = self.state();
        let mut paths = Vec::new();
        for (dir, listed) in &state.dirs {
            for (name, entry) in &listed.shown {
                if matches!(entry, Entry::File(_)) {
                    paths.push(dir.join(name));
                }
            }
        }
        paths
    }

    pub(crate) fn bytes(&self, path: &Path) -> Vec<u8> {
        let state = self.state();
        state.files[state.inode(path).unwrap()].shown.clone()
    }

    /// Puts these bytes in the place of a file's, durably.
    pub(crate) fn set_bytes(&self, path: &Path, bytes: &[u8]) {
        let mut state = self.state();
        let inode = state.inode(path).unwrap();
        state.files[inode].shown = bytes.to_vec();
        state.files[inode].durable = bytes.to_vec();
    }
}

/// Which of so many unsynced things arrive.
fn chosen(
    arrives: Arrives,
    count: usize,
    chance: &mut Chance,
) -> impl Fn(usize, &mut Chance) -> bool + use<> {
    let prefix = chance.below(count + 1);
    move |at, chance| match arrives {
        Arrives::Nothing => false,
        Arrives::Everything => true,
        Arrives::Prefix { .. } => at < prefix,
        Arrives::Chance => chance.below(2) == 0,
    }
}

impl File {
    fn after_power_cut(&self, arrives: Arrives, chance: &mut Chance) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        let count = self.unsynced.len();
        let comes = chosen(arrives, count, chance);
        for (at, (offset, written)) in self.unsynced.iter().enumerate() {
            let next_is_missing = at + 1 == count || !comes(at + 1, &mut Chance(1));
            match arrives {
                Arrives::Prefix { torn_at } if comes(at, chance) && next_is_missing => {
                    put(&mut bytes, *offset, &written[..torn_at.min(written.len())]);
                }
                Arrives::Chance => {
                    for (piece, part) in written.chunks(512).enumerate() {
                        let at = offset + piece * 512;
                        match chance.below(4) {
                            0 => put(&mut bytes, at, &vec![0xa5; part.len()]),
                            1 => (),
                            _ => put(&mut bytes, at, part),
                        }
                    }
                }
                _ if comes(at, chance) => put(&mut bytes, *offset, written),
                _ => (),
            }
        }
        bytes
    }
}

fn put(bytes: &mut Vec<u8>, offset: usize, part: &[u8]) {
    let end = offset + part.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[offset..end].copy_from_slice(part);
}

/// A small deterministic generator (xorshift).
#[derive(Debug, Clone)]
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % bound.max(1)
    }
}

impl State {
    fn on(&self) -> io::Result<()> {
        if self.steps >= self.off_after {
            return Err(io::Error::other("the power is off"));
        }
        Ok(())
    }

    fn step(&mut self) -> io::Result<()> {
        self.on()?;
        self.steps += 1;
        self.reports(Reported::NotDone)
    }

    /// The end of a step that has happened.
    fn done(&self) -> io::Result<()> {
        self.reports(Reported::DoneAllTheSame)
    }

    fn reports(&self, reported: Reported) -> io::Result<()> {
        if self.failing_step == Some((self.steps, reported)) {
            return Err(io::Error::other("the disk reports an error"));
        }
        Ok(())
    }

    fn used(&self) -> u64 {
        self.files.iter().map(|file| file.shown.len() as u64).sum()
    }

    fn dir(&mut self, path: &Path) -> io::Result<&mut Dir> {
        self.dirs
            .get_mut(path)
            .ok_or(io::ErrorKind::NotFound.into())
    }

    fn entry(&self, path: &Path) -> Option<&Entry> {
        let dir = self.dirs.get(path.parent()?)?;
        dir.shown.get(path.file_name()?.to_str()?)
    }

    fn inode(&self, path: &Path) -> io::Result<Inode> {
        match self.entry(path) {
            Some(Entry::File(inode)) => Ok(*inode),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn set_entry(&mut self, path: &Path, entry: Option<Entry>) -> io::Result<()> {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let dir = self.dir(path.parent().unwrap())?;
        match &entry {
            Some(entry) => dir.shown.insert(name.clone(), entry.clone()),
            None => dir.shown.remove(&name),
        };
        dir.unsynced.push((name, entry));
        Ok(())
    }

    /// Whether this sync is the one that fails.
    fn sync_fails(&mut self) -> bool {
        self.syncs += 1;
        self.syncs > self.failing_sync && {
            self.failing_sync = usize::MAX;
            true
        }
    }
}

impl Disk for PowerDisk {
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let state = self.state();
        state.on()?;
        let inode = state.inode(path)?;
        Ok(Box::new(PowerFile(self.clone(), inode)))
    }

    fn create_new(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let mut state = self.state();
        state.step()?;
        if state.entry(path).is_some() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let inode = state.files.len();
        state.files.push(File::default());
        state.set_entry(path, Some(Entry::File(inode)))?;
        state.done()?;
        Ok(Box::new(PowerFile(self.clone(), inode)))
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.step()?;
        if state.entry(path).is_some() {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        state.set_entry(path, Some(Entry::Dir))?;
        state.dirs.insert(path.into(), Dir::default());
        state.done()
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let mut state = self.state();
        state.on()?;
        Ok(state.dir(dir)?.shown.keys().cloned().collect())
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.step()?;
        let inode = state.inode(from)?;
        state.set_entry(to, Some(Entry::File(inode)))?;
        state.set_entry(from, None)?;
        state.done()
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.inode(path)?;
        state.step()?;
        state.set_entry(path, None)?;
        state.done()
    }

    fn remove_all(&self, path: &Path) -> io::Result<()> {
        for name in self.list(path)? {
            self.remove(&path.join(name))?;
        }
        let mut state = self.state();
        state.step()?;
        // What was in it stays known: the name may come back, and some of the names in it.
        state.set_entry(path, None)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.step()?;
        if state.planted.sync_dir_does_nothing {
            return Ok(());
        }
        let dir = state.dir(path)?;
        dir.durable = dir.shown.clone();
        dir.unsynced.clear();
        state.done()
    }

    fn free_bytes(&self, _: &Path) -> io::Result<u64> {
        let state = self.state();
        Ok(state.capacity.saturating_sub(state.used()))
    }

    fn lock(&self, path: &Path, holder: &str) -> Result<Box<dyn Held>, LockError> {
        if self.state().inode(path).is_err() {
            self.create_new(path)?;
        }
        let mut state = self.state();
        state.on()?;
        if state.locked.iter().any(|locked| locked == path) {
            return Err(LockError::Taken(holder.trim_end().to_owned()));
        }
        state.locked.push(path.into());
        let inode = state.inode(path)?;
        drop(state);
        let file = PowerFile(self.clone(), inode);
        Ok(Box::new(PowerLock(file, path.into())))
    }
}

#[derive(Debug)]
struct PowerFile(PowerDisk, Inode);

impl DiskFile for PowerFile {
    fn size(&self) -> io::Result<u64> {
        let state = self.0.state();
        state.on()?;
        Ok(state.files[self.1].shown.len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let state = self.0.state();
        state.on()?;
        let offset = usize::try_from(offset).unwrap();
        let shown = &state.files[self.1].shown;
        let found = shown
            .get(offset..offset + buffer.len())
            .ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(found);
        Ok(())
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.0.state();
        state.step()?;
        let offset = usize::try_from(offset).unwrap();
        let grows = (offset + bytes.len()).saturating_sub(state.files[self.1].shown.len());
        if state.used() + grows as u64 > state.capacity {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let file = &mut state.files[self.1];
        put(&mut file.shown, offset, bytes);
        file.unsynced.push((offset, bytes.to_vec()));
        state.done()
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.0.state();
        state.step()?;
        if state.planted.sync_does_nothing {
            return Ok(());
        }
        let fails = state.sync_fails();
        let file = &mut state.files[self.1];
        let unsynced = std::mem::take(&mut file.unsynced);
        if fails {
            return Err(io::Error::other("the disk reports an error"));
        }
        for (offset, bytes) in unsynced {
            put(&mut file.durable, offset, &bytes);
        }
        state.done()
    }

    fn sync_all(&self) -> io::Result<()> {
        self.sync_data()
    }

    fn is_at(&self, path: &Path) -> io::Result<bool> {
        let state = self.0.state();
        state.on()?;
        Ok(state.inode(path).is_ok_and(|inode| inode == self.1))
    }
}

#[derive(Debug)]
struct PowerLock(PowerFile, PathBuf);

impl Held for PowerLock {
    fn is_at(&self, path: &Path) -> io::Result<bool> {
        DiskFile::is_at(&self.0, path)
    }
}

impl Drop for PowerLock {
    fn drop(&mut self) {
        self.0.0.state().locked.retain(|locked| *locked != self.1);
    }
}
