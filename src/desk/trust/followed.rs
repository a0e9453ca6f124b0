//! The statements a desk has followed last, and whom they make known. Every act begins with what the keeper shows of
//! its people; following the same statements again would say the same.

use crate::desk::error::DeskError;
use crate::desk::trust::Trust;
use crate::ids::VaultId;
use crate::keeper::message::answer::Keys;

/// What was followed. Only the very same bytes are taken for what they were taken for before.
#[derive(Debug)]
pub(crate) struct Followed {
    genesis: Vec<u8>,
    statements: Vec<String>,
    trust: Trust,
}

impl Followed {
    /// Whom these keys' statements make known: from what was followed `before`, or anew.
    ///
    /// # Errors
    /// As [`Trust::of`].
    pub(crate) fn trust(
        before: &mut Option<Self>,
        vault: VaultId,
        keys: &Keys,
    ) -> Result<Trust, DeskError> {
        if let Some(before) = before
            && (&before.genesis, &before.statements) == (&keys.genesis, &keys.statements)
        {
            return Ok(before.trust.clone());
        }
        let trust = Trust::of(vault, &keys.genesis, &keys.statements)?;
        *before = Some(Self {
            genesis: keys.genesis.clone(),
            statements: keys.statements.clone(),
            trust: trust.clone(),
        });
        Ok(trust)
    }
}
