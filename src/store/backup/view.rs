//! A folder as one backup sees it: the files its manifest lists, cut where it says, and nothing else. What
//! reads a vault reads a backup through it, and cannot write.

use std::fmt;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::ledger::journal::disk::{Disk, DiskFile, Held, LockError};
use crate::store::backup::Manifest;

/// The operating system's files, for reading: also on a disk that takes no writes.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReadOnly;

/// A backup's files.
#[derive(Clone)]
pub struct View {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    manifest: Arc<Manifest>,
}

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View")
            .field("dir", &self.dir)
            .finish_non_exhaustive()
    }
}

impl View {
    /// The backup of this manifest below `dir`.
    pub fn new(disk: Arc<dyn Disk>, dir: &Path, manifest: Arc<Manifest>) -> Self {
        Self {
            disk,
            dir: dir.to_owned(),
            manifest,
        }
    }

    fn inside<'a>(&self, path: &'a Path) -> Option<&'a str> {
        path.strip_prefix(&self.dir).ok()?.to_str()
    }
}

fn read_only<T>() -> io::Result<T> {
    Err(io::ErrorKind::ReadOnlyFilesystem.into())
}

/// What a [`DiskFile`] does that takes no writes.
macro_rules! takes_no_bytes {
    () => {
        fn write_at(&self, _: &[u8], _: u64) -> io::Result<()> {
            read_only()
        }

        fn sync_data(&self) -> io::Result<()> {
            read_only()
        }

        fn sync_all(&self) -> io::Result<()> {
            read_only()
        }
    };
}

/// What a [`Disk`] does that takes no writes. Its lock is nobody's.
macro_rules! takes_no_names {
    () => {
        fn lock(&self, _: &Path, _: &str) -> Result<Box<dyn Held>, LockError> {
            Ok(Box::new(Unlocked))
        }

        fn create_new(&self, _: &Path) -> io::Result<Box<dyn DiskFile>> {
            read_only()
        }

        fn create_dir(&self, _: &Path) -> io::Result<()> {
            read_only()
        }

        fn rename(&self, _: &Path, _: &Path) -> io::Result<()> {
            read_only()
        }

        fn remove(&self, _: &Path) -> io::Result<()> {
            read_only()
        }

        fn remove_all(&self, _: &Path) -> io::Result<()> {
            read_only()
        }

        fn sync_dir(&self, _: &Path) -> io::Result<()> {
            read_only()
        }
    };
}

/// A lock nobody else asks for: a backup that is listed does not change.
#[derive(Debug)]
struct Unlocked;

impl Held for Unlocked {
    fn is_at(&self, _: &Path) -> io::Result<bool> {
        Ok(true)
    }
}

impl Disk for View {
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        let name = self.inside(path).ok_or(io::ErrorKind::NotFound)?;
        if let Some(text) = self.manifest.texts.get(name) {
            return Ok(Box::new(Text(text.clone().into_bytes())));
        }
        let listed = self.manifest.file(name).ok_or(io::ErrorKind::NotFound)?;
        let file = self.disk.open(path)?;
        if file.size()? < listed.bytes {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(Box::new(Front {
            file,
            bytes: listed.bytes,
        }))
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        let dir = self.inside(dir).ok_or(io::ErrorKind::NotFound)?;
        let below = |path: &String| {
            let rest = path.strip_prefix(dir)?.strip_prefix('/')?;
            rest.split('/').next().map(str::to_owned)
        };
        let files = self.manifest.files.iter().map(|file| &file.path);
        let mut names: Vec<String> = files
            .chain(self.manifest.texts.keys())
            .filter_map(below)
            .collect();
        names.sort();
        names.dedup();
        Ok(names)
    }

    takes_no_names!();

    fn free_bytes(&self, dir: &Path) -> io::Result<u64> {
        self.disk.free_bytes(dir)
    }
}

/// The first bytes of a file.
#[derive(Debug)]
struct Front {
    file: Box<dyn DiskFile>,
    bytes: u64,
}

impl DiskFile for Front {
    fn size(&self) -> io::Result<u64> {
        Ok(self.bytes)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let end = offset.checked_add(buffer.len() as u64);
        if end.is_none_or(|end| end > self.bytes) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.file.read_at(buffer, offset)
    }

    takes_no_bytes!();

    fn is_at(&self, path: &Path) -> io::Result<bool> {
        self.file.is_at(path)
    }
}

/// A short file that stands in the manifest.
#[derive(Debug)]
struct Text(Vec<u8>);

impl DiskFile for Text {
    fn size(&self) -> io::Result<u64> {
        Ok(self.0.len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        let at = usize::try_from(offset).unwrap_or(usize::MAX);
        let end = at.saturating_add(buffer.len());
        let bytes = self.0.get(at..end).ok_or(io::ErrorKind::UnexpectedEof)?;
        buffer.copy_from_slice(bytes);
        Ok(())
    }

    takes_no_bytes!();

    fn is_at(&self, _: &Path) -> io::Result<bool> {
        Ok(true)
    }
}

#[derive(Debug)]
struct Reading(File);

impl DiskFile for Reading {
    fn size(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        self.0.read_exact_at(buffer, offset)
    }

    takes_no_bytes!();

    fn is_at(&self, _: &Path) -> io::Result<bool> {
        Ok(true)
    }
}

impl Disk for ReadOnly {
    fn open(&self, path: &Path) -> io::Result<Box<dyn DiskFile>> {
        Ok(Box::new(Reading(File::open(path)?)))
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        crate::ledger::journal::disk::RealDisk.list(dir)
    }

    takes_no_names!();

    fn free_bytes(&self, dir: &Path) -> io::Result<u64> {
        crate::ledger::journal::disk::RealDisk.free_bytes(dir)
    }
}
