//! The header of an age file (C2SP age): a strict parser in linear time, capped in size.
//!
//! The age crate's own parser takes quadratic time and accepts two malformed shapes, so it is never
//! given a header that has not been through this one.

mod write;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hmac::Mac;

pub(crate) use crate::sealing::header::write::write;
use crate::sealing::kdf;
use crate::sealing::secret::FileKey;

/// The longest header accepted, in bytes.
pub const MAX_HEADER_BYTES: usize = 256 * 1024;
/// The most stanzas accepted in a header.
pub const MAX_STANZAS: usize = 64;

const VERSION: &[u8] = b"age-encryption.org/v1";
const ANY_VERSION: &[u8] = b"age-encryption.org/";
const STANZA: &[u8] = b"-> ";
const MAC: &[u8] = b"--- ";
/// The last bytes the MAC covers: those of its own line, without the space.
const MAC_COVERED: usize = 3;
/// Characters of a full line of a stanza's body.
const COLUMNS: usize = 64;
const MAC_LABEL: &str = "header";

/// Why bytes do not start with an acceptable header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeaderError {
    /// They do not start as an age file does.
    NotAge,
    /// They start as an age file of a version that is not 1.
    UnknownVersion,
    /// The header has not ended within [`MAX_HEADER_BYTES`].
    TooLong,
    /// The header has more than [`MAX_STANZAS`] stanzas.
    TooManyStanzas,
    /// The header breaks the grammar, or ends too early.
    Malformed,
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotAge => "not an age file",
            Self::UnknownVersion => "an age file of an unknown version",
            Self::TooLong => "the header is longer than 256 KiB",
            Self::TooManyStanzas => "the header has more than 64 stanzas",
            Self::Malformed => "the header is malformed",
        })
    }
}

impl std::error::Error for HeaderError {}

/// A parsed header, borrowing from the bytes it was parsed from. Its MAC has not been checked.
#[derive(Debug, Clone)]
pub struct Header<'a> {
    stanzas: Vec<Stanza<'a>>,
    covered: &'a [u8],
    mac: [u8; 32],
}

/// One recipient's part of a header.
#[derive(Debug, Clone)]
pub struct Stanza<'a> {
    arguments: &'a str,
    body: Vec<u8>,
}

impl<'a> Stanza<'a> {
    /// The kind of the stanza.
    pub fn tag(&self) -> &'a str {
        self.arguments.split(' ').next().unwrap_or_default()
    }

    /// What follows the tag.
    pub fn args(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.arguments.split(' ').skip(1)
    }

    /// The decoded body.
    pub fn body(&self) -> &[u8] {
        &self.body
    }
}

impl<'a> Header<'a> {
    /// Parses the header at the front of `bytes` and says how many bytes it takes.
    ///
    /// # Errors
    /// [`HeaderError`] for every header the specification does not allow or that passes a cap.
    pub fn parse(bytes: &'a [u8]) -> Result<(Self, usize), HeaderError> {
        let mut lines = Lines::new(bytes);
        check_version(bytes)?;
        lines.next()?;
        let mut stanzas = Vec::new();
        loop {
            let start = lines.read;
            let line = lines.next()?;
            if let Some(arguments) = line.strip_prefix(STANZA) {
                if stanzas.len() == MAX_STANZAS {
                    return Err(HeaderError::TooManyStanzas);
                }
                stanzas.push(Stanza {
                    arguments: parse_arguments(arguments)?,
                    body: parse_body(&mut lines)?,
                });
            } else if let Some(mac) = line.strip_prefix(MAC) {
                let covered = bytes.get(..start + MAC_COVERED);
                return match covered {
                    Some(covered) if !stanzas.is_empty() => {
                        let mac = parse_mac(mac)?;
                        let header = Self {
                            stanzas,
                            covered,
                            mac,
                        };
                        Ok((header, lines.read))
                    }
                    _ => Err(HeaderError::Malformed),
                };
            } else {
                return Err(HeaderError::Malformed);
            }
        }
    }

