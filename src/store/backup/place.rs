//! A folder that keeps one vault's backups: who it belongs to, what is in it, and what may go from it.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::ids::VaultId;
use crate::ledger::journal::disk::{
    Disk, Held, LockError, is_absent, read_whole, remove_if_there, sync_name, write_whole,
};
use crate::store::backup::{Hashing, Listed, Manifest, PlaceError, damaged};

/// The file that says whose backups are kept in a folder.
pub const MARKER: &str = "strongroom-backup";
const TAG: &str = "strongroom-backup-1";
const MAX_MARKER: u64 = 4096;
/// A manifest of this size lists more than a million files.
const MAX_MANIFEST: u64 = 256 << 20;
/// Manifests that are kept, the newest of them.
const KEPT: usize = 12;
/// What may stand in a folder that is taken for backups.
const NOT_OURS: [&str; 2] = ["lost+found", "lock"];
const BUFFER: usize = 1 << 20;

/// A folder for backups.
#[derive(Debug, Clone)]
pub struct Place {
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) dir: PathBuf,
}

/// What a folder keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Whose backups.
    pub vault: VaultId,
    /// Backups, the newest first.
    pub manifests: Vec<Manifest>,
    /// Manifests that cannot be read: the file, and why.
    pub bad: Vec<(String, String)>,
}

impl Place {
    /// The place at `dir`, which need not be there.
    pub fn at(disk: Arc<dyn Disk>, dir: &Path) -> Self {
        Self {
            disk,
            dir: dir.to_owned(),
        }
    }

