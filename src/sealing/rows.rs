//! Rows of the store, sealed under the key of their unit.
//!
//! A row's id is the first 16 bytes of HMAC-SHA256(unit key, tree || natural key): nobody without the
//! unit's key can tell what a row is about, and a destroyed key leaves neither content nor a name.
//! The seal is XChaCha20-Poly1305 with the row's place and revision as associated data, so a row does
//! not open anywhere else, nor as an earlier or later revision of itself (`docs/format.md`).

use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::ids::VaultId;
use crate::sealing::xchacha::Key;

/// Bytes of a row id.
const ROW_ID_BYTES: usize = 16;

/// Where a row stands among its kind; says nothing to whoever lacks the unit's key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId(pub [u8; ROW_ID_BYTES]);

impl std::fmt::Debug for RowId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RowId({})", crate::bytes::hex(&self.0))
    }
}

/// What a row is sealed to besides its key.
#[derive(Debug, Clone, Copy)]
pub struct RowPlace<'a> {
    /// The vault.
    pub vault: &'a VaultId,
    /// The tree's number.
    pub tree: u8,
    /// The row's id.
    pub id: RowId,
}

impl RowPlace<'_> {
    /// `'sr1' || vault || tree || row id || be64 revision`: all of fixed length, so unambiguous.
    fn associated(&self, revision: u64) -> Vec<u8> {
        [
            &b"sr1"[..],
            self.vault.as_bytes(),
            &[self.tree],
            &self.id.0,
            &revision.to_be_bytes(),
        ]
        .concat()
    }
}

/// A row as it lies in journals, snapshots and backups.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedRow {
    /// Grows with every put of the same id.
    pub revision: u64,
    /// Random.
    pub nonce: [u8; 24],
    /// 16 bytes longer than the plaintext.
    pub ciphertext: Vec<u8>,
}

impl std::fmt::Debug for SealedRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SealedRow")
            .field("revision", &self.revision)
            .field("bytes", &self.ciphertext.len())
            .finish_non_exhaustive()
    }
}

/// A row that does not open: another key, another place, another revision, or altered bytes. Which of
/// these cannot be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowError;

impl std::fmt::Display for RowError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a row does not open with the key of its unit")
    }
}

impl std::error::Error for RowError {}

/// The random key of one unit: of what can be destroyed alone. Wiped when dropped.
pub struct UnitKey(Key);

impl UnitKey {
    /// A new key from the operating system's random source.
    pub fn generate() -> Self {
        Self(Key::generate())
    }

    /// The key with these bytes, as the key table keeps them.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Key::from_bytes(bytes))
    }

    /// A copy, wiped like every other. Said aloud, because keys are not `Clone`.
    #[must_use]
    pub fn duplicate(&self) -> Self {
        Self::from_bytes(*self.expose())
    }

    /// The secret bytes, for the key table alone.
    pub fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }

    /// The key of a header row: HKDF-SHA256(ikm = version key || epoch or grant key, no salt, info
    /// `sr1 header`). Destroying either of the two ends the row.
    #[must_use]
    pub fn header_key(version: &Self, epoch_or_grant: &Self) -> Self {
        let mut both = Zeroizing::new([0; 64]);
        let (front, back) = both.split_at_mut(32);
        front.copy_from_slice(version.expose());
        back.copy_from_slice(epoch_or_grant.expose());
        Self(Key::derive(&*both, &[b"sr1 header"]))
    }

    /// The id of the row with this natural key in this tree.
    pub fn row_id(&self, tree: u8, natural: &[u8]) -> RowId {
        // Every length is a valid HMAC key (RFC 2104).
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.expose()) else {
            std::process::abort()
        };
        mac.update(&[tree]);
        mac.update(natural);
        let digest = mac.finalize().into_bytes();
        let mut id = [0; ROW_ID_BYTES];
        id.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
        RowId(id)
    }

    /// Seals a row's value to its place and revision.
    #[must_use]
    pub fn seal_row(&self, at: &RowPlace<'_>, revision: u64, plain: &[u8]) -> SealedRow {
        let (nonce, ciphertext) = self.0.seal(&at.associated(revision), plain);
        SealedRow {
            revision,
            nonce,
            ciphertext,
        }
    }

    /// The value of a row that was sealed with this key to this place.
    ///
    /// # Errors
    /// [`RowError`] for another key, place or revision, and for altered bytes.
    pub fn open_row(
        &self,
        at: &RowPlace<'_>,
        row: &SealedRow,
    ) -> Result<Zeroizing<Vec<u8>>, RowError> {
        self.0
            .open(&at.associated(row.revision), &row.nonce, &row.ciphertext)
            .ok_or(RowError)
    }
}

