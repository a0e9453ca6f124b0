//! Who knows a family is kept apart from its case: by policy at once, by keys as soon as others have them, and the
//! access check agrees all the way.

use strongroom::desk::Case;
use strongroom::desk::Desk;
use strongroom::desk::DeskError;
use strongroom::keeper::facts::GrantState;
use strongroom::keeper::facts::Role;
use strongroom::keeper::facts::Service;

use crate::centre_kit::Centre;
use crate::centre_kit::denied;
use crate::centre_kit::enrol;
use crate::centre_kit::filing;
use crate::centre_kit::form;
use crate::centre_kit::refused;
use crate::centre_kit::unknown;
use crate::finding;
use crate::grants::access;
use crate::grants::given;
use crate::grants::listed;
use crate::two_person::claimed;

const WHY: &str = "Her sister \u{202e}teaches\u{202c} the elder child";

fn reads(centre: &Centre, who: &str, record: &str) -> bool {
    centre.desk(who).record(record, None, None, 80).is_ok()
}

/// No difference between keys and policy; how many keys wait.
fn agree(desk: &mut Desk<'_>) -> u32 {
    let checked = desk.check_access().unwrap();
    assert_eq!(checked.differences, []);
    checked.errands
}

/// User, whether they are kept apart, who said it, and why.
fn register(case: &Case) -> Vec<(&str, bool, &str, Option<&str>)> {
    let lines = case.conflicts.iter();
    lines
        .map(|one| {
            let who = (one.user.as_str(), one.by.as_str());
            (who.0, !one.ended, who.1, one.why.as_deref())
        })
        .collect()
}

/// Everything of the case that somebody might try: all of it is denied.
fn is_kept_apart(centre: &Centre, desk: &mut Desk<'_>) {
    let case = &centre.supervised;
    let mut rules = vec![
        denied(desk.record(&centre.report, None, None, 80)),
        denied(desk.history(&centre.report)),
        denied(desk.looks_at_record(&centre.report)),
        denied(desk.export(&centre.report, &[], None, &mut Vec::new())),
        denied(desk.amend(&centre.report, &form("contact-report"), "x")),
    ];
    rules.dedup();
    assert_eq!(rules, ["conflict-in-record"]);
    assert_eq!(denied(desk.case(case)), "conflict");
    let end = desk.start_check_in(case, desk.now());
    assert_eq!(denied(end), "conflict");
    let own = desk.account().handle.clone();
    assert_eq!(denied(desk.end_conflict(case, &own, "over")), "conflict");
    assert_eq!(denied(desk.records(Some(case), 0)), "conflict");
    assert!(!listed(desk).contains(&centre.report));
    let report = filing("contact-report", Some(case));
    unknown(desk.file(&report));
    assert!(
        desk.cases()
            .unwrap()
            .iter()
            .all(|one| one.id.to_string() != *case)
    );
    assert!(!finding::found(desk, &finding::texts(), "contact").contains(&centre.report));
}

#[test]
fn a_coordinator_who_knows_the_family_is_kept_apart_and_her_colleagues_go_on() {
    let centre = Centre::new();
    let case = &centre.supervised;
    let (mut ada, mut cora) = (centre.desk("ada"), centre.desk("cora"));
    let mut dpl = centre.desk("dpl");
    assert!(cora.record(&centre.report, None, None, 80).is_ok());
    assert_eq!(agree(&mut dpl), 0);
    ada.note_conflict(case, "cora", WHY).unwrap();
    // Her open desk, and a new one, which does no errand for the case.
    is_kept_apart(&centre, &mut cora);
    is_kept_apart(&centre, &mut centre.desk("cora"));
    assert_eq!(agree(&mut dpl), 0);
    // Other cases are as before.
    assert!(cora.case(&centre.supported).is_ok());
    for who in ["ada", "saf", "dpl", "sam"] {
        assert!(reads(&centre, who, &centre.report), "{who}");
        let shown = centre.desk(who).case(case).unwrap();
        assert_eq!(
            register(&shown),
            [("cora", true, "ada", Some(WHY))],
            "{who}"
        );
        assert_eq!(shown.rekey_pending, None);
    }
    let filed = ada.file(&filing("contact-report", Some(case))).unwrap().id;
    assert!(reads(&centre, "saf", &filed.to_string()));
    assert_eq!(
        refused(ada.note_conflict(case, "cora", "again")),
        "bad-state"
    );
    assert_eq!(refused(ada.add_to_team(case, "cora")), "conflict");
    // Whoever comes to the coordinators' team reads the case like the others.
    enrol(&mut ada, "nora", Role::Coordinator, None);
    drop(centre.desk("ada"));
    assert!(reads(&centre, "nora", &centre.report));
    // What waits is the key to a complaint about ada.
    assert_eq!(agree(&mut dpl), 1);
    drop(centre.desk("cora"));
    assert_eq!(agree(&mut dpl), 0);

    let mut saf = centre.desk("saf");
    saf.end_conflict(case, "cora", "they moved away").unwrap();
    assert_eq!(
        refused(saf.end_conflict(case, "cora", "again")),
        "bad-state"
    );
    drop(centre.desk("ada"));
    assert!(cora.record(&centre.report, None, None, 80).is_ok());
    let shown = cora.case(case).unwrap();
    let words = register(&shown);
    assert_eq!(words[0], ("cora", true, "ada", Some(WHY)));
    assert_eq!(words[1], ("cora", false, "saf", Some("they moved away")));
    assert_eq!(agree(&mut dpl), 0);
}

