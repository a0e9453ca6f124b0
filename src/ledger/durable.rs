//! Files and folders beside a vault, made so that a power cut takes neither their bytes nor their names: a name
//! is durable only once the folder it stands in was synced, the names of new folders too.

use std::fs;
use std::fs::DirBuilder;
use std::fs::File;
use std::io;
use std::io::Write as _;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::path::PathBuf;

use crate::bytes::hex;
use crate::ids::random;

/// For everybody, as far as the process's mask lets them.
pub(crate) const PUBLIC: u32 = 0o777;

/// For the owner alone.
pub(crate) const PRIVATE: u32 = 0o700;

/// Makes a folder and those above it that are missing, with this mode, durably.
///
/// # Errors
/// As the file system reports.
pub(crate) fn make_folders(path: &Path, mode: u32) -> io::Result<()> {
    make_each(path, mode, &mut |_| ())
}

/// As [`make_folders`]; `tell` hears of each that was not there, the outermost first.
///
/// # Errors
/// As the file system reports.
pub(crate) fn make_each(path: &Path, mode: u32, tell: &mut dyn FnMut(&Path)) -> io::Result<()> {
    let missing: Vec<&Path> = path
        .ancestors()
        .take_while(|part| !part.as_os_str().is_empty() && !part.exists())
        .collect();
    for part in missing.into_iter().rev() {
        match DirBuilder::new().mode(mode).create(part) {
            Ok(()) => tell(part),
            // Somebody else was quicker, and may not have synced it yet.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && part.is_dir() => (),
            Err(error) => return Err(error),
        }
        sync_name(part)?;
    }
    Ok(())
}

/// Makes the name of a file or folder durable. Where a file system syncs no folders, or this account may not
/// look into the folder, that is as durable as it gets.
///
/// # Errors
/// As the file system reports.
pub(crate) fn sync_name(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => return Ok(()),
    };
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(error) if is_beyond_us(error.kind()) => Ok(()),
        other => other,
    }
}

fn is_beyond_us(error: io::ErrorKind) -> bool {
    matches!(
        error,
        io::ErrorKind::PermissionDenied | io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported
    )
}

/// Puts a whole file in place, durably: the old one or the new one survives a power cut. Of several who do so
/// at once one wins, and nobody finds half a file.
///
/// # Errors
/// As the file system reports.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let beside = beside(path);
    let put = File::create(&beside)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_all()
        })
        .and_then(|()| fs::rename(&beside, path))
        .and_then(|()| sync_name(path));
    if put.is_err() {
        // Best effort: it is gone already where only the last sync failed.
        drop(fs::remove_file(&beside));
    }
    put
}

fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}", hex(&random::<8>())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn folders_are_made_and_told_of_once() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a/b");
        let mut told = Vec::new();
        for _ in 0..2 {
            make_each(&path, PRIVATE, &mut |part| told.push(part.to_owned())).unwrap();
        }
        assert_eq!(told, [home.path().join("a"), path.clone()]);
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, PRIVATE);
        fs::write(path.join("file"), "").unwrap();
        assert!(make_folders(&path.join("file/deeper"), PRIVATE).is_err());
    }

    #[test]
    fn a_file_is_replaced_and_nothing_is_left_beside_it() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("file");
        for text in ["old", "new"] {
            replace(&path, text.as_bytes()).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert!(replace(home.path(), b"a folder is in the way").is_err());
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }
}
