//! Files sealed under a passphrase alone: standard age files with one scrypt stanza, which the `age`
//! command opens at its prompt. What passphrases are made of is in `words`.

mod words;

use std::fmt;

use age::DecryptError;
use age::Identity as _;
use age::Recipient as _;
use age::secrecy::ExposeSecret;
use age::secrecy::SecretString;
use age_core::format::Stanza;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::sealing::header;
use crate::sealing::header::Header;
use crate::sealing::hpke::SEALED_KEY_BYTES;
pub use crate::sealing::passphrase::words::DEMO_PREFIX;
pub use crate::sealing::passphrase::words::Weak;
pub use crate::sealing::passphrase::words::check_strength;
pub use crate::sealing::passphrase::words::generate_words;
pub use crate::sealing::passphrase::words::is_demo;
use crate::sealing::payload::open_payload;
use crate::sealing::payload::seal_payload;
use crate::sealing::secret::FileKey;
use crate::sealing::secret::Plain;
use crate::sealing::secret::SecretText;

const TAG: &str = "scrypt";
const SALT_BYTES: usize = 16;

/// How much work a passphrase costs: scrypt with N = 2 to this power, in KiB of memory and about
/// 3 microseconds each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct WorkFactor(u8);

impl WorkFactor {
    /// 17: 128 MiB, a third of a second.
    pub const STANDARD: Self = Self(17);
    /// 20: 1 GiB, three seconds. Nothing above is made or opened.
    pub const MAX: Self = Self(20);

    /// The work factor `power`, from 1 to 20.
    pub const fn new(power: u8) -> Option<Self> {
        if power >= 1 && power <= Self::MAX.0 {
            Some(Self(power))
        } else {
            None
        }
    }
}

/// Why a passphrase does not open a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassphraseError {
    /// Not the passphrase of this file.
    Wrong,
    /// The file asks for more work than allowed. No work has been done.
    TooExpensive,
    /// Not a passphrase-sealed age file, or a damaged one.
    Malformed,
}

impl fmt::Display for PassphraseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Wrong => "wrong passphrase",
            Self::TooExpensive => "the file asks for more work than is allowed",
            Self::Malformed => "not a file sealed under a passphrase, or a damaged one",
        })
    }
}

impl std::error::Error for PassphraseError {}

/// Seals `plain` under a passphrase.
///
/// The work factor is set by hand: the age crate would choose one by timing the machine, and choose
/// differently under load.
pub fn seal_with_passphrase(plain: &Plain, passphrase: &SecretText, work: WorkFactor) -> Vec<u8> {
    let key = FileKey::generate();
    let mut file = header::write(&key, &scrypt_stanzas(&key, passphrase, work));
    file.append(&mut seal_payload(&key, plain));
    file
}

#[expect(
    clippy::expect_used,
    reason = "the trait is fallible for plugins; scrypt accepts every power from 1 to 63"
)]
fn scrypt_stanzas(key: &FileKey, passphrase: &SecretText, work: WorkFactor) -> Vec<Stanza> {
    let mut recipient = age::scrypt::Recipient::new(secret_string(passphrase));
    recipient.set_work_factor(work.0);
    let (stanzas, _labels) = recipient
        .wrap_file_key(&key.to_age())
        .expect("a valid work factor");
    stanzas
}

/// Opens a file made by [`seal_with_passphrase`] or by the `age` command with a passphrase.
///
/// # Errors
/// [`PassphraseError`]; a work factor above `max` is refused before any work is done.
pub fn open_with_passphrase(
    file: &[u8],
    passphrase: &SecretText,
    max: WorkFactor,
) -> Result<Plain, PassphraseError> {
    let (header, length) = Header::parse(file).map_err(|_| PassphraseError::Malformed)?;
    let stanza = scrypt_stanza(&header, max)?;
    let mut identity = age::scrypt::Identity::new(secret_string(passphrase));
    identity.set_max_work_factor(max.0);
    // Never displayed: the crate's text for excessive work computes with numbers that underflow.
    let key = match identity.unwrap_stanza(&stanza) {
        Some(Ok(key)) => FileKey::from_bytes(key.expose_secret()),
        Some(Err(DecryptError::DecryptionFailed)) => return Err(PassphraseError::Wrong),
        Some(Err(DecryptError::ExcessiveWork { .. })) => return Err(PassphraseError::TooExpensive),
        Some(Err(_)) | None => return Err(PassphraseError::Malformed),
    };
    if !header.is_sealed_by(&key) {
        return Err(PassphraseError::Malformed);
    }
    let payload = file.get(length..).unwrap_or_default();
    open_payload(&key, payload).map_err(|_| PassphraseError::Malformed)
}

