//! Signed notes with Ed25519 (C2SP signed-note): the envelope of a checkpoint. A note is ignored unless
//! a key the reader already holds signed it; signatures by unknown keys are skipped, a bad one by a known
//! key rejects the whole note.

pub mod key;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::ledger::note::key::LogKey;
use crate::ledger::note::key::VerifierKey;

/// Bytes a note may have: room for the 16 signatures that every reader must accept, also post-quantum
/// ones.
pub const MAX_NOTE_BYTES: usize = 128 * 1024;
/// Signature lines a note may have.
pub const MAX_SIGNATURES: usize = 64;

/// Why a note is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteError {
    /// Not the form of a signed note.
    Malformed,
    /// No signature is by a key the reader holds.
    UnknownKey,
    /// A key the reader holds is named, and its signature is wrong.
    BadSignature,
}

impl fmt::Display for NoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "not a signed note",
            Self::UnknownKey => "signed by no key that is known here",
            Self::BadSignature => "the signature is wrong",
        })
    }
}

impl std::error::Error for NoteError {}

/// A signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// The key's name.
    pub name: String,
    /// The key's id.
    pub id: u32,
    /// What follows the id: for Ed25519, 64 bytes.
    pub signature: Vec<u8>,
}

impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&self.id.to_be_bytes()[..], &self.signature].concat();
        write!(f, "\u{2014} {} {}", self.name, STANDARD.encode(bytes))
    }
}

/// A note that has the right form. Its text means nothing before [`Note::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

impl Note {
    /// Reads the form.
    ///
    /// # Errors
    /// [`NoteError::Malformed`].
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > MAX_NOTE_BYTES {
            return Err(NoteError::Malformed);
        }
        let whole = std::str::from_utf8(bytes).map_err(|_| NoteError::Malformed)?;
        if whole.chars().any(|c| c < ' ' && c != '\n') {
            return Err(NoteError::Malformed);
        }
        // The text may hold blank lines, so the last one separates; its first newline ends the text.
        let split = whole.rfind("\n\n").ok_or(NoteError::Malformed)?;
        let (text, rest) = whole.split_at(split + 1);
        let lines = rest
            .strip_prefix('\n')
            .and_then(|lines| lines.strip_suffix('\n'))
            .ok_or(NoteError::Malformed)?;
        let signatures = lines
            .split('\n')
            .map(read_signature)
            .collect::<Option<Vec<_>>>()
            .filter(|signatures| signatures.len() <= MAX_SIGNATURES)
            .ok_or(NoteError::Malformed)?;
        Ok(Self {
            text: text.to_owned(),
            signatures,
        })
    }

    /// The text, if a known key signed it.
    ///
    /// # Errors
    /// [`NoteError::UnknownKey`] or [`NoteError::BadSignature`].
    pub fn verify(&self, known: &[VerifierKey]) -> Result<&str, NoteError> {
        let mut verified = false;
        for signature in &self.signatures {
            let is_signer = |key: &&VerifierKey| key.is(&signature.name, signature.id);
            if let Some(key) = known.iter().find(is_signer) {
                if !key.verifies(self.text.as_bytes(), &signature.signature) {
                    return Err(NoteError::BadSignature);
                }
                verified = true;
            }
        }
        if verified {
            Ok(&self.text)
        } else {
            Err(NoteError::UnknownKey)
        }
    }

    /// The signature lines, known and unknown.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }
}

/// Signs a text, giving the whole note.
///
/// # Errors
/// [`NoteError::Malformed`] where the text does not end its last line, or holds control characters.
pub fn sign(text: &str, key: &LogKey) -> Result<String, NoteError> {
    if !text.ends_with('\n') || text.chars().any(|c| c < ' ' && c != '\n') {
        return Err(NoteError::Malformed);
    }
    Ok(format!("{text}\n{}\n", key.sign(text.as_bytes())))
}

