//! The trustees' shares: any two of them bring back the recovery identity and the vault's root key, with
//! stock age and without this program.
//!
//! For each pair there is one file: the secret, sealed to the later trustee, sealed again to the
//! earlier one. A layer is sealed under a generated passphrase, which stands on that trustee's sheet
//! and nowhere else, or to the trustee's own recipient. No trustee opens a file alone, and a file says
//! nothing without two sheets.
//!
//! Beside each file lies one to rehearse with: a dummy that opens nothing, under the same two locks.

mod names;
mod recovered;
mod rehearsal;
mod sheet;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io;
use std::io::Write;

pub use crate::sealing::shares::recovered::OpenShareError;
pub use crate::sealing::shares::recovered::Recovered;
pub use crate::sealing::shares::recovered::RecoveredError;
pub use crate::sealing::shares::rehearsal::Dummy;
pub use crate::sealing::shares::rehearsal::DummyError;
pub use crate::sealing::shares::rehearsal::NotForRehearsal;
pub use crate::sealing::shares::rehearsal::OpenLayerError;
pub use crate::sealing::shares::rehearsal::REHEARSAL_ENDING;
pub use crate::sealing::shares::rehearsal::begins_real;
pub use crate::sealing::shares::rehearsal::for_rehearsal;
pub use crate::sealing::shares::rehearsal::open_layer;
pub use crate::sealing::shares::sheet::words_on;

use crate::sealing::aead::TAG_BYTES;
use crate::sealing::export::ExportRecipient;
use crate::sealing::export::encrypt_to;
use crate::sealing::header::Header;
use crate::sealing::hybrid;
use crate::sealing::hybrid::HybridIdentity;
use crate::sealing::passphrase::WorkFactor;
use crate::sealing::passphrase::generate_words;
use crate::sealing::passphrase::open_with_passphrase;
use crate::sealing::passphrase::seal_with_passphrase;
use crate::sealing::payload::NONCE_BYTES;
use crate::sealing::secret::Plain;
use crate::sealing::secret::SecretText;
use crate::sealing::signing::SigningKey;

/// The fewest trustees: a pair.
const MIN_TRUSTEES: usize = 2;
/// The most trustees: ten pairs.
const MAX_TRUSTEES: usize = 5;
/// Words on a sheet: 129 bits. Nobody has to remember them.
const SHEET_WORDS: usize = 10;

/// Someone who holds a share.
#[derive(Debug)]
pub struct Trustee {
    /// Their name, as the sheets print it: one line, no other trustee's.
    pub name: String,
    /// A key of their own that their layers are sealed to, instead of a passphrase on their sheet.
    pub recipient: Option<ExportRecipient>,
}

/// What the trustees are given.
pub struct Shares {
    /// Two age files per pair: their names, `ada-ben.age` with the secret and `ada-ben.rehearsal.age` with a
    /// dummy, and their bytes. Each trustee keeps the files of their pairs.
    pub files: Vec<(String, Vec<u8>)>,
    /// One sheet of text per trustee, to be printed and given to nobody else: its name, `ada.txt`,
    /// and its text.
    pub sheets: Vec<(String, SecretText)>,
}

impl fmt::Debug for Shares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Shares(..)")
    }
}

/// Why no shares were made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SharesError {
    /// This many trustees, which is not two to five.
    Count(usize),
    /// A name is empty, or no single line of text.
    Name,
    /// Two trustees have this name.
    SameName(String),
    /// The second of two trustees with one recipient; the key's owner would need nobody else.
    SameRecipient(String),
    /// The file of this name did not open as it should when it was checked.
    Check(String),
}

impl fmt::Display for SharesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "name two to five trustees, not {count}"),
            Self::Name => {
                f.write_str("a trustee's name must be one line of text, at most 100 bytes")
            }
            Self::SameName(name) => write!(
                f,
                "two trustees are called {name:?}; tell them apart, for example by an initial"
            ),
            Self::SameRecipient(name) => write!(
                f,
                "{name:?} has the same key as another trustee, so one person could act alone; each \
                 needs their own"
            ),
            Self::Check(file) => {
                write!(
                    f,
                    "the share {file:?} did not open when checked; make the shares again"
                )
            }
        }
    }
}

impl std::error::Error for SharesError {}

impl Shares {
    /// Makes the shares of two to five trustees and opens every file that holds the secret once to check it.
    /// Takes about two seconds for each pair. A file to rehearse with is not tried: that is what a rehearsal is.
    ///
    /// A layer sealed to a trustee's own recipient cannot be opened here: of such a layer only the shape
    /// is checked, and the sheet asks its holder to try it.
    ///
    /// # Errors
    /// [`SharesError`]
    pub fn make(
        recovery: &HybridIdentity,
        root: &SigningKey,
        trustees: &[Trustee],
    ) -> Result<Self, SharesError> {
        Self::make_with(recovery, root, trustees, WorkFactor::STANDARD)
    }

