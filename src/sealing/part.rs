//! The plaintext of a part: `u32 manifest length | manifest | u32 part number | u64 content length |
//! content | zeros up to Padmé of the sum`, all big-endian.
//!
//! Writer and reader stream, in constant memory beside the manifest. The reader gives out content
//! before it has seen all of it: show or keep nothing until [`PartReader::finish`] has succeeded and the
//! manifest's signature holds.

mod reader;
mod writer;

use std::io::{self, Read as _, Write as _};

use crate::sealing::manifest::ManifestError;
use crate::sealing::padme::size_step;
use crate::sealing::secret::Plain;
use crate::sealing::signed_manifest::SignedManifest;

pub use crate::sealing::part::reader::PartReader;
pub use crate::sealing::part::writer::PartWriter;

/// Why a part cannot be written or read.
#[derive(Debug)]
pub enum PartError {
    /// The stream below failed, or ended too early.
    Io(io::Error),
    /// What stands where the manifest should be is none.
    Manifest(ManifestError),
    /// The manifest has no part of this number.
    Number,
    /// The content is longer or shorter than the manifest says.
    Length,
    /// The content is not the one the manifest names.
    Content,
    /// What follows the content is not zeros up to the size step and then the end.
    Padding,
}

impl std::fmt::Display for PartError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Io(_) => "the part cannot be read or written to its end",
            Self::Manifest(_) => "the part does not begin with a manifest",
            Self::Number => "the manifest has no part of this number",
            Self::Length => "the content is not as long as its manifest says",
            Self::Content => "the content is not what its manifest says",
            Self::Padding => "the content is not followed by the right padding",
        })
    }
}

impl std::error::Error for PartError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Manifest(error) => Some(error),
            _ => None,
        }
    }
}

impl From<io::Error> for PartError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A part that was read whole: its manifest, number and content.
#[derive(Debug)]
pub struct WholePart {
    /// The manifest; its signature is the caller's to check.
    pub manifest: SignedManifest,
    /// Which part this is.
    pub number: u32,
    /// The content the manifest names.
    pub content: Plain,
}

/// The plaintext of a part held in memory.
///
/// # Errors
/// [`PartError`] when the manifest does not name this content under this number.
pub fn write_part(
    manifest: &SignedManifest,
    number: u32,
    content: &[u8],
) -> Result<Plain, PartError> {
    let part = manifest.claimed().part(number).ok_or(PartError::Number)?;
    if u64::try_from(content.len()).ok() != Some(part.bytes) {
        return Err(PartError::Length);
    }
    let manifest_bytes = u64::try_from(manifest.bytes().len()).unwrap_or(u64::MAX);
    let step = size_step(manifest_bytes, part.bytes);
    // All of it at once, so that growing leaves no copy behind.
    let mut out = Vec::with_capacity(usize::try_from(step).map_err(|_| PartError::Length)?);
    let mut writer = PartWriter::new(&mut out, manifest, number)?;
    writer.write_all(content)?;
    writer.finish()?;
    Ok(Plain::new(out))
}

