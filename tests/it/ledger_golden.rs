//! A ledger of 1,000 entries as version 1 wrote it, which must verify for ever. If a change makes these
//! tests fail, it is a new version of the format: the old files stay.

use std::fs;
use std::path::Path;
use std::process::Command;

use strongroom::ledger::check;
use strongroom::ledger::check::Against;
use strongroom::ledger::check::Remembered;
use strongroom::ledger::check::Verdict;
use strongroom::ledger::checkpoint::SignedCheckpoint;
use strongroom::ledger::leaf::Leaf;
use strongroom::ledger::leaf::keys::RecordKey;
use strongroom::ledger::leaf::keys::record_ref;
use strongroom::ledger::merkle::LeafIndex;
use strongroom::ledger::merkle::TreeSize;
use strongroom::ledger::note::key::VerifierKey;
use strongroom::ledger::opening::Opening;
use strongroom::ledger::proof::LogProof;
use strongroom::ledger::tiles::read::Tiles;
use strongroom::ledger::tiles::write::Publisher;

use crate::common::files_under;
use crate::common::have;
use crate::ledger_kit::TestLog;
use crate::ledger_kit::k_record;
use crate::ledger_kit::opening;

const GOLDEN: &str = "tests/golden/v1/ledger";
const VKEY: &str = "strongroom.invalid/testlogtestlogtestlogtest+82eab9e7+ARl/ayPhbIUyxqvIOPrNXqeJvgx2spIDNAOb+os9No1h";
const ROOT: &str = "AjFQ7fJrUJF81jW0gC5X/ba0KmMj8NMYUTGomv5k1+I=";
const SIZE: u64 = 1000;
const PROVEN: u64 = 640;

fn keys() -> Vec<VerifierKey> {
    vec![VKEY.parse().unwrap()]
}

fn golden(name: &str) -> Vec<u8> {
    fs::read(Path::new(GOLDEN).join(name)).unwrap()
}

/// Everything the fixture holds.
fn write_to(dir: &Path) {
    let log = TestLog::new(SIZE);
    log.publish(&dir.join("log"), SIZE);
    let publisher = Publisher::open(dir.join("log"), &log.keys()).unwrap();
    publisher.keep(&log.checkpoint(256)).unwrap();
    publisher.keep(&log.checkpoint(600)).unwrap();
    publisher.disclose(LeafIndex::new(0), &opening(0)).unwrap();
    let write = |name: &str, text: &str| fs::write(dir.join(name), text).unwrap();
    write("remembered-700.note", log.checkpoint(700).note());
    write("entry-640.tlog-proof", &log.proof(PROVEN, SIZE).to_text());
    write("entry-640.opening.json", &opening(PROVEN).to_file());
    write("record-key.txt", &k_record().to_text());
}

#[test]
fn what_version_1_wrote_is_written_the_same_today() {
    let fresh = tempfile::tempdir().unwrap();
    write_to(fresh.path());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        write_to(Path::new(GOLDEN));
    }
    let names = |dir: &Path| -> Vec<String> {
        let relative = |path: &Path| path.strip_prefix(dir).unwrap().to_str().unwrap().to_owned();
        files_under(dir).iter().map(|path| relative(path)).collect()
    };
    assert_eq!(names(fresh.path()), names(Path::new(GOLDEN)));
    for name in names(fresh.path()) {
        assert!(
            fs::read(fresh.path().join(&name)).unwrap() == golden(&name),
            "{name} differs"
        );
    }
}

#[test]
fn what_version_1_wrote_verifies() {
    let remembered = SignedCheckpoint::verify(&golden("remembered-700.note"), &keys()).unwrap();
    let against = Against {
        keys: &keys(),
        ended: &[],
        remembered: &[Remembered {
            by: "the fixture".to_owned(),
            checkpoint: remembered,
        }],
        entries_from: LeafIndex::new(0),
    };
    let report = check::directory(&Path::new(GOLDEN).join("log"), &against).unwrap();
    assert_eq!(report.verdict(), Verdict::Good, "{:?}", report.findings);
    assert_eq!((report.entries, report.unknown_format), (SIZE, 0));
    assert_eq!((report.confirmed, report.opened), (3, 1));
    assert_eq!(report.checkpoint.unwrap().head().root.to_string(), ROOT);

    let proof = LogProof::parse(&golden("entry-640.tlog-proof")).unwrap();
    assert_eq!(proof.check(&keys()).unwrap().size(), TreeSize::new(SIZE));
    let leaf = Leaf::decode(&proof.entry).unwrap();
    let opening = Opening::from_file(&golden("entry-640.opening.json")).unwrap();
    assert!(opening.opens(&leaf));

    let text = String::from_utf8(golden("record-key.txt")).unwrap();
    let key = RecordKey::from_text(&text).unwrap();
    let tiles = Tiles::at(Path::new(GOLDEN).join("log"));
    let about: Vec<u64> = (0..4)
        .flat_map(|n| tiles.entries(n, TreeSize::new(SIZE)).unwrap().unwrap())
        .map(|entry| Leaf::decode(&entry).unwrap())
        .filter(|leaf| record_ref(&key, leaf.index) == leaf.record)
        .map(|leaf| leaf.index.get())
        .collect();
    assert_eq!(about, (0..SIZE).step_by(40).collect::<Vec<u64>>());
}

#[test]
fn the_outside_verifier_accepts_what_version_1_wrote() {
    if !(have("python3", "--version") && have("openssl", "version")) {
        return;
    }
    let key = String::from_utf8(golden("record-key.txt")).unwrap();
    let log = format!("{GOLDEN}/log");
    let (note, proof, opening) = (
        format!("{GOLDEN}/remembered-700.note"),
        format!("{GOLDEN}/entry-640.tlog-proof"),
        format!("{GOLDEN}/entry-640.opening.json"),
    );
    let runs = [
        vec!["directory", &log, "--vkey", VKEY, "--remembered", &note],
        vec!["record", &log, "--vkey", VKEY, "--record-key", &key],
        vec!["opening", &log, "640", &opening, "--vkey", VKEY],
        vec!["proof", &proof, "--vkey", VKEY, "--opening", &opening],
    ];
    for arguments in runs {
        let python = Command::new("python3")
            .args(["-B", "docs/verify/verify.py"])
            .args(&arguments)
            .output()
            .unwrap();
        let text = String::from_utf8(python.stdout).unwrap();
        assert!(python.status.success(), "{arguments:?}\n{text}");
        assert!(text.ends_with("verdict: good\n"));
    }
}
