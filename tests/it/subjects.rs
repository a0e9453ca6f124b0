//! Whom records are about, what stands beside them when they are read, and who looked.

use strongroom::desk::DeskError;
use strongroom::desk::LookLine;
use strongroom::keeper::acts::Act;
use strongroom::keeper::facts::Role;
use strongroom::records::person::Part;

use crate::centre_kit::Centre;
use crate::centre_kit::enrol;
use crate::centre_kit::filing;
use crate::centre_kit::form;
use crate::centre_kit::refused;
use crate::centre_kit::unknown;
use crate::grants::access;
use crate::on_file::add;
use crate::on_file::named;
use crate::on_file::part;
use crate::two_person::claimed;

/// A centre with a child in the supervised case and somebody in none.
fn centre() -> (Centre, String, String) {
    let centre = Centre::new();
    let mut ada = centre.desk("ada");
    let child = add(&mut ada, &named("Zofia"));
    let other = add(&mut ada, &named("Adam"));
    let alerts = ["The father may not collect her"];
    ada.link_person(&child, &centre.supervised, &part(Part::Child, &alerts))
        .unwrap();
    drop(ada);
    (centre, child, other)
}

fn about(person: &str, role: Part) -> [(String, Part); 1] {
    [(person.to_owned(), role)]
}

#[test]
fn a_record_names_whom_it_is_about_to_those_who_may_know_them() {
    let (centre, child, other) = centre();
    let report = filing("contact-report", Some(&centre.supervised));
    // A volunteer names those of the case by the id she was given, and nobody else.
    let mut vera = centre.desk("vera");
    let filed = vera
        .file_about(&report, &about(&child, Part::Child))
        .unwrap();
    unknown(vera.file_about(&report, &about(&other, Part::Child)));
    unknown(vera.file_about(&report, &about("d_nobody", Part::Child)));
    let twice = [about(&child, Part::Child), about(&child, Part::Parent)].concat();
    assert_eq!(refused(vera.file_about(&report, &twice)), "named-twice");

    let id = filed.id.to_string();
    let shown = centre.desk("sam").record(&id, None, None, 80).unwrap();
    assert_eq!(shown.subjects.len(), 1);
    assert_eq!(shown.subjects[0].person.to_string(), child);
    assert_eq!(shown.subjects[0].name.as_deref(), Some("Zofia"));
    assert_eq!(shown.subjects[0].role, "child");
    // Who is renamed is renamed everywhere.
    let mut ada = centre.desk("ada");
    ada.amend_person(&child, &|card| card.name = "Zosia".to_owned(), "she asked")
        .unwrap();
    let shown = centre.desk("sam").record(&id, None, None, 80).unwrap();
    assert_eq!(shown.subjects[0].name.as_deref(), Some("Zosia"));

    // A trustee reads complaints, and is not told of people on file.
    let mut cora = centre.desk("cora");
    let complaint = cora
        .file_about(&filing("complaint", None), &about(&other, Part::Parent))
        .unwrap();
    let shown = centre
        .desk("tess")
        .record(&complaint.id.to_string(), None, None, 80)
        .unwrap();
    assert_eq!(shown.subjects[0].person.to_string(), other);
    assert_eq!(shown.subjects[0].name, None);
}

#[test]
fn whom_a_record_is_about_is_corrected_with_it() {
    let (centre, child, other) = centre();
    let mut cora = centre.desk("cora");
    let report = filing("complaint", None);
    let id = cora
        .file_about(&report, &about(&child, Part::Child))
        .unwrap()
        .id
        .to_string();
    cora.amend(&id, &form("complaint"), "a date").unwrap();
    let names = |who: &str| -> Vec<Option<String>> {
        let shown = centre.desk(who).record(&id, None, None, 80).unwrap();
        shown.subjects.into_iter().map(|one| one.name).collect()
    };
    assert_eq!(names("ada"), [Some("Zofia".to_owned())]);
    let another = about(&other, Part::Parent);
    cora.amend_about(&id, &form("complaint"), "somebody else", Some(&another))
        .unwrap();
    assert_eq!(names("ada"), [Some("Adam".to_owned())]);
    assert_eq!(
        centre.desk("ada").records(None, 0).unwrap().0.len(),
        cora.records(None, 0).unwrap().0.len() - 1
    );
}

#[test]
fn alerts_stand_before_whatever_is_opened_of_the_case() {
    let (centre, child, _) = centre();
    // This record was filed long before, and names nobody.
    for who in ["sam", "ada", "saf", "dpl"] {
        let shown = centre.desk(who).record(&centre.report, None, None, 80);
        let Ok(shown) = shown else {
            assert!(matches!(
                shown,
                Err(DeskError::Denied { .. } | DeskError::Unknown)
            ));
            continue;
        };
        let alerts: Vec<(&str, &str)> = shown
            .alerts
            .iter()
            .map(|one| (one.name.as_str(), one.alert.as_str()))
            .collect();
        assert_eq!(
            alerts,
            [("Zofia", "The father may not collect her")],
            "{who}"
        );
        assert!(shown.subjects.is_empty());
    }
    let mut ada = centre.desk("ada");
    let case = ada.case(&centre.supervised).unwrap();
    let alerts: Vec<&String> = case.people[0]
        .parts
        .values()
        .flat_map(|part| &part.alerts)
        .collect();
    assert_eq!(alerts, ["The father may not collect her"]);
    // Said anew without it, it is gone.
    ada.link_person(&child, &centre.supervised, &part(Part::Child, &[]))
        .unwrap();
    let shown = ada.record(&centre.report, None, None, 80).unwrap();
    assert!(shown.alerts.is_empty());
}

