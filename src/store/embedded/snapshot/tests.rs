//! The snapshot's format: round trips, damage, and files whose hash is right and whose shape is not.

use std::path::Path;

use proptest::prelude::*;
use sha2::{Digest, Sha256};

use crate::ids::VaultId;
use crate::ledger::journal::Position;
use crate::ledger::journal::disk::{RealDisk, write_whole};
use crate::sealing::{RowId, SealedRow};
use crate::store::effects::{RawEffect, SealedKeyEffect};
use crate::store::embedded::snapshot::{Covers, Snapshot, encode};
use crate::store::names::Tree;

const VAULT: VaultId = VaultId::from_bytes([7; 16]);

type Rows = Vec<(Tree, RowId, SealedRow)>;

fn covers() -> Covers {
    Covers {
        vault: VAULT,
        position: Position {
            generation: 3,
            next_frame: 40,
            size: 99,
            hash: [5; 32],
        },
        frontier: b"frontier".to_vec(),
        checkpoint: b"note".to_vec(),
        key_effects: vec![SealedKeyEffect {
            frame: 12,
            position: 4,
            ends_unit: true,
            bytes: vec![9; 60],
        }],
    }
}

fn row(id: u8, length: usize) -> SealedRow {
    SealedRow {
        revision: u64::from(id),
        nonce: [id; 24],
        ciphertext: vec![id; length],
    }
}

fn sample() -> Rows {
    vec![
        (Tree::Account, RowId([1; 16]), row(1, 20)),
        (Tree::Account, RowId([2; 16]), row(2, 0)),
        (Tree::Record, RowId([1; 16]), row(3, 3000)),
    ]
}

/// Opens `bytes` as a snapshot; gives what it covers and its rows.
fn open(dir: &Path, bytes: &[u8]) -> Result<(Covers, Rows), String> {
    let path = dir.join("rows");
    write_whole(&RealDisk, &path, bytes).unwrap();
    let snapshot =
        Snapshot::open(&RealDisk, &path, &VAULT).map_err(|error| format!("{error:?}"))?;
    let mut rows = Vec::new();
    let mut each = |at: u64, put: crate::store::effects::PlacedEffect, raw: &[u8]| {
        assert_eq!(snapshot.read(at, raw.len()).unwrap(), raw);
        if let RawEffect::Put { tree, id, row } = put.effect {
            rows.push((tree, id, row));
        }
        Ok(())
    };
    snapshot.rows(&mut each).unwrap();
    assert_eq!(snapshot.digest, <[u8; 32]>::from(Sha256::digest(bytes)));
    Ok((snapshot.covers, rows))
}

#[test]
fn round_trips() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = encode(&covers(), &sample()).unwrap();
    assert_eq!(open(dir.path(), &bytes), Ok((covers(), sample())));
    let nothing = Covers::nothing(VAULT, 1);
    let bytes = encode(&nothing, &[]).unwrap();
    assert_eq!(open(dir.path(), &bytes), Ok((nothing, Vec::new())));
}

/// The format is frozen: this digest, computed by a script written from the format's description, must
/// never change.
#[test]
fn the_bytes_are_the_formats() {
    let bytes = encode(&covers(), &sample()[..2]).unwrap();
    assert_eq!(
        crate::bytes::hex(&Sha256::digest(&bytes)),
        "55ae6142ed2099d3abb19dd6416d7086140ebae71f205028f7342d134389648b"
    );
}

#[test]
fn every_flip_and_every_cut_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let bytes = encode(&covers(), &sample()[..2]).unwrap();
    for at in 0..bytes.len() {
        let mut bad = bytes.clone();
        bad[at] ^= 1;
        assert!(open(dir.path(), &bad).is_err(), "byte {at}");
        assert!(open(dir.path(), &bytes[..at]).is_err(), "cut at {at}");
    }
}

#[test]
fn a_right_hash_does_not_excuse_a_wrong_shape() {
    let dir = tempfile::tempdir().unwrap();
    let rehash = |mut body: Vec<u8>| {
        let hash = Sha256::digest(&body);
        body.extend_from_slice(&hash);
        open(dir.path(), &body).unwrap_err()
    };
    let good = encode(&covers(), &sample()).unwrap();
    let body = &good[..good.len() - 32];
    rehash([body, &[0]].concat());
    rehash(body[..body.len() - 1].to_vec());
    for (at, what) in [
        (0, "magic"),
        (8, "vault"),
        (83, "rows"),
        (91, "key changes"),
    ] {
        let mut bad = body.to_vec();
        bad[at] ^= 1;
        rehash(bad);
        assert!(!what.is_empty());
    }
    let mut swapped = sample();
    swapped.swap(0, 1);
    let unordered = encode(&covers(), &swapped).unwrap();
    assert!(open(dir.path(), &unordered).unwrap_err().contains("order"));
    let mut twice = sample();
    twice.insert(0, twice[0].clone());
    let doubled = encode(&covers(), &twice).unwrap();
    assert!(open(dir.path(), &doubled).unwrap_err().contains("order"));
    let mut wrong_offset = body.to_vec();
    let last = wrong_offset.len() - 1;
    wrong_offset[last] ^= 1;
    assert!(rehash(wrong_offset).contains("offset"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn rubbish_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let dir = tempfile::tempdir().unwrap();
        prop_assert!(open(dir.path(), &bytes).is_err());
        let hash = Sha256::digest(&bytes);
        prop_assert!(open(dir.path(), &[&bytes[..], &hash].concat()).is_err());
    }
}
