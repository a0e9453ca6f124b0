//! What an outsider learns of the directory: the chain of those whose signatures they check.

use crate::desk::DeskError;
use crate::desk::NewUser;
use crate::desk::forgery::kit::Centre;
use crate::desk::forgery::kit::filing;
use crate::desk::forgery::kit::passphrase;
use crate::desk::forgery::kit::sign_in;
use crate::keeper::facts::Role;
use crate::records::Kinds;

fn enrol(centre: &Centre, by: &str, handle: &str, role: Role) {
    let new = NewUser {
        handle: handle.to_owned(),
        name: None,
        role,
        reports_to: None,
    };
    let mut desk = sign_in(&centre.keeper, by);
    desk.add_user(&new, &passphrase(handle)).unwrap();
}

/// Whom someone is told about, and all of it as it is sent.
fn told(centre: &Centre, who: &str) -> (Vec<String>, String) {
    let (keys, _trust) = sign_in(&centre.keeper, who).keys(None).unwrap();
    let mut handles: Vec<String> = keys.accounts.iter().map(|one| one.handle.clone()).collect();
    handles.sort_unstable();
    (handles, serde_json::to_string(&keys).unwrap())
}

#[test]
fn an_outsider_is_told_about_signers_alone() {
    let centre = Centre::new();
    enrol(&centre, "ada", "cora", Role::Coordinator);
    enrol(&centre, "ada", "anna", Role::Assessor);
    let (handles, sent) = told(&centre, "anna");
    assert_eq!(handles, ["ada", "anna"], "herself, and who vouches for her");
    for other in ["sam", "vera", "cora"] {
        assert!(!sent.contains(&format!("\"{other}\"")), "{other}: {sent}");
        assert!(
            !sent.contains(&format!("\\\"{other}\\\"")),
            "{other}: {sent}"
        );
    }
    let (handles, sent) = told(&centre, "sam");
    assert_eq!(
        handles,
        ["ada", "anna", "cora", "sam", "vera"],
        "the control"
    );
    assert!(sent.contains("\\\"vera\\\""), "statements name people, too");

    // Nobody from outside decides: what they may read they are given access to, and it ends.
    let kind = Kinds::builtin().find("dbs-certificate").unwrap();
    let mut certificate = filing(centre.cases[0]);
    certificate.kind.clone_from(&kind.name);
    certificate.form = kind.template_json();
    certificate.case = None;
    certificate.attachments.clear();
    certificate.deciders = vec!["anna".to_owned()];
    let refused = sign_in(&centre.keeper, "cora").file(&certificate);
    assert!(matches!(refused, Err(DeskError::Refused { .. })));
    assert_eq!(told(&centre, "anna").0, ["ada", "anna"]);
    sign_in(&centre.keeper, "anna")
        .change_passphrase(&passphrase("anna again"))
        .unwrap();
}
