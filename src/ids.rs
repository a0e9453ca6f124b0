//! Typed random ids: a prefix and 128 random bits in lower-case base32 (RFC 4648, `a-z2-7`, no
//! padding, 26 characters). Ids carry no meaning, order or time.
//!
//! The 26th character holds two spare bits. An id is compared as text, so a spelling with other spare
//! bits is simply another, unknown id.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Bytes of an id.
pub const ID_BYTES: usize = 16;
/// Characters of an id after its prefix.
const ID_CHARS: usize = 26;
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Text that is not an id of the wanted kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnId;

impl fmt::Display for NotAnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an id")
    }
}

impl std::error::Error for NotAnId {}

/// Fills an array from the operating system's random source.
///
/// # Panics
/// Never returns weak bytes: a system without randomness aborts the process.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if getrandom::fill(&mut bytes).is_err() {
        // Without randomness nothing here is safe, and no caller could do anything else.
        std::process::abort();
    }
    bytes
}

/// Lower-case base32 of 16 bytes, 26 characters.
pub fn base32(bytes: &[u8; ID_BYTES]) -> String {
    let mut bits = u128::from_be_bytes(*bytes);
    // 128 bits are 25 characters of five bits and one of three, so shift those three to the left of
    // the last five.
    let mut text = [b'a'; ID_CHARS];
    let last = (bits & 0b111) << 2;
    bits >>= 3;
    if let Some(slot) = text.last_mut() {
        *slot = letter(last);
    }
    for slot in text.iter_mut().rev().skip(1) {
        *slot = letter(bits & 31);
        bits >>= 5;
    }
    text.iter().map(|byte| char::from(*byte)).collect()
}

fn letter(five_bits: u128) -> u8 {
    usize::try_from(five_bits)
        .ok()
        .and_then(|at| ALPHABET.get(at).copied())
        .unwrap_or(b'a')
}

/// The 16 bytes of 26 canonical base32 characters.
pub fn unbase32(text: &str) -> Option<[u8; ID_BYTES]> {
    if text.len() != ID_CHARS {
        return None;
    }
    let mut values = text.bytes().map(|c| ALPHABET.iter().position(|l| *l == c));
    let mut bits: u128 = 0;
    for _ in 0..ID_CHARS - 1 {
        bits = bits << 5 | u128::try_from(values.next()??).ok()?;
    }
    let last = u128::try_from(values.next()??).ok()?;
    if last & 0b11 != 0 {
        return None;
    }
    Some((bits << 3 | last >> 2).to_be_bytes())
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; ID_BYTES]);

        impl $name {
            /// What stands before the 26 characters.
            pub const PREFIX: &'static str = $prefix;

            /// A new id from the operating system's random source.
            pub fn random() -> Self {
                Self(random())
            }

            /// The id with these bytes.
            pub const fn from_bytes(bytes: [u8; ID_BYTES]) -> Self {
                Self(bytes)
            }

            /// The id's bytes, as row ids and unit names use them.
            pub const fn as_bytes(&self) -> &[u8; ID_BYTES] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}{}", $prefix, base32(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = NotAnId;

            fn from_str(text: &str) -> Result<Self, NotAnId> {
                let letters = text.strip_prefix($prefix).ok_or(NotAnId)?;
                unbase32(letters).map(Self).ok_or(NotAnId)
            }
        }

        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

id!(
    /// A vault. Printed nowhere but in `vault.toml` and inside signed statements.
    VaultId, "v_"
);
id!(
    /// A filed item, with its versions.
    RecordId, "r_"
);
id!(
    /// A family's case.
    CaseId, "c_"
);
id!(
    /// A user's account.
    UserId, "u_"
);
id!(
    /// Someone's dated, purposeful permission.
    GrantId, "g_"
);
id!(
    /// An act waiting for a second person.
    ProposalId, "p_"
);
id!(
    /// What suspends disposal.
    HoldId, "h_"
);
id!(
    /// A subject access request.
    RequestId, "s_"
);
id!(
    /// A person records are about (data subject).
    PersonId, "d_"
);
id!(
    /// A destruction under a rule.
    DisposalId, "x_"
);
id!(
    /// A backup.
    BackupId, "b_"
);
id!(
    /// A compartment: an age key pair whose secret half is sealed to its members.
    CompartmentId, "k_"
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn text_round_trips(bytes: [u8; 16]) {
            let id = RecordId::from_bytes(bytes);
            let text = id.to_string();
            prop_assert_eq!(text.len(), 28);
            prop_assert_eq!(text.parse::<RecordId>().unwrap(), id);
            prop_assert!(text.parse::<CaseId>().is_err());
        }

        #[test]
        fn arbitrary_text_never_panics(text: String) {
            let _ = text.parse::<RecordId>();
        }
    }

    #[test]
    fn matches_rfc_4648() {
        // `printf '\x00\x01..\x0f' | base32 | tr A-Z a-z`, without its padding.
        let bytes: [u8; 16] = core::array::from_fn(|i| u8::try_from(i).unwrap());
        assert_eq!(base32(&bytes), "aaaqeayeaudaocajbifqydiob4");
        assert_eq!(unbase32("aaaqeayeaudaocajbifqydiob4"), Some(bytes));
        assert_eq!(
            unbase32("aaaqeayeaudaocajbifqydiob5"),
            None,
            "spare bits set"
        );
        assert_eq!(unbase32("AAAQEAYEAUDAOCAJBIFQYDIOB4"), None);
    }
}
