//! A record in another case than the one it was filed in, where no two people have signed that.

use crate::desk::Desk;
use crate::desk::forgery::grants::approval;
use crate::desk::forgery::grants::centre;
use crate::desk::forgery::grants::claimed;
use crate::desk::forgery::kit::about_record;
use crate::desk::forgery::kit::sign_in;
use crate::ids::CompartmentId;
use crate::ids::ProposalId;
use crate::ids::RecordId;
use crate::keeper::message::load::MoveStatement;
use crate::sealing::StatementKind;

fn signed(desk: &Desk<'_>, said: &MoveStatement) -> String {
    String::from_utf8(desk.says(StatementKind::Move, said).unwrap()).unwrap()
}

/// What a keeper might say of a move that no two people have signed.
fn lies(
    (ada, vera, cora): (&Desk<'_>, &Desk<'_>, &Desk<'_>),
    said: &MoveStatement,
    other: RecordId,
) -> Vec<(&'static str, Vec<String>)> {
    let hers = signed(ada, said);
    let yes = |desk: &Desk<'_>, of: &str| approval(desk, said.proposal, of);
    let mut later = said.clone();
    later.number = 2;
    let later = signed(ada, &later);
    let mut another = said.clone();
    another.record = other;
    let another = signed(ada, &another);
    let vera_s = signed(vera, said);
    [
        ("nobody signed", vec![]),
        ("no second person", vec![hers.clone()]),
        ("her own yes", vec![hers.clone(), yes(ada, &hers)]),
        ("a volunteer's yes", vec![hers.clone(), yes(vera, &hers)]),
        (
            "a volunteer's move",
            vec![vera_s.clone(), yes(cora, &vera_s)],
        ),
        ("a yes to another", vec![hers.clone(), yes(cora, &later)]),
        ("not the first", vec![later.clone(), yes(cora, &later)]),
        (
            "of another record",
            vec![another.clone(), yes(cora, &another)],
        ),
    ]
    .into()
}

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
    let hers = signed(&ada, &said);
    let lies = lies((&ada, &vera, &cora), &said, centre.records[0]);
    for (what, moves) in lies {
        let told = about_record(move |record| {
            record.facts.case = Some(first);
            record.said.moves.clone_from(&moves);
        });
        centre.not_taken_in(what, told, || ada.record(&record, None, None, 80));
    }
    // What two people signed is not passed over either, and it is believed: the control.
    let both = vec![hers.clone(), approval(&cora, said.proposal, &hers)];
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
