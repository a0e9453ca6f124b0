//! ChaCha20-Poly1305 (RFC 8439) in place, without associated data.

use chacha20poly1305::AeadInPlace;
use chacha20poly1305::ChaCha20Poly1305;
use chacha20poly1305::KeyInit;

/// Bytes of an authentication tag.
pub(crate) const TAG_BYTES: usize = 16;

/// A key; wiped when dropped.
pub(crate) struct Aead(ChaCha20Poly1305);

/// The bytes were not sealed under this key and nonce.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotAuthentic;

impl Aead {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(ChaCha20Poly1305::new(key.into()))
    }

    /// Encrypts `bytes` and returns their tag.
    #[expect(
        clippy::expect_used,
        reason = "encryption fails only beyond 256 GiB; no caller seals more than 64 KiB at once"
    )]
    pub(crate) fn seal(&self, nonce: &[u8; 12], bytes: &mut [u8]) -> [u8; TAG_BYTES] {
        self.0
            .encrypt_in_place_detached(nonce.into(), &[], bytes)
            .expect("at most 64 KiB")
            .into()
    }

    /// Decrypts `bytes`, or leaves them as they are.
    pub(crate) fn open(
        &self,
        nonce: &[u8; 12],
        bytes: &mut [u8],
        tag: &[u8; TAG_BYTES],
    ) -> Result<(), NotAuthentic> {
        self.0
            .decrypt_in_place_detached(nonce.into(), &[], bytes, tag.into())
            .map_err(|_| NotAuthentic)
    }
}
