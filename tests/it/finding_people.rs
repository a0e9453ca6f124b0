//! People on file among what is found: by every name they have or had, by nothing else that is kept of them, and
//! what is about one of them.

use std::collections::BTreeSet;

use strongroom::desk::Among;
use strongroom::desk::Desk;
use strongroom::desk::Found;
use strongroom::desk::Query;
use strongroom::desk::Searchable;
use strongroom::keeper::acts::Act;
use strongroom::keeper::facts::Role;
use strongroom::keeper::facts::Service;
use strongroom::records::PersonCard;
use strongroom::records::person::Contact;
use strongroom::records::person::ContactSort;
use strongroom::records::person::Part;
use strongroom::records::person::Towards;

use crate::centre_kit::Centre;
use crate::centre_kit::enrol;
use crate::centre_kit::filing;
use crate::centre_kit::unknown;
use crate::on_file::add;
use crate::on_file::named;
use crate::on_file::part;

fn people() -> Among {
    Among {
        kind: Some("person".to_owned()),
        ..Among::default()
    }
}

fn find(desk: &mut Desk<'_>, among: &Searchable, words: &str) -> Found {
    desk.find(among, &Query::parse(words).unwrap(), 50).unwrap()
}

fn ids(found: &Found) -> BTreeSet<String> {
    found.lines.iter().map(|line| line.id.to_string()).collect()
}

fn found(desk: &mut Desk<'_>, among: &Among, words: &str) -> BTreeSet<String> {
    let searchable = desk.searchable(among).unwrap();
    ids(&find(desk, &searchable, words))
}

