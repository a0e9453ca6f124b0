//! Opening a journal: everything in it is read and verified before anything is changed.
//!
//! 1. [`Scan::read`] follows the chain through every segment. A frame that does not follow is damage; so
//!    is a bad one with anything valid behind it. Only a bad end of the last segment may be a frame that
//!    was being written when the power failed.
//! 2. The caller compares where the chain ends with every mark kept elsewhere.
//! 3. [`Scan::settle`] puts torn bytes aside and, unless the last stop was clean, writes the last segment
//!    anew: what was read may never have reached the disk, and a second flush of the same file would not
//!    say so.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::ids::VaultId;
use crate::ledger::frame::{FrameView, MAX_FRAME, MIN_FRAME, declared_length};
use crate::ledger::journal::disk::{Disk, read_whole, remove_if_there, write_whole};
use crate::ledger::journal::segment::{self, HEADER};
use crate::ledger::journal::spare::Spare;
use crate::ledger::journal::{Journal, Position, Settings, Spot};

/// No segment is longer, whatever the settings were when it was made.
const MAX_SEGMENT: u64 = 2 * MAX_FRAME as u64;

/// Why a journal cannot be read.
#[derive(Debug)]
pub enum ScanError {
    /// A file is not what was written.
    Damaged {
        /// The file's name in the journal's directory.
        file: String,
        /// Where in it.
        offset: u64,
        /// What is wrong, in words.
        what: String,
    },
    /// The journal ends before the frame the snapshot ends with.
    Short {
        /// The frame the snapshot says comes next.
        wanted: u64,
        /// The frame the journal says comes next.
        found: u64,
    },
    /// The disk reported an error.
    Io(io::Error),
}

impl From<io::Error> for ScanError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Bytes at the end that are no frame, with nothing valid behind them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Torn {
    /// The segment.
    pub segment: u32,
    /// Where they begin.
    pub offset: u64,
    /// How many there are, up to the last that is not zero.
    pub length: u64,
    /// The name, in the journal's directory, of the file they are kept in.
    pub kept_as: String,
}

/// A journal that has been read and verified, and not yet changed.
#[derive(Debug)]
pub struct Scan {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    vault: VaultId,
    settings: Settings,
    spots: Vec<Spot>,
    position: Position,
    last: Last,
    torn: Option<(Torn, Vec<u8>)>,
}

/// The last segment as it was read.
#[derive(Debug)]
struct Last {
    number: u32,
    good: Vec<u8>,
    capacity: u64,
}

/// What every step of a scan needs.
struct Reader<'a> {
    from: &'a Position,
    each: &'a mut dyn FnMut(&Spot, &FrameView<'_>) -> Result<(), String>,
    spots: Vec<Spot>,
    /// Unknown until the first header is read.
    position: Option<Position>,
}

