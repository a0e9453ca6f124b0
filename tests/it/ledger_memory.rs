//! What a client checks before it opens anything, and what it remembers: the receipt that proves another
//! thing, the ledger that went back, the ledger with two histories.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use strongroom::ledger::checkpoint::Discontinuity;
use strongroom::ledger::checkpoint::SignedCheckpoint;
use strongroom::ledger::leaf::LeafError;
use strongroom::ledger::leaf::actor::ActorHandle;
use strongroom::ledger::leaf::event::Event;
use strongroom::ledger::leaf::event::Outcome;
use strongroom::ledger::leaf::keys::RecordKey;
use strongroom::ledger::memory::Memory;
use strongroom::ledger::memory::MemoryError;
use strongroom::ledger::merkle::LeafIndex;
use strongroom::ledger::merkle::TreeSize;
use strongroom::ledger::merkle::prove;
use strongroom::ledger::note::key::LogKey;
use strongroom::ledger::proof::LogProof;
use strongroom::ledger::proof::ProofError;
use strongroom::ledger::receipt::Differs;
use strongroom::ledger::receipt::Expected;
use strongroom::ledger::receipt::Receipt;
use strongroom::ledger::receipt::ReceiptError;

use crate::common::files_under;
use crate::ledger_kit::ORIGIN;
use crate::ledger_kit::TestLog;
use crate::ledger_kit::actor;
use crate::ledger_kit::k_record;
use crate::ledger_kit::leaf;
use crate::ledger_kit::opening;

const AT: u64 = 80;

fn expected() -> Expected<'static> {
    Expected::new(actor(AT), opening(AT).commitment())
}

fn check(
    log: &TestLog,
    receipt: &Receipt,
    from: Option<&SignedCheckpoint>,
) -> Result<(), ReceiptError> {
    receipt.check(&log.keys(), from, &expected()).map(|_| ())
}

#[test]
fn a_good_receipt_proves_its_entry() {
    let log = TestLog::new(300);
    let key = k_record();
    for (size, from) in [
        (81, None),
        (300, None),
        (81, Some(0)),
        (300, Some(81)),
        (300, Some(300)),
    ] {
        let receipt = log.receipt(AT, size, from);
        let json = serde_json::to_string(&receipt).unwrap();
        assert_eq!(serde_json::from_str::<Receipt>(&json).unwrap(), receipt);
        let remembered = from.map(|from| log.checkpoint(from));
        let said = leaf(AT);
        let expected = expected()
            .event(said.event)
            .outcome(said.outcome)
            .record(&key);
        let proven = receipt
            .check(&log.keys(), remembered.as_ref(), &expected)
            .unwrap();
        assert_eq!(proven.leaf(), &said);
        assert_eq!(proven.checkpoint(), &log.checkpoint(size));
    }
}

#[test]
fn a_receipt_for_something_else_proves_nothing() {
    let log = TestLog::new(300);
    let receipt = log.receipt(AT, 300, None);
    let differs = |expected: &Expected<'_>| match receipt.check(&log.keys(), None, expected) {
        Err(ReceiptError::OtherEntry(differs)) => differs,
        other => panic!("{other:?}"),
    };
    let (other_record, other_event) = (RecordKey::from_bytes(&[8; 32]), Event::Turn);
    assert_ne!(leaf(AT).event, other_event);
    let stranger = Expected::new(ActorHandle::SERVICE, opening(AT).commitment());
    assert_eq!(differs(&stranger), Differs::Actor);
    let other_ask = Expected::new(actor(AT), opening(AT + 5).commitment());
    assert_eq!(differs(&other_ask), Differs::Commit);
    assert_eq!(differs(&expected().event(other_event)), Differs::Event);
    assert_eq!(
        differs(&expected().outcome(Outcome::Rate)),
        Differs::Outcome
    );
    assert_eq!(differs(&expected().record(&other_record)), Differs::Record);
}

#[test]
fn a_receipt_with_anything_altered_proves_nothing() {
    let log = TestLog::new(300);
    let good = log.receipt(AT, 300, Some(100));
    let remembered = log.checkpoint(100);
    assert_eq!(check(&log, &good, Some(&remembered)), Ok(()));

    let mut bad = good.clone();
    bad.leaf = bad.leaf.replace("\"index\":80", "\"index\":81");
    assert_eq!(check(&log, &bad, None), Err(ReceiptError::NotIncluded));
    bad.leaf.push(' ');
    assert_eq!(
        check(&log, &bad, None),
        Err(ReceiptError::Malformed(LeafError::Trailing))
    );

    for at in 0..good.inclusion.len() {
        let mut bad = good.clone();
        bad.inclusion.remove(at);
        assert_eq!(check(&log, &bad, None), Err(ReceiptError::NotIncluded));
    }
    // The entry of a later index, proven under an earlier checkpoint.
    let bad = Receipt {
        checkpoint: log.checkpoint(79).note().to_owned(),
        ..good.clone()
    };
    assert_eq!(check(&log, &bad, None), Err(ReceiptError::NotIncluded));

    let fork = ReceiptError::Breaks(Discontinuity::Fork {
        remembered: TreeSize::new(100),
        offered: TreeSize::new(300),
    });
    for at in 0..good.consistency.len() {
        let mut bad = good.clone();
        bad.consistency.swap_remove(at);
        assert_eq!(check(&log, &bad, Some(&remembered)), Err(fork.clone()));
    }
    // A sound proof, but from another size than the one remembered; and none at all.
    for from in [Some(99), Some(101), None] {
        let bad = log.receipt(AT, 300, from);
        assert_eq!(check(&log, &bad, Some(&remembered)), Err(fork.clone()));
    }
    let other = LogKey::generate(ORIGIN).unwrap().verifier();
    assert!(matches!(
        good.check(&[other], None, &expected()),
        Err(ReceiptError::Checkpoint(_))
    ));
}

