//! A small vault for the tests of stores: frames that can be told apart, what must be found again, and
//! a replay that checks every leaf and note.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use strongroom::ids::VaultId;
use strongroom::ledger::journal::Settings;
use strongroom::ledger::journal::disk::Disk;
use strongroom::sealing::{GenerationKey, RowId, SealedRow, UnitKey};
use strongroom::store::effects::{self, Effect, FramePlace};
use strongroom::store::embedded::{Embedded, Engine, MARK_KEY_LABEL, MarkKey, Site};
use strongroom::store::key_table::KeyTable;
use strongroom::store::names::{Tree, UnitKind, UnitName};
use strongroom::store::{Base, Frame, FrameView, Head, Refusal, Replay, Store};

pub(crate) const VAULT: VaultId = VaultId::from_bytes([7; 16]);
pub(crate) const SEGMENT: u64 = 8 << 10;

pub(crate) fn key() -> GenerationKey {
    GenerationKey::from_bytes([1; 32])
}

pub(crate) fn mark_key() -> MarkKey {
    key().derive(MARK_KEY_LABEL)
}

pub(crate) fn table() -> Vec<u8> {
    table_of(1)
}

/// An empty key table of a generation.
pub(crate) fn table_of(generation: u32) -> Vec<u8> {
    KeyTable::new().seal(&key(), &VAULT, generation).unwrap()
}

/// A vault on any disk, with small segments and the index in memory.
pub(crate) fn small_site(disk: Arc<dyn Disk>, dir: &Path) -> Site {
    Site {
        dir: dir.into(),
        vault: VAULT,
        disk,
        journal: Settings {
            segment_bytes: SEGMENT,
            make_ahead_in_background: false,
        },
        engine: Engine::Memory,
    }
}

pub(crate) fn create(site: &Site) -> Box<Embedded> {
    Box::new(Embedded::create(site, &table(), mark_key()).unwrap())
}

pub(crate) fn row(n: u8, length: usize) -> SealedRow {
    SealedRow {
        revision: u64::from(n),
        nonce: [n; 24],
        ciphertext: vec![n; length],
    }
}

pub(crate) fn put(tree: Tree, id: u8, row: SealedRow) -> Effect {
    let id = RowId([id; 16]);
    Effect::Put { tree, id, row }
}

/// The frame that follows `head` with so many leaves and these effects.
pub(crate) fn frame(head: &Head, leaves: u64, changes: &[Effect]) -> Frame {
    let place = FramePlace {
        vault: &VAULT,
        generation: head.generation,
        frame: head.next_frame,
    };
    Frame {
        leaves: (head.size..head.size + leaves).map(leaf).collect(),
        checkpoint: note(head.size + leaves),
        effects: effects::encode(changes, &key(), &place).unwrap(),
        ..head.seal()
    }
}

fn leaf(index: u64) -> Vec<u8> {
    format!("leaf {index}").into_bytes()
}

fn note(size: u64) -> Vec<u8> {
    format!("{size} leaves").into_bytes()
}

/// What has to be found again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Expected {
    pub(crate) frames: u64,
    pub(crate) size: u64,
    pub(crate) rows: BTreeMap<(Tree, RowId), SealedRow>,
    pub(crate) keys: usize,
}

/// The changes of the `n`th commit of a vault's small life: puts, replacements, drops, keys; the
/// thirteenth is larger than a segment.
pub(crate) fn changes(n: u8) -> Vec<Effect> {
    let length = if n == 13 {
        9_000
    } else {
        60 + usize::from(n) * 37
    };
    let unit = UnitName::new(UnitKind::Version, &[n]);
    let mut changes = vec![
        put(Tree::Record, n % 5, row(n, length)),
        Effect::Key {
            unit,
            key: UnitKey::from_bytes([n; 32]),
        },
        put(Tree::Header, n % 3, row(n, 10)),
    ];
    if n % 4 == 3 {
        changes.push(Effect::Drop {
            tree: Tree::Record,
            id: RowId([(n + 2) % 5; 16]),
        });
    }
    changes
}

impl Expected {
    pub(crate) fn after(&self, leaves: u64, changes: &[Effect]) -> Self {
        let mut after = self.clone();
        after.frames += 1;
        after.size += leaves;
        for change in changes {
            match change {
                Effect::Put { tree, id, row } => {
                    after.rows.insert((*tree, *id), row.clone());
                }
                Effect::Drop { tree, id } => {
                    after.rows.remove(&(*tree, *id));
                }
                Effect::Key { .. } | Effect::EndUnit { .. } => after.keys += 1,
            }
        }
        after
    }

    /// What a store really holds, read by every way there is.
    pub(crate) fn of(store: &dyn Store) -> Self {
        let head = store.head();
        let mut rows = BTreeMap::new();
        for tree in Tree::ALL {
            for (id, row) in store.rows(*tree, None, 1000).unwrap() {
                assert_eq!(store.row(*tree, &id).unwrap(), Some(row.clone()));
                rows.insert((*tree, id), row);
            }
        }
        let leaves = store.leaves(0, 1000).unwrap();
        let all: Vec<Vec<u8>> = (0..head.size).map(leaf).collect();
        assert_eq!(leaves, all);
        if head.size > 0 {
            assert_eq!(head.checkpoint, note(head.size));
        }
        Self {
            frames: head.next_frame,
            size: head.size,
            rows,
            keys: store.key_effects().unwrap().len(),
        }
    }
}

/// Checks every leaf and note it is shown.
#[derive(Debug, Default)]
pub(crate) struct Checker {
    pub(crate) size: u64,
    pub(crate) frames: u64,
}

impl Replay for Checker {
    fn base(&mut self, base: &Base<'_>) -> Result<(), Refusal> {
        self.size = base.size;
        Ok(())
    }

    fn row(&mut self, _: Tree, _: &RowId, _: &SealedRow) -> Result<(), Refusal> {
        Ok(())
    }

    fn frame(&mut self, frame: &FrameView<'_>) -> Result<(), Refusal> {
        self.frames += 1;
        for found in &frame.leaves {
            if *found != leaf(self.size) {
                return Err(Refusal("a leaf is not the one that was written".into()));
            }
            self.size += 1;
        }
        if !frame.leaves.is_empty() && frame.checkpoint != note(self.size) {
            return Err(Refusal("the note does not cover the leaves".into()));
        }
        Ok(())
    }
}
