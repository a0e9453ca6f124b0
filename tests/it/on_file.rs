//! People on file: who sees them, through which key, what is kept from whom, and that nobody is merged.

use std::collections::BTreeMap;

use strongroom::desk::Desk;
use strongroom::desk::OnFile;
use strongroom::keeper::facts::Role;
use strongroom::records::Judgement;
use strongroom::records::PartCard;
use strongroom::records::PersonCard;
use strongroom::records::person::Contact;
use strongroom::records::person::ContactSort;
use strongroom::records::person::Part;
use strongroom::records::person::Towards;

use crate::centre_kit::Centre;
use crate::centre_kit::enrol;
use crate::centre_kit::refused;
use crate::centre_kit::unknown;

pub(crate) fn named(name: &str) -> PersonCard {
    PersonCard {
        name: name.to_owned(),
        ..PersonCard::default()
    }
}

pub(crate) fn part(role: Part, alerts: &[&str]) -> PartCard {
    PartCard {
        role,
        name: String::new(),
        about: None,
        alerts: alerts.iter().map(|alert| (*alert).to_owned()).collect(),
        ended: None,
        other: BTreeMap::new(),
    }
}

fn judged(same: bool, reason: Option<&str>) -> Judgement {
    Judgement {
        same,
        reason: reason.map(str::to_owned),
        other: BTreeMap::new(),
    }
}

/// Puts somebody on file; their id.
pub(crate) fn add(desk: &mut Desk<'_>, card: &PersonCard) -> String {
    desk.add_person(card).unwrap().0.id.to_string()
}

fn names(people: &[OnFile]) -> Vec<&str> {
    people.iter().map(|one| one.card.name.as_str()).collect()
}

#[test]
fn those_who_keep_people_see_all_and_the_case_s_staff_see_theirs() {
    let centre = Centre::new();
    let mut ada = centre.desk("ada");
    let zofia = add(&mut ada, &named("Zofia"));
    let adam = add(&mut ada, &named("Adam"));
    ada.link_person(&zofia, &centre.supervised, &part(Part::Child, &[]))
        .unwrap();
    for who in ["cora", "saf", "dpl"] {
        assert_eq!(
            names(&centre.desk(who).people().unwrap()),
            ["Adam", "Zofia"],
            "{who}"
        );
    }
    let mut sam = centre.desk("sam");
    assert_eq!(names(&sam.people().unwrap()), ["Zofia"]);
    assert_eq!(sam.person(&zofia, None).unwrap().parts.len(), 1);
    unknown(sam.person(&adam, None));
    // Volunteers on the team, trustees and other staff learn of nobody.
    for who in ["vera", "otto", "tess", "dbs"] {
        let mut desk = centre.desk(who);
        assert!(desk.people().unwrap().is_empty(), "{who}");
        unknown(desk.person(&zofia, None));
        unknown(desk.person("d_nobody", None));
    }
    // Whoever comes to keep people gets the key as any team's key.
    enrol(&mut ada, "nora", Role::Coordinator, None);
    drop(centre.desk("cora"));
    assert_eq!(centre.desk("nora").people().unwrap().len(), 2);
    assert_eq!(centre.desk("dpl").check_access().unwrap().differences, []);
}

#[test]
fn the_case_s_staff_see_the_case_and_no_other() {
    let centre = Centre::new();
    let mut ada = centre.desk("ada");
    let zofia = add(&mut ada, &named("Zofia"));
    for case in [&centre.supervised, &centre.supported] {
        ada.link_person(&zofia, case, &part(Part::Child, &[]))
            .unwrap();
    }
    let other = add(&mut ada, &named("Zofia"));
    ada.compare_people((&zofia, &other), &judged(false, Some("other mothers")))
        .unwrap();
    let seen = centre.desk("sam").person(&zofia, None).unwrap();
    let cases: Vec<String> = seen.parts.keys().map(ToString::to_string).collect();
    assert_eq!(cases, [centre.supervised.as_str()]);
    assert!(seen.compared.is_empty() && seen.versions.is_none());
    let seen = centre.desk("cora").person(&zofia, None).unwrap();
    assert_eq!((seen.parts.len(), seen.compared.len()), (2, 1));
}

