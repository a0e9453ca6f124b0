//! Signed statements: one envelope `{at, body, by, kind, sig, v, vault}` for every act that a person's
//! own signature carries. The bytes are canonical JSON (RFC 8785) and nothing else is read, so a
//! statement has one spelling and one digest. Bodies keep fields this version does not know; the
//! envelope has none to keep.

mod envelope;
mod error;
mod proof;

use serde::Deserialize;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::bytes::base64url;
use crate::clock::Timestamp;
use crate::ids::VaultId;
use crate::sealing::digest::Digest;
use crate::sealing::signing::{SIGNATURE_BYTES, SigningKey, VerifyingKey};
use crate::sealing::statement::envelope::{VERSION, canonical, envelope, message, signature};
use crate::sealing::statement_kind::StatementKind;

pub use crate::sealing::statement::envelope::Heading;
pub use crate::sealing::statement::error::StatementError;

/// The longest statement that is read or signed.
pub const STATEMENT_MAX_BYTES: usize = 4 << 20;
/// What a signature's message begins with.
const CONTEXT: &[u8] = b"strongroom-statement-v1\n";

/// A statement with its signature; not yet checked against any key.
#[derive(Clone, PartialEq)]
pub struct Statement {
    kind: StatementKind,
    vault: VaultId,
    by: String,
    at: Timestamp,
    body: Map<String, Value>,
    signature: [u8; SIGNATURE_BYTES],
    bytes: Zeroizing<Vec<u8>>,
}

/// The envelope as it is read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    v: u64,
    kind: String,
    vault: VaultId,
    by: String,
    at: Timestamp,
    body: Map<String, Value>,
    sig: String,
}

impl Statement {
    /// Signs a statement.
    ///
    /// # Errors
    /// [`StatementError::Body`] when the body is no object or holds a fraction or an integer beyond
    /// 2^53, [`StatementError::TooLong`].
    pub fn sign(
        heading: &Heading<'_>,
        body: Value,
        key: &SigningKey,
    ) -> Result<Self, StatementError> {
        let Value::Object(body) = body else {
            return Err(StatementError::Body);
        };
        let signature = key.sign(&message(CONTEXT, heading, &body)?);
        Self::assemble(heading, body, signature)
    }

    /// Reads a statement's canonical bytes. The signature is not checked: see [`Statement::verify`].
    ///
    /// # Errors
    /// [`StatementError`] for anything but the one canonical spelling of a known envelope.
    pub fn parse(bytes: &[u8]) -> Result<Self, StatementError> {
        if bytes.len() > STATEMENT_MAX_BYTES {
            return Err(StatementError::TooLong);
        }
        let wire: Wire = serde_json::from_slice(bytes).map_err(|_| StatementError::Malformed)?;
        if wire.v != VERSION {
            return Err(StatementError::Version);
        }
        let heading = Heading {
            kind: wire.kind.parse().map_err(|_| StatementError::Kind)?,
            vault: wire.vault,
            by: &wire.by,
            at: wire.at,
        };
        let statement = Self::assemble(&heading, wire.body, signature(&wire.sig)?)?;
        if *statement.bytes != bytes {
            return Err(StatementError::NotCanonical);
        }
        Ok(statement)
    }

    /// Checks the signature.
    ///
    /// # Errors
    /// [`StatementError::Signature`] when it is not this key's over this statement.
    pub fn verify(&self, key: &VerifyingKey) -> Result<(), StatementError> {
        let message = message(CONTEXT, &self.heading(), &self.body)?;
        if key.signed(&message, &self.signature) {
            Ok(())
        } else {
            Err(StatementError::Signature)
        }
    }

    /// The canonical bytes, signature included.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 of [`Statement::bytes`].
    pub fn digest(&self) -> Digest {
        Digest::of(&self.bytes)
    }

    /// What is said.
    pub fn kind(&self) -> StatementKind {
        self.kind
    }

    /// The vault it is said in.
    pub fn vault(&self) -> VaultId {
        self.vault
    }

    /// The signer as named; only [`Statement::verify`] with that name's key makes it so.
    pub fn by(&self) -> &str {
        &self.by
    }

    /// When, by the signer's clock.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// The body, unknown fields included.
    pub fn body(&self) -> &Map<String, Value> {
        &self.body
    }

    /// The body as a typed value; `None` when it has another shape. Unknown fields are skipped.
    pub fn read_body<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_value(Value::Object(self.body.clone())).ok()
    }

    fn heading(&self) -> Heading<'_> {
        Heading {
            kind: self.kind,
            vault: self.vault,
            by: &self.by,
            at: self.at,
        }
    }

    fn assemble(
        heading: &Heading<'_>,
        body: Map<String, Value>,
        signature: [u8; SIGNATURE_BYTES],
    ) -> Result<Self, StatementError> {
        let mut envelope = envelope(heading, &body);
        envelope.insert("sig".to_owned(), base64url(&signature).into());
        let bytes = canonical(&envelope)?;
        if bytes.len() > STATEMENT_MAX_BYTES {
            return Err(StatementError::TooLong);
        }
        Ok(Self {
            kind: heading.kind,
            vault: heading.vault,
            by: heading.by.to_owned(),
            at: heading.at,
            body,
            signature,
            bytes,
        })
    }
}