impl std::fmt::Debug for UnitKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("UnitKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const VAULT: VaultId = VaultId::from_bytes([7; 16]);

    fn place(id: RowId) -> RowPlace<'static> {
        RowPlace {
            vault: &VAULT,
            tree: 3,
            id,
        }
    }

    proptest! {
        #[test]
        fn rows_open_where_they_were_sealed_and_nowhere_else(
            plain: Vec<u8>, revision: u64, flip in 0usize..64, bit in 0u8..8
        ) {
            let key = UnitKey::generate();
            let id = key.row_id(3, b"natural");
            let at = place(id);
            let row = key.seal_row(&at, revision, &plain);
            prop_assert_eq!(row.ciphertext.len(), plain.len() + 16);
            prop_assert_eq!(&*key.open_row(&at, &row).unwrap(), &plain);

            let other_vault = VaultId::from_bytes([8; 16]);
            for wrong in [RowPlace { vault: &other_vault, ..at }, RowPlace { tree: 4, ..at }] {
                prop_assert!(key.open_row(&wrong, &row).is_err());
            }
            let mut elsewhere = id;
            elsewhere.0[flip % 16] ^= 1 << bit;
            prop_assert!(key.open_row(&place(elsewhere), &row).is_err());
            prop_assert!(UnitKey::generate().open_row(&at, &row).is_err());

            let mut later = row.clone();
            later.revision = revision.wrapping_add(1);
            prop_assert!(key.open_row(&at, &later).is_err());
            let mut altered = row.clone();
            let which = flip % altered.ciphertext.len();
            altered.ciphertext[which] ^= 1 << bit;
            prop_assert!(key.open_row(&at, &altered).is_err());
            let mut altered = row.clone();
            altered.nonce[flip % 24] ^= 1 << bit;
            prop_assert!(key.open_row(&at, &altered).is_err());
            let mut shorter = row;
            shorter.ciphertext.truncate(flip % (plain.len() + 16));
            prop_assert!(key.open_row(&at, &shorter).is_err());
        }
    }

    /// Computed with Python's `hmac` and `hashlib`, HKDF written out after RFC 5869.
    #[test]
    fn ids_and_header_keys_are_the_formats() {
        let key = UnitKey::from_bytes([1; 32]);
        assert_eq!(
            crate::bytes::hex(&key.row_id(2, b"abc").0),
            "3c617afc7f8cdcc5c7b9a733c1062f49"
        );
        let header = UnitKey::header_key(&key, &UnitKey::from_bytes([2; 32]));
        assert_eq!(
            crate::bytes::hex(header.expose()),
            "0102f5a8243190bbc55b20e6049ada8e817907f790d8650be2768709dce5e6d9"
        );
    }

    #[test]
    fn header_keys_depend_on_both_and_their_order() {
        let (a, b) = (UnitKey::from_bytes([1; 32]), UnitKey::from_bytes([2; 32]));
        assert_ne!(
            UnitKey::header_key(&a, &b).expose(),
            UnitKey::header_key(&b, &a).expose()
        );
    }

    #[test]
    fn equal_rows_do_not_look_equal() {
        let key = UnitKey::generate();
        let at = place(key.row_id(3, b""));
        assert_ne!(key.seal_row(&at, 1, b"x"), key.seal_row(&at, 1, b"x"));
        assert_ne!(key.row_id(1, b"a"), key.row_id(2, b"a"));
        assert_ne!(key.row_id(1, b"a"), UnitKey::generate().row_id(1, b"a"));
    }

    #[test]
    fn debug_shows_nothing() {
        let key = UnitKey::from_bytes([0x41; 32]);
        assert_eq!(format!("{key:?}"), "UnitKey(..)");
        let row = key.seal_row(&place(RowId([0; 16])), 9, b"four");
        assert_eq!(
            format!("{row:?}"),
            "SealedRow { revision: 9, bytes: 20, .. }"
        );
    }
}