/// The header's only stanza, when it is a well-formed scrypt stanza that costs no more than `max`.
fn scrypt_stanza(header: &Header<'_>, max: WorkFactor) -> Result<Stanza, PassphraseError> {
    let [stanza] = header.stanzas() else {
        return Err(PassphraseError::Malformed);
    };
    let args: Vec<&str> = stanza.args().collect();
    let [salt, power] = args[..] else {
        return Err(PassphraseError::Malformed);
    };
    let salt_fits = STANDARD_NO_PAD
        .decode(salt)
        .is_ok_and(|salt| salt.len() == SALT_BYTES);
    // Decimal digits without a leading zero, as the specification asks.
    let decimal = power.bytes().all(|c| c.is_ascii_digit()) && !power.starts_with('0');
    if stanza.tag() != TAG || !salt_fits || !decimal || stanza.body().len() != SEALED_KEY_BYTES {
        return Err(PassphraseError::Malformed);
    }
    if power.parse::<u8>().map_or(true, |power| power > max.0) {
        return Err(PassphraseError::TooExpensive);
    }
    Ok(Stanza {
        tag: TAG.to_owned(),
        args: vec![salt.to_owned(), power.to_owned()],
        body: stanza.body().to_vec(),
    })
}

fn secret_string(text: &SecretText) -> SecretString {
    text.expose().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sealing::HybridIdentity;
    use crate::sealing::seal_header;

    const CHEAP: WorkFactor = WorkFactor(2);

    fn passphrase(text: &str) -> SecretText {
        SecretText::new(text.to_owned())
    }

    fn open(file: &[u8], text: &str, max: WorkFactor) -> Result<Vec<u8>, PassphraseError> {
        open_with_passphrase(file, &passphrase(text), max).map(|plain| plain.expose().to_vec())
    }

    #[test]
    fn opens_with_its_passphrase_only() {
        let content = Plain::new(b"seed".to_vec());
        let file = seal_with_passphrase(&content, &passphrase("five words"), CHEAP);
        assert_eq!(open(&file, "five words", CHEAP), Ok(b"seed".to_vec()));
        assert_eq!(open(&file, "five word", CHEAP), Err(PassphraseError::Wrong));
    }

    #[test]
    fn every_byte_counts() {
        let content = Plain::new(b"seed".to_vec());
        let file = seal_with_passphrase(&content, &passphrase("five words"), CHEAP);
        for at in (0..file.len()).step_by(3) {
            let mut changed = file.clone();
            changed[at] ^= 1;
            assert!(open(&changed, "five words", CHEAP).is_err(), "byte {at}");
            assert!(
                open(&file[..at], "five words", CHEAP).is_err(),
                "cut at {at}"
            );
        }
    }

    #[test]
    fn excessive_work_is_refused_before_it_is_done() {
        let key = FileKey::generate();
        let claim = |power: &str| {
            let mut stanzas = scrypt_stanzas(&key, &passphrase("x"), CHEAP);
            power.clone_into(&mut stanzas[0].args[1]);
            header::write(&key, &stanzas)
        };
        for power in [
            "21",
            "23",
            "63",
            "64",
            "255",
            "256",
            "99999999999999999999999",
        ] {
            let refused = open(&claim(power), "x", WorkFactor::MAX);
            assert_eq!(refused, Err(PassphraseError::TooExpensive), "{power}");
        }
        assert_eq!(
            open(&claim("3"), "x", CHEAP),
            Err(PassphraseError::TooExpensive)
        );
        for power in ["0", "02", "+2", "-2", "2x", "0x2"] {
            let refused = open(&claim(power), "x", WorkFactor::MAX);
            assert_eq!(refused, Err(PassphraseError::Malformed), "{power}");
        }
    }

    #[test]
    fn other_files_are_refused() {
        let key = FileKey::generate();
        let one = || scrypt_stanzas(&key, &passphrase("x"), CHEAP);
        let mut double = one();
        double.append(&mut one());
        let two = header::write(&key, &double);
        let hybrid = seal_header(&key, HybridIdentity::generate().recipient());
        let no_payload = header::write(&key, &one());
        for file in [
            &two[..],
            &hybrid,
            &no_payload,
            b"",
            b"age-encryption.org/v1\n",
        ] {
            assert_eq!(open(file, "x", CHEAP), Err(PassphraseError::Malformed));
        }
    }

    #[test]
    fn work_factors_have_bounds() {
        assert_eq!(WorkFactor::new(0), None);
        assert_eq!(WorkFactor::new(17), Some(WorkFactor::STANDARD));
        assert_eq!(WorkFactor::new(20), Some(WorkFactor::MAX));
        assert_eq!(WorkFactor::new(21), None);
    }
}
