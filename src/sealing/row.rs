//! Headers of exactly one reader: the header rows and envelope rows of the vault.
//!
//! Each row is a complete age header with exactly one hybrid stanza. A hidden extra reader is impossible
//! by shape, and ending a reader's access is erasing a row.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::sealing::header;
use crate::sealing::header::Header;
use crate::sealing::header::HeaderError;
use crate::sealing::header::NewStanza;
use crate::sealing::hybrid;
use crate::sealing::hybrid::HybridIdentity;
use crate::sealing::hybrid::HybridRecipient;
use crate::sealing::hybrid::UnwrapError;
use crate::sealing::secret::FileKey;

/// Why a one-reader header does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenHeaderError {
    /// Not an age header, or something follows it.
    Malformed(HeaderError),
    /// Not exactly one stanza of the post-quantum kind.
    NotOneReader,
    /// Sealed to another key, or its stanza is damaged.
    NotForThisKey,
    /// The stanza opens, but the header's MAC is not its file key's: it has been altered.
    Altered,
}

impl fmt::Display for OpenHeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed(_) => "not a sealed header",
            Self::NotOneReader => "a header that is not for exactly one post-quantum reader",
            Self::NotForThisKey => "not sealed to this key",
            Self::Altered => "the header has been altered",
        })
    }
}

impl std::error::Error for OpenHeaderError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Malformed(source) => Some(source),
            _ => None,
        }
    }
}

/// Seals a file key to one reader: a complete header, about 1.6 KB.
pub fn seal_header(key: &FileKey, reader: &HybridRecipient) -> Vec<u8> {
    let (enc, body) = reader.wrap(key);
    let stanza = NewStanza {
        tag: hybrid::TAG,
        args: &[STANDARD_NO_PAD.encode(enc)],
        body: &body,
    };
    header::write(key, &[stanza])
}

/// Opens a header made by [`seal_header`], or by any age implementation for this one reader.
///
/// # Errors
/// [`OpenHeaderError`] for every header that has not exactly one stanza, of the hybrid kind, or is
/// followed by anything, does not open, or whose MAC is wrong.
pub fn open_header(bytes: &[u8], identity: &HybridIdentity) -> Result<FileKey, OpenHeaderError> {
    let (header, length) = Header::parse(bytes).map_err(OpenHeaderError::Malformed)?;
    if length != bytes.len() {
        return Err(OpenHeaderError::Malformed(HeaderError::Malformed));
    }
    let [stanza] = header.stanzas() else {
        return Err(OpenHeaderError::NotOneReader);
    };
    if stanza.tag() != hybrid::TAG {
        return Err(OpenHeaderError::NotOneReader);
    }
    let malformed = OpenHeaderError::Malformed(HeaderError::Malformed);
    let mut args = stanza.args();
    let (Some(enc), None) = (args.next(), args.next()) else {
        return Err(malformed);
    };
    let enc = STANDARD_NO_PAD.decode(enc).map_err(|_| malformed)?;
    let key = identity.unwrap(&enc, stanza.body()).map_err(|e| match e {
        UnwrapError::Malformed => malformed,
        UnwrapError::NotForThisKey => OpenHeaderError::NotForThisKey,
    })?;
    if header.is_sealed_by(&key) {
        Ok(key)
    } else {
        Err(OpenHeaderError::Altered)
    }
}
