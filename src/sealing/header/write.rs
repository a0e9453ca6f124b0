//! Writing a header: exactly the stanzas given, no grease, and the MAC.

use age_core::format::Stanza;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hmac::Mac;

use crate::sealing::header::COLUMNS;
use crate::sealing::header::header_mac;
use crate::sealing::secret::FileKey;

/// Writes a header of exactly these stanzas, with its MAC.
pub(crate) fn write(key: &FileKey, stanzas: &[Stanza]) -> Vec<u8> {
    let mut text = String::from("age-encryption.org/v1\n");
    for stanza in stanzas {
        text.push_str("-> ");
        text.push_str(&stanza.tag);
        for arg in &stanza.args {
            text.push(' ');
            text.push_str(arg);
        }
        text.push('\n');
        let body = STANDARD_NO_PAD.encode(&stanza.body);
        for (at, c) in body.chars().enumerate() {
            if at > 0 && at.is_multiple_of(COLUMNS) {
                text.push('\n');
            }
            text.push(c);
        }
        // The last line is shorter than the others: after a full one an empty one follows.
        text.push_str(if !body.is_empty() && body.len().is_multiple_of(COLUMNS) {
            "\n\n"
        } else {
            "\n"
        });
    }
    text.push_str("---");
    let mac = header_mac(key, text.as_bytes()).finalize().into_bytes();
    text.push(' ');
    text.push_str(&STANDARD_NO_PAD.encode(mac));
    text.push('\n');
    text.into_bytes()
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sealing::Header;

    pub(crate) fn stanzas() -> impl Strategy<Value = Vec<Stanza>> {
        let text = "[!-~]{1,9}";
        let args = prop::collection::vec(text, 0..4);
        let body = prop::collection::vec(any::<u8>(), 0..150);
        let stanza = (text, args, body).prop_map(|(tag, args, body)| Stanza { tag, args, body });
        prop::collection::vec(stanza, 1..5)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(stanzas in stanzas(), after: Vec<u8>) {
            let key = FileKey::generate();
            let mut bytes = write(&key, &stanzas);
            let length = bytes.len();
            bytes.extend_from_slice(&after);
            let (header, read) = Header::parse(&bytes).unwrap();
            prop_assert_eq!(read, length);
            prop_assert!(header.is_sealed_by(&key));
            prop_assert!(!header.is_sealed_by(&FileKey::generate()));
            prop_assert_eq!(header.stanzas().len(), stanzas.len());
            for (read, written) in header.stanzas().iter().zip(&stanzas) {
                prop_assert_eq!(read.tag(), &written.tag);
                prop_assert!(read.args().eq(written.args.iter()));
                prop_assert_eq!(read.body(), &written.body[..]);
            }
        }
    }
}
