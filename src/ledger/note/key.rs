//! The ledger's key pair. Its texts are those of C2SP signed-note verifier keys and of Go's note
//! package, so that outside tools read them.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signature;
use ed25519_dalek::Signer as _;
use ed25519_dalek::SigningKey;
use ed25519_dalek::VerifyingKey;
use sha2::Digest as _;
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::ledger::note::NoteSignature;

/// The signature type of a plain Ed25519 note signature.
const ED25519: u8 = 1;
const PRIVATE: &str = "PRIVATE+KEY+";

/// Text that is not a key of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyError {
    /// Not the form.
    Malformed,
    /// A name with spaces or a plus, or none.
    Name,
    /// The id does not belong to the name and key.
    Id,
    /// A signature type other than Ed25519.
    Type,
    /// A public key of small order, under which one signature fits many texts.
    Weak,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "not a ledger key",
            Self::Name => "a ledger's name has no spaces and no plus",
            Self::Id => "the key's id does not belong to it: a letter may be mistyped",
            Self::Type => "not an Ed25519 key",
            Self::Weak => "a key that protects nothing",
        })
    }
}

impl std::error::Error for KeyError {}

/// Whether this can name a key: not empty, no white space, no plus, no control characters.
pub fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name
            .chars()
            .any(|c| c.is_whitespace() || c.is_control() || c == '+')
}

/// The public key that checks a ledger's signatures, with the ledger's name.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: u32,
    key: VerifyingKey,
}

impl VerifierKey {
    fn new(name: &str, key: VerifyingKey) -> Result<Self, KeyError> {
        if !is_name(name) {
            return Err(KeyError::Name);
        }
        if key.is_weak() {
            return Err(KeyError::Weak);
        }
        let hash = Sha256::new()
            .chain_update(name)
            .chain_update([b'\n', ED25519])
            .chain_update(key.as_bytes())
            .finalize();
        let id = hash
            .first_chunk::<4>()
            .map_or(0, |id| u32::from_be_bytes(*id));
        Ok(Self {
            name: name.to_owned(),
            id,
            key,
        })
    }

    /// The ledger's name: the origin of its checkpoints.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The short id that stands in its signatures.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Whether a signature line names this key.
    pub fn is(&self, name: &str, id: u32) -> bool {
        self.name == name && self.id == id
    }

    /// Whether this key made this signature over this text.
    pub fn verifies(&self, text: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify_strict(text, &signature).is_ok())
    }
}

impl fmt::Display for VerifierKey {
    /// `name+id+base64(type || key)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = [&[ED25519], &self.key.as_bytes()[..]].concat();
        write!(
            f,
            "{}+{:08x}+{}",
            self.name,
            self.id,
            STANDARD.encode(bytes)
        )
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::str::FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        let (name, id, bytes) = split(text)?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| KeyError::Malformed)?;
        let parsed = Self::new(name, key)?;
        if parsed.id == id {
            Ok(parsed)
        } else {
            Err(KeyError::Id)
        }
    }
}

/// The ledger's secret key. Wiped when dropped.
pub struct LogKey {
    verifier: VerifierKey,
    key: SigningKey,
}

impl LogKey {
    /// A new key from the operating system's random source.
    ///
    /// # Errors
    /// [`KeyError::Name`].
    pub fn generate(name: &str) -> Result<Self, KeyError> {
        Self::from_seed(name, &Zeroizing::new(crate::ids::random()))
    }

    /// The key with this seed, which the caller wipes.
    ///
    /// # Errors
    /// [`KeyError::Name`].
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, KeyError> {
        let key = SigningKey::from_bytes(seed);
        let verifier = VerifierKey::new(name, key.verifying_key())?;
        Ok(Self { verifier, key })
    }

