//! A folder's files, kept in memory: the recording lives as long as the tests do, and nobody would remove a folder
//! then.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use crate::power_cut::cut::write_sparsely;

/// Every file and folder below a folder; no content for folders.
#[derive(Debug, PartialEq)]
pub(crate) struct Files(pub(crate) BTreeMap<PathBuf, Option<Content>>);

/// A file's bytes. A preallocated segment is nearly all zeros.
#[derive(Debug, PartialEq)]
pub(crate) struct Content {
    without_zeros_at_its_end: Vec<u8>,
    length: usize,
}

impl Content {
    fn of(mut bytes: Vec<u8>) -> Self {
        let length = bytes.len();
        let used = bytes.iter().rposition(|byte| *byte != 0);
        bytes.truncate(used.map_or(0, |at| at + 1));
        bytes.shrink_to_fit();
        Self {
            without_zeros_at_its_end: bytes,
            length,
        }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.without_zeros_at_its_end.clone();
        bytes.resize(self.length, 0);
        bytes
    }
}

impl Files {
    pub(crate) fn below(dir: &Path) -> Self {
        let mut found = BTreeMap::new();
        let mut folders = vec![dir.to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(dir).unwrap().to_owned();
                if path.is_dir() {
                    found.insert(name, None);
                    folders.push(path);
                } else {
                    let content = Content::of(fs::read(&path).unwrap());
                    found.insert(name, Some(content));
                }
            }
        }
        Self(found)
    }

    pub(crate) fn file(&self, name: &str) -> Vec<u8> {
        self.0[Path::new(name)].as_ref().unwrap().bytes()
    }

    /// Writes them into a folder; what a folder is for comes before what is in it.
    pub(crate) fn write(&self, to: &Path) {
        for (name, content) in &self.0 {
            let path = to.join(name);
            match content {
                None => fs::create_dir_all(path).unwrap(),
                Some(content) => write_sparsely(&path, &content.bytes()),
            }
        }
    }
}
