//! HPKE base mode (RFC 9180), single shot, with empty associated data: KEM MLKEM768-X25519 (0x647a),
//! KDF HKDF-SHA256 (0x0001), AEAD ChaCha20-Poly1305 (0x0003).

use zeroize::Zeroizing;

use crate::sealing::aead::Aead;
use crate::sealing::aead::TAG_BYTES;
use crate::sealing::kdf;
use crate::sealing::kdf::Key;
use crate::sealing::secret::FILE_KEY_BYTES;
use crate::sealing::secret::FileKey;
use crate::sealing::xwing;
use crate::sealing::xwing::ENC_BYTES;
use crate::sealing::xwing::PUBLIC_BYTES;

/// Bytes of a sealed file key.
pub(crate) const SEALED_KEY_BYTES: usize = FILE_KEY_BYTES + TAG_BYTES;

const VERSION: &[u8] = b"HPKE-v1";
const SUITE: &[u8] = b"HPKE\x64\x7a\x00\x01\x00\x03";
const BASE_MODE: &[u8] = &[0];

/// Why a file key stays sealed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OpenError {
    /// The encapsulated secret is one no honest sender makes.
    LowOrder,
    /// Sealed to another key, or damaged.
    NotForThisKey,
}

/// Seals a file key to a checked public key: the encapsulated secret and the sealed key.
pub(crate) fn seal(
    public: &[u8; PUBLIC_BYTES],
    info: &[u8],
    file_key: &FileKey,
) -> ([u8; ENC_BYTES], [u8; SEALED_KEY_BYTES]) {
    let (enc, shared) = xwing::encapsulate(public);
    let (aead, nonce) = key_schedule(&shared, info);
    let mut key = Zeroizing::new(*file_key.expose());
    let tag = aead.seal(&nonce, &mut *key);
    let mut sealed = [0; SEALED_KEY_BYTES];
    for (to, from) in sealed.iter_mut().zip(key.iter().chain(&tag)) {
        *to = *from;
    }
    (enc, sealed)
}

/// Opens a sealed file key.
pub(crate) fn open(
    secret: &xwing::Secret,
    info: &[u8],
    enc: &[u8; ENC_BYTES],
    sealed: &[u8; SEALED_KEY_BYTES],
) -> Result<FileKey, OpenError> {
    let shared = secret
        .decapsulate(enc)
        .map_err(|xwing::LowOrder| OpenError::LowOrder)?;
    let (aead, nonce) = key_schedule(&shared, info);
    let (key, tag) = sealed
        .split_first_chunk::<FILE_KEY_BYTES>()
        .ok_or(OpenError::NotForThisKey)?;
    let mut key = Zeroizing::new(*key);
    let tag = tag.try_into().map_err(|_| OpenError::NotForThisKey)?;
    aead.open(&nonce, &mut *key, tag)
        .map_err(|_| OpenError::NotForThisKey)?;
    Ok(FileKey::from_bytes(&key))
}

/// RFC 9180 section 5.1 without a pre-shared key; the exporter secret is not needed.
fn key_schedule(shared: &Key, info: &[u8]) -> (Aead, [u8; 12]) {
    let psk_id_hash = labelled_extract(None, b"psk_id_hash", &[]);
    let info_hash = labelled_extract(None, b"info_hash", info);
    let context = [BASE_MODE, &*psk_id_hash, &*info_hash];
    let secret = labelled_extract(Some(shared), b"secret", &[]);
    let key = labelled_expand::<32>(&secret, b"key", context);
    let nonce = labelled_expand::<12>(&secret, b"base_nonce", context);
    (Aead::new(&key), *nonce)
}

fn labelled_extract(salt: Option<&Key>, label: &[u8], ikm: &[u8]) -> Key {
    kdf::extract(salt.map(|salt| &**salt), &[VERSION, SUITE, label, ikm])
}

fn labelled_expand<const N: usize>(
    prk: &Key,
    label: &[u8],
    [mode, psk_id_hash, info_hash]: [&[u8]; 3],
) -> Zeroizing<[u8; N]> {
    const { assert!(N <= 32, "one block of HKDF-Expand") }
    let length = u16::try_from(N).unwrap_or_default().to_be_bytes();
    let info = [&length, VERSION, SUITE, label, mode, psk_id_hash, info_hash];
    let block = kdf::expand(prk, &info);
    let mut out = Zeroizing::new([0; N]);
    for (to, from) in out.iter_mut().zip(block.iter()) {
        *to = *from;
    }
    out
}
