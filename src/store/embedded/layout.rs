//! Where things lie in a vault's directory, and the pointer to its current generation.
//!
//! ```text
//! lock                  held by the one process that has the vault open
//! journal/              segments
//! generation/current    'strongroom-generation-1 ' number ' ' digest (hex), and a line feed
//! generation/<n>/keys   the key table, sealed        generation/<n>/rows    the snapshot
//! generation/<n>/index/ the index                    generation/<n>/clean   only after a clean stop
//! ```
//!
//! The digest is SHA-256('sr1 generation' || be32 number || SHA-256(keys) || SHA-256(rows)), so a
//! generation's files cannot be exchanged one by one.

use std::io;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::bytes::{hex, unhex};
use crate::ledger::journal::disk::{Disk, read_whole, write_whole};

const TAG: &str = "strongroom-generation-1";
/// The pointer is one short line.
const MAX_CURRENT: u64 = 256;
/// A key table of this size would hold twenty million units.
const MAX_KEYS: u64 = 1 << 30;

/// The paths of a vault.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    root: PathBuf,
}

impl Layout {
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.into() }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn lock(&self) -> PathBuf {
        self.root.join("lock")
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.root.join("journal")
    }

    pub(crate) fn generations(&self) -> PathBuf {
        self.root.join("generation")
    }

    pub(crate) fn current(&self) -> PathBuf {
        self.generations().join("current")
    }

    pub(crate) fn generation(&self, number: u32) -> Generation {
        Generation {
            number,
            dir: self.generations().join(number.to_string()),
        }
    }
}

/// The paths of one generation.
#[derive(Debug, Clone)]
pub(crate) struct Generation {
    pub(crate) number: u32,
    dir: PathBuf,
}

impl Generation {
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn keys(&self) -> PathBuf {
        self.dir.join("keys")
    }

    pub(crate) fn rows(&self) -> PathBuf {
        self.dir.join("rows")
    }

    pub(crate) fn index(&self) -> PathBuf {
        self.dir.join("index")
    }

    pub(crate) fn clean(&self) -> PathBuf {
        self.dir.join("clean")
    }

    /// The numbers of the generations that have a directory, in order.
    pub(crate) fn all(disk: &dyn Disk, layout: &Layout) -> io::Result<Vec<u32>> {
        let names = disk.list(&layout.generations())?;
        let mut numbers: Vec<u32> = names.iter().filter_map(|name| name.parse().ok()).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// A file's name relative to the vault, for messages.
    pub(crate) fn shown(&self, file: &str) -> String {
        format!("generation/{}/{file}", self.number)
    }

    pub(crate) fn read_keys(&self, disk: &dyn Disk) -> io::Result<Vec<u8>> {
        read_whole(disk, &self.keys(), MAX_KEYS)
    }
}

/// What `generation/current` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Current {
    pub(crate) number: u32,
    pub(crate) digest: [u8; 32],
}

impl Current {
    pub(crate) fn of(number: u32, keys: &[u8], rows: &[u8; 32]) -> Self {
        let digest = Sha256::new()
            .chain_update(b"sr1 generation")
            .chain_update(number.to_be_bytes())
            .chain_update(Sha256::digest(keys))
            .chain_update(rows)
            .finalize()
            .into();
        Self { number, digest }
    }

    fn to_text(self) -> String {
        format!("{TAG} {} {}\n", self.number, hex(&self.digest))
    }

    fn parse(text: &[u8]) -> Option<Self> {
        let line = std::str::from_utf8(text).ok()?.strip_suffix('\n')?;
        let (tag, rest) = line.split_once(' ')?;
        let (number, digest) = rest.split_once(' ')?;
        let current = Self {
            number: number.parse().ok()?,
            digest: unhex(digest)?.try_into().ok()?,
        };
        // One spelling only: no sign, no leading zero.
        (tag == TAG && current.to_text().as_bytes() == text).then_some(current)
    }

    pub(crate) fn write(self, disk: &dyn Disk, layout: &Layout) -> io::Result<()> {
        write_whole(disk, &layout.current(), self.to_text().as_bytes())
    }

    /// `Ok(None)` when the file is there and says something else.
    pub(crate) fn read(disk: &dyn Disk, layout: &Layout) -> io::Result<Option<Self>> {
        Ok(Self::parse(&read_whole(
            disk,
            &layout.current(),
            MAX_CURRENT,
        )?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pointers_round_trip_and_have_one_spelling(number: u32, digest: [u8; 32], at: prop::sample::Index) {
            let current = Current { number, digest };
            let text = current.to_text();
            prop_assert_eq!(Current::parse(text.as_bytes()), Some(current));
            let mut bad = text.clone().into_bytes();
            let at = at.index(bad.len());
            bad[at] ^= 0x20;
            prop_assert_ne!(Current::parse(&bad), Some(current));
            prop_assert_eq!(Current::parse(text.trim_end().as_bytes()), None);
            prop_assert_eq!(Current::parse(format!("{text}\n").as_bytes()), None);
        }
    }

    #[test]
    fn the_digest_covers_all_three() {
        let digest = |number, keys: &[u8], rows| Current::of(number, keys, &rows).digest;
        let own = digest(1, b"keys", [1; 32]);
        assert_ne!(own, digest(2, b"keys", [1; 32]));
        assert_ne!(own, digest(1, b"key", [1; 32]));
        assert_ne!(own, digest(1, b"keys", [2; 32]));
    }
}
