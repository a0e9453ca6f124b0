//! A record in another case than the one it was filed in, where no two people have signed that.

use crate::desk::forgery::grants::approval;
use crate::desk::forgery::grants::centre;
use crate::desk::forgery::grants::claimed;
use crate::desk::forgery::kit::about_record;
use crate::desk::forgery::kit::sign_in;
use crate::ids::CompartmentId;
use crate::ids::ProposalId;
use crate::keeper::message::load::MoveStatement;
use crate::sealing::StatementKind;

#[test]
fn a_record_is_in_no_other_case_because_the_keeper_says_so() {
    let centre = centre();
    let mut ada = sign_in(&centre.keeper, "ada");
    let vera = sign_in(&centre.keeper, "vera");
    let cora = claimed(&centre.keeper, "cora");
    let record = centre.records[2].to_string();
    let [first, second] = centre.cases;
    let said = MoveStatement {
        record: centre.records[2],
        number: 1,
        from: Some(second),
        to: first,
        proposal: ProposalId::random(),
        compartment: CompartmentId::random(),
        reason: "invented".to_owned(),
    };
    let signed = |desk: &crate::desk::Desk<'_>, said: &MoveStatement| {
        String::from_utf8(desk.says(StatementKind::Move, said).unwrap()).unwrap()
    };
    let hers = signed(&ada, &said);
    let yes = |desk: &crate::desk::Desk<'_>, of: &str| approval(desk, said.proposal, of);
    let mut later = said.clone();
    later.number = 2;
    let later = signed(&ada, &later);
    let mut another = said.clone();
    another.record = centre.records[0];
    let another = signed(&ada, &another);
    let vera_s = signed(&vera, &said);
    let lies = [
        ("nobody signed", vec![]),
        ("no second person", vec![hers.clone()]),
        ("her own yes", vec![hers.clone(), yes(&ada, &hers)]),
        ("a volunteer's yes", vec![hers.clone(), yes(&vera, &hers)]),
        (
            "a volunteer's move",
            vec![vera_s.clone(), yes(&cora, &vera_s)],
        ),
        ("a yes to another", vec![hers.clone(), yes(&cora, &later)]),
        ("not the first", vec![later.clone(), yes(&cora, &later)]),
        (
            "of another record",
            vec![another.clone(), yes(&cora, &another)],
        ),
    ];
    for (what, moves) in lies {
        let told = about_record(move |record| {
            record.facts.case = Some(first);
            record.said.moves.clone_from(&moves);
        });
        centre.not_taken_in(what, told, || ada.record(&record, None, None, 80));
    }
    // What two people signed is not passed over either, and it is believed: the control.
    let both = vec![hers.clone(), yes(&cora, &hers)];
    let told = {
        let both = both.clone();
        about_record(move |record| record.said.moves.clone_from(&both))
    };
    centre.not_taken_in("not where it was moved to", told, || {
        ada.record(&record, None, None, 80)
    });
    let told = about_record(move |record| {
        record.facts.case = Some(first);
        record.said.moves.clone_from(&both);
    });
    centre.keeper.tell(Some(told));
    assert_eq!(
        ada.record(&record, None, None, 80).unwrap().case,
        Some(first)
    );
    centre.keeper.tell(None);
}
