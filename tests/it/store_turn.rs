//! Generations on a disk: what is exchanged among them is found out, and the index goes along.

use std::path::Path;

use strongroom::store::Store;
use strongroom::store::embedded::{Embedded, OpenError, Site};

use crate::store_kit::{Checker, Expected, VAULT, changes, create, frame, mark_key, table_of};

fn site(dir: &Path) -> Site {
    Site::new(&dir.join("vault"), VAULT)
}

fn open(site: &Site) -> Result<Embedded, OpenError> {
    Embedded::open(site, mark_key(), &[], &mut Checker::default())
}

fn commit(store: &mut dyn Store, n: u8) {
    let next = frame(store.head(), 1, &changes(n));
    store.commit(next).unwrap();
}

fn turn(store: &mut dyn Store) {
    let next = store.head().generation + 1;
    store.prepare(&table_of(next)).unwrap();
    store.turn(mark_key()).unwrap();
}

#[test]
fn after_a_clean_stop_the_index_has_gone_along() {
    let dir = tempfile::tempdir().unwrap();
    let site = site(dir.path());
    let mut store: Box<dyn Store> = create(&site);
    commit(&mut *store, 1);
    turn(&mut *store);
    store.tidy().unwrap();
    commit(&mut *store, 2);
    let expected = Expected::of(&*store);
    store.close().unwrap();
    let again = open(&site).unwrap();
    assert_eq!(again.repairs().index_rebuilt, None);
    assert_eq!(Expected::of(&again), expected);
    let generations = std::fs::read_dir(site.dir.join("generation")).unwrap();
    let mut names: Vec<_> = generations
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["2", "current"]);
}

#[test]
fn without_a_clean_stop_the_index_is_made_anew() {
    let dir = tempfile::tempdir().unwrap();
    let site = site(dir.path());
    let mut store: Box<dyn Store> = create(&site);
    commit(&mut *store, 1);
    turn(&mut *store);
    commit(&mut *store, 2);
    let expected = Expected::of(&*store);
    drop(store);
    let mut again = open(&site).unwrap();
    assert!(again.repairs().index_rebuilt.is_some());
    assert_eq!(Expected::of(&again), expected);
    again.tidy().unwrap();
    assert!(!site.dir.join("generation/1").exists());
}

/// The pointer of an earlier generation, put back with its files, does not pass beside a journal that went on.
#[test]
fn an_earlier_generation_put_back_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let site = site(dir.path());
    let mut store: Box<dyn Store> = create(&site);
    commit(&mut *store, 1);
    let current = site.dir.join("generation/current");
    let before = std::fs::read(&current).unwrap();
    turn(&mut *store);
    commit(&mut *store, 2);
    store.close().unwrap();
    let after = std::fs::read(&current).unwrap();
    std::fs::write(&current, &before).unwrap();
    assert!(matches!(open(&site), Err(OpenError::WentBack { .. })));
    std::fs::write(&current, &after).unwrap();
    assert!(open(&site).is_ok());
}

/// A generation's files cannot be exchanged for those of another.
#[test]
fn files_of_another_generation_are_damage() {
    let dir = tempfile::tempdir().unwrap();
    let site = site(dir.path());
    let mut store: Box<dyn Store> = create(&site);
    commit(&mut *store, 1);
    turn(&mut *store);
    store.close().unwrap();
    let files = site.dir.join("generation");
    std::fs::copy(files.join("1/keys"), files.join("2/keys")).unwrap();
    assert!(matches!(open(&site), Err(OpenError::Damaged { .. })));
}
