//! Nobody makes a court's order hold longer than it says, or end another: not the keeper, and no desk of a colleague's
//! own writing that tells the keeper something else than it seals.

use crate::desk::DeskError;
use crate::desk::Filing;
use crate::desk::forgery::kit::Centre;
use crate::desk::forgery::kit::about_record;
use crate::desk::forgery::kit::sign_in;
use crate::ids::RecordId;
use crate::keeper::facts::OrderFacts;
use crate::keeper::facts::RecordFacts;
use crate::records::Kinds;

/// An order on the first case, until a day where there is one.
fn order(centre: &Centre, until: Option<&str>) -> RecordId {
    let mut form = Kinds::builtin()
        .find("court-order")
        .unwrap()
        .template_json();
    form.as_object_mut().unwrap().remove("expires");
    if let Some(until) = until {
        form["expires"] = until.into();
    }
    let filing = Filing {
        case: Some(centre.cases[0].to_string()),
        kind: "court-order".to_owned(),
        form,
        attachments: Vec::new(),
        about: Vec::new(),
        deciders: Vec::new(),
    };
    sign_in(&centre.keeper, "ada").file(&filing).unwrap().id
}

/// What a lie makes of a record's facts.
type Change = fn(&mut RecordFacts);

fn lasting(facts: &mut RecordFacts) {
    facts.order = None;
}

fn shorter(facts: &mut RecordFacts) {
    facts.order.get_or_insert_default().until = Some("2026-08-29".to_owned());
}

fn replacing(facts: &mut RecordFacts) {
    let order = facts.order.get_or_insert_default();
    order.replaces.insert(RecordId::random());
}

#[test]
fn an_order_holds_as_long_as_its_form_says() {
    let centre = Centre::new();
    let ends = order(&centre, Some("2027-08-28"));
    let lasts = order(&centre, None);
    let facts = |id: RecordId| {
        let found = centre.keeper.run(move |vault| vault.record(id));
        found.unwrap().unwrap().unwrap().order
    };
    let said = OrderFacts {
        until: Some("2027-08-28".to_owned()),
        ..OrderFacts::default()
    };
    assert_eq!((facts(ends), facts(lasts)), (Some(said), None));
    let mut ada = sign_in(&centre.keeper, "ada");
    let lies: [(RecordId, &str, Change); 5] = [
        (ends, "without its end", lasting),
        (ends, "with an earlier end", shorter),
        (ends, "in the place of another", replacing),
        (lasts, "with an end", shorter),
        (lasts, "in the place of one", replacing),
    ];
    for (id, what, lie) in lies {
        let id = id.to_string();
        let told = about_record(move |record| lie(&mut record.facts));
        let says = centre.not_taken_in(what, told, || ada.record(&id, None, None, 80));
        assert!(says.contains("another end"), "{says}");
        ada.record(&id, None, None, 80).unwrap();
    }
    // The same stands in the vault, whoever put it there.
    centre.keeper.tamper(move |vault| {
        let mut facts = vault.record(ends).unwrap().unwrap();
        lasting(&mut facts);
        vault.put_record(&facts).unwrap();
    });
    let read = ada.record(&ends.to_string(), None, None, 80);
    assert!(matches!(read, Err(DeskError::Damaged(_))), "{read:?}");
    // A correction puts it right.
    let mut form = Kinds::builtin()
        .find("court-order")
        .unwrap()
        .template_json();
    form["expires"] = "2027-08-28".into();
    ada.amend(&ends.to_string(), &form, "again").unwrap();
    ada.record(&ends.to_string(), None, None, 80).unwrap();
}