fn read_signature(line: &str) -> Option<NoteSignature> {
    let (name, bytes) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
    let bytes = STANDARD.decode(bytes).ok()?;
    let (id, signature) = bytes.split_first_chunk::<4>()?;
    if !key::is_name(name) || signature.is_empty() {
        return None;
    }
    Some(NoteSignature {
        name: name.to_owned(),
        id: u32::from_be_bytes(*id),
        signature: signature.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the Go implementation, the format's origin.
    const VKEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const SKEY: &str =
        "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
                        then you don't know what your problem is.\n";
    const LINE: &str = "\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFY\
                        C2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
    /// The example of the C2SP specification, version 1.1.
    const SPEC_VKEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
    const SPEC_NOTE: &str = "This is an example message.\n\n\u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYR\
                             lL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
    /// That of version 1.0, which names no key: only its form can be checked.
    const POEM: &str = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\n\
                        ed \u{e8} subito sera.\n\n\u{2014} quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJh\
                        UPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";

    fn peter() -> VerifierKey {
        VKEY.parse().unwrap()
    }

    #[test]
    fn the_known_examples() {
        let key = LogKey::from_text(SKEY).unwrap();
        assert_eq!(key.verifier().to_string(), VKEY);
        assert_eq!(*key.to_text(), SKEY);
        let note = sign(TEXT, &key).unwrap();
        assert_eq!(note, format!("{TEXT}\n{LINE}"));
        assert_eq!(
            Note::parse(note.as_bytes()).unwrap().verify(&[peter()]),
            Ok(TEXT)
        );

        let key: VerifierKey = SPEC_VKEY.parse().unwrap();
        assert_eq!(key.to_string(), SPEC_VKEY);
        let note = Note::parse(SPEC_NOTE.as_bytes()).unwrap();
        assert_eq!(note.verify(&[key]), Ok("This is an example message.\n"));

        let poem = Note::parse(POEM.as_bytes()).unwrap();
        assert!(
            poem.text.ends_with(":\n\ned \u{e8} subito sera.\n"),
            "the last blank line separates"
        );
        assert_eq!(poem.signatures()[0].id, 0x367b_a04b);
        assert_eq!(poem.verify(&[peter()]), Err(NoteError::UnknownKey));
    }

    #[test]
    fn unknown_lines_are_skipped_and_bad_known_ones_reject() {
        let other = LogKey::generate("other.example").unwrap();
        let cosigned = format!("{TEXT}\n{}\n{LINE}", other.sign(TEXT.as_bytes()));
        let note = Note::parse(cosigned.as_bytes()).unwrap();
        assert_eq!(note.verify(&[peter()]), Ok(TEXT));
        assert_eq!(note.verify(&[other.verifier()]), Ok(TEXT));
        let forged = cosigned.replace("your problem is", "our problem is");
        let note = Note::parse(forged.as_bytes()).unwrap();
        assert_eq!(note.verify(&[peter()]), Err(NoteError::BadSignature));
        let mixed = format!("{TEXT}\n{}\n{LINE}", other.sign(b"something else\n"));
        let note = Note::parse(mixed.as_bytes()).unwrap();
        assert_eq!(
            note.verify(&[other.verifier(), peter()]),
            Err(NoteError::BadSignature)
        );
    }

    #[test]
    fn the_form_is_strict() {
        let good = format!("{TEXT}\n{LINE}");
        for bad in [
            good.replace("\n\n", "\n"),
            good.trim_end().to_owned(),
            format!("{good}\n"),
            good.replace("answer", "ans\twer"),
            good.replace('\n', "\r\n"),
            good.replace('\u{2014}', "-"),
            good.replace("\u{2014} PeterNeumann", "\u{2014} Peter+Neumann"),
            good.replace("AM=", "AM"),
            format!("{good}{}", LINE.repeat(MAX_SIGNATURES)),
            TEXT.to_owned(),
            "\n\n".to_owned(),
            String::new(),
        ] {
            assert_eq!(
                Note::parse(bad.as_bytes()),
                Err(NoteError::Malformed),
                "{bad:?}"
            );
        }
        assert_eq!(Note::parse(b"a\xff\n\n"), Err(NoteError::Malformed));
        let key = LogKey::from_text(SKEY).unwrap();
        assert_eq!(sign("no end", &key), Err(NoteError::Malformed));
        assert_eq!(sign("a\tb\n", &key), Err(NoteError::Malformed));
    }

    #[test]
    fn every_changed_byte_is_refused() {
        let good = format!("{TEXT}\n{LINE}").into_bytes();
        for at in 0..good.len() {
            for flip in [1, 0x20, 0x80] {
                let mut bad = good.clone();
                bad[at] ^= flip;
                let verdict =
                    Note::parse(&bad).and_then(|note| note.verify(&[peter()]).map(str::to_owned));
                assert!(verdict.is_err(), "byte {at}");
            }
        }
    }
}
