//! The scenarios that other tests and the tour walk through are really in the demo centre's data.

use std::collections::BTreeSet;

use serde_json::Value;
use strongroom::records::Kinds;
use strongroom::records::dates;
use strongroom::records::words::Service;

use crate::demo_data::centre;
use crate::demo_data::form;
use crate::demo_data::list;
use crate::demo_data::record;
use crate::demo_data::text;

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
        record["kind"] == "contact-report" && case.is_some_and(|case| closed.contains(case))
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
    let (kind, order) = form(record(&centre, "court-order-okonkwo-bell.json"));
    let ordered = kind.facts(&order, None);
    for record in reports {
        let (kind, form) = form(record);
        let facts = kind.facts(&form, None);
        assert!(facts.labels.contains("court-restricted"));
        assert_eq!(facts.order_recipients.len(), 4);
        assert_eq!(facts.order_recipients, ordered.order_recipients);
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
    for (file, class) in [
        ("dbs-certificate-siqi.json", "14"),
        ("dbs-check-siqi.json", "15"),
    ] {
        let record = record(&centre, file);
        let (kind, form) = form(record);
        let facts = kind.facts(&form, None);
        assert_eq!(facts.class, class);
        assert_eq!(facts.triggers.decision.as_deref(), Some("2026-05-12"));
        assert_eq!(facts.about, ["王思琪 (Wang Siqi)"]);
        assert_eq!(record["about"], serde_json::json!(["siqi"]));
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
    let about = record(&centre, "complaint-coordinator.json");
    let (kind, about_moira) = form(about);
    let facts = kind.facts(&about_moira, None);
    assert_eq!(facts.about, ["moira"]);
    assert_eq!(about["about"], serde_json::json!(["moira"]));
    assert_eq!(facts.handler.as_deref(), Some("farhana"));
    let (kind, old) = form(record(&centre, "complaint-premises.json"));
    let facts = kind.facts(&old, None);
    assert_eq!(
        (facts.class.as_str(), facts.triggers.resolution.as_deref()),
        ("10", Some("2023-12-01"))
    );
}

/// Scenario 1: of supported contact there is who came and when, and nothing else.
#[test]
fn supported_contact_leaves_attendance_alone() {
    let centre = centre();
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
    let records = list(&centre, "records").iter();
    let kinds: Vec<&str> = records
        .filter(|record| record["case"] == supported["key"])
        .map(|record| text(record, "kind"))
        .collect();
    assert_eq!(kinds, ["attendance"; 3]);
}
