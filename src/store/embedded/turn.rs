//! The next generation: its files are prepared beside the present one's, and one pointer makes them current.
//!
//! Neither journal nor rows are written anew: rows are sealed under the keys of their units, and only the table
//! of these keys changes hands. So the index goes on as it is. It stays in the folder it was opened in until
//! the vault is closed, and moves to its generation's then; after any other stop it is made anew.

use std::io;

use crate::ledger::journal::disk::{is_absent, make_dir, read_whole, remove_if_there, write_whole};
use crate::store::ReadError;
use crate::store::embedded::layout::{Current, Generation};
use crate::store::embedded::snapshot::{Snapshot, SnapshotError};
use crate::store::embedded::{Embedded, MarkKey};

impl Embedded {
    fn next(&self) -> io::Result<Generation> {
        let number = self.generation.number.checked_add(1);
        let number = number.ok_or_else(|| io::Error::other("there are too many generations"))?;
        Ok(self.layout.generation(number))
    }

    pub(super) fn prepare_next(&self, key_table: &[u8]) -> io::Result<()> {
        let disk = &*self.disk;
        let next = self.next()?;
        make_dir(disk, next.dir())?;
        let rows = read_whole(disk, &self.generation.rows(), u64::MAX)?;
        write_whole(disk, &next.rows(), &rows)?;
        write_whole(disk, &next.keys(), key_table)
    }

    pub(super) fn prepared_next(&self) -> Result<Option<Vec<u8>>, ReadError> {
        let next = self.next()?;
        let keys = match next.read_keys(&*self.disk) {
            Err(error) if is_absent(&error) => return Ok(None),
            keys => keys?,
        };
        self.rows_of(&next).map(|rows| rows.map(|_| keys))
    }

    /// A generation's rows, which have to be those of the present one; `None` when they are not there.
    fn rows_of(&self, generation: &Generation) -> Result<Option<Snapshot>, ReadError> {
        let vault = &self.snapshot.covers.vault;
        let damaged = |what: String| ReadError::Damaged {
            file: generation.shown("rows"),
            what,
        };
        match Snapshot::open(&*self.disk, &generation.rows(), vault) {
            Err(SnapshotError::Io(error)) if is_absent(&error) => Ok(None),
            Err(SnapshotError::Io(error)) => Err(error.into()),
            Err(SnapshotError::Damaged(what)) => Err(damaged(what.to_owned())),
            Err(SnapshotError::Refused(words)) => Err(damaged(words)),
            Ok(rows) if rows.digest == self.snapshot.digest => Ok(Some(rows)),
            Ok(_) => Err(damaged("they are not the rows it began with".to_owned())),
        }
    }

    pub(super) fn switch(&mut self, mark_key: MarkKey) -> Result<(), ReadError> {
        let next = self.next()?;
        let absent = || io::Error::from(io::ErrorKind::NotFound);
        let keys = self.prepared_next()?.ok_or_else(absent)?;
        let snapshot = self.rows_of(&next)?.ok_or_else(absent)?;
        let current = Current::of(next.number, &keys, &snapshot.digest);
        if let Err(error) = current.write(&*self.disk, &self.layout) {
            // Which of the two is current after a restart, nobody can say now.
            self.fenced = true;
            return Err(error.into());
        }
        self.head.generation = next.number;
        self.generation = next;
        self.snapshot = snapshot;
        self.key_effects.clear();
        self.rows.renew(mark_key);
        Ok(())
    }

    pub(super) fn other_generations(&self) -> io::Result<Vec<u32>> {
        let mut others = Vec::new();
        for number in self.besides()? {
            let other = self.layout.generation(number);
            let names = self.disk.list(other.dir())?;
            let has = names.iter().any(|name| name == "keys" || name == "rows");
            if has || !self.rows.stands_in(other.dir()) {
                others.push(number);
            }
        }
        Ok(others)
    }

    fn besides(&self) -> io::Result<Vec<u32>> {
        let all = Generation::all(&*self.disk, &self.layout)?;
        let current = self.generation.number;
        Ok(all.into_iter().filter(|one| *one != current).collect())
    }

    pub(super) fn remove_others(&self) -> io::Result<()> {
        let disk = &*self.disk;
        for number in self.besides()? {
            let over = self.layout.generation(number);
            if self.rows.stands_in(over.dir()) {
                for file in [over.clean(), over.keys(), over.rows()] {
                    remove_if_there(disk, &file)?;
                }
                disk.sync_dir(over.dir())?;
            } else {
                disk.remove_all(over.dir())?;
            }
        }
        disk.sync_dir(&self.layout.generations())
    }

    /// Moves the closed index to the present generation's folder, where it was opened in another's. Where that
    /// fails, the next opening makes the index anew.
    pub(super) fn move_index(&self, from: &std::path::Path) {
        let to = self.generation.index();
        if from == to || std::fs::rename(from, to).is_err() {
            return;
        }
        if let Some(over) = from.parent() {
            drop(std::fs::remove_dir(over));
        }
    }
}
