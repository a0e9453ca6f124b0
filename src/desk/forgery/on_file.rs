//! A keeper that lies about people on file.

use crate::desk::Desk;
use crate::desk::forgery::kit::Centre;
use crate::desk::forgery::kit::about_record;
use crate::desk::forgery::kit::filing;
use crate::desk::forgery::kit::sign_in;
use crate::desk::on_file::seal::Draft;
use crate::ids::PersonId;
use crate::keeper::facts::Subject;
use crate::keeper::lie::Lie;
use crate::keeper::message::answer::Answer;
use crate::keeper::message::answer::Outcome;
use crate::keeper::message::answer::Served;
use crate::keeper::message::answer::ServedPerson;
use crate::records::PartCard;
use crate::records::PersonCard;
use crate::records::person::Part;

fn named(name: &str) -> PersonCard {
    PersonCard {
        name: name.to_owned(),
        ..PersonCard::default()
    }
}

fn child() -> PartCard {
    serde_json::from_str("{\"role\":\"child\",\"name\":\"\"}").unwrap()
}

/// Somebody corrected once and part of the first case, and somebody part of the second.
pub(crate) fn two_on_file(centre: &Centre) -> [PersonId; 2] {
    let mut ada = sign_in(&centre.keeper, "ada");
    let mut add = |name: &str| ada.add_person(&named(name)).unwrap().0.id;
    let people = [add("Zofja"), add("Adam")];
    let change = |card: &mut PersonCard| card.name = "Zofia".to_owned();
    ada.amend_person(&people[0].to_string(), &change, "misspelt")
        .unwrap();
    for (person, case) in people.iter().zip(centre.cases) {
        ada.link_person(&person.to_string(), &case.to_string(), &child())
            .unwrap();
    }
    people
}

/// A lie about people who are shown.
pub(crate) fn about_people(change: impl Fn(&mut Vec<ServedPerson>) + Send + 'static) -> Lie {
    Box::new(move |_, _, answer| {
        let Outcome::Done(served) = &mut answer.outcome else {
            return;
        };
        match served.as_mut() {
            Served::People(people) => change(people),
            Served::Cases(cases) => {
                if let [case] = cases.as_mut_slice() {
                    change(&mut case.people);
                }
            }
            _ => {}
        }
    })
}

fn person_in(answer: &Answer) -> ServedPerson {
    match &answer.outcome {
        Outcome::Done(served) => match served.as_ref() {
            Served::People(people) => people[0].clone(),
            other => panic!("{other:?}"),
        },
        other => panic!("{other:?}"),
    }
}

/// What is honestly served of somebody.
pub(crate) fn heard(centre: &Centre, person: PersonId, version: Option<u32>) -> ServedPerson {
    let mut ada = sign_in(&centre.keeper, "ada");
    let ask = || drop(ada.person(&person.to_string(), version).unwrap());
    person_in(&centre.overhear(ask))
}

#[test]
fn nobody_is_shown_in_another_s_place() {
    let centre = Centre::new();
    let [zofia, adam] = two_on_file(&centre);
    let (hers, his) = (heard(&centre, zofia, None), heard(&centre, adam, None));
    let first = heard(&centre, zofia, Some(1));
    let mut ada = sign_in(&centre.keeper, "ada");
    let id = zofia.to_string();
    let lies: Vec<(&str, ServedPerson)> = vec![
        ("another person", his.clone()),
        (
            "another under her id",
            ServedPerson {
                id: zofia,
                ..his.clone()
            },
        ),
        (
            "another's notes under her key",
            ServedPerson {
                groups: his.groups.clone(),
                ..hers.clone()
            },
        ),
        (
            "what was there before",
            ServedPerson {
                groups: first.groups.clone(),
                ..hers.clone()
            },
        ),
        (
            "nothing",
            ServedPerson {
                groups: Vec::new(),
                ..hers.clone()
            },
        ),
    ];
    for (what, lie) in lies {
        let tell = about_people(move |people| *people = vec![lie.clone()]);
        centre.not_taken_in(what, tell, || ada.person(&id, None));
    }
    assert_eq!(ada.person(&id, None).unwrap().card.name, "Zofia");
}

