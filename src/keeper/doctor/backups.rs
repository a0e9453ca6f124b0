//! What the doctor says of backups: whether one would bring the vault back today.

use std::path::Path;

use crate::clock::Timestamp;
use crate::keeper::Paths;
use crate::keeper::backup::confirmed_one;
use crate::keeper::backup::fit;
use crate::keeper::backup::noted::Noted;
use crate::keeper::backup::noted::PlaceNote;
use crate::keeper::doctor::Level;
use crate::keeper::doctor::Report;
use crate::keeper::doctor::places::say_synced;
use crate::records::dates;

const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// Keys change every week, and with a day to spare a backup has followed.
pub(crate) const OLD_MS: u64 = 8 * DAY_MS;
/// A quarter of a year: a rehearsal is still of the people and the disks that are there.
pub(crate) const REHEARSED_MS: u64 = 92 * DAY_MS;

/// What is to be known of a vault.
pub(crate) struct Now<'a> {
    pub(crate) paths: &'a Paths,
    pub(crate) generation: u32,
    pub(crate) moment: Timestamp,
    pub(crate) demo: bool,
}

pub(crate) fn look(noted: &Noted, at: &Now<'_>, report: &mut Report) {
    let command = "run: strongroom backup to DIR, with a folder on another disk";
    let Some(newest) = noted.newest() else {
        let level = if at.demo { Level::Note } else { Level::Warning };
        let what = "there is no backup: if this disk fails, everything in the vault is lost";
        report.add(level, what, command);
        return;
    };
    if newest.generation < at.generation {
        let what = "there is no backup since the keys were last changed: what was backed up before opens nothing any \
                    more";
        report.add(Level::Warning, what, command);
    } else if newest.at.plus_ms(OLD_MS) < at.moment {
        let what = format!(
            "the newest backup is of {}",
            dates::people_moment(newest.at)
        );
        report.add(Level::Warning, what, command);
    }
    for place in &noted.places {
        look_at(place, at, report);
    }
    rehearsals(noted, at, report);
}

/// A place, as far as it can be reached at this moment.
fn look_at(note: &PlaceNote, at: &Now<'_>, report: &mut Report) {
    let dir = Path::new(&note.place);
    if !dir.is_dir() {
        return;
    }
    let shown = dir.display();
    if !confirmed_one(dir, note.id).unwrap_or(false) {
        let what = format!(
            "the backup {} that was made in `{shown}` is not there",
            note.id
        );
        report.add(
            Level::Warning,
            what,
            "make a new one there, and see who removed it",
        );
    }
    if fit::fit(dir, at.paths).is_err() {
        let what = format!("the backups in `{shown}` are in one folder with the vault or its keys");
        report.add(
            Level::Warning,
            what,
            "keep backups apart from both: whoever has both has everything",
        );
    } else if fit::same_disk(dir, &at.paths.dir) {
        let what =
            format!("the backups in `{shown}` are on the vault's own disk, and lost with it");
        report.add(Level::Advice, what, "keep another one on another disk");
    }
    say_synced("the backups are", dir, report);
}

fn rehearsals(noted: &Noted, at: &Now<'_>, report: &mut Report) {
    let command = "run: strongroom backup rehearse DIR";
    let of_places = noted
        .places
        .iter()
        .filter_map(|note| note.rehearsed.as_ref());
    let Some(last) = of_places.max_by_key(|rehearsed| rehearsed.at) else {
        let what = "restoring a backup was never tried";
        report.add(Level::Advice, what, command);
        return;
    };
    let when = dates::people_moment(last.at);
    if let Some(failed) = &last.failed {
        let what = format!("the last rehearsal, of {when}, failed: {failed}");
        report.add(Level::Warning, what, "make a new backup, and rehearse it");
    } else if last.at.plus_ms(REHEARSED_MS) < at.moment {
        let what = format!("restoring was last tried on {when}");
        report.add(Level::Advice, what, command);
    } else {
        let what = format!(
            "restoring the backup {} was tried on {when}, and went well",
            last.id
        );
        report.add(Level::Note, what, "nothing to do");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::BackupId;
    use crate::keeper::backup::noted::Rehearsed;

    const START: Timestamp = Timestamp::from_ms(1_800_000_000_000);

    fn note(generation: u32, rehearsed: impl Into<Option<Rehearsed>>) -> PlaceNote {
        PlaceNote {
            place: "/nowhere/that/is/there".to_owned(),
            id: BackupId::from_bytes([1; 16]),
            at: START,
            generation,
            rehearsed: rehearsed.into(),
        }
    }

    fn rehearsed(failed: Option<&str>) -> Rehearsed {
        Rehearsed {
            at: START,
            id: BackupId::from_bytes([1; 16]),
            failed: failed.map(str::to_owned),
        }
    }

    /// What is said of these places so many days later, by level.
    fn said(places: &[PlaceNote], days: u64) -> Vec<(Level, String)> {
        let mut report = Report {
            custody: String::new(),
            findings: Vec::new(),
        };
        let paths = Paths {
            dir: "/vault".into(),
            keys: "/keys".into(),
        };
        let noted = Noted {
            places: places.to_vec(),
        };
        let now = Now {
            paths: &paths,
            generation: 2,
            moment: START.plus_ms(days * DAY_MS),
            demo: false,
        };
        look(&noted, &now, &mut report);
        let findings = report.findings.into_iter();
        findings.map(|one| (one.level, one.what)).collect()
    }

    fn warned(places: &[PlaceNote], days: u64, words: &str) -> bool {
        let said = said(places, days);
        said.iter()
            .any(|(level, what)| *level == Level::Warning && what.contains(words))
    }

    #[test]
    fn no_backup_an_old_one_and_one_of_old_keys_are_warned_about() {
        assert!(warned(&[], 0, "there is no backup"));
        let good = [note(2, rehearsed(None))];
        assert!(!warned(&good, 8, ""), "{:?}", said(&good, 8));
        assert!(warned(&good, 9, "the newest backup is of"));
        let old_keys = [note(1, rehearsed(None))];
        assert!(warned(&old_keys, 0, "since the keys were last changed"));
        // One good place is enough.
        assert!(!warned(&[note(1, None), note(2, None)], 0, ""));
    }

    #[test]
    fn rehearsals_that_failed_never_were_or_were_long_ago_are_told() {
        assert!(warned(
            &[note(2, rehearsed(Some("its end is missing")))],
            0,
            "its end is missing"
        ));
        let advised = |places: &[PlaceNote], days| {
            let said = said(places, days);
            said.iter().any(|(level, _)| *level == Level::Advice)
        };
        assert!(advised(&[note(2, None)], 0));
        assert!(!advised(&[note(2, rehearsed(None))], 92));
        assert!(advised(&[note(2, rehearsed(None))], 93));
    }
}
