//! The ledger's entries with names, as far as this person may know them.

use std::path::Component;
use std::path::Path;
use std::path::PathBuf;

use crate::clock::Timestamp;
use crate::desk::Desk;
use crate::desk::error::DeskError;
use crate::desk::link;
use crate::desk::link::Because;
use crate::desk::reading::parse_record;
use crate::desk::shown::AuditLine;
use crate::desk::shown::HistoryLine;
use crate::keeper::Line;
use crate::keeper::line::Files;
use crate::keeper::message::Want;
use crate::keeper::message::answer::Served;
use crate::keeper::message::answer::ServedEntry;
use crate::keeper::message::load::Load;

impl Desk<'_> {
    /// Entries: all, of one record, of one user, since a moment.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn audit(
        &mut self,
        record: Option<&str>,
        actor: Option<&str>,
        since: Option<Timestamp>,
    ) -> Result<Vec<AuditLine>, DeskError> {
        let record = record.map(parse_record);
        let want = Want::ShowAudit {
            record,
            actor: actor.map(str::to_owned),
            since,
        };
        let entries = self.entries(want)?;
        Ok(entries
            .into_iter()
            .map(|(entry, actor)| AuditLine {
                index: entry.index,
                time: entry.time,
                event: entry.event,
                outcome: entry.outcome,
                actor,
                record: entry.record,
                case: entry.case,
                purpose: entry.purpose,
                detail_available: entry.detail_available,
            })
            .collect())
    }

    /// Who did what with a record, listings included.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn history(&mut self, record: &str) -> Result<Vec<HistoryLine>, DeskError> {
        let entries = self.entries(Want::ShowHistory {
            record: parse_record(record),
        })?;
        Ok(entries
            .into_iter()
            .map(|(entry, actor)| HistoryLine {
                index: entry.index,
                time: entry.time,
                event: entry.event,
                outcome: entry.outcome,
                revealed_to: entry.revealed_to.and_then(|_| actor.clone()),
                actor,
                version: entry.version,
                purpose: entry.purpose,
            })
            .collect())
    }

    /// Entries, each with the handle of whoever did it.
    fn entries(&mut self, want: Want) -> Result<Vec<(ServedEntry, Option<String>)>, DeskError> {
        let (keys, _) = self.keys(None)?;
        let (served, _) = self.ask(want, Load::Nothing {}, Because::default())?;
        let Served::Entries(entries) = served else {
            return Err(link::unexpected());
        };
        let handle = |entry: &ServedEntry| {
            let user = entry.actor?;
            let account = keys.accounts.iter().find(|account| account.id == user);
            account.map(|account| account.handle.clone())
        };
        Ok(entries
            .into_iter()
            .map(|entry| {
                let actor = handle(&entry);
                (entry, actor)
            })
            .collect())
    }

    /// The proof of one entry, as a C2SP tlog-proof.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn proof(&mut self, index: u64) -> Result<String, DeskError> {
        let (served, _) = self.ask(
            Want::ProveEntry { index },
            Load::Nothing {},
            Because::default(),
        )?;
        let Served::Proof(text) = served else {
            return Err(link::unexpected());
        };
        Ok(text)
    }

    /// Writes the ledger's static directory to `out`, entries included.
    ///
    /// # Errors
    /// [`DeskError`].
    pub fn export_audit(&mut self, out: &Path) -> Result<(), DeskError> {
        let (_, proven) = self.ask(Want::ExportAudit {}, Load::Nothing {}, Because::default())?;
        write_files(self.keeper, &Files::WithEntries(&proven), out)
    }
}

/// Writes the ledger's keys, heads and hash tiles to `out`, for anybody: nothing of them names an act.
///
/// # Errors
/// [`DeskError`].
pub fn export_hashes(keeper: &dyn Line, out: &Path) -> Result<(), DeskError> {
    write_files(keeper, &Files::Hashes, out)
}

fn write_files(keeper: &dyn Line, files: &Files<'_>, out: &Path) -> Result<(), DeskError> {
    std::fs::create_dir_all(out)?;
    keeper.ledger_files(files, &mut |name, content| {
        let path = below(out, name)?;
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::io::copy(content, &mut std::fs::File::create(path)?)?;
        Ok(())
    })?;
    // Many small files: the disk they are on is synced once.
    let synced = rustix::fs::syncfs(std::fs::File::open(out)?);
    Ok(synced.map_err(std::io::Error::from)?)
}

/// The path of a file that a keeper names: below `folder`, whatever the keeper says.
fn below(folder: &Path, name: &str) -> std::io::Result<PathBuf> {
    let plain = |component| matches!(component, Component::Normal(_));
    if name.is_empty() || !Path::new(name).components().all(plain) {
        let says =
            "the keeper named a file that does not belong into an export; nothing more was written";
        return Err(std::io::Error::other(says));
    }
    Ok(folder.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keeper_cannot_name_a_file_elsewhere() {
        let folder = Path::new("out");
        let inside = below(folder, "tile/0/x001/000").unwrap();
        assert_eq!(inside, Path::new("out/tile/0/x001/000"));
        for name in ["", "/etc/passwd", "../up", "tile/../../up", ".", "./x"] {
            assert!(below(folder, name).is_err(), "{name}");
        }
    }
}
