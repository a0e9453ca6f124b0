//! Round trips, hostile bytes, and key changes moved to where they were not sealed.

use proptest::prelude::*;

use crate::ids::VaultId;
use crate::sealing::{GenerationKey, RowId, SealedRow, UnitKey};
use crate::store::effects::{
    Effect, EffectsError, FramePlace, KeyChange, RawEffect, SealedKeyEffect, decode, decode_placed,
    effects_digest, encode,
};
use crate::store::names::{Tree, UnitKind, UnitName};

const VAULT: VaultId = VaultId::from_bytes([7; 16]);
const AT: FramePlace<'static> = FramePlace {
    vault: &VAULT,
    generation: 3,
    frame: 9,
};

fn unit() -> UnitName {
    UnitName::new(UnitKind::Version, b"a record, 1")
}

fn sample() -> Vec<Effect> {
    let row = SealedRow {
        revision: 5,
        nonce: [1; 24],
        ciphertext: vec![2; 40],
    };
    vec![
        Effect::Key {
            unit: unit(),
            key: UnitKey::from_bytes([8; 32]),
        },
        Effect::Put {
            tree: Tree::Record,
            id: RowId([3; 16]),
            row,
        },
        Effect::Drop {
            tree: Tree::Header,
            id: RowId([4; 16]),
        },
        Effect::EndUnit { unit: unit() },
    ]
}

fn sealed_in(raw: &[RawEffect]) -> Vec<SealedKeyEffect> {
    raw.iter()
        .filter_map(|effect| match effect {
            RawEffect::Sealed(sealed) => Some(sealed.clone()),
            _ => None,
        })
        .collect()
}

#[test]
fn round_trip() {
    let generation = GenerationKey::generate();
    let bytes = encode(&sample(), &generation, &AT).unwrap();
    let raw = decode(9, &bytes).unwrap();
    assert_eq!(raw.len(), 4);
    assert!(
        matches!(&raw[1], RawEffect::Put { tree: Tree::Record, id, row }
        if id.0 == [3; 16] && row.revision == 5 && row.nonce == [1; 24] && row.ciphertext == [2; 40])
    );
    assert!(matches!(&raw[2], RawEffect::Drop { tree: Tree::Header, id } if id.0 == [4; 16]));
    let sealed = sealed_in(&raw);
    assert_eq!((sealed[0].position, sealed[1].position), (0, 3));
    assert!(matches!(sealed[0].open(&generation, &VAULT, 3).unwrap(),
        KeyChange::Key { unit: name, key } if name == unit() && *key.expose() == [8; 32]));
    assert!(matches!(sealed[1].open(&generation, &VAULT, 3).unwrap(),
        KeyChange::EndUnit { unit: name } if name == unit()));
}

#[test]
fn names_and_keys_do_not_show_in_the_bytes() {
    let bytes = encode(&sample(), &GenerationKey::generate(), &AT).unwrap();
    let shows = |secret: &[u8]| bytes.windows(secret.len()).any(|window| window == secret);
    assert!(!shows(b"a record"));
    assert!(!shows(&[8; 8]));
    assert!(shows(&[2; 40]), "rows are not sealed a second time");
}

#[test]
fn a_key_change_opens_only_where_it_was_sealed() {
    let generation = GenerationKey::generate();
    let bytes = encode(&sample(), &generation, &AT).unwrap();
    let [key, end] = sealed_in(&decode(9, &bytes).unwrap()).try_into().unwrap();
    let other = VaultId::from_bytes([1; 16]);
    let refused = |effect: &SealedKeyEffect, vault, number| {
        effect.open(&generation, vault, number).unwrap_err()
    };
    assert_eq!(refused(&key, &other, 3), EffectsError::Sealed);
    assert_eq!(refused(&key, &VAULT, 4), EffectsError::Sealed);
    let moved = SealedKeyEffect {
        frame: 10,
        ..key.clone()
    };
    assert_eq!(refused(&moved, &VAULT, 3), EffectsError::Sealed);
    let moved = SealedKeyEffect {
        position: 3,
        ..key.clone()
    };
    assert_eq!(refused(&moved, &VAULT, 3), EffectsError::Sealed);
    let swapped = SealedKeyEffect {
        ends_unit: true,
        ..key
    };
    assert_eq!(refused(&swapped, &VAULT, 3), EffectsError::Malformed);
    let swapped = SealedKeyEffect {
        ends_unit: false,
        ..end
    };
    assert_eq!(refused(&swapped, &VAULT, 3), EffectsError::Malformed);
}

#[test]
fn the_digest_covers_generation_and_bytes() {
    // printf '\0\0\0\3abc' | sha256sum
    assert_eq!(
        crate::bytes::hex(&effects_digest(3, b"abc")),
        "d04b72a650ce0f8ce4963330a53ee2832733d2baeffff3c1d8e256cca096d120"
    );
    assert_ne!(effects_digest(3, b"abc"), effects_digest(4, b"abc"));
}

#[test]
fn what_is_too_long_is_refused() {
    let long = UnitName::new(UnitKind::Draft, &[0; 2000]);
    let refused = encode(
        &[Effect::EndUnit { unit: long }],
        &GenerationKey::generate(),
        &AT,
    );
    assert_eq!(refused.unwrap_err(), EffectsError::TooLarge);
}

fn raw_effects() -> impl Strategy<Value = Vec<Effect>> {
    let tree = prop::sample::select(Tree::ALL);
    let bytes = prop::collection::vec(any::<u8>(), 0..50);
    let one = (0..4, tree, any::<[u8; 16]>(), any::<u64>(), bytes).prop_map(
        |(sort, tree, id, revision, bytes)| {
            let (id, unit) = (RowId(id), UnitName::new(UnitKind::Case, &bytes));
            match sort {
                0 => Effect::Put {
                    tree,
                    id,
                    row: SealedRow {
                        revision,
                        nonce: [6; 24],
                        ciphertext: bytes,
                    },
                },
                1 => Effect::Drop { tree, id },
                2 => Effect::Key {
                    unit,
                    key: UnitKey::from_bytes([9; 32]),
                },
                _ => Effect::EndUnit { unit },
            }
        },
    );
    prop::collection::vec(one, 0..8)
}

proptest! {
    #[test]
    fn placed_effects_cover_the_bytes_and_decode_alone(effects in raw_effects()) {
        let bytes = encode(&effects, &GenerationKey::from_bytes([1; 32]), &AT).unwrap();
        let placed = decode_placed(9, &bytes).unwrap();
        prop_assert_eq!(placed.len(), effects.len());
        let mut next = 0;
        for one in &placed {
            prop_assert_eq!(one.offset, next);
            next += one.length;
            if let RawEffect::Put { .. } | RawEffect::Drop { .. } = one.effect {
                let alone = decode(9, &bytes[one.offset..next]).unwrap();
                prop_assert_eq!(&alone, &vec![one.effect.clone()]);
            }
        }
        prop_assert_eq!(next, bytes.len());
    }

    #[test]
    fn a_cut_never_reads_as_the_whole(effects in raw_effects(), cut in 1usize..60) {
        let bytes = encode(&effects, &GenerationKey::from_bytes([1; 32]), &AT).unwrap();
        let shorter = &bytes[..bytes.len().saturating_sub(cut)];
        if let Ok(raw) = decode(9, shorter) {
            prop_assert!(raw.len() < effects.len() || effects.is_empty());
        }
    }

    #[test]
    fn rubbish_never_panics(bytes: Vec<u8>) {
        drop(decode(0, &bytes));
    }
}
