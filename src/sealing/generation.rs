//! The generation key: the one key that opens the key table, and with it everything. Its end is the
//! end of every unit the next table leaves out.

use zeroize::Zeroizing;

use crate::bytes::{hex, unhex};
use crate::ids::VaultId;
use crate::sealing::rows::RowError;
use crate::sealing::xchacha::{Key, NONCE_BYTES, TAG_BYTES};

/// What stands before the number and the key in a key file.
const KEY_FILE_TAG: &str = "STRONGROOM-GENERATION-KEY-1";

/// What a sealed effect is sealed to besides the generation key.
#[derive(Debug, Clone, Copy)]
pub struct EffectPlace<'a> {
    /// The vault.
    pub vault: &'a VaultId,
    /// The generation's number.
    pub generation: u32,
    /// The frame's number.
    pub frame: u64,
    /// The effect's position in the frame, from 0.
    pub position: u32,
}

impl EffectPlace<'_> {
    /// `'sr1 effect' || vault || be32 generation || be64 frame || be32 position`.
    fn associated(&self) -> Vec<u8> {
        [
            &b"sr1 effect"[..],
            self.vault.as_bytes(),
            &self.generation.to_be_bytes(),
            &self.frame.to_be_bytes(),
            &self.position.to_be_bytes(),
        ]
        .concat()
    }
}

/// Text that is no generation key file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyFileError;

impl std::fmt::Display for KeyFileError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("this is not a generation key file of version 1")
    }
}

impl std::error::Error for KeyFileError {}

/// 32 random bytes per generation, kept apart from the vault and its backups. Wiped when dropped.
pub struct GenerationKey(Key);

/// A key table's file while it is being filled: a large one is sealed where it stands, and no copy of it is made.
pub struct BareTable {
    file: Zeroizing<Vec<u8>>,
    head: usize,
}

impl BareTable {
    /// With this head, and room for a body of so many bytes: growing beyond it would leave a copy behind.
    pub fn new(head: &[u8], body: usize) -> Self {
        let whole = head.len() + NONCE_BYTES + body + TAG_BYTES;
        let mut file = Zeroizing::new(Vec::with_capacity(whole));
        file.extend_from_slice(head);
        file.extend_from_slice(&[0; NONCE_BYTES]);
        let head = head.len();
        Self { file, head }
    }

    /// Where the body is written, behind what stands there.
    pub fn body(&mut self) -> &mut Vec<u8> {
        &mut self.file
    }
}

impl std::fmt::Debug for BareTable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BareTable(..)")
    }
}

impl GenerationKey {
    /// A new key from the operating system's random source.
    pub fn generate() -> Self {
        Self(Key::generate())
    }

