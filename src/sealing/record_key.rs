//! The key that links a record to its entries in the ledger.

use hmac::Mac as _;

use crate::bytes::hex;
use crate::sealing::kdf;
use crate::sealing::xchacha::Key;

const MARK_LABEL: &[u8] = b"sr1 mark ";

/// The key of a record's references in the ledger (`k_record`), drawn by the filing desk. Wiped when
/// dropped.
pub struct RecordKey(Key);

impl RecordKey {
    /// A new key from the operating system's random source.
    pub fn generate() -> Self {
        Self(Key::generate())
    }

    /// The key with these bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Key::from_bytes(bytes))
    }

    /// The secret bytes, for the ledger's references.
    pub fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }

    /// A mark of a text: who has the key and the same text makes the same mark, and the mark says nothing of the text.
    /// Hex of HMAC-SHA256(this key, `'sr1 mark '` || text).
    pub fn mark(&self, text: &str) -> String {
        let mac = kdf::hmac(self.expose()).chain_update(MARK_LABEL);
        hex(&mac.chain_update(text.as_bytes()).finalize().into_bytes())
    }

    /// Whether both are one key, in time that does not depend on where they differ.
    pub fn matches(&self, other: &Self) -> bool {
        let pairs = self.expose().iter().zip(other.expose());
        pairs.fold(0, |differing, (a, b)| differing | (a ^ b)) == 0
    }
}

impl std::fmt::Debug for RecordKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RecordKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_all_32_bytes() {
        let key = RecordKey::from_bytes([5; 32]);
        assert!(key.matches(&RecordKey::from_bytes([5; 32])));
        for at in 0..32 {
            let mut other = [5; 32];
            other[at] ^= 0x80;
            assert!(!key.matches(&RecordKey::from_bytes(other)));
        }
    }

    #[test]
    fn debug_shows_nothing() {
        let key = RecordKey::from_bytes([0x41; 32]);
        assert_eq!(format!("{key:?}"), "RecordKey(..)");
    }
}