    /// The stanzas, at least one.
    pub fn stanzas(&self) -> &[Stanza<'a>] {
        &self.stanzas
    }

    /// Whether the header was written by somebody who knows this file key. Constant time.
    #[must_use]
    pub fn is_sealed_by(&self, key: &FileKey) -> bool {
        header_mac(key, self.covered)
            .verify_slice(&self.mac)
            .is_ok()
    }
}

fn header_mac(key: &FileKey, covered: &[u8]) -> hmac::Hmac<sha2::Sha256> {
    kdf::hmac(&kdf::hkdf(&[], MAC_LABEL, key.expose())).chain_update(covered)
}

fn check_version(bytes: &[u8]) -> Result<(), HeaderError> {
    match bytes.strip_prefix(VERSION) {
        Some([b'\n', ..]) => Ok(()),
        _ if bytes.starts_with(ANY_VERSION) => Err(HeaderError::UnknownVersion),
        _ => Err(HeaderError::NotAge),
    }
}

/// One or more strings of visible ASCII characters, one space between them.
fn parse_arguments(line: &[u8]) -> Result<&str, HeaderError> {
    let text = std::str::from_utf8(line).map_err(|_| HeaderError::Malformed)?;
    let spaced = !text.starts_with(' ') && !text.ends_with(' ') && !text.contains("  ");
    if !text.is_empty() && spaced && line.iter().all(|c| matches!(c, b' '..=b'~')) {
        Ok(text)
    } else {
        Err(HeaderError::Malformed)
    }
}

/// Full lines and one shorter, possibly empty, line of canonical base64.
fn parse_body(lines: &mut Lines<'_>) -> Result<Vec<u8>, HeaderError> {
    let mut body = Vec::new();
    loop {
        let line = lines.next()?;
        if line.len() > COLUMNS {
            return Err(HeaderError::Malformed);
        }
        // A full line is a whole number of base64 groups, so lines decode one by one.
        STANDARD_NO_PAD
            .decode_vec(line, &mut body)
            .map_err(|_| HeaderError::Malformed)?;
        if line.len() < COLUMNS {
            return Ok(body);
        }
    }
}

fn parse_mac(text: &[u8]) -> Result<[u8; 32], HeaderError> {
    let mac = STANDARD_NO_PAD
        .decode(text)
        .map_err(|_| HeaderError::Malformed)?;
    mac.try_into().map_err(|_| HeaderError::Malformed)
}

/// The lines of a header, none beyond the cap.
struct Lines<'a> {
    rest: &'a [u8],
    read: usize,
    cut: bool,
}

