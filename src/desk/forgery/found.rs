//! A keeper that lies about what was found, and a desk that names what it could not know.

use std::collections::BTreeSet;

use crate::desk::Among;
use crate::desk::Desk;
use crate::desk::DeskError;
use crate::desk::Found;
use crate::desk::Query;
use crate::desk::forgery::kit::Centre;
use crate::desk::forgery::kit::sign_in;
use crate::desk::link::Because;
use crate::ids::CaseId;
use crate::ids::RecordId;
use crate::keeper::lie::Lie;
use crate::keeper::message::Want;
use crate::keeper::message::answer::Outcome;
use crate::keeper::message::answer::Served;
use crate::keeper::message::finding::Findings;
use crate::keeper::message::load::Load;

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
    let hidden = centre.records[0];
    let mut ada = sign_in(&centre.keeper, "ada");
    ada.exclude(&hidden.to_string(), "sam").unwrap();
    drop(ada);
    centre.records[0] = RecordId::random();
    let mut sam = sign_in(&centre.keeper, "sam");
    let mut ask = |records: &[RecordId], cases: &[CaseId]| {
        let asked = Findings {
            records: records.iter().copied().collect(),
            cases: cases.iter().copied().collect(),
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
    let there = ask(&[hidden], &[]);
    let not_there = ask(&[centre.records[0]], &[]);
    assert_eq!((&there.0, there.1), (&none.0, none.1));
    assert_eq!(there, not_there);
    // The control: what is not hidden is named, and is more work.
    let open = ask(&[centre.records[1]], &[]);
    assert_eq!((open.0.records, open.1), ([centre.records[1]].into(), 1));
    assert_ne!(open.2, not_there.2);
    // No case of nobody's, and no more than a page.
    assert_eq!(ask(&[], &[CaseId::random()]).0, Findings::default());
    let many: BTreeSet<RecordId> = (0..51).map(|_| RecordId::random()).collect();
    let asked = Findings {
        records: many,
        cases: BTreeSet::new(),
    };
    let load = Load::Found(Box::new(asked));
    let refused = sam.ask(Want::FindRecords {}, load, Because::default());
    assert!(matches!(refused, Err(DeskError::Refused { code, .. }) if code == "too-many"));
}
