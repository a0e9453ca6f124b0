//! What opens an entry's `commit`.

use serde::Deserialize;
use serde::Serialize;

/// Salt and detail of one entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// 32 random bytes, base64url.
    pub salt: String,
    /// Canonical JSON `{ask, keeper: {rules, policy, items}}`.
    pub detail: String,
}

impl From<&crate::ledger::Opening> for Opening {
    fn from(opening: &crate::ledger::Opening) -> Self {
        let salt = crate::bytes::base64url(opening.salt());
        Self {
            salt,
            detail: opening.detail().to_owned(),
        }
    }
}

impl Opening {
    /// As the ledger checks it; `None` when the salt is not 32 bytes.
    pub fn to_ledger(&self) -> Option<crate::ledger::Opening> {
        let salt: [u8; 32] = crate::bytes::unbase64url(&self.salt)?.try_into().ok()?;
        Some(crate::ledger::Opening::new(salt, self.detail.clone()))
    }
}
