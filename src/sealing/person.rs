//! A person's keys: a hybrid age identity and an Ed25519 signing key, sealed together under their
//! passphrase.
//!
//! The sealed file is a standard age passphrase file whose plaintext is an age identity file: stock age
//! opens it with `-i`. The signing key stands in a comment line, which age skips.

use std::fmt;

use crate::sealing::HybridIdentity;
use crate::sealing::HybridRecipient;
use crate::sealing::PassphraseError;
use crate::sealing::Plain;
use crate::sealing::SecretText;
use crate::sealing::SigningKey;
use crate::sealing::VerifyingKey;
use crate::sealing::WorkFactor;
use crate::sealing::open_with_passphrase;
use crate::sealing::seal_with_passphrase;

const FIRST_LINE: &str = "# strongroom identity, version 1";
const SIGNING: &str = "# signing key: ";

/// A person's keys, unlocked.
pub struct Person {
    identity: HybridIdentity,
    signing: SigningKey,
}

/// Why a sealed identity was not opened.
#[derive(Debug)]
pub enum PersonError {
    /// The passphrase file did not open.
    Passphrase(PassphraseError),
    /// What is inside is no identity of this version.
    Malformed,
}

impl fmt::Display for PersonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passphrase(error) => error.fmt(f),
            Self::Malformed => f.write_str("the sealed identity is not one of this version"),
        }
    }
}

impl std::error::Error for PersonError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Passphrase(error) => Some(error),
            Self::Malformed => None,
        }
    }
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(..)")
    }
}

impl Person {
    /// New keys from the operating system's random source.
    pub fn generate() -> Self {
        Self {
            identity: HybridIdentity::generate(),
            signing: SigningKey::generate(),
        }
    }

    /// What opens things sealed to this person.
    pub fn identity(&self) -> &HybridIdentity {
        &self.identity
    }

    /// Where things are sealed to this person.
    pub fn recipient(&self) -> &HybridRecipient {
        self.identity.recipient()
    }

    /// What this person signs with.
    pub fn signing(&self) -> &SigningKey {
        &self.signing
    }

    /// What checks this person's signatures.
    pub fn verifying(&self) -> VerifyingKey {
        self.signing.verifying()
    }

    /// The identity file, sealed under a passphrase with the standard work factor.
    pub fn seal(&self, passphrase: &SecretText) -> Vec<u8> {
        seal_with_passphrase(&self.to_plain(), passphrase, WorkFactor::STANDARD)
    }

    /// The identity file as age reads it: comment lines, then the identity.
    fn to_plain(&self) -> Plain {
        let (identity, signing) = (self.identity.to_text(), self.signing.to_text());
        // Allocated whole, so that growing it leaves no key behind.
        let mut text = Vec::with_capacity(512);
        for part in [
            FIRST_LINE,
            "\n",
            SIGNING,
            &signing,
            "\n",
            identity.expose(),
            "\n",
        ] {
            text.extend_from_slice(part.as_bytes());
        }
        Plain::new(text)
    }

    /// Opens what [`Person::seal`] wrote.
    ///
    /// # Errors
    /// [`PersonError`].
    pub fn unseal(file: &[u8], passphrase: &SecretText) -> Result<Self, PersonError> {
        let plain = open_with_passphrase(file, passphrase, WorkFactor::MAX)
            .map_err(PersonError::Passphrase)?;
        let text = std::str::from_utf8(plain.expose()).map_err(|_| PersonError::Malformed)?;
        Self::parse(text).ok_or(PersonError::Malformed)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next()? != FIRST_LINE {
            return None;
        }
        let signing = SigningKey::parse(lines.next()?.strip_prefix(SIGNING)?).ok()?;
        let identity = HybridIdentity::parse(lines.next()?).ok()?;
        lines.next().is_none().then_some(Self { identity, signing })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seals_and_opens_under_the_right_passphrase_only() {
        let person = Person::generate();
        let right = SecretText::new("test only passphrase".to_owned());
        let file = person.seal(&right);
        let again = Person::unseal(&file, &right).unwrap();
        assert_eq!(again.recipient(), person.recipient());
        assert_eq!(again.verifying(), person.verifying());
        let wrong = SecretText::new("test only passphrasf".to_owned());
        assert!(matches!(
            Person::unseal(&file, &wrong),
            Err(PersonError::Passphrase(PassphraseError::Wrong))
        ));
        assert_eq!(format!("{person:?}"), "Person(..)");
    }

    /// Every line but the last is a comment to age, and the last is one identity.
    #[test]
    fn the_plaintext_is_an_age_identity_file() {
        let person = Person::generate();
        let plain = person.to_plain();
        let text = std::str::from_utf8(plain.expose()).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let [first, signing, identity] = lines[..] else {
            panic!("{} lines", lines.len())
        };
        assert_eq!(first, "# strongroom identity, version 1");
        assert!(signing.starts_with("# signing key: STRONGROOM-SIGNING-KEY-1"));
        let read = HybridIdentity::parse(identity).unwrap();
        assert_eq!(read.recipient(), person.recipient());
        assert!(text.ends_with('\n') && !text.contains('\r'));
        assert!(plain.len() < 512, "never grown");
    }

    #[test]
    fn other_files_are_refused() {
        let plain = Person::generate().to_plain();
        let text = std::str::from_utf8(plain.expose()).unwrap();
        assert!(Person::parse(text).is_some());
        let (first, rest) = text.split_once('\n').unwrap();
        let (signing, identity) = rest.split_once('\n').unwrap();
        let wrong = [
            String::new(),
            first.to_owned(),
            text.replace("version 1", "version 2"),
            text.replace("# signing key: ", "# signing key:"),
            text.replace("SIGNING-KEY-1", "SIGNING-KEY-1Q"),
            text.replace("PQ-1", "PQ-1Q"),
            text.to_lowercase(),
            format!("{text}{identity}"),
            format!("\n{text}"),
            format!("{first}\n{identity}{signing}\n"),
            format!("{first}\n{signing}\n"),
            format!("{signing}\n{identity}"),
        ];
        for text in wrong {
            assert!(Person::parse(&text).is_none(), "{text}");
        }
    }

    #[test]
    fn an_opened_file_that_is_no_identity_says_so() {
        let words = SecretText::new("test only passphrase".to_owned());
        let cheap = WorkFactor::new(2).unwrap();
        for content in [&b"not an identity"[..], &[0xff, 0xfe]] {
            let file = seal_with_passphrase(&Plain::new(content.to_vec()), &words, cheap);
            assert!(matches!(
                Person::unseal(&file, &words),
                Err(PersonError::Malformed)
            ));
        }
    }
}
