//! The header of an age file (C2SP age): a strict parser in linear time, capped in size, and a writer.
//!
//! The age crate's own parser takes quadratic time and accepts two malformed shapes, so it is never
//! given a header that has not been through this one.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hmac::Mac;

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

/// A stanza about to be written.
pub(crate) struct NewStanza<'a> {
    pub(crate) tag: &'a str,
    pub(crate) args: &'a [String],
    pub(crate) body: &'a [u8],
}

/// Writes a header of exactly these stanzas, with its MAC.
pub(crate) fn write(key: &FileKey, stanzas: &[NewStanza<'_>]) -> Vec<u8> {
    let mut text = String::from("age-encryption.org/v1\n");
    for stanza in stanzas {
        text.push_str("-> ");
        text.push_str(stanza.tag);
        for arg in stanza.args {
            text.push(' ');
            text.push_str(arg);
        }
        text.push('\n');
        let body = STANDARD_NO_PAD.encode(stanza.body);
        for (at, c) in body.chars().enumerate() {
            if at > 0 && at.is_multiple_of(COLUMNS) {
                text.push('\n');
            }
            text.push(c);
        }
        // The last line is shorter than the others: after a full one an empty one follows.
        text.push_str(if !body.is_empty() && body.len().is_multiple_of(COLUMNS) {
            "\n\n"
        } else {
            "\n"
        });
    }
    text.push_str("---");
    let mac = header_mac(key, text.as_bytes()).finalize().into_bytes();
    text.push(' ');
    text.push_str(&STANDARD_NO_PAD.encode(mac));
    text.push('\n');
    text.into_bytes()
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
    let visible = |arg: &str| !arg.is_empty() && arg.bytes().all(|c| c.is_ascii_graphic());
    if text.split(' ').all(visible) {
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
