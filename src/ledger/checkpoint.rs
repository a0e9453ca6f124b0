//! Checkpoints (C2SP tlog-checkpoint): the ledger's name, its size and its root, as a signed note. No
//! extension lines: outsiders could not audit them.

use std::fmt;

use crate::ledger::merkle::Hash;
use crate::ledger::merkle::TreeSize;
use crate::ledger::note;
use crate::ledger::note::Note;
use crate::ledger::note::NoteError;
use crate::ledger::note::key::LogKey;
use crate::ledger::note::key::VerifierKey;
use crate::ledger::verify;
use crate::ledger::verify::Head;

/// What a new ledger's name begins with; `.invalid` is reserved for names that lead nowhere (RFC 2606).
pub const ORIGIN_PREFIX: &str = "strongroom.invalid/";

/// A name for a new ledger: random, so that it says nothing about the centre.
pub fn random_origin() -> String {
    format!(
        "{ORIGIN_PREFIX}{}",
        crate::ids::base32(&crate::ids::random())
    )
}

/// Why a checkpoint is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckpointError {
    /// The note is not accepted.
    Note(NoteError),
    /// The note's text is not a checkpoint.
    Malformed,
    /// It is another ledger's.
    OtherLedger,
}

impl fmt::Display for CheckpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Note(error) => error.fmt(f),
            Self::Malformed => f.write_str("the signed text is not a checkpoint"),
            Self::OtherLedger => f.write_str("the checkpoint is another ledger's"),
        }
    }
}

impl std::error::Error for CheckpointError {}

impl From<NoteError> for CheckpointError {
    fn from(error: NoteError) -> Self {
        Self::Note(error)
    }
}

/// Two checkpoints of one ledger that cannot both be true. Both notes together prove it to anybody: keep
/// them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Discontinuity {
    /// The ledger is shorter than it was.
    WentBack {
        /// The size remembered.
        remembered: TreeSize,
        /// The size offered now.
        offered: TreeSize,
    },
    /// The ledger is not shown to continue what is remembered.
    Fork {
        /// The size remembered.
        remembered: TreeSize,
        /// The size offered now.
        offered: TreeSize,
    },
}

impl fmt::Display for Discontinuity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WentBack {
                remembered,
                offered,
            } => write!(
                f,
                "the ledger went back: {remembered} entries were seen before, now it has {offered}"
            ),
            Self::Fork {
                remembered,
                offered,
            } => write!(
                f,
                "two histories: the ledger of {offered} entries does not continue the {remembered} seen before"
            ),
        }
    }
}

impl std::error::Error for Discontinuity {}

/// What a checkpoint says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The ledger's name.
    pub origin: String,
    /// How many entries it holds.
    pub size: TreeSize,
    /// The root over them.
    pub root: Hash,
}

impl Checkpoint {
    /// Size and root.
    pub fn head(&self) -> Head {
        Head {
            size: self.size,
            root: self.root,
        }
    }

    /// Signs it. The ledger's key carries the ledger's name, so the origin is the key's.
    ///
    /// # Errors
    /// [`CheckpointError::OtherLedger`] where the origin is not the key's name.
    pub fn sign(self, key: &LogKey) -> Result<SignedCheckpoint, CheckpointError> {
        if self.origin != key.name() {
            return Err(CheckpointError::OtherLedger);
        }
        let note = note::sign(&self.text(), key)?;
        Ok(SignedCheckpoint {
            checkpoint: self,
            note,
        })
    }

    fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root)
    }

    /// Reads the signed text, refusing every spelling but the one that is written.
    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.split('\n');
        let checkpoint = Self {
            origin: lines.next()?.to_owned(),
            size: TreeSize::new(lines.next()?.parse().ok()?),
            root: lines.next()?.parse().ok()?,
        };
        let empty_fits = checkpoint.size.get() > 0 || checkpoint.root == Hash::empty_root();
        (checkpoint.text() == text && empty_fits).then_some(checkpoint)
    }
}

/// A checkpoint whose signature has been checked (or made) here, with the note as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    note: String,
}

