//! Payloads and files on their way, as a desk reads and writes them.

use std::io;
use std::io::Read;
use std::io::Write;
use std::sync::Arc;
use std::sync::Mutex;

use crate::server::client::talk::Talk;
use crate::server::client::talk::gone;
use crate::server::client::talk::lock;
use crate::server::incoming::Gathered;
use crate::server::incoming::each_chunk;
use crate::server::incoming::next_chunk;
use crate::server::message::Reply;
use crate::server::wire::Sort;
use crate::server::wire::Wire;
use crate::server::wire::garbled;
use crate::store::PayloadError;
use crate::store::PayloadRef;
use crate::store::Upload;

/// A payload on its way to the keeper. Dropped before its end it breaks the connection off, and the keeper
/// throws away what it has of it.
pub(crate) struct Sending {
    pub(crate) talk: Arc<Mutex<Talk>>,
    pub(crate) gathered: Gathered,
}

impl Write for Sending {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = self.gathered.take(&mut lock(&self.talk).wire, bytes);
        taken.map_err(|_| gone())
    }

    fn flush(&mut self) -> io::Result<()> {
        let sent = self.gathered.flush(&mut lock(&self.talk).wire);
        sent.map_err(|_| gone())
    }
}

impl Upload for Sending {
    fn finish(mut self: Box<Self>) -> Result<PayloadRef, PayloadError> {
        self.flush()?;
        let mut talk = lock(&self.talk);
        talk.wire.send(Sort::Chunk, &[]).map_err(|_| gone())?;
        let reply = talk.hear_reply().map_err(|_| gone())?;
        talk.in_step = true;
        match reply {
            Reply::Stored { sha256, length } => {
                let digest = crate::bytes::unhex(&sha256).and_then(|bytes| bytes.try_into().ok());
                let sha256 = digest.ok_or_else(garbled)?;
                Ok(PayloadRef { sha256, length })
            }
            Reply::Failed { says } => Err(PayloadError::Io(io::Error::other(says))),
            Reply::Stopped { stopped } => {
                Err(PayloadError::Io(io::Error::other(stopped.to_string())))
            }
            _ => Err(PayloadError::Io(garbled())),
        }
    }
}

impl Drop for Sending {
    fn drop(&mut self) {
        let talk = lock(&self.talk);
        if !talk.in_step {
            talk.wire.end();
        }
    }
}

/// A payload on its way from the keeper.
pub(crate) struct Receiving {
    pub(crate) talk: Arc<Mutex<Talk>>,
    pub(crate) chunk: io::Cursor<Vec<u8>>,
    pub(crate) ended: bool,
}

impl Read for Receiving {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let mut talk = lock(&self.talk);
        let mut content = Chunks {
            wire: &mut talk.wire,
            chunk: std::mem::take(&mut self.chunk),
            ended: self.ended,
        };
        let read = content.read(room);
        (self.chunk, self.ended) = (content.chunk, content.ended);
        talk.in_step |= self.ended;
        read
    }
}

/// Chunks as a stream of bytes.
pub(crate) struct Chunks<'w> {
    pub(crate) wire: &'w mut Wire,
    pub(crate) chunk: io::Cursor<Vec<u8>>,
    pub(crate) ended: bool,
}

impl Chunks<'_> {
    pub(crate) fn skip_rest(mut self) -> io::Result<()> {
        if self.ended {
            return Ok(());
        }
        self.ended = true;
        each_chunk(self.wire, |_| Ok(()))?
    }
}

impl Read for Chunks<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let read = self.chunk.read(room)?;
        if read > 0 || self.ended || room.is_empty() {
            return Ok(read);
        }
        self.chunk = io::Cursor::new(next_chunk(self.wire).map_err(|_| gone())?);
        self.ended = self.chunk.get_ref().is_empty();
        self.chunk.read(room)
    }
}
