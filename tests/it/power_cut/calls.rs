//! What the calls with paths and data do to the tree.

use std::cell::RefCell;
use std::path::Component;
use std::path::Path;
use std::rc::Rc;

use crate::power_cut::parse::Call;
use crate::power_cut::parse::bytes;
use crate::power_cut::parse::gathered;
use crate::power_cut::replay::Opened;
use crate::power_cut::replay::Replay;
use crate::power_cut::tree::Body;
use crate::power_cut::tree::Change;
use crate::power_cut::tree::File;
use crate::power_cut::tree::Folder;
use crate::power_cut::tree::Inode;
use crate::power_cut::tree::ROOT;

/// A folder, and a name in it; no name where the folder itself is meant.
type Place = (Inode, Option<String>);

impl Replay<'_> {
    /// What a path means; `None` outside of the root.
    fn place(&mut self, call: &Call, folder: &str, path: &str) -> Option<Place> {
        let path = String::from_utf8(bytes(path)).unwrap();
        let path = Path::new(&path);
        let (mut at, path) = if path.is_absolute() {
            (ROOT, path.strip_prefix(&self.root).ok()?)
        } else if folder == "AT_FDCWD" {
            (ROOT, path)
        } else {
            (self.inode(call, folder.parse().unwrap())?, path)
        };
        let mut name = None;
        for part in path.components() {
            let Component::Normal(part) = part else {
                assert_eq!(part, Component::CurDir, "{}", path.display());
                continue;
            };
            if let Some(folder) = name.replace(part.to_str().unwrap().to_owned()) {
                at = self.tree.named(at, &folder)?;
            }
        }
        Some((at, name))
    }

    /// The place of a call with one path, with or without a folder's descriptor before it.
    fn one_place(&mut self, call: &Call) -> Option<(Inode, String)> {
        let (folder, path) = match &call.args[..] {
            [path, ..] if path.starts_with('"') => ("AT_FDCWD", path),
            [folder, path, ..] => (folder.as_str(), path),
            _ => panic!("{call:?}"),
        };
        let (at, name) = self.place(call, folder, path)?;
        Some((at, name.unwrap()))
    }

    /// Both places of a call with two.
    fn two_places(&mut self, call: &Call) -> Option<[(Inode, String); 2]> {
        let ((from_folder, from), (to_folder, to)) = match &call.args[..] {
            [from, to] => (("AT_FDCWD", from), ("AT_FDCWD", to)),
            [one, from, two, to, ..] => ((one.as_str(), from), (two.as_str(), to)),
            _ => panic!("{call:?}"),
        };
        let from = self.place(call, from_folder, from);
        let to = self.place(call, to_folder, to);
        assert_eq!(from.is_some(), to.is_some(), "out of the folder: {call:?}");
        let named = |(at, name): Place| (at, name.unwrap());
        Some([named(from?), named(to?)])
    }

    pub(crate) fn opens(&mut self, number: usize) {
        let calls = self.calls;
        let call = &calls[number];
        let (folder, path, flags) = match (&*call.name, &call.args[..]) {
            ("openat", [folder, path, flags, ..]) => (folder.as_str(), path, flags.as_str()),
            ("open", [path, flags, ..]) => ("AT_FDCWD", path, flags.as_str()),
            _ => panic!("{call:?}"),
        };
        assert!(!flags.contains("O_TMPFILE"), "{call:?}");
        let place = self.place(call, folder, path);
        let inode = place.map(|(at, name)| match name {
            None => at,
            Some(name) => self.tree.named(at, &name).unwrap_or_else(|| {
                let made = flags.contains("O_CREAT");
                assert!(made, "it is not in the tree: {name} {call:?}");
                let file = Body::File(File::default());
                self.tree.make(number + 1, at, &name, file)
            }),
        });
        if let (Some(inode), true) = (inode, flags.contains("O_TRUNC")) {
            self.changes(number, inode, Change::Length(0));
        }
        let open = Opened {
            inode,
            appends: flags.contains("O_APPEND"),
            at: 0,
        };
        if call.result.is_some() {
            self.opening.insert(number, Rc::new(RefCell::new(open)));
        }
    }

    pub(crate) fn writes(&mut self, number: usize) {
        let calls = self.calls;
        let call = &calls[number];
        let Some(open) = self.open(call, call.args[0].parse().unwrap()) else {
            return;
        };
        let Some(inode) = open.borrow().inode else {
            return;
        };
        let mut part = if call.name.ends_with('v') {
            gathered(&call.args[1])
        } else {
            bytes(&call.args[1])
        };
        if let Some(written) = call.result {
            part.truncate(usize::try_from(written).unwrap());
        }
        let mut open = open.borrow_mut();
        let at = match (call.name.starts_with('p'), open.appends) {
            (true, false) => call.args[3].parse().unwrap(),
            (_, true) => self.tree.file(inode).length(),
            (false, false) => open.at,
        };
        if !call.name.starts_with('p') {
            open.at = at + part.len();
        }
        self.changes(number, inode, Change::Write(at, part.into()));
    }

    /// What the system itself copies from file to file stands in no log: it is what the tree shows there.
    pub(crate) fn copies(&mut self, number: usize) {
        let calls = self.calls;
        let call = &calls[number];
        let fd = |at: usize| call.args[at].parse().unwrap();
        let (Some(from), Some(to)) = (self.open(call, fd(0)), self.open(call, fd(2))) else {
            panic!("a copy of what is not open: {call:?}");
        };
        let Some(into) = to.borrow().inode else {
            return;
        };
        let source = from
            .borrow()
            .inode
            .expect("a copy from outside of the folder");
        assert!(call.args[1] == "NULL" && call.args[3] == "NULL", "{call:?}");
        let shown = self.tree.file(source).shown();
        let (start, at) = (from.borrow().at, to.borrow().at);
        let length = call
            .result
            .map_or(0, |copied| usize::try_from(copied).unwrap());
        from.borrow_mut().at += length;
        to.borrow_mut().at += length;
        let part = shown[start..start + length].into();
        self.changes(number, into, Change::Write(at, part));
    }

    pub(crate) fn renames(&mut self, number: usize) {
        let calls = self.calls;
        let call = &calls[number];
        let exchanges = call
            .args
            .last()
            .is_some_and(|last| last.contains("EXCHANGE"));
        assert!(!exchanges, "{call:?}");
        let Some([from, to]) = self.two_places(call) else {
            return;
        };
        let inode = self.tree.named(from.0, &from.1).unwrap();
        self.tree.name(number + 1, to.0, &to.1, Some(inode));
        self.tree.name(number + 1, from.0, &from.1, None);
    }

    pub(crate) fn links(&mut self, number: usize) {
        let calls = self.calls;
        let Some([from, to]) = self.two_places(&calls[number]) else {
            return;
        };
        let inode = self.tree.named(from.0, &from.1).unwrap();
        self.tree.name(number + 1, to.0, &to.1, Some(inode));
    }

    pub(crate) fn removes(&mut self, number: usize) {
        let calls = self.calls;
        if let Some((folder, name)) = self.one_place(&calls[number]) {
            self.tree.name(number + 1, folder, &name, None);
        }
    }

    pub(crate) fn makes_folder(&mut self, number: usize) {
        let calls = self.calls;
        if let Some((folder, name)) = self.one_place(&calls[number]) {
            let body = Body::Folder(Folder::default());
            self.tree.make(number + 1, folder, &name, body);
        }
    }

    /// A change to a file. In the tree, calls count from 1: 0 is what was there before.
    pub(crate) fn changes(&mut self, number: usize, inode: Inode, change: Change) {
        self.tree.file(inode).since.push((number + 1, change));
    }
}
