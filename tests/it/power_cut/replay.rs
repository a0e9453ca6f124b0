//! Makes the calls of a log again, on a tree instead of a disk, one step at a time: a call has begun, a call has
//! ended. What a call changes may arrive from its beginning on; a sync covers what had ended before it began,
//! and counts once it has ended.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;
use std::path::PathBuf;
use std::rc::Rc;

use crate::power_cut::parse::Call;
use crate::power_cut::tree::Body;
use crate::power_cut::tree::Change;
use crate::power_cut::tree::Inode;
use crate::power_cut::tree::Node;
use crate::power_cut::tree::ROOT;
use crate::power_cut::tree::Tree;

/// A call begins or has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    Begins(usize),
    Ended(usize),
}

/// Which syncs are taken out of the log, to see that it is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Without {
    Nothing,
    JournalSyncs,
    FolderSyncs,
    PayloadSyncs,
    /// Those of the folders `vault/generation` and below, once the vault was founded.
    GenerationSyncs,
    /// That of the keys' folder, once the vault was founded.
    KeyFolderSyncs,
    /// Those of the files in the place of the turn's backups and in the folder of the others.
    BackupSyncs,
}

impl Without {
    fn drops(self, node: &Node, whole: bool) -> bool {
        match self {
            Self::Nothing => false,
            Self::JournalSyncs => node.path.starts_with("vault/journal/"),
            Self::FolderSyncs => matches!(node.body, Body::Folder(_)),
            Self::PayloadSyncs => {
                node.path.starts_with("vault/payload/") && matches!(node.body, Body::File(_))
            }
            // A new vault is made durable as a whole.
            Self::GenerationSyncs => !whole && node.path.starts_with("vault/generation"),
            Self::KeyFolderSyncs => !whole && node.path == "vault.keys",
            Self::BackupSyncs => {
                let apart = ["copies", "stick"].contains(&&*node.disk);
                apart && matches!(node.body, Body::File(_))
            }
        }
    }
}

/// What an open file is.
#[derive(Debug)]
pub(crate) struct Opened {
    /// `None` for what is not in the tree.
    pub(crate) inode: Option<Inode>,
    pub(crate) appends: bool,
    pub(crate) at: usize,
}

pub(crate) type Open = Rc<RefCell<Opened>>;
type Table = Rc<RefCell<HashMap<i64, Open>>>;

/// The steps of all calls, in the order of the log.
pub(crate) fn steps(calls: &[Call]) -> Vec<Step> {
    let mut steps: Vec<(usize, bool, Step)> = Vec::new();
    for (number, call) in calls.iter().enumerate() {
        steps.push((call.began, false, Step::Begins(number)));
        if call.result.is_some() {
            steps.push((call.ended, true, Step::Ended(number)));
        }
    }
    steps.sort_by_key(|(line, ended, _)| (*line, *ended));
    steps.into_iter().map(|(.., step)| step).collect()
}

/// Whether a change of the tree had ended when the sync began.
fn had_ended(calls: &[Call], change: usize, sync: usize) -> bool {
    change == 0 || calls[change - 1].ended < calls[sync].began
}

/// A tree, and what the processes that change it have open.
#[derive(Debug)]
pub(crate) struct Replay<'c> {
    pub(crate) calls: &'c [Call],
    pub(crate) root: PathBuf,
    without: Without,
    pub(crate) tree: Tree,
    tables: HashMap<u64, Table>,
    /// What an `open` that has begun will give.
    pub(crate) opening: HashMap<usize, Open>,
}

impl<'c> Replay<'c> {
    /// Over a tree as it was before the first call.
    pub(crate) fn new(calls: &'c [Call], root: &Path, tree: Tree, without: Without) -> Self {
        Self {
            calls,
            root: root.to_owned(),
            without,
            tree,
            tables: HashMap::new(),
            opening: HashMap::new(),
        }
    }

    pub(crate) fn step(&mut self, step: Step) {
        match step {
            Step::Begins(number) => self.begins(number),
            Step::Ended(number) => self.ended(number),
        }
    }

