//! Whatever links the library frees nothing but zeros. The process looks at itself through `/proc`.

use std::fs::File;
use std::os::unix::fs::FileExt;

/// Lengths on both sides of those the system's allocator treats differently, all below those it
/// unmaps.
const LENGTHS: [usize; 4] = [64, 600, 5000, 60_000];

/// How many times `marker` stands in the `length` bytes at `address`; `None` if nothing is there.
fn count(memory: &File, address: usize, length: usize, marker: [u8; 8]) -> Option<usize> {
    let mut bytes = vec![0; length];
    memory.read_exact_at(&mut bytes, address as u64).ok()?;
    Some(bytes.windows(8).filter(|window| *window == marker).count())
}

#[test]
fn freed_and_outgrown_blocks_hold_nothing() {
    let Ok(memory) = File::open("/proc/self/mem") else {
        eprintln!("SKIPPED: no /proc/self/mem here");
        return;
    };
    let marker: [u8; 8] = strongroom::ids::random();
    let mut places = Vec::new();
    for length in LENGTHS {
        let secret = marker.repeat(length / 8);
        let address = secret.as_ptr().addr();
        let live = count(&memory, address, secret.len(), marker);
        assert!(live.unwrap() >= length / 8, "seen while it is in use");
        places.push((address, secret.len()));
    }
    let mut grown: Vec<u8> = Vec::with_capacity(64);
    while grown.len() < 60_000 {
        let (before, length) = (grown.as_ptr().addr(), grown.len());
        grown.extend_from_slice(&marker);
        if grown.as_ptr().addr() != before {
            places.push((before, length));
        }
    }
    assert!(places.len() > LENGTHS.len(), "it has moved");
    let from = grown.as_ptr().addr();
    let until = from + grown.capacity();
    for (address, length) in places {
        // The block in use may stand where an earlier one was.
        if address >= until || address + length <= from {
            let left = count(&memory, address, length, marker).unwrap_or(0);
            assert_eq!(left, 0, "{length} bytes");
        }
    }
}
