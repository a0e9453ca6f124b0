//! Records to measure with.

use strongroom::desk::Desk;
use strongroom::desk::Filing;
use strongroom::records::Kinds;

/// How many are filed in one frame.
const AT_ONCE: usize = 250;

/// Files contact reports without attachments, all of them the kind's invented example; their ids.
pub(crate) fn file(desk: &mut Desk<'_>, case: &str, count: usize) -> Vec<String> {
    let kind = Kinds::builtin().find("contact-report").unwrap();
    let filing = || Filing {
        case: Some(case.to_owned()),
        kind: kind.name.clone(),
        form: kind.template_json(),
        attachments: Vec::new(),
        about: Vec::new(),
        deciders: Vec::new(),
    };
    let mut ids = Vec::new();
    while ids.len() < count {
        let next = AT_ONCE.min(count - ids.len());
        let filings: Vec<Filing> = (0..next).map(|_| filing()).collect();
        let filed = desk.import(&filings).unwrap();
        ids.extend(filed.iter().map(|one| one.id.to_string()));
    }
    ids
}
