//! Sealing a payload while it is written: some batches of chunks in memory at a time, those of a long payload on all
//! cores.

use std::fmt;
use std::io;
use std::io::Write;
use std::mem;
use std::sync::Arc;

use crate::ids;
use crate::sealing::batch;
use crate::sealing::batch::Batch;
use crate::sealing::cores::cores;
use crate::sealing::crew::Crew;
use crate::sealing::payload::Chunks;
use crate::sealing::payload::NONCE_BYTES;
use crate::sealing::secret::FileKey;

/// Seals what is written to it and passes it on. Without [`PayloadWriter::finish`] the payload has no
/// last chunk, and nothing opens it.
///
/// A failure of the inner writer may be told a few batches late, and by [`PayloadWriter::finish`] at the latest.
pub struct PayloadWriter<W> {
    inner: W,
    chunks: Arc<Chunks>,
    /// Plaintext until it is full or the end.
    batch: Batch,
    /// Those before it, on their way through the threads; once the payload is long.
    crew: Option<Crew<Batch>>,
    /// How many threads to begin with, until that has been tried.
    threads: Option<usize>,
    /// A batch that has gone out, whose room is used again.
    spare: Option<Batch>,
    failed: bool,
}

impl<W: Write> PayloadWriter<W> {
    /// Starts a payload by writing its nonce.
    ///
    /// # Errors
    /// Those of the inner writer.
    pub fn new(key: &FileKey, inner: W) -> io::Result<Self> {
        Self::under(key, &ids::random(), inner)
    }

    /// The same under a nonce that no other payload has.
    fn under(key: &FileKey, nonce: &[u8; NONCE_BYTES], mut inner: W) -> io::Result<Self> {
        inner.write_all(nonce)?;
        Ok(Self {
            inner,
            chunks: Arc::new(Chunks::new(key, nonce)),
            batch: Batch::new(0, None),
            crew: None,
            threads: Some(cores()),
            spare: None,
            failed: false,
        })
    }

    /// Writes the last chunk and gives the inner writer back, not flushed.
    ///
    /// # Errors
    /// Those of the inner writer, now or earlier.
    pub fn finish(mut self) -> io::Result<W> {
        self.unless_failed(|writer| {
            while writer.write_oldest()? {}
            writer.batch.seal(&writer.chunks, true);
            writer.inner.write_all(writer.batch.sealed())
        })?;
        Ok(self.inner)
    }

    /// Half of a batch may have been written when the inner writer fails: there is no way back.
    fn unless_failed<T>(
        &mut self,
        write: impl FnOnce(&mut Self) -> io::Result<T>,
    ) -> io::Result<T> {
        if self.failed {
            return Err(io::Error::other("an earlier write failed"));
        }
        self.failed = true;
        let done = write(self)?;
        self.failed = false;
        Ok(done)
    }

    /// Seals a full batch that is not the last, or has it sealed, and begins the next.
    fn pass_on(&mut self) -> io::Result<()> {
        let next = self.batch.next();
        if batch::is_long(next)
            && let Some(threads) = self.threads.take()
        {
            let chunks = Arc::clone(&self.chunks);
            self.crew = Crew::of(threads, move |batch: &mut Batch| {
                batch.seal(&chunks, false);
            });
        }
        if self.crew.as_ref().is_some_and(Crew::is_full) {
            self.write_oldest()?;
        }
        if let Some(crew) = &mut self.crew {
            let empty = Batch::new(next, self.spare.take());
            crew.give(mem::replace(&mut self.batch, empty));
        } else {
            self.batch.seal(&self.chunks, false);
            self.inner.write_all(self.batch.sealed())?;
            self.batch.begin(next);
        }
        Ok(())
    }

    /// Waits for the oldest batch in the threads and writes it; whether there was one.
    fn write_oldest(&mut self) -> io::Result<bool> {
        let Some(sealed) = self.crew.as_mut().and_then(Crew::take) else {
            return Ok(false);
        };
        self.inner.write_all(sealed.sealed())?;
        self.spare = Some(sealed);
        Ok(true)
    }
}

