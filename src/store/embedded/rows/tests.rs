//! An index that lies: pointers that lead astray, rows it forgot, an engine that is gone.

use crate::ids::VaultId;
use crate::ledger::frame::Frame;
use crate::sealing::{GenerationKey, RowId, SealedRow};
use crate::store::effects::{self, Effect, FramePlace};
use crate::store::embedded::index::{Change, Pointer, key};
use crate::store::embedded::{Embedded, Engine, MARK_KEY_LABEL, Site};
use crate::store::names::Tree;
use crate::store::{ReadError, Store};

const VAULT: VaultId = VaultId::from_bytes([7; 16]);

fn row(n: u8) -> SealedRow {
    SealedRow {
        revision: u64::from(n),
        nonce: [n; 24],
        ciphertext: vec![n; 40],
    }
}

/// A vault with rows 0 to 4 of one tree.
fn vault(dir: &std::path::Path, engine: Engine) -> Embedded {
    let generation = GenerationKey::from_bytes([1; 32]);
    let site = Site {
        engine,
        ..Site::new(dir, VAULT)
    };
    let mark_key = generation.derive(MARK_KEY_LABEL);
    let mut store = Embedded::create(&site, b"a key table", mark_key).unwrap();
    for n in 0..5 {
        let place = FramePlace {
            vault: &VAULT,
            generation: 1,
            frame: u64::from(n),
        };
        let put = Effect::Put {
            tree: Tree::Hold,
            id: RowId([n; 16]),
            row: row(n),
        };
        let frame = Frame {
            leaves: vec![vec![n]],
            checkpoint: vec![n + 1],
            effects: effects::encode(&[put], &generation, &place).unwrap(),
            ..store.head().seal()
        };
        store.commit(frame).unwrap();
    }
    store
}

/// Changes the index behind the store's back.
fn tamper(store: &Embedded, change: Change) {
    let mut state = store.rows.lock();
    let index = state.index.as_mut().unwrap();
    index.apply(vec![change], Box::new(|_| None)).unwrap();
}

fn pointer_of(store: &Embedded, n: u8) -> Pointer {
    let state = store.rows.lock();
    let index = state.index.as_ref().unwrap();
    let found = index.get(&key(Tree::Hold.number(), &RowId([n; 16])));
    found.unwrap().unwrap()
}

fn for_both(case: impl Fn(Embedded)) {
    for engine in [Engine::Memory, Engine::Sled] {
        let dir = tempfile::tempdir().unwrap();
        case(vault(&dir.path().join("vault"), engine));
    }
}

#[test]
fn a_pointer_that_leads_astray_is_put_right() {
    for_both(|store| {
        let good = pointer_of(&store, 2);
        let name = key(Tree::Hold.number(), &RowId([2; 16]));
        let wrong = [
            pointer_of(&store, 3),
            Pointer {
                offset: good.offset + 1,
                ..good
            },
            Pointer {
                offset: u64::MAX,
                ..good
            },
            Pointer {
                length: u32::MAX,
                ..good
            },
            Pointer { length: 0, ..good },
            Pointer { segment: 0, ..good },
            Pointer {
                segment: 77,
                ..good
            },
            Pointer {
                digest: [0; 32],
                ..good
            },
        ];
        for pointer in wrong {
            tamper(&store, Change::Put(name, pointer));
            let found = store.row(Tree::Hold, &RowId([2; 16])).unwrap();
            assert_eq!(found, Some(row(2)), "{pointer:?}");
            assert_eq!(pointer_of(&store, 2), good, "made anew");

            tamper(&store, Change::Put(name, pointer));
            let places = [4, 9, 2, 4].map(|n| (Tree::Hold, RowId([n; 16])));
            let found = store.rows_at(&places).unwrap();
            let each: Vec<_> = places
                .iter()
                .map(|(tree, id)| store.row(*tree, id).unwrap())
                .collect();
            assert_eq!(found, each);
            assert_eq!(found, [Some(row(4)), None, Some(row(2)), Some(row(4))]);

            tamper(&store, Change::Put(name, pointer));
            let rows = store.rows(Tree::Hold, None, 10).unwrap();
            let revisions: Vec<u64> = rows.iter().map(|(_, row)| row.revision).collect();
            assert_eq!(revisions, [0, 1, 2, 3, 4]);
        }
    });
}

#[test]
fn a_forgotten_and_an_invented_row_are_found_by_counting() {
    for_both(|store| {
        assert_eq!(store.check_rows().unwrap(), 5);
        let name = |n| key(Tree::Hold.number(), &RowId([n; 16]));
        let some = pointer_of(&store, 1);
        for change in [Change::Drop(name(1)), Change::Put(name(9), some)] {
            tamper(&store, change);
            let error = store.check_rows().unwrap_err();
            assert!(matches!(error, ReadError::Damaged { .. }));
            assert!(error.to_string().contains("index rebuild"), "{error}");
            assert_eq!(store.rebuild_index().unwrap(), 5);
            assert_eq!(store.check_rows().unwrap(), 5);
        }
    });
}

#[test]
fn an_engine_that_is_gone_is_replaced() {
    for_both(|mut store| {
        store.rows.lock().index = None;
        let frame = Frame {
            leaves: vec![vec![5]],
            checkpoint: vec![6],
            ..store.head().seal()
        };
        store.commit(frame).unwrap();
        assert_eq!(
            store.row(Tree::Hold, &RowId([4; 16])).unwrap(),
            Some(row(4))
        );
        assert_eq!(store.check_rows().unwrap(), 5);
    });
}
