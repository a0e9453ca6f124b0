//! Where generation keys lie, and what their end there is worth.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::ledger::journal::disk::Disk;
use crate::ledger::journal::disk::read_whole;
use crate::ledger::journal::disk::write_whole;
use crate::sealing::GenerationKey;

/// Key files are short; anything longer is not one.
const MAX_BYTES: u64 = 64 * 1024;

/// What was done to a key or a share that is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// A device was told to forget it.
    Undefined,
    /// Its file was overwritten and removed.
    Overwritten,
    /// Its file was removed.
    Unlinked,
}

/// A place for generation keys. A key is never replaced in place: its generation is part of its name.
pub trait KeyPlace {
    /// Puts the key of a generation that has none here, durably.
    ///
    /// # Errors
    /// As the place reports; `AlreadyExists` when there is one.
    fn put(&self, generation: u32, key: &GenerationKey) -> io::Result<()>;

    /// The key of a generation.
    ///
    /// # Errors
    /// As the place reports; `InvalidData` for what is no key of this generation.
    fn get(&self, generation: u32) -> io::Result<GenerationKey>;

    /// The generations whose keys are here, in order.
    ///
    /// # Errors
    /// As the place reports.
    fn list(&self) -> io::Result<Vec<u32>>;

    /// Ends a generation's key here, durably; nothing where there is none.
    ///
    /// # Errors
    /// As the place reports; the key may be here still.
    fn destroy(&self, generation: u32) -> io::Result<How>;

    /// What destroying a key here promises, in words for the certificate (NIST SP 800-88, "Clear" and "Purge").
    fn promise(&self) -> &'static str;
}

/// A folder of key files, `generation-<n>.key`.
#[derive(Debug, Clone)]
pub struct FileKeys {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    /// Whether the folder is on a device of its own.
    apart: bool,
}

impl FileKeys {
    /// The keys in this folder. `apart` says that no other files of the vault are on its device.
    pub fn at(disk: Arc<dyn Disk>, dir: PathBuf, apart: bool) -> Self {
        Self { disk, dir, apart }
    }

    /// Whether there is a file for the key of this generation.
    pub(crate) fn has(&self, generation: u32) -> bool {
        self.file(generation).exists()
    }

    fn file(&self, generation: u32) -> PathBuf {
        self.dir.join(format!("generation-{generation}.key"))
    }
}

impl KeyPlace for FileKeys {
    fn put(&self, generation: u32, key: &GenerationKey) -> io::Result<()> {
        if self.list()?.contains(&generation) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let text = key.to_text(generation);
        write_whole(&*self.disk, &self.file(generation), text.as_bytes())
    }

    fn get(&self, generation: u32) -> io::Result<GenerationKey> {
        let bytes = read_whole(&*self.disk, &self.file(generation), MAX_BYTES)?;
        let bytes = Zeroizing::new(bytes);
        let text = std::str::from_utf8(&bytes).map_err(|_| not_a_key())?;
        match GenerationKey::parse(text) {
            Ok((found, key)) if found == generation => Ok(key),
            _ => Err(not_a_key()),
        }
    }

    fn list(&self) -> io::Result<Vec<u32>> {
        let names = self.disk.list(&self.dir)?;
        let number = |name: &String| {
            let middle = name.strip_prefix("generation-")?.strip_suffix(".key")?;
            middle.parse().ok()
        };
        let mut all: Vec<u32> = names.iter().filter_map(number).collect();
        all.sort_unstable();
        Ok(all)
    }

    fn destroy(&self, generation: u32) -> io::Result<How> {
        let path = self.file(generation);
        overwrite_and_remove(&*self.disk, &path)?;
        Ok(How::Overwritten)
    }

    fn promise(&self) -> &'static str {
        if self.apart {
            "Clear: the file was overwritten and removed on a device of its own. The device may keep old blocks; \
             it can be wiped or destroyed alone."
        } else {
            "Clear: the file was overwritten and removed. The disk may keep old blocks, and every copy that a \
             backup program or a snapshot has made of the keys' folder keeps the key."
        }
    }
}

/// Overwrites a file's bytes, flushes that, removes the file and flushes that. Nothing where there is none.
pub(crate) fn overwrite_and_remove(disk: &dyn Disk, path: &std::path::Path) -> io::Result<()> {
    let file = match disk.open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        file => file?,
    };
    let size = usize::try_from(file.size()?.min(MAX_BYTES)).unwrap_or(0);
    file.write_at(&vec![0; size], 0)?;
    file.sync_all()?;
    disk.remove(path)?;
    disk.sync_dir(path.parent().unwrap_or(path))
}

fn not_a_key() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        "the generation key's file is not one of this generation",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::journal::disk::RealDisk;

    #[test]
    fn a_key_is_put_once_read_back_and_destroyed() {
        let dir = tempfile::tempdir().unwrap();
        let keys = FileKeys::at(Arc::new(RealDisk), dir.path().to_owned(), false);
        let (one, two) = (GenerationKey::generate(), GenerationKey::generate());
        keys.put(1, &one).unwrap();
        keys.put(12, &two).unwrap();
        std::fs::write(dir.path().join("generation-x.key"), "").unwrap();
        assert_eq!(keys.list().unwrap(), [1, 12]);
        let again = keys.put(1, &two).unwrap_err();
        assert_eq!(again.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(keys.get(1).unwrap().expose(), one.expose());
        assert_eq!(keys.get(2).err().unwrap().kind(), io::ErrorKind::NotFound);
        let path = dir.path().join("generation-1.key");
        // What the blocks hold in the end, seen through a second name of the file.
        let kept = dir.path().join("kept");
        std::fs::hard_link(&path, &kept).unwrap();
        assert_eq!(keys.destroy(1).unwrap(), How::Overwritten);
        assert_eq!(keys.destroy(1).unwrap(), How::Overwritten);
        assert!(std::fs::read(kept).unwrap().iter().all(|byte| *byte == 0));
        assert_eq!(keys.list().unwrap(), [12]);
        std::fs::copy(
            dir.path().join("generation-12.key"),
            dir.path().join("generation-3.key"),
        )
        .unwrap();
        assert_eq!(
            keys.get(3).err().unwrap().kind(),
            io::ErrorKind::InvalidData
        );
    }
}
