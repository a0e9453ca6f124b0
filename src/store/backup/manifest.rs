//! A backup's manifest: one file of canonical JSON, written when everything it lists is durable and has
//! been read back. It holds numbers, digests and the ledger's signed head, and no name or place.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::canon;
use crate::clock::Timestamp;
use crate::ids::{BackupId, VaultId};
use crate::store::backup::{Hashing, PlaceError, damaged};

/// The version of what is written here.
const VERSION: u32 = 1;

/// The first bytes of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Its path in the folder, `/` between the parts.
    pub path: String,
    /// How many bytes belong to the backup; the file may have more by now.
    pub bytes: u64,
    /// SHA-256 of these bytes, hex.
    pub sha256: String,
}

/// A backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// 1.
    pub v: u32,
    /// The backup.
    pub id: BackupId,
    /// Whose it is.
    pub vault: VaultId,
    /// When, by the vault's clock; milliseconds.
    pub at: Timestamp,
    /// The generation of keys it opens under.
    pub generation: u32,
    /// How many entries the ledger has in it.
    pub size: u64,
    /// The root over them, base64.
    pub root: String,
    /// The ledger's name.
    pub origin: String,
    /// The files, in the order of their paths.
    pub files: Vec<Listed>,
    /// Short files that change from backup to backup, by their paths: what they say in this one.
    pub texts: BTreeMap<String, String>,
    /// SHA-256 of this object's canonical JSON with this field empty, hex.
    pub digest: String,
}

impl Manifest {
    /// A manifest that says so; files in their one order, digest filled in.
    ///
    /// # Errors
    /// [`PlaceError::Unfit`] where it has no canonical form.
    pub fn sealed(mut self) -> Result<Self, PlaceError> {
        self.v = VERSION;
        self.files.sort_by(|a, b| a.path.cmp(&b.path));
        self.digest = self.digest_now()?;
        Ok(self)
    }

    /// The file's name.
    pub fn file_name(id: BackupId) -> String {
        format!("{id}.json")
    }

    /// The backup whose manifest has this file name.
    pub fn id_of(name: &str) -> Option<BackupId> {
        name.strip_suffix(".json")?.parse().ok()
    }

    /// The file's bytes.
    ///
    /// # Errors
    /// As [`Manifest::sealed`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, PlaceError> {
        let mut bytes =
            canon::to_bytes(self).map_err(|error| PlaceError::Unfit(error.to_string()))?;
        bytes.push(b'\n');
        Ok(bytes)
    }

    /// Reads a manifest of this backup.
    ///
    /// # Errors
    /// [`PlaceError::Damaged`].
    pub fn parse(bytes: &[u8], id: BackupId) -> Result<Self, PlaceError> {
        let name = Self::file_name(id);
        let read: Self = serde_json::from_slice(bytes)
            .map_err(|_| damaged(&name, "it is not what a backup writes"))?;
        if read.v != VERSION {
            let what = format!(
                "it has version {}, and this program knows {VERSION}",
                read.v
            );
            return Err(damaged(&name, what));
        }
        if read.id != id || read.digest != read.digest_now()? {
            return Err(damaged(&name, "it is not what was written"));
        }
        let plain = |path: &str| {
            !path.is_empty()
                && path
                    .split('/')
                    .all(|part| !part.is_empty() && part != "." && part != "..")
        };
        let mut paths = read
            .files
            .iter()
            .map(|file| &file.path)
            .chain(read.texts.keys());
        if !paths.all(|path| plain(path)) {
            return Err(damaged(&name, "it names files outside the folder"));
        }
        Ok(read)
    }

    /// The file of this path.
    pub fn file(&self, path: &str) -> Option<&Listed> {
        let at = self
            .files
            .binary_search_by(|file| file.path.as_str().cmp(path))
            .ok()?;
        self.files.get(at)
    }

    /// How many bytes its files have.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }

    fn digest_now(&self) -> Result<String, PlaceError> {
        let bare = Self {
            digest: String::new(),
            ..self.clone()
        };
        let bytes = canon::to_bytes(&bare).map_err(|error| PlaceError::Unfit(error.to_string()))?;
        let mut hash = Hashing::default();
        hash.add(&bytes);
        Ok(hash.hex())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Manifest {
        Manifest {
            v: 0,
            id: BackupId::from_bytes([1; 16]),
            vault: VaultId::from_bytes([2; 16]),
            at: Timestamp::from_ms(1000),
            generation: 1,
            size: 3,
            root: "root".to_owned(),
            origin: "origin".to_owned(),
            files: ["b", "a"]
                .map(|path| Listed {
                    path: path.to_owned(),
                    bytes: 1,
                    sha256: String::new(),
                })
                .to_vec(),
            texts: BTreeMap::from([("t".to_owned(), "says".to_owned())]),
            digest: String::new(),
        }
        .sealed()
        .unwrap()
    }

    /// Frozen: what version 1 writes.
    #[test]
    fn the_bytes_are_those_of_version_1() {
        let bytes = sample().to_bytes().unwrap();
        let text = concat!(
            r#"{"at":1000,"digest":"DIGEST","files":[{"bytes":1,"path":"a","sha256":""},"#,
            r#"{"bytes":1,"path":"b","sha256":""}],"generation":1,"id":"b_aeaqcaibaeaqcaibaeaqcaibae","#,
            r#""origin":"origin","root":"root","size":3,"texts":{"t":"says"},"v":1,"#,
            r#""vault":"v_aibaeaqcaibaeaqcaibaeaqcai"}"#,
        );
        let mut hash = Hashing::default();
        hash.add(text.replace("DIGEST", "").as_bytes());
        let whole = format!("{}\n", text.replace("DIGEST", &hash.hex()));
        assert_eq!(String::from_utf8(bytes).unwrap(), whole);
    }

    #[test]
    fn every_altered_byte_shows() {
        let manifest = sample();
        let bytes = manifest.to_bytes().unwrap();
        assert_eq!(Manifest::parse(&bytes, manifest.id).unwrap(), manifest);
        assert!(Manifest::parse(&bytes, BackupId::random()).is_err());
        for at in 0..bytes.len() - 1 {
            for bit in [1, 0x20] {
                let mut bad = bytes.clone();
                bad[at] ^= bit;
                if let Ok(read) = Manifest::parse(&bad, manifest.id) {
                    assert_eq!(read, manifest, "byte {at}");
                }
            }
        }
    }

    #[test]
    fn paths_that_lead_outside_are_refused() {
        for path in ["../x", "/x", "a//b", "", "a/./b"] {
            let mut manifest = sample();
            manifest.files[0].path = path.to_owned();
            let bytes = manifest.sealed().unwrap().to_bytes().unwrap();
            assert!(Manifest::parse(&bytes, sample().id).is_err(), "{path}");
        }
        assert_eq!(sample().file("b").unwrap().bytes, 1);
    }
}