#[test]
fn a_corrected_card_reaches_the_case_and_the_old_one_stays() {
    let centre = Centre::new();
    let mut ada = centre.desk("ada");
    let zofia = add(&mut ada, &named("Zofja"));
    ada.amend_person(&zofia, &|card| card.name = "Zosia".to_owned(), "misspelt")
        .unwrap();
    ada.link_person(&zofia, &centre.supervised, &part(Part::Child, &[]))
        .unwrap();
    // What was there before they were part of the case is not the case's.
    let mut sam = centre.desk("sam");
    assert_eq!(refused(sam.person(&zofia, Some(1))), "no-such-version");
    ada.amend_person(&zofia, &|card| card.name = "Zofia".to_owned(), "misspelt")
        .unwrap();
    assert_eq!(sam.person(&zofia, None).unwrap().card.name, "Zofia");
    assert_eq!(sam.person(&zofia, Some(2)).unwrap().card.name, "Zosia");
    let mut saf = centre.desk("saf");
    let first = saf.person(&zofia, Some(1)).unwrap();
    assert_eq!(
        (first.card.name.as_str(), first.versions),
        ("Zofja", Some(3))
    );
    assert_eq!(first.author, "ada");
    assert_eq!(
        saf.person(&zofia, None).unwrap().reason.as_deref(),
        Some("misspelt")
    );
    // Staff see, and do not write.
    let change = |card: &mut PersonCard| card.name = "Sam".to_owned();
    let denied = sam.amend_person(&zofia, &change, "a joke");
    crate::centre_kit::denied(denied);
}

#[test]
fn whoever_is_no_part_of_a_case_any_more_is_closed_to_it() {
    let centre = Centre::new();
    let mut ada = centre.desk("ada");
    let zofia = add(&mut ada, &named("Zofia"));
    let case = &centre.supervised;
    ada.link_person(&zofia, case, &part(Part::Child, &["first"]))
        .unwrap();
    let mut sam = centre.desk("sam");
    assert_eq!(sam.case(case).unwrap().people.len(), 1);
    ada.unlink_person(&zofia, case, "the wrong Zofia").unwrap();
    unknown(sam.person(&zofia, None));
    assert!(sam.case(case).unwrap().people.is_empty());
    let kept = ada.person(&zofia, None).unwrap();
    let ended: Vec<_> = kept
        .parts
        .values()
        .map(|part| part.ended.as_deref())
        .collect();
    assert_eq!(ended, [Some("the wrong Zofia")]);
    assert_eq!(
        refused(ada.unlink_person(&zofia, case, "again")),
        "bad-state"
    );
    // Meanwhile corrected, and then part of it again: the case opens what is from then on.
    ada.amend_person(
        &zofia,
        &|card| card.born = Some("2019-03-02".to_owned()),
        "found",
    )
    .unwrap();
    ada.link_person(&zofia, case, &part(Part::Child, &["second"]))
        .unwrap();
    let seen = sam.person(&zofia, None).unwrap();
    let alerts: Vec<&String> = seen.parts.values().flat_map(|part| &part.alerts).collect();
    assert_eq!(alerts, ["second"]);
    assert_eq!(refused(sam.person(&zofia, Some(1))), "no-such-version");
    assert_eq!(centre.desk("dpl").check_access().unwrap().differences, []);
}

#[test]
fn namesakes_are_told_of_and_never_merged() {
    let centre = Centre::new();
    let mut ada = centre.desk("ada");
    let mut first = named("Łukasz Wiśniewski");
    first.former = vec!["Łukasz Nowak".to_owned()];
    let first = add(&mut ada, &first);
    let (second, namesakes) = ada.add_person(&named("lukasz NOWAK")).unwrap();
    assert_eq!(names(&namesakes), ["Łukasz Wiśniewski"]);
    let second = second.id.to_string();
    assert_ne!(first, second);
    assert_eq!(
        refused(ada.compare_people((&first, &second), &judged(false, None))),
        "bad-person"
    );
    assert_eq!(
        refused(ada.compare_people((&first, &first), &judged(true, None))),
        "bad-state"
    );
    ada.compare_people(
        (&first, &second),
        &judged(false, Some("born in other years")),
    )
    .unwrap();
    let mut saf = centre.desk("saf");
    saf.compare_people((&second, &first), &judged(true, None))
        .unwrap();
    for (one, other) in [(&first, &second), (&second, &first)] {
        let seen = ada.person(one, None).unwrap();
        let said: Vec<_> = seen
            .compared
            .iter()
            .map(|(id, said)| (id.to_string(), said.same))
            .collect();
        assert_eq!(said, [(other.clone(), true)], "the newest word stands");
    }
    assert_eq!(ada.people().unwrap().len(), 2);
    let (_, namesakes) = ada.add_person(&named("Lukas Nowak")).unwrap();
    assert_eq!(namesakes.len(), 0);
}

