//! The post-quantum hybrid recipient `mlkem768x25519` of the C2SP age specification: what every header
//! of the vault is sealed to.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use age_core::format::Stanza;
use age_core::primitives::bech32_decode;
use age_core::primitives::bech32_encode_to_fmt;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bech32::Hrp;
use serde::Deserialize;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::ids;
use crate::sealing::hpke;
use crate::sealing::secret::FileKey;
use crate::sealing::secret::SecretText;
use crate::sealing::xwing;

/// The tag of a hybrid stanza.
pub(crate) const TAG: &str = "mlkem768x25519";
/// Bytes of a hybrid recipient.
pub const RECIPIENT_BYTES: usize = xwing::PUBLIC_BYTES;
/// Bytes of the seed of a hybrid identity.
pub const SEED_BYTES: usize = xwing::SEED_BYTES;

const INFO: &[u8] = b"age-encryption.org/mlkem768x25519";
const RECIPIENT_PREFIX: Hrp = Hrp::parse_unchecked("age1pq");
const IDENTITY_PREFIX: Hrp = Hrp::parse_unchecked("age-secret-key-pq-");
/// More than the text of an identity needs, so that it never grows and leaves a copy behind.
const IDENTITY_TEXT_CAPACITY: usize = 128;

/// Text or bytes that are not a hybrid recipient or identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyError {
    /// Not the text of such a key: wrong prefix, spelling, checksum or length.
    Malformed,
    /// The right shape, but no key generation can have made it (FIPS 203, section 7.2, and X25519
    /// points of low order).
    Invalid,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "not a post-quantum age key",
            Self::Invalid => "a post-quantum age key that cannot be genuine",
        })
    }
}

impl std::error::Error for KeyError {}

/// Why a stanza does not give its file key to an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnwrapError {
    /// Not the shape the specification prescribes.
    Malformed,
    /// Sealed to another key, or damaged.
    NotForThisKey,
}

/// The public half of a hybrid key: anyone may seal to it. Its text is `age1pq1...`, 1959 characters.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct HybridRecipient(Arc<[u8; RECIPIENT_BYTES]>);

impl HybridRecipient {
    /// The recipient with these bytes: an ML-KEM-768 encapsulation key and an X25519 point.
    ///
    /// # Errors
    /// [`KeyError::Invalid`] when no key generation can have made them.
    pub fn from_bytes(bytes: &[u8; RECIPIENT_BYTES]) -> Result<Self, KeyError> {
        xwing::check_public(bytes).map_err(|_| KeyError::Invalid)?;
        Ok(Self(Arc::new(*bytes)))
    }

    /// The bytes, 1216 of them.
    pub fn as_bytes(&self) -> &[u8; RECIPIENT_BYTES] {
        &self.0
    }

    /// Seals a file key.
    pub(crate) fn stanza(&self, key: &FileKey) -> Stanza {
        let (enc, body) = hpke::seal(&self.0, INFO, key);
        Stanza {
            tag: TAG.to_owned(),
            args: vec![STANDARD_NO_PAD.encode(enc)],
            body: body.to_vec(),
        }
    }
}

impl FromStr for HybridRecipient {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        // One spelling only: Bech32 alone would also accept an upper-case one.
        if text.bytes().any(|c| c.is_ascii_uppercase()) {
            return Err(KeyError::Malformed);
        }
        Self::from_bytes(&*decode(text, RECIPIENT_PREFIX)?)
    }
}

impl fmt::Display for HybridRecipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        bech32_encode_to_fmt(f, RECIPIENT_PREFIX, &*self.0)
    }
}

impl fmt::Debug for HybridRecipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.to_string();
        write!(f, "HybridRecipient({}..)", text.get(..23).unwrap_or(&text))
    }
}

impl TryFrom<String> for HybridRecipient {
    type Error = KeyError;

    fn try_from(text: String) -> Result<Self, KeyError> {
        text.parse()
    }
}

impl From<HybridRecipient> for String {
    fn from(recipient: HybridRecipient) -> Self {
        recipient.to_string()
    }
}

/// The secret half of a hybrid key. Wiped when dropped; not `Clone`, but a second one can be made from
/// the same seed.
pub struct HybridIdentity {
    seed: Box<Zeroizing<[u8; SEED_BYTES]>>,
    secret: xwing::Secret,
    recipient: HybridRecipient,
}

impl HybridIdentity {
    /// A new key from the operating system's random source.
    pub fn generate() -> Self {
        Self::from_seed(&Zeroizing::new(ids::random()))
    }

    /// The key expanded from this seed.
    pub fn from_seed(seed: &[u8; SEED_BYTES]) -> Self {
        let (secret, public) = xwing::Secret::expand(seed);
        Self {
            seed: Box::new(Zeroizing::new(*seed)),
            secret,
            recipient: HybridRecipient(Arc::new(public)),
        }
    }

