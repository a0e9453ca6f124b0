//! Payloads: sealed parts too large to be rows, named by the SHA-256 of their bytes.
//!
//! A payload is durable before the frame that names it; a crash between the two leaves an orphan, which
//! [`Payloads::sweep`] removes. What an upload has finished and no frame names yet is held back from
//! sweeping until [`Payloads::release`]. Payloads never change: the same bytes have the same name.

mod memory;
mod objects;

use std::io::{self, Read, Write};

pub use self::memory::MemoryPayloads;
pub use self::objects::ObjectPayloads;

/// A payload's name: the SHA-256 of its bytes.
pub type Sha256 = [u8; 32];

/// A payload that is durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayloadRef {
    /// Its name.
    pub sha256: Sha256,
    /// How many bytes it has.
    pub length: u64,
}

/// Why a payload could not be stored, read or removed.
#[derive(Debug)]
pub enum PayloadError {
    /// There is none of this name.
    Absent,
    /// The disk or the object store reported an error.
    Io(io::Error),
}

impl std::fmt::Display for PayloadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Absent => "a sealed attachment is missing from the vault",
            Self::Io(_) => "the vault's attachments cannot be read or written",
        })
    }
}

impl std::error::Error for PayloadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Absent => None,
        }
    }
}

impl From<PayloadError> for io::Error {
    /// The disk's own error, and `NotFound` where there is none of the name.
    fn from(error: PayloadError) -> Self {
        match error {
            PayloadError::Io(error) => error,
            PayloadError::Absent => Self::new(io::ErrorKind::NotFound, error),
        }
    }
}

impl From<io::Error> for PayloadError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A payload being written. Dropping it leaves nothing behind.
pub trait Upload: Write + Send {
    /// Makes what was written durable under its name, which is held back from sweeping.
    ///
    /// # Errors
    /// [`PayloadError`]; nothing is stored under the name then.
    fn finish(self: Box<Self>) -> Result<PayloadRef, PayloadError>;
}

/// Where payloads are kept.
///
/// Calls block. They must not be made on a thread that drives asynchronous tasks.
pub trait Payloads: std::fmt::Debug + Send + Sync {
    /// Begins a payload. Memory use does not grow with its length.
    ///
    /// # Errors
    /// [`PayloadError`].
    fn upload(&self) -> Result<Box<dyn Upload>, PayloadError>;

    /// Reads a payload from its beginning. Its bytes are not verified; what opens them does that.
    ///
    /// # Errors
    /// [`PayloadError`].
    fn open(&self, sha256: &Sha256) -> Result<Box<dyn Read + Send>, PayloadError>;

    /// Whether there is a payload of this name.
    ///
    /// # Errors
    /// [`PayloadError`].
    fn exists(&self, sha256: &Sha256) -> Result<bool, PayloadError>;

    /// How many bytes a payload has.
    ///
    /// # Errors
    /// [`PayloadError`].
    fn length(&self, sha256: &Sha256) -> Result<u64, PayloadError>;

    /// Removes a payload; it does not come back after a crash. Removing one that is absent is no error.
    ///
    /// # Errors
    /// [`PayloadError`].
    fn remove(&self, sha256: &Sha256) -> Result<(), PayloadError>;

    /// The names of all payloads, in order.
    ///
    /// # Errors
    /// [`PayloadError`].
    fn list(&self) -> Result<Vec<Sha256>, PayloadError>;

    /// Lets a finished upload be swept: the frame that names it is durable, or there will be none.
    fn release(&self, sha256: &Sha256);

    /// Removes every payload that is neither `named` nor held back; returns what it removed.
    ///
    /// # Errors
    /// [`PayloadError`]; some may have been removed then.
    fn sweep(&self, named: &mut dyn FnMut(&Sha256) -> bool) -> Result<Vec<Sha256>, PayloadError>;

    /// Stores all of a stream.
    ///
    /// # Errors
    /// [`PayloadError`].
    fn put_stream(&self, from: &mut dyn Read) -> Result<PayloadRef, PayloadError> {
        let mut upload = self.upload()?;
        io::copy(from, &mut upload)?;
        upload.finish()
    }

    /// Whether a payload's bytes are still the ones it is named after.
    ///
    /// # Errors
    /// [`PayloadError`].
    fn verify(&self, sha256: &Sha256) -> Result<bool, PayloadError> {
        let mut hash = Hashing::default();
        io::copy(&mut self.open(sha256)?, &mut hash)?;
        Ok(hash.finish().sha256 == *sha256)
    }
}

/// Counts and hashes what is written to it.
#[derive(Debug, Clone, Default)]
struct Hashing {
    hash: sha2::Sha256,
    length: u64,
}

impl Hashing {
    fn finish(self) -> PayloadRef {
        PayloadRef {
            sha256: sha2::Digest::finalize(self.hash).into(),
            length: self.length,
        }
    }
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        sha2::Digest::update(&mut self.hash, bytes);
        self.length += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