#[test]
fn histories_that_do_not_go_on_are_told_apart() {
    let (log, other) = (TestLog::new(300), TestLog::rewritten(300, 90));
    let remembered = log.checkpoint(200);
    let sizes = (TreeSize::new(200), TreeSize::new(150));
    assert_eq!(
        check(&log, &log.receipt(AT, 150, Some(150)), Some(&remembered)),
        Err(ReceiptError::Breaks(Discontinuity::WentBack {
            remembered: sizes.0,
            offered: sizes.1
        }))
    );
    for size in [200, 201, 300] {
        let receipt = other.receipt(AT, size, Some(200));
        let verdict = check(&log, &receipt, Some(&remembered));
        assert!(matches!(
            verdict,
            Err(ReceiptError::Breaks(Discontinuity::Fork { .. }))
        ));
        // The control: one who remembers nothing is taken in.
        assert_eq!(check(&log, &receipt, None), Ok(()));
    }
}

fn folder(root: &Path) -> PathBuf {
    let mut found = fs::read_dir(root.join("known_logs")).unwrap();
    found.next().unwrap().unwrap().path()
}

fn evidence(root: &Path) -> Vec<String> {
    let mut notes: Vec<String> = files_under(folder(root).join("evidence"))
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    notes.sort();
    notes
}

fn pair(a: &SignedCheckpoint, b: &SignedCheckpoint) -> Vec<String> {
    let mut notes = vec![a.note().to_owned(), b.note().to_owned()];
    notes.sort();
    notes
}

#[test]
fn a_client_remembers_the_largest_checkpoint_and_the_key() {
    let log = TestLog::new(300);
    let root = tempfile::tempdir().unwrap();
    let key = log.key.verifier();
    let memory = Memory::open(root.path(), &key).unwrap();
    assert!(memory.lock().unwrap().checkpoint().is_none());
    let mut last = None;
    for size in [81, 81, 120, 300] {
        let memory = Memory::open(root.path(), &key).unwrap();
        let mut locked = memory.lock().unwrap();
        assert_eq!(locked.checkpoint().cloned(), last);
        let from = locked
            .checkpoint()
            .map(|checkpoint| checkpoint.size().get());
        locked
            .prove(&log.receipt(AT, size, from), &expected())
            .unwrap();
        last = Some(log.checkpoint(size));
    }
    let kept = fs::read_to_string(folder(root.path()).join("checkpoint")).unwrap();
    assert_eq!(kept, log.checkpoint(300).note(), "verbatim");
    assert_eq!(Memory::open(root.path(), &key).unwrap().keys(), log.keys());

    let other = LogKey::generate(ORIGIN).unwrap().verifier();
    let refused = Memory::open(root.path(), &other).unwrap_err();
    assert!(matches!(refused, MemoryError::UnknownKey { .. }));
    assert!(refused.to_string().contains(&key.to_string()));
    let elsewhere = LogKey::generate("strongroom.invalid/else")
        .unwrap()
        .verifier();
    assert!(
        Memory::open(root.path(), &elsewhere).is_ok(),
        "another ledger is another memory"
    );
}

