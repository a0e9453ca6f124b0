//! The journal: the one place where a commit becomes durable.
//!
//! Frames stand one after another in numbered segments. Each names the hash of the one before, so what
//! follows from the first header is one chain, and nothing in it can be exchanged. A frame is written
//! only after the one before it was flushed, so at most the last can be torn; whether a bad last frame
//! was ever acknowledged only marks kept elsewhere can tell, and [`Scan`] lets its caller compare them
//! before anything is repaired.
//!
//! After any error from writing or flushing, nothing more is written: a second flush could report
//! success for bytes that were lost.

pub mod disk;
mod recover;
mod segment;
mod spare;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub use self::recover::{Scan, ScanError, Torn};
pub(crate) use self::segment::{HEADER, read_header};

use crate::ids::VaultId;
use crate::ledger::frame::{Encoded, Frame, FrameError, FrameView, HASH};
use crate::ledger::journal::disk::{Disk, DiskFile};
use crate::ledger::journal::spare::Spare;

/// A chain's end: what the next frame must follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The generation of the last frame, or the one the journal began with.
    pub generation: u32,
    /// The number of the next frame.
    pub next_frame: u64,
    /// How many leaves there are.
    pub size: u64,
    /// The hash of the last frame; zeros before the first.
    pub hash: [u8; HASH],
}

impl Position {
    /// Where a vault begins.
    pub const fn genesis(generation: u32) -> Self {
        Self {
            generation,
            next_frame: 0,
            size: 0,
            hash: [0; HASH],
        }
    }

    /// Where the chain stands behind this frame.
    pub fn after(frame: &FrameView<'_>) -> Self {
        Self {
            generation: frame.generation,
            next_frame: frame.number.saturating_add(1),
            size: frame.size_after(),
            hash: frame.hash,
        }
    }
}

/// Where a frame stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// The frame's number.
    pub number: u64,
    /// Its first leaf.
    pub first: u64,
    /// How many leaves it has.
    pub leaves: u32,
    /// The segment's number.
    pub segment: u32,
    /// The frame's first byte in the segment.
    pub offset: u64,
    /// How many bytes it has.
    pub length: usize,
}

/// How a journal is laid out on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Bytes of a segment. A frame that does not fit gets a segment of its own.
    pub segment_bytes: u64,
    /// Whether the next segment is made by a thread of its own while commits go on.
    pub make_ahead_in_background: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            segment_bytes: 8 << 20,
            make_ahead_in_background: true,
        }
    }
}

/// Why a frame was not appended.
#[derive(Debug)]
pub enum AppendError {
    /// It breaks a rule of its format; nothing was written.
    Frame(FrameError),
    /// The disk has no room for another segment; nothing was written.
    Full,
    /// The journal's file was replaced; nothing was acknowledged, and nothing more will be.
    Fenced,
    /// The frame may be durable or not, and nothing more can be written.
    Unknown(io::Error),
    /// An earlier append ended in `Unknown` or `Fenced`.
    Broken,
}

/// An open journal with one writer.
#[derive(Debug)]
pub struct Journal {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    vault: VaultId,
    settings: Settings,
    /// Every frame of the segments that are kept.
    spots: Vec<Spot>,
    position: Position,
    segment: u32,
    file: Box<dyn DiskFile>,
    used: u64,
    capacity: u64,
    spare: Spare,
    broken: bool,
}

impl Journal {
    /// Makes the first segment in a directory that exists and is empty.
    ///
    /// # Errors
    /// As the file system reports.
    pub fn create(
        disk: Arc<dyn Disk>,
        dir: &Path,
        vault: VaultId,
        settings: Settings,
        at: Position,
    ) -> io::Result<Self> {
        let spare = Spare::at(dir);
        let size = settings.segment_bytes.max(segment::HEADER as u64);
        let file = spare::make(&*disk, dir, size)?;
        let file = spare::name(&*disk, dir, file, 1, &segment::header(&vault, 1, &at))?;
        Ok(Self {
            disk,
            dir: dir.into(),
            vault,
            settings,
            spots: Vec::new(),
            position: at,
            segment: 1,
            file,
            used: segment::HEADER as u64,
            capacity: size,
            spare,
            broken: false,
        })
    }

    /// What the next frame must follow.
    pub const fn position(&self) -> &Position {
        &self.position
    }

    /// The segment that is written to, and how many of its bytes are used.
    pub const fn end(&self) -> (u32, u64) {
        (self.segment, self.used)
    }

    /// Every frame of the segments that are kept, in order.
    pub fn spots(&self) -> &[Spot] {
        &self.spots
    }

