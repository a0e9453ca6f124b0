//! What two trustees get out of a share: lines of text that are an age identity file.

use std::fmt;

use zeroize::Zeroizing;

use crate::sealing::hybrid::HybridIdentity;
use crate::sealing::passphrase::PassphraseError;
use crate::sealing::passphrase::WorkFactor;
use crate::sealing::passphrase::open_with_passphrase;
use crate::sealing::secret::Plain;
use crate::sealing::secret::SecretText;
use crate::sealing::signing::SigningKey;

pub(crate) const FIRST_LINE: &str = "# strongroom recovery, version 1";
const ROOT: &str = "# root key: ";
/// More than the text needs, so that it never grows and leaves a copy behind.
const CAPACITY: usize = 512;

/// The recovery identity and the root key, brought back from a share. Both are wiped when dropped.
pub struct Recovered {
    /// Opens every compartment.
    pub recovery: HybridIdentity,
    /// Signs for the vault itself.
    pub root: SigningKey,
}

impl fmt::Debug for Recovered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recovered(..)")
    }
}

/// Text that is not what a share of this version holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecoveredError;

impl fmt::Display for RecoveredError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "this is not an opened share of this version; has the second trustee opened their layer?",
        )
    }
}

impl std::error::Error for RecoveredError {}

impl Recovered {
    /// Reads what a share held, once both layers are off.
    ///
    /// # Errors
    /// [`RecoveredError`] for anything else, also a share with a layer left.
    pub fn parse(plain: &Plain) -> Result<Self, RecoveredError> {
        let text = std::str::from_utf8(plain.expose()).map_err(|_| RecoveredError)?;
        Self::parse_lines(text).ok_or(RecoveredError)
    }

    fn parse_lines(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next()? != FIRST_LINE {
            return None;
        }
        let root = SigningKey::parse(lines.next()?.strip_prefix(ROOT)?).ok()?;
        let recovery = HybridIdentity::parse(lines.next()?).ok()?;
        lines.next().is_none().then_some(Self { recovery, root })
    }
}

/// Why a pair's file was not opened with two sheets' words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenShareError {
    /// The outer layer, of the trustee whose name comes first in the file's.
    First(PassphraseError),
    /// The inner layer, of the other.
    Second(PassphraseError),
    /// Both came off, and there is no recovery key inside.
    NotAShare,
}

impl fmt::Display for OpenShareError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::First(PassphraseError::Wrong) => f.write_str(
                "the first layer does not open: these are not the words of the trustee whose name comes first in \
                 the file's",
            ),
            Self::Second(PassphraseError::Wrong) => f.write_str(
                "the first layer is off, and the second does not open: these are not the words of the other trustee",
            ),
            Self::First(_) => f.write_str(
                "the first layer is not sealed under words; take both layers off with age and give what comes out",
            ),
            Self::Second(_) => f.write_str(
                "the second layer is not sealed under words; take both layers off with age and give what comes out",
            ),
            Self::NotAShare => RecoveredError.fmt(f),
        }
    }
}

impl std::error::Error for OpenShareError {}

impl Recovered {
    /// Opens a pair's file with the words on two sheets, the first name's first.
    ///
    /// # Errors
    /// [`OpenShareError`] naming the layer that did not open.
    pub fn open(
        share: &[u8],
        first: &SecretText,
        second: &SecretText,
    ) -> Result<Self, OpenShareError> {
        let inner =
            open_with_passphrase(share, first, WorkFactor::MAX).map_err(OpenShareError::First)?;
        let text = open_with_passphrase(inner.expose(), second, WorkFactor::MAX)
            .map_err(OpenShareError::Second)?;
        Self::parse(&text).map_err(|_| OpenShareError::NotAShare)
    }
}

/// The text of a share. age reads it as an identity file: the root key stands in a comment.
pub(crate) fn to_plain(recovery: &HybridIdentity, root: &SigningKey) -> Plain {
    let (recovery, root): (_, Zeroizing<String>) = (recovery.to_text(), root.to_text());
    let mut text = Vec::with_capacity(CAPACITY);
    for part in [FIRST_LINE, "\n", ROOT, &root, "\n", recovery.expose(), "\n"] {
        text.extend_from_slice(part.as_bytes());
    }
    Plain::new(text)
}