/// Nobody with the case's key is signed in but whoever declares it: until somebody is, she still holds a key in the
/// coordinators' team, and is served nothing with it. That is an errand, and no difference.
#[test]
fn what_waits_for_a_colleague_is_an_errand_and_no_difference() {
    let centre = Centre::new();
    let case = &centre.supervised;
    let mut dpl = centre.desk("dpl");
    let mut cora = centre.desk("cora");
    cora.note_conflict(case, "cora", "my cousin's children")
        .unwrap();
    is_kept_apart(&centre, &mut cora);
    assert!(agree(&mut dpl) > 0);
    is_kept_apart(&centre, &mut centre.desk("cora"));
    assert!(agree(&mut dpl) > 0);
    // The first colleague puts the coordinators one by one in the team's place, and makes a new key.
    drop(centre.desk("ada"));
    assert_eq!(agree(&mut dpl), 0);
    assert_eq!(centre.desk("ada").case(case).unwrap().rekey_pending, None);
    assert!(reads(&centre, "ada", &centre.report));
}

#[test]
fn those_on_the_team_say_it_of_themselves_and_are_off_it() {
    let centre = Centre::new();
    let case = &centre.supervised;
    let (mut sam, mut vera) = (centre.desk("sam"), centre.desk("vera"));
    assert_eq!(denied(sam.note_conflict(case, "vera", "x")), "no-rule");
    for who in ["tess", "dbs"] {
        let told = centre.desk(who).note_conflict(case, "sam", "x");
        assert!(
            matches!(told, Err(DeskError::Denied { .. } | DeskError::Unknown)),
            "{who}"
        );
    }
    sam.note_conflict(case, "sam", WHY).unwrap();
    vera.note_conflict(case, "vera", "we are neighbours")
        .unwrap();
    for desk in [&mut sam, &mut vera] {
        denied(desk.case(case));
        denied(desk.record(&centre.report, None, None, 80));
        unknown(desk.file(&filing("contact-report", Some(case))));
    }
    let mut ada = centre.desk("ada");
    let shown = ada.case(case).unwrap();
    assert_eq!(shown.team, Vec::<String>::new());
    assert_eq!(
        register(&shown),
        [
            ("sam", true, "sam", Some(WHY)),
            ("vera", true, "vera", Some("we are neighbours"))
        ]
    );
    assert_eq!(refused(ada.add_to_team(case, "sam")), "conflict");
    // The team goes on changing, and desks go on believing it.
    ada.add_to_team(case, "otto").unwrap();
    assert!(reads(&centre, "otto", &centre.report));
    assert_eq!(
        denied(centre.desk("dpl").end_conflict(case, "sam", "x")),
        "no-rule"
    );
    ada.end_conflict(case, "sam", "he has moved").unwrap();
    assert!(!reads(&centre, "sam", &centre.report));
    let back = ada.add_to_team(case, "sam").unwrap();
    assert_eq!(back.team.len(), 2);
    assert!(reads(&centre, "sam", &centre.report));
    assert_eq!(agree(&mut centre.desk("dpl")), 0);
    // A volunteer sees who is kept apart, and not why.
    ada.add_to_team(case, "vera").unwrap_err();
    ada.end_conflict(case, "vera", "a mistake").unwrap();
    ada.add_to_team(case, "vera").unwrap();
    let shown = vera.case(case).unwrap();
    assert_eq!(shown.conflicts.len(), 4);
    assert!(shown.conflicts.iter().all(|one| one.why.is_none()));
}

