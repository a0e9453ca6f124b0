//! One suite that every store must pass, and opening again is part of it.

use std::sync::Arc;

use strongroom::ledger::frame::MAX_FRAME;
use strongroom::sealing::RowId;
use strongroom::store::effects::{Effect, KeyChange};
use strongroom::store::embedded::{Embedded, Engine, Site};
use strongroom::store::key_table::KeyTable;
use strongroom::store::memory::{MemoryDisk, MemoryOpenError};
use strongroom::store::names::{Tree, UnitKind, UnitName};
use strongroom::store::{
    CommitError, Frame, FrameError, FrameView, Refusal, Replay, Store, Unchecked, Why,
};

use crate::power_disk::PowerDisk;
use crate::store_kit::{
    Checker, Expected, VAULT, changes, create, frame, key, mark_key, put, row, small_site, table,
    table_of,
};

/// A vault that can be opened again and again.
trait Bench {
    fn first(&mut self) -> Box<dyn Store>;
    fn again(&mut self, replay: &mut dyn Replay) -> Result<Box<dyn Store>, String>;
}

struct InMemory(MemoryDisk);

impl Bench for InMemory {
    fn first(&mut self) -> Box<dyn Store> {
        self.again(&mut Unchecked).unwrap()
    }

    fn again(&mut self, replay: &mut dyn Replay) -> Result<Box<dyn Store>, String> {
        let store = self.0.open(replay).map_err(|error| error.to_string())?;
        Ok(Box::new(store))
    }
}

struct InDirectory {
    site: Site,
    _home: Option<tempfile::TempDir>,
}

impl Bench for InDirectory {
    fn first(&mut self) -> Box<dyn Store> {
        create(&self.site)
    }

    fn again(&mut self, replay: &mut dyn Replay) -> Result<Box<dyn Store>, String> {
        let store = Embedded::open(&self.site, mark_key(), &[], replay);
        Ok(Box::new(store.map_err(|error| error.to_string())?))
    }
}

fn benches() -> Vec<(&'static str, Box<dyn Bench>)> {
    let dir = tempfile::tempdir().unwrap();
    let sled = Site {
        engine: Engine::Sled,
        ..Site::new(&dir.path().join("vault"), VAULT)
    };
    let in_ram = small_site(Arc::new(PowerDisk::new()), "/vault".as_ref());
    let in_directory = |site, home| Box::new(InDirectory { site, _home: home });
    vec![
        ("memory", Box::new(InMemory(MemoryDisk::new(1, table())))),
        ("small segments", in_directory(in_ram, None)),
        ("directory", in_directory(sled, Some(dir))),
    ]
}

fn on_all(case: impl Fn(&mut dyn Bench)) {
    for (name, mut bench) in benches() {
        eprintln!("on {name}");
        case(&mut *bench);
    }
}

fn commit(store: &mut dyn Store, leaves: u64, effects: &[Effect]) {
    let next = frame(store.head(), leaves, effects);
    store.commit(next).unwrap();
}

