//! A keeper that lies about what was found, and a desk that names what it could not know.

use std::collections::BTreeSet;

use crate::desk::Among;
use crate::desk::Desk;
use crate::desk::DeskError;
use crate::desk::Found;
use crate::desk::Query;
use crate::desk::forgery::kit::Centre;
use crate::desk::forgery::kit::sign_in;
use crate::desk::forgery::on_file::about_people;
use crate::desk::forgery::on_file::heard;
use crate::desk::forgery::on_file::two_on_file;
use crate::desk::link::Because;
use crate::ids::CaseId;
use crate::ids::PersonId;
use crate::ids::RecordId;
use crate::keeper::Keeper;
use crate::keeper::entry::Entry;
use crate::keeper::lie::Lie;
use crate::keeper::message::Want;
use crate::keeper::message::answer::Opening;
use crate::keeper::message::answer::Outcome;
use crate::keeper::message::answer::Served;
use crate::keeper::message::finding::Findings;
use crate::keeper::message::load::Load;
use crate::ledger::Event;
use crate::ledger::Outcome as Ending;
use crate::ledger::Receipt;

/// A lie about what may be shown.
fn about_found(change: impl Fn(&mut Findings) + Send + 'static) -> Lie {
    Box::new(move |_, _, answer| {
        if let Outcome::Done(served) = &mut answer.outcome
            && let Served::Found(found) = served.as_mut()
        {
            change(found);
        }
    })
}

/// Finds all reports of the first case.
fn find(desk: &mut Desk<'_>, case: CaseId) -> Result<Found, DeskError> {
    let among = Among {
        case: Some(case.to_string()),
        ..Among::default()
    };
    let searchable = desk.searchable(&among)?;
    desk.find(&searchable, &Query::parse("contact").unwrap(), 50)
}

#[test]
fn what_the_entry_does_not_name_is_not_shown() {
    let centre = Centre::new();
    let mut sam = sign_in(&centre.keeper, "sam");
    let (first, elsewhere) = (centre.cases[0], centre.records[2]);
    assert_eq!(find(&mut sam, first).unwrap().lines.len(), 2);
    let lies: [(&str, Lie); 4] = [
        (
            "another record",
            about_found(move |found| {
                found.records.insert(elsewhere);
            }),
        ),
        (
            "a case nobody looked for",
            about_found(move |found| {
                found.cases.insert(first);
            }),
        ),
        (
            "fewer than the entry names",
            about_found(|found| {
                found.records.pop_first();
            }),
        ),
        (
            "one in the place of another",
            about_found(move |found| {
                found.records.pop_first();
                found.records.insert(elsewhere);
            }),
        ),
    ];
    for (what, lie) in lies {
        let says = centre.not_taken_in(what, lie, || find(&mut sam, first));
        assert!(says.contains("nothing is shown"), "{what}: {says}");
    }
    assert_eq!(find(&mut sam, first).unwrap().lines.len(), 2);
}

/// Finds whoever on file is called so.
fn find_people(desk: &mut Desk<'_>, name: &str) -> Result<Found, DeskError> {
    let among = Among {
        kind: Some("person".to_owned()),
        ..Among::default()
    };
    let searchable = desk.searchable(&among)?;
    desk.find(&searchable, &Query::parse(name).unwrap(), 50)
}

/// Told the truth, the desk finds just her.
fn finds(desk: &mut Desk<'_>, zofia: PersonId) {
    let found = find_people(desk, "zofia").unwrap();
    let ids: Vec<String> = found.lines.iter().map(|line| line.id.to_string()).collect();
    assert_eq!(ids, [zofia.to_string()]);
}