fn set(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

/// Somebody whose card has something of everything.
fn olena() -> PersonCard {
    let contact = |value: &str, confidential: &[Towards]| Contact {
        sort: ContactSort::Address,
        value: value.to_owned(),
        confidential: confidential.iter().copied().collect(),
    };
    PersonCard {
        romanised: Some("Olena Kovalenko".to_owned()),
        former: vec!["Siân Tŷ-Coch".to_owned(), "Олена Шевченко".to_owned()],
        born: Some("1990-03-02".to_owned()),
        representation: Some("Messrs Invented".to_owned()),
        needs: Some("interpreter".to_owned()),
        contacts: vec![
            contact("12 Lighthouse Road", &[]),
            contact("Refuge", &[Towards::Everyone]),
        ],
        ..named("Олена Коваленко")
    }
}

#[test]
fn people_are_found_by_every_name_and_by_nothing_else() {
    let centre = Centre::new();
    let mut ada = centre.desk("ada");
    let person = add(&mut ada, &olena());
    let hostile = add(
        &mut ada,
        &named("Zo\u{308}e\u{301} \u{202e}Grau\u{2069}\u{200b}ß"),
    );
    let long = add(&mut ada, &named(&"ŵ".repeat(500)));
    let alerts = ["Collected by Xanthippe"];
    ada.link_person(&person, &centre.supervised, &part(Part::Parent, &alerts))
        .unwrap();
    for among in [people(), Among::default()] {
        let searchable = ada.searchable(&among).unwrap();
        for typed in [
            "коваленко",
            "ОЛЕНА",
            "kovalenko olena",
            "ty coch",
            "Sia\u{302}n",
            "\"olena kovalenko\"",
            "шевченко",
        ] {
            let all = find(&mut ada, &searchable, typed);
            assert_eq!(ids(&all), set(&[&person]), "{typed}");
            assert_eq!(all.lines[0].title, "Олена Коваленко");
            assert_eq!(all.lines[0].kind, "person");
        }
        assert_eq!(
            ids(&find(&mut ada, &searchable, "zoe grauss")),
            set(&[&hostile])
        );
        assert_eq!(
            ids(&find(&mut ada, &searchable, &"w".repeat(500))),
            set(&[&long])
        );
    }
    // No two names are one phrase, and nothing but names is searched, with texts or without.
    let whole = Among {
        text: true,
        ..Among::default()
    };
    let searchable = ada.searchable(&whole).unwrap();
    for typed in [
        "\"kovalenko sian\"",
        "lighthouse",
        "refuge",
        "1990",
        "messrs",
        "interpreter",
        "xanthippe",
    ] {
        assert_eq!(
            ids(&find(&mut ada, &searchable, typed)),
            set(&[]),
            "{typed}"
        );
    }
    // What was corrected is not what is found, unless it stays as a former name.
    let change = |card: &mut PersonCard| card.name = "Olha".to_owned();
    ada.amend_person(&person, &change, "she said so").unwrap();
    assert_eq!(found(&mut ada, &people(), "олена коваленко"), set(&[]));
    assert_eq!(found(&mut ada, &people(), "olha"), set(&[&person]));
}

#[test]
fn everyone_finds_those_they_may_see_and_nobody_else() {
    let centre = Centre::new();
    let mut ada = centre.desk("ada");
    let ours = add(&mut ada, &named("Zofia Nowak"));
    let other = add(&mut ada, &named("Adam Nowak"));
    ada.link_person(&ours, &centre.supervised, &part(Part::Child, &[]))
        .unwrap();
    enrol(&mut ada, "anna", Role::Assessor, None);
    let all = set(&[&ours, &other]);
    for (who, finds) in [
        ("ada", &all),
        ("saf", &all),
        ("dpl", &all),
        ("sam", &set(&[&ours])),
        ("vera", &set(&[])),
        ("otto", &set(&[])),
        ("tess", &set(&[])),
        ("dbs", &set(&[])),
        ("anna", &set(&[])),
    ] {
        let mut desk = centre.desk(who);
        assert_eq!(found(&mut desk, &people(), "nowak"), *finds, "{who}");
        assert_eq!(
            found(&mut desk, &Among::default(), "nowak"),
            *finds,
            "{who}"
        );
    }
    // An outsider's search asks for nobody on file, so no refusal of it stands in the ledger.
    let lines = ada.audit(None, Some("anna"), None).unwrap();
    assert!(
        lines.iter().all(|line| line.event != "refuse"),
        "{lines:#?}"
    );
}

#[test]
fn whoever_is_found_finds_it_among_those_who_looked() {
    let centre = Centre::new();
    let mut ada = centre.desk("ada");
    let zofia = add(&mut ada, &named("Zofia"));
    let adam = add(&mut ada, &named("Adam"));
    for person in [&zofia, &adam] {
        ada.link_person(person, &centre.supervised, &part(Part::Child, &[]))
            .unwrap();
    }
    let mut sam = centre.desk("sam");
    let searchable = sam.searchable(&people()).unwrap();
    let shown = find(&mut sam, &searchable, "zofia");
    assert_eq!(ids(&shown), set(&[&zofia]));
    let mut looks = |person: &str, act: Act| {
        let looks = ada.looks_at_person(person).unwrap().into_iter();
        looks
            .filter(|look| look.act == Some(act) && look.who.as_deref() == Some("sam"))
            .count()
    };
    assert_eq!(looks(&zofia, Act::FindRecords), 1);
    assert_eq!(looks(&adam, Act::FindRecords), 0);
    // Both names were served to be searched.
    assert_eq!(
        (
            looks(&zofia, Act::ListPeople),
            looks(&adam, Act::ListPeople)
        ),
        (1, 1)
    );
    // Whose part has ended meanwhile is not shown.
    centre
        .desk("cora")
        .unlink_person(&zofia, &centre.supervised, "a mistake")
        .unwrap();
    assert!(find(&mut sam, &searchable, "zofia").lines.is_empty());
    assert_eq!(looks(&zofia, Act::FindRecords), 1);
    assert_eq!(ids(&find(&mut sam, &searchable, "adam")), set(&[&adam]));
}

#[test]
fn people_are_narrowed_down_by_case_kind_and_date() {
    let centre = Centre::new();
    let mut ada = centre.desk("ada");
    let zofia = add(&mut ada, &named("Zofia Nowak"));
    let adam = add(&mut ada, &named("Adam Nowak"));
    ada.link_person(&zofia, &centre.supervised, &part(Part::Child, &[]))
        .unwrap();
    ada.link_person(&adam, &centre.supervised, &part(Part::Parent, &[]))
        .unwrap();
    ada.unlink_person(&adam, &centre.supervised, "a mistake")
        .unwrap();
    let mut by = |change: &dyn Fn(&mut Among)| {
        let mut among = people();
        change(&mut among);
        found(&mut ada, &among, "nowak")
    };
    let of_case = |among: &mut Among| among.case = Some(centre.supervised.clone());
    let both = set(&[&zofia, &adam]);
    assert_eq!(by(&|_| {}), both);
    assert_eq!(by(&of_case), set(&[&zofia]));
    assert_eq!(
        by(&|among| among.since = Some("2020-01-01".to_owned())),
        both
    );
    assert_eq!(
        by(&|among| among.until = Some("2020-01-01".to_owned())),
        set(&[])
    );
    assert_eq!(
        by(&|among| {
            of_case(among);
            among.kind = None;
        }),
        set(&[&zofia])
    );
    assert_eq!(by(&|among| among.kind = Some("case".to_owned())), set(&[]));
    assert_eq!(
        by(&|among| among.kind = Some("complaint".to_owned())),
        set(&[])
    );
    let nowhere = Among {
        case: Some("c_aaaaaaaaaaaaaaaaaaaaaaaaaa".to_owned()),
        ..people()
    };
    unknown(ada.searchable(&nowhere));
}

#[test]
fn what_is_about_somebody_is_found_by_them() {
    let centre = Centre::new();
    let mut ada = centre.desk("ada");
    let zofia = add(&mut ada, &named("Zofia"));
    let adam = add(&mut ada, &named("Adam"));
    ada.link_person(&zofia, &centre.supervised, &part(Part::Child, &[]))
        .unwrap();
    let elsewhere = ada.open_case("Elsewhere", Service::Supervised).unwrap();
    let elsewhere = elsewhere.id.to_string();
    let report = filing("contact-report", Some(&elsewhere));
    let about = [(zofia.clone(), Part::Sibling)];
    let names_her = ada.file_about(&report, &about).unwrap().id.to_string();
    let other = ada.file(&report).unwrap().id.to_string();
    let mut by = |change: &dyn Fn(&mut Among)| {
        let mut among = Among {
            person: Some(zofia.clone()),
            ..Among::default()
        };
        change(&mut among);
        found(&mut ada, &among, "contact")
    };
    let hers = set(&[&centre.report, &names_her]);
    assert_eq!(by(&|_| {}), hers);
    assert_eq!(by(&|among| among.text = true), hers);
    assert_eq!(
        by(&|among| among.case = Some(elsewhere.clone())),
        set(&[&names_her])
    );
    assert_eq!(
        by(&|among| among.kind = Some("complaint".to_owned())),
        set(&[])
    );
    assert_eq!(
        by(&|among| among.until = Some("2019-01-01".to_owned())),
        set(&[])
    );
    assert_eq!(by(&|among| among.person = Some(adam.clone())), set(&[]));
    assert!(by(&|among| among.person = None).contains(&other));
    // Their part in the case ends, and what names them stays.
    ada.unlink_person(&zofia, &centre.supervised, "a mistake")
        .unwrap();
    let about_her = Among {
        person: Some(zofia.clone()),
        ..Among::default()
    };
    assert_eq!(found(&mut ada, &about_her, "contact"), set(&[&names_her]));
    // Whoever may not see them does not learn that they are there.
    let mut sam = centre.desk("sam");
    unknown(sam.searchable(&about_her));
    for nobody in ["d_aaaaaaaaaaaaaaaaaaaaaaaaaa", "d_nobody"] {
        unknown(sam.searchable(&Among {
            person: Some(nobody.to_owned()),
            ..Among::default()
        }));
    }
}
