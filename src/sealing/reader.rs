//! Opening a payload while it is read: some batches of chunks in memory at a time, those of a long payload opened on
//! all cores.
//!
//! A reader cannot know whether what it asks for is there or has to be waited for. So it reads no more ahead than it
//! has given out: of a slow source the first chunk is there when it has come, and never does half of what has come
//! wait for the rest.

use std::fmt;
use std::io;
use std::io::Read;
use std::mem;
use std::sync::Arc;

use crate::sealing::batch;
use crate::sealing::batch::Batch;
use crate::sealing::batch::Opened;
use crate::sealing::cores::cores;
use crate::sealing::crew::Crew;
use crate::sealing::payload::Chunks;
use crate::sealing::payload::NONCE_BYTES;
use crate::sealing::payload::PayloadError;
use crate::sealing::secret::FileKey;

/// Gives out the content of a payload, each chunk once it is proven authentic. That it is *all* of the
/// content is proven only when `read` has returned 0; whoever may not act on a part must wait for that.
///
/// Every error is an [`io::Error`] around a [`PayloadError`], or one of the inner reader's, and stays.
pub struct PayloadReader<R> {
    inner: R,
    source: Source,
    chunks: Arc<Chunks>,
    /// What is being given out, and how much of its text has been.
    batch: Batch,
    given: usize,
    /// Those after it, on their way through the threads; once the payload is long.
    crew: Option<Crew<Opening>>,
    /// How many threads to begin with, until that has been tried.
    threads: Option<usize>,
    /// The number of the next chunk to be read.
    next: u64,
    state: State,
}

/// A batch as it was read, and what came of opening it.
struct Opening {
    batch: Batch,
    opened: Opened,
}

/// What is known of the inner reader.
enum Source {
    /// More may come.
    Open,
    /// It has come to its end.
    Ended,
    /// It has failed; what came before is given out first.
    Failed(io::Error),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Chunks follow.
    Open,
    /// The last chunk has been opened; nothing may follow it.
    Last,
    /// The end has been seen.
    Ended,
    /// An error is reported, now that what was good before it is given out.
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
            source: Source::Open,
            chunks: Arc::new(Chunks::new(key, &nonce)),
            batch: Batch::default(),
            given: 0,
            crew: None,
            threads: Some(cores()),
            next: 0,
            state: State::Open,
        })
    }

    /// Has the next batch to give out, or finds the end.
    fn advance(&mut self) -> io::Result<()> {
        let next = match self.state {
            State::Open => self.next_batch(),
            State::Last => self.nothing_more(),
            State::Ended => Ok(State::Ended),
            State::Failed(reason) => return Err(error(reason)),
            State::Broken => return Err(io::Error::other("an earlier read failed")),
        };
        self.state = *next.as_ref().unwrap_or(&State::Broken);
        next.map(|_| ())
    }

    fn next_batch(&mut self) -> io::Result<State> {
        self.begin_threads();
        let next = match &self.crew {
            Some(_) => self.next_of_crew(),
            None => self.read_batch().map(|mut batch| Opening {
                opened: batch.open(&self.chunks),
                batch,
            }),
        };
        let Some(next) = next else {
            self.source_failed()?;
            return Ok(State::Failed(PayloadError::Truncated));
        };
        (self.batch, self.given) = (next.batch, 0);
        Ok(match next.opened {
            Opened::More => State::Open,
            Opened::Last => State::Last,
            Opened::Failed(reason) => State::Failed(reason),
        })
    }

    /// After the last chunk: nothing has been read ahead, and nothing more is there.
    fn nothing_more(&mut self) -> io::Result<State> {
        let ahead = self.crew.as_mut().and_then(Crew::take);
        if ahead.is_some() {
            return Ok(State::Failed(PayloadError::Trailing));
        }
        self.source_failed()?;
        Ok(match read_full(&mut self.inner, &mut [0])? {
            0 => State::Ended,
            _ => State::Failed(PayloadError::Trailing),
        })
    }

    fn begin_threads(&mut self) {
        if batch::is_long(self.next)
            && let Some(threads) = self.threads.take()
        {
            let chunks = Arc::clone(&self.chunks);
            self.crew = Crew::of(threads, move |one: &mut Opening| {
                one.opened = one.batch.open(&chunks);
            });
        }
    }

    /// Reads ahead, as far as that goes, and waits for the oldest batch.
    fn next_of_crew(&mut self) -> Option<Opening> {
        while self.may_read_ahead()
            && let Some(batch) = self.read_batch()
            && let Some(crew) = &mut self.crew
        {
            let opened = Opened::More;
            crew.give(Opening { batch, opened });
        }
        self.crew.as_mut()?.take()
    }

    /// Whether the next batch would still be no more than what has been given out.
    fn may_read_ahead(&self) -> bool {
        self.crew.as_ref().is_some_and(|crew| {
            let inside = crew.inside() * batch::MOST;
            let with_one_more = (inside + batch::MOST) as u64;
            !crew.is_full() && with_one_more + inside as u64 <= self.next
        })
    }

    /// The next batch as it comes; `None` where nothing of it does.
    fn read_batch(&mut self) -> Option<Batch> {
        if !matches!(self.source, Source::Open) {
            return None;
        }
        // All of this one has been given out.
        let mut batch = mem::take(&mut self.batch);
        batch.begin(self.next);
        match batch.read(&mut self.inner) {
            Ok(false) => {}
            Ok(true) => self.source = Source::Ended,
            Err(error) => self.source = Source::Failed(error),
        }
        self.next = batch.next();
        (!batch.sealed().is_empty()).then_some(batch)
    }

    fn source_failed(&mut self) -> io::Result<()> {
        match mem::replace(&mut self.source, Source::Ended) {
            Source::Failed(error) => Err(error),
            other => {
                self.source = other;
                Ok(())
            }
        }
    }
}

impl<R: Read> Read for PayloadReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        while self.batch.text(self.given).is_empty() && self.state != State::Ended {
            self.advance()?;
        }
        let count = self.batch.text(self.given).read(out)?;
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
mod tests;
