//! The folders of a vault that is being founded: taken before anything is written in them, and given back as
//! they were if the founding fails.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use crate::keeper::Paths;
use crate::keeper::create::FoundError;
use crate::ledger::durable::PRIVATE;
use crate::ledger::durable::make_each;
use crate::ledger::journal::disk::Disk as _;
use crate::ledger::journal::disk::RealDisk;

/// Stands in the keys' folder until the vault is founded, so that two foundings cannot meet there.
const MARK: &str = "founding";
/// The index engine's thread may still be at work when its vault has been dropped.
const TRIES: u32 = 100;
const PAUSE: Duration = Duration::from_millis(20);

/// A vault's two folders, held for one founding.
#[derive(Debug)]
pub(crate) struct Claim {
    paths: Paths,
    /// Folders that were not there before, the outermost first.
    made: Vec<PathBuf>,
}

impl Claim {
    /// Makes the folders, or takes them where they are there and empty.
    ///
    /// # Errors
    /// [`FoundError::InTheWay`] when something is in them; nothing is left behind then.
    pub(crate) fn take(paths: &Paths) -> Result<Self, FoundError> {
        let mut claim = Self {
            paths: paths.clone(),
            made: Vec::new(),
        };
        let begun = claim.begin();
        if begun.is_err() {
            claim.remove_made();
        }
        begun.map(|()| claim)
    }

    fn begin(&mut self) -> Result<(), FoundError> {
        let Paths { dir, keys } = self.paths.clone();
        for folder in [&dir, &keys] {
            self.make(folder)?;
            empty(folder)?;
        }
        RealDisk
            .create_new(&self.mark())
            .map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => in_the_way(&keys),
                _ => error.into(),
            })
            .map(drop)?;
        // Another founding may have come and gone between the look and the mark.
        let alone = empty(&dir).and_then(|()| match fs::read_dir(&keys)?.count() {
            1 => Ok(()),
            _ => Err(in_the_way(&keys)),
        });
        if alone.is_err() {
            drop(fs::remove_file(self.mark()));
        }
        alone
    }

    fn make(&mut self, folder: &Path) -> io::Result<()> {
        let made = &mut self.made;
        make_each(folder, PRIVATE, &mut |part| made.push(part.to_owned()))
    }

    fn mark(&self) -> PathBuf {
        self.paths.keys.join(MARK)
    }

    /// The vault is founded.
    ///
    /// # Errors
    /// What the system reports.
    pub(crate) fn settle(&self) -> io::Result<()> {
        fs::remove_file(self.mark())
    }

    /// Takes away everything in the folders, and the folders that were not there before.
    pub(crate) fn undo(&self) {
        for _ in 0..TRIES {
            if clear(&self.paths.dir).and(clear(&self.paths.keys)).is_ok() {
                break;
            }
            std::thread::sleep(PAUSE);
        }
        self.remove_made();
    }

    /// Best effort: a folder that will not go, or in which there is something, stays.
    fn remove_made(&self) {
        for folder in self.made.iter().rev() {
            drop(fs::remove_dir(folder));
        }
    }
}

/// Whether a folder is not there, or has nothing in it.
///
/// # Errors
/// [`FoundError::InTheWay`] otherwise.
pub(crate) fn empty(folder: &Path) -> Result<(), FoundError> {
    if folder.exists() && fs::read_dir(folder)?.next().is_some() {
        return Err(in_the_way(folder));
    }
    Ok(())
}

fn in_the_way(folder: &Path) -> FoundError {
    FoundError::InTheWay(format!(
        "`{}` is not empty; choose another folder for the vault",
        folder.display()
    ))
}

fn clear(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_given_back_as_they_were() {
        let home = tempfile::tempdir().unwrap();
        let paths = Paths {
            dir: home.path().join("new/vault"),
            keys: home.path().join("keys"),
        };
        fs::create_dir(&paths.keys).unwrap();
        let claim = Claim::take(&paths).unwrap();
        for taken in [
            paths.clone(),
            Paths {
                dir: home.path().join("other"),
                ..paths.clone()
            },
        ] {
            let second = Claim::take(&taken);
            assert!(matches!(second, Err(FoundError::InTheWay(_))), "{second:?}");
        }
        assert!(!home.path().join("other").exists(), "made in vain");
        assert!(paths.keys.join(MARK).exists(), "the first has it still");
        fs::create_dir_all(paths.dir.join("journal/deep")).unwrap();
        fs::write(paths.keys.join("ledger.key"), "half").unwrap();
        claim.undo();
        assert!(!home.path().join("new").exists());
        assert_eq!(fs::read_dir(&paths.keys).unwrap().count(), 0);
    }
}