#[test]
fn a_break_is_refused_and_both_notes_are_kept() {
    let (log, other) = (TestLog::new(300), TestLog::rewritten(300, 90));
    let root = tempfile::tempdir().unwrap();
    let memory = Memory::open(root.path(), &log.key.verifier()).unwrap();
    let mut locked = memory.lock().unwrap();
    locked
        .prove(&log.receipt(AT, 200, None), &expected())
        .unwrap();

    let back = locked.prove(&log.receipt(AT, 100, Some(100)), &expected());
    let how = Discontinuity::WentBack {
        remembered: TreeSize::new(200),
        offered: TreeSize::new(100),
    };
    assert!(matches!(back, Err(MemoryError::Receipt(ReceiptError::Breaks(is))) if is == how));
    assert_eq!(
        evidence(root.path()),
        pair(&log.checkpoint(200), &log.checkpoint(100))
    );
    fs::remove_dir_all(folder(root.path()).join("evidence")).unwrap();

    let fork = locked.prove(&other.receipt(AT, 300, Some(200)), &expected());
    assert!(matches!(
        fork,
        Err(MemoryError::Receipt(ReceiptError::Breaks(
            Discontinuity::Fork { .. }
        )))
    ));
    assert_eq!(
        evidence(root.path()),
        pair(&log.checkpoint(200), &other.checkpoint(300))
    );
    fs::remove_dir_all(folder(root.path()).join("evidence")).unwrap();

    let (from, to) = (TreeSize::new(200), TreeSize::new(300));
    let theirs = prove::consistency(other.nodes(), from, to).unwrap();
    let fork = locked.advance(&other.checkpoint(300), &theirs);
    assert!(matches!(
        fork,
        Err(MemoryError::Breaks(Discontinuity::Fork { .. }))
    ));
    assert_eq!(evidence(root.path()).len(), 2);

    // What was refused changed nothing; a receipt about something else is no break, and no evidence.
    fs::remove_dir_all(folder(root.path()).join("evidence")).unwrap();
    let wrong = Expected::new(ActorHandle::SERVICE, opening(AT).commitment());
    assert!(
        locked
            .prove(&log.receipt(AT, 300, Some(200)), &wrong)
            .is_err()
    );
    assert!(evidence(root.path()).is_empty());
    assert_eq!(locked.checkpoint(), Some(&log.checkpoint(200)));
    let ours = prove::consistency(log.nodes(), from, to).unwrap();
    locked.advance(&log.checkpoint(300), &ours).unwrap();
    drop(locked);
    assert_eq!(
        memory.lock().unwrap().checkpoint(),
        Some(&log.checkpoint(300))
    );
}

#[test]
fn a_damaged_memory_is_not_taken_for_none() {
    let log = TestLog::new(300);
    let root = tempfile::tempdir().unwrap();
    let memory = Memory::open(root.path(), &log.key.verifier()).unwrap();
    memory
        .lock()
        .unwrap()
        .advance(&log.checkpoint(100), &[])
        .unwrap();
    let path = folder(root.path()).join("checkpoint");
    for bad in [
        &b""[..],
        b"\xff\xfe",
        &TestLog::new(5).checkpoint(5).note().as_bytes()[1..],
    ] {
        fs::write(&path, bad).unwrap();
        assert!(matches!(memory.lock(), Err(MemoryError::Damaged(_))));
    }
    fs::write(folder(root.path()).join("vkey"), "nothing").unwrap();
    let opened = Memory::open(root.path(), &log.key.verifier());
    assert!(matches!(opened, Err(MemoryError::Damaged(_))));
}

#[test]
fn two_clients_do_not_pass_each_other() {
    let log = TestLog::new(300);
    let root = tempfile::tempdir().unwrap();
    let memory = Memory::open(root.path(), &log.key.verifier()).unwrap();
    let locked = memory.lock().unwrap();
    std::thread::scope(|scope| {
        let (says, hears) = std::sync::mpsc::channel();
        let other = &memory;
        scope.spawn(move || {
            let locked = other.lock().unwrap();
            says.send(locked.checkpoint().map(SignedCheckpoint::size))
                .unwrap();
        });
        assert!(
            hears.recv_timeout(Duration::from_millis(200)).is_err(),
            "it waits"
        );
        let mut locked = locked;
        locked.advance(&log.checkpoint(7), &[]).unwrap();
        drop(locked);
        let seen = hears.recv_timeout(Duration::from_mins(1)).unwrap();
        assert_eq!(
            seen,
            Some(TreeSize::new(7)),
            "and then knows what the first one learned"
        );
    });
}

#[test]
fn an_offline_proof_is_checked_without_the_ledger() {
    let log = TestLog::new(300);
    for (index, size) in [(0, 1), (80, 81), (80, 300), (299, 300)] {
        let proof = log.proof(index, size);
        let text = proof.to_text();
        assert!(text.starts_with("c2sp.org/tlog-proof@v1\nextra "));
        assert_eq!(LogProof::parse(text.as_bytes()), Ok(proof.clone()));
        assert_eq!(proof.check(&log.keys()), Ok(log.checkpoint(size)));
        let mut wrong = proof.clone();
        wrong.index = LeafIndex::new(index + 1);
        assert_eq!(wrong.check(&log.keys()), Err(ProofError::NotIncluded));
    }
    let text = log.proof(80, 300).to_text().into_bytes();
    for at in 0..text.len() {
        for flip in [1, 2, 0x20] {
            let mut bad = text.clone();
            bad[at] ^= flip;
            let verdict = LogProof::parse(&bad).and_then(|proof| proof.check(&log.keys()));
            assert!(verdict.is_err(), "byte {at}");
        }
        assert!(
            LogProof::parse(&text[..at])
                .and_then(|proof| proof.check(&log.keys()))
                .is_err()
        );
    }
}