    /// The key with these bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Key::from_bytes(bytes))
    }

    /// The secret bytes, for escrow alone.
    pub fn expose(&self) -> &[u8; 32] {
        self.0.expose()
    }

    /// Seals one `key` or `end-unit` effect: nonce (24 bytes) || ciphertext.
    #[must_use]
    pub fn seal_effect(&self, at: &EffectPlace<'_>, plain: &[u8]) -> Vec<u8> {
        self.seal(&at.associated(), plain)
    }

    /// The effect that was sealed for this place.
    ///
    /// # Errors
    /// [`RowError`] for another key or place, and for altered bytes.
    pub fn open_effect(
        &self,
        at: &EffectPlace<'_>,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, RowError> {
        self.open(&at.associated(), sealed)
    }

    /// A key table's file: its head, then nonce (24 bytes) || ciphertext of its body.
    #[must_use]
    pub fn seal_table(&self, vault: &VaultId, generation: u32, table: BareTable) -> Vec<u8> {
        let BareTable { file, head } = table;
        self.0
            .seal_in_place(&table_associated(vault, generation), file, head)
    }

    /// The body of this generation's key table file.
    ///
    /// # Errors
    /// [`RowError`] for another key, vault or generation, and for altered bytes.
    pub fn open_table(
        &self,
        vault: &VaultId,
        generation: u32,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, RowError> {
        self.open(&table_associated(vault, generation), sealed)
    }

    /// A key for another purpose of this generation: HKDF-SHA256(ikm = this key, no salt, info
    /// `'sr1 derive ' || label`).
    #[must_use]
    pub fn derive(&self, label: &str) -> Zeroizing<[u8; 32]> {
        let key = Key::derive(self.expose(), &[b"sr1 derive ", label.as_bytes()]);
        Zeroizing::new(*key.expose())
    }

    /// The key file of this key: one line of tag, generation number and lower-case hex.
    pub fn to_text(&self, generation: u32) -> Zeroizing<String> {
        let digits = Zeroizing::new(hex(self.expose()));
        Zeroizing::new(format!("{KEY_FILE_TAG} {generation} {}\n", *digits))
    }

    /// Reads a key file; gives the generation's number and its key.
    ///
    /// # Errors
    /// [`KeyFileError`] for any text [`GenerationKey::to_text`] does not write.
    pub fn parse(text: &str) -> Result<(u32, Self), KeyFileError> {
        let line = text.strip_suffix('\n').ok_or(KeyFileError)?;
        let mut words = line.split(' ');
        let tag = words.next();
        let number = words.next().ok_or(KeyFileError)?;
        let digits = words.next().ok_or(KeyFileError)?;
        let generation: u32 = number.parse().map_err(|_| KeyFileError)?;
        if tag != Some(KEY_FILE_TAG) || words.next().is_some() || generation.to_string() != number {
            return Err(KeyFileError);
        }
        let bytes = Zeroizing::new(unhex(digits).ok_or(KeyFileError)?);
        let bytes = <&[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| KeyFileError)?;
        Ok((generation, Self::from_bytes(*bytes)))
    }

    fn seal(&self, associated: &[u8], plain: &[u8]) -> Vec<u8> {
        let (nonce, ciphertext) = self.0.seal(associated, plain);
        [&nonce[..], &ciphertext].concat()
    }

    fn open(&self, associated: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, RowError> {
        let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or(RowError)?;
        self.0.open(associated, nonce, ciphertext).ok_or(RowError)
    }
}

/// `'sr1 table' || vault || be32 generation`: an old table does not open beside a newer pointer.
fn table_associated(vault: &VaultId, generation: u32) -> Vec<u8> {
    [
        &b"sr1 table"[..],
        vault.as_bytes(),
        &generation.to_be_bytes(),
    ]
    .concat()
}

impl std::fmt::Debug for GenerationKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("GenerationKey(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const VAULT: VaultId = VaultId::from_bytes([7; 16]);
    const OTHER: VaultId = VaultId::from_bytes([8; 16]);

    proptest! {
        #[test]
        fn effects_open_only_at_their_place(plain: Vec<u8>, generation: u32, frame: u64, position: u32) {
            let key = GenerationKey::generate();
            let at = EffectPlace { vault: &VAULT, generation, frame, position };
            let sealed = key.seal_effect(&at, &plain);
            prop_assert_eq!(sealed.len(), 24 + plain.len() + 16);
            prop_assert_eq!(&*key.open_effect(&at, &sealed).unwrap(), &plain);
            for wrong in [
                EffectPlace { vault: &OTHER, ..at },
                EffectPlace { generation: generation ^ 1, ..at },
                EffectPlace { frame: frame ^ 1, ..at },
                EffectPlace { position: position ^ 1, ..at },
            ] {
                prop_assert!(key.open_effect(&wrong, &sealed).is_err());
            }
            prop_assert!(key.open_table(&VAULT, generation, &sealed).is_err());
            prop_assert!(GenerationKey::generate().open_effect(&at, &sealed).is_err());
        }

        #[test]
        fn altered_or_cut_tables_are_refused(plain: Vec<u8>, at: prop::sample::Index, bit in 0u8..8) {
            let key = GenerationKey::generate();
            let mut table = BareTable::new(b"head", plain.len());
            table.body().extend_from_slice(&plain);
            let sealed = key.seal_table(&VAULT, 4, table);
            let sealed = sealed.strip_prefix(b"head").unwrap().to_vec();
            prop_assert_eq!(&*key.open_table(&VAULT, 4, &sealed).unwrap(), &plain);
            prop_assert!(key.open_table(&VAULT, 5, &sealed).is_err());
            prop_assert!(key.open_table(&OTHER, 4, &sealed).is_err());
            let at = at.index(sealed.len());
            prop_assert!(key.open_table(&VAULT, 4, &sealed[..at]).is_err());
            let mut altered = sealed;
            altered[at] ^= 1 << bit;
            prop_assert!(key.open_table(&VAULT, 4, &altered).is_err());
        }

        #[test]
        fn key_files_round_trip(bytes: [u8; 32], generation: u32) {
            let text = GenerationKey::from_bytes(bytes).to_text(generation);
            let (number, key) = GenerationKey::parse(&text).unwrap();
            prop_assert_eq!((number, key.expose()), (generation, &bytes));
        }

        #[test]
        fn arbitrary_text_is_refused(text: String) {
            prop_assert!(GenerationKey::parse(&text).is_err());
        }
    }

    #[test]
    fn one_spelling_of_a_key_file() {
        let good = GenerationKey::from_bytes([0xab; 32]).to_text(7);
        let wrong = [
            good.trim_end().to_owned(),
            format!("{}\n", *good),
            good.replace(" 7 ", " 07 "),
            good.replace(" 7 ", " +7 "),
            good.replace(" 7 ", "  7 "),
            good.replace("ab", "AB"),
            good.replace("KEY-1", "KEY-2"),
            good.replace("abab\n", "\n"),
            good.replace('\n', "\r\n"),
        ];
        for text in wrong {
            assert_eq!(
                GenerationKey::parse(&text).unwrap_err(),
                KeyFileError,
                "{text:?}"
            );
        }
    }

    #[test]
    fn labels_give_unlike_keys() {
        let key = GenerationKey::from_bytes([3; 32]);
        assert_ne!(key.derive("index mark"), key.derive("index"));
        // Computed with Python's `hmac`, HKDF written out after RFC 5869.
        assert_eq!(
            hex(&*key.derive("index mark")),
            "bcbd5686c0809c58782a71a1952c1198cc2b01aba52f14c8714ebf4d73a8137c"
        );
    }

    #[test]
    fn debug_shows_nothing() {
        let key = GenerationKey::from_bytes([0x41; 32]);
        assert_eq!(format!("{key:?}"), "GenerationKey(..)");
    }
}
