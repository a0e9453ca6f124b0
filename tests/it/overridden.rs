//! Filing what a case's service does not take: refused, unless two people agree, and then once.

use strongroom::desk::Desk;
use strongroom::keeper::facts::ProposalState;

use crate::centre_kit::Centre;
use crate::centre_kit::denied;
use crate::centre_kit::filing;
use crate::centre_kit::refused;
use crate::two_person::claimed;
use crate::two_person::later;

const KIND: &str = "contact-report";
const WHY: &str = "agreed with both families \u{202e}x\u{202c}\u{200b}";

fn proposed(desk: &mut Desk<'_>, case: &str) -> String {
    let proposal = desk.propose_override(case, KIND, WHY).unwrap();
    assert_eq!(
        (proposal.act, proposal.state),
        ("override-service", ProposalState::Waiting)
    );
    proposal.id.to_string()
}

#[test]
fn a_report_on_a_supported_case_takes_two_people_each_time() {
    let centre = Centre::new();
    let case = centre.supported.as_str();
    let report = filing(KIND, Some(case));
    let (mut sam, mut ada) = (centre.desk("sam"), centre.desk("ada"));
    let mut dpl = claimed(&centre.keeper, "dpl");
    assert_eq!(refused(sam.file(&report)), "kind-not-for-case");
    assert_eq!(refused(sam.propose_override(case, KIND, " ")), "reason");
    assert_eq!(
        refused(sam.propose_override(&centre.supervised, KIND, WHY)),
        "bad-state"
    );
    denied(centre.desk("vera").propose_override(case, KIND, WHY));
    let proposal = proposed(&mut sam, case);
    assert_eq!(refused(sam.file(&report)), "kind-not-for-case");
    dpl.approve(&proposal).unwrap();
    // Hers it is not, and of his it is this one, in this case, once.
    assert_eq!(refused(ada.file(&report)), "kind-not-for-case");
    let many = [filing(KIND, Some(case))];
    assert_eq!(refused(ada.import(&many)), "kind-not-for-case");
    let filed = sam.file(&report).unwrap().id.to_string();
    assert_eq!(refused(sam.file(&report)), "kind-not-for-case");
    assert!(ada.record(&filed, None, None, 80).is_ok());
    // A no, and a yes that nobody made use of in time.
    let proposal = proposed(&mut sam, case);
    dpl.refuse_proposal(&proposal, "supported contact has no reports")
        .unwrap();
    assert_eq!(refused(sam.file(&report)), "kind-not-for-case");
    let proposal = proposed(&mut sam, case);
    dpl.approve(&proposal).unwrap();
    later(&centre.keeper, 15);
    let mut sam = centre.desk("sam");
    assert_eq!(refused(sam.file(&report)), "kind-not-for-case");
}
