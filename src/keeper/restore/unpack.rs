//! Writing a backup's files out, each compared with its digest on the way.

use std::io;
use std::path::Path;
use std::sync::Arc;

use crate::keeper::backup::BackupError;
use crate::ledger::journal::disk::RealDisk;
use crate::store::backup::Copying;
use crate::store::backup::Manifest;
use crate::store::backup::Place;
use crate::store::backup::Source;
use crate::store::backup::Told;

/// Insists that nothing is there yet, or an empty folder.
pub(crate) fn unused(dir: &Path) -> Result<(), BackupError> {
    let taken = match std::fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(error.into()),
        Ok(mut entries) => entries.next().is_some(),
    };
    if taken {
        let says = format!(
            "`{}` is not empty; a backup is only ever restored into a new folder",
            dir.display()
        );
        return Err(BackupError::refused("exists", says));
    }
    Ok(())
}

/// Writes all files of a backup into `to`, durably.
pub(crate) fn unpack(
    from: &Place,
    manifest: &Manifest,
    to: &Path,
    told: &mut Told<'_>,
) -> Result<(), BackupError> {
    let (mut done, whole) = (0, manifest.bytes());
    let mut each = |bytes: u64| {
        done = whole.min(done + bytes);
        told(done, whole);
    };
    let place = Place::at(Arc::new(RealDisk), to);
    let mut copying = Copying::begin(&place, None, &mut each);
    copying.room_for(whole)?;
    let disk = from.disk();
    for file in &manifest.files {
        copying.put(&file.path, Source::Kept(&*disk, from.dir(), file))?;
    }
    for (path, text) in &manifest.texts {
        copying.put(path, Source::Held(text.as_bytes()))?;
    }
    copying.settle()?;
    Ok(())
}
