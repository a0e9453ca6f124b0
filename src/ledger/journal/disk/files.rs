//! What is done with files and directories of any disk, and what a disk's errors mean.

use std::borrow::Cow;
use std::io;
use std::path::{Path, PathBuf};

use crate::ledger::journal::disk::{Disk, DiskFile};

/// Writes a whole file so that after a crash either all of it is there or what was there before.
///
/// # Errors
/// As the file system reports.
pub fn write_whole(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let staged = staged(path);
    remove_if_there(disk, &staged)?;
    let file = disk.create_new(&staged)?;
    file.write_at(bytes, 0)?;
    file.sync_all()?;
    disk.rename(&staged, path)?;
    disk.sync_dir(path.parent().unwrap_or(path))
}

/// Reads a whole file of at most `limit` bytes.
///
/// # Errors
/// As the file system reports, and `FileTooLarge`.
pub fn read_whole(disk: &dyn Disk, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = disk.open(path)?;
    let size = file.size()?;
    if size > limit {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    read_part(&*file, 0, usize::try_from(size).unwrap_or(usize::MAX))
}

/// Reads `length` bytes at `offset`, having checked that the file has them before it allocates.
///
/// # Errors
/// As the file system reports.
pub fn read_part(file: &dyn DiskFile, offset: u64, length: usize) -> io::Result<Vec<u8>> {
    let end = u64::try_from(length)
        .ok()
        .and_then(|length| offset.checked_add(length));
    if end.is_none_or(|end| end > file.size().unwrap_or(0)) {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let mut bytes = vec![0; length];
    file.read_at(&mut bytes, offset)?;
    Ok(bytes)
}

/// Makes a directory unless it is there, and makes its name durable.
///
/// # Errors
/// As the file system reports.
pub fn make_dir(disk: &dyn Disk, dir: &Path) -> io::Result<()> {
    match disk.create_dir(dir) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => sync_name(disk, dir),
    }
}

/// Makes the name of a file or directory durable.
///
/// # Errors
/// As the file system reports.
pub fn sync_name(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => disk.sync_dir(parent),
        _ => disk.sync_dir(Path::new(".")),
    }
}

/// Whether an error says that there is nothing of that name.
pub fn is_absent(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
    )
}

/// Removes a file's name, if there is one.
///
/// # Errors
/// As the file system reports.
pub fn remove_if_there(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    match disk.remove(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Why the operating system would not, in words.
pub fn reason(error: &io::Error) -> Cow<'static, str> {
    Cow::Borrowed(match error.kind() {
        io::ErrorKind::NotFound => "there is no such file or folder",
        io::ErrorKind::PermissionDenied => "this account of the computer may not",
        io::ErrorKind::AlreadyExists => "it already exists",
        io::ErrorKind::StorageFull => "the disk is full",
        io::ErrorKind::IsADirectory => "it is a folder",
        io::ErrorKind::NotADirectory => "a part of the path is not a folder",
        io::ErrorKind::ReadOnlyFilesystem => "the disk is read-only",
        io::ErrorKind::InvalidData => "it is not readable text (UTF-8)",
        _ if error.raw_os_error() == Some(rustix::io::Errno::IO.raw_os_error()) => {
            "the disk reports that it failed"
        }
        _ => return Cow::Owned(plain(error)),
    })
}

/// The system's own words without its error number.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    let words = text.split(" (os error").next().unwrap_or_default();
    words.to_lowercase()
}

fn staged(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".tmp");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_errors_lose_their_numbers() {
        for number in [5, 40] {
            let error = io::Error::from_raw_os_error(number);
            assert!(!reason(&error).contains("os error"), "{}", reason(&error));
        }
        assert!(reason(&io::Error::from_raw_os_error(5)).contains("failed"));
        assert_eq!(
            reason(&io::Error::from_raw_os_error(28)),
            "the disk is full"
        );
    }
}