#[test]
fn nobody_is_shown_in_a_case_who_is_not_part_of_it() {
    let centre = Centre::new();
    let [_, adam] = two_on_file(&centre);
    let his = heard(&centre, adam, None);
    let mut ada = sign_in(&centre.keeper, "ada");
    let (changed, added) = (his.clone(), his);
    let lies: Vec<(&str, Lie)> = vec![
        (
            "another author",
            about_people(|people| {
                people[0].groups[0].notes[0].facts.by = crate::ids::UserId::random();
            }),
        ),
        (
            "another digest",
            about_people(|people| {
                people[0].groups[0].notes[0].facts.manifest = "0".repeat(64);
            }),
        ),
        (
            "one for another",
            about_people(move |people| people[0] = changed.clone()),
        ),
        (
            "one who is not named",
            about_people(move |people| people.push(added.clone())),
        ),
    ];
    for (what, lie) in lies {
        centre.not_taken_in(what, lie, || ada.case(&centre.cases[0].to_string()));
    }
    assert_eq!(
        ada.case(&centre.cases[0].to_string()).unwrap().people.len(),
        1
    );
}

/// An insider who may not write about people signs a note, and the keeper serves it as if they might.
#[test]
fn a_note_is_believed_only_from_those_who_keep_people() {
    let forged = |who: &str| {
        let centre = Centre::new();
        let [zofia, _] = two_on_file(&centre);
        let mut hers = heard(&centre, zofia, None);
        let mut insider = sign_in(&centre.keeper, who);
        let (keys, trust) = insider.keys(None).unwrap();
        let (_, people) = insider.people_key((&keys, &trust)).unwrap();
        let user = insider.account().id;
        let notes = &mut hers.groups[0].notes;
        let card = notes
            .iter_mut()
            .find(|note| matches!(note.note, crate::keeper::facts::Note::Card { .. }))
            .unwrap();
        let draft = Draft {
            person: zofia,
            note: card.note,
            previous: card.facts.previous.clone(),
            k_person: &hers.k_person,
            reason: None,
        };
        let made = insider
            .sealed_note(&draft, &named("Somebody else"), &[people])
            .unwrap();
        card.header.clone_from(&made.headers[0].header);
        card.payload = made.payload;
        card.facts.manifest = made.manifest;
        card.facts.by = user;
        drop(insider);
        let mut ada = sign_in(&centre.keeper, "ada");
        let tell = about_people(move |people| {
            // The way is that of this answer; what it opens is made up.
            people[0].groups[0].notes.clone_from(&hers.groups[0].notes);
        });
        centre.keeper.tell(Some(tell));
        let shown = ada.person(&zofia.to_string(), None);
        centre.keeper.tell(None);
        shown
            .map(|one| one.card.name)
            .map_err(|error| error.to_string())
    };
    let says = forged("vera").unwrap_err();
    assert!(
        says.contains("not signed by anybody who may write it"),
        "{says}"
    );
    assert!(forged("sam").is_err());
    // The control: a coordinator's own is believed, whoever serves it.
    assert_eq!(forged("ada").unwrap(), "Somebody else");
}

#[test]
fn a_card_is_sealed_to_no_case_somebody_is_not_part_of() {
    let centre = Centre::new();
    let [zofia, _] = two_on_file(&centre);
    let other = centre.cases[1];
    let other = centre.keeper.run(move |vault| {
        let id = vault.compartment_of(other).unwrap().unwrap();
        vault.current(id).unwrap().unwrap()
    });
    let other = other.unwrap();
    let mut ada = sign_in(&centre.keeper, "ada");
    let amend = |ada: &mut Desk<'_>| {
        let change = |card: &mut PersonCard| card.needs = Some("Polish".to_owned());
        ada.amend_person(&zofia.to_string(), &change, "found")
    };
    let tell = about_people(move |people| people[0].sealed_to.push(other.clone()));
    let says = centre.not_taken_in("another case's key", tell, || amend(&mut ada));
    assert!(says.contains("key of something else"), "{says}");
    amend(&mut ada).unwrap();
}

#[test]
fn whom_a_record_is_about_is_what_its_author_signed() {
    let centre = Centre::new();
    let [zofia, adam] = two_on_file(&centre);
    let mut ada = sign_in(&centre.keeper, "ada");
    let about = [(zofia.to_string(), Part::Child)];
    let record = ada.file_about(&filing(centre.cases[0]), &about).unwrap().id;
    let record = record.to_string();
    let as_parent = Subject {
        person: zofia,
        role: "parent".to_owned(),
    };
    let another = Subject {
        person: adam,
        role: "child".to_owned(),
    };
    for (what, lie) in [
        ("nobody", Vec::new()),
        ("another role", vec![as_parent]),
        ("another", vec![another]),
    ] {
        let tell = about_record(move |served| served.facts.subjects.clone_from(&lie));
        centre.not_taken_in(what, tell, || ada.record(&record, None, None, 80));
    }
    let shown = ada.record(&record, None, None, 80).unwrap();
    assert_eq!(shown.subjects[0].name.as_deref(), Some("Zofia"));
}
