//! The demo centre's data: every form meets its kind's rules, every name leads somewhere, and the
//! scenarios that later tests walk through are really in it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;
use strongroom::records::Form;
use strongroom::records::Kind;
use strongroom::records::Kinds;
use strongroom::records::attachment;
use strongroom::records::dates;
use strongroom::records::input;
use strongroom::records::words::CaseRule;
use strongroom::records::words::Service;

use crate::common::files_under;

const DEMO: &str = "src/cli/demo";
const ROLES: &[&str] = &[
    "coordinator",
    "staff",
    "volunteer",
    "safeguarding-lead",
    "dbs-countersignatory",
    "data-protection-lead",
    "trustee",
    "assessor",
];

fn centre() -> Value {
    let bytes = fs::read(Path::new(DEMO).join("centre.toml")).unwrap();
    input::parse(&bytes, Some("centre.toml")).unwrap()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name} of {value}"))
}

/// The kind and the checked form of a record of the centre.
fn form(record: &Value) -> (&'static Kind, Form) {
    let file = text(record, "file");
    let kind = Kinds::builtin().find(text(record, "kind")).unwrap();
    let bytes = fs::read(Path::new(DEMO).join("records").join(file)).unwrap();
    let value = input::parse(&bytes, Some(file)).unwrap();
    match kind.check(&value) {
        Ok(form) => {
            assert_eq!(form.to_json(), value, "{file} is kept as it stands");
            (kind, form)
        }
        Err(problems) => panic!("{file}:\n{problems}"),
    }
}

fn case_of<'a>(centre: &'a Value, record: &Value) -> Option<&'a Value> {
    let key = record["case"].as_str()?;
    let found = list(centre, "cases").iter().find(|case| case["key"] == key);
    Some(found.unwrap_or_else(|| panic!("case {key}")))
}

#[test]
fn every_form_is_valid_for_its_kind_and_case() {
    let centre = centre();
    for record in list(&centre, "records") {
        let (kind, form) = form(record);
        let case = case_of(&centre, record);
        match kind.case {
            CaseRule::Required => assert!(case.is_some(), "{record}"),
            CaseRule::None => assert!(case.is_none(), "{record}"),
            CaseRule::Optional => {}
        }
        if let Some(case) = case {
            let service = Service::from_word(text(case, "service")).unwrap();
            assert!(kind.takes(service), "{record}");
        }
        assert!(!kind.card(&form).title.is_empty());
        assert!(kind.facts(&form, None).event_date.is_some());
    }
}

#[test]
fn every_name_leads_to_somebody() {
    let centre = centre();
    let people = list(&centre, "people");
    let handles: BTreeSet<&str> = people.iter().map(|who| text(who, "handle")).collect();
    assert_eq!(handles.len(), people.len(), "a handle stands twice");
    assert_eq!(people[0]["role"], "coordinator");
    let known = |value: &Value| assert!(handles.contains(value.as_str().unwrap()), "{value}");
    for who in people {
        assert!(ROLES.contains(&text(who, "role")), "{who}");
        who.get("reports_to").into_iter().for_each(known);
    }
    for case in list(&centre, "cases") {
        list(case, "team").iter().for_each(known);
        dates::date(text(case, "opened")).unwrap();
    }
    for record in list(&centre, "records") {
        known(&record["by"]);
        list(record, "about").iter().for_each(known);
        list(record, "deciders").iter().for_each(known);
        let (kind, form) = form(record);
        let facts = kind.facts(&form, None);
        facts
            .handler
            .iter()
            .map(|who| Value::from(who.as_str()))
            .for_each(|who| known(&who));
    }
    let files: BTreeSet<&str> = list(&centre, "records")
        .iter()
        .map(|record| text(record, "file"))
        .collect();
    for grant in list(&centre, "grants") {
        for who in ["to", "by", "approved_by"] {
            known(&grant[who]);
        }
        let is_there = |file: &Value| files.contains(file.as_str().unwrap());
        assert!(list(grant, "records").iter().all(is_there), "{grant}");
    }
    list(&centre["centre"], "trustees").iter().for_each(known);
    for role in ROLES {
        assert!(
            people.iter().any(|who| who["role"] == **role),
            "nobody is {role}"
        );
    }
}

