//! One person is enough only where the vault was founded so, or two people said so.

use crate::desk::Desk;
use crate::desk::forgery::grants::access;
use crate::desk::forgery::grants::approval;
use crate::desk::forgery::grants::centre;
use crate::desk::forgery::grants::claimed;
use crate::desk::forgery::grants::given_of;
use crate::desk::forgery::grants::put_in_force;
use crate::desk::forgery::kit::about_keys;
use crate::desk::forgery::kit::sign_in;
use crate::ids::ProposalId;
use crate::keeper::facts::TwoPerson;
use crate::keeper::message::load::PolicyStatement;
use crate::sealing::StatementKind;

/// A coordinator and a keeper together say that one person is enough: nobody else believes it.
#[test]
fn one_person_does_not_make_the_vault_one_person_s() {
    let centre = centre();
    let mut ada = sign_in(&centre.keeper, "ada");
    let vera = sign_in(&centre.keeper, "vera");
    let cora = claimed(&centre.keeper, "cora");
    let mut anna = sign_in(&centre.keeper, "anna");
    let record = centre.records[0].to_string();
    let new = access(&centre.keeper, None, &centre.records[..1]);
    let mode = PolicyStatement {
        two_person: TwoPerson::Single,
        proposal: ProposalId::random(),
    };
    let policy = |desk: &Desk<'_>| {
        String::from_utf8(desk.says(StatementKind::Policy, &mode).unwrap()).unwrap()
    };
    let (hers, vera_s) = (policy(&ada), policy(&vera));
    let approve = |desk: &Desk<'_>, what: &str| approval(desk, mode.proposal, what);
    let claims = [
        ("alone", vec![hers.clone()]),
        ("by herself", vec![hers.clone(), approve(&ada, &hers)]),
        ("by a volunteer", vec![hers.clone(), approve(&vera, &hers)]),
        (
            "of a volunteer's",
            vec![vera_s.clone(), approve(&cora, &vera_s)],
        ),
        ("by two", vec![hers.clone(), approve(&cora, &hers)]),
    ];
    // The giver's own approval, later than any of these.
    let grant = ada.grant(&new).unwrap();
    let given = given_of(&centre.keeper, grant.id);
    let own = vec![
        given.clone(),
        approval(&ada, grant.proposal.unwrap(), &given),
    ];
    put_in_force(&centre.keeper, grant.id, Some(own));
    // An outsider is told of signers alone; of cora she would be, had cora signed.
    let id = cora.account().id;
    let of_cora = centre
        .keeper
        .run(move |vault| vault.statements_of(id).unwrap());
    let of_cora = of_cora.unwrap();
    for (what, mut claim) in claims {
        claim.extend(of_cora.clone());
        let lie = about_keys(move |keys| {
            // The next claim is to be heard as well.
            keys.as_of.clear();
            keys.statements.extend(claim.clone());
        });
        let ask = || anna.record(&record, None, None, 80);
        if what == "by two" {
            // The control: where two people said so, one is enough.
            centre.keeper.tell(Some(lie));
            assert!(anna.record(&record, None, None, 80).is_ok());
            centre.keeper.tell(None);
        } else {
            let told = centre.not_taken_in(what, lie, ask);
            assert!(told.contains("no second person agreed"), "{what}: {told}");
        }
    }
}
