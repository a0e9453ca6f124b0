//! Copying what is not there yet. Nothing that an earlier backup lists is changed: files that grow are
//! written on behind what is known of them, all others are written whole under another name first.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::ledger::journal::disk::{Disk, DiskFile, is_absent, remove_if_there};
use crate::store::backup::place::absent;
use crate::store::backup::{Hashing, Listed, Manifest, Place, PlaceError, StoredFile, damaged};

const BUFFER: usize = 1 << 20;
/// What a place keeps free besides the files.
const SPARE: u64 = 1 << 20;

/// Where a file's bytes come from.
pub enum Source<'a> {
    /// The first bytes of a file, on this disk.
    File(&'a dyn Disk, &'a StoredFile),
    /// A file of a backup below this folder: its bytes must be the listed ones.
    Kept(&'a dyn Disk, &'a Path, &'a Listed),
    /// In memory.
    Held(&'a [u8]),
    /// A stream whose bytes have this SHA-256, hex: what the file is named after.
    Named(&'a mut dyn Read, &'a str),
}

impl std::fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Source(..)")
    }
}

/// A backup in the making.
pub struct Copying<'a> {
    place: &'a Place,
    known: Option<&'a Manifest>,
    listed: BTreeMap<String, Listed>,
    fresh: BTreeSet<String>,
    copied: u64,
    dirty: BTreeSet<PathBuf>,
    each: &'a mut dyn FnMut(u64),
}

impl std::fmt::Debug for Copying<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Copying")
            .field("copied", &self.copied)
            .finish_non_exhaustive()
    }
}

impl<'a> Copying<'a> {
    /// Begins beside what the newest backup lists. `each` is told of bytes that have been looked after.
    pub fn begin(
        place: &'a Place,
        known: Option<&'a Manifest>,
        each: &'a mut dyn FnMut(u64),
    ) -> Self {
        Self {
            place,
            known,
            listed: BTreeMap::new(),
            fresh: BTreeSet::new(),
            copied: 0,
            dirty: BTreeSet::new(),
            each,
        }
    }

    /// Insists that so many bytes fit.
    ///
    /// # Errors
    /// [`PlaceError::Full`].
    pub fn room_for(&self, wanted: u64) -> Result<(), PlaceError> {
        let left = self.place.disk.free_bytes(&self.place.dir)?;
        if wanted.saturating_add(SPARE) > left {
            return Err(PlaceError::Full { wanted, left });
        }
        Ok(())
    }

    /// What is known of a file: in this backup, or in the one before.
    pub fn known(&self, path: &str) -> Option<&Listed> {
        self.listed
            .get(path)
            .or_else(|| self.known.and_then(|manifest| manifest.file(path)))
    }

    /// Whether a payload, whose bytes never change, is there as it is known.
    pub fn has(&mut self, path: &str) -> bool {
        let Some(known) = self.known(path).cloned() else {
            return false;
        };
        let there = self.place.disk.open(&self.place.dir.join(path));
        let whole = there
            .and_then(|file| file.size())
            .is_ok_and(|size| size == known.bytes);
        if whole {
            (self.each)(known.bytes);
            self.listed.insert(path.to_owned(), known);
        }
        whole
    }

    /// Takes a file in.
    ///
    /// # Errors
    /// [`PlaceError`]; no backup lists what was written then.
    pub fn put(&mut self, path: &str, source: Source<'_>) -> Result<(), PlaceError> {
        let known = self.known(path).cloned();
        match source {
            Source::Held(bytes) => {
                let mut hash = Hashing::default();
                hash.add(bytes);
                let sha256 = hash.hex();
                let same = known.is_some_and(|known| known.sha256 == sha256) && self.has(path);
                if same {
                    return Ok(());
                }
                self.whole(path, &mut &*bytes, None)
            }
            Source::Kept(disk, dir, listed) => {
                let from = disk
                    .open(&dir.join(path))
                    .map_err(|error| absent(path, error))?;
                if from.size()? < listed.bytes {
                    return Err(damaged(path, "it is cut off"));
                }
                let mut front = Forward::new(&*from, listed.bytes);
                let written = self.whole(path, &mut front, Some(&listed.sha256));
                written.map_err(|error| match error {
                    PlaceError::Source { file, .. } => {
                        damaged(&file, "its bytes are not what was written")
                    }
                    other => other,
                })
            }
            Source::Named(stream, sha256) => self.whole(path, stream, Some(sha256)),
            Source::File(disk, file) => {
                let from = disk.open(&file.at)?;
                match known {
                    Some(known) if file.grows && known.bytes <= file.bytes => {
                        self.grown(path, &*from, file.bytes, &known)
                    }
                    Some(known) if known.bytes == file.bytes && self.has(path) => Ok(()),
                    _ => self.whole(path, &mut Forward::new(&*from, file.bytes), None),
                }
            }
        }
    }

