//! The types that hold secrets. None of them can be cloned, compared, serialised or printed; the
//! bytes leave only through a method called `expose`, so that one search finds every place.

use std::fmt;

use zeroize::Zeroizing;

use crate::ids;

/// Bytes of an age file key.
pub const FILE_KEY_BYTES: usize = 16;

/// Content as a person sees it, before sealing or after opening. Wiped when dropped.
pub struct Plain(Zeroizing<Vec<u8>>);

impl Plain {
    /// Takes over `bytes`. A buffer that has been grown by reallocation may have left copies behind;
    /// reserve it at its final size.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Lends the bytes.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// The number of bytes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Plain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Plain(..)")
    }
}

/// Text that must not be shown or kept: a passphrase, or the text of an identity. Wiped when dropped.
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Takes over `text`.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Lends the text.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(..)")
    }
}

/// The key of one payload. Wiped when dropped; boxed, so that moving it leaves no copy.
///
/// A file key serves one payload only, ever; it may be wrapped in any number of headers of that
/// payload.
pub struct FileKey(Box<Zeroizing<[u8; FILE_KEY_BYTES]>>);

impl FileKey {
    /// A new key from the operating system's random source.
    pub fn generate() -> Self {
        Self(Box::new(Zeroizing::new(ids::random())))
    }

    /// The key with these bytes.
    pub fn from_bytes(bytes: &[u8; FILE_KEY_BYTES]) -> Self {
        Self(Box::new(Zeroizing::new(*bytes)))
    }

    /// Lends the bytes.
    pub fn expose(&self) -> &[u8; FILE_KEY_BYTES] {
        &self.0
    }

    /// The same key as the age crate holds one.
    pub(crate) fn to_age(&self) -> age_core::format::FileKey {
        age_core::format::FileKey::init_with_mut(|bytes| bytes.copy_from_slice(self.expose()))
    }
}

impl fmt::Debug for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FileKey(..)")
    }
}
