//! Backups: incremental, made while others write, read back, without any key, and nothing without its manifest.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use strongroom::keeper::backup::BackupDone;
use strongroom::keeper::backup::BackupError;

use crate::centre_kit::Centre;
use crate::centre_kit::attach;
use crate::centre_kit::filing;
use crate::common::files_under;

pub(crate) fn back_up(centre: &Centre, dir: &Path) -> BackupDone {
    centre.keeper.back_up(dir, &mut |_, _| ()).unwrap()
}

fn refused(centre: &Centre, dir: &Path) -> String {
    match centre.keeper.back_up(dir, &mut |_, _| ()).unwrap_err() {
        BackupError::Refused(code, says) => {
            assert!(says.contains(' '), "{says}");
            code
        }
        other => panic!("{other:?}"),
    }
}

fn bytes_of(dir: &Path) -> u64 {
    let files = files_under(dir);
    files
        .iter()
        .map(|file| fs::metadata(file).unwrap().len())
        .sum()
}

fn place(centre: &Centre) -> PathBuf {
    centre.folder("stick")
}

#[test]
fn a_second_backup_copies_only_what_is_new() {
    let centre = Centre::new();
    let dir = place(&centre);
    let mut sam = centre.desk("sam");
    let mut large = filing("contact-report", Some(&centre.supervised));
    large.attachments = vec![attach("large.txt", &vec![b'a'; 3 << 20])];
    sam.file(&large).unwrap();
    let mut last = (0, 0);
    let first = centre.keeper.back_up(&dir, &mut |done, whole| {
        assert!(done >= last.0 && done <= whole, "{done} of {whole}");
        last = (done, whole);
    });
    let first = first.unwrap();
    assert!(
        first.copied >= first.bytes && first.bytes > 3 << 20,
        "{first:?}"
    );
    assert!(last.0 > 3 << 20, "{last:?}");
    let before = bytes_of(&dir);
    sam.file(&filing("contact-report", Some(&centre.supervised)))
        .unwrap();
    let second = back_up(&centre, &dir);
    assert!(second.size > first.size);
    // One record, and the static files' right edge.
    assert!(second.copied < 200_000, "{second:?}");
    let grown = bytes_of(&dir) - before;
    assert!(grown < 300_000, "{grown}");
    // The control: elsewhere all of it is copied.
    let elsewhere = back_up(&centre, &centre.folder("other"));
    assert!(elsewhere.copied > 3 << 20, "{elsewhere:?}");
}

#[test]
fn others_go_on_while_a_backup_is_made_and_it_is_one_moment() {
    let centre = Centre::new();
    let dir = place(&centre);
    let stop = AtomicBool::new(false);
    let mut sam = centre.desk("sam");
    let (made, filed) = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut filed = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                let mut report = filing("contact-report", Some(&centre.supervised));
                report.attachments = vec![attach("notes.txt", &[b'x'; 50_000])];
                filed.push(sam.file(&report).unwrap().receipt.size);
            }
            filed
        });
        let made: Vec<BackupDone> = (0..5).map(|_| back_up(&centre, &dir)).collect();
        stop.store(true, Ordering::Relaxed);
        (made, writer.join().unwrap())
    });
    let (first, last) = (made.first().unwrap(), made.last().unwrap());
    let between = |size: &&u64| **size > first.size && **size < last.size;
    assert!(
        filed.iter().any(|size| between(&size)),
        "nobody wrote meanwhile: {filed:?} {made:?}"
    );
    assert!(made.windows(2).all(|pair| pair[0].size < pair[1].size));
}

#[test]
fn places_that_cannot_keep_a_backup_are_refused_and_nothing_is_written() {
    let centre = Centre::new();
    let before = files_under(centre.dir.path());
    assert_eq!(
        refused(&centre, &centre.folder("vault/backup")),
        "bad-place"
    );
    assert_eq!(refused(&centre, &centre.folder("keys/backup")), "bad-place");
    assert_eq!(refused(&centre, centre.dir.path()), "bad-place");
    assert_eq!(refused(&centre, &centre.folder("not/there")), "bad-place");
    std::os::unix::fs::symlink(centre.folder("vault"), centre.folder("link")).unwrap();
    assert_eq!(refused(&centre, &centre.folder("link/backup")), "bad-place");
    fs::remove_file(centre.folder("link")).unwrap();
    let count = |files: &[PathBuf]| files.len();
    assert_eq!(count(&files_under(centre.dir.path())), count(&before));
    fs::create_dir(centre.folder("photos")).unwrap();
    fs::write(centre.folder("photos/one.jpg"), "a picture").unwrap();
    assert_eq!(refused(&centre, &centre.folder("photos")), "bad-place");
    assert_eq!(fs::read_dir(centre.folder("photos")).unwrap().count(), 1);
    // Another vault's place, and the control: its own.
    let other = Centre::new();
    crate::centre_kit::found(&other.folder("second"), "Another centre");
    let second =
        strongroom::keeper::Keeper::open(&crate::centre_kit::paths(&other.folder("second")), &[])
            .unwrap();
    let dir = place(&centre);
    back_up(&centre, &dir);
    let says = second.back_up(&dir, &mut |_, _| ()).unwrap_err();
    assert!(says.to_string().contains("another vault"), "{says}");
    back_up(&centre, &dir);
}