fn acts(looks: &[LookLine]) -> Vec<(Option<Act>, Option<&str>, Option<Role>)> {
    let line = |look: &'_ LookLine| (look.act, look.role);
    looks
        .iter()
        .map(|look| {
            let (act, role) = line(look);
            (act, look.who.as_deref(), role)
        })
        .collect()
}

#[test]
fn who_looked_at_a_record_is_told_by_role_and_outsiders_by_name() {
    let centre = Centre::new();
    enrol(&mut centre.desk("ada"), "anna", Role::Assessor, None);
    let new = access(
        &centre.keeper,
        None,
        std::slice::from_ref(&centre.report),
        2,
    );
    let grant = centre.desk("ada").grant(&new).unwrap();
    claimed(&centre.keeper, "saf")
        .approve(&grant.proposal.unwrap().to_string())
        .unwrap();
    centre
        .desk("anna")
        .record(&centre.report, None, None, 80)
        .unwrap();
    centre
        .desk("sam")
        .record(&centre.report, None, Some("to write the review"), 80)
        .unwrap();
    centre
        .desk("sam")
        .records(Some(&centre.supervised), 0)
        .unwrap();
    // A history is no look, and a look that is refused is none.
    centre.desk("dpl").history(&centre.report).unwrap();
    unknown_or_denied(&centre.desk("otto").record(&centre.report, None, None, 80));

    let looks = centre.desk("sam").looks_at_record(&centre.report).unwrap();
    assert_eq!(
        acts(&looks),
        [
            (Some(Act::ReadRecord), Some("anna"), Some(Role::Assessor)),
            (Some(Act::ReadRecord), None, Some(Role::Staff)),
            (Some(Act::ListRecords), None, Some(Role::Staff)),
        ]
    );
    assert_eq!(looks[1].purpose.as_deref(), Some("to write the review"));
    assert_eq!(looks[0].purpose.as_deref(), Some(new.purpose.as_str()));
    let looks = centre.desk("ada").looks_at_record(&centre.report).unwrap();
    let who: Vec<_> = looks.iter().map(|look| look.who.as_deref()).collect();
    assert_eq!(who, [Some("anna"), Some("sam"), Some("sam")]);
}

fn unknown_or_denied<T>(result: &Result<T, DeskError>) {
    assert!(matches!(
        result,
        Err(DeskError::Denied { .. } | DeskError::Unknown)
    ));
}

#[test]
fn who_looked_at_somebody_is_everyone_who_was_shown_them() {
    let (centre, child, other) = centre();
    let looked = |who: &str, person: &str| -> Vec<(Option<Act>, Option<String>)> {
        let looks = centre.desk(who).looks_at_person(person).unwrap();
        let lines = looks.iter();
        lines.map(|look| (look.act, look.who.clone())).collect()
    };
    let before = looked("dpl", &child).len();
    let mut sam = centre.desk("sam");
    sam.person(&child, None).unwrap();
    sam.people().unwrap();
    sam.case(&centre.supervised).unwrap();
    sam.record(&centre.report, None, None, 80).unwrap();
    let line = |act| (Some(act), Some("sam".to_owned()));
    let lines = [
        Act::ShowPerson,
        Act::ListPeople,
        Act::ShowCase,
        Act::ReadRecord,
    ]
    .map(line);
    assert_eq!(looked("dpl", &child)[before..], lines);
    // None of it showed the other.
    assert!(
        looked("dpl", &other)
            .iter()
            .all(|(_, who)| who.as_deref() != Some("sam"))
    );
    // What is about somebody is looked at with them, whoever is told of whom.
    let mut cora = centre.desk("cora");
    let complaint = cora
        .file_about(&filing("complaint", None), &about(&other, Part::Parent))
        .unwrap()
        .id
        .to_string();
    centre
        .desk("tess")
        .record(&complaint, None, None, 80)
        .unwrap();
    let last = looked("dpl", &other).pop();
    let seen = centre.desk("cora").looks_at_person(&other).unwrap();
    assert_eq!(
        seen.last().unwrap().record.map(|id| id.to_string()),
        Some(complaint)
    );
    drop(last);
    // Staff may see who is part of their case, and not who looked at them.
    unknown_or_denied(&sam.looks_at_person(&child));
    unknown(sam.looks_at_person(&other));
}

#[test]
fn a_look_at_what_is_hidden_from_the_asker_is_not_told() {
    let (centre, _, other) = centre();
    let mut complaint = filing("complaint", None);
    complaint.about = vec!["ada".to_owned()];
    let before = centre.desk("ada").looks_at_person(&other).unwrap().len();
    let mut cora = centre.desk("cora");
    let id = cora
        .file_about(&complaint, &about(&other, Part::Parent))
        .unwrap()
        .id
        .to_string();
    cora.record(&id, None, None, 80).unwrap();
    assert_eq!(
        centre.desk("ada").looks_at_person(&other).unwrap().len(),
        before
    );
    // The control: somebody else is told.
    assert!(centre.desk("cora").looks_at_person(&other).unwrap().len() > before);
}
