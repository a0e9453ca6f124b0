//! A keeper that lies, and a desk that is not taken in: nothing is opened, sealed or believed.
//!
//! Each lie begins with an honest answer and changes one thing. After all of them the honest answer is
//! believed again: the control that the desk refused the lies, not everything.

mod access;
mod agree;
mod ahead;
mod backup;
mod checked;
mod conflicts;
mod found;
mod grants;
mod hostile;
mod invited;
pub(crate) mod keys;
pub(crate) mod kit;
mod known;
mod ledgers;
mod lists;
mod lost;
mod moved;
mod on_file;
mod orders;
mod outside;
mod over;
mod people;
mod power;
mod rehearsed;
mod reissued;
mod rekey;
mod rotated;
mod sealed_on;
mod seen;
mod single;
mod taken;
mod trustees;
mod whose;

use serde_json::Value;

use crate::bytes::base64url;
use crate::desk::forgery::kit::Centre;
use crate::desk::forgery::kit::about_answer;
use crate::desk::forgery::kit::about_record;
use crate::desk::forgery::kit::form;
use crate::desk::forgery::kit::record_in;
use crate::desk::forgery::kit::sign_in;
use crate::ids::CaseId;
use crate::ids::RecordId;
use crate::ids::UserId;
use crate::ids::random;
use crate::keeper::Keeper;
use crate::keeper::entry::Entry;
use crate::keeper::lie::Lie;
use crate::keeper::message::Ask;
use crate::keeper::message::answer::Answer;
use crate::keeper::message::answer::ServedRecord;
use crate::ledger::Event;
use crate::ledger::Outcome as Ending;

