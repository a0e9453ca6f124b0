//! Payloads and files on their way: chunks on the wire as a reader or a writer.

use std::io;
use std::io::Read;
use std::io::Write as _;
use std::time::Duration;

use crate::server::wire::CHUNK_BYTES;
use crate::server::wire::Patience;
use crate::server::wire::Sort;
use crate::server::wire::Wire;
use crate::server::wire::garbled;

/// How long the next chunk may let itself be waited for.
const NEXT_CHUNK: Patience = Patience {
    idle: Duration::from_mins(2),
    bytes: 0,
};

/// Reads the next chunk; empty at the end.
pub(crate) fn next_chunk(wire: &mut Wire) -> io::Result<Vec<u8>> {
    let frame = wire.receive(NEXT_CHUNK)?;
    let frame = frame.ok_or(io::ErrorKind::UnexpectedEof)?;
    if frame.sort == Sort::Chunk {
        Ok(frame.body)
    } else {
        Err(garbled())
    }
}

/// Reads chunks to their end, handing each to `take`. What `take` fails at is told at the end: the other
/// side is in the middle of what it says.
///
/// # Errors
/// Outer: the stream failed. Inner: `take` did.
pub(crate) fn each_chunk(
    wire: &mut Wire,
    mut take: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<io::Result<()>> {
    let mut taken = Ok(());
    loop {
        let chunk = next_chunk(wire)?;
        if chunk.is_empty() {
            return Ok(taken);
        }
        if taken.is_ok() {
            taken = take(&chunk);
        }
    }
}

/// Sends all of `content` in chunks, an empty one last.
pub(crate) fn send_chunks(wire: &mut Wire, content: &mut dyn Read) -> io::Result<()> {
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let read = match content.read(&mut chunk) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        wire.send(Sort::Chunk, chunk.get(..read).unwrap_or_default())?;
        if read == 0 {
            return Ok(());
        }
    }
}

/// Gathers what is written into chunks of full size.
#[derive(Debug, Default)]
pub(crate) struct Gathered(Vec<u8>);

impl Gathered {
    /// Takes bytes in, sending every chunk that is full.
    pub(crate) fn take(&mut self, wire: &mut Wire, bytes: &[u8]) -> io::Result<usize> {
        let room = CHUNK_BYTES.saturating_sub(self.0.len());
        let taken = bytes.get(..room).unwrap_or(bytes);
        self.0.write_all(taken)?;
        if self.0.len() >= CHUNK_BYTES {
            self.flush(wire)?;
        }
        Ok(taken.len())
    }

    /// Sends what has been gathered.
    pub(crate) fn flush(&mut self, wire: &mut Wire) -> io::Result<()> {
        // An empty chunk would be the end.
        if !self.0.is_empty() {
            wire.send(Sort::Chunk, &self.0)?;
            self.0.clear();
        }
        Ok(())
    }
}
