//! Headers of exactly one reader: the header rows and envelope rows of the vault.
//!
//! Each row is a complete age header with exactly one hybrid stanza. A hidden extra reader is impossible
//! by shape, and ending a reader's access is erasing a row.

use std::fmt;

use crate::sealing::header;
use crate::sealing::header::Header;
use crate::sealing::header::HeaderError;
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
    header::write(key, &[reader.stanza(key)])
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
    let key = identity.unwrap(enc, stanza.body()).map_err(|e| match e {
        UnwrapError::Malformed => malformed,
        UnwrapError::NotForThisKey => OpenHeaderError::NotForThisKey,
    })?;
    if header.is_sealed_by(&key) {
        Ok(key)
    } else {
        Err(OpenHeaderError::Altered)
    }
}

#[cfg(test)]
mod tests {
    use age_core::format::Stanza;

    use super::*;

    fn row() -> (HybridIdentity, FileKey, Vec<u8>) {
        let identity = HybridIdentity::generate();
        let key = FileKey::generate();
        let row = seal_header(&key, identity.recipient());
        (identity, key, row)
    }

    #[test]
    fn opens_for_its_reader_and_nobody_else() {
        let (identity, key, row) = row();
        assert_eq!(open_header(&row, &identity).unwrap().expose(), key.expose());
        let refused = open_header(&row, &HybridIdentity::generate()).unwrap_err();
        assert_eq!(refused, OpenHeaderError::NotForThisKey);
    }

    #[test]
    fn no_byte_can_change() {
        let (identity, _, row) = row();
        for at in 0..row.len() {
            let mut changed = row.clone();
            changed[at] ^= 1 << (at % 8);
            assert!(open_header(&changed, &identity).is_err(), "byte {at}");
        }
    }

    #[test]
    fn it_is_the_mac_that_refuses_an_altered_header() {
        let (identity, key, row) = row();
        // Another header's MAC line: the stanza still opens, so nothing but the MAC can refuse it.
        let other = seal_header(&FileKey::generate(), identity.recipient());
        let mac_line = row.len() - 48;
        let spliced = [&row[..mac_line], &other[mac_line..]].concat();
        assert_eq!(
            open_header(&spliced, &identity).unwrap_err(),
            OpenHeaderError::Altered
        );
        let same = [&row[..mac_line], &row[mac_line..]].concat();
        assert_eq!(
            open_header(&same, &identity).unwrap().expose(),
            key.expose()
        );
    }

    #[test]
    fn any_other_shape_is_refused() {
        let (identity, key, row) = row();
        let ours = || identity.recipient().stanza(&key);
        let grease = || Stanza {
            tag: "x-grease".to_owned(),
            args: Vec::new(),
            body: Vec::new(),
        };
        let mut extra_argument = ours();
        extra_argument.args.push("x".to_owned());
        let mut no_argument = ours();
        no_argument.args.clear();
        let mut long_body = ours();
        long_body.body.push(0);
        let malformed = OpenHeaderError::Malformed(HeaderError::Malformed);
        for (stanzas, expected) in [
            (vec![ours(), ours()], OpenHeaderError::NotOneReader),
            (vec![ours(), grease()], OpenHeaderError::NotOneReader),
            (vec![grease(), ours()], OpenHeaderError::NotOneReader),
            (vec![grease()], OpenHeaderError::NotOneReader),
            (vec![extra_argument], malformed),
            (vec![no_argument], malformed),
            (vec![long_body], malformed),
        ] {
            let header = header::write(&key, &stanzas);
            assert_eq!(open_header(&header, &identity).unwrap_err(), expected);
        }
        let longer = [&row[..], b"\n"].concat();
        assert_eq!(open_header(&longer, &identity).unwrap_err(), malformed);
        assert_eq!(
            open_header(b"", &identity).unwrap_err(),
            OpenHeaderError::Malformed(HeaderError::NotAge)
        );
    }
}
