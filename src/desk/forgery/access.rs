//! The access check finds what is planted: each sort of wrong row by its name, and nothing where nothing is.

use crate::desk::AccessChecked;
use crate::desk::forgery::kit::Centre;
use crate::desk::forgery::kit::filing;
use crate::desk::forgery::kit::sign_in;
use crate::desk::forgery::kit::stranger;
use crate::desk::forgery::rekey::enrol;
use crate::ids::CompartmentId;
use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::Keeper;
use crate::keeper::facts::Member;
use crate::keeper::facts::Purpose;
use crate::keeper::facts::Role;
use crate::keeper::message::load::HeaderOf;
use crate::keeper::message::load::NewEnvelope;
use crate::keeper::units;
use crate::keeper::vault::Vault;
use crate::sealing::FileKey;
use crate::sealing::seal_header;
use crate::store::Tree;

/// A centre with somebody who may check, and nothing to do.
fn centre() -> (Centre, UserId) {
    let centre = Centre::new();
    let keeper = &centre.keeper;
    enrol(keeper, "dpl", Role::DataProtectionLead);
    drop(sign_in(keeper, "ada"));
    let vera = sign_in(keeper, "ada").user("vera").unwrap().id;
    assert_eq!(found(keeper), []);
    (centre, vera)
}

fn check(keeper: &Keeper) -> AccessChecked {
    sign_in(keeper, "dpl").check_access().unwrap()
}

/// Record, user and keys of each difference.
fn found(keeper: &Keeper) -> Vec<(Option<RecordId>, Option<String>, String)> {
    let differences = check(keeper).differences.into_iter();
    differences
        .map(|one| {
            assert!(one.says.contains(' '));
            (one.record, one.user, one.keys)
        })
        .collect()
}

fn compartment(vault: &Vault, purpose: Purpose) -> CompartmentId {
    let ids = vault.compartments().into_iter();
    let mut all = ids.map(|id| vault.compartment(id).unwrap().unwrap());
    all.find(|facts| facts.purpose == purpose).unwrap().id
}

/// A header that nobody here opens.
fn junk() -> Vec<u8> {
    seal_header(&FileKey::generate(), &stranger())
}

#[test]
fn an_envelope_for_somebody_it_is_not_for() {
    let (centre, vera) = centre();
    let case = centre.cases[0];
    centre.keeper.tamper(move |vault| {
        let compartment = compartment(vault, Purpose::Case { case });
        let unit = units::membership(compartment, 1, &Member::User(vera));
        vault.make_unit(unit.clone());
        let key = vault.keys.get(&unit).unwrap().duplicate();
        vault
            .write_under(&key, Tree::Envelope, &[], &junk())
            .unwrap();
    });
    let found = found(&centre.keeper);
    let of = |record: Option<RecordId>| (record, Some("vera".to_owned()), "yes".to_owned());
    for record in &centre.records[..2] {
        assert!(found.contains(&of(Some(*record))), "{found:?}");
    }
    assert!(found.contains(&of(None)));
    assert_eq!(found.len(), 3);
}

#[test]
fn a_header_for_a_compartment_it_is_not_for() {
    let (centre, _) = centre();
    let record = centre.records[0];
    centre.keeper.tamper(move |vault| {
        let role = Role::Volunteer;
        let id = compartment(vault, Purpose::Team { role });
        let of = HeaderOf::Part {
            record,
            version: 1,
            part: 2,
        };
        let (key, tree, natural) = vault.header_place(&of, (id, 1)).unwrap();
        vault.write_under(&key, tree, &natural, &junk()).unwrap();
    });
    let stray = (Some(record), Some("vera".to_owned()), "stray".to_owned());
    assert_eq!(found(&centre.keeper), [stray]);
}

#[test]
fn a_header_that_is_gone() {
    let (centre, _) = centre();
    let (record, case) = (centre.records[2], centre.cases[1]);
    centre.keeper.tamper(move |vault| {
        let id = compartment(vault, Purpose::Case { case });
        let of = HeaderOf::Part {
            record,
            version: 1,
            part: 3,
        };
        let (key, tree, natural) = vault.header_place(&of, (id, 1)).unwrap();
        vault.drop_row_under(&key, tree, &natural).unwrap();
    });
    // Nothing of it can be drawn for a desk to try: the keeper names everyone who misses it.
    let found = missing(&centre.keeper, record);
    assert_eq!(found, ["ada", "dpl", "sam"]);
}