fn refused(store: &mut dyn Store, next: Frame) -> Why {
    let head = store.head().clone();
    match store.commit(next) {
        Err(CommitError::Refused(why)) => {
            assert_eq!(*store.head(), head, "a refusal changes nothing");
            why
        }
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn a_new_vault_is_empty() {
    on_all(|bench| {
        let store = bench.first();
        assert_eq!(Expected::of(&*store), Expected::default());
        assert_eq!(store.head().generation, 1);
        assert_eq!(store.head().last_frame_hash, [0; 32]);
        assert!(store.head().checkpoint.is_empty());
        let opened = KeyTable::open(&store.key_table().unwrap(), &key(), &VAULT, 1);
        assert!(opened.unwrap().is_empty());
    });
}

#[test]
fn what_was_committed_is_read_at_once() {
    on_all(|bench| {
        let mut store = bench.first();
        commit(&mut *store, 2, &[put(Tree::Case, 4, row(9, 30))]);
        let id = RowId([4; 16]);
        assert_eq!(store.row(Tree::Case, &id).unwrap(), Some(row(9, 30)));
        assert_eq!(store.row(Tree::Record, &id).unwrap(), None);
        assert_eq!(store.row(Tree::Case, &RowId([5; 16])).unwrap(), None);
        assert_eq!((store.head().size, store.head().next_frame), (2, 1));
    });
}

#[test]
fn a_life_reads_the_same_after_every_stop() {
    on_all(|bench| {
        let mut store = bench.first();
        let mut expected = Expected::default();
        for n in 0..24 {
            let leaves = u64::from(n % 3) + 1;
            commit(&mut *store, leaves, &changes(n));
            expected = expected.after(leaves, &changes(n));
            if n % 5 == 4 {
                if n % 2 == 0 {
                    store.close().unwrap();
                } else {
                    drop(store);
                }
                let mut checker = Checker::default();
                store = bench.again(&mut checker).unwrap();
                assert_eq!(
                    (checker.frames, checker.size),
                    (expected.frames, expected.size)
                );
            }
            assert_eq!(Expected::of(&*store), expected);
        }
    });
}

#[test]
fn the_head_chains_by_hash() {
    on_all(|bench| {
        let mut store = bench.first();
        let next = frame(store.head(), 1, &[]);
        let encoded = next.encode(&store.head().last_frame_hash).unwrap();
        store.commit(next).unwrap();
        assert_eq!(store.head().last_frame_hash, encoded.hash);
        drop(store);
        let store = bench.again(&mut Unchecked).unwrap();
        assert_eq!(store.head().last_frame_hash, encoded.hash);
    });
}

#[test]
fn gaps_and_repeats_are_refused() {
    on_all(|bench| {
        let mut store = bench.first();
        let first = frame(store.head(), 1, &[]);
        store.commit(first.clone()).unwrap();
        assert_eq!(refused(&mut *store, first), Why::NotNext);
        let good = frame(store.head(), 1, &[]);
        let wrong = [
            Frame {
                number: 2,
                ..good.clone()
            },
            Frame {
                first: 0,
                ..good.clone()
            },
            Frame {
                first: 2,
                ..good.clone()
            },
            Frame {
                generation: 0,
                ..good.clone()
            },
            Frame {
                generation: 2,
                ..good.clone()
            },
        ];
        for next in wrong {
            assert_eq!(refused(&mut *store, next), Why::NotNext);
        }
        store.commit(good).unwrap();
    });
}

#[test]
fn effects_without_an_entry_are_refused() {
    on_all(|bench| {
        let mut store = bench.first();
        let good = frame(store.head(), 1, &changes(1));
        let leafless = Frame {
            leaves: Vec::new(),
            ..good.clone()
        };
        let unattested = Why::Frame(FrameError::Unattested);
        assert_eq!(refused(&mut *store, leafless), unattested);
        let noteless = Frame {
            checkpoint: Vec::new(),
            ..good.clone()
        };
        assert_eq!(refused(&mut *store, noteless), unattested);
        store.commit(good).unwrap();
    });
}

#[test]
fn unreadable_effects_are_refused() {
    on_all(|bench| {
        let mut store = bench.first();
        let good = frame(store.head(), 1, &changes(1));
        let garbled = Frame {
            effects: vec![200, 1, 2],
            ..good.clone()
        };
        assert!(matches!(refused(&mut *store, garbled), Why::Effects(_)));
        let mut cut = good.clone();
        cut.effects.pop();
        assert!(matches!(refused(&mut *store, cut), Why::Effects(_)));
        store.commit(good).unwrap();
    });
}

#[test]
fn what_is_too_large_is_refused() {
    on_all(|bench| {
        let mut store = bench.first();
        let good = frame(store.head(), 1, &[]);
        let long_leaf = Frame {
            leaves: vec![vec![1; 70_000]],
            ..good.clone()
        };
        let too_large = Why::Frame(FrameError::TooLarge);
        assert_eq!(refused(&mut *store, long_leaf), too_large);
        store.commit(good).unwrap();
    });
    assert_eq!(MAX_FRAME, 256 << 20);
}

#[test]
fn seals_add_a_frame_and_nothing_else() {
    on_all(|bench| {
        let mut store = bench.first();
        commit(&mut *store, 2, &changes(1));
        let before = Expected::of(&*store);
        let note = store.head().checkpoint.clone();
        let seal = store.head().seal();
        store.commit(seal.clone()).unwrap();
        let after = Expected {
            frames: 2,
            ..before
        };
        assert_eq!(Expected::of(&*store), after);
        assert_eq!(store.head().checkpoint, note);
        assert_eq!(refused(&mut *store, seal), Why::NotNext);
        drop(store);
        let mut store = bench.again(&mut Checker::default()).unwrap();
        assert_eq!(Expected::of(&*store), after);
        commit(&mut *store, 1, &changes(2));
    });
}

#[test]
fn a_later_put_replaces_and_a_drop_removes() {
    on_all(|bench| {
        let mut store = bench.first();
        let id = RowId([1; 16]);
        let read = |store: &dyn Store| store.row(Tree::Grant, &id).unwrap().map(|row| row.revision);
        commit(&mut *store, 1, &[put(Tree::Grant, 1, row(1, 5))]);
        assert_eq!(read(&*store), Some(1));
        commit(&mut *store, 1, &[put(Tree::Grant, 1, row(2, 5))]);
        assert_eq!(read(&*store), Some(2));
        commit(
            &mut *store,
            1,
            &[Effect::Drop {
                tree: Tree::Grant,
                id,
            }],
        );
        assert_eq!(read(&*store), None);
        commit(
            &mut *store,
            1,
            &[Effect::Drop {
                tree: Tree::Grant,
                id,
            }],
        );
        commit(&mut *store, 1, &[put(Tree::Grant, 1, row(3, 5))]);
        assert_eq!(read(&*store), Some(3));
    });
}

#[test]
fn effects_of_one_frame_apply_in_their_order() {
    on_all(|bench| {
        let mut store = bench.first();
        let id = RowId([1; 16]);
        let drop_it = || Effect::Drop {
            tree: Tree::Hold,
            id,
        };
        let effects = [
            put(Tree::Hold, 1, row(1, 5)),
            drop_it(),
            put(Tree::Hold, 1, row(2, 5)),
            put(Tree::Hold, 2, row(3, 5)),
            Effect::Drop {
                tree: Tree::Hold,
                id: RowId([2; 16]),
            },
        ];
        commit(&mut *store, 1, &effects);
        let rows = store.rows(Tree::Hold, None, 9).unwrap();
        assert_eq!(rows, [(id, row(2, 5))]);
        drop(store);
        let store = bench.again(&mut Unchecked).unwrap();
        assert_eq!(store.rows(Tree::Hold, None, 9).unwrap(), rows);
    });
}

#[test]
fn rows_come_in_order_and_in_pages() {
    on_all(|bench| {
        let mut store = bench.first();
        let order = [9, 2, 7, 1, 5, 255, 0];
        let puts: Vec<Effect> = order
            .iter()
            .map(|n| put(Tree::Link, *n, row(*n, 3)))
            .collect();
        commit(&mut *store, 1, &puts);
        commit(
            &mut *store,
            1,
            &[
                put(Tree::Person, 3, row(3, 3)),
                put(Tree::Request, 3, row(3, 3)),
            ],
        );
        let page = |after: Option<u8>, limit| -> Vec<u8> {
            let after = after.map(|n| RowId([n; 16]));
            let rows = store.rows(Tree::Link, after, limit).unwrap();
            rows.iter().map(|(id, _)| id.0[0]).collect()
        };
        assert_eq!(page(None, 100), [0, 1, 2, 5, 7, 9, 255]);
        assert_eq!(page(None, 3), [0, 1, 2]);
        assert_eq!(page(Some(2), 3), [5, 7, 9]);
        assert_eq!(page(Some(3), 1), [5], "after an id that is not there");
        assert_eq!(page(Some(9), 3), [255]);
        assert_eq!(page(Some(255), 3), [0_u8; 0]);
        assert_eq!(page(None, 0), [0_u8; 0]);
        assert_eq!(store.rows(Tree::Notice, None, 5).unwrap(), []);
    });
}

#[test]
fn leaves_are_read_from_anywhere() {
    on_all(|bench| {
        let mut store = bench.first();
        for n in [3, 1, 4] {
            commit(&mut *store, n, &[]);
            let seal = store.head().seal();
            store.commit(seal).unwrap();
        }
        let read = |from, limit| -> Vec<String> {
            let leaves = store.leaves(from, limit).unwrap();
            leaves
                .into_iter()
                .map(|leaf| String::from_utf8(leaf).unwrap())
                .collect()
        };
        assert_eq!(read(2, 3), ["leaf 2", "leaf 3", "leaf 4"]);
        assert_eq!(read(7, 100), ["leaf 7"]);
        assert_eq!(read(8, 100), [""; 0]);
        assert_eq!(read(u64::MAX, 100), [""; 0]);
        assert_eq!(read(0, 0), [""; 0]);
        for from in 0..8 {
            assert_eq!(read(from, 1), [format!("leaf {from}")]);
        }
    });
}

#[test]
fn key_changes_come_back_in_order_and_open() {
    on_all(|bench| {
        let mut store = bench.first();
        let mut expected = KeyTable::new();
        for n in 0..6 {
            commit(&mut *store, 1, &changes(n));
            commit(
                &mut *store,
                1,
                &[Effect::EndUnit {
                    unit: UnitName::new(UnitKind::Version, &[n / 2]),
                }],
            );
        }
        let collect = |store: &dyn Store| -> KeyTable {
            let sealed = store.key_table().unwrap();
            let mut table = KeyTable::open(&sealed, &key(), &VAULT, 1).unwrap();
            for effect in store.key_effects().unwrap() {
                table.apply(effect.open(&key(), &VAULT, 1).unwrap());
            }
            table
        };
        for n in 3..6 {
            let unit = UnitName::new(UnitKind::Version, &[n]);
            let key = strongroom::sealing::UnitKey::from_bytes([n; 32]);
            expected.apply(KeyChange::Key { unit, key });
        }
        let names = |table: &KeyTable| -> Vec<UnitName> {
            table.iter().map(|(unit, _)| unit.clone()).collect()
        };
        assert_eq!(names(&collect(&*store)), names(&expected));
        drop(store);
        let store = bench.again(&mut Unchecked).unwrap();
        assert_eq!(names(&collect(&*store)), names(&expected));
    });
}

#[test]
fn a_turn_keeps_rows_and_leaves_and_ends_key_changes() {
    on_all(|bench| {
        let mut store = bench.first();
        commit(&mut *store, 2, &changes(1));
        assert_eq!(store.prepared().unwrap(), None);
        assert!(store.turn(mark_key()).is_err(), "nothing is prepared");
        assert_eq!(store.head().generation, 1);
        // Half-made, or made and thrown away: nothing has happened.
        store.prepare(&table_of(2)).unwrap();
        assert_eq!(store.others().unwrap(), [2]);
        store.tidy().unwrap();
        assert_eq!(store.others().unwrap(), [] as [u32; 0]);
        assert_eq!(store.prepared().unwrap(), None);
        let table = table_of(2);
        store.prepare(&table).unwrap();
        assert_eq!(store.prepared().unwrap().as_ref(), Some(&table));
        let before = Expected::of(&*store);
        let stale = frame(store.head(), 1, &changes(2));
        store.turn(mark_key()).unwrap();
        assert_eq!(store.head().generation, 2);
        assert_eq!(store.key_table().unwrap(), table);
        assert_eq!(refused(&mut *store, stale), Why::NotNext);
        let mut expected = Expected { keys: 0, ..before };
        assert_eq!(Expected::of(&*store), expected);
        commit(&mut *store, 1, &changes(3));
        expected = expected.after(1, &changes(3));
        assert_eq!(Expected::of(&*store), expected);
        store.tidy().unwrap();
        assert_eq!(store.others().unwrap(), [] as [u32; 0]);
        for clean in [true, false] {
            if clean {
                store.close().unwrap();
            } else {
                drop(store);
            }
            store = bench.again(&mut Checker::default()).unwrap();
            assert_eq!(store.head().generation, 2);
            assert_eq!(Expected::of(&*store), expected);
        }
    });
}

#[test]
fn one_opener_at_a_time() {
    on_all(|bench| {
        let store = bench.first();
        let words = bench.again(&mut Unchecked).err().unwrap();
        assert!(words.contains("open already"), "{words}");
        store.close().unwrap();
        let store = bench.again(&mut Unchecked).unwrap();
        drop(store);
        bench.again(&mut Unchecked).unwrap();
    });
}

struct RefusesFrame(u64);

impl Replay for RefusesFrame {
    fn base(&mut self, _: &strongroom::store::Base<'_>) -> Result<(), Refusal> {
        Ok(())
    }

    fn row(
        &mut self,
        _: Tree,
        _: &RowId,
        _: &strongroom::sealing::SealedRow,
    ) -> Result<(), Refusal> {
        Ok(())
    }

    fn frame(&mut self, frame: &FrameView<'_>) -> Result<(), Refusal> {
        if frame.number == self.0 {
            return Err(Refusal("planted words".into()));
        }
        Ok(())
    }
}

#[test]
fn a_replay_can_refuse_and_nothing_is_changed() {
    on_all(|bench| {
        let mut store = bench.first();
        for n in 0..3 {
            commit(&mut *store, 1, &changes(n));
        }
        let expected = Expected::of(&*store);
        drop(store);
        for number in 0..3 {
            let words = bench.again(&mut RefusesFrame(number)).err().unwrap();
            assert!(words.contains("planted words"), "{words}");
        }
        let store = bench.again(&mut RefusesFrame(3)).unwrap();
        assert_eq!(Expected::of(&*store), expected);
    });
}

#[test]
fn a_second_opening_changes_nothing() {
    on_all(|bench| {
        let mut store = bench.first();
        for n in 0..5 {
            commit(&mut *store, 1, &changes(n));
        }
        let (expected, head) = (Expected::of(&*store), store.head().clone());
        for clean in [true, true, false, false, true] {
            if clean {
                store.close().unwrap();
            } else {
                drop(store);
            }
            store = bench.again(&mut Checker::default()).unwrap();
            assert_eq!(Expected::of(&*store), expected);
            assert_eq!(*store.head(), head);
        }
    });
}

#[test]
fn a_memory_disk_says_who_has_it() {
    let disk = MemoryDisk::new(1, table());
    let _first = disk.open(&mut Unchecked).unwrap();
    assert_eq!(
        disk.open(&mut Unchecked).unwrap_err(),
        MemoryOpenError::Locked
    );
}
