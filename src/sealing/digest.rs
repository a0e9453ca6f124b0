//! SHA-256 digests as statements carry them: base64url without padding, 43 characters.

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::bytes::{base64url, unbase64url};

/// A SHA-256 digest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// The digest with these bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The digest's bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Lower-case hex, as facts and people spell it.
    pub fn hex(&self) -> String {
        crate::bytes::hex(&self.0)
    }

    /// What [`Digest::hex`] wrote.
    pub fn from_hex(text: &str) -> Option<Self> {
        crate::bytes::unhex(text)?.try_into().ok().map(Self)
    }
}

impl From<Sha256> for Digest {
    fn from(hasher: Sha256) -> Self {
        Self(hasher.finalize().into())
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&base64url(&self.0))
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        array_from_base64url(deserializer).map(Self)
    }
}

/// Reads base64url text of exactly `N` bytes.
pub(crate) fn array_from_base64url<'de, const N: usize, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<[u8; N], D::Error> {
    let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
    unbase64url(&text)
        .and_then(|bytes| bytes.try_into().ok())
        .ok_or_else(|| serde::de::Error::custom("malformed base64url"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_base64url() {
        // `printf '' | sha256sum | xxd -r -p | base64 | tr +/ -_ | tr -d =`
        let digest = Digest::of(b"");
        let text = "\"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\"";
        assert_eq!(serde_json::to_string(&digest).unwrap(), text);
        assert_eq!(serde_json::from_str::<Digest>(text).unwrap(), digest);
        for wrong in [
            "\"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=\"",
            "\"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU\"",
            "\"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFV\"",
            "\"47DEQpj8HBSa\"",
            "7",
        ] {
            assert!(serde_json::from_str::<Digest>(wrong).is_err(), "{wrong}");
        }
    }
}