impl<'a> Lines<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes.get(..MAX_HEADER_BYTES).unwrap_or(bytes),
            read: 0,
            cut: bytes.len() > MAX_HEADER_BYTES,
        }
    }

    /// The next line, without its line feed.
    fn next(&mut self) -> Result<&'a [u8], HeaderError> {
        let unfinished = if self.cut {
            HeaderError::TooLong
        } else {
            HeaderError::Malformed
        };
        let end = self.rest.iter().position(|byte| *byte == b'\n');
        let (line, rest) = end
            .and_then(|end| self.rest.split_at_checked(end))
            .ok_or(unfinished)?;
        let (_, rest) = rest.split_first().ok_or(unfinished)?;
        self.read += line.len() + 1;
        self.rest = rest;
        Ok(line)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;
    use std::time::Instant;

    use age_core::format::Stanza as Owned;
    use proptest::prelude::*;

    use super::*;
    use crate::sealing::HybridIdentity;
    use crate::sealing::header::write::tests::stanzas;
    use crate::sealing::seal_header;

    const HOSTILE_BYTES: usize = 64 * 1024;

    proptest! {
        #[test]
        fn any_bytes_are_parsed_without_panic(bytes: Vec<u8>) {
            prop_assert!(Header::parse(&bytes).is_err());
            let mut versioned = b"age-encryption.org/v1\n".to_vec();
            versioned.extend_from_slice(&bytes);
            drop(Header::parse(&versioned));
        }

        #[test]
        fn mutated_headers_are_parsed_without_panic(
            stanzas in stanzas(),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
            cut: prop::sample::Index,
        ) {
            let key = FileKey::generate();
            let original = write(&key, &stanzas);
            let mut bytes = original.clone();
            for (at, value) in changes {
                let at = at.index(bytes.len());
                bytes[at] = value;
            }
            if let Ok((header, length)) = Header::parse(&bytes) {
                let same = bytes[..length] == original[..];
                prop_assert_eq!(header.is_sealed_by(&key), same);
            }
            let shorter = &original[..cut.index(original.len())];
            prop_assert_eq!(Header::parse(shorter).unwrap_err() == HeaderError::NotAge, shorter.len() < 19);
        }
    }

    #[test]
    fn no_single_bit_can_change() {
        let key = FileKey::generate();
        let original = seal_header(&key, HybridIdentity::generate().recipient());
        let accepted = |bytes: &[u8]| match Header::parse(bytes) {
            Ok((header, length)) => length == bytes.len() && header.is_sealed_by(&key),
            Err(_) => false,
        };
        assert!(
            accepted(&original),
            "the control: unchanged, it is accepted"
        );
        for bit in 0..original.len() * 8 {
            let mut changed = original.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(!accepted(&changed), "bit {bit}");
        }
    }

    #[test]
    fn the_caps_hold() {
        let stanza = |n: usize| Owned {
            tag: format!("{n}"),
            args: Vec::new(),
            body: Vec::new(),
        };
        let key = FileKey::generate();
        let most: Vec<Owned> = (0..MAX_STANZAS).map(stanza).collect();
        assert!(Header::parse(&write(&key, &most)).is_ok());
        let more: Vec<Owned> = (0..=MAX_STANZAS).map(stanza).collect();
        let refused = Header::parse(&write(&key, &more)).unwrap_err();
        assert_eq!(refused, HeaderError::TooManyStanzas);

        let sized = |body: usize| {
            let mut stanza = stanza(0);
            stanza.body = vec![0; body];
            write(&key, &[stanza])
        };
        let lines = (MAX_HEADER_BYTES - sized(0).len()) / (COLUMNS + 1);
        let longest = sized(lines * 48);
        assert!(longest.len() <= MAX_HEADER_BYTES && Header::parse(&longest).is_ok());
        let longer = sized((lines + 1) * 48);
        assert_eq!(Header::parse(&longer).unwrap_err(), HeaderError::TooLong);
        // A huge payload behind a short header does not count.
        let mut file = sized(0);
        file.resize(2 * MAX_HEADER_BYTES, 0);
        assert!(Header::parse(&file).is_ok());
    }

    /// Measured in a build without optimisation: 2.4 ms for the first, the worst; a quadratic parser
    /// needs half a minute for the last. The bound is ten times wider, for busy machines.
    #[test]
    fn hostile_headers_cost_linear_time() {
        let version = b"age-encryption.org/v1\n".to_vec();
        let filled = |start: &[u8], with: &[u8]| {
            let mut bytes = version.clone();
            bytes.extend_from_slice(start);
            while bytes.len() < HOSTILE_BYTES {
                bytes.extend_from_slice(with);
            }
            bytes
        };
        let full_line = [&[b'A'; COLUMNS][..], b"\n"].concat();
        for bytes in [
            filled(b"-> a\n", &full_line),
            filled(b"-> a", b" a"),
            filled(b"-> ", b"a"),
            filled(b"-> a\n", b"\n"),
            filled(b"", b"-> a\n\n"),
        ] {
            let best = (0..3).map(|_| {
                let start = Instant::now();
                assert!(Header::parse(&bytes).is_err());
                start.elapsed()
            });
            assert!(best.min().unwrap() < Duration::from_millis(30));
        }
    }
}