#[test]
fn nobody_on_file_is_found_whom_the_entry_does_not_name() {
    let centre = Centre::new();
    let [zofia, adam] = two_on_file(&centre);
    let mut ada = sign_in(&centre.keeper, "ada");
    finds(&mut ada, zofia);
    let first = centre.records[0];
    let lies: [(&str, Lie); 4] = [
        (
            "another beside her",
            about_found(move |found| {
                found.people.insert(adam);
            }),
        ),
        (
            "another in her place",
            about_found(move |found| found.people = [adam].into()),
        ),
        (
            "nobody, though the entry names her",
            about_found(|found| found.people.clear()),
        ),
        (
            "a record nobody looked for",
            about_found(move |found| {
                found.records.insert(first);
            }),
        ),
    ];
    for (what, lie) in lies {
        let says = centre.not_taken_in(what, lie, || find_people(&mut ada, "zofia"));
        assert!(says.contains("nothing is shown"), "{what}: {says}");
    }
    finds(&mut ada, zofia);
}

/// Where people are served to be searched: under the other's name, or unnamed.
#[test]
fn nobody_on_file_is_searched_in_another_s_place() {
    let centre = Centre::new();
    let [zofia, adam] = two_on_file(&centre);
    let his = heard(&centre, adam, None);
    let mut ada = sign_in(&centre.keeper, "ada");
    let (under_hers, unnamed) = (his.clone(), his);
    let lies: [(&str, Lie); 3] = [
        (
            "his card under her id",
            about_people(move |people| {
                people.retain(|one| one.id == zofia);
                people[0].groups.clone_from(&under_hers.groups);
            }),
        ),
        (
            "one whom no entry names",
            about_people(move |people| {
                let mut other = unnamed.clone();
                other.k_person = crate::bytes::base64url(&[7; 32]);
                people.push(other);
            }),
        ),
        (
            "her card as his",
            about_people(move |people| {
                let hers = people.iter().find(|one| one.id == zofia).unwrap().clone();
                let his = people.iter_mut().find(|one| one.id == adam).unwrap();
                his.groups = hers.groups;
            }),
        ),
    ];
    for (what, lie) in lies {
        centre.not_taken_in(what, lie, || find_people(&mut ada, "zofia"));
    }
    finds(&mut ada, zofia);
}

/// A keeper that serves more than what is about somebody: no more is found.
#[test]
fn what_is_not_about_somebody_is_not_found_as_about_them() {
    let centre = Centre::new();
    let [zofia, _] = two_on_file(&centre);
    let mut ada = sign_in(&centre.keeper, "ada");
    let find = |ada: &mut Desk<'_>, person: Option<PersonId>| -> BTreeSet<String> {
        let among = Among {
            person: person.map(|person| person.to_string()),
            kind: Some("contact-report".to_owned()),
            ..Among::default()
        };
        let searchable = ada.searchable(&among).unwrap();
        let found = ada.find(&searchable, &Query::parse("contact").unwrap(), 50);
        let lines = found.unwrap().lines.into_iter();
        lines.map(|line| line.id.to_string()).collect()
    };
    let hers: BTreeSet<String> = centre.records[..2]
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(find(&mut ada, Some(zofia)), hers);
    // The keeper serves every report there is, and its entry names them all.
    let heard = centre.overhear(|| drop(ada.records(None, 0).unwrap()));
    let (actor, records) = (ada.actor, centre.records);
    let lie: Lie = Box::new(move |keeper, ask, answer| {
        let said: serde_json::Value = serde_json::from_slice(&ask.statement).unwrap();
        if said["body"]["want"]["act"] != "list-records" {
            return;
        }
        let seen = said["body"]["seen"].as_u64().unwrap();
        let entry = Entry::new(Event::List, Ending::Ok, actor, said).listing(records.into());
        (answer.receipt, answer.opening) = proof_of(keeper, entry, seen);
        answer.outcome = heard.outcome.clone();
    });
    centre.keeper.tell(Some(lie));
    let (found, all) = (find(&mut ada, Some(zofia)), find(&mut ada, None));
    centre.keeper.tell(None);
    assert_eq!(found, hers);
    // The control: all three were served.
    assert_eq!(all.len(), 3);
}

/// An entry of the keeper's own making, and what proves it.
fn proof_of(keeper: &Keeper, entry: Entry, seen: u64) -> (Option<Receipt>, Option<Opening>) {
    let proof = keeper.run(move |vault| {
        vault.begin();
        let index = vault.stage(entry).unwrap();
        vault.commit().unwrap();
        let proof = vault.receipt(index, seen).unwrap();
        vault.begin();
        proof
    });
    let (receipt, opening) = proof.unwrap();
    (Some(receipt), Some((&opening).into()))
}

