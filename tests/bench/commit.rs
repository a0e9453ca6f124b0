//! The commit of one filing: its entries hashed into the tree, the new head signed, and the frame made durable and
//! indexed.
//!
//! The frame is that of a real filing, taken from a vault's journal; its rows get new ids each time. The floor
//! writes as many bytes behind one another into a file filled with zeros before, on the same disk, and flushes the
//! data each time. Sealing rows and unit keys comes before the commit and is not measured.
//!
//!   cargo bench --bench commit -- --commits 200 --rounds 11

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a bench says what it measured, and one that fails should panic"
)]

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

use strongroom::ids::VaultId;
use strongroom::ids::random;
use strongroom::ledger::Checkpoint;
use strongroom::ledger::Frontier;
use strongroom::ledger::LogKey;
use strongroom::ledger::merkle::leaf_hash;
use strongroom::store::Frame;
use strongroom::store::FrameView;
use strongroom::store::Store;
use strongroom::store::effects::RawEffect;
use strongroom::store::effects::decode_placed;
use strongroom::store::embedded::Embedded;
use strongroom::store::embedded::Site;
use tempfile::TempDir;

use crate::measure::Spent;
use crate::measure::compare;
use crate::measure::size;
use crate::measure::spent;

mod centre;
mod measure;
mod report;

/// What the issue asks for.
const GOAL: f64 = 1.2;
/// Bytes before a segment's first frame.
const HEADER: usize = 112;
const ORIGIN: &str = "strongroom.invalid/measured";

fn main() {
    let (count, rounds) = (size("commits", 200), size("rounds", 11));
    let (sample, rows) = of_a_filing();
    let bytes = sample.encode(&[0; 32]).unwrap().bytes;
    let dir = tempfile::tempdir().unwrap();
    let mut bare = Bare::make(&dir.path().join("bare"), count * bytes.len());
    let mut vault = Vault::make(&dir.path().join("vault"), sample, rows);
    println!(
        "{count} commits of one filing each, {} bytes a frame",
        bytes.len()
    );
    compare(
        (rounds, Some(GOAL)),
        ("committed", || {
            spent(|| (0..count).for_each(|_| vault.commit()))
        }),
        ("appended and flushed", || bare.append(count, &bytes)),
    );
}

/// The frame of a filing, and where in its effects the ids of its rows stand.
fn of_a_filing() -> (Frame, Vec<usize>) {
    let dir = centre::make();
    let keeper = centre::open(&dir);
    let mut ada = centre::sign_in(&keeper, "ada");
    let case = centre::open_case(&mut ada);
    let before = frames(&dir).len();
    ada.file(&report::filing(&case)).unwrap();
    let frame = frames(&dir)
        .split_off(before)
        .into_iter()
        .max_by_key(|frame| frame.effects.len());
    let frame = frame.unwrap();
    let placed = decode_placed(frame.number, &frame.effects).unwrap();
    let puts = placed
        .iter()
        .filter(|one| matches!(one.effect, RawEffect::Put { .. }));
    // Behind a put's sort and tree.
    let rows = puts.map(|one| one.offset + 2).collect();
    (frame, rows)
}

/// What stands in the first segment of a vault's journal.
fn frames(dir: &TempDir) -> Vec<Frame> {
    let segment = centre::paths(dir).dir.join("journal/00000001.jrn");
    let bytes = std::fs::read(segment).unwrap();
    let (mut frames, mut at) = (Vec::new(), HEADER);
    while bytes[at..at + 4] != [0; 4] {
        let view = FrameView::parse(&bytes[at..]).unwrap();
        frames.push(Frame {
            generation: view.generation,
            number: view.number,
            first: view.first,
            leaves: view.leaves.iter().map(|leaf| leaf.to_vec()).collect(),
            checkpoint: view.checkpoint.to_vec(),
            effects: view.effects.to_vec(),
        });
        at += view.length;
    }
    frames
}

/// A store that takes the frame again and again, and what the keeper keeps of the ledger beside it.
struct Vault {
    store: Embedded,
    frontier: Frontier,
    key: LogKey,
    sample: Frame,
    rows: Vec<usize>,
}

impl Vault {
    fn make(dir: &Path, sample: Frame, rows: Vec<usize>) -> Self {
        let site = Site::new(dir, VaultId::random());
        Self {
            store: Embedded::create(&site, b"", random::<32>().into()).unwrap(),
            frontier: Frontier::new(),
            key: LogKey::generate(ORIGIN).unwrap(),
            sample,
            rows,
        }
    }

    fn commit(&mut self) {
        for leaf in &self.sample.leaves {
            self.frontier.append(leaf_hash(leaf));
        }
        let head = Checkpoint {
            origin: ORIGIN.to_owned(),
            size: self.frontier.size(),
            root: self.frontier.root(),
        };
        let head = head.sign(&self.key).unwrap();
        let mut frame = self.sample.clone();
        for row in &self.rows {
            frame.effects[*row..*row + 16].copy_from_slice(&random::<16>());
        }
        let at = self.store.head();
        (frame.generation, frame.number, frame.first) = (at.generation, at.next_frame, at.size);
        frame.checkpoint = head.note().as_bytes().to_vec();
        self.store.commit(frame).unwrap();
    }
}

/// A file of zeros that is written over from its beginning.
struct Bare(File);

impl Bare {
    fn make(path: &Path, bytes: usize) -> Self {
        std::fs::write(path, vec![0; bytes]).unwrap();
        let file = File::options().write(true).open(path).unwrap();
        file.sync_all().unwrap();
        Self(file)
    }

    fn append(&mut self, count: usize, bytes: &[u8]) -> Spent {
        spent(|| {
            for number in 0..count {
                let offset = u64::try_from(number * bytes.len()).unwrap();
                self.0.write_all_at(bytes, offset).unwrap();
                self.0.sync_data().unwrap();
            }
        })
    }
}
