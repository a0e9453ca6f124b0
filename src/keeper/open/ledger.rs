//! Which ledger an opened vault goes on with, and that its root key says so.

use std::path::Path;

use crate::ids::VaultId;
use crate::keeper::keyring::Keyring;
use crate::keeper::ledgers::Ledgers;
use crate::keeper::ledgers::SUCCESSION;
use crate::keeper::open::OpenError;
use crate::keeper::vault::Vault;
use crate::ledger::Lineage;
use crate::ledger::LogKey;
use crate::ledger::VerifierKey;
use crate::ledger::journal::disk::Disk;

/// The ledgers a vault's files have had.
///
/// # Errors
/// [`OpenError::Damaged`], [`OpenError::Io`].
pub(crate) fn ledgers_of(
    disk: &dyn Disk,
    dir: &Path,
    vault: VaultId,
) -> Result<Ledgers, OpenError> {
    Ledgers::read(disk, dir, vault).map_err(|error| match error.kind() {
        std::io::ErrorKind::InvalidData => OpenError::Damaged(error.to_string()),
        _ => OpenError::Io(error),
    })
}

/// The key that signs the last of a vault's ledgers.
pub(crate) fn log_key(keyring: &Keyring, ledgers: &Ledgers) -> std::io::Result<LogKey> {
    match ledgers.name() {
        Some(name) => keyring.log_key_of(name),
        None => keyring.log_key(),
    }
}

/// The keys of a vault's history, this one its last.
///
/// # Errors
/// [`OpenError::NoKeys`] where another ledger is the last.
pub(crate) fn lineage_of(ledgers: &Ledgers, key: &VerifierKey) -> Result<Lineage, OpenError> {
    ledgers.lineage(key).ok_or_else(|| {
        let says = "the ledger's key beside the vault is not the one this vault's ledger goes on with, since it was \
                    begun anew after entries were lost; name the folder that has it with --keys";
        OpenError::NoKeys(says.to_owned())
    })
}

impl Vault {
    /// Insists that the ledgers this vault has had are the ones its root key says, and has the last one's key in
    /// its place.
    pub(crate) fn settle_ledger(&mut self) -> Result<(), OpenError> {
        if let Some(last) = self.ledgers.name() {
            let vouched = self.ledgers.vouched(&self.root_key()?)
                && self
                    .ledgers
                    .lead(&self.genesis()?.log, &self.head.verifier().to_string())
                && self.ledgers.begin(&self.head);
            if !vouched {
                let says = format!(
                    "`{SUCCESSION}` names ledgers that the vault's root key does not vouch for"
                );
                return Err(OpenError::Damaged(says));
            }
            self.keyring.settle_log_key(last).map_err(OpenError::Io)?;
        }
        Ok(())
    }
}
