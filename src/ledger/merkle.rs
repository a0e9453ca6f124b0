//! The Merkle tree of RFC 6962 section 2.1 over SHA-256: hashes, the compact range that grows it, and
//! (in [`prove`]) the proofs made from it. The checks of those proofs stand in `verify`, written from
//! another specification's algorithm so that one mistake cannot hide in both.

pub mod prove;

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde::Serialize;
use sha2::Digest as _;
use sha2::Sha256;

/// Bytes of a hash.
pub const HASH_BYTES: usize = 32;

/// A node of the tree: SHA-256. Its text is standard base64, as checkpoints and proofs show it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; HASH_BYTES]);

impl Hash {
    /// The hash with these bytes.
    pub const fn from_bytes(bytes: [u8; HASH_BYTES]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; HASH_BYTES] {
        &self.0
    }

    /// The root of the empty tree: SHA-256 of nothing (RFC 6962 section 2.1).
    pub fn empty_root() -> Self {
        Self(Sha256::digest(b"").into())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Text that is not a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAHash;

impl fmt::Display for NotAHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the base64 of a SHA-256 hash")
    }
}

impl std::error::Error for NotAHash {}

impl std::str::FromStr for Hash {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let bytes = STANDARD.decode(text).map_err(|_| NotAHash)?;
        bytes.try_into().map(Self).map_err(|_| NotAHash)
    }
}

impl Serialize for Hash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

macro_rules! count {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(u64);

        impl $name {
            /// From the plain number.
            pub const fn new(number: u64) -> Self {
                Self(number)
            }

            /// The plain number.
            pub const fn get(self) -> u64 {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

count!(
    /// The position of an entry, from 0.
    LeafIndex
);
count!(
    /// How many entries a tree holds. One more than its last [`LeafIndex`].
    TreeSize
);

impl LeafIndex {
    /// The smallest tree that holds this entry.
    #[must_use]
    pub const fn size_with(self) -> TreeSize {
        TreeSize(self.0.saturating_add(1))
    }
}

impl TreeSize {
    /// The index the next entry will have.
    #[must_use]
    pub const fn next_index(self) -> LeafIndex {
        LeafIndex(self.0)
    }
}

/// The hash of an entry: SHA-256(0x00 || entry).
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Hash(
        Sha256::new()
            .chain_update([0])
            .chain_update(entry)
            .finalize()
            .into(),
    )
}

/// The hash over two children: SHA-256(0x01 || left || right).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    // In one piece: three updates would be copied once more on the way, and there is a node for every entry.
    let mut both = [1; 1 + 2 * HASH_BYTES];
    let (_, children) = both.split_at_mut(1);
    let (one, other) = children.split_at_mut(HASH_BYTES);
    one.copy_from_slice(&left.0);
    other.copy_from_slice(&right.0);
    Hash(Sha256::digest(both).into())
}

/// The right edge of a growing tree: the roots of the complete subtrees that make it up, largest
/// first. Enough to append and to say the root; at most 64 hashes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The empty tree.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many entries have been appended.
    pub fn size(&self) -> TreeSize {
        TreeSize(self.size)
    }

    /// Appends the hash of one entry.
    pub fn append(&mut self, leaf: Hash) {
        self.push(0, leaf);
    }

    /// Appends the root of a complete subtree of `2^level` entries, where the tree so far is a
    /// multiple of that; otherwise changes nothing and returns false.
    #[must_use]
    pub fn append_subtree(&mut self, level: u8, root: Hash) -> bool {
        let fits = level < 64
            && self.size.trailing_zeros() >= u32::from(level)
            && self.size.checked_add(1 << level).is_some();
        if fits {
            self.push(level, root);
        }
        fits
    }

    fn push(&mut self, level: u8, root: Hash) {
        let mut node = root;
        // Every one-bit from `level` up is a complete subtree waiting for its right half.
        for _ in 0..(self.size >> level).trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                node = node_hash(&left, &node);
            }
        }
        self.peaks.push(node);
        self.size = self.size.saturating_add(1 << level);
    }

    /// The root hash of the tree so far.
    pub fn root(&self) -> Hash {
        self.peaks
            .iter()
            .rev()
            .copied()
            .reduce(|right, left| node_hash(&left, &right))
            .unwrap_or_else(Hash::empty_root)
    }

    /// The size as a big-endian `u64`, then the hashes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.size.to_be_bytes().to_vec();
        for peak in &self.peaks {
            bytes.extend_from_slice(&peak.0);
        }
        bytes
    }

    /// What [`Frontier::to_bytes`] wrote; `None` where the number of hashes does not fit the size.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (size, hashes) = bytes.split_first_chunk::<8>()?;
        let size = u64::from_be_bytes(*size);
        let (peaks, rest) = hashes.as_chunks::<HASH_BYTES>();
        let fits = rest.is_empty() && u32::try_from(peaks.len()) == Ok(size.count_ones());
        fits.then(|| Self {
            size,
            peaks: peaks.iter().copied().map(Hash).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The tree of the first `n` test entries of the Certificate Transparency reference code.
    const ENTRIES: [&str; 8] = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ];
    const ROOTS: [&str; 9] = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];

    #[test]
    fn known_roots() {
        let mut frontier = Frontier::new();
        for (entry, pair) in ENTRIES.iter().zip(ROOTS.windows(2)) {
            assert_eq!(crate::bytes::hex(frontier.root().as_bytes()), pair[0]);
            frontier.append(leaf_hash(&crate::bytes::unhex(entry).unwrap()));
            assert_eq!(crate::bytes::hex(frontier.root().as_bytes()), pair[1]);
        }
        assert_eq!(frontier.size(), TreeSize::new(8));
    }

    #[test]
    fn whole_subtrees_append_like_their_leaves() {
        let leaves: Vec<Hash> = (0..64u8).map(|n| leaf_hash(&[n])).collect();
        let mut one_by_one = Frontier::new();
        for leaf in &leaves {
            one_by_one.append(*leaf);
        }
        let mut in_fours = Frontier::new();
        for four in leaves.chunks(4) {
            let mut subtree = Frontier::new();
            for leaf in four {
                subtree.append(*leaf);
            }
            assert!(in_fours.append_subtree(2, subtree.root()));
        }
        assert_eq!(in_fours, one_by_one);
        in_fours.append(leaves[0]);
        assert!(!in_fours.append_subtree(1, leaves[0]), "misaligned");
        assert!(!in_fours.append_subtree(64, leaves[0]));
    }

    proptest! {
        #[test]
        fn the_frontier_survives_being_written(size in 0u64..600, cut in 1usize..40) {
            let mut frontier = Frontier::new();
            (0..size).for_each(|n| frontier.append(leaf_hash(&n.to_be_bytes())));
            let bytes = frontier.to_bytes();
            prop_assert_eq!(Frontier::from_bytes(&bytes), Some(frontier));
            let short = &bytes[..bytes.len() - cut.min(bytes.len())];
            prop_assert_eq!(Frontier::from_bytes(short), None);
            prop_assert_eq!(Frontier::from_bytes(&[&bytes[..], &[0; 32]].concat()), None);
        }

        #[test]
        fn hash_text_has_one_spelling(bytes: [u8; 32]) {
            let hash = Hash::from_bytes(bytes);
            let text = hash.to_string();
            prop_assert_eq!(text.parse::<Hash>(), Ok(hash));
            prop_assert!(text.trim_end_matches('=').parse::<Hash>().is_err());
        }
    }
}
