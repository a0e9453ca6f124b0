//! The key encapsulation MLKEM768-X25519, also called X-Wing (HPKE KEM id 0x647a): ML-KEM-768
//! (FIPS 203) and X25519 (RFC 7748), combined so that the shared secret holds while either does.
//!
//! Encodings are the ML-KEM half followed by the X25519 half. A recipient key is checked once, when it
//! enters ([`check_public`]); after that encapsulation cannot fail.

use curve25519_dalek::MontgomeryPoint;
use ml_kem::B32;
use ml_kem::Ciphertext;
use ml_kem::EncapsulateDeterministic;
use ml_kem::Encoded;
use ml_kem::EncodedSizeUser;
use ml_kem::KemCore;
use ml_kem::MlKem768;
use ml_kem::kem::Decapsulate;
use sha3::Digest;
use sha3::Sha3_256;
use sha3::Shake256;
use sha3::digest::ExtendableOutput;
use sha3::digest::Update;
use sha3::digest::XofReader;
use x25519_dalek::PublicKey;
use x25519_dalek::StaticSecret;
use zeroize::Zeroize;
use zeroize::Zeroizing;

use crate::ids;
use crate::sealing::kdf::Key;

/// Bytes of a secret key: the seed everything else is expanded from.
pub(crate) const SEED_BYTES: usize = 32;
/// Bytes of a public key.
pub(crate) const PUBLIC_BYTES: usize = MLKEM_PUBLIC_BYTES + 32;
/// Bytes of an encapsulated secret.
pub(crate) const ENC_BYTES: usize = MLKEM_ENC_BYTES + 32;

const MLKEM_PUBLIC_BYTES: usize = 1184;
const MLKEM_ENC_BYTES: usize = 1088;
/// The 12-bit coefficients of the ML-KEM public key; the rest is a seed of 32 arbitrary bytes.
const COEFFICIENT_BYTES: usize = MLKEM_PUBLIC_BYTES - 32;
/// The modulus of ML-KEM.
const Q: u16 = 3329;
const LABEL: &[u8] = br"\.//^\";

type EncapsulationKey = <MlKem768 as KemCore>::EncapsulationKey;
type DecapsulationKey = <MlKem768 as KemCore>::DecapsulationKey;

/// A public key that no honest key generation can have made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InvalidKey;

/// An encapsulated secret whose X25519 half is a point of low order: the shared secret would be zero
/// whatever the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LowOrder;

/// An expanded secret key. ML-KEM's key generation costs as much as a decapsulation, so it is kept.
pub(crate) struct Secret {
    mlkem: Box<DecapsulationKey>,
    x25519: Box<StaticSecret>,
    x25519_public: PublicKey,
}

impl Secret {
    /// Expands a seed into the secret key and the bytes of its public key.
    pub(crate) fn expand(seed: &[u8; SEED_BYTES]) -> (Self, [u8; PUBLIC_BYTES]) {
        let mut reader = Shake256::default().chain(seed).finalize_xof();
        let (mut d, mut z) = (B32::default(), B32::default());
        let mut x = Zeroizing::new([0; 32]);
        reader.read(&mut d);
        reader.read(&mut z);
        reader.read(&mut *x);
        let (mlkem, public) = MlKem768::generate_deterministic(&d, &z);
        d.zeroize();
        z.zeroize();
        let secret = Self {
            mlkem: Box::new(mlkem),
            x25519: Box::new(StaticSecret::from(*x)),
            x25519_public: PublicKey::from(&StaticSecret::from(*x)),
        };
        let bytes = join(&public.as_bytes(), secret.x25519_public.as_bytes());
        (secret, bytes)
    }

    /// The shared secret inside `enc`. A damaged ML-KEM half gives another secret, never an error
    /// (FIPS 203, implicit rejection).
    pub(crate) fn decapsulate(&self, enc: &[u8; ENC_BYTES]) -> Result<Key, LowOrder> {
        let (mlkem_enc, x25519_enc) = halves::<MLKEM_ENC_BYTES>(enc);
        let share = self.x25519.diffie_hellman(&PublicKey::from(x25519_enc));
        if !share.was_contributory() {
            return Err(LowOrder);
        }
        let mut mlkem_share = decapsulate(&self.mlkem, &mlkem_enc);
        let key = combine(
            &mlkem_share,
            share.as_bytes(),
            &x25519_enc,
            self.x25519_public.as_bytes(),
        );
        mlkem_share.zeroize();
        Ok(key)
    }
}

