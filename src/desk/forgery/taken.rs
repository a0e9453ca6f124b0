//! An id that is taken: whoever files under it is told the same, whether or not they may see what has it.

use serde_json::Value;

use crate::desk::DeskError;
use crate::desk::filing::again;
use crate::desk::forgery::kit::Centre;
use crate::desk::forgery::kit::filing;
use crate::desk::forgery::kit::sign_in;
use crate::ids::RecordId;
use crate::keeper::message::answer::Outcome;
use crate::records::Kinds;

/// All that tells one refusal from another: its words, its entry, and the detail's shape.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    says: String,
    event: Value,
    outcome: Value,
    about: bool,
    detail: Vec<String>,
    length: usize,
}

/// What sam is told who files something under `record`: a report, or what is not his to file.
fn told(centre: &Centre, record: RecordId, not_his: bool) -> Told {
    let mut sam = sign_in(&centre.keeper, "sam");
    let mut filing = filing(centre.cases[0]);
    if not_his {
        let kind = Kinds::builtin().find("dbs-check").unwrap();
        filing.form = kind.template_json();
        filing.kind.clone_from(&kind.name);
        filing.case = None;
    }
    let answer = centre.overhear(|| drop(sam.file_as(record, &filing)));
    let says = match &answer.outcome {
        Outcome::Done(_) => "filed".to_owned(),
        other => format!("{other:?}"),
    };
    let leaf: Value = serde_json::from_str(&answer.receipt.unwrap().leaf).unwrap();
    let opening = answer.opening.unwrap();
    let detail: Value = serde_json::from_str(&opening.detail).unwrap();
    let mut keys: Vec<String> = detail.as_object().unwrap().keys().cloned().collect();
    keys.sort_unstable();
    Told {
        says,
        event: leaf["event"].clone(),
        outcome: leaf["outcome"].clone(),
        about: opening.detail.contains(&record.to_string()),
        detail: keys,
        // Positions grow by a digit now and then.
        length: opening.detail.len() / 8,
    }
}

#[test]
fn hidden_and_visible_ids_are_refused_alike() {
    let centre = Centre::new();
    let visible = centre.records[0];
    let mut complaint = filing(centre.cases[0]);
    complaint.about = vec!["sam".to_owned()];
    let filed = sign_in(&centre.keeper, "ada").file(&complaint);
    let hidden = filed.unwrap().id;
    let mut sam = sign_in(&centre.keeper, "sam");
    sam.record(&visible.to_string(), None, None, 80).unwrap();
    let unseen = sam.record(&hidden.to_string(), None, None, 80);
    assert!(matches!(unseen, Err(DeskError::Unknown)));

    let refused = told(&centre, visible, false);
    assert!(refused.says.contains("new id"), "{refused:?}");
    assert_eq!(told(&centre, hidden, false), refused);

    // Whatever else is wrong is said first, and is the same for an id that nobody has.
    let nowhere = RecordId::random();
    let wrong = told(&centre, hidden, true);
    assert_ne!(wrong, refused, "the comparison tells refusals apart");
    assert_eq!(told(&centre, nowhere, true), wrong);
    assert_eq!(told(&centre, nowhere, false).says, "filed", "the control");
}

#[test]
fn a_desk_draws_another_id_once() {
    let centre = Centre::new();
    let taken = centre.records[0];
    let fresh = RecordId::random();
    let mut sam = sign_in(&centre.keeper, "sam");
    let mut file = |ids: &[RecordId]| {
        let mut ids = ids.iter();
        again(|| sam.file_as(*ids.next().unwrap(), &filing(centre.cases[0])))
    };
    assert_eq!(file(&[taken, fresh]).unwrap().id, fresh);
    let stubborn = file(&[taken, taken]).unwrap_err();
    assert!(matches!(stubborn, DeskError::Refused { code, .. } if code == "send-again"));
}
