//! What stands in a rehearsal file in the place of the secret: a dummy, signed by the root key, that opens
//! nothing. It is sealed as the secret is, under the same sheets' words and to the same keys, so that whoever
//! opens it could have opened the share.
//!
//! It is longer than any share's secret, so that the two sorts of file are told apart by their length: no real
//! share has to be opened to see that it is one.

use std::fmt;

use crate::bytes::base64url;
use crate::bytes::hex;
use crate::bytes::unbase64url;
use crate::ids::random;
use crate::sealing::aead::TAG_BYTES;
use crate::sealing::digest::Digest;
use crate::sealing::header::Header;
use crate::sealing::hybrid::HybridRecipient;
use crate::sealing::passphrase::PassphraseError;
use crate::sealing::passphrase::WorkFactor;
use crate::sealing::passphrase::open_with_passphrase;
use crate::sealing::payload::NONCE_BYTES;
use crate::sealing::secret::Plain;
use crate::sealing::secret::SecretText;
use crate::sealing::shares::recovered;
use crate::sealing::signing::SigningKey;
use crate::sealing::signing::VerifyingKey;

/// The length of a dummy. A real secret has a tenth of it, and with any layer around it less than this.
pub(crate) const REHEARSAL_BYTES: usize = 4096;
/// What the name of a rehearsal file ends in.
pub const REHEARSAL_ENDING: &str = ".rehearsal.age";

const FIRST_LINE: &str = "# strongroom rehearsal, version 1";
const FILLING: &str = "# ";
const SET: &str = "set: ";
const PAIR: &str = "pair: ";
const DUMMY: &str = "dummy: ";
const SIGNED: &str = "signed: ";
const LAST_LINES: &str = "\
# It opened: the trustees' words and keys are good. This is no key, and opens nothing.
# strongroom recovery rehearse --opened FILE writes down that it was done.
";
/// What the root key's signature is over, before the lines.
const CONTEXT: &[u8] = b"strongroom-rehearsal-v1\n";

/// An opened dummy; not yet checked against any key.
#[derive(Clone, PartialEq, Eq)]
pub struct Dummy {
    set: Digest,
    pair: String,
    random: String,
    signature: Vec<u8>,
    text: String,
}

impl fmt::Debug for Dummy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dummy(..)")
    }
}

/// Why something is not what a rehearsal file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DummyError {
    /// It is the real secret, or begins like it.
    Real,
    /// It is neither.
    Other,
}

impl fmt::Display for DummyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Real => f.write_str(
                "this is the real secret of the trustees, opened: a rehearsal uses a file whose name ends in \
                 .rehearsal.age. Destroy this one and every copy of it, and give the trustees a new key with \
                 `recovery rotate`",
            ),
            Self::Other => f.write_str(
                "this is not what a rehearsal file holds; has the second trustee opened their layer?",
            ),
        }
    }
}

impl std::error::Error for DummyError {}

/// Why a file is not one to rehearse with, as far as can be seen without opening it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotForRehearsal {
    /// It is as short as a real share.
    Short,
    /// It is no age file.
    NotAge,
}

/// Why a layer of a rehearsal file was not taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpenLayerError {
    /// It is none, and was not opened.
    Not(NotForRehearsal),
    /// The words do not open it, or it is not sealed under words.
    Locked(PassphraseError),
}

/// Takes one layer off a rehearsal file with the words on a sheet. Nothing else is opened.
///
/// # Errors
/// [`OpenLayerError`]
pub fn open_layer(file: &[u8], words: &SecretText) -> Result<Plain, OpenLayerError> {
    for_rehearsal(file).map_err(OpenLayerError::Not)?;
    open_with_passphrase(file, words, WorkFactor::MAX).map_err(OpenLayerError::Locked)
}

/// Looks at a pair's file, or at the layer inside, without opening it.
///
/// # Errors
/// [`NotForRehearsal`]
pub fn for_rehearsal(file: &[u8]) -> Result<(), NotForRehearsal> {
    let (_, at) = Header::parse(file).map_err(|_| NotForRehearsal::NotAge)?;
    let shortest = at
        .saturating_add(NONCE_BYTES)
        .saturating_add(REHEARSAL_BYTES)
        .saturating_add(TAG_BYTES);
    if file.len() < shortest {
        return Err(NotForRehearsal::Short);
    }
    Ok(())
}

/// Whether an opened file begins as the real secret does; a few bytes are enough to say.
pub fn begins_real(start: &[u8]) -> bool {
    start.starts_with(recovered::FIRST_LINE.as_bytes())
}

impl Dummy {
    /// A new dummy for a pair.
    pub(crate) fn make(pair: &str, recovery: &HybridRecipient, root: &SigningKey) -> Plain {
        let said = said(&set_of(recovery), pair, &hex(&random::<32>()));
        let signature = base64url(&root.sign(&message(&said)));
        let end = format!("{said}{SIGNED}{signature}\n{LAST_LINES}");
        let around = FIRST_LINE.len() + FILLING.len() + end.len() + 2;
        let filling = ".".repeat(REHEARSAL_BYTES.saturating_sub(around));
        // The filling first, so that who prints the file sees what matters last.
        let text = format!("{FIRST_LINE}\n{FILLING}{filling}\n{end}");
        Plain::new(text.into_bytes())
    }

    /// Reads what a rehearsal file held, once both layers are off.
    ///
    /// # Errors
    /// [`DummyError`]
    pub fn parse(plain: &[u8]) -> Result<Self, DummyError> {
        if begins_real(plain) {
            return Err(DummyError::Real);
        }
        let text = std::str::from_utf8(plain).map_err(|_| DummyError::Other)?;
        Self::parse_lines(text).ok_or(DummyError::Other)
    }

    fn parse_lines(text: &str) -> Option<Self> {
        if text.len() > 2 * REHEARSAL_BYTES {
            return None;
        }
        let mut lines = text.lines();
        if lines.next()? != FIRST_LINE {
            return None;
        }
        let mut lines = lines.filter(|line| !line.starts_with('#'));
        let mut field = |name| lines.next().and_then(|line| line.strip_prefix(name));
        let dummy = Self {
            set: Digest::from_hex(field(SET)?)?,
            pair: field(PAIR)?.to_owned(),
            random: field(DUMMY)?.to_owned(),
            signature: unbase64url(field(SIGNED)?)?,
            text: text.to_owned(),
        };
        lines.next().is_none().then_some(dummy)
    }

    /// The text, as it was read.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The pair, as its file is called: `Ada-Ben`. Only [`Dummy::is_signed`] makes it so.
    pub fn pair(&self) -> &str {
        &self.pair
    }

    /// Whether this root key signed it.
    pub fn is_signed(&self, root: &VerifyingKey) -> bool {
        let said = said(&self.set, &self.pair, &self.random);
        let signature = self.signature.as_slice().try_into();
        signature.is_ok_and(|signature| root.signed(&message(&said), signature))
    }

    /// Whether it was made with shares of this recovery key.
    pub fn is_of_set(&self, recovery: &HybridRecipient) -> bool {
        self.set == set_of(recovery)
    }
}

fn said(set: &Digest, pair: &str, random: &str) -> String {
    format!("{SET}{}\n{PAIR}{pair}\n{DUMMY}{random}\n", set.hex())
}

fn message(said: &str) -> Vec<u8> {
    [CONTEXT, said.as_bytes()].concat()
}

/// What tells one recovery key's shares from another's.
fn set_of(recovery: &HybridRecipient) -> Digest {
    Digest::of(recovery.to_string().as_bytes())
}
