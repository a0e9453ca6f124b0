//! Which recovery key things are sealed to: the one of genesis, or the last of the keys that the root says took
//! each other's place.

use crate::desk::error::DeskError;
use crate::desk::trust::ROOT;
use crate::desk::trust::Trust;
use crate::desk::trust::body;
use crate::keeper::message::load::RecoveryStatement;
use crate::sealing::HybridRecipient;
use crate::sealing::Statement;

impl Trust {
    /// Takes in a statement that the trustees have another key; only the root's counts.
    pub(crate) fn take_recovery(&mut self, statement: &Statement) -> bool {
        let Ok(said) = body::<RecoveryStatement>(statement) else {
            return false;
        };
        let signed = statement.by() == ROOT && statement.verify(&self.genesis.root).is_ok();
        if signed && !self.recoveries.contains(&said) {
            self.recoveries.push(said);
        }
        signed
    }

    /// The trustees' recipient. `None` where there is none, or where two keys are shown to have taken the place
    /// of the same one, which no honest keeper can show.
    pub(crate) fn recovery(&self) -> Option<&HybridRecipient> {
        let mut last = self.genesis.recovery.as_ref()?;
        for number in (1_u32..).take(self.recoveries.len()) {
            let mut next = self.recoveries.iter();
            let mut next = next
                .by_ref()
                .filter(|said| said.number == number && said.replaces == *last);
            match (next.next(), next.next()) {
                (Some(said), None) => last = &said.recovery,
                _ => return None,
            }
        }
        Some(last)
    }

    /// How many keys the trustees have had since genesis.
    pub(crate) fn recovery_number(&self) -> u32 {
        u32::try_from(self.recoveries.len()).unwrap_or(u32::MAX)
    }

    /// Checks that the keeper names the key which is signed: a vault with trustees shows one always, so that
    /// nothing is filed that they could not bring back.
    pub(crate) fn check_recovery(&self, shown: Option<&HybridRecipient>) -> Result<(), DeskError> {
        if shown == self.recovery() {
            return Ok(());
        }
        Err(DeskError::damaged(
            "the trustees' recovery key that the keeper shows is not the one that the root key vouches for",
        ))
    }
}
