//! The few things the journal asks of a file system, so that tests can put a disk beneath it that loses
//! power, fills up or reports errors. [`RealDisk`] is the one that production uses.
//!
//! What each call promises is written here as the weakest thing file systems do: bytes are durable
//! after the file's sync, names after their directory's sync, and neither implies the other.

mod files;

use std::fmt::Debug;
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

pub use self::files::{
    is_absent, make_dir, read_part, read_whole, reason, remove_if_there, sync_name, write_whole,
};

/// A file system.
pub trait Disk: Debug + Send + Sync {
    /// Opens an existing file for reading and writing.
    ///
    /// # Errors
    /// As the file system reports.
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;

    /// Makes a file that was not there, readable by its owner alone.
    ///
    /// # Errors
    /// As the file system reports; a file of this name is an error.
    fn create_new(&self, path: &Path) -> io::Result<Box<dyn DiskFile>>;

    /// Makes a directory that was not there, open to its owner alone.
    ///
    /// # Errors
    /// As the file system reports.
    fn create_dir(&self, path: &Path) -> io::Result<()>;

    /// The names in a directory, in order.
    ///
    /// # Errors
    /// As the file system reports.
    fn list(&self, dir: &Path) -> io::Result<Vec<String>>;

    /// Gives a file another name, in place of what had it. Durable after [`Disk::sync_dir`].
    ///
    /// # Errors
    /// As the file system reports.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file's name. Durable after [`Disk::sync_dir`].
    ///
    /// # Errors
    /// As the file system reports.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Removes a directory and everything in it. Durable after [`Disk::sync_dir`] of its parent.
    ///
    /// # Errors
    /// As the file system reports; some of it may be gone by then.
    fn remove_all(&self, dir: &Path) -> io::Result<()>;

    /// Makes the names in a directory durable.
    ///
    /// # Errors
    /// As the file system reports.
    fn sync_dir(&self, dir: &Path) -> io::Result<()>;

    /// How many bytes the disk has left for us.
    ///
    /// # Errors
    /// As the file system reports.
    fn free_bytes(&self, dir: &Path) -> io::Result<u64>;

    /// Takes the lock of this file, which is made when it is not there, until it is dropped, and writes
    /// into it who has it. The text is information; the lock is the truth.
    ///
    /// # Errors
    /// [`LockError`].
    fn lock(&self, path: &Path, holder: &str) -> Result<Box<dyn Held>, LockError>;
}

/// A lock that is held while this lives.
pub trait Held: Debug + Send + Sync {
    /// Whether the locked file is still the file of that name.
    ///
    /// # Errors
    /// As the file system reports.
    fn is_at(&self, path: &Path) -> io::Result<bool>;
}

/// Why a lock was not taken.
#[derive(Debug)]
pub enum LockError {
    /// Somebody else has it: what they wrote into the file, cut to one short line.
    Taken(String),
    /// The disk reported an error.
    Io(io::Error),
}

impl From<io::Error> for LockError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// An open file.
pub trait DiskFile: Debug + Send + Sync {
    /// How many bytes it has.
    ///
    /// # Errors
    /// As the file system reports.
    fn size(&self) -> io::Result<u64>;

    /// Fills `buffer` from `offset`.
    ///
    /// # Errors
    /// As the file system reports; fewer bytes than asked for are an error.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()>;

    /// Writes all of `bytes` at `offset`.
    ///
    /// # Errors
    /// As the file system reports; how much was written is then unknown.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Makes the bytes durable, and the size where reading them needs it.
    ///
    /// # Errors
    /// As the file system reports; nothing about the bytes is known then, nor after another try.
    fn sync_data(&self) -> io::Result<()>;

    /// Makes everything about the file durable except its name.
    ///
    /// # Errors
    /// As for [`DiskFile::sync_data`].
    fn sync_all(&self) -> io::Result<()>;

    /// Whether this is still the file of that name.
    ///
    /// # Errors
    /// As the file system reports.
    fn is_at(&self, path: &Path) -> io::Result<bool>;
}