type Change = (&'static str, Box<dyn Fn(&mut ServedRecord) + Send>);

/// One thing wrong with a served record in each.
fn wrong_parts() -> Vec<Change> {
    vec![
        (
            "a part in the place of another",
            Box::new(|record| {
                let (a, b) = (record.parts[1].clone(), record.parts[2].clone());
                (record.parts[1].payload, record.parts[2].payload) = (b.payload, a.payload);
                (record.parts[1].header, record.parts[2].header) = (b.header, a.header);
            }),
        ),
        (
            "another part's header",
            Box::new(|record| {
                record.parts[1].header = record.parts[2].header.clone();
            }),
        ),
        (
            "an older version in the place of the newest",
            Box::new(|record| {
                let (a, b) = (record.parts[0].version, record.parts[1].version);
                (record.parts[0].version, record.parts[1].version) = (b, a);
            }),
        ),
        (
            "the versions' facts in another order",
            Box::new(|record| record.versions.reverse()),
        ),
        (
            "a version too few",
            Box::new(|record| drop(record.versions.pop())),
        ),
        ("no parts", Box::new(|record| record.parts.clear())),
        (
            "the body left out",
            Box::new(|record| record.parts.retain(|part| part.number != 2)),
        ),
        (
            "a changed payload",
            Box::new(|record| record.parts[1].payload[40] ^= 1),
        ),
        (
            "a changed header",
            Box::new(|record| record.parts[1].header[60] ^= 1),
        ),
        (
            "a payload cut short",
            Box::new(|record| record.parts[1].payload.truncate(64)),
        ),
    ]
}

fn wrong_facts() -> Vec<Change> {
    vec![
        (
            "another record's id",
            Box::new(|record| record.facts.id = RecordId::random()),
        ),
        (
            "another author",
            Box::new(|record| record.versions[1].author = UserId::random()),
        ),
        (
            "another kind",
            Box::new(|record| record.facts.kind = "complaint".to_owned()),
        ),
        (
            "another class",
            Box::new(|record| record.facts.class = "99".to_owned()),
        ),
        (
            "another case",
            Box::new(|record| record.facts.case = Some(CaseId::random())),
        ),
        ("no case", Box::new(|record| record.facts.case = None)),
        (
            "fewer versions",
            Box::new(|record| record.facts.versions = 1),
        ),
        (
            "another manifest",
            Box::new(|record| {
                record.versions[1].manifest = record.versions[0].manifest.clone();
            }),
        ),
        (
            "an attachment hidden",
            Box::new(|record| drop(record.versions[0].parts.pop())),
        ),
    ]
}

/// One thing wrong with the keys that come with a record in each.
fn wrong_ways() -> Vec<Change> {
    vec![
        (
            "another audit key",
            Box::new(|record| record.k_record = base64url(&random::<32>())),
        ),
        (
            "an audit key of another shape",
            Box::new(|record| record.k_record.truncate(8)),
        ),
        ("no way to the key", Box::new(|record| record.chain.clear())),
        (
            "a way with the wrong envelope",
            Box::new(|record| record.chain[0].header[60] ^= 1),
        ),
        (
            "a key that somebody else vouches for",
            Box::new(|record| {
                record.chain[0].statement =
                    record.chain[0]
                        .statement
                        .replacen("\"sig\":\"", "\"sig\":\"A", 1);
            }),
        ),
        (
            "a way to another compartment",
            Box::new(|record| {
                record.chain[0].compartment = crate::ids::CompartmentId::random();
            }),
        ),
    ]
}

#[test]
fn a_record_served_otherwise_than_it_was_filed_is_not_opened() {
    let centre = Centre::new();
    let mut sam = sign_in(&centre.keeper, "sam");
    let [a, b, other] = centre.records.map(|record| record.to_string());
    for (what, change) in wrong_parts()
        .into_iter()
        .chain(wrong_facts())
        .chain(wrong_ways())
    {
        centre.not_taken_in(what, about_record(change), || {
            sam.record(&a, None, None, 80)
        });
    }
    for id in [&b, &other] {
        let heard = record_in(&centre.overhear(|| drop(sam.record(id, None, None, 80).unwrap())));
        let lies: [fn(&mut ServedRecord, &ServedRecord); 4] = [
            |record, heard| *record = heard.clone(),
            |record, heard| {
                *record = ServedRecord {
                    facts: record.facts.clone(),
                    ..heard.clone()
                }
            },
            |record, heard| {
                *record = ServedRecord {
                    k_record: record.k_record.clone(),
                    ..heard.clone()
                };
                record.facts.id = RecordId::random();
            },
            |record, heard| {
                let honest = record.clone();
                *record = ServedRecord {
                    k_record: honest.k_record,
                    ..heard.clone()
                };
                record.facts.id = honest.facts.id;
            },
        ];
        for (at, lie) in lies.into_iter().enumerate() {
            let heard = heard.clone();
            let lie = about_record(move |record| lie(record, &heard));
            centre.not_taken_in(&format!("another record, {at}"), lie, || {
                sam.record(&a, None, None, 80)
            });
        }
    }
    let shown = sam.record(&a, None, None, 80).unwrap();
    assert_eq!((shown.version, shown.fields), (2, form()));
}

/// The keeper logs a showing of one record, truthfully, and serves it, whole, to who asked for another.
#[test]
fn a_record_that_was_not_asked_for_is_not_shown_although_its_entry_stands() {
    let centre = Centre::new();
    let mut sam = sign_in(&centre.keeper, "sam");
    let (a, b) = (centre.records[0].to_string(), centre.records[1]);
    let heard = centre.overhear(|| drop(sam.record(&b.to_string(), None, None, 80).unwrap()));
    let actor = sam.actor;
    let lie: Lie = Box::new(move |keeper: &Keeper, ask: &Ask, answer: &mut Answer| {
        if answer.receipt.is_none() {
            return;
        }
        let said: Value = serde_json::from_slice(&ask.statement).unwrap();
        let seen = said["body"]["seen"].as_u64().unwrap();
        let (receipt, opening) = keeper
            .run(move |vault| {
                vault.begin();
                let entry = Entry::new(Event::Read, Ending::Ok, actor, said).about(b);
                let index = vault.stage(entry).unwrap();
                vault.commit().unwrap();
                let proof = vault.receipt(index, seen).unwrap();
                vault.begin();
                proof
            })
            .unwrap();
        answer.receipt = Some(receipt);
        answer.opening = Some((&opening).into());
        answer.outcome = heard.outcome.clone();
    });
    let says = centre.not_taken_in("another record", lie, || sam.record(&a, None, None, 80));
    assert!(says.contains("another record was served"), "{says}");
}

/// One thing wrong with the entry's proof in each.
fn wrong_receipts() -> Vec<(&'static str, Lie)> {
    vec![
        ("no receipt", about_answer(|answer| answer.receipt = None)),
        ("no opening", about_answer(|answer| answer.opening = None)),
        (
            "neither",
            about_answer(|answer| (answer.receipt, answer.opening) = (None, None)),
        ),
        (
            "another salt",
            about_answer(|answer| {
                answer.opening.as_mut().unwrap().salt = base64url(&random::<32>());
            }),
        ),
        (
            "another detail",
            about_answer(|answer| {
                answer.opening.as_mut().unwrap().detail.push(' ');
            }),
        ),
        (
            "a changed leaf",
            about_answer(|answer| {
                let leaf = &mut answer.receipt.as_mut().unwrap().leaf;
                *leaf = leaf.replacen("\"ok\"", "\"denied\"", 1);
            }),
        ),
        (
            "another head",
            about_answer(|answer| {
                let note = &mut answer.receipt.as_mut().unwrap().checkpoint;
                *note = note.replacen('\n', "x\n", 1);
            }),
        ),
        (
            "no inclusion",
            about_answer(|answer| answer.receipt.as_mut().unwrap().inclusion.clear()),
        ),
        (
            "no consistency",
            about_answer(|answer| answer.receipt.as_mut().unwrap().consistency.clear()),
        ),
    ]
}

#[test]
fn nothing_is_opened_without_the_entry_of_this_asking() {
    let centre = Centre::new();
    let (mut sam, mut ada) = (
        sign_in(&centre.keeper, "sam"),
        sign_in(&centre.keeper, "ada"),
    );
    let a = centre.records[0].to_string();
    let older = centre.overhear(|| drop(sam.record(&a, None, None, 80).unwrap()));
    let others = centre.overhear(|| drop(ada.record(&a, None, None, 80).unwrap()));
    let refusal = centre.overhear(|| drop(sam.record(&a, Some(9), None, 80).err().unwrap()));
    let replayed = |old: &Answer| {
        let old = old.clone();
        move |answer: &mut Answer| {
            answer.receipt.clone_from(&old.receipt);
            answer.opening.clone_from(&old.opening);
        }
    };
    let whole = older.clone();
    let lies: Vec<(&str, Lie)> = vec![
        ("an older receipt", about_answer(replayed(&older))),
        (
            "an older answer",
            about_answer(move |answer| *answer = whole.clone()),
        ),
        ("somebody else's receipt", about_answer(replayed(&others))),
        ("a refusal's receipt", about_answer(replayed(&refusal))),
    ];
    for (what, lie) in lies.into_iter().chain(wrong_receipts()) {
        centre.not_taken_in(what, lie, || sam.record(&a, None, None, 80));
    }
    assert!(sam.record(&a, None, None, 80).is_ok());
}