    fn make_with(
        recovery: &HybridIdentity,
        root: &SigningKey,
        trustees: &[Trustee],
        work: WorkFactor,
    ) -> Result<Self, SharesError> {
        check_trustees(trustees)?;
        let holders = holders(trustees, work);
        let secret = recovered::to_plain(recovery, root);
        let mut files = Vec::new();
        for (at, first) in holders.iter().enumerate() {
            for second in holders.iter().skip(at + 1) {
                let name = first.pair_file(second);
                let file = seal_pair(first, second, &secret)
                    .filter(|pair| pair.opens(first, second, &secret))
                    .ok_or_else(|| SharesError::Check(name.clone()))?;
                files.push((name, file.outer));
                let name = first.rehearsal_file(second);
                let dummy = Dummy::make(&first.pair(second), recovery.recipient(), root);
                let file = seal_pair(first, second, &dummy)
                    .ok_or_else(|| SharesError::Check(name.clone()))?;
                files.push((name, file.outer));
            }
        }
        let sheets = holders
            .iter()
            .enumerate()
            .map(|(at, own)| {
                (
                    own.sheet_file(),
                    sheet::text(&holders, at, recovery.recipient()),
                )
            })
            .collect();
        Ok(Self { files, sheets })
    }
}

fn check_trustees(trustees: &[Trustee]) -> Result<(), SharesError> {
    if !(MIN_TRUSTEES..=MAX_TRUSTEES).contains(&trustees.len()) {
        return Err(SharesError::Count(trustees.len()));
    }
    for (at, trustee) in trustees.iter().enumerate() {
        let name = names::plain(&trustee.name).ok_or(SharesError::Name)?;
        let mut before = trustees.iter().take(at);
        if before.clone().any(|other| names::same(&other.name, name)) {
            return Err(SharesError::SameName(name.to_owned()));
        }
        let recipient = trustee.recipient.as_ref();
        if recipient.is_some() && before.any(|other| other.recipient.as_ref() == recipient) {
            return Err(SharesError::SameRecipient(name.to_owned()));
        }
    }
    Ok(())
}

/// A trustee, with what opens their layers.
struct Holder<'a> {
    name: &'a str,
    file: String,
    lock: Lock<'a>,
}

/// What a layer is sealed under.
enum Lock<'a> {
    Sheet(SecretText, WorkFactor),
    Own(&'a ExportRecipient),
}

fn holders(trustees: &[Trustee], work: WorkFactor) -> Vec<Holder<'_>> {
    let names = names::for_files(trustees.iter().map(|trustee| trustee.name.as_str()));
    trustees
        .iter()
        .zip(names)
        .map(|(trustee, file)| Holder {
            name: trustee.name.trim(),
            file,
            lock: match &trustee.recipient {
                Some(recipient) => Lock::Own(recipient),
                None => Lock::Sheet(generate_words(SHEET_WORDS), work),
            },
        })
        .collect()
}

impl Holder<'_> {
    fn sheet_file(&self) -> String {
        format!("{}.txt", self.file)
    }

    /// What this holder, who goes first, and another are called together.
    fn pair(&self, second: &Self) -> String {
        format!("{}-{}", self.file, second.file)
    }

    /// Their file.
    fn pair_file(&self, second: &Self) -> String {
        format!("{}.age", self.pair(second))
    }

    /// The one they rehearse with.
    fn rehearsal_file(&self, second: &Self) -> String {
        format!("{}{REHEARSAL_ENDING}", self.pair(second))
    }
}

impl Lock<'_> {
    fn seal(&self, plain: &Plain) -> io::Result<Vec<u8>> {
        match self {
            Self::Sheet(words, work) => Ok(seal_with_passphrase(plain, words, *work)),
            Self::Own(recipient) => {
                let mut writer =
                    encrypt_to(&[(*recipient).clone()], Vec::new()).map_err(io::Error::other)?;
                writer.write_all(plain.expose())?;
                writer.finish()
            }
        }
    }

    /// Whether `file` holds `plain`; of a trustee's own layer, whether it is shaped so.
    fn holds(&self, file: &[u8], plain: &Plain) -> bool {
        match self {
            Self::Sheet(words, work) => {
                let opened = open_with_passphrase(file, words, *work);
                opened.is_ok_and(|opened| opened.expose() == plain.expose())
            }
            Self::Own(recipient) => is_shaped(file, recipient, plain.len()),
        }
    }
}

/// Whether `file` is an age file of `length` bytes of content to one recipient of this sort.
fn is_shaped(file: &[u8], recipient: &ExportRecipient, length: usize) -> bool {
    let tag = if recipient.is_post_quantum() {
        hybrid::TAG
    } else {
        "X25519"
    };
    let Ok((header, at)) = Header::parse(file) else {
        return false;
    };
    let one = matches!(header.stanzas(), [stanza] if stanza.tag() == tag);
    // A share is far shorter than a chunk.
    one && file.len() - at == NONCE_BYTES + length + TAG_BYTES
}

/// A file of two layers, and the layer inside.
struct Pair {
    outer: Vec<u8>,
    inner: Plain,
}

fn seal_pair(first: &Holder<'_>, second: &Holder<'_>, secret: &Plain) -> Option<Pair> {
    let inner = Plain::new(second.lock.seal(secret).ok()?);
    let outer = first.lock.seal(&inner).ok()?;
    Some(Pair { outer, inner })
}

impl Pair {
    fn opens(&self, first: &Holder<'_>, second: &Holder<'_>, secret: &Plain) -> bool {
        first.lock.holds(&self.outer, &self.inner) && second.lock.holds(self.inner.expose(), secret)
    }
}
