//! Opening a vault's directory, in the order that lets nothing pass unseen.

use std::io;

use crate::ledger::frame::FrameView;
use crate::ledger::journal::disk::{Disk, Held, is_absent, read_whole, remove_if_there};
use crate::ledger::journal::{Position, Scan, Spot};
use crate::store::effects::{self, RawEffect, SealedKeyEffect};
use crate::store::embedded::layout::{Current, Generation, Layout};
use crate::store::embedded::mark::Mark;
use crate::store::embedded::refused::{OpenError, damaged, reading, snapshot_error, went_back};
use crate::store::embedded::rows::Rows;
use crate::store::embedded::snapshot::Snapshot;
use crate::store::embedded::{Embedded, MarkKey, Repairs, Site, holder, key_effect};
use crate::store::{Base, Head, Refusal, Replay, Store as _};

/// How far somebody outside the vault saw it: a file beside the keys, a desk, a witness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remembered {
    /// Who remembers, in words for a message ("the keys' directory", "the witness at ...").
    pub name: String,
    /// The generation, 0 when they do not know it.
    pub generation: u32,
    /// How many ledger entries they saw.
    pub size: u64,
}

impl Embedded {
    /// [`Opening::read`] and [`Opening::finish`] in one, for whoever has the key already.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(
        site: &Site,
        mark_key: MarkKey,
        remembered: &[Remembered],
        replay: &mut dyn Replay,
    ) -> Result<Self, OpenError> {
        Opening::read(site, remembered, replay)?.finish(mark_key)
    }
}

/// A vault that is locked, read and verified, and not yet changed.
#[derive(Debug)]
pub struct Opening {
    site: Site,
    layout: Layout,
    lock: Box<dyn Held>,
    generation: Generation,
    snapshot: Snapshot,
    scan: Scan,
    head: Head,
    key_effects: Vec<SealedKeyEffect>,
}

impl Opening {
    /// Takes the lock, verifies every file but the index, shows `replay` everything, and compares the
    /// result with what is remembered outside. Needs no key and changes nothing.
    ///
    /// # Errors
    /// [`OpenError`]; a [`Refusal`] becomes [`OpenError::Damaged`].
    pub fn read(
        site: &Site,
        remembered: &[Remembered],
        replay: &mut dyn Replay,
    ) -> Result<Self, OpenError> {
        let disk = &*site.disk;
        let layout = Layout::new(&site.dir);
        // Read first, so that a directory without a vault gets no lock file; again once it is ours.
        read_current(disk, &layout)?;
        let lock = disk.lock(&layout.lock(), &holder())?;
        let current = read_current(disk, &layout)?;
        let generation = layout.generation(current.number);
        let snapshot = verified(disk, &generation, &current, site)?;
        show_snapshot(&snapshot, &generation, replay)?;
        let mut seen = Seen {
            head: Head {
                generation: current.number,
                ..head_of(&snapshot)
            },
            key_effects: snapshot.covers.key_effects.clone(),
            replay,
        };
        let from = snapshot.covers.position;
        let scan = Scan::read(
            site.disk.clone(),
            &layout.journal(),
            site.vault,
            &from,
            &mut |_: &Spot, frame| seen.frame(frame),
        )?;
        let (head, key_effects) = (seen.head, seen.key_effects);
        compare(&current, &scan, remembered)?;
        Ok(Self {
            site: site.clone(),
            layout,
            lock,
            generation,
            snapshot,
            scan,
            head,
            key_effects,
        })
    }

    /// Where the vault stands.
    pub const fn head(&self) -> &Head {
        &self.head
    }

    /// The generation's key table file, sealed.
    ///
    /// # Errors
    /// As the file system reports.
    pub fn key_table(&self) -> io::Result<Vec<u8>> {
        self.generation.read_keys(&*self.site.disk)
    }

    /// Where the journal ends.
    pub const fn position(&self) -> &Position {
        self.scan.position()
    }

    /// Every key change of this generation since its key table was written, in order.
    pub fn key_effects(&self) -> &[SealedKeyEffect] {
        &self.key_effects
    }

    /// Compares the marks inside the vault, puts right what the last stop left behind, and accepts
    /// writes.
    ///
    /// # Errors
    /// [`OpenError::WentBack`] and [`OpenError::Damaged`] before anything was changed, and
    /// [`OpenError::Io`].
    pub fn finish(self, mark_key: MarkKey) -> Result<Embedded, OpenError> {
        let disk = self.site.disk.clone();
        let clean = read_clean(&*disk, &self.generation, &mark_key)?;
        let (rows, indexed) = Rows::open(self.site.engine, self.generation.index(), mark_key);
        not_behind(&self.scan, clean.as_ref(), "the last clean stop")?;
        not_behind(&self.scan, indexed.as_ref(), "the index")?;
        let at_end =
            |mark: &Mark| mark.position == *self.scan.position() && mark.end == self.scan.end();
        let was_clean = clean.as_ref().is_some_and(at_end);
        let rebuild = match (was_clean, indexed == clean) {
            (false, _) => Some("the vault was not closed cleanly"),
            (true, true) if rows.adds_up() => None,
            (true, _) => Some("the index was not the one that was closed"),
        };
        let torn = self.scan.torn().cloned();
        let journal = self.scan.settle(self.site.journal, was_clean)?;
        forget_clean(&*disk, &self.generation)?;
        let vault = Embedded {
            disk,
            layout: self.layout,
            generation: self.generation,
            lock: self.lock,
            head: self.head,
            journal,
            snapshot: self.snapshot,
            rows,
            key_effects: self.key_effects,
            repairs: Repairs {
                torn,
                index_rebuilt: rebuild,
            },
            fenced: false,
        };
        if rebuild.is_some() {
            vault.rebuild_index()?;
        }
        Ok(vault)
    }
}