impl Scan {
    /// Reads the whole journal. `from` is where the snapshot ends (or where the vault began); frames
    /// before it are verified as links of the chain, those after it are shown to `each`.
    ///
    /// # Errors
    /// [`ScanError`]; words from `each` become [`ScanError::Damaged`].
    pub fn read(
        disk: Arc<dyn Disk>,
        dir: &Path,
        vault: VaultId,
        from: &Position,
        each: &mut dyn FnMut(&Spot, &FrameView<'_>) -> Result<(), String>,
    ) -> Result<Self, ScanError> {
        let numbers = segments(&*disk, dir)?;
        let mut reader = Reader {
            from,
            each,
            spots: Vec::new(),
            position: None,
        };
        let mut found = None;
        for (at, number) in numbers.iter().copied().enumerate() {
            let bytes = read_whole(&*disk, &dir.join(segment::name(number)), MAX_SEGMENT)?;
            let end = reader.segment(&bytes, &vault, number)?;
            let rest = bytes.get(end..).unwrap_or_default();
            let is_last = at + 1 == numbers.len();
            let torn = reader.ending(rest, number, end, is_last)?;
            if is_last {
                let last = Last {
                    number,
                    good: bytes.get(..end).unwrap_or_default().to_vec(),
                    capacity: bytes.len() as u64,
                };
                found = Some((last, torn));
            }
        }
        let position = reader.finish()?;
        let Some((last, torn)) = found else {
            return Err(gap(1));
        };
        Ok(Self {
            disk,
            dir: dir.into(),
            vault,
            settings: Settings::default(),
            spots: reader.spots,
            position,
            last,
            torn,
        })
    }

    /// Where the chain ends.
    pub const fn position(&self) -> &Position {
        &self.position
    }

    /// The last segment and how many of its bytes are frames.
    pub fn end(&self) -> (u32, u64) {
        (self.last.number, self.last.good.len() as u64)
    }

    /// The frames that were read, in order.
    pub fn spots(&self) -> &[Spot] {
        &self.spots
    }

    /// What at the end is no frame.
    pub fn torn(&self) -> Option<&Torn> {
        self.torn.as_ref().map(|(torn, _)| torn)
    }

    /// Makes the journal ready for writing. After a stop that was not `clean`, and whenever the end is
    /// torn, the last segment is written anew.
    ///
    /// # Errors
    /// As the file system reports. Nothing is lost: settling can be begun again.
    pub fn settle(mut self, settings: Settings, clean: bool) -> io::Result<Journal> {
        self.settings = settings;
        for name in self.disk.list(&self.dir)? {
            if Path::new(&name).extension().is_some_and(|end| end == "tmp") {
                self.disk.remove(&self.dir.join(name))?;
            }
        }
        if let Some((torn, bytes)) = &self.torn {
            write_whole(&*self.disk, &self.dir.join(&torn.kept_as), bytes)?;
        }
        if !clean || self.torn.is_some() {
            self.rewrite()?;
        }
        let path = self.dir.join(segment::name(self.last.number));
        let file = self.disk.open(&path)?;
        Ok(Journal {
            spare: Spare::at(&self.dir),
            disk: self.disk,
            dir: self.dir,
            vault: self.vault,
            settings,
            spots: self.spots,
            position: self.position,
            segment: self.last.number,
            used: self.last.good.len() as u64,
            capacity: self.last.capacity,
            file,
            broken: false,
        })
    }

    fn rewrite(&mut self) -> io::Result<()> {
        let good = self.last.good.len() as u64;
        self.last.capacity = self.settings.segment_bytes.max(good);
        let staged = self.dir.join("rewrite.tmp");
        remove_if_there(&*self.disk, &staged)?;
        let file = self.disk.create_new(&staged)?;
        file.write_at(&self.last.good, 0)?;
        segment::zero(&*file, good, self.last.capacity)?;
        file.sync_all()?;
        let path = self.dir.join(segment::name(self.last.number));
        self.disk.rename(&staged, &path)?;
        self.disk.sync_dir(&self.dir)
    }
}

impl Reader<'_> {
    /// Follows the chain through one segment; returns where in it the frames end.
    fn segment(&mut self, bytes: &[u8], vault: &VaultId, number: u32) -> Result<usize, ScanError> {
        let begins =
            segment::read_header(bytes, vault, number).map_err(|what| damaged(number, 0, what))?;
        match &self.position {
            None => self.begin(begins, number)?,
            Some(at) if follows(at, &begins) => (),
            Some(_) => {
                return Err(damaged(
                    number,
                    0,
                    "it does not follow the segment before it",
                ));
            }
        }
        let mut offset = HEADER;
        loop {
            let rest = bytes.get(offset..).unwrap_or_default();
            if declared_length(rest).is_none_or(|length| length == 0) {
                return Ok(offset);
            }
            let Ok(frame) = FrameView::parse(rest) else {
                return Ok(offset);
            };
            let spot = Spot {
                number: frame.number,
                first: frame.first,
                leaves: u32::try_from(frame.leaves.len()).unwrap_or(u32::MAX),
                segment: number,
                offset: offset as u64,
                length: frame.length,
            };
            self.frame(&spot, &frame)
                .map_err(|what| damaged(number, spot.offset, &what))?;
            offset += frame.length;
        }
    }

