//! What the doctor says of folders: what copies them behind one's back, and what keeps old bytes.

use std::path::Path;

use crate::keeper::Paths;
use crate::keeper::doctor::Level;
use crate::keeper::doctor::Report;

/// Folders that are copied elsewhere by themselves, by the names their programs give them.
const SYNCED: [&str; 6] = [
    "OneDrive",
    "Dropbox",
    "Google Drive",
    "GoogleDrive",
    "iCloud",
    "Nextcloud",
];

/// File systems that keep snapshots, by the numbers statfs(2) gives them.
const SNAPSHOTS: [(u64, &str); 3] = [
    (0x9123_683E, "btrfs"),
    (0x2FC1_2FC1, "ZFS"),
    (0xCA45_1A4E, "bcachefs"),
];

pub(crate) fn look(paths: &Paths, report: &mut Report) {
    say_synced("the vault is", &paths.dir, report);
    say_synced("the vault's keys are", &paths.keys, report);
    say_snapshots("the vault's keys are", &paths.keys, report);
    say_read_only(&paths.dir, report);
}

/// Whether a folder is copied elsewhere while it is written.
pub(crate) fn say_synced(what: &str, dir: &Path, report: &mut Report) {
    let whole = dir.canonicalize().unwrap_or_else(|_| dir.to_owned());
    let text = whole.display().to_string();
    if let Some(name) = SYNCED.iter().find(|name| text.contains(*name)) {
        report.add(
            Level::Warning,
            format!(
                "{what} in a folder that {name} copies while it is written, and keeps old copies of"
            ),
            "move it to a folder of this computer's own",
        );
    }
}

/// A snapshot keeps a destroyed key, and what was destroyed with it.
fn say_snapshots(what: &str, dir: &Path, report: &mut Report) {
    let Some(name) = rustix::fs::statfs(dir)
        .ok()
        .and_then(|about| snapshots(about.f_type))
    else {
        return;
    };
    report.add(
        Level::Advice,
        format!("{what} on {name}: a snapshot of it keeps keys that were destroyed since"),
        "take no snapshots of the keys' folder, or keep it on another file system",
    );
}

fn snapshots(number: impl TryInto<i64>) -> Option<&'static str> {
    // Some systems give it as a signed number of 32 bits.
    let number = number.try_into().ok()?.cast_unsigned() & 0xFFFF_FFFF;
    let known = SNAPSHOTS.iter().find(|(magic, _)| *magic == number);
    known.map(|(_, name)| *name)
}

fn say_read_only(dir: &Path, report: &mut Report) {
    let about = rustix::fs::statvfs(dir);
    if about.is_ok_and(|about| about.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY)) {
        report.add(
            Level::Warning,
            "the vault's disk takes no writes",
            "see why: a disk that begins to fail is often made read-only; make a backup first",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_systems_that_keep_snapshots_are_known_by_number() {
        assert_eq!(snapshots(0x9123_683E_u32), Some("btrfs"));
        assert_eq!(snapshots(0x9123_683E_u32.cast_signed()), Some("btrfs"));
        assert_eq!(snapshots(0x2FC1_2FC1_i64), Some("ZFS"));
        assert_eq!(snapshots(0xEF53_i64), None, "ext4");
    }

    #[test]
    fn synced_folders_are_known_by_their_names() {
        let mut report = Report {
            custody: String::new(),
            findings: Vec::new(),
        };
        say_synced(
            "it is",
            Path::new("/home/ada/OneDrive - Centre/vault"),
            &mut report,
        );
        say_synced("it is", Path::new("/srv/vault"), &mut report);
        assert_eq!(report.findings.len(), 1);
    }
}
