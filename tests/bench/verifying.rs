//! Verifying a ledger of a million entries: every entry read from the published files, hashed and put back into
//! the tree whose root is signed; and the strict check, which also reads every entry's fields and every tile.
//!
//! The floor is SHA-256 over the same bytes, already in memory. CPU alone is compared, and stands as elapsed too:
//! the goal is about it, and how long a disk takes to find the files is another matter. Each entry needs its own hash and about one more
//! for the tree, so no check can be as fast as it.
//!
//!   cargo bench --bench verifying -- --entries 1000000 --rounds 3

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench says what it measured, and one that fails should panic"
)]

use sha2::Digest as _;
use sha2::Sha256;
use std::path::Path;

use strongroom::clock::Timestamp;
use strongroom::ids::random;
use strongroom::ledger::ActorHandle;
use strongroom::ledger::Checkpoint;
use strongroom::ledger::Event;
use strongroom::ledger::Frontier;
use strongroom::ledger::Leaf;
use strongroom::ledger::LeafIndex;
use strongroom::ledger::LogKey;
use strongroom::ledger::Outcome;
use strongroom::ledger::RecordKey;
use strongroom::ledger::SignedCheckpoint;
use strongroom::ledger::VerifierKey;
use strongroom::ledger::check::Against;
use strongroom::ledger::check::Verdict;
use strongroom::ledger::check::directory;
use strongroom::ledger::commit;
use strongroom::ledger::merkle::leaf_hash;
use strongroom::ledger::record_ref;
use strongroom::ledger::tiles::TILE_WIDTH;
use strongroom::ledger::tiles::read::Tiles;
use strongroom::ledger::tiles::write::Publisher;

use crate::measure::Spent;
use crate::measure::compare;
use crate::measure::size;
use crate::measure::spent;

mod measure;

/// What the issue asks for,
const GOAL: f64 = 2.5;
/// and of the strict check.
const STRICT: f64 = 6.0;
const ORIGIN: &str = "strongroom.invalid/measured";

fn main() {
    let (count, rounds) = (size("entries", 1_000_000), size("rounds", 3));
    let dir = tempfile::tempdir().unwrap();
    let key = LogKey::generate(ORIGIN).unwrap();
    let keys = [key.verifier()];
    let (bytes, signed) = publish(dir.path(), count, &key);
    println!("A ledger of {count} entries, {} bytes", bytes.len());
    let hashed = || {
        cpu(|| {
            std::hint::black_box(Sha256::digest(&bytes));
        })
    };
    compare(
        (rounds, Some(GOAL)),
        ("read, hashed and put into the tree", || {
            cpu(|| assert_eq!(root(dir.path(), &keys), signed.head().root))
        }),
        ("SHA-256 of the same bytes", hashed),
    );
    compare(
        (rounds, Some(STRICT)),
        ("checked strictly", || {
            cpu(|| strictly(dir.path(), &keys, count))
        }),
        ("SHA-256 of the same bytes", hashed),
    );
}

/// What CPU something takes, in place of both figures.
fn cpu(work: impl FnOnce()) -> Spent {
    let cpu = spent(work).cpu;
    Spent { elapsed: cpu, cpu }
}

/// Publishes a ledger; its entries one after the other, and its signed head.
fn publish(dir: &Path, count: usize, key: &LogKey) -> (Vec<u8>, SignedCheckpoint) {
    let (actor, record) = (ActorHandle::random(), RecordKey::random());
    let entry = |index: u64| {
        let index = LeafIndex::new(index);
        let leaf = Leaf {
            actor,
            commit: commit(&random::<32>(), b"an invented detail"),
            event: Event::Read,
            frame: None,
            index,
            outcome: Outcome::Ok,
            record: record_ref(&record, index),
            time: Timestamp::from_ms(1_790_000_000_000),
        };
        leaf.encode()
    };
    let entries: Vec<Vec<u8>> = (0..count as u64).map(entry).collect();
    let mut frontier = Frontier::new();
    for entry in &entries {
        frontier.append(leaf_hash(entry));
    }
    let head = Checkpoint {
        origin: ORIGIN.to_owned(),
        size: frontier.size(),
        root: frontier.root(),
    };
    let signed = head.sign(key).unwrap();
    let mut publisher = Publisher::open(dir, &[key.verifier()]).unwrap();
    publisher.publish(&entries, &signed).unwrap();
    (entries.concat(), signed)
}

/// The root that the published entries lead to, once the head is believed.
fn root(dir: &Path, keys: &[VerifierKey]) -> strongroom::ledger::Hash {
    let tiles = Tiles::at(dir);
    let size = tiles.checkpoint(keys).unwrap().unwrap().size();
    let mut frontier = Frontier::new();
    for bundle in 0..size.get().div_ceil(TILE_WIDTH) {
        for entry in tiles.entries(bundle, size).unwrap().unwrap() {
            frontier.append(leaf_hash(&entry));
        }
    }
    frontier.root()
}

fn strictly(dir: &Path, keys: &[VerifierKey], count: usize) {
    let against = Against {
        keys,
        ended: &[],
        remembered: &[],
        entries_from: LeafIndex::new(0),
    };
    let report = directory(dir, &against).unwrap();
    assert_eq!(report.verdict(), Verdict::Good);
    assert_eq!(report.entries, count as u64);
}
