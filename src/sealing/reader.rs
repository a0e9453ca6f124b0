//! Opening a payload while it is read: one 64 KiB chunk in memory at a time.

use std::fmt;
use std::io;
use std::io::Read;

use zeroize::Zeroizing;

use crate::sealing::aead::NotAuthentic;
use crate::sealing::aead::TAG_BYTES;
use crate::sealing::payload::Chunks;
use crate::sealing::payload::NONCE_BYTES;
use crate::sealing::payload::PayloadError;
use crate::sealing::payload::SEALED_CHUNK_BYTES;
use crate::sealing::secret::FileKey;

/// Gives out the content of a payload, each chunk once it is proven authentic. That it is *all* of the
/// content is proven only when `read` has returned 0; whoever may not act on a part must wait for that.
///
/// Every error is an [`io::Error`] around a [`PayloadError`], or one of the inner reader's, and stays.
pub struct PayloadReader<R> {
    inner: R,
    chunks: Chunks,
    /// A sealed chunk, then its plaintext; never reallocated.
    buffer: Zeroizing<Vec<u8>>,
    /// How much of the plaintext has been given out, and where it ends.
    given: usize,
    ready: usize,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Chunks follow.
    Open,
    /// The last chunk has been opened; nothing may follow it.
    Last,
    /// The end has been seen.
    Ended,
    /// An error was reported.
    Failed(PayloadError),
    /// The inner reader failed.
    Broken,
}

impl<R: Read> PayloadReader<R> {
    /// Starts by reading the nonce.
    ///
    /// # Errors
    /// Those of the inner reader; [`PayloadError::Truncated`] when it ends within the nonce.
    pub fn new(key: &FileKey, mut inner: R) -> io::Result<Self> {
        let mut nonce = [0; NONCE_BYTES];
        if read_full(&mut inner, &mut nonce)? < NONCE_BYTES {
            return Err(error(PayloadError::Truncated));
        }
        Ok(Self {
            inner,
            chunks: Chunks::new(key, &nonce),
            buffer: Zeroizing::new(vec![0; SEALED_CHUNK_BYTES]),
            given: 0,
            ready: 0,
            state: State::Open,
        })
    }

    /// Reads and opens the next chunk, or finds the end.
    fn advance(&mut self) -> io::Result<()> {
        let next = match self.state {
            State::Open => self.open_chunk(),
            State::Last => read_full(&mut self.inner, &mut [0]).map(|more| {
                Ok(match more {
                    0 => State::Ended,
                    _ => State::Failed(PayloadError::Trailing),
                })
            }),
            state => Ok(Ok(state)),
        };
        match next {
            Ok(state) => self.state = state.unwrap_or_else(State::Failed),
            Err(source) => {
                self.state = State::Broken;
                return Err(source);
            }
        }
        match self.state {
            State::Failed(reason) => Err(error(reason)),
            State::Broken => Err(io::Error::other("an earlier read failed")),
            State::Open | State::Last | State::Ended => Ok(()),
        }
    }

    fn open_chunk(&mut self) -> io::Result<Result<State, PayloadError>> {
        let read = read_full(&mut self.inner, &mut self.buffer)?;
        let Some((text, tag)) = self
            .buffer
            .get_mut(..read)
            .and_then(|sealed| sealed.split_last_chunk_mut::<TAG_BYTES>())
        else {
            return Ok(Err(PayloadError::Truncated));
        };
        // A full chunk may be the last one or not; a shorter one can only be the last.
        let full = read == SEALED_CHUNK_BYTES;
        if full && self.chunks.open(text, tag, false).is_ok() {
            (self.given, self.ready) = (0, text.len());
            return Ok(Ok(State::Open));
        }
        if text.is_empty() && !self.chunks.is_at_start() {
            return Ok(Err(PayloadError::Truncated));
        }
        Ok(match self.chunks.open(text, tag, true) {
            Ok(()) => {
                (self.given, self.ready) = (0, text.len());
                Ok(State::Last)
            }
            Err(NotAuthentic) => Err(PayloadError::Damaged),
        })
    }
}

impl<R: Read> Read for PayloadReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        while self.given == self.ready && self.state != State::Ended {
            self.advance()?;
        }
        let mut ready = self.buffer.get(self.given..self.ready).unwrap_or_default();
        let count = ready.read(out)?;
        self.given += count;
        Ok(count)
    }
}

impl<R> fmt::Debug for PayloadReader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PayloadReader(..)")
    }
}

/// Fills `buffer` as far as the reader goes.
fn read_full(reader: &mut impl Read, mut buffer: &mut [u8]) -> io::Result<usize> {
    let mut total = 0;
    while !buffer.is_empty() {
        match reader.read(buffer) {
            Ok(0) => break,
            Ok(count) => {
                total += count;
                buffer = buffer.get_mut(count..).unwrap_or_default();
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(total)
}

fn error(reason: PayloadError) -> io::Error {
    let kind = match reason {
        PayloadError::Truncated => io::ErrorKind::UnexpectedEof,
        PayloadError::Trailing | PayloadError::Damaged => io::ErrorKind::InvalidData,
    };
    io::Error::new(kind, reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sealing::Plain;
    use crate::sealing::seal_payload;

    /// Gives one to seven bytes at a time, and is interrupted in between.
    struct Trickle<'a>(&'a [u8], usize);

    impl Read for Trickle<'_> {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            self.1 += 1;
            let most = (self.1 % 8).min(out.len());
            match most {
                0 => Err(io::ErrorKind::Interrupted.into()),
                _ => self.0.read(&mut out[..most]),
            }
        }
    }

    #[test]
    fn the_inner_readers_steps_do_not_matter() {
        let key = FileKey::generate();
        let content = vec![3; 66_000];
        let payload = seal_payload(&key, &Plain::new(content.clone()));
        let mut released = Vec::new();
        PayloadReader::new(&key, Trickle(&payload, 0))
            .unwrap()
            .read_to_end(&mut released)
            .unwrap();
        assert!(released == content);
    }

    #[test]
    fn errors_stay() {
        let key = FileKey::generate();
        let mut payload = seal_payload(&key, &Plain::new(vec![3; 100]));
        payload[20] ^= 1;
        let mut reader = PayloadReader::new(&key, &payload[..]).unwrap();
        for _ in 0..3 {
            let failure = reader.read(&mut [0; 10]).unwrap_err();
            let source = failure.get_ref().unwrap().downcast_ref();
            assert_eq!(source, Some(&PayloadError::Damaged));
        }
    }
}