impl<W: Write> Write for PayloadWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.unless_failed(|writer| {
            // A full batch waits until more follows: it may be the last.
            if writer.batch.is_full() && !bytes.is_empty() {
                writer.pass_on()?;
            }
            Ok(writer.batch.write(bytes))
        })
    }

    /// Passes on what has been sealed, and the flush. What is not yet a full batch stays here.
    fn flush(&mut self) -> io::Result<()> {
        self.unless_failed(|writer| {
            while writer.write_oldest()? {}
            writer.inner.flush()
        })
    }
}

impl<W> fmt::Debug for PayloadWriter<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PayloadWriter(..)")
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use proptest::prelude::*;

    use super::*;
    use crate::sealing::PayloadReader;
    use crate::sealing::Plain;
    use crate::sealing::batch::MOST;
    use crate::sealing::open_payload;
    use crate::sealing::payload::CHUNK_BYTES;
    use crate::sealing::payload::seal_under;
    use crate::sealing::seal_payload;

    const NONCE: [u8; NONCE_BYTES] = [9; NONCE_BYTES];

    fn content(length: usize) -> Vec<u8> {
        (0..length)
            .map(|at| (at % 251 + at / CHUNK_BYTES).to_le_bytes()[0])
            .collect()
    }

    /// What a writer with so many threads makes of this, written in pieces of this length.
    fn written(key: &FileKey, content: &[u8], piece: usize, threads: usize) -> Vec<u8> {
        let mut writer = PayloadWriter::under(key, &NONCE, Vec::new()).unwrap();
        writer.threads = Some(threads);
        for piece in content.chunks(piece) {
            writer.write_all(piece).unwrap();
        }
        writer.finish().unwrap()
    }

    /// One byte around every border of chunks and batches there is: the first chunk's, those of the growing batches,
    /// and those of the threads'.
    #[test]
    fn with_threads_or_without_the_bytes_are_the_same() {
        let key = FileKey::generate();
        let borders = [0, 1, 2, 4, 8, MOST, MOST + 1, 2 * MOST, 3 * MOST];
        for border in borders.map(|chunks| chunks * CHUNK_BYTES) {
            for length in border.saturating_sub(1)..=border + 1 {
                let content = content(length);
                let expected = seal_under(&key, &NONCE, &content);
                for (piece, threads) in [(100_003, 3), (2_000_000, 1)] {
                    let found = written(&key, &content, piece, threads);
                    assert!(found == expected, "{length} bytes, {threads} threads");
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        #[test]
        fn what_one_way_seals_the_other_opens(
            length in 0..4 * MOST * CHUNK_BYTES,
            piece in 1_000..3_000_000_usize,
            threads in 1..6_usize,
        ) {
            let key = FileKey::generate();
            let content = content(length);
            let sealed = written(&key, &content, piece, threads);
            prop_assert!(open_payload(&key, &sealed).unwrap().expose() == content);
            let whole = seal_payload(&key, &Plain::new(content.clone()));
            let mut read = Vec::new();
            PayloadReader::new(&key, &whole[..]).unwrap().read_to_end(&mut read).unwrap();
            prop_assert!(read == content);
        }
    }

    /// Takes so many bytes and then no more.
    struct Full(usize);

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            match bytes.len().min(self.0) {
                0 => Err(io::Error::other("no space")),
                some => {
                    self.0 -= some;
                    Ok(some)
                }
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// Also when the batch that failed had been handed to a thread long before.
    #[test]
    fn a_disk_that_is_full_is_told() {
        let key = FileKey::generate();
        let content = content(6 * MOST * CHUNK_BYTES);
        for space in [16, 100_000, 2_000_000, 4_000_000, content.len()] {
            let mut writer = PayloadWriter::new(&key, Full(space)).unwrap();
            writer.threads = Some(3);
            let mut failed = false;
            for piece in content.chunks(CHUNK_BYTES) {
                let done = writer.write_all(piece);
                assert!(done.is_err() || !failed, "once failed it stays so");
                failed = done.is_err();
            }
            assert!(writer.finish().is_err(), "{space} bytes of space");
        }
    }

    #[test]
    fn a_flush_passes_on_what_the_threads_have() {
        let key = FileKey::generate();
        let mut out = Vec::new();
        let mut writer = PayloadWriter::new(&key, &mut out).unwrap();
        writer.threads = Some(2);
        writer.write_all(&content(3 * MOST * CHUNK_BYTES)).unwrap();
        writer.flush().unwrap();
        drop(writer);
        assert!(out.len() > 2 * MOST * CHUNK_BYTES, "{}", out.len());
    }

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