#[test]
fn everything_is_in_its_order_in_time() {
    let centre = centre();
    let clock = dates::moment(text(&centre["centre"], "clock")).unwrap();
    let founded = dates::moment(text(&centre["centre"], "founded")).unwrap();
    for case in list(&centre, "cases") {
        assert!(founded.date() < dates::date(text(case, "opened")).unwrap());
    }
    for record in list(&centre, "records") {
        let filed = dates::moment(text(record, "filed")).unwrap();
        assert!(founded < filed && filed < clock, "{record}");
        let day = filed.date();
        let (kind, form) = form(record);
        for (_, when) in kind.facts(&form, None).triggers.set() {
            assert!(dates::date(when).unwrap() <= day, "{record}: {when}");
        }
        if let Some(case) = case_of(&centre, record) {
            assert!(
                dates::date(text(case, "opened")).unwrap() <= day,
                "{record}"
            );
            if let Some(closed) = case["closed"].as_str() {
                assert!(day <= dates::date(closed).unwrap(), "{record}");
            }
        }
    }
}

#[test]
fn no_file_is_forgotten_and_attachments_are_what_they_say() {
    let centre = centre();
    let records = list(&centre, "records");
    let forms: BTreeSet<&str> = records.iter().map(|record| text(record, "file")).collect();
    let attached: Vec<&Value> = records
        .iter()
        .flat_map(|record| list(record, "attach"))
        .collect();
    let files: BTreeSet<&str> = attached.iter().map(|one| text(one, "file")).collect();
    for (folder, named) in [("records", forms), ("attachments", files)] {
        let found = files_under(Path::new(DEMO).join(folder));
        let names: BTreeSet<&str> = found
            .iter()
            .map(|path| path.file_name().unwrap().to_str().unwrap())
            .collect();
        assert_eq!(names, named, "{folder}");
    }
    for one in attached {
        let bytes = fs::read(Path::new(DEMO).join("attachments").join(text(one, "file"))).unwrap();
        assert!(bytes.len() < 10_000, "{one}");
        let kind = attachment::file_type(text(one, "name")).unwrap();
        assert_eq!(kind.warning(&bytes[..attachment::LOOKED_AT]), None, "{one}");
    }
}

/// Scenarios 11 and 12: two decide on the driver, none of them whoever filed it; the designated officer was told
/// of the allegation within one working day.
#[test]
fn the_driver_and_the_supervisor_are_handled_as_the_rules_say() {
    let centre = centre();
    let of_kind = |kind: &str| {
        let mut records = list(&centre, "records").iter();
        records.find(|record| record["kind"] == kind).unwrap()
    };
    let assessment = of_kind("positive-disclosure");
    let (_, decided) = form(assessment);
    assert_eq!(decided.texts("decided_by"), ["rhiannon", "idris"]);
    assert_eq!(
        assessment["deciders"],
        serde_json::json!(["rhiannon", "idris"])
    );
    assert_eq!(assessment["by"], "gethin");
    let allegation = of_kind("allegation");
    assert_eq!(allegation["about"], serde_json::json!(["harpreet"]));
    let (kind, told) = form(allegation);
    assert_eq!(kind.facts(&told, None).class, "7");
    let day = |field| dates::date(told.texts(field)[0]).unwrap();
    let days = day("received")
        .until(day("referred_on"))
        .unwrap()
        .get_days();
    assert_eq!(days, 1);
}