impl std::fmt::Debug for Statement {
    /// Without the body, which may hold content or keys.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Statement")
            .field("kind", &self.kind)
            .field("by", &self.by)
            .field("at", &self.at)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn heading(by: &str) -> Heading<'_> {
        Heading {
            kind: StatementKind::Grant,
            vault: VaultId::from_bytes([9; 16]),
            by,
            at: Timestamp::from_ms(1_764_000_500_123),
        }
    }

    fn body() -> Value {
        json!({"to": "u_x", "until": 5, "names": ["\u{e9}", "e\u{301}", "\u{1f600}"], "later": {"b": 1, "a": null}})
    }

    proptest! {
        #[test]
        fn statements_round_trip(
            by: String,
            keys in prop::collection::vec((any::<String>(), any::<String>()), 0..6),
            number in -(1i64 << 53)..=1 << 53,
        ) {
            let key = SigningKey::generate();
            let mut body: Map<String, Value> =
                keys.into_iter().map(|(name, value)| (name, value.into())).collect();
            body.insert("n".to_owned(), number.into());
            let said = Statement::sign(&heading(&by), Value::Object(body), &key).unwrap();
            let read = Statement::parse(said.bytes()).unwrap();
            prop_assert!(read == said);
            prop_assert_eq!(read.digest(), Digest::of(said.bytes()));
            prop_assert!(read.verify(&key.verifying()).is_ok());
            prop_assert!(read.verify(&SigningKey::generate().verifying()).is_err());
        }

        #[test]
        fn hostile_bytes_never_panic(bytes: Vec<u8>) {
            prop_assert!(Statement::parse(&bytes).is_err());
        }
    }

    #[test]
    fn every_flipped_bit_is_refused() {
        let key = SigningKey::from_bytes([1; 32]);
        let said = Statement::sign(&heading("u_a"), body(), &key).unwrap();
        for at in 0..said.bytes().len() {
            for bit in 0..8 {
                let mut bytes = said.bytes().to_vec();
                bytes[at] ^= 1 << bit;
                let held = Statement::parse(&bytes).and_then(|s| s.verify(&key.verifying()));
                assert!(held.is_err(), "byte {at}, bit {bit}");
            }
        }
    }

    #[test]
    fn one_spelling_only() {
        let key = SigningKey::from_bytes([1; 32]);
        let said = Statement::sign(&heading("u_a"), body(), &key).unwrap();
        let text = std::str::from_utf8(said.bytes()).unwrap();
        assert!(text.starts_with("{\"at\":1764000500123,\"body\":{\"later\":{\"a\":null,\"b\":1}"));
        let wrong = [
            (text.replace(":5}", ":5.0}"), StatementError::Body),
            (text.replace(":5}", ": 5}"), StatementError::NotCanonical),
            (text.replace(":5}", ":5e0}"), StatementError::Body),
            (text.replace(":5}", ":-0}"), StatementError::Body),
            (
                text.replace(":5}", ":9007199254740993}"),
                StatementError::Body,
            ),
            (
                text.replace("u_x", "\\u0075_x"),
                StatementError::NotCanonical,
            ),
            (text.replace("\"v\":1", "\"v\":2"), StatementError::Version),
            (text.replace("\"grant\"", "\"grand\""), StatementError::Kind),
            (
                text.replace("\"v\":1", "\"v\":1,\"w\":1"),
                StatementError::Malformed,
            ),
            (
                text.replace("\"v\":1", "\"v\":1,\"v\":1"),
                StatementError::Malformed,
            ),
            (
                text.replace("\"until\":5", "\"until\":4,\"until\":5"),
                StatementError::NotCanonical,
            ),
            (format!("{text}\n"), StatementError::NotCanonical),
            (format!("\u{feff}{text}"), StatementError::Malformed),
            (
                text.replace("\"sig\":\"", "\"sig\":\"A"),
                StatementError::Malformed,
            ),
        ];
        for (text, error) in wrong {
            assert_eq!(
                Statement::parse(text.as_bytes()).unwrap_err(),
                error,
                "{text}"
            );
        }
        let long = vec![b' '; STATEMENT_MAX_BYTES + 1];
        assert_eq!(
            Statement::parse(&long).unwrap_err(),
            StatementError::TooLong
        );
    }

    #[test]
    fn what_cannot_be_signed_is_refused() {
        let key = SigningKey::from_bytes([1; 32]);
        for body in [
            json!([]),
            json!("x"),
            json!({"a": 1.5}),
            json!({"a": u64::MAX}),
        ] {
            let said = Statement::sign(&heading("u_a"), body, &key);
            assert_eq!(said.unwrap_err(), StatementError::Body);
        }
    }

    /// A signature of another program's over the same JSON must not pass for a statement's.
    #[test]
    fn signatures_are_bound_to_their_context() {
        let key = SigningKey::from_bytes([1; 32]);
        let Value::Object(body) = body() else {
            unreachable!()
        };
        let bare = canonical(&envelope(&heading("u_a"), &body)).unwrap();
        let said = Statement::assemble(&heading("u_a"), body, key.sign(&bare)).unwrap();
        assert_eq!(
            said.verify(&key.verifying()),
            Err(StatementError::Signature)
        );
    }

    #[test]
    fn debug_shows_no_body() {
        let key = SigningKey::from_bytes([1; 32]);
        let said = Statement::sign(&heading("u_a"), json!({"secret": "x"}), &key).unwrap();
        assert_eq!(
            format!("{said:?}"),
            "Statement { kind: Grant, by: \"u_a\", at: Timestamp(1764000500123), .. }"
        );
    }
}
