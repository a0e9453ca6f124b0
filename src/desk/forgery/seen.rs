//! What the keeper's own keys open: the facts, and never what was typed into a form.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::bytes::unbase64url;
use crate::desk::Filing;
use crate::desk::forgery::kit::Centre;
use crate::desk::forgery::kit::attach;
use crate::desk::forgery::kit::sign_in;
use crate::desk::forgery::rekey::enrol;
use crate::ids::random;
use crate::keeper::Keeper;
use crate::keeper::facts::Role;
use crate::records::Kind;
use crate::records::Kinds;
use crate::records::field::Field;
use crate::records::words::CaseRule;
use crate::records::words::Reader;
use crate::records::words::Sort;

/// Random letters.
fn canary(known: &mut Vec<String>) -> String {
    let bytes: [u8; 24] = random();
    let letters: String = bytes.iter().map(|b| char::from(b'a' + b % 26)).collect();
    known.push(letters.clone());
    letters
}

/// The kind's example with a canary in every text, those inside groups and lists too.
fn typed(kind: &Kind, known: &mut Vec<String>) -> Value {
    fn fill(fields: &[Field], form: &mut Value, known: &mut Vec<String>) {
        for field in fields {
            let Some(value) = form.get_mut(&field.name) else {
                continue;
            };
            let text = matches!(field.sort, Sort::Text | Sort::LongText | Sort::Person);
            match value {
                Value::Array(all) if field.sort == Sort::Group => {
                    for one in all {
                        fill(&field.fields, one, known);
                    }
                }
                one if field.sort == Sort::Group => fill(&field.fields, one, known),
                Value::Array(all) if text => {
                    for one in all {
                        *one = canary(known).into();
                    }
                }
                Value::Array(all) if field.sort == Sort::Quote => {
                    for one in all {
                        one["words"] = canary(known).into();
                    }
                }
                one if text && field.pattern.is_none() => *one = canary(known).into(),
                _ => {}
            }
        }
    }
    let mut form = kind.template_json();
    fill(&kind.fields, &mut form, known);
    form
}

/// The trees where somebody's words stand: as they are, or inside a JSON text's base64url.
fn trees_with(keeper: &Keeper, known: &[String]) -> BTreeSet<String> {
    let (rows, closed) = keeper.opened_rows();
    assert_eq!(closed, 0, "every row is looked into");
    assert!(rows.len() > 100, "{} rows", rows.len());
    let has = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        known.iter().any(|canary| text.contains(canary.as_str()))
    };
    let inside = |bytes: &[u8]| {
        let whole = serde_json::from_slice::<Value>(bytes).unwrap_or_default();
        let mut decoded = texts(&whole).into_iter().filter_map(unbase64url);
        decoded.any(|bytes| has(&bytes))
    };
    let found = rows
        .into_iter()
        .filter(|(_, bytes)| has(bytes) || inside(bytes));
    found.map(|(tree, _)| tree).collect()
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(all) => all.iter().flat_map(texts).collect(),
        Value::Object(all) => all.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn the_keeper_s_keys_open_no_word_of_a_form() {
    let centre = Centre::new();
    // Each kind is read by somebody.
    enrol(&centre.keeper, "saf", Role::SafeguardingLead);
    enrol(&centre.keeper, "dpl", Role::DataProtectionLead);
    enrol(&centre.keeper, "tess", Role::Trustee);
    let [mut ada, mut saf, mut dpl, mut tess] =
        ["ada", "saf", "dpl", "tess"].map(|who| sign_in(&centre.keeper, who));
    let (mut known, mut purposes) = (Vec::new(), Vec::new());
    let case = centre.cases[0].to_string();
    for kind in Kinds::builtin().iter() {
        let filing = Filing {
            case: (kind.case == CaseRule::Required).then(|| case.clone()),
            kind: kind.name.clone(),
            form: typed(kind, &mut known),
            attachments: vec![attach(&format!("{}.txt", canary(&mut known)))],
            about: Vec::new(),
            deciders: vec!["ada".to_owned()],
        };
        let read_by = |reader| kind.readers.contains(&reader);
        // Somebody who reads it: coordinators do not read what is alleged about their staff, and where no
        // handler is named, trustees read what only a handler does.
        let desk = if read_by(Reader::Coordinator) || read_by(Reader::Deciders) {
            &mut ada
        } else if read_by(Reader::SafeguardingLead) {
            &mut saf
        } else if read_by(Reader::DataProtectionLead) {
            &mut dpl
        } else {
            &mut tess
        };
        let id = desk.file(&filing).unwrap().id.to_string();
        let purpose = canary(&mut purposes);
        desk.record(&id, None, Some(&purpose), 80).unwrap();
        if !kind.purpose_required {
            desk.amend(&id, &typed(kind, &mut known), &canary(&mut known))
                .unwrap();
        }
    }
    ada.open_case(&canary(&mut known), crate::keeper::facts::Service::Handover)
        .unwrap();
    assert!(known.len() > 100);
    assert_eq!(trees_with(&centre.keeper, &known), BTreeSet::new());
    // What a showing is for is a fact of its entry, and of the list of showings of a certificate: the same look
    // finds it, and nowhere else.
    let told = BTreeSet::from(["Revealed", "Trail"].map(str::to_owned));
    assert_eq!(trees_with(&centre.keeper, &purposes), told);
    // The planted control: a keeper that wrote one form down as a fact.
    let form = typed(Kinds::builtin().find("complaint").unwrap(), &mut known);
    centre.keeper.write_down(form);
    let setting = BTreeSet::from(["Setting".to_owned()]);
    assert_eq!(trees_with(&centre.keeper, &known), setting);
}