    /// What [`LogKey::to_text`] wrote.
    ///
    /// # Errors
    /// [`KeyError`].
    pub fn from_text(text: &str) -> Result<Self, KeyError> {
        let rest = text.strip_prefix(PRIVATE).ok_or(KeyError::Malformed)?;
        let (name, id, seed) = split(rest)?;
        let key = Self::from_seed(name, &seed)?;
        if key.verifier.id == id {
            Ok(key)
        } else {
            Err(KeyError::Id)
        }
    }

    /// `PRIVATE+KEY+name+id+base64(type || seed)`, for the key file.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new(vec![ED25519]);
        bytes.extend_from_slice(self.key.as_bytes());
        let seed = Zeroizing::new(STANDARD.encode(&*bytes));
        let VerifierKey { name, id, .. } = &self.verifier;
        Zeroizing::new(format!("{PRIVATE}{name}+{id:08x}+{}", &*seed))
    }

    /// The public half.
    pub fn verifier(&self) -> VerifierKey {
        self.verifier.clone()
    }

    /// The ledger's name.
    pub fn name(&self) -> &str {
        &self.verifier.name
    }

    pub(crate) fn sign(&self, text: &[u8]) -> NoteSignature {
        NoteSignature {
            name: self.verifier.name.clone(),
            id: self.verifier.id,
            signature: self.key.sign(text).to_bytes().to_vec(),
        }
    }
}

impl fmt::Debug for LogKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogKey({}, ..)", self.verifier.name)
    }
}

/// Name, id and the 32 bytes of `name+id+base64(type || bytes)`. The base64 may hold further pluses.
fn split(text: &str) -> Result<(&str, u32, Zeroizing<[u8; 32]>), KeyError> {
    let mut parts = text.splitn(3, '+');
    let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(KeyError::Malformed);
    };
    let is_id = id.len() == 8
        && id
            .bytes()
            .all(|c| c.is_ascii_digit() || (b'a'..=b'f').contains(&c));
    let id = u32::from_str_radix(id, 16)
        .ok()
        .filter(|_| is_id)
        .ok_or(KeyError::Malformed)?;
    let bytes = Zeroizing::new(STANDARD.decode(key).map_err(|_| KeyError::Malformed)?);
    match bytes.split_first() {
        Some((&ED25519, key)) => {
            let mut array = Zeroizing::new([0; 32]);
            if key.len() != array.len() {
                return Err(KeyError::Malformed);
            }
            array.copy_from_slice(key);
            Ok((name, id, array))
        }
        Some(_) => Err(KeyError::Type),
        None => Err(KeyError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_round_trip_and_hide_themselves() {
        let key = LogKey::generate("strongroom.invalid/abc").unwrap();
        let again = LogKey::from_text(&key.to_text()).unwrap();
        assert_eq!(again.verifier(), key.verifier());
        assert_eq!(key.verifier().to_string().parse(), Ok(key.verifier()));
        assert_eq!(format!("{key:?}"), "LogKey(strongroom.invalid/abc, ..)");
    }

    #[test]
    fn wrong_texts_say_what_is_wrong() {
        let good = LogKey::from_seed("a.example", &[3; 32])
            .unwrap()
            .verifier()
            .to_string();
        let parse = |text: &str| text.parse::<VerifierKey>().unwrap_err();
        assert_eq!(parse(&good.replace("a.example", "b.example")), KeyError::Id);
        assert_eq!(parse(&good.to_uppercase()), KeyError::Malformed);
        assert_eq!(parse("a.example"), KeyError::Malformed);
        assert_eq!(parse(&good.replacen("+A", "+B", 1)), KeyError::Type);
        assert_eq!(parse(&good.replace("a.ex", "a ex")), KeyError::Name);
        // The identity point: of order 1.
        let mut weak = vec![1];
        weak.extend([1].into_iter().chain([0; 31]));
        assert_eq!(
            parse(&format!("a+00000000+{}", STANDARD.encode(weak))),
            KeyError::Weak
        );
        assert!(LogKey::generate("a b").is_err());
        assert!(LogKey::generate("").is_err());
    }
}
