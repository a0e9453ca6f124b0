//! HMAC-SHA-256 and HKDF (RFC 5869) in the two sizes age and HPKE ask for: keys and outputs of at most
//! 32 bytes. Neither can fail, so nothing that seals has to pretend it could.

use hmac::Hmac;
use hmac::Mac;
use sha2::Sha256;
use zeroize::Zeroizing;

/// A 32-byte secret.
pub(crate) type Key = Zeroizing<[u8; 32]>;

/// The bytes of a SHA-256 block: a shorter HMAC key is that key followed by zeros (RFC 2104).
const BLOCK: usize = 64;

/// HMAC-SHA-256 under `key`, still open for bytes.
pub(crate) fn hmac(key: &[u8; 32]) -> Hmac<Sha256> {
    let mut block = Zeroizing::new([0; BLOCK]);
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    <Hmac<Sha256> as Mac>::new((&*block).into())
}

/// HKDF-Extract; `salt` absent means 32 zero bytes, which HMAC cannot tell from an empty salt.
pub(crate) fn extract(salt: Option<&[u8; 32]>, ikm: &[&[u8]]) -> Key {
    finish(hmac(salt.unwrap_or(&[0; 32])), ikm)
}

/// The first block of HKDF-Expand, 32 bytes. A shorter output is a prefix of it.
pub(crate) fn expand(prk: &[u8; 32], info: &[&[u8]]) -> Key {
    let mut mac = hmac(prk);
    for part in info {
        mac.update(part);
    }
    finish(mac, &[&[1]])
}

/// age's `HKDF[salt, label](key)`, with an empty or a 16-byte salt.
pub(crate) fn hkdf(salt: &[u8], label: &str, ikm: &[u8]) -> Key {
    let mut padded = [0; 32];
    for (to, from) in padded.iter_mut().zip(salt) {
        *to = *from;
    }
    expand(&extract(Some(&padded), &[ikm]), &[label.as_bytes()])
}

fn finish(mut mac: Hmac<Sha256>, parts: &[&[u8]]) -> Key {
    for part in parts {
        mac.update(part);
    }
    Zeroizing::new(mac.finalize().into_bytes().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_hkdf_crate() {
        for (salt, label) in [(&[][..], "header"), (&[7; 16][..], "payload")] {
            let mut expected = [0; 32];
            hkdf::Hkdf::<Sha256>::new(Some(salt), b"a file key 16 by")
                .expand(label.as_bytes(), &mut expected)
                .unwrap();
            assert_eq!(*hkdf(salt, label, b"a file key 16 by"), expected);
        }
    }
}