    /// Appends a frame and makes it durable.
    ///
    /// # Errors
    /// [`AppendError`].
    pub fn append(&mut self, frame: &Frame) -> Result<(Spot, Encoded), AppendError> {
        if self.broken {
            return Err(AppendError::Broken);
        }
        let encoded = frame
            .encode(&self.position.hash)
            .map_err(AppendError::Frame)?;
        let length = encoded.bytes.len() as u64;
        if self.used + length > self.capacity {
            self.rotate(length)?;
        }
        let written = self.write(&encoded.bytes);
        if written.is_err() {
            self.broken = true;
        }
        written?;
        let spot = Spot {
            number: frame.number,
            first: frame.first,
            leaves: u32::try_from(frame.leaves.len()).unwrap_or(u32::MAX),
            segment: self.segment,
            offset: self.used,
            length: encoded.bytes.len(),
        };
        self.spots.push(spot);
        self.used += length;
        self.position = Position {
            generation: frame.generation,
            next_frame: frame.number.saturating_add(1),
            size: frame.first.saturating_add(u64::from(spot.leaves)),
            hash: encoded.hash,
        };
        if self.used > self.capacity / 2 {
            let free = self.free_bytes();
            self.spare.want(&self.disk, &self.settings, free);
        }
        Ok((spot, encoded))
    }

    /// Whether the next segment could not be made for want of room.
    pub fn is_on_reserve(&self) -> bool {
        self.spare.is_missing()
    }

    /// How many bytes the disk has left.
    pub fn free_bytes(&self) -> u64 {
        self.disk.free_bytes(&self.dir).unwrap_or(u64::MAX)
    }

    fn write(&self, bytes: &[u8]) -> Result<(), AppendError> {
        let path = self.dir.join(segment::name(self.segment));
        if !self.file.is_at(&path).map_err(AppendError::Unknown)? {
            return Err(AppendError::Fenced);
        }
        self.file
            .write_at(bytes, self.used)
            .and_then(|()| self.file.sync_data())
            .map_err(AppendError::Unknown)
    }

    /// Goes on in a new segment with room for a frame of `length` bytes.
    fn rotate(&mut self, length: u64) -> Result<(), AppendError> {
        let number = self.segment.checked_add(1).ok_or(AppendError::Full)?;
        let needed = segment::HEADER as u64 + length;
        let size = self.settings.segment_bytes.max(needed);
        let made = if needed <= self.settings.segment_bytes {
            self.spare.take(&*self.disk, &self.settings)
        } else {
            self.spare.discard(&*self.disk);
            spare::make(&*self.disk, &self.dir, size)
        };
        let header = segment::header(&self.vault, number, &self.position);
        let file = match made {
            Ok(file) => file,
            Err(error) if is_full(&error) => return Err(AppendError::Full),
            Err(error) => return Err(self.unknown(error)),
        };
        let file = spare::name(&*self.disk, &self.dir, file, number, &header)
            .map_err(|error| self.unknown(error))?;
        self.file = file;
        self.segment = number;
        self.used = segment::HEADER as u64;
        self.capacity = size;
        Ok(())
    }

    fn unknown(&mut self, error: io::Error) -> AppendError {
        self.broken = true;
        AppendError::Unknown(error)
    }

    /// Bytes of a segment.
    ///
    /// # Errors
    /// As the file system reports; fewer bytes than asked for are an error.
    pub fn read(&self, segment: u32, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        if segment == self.segment {
            return disk::read_part(&*self.file, offset, length);
        }
        // Opened each time: a vault may have more segments than a process may have files.
        let file = self.disk.open(&self.dir.join(segment::name(segment)))?;
        disk::read_part(&*file, offset, length)
    }

    /// Shows each kept frame, in order, from the one with this number; what it reads is verified again.
    ///
    /// # Errors
    /// As the file system reports, [`ScanError::Damaged`], and what `each` refuses.
    pub fn frames(
        &self,
        from: u64,
        each: &mut dyn FnMut(&Spot, &FrameView<'_>) -> Result<(), String>,
    ) -> Result<(), ScanError> {
        let start = self.spots.partition_point(|spot| spot.number < from);
        for spot in self.spots.iter().skip(start) {
            let damaged = |what: &dyn std::fmt::Display| ScanError::Damaged {
                file: segment::name(spot.segment),
                offset: spot.offset,
                what: what.to_string(),
            };
            let bytes = self.read(spot.segment, spot.offset, spot.length)?;
            let frame = FrameView::parse(&bytes).map_err(|error| damaged(&error))?;
            if frame.number != spot.number {
                return Err(damaged(&"another frame stands in its place"));
            }
            each(spot, &frame).map_err(|words| damaged(&words))?;
        }
        Ok(())
    }

    /// The frames that hold leaves from this index on; `None` when the journal no longer holds it.
    pub fn spots_from_leaf(&self, leaf: u64) -> Option<&[Spot]> {
        let ends_before = |spot: &Spot| spot.first + u64::from(spot.leaves) <= leaf;
        let spots = self.spots.get(self.spots.partition_point(ends_before)..)?;
        let held = spots.first().is_none_or(|spot| spot.first <= leaf);
        held.then_some(spots)
    }

    /// How it is laid out.
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// A segment's file name.
    pub fn segment_name(segment: u32) -> String {
        segment::name(segment)
    }

    /// Removes what was made ahead, so that nothing but segments is left behind.
    pub fn close(mut self) {
        self.spare.discard(&*self.disk);
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}
