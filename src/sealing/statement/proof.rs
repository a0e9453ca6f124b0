//! Statements that a second key carries too.

use serde_json::Value;

use crate::bytes::base64url;
use crate::sealing::signing::{SigningKey, VerifyingKey};
use crate::sealing::statement::Statement;
use crate::sealing::statement::StatementError;
use crate::sealing::statement::envelope::{Heading, message, signature};

/// What the message of a second signature begins with.
const PROOF_CONTEXT: &[u8] = b"strongroom-proof-v1\n";
/// Where a second signature stands in the body.
const PROOF: &str = "proof";

impl Statement {
    /// Signs a statement that two keys carry: a succession (old key, new key) or an enrolment
    /// (invitation's key, new key). The second key's signature stands in the body as `proof`; it is
    /// over `strongroom-proof-v1\n` and the canonical bytes without `sig` and `proof`.
    ///
    /// # Errors
    /// As [`Statement::sign`].
    pub fn sign_with_proof(
        heading: &Heading<'_>,
        body: Value,
        key: &SigningKey,
        second: &SigningKey,
    ) -> Result<Self, StatementError> {
        let Value::Object(mut body) = body else {
            return Err(StatementError::Body);
        };
        body.remove(PROOF);
        let proof = second.sign(&message(PROOF_CONTEXT, heading, &body)?);
        body.insert(PROOF.to_owned(), base64url(&proof).into());
        Self::sign(heading, Value::Object(body), key)
    }

    /// Checks the second signature of [`Statement::sign_with_proof`]; the first is
    /// [`Statement::verify`]'s.
    ///
    /// # Errors
    /// [`StatementError::Signature`] when there is none or it is not this key's.
    pub fn verify_proof(&self, second: &VerifyingKey) -> Result<(), StatementError> {
        let mut body = self.body.clone();
        let proof = match body.remove(PROOF) {
            Some(Value::String(text)) => signature(&text)?,
            _ => return Err(StatementError::Signature),
        };
        let message = message(PROOF_CONTEXT, &self.heading(), &body)?;
        if second.signed(&message, &proof) {
            Ok(())
        } else {
            Err(StatementError::Signature)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::ids::VaultId;
    use crate::sealing::statement_kind::StatementKind;
    use serde_json::json;

    fn heading() -> Heading<'static> {
        Heading {
            kind: StatementKind::Succeed,
            vault: VaultId::from_bytes([9; 16]),
            by: "u_a",
            at: Timestamp::from_ms(7),
        }
    }

    #[test]
    fn two_keys_carry_a_succession() {
        let (old, new) = (
            SigningKey::from_bytes([1; 32]),
            SigningKey::from_bytes([2; 32]),
        );
        let said = Statement::sign_with_proof(&heading(), json!({"to": "x"}), &old, &new).unwrap();
        let said = Statement::parse(said.bytes()).unwrap();
        assert_eq!(said.verify(&old.verifying()), Ok(()));
        assert_eq!(said.verify_proof(&new.verifying()), Ok(()));
        assert_eq!(
            said.verify(&new.verifying()),
            Err(StatementError::Signature)
        );
        assert_eq!(
            said.verify_proof(&old.verifying()),
            Err(StatementError::Signature)
        );

        // The first key alone cannot say that the second agreed: neither to another moment ..
        let later = Heading {
            at: Timestamp::from_ms(1),
            ..heading()
        };
        let moved = Statement::sign(&later, Value::Object(said.body().clone()), &old).unwrap();
        assert_eq!(moved.verify(&old.verifying()), Ok(()));
        assert_eq!(
            moved.verify_proof(&new.verifying()),
            Err(StatementError::Signature)
        );
        // .. nor at all.
        let alone = Statement::sign(&heading(), json!({"to": "x"}), &old).unwrap();
        assert_eq!(
            alone.verify_proof(&new.verifying()),
            Err(StatementError::Signature)
        );
    }

    /// Neither signature may stand in for the other.
    #[test]
    fn a_proof_is_no_signature() {
        let key = SigningKey::from_bytes([1; 32]);
        let both = Statement::sign_with_proof(&heading(), json!({}), &key, &key).unwrap();
        assert_eq!(both.verify_proof(&key.verifying()), Ok(()));
        let text = String::from_utf8(both.bytes().to_vec()).unwrap();
        let proof = both.body()["proof"].as_str().unwrap();
        let sig = text
            .split("\"sig\":\"")
            .nth(1)
            .unwrap()
            .split('"')
            .next()
            .unwrap();
        assert_ne!(sig, proof);
        let swapped = text
            .replace(sig, "@")
            .replace(proof, sig)
            .replace('@', proof);
        let swapped = Statement::parse(swapped.as_bytes()).unwrap();
        assert!(swapped.verify(&key.verifying()).is_err());
        assert!(swapped.verify_proof(&key.verifying()).is_err());
    }
}
