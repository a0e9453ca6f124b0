//! Some chunks of a payload that follow one another: what is sealed or opened in one go, on one core.

use std::io;
use std::io::Read;

use zeroize::Zeroizing;

use crate::sealing::aead::TAG_BYTES;
use crate::sealing::payload::CHUNK_BYTES;
use crate::sealing::payload::Chunks;
use crate::sealing::payload::PayloadError;
use crate::sealing::payload::SEALED_CHUNK_BYTES;

/// Chunks of a batch in the middle of a long payload: 1 MiB, some hundred times what handing it over takes.
pub(crate) const MOST: usize = 16;

/// The chunks of the next batch when so many are behind it. Never more than those, so that nobody waits for, or keeps
/// in memory, more than they have had; and so the content of a small part goes chunk by chunk.
pub(crate) fn size_after(chunks: u64) -> usize {
    usize::try_from(chunks).map_or(MOST, |chunks| chunks.clamp(1, MOST))
}

/// Whether a payload of so many chunks and more is worth threads.
pub(crate) fn is_long(chunks: u64) -> bool {
    size_after(chunks) == MOST
}

/// Room for chunks, each as long as it is when sealed. Wiped when dropped, never reallocated.
#[derive(Default)]
pub(crate) struct Batch {
    bytes: Zeroizing<Vec<u8>>,
    /// How much of it has been filled.
    filled: usize,
    /// The number of its first chunk.
    first: u64,
}

/// What came of opening a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Opened {
    /// All of it, and more must follow.
    More,
    /// All of it, and nothing may follow.
    Last,
    /// Not all of it.
    Failed(PayloadError),
}

impl Batch {
    /// Room for the chunks from this number on, in what an earlier batch took where there is one.
    pub(crate) fn new(first: u64, before: Option<Self>) -> Self {
        let mut batch = before.unwrap_or_default();
        batch.begin(first);
        batch
    }

    /// Makes room for the chunks from this number on.
    pub(crate) fn begin(&mut self, first: u64) {
        let room = size_after(first) * SEALED_CHUNK_BYTES;
        if self.bytes.len() != room {
            self.bytes = Zeroizing::new(vec![0; room]);
        }
        (self.filled, self.first) = (0, first);
    }

    /// The number of the chunk after its last one, once it is full.
    pub(crate) fn next(&self) -> u64 {
        self.first + self.chunks() as u64
    }

    /// How many chunks have been begun.
    fn chunks(&self) -> usize {
        self.filled.div_ceil(SEALED_CHUNK_BYTES)
    }

    /// Takes in plaintext as far as there is room, leaving out the place of each tag; how much that was.
    pub(crate) fn write(&mut self, mut plain: &[u8]) -> usize {
        let mut taken = 0;
        while !self.is_full() && !plain.is_empty() {
            let within = self.filled % SEALED_CHUNK_BYTES;
            if within == CHUNK_BYTES {
                self.filled += TAG_BYTES;
                continue;
            }
            let (now, later) = plain
                .split_at_checked(CHUNK_BYTES - within)
                .unwrap_or((plain, &[]));
            let end = self.filled + now.len();
            if let Some(room) = self.bytes.get_mut(self.filled..end) {
                room.copy_from_slice(now);
            }
            (self.filled, plain) = (end, later);
            taken += now.len();
        }
        taken
    }

    /// Whether there is room for no more plaintext.
    pub(crate) fn is_full(&self) -> bool {
        self.filled + TAG_BYTES >= self.bytes.len()
    }

    /// Seals what was written, which may be nothing only where it is the last batch and the first.
    pub(crate) fn seal(&mut self, chunks: &Chunks, last: bool) {
        self.filled += TAG_BYTES;
        let end = self.next() - 1;
        let filled = self.bytes.get_mut(..self.filled).unwrap_or_default();
        for (number, chunk) in (self.first..).zip(filled.chunks_mut(SEALED_CHUNK_BYTES)) {
            if let Some((text, tag)) = chunk.split_last_chunk_mut::<TAG_BYTES>() {
                *tag = chunks.seal(number, text, last && number == end);
            }
        }
    }

    /// What was sealed, or was read and is not yet opened.
    pub(crate) fn sealed(&self) -> &[u8] {
        self.bytes.get(..self.filled).unwrap_or_default()
    }

    /// Takes in sealed chunks as far as there is room or the source goes; whether it has come to its end. Where the
    /// source fails, a chunk that has not arrived whole is left out.
    pub(crate) fn read(&mut self, from: &mut impl Read) -> io::Result<bool> {
        while let Some(room) = self.bytes.get_mut(self.filled..).filter(|r| !r.is_empty()) {
            match from.read(room) {
                Ok(0) => return Ok(true),
                Ok(count) => self.filled += count,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    self.filled -= self.filled % SEALED_CHUNK_BYTES;
                    return Err(e);
                }
            }
        }
        Ok(false)
    }

    /// Opens what was read, up to the first chunk that is not as it should be. From here on only what opened is
    /// there.
    pub(crate) fn open(&mut self, chunks: &Chunks) -> Opened {
        let mut opened = Opened::More;
        let mut good = 0;
        let filled = self.bytes.get_mut(..self.filled).unwrap_or_default();
        for (number, chunk) in (self.first..).zip(filled.chunks_mut(SEALED_CHUNK_BYTES)) {
            opened = match opened {
                Opened::More => open_chunk(chunks, number, chunk),
                _ => Opened::Failed(PayloadError::Trailing),
            };
            if let Opened::Failed(_) = opened {
                break;
            }
            good += chunk.len();
        }
        self.filled = good;
        opened
    }

    /// What was opened, from the `given`th byte of it on, as far as one chunk goes.
    pub(crate) fn text(&self, given: usize) -> &[u8] {
        let start = given / CHUNK_BYTES * SEALED_CHUNK_BYTES + given % CHUNK_BYTES;
        let chunk_end = (given / CHUNK_BYTES + 1) * SEALED_CHUNK_BYTES;
        let end = chunk_end.min(self.filled).saturating_sub(TAG_BYTES);
        self.bytes.get(start..end).unwrap_or_default()
    }
}

fn open_chunk(chunks: &Chunks, number: u64, chunk: &mut [u8]) -> Opened {
    // A full chunk may be the last one or not; a shorter one can only be the last.
    let full = chunk.len() == SEALED_CHUNK_BYTES;
    let Some((text, tag)) = chunk.split_last_chunk_mut::<TAG_BYTES>() else {
        return Opened::Failed(PayloadError::Truncated);
    };
    if full && chunks.open(number, text, tag, false).is_ok() {
        return Opened::More;
    }
    if text.is_empty() && number > 0 {
        return Opened::Failed(PayloadError::Truncated);
    }
    match chunks.open(number, text, tag, true) {
        Ok(()) => Opened::Last,
        Err(_) => Opened::Failed(PayloadError::Damaged),
    }
}
