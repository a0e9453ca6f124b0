//! Payloads as files, through `object_store`, so that a bucket can take their place.
//!
//! ```text
//! payload/<first two hex digits>/<sha256 in hex>
//! payload/incoming/      uploads that have not finished; emptied at opening
//! ```
//!
//! Writes are flushed because the store is told so (off by default). Its deletions never are, whatever
//! it is told; we flush the directory after them.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_executor::{block_on, block_on_stream};
use object_store::local::LocalFileSystem;
use object_store::path::Path as Name;
use object_store::{
    Error, GetResultPayload, MultipartUpload, ObjectStore, ObjectStoreExt, PutPayload,
};

use crate::bytes::{hex, unhex};
use crate::ids::{base32, random};
use crate::ledger::journal::disk::{Disk, RealDisk};
use crate::store::payload::{Hashing, PayloadError, PayloadRef, Payloads, Sha256, Upload};

const INCOMING: &str = "incoming";
/// What an upload keeps in memory.
const PART: usize = 4 << 20;

/// Payloads below a vault's `payload/`.
#[derive(Debug, Clone)]
pub struct ObjectPayloads(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    dir: PathBuf,
    objects: LocalFileSystem,
    /// Finished uploads nobody has named yet, and how often each was uploaded.
    held: Mutex<BTreeMap<Sha256, usize>>,
}

impl ObjectPayloads {
    /// Makes the directories in a vault's directory, open to their owner alone, and makes them durable.
    ///
    /// # Errors
    /// As the file system reports; a `payload` that is there is an error.
    pub fn create(vault: &Path) -> Result<Self, PayloadError> {
        RealDisk.create_dir(&vault.join("payload"))?;
        Self::open(vault)
    }

    /// Opens the payloads of a vault, which nobody else may have open, clears away what unfinished
    /// uploads left, and makes the directories that are missing: tools that copy a vault may leave out
    /// the empty ones.
    ///
    /// # Errors
    /// As the file system reports.
    pub fn open(vault: &Path) -> Result<Self, PayloadError> {
        let dir = vault.join("payload");
        make_missing(vault, &dir)?;
        // The store hides the files it stages, so they are looked for beneath it.
        for name in RealDisk.list(&dir.join(INCOMING))? {
            RealDisk.remove(&dir.join(INCOMING).join(name))?;
        }
        let objects = LocalFileSystem::new_with_prefix(&dir).map_err(store_error)?;
        Ok(Self(Arc::new(Inner {
            dir,
            objects: objects.with_fsync(true),
            held: Mutex::default(),
        })))
    }
}

/// Makes `dir` and every directory in it that is not there, durably.
fn make_missing(vault: &Path, dir: &Path) -> io::Result<()> {
    match RealDisk.create_dir(dir) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => (),
    }
    let there: BTreeSet<String> = RealDisk.list(dir)?.into_iter().collect();
    let shelves = (0..=u8::MAX).map(|number| hex(&[number]));
    let missing: Vec<String> = shelves
        .chain([INCOMING.to_owned()])
        .filter(|name| !there.contains(name))
        .collect();
    for name in &missing {
        RealDisk.create_dir(&dir.join(name))?;
    }
    if missing.is_empty() {
        return Ok(());
    }
    RealDisk.sync_dir(dir)?;
    RealDisk.sync_dir(vault)
}

impl Inner {
    fn held(&self) -> MutexGuard<'_, BTreeMap<Sha256, usize>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self, sha256: &Sha256) -> Result<Box<dyn Read + Send>, PayloadError> {
        match wait(self.objects.get(&name(sha256)))?.payload {
            GetResultPayload::File(file, _) => Ok(Box::new(file)),
            GetResultPayload::Stream(_) => Err(io::Error::from(io::ErrorKind::Unsupported).into()),
        }
    }

    /// Gives a finished upload its name. Bytes that stand there already are believed only once read.
    fn publish(&self, staged: &Name, stored: &PayloadRef) -> Result<(), PayloadError> {
        let to = name(&stored.sha256);
        match block_on(self.objects.rename_if_not_exists(staged, &to)) {
            Err(Error::AlreadyExists { .. }) => (),
            other => return other.map_err(store_error),
        }
        let mut hash = Hashing::default();
        io::copy(&mut self.open(&stored.sha256)?, &mut hash)?;
        if hash.finish() == *stored {
            wait(self.objects.delete(staged))
        } else {
            wait(self.objects.rename(staged, &to))
        }
    }

    fn remove(&self, sha256: &Sha256) -> Result<(), PayloadError> {
        match wait(self.objects.delete(&name(sha256))) {
            Ok(()) | Err(PayloadError::Absent) => (),
            Err(error) => return Err(error),
        }
        // Also when it was absent: an earlier removal may not have been flushed.
        Ok(RealDisk.sync_dir(&self.dir.join(shelf(sha256)))?)
    }
}

/// The directory a payload stands in.
fn shelf(sha256: &Sha256) -> String {
    let (first, _) = sha256.split_at(1);
    hex(first)
}

