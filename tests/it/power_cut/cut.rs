//! What is found of a tree after the power came back.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::FileExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::power_cut::tree::Body;
use crate::power_cut::tree::Change;
use crate::power_cut::tree::File;
use crate::power_cut::tree::Inode;
use crate::power_cut::tree::ROOT;
use crate::power_cut::tree::Tree;
use crate::power_cut::tree::put;
use crate::power_disk::Chance;

/// What arrives of what was not synced.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Arrives {
    Nothing,
    Everything,
    /// All of it up to some call, of which this many bytes.
    Until(usize),
    /// Each change by chance: whole ones.
    Some,
    /// Each name by chance, and each piece of a write of this length; where a piece is missing there may be
    /// rubbish.
    Pieces(usize),
}

/// One of each.
pub(crate) const WAYS: [Arrives; 7] = [
    Arrives::Nothing,
    Arrives::Pieces(512),
    Arrives::Until(512),
    Arrives::Some,
    Arrives::Pieces(4096),
    Arrives::Until(4096),
    Arrives::Everything,
];

/// Blocks of a file that hold only zeros are left out of what is written.
const BLOCK: usize = 4096;

struct Cut {
    arrives: Arrives,
    /// The last call that arrives, where calls arrive in order.
    last: usize,
    chance: Chance,
}

/// Writes what is found after a cut into the folder `to`.
pub(crate) fn write(tree: &Tree, arrives: Arrives, seed: u64, to: &Path) {
    let mut chance = Chance(seed.wrapping_mul(2).wrapping_add(1));
    let mut since: Vec<usize> = tree.nodes.iter().flat_map(changes).collect();
    since.sort_unstable();
    let last = since.get(chance.below(since.len())).copied().unwrap_or(0);
    let mut cut = Cut {
        arrives,
        last,
        chance,
    };
    // A file of two names is one file.
    let mut files = BTreeMap::new();
    cut.folder(tree, ROOT, to, &mut files);
}

fn changes(node: &crate::power_cut::tree::Node) -> Vec<usize> {
    match &node.body {
        Body::File(file) => file.since.iter().map(|(call, _)| *call).collect(),
        Body::Folder(folder) => folder.since.iter().map(|(call, ..)| *call).collect(),
    }
}

impl Cut {
    fn folder(
        &mut self,
        tree: &Tree,
        inode: Inode,
        to: &Path,
        files: &mut BTreeMap<Inode, Vec<u8>>,
    ) {
        fs::create_dir_all(to).unwrap();
        fs::set_permissions(to, fs::Permissions::from_mode(0o700)).unwrap();
        let Body::Folder(folder) = &tree.nodes[inode].body else {
            panic!("no folder");
        };
        let names = folder.found(&mut |call| self.comes(call));
        for (name, inode) in names {
            let path = to.join(name);
            match &tree.nodes[inode].body {
                Body::Folder(_) => self.folder(tree, inode, &path, files),
                Body::File(file) => {
                    let bytes = files.entry(inode).or_insert_with(|| self.bytes(file));
                    write_sparsely(&path, bytes);
                }
            }
        }
    }

    /// Whether a call that changed names did so.
    fn comes(&mut self, call: usize) -> bool {
        match self.arrives {
            Arrives::Nothing => false,
            Arrives::Everything => true,
            Arrives::Until(_) => call <= self.last,
            Arrives::Some | Arrives::Pieces(_) => self.chance.below(2) == 0,
        }
    }

    fn bytes(&mut self, file: &File) -> Vec<u8> {
        let mut bytes = file.durable.clone();
        for (call, change) in &file.since {
            match (self.arrives, change) {
                (Arrives::Pieces(length), Change::Write(at, part)) => {
                    for (number, piece) in part.chunks(length).enumerate() {
                        let at = at + number * length;
                        match self.chance.below(4) {
                            0 => put(&mut bytes, at, &vec![0xa5; piece.len()]),
                            1 => (),
                            _ => put(&mut bytes, at, piece),
                        }
                    }
                }
                (Arrives::Until(length), Change::Write(at, part)) if *call == self.last => {
                    put(&mut bytes, *at, &part[..length.min(part.len())]);
                }
                _ if self.comes(*call) => change.apply(&mut bytes),
                _ => (),
            }
        }
        bytes
    }
}

/// A preallocated segment is nearly all zeros.
pub(crate) fn write_sparsely(path: &Path, bytes: &[u8]) {
    let file = fs::File::create(path).unwrap();
    file.set_permissions(fs::Permissions::from_mode(0o600))
        .unwrap();
    file.set_len(bytes.len() as u64).unwrap();
    for (number, block) in bytes.chunks(BLOCK).enumerate() {
        if block != &[0; BLOCK][..block.len()] {
            file.write_all_at(block, (number * BLOCK) as u64).unwrap();
        }
    }
}
