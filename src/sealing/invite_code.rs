//! The code an invited person types once: 128 random bits from which both sides make two keys, one that
//! signs for whoever holds the code, and one that seals the invitation, so that its holder knows the vault
//! again that they were invited to. The keeper never has the code, only the first key's public half.

use zeroize::Zeroizing;

use crate::ids::random;
use crate::sealing::SecretText;
use crate::sealing::kdf;
use crate::sealing::signing::SigningKey;

/// Random bytes of a code.
const SECRET: usize = 16;
/// Bytes of SHA-256 after them, against mistyping.
const CHECK: usize = 4;
/// Characters in one group.
const GROUP: usize = 4;
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
const CHECK_LABEL: &str = "strongroom invite check";
const KEY_LABEL: &str = "strongroom invite key";
const SEAL_LABEL: &str = "strongroom invite seal";

/// An invitation's secret. Wiped when dropped.
pub struct InviteCode(Zeroizing<[u8; SECRET]>);

/// Text that is no code: a letter is missing or another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotACode;

impl std::fmt::Display for NotACode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("this is not a whole invitation code; a letter may be missing or mistyped")
    }
}

impl std::error::Error for NotACode {}

impl std::fmt::Debug for InviteCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("InviteCode(..)")
    }
}

impl InviteCode {
    /// A new code from the operating system's random source.
    pub fn generate() -> Self {
        Self(Zeroizing::new(random()))
    }

    /// The code in eight groups of four letters and digits.
    pub fn to_text(&self) -> SecretText {
        let check = self.check();
        let bytes = self.0.iter().chain(check.iter().take(CHECK));
        let mut text = String::with_capacity(64);
        let (mut bits, mut held, mut written) = (0_u32, 0_u32, 0_usize);
        for byte in bytes {
            bits = bits << 8 | u32::from(*byte);
            held += 8;
            while held >= 5 {
                held -= 5;
                if written > 0 && written.is_multiple_of(GROUP) {
                    text.push('-');
                }
                let at = usize::try_from(bits >> held & 31).unwrap_or_default();
                text.push(ALPHABET.get(at).copied().map_or('a', char::from));
                written += 1;
            }
            bits &= (1 << held) - 1;
        }
        SecretText::new(text)
    }

    /// The code a person typed: upper case, spaces and dashes do not matter.
    ///
    /// # Errors
    /// [`NotACode`].
    pub fn parse(text: &str) -> Result<Self, NotACode> {
        let mut bytes = Zeroizing::new(Vec::with_capacity(SECRET + CHECK + 1));
        let (mut bits, mut held) = (0_u32, 0_u32);
        let letters = text.chars().filter(|c| !c.is_whitespace() && *c != '-');
        for letter in letters {
            let letter = u8::try_from(letter.to_ascii_lowercase()).map_err(|_| NotACode)?;
            let value = ALPHABET.iter().position(|known| *known == letter);
            let value = value
                .and_then(|at| u32::try_from(at).ok())
                .ok_or(NotACode)?;
            bits = bits << 5 | value;
            held += 5;
            if held >= 8 {
                held -= 8;
                bytes.push(u8::try_from(bits >> held & 255).map_err(|_| NotACode)?);
            }
            bits &= (1 << held) - 1;
            if bytes.len() > SECRET + CHECK {
                return Err(NotACode);
            }
        }
        let (secret, check) = bytes.split_first_chunk::<SECRET>().ok_or(NotACode)?;
        let code = Self(Zeroizing::new(*secret));
        let right = code.check();
        if held == 0 && check.len() == CHECK && right.starts_with(check) {
            Ok(code)
        } else {
            Err(NotACode)
        }
    }

    /// What signs for whoever holds the code.
    pub fn signing(&self) -> SigningKey {
        SigningKey::from_bytes(*self.key(KEY_LABEL))
    }

    /// HMAC-SHA-256 that only whoever holds the code can make, over an invitation.
    pub fn seal(&self, invitation: &[u8]) -> [u8; 32] {
        use hmac::Mac as _;
        let mut mac = kdf::hmac(&self.key(SEAL_LABEL));
        mac.update(invitation);
        mac.finalize().into_bytes().into()
    }

    fn check(&self) -> kdf::Key {
        self.key(CHECK_LABEL)
    }

    fn key(&self, label: &str) -> kdf::Key {
        kdf::hkdf(&[], label, &*self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code(secret: [u8; SECRET]) -> InviteCode {
        InviteCode(Zeroizing::new(secret))
    }

    proptest! {
        #[test]
        fn codes_round_trip_and_mistyped_ones_do_not(
            secret: [u8; SECRET], at in 0_usize..39, to in "[a-z2-7]",
        ) {
            let shown = code(secret).to_text();
            let text = shown.expose();
            prop_assert_eq!(text.len(), 8 * GROUP + 7);
            let read = InviteCode::parse(text).unwrap();
            prop_assert_eq!(*read.0, secret);
            let typed = format!(" {} ", text.to_uppercase().replace('-', " "));
            prop_assert_eq!(*InviteCode::parse(&typed).unwrap().0, secret);
            let mut wrong = text.to_owned();
            if &wrong[at..=at] != "-" && wrong[at..=at] != to {
                wrong.replace_range(at..=at, &to);
                prop_assert!(InviteCode::parse(&wrong).is_err());
            }
            prop_assert!(InviteCode::parse(&text[..at]).is_err());
            let longer = [text, "a"].concat();
            prop_assert!(InviteCode::parse(&longer).is_err());
        }

        #[test]
        fn arbitrary_texts_are_refused(text: String) {
            prop_assert!(InviteCode::parse(&text).is_err());
        }
    }

    #[test]
    fn each_code_has_its_own_keys() {
        let (a, b) = (code([1; SECRET]), code([2; SECRET]));
        assert_ne!(a.signing().verifying(), b.signing().verifying());
        assert_ne!(a.seal(b"x"), b.seal(b"x"));
        assert_ne!(a.seal(b"x"), a.seal(b"y"));
        assert_ne!(*a.key(KEY_LABEL), *a.key(SEAL_LABEL));
        assert_eq!(format!("{a:?}"), "InviteCode(..)");
    }
}
