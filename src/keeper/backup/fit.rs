//! Whether a folder may keep backups: never inside the vault or its keys, and never around them.

use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::path::PathBuf;

use crate::keeper::Paths;
use crate::keeper::backup::BackupError;

/// Refuses a folder that cannot keep backups of this vault.
///
/// # Errors
/// [`BackupError::Refused`].
pub(crate) fn fit(dir: &Path, paths: &Paths) -> Result<(), BackupError> {
    let refused = |says: &str| Err(BackupError::refused("bad-place", says));
    let (dir, vault, keys) = (
        resolved(dir)?,
        resolved(&paths.dir)?,
        resolved(&paths.keys)?,
    );
    if dir.starts_with(&vault) {
        return refused(
            "a backup inside the vault's own folder is lost with it; name a folder on another disk",
        );
    }
    if dir.starts_with(&keys) || keys.starts_with(&dir) {
        return refused(
            "the vault's keys are there, and a backup beside its keys opens by itself; name another folder",
        );
    }
    if vault.starts_with(&dir) {
        return refused("the vault itself is in that folder; name one that is for backups alone");
    }
    Ok(())
}

/// Whether both are on the same disk; not, where that cannot be told.
pub(crate) fn same_disk(a: &Path, b: &Path) -> bool {
    disks(a, b).is_some_and(|(a, b)| a == b)
}

/// Whether each is on a disk of its own; not, where that cannot be told.
pub(crate) fn apart(a: &Path, b: &Path) -> bool {
    disks(a, b).is_some_and(|(a, b)| a != b)
}

fn disks(a: &Path, b: &Path) -> Option<(u64, u64)> {
    let disk = |path: &Path| std::fs::metadata(path).map(|data| data.dev()).ok();
    Some((disk(a)?, disk(b)?))
}

/// The path without links, as far as its folders are there.
pub(crate) fn resolved(path: &Path) -> io::Result<PathBuf> {
    let whole = std::path::absolute(path)?;
    let mut rest = Vec::new();
    let mut at = whole.as_path();
    loop {
        if let Ok(found) = at.canonicalize() {
            return Ok(rest.iter().rev().fold(found, |path, part| path.join(part)));
        }
        match (at.parent(), at.file_name()) {
            (Some(parent), Some(name)) => {
                rest.push(name.to_owned());
                at = parent;
            }
            _ => return Ok(whole),
        }
    }
}
