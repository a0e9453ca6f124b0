//! The static directory: which files there are, that they do not depend on how they came about, and that
//! proofs from them are those of the tree.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use strongroom::ledger::check;
use strongroom::ledger::check::Against;
use strongroom::ledger::check::Verdict;
use strongroom::ledger::merkle::LeafIndex;
use strongroom::ledger::merkle::TreeSize;
use strongroom::ledger::merkle::leaf_hash;
use strongroom::ledger::merkle::prove;
use strongroom::ledger::tiles::TilesError;
use strongroom::ledger::tiles::nodes::TileNodes;
use strongroom::ledger::tiles::path::Row;
use strongroom::ledger::tiles::read::Tiles;
use strongroom::ledger::tiles::write::Publisher;

use crate::common::files_under;
use crate::ledger_kit::TestLog;

fn listing(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    files_under(dir)
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
            (name, fs::read(&path).unwrap())
        })
        .collect()
}

/// All files a ledger of this size needs.
fn needed(size: u64) -> Vec<String> {
    let size = TreeSize::new(size);
    let rows = [Row::Entries]
        .into_iter()
        .chain((0..Row::LEVELS).map(Row::Hashes));
    rows.flat_map(|row| row.tiles(size))
        .map(|tile| tile.to_string())
        .collect()
}

#[test]
fn the_directory_of_70_000_entries_is_the_specification_s() {
    let log = TestLog::of((0..70_000u32).map(|n| n.to_be_bytes().to_vec()));
    let dir = tempfile::tempdir().unwrap();
    log.publish(dir.path(), 70_000);
    let files = listing(dir.path());
    let count = |prefix: &str| files.keys().filter(|name| name.starts_with(prefix)).count();
    assert_eq!(count("tile/0/"), 274);
    assert_eq!(count("tile/1/"), 2);
    assert_eq!(count("tile/2/"), 1);
    assert_eq!(count("tile/entries/"), 274);
    assert_eq!(files["tile/0/272"].len(), 8192);
    assert_eq!(files["tile/0/273.p/112"].len(), 112 * 32);
    assert_eq!(files["tile/1/000"].len(), 8192);
    assert_eq!(files["tile/1/001.p/17"].len(), 17 * 32);
    assert_eq!(files["tile/2/000.p/1"].len(), 32);
    assert_eq!(files["tile/entries/273.p/112"].len(), 112 * 6);
    assert_eq!(
        files.len(),
        274 + 274 + 3 + 2,
        "and the key and the checkpoint"
    );

    let size = TreeSize::new(70_000);
    let nodes = TileNodes::new(Tiles::at(dir.path()), size);
    assert_eq!(
        prove::root(&nodes, size),
        Ok(log.checkpoint(70_000).head().root)
    );
    for index in (0..70_000).step_by(997).chain([65_535, 65_536, 69_999]) {
        let index = LeafIndex::new(index);
        let expected = prove::inclusion(log.nodes(), index, size);
        assert_eq!(prove::inclusion(&nodes, index, size), expected);
    }
}

#[test]
fn growing_in_steps_gives_the_same_files_and_every_step_is_complete() {
    let log = TestLog::new(1000);
    let grown = tempfile::tempdir().unwrap();
    let mut publisher = Publisher::open(grown.path(), &log.keys()).unwrap();
    let steps = [
        0, 1, 2, 17, 255, 256, 257, 511, 511, 512, 600, 768, 999, 1000,
    ];
    for (step, size) in steps.into_iter().enumerate() {
        if step % 3 == 2 {
            publisher = Publisher::open(grown.path(), &log.keys()).unwrap();
        }
        log.go_on(&mut publisher, size);
        let files = listing(grown.path());
        for name in needed(size) {
            assert!(files.contains_key(&name), "{name} at {size}");
        }
        // Partial tiles of an earlier checkpoint stay until their tile is full.
        assert_eq!(
            files.contains_key("tile/0/000.p/17"),
            (17..256).contains(&size)
        );
        assert_eq!(files["checkpoint"], log.checkpoint(size).note().as_bytes());
    }
    let at_once = tempfile::tempdir().unwrap();
    log.publish(at_once.path(), 1000);
    let (grown, at_once) = (listing(grown.path()), listing(at_once.path()));
    for (name, bytes) in &at_once {
        assert_eq!(grown.get(name), Some(bytes), "{name}");
    }
    for name in grown.keys().filter(|name| !at_once.contains_key(*name)) {
        let tile = name.split(".p/").next().unwrap();
        assert!(!at_once.contains_key(tile), "{name} should have gone");
    }
}

#[test]
fn proofs_reach_beyond_the_published_tiles() {
    let log = TestLog::new(600);
    let dir = tempfile::tempdir().unwrap();
    let mut publisher = Publisher::open(dir.path(), &log.keys()).unwrap();
    for (published, size) in [
        (0, 5),
        (1, 300),
        (256, 257),
        (300, 513),
        (512, 600),
        (600, 600),
    ] {
        log.go_on(&mut publisher, published);
        let mut nodes = TileNodes::new(publisher.tiles().clone(), TreeSize::new(published));
        for entry in
            &log.entries[usize::try_from(published).unwrap()..usize::try_from(size).unwrap()]
        {
            nodes.append(leaf_hash(entry));
        }
        let size = TreeSize::new(size);
        assert_eq!(nodes.size(), size);
        for n in (0..size.get()).step_by(7) {
            let index = LeafIndex::new(n);
            assert_eq!(
                prove::inclusion(&nodes, index, size),
                prove::inclusion(log.nodes(), index, size)
            );
            let old = TreeSize::new(n);
            assert_eq!(
                prove::consistency(&nodes, old, size),
                prove::consistency(log.nodes(), old, size)
            );
        }
        assert!(prove::root(&nodes, TreeSize::new(size.get() + 1)).is_err());
    }
    let mut nodes = TileNodes::new(publisher.tiles().clone(), TreeSize::new(0));
    log.entries
        .iter()
        .for_each(|entry| nodes.append(leaf_hash(entry)));
    nodes.now_published(TreeSize::new(600));
    assert_eq!(nodes.size(), TreeSize::new(600));
    let size = TreeSize::new(600);
    assert_eq!(prove::root(&nodes, size), prove::root(log.nodes(), size));
}

