//! A grant by one person where there is no other: marked, believed by desks while the vault says that one is
//! enough, and by nobody afterwards.

use std::fs;

use strongroom::desk::Desk;
use strongroom::desk::NewAccess;
use strongroom::keeper::Keeper;
use strongroom::keeper::facts::GrantState;
use strongroom::keeper::facts::ProposalState;
use strongroom::keeper::facts::Role;
use strongroom::keeper::facts::Service;
use strongroom::keeper::facts::TwoPerson;

use crate::centre_kit::denied;
use crate::centre_kit::enrol;
use crate::centre_kit::filing;
use crate::centre_kit::passphrase;
use crate::grant_statement::tools;
use crate::grant_statement::verify;
use crate::grants::access;
use crate::two_person::alone;

fn desk<'k>(keeper: &'k Keeper, who: &str) -> Desk<'k> {
    Desk::sign_in(keeper, who, &passphrase(who), None).unwrap()
}

#[test]
fn one_person_s_grant_is_in_force_at_once_and_says_so() {
    let (dir, keeper) = alone();
    let mut ada = desk(&keeper, "ada");
    enrol(&mut ada, "anna", Role::Assessor, None);
    let case = ada.open_case("Invented", Service::Supervised).unwrap().id;
    let case = case.to_string();
    let record = ada.file(&filing("contact-report", Some(&case))).unwrap().id;
    let new = access(&keeper, None, &[record.to_string()], 2);
    let grant = ada.grant(&new).unwrap();
    assert_eq!(grant.state, GrantState::Active);
    let proposal = ada.proposal(&grant.proposal.unwrap().to_string()).unwrap();
    assert!(proposal.single, "it is marked");
    assert_eq!(proposal.decided_by.as_deref(), Some("ada"));
    let mut anna = desk(&keeper, "anna");
    assert!(anna.record(&record.to_string(), None, None, 80).is_ok());
    // Two are needed from now on, which ada decides alone; what was given before still holds.
    let now = ada.change_two_person(TwoPerson::Required).unwrap();
    assert_eq!(now.state, ProposalState::Approved);
    assert!(anna.record(&record.to_string(), None, None, 80).is_ok());
    let later = NewAccess {
        case: Some(case),
        records: Vec::new(),
        ..new
    };
    let waits = ada.grant(&later).unwrap();
    assert_eq!(waits.state, GrantState::Waiting);
    let p = waits.proposal.unwrap().to_string();
    assert_eq!(denied(ada.approve(&p)), "own-proposal");
    if tools() {
        let stated = anna.state_grant(&grant.id.to_string()).unwrap();
        let path = dir.path().join("statement");
        fs::write(&path, stated.file).unwrap();
        let (code, said) = verify(&path, keeper.vkey());
        assert_eq!(code, 0, "{said}");
        assert!(said.contains("agreed by ada, alone"), "{said}");
    }
}
