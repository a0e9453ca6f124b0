//! A folder that is gone again, whatever happens, unless it becomes the one it was made for.

use std::fs;
use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::Path;
use std::path::PathBuf;

use crate::keeper::backup::BackupError;
use crate::ledger::journal::disk::Disk as _;
use crate::ledger::journal::disk::RealDisk;
use crate::ledger::journal::disk::reason;

/// The folder.
#[derive(Debug)]
pub(crate) struct Scratch {
    dir: PathBuf,
    kept: bool,
}

impl Scratch {
    /// `DIR.WORD`.
    ///
    /// # Errors
    /// [`BackupError::Failed`].
    pub(crate) fn beside(dir: &Path, word: &str) -> Result<Self, BackupError> {
        let mut name = dir.as_os_str().to_owned();
        name.push(format!(".{word}"));
        Self::at(name.into())
    }

    /// `DIR/WORD`.
    ///
    /// # Errors
    /// [`BackupError::Failed`].
    pub(crate) fn inside(dir: &Path, word: &str) -> Result<Self, BackupError> {
        Self::at(dir.join(word))
    }

    /// The folder, for its owner alone. What an interruption left there is removed first.
    fn at(dir: PathBuf) -> Result<Self, BackupError> {
        let made = match fs::remove_dir_all(&dir) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => DirBuilder::new().mode(0o700).create(&dir),
        };
        let why = |error: io::Error| {
            let says = format!(
                "the scratch folder `{}` cannot be made: {}",
                dir.display(),
                reason(&error)
            );
            BackupError::Failed(says)
        };
        made.map_err(why)?;
        Ok(Self { dir, kept: false })
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Takes the place of `dir`, which is not there or empty, durably.
    pub(crate) fn become_dir(mut self, dir: &Path) -> io::Result<()> {
        fs::rename(&self.dir, dir)?;
        self.kept = true;
        match dir.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => RealDisk.sync_dir(parent),
            _ => RealDisk.sync_dir(Path::new(".")),
        }
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if !self.kept {
            // Whoever comes next removes what could not be removed now.
            drop(fs::remove_dir_all(&self.dir));
        }
    }
}
