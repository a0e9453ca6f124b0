//! Streaming age files to recipients of anyone's choosing: how content leaves the vault.
//!
//! Such a file may have several readers, post-quantum or classical ones, but not both: the weaker would
//! decide for all (the label rule of C2SP age).

use std::fmt;
use std::io;
use std::io::Write;
use std::str::FromStr;

use age::Recipient as _;
use age_core::format::Stanza;

use crate::sealing::header;
use crate::sealing::header::MAX_STANZAS;
use crate::sealing::hybrid::HybridRecipient;
use crate::sealing::secret::FileKey;
use crate::sealing::writer::PayloadWriter;

/// A recipient of an export: the text `age1pq1...` (post-quantum) or `age1...` (X25519).
#[derive(Clone, PartialEq, Eq)]
pub struct ExportRecipient(Kind);

#[derive(Clone, PartialEq, Eq)]
enum Kind {
    Hybrid(HybridRecipient),
    X25519(age::x25519::Recipient),
}

/// Text that is no recipient an export can go to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotARecipient;

impl fmt::Display for NotARecipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an age recipient (`age1...` or `age1pq1...`)")
    }
}

impl std::error::Error for NotARecipient {}

impl ExportRecipient {
    /// Whether files to this recipient withstand quantum computers.
    pub fn is_post_quantum(&self) -> bool {
        matches!(self.0, Kind::Hybrid(_))
    }

    fn stanzas(&self, key: &FileKey) -> Vec<Stanza> {
        match &self.0 {
            Kind::Hybrid(recipient) => vec![recipient.stanza(key)],
            Kind::X25519(recipient) => x25519_stanzas(recipient, key),
        }
    }
}

#[expect(
    clippy::expect_used,
    reason = "the trait is fallible for plugins; the crate's X25519 recipient returns Ok always"
)]
fn x25519_stanzas(recipient: &age::x25519::Recipient, key: &FileKey) -> Vec<Stanza> {
    let (stanzas, _labels) = recipient
        .wrap_file_key(&key.to_age())
        .expect("infallible for X25519");
    stanzas
}

impl From<HybridRecipient> for ExportRecipient {
    fn from(recipient: HybridRecipient) -> Self {
        Self(Kind::Hybrid(recipient))
    }
}

impl FromStr for ExportRecipient {
    type Err = NotARecipient;

    fn from_str(text: &str) -> Result<Self, NotARecipient> {
        // One spelling only: Bech32 alone would also accept an upper-case one.
        if text.bytes().any(|c| c.is_ascii_uppercase()) {
            return Err(NotARecipient);
        }
        let hybrid = text.parse().map(Kind::Hybrid);
        hybrid
            .or_else(|_| text.parse().map(Kind::X25519))
            .map(Self)
            .map_err(|_| NotARecipient)
    }
}

impl fmt::Display for ExportRecipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Hybrid(recipient) => recipient.fmt(f),
            Kind::X25519(recipient) => recipient.fmt(f),
        }
    }
}

impl fmt::Debug for ExportRecipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Hybrid(recipient) => write!(f, "ExportRecipient({recipient:?})"),
            Kind::X25519(recipient) => write!(f, "ExportRecipient({recipient})"),
        }
    }
}

/// Why an export cannot start.
#[derive(Debug)]
pub enum ExportError {
    /// Nobody was named.
    NoRecipients,
    /// More were named than a header may have stanzas.
    TooManyRecipients,
    /// Post-quantum and classical recipients were named together.
    Mixed,
    /// The output could not be written.
    Io(io::Error),
}

impl fmt::Display for ExportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoRecipients => "no recipient was named",
            Self::TooManyRecipients => "more than 64 recipients were named",
            Self::Mixed => {
                "post-quantum recipients (`age1pq1...`) and classical ones (`age1...`) cannot share a \
                 file: the weaker would decide for all; make one file for each sort"
            }
            Self::Io(_) => "the export could not be written",
        })
    }
}

impl std::error::Error for ExportError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(source) => Some(source),
            _ => None,
        }
    }
}

/// Starts a standard age file to exactly these recipients, under a new file key that is kept nowhere.
///
/// # Errors
/// [`ExportError`] when the recipients do not go together or `out` fails.
pub fn encrypt_to<W: Write>(
    recipients: &[ExportRecipient],
    mut out: W,
) -> Result<ExportWriter<W>, ExportError> {
    let first = recipients.first().ok_or(ExportError::NoRecipients)?;
    if recipients.len() > MAX_STANZAS {
        return Err(ExportError::TooManyRecipients);
    }
    let same_sort = |r: &ExportRecipient| r.is_post_quantum() == first.is_post_quantum();
    if !recipients.iter().all(same_sort) {
        return Err(ExportError::Mixed);
    }
    let key = FileKey::generate();
    let stanzas: Vec<Stanza> = recipients.iter().flat_map(|r| r.stanzas(&key)).collect();
    out.write_all(&header::write(&key, &stanzas))
        .map_err(ExportError::Io)?;
    PayloadWriter::new(&key, out)
        .map(ExportWriter)
        .map_err(ExportError::Io)
}

/// The content of an export, being written. Without [`ExportWriter::finish`] nothing opens the file.
#[derive(Debug)]
pub struct ExportWriter<W>(PayloadWriter<W>);

impl<W: Write> ExportWriter<W> {
    /// Writes the end of the file and gives the inner writer back, not flushed.
    ///
    /// # Errors
    /// Those of the inner writer, now or earlier.
    pub fn finish(self) -> io::Result<W> {
        self.0.finish()
    }
}

impl<W: Write> Write for ExportWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sealing::HybridIdentity;

    fn hybrid() -> ExportRecipient {
        HybridIdentity::generate().recipient().clone().into()
    }

    fn classical() -> ExportRecipient {
        let text = age::x25519::Identity::generate().to_public().to_string();
        text.parse().unwrap()
    }

    #[test]
    fn recipients_have_one_spelling() {
        for recipient in [hybrid(), classical()] {
            let text = recipient.to_string();
            assert_eq!(text.parse(), Ok(recipient));
            assert_eq!(
                text.to_uppercase().parse::<ExportRecipient>(),
                Err(NotARecipient)
            );
        }
        for wrong in ["", "age1", "age1pq1", "ssh-ed25519 AAAA", "age1tag1abc"] {
            assert_eq!(wrong.parse::<ExportRecipient>(), Err(NotARecipient));
        }
    }

    #[test]
    fn post_quantum_and_classical_recipients_do_not_share_a_file() {
        let refused = |recipients: &[ExportRecipient]| {
            let mut out = Vec::new();
            let refused = encrypt_to(recipients, &mut out).unwrap_err();
            assert!(out.is_empty(), "nothing is written before the refusal");
            refused
        };
        assert!(matches!(
            refused(&[hybrid(), classical()]),
            ExportError::Mixed
        ));
        assert!(matches!(
            refused(&[classical(), hybrid()]),
            ExportError::Mixed
        ));
        assert!(matches!(refused(&[]), ExportError::NoRecipients));
        let many = vec![classical(); MAX_STANZAS + 1];
        assert!(matches!(refused(&many), ExportError::TooManyRecipients));
        assert!(encrypt_to(&[hybrid(), hybrid()], Vec::new()).is_ok());
        assert!(encrypt_to(&[classical(), classical()], Vec::new()).is_ok());
    }
}