    /// The key whose text is `AGE-SECRET-KEY-PQ-1...`, in capitals.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] for any other text.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        if text.bytes().any(|c| c.is_ascii_lowercase()) {
            return Err(KeyError::Malformed);
        }
        decode(text, IDENTITY_PREFIX).map(|seed| Self::from_seed(&seed))
    }

    /// The text [`HybridIdentity::parse`] reads, as every age implementation spells it.
    pub fn to_text(&self) -> SecretText {
        let mut text = Zeroizing::new(String::with_capacity(IDENTITY_TEXT_CAPACITY));
        // Writing to a String cannot fail.
        let _ = bech32_encode_to_fmt(&mut *text, IDENTITY_PREFIX, &**self.seed);
        text.make_ascii_uppercase();
        SecretText::new(std::mem::take(&mut text))
    }

    /// The seed, 32 bytes: the whole secret.
    pub fn expose_seed(&self) -> &[u8; SEED_BYTES] {
        &self.seed
    }

    /// The public half.
    pub fn recipient(&self) -> &HybridRecipient {
        &self.recipient
    }

    /// Opens a hybrid stanza, given its argument and its body.
    pub(crate) fn unwrap(&self, enc: &str, body: &[u8]) -> Result<FileKey, UnwrapError> {
        let enc = STANDARD_NO_PAD
            .decode(enc)
            .map_err(|_| UnwrapError::Malformed)?;
        let enc = enc[..].try_into().map_err(|_| UnwrapError::Malformed)?;
        let body = body.try_into().map_err(|_| UnwrapError::Malformed)?;
        hpke::open(&self.secret, INFO, enc, body).map_err(|e| match e {
            hpke::OpenError::LowOrder => UnwrapError::Malformed,
            hpke::OpenError::NotForThisKey => UnwrapError::NotForThisKey,
        })
    }
}

impl fmt::Debug for HybridIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HybridIdentity(..)")
    }
}

/// Decodes Bech32 of exactly `N` bytes under `prefix`.
fn decode<const N: usize>(text: &str, prefix: Hrp) -> Result<Box<Zeroizing<[u8; N]>>, KeyError>
where
    [u8; N]: zeroize::Zeroize,
{
    let right_prefix = |hrp| (hrp == prefix).then_some(()).ok_or(KeyError::Malformed);
    bech32_decode(
        text,
        |_| KeyError::Malformed,
        right_prefix,
        |_, mut decoded| {
            let mut bytes = Box::new(Zeroizing::new([0; N]));
            for slot in bytes.iter_mut() {
                *slot = decoded.next().ok_or(KeyError::Malformed)?;
            }
            match decoded.next() {
                None => Ok(bytes),
                Some(_) => Err(KeyError::Malformed),
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_one_spelling() {
        let identity = HybridIdentity::generate();
        let text = identity.to_text();
        assert!(text.expose().starts_with("AGE-SECRET-KEY-PQ-1"));
        let again = HybridIdentity::parse(text.expose()).unwrap();
        assert_eq!(again.expose_seed(), identity.expose_seed());
        assert_eq!(again.recipient(), identity.recipient());
        for wrong in [
            text.expose().to_lowercase(),
            text.expose().replace("-PQ-", "-"),
            format!("{} ", text.expose()),
            text.expose()[..text.expose().len() - 1].to_owned(),
        ] {
            assert_eq!(
                HybridIdentity::parse(&wrong).unwrap_err(),
                KeyError::Malformed
            );
        }

        let text = identity.recipient().to_string();
        assert!(text.starts_with("age1pq1") && text.len() == 1959);
        assert_eq!(text.parse().as_ref(), Ok(identity.recipient()));
        for wrong in [
            text.to_uppercase(),
            text.replacen("pq", "qq", 1),
            text[..1958].to_owned(),
        ] {
            assert_eq!(wrong.parse::<HybridRecipient>(), Err(KeyError::Malformed));
        }
    }

    #[test]
    fn every_bit_of_the_text_is_checked() {
        let text = HybridIdentity::generate().recipient().to_string();
        for at in (0..text.len()).step_by(7) {
            let other = if text.as_bytes()[at] == b'q' {
                "p"
            } else {
                "q"
            };
            let changed = [&text[..at], other, &text[at + 1..]].concat();
            assert!(
                changed.parse::<HybridRecipient>().is_err(),
                "character {at}"
            );
        }
    }

    #[test]
    fn a_recipient_travels_as_its_text() {
        let recipient = HybridIdentity::generate().recipient().clone();
        let json = serde_json::to_string(&recipient).unwrap();
        assert_eq!(json, format!("\"{recipient}\""));
        assert_eq!(
            serde_json::from_str::<HybridRecipient>(&json).unwrap(),
            recipient
        );
        assert!(serde_json::from_str::<HybridRecipient>("\"age1pq1\"").is_err());
    }

    #[test]
    fn an_impossible_recipient_is_refused() {
        let mut bytes = *HybridIdentity::generate().recipient().as_bytes();
        bytes[..2].copy_from_slice(&[0xff, 0xff]);
        assert_eq!(HybridRecipient::from_bytes(&bytes), Err(KeyError::Invalid));
    }
}
