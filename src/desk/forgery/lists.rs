//! A keeper that lies about lists and cases: other cards than the entry names, and another case.

use crate::desk::forgery::kit::Centre;
use crate::desk::forgery::kit::about_answer;
use crate::desk::forgery::kit::sign_in;
use crate::keeper::lie::Lie;
use crate::keeper::message::answer::Outcome;
use crate::keeper::message::answer::Served;
use crate::keeper::message::answer::ServedRecord;

#[test]
fn lists_and_cases_show_only_what_their_entry_names() {
    let centre = Centre::new();
    let mut sam = sign_in(&centre.keeper, "sam");
    let cards = |change: fn(&mut Vec<ServedRecord>)| -> Lie {
        about_answer(move |answer| {
            if let Outcome::Done(served) = &mut answer.outcome
                && let Served::Cards { cards, .. } = served.as_mut()
            {
                change(cards);
            }
        })
    };
    let swap = cards(|cards| {
        let (one, two) = (cards[0].parts.clone(), cards[1].parts.clone());
        (cards[0].parts, cards[1].parts) = (two, one);
    });
    centre.not_taken_in("swapped cards", swap, || sam.records(None, 0));
    let moved = cards(|cards| cards[0].facts.case = cards[2].facts.case);
    centre.not_taken_in("a card of another case", moved, || sam.records(None, 0));
    let heard = centre.overhear(|| drop(sam.records(None, 0).unwrap()));
    let more: Lie = about_answer(move |answer| answer.outcome = heard.outcome.clone());
    let first = centre.cases[0].to_string();
    centre.not_taken_in("more cards than the entry names", more, || {
        sam.records(Some(&first), 0)
    });
    let second = centre.cases[1];
    let case = centre.overhear(|| drop(sam.case(&second.to_string()).unwrap()));
    for keep_facts in [false, true] {
        let case = case.clone();
        let lie = about_answer(move |answer| {
            let (Outcome::Done(mine), Outcome::Done(other)) = (&mut answer.outcome, &case.outcome)
            else {
                return;
            };
            let (Served::Cases(mine), Served::Cases(other)) = (mine.as_mut(), other.as_ref())
            else {
                return;
            };
            let facts = mine[0].facts.clone();
            *mine = other.clone();
            if keep_facts {
                mine[0].facts = facts;
            }
        });
        centre.not_taken_in("another case", lie, || sam.case(&first));
    }
    assert_eq!(sam.case(&first).unwrap().title.as_deref(), Some("first"));
    assert_eq!(sam.records(None, 0).unwrap().0.len(), 3);
}
