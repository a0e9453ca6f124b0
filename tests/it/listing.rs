//! Lists of more than one page: begun once, and each page decided again when it is served.

use std::collections::BTreeSet;

use strongroom::desk::Desk;

use crate::centre_kit::Centre;
use crate::centre_kit::filing;

/// Enough for a second page.
const MORE: usize = 60;

fn page(desk: &mut Desk<'_>, page: u32) -> (Vec<String>, bool) {
    let (lines, more) = desk.records(None, page).unwrap();
    (lines.iter().map(|line| line.id.to_string()).collect(), more)
}

fn import(desk: &mut Desk<'_>, case: &str, count: usize) {
    let reports: Vec<_> = (0..count)
        .map(|_| filing("contact-report", Some(case)))
        .collect();
    desk.import(&reports).unwrap();
}

#[test]
fn pages_follow_one_another_and_end() {
    let centre = Centre::new();
    let mut ada = centre.desk("ada");
    import(&mut ada, &centre.supervised, MORE);
    let (first, more) = page(&mut ada, 0);
    assert!(more);
    // What is filed while somebody looks through a list is in the next list.
    import(&mut ada, &centre.supervised, MORE);
    let (second, more) = page(&mut ada, 1);
    assert!(!more);
    let all: BTreeSet<&String> = first.iter().chain(&second).collect();
    assert_eq!(all.len(), first.len() + second.len());
    assert!(page(&mut ada, 0).1);
    assert!(page(&mut ada, 1).1);
    assert!(!page(&mut ada, 2).1);
    // A page in the middle, asked for first, is the one it would have been.
    assert_eq!(page(&mut ada, 1), page(&mut centre.desk("ada"), 1));
    assert_eq!(page(&mut ada, 9), (Vec::new(), false));
}

#[test]
fn what_is_closed_between_two_pages_is_on_neither() {
    let centre = Centre::new();
    let (mut ada, mut sam) = (centre.desk("ada"), centre.desk("sam"));
    import(&mut ada, &centre.supervised, MORE);
    page(&mut sam, 0);
    let (before, _) = page(&mut sam, 1);
    page(&mut sam, 0);
    ada.exclude(&before[0], "sam").unwrap();
    let (after, _) = page(&mut sam, 1);
    assert_eq!(after, before[1..]);
}

#[test]
fn two_people_look_through_lists_of_their_own() {
    let centre = Centre::new();
    let (mut ada, mut cora) = (centre.desk("ada"), centre.desk("cora"));
    import(&mut ada, &centre.supervised, MORE);
    let (mine, _) = page(&mut ada, 0);
    let (hers, _) = page(&mut cora, 0);
    assert!(hers.contains(&centre.complaint) && !mine.contains(&centre.complaint));
    let mut lists = [mine, hers];
    lists[0].extend(page(&mut ada, 1).0);
    lists[1].extend(page(&mut cora, 1).0);
    assert!(!lists[0].contains(&centre.complaint));
    // Another list of the same person begins anew.
    page(&mut ada, 0);
    let (of_case, more) = ada.records(Some(&centre.supported), 1).unwrap();
    assert!(of_case.is_empty() && !more);
}
