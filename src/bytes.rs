//! Small byte encodings every room shares: lower-case hex, base64url without padding (RFC 4648
//! section 5), and big-endian fields with `u32` length prefixes (`docs/format.md`).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Bytes that do not have the shape they should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("malformed bytes")
    }
}

impl std::error::Error for Malformed {}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a String cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// The bytes of lower-case hex; `None` for anything else, upper case included.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) {
        return None;
    }
    let digit = |c: u8| match c {
        b'0'..=b'9' => Some(c - b'0'),
        b'a'..=b'f' => Some(c - b'a' + 10),
        _ => None,
    };
    text.as_bytes()
        .chunks_exact(2)
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        })
        .collect()
}

/// base64url without padding.
pub fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Appends bytes as base64url without padding.
pub fn put_base64url(out: &mut String, bytes: &[u8]) {
    URL_SAFE_NO_PAD.encode_string(bytes, out);
}

/// The bytes of canonical base64url without padding; `None` for anything else.
pub fn unbase64url(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// Appends `u32` big-endian length and the bytes.
///
/// # Errors
/// [`Malformed`] when the bytes are longer than a `u32` can say.
pub fn put_field(out: &mut Vec<u8>, field: &[u8]) -> Result<(), Malformed> {
    let length = u32::try_from(field.len()).map_err(|_| Malformed)?;
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(field);
    Ok(())
}

/// Reads big-endian fields from the front of a slice, never past its end.
#[derive(Debug, Clone)]
pub struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// Starts at the front of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next `count` bytes.
    ///
    /// # Errors
    /// [`Malformed`] when fewer are left.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (front, rest) = self.0.split_at_checked(count).ok_or(Malformed)?;
        self.0 = rest;
        Ok(front)
    }

    /// The next `N` bytes as an array.
    ///
    /// # Errors
    /// [`Malformed`] when fewer are left.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        self.take(N)?.try_into().map_err(|_| Malformed)
    }

    /// One byte.
    ///
    /// # Errors
    /// [`Malformed`] at the end.
    pub fn u8(&mut self) -> Result<u8, Malformed> {
        Ok(u8::from_be_bytes(self.array()?))
    }

    /// A big-endian `u16`.
    ///
    /// # Errors
    /// [`Malformed`] when fewer than two bytes are left.
    pub fn u16(&mut self) -> Result<u16, Malformed> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    /// A big-endian `u32`.
    ///
    /// # Errors
    /// [`Malformed`] when fewer than four bytes are left.
    pub fn u32(&mut self) -> Result<u32, Malformed> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    /// A big-endian `u64`.
    ///
    /// # Errors
    /// [`Malformed`] when fewer than eight bytes are left.
    pub fn u64(&mut self) -> Result<u64, Malformed> {
        Ok(u64::from_be_bytes(self.array()?))
    }

    /// A field written by [`put_field`].
    ///
    /// # Errors
    /// [`Malformed`] when the length runs past the end.
    pub fn field(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.u32()?;
        self.take(usize::try_from(length).map_err(|_| Malformed)?)
    }

    /// What has not been read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// Succeeds only when everything has been read.
    ///
    /// # Errors
    /// [`Malformed`] when bytes are left over.
    pub fn end(self) -> Result<(), Malformed> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Malformed)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn hex_and_base64url_round_trip(bytes: Vec<u8>) {
            prop_assert_eq!(unhex(&hex(&bytes)).unwrap(), bytes.clone());
            prop_assert_eq!(unbase64url(&base64url(&bytes)).unwrap(), bytes);
        }

        #[test]
        fn fields_round_trip_and_never_read_past_the_end(fields: Vec<Vec<u8>>, cut in 0usize..64) {
            let mut out = Vec::new();
            for field in &fields {
                put_field(&mut out, field).unwrap();
            }
            let mut reader = Fields::new(&out);
            for field in &fields {
                prop_assert_eq!(reader.field().unwrap(), &field[..]);
            }
            prop_assert!(reader.end().is_ok());
            let shorter = &out[..out.len().saturating_sub(cut)];
            let mut reader = Fields::new(shorter);
            while reader.field().is_ok() {}
        }
    }

    #[test]
    fn one_spelling_only() {
        assert_eq!(unhex("AB"), None);
        assert_eq!(unhex("abc"), None);
        assert_eq!(unbase64url("YQ=="), None);
        assert_eq!(unbase64url("YR"), None, "trailing bits must be zero");
    }
}