fn name(sha256: &Sha256) -> Name {
    Name::from_iter([shelf(sha256), hex(sha256)])
}

/// The payload's name in an object's; `None` for other files.
fn sha256_in(object: &Name) -> Option<Sha256> {
    let sha256: Sha256 = unhex(object.filename()?)?.try_into().ok()?;
    (name(&sha256) == *object).then_some(sha256)
}

fn wait<T>(what: impl Future<Output = Result<T, Error>>) -> Result<T, PayloadError> {
    block_on(what).map_err(store_error)
}

/// Keeps the operating system's error, so that a full disk can be told from a broken one.
fn store_error(error: Error) -> PayloadError {
    if matches!(error, Error::NotFound { .. }) {
        return PayloadError::Absent;
    }
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    let mut number = None;
    while let Some(inner) = cause {
        if let Some(found) = inner.downcast_ref::<io::Error>() {
            number = found.raw_os_error();
        }
        cause = inner.source();
    }
    let system = number.map(io::Error::from_raw_os_error);
    PayloadError::Io(system.unwrap_or_else(|| io::Error::other(error)))
}

struct ObjectUpload {
    to: Arc<Inner>,
    staged: Name,
    parts: Box<dyn MultipartUpload>,
    buffer: Vec<u8>,
    hash: Hashing,
    /// A part did not arrive; what follows must not make a payload.
    failed: bool,
}

impl ObjectUpload {
    fn send(&mut self) -> Result<(), PayloadError> {
        let part = std::mem::replace(&mut self.buffer, Vec::with_capacity(PART));
        let sent = wait(self.parts.put_part(PutPayload::from(part)));
        self.failed |= sent.is_err();
        sent
    }
}

impl Write for ObjectUpload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(PART - self.buffer.len());
        let (now, _) = bytes.split_at(taken);
        self.buffer.extend_from_slice(now);
        self.hash.write_all(now)?;
        if self.buffer.len() == PART {
            self.send()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Upload for ObjectUpload {
    fn finish(mut self: Box<Self>) -> Result<PayloadRef, PayloadError> {
        if !self.buffer.is_empty() {
            self.send()?;
        }
        if self.failed {
            return Err(io::Error::other("a part of it could not be written").into());
        }
        wait(self.parts.complete())?;
        let stored = self.hash.clone().finish();
        // Held before it has its name: a sweep must not come between.
        *self.to.held().entry(stored.sha256).or_default() += 1;
        let published = self.to.publish(&self.staged, &stored);
        if published.is_err() {
            release(&self.to, &stored.sha256);
        }
        published.map(|()| stored)
    }
}

fn release(inner: &Inner, sha256: &Sha256) {
    let mut held = inner.held();
    match held.get_mut(sha256) {
        Some(count) if *count > 1 => *count -= 1,
        _ => drop(held.remove(sha256)),
    }
}

impl Payloads for ObjectPayloads {
    fn upload(&self) -> Result<Box<dyn Upload>, PayloadError> {
        let staged = Name::from_iter([INCOMING.to_owned(), base32(&random())]);
        Ok(Box::new(ObjectUpload {
            to: Arc::clone(&self.0),
            parts: wait(self.0.objects.put_multipart(&staged))?,
            staged,
            buffer: Vec::with_capacity(PART),
            hash: Hashing::default(),
            failed: false,
        }))
    }

    fn open(&self, sha256: &Sha256) -> Result<Box<dyn Read + Send>, PayloadError> {
        self.0.open(sha256)
    }

    fn exists(&self, sha256: &Sha256) -> Result<bool, PayloadError> {
        match wait(self.0.objects.head(&name(sha256))) {
            Ok(_) => Ok(true),
            Err(PayloadError::Absent) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn length(&self, sha256: &Sha256) -> Result<u64, PayloadError> {
        Ok(wait(self.0.objects.head(&name(sha256)))?.size)
    }

    fn remove(&self, sha256: &Sha256) -> Result<(), PayloadError> {
        self.0.remove(sha256)
    }

    fn list(&self) -> Result<Vec<Sha256>, PayloadError> {
        let mut names = Vec::new();
        for object in block_on_stream(self.0.objects.list(None)) {
            names.extend(sha256_in(&object.map_err(store_error)?.location));
        }
        names.sort_unstable();
        Ok(names)
    }

    fn release(&self, sha256: &Sha256) {
        release(&self.0, sha256);
    }

    fn sweep(&self, named: &mut dyn FnMut(&Sha256) -> bool) -> Result<Vec<Sha256>, PayloadError> {
        let mut removed = Vec::new();
        for sha256 in self.list()? {
            // The lock is kept from the question to the removal: an upload that finishes meanwhile
            // waits, and then finds that it has to write the bytes itself.
            let held = self.0.held();
            if !held.contains_key(&sha256) && !named(&sha256) {
                self.0.remove(&sha256)?;
                removed.push(sha256);
            }
        }
        Ok(removed)
    }
}