/// Any card of a page that the entry does not name, as on every list.
#[test]
fn what_is_searched_is_named_by_an_entry_too() {
    let centre = Centre::new();
    let mut sam = sign_in(&centre.keeper, "sam");
    let among = Among {
        text: true,
        ..Among::default()
    };
    let cards = centre.overhear(|| drop(sam.records(None, 0).unwrap()));
    let Outcome::Done(served) = cards.outcome else {
        panic!("nothing was served");
    };
    for act in ["list-records", "search-text"] {
        let cards = served.clone();
        let lie: Lie = Box::new(move |_, ask, answer| {
            let asked = String::from_utf8_lossy(&ask.statement).contains(act);
            if let (true, Outcome::Done(served)) = (asked, &mut answer.outcome)
                && let (Served::Cards { cards: told, .. }, Served::Cards { cards, .. }) =
                    (served.as_mut(), cards.as_ref())
            {
                let mut card = cards[0].clone();
                card.k_record = crate::bytes::base64url(&[7; 32]);
                told.push(card);
            }
        });
        centre.not_taken_in(act, lie, || sam.searchable(&among));
    }
}

/// Ids that are guessed: what is hidden and what is not there are one answer, one entry, one amount of work.
#[test]
fn a_desk_that_names_what_it_was_not_served_learns_nothing() {
    let mut centre = Centre::new();
    let [zofia, adam] = two_on_file(&centre);
    let hidden = centre.records[0];
    let mut ada = sign_in(&centre.keeper, "ada");
    ada.exclude(&hidden.to_string(), "sam").unwrap();
    ada.remove_from_team(&centre.cases[1].to_string(), "sam")
        .unwrap();
    drop(ada);
    centre.records[0] = RecordId::random();
    let mut sam = sign_in(&centre.keeper, "sam");
    let mut ask = |records: &[RecordId], cases: &[CaseId], people: &[PersonId]| {
        let asked = Findings {
            records: records.iter().copied().collect(),
            cases: cases.iter().copied().collect(),
            people: people.iter().copied().collect(),
        };
        centre.keeper.take_work();
        let load = Load::Found(Box::new(asked));
        let answer = sam.ask_and_see(Want::FindRecords {}, load, Because::default());
        let work = centre.keeper.take_work();
        let (served, _, detail) = answer.unwrap();
        let Served::Found(found) = served else {
            panic!("another shape");
        };
        let items = detail["keeper"]["items"].as_array().unwrap().len();
        (*found, items, work)
    };
    let none = (Findings::default(), 0);
    let there = ask(&[hidden], &[], &[]);
    let not_there = ask(&[centre.records[0]], &[], &[]);
    assert_eq!((&there.0, there.1), (&none.0, none.1));
    assert_eq!(there, not_there);
    // The control: what is not hidden is named, and is more work.
    let open = ask(&[centre.records[1]], &[], &[]);
    assert_eq!((open.0.records, open.1), ([centre.records[1]].into(), 1));
    assert_ne!(open.2, not_there.2);
    // No case of nobody's, and no more than a page.
    assert_eq!(ask(&[], &[CaseId::random()], &[]).0, Findings::default());
    // Nobody on file whom he may not see.
    let there = ask(&[], &[], &[adam]);
    let not_there = ask(&[], &[], &[PersonId::random()]);
    assert_eq!((&there.0, there.1), (&none.0, none.1));
    assert_eq!(there, not_there);
    let open = ask(&[], &[], &[zofia]);
    assert_eq!((open.0.people, open.1), ([zofia].into(), 1));
    let many: BTreeSet<RecordId> = (0..51).map(|_| RecordId::random()).collect();
    let asked = Findings {
        records: many,
        ..Findings::default()
    };
    let load = Load::Found(Box::new(asked));
    let refused = sam.ask(Want::FindRecords {}, load, Because::default());
    assert!(matches!(refused, Err(DeskError::Refused { code, .. }) if code == "too-many"));
}
