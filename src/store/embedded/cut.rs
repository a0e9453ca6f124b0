//! Which of a vault's files hold what is stored at one moment, and how many bytes of each.
//!
//! Frames follow one another and never change, so a copy of the first bytes of each segment is a copy of
//! the vault as it was, however much is written meanwhile. A generation's files are written once.

use std::io;

use crate::ledger::journal::disk::read_whole;
use crate::ledger::journal::{HEADER, Journal};
use crate::store::backup::{Cut, StoredFile};
use crate::store::embedded::Embedded;

/// The pointer is one short line.
const MAX_CURRENT: u64 = 256;

impl Embedded {
    pub(crate) fn cut_here(&self) -> io::Result<Cut> {
        let mut files = Vec::new();
        for (name, path) in [
            ("keys", self.generation.keys()),
            ("rows", self.generation.rows()),
        ] {
            files.push(StoredFile {
                path: self.generation.shown(name),
                bytes: self.disk.open(&path)?.size()?,
                at: path,
                grows: false,
            });
        }
        files.extend(self.segments());
        let current = read_whole(&*self.disk, &self.layout.current(), MAX_CURRENT)?;
        Ok(Cut {
            disk: Some(self.disk.clone()),
            generation: self.generation.number,
            files,
            current,
        })
    }

    /// Each segment as far as its frames go.
    fn segments(&self) -> Vec<StoredFile> {
        let (last, used) = self.journal.end();
        let first = self
            .journal
            .spots()
            .first()
            .map_or(last, |spot| spot.segment);
        let mut ends: Vec<u64> = Vec::new();
        ends.resize((last - first.min(last)) as usize + 1, HEADER as u64);
        for spot in self.journal.spots() {
            let at = (spot.segment - first) as usize;
            if let Some(end) = ends.get_mut(at) {
                *end = spot.offset + spot.length as u64;
            }
        }
        if let Some(end) = ends.last_mut() {
            *end = used;
        }
        (first..=last)
            .zip(ends)
            .map(|(number, bytes)| {
                let name = Journal::segment_name(number);
                StoredFile {
                    at: self.layout.journal().join(&name),
                    path: format!("journal/{name}"),
                    bytes,
                    grows: true,
                }
            })
            .collect()
    }
}
