//! Files that go in and come out: forms, attachments, secrets, exports. Nothing that exists is ever
//! written over, and what holds content or a secret is for its owner's eyes only (mode 0600).

use std::fs;
use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::Read;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::path::PathBuf;

use serde_json::Value;

use crate::cli::fail::CliError;
use crate::cli::interrupt;
use crate::cli::progress::Bar;
use crate::desk::Attach;
use crate::ledger::durable::PRIVATE;
use crate::ledger::durable::make_folders;
use crate::ledger::durable::sync_name;
use crate::records::attachment;
use crate::records::input;

/// The form in `path`, JSON or TOML; `-` is stdin.
///
/// # Errors
/// Refused: a file that cannot be read or is no form.
pub(crate) fn form(path: &Path) -> Result<Value, CliError> {
    let unreadable = |error: io::Error| CliError::file("read", path, &error);
    let limit = input::MAX_BYTES as u64 + 1;
    let mut bytes = Vec::new();
    let (name, read) = if path == Path::new("-") {
        (None, io::stdin().lock().take(limit).read_to_end(&mut bytes))
    } else {
        let file = File::open(path).map_err(unreadable)?;
        (
            Some(path.to_string_lossy()),
            file.take(limit).read_to_end(&mut bytes),
        )
    };
    read.map_err(unreadable)?;
    let form = input::parse(&bytes, name.as_deref());
    let from = match name {
        Some(name) => format!("`{name}`"),
        None => "standard input".to_owned(),
    };
    form.map_err(|error| CliError::refused("form", format!("{from}: {error}")))
}

/// A file to attach, under its own name. `open` reads it anew each time and moves `bar`.
///
/// # Errors
/// Refused: a file that cannot be read, a name or type that is not taken.
pub(crate) fn attach(path: &Path, bar: &Bar) -> Result<Attach, CliError> {
    let unreadable = |error: io::Error| CliError::file("attach", path, &error);
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .ok_or_else(|| {
            let says = format!("`{}` has no name that can be kept", path.display());
            CliError::refused("attachment", says)
        })?;
    attachment::file_type(name).map_err(|error| {
        CliError::refused("attachment", format!("`{}`: {error}", path.display()))
    })?;
    let about = fs::metadata(path).map_err(unreadable)?;
    if about.is_dir() {
        return Err(unreadable(io::ErrorKind::IsADirectory.into()));
    }
    File::open(path).map_err(unreadable)?;
    let (path, bar) = (path.to_owned(), bar.clone());
    Ok(Attach {
        name: name.to_owned(),
        source: Box::new(move || Ok(bar.reader(File::open(&path)?))),
    })
}

/// How many bytes the files hold together, each read `times` times.
pub(crate) fn bytes_to_read(paths: &[PathBuf], times: u64) -> u64 {
    let sizes = paths.iter().filter_map(|path| fs::metadata(path).ok());
    sizes
        .map(|about| about.len())
        .sum::<u64>()
        .saturating_mul(times)
}

/// Makes a folder that only its owner can enter, or takes an empty one that is there.
///
/// # Errors
/// Refused: something is in it, or it cannot be made.
pub(crate) fn private_folder(path: &Path) -> Result<(), CliError> {
    unused(path)?;
    make_folders(path, PRIVATE).map_err(|error| CliError::file("make the folder", path, &error))
}

/// Makes sure that nothing is there yet, or an empty folder.
///
/// # Errors
/// Refused: something is there.
pub(crate) fn unused(path: &Path) -> Result<(), CliError> {
    let mut entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(CliError::file("use the folder", path, &error)),
    };
    if entries.next().is_some() {
        let says = format!("`{}` is not empty", path.display());
        return Err(CliError::refused("exists", says).hint("name a folder that is not there yet"));
    }
    Ok(())
}

/// Writes a new file that only its owner can read.
///
/// # Errors
/// Refused: it exists, or cannot be written.
pub(crate) fn secret(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    let mut file = NewFile::begin(path)?;
    file.write_all(bytes)
        .map_err(|error| CliError::file("write", path, &error))?;
    file.keep()
}

/// A file that takes its name only when it is whole.
#[derive(Debug)]
pub(crate) struct NewFile {
    path: PathBuf,
    part: PathBuf,
    file: File,
    kept: bool,
}

impl NewFile {
    /// Begins beside `path`, which must not exist.
    ///
    /// # Errors
    /// Refused: it exists, or nothing can be written there.
    pub(crate) fn begin(path: &Path) -> Result<Self, CliError> {
        if fs::symlink_metadata(path).is_ok() {
            return Err(
                CliError::file("write", path, &io::ErrorKind::AlreadyExists.into())
                    .hint("choose another name; nothing is written over"),
            );
        }
        let part = crate::cli::ask::beside(path, ".part");
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&part);
        let file = file.map_err(|error| CliError::file("write", path, &error))?;
        interrupt::unfinished(&part);
        Ok(Self {
            path: path.to_owned(),
            part,
            file,
            kept: false,
        })
    }

    /// The file is whole: gives it its name.
    ///
    /// # Errors
    /// Refused: the disk would not take it.
    pub(crate) fn keep(mut self) -> Result<(), CliError> {
        let named = self
            .file
            .sync_all()
            .and_then(|()| fs::rename(&self.part, &self.path));
        let unwritten = |error: io::Error| CliError::file("write", &self.path, &error);
        named.map_err(unwritten)?;
        self.kept = true;
        // Nobody is told that it is there before a power cut cannot take it.
        sync_name(&self.path).map_err(unwritten)
    }
}

impl Write for NewFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.kept {
            // Nothing more can be done about a file that will not go.
            drop(fs::remove_file(&self.part));
        }
        interrupt::finished(&self.part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_file_appears_whole_or_not_at_all() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("out.age");
        let mut file = NewFile::begin(&path).unwrap();
        file.write_all(b"half").unwrap();
        drop(file);
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);

        secret(&path, b"whole").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
        assert!(secret(&path, b"other").is_err(), "nothing is written over");
        assert_eq!(fs::read(&path).unwrap(), b"whole");
    }

    #[test]
    fn folders_with_something_in_them_are_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b");
        private_folder(&path).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o700
        );
        private_folder(&path).unwrap();
        fs::write(path.join("x"), "x").unwrap();
        assert!(private_folder(&path).is_err());
        assert!(unused(&path.join("x")).is_err(), "a file is not a folder");
    }
}