    /// The disk it is on.
    pub fn disk(&self) -> Arc<dyn Disk> {
        Arc::clone(&self.disk)
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Takes the folder for this vault's backups until what is returned is dropped. Its parent must be there:
    /// a stick that is not plugged in gets no folder in its stead.
    ///
    /// # Errors
    /// [`PlaceError::Unfit`] where it holds something else; [`PlaceError::Busy`].
    pub fn claim(&self, vault: &VaultId) -> Result<Box<dyn Held>, PlaceError> {
        match self.disk.create_dir(&self.dir) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let says = "its parent folder is not there; is the disk plugged in?";
                return Err(PlaceError::Unfit(says.to_owned()));
            }
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error.into()),
            Err(_) => (),
            Ok(()) => sync_name(&*self.disk, &self.dir)?,
        }
        let marker = self.owner()?;
        if marker.is_none() {
            let names = self.disk.list(&self.dir)?;
            let other = |name: &&String| !NOT_OURS.contains(&name.as_str());
            if let Some(name) = names.iter().find(other) {
                let says =
                    format!("the folder is in use: `{name}` is in it, and no backup of this vault");
                return Err(PlaceError::Unfit(says));
            }
        }
        if marker.is_some_and(|owner| owner != *vault) {
            let says = "the folder keeps the backups of another vault";
            return Err(PlaceError::Unfit(says.to_owned()));
        }
        let lock = self
            .disk
            .lock(&self.dir.join("lock"), "a backup in progress\n");
        let lock = lock.map_err(|error| match error {
            LockError::Taken(who) => PlaceError::Busy(who),
            LockError::Io(error) => error.into(),
        })?;
        if marker.is_none() {
            let text = format!("{TAG} {vault}\n");
            write_whole(&*self.disk, &self.dir.join(MARKER), text.as_bytes())?;
        }
        Ok(lock)
    }

    /// Whose backups are kept here; `None` where none are.
    ///
    /// # Errors
    /// [`PlaceError::Damaged`] for a marker that is none.
    pub fn owner(&self) -> Result<Option<VaultId>, PlaceError> {
        let bytes = match read_whole(&*self.disk, &self.dir.join(MARKER), MAX_MARKER) {
            Err(error) if is_absent(&error) => return Ok(None),
            other => other?,
        };
        let text = String::from_utf8(bytes).unwrap_or_default();
        let owner = text
            .strip_suffix('\n')
            .and_then(|line| line.strip_prefix(TAG)?.trim_start().parse().ok());
        owner
            .map(Some)
            .ok_or_else(|| damaged(MARKER, "it does not say which vault is kept here"))
    }

    /// What is kept here; `None` where nothing ever was.
    ///
    /// # Errors
    /// As the file system reports; a bad manifest is in what is returned.
    pub fn kept(&self) -> Result<Option<Kept>, PlaceError> {
        let Some(vault) = self.owner()? else {
            return Ok(None);
        };
        let mut kept = Kept {
            vault,
            manifests: Vec::new(),
            bad: Vec::new(),
        };
        for name in self.disk.list(&self.dir)? {
            let Some(id) = Manifest::id_of(&name) else {
                continue;
            };
            let bytes = read_whole(&*self.disk, &self.dir.join(&name), MAX_MANIFEST)?;
            match Manifest::parse(&bytes, id) {
                Ok(manifest) if manifest.vault == vault => kept.manifests.push(manifest),
                Ok(_) => kept
                    .bad
                    .push((name, "it belongs to another vault".to_owned())),
                Err(error) => kept.bad.push((name, error.to_string())),
            }
        }
        let age = |one: &Manifest| (one.generation, one.size, one.at, one.id);
        kept.manifests
            .sort_by_key(|one| std::cmp::Reverse(age(one)));
        Ok(Some(kept))
    }

    /// Reads files of a backup and compares them with its manifest.
    ///
    /// # Errors
    /// [`PlaceError::Damaged`] with the first that differs.
    pub fn read_back<'a>(
        &self,
        files: impl IntoIterator<Item = &'a Listed>,
        each: &mut dyn FnMut(u64),
    ) -> Result<(), PlaceError> {
        let mut buffer = vec![0; BUFFER];
        for listed in files {
            let file = self.disk.open(&self.dir.join(&listed.path));
            let file = file.map_err(|error| absent(&listed.path, error))?;
            if file.size()? < listed.bytes {
                return Err(damaged(&listed.path, "it is cut off"));
            }
            let mut hash = Hashing::default();
            let mut at = 0;
            while at < listed.bytes {
                let count = usize::try_from(listed.bytes - at)
                    .unwrap_or(BUFFER)
                    .min(BUFFER);
                let (part, _) = buffer.split_at_mut(count);
                file.read_at(part, at)?;
                hash.add(part);
                at += count as u64;
                each(count as u64);
            }
            if hash.hex() != listed.sha256 {
                return Err(damaged(&listed.path, "its bytes are not what was written"));
            }
        }
        Ok(())
    }

    /// Makes a backup exist, then writes its short files out, then removes what it takes the place of.
    ///
    /// # Errors
    /// As the file system reports; the backup exists where its manifest does.
    pub fn publish(&self, manifest: &Manifest) -> Result<(), PlaceError> {
        let path = self.dir.join(Manifest::file_name(manifest.id));
        write_whole(&*self.disk, &path, &manifest.to_bytes()?)?;
        for (name, text) in &manifest.texts {
            write_whole(&*self.disk, &self.dir.join(name), text.as_bytes())?;
        }
        self.prune(manifest)
    }

    /// Removes key tables of other generations, and what no kept backup of this one lists.
    fn prune(&self, newest: &Manifest) -> Result<(), PlaceError> {
        let generations = self.dir.join("generation");
        let own = newest.generation.to_string();
        for name in self.names(&generations)? {
            if name != own && name.parse::<u32>().is_ok() {
                self.disk.remove_all(&generations.join(&name))?;
                self.disk.sync_dir(&generations)?;
            }
        }
        let kept = self.kept()?.map(|kept| kept.manifests).unwrap_or_default();
        let mut listed: BTreeSet<&str> = BTreeSet::new();
        for manifest in kept.iter().take(KEPT) {
            if manifest.generation == newest.generation {
                listed.extend(manifest.files.iter().map(|file| file.path.as_str()));
                listed.extend(manifest.texts.keys().map(String::as_str));
            }
        }
        for old in kept.iter().skip(KEPT) {
            remove_if_there(&*self.disk, &self.dir.join(Manifest::file_name(old.id)))?;
        }
        for folder in ["payload", "ledger"] {
            self.sweep(folder, &listed)?;
        }
        Ok(self.disk.sync_dir(&self.dir)?)
    }

    fn sweep(&self, folder: &str, listed: &BTreeSet<&str>) -> Result<(), PlaceError> {
        let dir = self.dir.join(folder);
        let mut removed = false;
        for name in self.names(&dir)? {
            let path = format!("{folder}/{name}");
            if listed.contains(path.as_str()) {
                continue;
            }
            if self.disk.list(&dir.join(&name)).is_ok() {
                self.sweep(&path, listed)?;
            } else {
                remove_if_there(&*self.disk, &dir.join(&name))?;
                removed = true;
            }
        }
        if removed {
            self.disk.sync_dir(&dir)?;
        }
        Ok(())
    }

    fn names(&self, dir: &Path) -> Result<Vec<String>, PlaceError> {
        match self.disk.list(dir) {
            Err(error) if is_absent(&error) => Ok(Vec::new()),
            other => Ok(other?),
        }
    }
}

pub(crate) fn absent(path: &str, error: io::Error) -> PlaceError {
    if is_absent(&error) {
        damaged(path, "it is missing")
    } else {
        error.into()
    }
}