impl SignedCheckpoint {
    /// Accepts a note that one of these keys of one ledger signed.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn verify(note: &[u8], keys: &[VerifierKey]) -> Result<Self, CheckpointError> {
        let parsed = Note::parse(note)?;
        let checkpoint =
            Checkpoint::parse(parsed.verify(keys)?).ok_or(CheckpointError::Malformed)?;
        if !keys.iter().all(|key| key.name() == checkpoint.origin) {
            return Err(CheckpointError::OtherLedger);
        }
        Ok(Self {
            checkpoint,
            // The note was parsed as UTF-8 above.
            note: String::from_utf8_lossy(note).into_owned(),
        })
    }

    /// A head that is known otherwise than by its signature: as the beginning of a ledger that took the place of
    /// the one it was signed for. It has no note.
    pub fn vouched(checkpoint: Checkpoint) -> Self {
        Self {
            checkpoint,
            note: String::new(),
        }
    }

    /// What it says.
    pub fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// Size and root.
    pub fn head(&self) -> Head {
        self.checkpoint.head()
    }

    /// Whether this ledger is shown by `proof` to begin with the `remembered` one.
    ///
    /// # Errors
    /// [`Discontinuity`].
    pub fn continues(
        &self,
        remembered: &SignedCheckpoint,
        proof: &[Hash],
    ) -> Result<(), Discontinuity> {
        let (old, new) = (remembered.head(), self.head());
        let (remembered_size, offered) = (old.size, new.size);
        if offered < remembered_size {
            return Err(Discontinuity::WentBack {
                remembered: remembered_size,
                offered,
            });
        }
        let same_ledger = remembered.checkpoint.origin == self.checkpoint.origin;
        if same_ledger && verify::consistency(&old, &new, proof).is_ok() {
            Ok(())
        } else {
            Err(Discontinuity::Fork {
                remembered: remembered_size,
                offered,
            })
        }
    }

    /// How many entries it covers.
    pub fn size(&self) -> TreeSize {
        self.checkpoint.size
    }

    /// The note, verbatim, other signatures included; empty for a head that is only [`SignedCheckpoint::vouched`].
    pub fn note(&self) -> &str {
        &self.note
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::merkle::leaf_hash;

    fn key() -> LogKey {
        LogKey::from_seed("strongroom.invalid/test", &[9; 32]).unwrap()
    }

    fn verdict(text: &str) -> Result<SignedCheckpoint, CheckpointError> {
        let note = note::sign(text, &key()).unwrap();
        SignedCheckpoint::verify(note.as_bytes(), &[key().verifier()])
    }

    #[test]
    fn signs_what_it_verifies() {
        let checkpoint = Checkpoint {
            origin: "strongroom.invalid/test".to_owned(),
            size: TreeSize::new(20_852_163),
            root: leaf_hash(b""),
        };
        let signed = checkpoint.clone().sign(&key()).unwrap();
        let again =
            SignedCheckpoint::verify(signed.note().as_bytes(), &[key().verifier()]).unwrap();
        assert_eq!(again, signed);
        assert_eq!(again.checkpoint(), &checkpoint);
        let other = LogKey::generate("strongroom.invalid/other").unwrap();
        assert_eq!(checkpoint.sign(&other), Err(CheckpointError::OtherLedger));
        assert_eq!(
            SignedCheckpoint::verify(signed.note().as_bytes(), &[other.verifier()]),
            Err(CheckpointError::Note(NoteError::UnknownKey))
        );
    }

    #[test]
    fn one_spelling_and_no_extensions() {
        let root = leaf_hash(b"").to_string();
        let name = "strongroom.invalid/test";
        assert!(verdict(&format!("{name}\n1\n{root}\n")).is_ok());
        for bad in [
            format!("{name}\n01\n{root}\n"),
            format!("{name}\n+1\n{root}\n"),
            format!("{name}\n-1\n{root}\n"),
            format!("{name}\n18446744073709551616\n{root}\n"),
            format!("{name}\n1\n{}\n", root.trim_end_matches('=')),
            format!("{name}\n1\n{root}\nextension\n"),
            format!("{name}\n0\n{root}\n"),
            format!("{name}\n1\n"),
            "\n".to_owned(),
        ] {
            assert_eq!(verdict(&bad), Err(CheckpointError::Malformed), "{bad:?}");
        }
        assert_eq!(
            verdict(&format!("another.example\n1\n{root}\n")),
            Err(CheckpointError::OtherLedger)
        );
        assert!(verdict(&format!("{name}\n0\n{}\n", Hash::empty_root())).is_ok());
    }

    #[test]
    fn new_names_are_random() {
        let name = random_origin();
        assert_eq!(name.len(), ORIGIN_PREFIX.len() + 26);
        assert_ne!(name, random_origin());
    }
}