    /// Writes on behind what is known of a file, once what is known has been found to be its beginning.
    fn grown(
        &mut self,
        path: &str,
        from: &dyn DiskFile,
        bytes: u64,
        known: &Listed,
    ) -> Result<(), PlaceError> {
        let at = self.place.dir.join(path);
        let there = match self.place.disk.open(&at) {
            Err(error) if is_absent(&error) => None,
            other => Some(other?).filter(|file| file.size().is_ok_and(|size| size == known.bytes)),
        };
        // What an interrupted backup left behind it, or took away, is written anew as a whole.
        let Some(there) = there else {
            return self.whole(path, &mut Forward::new(from, bytes), None);
        };
        if bytes == known.bytes {
            self.list(path, known.clone());
            (self.each)(bytes);
            return Ok(());
        }
        let mut hash = Hashing::default();
        let mut front = Forward::new(from, known.bytes);
        copy(&mut front, &mut |part| {
            hash.add(part);
            (self.each)(part.len() as u64);
            Ok(())
        })?;
        if hash.clone().hex() != known.sha256 {
            let says = "the folder keeps backups of another history of this vault: what it has of the \
                        journal is not how this vault begins";
            return Err(PlaceError::Unfit(says.to_owned()));
        }
        let mut offset = known.bytes;
        let mut rest = Forward::from(from, known.bytes, bytes);
        copy(&mut rest, &mut |part| {
            there.write_at(part, offset)?;
            hash.add(part);
            offset += part.len() as u64;
            (self.each)(part.len() as u64);
            Ok(())
        })?;
        there.sync_all()?;
        self.wrote(path, bytes - known.bytes, (bytes, hash.hex()));
        Ok(())
    }

    /// Writes a file whole, under another name first.
    fn whole(
        &mut self,
        path: &str,
        from: &mut dyn Read,
        named: Option<&str>,
    ) -> Result<(), PlaceError> {
        let to = self.place.dir.join(path);
        self.make_parents(&to)?;
        let staged = self.place.dir.join("writing.tmp");
        let disk = Arc::clone(&self.place.disk);
        remove_if_there(&*disk, &staged)?;
        let written = self.write(&staged, from, named, path);
        if written.is_err() {
            drop(disk.remove(&staged));
        }
        let (bytes, sha256) = written?;
        disk.rename(&staged, &to)?;
        self.dirty.insert(self.place.dir.clone());
        self.dirty.extend(to.parent().map(Path::to_owned));
        self.wrote(path, bytes, (bytes, sha256));
        Ok(())
    }

    fn write(
        &mut self,
        staged: &Path,
        from: &mut dyn Read,
        named: Option<&str>,
        path: &str,
    ) -> Result<(u64, String), PlaceError> {
        let file = self.place.disk.create_new(staged)?;
        let (mut hash, mut bytes) = (Hashing::default(), 0);
        copy(from, &mut |part| {
            file.write_at(part, bytes)?;
            hash.add(part);
            bytes += part.len() as u64;
            (self.each)(part.len() as u64);
            Ok(())
        })?;
        file.sync_all()?;
        let sha256 = hash.hex();
        if named.is_some_and(|named| named != sha256) {
            return Err(PlaceError::Source {
                file: path.to_owned(),
                what: "its bytes are not what it is named after".to_owned(),
            });
        }
        Ok((bytes, sha256))
    }

    fn make_parents(&mut self, path: &Path) -> io::Result<()> {
        let below = path
            .parent()
            .and_then(|parent| parent.strip_prefix(&self.place.dir).ok());
        let mut at = self.place.dir.clone();
        for part in below.into_iter().flat_map(Path::components) {
            let parent = at.clone();
            at.push(part);
            match self.place.disk.create_dir(&at) {
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                Err(_) => (),
                Ok(()) => drop(self.dirty.insert(parent)),
            }
        }
        Ok(())
    }

    /// Lists a file that was written, of which so much is new.
    fn wrote(&mut self, path: &str, new: u64, (bytes, sha256): (u64, String)) {
        self.copied += new;
        self.fresh.insert(path.to_owned());
        let listed = Listed {
            path: path.to_owned(),
            bytes,
            sha256,
        };
        self.list(path, listed);
    }

    fn list(&mut self, path: &str, listed: Listed) {
        self.listed.insert(path.to_owned(), listed);
    }

    /// How many bytes were written.
    pub const fn copied(&self) -> u64 {
        self.copied
    }

    /// Makes every name durable; the files there are, and which of them were written.
    ///
    /// # Errors
    /// As the file system reports.
    pub fn settle(&mut self) -> io::Result<(Vec<Listed>, BTreeSet<String>)> {
        // Deepest first: a name is of use once those above it are there.
        for dir in std::mem::take(&mut self.dirty).iter().rev() {
            self.place.disk.sync_dir(dir)?;
        }
        Ok((self.listed.values().cloned().collect(), self.fresh.clone()))
    }
}

/// Reads to the end, showing `each` what was read.
fn copy(from: &mut dyn Read, each: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let read = match from.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        let (part, _) = buffer.split_at(read);
        if part.is_empty() {
            return Ok(());
        }
        each(part)?;
    }
}

/// Reads a part of a file forward.
struct Forward<'a> {
    file: &'a dyn DiskFile,
    at: u64,
    end: u64,
}

impl<'a> Forward<'a> {
    const fn new(file: &'a dyn DiskFile, end: u64) -> Self {
        Self::from(file, 0, end)
    }

    const fn from(file: &'a dyn DiskFile, at: u64, end: u64) -> Self {
        Self { file, at, end }
    }
}

impl Read for Forward<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.end.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let count = left.min(buffer.len());
        let (part, _) = buffer.split_at_mut(count);
        self.file.read_at(part, self.at)?;
        self.at += count as u64;
        Ok(count)
    }
}
