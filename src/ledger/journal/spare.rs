//! The segment made ahead. A full disk is then found while half a segment is still free, and a commit
//! never waits for zeros to be written.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use crate::ledger::journal::Settings;
use crate::ledger::journal::disk::{Disk, DiskFile, remove_if_there};
use crate::ledger::journal::segment;

/// A file of this name is never a segment; opening a journal removes it.
const STAGED: &str = "spare.tmp";

/// What became of making the next segment ahead.
#[derive(Debug)]
pub(crate) struct Spare {
    dir: PathBuf,
    state: State,
}

#[derive(Debug)]
enum State {
    Unwanted,
    Making(JoinHandle<io::Result<Box<dyn DiskFile>>>),
    Ready(Box<dyn DiskFile>),
    Missing,
}

impl Spare {
    pub(crate) fn at(dir: &Path) -> Self {
        Self {
            dir: dir.into(),
            state: State::Unwanted,
        }
    }

    /// Sees to it that the next segment is there or being made, if the disk has room.
    pub(crate) fn want(&mut self, disk: &Arc<dyn Disk>, settings: &Settings, free: u64) {
        self.collect();
        if !matches!(self.state, State::Unwanted | State::Missing) {
            return;
        }
        let size = settings.segment_bytes;
        if free < size {
            self.state = State::Missing;
            return;
        }
        let (own, dir) = (Arc::clone(disk), self.dir.clone());
        let job = move || make(&*own, &dir, size);
        self.state = if settings.make_ahead_in_background {
            State::Making(std::thread::spawn(job))
        } else {
            made(job())
        };
    }

    /// Whether the last try to make it failed.
    pub(crate) fn is_missing(&self) -> bool {
        matches!(self.state, State::Missing)
    }

    /// The next segment's zeros, made now when they were not made ahead.
    pub(crate) fn take(
        &mut self,
        disk: &dyn Disk,
        settings: &Settings,
    ) -> io::Result<Box<dyn DiskFile>> {
        match std::mem::replace(&mut self.state, State::Unwanted) {
            State::Ready(file) => return Ok(file),
            State::Making(job) => {
                if let Ok(Ok(file)) = job.join() {
                    return Ok(file);
                }
            }
            State::Unwanted | State::Missing => (),
        }
        let file = make(disk, &self.dir, settings.segment_bytes);
        if file.is_err() {
            self.state = State::Missing;
        }
        file
    }

    /// Removes it, waiting for one that is being made.
    pub(crate) fn discard(&mut self, disk: &dyn Disk) {
        self.wait();
        // What is left lying is removed at the next opening.
        drop(remove_if_there(disk, &self.dir.join(STAGED)));
    }

    fn wait(&mut self) {
        if let State::Making(job) = std::mem::replace(&mut self.state, State::Unwanted) {
            drop(job.join());
        }
    }

    fn collect(&mut self) {
        match std::mem::replace(&mut self.state, State::Unwanted) {
            State::Making(job) if job.is_finished() => {
                let result = job.join();
                self.state = result.map_or(State::Missing, made);
            }
            other => self.state = other,
        }
    }
}

impl Drop for Spare {
    /// The thread must not go on writing beneath whoever opens this journal next.
    fn drop(&mut self) {
        self.wait();
    }
}

fn made(result: io::Result<Box<dyn DiskFile>>) -> State {
    result.map_or(State::Missing, State::Ready)
}

/// Makes the zeros of a segment of `size` bytes under a name that is none.
pub(crate) fn make(disk: &dyn Disk, dir: &Path, size: u64) -> io::Result<Box<dyn DiskFile>> {
    let path = dir.join(STAGED);
    remove_if_there(disk, &path)?;
    let file = segment::preallocate(disk, &path, size);
    if file.is_err() {
        // Gives back what a full disk needs more than we do.
        drop(remove_if_there(disk, &path));
    }
    file
}

/// Writes the header and gives the file its segment's name. Durable when it returns.
pub(crate) fn name(
    disk: &dyn Disk,
    dir: &Path,
    file: Box<dyn DiskFile>,
    number: u32,
    header: &[u8],
) -> io::Result<Box<dyn DiskFile>> {
    file.write_at(header, 0)?;
    file.sync_all()?;
    disk.rename(&dir.join(STAGED), &dir.join(segment::name(number)))?;
    disk.sync_dir(dir)?;
    Ok(file)
}