/// What a power failure leaves of files that were never synced is found out and written again.
#[test]
fn a_torn_edge_is_found_and_written_afresh() {
    let log = TestLog::new(600);
    let good = tempfile::tempdir().unwrap();
    log.publish(good.path(), 600);
    let names = [
        "tile/0/000",
        "tile/0/001",
        "tile/entries/000",
        "tile/0/002.p/88",
        "tile/1/000.p/2",
        "tile/entries/002.p/88",
        "checkpoint",
    ];
    for name in names {
        for damage in [Damage::Gone, Damage::Empty, Damage::Zeros] {
            let dir = tempfile::tempdir().unwrap();
            log.publish(dir.path(), 600);
            let path = dir.path().join(name);
            match damage {
                // Without a checkpoint everything is written again anyway; zeros in a file that is full are
                // left to the check.
                Damage::Gone if name == "checkpoint" => continue,
                Damage::Zeros if !name.contains('.') && name != "checkpoint" => continue,
                Damage::Gone => fs::remove_file(&path).unwrap(),
                Damage::Empty => fs::write(&path, b"").unwrap(),
                Damage::Zeros => fs::write(&path, vec![0; fs::read(&path).unwrap().len()]).unwrap(),
            }
            let opened = Publisher::open(dir.path(), &log.keys());
            assert!(opened.is_err(), "{name} {damage:?}");
            let mut publisher = Publisher::afresh(dir.path(), &log.keys()).unwrap();
            assert_eq!(publisher.size(), TreeSize::new(0));
            log.go_on(&mut publisher, 600);
            publisher.sync().unwrap();
            assert_eq!(listing(dir.path()), listing(good.path()));
        }
    }
}

#[derive(Debug, Clone, Copy)]
enum Damage {
    Gone,
    Empty,
    Zeros,
}

#[test]
fn nothing_is_published_that_does_not_fit() {
    let log = TestLog::new(300);
    let dir = tempfile::tempdir().unwrap();
    log.publish(dir.path(), 280);
    let before = fs::read(dir.path().join("checkpoint")).unwrap();
    let open = || Publisher::open(dir.path(), &log.keys()).unwrap();
    let other = TestLog::rewritten(300, 5);
    let wrong = [
        (
            open().publish(&log.entries[280..299], &log.checkpoint(300)),
            "too few",
        ),
        (
            open().publish(&log.entries[280..], &other.checkpoint(300)),
            "another history",
        ),
        (
            open().publish(&log.entries[0..0], &log.checkpoint(200)),
            "went back",
        ),
        (
            open().publish([vec![0; 70_000]], &log.checkpoint(281)),
            "too long",
        ),
    ];
    for (result, what) in wrong {
        assert!(result.is_err(), "{what}");
        assert_eq!(fs::read(dir.path().join("checkpoint")).unwrap(), before);
    }
    assert!(matches!(
        open().publish(&log.entries[0..0], &log.checkpoint(200)),
        Err(TilesError::WentBack)
    ));
    log.publish(dir.path(), 300);
}

/// A crash may leave any of the files of a publication that was under way. What was published before stays
/// readable, and the publication can be done again.
#[test]
fn whatever_part_of_a_publication_happened_it_can_be_done_again() {
    let log = TestLog::of((0..600).map(|n| format!(r#"{{"n":{n},"v":"cv9"}}"#).into_bytes()));
    for (old, new) in [(1, 2), (200, 300), (256, 512), (511, 600), (599, 600)] {
        let (before, after) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        log.publish(before.path(), old);
        log.publish(after.path(), old);
        log.publish(after.path(), new);
        let (before, after) = (listing(before.path()), listing(after.path()));
        let written: Vec<&String> = after
            .keys()
            .filter(|name| name.starts_with("tile/") && before.get(*name) != after.get(*name))
            .collect();
        // All subsets where there are few files, every fifth where there are many.
        let stride = if written.len() > 5 { 5 } else { 1 };
        for subset in (0..1u32 << written.len()).step_by(stride) {
            let dir = tempfile::tempdir().unwrap();
            let put = |name: &str, bytes: &[u8]| {
                let path = dir.path().join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, bytes).unwrap();
            };
            for (name, bytes) in &before {
                put(name, bytes);
            }
            for (bit, name) in written.iter().enumerate() {
                if subset >> bit & 1 == 1 {
                    put(name, &after[*name]);
                }
            }
            put(".writing", b"half of someth");
            let against = Against {
                keys: &log.keys(),
                ended: &[],
                remembered: &[],
                entries_from: LeafIndex::new(0),
            };
            let report = check::directory(dir.path(), &against).unwrap();
            assert_eq!(
                report.verdict(),
                Verdict::Good,
                "{old} to {new}, {subset:b}"
            );
            let mut publisher = Publisher::open(dir.path(), &log.keys()).unwrap();
            log.go_on(&mut publisher, new);
            let done = listing(dir.path());
            assert!(
                after
                    .iter()
                    .all(|(name, bytes)| done.get(name) == Some(bytes))
            );
        }
    }
}