/// Draws a shared secret for the holder of a public key that [`check_public`] accepted.
pub(crate) fn encapsulate(public: &[u8; PUBLIC_BYTES]) -> ([u8; ENC_BYTES], Key) {
    let (mlkem_public, x25519_public) = halves::<MLKEM_PUBLIC_BYTES>(public);
    let ephemeral = StaticSecret::from(ids::random());
    let x25519_enc = PublicKey::from(&ephemeral).to_bytes();
    let share = ephemeral.diffie_hellman(&PublicKey::from(x25519_public));
    let mut m = B32::from(ids::random::<32>());
    let (mlkem_enc, mut mlkem_share) = mlkem_encapsulate(&mlkem_public, &m);
    m.zeroize();
    let key = combine(&mlkem_share, share.as_bytes(), &x25519_enc, &x25519_public);
    mlkem_share.zeroize();
    (join(&mlkem_enc, &x25519_enc), key)
}

/// Refuses a public key with an ML-KEM coefficient outside the field (the encapsulation key check of
/// FIPS 203, section 7.2) or an X25519 point of low order.
pub(crate) fn check_public(public: &[u8; PUBLIC_BYTES]) -> Result<(), InvalidKey> {
    let (coefficients, _) = public.split_at(COEFFICIENT_BYTES);
    let in_field = coefficients.chunks_exact(3).all(|three| match three {
        [a, b, c] => {
            let (a, b, c) = (u16::from(*a), u16::from(*b), u16::from(*c));
            (a | (b & 0x0f) << 8) < Q && (b >> 4 | c << 4) < Q
        }
        _ => false,
    });
    let (_, x25519) = halves::<MLKEM_PUBLIC_BYTES>(public);
    // Clamped scalars are multiples of eight, and eight times a point of low order is nothing: four steps of the
    // ladder say what an exchange would, and keys are checked each time one is read.
    let eight = [true, false, false, false].into_iter();
    let contributes = MontgomeryPoint(x25519).mul_bits_be(eight).to_bytes() != [0; 32];
    if in_field && contributes {
        Ok(())
    } else {
        Err(InvalidKey)
    }
}

#[expect(
    clippy::expect_used,
    reason = "this version of ml-kem types the operation as fallible, but it returns Ok always"
)]
fn decapsulate(secret: &DecapsulationKey, enc: &[u8; MLKEM_ENC_BYTES]) -> B32 {
    secret
        .decapsulate(&Ciphertext::<MlKem768>::from(*enc))
        .expect("infallible")
}

#[expect(
    clippy::expect_used,
    reason = "this version of ml-kem types the operation as fallible, but it returns Ok always"
)]
fn mlkem_encapsulate(public: &[u8; MLKEM_PUBLIC_BYTES], m: &B32) -> (Ciphertext<MlKem768>, B32) {
    EncapsulationKey::from_bytes(&Encoded::<EncapsulationKey>::from(*public))
        .encapsulate_deterministic(m)
        .expect("infallible")
}

fn combine(mlkem: &B32, x25519: &[u8; 32], enc: &[u8; 32], public: &[u8; 32]) -> Key {
    let digest = Sha3_256::default()
        .chain_update(mlkem)
        .chain_update(x25519)
        .chain_update(enc)
        .chain_update(public)
        .chain_update(LABEL);
    Zeroizing::new(digest.finalize().into())
}

/// Splits an encoding into its two halves.
fn halves<const N: usize>(bytes: &[u8]) -> ([u8; N], [u8; 32]) {
    let (mut mlkem, mut x25519) = ([0; N], [0; 32]);
    for (to, from) in mlkem.iter_mut().chain(&mut x25519).zip(bytes) {
        *to = *from;
    }
    (mlkem, x25519)
}

