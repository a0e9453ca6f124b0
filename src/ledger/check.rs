//! The whole static directory checked: signature, every entry, every tile, the order of times, openings,
//! and any number of checkpoints remembered elsewhere. What is wrong is named.
//!
//! Everything is computed again from the entries. Only where that does not lead to the signed root are the
//! stored tiles asked who is to blame (`blame`): they are followed from the root down as far as the
//! signature vouches for them.

pub mod finding;

mod blame;
mod walk;

use std::fmt;
use std::fs;
use std::path::Path;

use crate::clock::Timestamp;
use crate::ledger::check::finding::Finding;
use crate::ledger::checkpoint::Discontinuity;
use crate::ledger::checkpoint::SignedCheckpoint;
use crate::ledger::merkle::LeafIndex;
use crate::ledger::merkle::TreeSize;
use crate::ledger::note::key::VerifierKey;
use crate::ledger::tiles::CHECKPOINTS;
use crate::ledger::tiles::TilesError;
use crate::ledger::tiles::read::Tiles;
use crate::ledger::tiles::read::read;

/// A checkpoint kept elsewhere.
#[derive(Debug, Clone)]
pub struct Remembered {
    /// Who kept it, in words: it stands in findings.
    pub by: String,
    /// The checkpoint.
    pub checkpoint: SignedCheckpoint,
}

/// What to check a directory against.
#[derive(Debug, Clone, Copy)]
pub struct Against<'a> {
    /// The ledger's keys, from a source other than the directory.
    pub keys: &'a [VerifierKey],
    /// Keys of the ledgers it took the place of: checkpoints they signed may still be kept.
    pub ended: &'a [VerifierKey],
    /// Checkpoints kept elsewhere.
    pub remembered: &'a [Remembered],
    /// Bundles that end at or before this entry may be missing (they were pruned, or not exported). Hash
    /// tiles may not.
    pub entries_from: LeafIndex,
}

/// What a directory turned out to be.
#[derive(Debug)]
pub struct DirectoryReport {
    /// Its checkpoint; `None` where that is missing or not accepted.
    pub checkpoint: Option<SignedCheckpoint>,
    /// Entries whose bytes were there and were checked.
    pub entries: u64,
    /// Of those, entries of a format this code does not know: their place is checked, their fields are not.
    pub unknown_format: u64,
    /// Time of the first entry read.
    pub first_time: Option<Timestamp>,
    /// Time of the last entry read.
    pub last_time: Option<Timestamp>,
    /// Checkpoints found to be of this same history, kept ones included.
    pub confirmed: u64,
    /// Entries whose opening is published and fits.
    pub opened: u64,
    /// What is wrong, the first [`MAX_FINDINGS`] of it.
    pub findings: Vec<Finding>,
    /// How much more is wrong.
    pub more: u64,
    damage_located: bool,
}

/// Findings a report lists.
pub const MAX_FINDINGS: usize = 100;

/// Findings after which a check gives up.
const HOPELESS: u64 = 10_000;

/// A report in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is wrong.
    Good,
    /// Something is damaged or was altered.
    Damaged,
    /// Signed twice: two histories.
    Fork,
    /// A longer history was seen before.
    WentBack,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Good => "good",
            Self::Damaged => "damaged or altered",
            Self::Fork => "two histories",
            Self::WentBack => "went back",
        })
    }
}

impl DirectoryReport {
    /// The report in one word; two histories weigh most.
    pub fn verdict(&self) -> Verdict {
        let any = |is: fn(&Discontinuity) -> bool| {
            let breaks = self.findings.iter().filter_map(Finding::discontinuity);
            breaks.copied().any(|how| is(&how))
        };
        if any(|how| matches!(how, Discontinuity::Fork { .. })) {
            Verdict::Fork
        } else if any(|how| matches!(how, Discontinuity::WentBack { .. })) {
            Verdict::WentBack
        } else if self.findings.is_empty() {
            Verdict::Good
        } else {
            Verdict::Damaged
        }
    }

    /// So much is wrong that looking further says nothing new: a size may be signed that no directory can
    /// hold.
    fn is_hopeless(&self) -> bool {
        self.more >= HOPELESS
    }

