//! Tests of [`PayloadReader`].

use std::cell::Cell;

use crate::sealing::Plain;
use crate::sealing::payload::CHUNK_BYTES;
use crate::sealing::payload::SEALED_CHUNK_BYTES;
use crate::sealing::reader::*;
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

/// Content of so many chunks, no two of them alike.
fn content(chunks: usize) -> Vec<u8> {
    (0..chunks * CHUNK_BYTES)
        .map(|at| (at % 251 + at / CHUNK_BYTES).to_le_bytes()[0])
        .collect()
}

fn reader<R: Read>(key: &FileKey, inner: R, threads: usize) -> PayloadReader<R> {
    let mut reader = PayloadReader::new(key, inner).unwrap();
    reader.threads = Some(threads);
    reader
}

/// What is released before the end, and how it ends.
fn read_all(key: &FileKey, inner: impl Read, threads: usize) -> (Vec<u8>, String) {
    let mut released = Vec::new();
    let end = reader(key, inner, threads).read_to_end(&mut released);
    (
        released,
        end.map_or_else(|e| e.to_string(), |_| "well".to_owned()),
    )
}

/// Wherever a long payload is damaged, cut or followed by something, threads or none, exactly the chunks before
/// that are released, and the same is said.
#[test]
fn damage_is_met_where_it_stands() {
    let key = FileKey::generate();
    let content = content(50);
    let good = seal_payload(&key, &Plain::new(content.clone()));
    let chunk_at = |chunk: usize| NONCE_BYTES + chunk * SEALED_CHUNK_BYTES;
    for chunk in [0, 1, 15, 16, 31, 32, 33, 47] {
        let mut damaged = good.clone();
        damaged[chunk_at(chunk) + 1000] ^= 4;
        let cut = &good[..chunk_at(chunk)];
        let short = &good[..chunk_at(chunk) + 500];
        let ended = seal_payload(&key, &Plain::new(content[..chunk * CHUNK_BYTES].to_vec()));
        let followed = [&ended, &good[chunk_at(chunk)..]].concat();
        for threads in [1, 3] {
            let until = |payload: &[u8]| {
                let (released, end) = read_all(&key, payload, threads);
                assert!(content.starts_with(&released));
                (released.len(), end)
            };
            let all_before = chunk * CHUNK_BYTES;
            let damage = (all_before, PayloadError::Damaged.to_string());
            assert_eq!(until(&damaged), damage, "chunk {chunk}");
            assert_eq!(until(short), damage, "chunk {chunk}");
            let cut_at_border = (all_before, PayloadError::Truncated.to_string());
            assert_eq!(until(cut), cut_at_border, "chunk {chunk}");
            if chunk > 0 {
                let trailing = (all_before, PayloadError::Trailing.to_string());
                assert_eq!(until(&followed), trailing, "chunk {chunk}");
            }
        }
    }
    assert_eq!(read_all(&key, &good[..], 3), (content, "well".to_owned()));
}

/// A chunk that is good is not released when one before it was left out or moved, also across batches.
#[test]
fn chunks_in_another_order_are_refused() {
    let key = FileKey::generate();
    let content = content(50);
    let good = seal_payload(&key, &Plain::new(content.clone()));
    let chunk = |at: usize| &good[NONCE_BYTES + at * SEALED_CHUNK_BYTES..][..SEALED_CHUNK_BYTES];
    for (first, second) in [(20, 21), (31, 32), (20, 40), (47, 48)] {
        let mut order: Vec<usize> = (0..50).collect();
        order.swap(first, second);
        let moved: Vec<u8> = order.iter().flat_map(|at| chunk(*at).to_vec()).collect();
        let payload = [&good[..NONCE_BYTES], &moved].concat();
        let (released, end) = read_all(&key, &payload[..], 3);
        assert_eq!(end, PayloadError::Damaged.to_string());
        assert!(released == content[..first * CHUNK_BYTES]);
    }
}

/// Fails once `left` bytes have been read, and would go on after that.
struct Fails<'a> {
    payload: &'a [u8],
    left: Option<usize>,
}

impl Read for Fails<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let most = self.left.map_or(out.len(), |left| left.min(out.len()));
        if most == 0 {
            self.left = None;
            return Err(io::Error::other("the line broke"));
        }
        self.left = self.left.map(|left| left - most);
        self.payload.read(&mut out[..most])
    }
}

#[test]
fn what_came_before_the_source_failed_is_released_and_no_more() {
    let key = FileKey::generate();
    let content = content(50);
    let payload = seal_payload(&key, &Plain::new(content.clone()));
    for chunks in [0, 1, 5, 16, 31, 32, 40, 49, 50] {
        for (more, threads) in [(0, 3), (70, 3), (0, 1)] {
            let until = NONCE_BYTES + chunks * SEALED_CHUNK_BYTES + more;
            let left = Some(until.min(payload.len()));
            let payload = payload.as_slice();
            let mut reader = reader(&key, Fails { payload, left }, threads);
            let mut released = Vec::new();
            let failure = reader.read_to_end(&mut released).unwrap_err();
            assert_eq!(failure.to_string(), "the line broke", "{chunks} chunks");
            assert!(released == content[..chunks * CHUNK_BYTES]);
            let later = reader.read(&mut [0; 10]).unwrap_err();
            assert_eq!(later.to_string(), "an earlier read failed");
        }
    }
}

/// Counts what has been asked for.
struct Counts<'a>(&'a [u8], &'a Cell<usize>);

impl Read for Counts<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read(out)?;
        self.1.set(self.1.get() + count);
        Ok(count)
    }
}

/// From a source that gives as slowly as it likes, half of what came is never kept waiting for the other half.
#[test]
fn a_slow_source_is_not_read_further_ahead_than_was_given() {
    let key = FileKey::generate();
    let payload = seal_payload(&key, &Plain::new(content(130)));
    let asked = Cell::new(0);
    let mut reader = reader(&key, Counts(&payload, &asked), 4);
    let (mut given, mut most_ahead) = (0, 0);
    let mut piece = vec![0; CHUNK_BYTES];
    loop {
        let before = given;
        given += reader.read(&mut piece).unwrap();
        let came = asked.get() / SEALED_CHUNK_BYTES;
        assert!(
            came <= 2 * (before / CHUNK_BYTES).max(1),
            "{came} after {before}"
        );
        most_ahead = most_ahead.max(came - before / CHUNK_BYTES);
        if given == before {
            break;
        }
    }
    assert_eq!(given, 130 * CHUNK_BYTES);
    assert!(
        most_ahead > 2 * batch::MOST,
        "the control: it does read ahead"
    );
    assert!(most_ahead <= 10 * batch::MOST, "and not without end");
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