/// The operating system's files.
#[derive(Debug, Clone, Copy, Default)]
pub struct RealDisk;

impl Disk for RealDisk {
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = OpenOptions::new().read(true).write(true).open(path)?;
        Ok(Box::new(RealFile(file)))
    }

    fn create_new(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        Ok(Box::new(RealFile(file)))
    }

    fn create_dir(&self, path: &Path) -> io::Result<()> {
        DirBuilder::new().mode(0o700).create(path)
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(dir)? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        names.sort();
        Ok(names)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        std::fs::remove_file(path)
    }

    fn remove_all(&self, dir: &Path) -> io::Result<()> {
        std::fs::remove_dir_all(dir)
    }

    fn sync_dir(&self, dir: &Path) -> io::Result<()> {
        File::open(dir)?.sync_all()
    }

    fn free_bytes(&self, dir: &Path) -> io::Result<u64> {
        let status = rustix::fs::statvfs(dir)?;
        Ok(status.f_bavail.saturating_mul(status.f_frsize))
    }

    fn lock(&self, path: &Path, holder: &str) -> Result<Box<dyn Held>, LockError> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)?;
        match file.try_lock() {
            Ok(()) => (),
            Err(TryLockError::WouldBlock) => return Err(LockError::Taken(who_has(&file))),
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        file.set_len(0)?;
        file.write_all_at(holder.as_bytes(), 0)?;
        Ok(Box::new(RealLock(file)))
    }
}

/// The first line of a lock file, as far as it is plain text.
fn who_has(file: &File) -> String {
    let line = first_line(file);
    if line.is_empty() {
        return "another process".into();
    }
    line
}

fn first_line(file: &File) -> String {
    let mut text = [0; 80];
    let read = file.read_at(&mut text, 0).unwrap_or(0);
    text.iter()
        .take(read)
        .map(|byte| char::from(*byte))
        .take_while(|c| c.is_ascii_graphic() || *c == ' ')
        .collect()
}

/// A locked file. The lock is given back by name, not only by closing: a process that this one is starting
/// at that very moment has the open file too, until it has become its own program, and would hold on to the lock.
#[derive(Debug)]
struct RealLock(File);

impl Drop for RealLock {
    fn drop(&mut self) {
        // Where it fails, closing still gives it back.
        drop(self.0.unlock());
    }
}

impl Held for RealLock {
    fn is_at(&self, path: &Path) -> io::Result<bool> {
        is_named(&self.0, path)
    }
}

#[derive(Debug)]
struct RealFile(File);

impl DiskFile for RealFile {
    fn size(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.0.read_exact_at(buffer, offset)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_all_at(bytes, offset)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }

    fn sync_all(&self) -> io::Result<()> {
        self.0.sync_all()
    }

    fn is_at(&self, path: &Path) -> io::Result<bool> {
        is_named(&self.0, path)
    }
}

fn is_named(file: &File, path: &Path) -> io::Result<bool> {
    let own = file.metadata()?;
    let named = match std::fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        other => other?,
    };
    Ok(own.nlink() > 0 && (own.dev(), own.ino()) == (named.dev(), named.ino()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(path: &Path) -> bool {
        matches!(RealDisk.lock(path, "process 2"), Err(LockError::Taken(_)))
    }

    /// A locked file, and the same open file as a process has it that is being started, until it has become its own
    /// program.
    fn locked(path: &Path) -> (File, File) {
        let file = File::create(path).unwrap();
        file.try_lock().unwrap();
        let child_s = file.try_clone().unwrap();
        (file, child_s)
    }

    #[test]
    fn a_lock_is_given_back_although_a_child_still_has_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let (own, _child_s) = locked(&path);
        let held = RealLock(own);
        assert!(taken(&path));
        drop(held);
        assert!(!taken(&path));
    }

    /// The planted control.
    #[test]
    fn closing_alone_would_leave_it_with_the_child() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lock");
        let (own, _child_s) = locked(&path);
        drop(own);
        assert!(taken(&path));
    }
}
