//! Payloads in memory, for tests of whatever stands above.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Cursor, Read, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::store::payload::{Hashing, PayloadError, PayloadRef, Payloads, Sha256, Upload};

#[derive(Debug, Default)]
struct Inner {
    payloads: BTreeMap<Sha256, Arc<[u8]>>,
    held: BTreeSet<Sha256>,
}

/// Payloads that live as long as this and its clones.
#[derive(Debug, Clone, Default)]
pub struct MemoryPayloads(Arc<Mutex<Inner>>);

impl MemoryPayloads {
    /// Without any payload.
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct MemoryUpload {
    to: MemoryPayloads,
    bytes: Vec<u8>,
}

impl Write for MemoryUpload {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Upload for MemoryUpload {
    fn finish(self: Box<Self>) -> Result<PayloadRef, PayloadError> {
        let mut hash = Hashing::default();
        hash.write_all(&self.bytes)?;
        let stored = hash.finish();
        let mut inner = self.to.lock();
        inner.held.insert(stored.sha256);
        inner.payloads.insert(stored.sha256, self.bytes.into());
        Ok(stored)
    }
}

impl Payloads for MemoryPayloads {
    fn upload(&self) -> Result<Box<dyn Upload>, PayloadError> {
        Ok(Box::new(MemoryUpload {
            to: self.clone(),
            bytes: Vec::new(),
        }))
    }

    fn open(&self, sha256: &Sha256) -> Result<Box<dyn Read + Send>, PayloadError> {
        let bytes = self.lock().payloads.get(sha256).cloned();
        Ok(Box::new(Cursor::new(bytes.ok_or(PayloadError::Absent)?)))
    }

    fn exists(&self, sha256: &Sha256) -> Result<bool, PayloadError> {
        Ok(self.lock().payloads.contains_key(sha256))
    }

    fn length(&self, sha256: &Sha256) -> Result<u64, PayloadError> {
        let state = self.lock();
        let payload = state.payloads.get(sha256).ok_or(PayloadError::Absent)?;
        Ok(payload.len() as u64)
    }

    fn remove(&self, sha256: &Sha256) -> Result<(), PayloadError> {
        self.lock().payloads.remove(sha256);
        Ok(())
    }

    fn list(&self) -> Result<Vec<Sha256>, PayloadError> {
        Ok(self.lock().payloads.keys().copied().collect())
    }

    fn release(&self, sha256: &Sha256) {
        self.lock().held.remove(sha256);
    }

    fn sweep(&self, named: &mut dyn FnMut(&Sha256) -> bool) -> Result<Vec<Sha256>, PayloadError> {
        let mut inner = self.lock();
        let unnamed: Vec<Sha256> = inner
            .payloads
            .keys()
            .filter(|name| !inner.held.contains(*name) && !named(name))
            .copied()
            .collect();
        for name in &unnamed {
            inner.payloads.remove(name);
        }
        Ok(unnamed)
    }
}
