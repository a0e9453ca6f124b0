//! Rows looked up together before they are read: never older than the last frame, nor than the one being built.

use crate::desk::forgery::kit::Centre;
use crate::keeper::units;
use crate::keeper::vault::Vault;
use crate::store::Tree;

const NAME: &[u8] = b"looked-ahead";

fn write(vault: &mut Vault, value: u32) {
    vault
        .write(&units::vault(), Tree::Setting, NAME, &value)
        .unwrap();
}

fn read(vault: &Vault) -> Option<u32> {
    vault.read(&units::vault(), Tree::Setting, NAME).unwrap()
}

fn look_ahead(vault: &Vault) {
    let place = vault.place(&units::vault(), Tree::Setting, NAME);
    vault.look_ahead(place.into_iter()).unwrap();
    assert_eq!(vault.ahead.borrow().len(), 1);
}

#[test]
fn what_was_looked_up_ahead_ends_with_the_frame() {
    let centre = Centre::new();
    centre.keeper.tamper(|vault| {
        look_ahead(vault);
        assert_eq!(read(vault), None);
        write(vault, 1);
        assert_eq!(read(vault), Some(1), "what is staged comes first");
    });
    centre.keeper.tamper(|vault| {
        assert_eq!(read(vault), Some(1), "not the absence seen before");
        look_ahead(vault);
        write(vault, 2);
    });
    let read_now = || centre.keeper.run(|vault| read(vault)).unwrap();
    assert_eq!(read_now(), Some(2));
    // The planted control: the same rows, kept across a frame.
    let stale = centre.keeper.run(|vault| {
        look_ahead(vault);
        vault.ahead.take()
    });
    centre.keeper.tamper(|vault| write(vault, 3));
    let stale = stale.unwrap();
    let kept = centre.keeper.run(move |vault| vault.ahead.replace(stale));
    assert!(kept.unwrap().is_empty());
    assert_eq!(read_now(), Some(2), "the control reads what is over");
}

#[test]
fn rows_of_a_unit_made_in_the_frame_count_their_revisions_too() {
    fn revision(vault: &Vault) -> u64 {
        let key = vault.keys.get(&units::entry(u64::MAX)).unwrap();
        let id = key.row_id(Tree::Entry.number(), NAME);
        let row = &vault.staged.rows[&(Tree::Entry, id)];
        row.as_ref().unwrap().revision
    }
    fn write(vault: &mut Vault) {
        let unit = units::entry(u64::MAX);
        vault.write(&unit, Tree::Entry, NAME, &1).unwrap();
    }
    let centre = Centre::new();
    centre.keeper.tamper(|vault| {
        vault.make_unit(units::entry(u64::MAX));
        write(vault);
        assert_eq!(revision(vault), 1);
        write(vault);
        assert_eq!(revision(vault), 2);
    });
    centre.keeper.tamper(|vault| {
        write(vault);
        assert_eq!(revision(vault), 3, "in a later frame the store is asked");
    });
}
