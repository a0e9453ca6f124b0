//! Ed25519 keys (RFC 8032) that sign statements: a person's, an invitation's, the vault's root.

use bech32::primitives::decode::CheckedHrpstring;
use bech32::{Bech32, Hrp};
use ed25519_dalek::Signer as _;
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use crate::bytes::{base64url, unbase64url};
use crate::ids::random;
use crate::sealing::digest::array_from_base64url;

/// Bytes of a signature.
pub const SIGNATURE_BYTES: usize = 64;
/// The human-readable part of a signing key's text; bech32 (BIP 173) adds the `1` and a checksum.
const HRP: Hrp = Hrp::parse_unchecked("strongroom-signing-key-");

/// Bytes or text that are no usable key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SigningKeyError {
    /// Another shape, length or checksum.
    Malformed,
    /// A public key that would make signatures meaningless: not on the curve, not in the prime-order
    /// group, or not the one spelling of its point.
    Weak,
}

impl std::fmt::Display for SigningKeyError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Malformed => "this is not a signing key; a letter may be missing or mistyped",
            Self::Weak => "this public key cannot be trusted to check signatures",
        })
    }
}

impl std::error::Error for SigningKeyError {}

/// A secret Ed25519 key. Wiped when dropped.
pub struct SigningKey(Box<ed25519_dalek::SigningKey>);

impl SigningKey {
    /// A new key from the operating system's random source.
    pub fn generate() -> Self {
        Self::from_bytes(random())
    }

    /// The key with this seed.
    pub fn from_bytes(mut seed: [u8; 32]) -> Self {
        let key = Box::new(ed25519_dalek::SigningKey::from_bytes(&seed));
        seed.zeroize();
        Self(key)
    }

    /// The key in the text [`SigningKey::to_text`] writes.
    ///
    /// # Errors
    /// [`SigningKeyError::Malformed`] for anything else; bech32 finds up to four mistyped letters for certain.
    pub fn parse(text: &str) -> Result<Self, SigningKeyError> {
        let checked =
            CheckedHrpstring::new::<Bech32>(text).map_err(|_| SigningKeyError::Malformed)?;
        if checked.hrp() != HRP || text.bytes().any(|c| c.is_ascii_lowercase()) {
            return Err(SigningKeyError::Malformed);
        }
        let mut seed = Zeroizing::new([0; 32]);
        let mut bytes = checked.byte_iter();
        if bytes.len() != seed.len() {
            return Err(SigningKeyError::Malformed);
        }
        for (slot, byte) in seed.iter_mut().zip(&mut bytes) {
            *slot = byte;
        }
        Ok(Self::from_bytes(*seed))
    }

    /// `STRONGROOM-SIGNING-KEY-1...`, upper case as age writes its secrets.
    pub fn to_text(&self) -> Zeroizing<String> {
        let text = bech32::encode_upper::<Bech32>(HRP, self.0.as_bytes());
        // 32 bytes are far below bech32's limit, so this never gives the empty text.
        Zeroizing::new(text.unwrap_or_default())
    }

    /// The public half.
    pub fn verifying(&self) -> VerifyingKey {
        VerifyingKey(self.0.verifying_key())
    }

    /// Signs bytes that say themselves what they are.
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; SIGNATURE_BYTES] {
        self.0.sign(message).to_bytes()
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SigningKey(..)")
    }
}

/// A public Ed25519 key; its text is base64url, 43 characters.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct VerifyingKey(ed25519_dalek::VerifyingKey);

impl VerifyingKey {
    /// The key with these bytes.
    ///
    /// # Errors
    /// [`SigningKeyError::Weak`] unless the bytes are the one spelling of a point of the prime-order group
    /// other than its identity.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, SigningKeyError> {
        let key =
            ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| SigningKeyError::Weak)?;
        let point = key.to_edwards();
        if key.is_weak() || !point.is_torsion_free() || point.compress().as_bytes() != bytes {
            return Err(SigningKeyError::Weak);
        }
        Ok(Self(key))
    }

    /// The key's bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Whether the signature is this key's over exactly this message (strict: RFC 8032 without its
    /// leeway, so all verifiers agree).
    pub(crate) fn signed(&self, message: &[u8], signature: &[u8; SIGNATURE_BYTES]) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        self.0.verify_strict(message, &signature).is_ok()
    }
}

