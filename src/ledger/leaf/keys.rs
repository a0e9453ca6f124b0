//! The keyed values of a leaf. Each is HMAC-SHA256 under a key of exactly 32 random bytes (HMAC pads
//! shorter keys, so a variable length would break the binding), kept outside the ledger and erasable.

use std::fmt;

use hmac::Hmac;
use hmac::Mac as _;
use serde::Deserialize;
use serde::Serialize;
use sha2::Digest as _;
use sha2::Sha256;
use zeroize::Zeroize as _;
use zeroize::ZeroizeOnDrop;
use zeroize::Zeroizing;

use crate::bytes::base64url;
use crate::bytes::unbase64url;
use crate::ledger::merkle::LeafIndex;

macro_rules! value {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 32]);

        impl $name {
            /// The value with these bytes.
            pub const fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// Its bytes.
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            /// base64url, 43 characters.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&base64url(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }
    };
}

value!(
    /// Binds an entry to its detail: see [`commit`].
    Commitment
);
value!(
    /// Says to holders of a record's key that an entry is about it: see [`record_ref`].
    RecordRef
);
value!(
    /// Says to holders of a record's key that a listing showed it: see [`list_ref`]. Stands in a
    /// listing's detail, never in a leaf.
    ListRef
);
value!(
    /// The digest of what a frame changes.
    FrameDigest
);

impl FrameDigest {
    /// SHA-256(be32 generation || effects), over the effects' bytes as they stand in the frame.
    pub fn of(generation: u32, effects: &[u8]) -> Self {
        let hash = Sha256::new()
            .chain_update(generation.to_be_bytes())
            .chain_update(effects);
        Self(hash.finalize().into())
    }
}

/// The key by which the entries about one record are recognised: drawn at random by the desk that files
/// it, never derived from what opens the record. It opens no content.
#[derive(Clone, PartialEq, Eq, ZeroizeOnDrop)]
pub struct RecordKey([u8; 32]);

/// Text that is not a record key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotARecordKey;

impl fmt::Display for NotARecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a record key")
    }
}

impl std::error::Error for NotARecordKey {}

impl RecordKey {
    /// A new key from the operating system's random source.
    pub fn random() -> Self {
        Self(crate::ids::random())
    }

    /// The key with these bytes, which the caller wipes.
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(*bytes)
    }

    /// Lends the key.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// base64url, 43 characters.
    pub fn to_text(&self) -> Zeroizing<String> {
        Zeroizing::new(base64url(&self.0))
    }

    /// What [`RecordKey::to_text`] wrote.
    ///
    /// # Errors
    /// [`NotARecordKey`].
    pub fn from_text(text: &str) -> Result<Self, NotARecordKey> {
        let bytes = Zeroizing::new(unbase64url(text).ok_or(NotARecordKey)?);
        let bytes = bytes.as_slice().try_into().map_err(|_| NotARecordKey)?;
        Ok(Self(bytes))
    }
}

impl fmt::Debug for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecordKey(..)")
    }
}

impl Serialize for RecordKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_text())
    }
}

impl<'de> Deserialize<'de> for RecordKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut text = String::deserialize(deserializer)?;
        let key = Self::from_text(&text).map_err(serde::de::Error::custom);
        text.zeroize();
        key
    }
}

/// HMAC-SHA256(salt, "cv1:detail" || detail). `salt` is 32 random bytes, drawn for this one entry, also
/// where the detail is empty: without it a kept hash could be guessed from.
pub fn commit(salt: &[u8; 32], detail: &[u8]) -> Commitment {
    Commitment(hmac(salt, [b"cv1:detail", detail]))
}

/// HMAC-SHA256(`k_record`, "cv1:record" || be64 index): different in every entry, so that nobody without
/// the key can tell that two entries are about the same record.
pub fn record_ref(k_record: &RecordKey, index: LeafIndex) -> RecordRef {
    RecordRef(hmac(
        &k_record.0,
        [b"cv1:record", &index.get().to_be_bytes()],
    ))
}

/// For an entry about no record, or about one that cannot be told: looks like any other value, and nobody
/// can ever recognise it. (The same as an HMAC under a key drawn for it and thrown away.)
pub fn no_record_ref() -> RecordRef {
    RecordRef(crate::ids::random())
}

/// HMAC-SHA256(`k_record`, "cv1:list" || be64 index), for an item of the listing at `index`.
pub fn list_ref(k_record: &RecordKey, index: LeafIndex) -> ListRef {
    ListRef(hmac(&k_record.0, [b"cv1:list", &index.get().to_be_bytes()]))
}

fn hmac(key: &[u8; 32], parts: [&[u8]; 2]) -> [u8; 32] {
    // A key of 32 bytes is shorter than SHA-256's block, so padding it with zeros is all HMAC does.
    let mut block = Zeroizing::new([0; 64]);
    for (slot, byte) in block.iter_mut().zip(key) {
        *slot = *byte;
    }
    let mut mac = <Hmac<Sha256> as hmac::digest::KeyInit>::new((&*block).into());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::hex;

    /// Each from `openssl dgst -sha256 -mac HMAC -macopt hexkey:..`.
    #[test]
    fn agrees_with_openssl() {
        let key = RecordKey::from_bytes(&[7; 32]);
        let index = LeafIndex::new(500);
        assert_eq!(
            hex(commit(&[7; 32], b"{}").as_bytes()),
            "581599d56bf8319a21fcc3248c9bee4aefcdbab568b2acf4fc31c35118942084"
        );
        assert_eq!(
            hex(record_ref(&key, index).as_bytes()),
            "2bb4e8f79d05834085faf9511626b2b0a444f11cda449444b5ba59149674aceb"
        );
        assert_eq!(
            hex(list_ref(&key, index).as_bytes()),
            "69848a69ee365ad857d7547fa91fe894130fedccbe5457af8988b9398ab780cf"
        );
        assert_eq!(
            hex(FrameDigest::of(2, b"effects").as_bytes()),
            "aee62d6dc3e160e18aec976c0322ca49f4fb8ddc2d206019c340a5fc495c19b1"
        );
    }

    #[test]
    fn the_key_hides_itself_and_has_one_spelling() {
        let key = RecordKey::from_bytes(&[255; 32]);
        assert_eq!(format!("{key:?}"), "RecordKey(..)");
        assert_eq!(RecordKey::from_text(&key.to_text()).unwrap(), key);
        assert!(RecordKey::from_text("__").is_err());
        let json = serde_json::to_string(&key).unwrap();
        assert_eq!(serde_json::from_str::<RecordKey>(&json).unwrap(), key);
        assert_ne!(RecordKey::random(), RecordKey::random());
    }
}
