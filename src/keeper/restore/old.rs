//! What the old disk still has beyond the backup: frames that continue its journal, and attachments.

use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::keeper::backup::BackupError;
use crate::ledger::journal::Position;
use crate::ledger::journal::disk::Disk;
use crate::ledger::journal::disk::DiskFile;
use crate::ledger::journal::disk::RealDisk;
use crate::store::backup::Copying;
use crate::store::backup::Listed;
use crate::store::backup::Manifest;
use crate::store::backup::Place;
use crate::store::backup::ReadOnly;
use crate::store::backup::Source;
use crate::store::backup::missing;

/// Takes over what follows the backup; how many entries, and whether an attachment could not be read.
pub(crate) fn take(
    into: &Path,
    old: &Path,
    manifest: &Manifest,
    end: Position,
) -> Result<(u64, bool), BackupError> {
    let found = missing(&ReadOnly, old, (&manifest.vault, manifest), end)?;
    if let Some(later) = found.later {
        return Err(BackupError::WentBack(format!(
            "the old disk is of generation {later} of the keys, and the backup {} of {}: something was removed for \
             good since, with the key that opened this backup. Use a newer backup; the old folder itself may open \
             where its keys are",
            manifest.id, manifest.generation
        )));
    }
    for (path, bytes) in &found.segments {
        append(&into.join(path), bytes)?;
    }
    RealDisk.sync_dir(&into.join("journal"))?;
    Ok((found.entries, attachments(into, old, manifest)?))
}

fn append(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let disk = RealDisk;
    let file: Box<dyn DiskFile> = if path.exists() {
        disk.open(path)?
    } else {
        disk.create_new(path)?
    };
    let end = file.size()?;
    file.write_at(bytes, end)?;
    file.sync_all()
}

/// Copies attachments the backup does not have. One that is not what it is named after is left out.
fn attachments(into: &Path, old: &Path, manifest: &Manifest) -> Result<bool, BackupError> {
    let place = Place::at(Arc::new(RealDisk), into);
    let mut each = |_| ();
    let mut copying = Copying::begin(&place, None, &mut each);
    let mut gaps = false;
    for shelf in names(&old.join("payload")) {
        for name in names(&old.join("payload").join(&shelf)) {
            let path = format!("payload/{shelf}/{name}");
            let is_payload = name.len() == 64 && name.get(..2) == Some(shelf.as_str());
            if !is_payload || manifest.file(&path).is_some() {
                continue;
            }
            let Ok(bytes) = std::fs::metadata(old.join(&path)).map(|data| data.len()) else {
                gaps = true;
                continue;
            };
            let listed = Listed {
                path: path.clone(),
                bytes,
                sha256: name,
            };
            let taken = copying.put(&path, Source::Kept(&ReadOnly, old, &listed));
            gaps |= taken.is_err();
        }
    }
    copying.settle()?;
    Ok(gaps)
}

fn names(dir: &Path) -> Vec<String> {
    ReadOnly.list(dir).unwrap_or_default()
}