/// Takes a part held in memory apart and checks all of it but the signature.
///
/// # Errors
/// [`PartError`] for anything [`write_part`] does not write.
pub fn read_part(plain: &[u8]) -> Result<WholePart, PartError> {
    let mut reader = PartReader::new(plain)?;
    let number = reader.number();
    // What is left of the input bounds the allocation.
    let room = usize::try_from(reader.remaining()).map_err(|_| PartError::Length)?;
    if room > plain.len() {
        return Err(PartError::Length);
    }
    let mut content = Vec::with_capacity(room);
    reader.read_to_end(&mut content)?;
    let content = Plain::new(content);
    let manifest = reader.finish()?;
    Ok(WholePart {
        manifest,
        number,
        content,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::ids::{RecordId, UserId, VaultId};
    use crate::sealing::digest::Digest;
    use crate::sealing::manifest::{Manifest, ManifestPart, PartSort};
    use crate::sealing::padme::padme;
    use crate::sealing::record_key::RecordKey;
    use crate::sealing::signing::SigningKey;
    use proptest::prelude::*;

    fn key() -> SigningKey {
        SigningKey::from_bytes([7; 32])
    }

    fn signed(contents: &[&[u8]]) -> SignedManifest {
        let parts = (1..).zip(contents).map(|(number, content)| ManifestPart {
            number,
            sort: PartSort::Attachment,
            name: Some(format!("{number}.pdf")),
            bytes: content.len().try_into().unwrap(),
            sha256: Digest::of(content),
        });
        let manifest = Manifest {
            vault: VaultId::from_bytes([1; 16]),
            record: RecordId::from_bytes([2; 16]),
            version: 1,
            kind: "contact-report".to_owned(),
            kind_version: 1,
            case: None,
            class: "contact".to_owned(),
            author: UserId::from_bytes([4; 16]),
            previous: None,
            k_record: RecordKey::from_bytes([5; 32]),
            filed_at: Timestamp::from_ms(6),
            parts: parts.collect(),
            subjects: Vec::new(),
        };
        manifest.sign(&key()).unwrap()
    }

    /// Reads a part as a desk does: everything checked, the signature too.
    fn read_verified(plain: &[u8]) -> Option<(u32, Vec<u8>)> {
        let part = read_part(plain).ok()?;
        part.manifest.verify(&key().verifying()).ok()?;
        Some((part.number, part.content.expose().to_vec()))
    }

    proptest! {
        #[test]
        fn parts_round_trip(first: Vec<u8>, second: Vec<u8>, step in 1usize..700) {
            let manifest = signed(&[&first, &second]);
            for (number, content) in [(1, &first), (2, &second)] {
                let plain = write_part(&manifest, number, content).unwrap();
                let length = u64::try_from(plain.len()).unwrap();
                prop_assert_eq!(padme(length), length, "the length is a size step");
                let (read, found) = read_verified(plain.expose()).unwrap();
                prop_assert_eq!((read, &found), (number, content));

                // The same bytes when written and read piece by piece.
                let mut writer = PartWriter::new(Vec::new(), &manifest, number).unwrap();
                for piece in content.chunks(step) {
                    writer.write_all(piece).unwrap();
                }
                prop_assert_eq!(writer.finish().unwrap(), plain.expose());
                let mut reader = PartReader::new(plain.expose()).unwrap();
                let mut piece = vec![0; step];
                let mut found = Vec::new();
                while let Ok(read @ 1..) = reader.read(&mut piece) {
                    found.extend_from_slice(&piece[..read]);
                }
                prop_assert_eq!(&found, content);
                prop_assert_eq!(reader.finish().unwrap().digest(), manifest.digest());
            }
        }

        #[test]
        fn hostile_bytes_never_panic(bytes: Vec<u8>, length in 0u32..300) {
            prop_assert!(read_part(&bytes).is_err());
            let framed = [&length.to_be_bytes()[..], &bytes].concat();
            prop_assert!(read_part(&framed).is_err());
        }
    }

    /// Manifest, number, length, content and padding: whichever byte differs, a desk shows nothing.
    #[test]
    fn every_altered_byte_is_refused() {
        let manifest = signed(&[b"some content of a part", b""]);
        let plain = write_part(&manifest, 1, b"some content of a part").unwrap();
        assert!(plain.expose().ends_with(&[0]), "there is padding");
        for at in 0..plain.len() {
            for bit in [1, 0x80] {
                let mut bytes = plain.expose().to_vec();
                bytes[at] ^= bit;
                assert_eq!(read_verified(&bytes), None, "byte {at}");
            }
        }
    }

    #[test]
    fn cut_or_longer_parts_are_refused() {
        let manifest = signed(&[b"some content"]);
        let plain = write_part(&manifest, 1, b"some content").unwrap();
        for at in 0..plain.len() {
            assert!(read_part(&plain.expose()[..at]).is_err(), "cut at {at}");
        }
        for tail in [&[0][..], &[1], &[0; 9000]] {
            let longer = [plain.expose(), tail].concat();
            assert!(matches!(read_part(&longer), Err(PartError::Padding)));
        }
    }

    /// Whoever may write to a compartment could put another content or number under a true manifest.
    #[test]
    fn content_must_be_what_the_manifest_names() {
        let manifest = signed(&[b"yes", b"no!"]);
        let write = |number, content: &[u8]| write_part(&manifest, number, content).map(|_| ());
        assert!(matches!(write(1, b"no!"), Err(PartError::Content)));
        assert!(matches!(write(1, b"yes, but"), Err(PartError::Length)));
        assert!(matches!(write(1, b"ye"), Err(PartError::Length)));
        assert!(matches!(write(3, b"yes"), Err(PartError::Number)));
        let mut writer = PartWriter::new(Vec::new(), &manifest, 1).unwrap();
        assert!(writer.write_all(b"yes!").is_err());
        let mut short = PartWriter::new(Vec::new(), &manifest, 1).unwrap();
        short.write_all(b"ye").unwrap();
        assert!(matches!(short.finish(), Err(PartError::Length)));

        let plain = write_part(&manifest, 1, b"yes").unwrap();
        let at = 4 + manifest.bytes().len();
        let mut other = plain.expose().to_vec();
        other[at + 3] = 2;
        assert!(matches!(read_part(&other), Err(PartError::Content)));
        other[at + 3] = 3;
        assert!(matches!(read_part(&other), Err(PartError::Number)));
    }

    /// A length field must not make the reader allocate what is not there.
    #[test]
    fn lengths_are_bounded_before_allocating() {
        let huge = [&u32::MAX.to_be_bytes()[..], b"{}"].concat();
        assert!(matches!(read_part(&huge), Err(PartError::Length)));
    }
}
