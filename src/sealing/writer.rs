//! Sealing a payload while it is read: one 64 KiB chunk in memory at a time.

use std::fmt;
use std::io;
use std::io::Write;

use zeroize::Zeroizing;

use crate::ids;
use crate::sealing::payload::CHUNK_BYTES;
use crate::sealing::payload::Chunks;
use crate::sealing::payload::SEALED_CHUNK_BYTES;
use crate::sealing::secret::FileKey;

/// Seals what is written to it and passes it on. Without [`PayloadWriter::finish`] the payload has no
/// last chunk, and nothing opens it.
pub struct PayloadWriter<W> {
    inner: W,
    chunks: Chunks,
    /// Plaintext until it is full or the end, then the sealed chunk; never reallocated.
    buffer: Zeroizing<Vec<u8>>,
    failed: bool,
}

impl<W: Write> PayloadWriter<W> {
    /// Starts a payload by writing its nonce.
    ///
    /// # Errors
    /// Those of the inner writer.
    pub fn new(key: &FileKey, mut inner: W) -> io::Result<Self> {
        let nonce = ids::random();
        inner.write_all(&nonce)?;
        Ok(Self {
            inner,
            chunks: Chunks::new(key, &nonce),
            buffer: Zeroizing::new(Vec::with_capacity(SEALED_CHUNK_BYTES)),
            failed: false,
        })
    }

    /// Writes the last chunk and gives the inner writer back, not flushed.
    ///
    /// # Errors
    /// Those of the inner writer, now or earlier.
    pub fn finish(mut self) -> io::Result<W> {
        self.write_chunk(true)?;
        Ok(self.inner)
    }

    fn write_chunk(&mut self, last: bool) -> io::Result<()> {
        if self.failed {
            return Err(io::Error::other("an earlier write failed"));
        }
        // Half of a chunk may have been written when the inner writer fails: there is no way back.
        self.failed = true;
        let tag = self.chunks.seal(&mut self.buffer, last);
        self.buffer.extend_from_slice(&tag);
        self.inner.write_all(&self.buffer)?;
        self.buffer.clear();
        self.failed = false;
        Ok(())
    }
}

impl<W: Write> Write for PayloadWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full chunk waits until more follows: it may be the last.
        if self.buffer.len() >= CHUNK_BYTES && !bytes.is_empty() {
            self.write_chunk(false)?;
        }
        let room = CHUNK_BYTES - self.buffer.len();
        let taken = bytes.get(..room).unwrap_or(bytes);
        self.buffer.extend_from_slice(taken);
        Ok(taken.len())
    }

    /// Passes the flush on. What is not yet a full chunk stays here.
    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<W> fmt::Debug for PayloadWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PayloadWriter(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sealing::open_payload;

    /// Fails once, in the middle of its third write, and works again after that.
    struct FailsOnce {
        out: Vec<u8>,
        writes: usize,
    }

    impl Write for FailsOnce {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.writes += 1;
            match self.writes {
                3 => Err(io::Error::other("no space")),
                _ => self.out.write(bytes.get(..40_000).unwrap_or(bytes)),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn after_a_failed_write_nothing_is_sealed_again() {
        let key = FileKey::generate();
        let inner = FailsOnce {
            out: Vec::new(),
            writes: 0,
        };
        let mut writer = PayloadWriter::new(&key, inner).unwrap();
        assert!(writer.write_all(&vec![1; 2 * CHUNK_BYTES]).is_err());
        assert!(writer.write_all(&vec![1; 2 * CHUNK_BYTES]).is_err());
        assert!(writer.finish().is_err());
    }

    #[test]
    fn a_payload_without_its_end_does_not_open() {
        let key = FileKey::generate();
        let mut out = Vec::new();
        let mut writer = PayloadWriter::new(&key, &mut out).unwrap();
        writer.write_all(&vec![1; CHUNK_BYTES + 1]).unwrap();
        writer.flush().unwrap();
        drop(writer);
        assert!(open_payload(&key, &out).is_err());
    }
}