impl std::fmt::Display for VerifyingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&base64url(self.as_bytes()))
    }
}

impl std::fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VerifyingKey({self})")
    }
}

impl std::str::FromStr for VerifyingKey {
    type Err = SigningKeyError;

    fn from_str(text: &str) -> Result<Self, SigningKeyError> {
        let bytes = unbase64url(text).ok_or(SigningKeyError::Malformed)?;
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| SigningKeyError::Malformed)?;
        Self::from_bytes(&bytes)
    }
}

impl Serialize for VerifyingKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for VerifyingKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = array_from_base64url(deserializer)?;
        Self::from_bytes(&bytes).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::{hex, unhex};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn texts_round_trip(seed: [u8; 32], at in 0usize..82, to in "[A-Z0-9a-z]") {
            let key = SigningKey::from_bytes(seed);
            let text = key.to_text();
            prop_assert_eq!(text.len(), 23 + 1 + 52 + 6);
            prop_assert_eq!(SigningKey::parse(&text).unwrap().verifying(), key.verifying());
            let mut mistyped = text.to_string();
            mistyped.replace_range(at..=at, &to);
            if mistyped != *text {
                prop_assert!(SigningKey::parse(&mistyped).is_err());
            }
            let public = key.verifying().to_string();
            prop_assert_eq!(public.parse::<VerifyingKey>().unwrap(), key.verifying());
            let json = serde_json::to_string(&key.verifying()).unwrap();
            prop_assert_eq!(serde_json::from_str::<VerifyingKey>(&json).unwrap(), key.verifying());
        }

        #[test]
        fn arbitrary_texts_are_refused(text: String) {
            prop_assert!(SigningKey::parse(&text).is_err());
            prop_assert!(text.parse::<VerifyingKey>().is_err());
        }
    }

    /// RFC 8032 section 7.1, test 2.
    #[test]
    fn signs_as_rfc_8032_says() {
        let seed = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
        let key = SigningKey::from_bytes(unhex(seed).unwrap().try_into().unwrap());
        assert_eq!(
            hex(key.verifying().as_bytes()),
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
        );
        let signature = key.sign(&[0x72]);
        assert_eq!(
            hex(&signature),
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
             085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        );
        assert!(key.verifying().signed(&[0x72], &signature));
    }

    #[test]
    fn signing_keys_have_one_spelling_and_no_other_use() {
        let key = SigningKey::from_bytes([5; 32]);
        let text = key.to_text();
        assert!(SigningKey::parse(&text.to_lowercase()).is_err());
        let hrp = Hrp::parse("age-secret-key-").unwrap();
        let other = bech32::encode_upper::<Bech32>(hrp, &[5; 32]).unwrap();
        assert!(SigningKey::parse(&other).is_err());
        let short = bech32::encode_upper::<Bech32>(HRP, &[5; 31]).unwrap();
        assert!(SigningKey::parse(&short).is_err());
        let modern = bech32::encode_upper::<bech32::Bech32m>(HRP, &[5; 32]).unwrap();
        assert!(SigningKey::parse(&modern).is_err());
    }

    /// The eight points of small order, their second spellings, and a point with a torsion part:
    /// for some of these one signature fits every message.
    #[test]
    fn weak_public_keys_are_refused() {
        let weak = [
            "0100000000000000000000000000000000000000000000000000000000000000",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0000000000000000000000000000000000000000000000000000000000000080",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
            "0100000000000000000000000000000000000000000000000000000000000080",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            // Speccheck (Chalkias and others 2020), cases 3 to 5: a key of mixed order.
            "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        ];
        for text in weak {
            let bytes: [u8; 32] = unhex(text).unwrap().try_into().unwrap();
            assert_eq!(
                VerifyingKey::from_bytes(&bytes),
                Err(SigningKeyError::Weak),
                "{text}"
            );
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let key = SigningKey::from_bytes([0x41; 32]);
        assert_eq!(format!("{key:?}"), "SigningKey(..)");
        assert_eq!(
            format!("{:?}", key.verifying()),
            format!("VerifyingKey({})", key.verifying())
        );
    }
}
