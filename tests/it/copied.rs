//! A vault whose copy left something out that the files do not need.

use std::fs;
use std::path::Path;

use strongroom::desk::Desk;
use strongroom::keeper::Keeper;

use crate::centre_kit::Centre;
use crate::centre_kit::attach;
use crate::centre_kit::filing;
use crate::centre_kit::passphrase;
use crate::centre_kit::paths;

/// Copies files and the folders they are in, as an archive or a version control system does.
fn copy_files(from: &Path, to: &Path) -> usize {
    let mut copied = 0;
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copied += copy_files(&path, &target);
        } else {
            fs::create_dir_all(to).unwrap();
            fs::copy(&path, &target).unwrap();
            copied += 1;
        }
    }
    copied
}

/// A report with an attachment in each of many shelves.
fn file_much(desk: &mut Desk<'_>, case: &str) -> String {
    let mut filing = filing("contact-report", Some(case));
    let long = vec![b'x'; 200_000];
    filing.attachments = (0..20)
        .map(|n| attach(&format!("{n}.txt"), &long))
        .collect();
    desk.file(&filing).unwrap().id.to_string()
}

#[test]
fn a_copy_without_its_empty_folders_opens_and_goes_on() {
    let centre = Centre::new();
    let case = centre.supervised.clone();
    let first = file_much(&mut centre.desk("sam"), &case);
    let Centre { dir, keeper, .. } = centre;
    keeper.close().unwrap();
    let home = tempfile::tempdir().unwrap();
    assert!(copy_files(dir.path(), home.path()) > 20);
    let shelves = || {
        fs::read_dir(home.path().join("vault/payload"))
            .unwrap()
            .count()
    };
    assert!(shelves() < 100, "many are left out: {}", shelves());

    let keeper = Keeper::open(&paths(home.path()), &[]).unwrap();
    assert_eq!(shelves(), 257);
    let mut sam = Desk::sign_in(&keeper, "sam", &passphrase("sam"), None).unwrap();
    let second = file_much(&mut sam, &case);
    for record in [first, second] {
        let mut out = Vec::new();
        sam.attachment(&record, "19.txt", None, &mut out).unwrap();
        assert_eq!(out.len(), 200_000);
    }
    drop(sam);
    keeper.close().unwrap();
}