#[test]
fn nobody_decides_or_handles_who_knows_the_family() {
    let centre = Centre::new();
    let case = &centre.supervised;
    let mut ada = centre.desk("ada");
    let mut complaint = filing("complaint", Some(case));
    complaint.form["handler"] = "otto".into();
    let handled = ada.file(&complaint).unwrap().id.to_string();
    assert!(reads(&centre, "otto", &handled));
    ada.note_conflict(case, "otto", WHY).unwrap();
    assert!(!reads(&centre, "otto", &handled));
    assert_eq!(refused(ada.file(&complaint)), "conflict");
    // The control: in another case, and without one.
    complaint.case = Some(centre.supported.clone());
    assert!(reads(
        &centre,
        "otto",
        &ada.file(&complaint).unwrap().id.to_string()
    ));
    assert_eq!(agree(&mut centre.desk("dpl")), 0);
}

/// A record with a compartment of its own in the case.
#[test]
fn what_has_a_key_of_its_own_is_closed_too() {
    let centre = Centre::new();
    let case = &centre.supervised;
    let mut cora = centre.desk("cora");
    let complaint = cora.file(&filing("complaint", Some(case))).unwrap().id;
    let complaint = complaint.to_string();
    let mut ada = centre.desk("ada");
    assert!(ada.record(&complaint, None, None, 80).is_ok());
    let before: Vec<&str> = ["ada", "cora", "saf", "tess", "dpl"]
        .into_iter()
        .filter(|who| reads(&centre, who, &complaint))
        .collect();
    assert!(
        before.contains(&"cora") && before.contains(&"tess"),
        "{before:?}"
    );
    ada.note_conflict(case, "cora", WHY).unwrap();
    ada.note_conflict(case, "tess", WHY).unwrap();
    for who in ["ada", "cora", "saf", "tess", "dpl"] {
        let expected = before.contains(&who) && !["cora", "tess"].contains(&who);
        assert_eq!(reads(&centre, who, &complaint), expected, "{who}");
    }
    assert_eq!(agree(&mut centre.desk("dpl")), 0);
    // Other complaints are as before.
    assert!(reads(&centre, "tess", &centre.complaint));
}

/// The only ones who could read it are kept apart: nobody does, and nothing is lost.
#[test]
fn what_nobody_else_could_read_is_kept_and_served_to_nobody() {
    let centre = Centre::new();
    let case = &centre.supervised;
    let mut ada = centre.desk("ada");
    let mut complaint = filing("complaint", Some(case));
    complaint.about = vec!["ada".to_owned()];
    let complaint = centre.desk("cora").file(&complaint).unwrap().id.to_string();
    let mut readers: Vec<&str> = ["cora", "saf", "tess", "dpl"]
        .into_iter()
        .filter(|who| reads(&centre, who, &complaint))
        .collect();
    assert_eq!(readers, ["cora", "tess", "dpl"]);
    // She could open it in an emergency.
    readers.push("saf");
    // Ada, for whom it does not exist, keeps all of them apart, and is told the same as of anybody.
    for who in &readers {
        ada.note_conflict(case, who, WHY).unwrap();
    }
    unknown(ada.record(&complaint, None, None, 80));
    for who in &readers[..3] {
        assert_eq!(
            denied(centre.desk(who).record(&complaint, None, None, 80)),
            "conflict-in-record"
        );
    }
    assert_eq!(agree_with_errands(&centre), Vec::<String>::new());
    // Somebody new who may read it gets the key, from those who hold it and may not; and then they hold it no more.
    enrol(&mut ada, "tim", Role::Trustee, None);
    for who in ["tess", "saf", "tim"] {
        drop(centre.desk(who));
    }
    assert!(reads(&centre, "tim", &complaint));
    assert_eq!(agree_with_errands(&centre), Vec::<String>::new());
    // Or one of them is kept apart no more.
    ada.end_conflict(case, "tess", "a mistake").unwrap();
    for who in ["tim", "tess"] {
        drop(centre.desk(who));
    }
    assert!(reads(&centre, "tess", &complaint));
    assert_eq!(agree_with_errands(&centre), Vec::<String>::new());
}

/// The differences that a trustee's colleague sees, whatever waits.
fn agree_with_errands(centre: &Centre) -> Vec<String> {
    let checked = centre.desk("dpl").check_access().unwrap();
    checked
        .differences
        .iter()
        .map(|one| format!("{one:?}"))
        .collect()
}