/// What is gathered while frames are shown.
struct Seen<'a> {
    head: Head,
    key_effects: Vec<SealedKeyEffect>,
    replay: &'a mut dyn Replay,
}

impl Seen<'_> {
    fn frame(&mut self, frame: &FrameView<'_>) -> Result<(), String> {
        let placed = effects::decode_placed(frame.number, frame.effects)
            .map_err(|error| error.to_string())?;
        self.replay.frame(frame).map_err(|Refusal(words)| words)?;
        self.head
            .advance_to(&Position::after(frame), frame.checkpoint);
        if frame.generation == self.head.generation {
            self.key_effects
                .extend(placed.into_iter().filter_map(key_effect));
        }
        Ok(())
    }
}

fn head_of(snapshot: &Snapshot) -> Head {
    let covers = &snapshot.covers;
    Head {
        generation: covers.position.generation,
        next_frame: covers.position.next_frame,
        last_frame_hash: covers.position.hash,
        size: covers.position.size,
        checkpoint: covers.checkpoint.clone(),
    }
}

fn read_current(disk: &dyn Disk, layout: &Layout) -> Result<Current, OpenError> {
    match Current::read(disk, layout) {
        Err(error) if is_absent(&error) => Err(OpenError::NotAVault),
        other => other?.ok_or_else(|| damaged("generation/current", "it is not readable")),
    }
}

/// The generation's files, once they are the ones its pointer names.
fn verified(
    disk: &dyn Disk,
    generation: &Generation,
    current: &Current,
    site: &Site,
) -> Result<Snapshot, OpenError> {
    let keys = generation
        .read_keys(disk)
        .map_err(|error| reading(&generation.shown("keys"), error))?;
    let snapshot = Snapshot::open(disk, &generation.rows(), &site.vault)
        .map_err(|error| snapshot_error(&generation.shown("rows"), error))?;
    if snapshot.covers.position.generation > current.number
        || Current::of(current.number, &keys, &snapshot.digest) != *current
    {
        let what = "the generation's files are not the ones it began with";
        return Err(damaged(&generation.shown("keys"), what));
    }
    Ok(snapshot)
}

fn show_snapshot(
    snapshot: &Snapshot,
    generation: &Generation,
    replay: &mut dyn Replay,
) -> Result<(), OpenError> {
    let refused = |Refusal(words)| damaged(&generation.shown("rows"), &words);
    let covers = &snapshot.covers;
    let base = Base {
        size: covers.position.size,
        frontier: &covers.frontier,
        checkpoint: &covers.checkpoint,
    };
    replay.base(&base).map_err(refused)?;
    let shown = snapshot.rows(&mut |_, put, _| match put.effect {
        RawEffect::Put { tree, id, row } => {
            replay.row(tree, &id, &row).map_err(|Refusal(words)| words)
        }
        RawEffect::Drop { .. } | RawEffect::Sealed(_) => Ok(()),
    });
    shown
        .map(drop)
        .map_err(|error| snapshot_error(&generation.shown("rows"), error))
}

/// What is remembered outside must not be more than is here.
fn compare(current: &Current, scan: &Scan, remembered: &[Remembered]) -> Result<(), OpenError> {
    let generations = |mark: &str, remembered: u32| {
        went_back(
            mark,
            u64::from(remembered),
            u64::from(current.number),
            "generations",
        )
    };
    if scan.position().generation > current.number {
        return Err(generations("the journal", scan.position().generation));
    }
    for outside in remembered {
        if outside.generation > current.number {
            return Err(generations(&outside.name, outside.generation));
        }
        if outside.size > scan.position().size {
            let size = scan.position().size;
            return Err(went_back(&outside.name, outside.size, size, "entries"));
        }
    }
    Ok(())
}

/// A mark is written after its frame is durable, so it never honestly leads.
fn not_behind(scan: &Scan, mark: Option<&Mark>, name: &str) -> Result<(), OpenError> {
    let Some(mark) = mark else { return Ok(()) };
    let (theirs, ours) = (&mark.position, scan.position());
    if theirs.size > ours.size {
        return Err(went_back(name, theirs.size, ours.size, "entries"));
    }
    if theirs.next_frame > ours.next_frame {
        return Err(went_back(
            name,
            theirs.next_frame,
            ours.next_frame,
            "frames",
        ));
    }
    if theirs.next_frame == ours.next_frame && theirs.hash != ours.hash {
        let what = format!("it ends with another frame than {name} names");
        return Err(damaged("journal", &what));
    }
    Ok(())
}

/// The mark of the last clean stop; `None` after any other stop, or when it is not this generation's.
fn read_clean(
    disk: &dyn Disk,
    generation: &Generation,
    key: &MarkKey,
) -> Result<Option<Mark>, OpenError> {
    match read_whole(disk, &generation.clean(), 4096) {
        Ok(bytes) => Ok(Mark::open(&bytes, key)),
        Err(error) if is_absent(&error) || error.kind() == io::ErrorKind::FileTooLarge => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// A mark of an earlier stop is worse than none: it is gone before the first write.
fn forget_clean(disk: &dyn Disk, generation: &Generation) -> io::Result<()> {
    remove_if_there(disk, &generation.clean())?;
    disk.sync_dir(generation.dir())
}
