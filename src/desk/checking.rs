//! Checking a ledger over a line, without a person and without its entries: the hashes lead to the signed
//! head, and the head continues what this machine remembers.

use std::path::Path;

use crate::desk::audit::export_hashes;
use crate::desk::error::DeskError;
use crate::desk::memory::Memory;
use crate::desk::memory::memory_error;
use crate::desk::memory::memory_error_since;
use crate::keeper::Line;
use crate::ledger::LeafIndex;
use crate::ledger::SignedCheckpoint;
use crate::ledger::TreeSize;
use crate::ledger::VerifierKey;
use crate::ledger::check;
use crate::ledger::check::Against;
use crate::ledger::check::DirectoryReport;
use crate::ledger::check::Verdict;
use crate::ledger::memory::Memory as Known;
use crate::ledger::merkle::prove::consistency;
use crate::ledger::tiles::nodes::TileNodes;
use crate::ledger::tiles::read::Tiles;

/// What was found right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// How many entries the head is over.
    pub size: u64,
    /// The root over them, base64.
    pub root: String,
    /// The size this machine remembered, and found to be the beginning of what is there.
    pub remembered: Option<u64>,
}

/// Fetches heads and hashes into `scratch`, a folder that is not there yet, and checks them. `state` is the
/// folder where this machine remembers heads; the newer head is remembered.
///
/// # Errors
/// [`DeskError::Damaged`], [`DeskError::Fork`] or [`DeskError::WentBack`], naming what is wrong.
pub fn check_hashes(
    keeper: &dyn Line,
    scratch: &Path,
    state: Option<&Path>,
) -> Result<Checked, DeskError> {
    let key: VerifierKey = keeper.vkey().parse().map_err(DeskError::damaged)?;
    let memory = Memory::open(keeper, state)?;
    // Held from before the fetch: what others remember meanwhile is newer than what is fetched.
    let locked = memory.on_disk().map(Known::lock);
    let mut locked = locked.transpose().map_err(memory_error)?;
    export_hashes(keeper, scratch)?;
    let against = Against {
        keys: &[key],
        ended: &memory.ended(),
        remembered: &[],
        // No entry was fetched, and none is missed.
        entries_from: LeafIndex::new(u64::MAX),
    };
    let report = check::directory(scratch, &against).map_err(DeskError::damaged)?;
    let head = sound(report)?;
    let known = locked.as_ref().and_then(|locked| locked.checkpoint());
    let known = known.map(SignedCheckpoint::size);
    if let Some(locked) = &mut locked {
        let nodes = TileNodes::new(Tiles::at(scratch), head.size());
        let from = known.unwrap_or(TreeSize::new(0));
        // Where there is no proof the head cannot be a continuation, which is what is said then.
        let proof = consistency(&nodes, from, head.size()).unwrap_or_default();
        let since = locked.since();
        let advanced = locked.advance(&head, &proof);
        advanced.map_err(|error| memory_error_since(error, since))?;
    }
    Ok(Checked {
        size: head.size().get(),
        root: head.head().root.to_string(),
        remembered: known.map(TreeSize::get),
    })
}

/// The head of a directory that has nothing wrong.
fn sound(report: DirectoryReport) -> Result<SignedCheckpoint, DeskError> {
    let verdict = report.verdict();
    if let Some(finding) = report.findings.first() {
        let says = format!("what the keeper publishes of its ledger is not right: {finding}");
        return Err(match verdict {
            Verdict::Fork => DeskError::Fork(says),
            Verdict::WentBack => DeskError::WentBack(says),
            Verdict::Good | Verdict::Damaged => DeskError::Damaged(says),
        });
    }
    let missing = || DeskError::damaged("the keeper publishes no signed head of its ledger");
    report.checkpoint.ok_or_else(missing)
}