#[test]
fn envelopes_end_with_suspension_and_with_leaving_a_team() {
    let centre = Centre::new();
    let mut ada = sign_in(&centre.keeper, "ada");
    let sam = ada.user("sam").unwrap().id;
    // The staff's team and two cases.
    assert_eq!(centre.keeper.held_by(sam), (3, 0));
    ada.remove_from_team(&centre.cases[1].to_string(), "sam")
        .unwrap();
    assert_eq!(centre.keeper.held_by(sam), (2, 1));
    ada.suspend_user("sam").unwrap();
    assert_eq!(centre.keeper.held_by(sam), (0, 3));
    ada.resume_user("sam").unwrap();
    // Ada's desk has changed the keys he may have kept, and made the team that he was alone in anew.
    assert_eq!(centre.keeper.held_by(sam), (2, 0));
}

/// Supported contact falls under another rule than all else, and a correction does not change that.
#[test]
fn a_record_s_rule_goes_by_its_case_s_service() {
    use crate::keeper::facts::Service;
    let centre = Centre::new();
    let mut ada = sign_in(&centre.keeper, "ada");
    let kind = Kinds::builtin().find("attendance").unwrap();
    for (service, class) in [(Service::Supported, "1"), (Service::Community, "2")] {
        let case = ada.open_case("Invented, Sundays", service).unwrap().id;
        let filing = Filing {
            case: Some(case.to_string()),
            kind: kind.name.clone(),
            form: kind.template_json(),
            attachments: Vec::new(),
            about: Vec::new(),
            deciders: Vec::new(),
        };
        let record = ada.file(&filing).unwrap().id.to_string();
        assert_eq!(class_of(&centre.keeper, &record), class);
        ada.amend(&record, &filing.form, "looked at again").unwrap();
        assert_eq!(class_of(&centre.keeper, &record), class);
    }
}

/// The retention rule among a record's facts.
fn class_of(keeper: &Keeper, record: &str) -> String {
    let (rows, _) = keeper.opened_rows();
    let facts = rows.iter().filter(|(tree, _)| tree == "Record");
    let facts = facts.map(|(_, bytes)| serde_json::from_slice::<Value>(bytes).unwrap());
    let mut found = facts.filter(|facts| facts["id"] == record);
    found.next().unwrap()["class"].as_str().unwrap().to_owned()
}