    fn found(&mut self, finding: Finding) {
        self.damage_located |= finding.locates_damage();
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(finding);
        } else if finding.discontinuity().is_some() {
            self.findings.insert(0, finding);
        } else {
            self.more = self.more.saturating_add(1);
        }
    }
}

/// Checks a static directory.
///
/// # Errors
/// [`TilesError::Io`] where a file exists and cannot be read. Everything else is a finding.
pub fn directory(dir: &Path, against: &Against<'_>) -> Result<DirectoryReport, TilesError> {
    let tiles = Tiles::at(dir);
    let mut report = DirectoryReport {
        checkpoint: None,
        entries: 0,
        unknown_format: 0,
        first_time: None,
        last_time: None,
        confirmed: 0,
        opened: 0,
        findings: Vec::new(),
        more: 0,
        damage_located: false,
    };
    let checkpoint = match tiles.checkpoint(against.keys) {
        Ok(Some(checkpoint)) => checkpoint,
        Ok(None) => {
            report.found(Finding::NoCheckpoint);
            return Ok(report);
        }
        Err(TilesError::Checkpoint(error)) => {
            report.found(Finding::Checkpoint(error));
            return Ok(report);
        }
        Err(error) => return Err(error),
    };
    let mut others = kept_checkpoints(dir, against, &mut report)?;
    others.extend(against.remembered.iter().cloned());
    others.retain(|other| !goes_back(other, &checkpoint, &mut report));
    others.sort_by_key(|other| other.checkpoint.size());

    let mut sizes: Vec<TreeSize> = others.iter().map(|other| other.checkpoint.size()).collect();
    sizes.dedup();
    let roots = walk::walk(
        &tiles,
        &checkpoint,
        against.entries_from,
        &sizes,
        &mut report,
    )?;
    if let Some(roots) = roots {
        for other in others {
            let head = other.checkpoint.head();
            if roots.get(&head.size) == Some(&head.root) {
                report.confirmed = report.confirmed.saturating_add(1);
            } else {
                report.found(forked(other, checkpoint.size()));
            }
        }
    }
    report.checkpoint = Some(checkpoint);
    Ok(report)
}

/// What can be told without the tree: a remembered ledger that is longer, or as long with another root.
fn goes_back(
    other: &Remembered,
    checkpoint: &SignedCheckpoint,
    report: &mut DirectoryReport,
) -> bool {
    let (old, new) = (other.checkpoint.head(), checkpoint.head());
    if old.size > new.size {
        report.found(Finding::Breaks {
            by: other.by.clone(),
            how: Discontinuity::WentBack {
                remembered: old.size,
                offered: new.size,
            },
        });
        return true;
    }
    let forks = old.size == new.size && old.root != new.root;
    if forks {
        report.found(forked(other.clone(), new.size));
    }
    forks
}

fn forked(other: Remembered, offered: TreeSize) -> Finding {
    Finding::Breaks {
        by: other.by,
        how: Discontinuity::Fork {
            remembered: other.checkpoint.size(),
            offered,
        },
    }
}

/// The directory's own collection of earlier checkpoints.
fn kept_checkpoints(
    dir: &Path,
    against: &Against<'_>,
    report: &mut DirectoryReport,
) -> Result<Vec<Remembered>, TilesError> {
    let mut kept = Vec::new();
    for (name, bytes) in files(&dir.join(CHECKPOINTS))? {
        let by = format!("{CHECKPOINTS}/{name}");
        let now = SignedCheckpoint::verify(&bytes, against.keys);
        let ended = || {
            let mut keys = against.ended.chunks(1);
            keys.find_map(|key| SignedCheckpoint::verify(&bytes, key).ok())
        };
        match now.or_else(|error| ended().ok_or(error)) {
            Ok(checkpoint) => kept.push(Remembered { by, checkpoint }),
            Err(error) => report.found(Finding::Kept { name: by, error }),
        }
    }
    Ok(kept)
}

/// The files of a folder in order of their names; none where the folder does not exist.
fn files(folder: &Path) -> Result<Vec<(String, Vec<u8>)>, TilesError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(TilesError::at(folder)(error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(TilesError::at(folder))?.path();
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        if let (Some(name), Some(bytes)) = (name, read(&path)?) {
            found.push((name, bytes));
        }
    }
    found.sort();
    Ok(found)
}
