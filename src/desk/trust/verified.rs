//! Statements whose signature was checked and is somebody's who is known: the key of a case is looked at for each
//! record that is sealed to it, and says the same each time.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use sha2::Digest as _;
use sha2::Sha256;

use crate::sealing::Statement;

/// How many are remembered; then all are forgotten, and checked again.
const MOST: usize = 4096;

/// Digests of whole statements, signature and all. Only what is signed is remembered: who is known stays known,
/// and whoever is not may become so.
#[derive(Debug, Clone, Default)]
pub(crate) struct Verified(Arc<Mutex<BTreeSet<[u8; 32]>>>);

impl Verified {
    /// Whether a statement was found to be signed before, or is now.
    pub(crate) fn or_is(&self, statement: &Statement, check: impl FnOnce() -> bool) -> bool {
        let digest = Sha256::digest(statement.bytes()).into();
        if self.all(|all| all.contains(&digest)) {
            return true;
        }
        let signed = check();
        if signed {
            self.all(|all| {
                if all.len() >= MOST {
                    all.clear();
                }
                all.insert(digest)
            });
        }
        signed
    }

    fn all<T>(&self, then: impl FnOnce(&mut BTreeSet<[u8; 32]>) -> T) -> T {
        then(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::clock::Timestamp;
    use crate::ids::VaultId;
    use crate::sealing::Heading;
    use crate::sealing::SigningKey;
    use crate::sealing::StatementKind;

    fn statement(key: &SigningKey, at: u64) -> Statement {
        let heading = Heading {
            kind: StatementKind::Epoch,
            vault: VaultId::from_bytes([7; 16]),
            by: "root",
            at: Timestamp::from_ms(at),
        };
        Statement::sign(&heading, json!({}), key).unwrap()
    }

    #[test]
    fn what_is_signed_is_checked_once_and_what_is_not_each_time() {
        let (ours, theirs) = (SigningKey::generate(), SigningKey::generate());
        let verified = Verified::default();
        let (good, bad) = (statement(&ours, 1), statement(&theirs, 1));
        assert!(!verified.or_is(&bad, || false));
        assert!(verified.or_is(&good, || true));
        assert!(verified.clone().or_is(&good, || unreachable!()));
        // The same words under another signature are another statement.
        assert!(!verified.or_is(&bad, || false));
        for at in 2..2 + MOST as u64 {
            verified.or_is(&statement(&ours, at), || true);
        }
        assert!(verified.all(|all| all.len() <= MOST));
        assert!(!verified.or_is(&good, || false), "forgotten, not believed");
    }
}
