//! XChaCha20-Poly1305 with a random nonce, as rows, effects and key tables use it, and a 32-byte key
//! that stays in one place in memory.

use chacha20poly1305::aead::{AeadInPlace, KeyInit};
use chacha20poly1305::{Tag, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

use crate::ids::random;

/// Bytes of a nonce.
pub(crate) const NONCE_BYTES: usize = 24;
/// Bytes of the Poly1305 tag at a ciphertext's end.
pub(crate) const TAG_BYTES: usize = 16;

/// 32 secret bytes on the heap, so that moving their owner leaves no copy behind.
pub(crate) struct Key(Box<Zeroizing<[u8; 32]>>);

impl Key {
    pub(crate) fn generate() -> Self {
        Self::from_bytes(random())
    }

    pub(crate) fn from_bytes(mut bytes: [u8; 32]) -> Self {
        let mut key = Self(Box::new(Zeroizing::new([0; 32])));
        key.0.copy_from_slice(&bytes);
        bytes.zeroize();
        key
    }

    pub(crate) fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// Seals under a fresh random nonce; the ciphertext is [`TAG_BYTES`] longer than `plain`.
    pub(crate) fn seal(&self, associated: &[u8], plain: &[u8]) -> ([u8; NONCE_BYTES], Vec<u8>) {
        let nonce: [u8; NONCE_BYTES] = random();
        // One allocation, so that growing it leaves no plaintext behind.
        let mut sealed = Vec::with_capacity(plain.len() + TAG_BYTES);
        sealed.extend_from_slice(plain);
        let tag = XChaCha20Poly1305::new(self.expose().into()).encrypt_in_place_detached(
            XNonce::from_slice(&nonce),
            associated,
            &mut sealed,
        );
        match tag {
            Ok(tag) => sealed.extend_from_slice(&tag),
            // Only a message beyond the cipher's 256 GiB gets here, and handing out anything would
            // be handing out its plaintext.
            Err(_) => std::process::abort(),
        }
        (nonce, sealed)
    }

    /// Seals what stands behind `nonce_at + NONCE_BYTES` where it stands, under a fresh random nonce that takes the
    /// place kept for it; the tag goes behind. What is large is sealed so without a copy of it.
    pub(crate) fn seal_in_place(
        &self,
        associated: &[u8],
        mut buffer: Zeroizing<Vec<u8>>,
        nonce_at: usize,
    ) -> Vec<u8> {
        let nonce: [u8; NONCE_BYTES] = random();
        // Kept free by whoever filled it; growing would leave a copy behind.
        debug_assert!(buffer.capacity() >= buffer.len() + TAG_BYTES);
        let (_, rest) = buffer.split_at_mut(nonce_at);
        let tag = rest
            .split_first_chunk_mut::<NONCE_BYTES>()
            .map(|(place, plain)| {
                *place = nonce;
                let cipher = XChaCha20Poly1305::new(self.expose().into());
                cipher.encrypt_in_place_detached(XNonce::from_slice(&nonce), associated, plain)
            });
        match tag {
            Some(Ok(tag)) => buffer.extend_from_slice(&tag),
            // As above, or no place was kept.
            _ => std::process::abort(),
        }
        std::mem::take(&mut *buffer)
    }

    /// What [`Key::seal`] sealed; `None` when anything differs.
    pub(crate) fn open(
        &self,
        associated: &[u8],
        nonce: &[u8; NONCE_BYTES],
        sealed: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        let (body, tag) = sealed.split_at_checked(sealed.len().checked_sub(TAG_BYTES)?)?;
        let mut plain = Zeroizing::new(body.to_vec());
        XChaCha20Poly1305::new(self.expose().into())
            .decrypt_in_place_detached(
                XNonce::from_slice(nonce),
                associated,
                &mut plain,
                Tag::from_slice(tag),
            )
            .ok()?;
        Some(plain)
    }

    /// HKDF-SHA256 (RFC 5869) without salt, 32 bytes.
    pub(crate) fn derive(secret: &[u8], info: &[&[u8]]) -> Self {
        let mut out = Zeroizing::new([0; 32]);
        if Hkdf::<Sha256>::new(None, secret)
            .expand_multi_info(info, &mut *out)
            .is_err()
        {
            // RFC 5869 gives up to 8,160 bytes; 32 cannot fail.
            std::process::abort();
        }
        Self::from_bytes(*out)
    }
}
