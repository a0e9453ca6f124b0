//! A vault that still stands where the lost one was: it knows better than any backup.

use std::path::Path;
use std::sync::Arc;

use crate::keeper::backup::BackupError;
use crate::keeper::backup::check;
use crate::keeper::config::Config;
use crate::keeper::open::OpenError;
use crate::keeper::remembered::HeadSeen;
use crate::ledger::VerifierKey;
use crate::ledger::journal::disk::RealDisk;
use crate::store::backup::Manifest;

/// What the vault at `dir` knows, where one stands there that is this one and whole.
///
/// # Errors
/// [`BackupError`] where it is open, or whole and no older than the backup: there would be two.
pub(crate) fn look(
    dir: &Path,
    manifest: &Manifest,
    key: &VerifierKey,
) -> Result<Option<HeadSeen>, BackupError> {
    let Ok(Some(config)) = Config::read(dir) else {
        return Ok(None);
    };
    if config.vault != manifest.vault {
        return Ok(None);
    }
    let still = |what: &str| {
        let says = format!(
            "the vault itself {what} at `{}`: a second copy beside it would be a second history. To try a backup \
             out, use `strongroom backup rehearse`",
            dir.display()
        );
        BackupError::refused("still-there", says)
    };
    let found = match check::of_files(Arc::new(RealDisk), dir, config.vault, (key, &[])) {
        Err(OpenError::Locked(_)) => return Err(still("is in use")),
        // What cannot be read, or is damaged, is why somebody restores.
        Err(_) => return Ok(None),
        Ok(found) => found,
    };
    let here = (found.generation, found.head.size());
    if here == (manifest.generation, manifest.size) {
        return Err(still("is whole"));
    }
    let root = found.head.root_at(here.1);
    Ok(root.map(|root| HeadSeen {
        who: format!("the vault at `{}`, which is whole,", dir.display()),
        at: Some(found.head.last_time()),
        generation: here.0,
        size: here.1,
        root: root.to_string(),
        stands: true,
    }))
}
