//! Escrow: what brings a vault's keys back when their folder is lost, in pieces that open nothing alone.
//!
//! The value is an age file, sealed to the trustees' recovery identity, of the generation key and the ledger
//! key. It is split over up to three places: of three random pieces whose XOR is the value, each place holds
//! the two that do not have its number. Any two places have all three; one place lacks one, and what it has is
//! random. So a value is gone once two of three places have let go of it.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use serde::Deserialize;
use serde::Serialize;
use sha2::Digest as _;
use sha2::Sha256;

use crate::bytes::hex;
use crate::ids::VaultId;
use crate::keeper::turn::key_place::overwrite_and_remove;
use crate::ledger::LogKey;
use crate::ledger::journal::disk::Disk;
use crate::ledger::journal::disk::make_dir;
use crate::ledger::journal::disk::read_whole;
use crate::ledger::journal::disk::write_whole;
use crate::sealing::GenerationKey;
use crate::sealing::HybridRecipient;
use crate::sealing::encrypt_to;

/// Places a value is split over.
pub const PLACES: u8 = 3;
/// A share holds two pieces of an age file of some kilobytes.
const MAX_SHARE: u64 = 256 * 1024;
/// The folder in a place.
const FOLDER: &str = "strongroom-escrow";

/// One place's share of a generation's keys.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// The format, 1.
    pub v: u32,
    /// The vault.
    pub vault: VaultId,
    /// The generation whose key it is of.
    pub generation: u32,
    /// The place's number, 1 to 3.
    pub place: u8,
    /// SHA-256 of the value, lower-case hex: shares of one value have the same.
    pub sha256: String,
    /// The two pieces the place holds, by their numbers.
    pub pieces: BTreeMap<u8, Piece>,
}

/// Bytes of a piece, as base64.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece(#[serde(with = "crate::keeper::turn::escrow::base64")] Vec<u8>);

impl fmt::Debug for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Share({}, place {})", self.generation, self.place)
    }
}

impl fmt::Debug for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Piece(..)")
    }
}

/// What is put into escrow: the two key files, one after the other, sealed to the trustees.
///
/// # Errors
/// As sealing reports.
pub fn value(
    recovery: &HybridRecipient,
    (generation, key): (u32, &GenerationKey),
    log: &LogKey,
) -> io::Result<Vec<u8>> {
    use io::Write as _;
    let to = [recovery.clone().into()];
    let mut writer = encrypt_to(&to, Vec::new()).map_err(io::Error::other)?;
    writer.write_all(key.to_text(generation).as_bytes())?;
    writer.write_all(log.to_text().as_bytes())?;
    writer.finish()
}

/// Splits a value.
pub fn split(vault: VaultId, generation: u32, value: &[u8]) -> Vec<Share> {
    let [one, two] = [(); 2].map(|()| random(value.len()));
    let three = xor(&xor(&one, &two), value);
    let pieces = [(1, one), (2, two), (3, three)];
    let sha256 = hex(&Sha256::digest(value));
    let share = |place: u8| Share {
        v: 1,
        vault,
        generation,
        place,
        sha256: sha256.clone(),
        pieces: pieces
            .iter()
            .filter(|(number, _)| *number != place)
            .map(|(number, bytes)| (*number, Piece(bytes.clone())))
            .collect(),
    };
    (1..=PLACES).map(share).collect()
}

/// The value two shares bring back; `None` when they are not of one value.
pub fn join(one: &Share, two: &Share) -> Option<Vec<u8>> {
    let mut pieces = one.pieces.clone();
    pieces.extend(two.pieces.clone());
    let mut all = pieces.into_values().map(|Piece(bytes)| bytes);
    let (a, b, c) = (all.next()?, all.next()?, all.next()?);
    let value = xor(&xor(&a, &b), &c);
    let same = one.sha256 == two.sha256 && hex(&Sha256::digest(&value)) == one.sha256;
    same.then_some(value)
}

fn xor(one: &[u8], two: &[u8]) -> Vec<u8> {
    one.iter().zip(two).map(|(a, b)| a ^ b).collect()
}

fn random(length: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(length);
    while bytes.len() < length {
        bytes.extend_from_slice(&crate::ids::random::<32>());
    }
    bytes.truncate(length);
    bytes
}

/// One vault's shares in a folder that somebody named.
#[derive(Debug, Clone)]
pub struct EscrowPlace {
    disk: Arc<dyn Disk>,
    root: PathBuf,
    vault: VaultId,
}

impl EscrowPlace {
    /// The place in this folder.
    pub fn at(disk: Arc<dyn Disk>, root: &Path, vault: VaultId) -> Self {
        Self {
            disk,
            root: root.to_owned(),
            vault,
        }
    }

    fn dir(&self) -> PathBuf {
        self.root.join(FOLDER).join(self.vault.to_string())
    }

    fn file(&self, generation: u32) -> PathBuf {
        self.dir().join(format!("{generation}.share"))
    }

    /// Puts a share here, durably, and reads it back.
    ///
    /// # Errors
    /// As the place reports; `InvalidData` when something else is read back.
    pub fn put(&self, share: &Share) -> io::Result<()> {
        self.make_dirs()?;
        let bytes = serde_json::to_vec(share).map_err(io::Error::other)?;
        write_whole(&*self.disk, &self.file(share.generation), &bytes)?;
        match self.get(share.generation)? {
            back if back == *share => Ok(()),
            _ => Err(io::ErrorKind::InvalidData.into()),
        }
    }

    /// The share of a generation.
    ///
    /// # Errors
    /// As the place reports; `InvalidData` for what is no share of this vault and generation.
    pub fn get(&self, generation: u32) -> io::Result<Share> {
        let bytes = read_whole(&*self.disk, &self.file(generation), MAX_SHARE)?;
        let share: Option<Share> = serde_json::from_slice(&bytes).ok();
        let ours =
            share.filter(|share| share.vault == self.vault && share.generation == generation);
        ours.ok_or_else(|| io::ErrorKind::InvalidData.into())
    }

    /// The generations with a share here, in order.
    ///
    /// # Errors
    /// As the place reports; `NotFound` when the folder itself is not there.
    pub fn list(&self) -> io::Result<Vec<u32>> {
        // A stick that is not in: its folder is missing, which is no empty place.
        self.disk.list(&self.root)?;
        let names = match self.disk.list(&self.dir()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            names => names?,
        };
        let number = |name: &String| name.strip_suffix(".share")?.parse().ok();
        let mut all: Vec<u32> = names.iter().filter_map(number).collect();
        all.sort_unstable();
        Ok(all)
    }

    /// Ends a generation's share here, durably; nothing where there is none.
    ///
    /// # Errors
    /// As the place reports.
    pub fn destroy(&self, generation: u32) -> io::Result<()> {
        overwrite_and_remove(&*self.disk, &self.file(generation))
    }

    fn make_dirs(&self) -> io::Result<()> {
        let mut at = self.root.clone();
        for name in [FOLDER.to_owned(), self.vault.to_string()] {
            at.push(name);
            make_dir(&*self.disk, &at)?;
        }
        Ok(())
    }
}

/// Bytes as base64 text, which everybody's tools read.
mod base64 {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::Deserialize as _;
    use serde::Deserializer;
    use serde::Serializer;
    use serde::de::Error as _;

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        STANDARD
            .decode(text)
            .map_err(|_| D::Error::custom("not base64"))
    }
}
