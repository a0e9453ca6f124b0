//! When a grant is over, the keeper serves nothing that the keys she kept could open.

use crate::desk::Desk;
use crate::desk::forgery::grants::access;
use crate::desk::forgery::grants::centre;
use crate::desk::forgery::grants::claimed;
use crate::desk::forgery::kit::Centre;
use crate::desk::forgery::kit::sign_in;
use crate::ids::GrantId;
use crate::sealing::Passphrase;

/// How many headers, envelopes and payloads stand in an answer.
fn openable(answer: &serde_json::Value) -> usize {
    match answer {
        serde_json::Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| {
                let sealed = ["header", "payload", "file"].contains(&name.as_str());
                let text = value.as_str().is_some_and(|text| !text.is_empty());
                usize::from(sealed && text) + openable(value)
            })
            .sum(),
        serde_json::Value::Array(all) => all.iter().map(openable).sum(),
        _ => 0,
    }
}

/// All that the keeper serves to anna when she asks for everything.
fn all_served(centre: &Centre, anna: &mut Desk<'_>, grant: GrantId) -> usize {
    let heard: &'static std::sync::Mutex<usize> = Box::leak(Box::default());
    centre.keeper.tell(Some(Box::new(move |_, _, answer| {
        let value = serde_json::to_value(&*answer).unwrap();
        *heard.lock().unwrap() += openable(&value);
    })));
    let record = centre.records[0].to_string();
    drop(anna.records(None, 0));
    drop(anna.record(&record, None, Some("to see"), 80));
    drop(anna.attachment(&record, "one.txt", None, &mut Vec::new()));
    drop(anna.export(&record, &[], None, &mut Vec::new()));
    drop(anna.cases());
    drop(anna.case(&centre.cases[0].to_string()));
    drop(anna.grants());
    drop(anna.state_grant(&grant.to_string()));
    drop(anna.run_errands());
    let own = Passphrase::new("test only: the last words of anna".to_owned());
    drop(anna.change_passphrase(&own));
    centre.keeper.tell(None);
    *heard.lock().unwrap()
}

#[test]
fn when_it_is_over_nothing_is_served_that_a_saved_identity_could_open() {
    for case in [None, Some(0)] {
        let centre = centre();
        let case = case.map(|at: usize| centre.cases[at]);
        let records = if case.is_some() {
            &[]
        } else {
            &centre.records[..1]
        };
        let mut anna = sign_in(&centre.keeper, "anna");
        let never = all_served(&centre, &mut anna, GrantId::random());
        let new = access(&centre.keeper, case, records);
        let grant = sign_in(&centre.keeper, "ada").grant(&new).unwrap();
        let p = grant.proposal.unwrap().to_string();
        claimed(&centre.keeper, "cora").approve(&p).unwrap();
        // The control: while it lasts the same asks serve a good deal.
        assert!(all_served(&centre, &mut anna, grant.id) > 10);
        centre.keeper.advance_clock_to(new.until).unwrap();
        // What is left is her envelope of the outsiders' team, which opens nothing.
        assert_eq!(all_served(&centre, &mut anna, grant.id), never);
    }
}
