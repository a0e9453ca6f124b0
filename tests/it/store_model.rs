//! Lives nobody thought of: any order of commits, seals, stops, crashes and power cuts must read like
//! the plain list of what was acknowledged.

use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;
use strongroom::sealing::{RowId, UnitKey};
use strongroom::store::Store;
use strongroom::store::effects::Effect;
use strongroom::store::embedded::{Embedded, Remembered};
use strongroom::store::names::{Tree, UnitKind, UnitName};

use crate::power_disk::{Arrives, PowerDisk};
use crate::store_kit::{Checker, Expected, create, frame, mark_key, put, row, small_site};

#[derive(Debug, Clone)]
enum Step {
    Commit(u64, Vec<Change>),
    Seal,
    Close,
    Crash,
    PowerCut(Arrives, u64),
    Rebuild,
}

#[derive(Debug, Clone)]
enum Change {
    Put(Tree, u8, u8, usize),
    Drop(Tree, u8),
    Key(u8),
    End(u8),
}

impl Change {
    fn effect(&self) -> Effect {
        let unit = |n: u8| UnitName::new(UnitKind::Draft, &[n]);
        match *self {
            Self::Put(tree, id, value, length) => put(tree, id, row(value, length)),
            Self::Drop(tree, id) => Effect::Drop {
                tree,
                id: RowId([id; 16]),
            },
            Self::Key(n) => Effect::Key {
                unit: unit(n),
                key: UnitKey::from_bytes([n; 32]),
            },
            Self::End(n) => Effect::EndUnit { unit: unit(n) },
        }
    }
}

fn change() -> impl Strategy<Value = Change> {
    let tree = || prop::sample::select(&[Tree::Account, Tree::Grant, Tree::Factor][..]);
    prop_oneof![
        5 => (tree(), 0..6_u8, any::<u8>(), 0..400_usize)
            .prop_map(|(tree, id, value, length)| Change::Put(tree, id, value, length)),
        1 => (tree(), 0..6_u8, any::<u8>(), 7_000..12_000_usize)
            .prop_map(|(tree, id, value, length)| Change::Put(tree, id, value, length)),
        3 => (tree(), 0..6_u8).prop_map(|(tree, id)| Change::Drop(tree, id)),
        1 => any::<u8>().prop_map(Change::Key),
        1 => any::<u8>().prop_map(Change::End),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let way = prop::sample::select(
        &[
            Arrives::Nothing,
            Arrives::Everything,
            Arrives::Prefix { torn_at: 512 },
            Arrives::Chance,
        ][..],
    );
    prop_oneof![
        12 => (1..4_u64, prop::collection::vec(change(), 0..5))
            .prop_map(|(leaves, changes)| Step::Commit(leaves, changes)),
        2 => Just(Step::Seal),
        1 => Just(Step::Close),
        1 => Just(Step::Crash),
        1 => (way, any::<u64>()).prop_map(|(way, seed)| Step::PowerCut(way, seed)),
        1 => Just(Step::Rebuild),
    ]
}

fn open(disk: &PowerDisk, expected: &Expected) -> Box<Embedded> {
    let site = small_site(Arc::new(disk.clone()), Path::new("/vault"));
    let remembered = [Remembered {
        name: "the test".into(),
        generation: 1,
        size: expected.size,
    }];
    let mut checker = Checker::default();
    let store = Embedded::open(&site, mark_key(), &remembered, &mut checker).unwrap();
    assert_eq!(checker.size, expected.size);
    assert_eq!(store.repairs().torn, None);
    Box::new(store)
}

fn live(steps: &[Step]) {
    let mut disk = PowerDisk::new();
    let mut store = create(&small_site(Arc::new(disk.clone()), Path::new("/vault")));
    let mut expected = Expected::default();
    for step in steps {
        match step {
            Step::Commit(leaves, changes) => {
                let effects: Vec<Effect> = changes.iter().map(Change::effect).collect();
                let next = frame(store.head(), *leaves, &effects);
                store.commit(next).unwrap();
                expected = expected.after(*leaves, &effects);
            }
            Step::Seal => {
                let seal = store.head().seal();
                store.commit(seal).unwrap();
                expected.frames += 1;
            }
            Step::Close => {
                store.close().unwrap();
                store = open(&disk, &expected);
            }
            Step::Crash => {
                drop(store);
                store = open(&disk, &expected);
            }
            Step::PowerCut(way, seed) => {
                drop(store);
                disk = disk.after_power_cut(*way, *seed);
                store = open(&disk, &expected);
            }
            Step::Rebuild => {
                assert_eq!(store.rebuild_index().unwrap(), expected.rows.len() as u64);
            }
        }
        assert_eq!(store.check_rows().unwrap(), expected.rows.len() as u64);
    }
    assert_eq!(Expected::of(&*store), expected);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn any_life_reads_like_its_list(steps in prop::collection::vec(step(), 1..40)) {
        live(&steps);
    }
}
