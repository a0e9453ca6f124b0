//! A person's keys: a hybrid age identity and an Ed25519 signing key, sealed together under their
//! passphrase.
//!
//! The sealed file is a standard age passphrase file whose plaintext is an age identity file: stock age
//! opens it with `-i`. The signing key stands in a comment line, which age skips.

use std::fmt;

use zeroize::Zeroizing;

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
        Self { identity: HybridIdentity::generate(), signing: SigningKey::generate() }
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
        let (identity, signing) = (self.identity.to_text(), self.signing.to_text());
        // Allocated whole, so that growing it leaves no key behind.
        let mut text = Vec::with_capacity(512);
        for part in [FIRST_LINE, "\n", SIGNING, &signing, "\n", identity.expose(), "\n"] {
            text.extend_from_slice(part.as_bytes());
        }
        seal_with_passphrase(&Plain::new(text), passphrase, WorkFactor::STANDARD)
    }

    /// Opens what [`Person::seal`] wrote.
    ///
    /// # Errors
    /// [`PersonError`].
    pub fn unseal(file: &[u8], passphrase: &SecretText) -> Result<Self, PersonError> {
        let plain = open_with_passphrase(file, passphrase, WorkFactor::MAX).map_err(PersonError::Passphrase)?;
        let text = std::str::from_utf8(plain.expose()).map_err(|_| PersonError::Malformed)?;
        Self::parse(text).ok_or(PersonError::Malformed)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        if lines.next()? != FIRST_LINE {
            return None;
        }
        let signing = SigningKey::parse(lines.next()?.strip_prefix(SIGNING)?).ok()?;
        let identity = Zeroizing::new(lines.next()?.to_owned());
        Some(Self { identity: HybridIdentity::parse(&identity).ok()?, signing })
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
}