/// Scenario 14: an assessor's two days, each grant with a second person's yes.
#[test]
fn the_assessor_s_two_days_are_given_by_two() {
    let centre = centre();
    let grants = list(&centre, "grants");
    assert_eq!(grants.len(), 2);
    for grant in grants {
        assert_ne!(grant["by"], grant["approved_by"]);
        let at = |name| dates::moment(text(grant, name)).unwrap();
        assert!(at("asked") < at("approved") && at("approved") < at("from"));
        assert_eq!((at("until").date() - at("from").date()).get_days(), 1);
    }
    let closed: BTreeSet<&str> = list(&centre, "cases")
        .iter()
        .filter(|case| case["closed"].is_string())
        .map(|case| text(case, "key"))
        .collect();
    let records = list(&centre, "records").iter();
    let of_closed = records.filter(|record| {
        let case = record["case"].as_str();
        case.is_some_and(|case| closed.contains(case))
    });
    for record in of_closed {
        assert!(
            list(&grants[0], "records").contains(&record["file"]),
            "{record}"
        );
    }
}

#[test]
fn the_court_s_reports_name_who_may_have_them() {
    let centre = centre();
    let of_case =
        |record: &&Value| record["case"] == "okonkwo-bell" && record["kind"] == "contact-report";
    let reports: Vec<&Value> = list(&centre, "records").iter().filter(of_case).collect();
    assert_eq!(reports.len(), 4);
    for record in reports {
        let (kind, form) = form(record);
        let facts = kind.facts(&form, None);
        assert!(facts.labels.contains("court-restricted"));
        assert_eq!(facts.order_recipients.len(), 4);
        assert!(
            !facts
                .order_recipients
                .iter()
                .any(|who| who.contains("Grace"))
        );
        assert_eq!(
            form.texts("children.name"),
            ["Amara Okonkwo-Bell", "Tobiah Okonkwo-Bell"]
        );
    }
}

#[test]
fn the_certificate_s_decision_is_six_months_before_the_day_it_goes() {
    let centre = centre();
    for (kind, class) in [("dbs-certificate", "14"), ("dbs-check", "15")] {
        let record = list(&centre, "records")
            .iter()
            .find(|record| record["kind"] == kind);
        let (kind, form) = form(record.unwrap());
        let facts = kind.facts(&form, None);
        assert_eq!(facts.class, class);
        assert_eq!(facts.triggers.decision.as_deref(), Some("2026-05-12"));
        assert_eq!(facts.about, ["王思琪 (Wang Siqi)"]);
        assert_eq!(record.unwrap()["about"], serde_json::json!(["siqi"]));
        assert!(kind.card(&form).title.contains("王思琪"));
    }
    let certificate = list(&centre, "records")
        .iter()
        .find(|record| record["kind"] == "dbs-certificate");
    assert_eq!(
        certificate.unwrap()["deciders"],
        serde_json::json!(["gethin", "farhana"])
    );
}

#[test]
fn six_closed_cases_and_two_complaints_await_the_assessor() {
    let centre = centre();
    let closed: BTreeSet<&str> = list(&centre, "cases")
        .iter()
        .filter(|case| case["closed"].is_string())
        .map(|case| text(case, "key"))
        .collect();
    assert_eq!(closed.len(), 6);
    for key in closed {
        assert!(
            list(&centre, "records")
                .iter()
                .any(|record| record["case"] == key),
            "{key}"
        );
    }
    let complaints: Vec<&Value> = list(&centre, "records")
        .iter()
        .filter(|record| record["kind"] == "complaint")
        .collect();
    assert_eq!(complaints.len(), 2);
    let (kind, about_moira) = form(complaints[0]);
    let facts = kind.facts(&about_moira, None);
    assert_eq!(facts.about, ["moira"]);
    assert_eq!(complaints[0]["about"], serde_json::json!(["moira"]));
    assert_eq!(facts.handler.as_deref(), Some("farhana"));
    let (kind, old) = form(complaints[1]);
    let facts = kind.facts(&old, None);
    assert_eq!(
        (facts.class.as_str(), facts.triggers.resolution.as_deref()),
        ("10", Some("2023-12-01"))
    );
    // The control: a supported case, which takes no reports.
    let supported = list(&centre, "cases")
        .iter()
        .find(|case| case["service"] == "supported")
        .unwrap();
    assert!(
        !Kinds::builtin()
            .find("contact-report")
            .unwrap()
            .takes(Service::Supported)
    );
    assert!(
        list(&centre, "records")
            .iter()
            .all(|record| record["case"] != supported["key"])
    );
}
