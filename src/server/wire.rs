//! Frames on a stream: `length u32 | sort u8 | body`, big-endian. Every length has a limit, every wait an
//! end, and memory grows only with bytes that have arrived.

use std::io;
use std::io::Read as _;
use std::io::Write as _;
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::time::Duration;
use std::time::Instant;

/// The most bytes of a chunk.
pub(crate) const CHUNK_BYTES: usize = 64 * 1024;
/// Before the sort and the body.
const LENGTH_BYTES: usize = 4;
/// Bytes taken from the stream at a time.
const STEP_BYTES: usize = 64 * 1024;
/// How long a peer may take over a frame it has begun, beside the time its bytes need.
const GRACE: Duration = Duration::from_secs(20);
/// The slowest a peer may be within a frame, bytes a second.
const SLOWEST: u64 = 64 * 1024;
/// How long a peer may let what we write wait.
const WRITE_PATIENCE: Duration = Duration::from_mins(10);

/// What a frame holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    /// A message: JSON.
    Message,
    /// A piece of a payload or file; an empty one ends it.
    Chunk,
}

impl Sort {
    const fn number(self) -> u8 {
        match self {
            Self::Message => 1,
            Self::Chunk => 2,
        }
    }

    const fn of(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::Message),
            2 => Some(Self::Chunk),
            _ => None,
        }
    }
}

/// One frame.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) sort: Sort,
    pub(crate) body: Vec<u8>,
}

/// How long to wait for a frame to begin, and how long its message may be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    pub(crate) idle: Duration,
    pub(crate) bytes: usize,
}

/// A stream of frames.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: UnixStream,
    grace: Duration,
}

impl Wire {
    pub(crate) fn new(stream: UnixStream) -> io::Result<Self> {
        stream.set_write_timeout(Some(WRITE_PATIENCE))?;
        Ok(Self {
            stream,
            grace: GRACE,
        })
    }

    /// Writes a frame.
    pub(crate) fn send(&mut self, sort: Sort, body: &[u8]) -> io::Result<()> {
        let length = u32::try_from(body.len()).map_err(|_| garbled())?;
        let mut head = [0; LENGTH_BYTES + 1];
        let (number, last) = head.split_at_mut(LENGTH_BYTES);
        number.copy_from_slice(&length.to_be_bytes());
        last.copy_from_slice(&[sort.number()]);
        self.stream.write_all(&head)?;
        self.stream.write_all(body)
    }

    /// Reads a frame; `None` where the peer has gone between two.
    pub(crate) fn receive(&mut self, patience: Patience) -> io::Result<Option<Frame>> {
        let mut length = [0; LENGTH_BYTES];
        let (first, rest) = length.split_at_mut(1);
        if self.read_by(first, Instant::now() + patience.idle)? == 0 {
            return Ok(None);
        }
        let begun = Instant::now();
        self.fill(rest, begun + self.grace)?;
        let mut sort = [0; 1];
        self.fill(&mut sort, begun + self.grace)?;
        let [sort] = sort;
        let sort = Sort::of(sort).ok_or_else(garbled)?;
        let length = u32::from_be_bytes(length) as usize;
        let limit = match sort {
            Sort::Message => patience.bytes,
            Sort::Chunk => CHUNK_BYTES,
        };
        if length > limit {
            return Err(garbled());
        }
        let by = begun + self.grace + Duration::from_secs(length as u64 / SLOWEST);
        let body = self.body(length, by)?;
        Ok(Some(Frame { sort, body }))
    }

    fn body(&mut self, length: usize, by: Instant) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        while body.len() < length {
            let from = body.len();
            let step = STEP_BYTES.min(length - from);
            body.resize(from + step, 0);
            let room = body.get_mut(from..).unwrap_or_default();
            let read = self.read_by(room, by)?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            body.truncate(from + read);
        }
        Ok(body)
    }

    fn fill(&mut self, mut room: &mut [u8], by: Instant) -> io::Result<()> {
        while !room.is_empty() {
            let read = self.read_by(room, by)?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            room = room.get_mut(read..).unwrap_or_default();
        }
        Ok(())
    }

    /// Reads what is there, waiting no longer than until `by`.
    fn read_by(&mut self, room: &mut [u8], by: Instant) -> io::Result<usize> {
        loop {
            let left = by.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(io::ErrorKind::TimedOut.into());
            }
            self.stream.set_read_timeout(Some(left))?;
            match self.stream.read(room) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    return Err(io::ErrorKind::TimedOut.into());
                }
                read => return read,
            }
        }
    }

    /// Ends the stream both ways.
    pub(crate) fn end(&self) {
        // The peer may have ended it already.
        drop(self.stream.shutdown(Shutdown::Both));
    }
}

/// What arrived is no frame, or not one that belongs here.
pub(crate) fn garbled() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "the other side of the socket speaks another language",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Patience = Patience {
        idle: Duration::from_millis(200),
        bytes: 1000,
    };

    fn pair() -> (Wire, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let mut wire = Wire::new(ours).unwrap();
        wire.grace = Duration::from_millis(200);
        (wire, theirs)
    }

    #[test]
    fn frames_come_out_as_they_went_in() {
        let (mut here, theirs) = pair();
        let mut there = Wire::new(theirs).unwrap();
        for (sort, body) in [
            (Sort::Message, vec![7; 1000]),
            (Sort::Chunk, vec![1; CHUNK_BYTES]),
            (Sort::Chunk, Vec::new()),
        ] {
            let sent = body.clone();
            let there = std::thread::scope(|scope| {
                let sender = scope.spawn(|| there.send(sort, &sent));
                let frame = here.receive(QUICK).unwrap().unwrap();
                assert_eq!((frame.sort, frame.body), (sort, body));
                sender.join()
            });
            there.unwrap().unwrap();
        }
        there.end();
        assert!(here.receive(QUICK).unwrap().is_none());
    }

    #[test]
    fn what_is_no_frame_is_an_error_at_once() {
        for bytes in [
            &b"GET / HTTP/1.1\r\n\r\n"[..],
            &[0, 0, 0, 1, 9, 0],
            &[0, 0, 3, 233, 1],
            &[255, 255, 255, 255, 2],
        ] {
            let (mut here, mut theirs) = pair();
            theirs.write_all(bytes).unwrap();
            let error = here.receive(QUICK).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{bytes:?}");
        }
    }

    #[test]
    fn half_a_frame_ends_with_the_stream_or_with_our_patience() {
        for (gone, kind) in [
            (true, io::ErrorKind::UnexpectedEof),
            (false, io::ErrorKind::TimedOut),
        ] {
            for bytes in [&[0, 0][..], &[0, 0, 0, 9, 1], &[0, 0, 0, 9, 1, b'x']] {
                let (mut here, mut theirs) = pair();
                theirs.write_all(bytes).unwrap();
                if gone {
                    theirs.shutdown(Shutdown::Both).unwrap();
                }
                assert_eq!(here.receive(QUICK).unwrap_err().kind(), kind, "{bytes:?}");
            }
        }
    }

    #[test]
    fn a_byte_now_and_then_does_not_keep_a_frame_waiting() {
        let (mut here, mut theirs) = pair();
        let drip = std::thread::spawn(move || {
            for byte in [0, 0, 0, 200, 1].into_iter().chain([b' '; 200]) {
                if theirs.write_all(&[byte]).is_err() {
                    return;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
        });
        let begun = Instant::now();
        let error = here.receive(QUICK).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert!(begun.elapsed() < Duration::from_secs(2));
        drop(here);
        drip.join().unwrap();
    }
}