/// Joins two halves into an encoding.
fn join<const N: usize>(mlkem: &[u8], x25519: &[u8; 32]) -> [u8; N] {
    let mut bytes = [0; N];
    for (to, from) in bytes.iter_mut().zip(mlkem.iter().chain(x25519)) {
        *to = *from;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use libcrux_ml_kem::mlkem768 as other;

    use super::*;

    /// An independent, formally verified ML-KEM must agree with the one we use in every step.
    #[test]
    fn a_second_implementation_agrees() {
        for _ in 0..40 {
            let seed: [u8; 64] = ids::random();
            let (d, z) = halves::<32>(&seed);
            let (ours, public) = MlKem768::generate_deterministic(&d.into(), &z.into());
            let theirs = other::generate_key_pair(seed);
            assert_eq!(public.as_bytes().as_slice(), theirs.pk());
            assert_eq!(ours.as_bytes().as_slice(), theirs.sk());

            let public: [u8; MLKEM_PUBLIC_BYTES] = *theirs.pk();
            let (enc, shared) = mlkem_encapsulate(&public, &B32::from(ids::random::<32>()));
            let enc: [u8; MLKEM_ENC_BYTES] = enc.into();
            let opened = other::decapsulate(theirs.private_key(), &enc.into());
            assert_eq!(shared.as_slice(), opened);

            let (enc, shared) = other::encapsulate(theirs.public_key(), ids::random());
            let mut enc: [u8; MLKEM_ENC_BYTES] = *enc.as_slice();
            assert_eq!(decapsulate(&ours, &enc).as_slice(), shared);

            // Implicit rejection: both give the same wrong secret for a damaged encapsulation.
            enc[usize::from(seed[0])] ^= 1;
            let rejected = other::decapsulate(theirs.private_key(), &enc.into());
            assert_eq!(decapsulate(&ours, &enc).as_slice(), rejected);
            assert_ne!(rejected, shared);
        }
    }

    #[test]
    fn both_halves_count() {
        let (secret, public) = Secret::expand(&ids::random());
        let (enc, shared) = encapsulate(&public);
        assert_eq!(*secret.decapsulate(&enc).unwrap(), *shared);
        for at in [0, MLKEM_ENC_BYTES - 1, MLKEM_ENC_BYTES, ENC_BYTES - 2] {
            let mut damaged = enc;
            damaged[at] ^= 1;
            assert_ne!(*secret.decapsulate(&damaged).unwrap(), *shared, "byte {at}");
        }
    }

    #[test]
    fn coefficients_outside_the_field_are_refused() {
        let (_, public) = Secret::expand(&ids::random());
        assert_eq!(check_public(&public), Ok(()));
        for at in [0, 3, 1149] {
            for (low, high) in [(Q, 0), (4095, 0), (0, Q), (0, 4095), (Q - 1, Q - 1)] {
                let mut key = public;
                let packed = (u32::from(high) << 12 | u32::from(low)).to_le_bytes();
                key[at..at + 3].copy_from_slice(&packed[..3]);
                let (mlkem, _) = halves::<MLKEM_PUBLIC_BYTES>(&key);
                assert_eq!(
                    check_public(&key).is_ok(),
                    other::validate_public_key(&mlkem.into()),
                    "{low} {high} at {at}"
                );
                assert_eq!(check_public(&key).is_ok(), low < Q && high < Q);
            }
        }
    }

    /// What an exchange with any clamped scalar would say, on every encoding of a point of low order and on others.
    #[test]
    fn a_point_is_refused_where_an_exchange_would_come_to_nothing() {
        let low = |hex: &str| -> [u8; 32] {
            let bytes = crate::bytes::unhex(hex).unwrap();
            bytes.try_into().unwrap()
        };
        let mut points = vec![[0; 32]];
        points.extend(
            [
                "0100000000000000000000000000000000000000000000000000000000000000",
                "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            ]
            .map(low),
        );
        let refused = points.len() * 2;
        let topped = points.clone().into_iter().map(|mut point| {
            point[31] |= 0x80;
            point
        });
        points.extend(topped.collect::<Vec<_>>());
        points.extend((0..200).map(|_| ids::random::<32>()));
        let (_, public) = Secret::expand(&ids::random());
        for (at, point) in points.into_iter().enumerate() {
            let mut key = public;
            key[MLKEM_PUBLIC_BYTES..].copy_from_slice(&point);
            let exchanged = StaticSecret::from(ids::random())
                .diffie_hellman(&PublicKey::from(point))
                .was_contributory();
            assert_eq!(check_public(&key).is_ok(), exchanged, "{point:?}");
            assert_eq!(exchanged, at >= refused, "{point:?}");
        }
    }

    #[test]
    fn points_of_low_order_are_refused() {
        let order_eight = "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800";
        let order_eight: [u8; 32] = crate::bytes::unhex(order_eight)
            .unwrap()
            .try_into()
            .unwrap();
        let mut one = [0; 32];
        one[0] = 1;
        let (secret, public) = Secret::expand(&ids::random());
        let (enc, _) = encapsulate(&public);
        for point in [[0; 32], one, order_eight] {
            let (mut key, mut enc) = (public, enc);
            key[MLKEM_PUBLIC_BYTES..].copy_from_slice(&point);
            enc[MLKEM_ENC_BYTES..].copy_from_slice(&point);
            assert_eq!(check_public(&key), Err(InvalidKey));
            assert!(secret.decapsulate(&enc).is_err());
        }
    }
}