    fn begins(&mut self, number: usize) {
        let calls = self.calls;
        let call = &calls[number];
        // What has failed did nothing; what never ended may have done all of it.
        if call.result.is_some_and(|result| result < 0) {
            return;
        }
        let fd = || call.args[0].parse::<i64>().unwrap();
        match &*call.name {
            "open" | "openat" => self.opens(number),
            "close" => drop(self.table(call).borrow_mut().remove(&fd())),
            "write" | "writev" | "pwrite64" | "pwritev" => self.writes(number),
            "copy_file_range" => self.copies(number),
            "ftruncate" => {
                if let Some(inode) = self.inode(call, fd()) {
                    let length = call.args[1].parse().unwrap();
                    self.changes(number, inode, Change::Length(length));
                }
            }
            "lseek" => {
                if let (Some(open), Some(at)) = (self.open(call, fd()), call.result) {
                    open.borrow_mut().at = usize::try_from(at).unwrap();
                }
            }
            "rename" | "renameat" | "renameat2" => self.renames(number),
            "link" | "linkat" => self.links(number),
            "unlink" | "rmdir" | "unlinkat" => self.removes(number),
            "mkdir" | "mkdirat" => self.makes_folder(number),
            "mmap" => {
                let through =
                    call.args[3].contains("MAP_SHARED") && call.args[2].contains("PROT_WRITE");
                let file = self.inode(call, call.args[4].parse().unwrap_or(-1));
                assert!(
                    !through || file.is_none(),
                    "a file is written through memory: {call:?}"
                );
            }
            "execve" | "clone" | "clone3" | "dup" | "dup2" | "dup3" | "fcntl" | "fsync"
            | "fdatasync" | "syncfs" | "sync_file_range" | "msync" | "close_range" => (),
            other => panic!(
                "a call that the replay does not know: {other} {:?}",
                call.args
            ),
        }
    }

    fn ended(&mut self, number: usize) {
        let calls = self.calls;
        let call = &calls[number];
        let Some(result) = call.result.filter(|result| *result >= 0) else {
            return;
        };
        let fd = || call.args[0].parse::<i64>().unwrap();
        match &*call.name {
            "open" | "openat" | "creat" => {
                let open = self.opening.remove(&number).unwrap();
                self.table(call).borrow_mut().insert(result, open);
            }
            "dup" | "dup2" | "dup3" => self.duplicates(call, fd(), result),
            "fcntl" if call.args[1].starts_with("F_DUPFD") => self.duplicates(call, fd(), result),
            // A thread shares its maker's table, a process gets a copy.
            "clone" | "clone3" if result > 0 => {
                let table = self.table(call);
                let shares = call.args.iter().any(|arg| arg.contains("CLONE_FILES"));
                assert!(shares, "a process was made: {call:?}");
                let child = (call.process >> 32 << 32) + u64::try_from(result).unwrap();
                self.tables.insert(child, table);
            }
            "fsync" | "fdatasync" => {
                if let Some(inode) = self.inode(call, fd()) {
                    self.syncs(number, false, |_, other| other == inode);
                }
            }
            "syncfs" => {
                if let Some(inode) = self.inode(call, fd()) {
                    let disk = self.tree.nodes[inode].disk.clone();
                    self.syncs(number, true, |node, _| node.disk == disk);
                    self.sync_name(number, &disk);
                }
            }
            _ => (),
        }
    }

    fn syncs(&mut self, number: usize, whole: bool, covered: impl Fn(&Node, Inode) -> bool) {
        let calls = self.calls;
        let before = |call: usize| had_ended(calls, call, number);
        for inode in 0..self.tree.nodes.len() {
            let node = &self.tree.nodes[inode];
            if covered(node, inode) && !self.without.drops(node, whole) {
                self.tree.sync(inode, &before);
            }
        }
    }

    /// A disk is known by its name once it was synced as a whole.
    fn sync_name(&mut self, number: usize, disk: &str) {
        let calls = self.calls;
        let since = self.tree.folder(ROOT).since.clone();
        let named: Vec<usize> = since
            .iter()
            .filter(|(call, name, _)| name == disk && had_ended(calls, *call, number))
            .map(|(call, ..)| *call)
            .collect();
        self.tree.sync(ROOT, &|call| named.contains(&call));
    }

    /// The table of a call's process. A thread may speak before the call that made it has ended.
    fn table(&mut self, call: &Call) -> Table {
        if let Some(table) = self.tables.get(&call.process) {
            return table.clone();
        }
        let run = call.process >> 32;
        let mut makers = self.calls.iter().filter(|maker| {
            maker.process >> 32 == run
                && maker.name.starts_with("clone")
                && maker.result == Some(i64::try_from(call.process & 0xffff_ffff).unwrap())
        });
        let table = match makers.next_back() {
            Some(maker) => self.table(maker),
            None => Table::default(),
        };
        self.tables.insert(call.process, table.clone());
        table
    }

    pub(crate) fn open(&mut self, call: &Call, fd: i64) -> Option<Open> {
        self.table(call).borrow().get(&fd).cloned()
    }

    pub(crate) fn inode(&mut self, call: &Call, fd: i64) -> Option<Inode> {
        self.open(call, fd)?.borrow().inode
    }

    fn duplicates(&mut self, call: &Call, from: i64, to: i64) {
        if let Some(open) = self.open(call, from) {
            self.table(call).borrow_mut().insert(to, open);
        }
    }
}