    /// The first kept segment may begin before the snapshot's end, never after it.
    fn begin(&mut self, begins: Position, number: u32) -> Result<(), ScanError> {
        if begins.next_frame > self.from.next_frame {
            return Err(damaged(number, 0, "segments before it are missing"));
        }
        if begins.next_frame == self.from.next_frame && !follows(self.from, &begins) {
            return Err(damaged(number, 0, "it does not follow the snapshot"));
        }
        self.position = Some(begins);
        Ok(())
    }

    fn frame(&mut self, spot: &Spot, frame: &FrameView<'_>) -> Result<(), String> {
        let follows_last = self.position.is_some_and(|at| {
            frame.number == at.next_frame
                && frame.previous == at.hash
                && frame.first == at.size
                && frame.generation >= at.generation
        });
        if !follows_last {
            return Err("a frame does not follow the one before it".into());
        }
        let after = Position::after(frame);
        if after.next_frame == self.from.next_frame && after.hash != self.from.hash {
            return Err("the frame the snapshot ends with is another one".into());
        }
        if frame.number >= self.from.next_frame {
            (self.each)(spot, frame)?;
        }
        self.spots.push(*spot);
        self.position = Some(after);
        Ok(())
    }

    /// What follows the frames must be zeros, or in the last segment bytes with nothing valid in them.
    fn ending(
        &self,
        rest: &[u8],
        number: u32,
        end: usize,
        is_last: bool,
    ) -> Result<Option<(Torn, Vec<u8>)>, ScanError> {
        let Some(last) = rest.iter().rposition(|byte| *byte != 0) else {
            return Ok(None);
        };
        let offset = end as u64;
        if !is_last {
            let what = "a frame is bad and others follow it in the next segment";
            return Err(damaged(number, offset, what));
        }
        let next = self.position.map_or(0, |at| at.next_frame);
        if holds_frame(rest, next) {
            let what = "a frame is bad and others follow it";
            return Err(damaged(number, offset, what));
        }
        let kept = rest.get(..=last).unwrap_or_default().to_vec();
        let torn = Torn {
            segment: number,
            offset,
            length: kept.len() as u64,
            kept_as: format!("torn-{number:08}-{offset}.bin"),
        };
        Ok(Some((torn, kept)))
    }

    fn finish(&self) -> Result<Position, ScanError> {
        let Some(position) = self.position else {
            return Err(gap(1));
        };
        if position.next_frame < self.from.next_frame {
            return Err(ScanError::Short {
                wanted: self.from.next_frame,
                found: position.next_frame,
            });
        }
        Ok(position)
    }
}

/// The numbers of the segments in a directory, without a gap.
fn segments(disk: &dyn Disk, dir: &Path) -> Result<Vec<u32>, ScanError> {
    let names = disk.list(dir)?;
    let mut numbers: Vec<u32> = names
        .iter()
        .filter_map(|name| segment::number(name))
        .collect();
    numbers.sort_unstable();
    for pair in numbers.windows(2) {
        if let [before, after] = pair
            && before + 1 != *after
        {
            return Err(gap(before + 1));
        }
    }
    Ok(numbers)
}

/// Whether a segment's header continues a chain; only its generation may be a later one.
fn follows(at: &Position, begins: &Position) -> bool {
    (at.next_frame, at.size, at.hash) == (begins.next_frame, begins.size, begins.hash)
        && begins.generation >= at.generation
}

/// Whether a valid frame with this number or a later one stands anywhere in these bytes. Its cheap
/// fields are looked at before anything is hashed.
fn holds_frame(bytes: &[u8], next: u64) -> bool {
    let most = next.saturating_add(bytes.len() as u64);
    (1..bytes.len()).any(|at| {
        let rest = bytes.get(at..).unwrap_or_default();
        let number = rest.get(8..16).and_then(|field| field.try_into().ok());
        declared_length(rest).is_some_and(|length| length >= MIN_FRAME && length <= rest.len())
            && number.is_some_and(|number| (next..=most).contains(&u64::from_be_bytes(number)))
            && FrameView::parse(rest).is_ok()
    })
}

fn damaged(segment: u32, offset: u64, what: &str) -> ScanError {
    ScanError::Damaged {
        file: segment::name(segment),
        offset,
        what: what.into(),
    }
}

fn gap(number: u32) -> ScanError {
    damaged(number, 0, "it is missing")
}