#[test]
fn nothing_of_the_case_is_given_to_who_knows_the_family() {
    let centre = Centre::new();
    let case = &centre.supervised;
    enrol(&mut centre.desk("ada"), "anna", Role::Assessor, None);
    let running = given(
        &centre,
        &access(
            &centre.keeper,
            None,
            std::slice::from_ref(&centre.report),
            2,
        ),
    );
    let mut ada = centre.desk("ada");
    let waiting = ada
        .grant(&access(&centre.keeper, Some(case), &[], 2))
        .unwrap();
    let elsewhere = ada
        .file(&filing("contact-report", Some(&other_case(&centre))))
        .unwrap()
        .id;
    let elsewhere = access(&centre.keeper, None, &[elsewhere.to_string()], 2);
    assert!(
        centre
            .desk("anna")
            .record(&centre.report, None, None, 80)
            .is_ok()
    );
    ada.note_conflict(case, "anna", WHY).unwrap();
    let state = |ada: &mut Desk<'_>, id| {
        let all = ada.grants().unwrap();
        all.iter().find(|one| one.id == id).map(|one| one.state)
    };
    assert_eq!(state(&mut ada, running.id), Some(GrantState::Ended));
    assert_eq!(state(&mut ada, waiting.id), Some(GrantState::Refused));
    unknown(centre.desk("anna").record(&centre.report, None, None, 80));
    for new in [
        access(
            &centre.keeper,
            None,
            std::slice::from_ref(&centre.report),
            2,
        ),
        access(&centre.keeper, Some(case), &[], 2),
    ] {
        assert_eq!(refused(ada.grant(&new)), "opens-nothing");
    }
    // The control: what is of another case.
    ada.grant(&elsewhere).unwrap();
    assert_eq!(agree_with_errands(&centre), Vec::<String>::new());
}

fn other_case(centre: &Centre) -> String {
    let mut ada = centre.desk("ada");
    let case = ada.open_case("Elsewhere", Service::Supervised).unwrap().id;
    case.to_string()
}

#[test]
fn nobody_is_the_second_person_who_knows_the_family() {
    let centre = Centre::new();
    let case = &centre.supervised;
    enrol(&mut centre.desk("ada"), "anna", Role::Assessor, None);
    let mut saf = claimed(&centre.keeper, "saf");
    let mut tess = claimed(&centre.keeper, "tess");
    let mut ada = centre.desk("ada");
    ada.note_conflict(case, "saf", WHY).unwrap();
    for new in [
        access(&centre.keeper, Some(case), &[], 2),
        access(
            &centre.keeper,
            None,
            std::slice::from_ref(&centre.report),
            2,
        ),
    ] {
        let proposal = ada.grant(&new).unwrap().proposal.unwrap().to_string();
        let shown = ada.proposal(&proposal).unwrap();
        assert!(
            !shown.eligible.contains(&"saf".to_owned()),
            "{:?}",
            shown.eligible
        );
        assert!(shown.eligible.contains(&"tess".to_owned()));
        assert_eq!(denied(saf.proposal(&proposal)), "conflict");
        assert_eq!(denied(saf.approve(&proposal)), "conflict");
        assert_eq!(denied(saf.refuse_proposal(&proposal, "no")), "conflict");
        assert!(saf.proposals().unwrap().is_empty());
        tess.refuse_proposal(&proposal, "no").unwrap();
    }
    // The control: of another case she decides.
    let elsewhere = other_case(&centre);
    let proposal = ada
        .grant(&access(&centre.keeper, Some(&elsewhere), &[], 2))
        .unwrap()
        .proposal;
    saf.approve(&proposal.unwrap().to_string()).unwrap();
}

#[test]
fn somebody_is_always_left_who_reads_the_case() {
    let centre = Centre::new();
    let case = &centre.supported;
    let mut ada = centre.desk("ada");
    for who in ["cora", "saf", "dpl", "sam", "otto"] {
        ada.note_conflict(case, who, WHY).unwrap();
    }
    assert_eq!(refused(ada.note_conflict(case, "ada", WHY)), "nobody-left");
    // Nor does she go, nor lose the role.
    ada.add_role(Role::Coordinator, "tess").unwrap();
    ada.note_conflict(case, "tess", WHY).unwrap();
    let mut tess = centre.desk("tess");
    assert_eq!(refused(tess.suspend_user("ada")), "nobody-left");
    assert_eq!(refused(tess.leave_user("ada")), "nobody-left");
    assert!(ada.case(case).is_ok());
    let mut dpl = centre.desk("dpl");
    assert_eq!(dpl.check_access().unwrap().differences, []);
    for (wrong, code) in [("", "reason"), (&*"x".repeat(1001), "reason")] {
        assert_eq!(refused(ada.note_conflict(case, "vera", wrong)), code);
    }
    assert_eq!(
        refused(ada.note_conflict(case, "nobody", WHY)),
        "no-such-user"
    );
    for nowhere in ["c_nobody", "c_aaaaaaaaaaaaaaaaaaaaaaaaaa"] {
        unknown(ada.note_conflict(nowhere, "cora", WHY));
        unknown(ada.end_conflict(nowhere, "cora", WHY));
    }
}