#[test]
fn a_case_s_page_shows_no_address_that_is_kept_from_anybody_in_it() {
    let centre = Centre::new();
    let mut ada = centre.desk("ada");
    let father = add(&mut ada, &named("The father"));
    let kept_from = Towards::Person(father.parse().unwrap());
    let mut card = named("The mother");
    let contact = |value: &str, from: &[Towards]| Contact {
        sort: ContactSort::Address,
        value: value.to_owned(),
        confidential: from.iter().copied().collect(),
    };
    card.contacts = vec![
        contact("open to all", &[]),
        contact("the refuge", &[kept_from]),
        contact("nobody's", &[Towards::Everyone]),
    ];
    let mother = add(&mut ada, &card);
    let addresses = |desk: &mut Desk<'_>| -> Vec<String> {
        let people = desk.case(&centre.supervised).unwrap().people;
        let contacts = people.iter().flat_map(|one| &one.card.contacts);
        contacts.map(|contact| contact.value.clone()).collect()
    };
    ada.link_person(&mother, &centre.supervised, &part(Part::Parent, &[]))
        .unwrap();
    assert_eq!(addresses(&mut ada), ["open to all", "the refuge"]);
    ada.link_person(&father, &centre.supervised, &part(Part::Parent, &[]))
        .unwrap();
    let mut sam = centre.desk("sam");
    assert_eq!(addresses(&mut sam), ["open to all"]);
    assert!(
        sam.case(&centre.supervised)
            .unwrap()
            .people
            .iter()
            .any(|one| one.less)
    );
    // On the mother's own page whoever works with her finds it, marked.
    assert_eq!(sam.person(&mother, None).unwrap().card.contacts.len(), 3);
    // An id of nobody would keep nothing from anybody.
    let nobody = Towards::Person(strongroom::ids::PersonId::random());
    let mut card = named("Somebody");
    card.contacts = vec![contact("x", &[nobody])];
    assert_eq!(refused(ada.add_person(&card)), "no-such-person");
}

#[test]
fn the_first_person_is_put_on_file_by_a_coordinator() {
    let centre = Centre::new();
    assert_eq!(
        refused(centre.desk("saf").add_person(&named("Zofia"))),
        "no-people-key"
    );
    crate::centre_kit::denied(centre.desk("sam").add_person(&named("Zofia")));
    add(&mut centre.desk("ada"), &named("Zofia"));
    add(&mut centre.desk("saf"), &named("Adam"));
    assert_eq!(centre.desk("dpl").people().unwrap().len(), 2);
}

/// A coordinator leaves: every note gets a new key, those of cases too.
#[test]
fn everybody_on_file_survives_a_change_of_keys() {
    let centre = Centre::new();
    let mut ada = centre.desk("ada");
    for name in ["Zofia", "Adam", "\u{202e}evil\u{200b}", &"x".repeat(500)] {
        let person = add(&mut ada, &named(name));
        ada.amend_person(
            &person,
            &|card| card.needs = Some("Polish".to_owned()),
            "found",
        )
        .unwrap();
        ada.link_person(&person, &centre.supervised, &part(Part::Relative, &[]))
            .unwrap();
    }
    enrol(&mut ada, "nora", Role::Coordinator, None);
    drop(centre.desk("cora"));
    assert_eq!(centre.desk("nora").people().unwrap().len(), 4);
    ada.leave_user("nora").unwrap();
    ada.remove_from_team(&centre.supervised, "sam").unwrap();
    ada.add_to_team(&centre.supervised, "otto").unwrap();
    for who in ["ada", "cora", "saf", "dpl", "ada"] {
        drop(centre.desk(who));
    }
    assert_eq!(centre.desk("cora").people().unwrap().len(), 4);
    assert!(centre.desk("sam").people().unwrap().is_empty());
    assert_eq!(
        centre
            .desk("otto")
            .case(&centre.supervised)
            .unwrap()
            .people
            .len(),
        4
    );
    assert_eq!(centre.desk("dpl").check_access().unwrap().differences, []);
}
