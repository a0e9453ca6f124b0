//! A tree of files as a disk may hold it: what is durable, and what was done since and may or may not arrive.
//!
//! It promises no more than file systems do, and less than most. Bytes are durable once their file was synced,
//! names once their folder was; neither implies the other. Of what was not synced any part may have arrived,
//! also the half of a rename, and a name that was removed may be back.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::rc::Rc;

pub(crate) type Inode = usize;

/// The folder everything is in.
pub(crate) const ROOT: Inode = 0;

#[derive(Debug)]
pub(crate) struct Node {
    /// Where it was made, relative to the root.
    pub(crate) path: String,
    /// The folder right below the root that it is in: each may be a disk of its own.
    pub(crate) disk: String,
    pub(crate) body: Body,
}

#[derive(Debug)]
pub(crate) enum Body {
    File(File),
    Folder(Folder),
}

#[derive(Debug, Default)]
pub(crate) struct File {
    pub(crate) durable: Vec<u8>,
    pub(crate) since: Vec<(usize, Change)>,
}

#[derive(Debug, Clone)]
pub(crate) enum Change {
    Write(usize, Rc<[u8]>),
    Length(usize),
}

#[derive(Debug, Default)]
pub(crate) struct Folder {
    durable: BTreeMap<String, Inode>,
    pub(crate) shown: BTreeMap<String, Inode>,
    pub(crate) since: Vec<(usize, String, Option<Inode>)>,
}

/// All files and folders there ever were.
#[derive(Debug)]
pub(crate) struct Tree {
    pub(crate) nodes: Vec<Node>,
}

impl Change {
    /// Does it, where all of it arrives.
    pub(crate) fn apply(&self, to: &mut Vec<u8>) {
        match self {
            Self::Write(at, bytes) => put(to, *at, bytes),
            Self::Length(length) => to.resize(*length, 0),
        }
    }
}

pub(crate) fn put(bytes: &mut Vec<u8>, at: usize, part: &[u8]) {
    let end = at + part.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[at..end].copy_from_slice(part);
}

impl File {
    /// What reading it shows while the power is on.
    pub(crate) fn shown(&self) -> Vec<u8> {
        let mut bytes = self.durable.clone();
        for (_, change) in &self.since {
            change.apply(&mut bytes);
        }
        bytes
    }

    pub(crate) fn length(&self) -> usize {
        let after = |length: usize, (_, change): &(usize, Change)| match change {
            Change::Write(at, bytes) => length.max(at + bytes.len()),
            Change::Length(length) => *length,
        };
        self.since.iter().fold(self.durable.len(), after)
    }
}

impl Tree {
    /// What is in a folder now, all of it durable.
    pub(crate) fn of(folder: &Path) -> Self {
        let mut tree = Self {
            nodes: vec![Node {
                path: String::new(),
                disk: String::new(),
                body: Body::Folder(Folder::default()),
            }],
        };
        tree.take(ROOT, folder);
        tree.sync_all(&|_| true);
        tree
    }

    fn take(&mut self, parent: Inode, folder: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() {
                let inode = self.make(0, parent, name, Body::Folder(Folder::default()));
                self.take(inode, &path);
            } else {
                let durable = fs::read(&path).unwrap();
                let file = File {
                    durable,
                    since: Vec::new(),
                };
                self.make(0, parent, name, Body::File(file));
            }
        }
    }

    pub(crate) fn folder(&mut self, inode: Inode) -> &mut Folder {
        let node = &mut self.nodes[inode];
        match &mut node.body {
            Body::Folder(folder) => folder,
            Body::File(_) => panic!("{} is no folder", node.path),
        }
    }

    pub(crate) fn file(&mut self, inode: Inode) -> &mut File {
        let node = &mut self.nodes[inode];
        match &mut node.body {
            Body::File(file) => file,
            Body::Folder(_) => panic!("{} is no file", node.path),
        }
    }

    /// What a name in a folder means while the power is on.
    pub(crate) fn named(&self, folder: Inode, name: &str) -> Option<Inode> {
        match &self.nodes[folder].body {
            Body::Folder(folder) => folder.shown.get(name).copied(),
            Body::File(_) => None,
        }
    }

    /// Something new under a name.
    pub(crate) fn make(&mut self, call: usize, parent: Inode, name: &str, body: Body) -> Inode {
        let inode = self.nodes.len();
        let above = &self.nodes[parent];
        let path = format!("{}/{name}", above.path);
        let path = path.trim_start_matches('/').to_owned();
        let disk = path.split('/').next().unwrap_or_default().to_owned();
        self.nodes.push(Node { path, disk, body });
        self.name(call, parent, name, Some(inode));
        inode
    }

    /// A name means something else from now on, or nothing.
    pub(crate) fn name(&mut self, call: usize, folder: Inode, name: &str, to: Option<Inode>) {
        let folder = self.folder(folder);
        match to {
            Some(inode) => folder.shown.insert(name.to_owned(), inode),
            None => folder.shown.remove(name),
        };
        folder.since.push((call, name.to_owned(), to));
    }

    /// Makes what had been done to a file or folder durable: the calls of which `done` is true.
    pub(crate) fn sync(&mut self, inode: Inode, done: &dyn Fn(usize) -> bool) {
        match &mut self.nodes[inode].body {
            Body::File(file) => {
                for (call, change) in std::mem::take(&mut file.since) {
                    if done(call) {
                        change.apply(&mut file.durable);
                    } else {
                        file.since.push((call, change));
                    }
                }
            }
            Body::Folder(folder) => folder.sync(done),
        }
    }

    /// As [`Tree::sync`], for everything.
    pub(crate) fn sync_all(&mut self, done: &dyn Fn(usize) -> bool) {
        for inode in 0..self.nodes.len() {
            self.sync(inode, done);
        }
    }
}

impl Folder {
    fn sync(&mut self, done: &dyn Fn(usize) -> bool) {
        for (call, name, to) in std::mem::take(&mut self.since) {
            if done(call) {
                self.apply(&name, to);
            } else {
                self.since.push((call, name, to));
            }
        }
    }

    fn apply(&mut self, name: &str, to: Option<Inode>) {
        match to {
            Some(inode) => self.durable.insert(name.to_owned(), inode),
            None => self.durable.remove(name),
        };
    }

    /// The names that are found when those changes arrive of which `arrives` is true.
    pub(crate) fn found(&self, arrives: &mut dyn FnMut(usize) -> bool) -> BTreeMap<String, Inode> {
        let mut found = Self {
            durable: self.durable.clone(),
            ..Self::default()
        };
        for (call, name, to) in &self.since {
            if arrives(*call) {
                found.apply(name, *to);
            }
        }
        found.durable
    }
}