/// Whom the keeper names as missing a header of a record.
fn missing(keeper: &Keeper, record: RecordId) -> Vec<String> {
    let names = keeper.run(move |vault| {
        let facts = vault.record(record).unwrap().unwrap();
        let known = std::collections::BTreeSet::from([record]);
        let (differences, _) = vault.compare(&[facts], &known).unwrap();
        let missing = differences.into_iter().filter(|one| one.keys == "missing");
        let mut names: Vec<String> = missing.filter_map(|one| one.user).collect();
        names.sort();
        names
    });
    names.unwrap()
}

#[test]
fn an_envelope_row_that_is_gone() {
    let (centre, _) = centre();
    let case = centre.cases[0];
    centre.keeper.tamper(move |vault| {
        let id = compartment(vault, Purpose::Case { case });
        let mut holders = vault.holders(id, 1).into_iter();
        let sam = holders
            .find(|member| matches!(member, Member::User(_)))
            .unwrap();
        let key = vault.keys.get(&units::membership(id, 1, &sam)).unwrap();
        let key = key.duplicate();
        vault.drop_row_under(&key, Tree::Envelope, &[]).unwrap();
    });
    let lost = (None, Some("sam".to_owned()), "missing".to_owned());
    assert!(found(&centre.keeper).contains(&lost));
}

#[test]
fn a_key_row_for_somebody_else_is_found_at_the_desk() {
    let (centre, _) = centre();
    let record = centre.records[0];
    let case = centre.cases[0];
    centre.keeper.tamper(move |vault| {
        let id = compartment(vault, Purpose::Case { case });
        let of = HeaderOf::Part {
            record,
            version: 1,
            part: 1,
        };
        let (key, tree, natural) = vault.header_place(&of, (id, 1)).unwrap();
        vault.write_under(&key, tree, &natural, &junk()).unwrap();
    });
    let wrong = |record| (record, Some("dpl".to_owned()), "wrong".to_owned());
    assert_eq!(found(&centre.keeper), [wrong(Some(record))]);
    // The way itself: dpl's own envelope of the team.
    let dpl = sign_in(&centre.keeper, "ada").user("dpl").unwrap().id;
    centre.keeper.tamper(move |vault| {
        let role = Role::DataProtectionLead;
        let compartment = compartment(vault, Purpose::Team { role });
        vault
            .put_envelope(&NewEnvelope {
                compartment,
                epoch: 1,
                member: Member::User(dpl),
                header: junk(),
            })
            .unwrap();
    });
    let found = found(&centre.keeper);
    assert!(!found.is_empty() && found.iter().all(|one| *one == wrong(None)));
}

/// A key that waits to be sealed on is no difference, and is counted apart.
#[test]
fn what_waits_is_counted_and_no_difference() {
    let (centre, _) = centre();
    let keeper = &centre.keeper;
    let sam = sign_in(keeper, "ada").user("sam").unwrap().id;
    keeper.tamper(move |vault| {
        for (id, epoch) in vault.envelopes_of(sam) {
            vault.end_unit(units::membership(id, epoch, &Member::User(sam)));
        }
    });
    let mut dpl = crate::desk::forgery::kit::sign_in(keeper, "dpl");
    // Her own desk could seal it on and has, at sign-in: take it away again.
    keeper.tamper(move |vault| {
        for (id, epoch) in vault.envelopes_of(sam) {
            vault.end_unit(units::membership(id, epoch, &Member::User(sam)));
        }
    });
    let checked = dpl.check_access().unwrap();
    assert_eq!((checked.differences.len(), checked.errands), (0, 3));
}

/// What the asker may not know of is in nothing the check says: also where something is wrong with it.
#[test]
fn what_is_hidden_from_the_asker_is_in_no_difference() {
    let (centre, vera) = centre();
    let keeper = &centre.keeper;
    enrol(keeper, "tess", Role::Trustee);
    let about = crate::desk::Filing {
        about: vec!["dpl".to_owned()],
        ..filing(centre.cases[0])
    };
    let record = sign_in(keeper, "ada").file(&about).unwrap().id;
    keeper.tamper(move |vault| {
        let id = compartment(vault, Purpose::Own { record });
        let unit = units::membership(id, 1, &Member::User(vera));
        vault.make_unit(unit.clone());
        let key = vault.keys.get(&unit).unwrap().duplicate();
        vault
            .write_under(&key, Tree::Envelope, &[], &junk())
            .unwrap();
    });
    let checked = check(keeper);
    assert_eq!((checked.differences.len(), checked.errands), (0, 0));
    // The control: somebody who may know is told.
    let told = sign_in(keeper, "tess").check_access().unwrap();
    let named = |one: &crate::keeper::message::access::Difference| one.record == Some(record);
    assert!(told.differences.iter().any(named));
}
