//! Those who work at the centre: what is said about them, who decides, and who is out alone.

use serde_json::Value;
use serde_json::json;

use crate::cli_centre::Centre;
use crate::stories::due;
use crate::stories::example;
use crate::stories::found;
use crate::stories::ids;
use crate::stories::papers;
use crate::stories::refused_by;
use crate::stories::titles;
use crate::stories::unknown;

/// What a certificate says opens for those who decide, who are listed, and does not leave; the log of it may.
#[test]
fn scenario_10_everyone_a_certificate_was_shown_to_is_listed() {
    let centre = Centre::new();
    let certificate = centre.record("dbs-certificate-siqi.json");
    let show = format!("record show {certificate} --purpose 'the renewal of her post'");
    centre.run("moira", "--at 2026-11-10 case list").ok();
    let history = format!("record history {certificate}");
    let before = centre.run("farhana", &history).ok().stdout;
    assert!(!before.contains("Revealed to"), "{before}");
    centre.run("farhana", &show).ok();
    let after = centre.run("farhana", &history).ok().stdout;
    assert!(after.contains("Revealed to: farhana."), "{after}");
    let out = format!("record export {certificate} --age c.age --purpose 'for a funder'");
    assert_eq!(refused_by(&centre, "farhana", &out), "not-exportable");
    for who in ["moira", "rhiannon", "siqi"] {
        unknown(centre.run(who, &show));
    }
    let log = centre.record("dbs-check-siqi.json");
    centre
        .run("moira", &format!("record export {log} --age c.age"))
        .ok();
}

/// Two decide on the driver, and only they find or open it.
#[test]
fn scenario_11_a_positive_disclosure_is_read_by_two_deciders() {
    let centre = Centre::new();
    let record = centre.record("positive-disclosure-penhaligon.json");
    let show = format!("record show {record}");
    for who in ["rhiannon", "idris"] {
        let shown = centre.json(who, &format!("{show} --purpose 'deciding on a driver'"));
        assert_eq!(shown["fields"]["decided_by"], json!(["rhiannon", "idris"]));
        assert_eq!(found(&centre, who, "penhaligon").len(), 1, "{who}");
        assert_eq!(refused_by(&centre, who, &show), "purpose-missing");
    }
    for who in ["gethin", "moira", "priya", "farhana", "harpreet"] {
        unknown(centre.run(who, &format!("{show} --purpose 'deciding on a driver'")));
        assert_eq!(found(&centre, who, "penhaligon"), [""; 0], "{who}");
    }
}

/// The accused supervisor becomes a coordinator too, and cannot find, search, count or infer the allegation; nor can
/// her own coordinator. Whoever handles it does all of that.
#[test]
fn scenario_12_an_allegation_does_not_exist_for_whom_it_is_about() {
    let centre = Centre::new();
    let allegation = centre.record("allegation-harpreet.json");
    centre.run("moira", "team add coordinator harpreet").ok();
    let read = centre.json("rhiannon", &format!("record show {allegation}"));
    assert_eq!(read["fields"]["referred_on"], "2026-10-29");
    assert_eq!(found(&centre, "rhiannon", "allegation").len(), 1);
    let worker = centre.person("worker-harpreet");
    let looks = |who: &str| {
        centre
            .json(who, &format!("person looked {worker}"))
            .to_string()
    };
    for who in ["harpreet", "moira"] {
        for words in [
            "allegation",
            "allegation --text",
            "tobiah wrist --text",
            "'ਹਰਪ੍ਰੀਤ'",
        ] {
            // She is on file, as everybody who works here is; nothing that is written about her is found.
            let all = centre.json(who, &format!("find {words}"));
            assert_eq!(titles(&papers(&all)), [""; 0], "{who}: {words}");
        }
        let listed = ids(&centre.json(who, "record list"));
        assert!(listed.len() > 10 && !listed.contains(&allegation), "{who}");
        for act in ["show", "history", "looked"] {
            let said = |id: &str| centre.run(who, &format!("record {act} {id}"));
            unknown(said(&allegation));
            unknown(said("r_aaaaaaaaaaaaaaaaaaaaaaaaaa"));
        }
        let about = due(&centre, who);
        assert!(
            about
                .iter()
                .all(|(_, record, _)| record.as_ref() != Some(&allegation))
        );
        // She is on file, and that she is a subject of something shows nowhere.
        assert!(!looks(who).contains(&allegation), "{who}");
        centre.run(who, &format!("person show {worker}")).ok();
    }
    assert!(looks("rhiannon").contains(&allegation));
    // Her other cases are hers as before.
    let report = centre.record("okonkwo-bell-1.json");
    centre
        .run("harpreet", &format!("record show {report}"))
        .ok();
}

/// A complaint about the coordinator is a trustee's, and its five working days leave out the bank holidays.
#[test]
fn scenario_13_a_complaint_about_the_coordinator_is_a_trustee_s_to_acknowledge() {
    let centre = Centre::new();
    centre.run("moira", "--at 2026-12-23 case list").ok();
    let form = example(&centre, "complaint", |form| {
        let fields = form.as_object_mut().unwrap();
        for field in ["acknowledged", "outcome", "resolved", "closed", "notes"] {
            fields.remove(field);
        }
        fields.insert("received".to_owned(), json!("2026-12-22"));
        fields.insert("handler".to_owned(), json!("farhana"));
        fields.insert("about".to_owned(), json!(["moira"]));
    });
    let add = format!("record add --kind complaint --from {form}");
    let about = centre.json("efa", &format!("{add} --about moira"));
    let about = about["id"].as_str().unwrap().to_owned();
    let to_acknowledge = |who: &str, record: &str| {
        let all = due(&centre, who).into_iter();
        let mut all = all.filter(|(what, _, _)| what == "acknowledge");
        all.find(|(_, of, _)| of.as_deref() == Some(record))
            .map(|(_, _, by)| by)
    };
    assert_eq!(
        to_acknowledge("farhana", &about).as_deref(),
        Some("2026-12-31"),
        "Christmas Day and the day for Boxing Day do not count"
    );
    assert_eq!(to_acknowledge("moira", &about), None);
    unknown(centre.run("moira", &format!("record show {about}")));
    assert_eq!(found(&centre, "moira", "'Ní Dhomhnaill'"), [""; 0]);
    assert_eq!(found(&centre, "farhana", "ni dhomhnaill").len(), 1);
    // The control: one that is about nobody in particular is hers to acknowledge.
    let form = example(&centre, "complaint", |form| {
        let fields = form.as_object_mut().unwrap();
        for field in [
            "about",
            "acknowledged",
            "outcome",
            "resolved",
            "closed",
            "notes",
        ] {
            fields.remove(field);
        }
        fields.insert("received".to_owned(), json!("2026-12-22"));
        fields.insert("handler".to_owned(), json!("moira"));
    });
    let hers = centre.json("efa", &format!("record add --kind complaint --from {form}"));
    let hers = hers["id"].as_str().unwrap();
    assert_eq!(to_acknowledge("moira", hers).as_deref(), Some("2026-12-31"));
    // Later she complained about her data too: thirty days, the data-protection lead's.
    let data = centre.record("data-protection-complaint.json");
    assert_eq!(
        to_acknowledge("priya", &data).as_deref(),
        Some("2026-11-11")
    );
    unknown(centre.run("moira", &format!("record show {data}")));
}

/// Three small notes about one volunteer, at three families' cases: only the safeguarding lead sees them side by side.
#[test]
fn scenario_16_small_concerns_are_seen_together_by_one() {
    let centre = Centre::new();
    let concerns: Vec<String> = [
        "low-level-concern-1.json",
        "low-level-concern-2.json",
        "low-level-concern-3.json",
    ]
    .map(|form| centre.record(form))
    .into();
    let seen = centre.json("rhiannon", "find 'low level concern' tomos");
    let mut seen = ids(&seen);
    seen.sort_unstable();
    let mut all = concerns.clone();
    all.sort_unstable();
    assert_eq!(seen, all);
    let listed = centre.json("rhiannon", "record list");
    let of_three = listed.as_array().unwrap().iter();
    let of_three = of_three.filter(|one| one["kind"] == "low-level-concern");
    let cases: std::collections::BTreeSet<&str> =
        of_three.map(|one| one["case"].as_str().unwrap()).collect();
    assert_eq!(cases.len(), 3);
    // Not whoever filed them, not his manager, not himself, and nobody with a lead's other duties.
    for who in ["moira", "efa", "harpreet", "tomos", "priya", "farhana"] {
        assert_eq!(found(&centre, who, "'low level concern'"), [""; 0], "{who}");
        let listed = ids(&centre.json(who, "record list"));
        assert!(concerns.iter().all(|one| !listed.contains(one)), "{who}");
        for concern in &concerns {
            unknown(centre.run(who, &format!("record show {concern}")));
        }
    }
}

/// Efa is out alone and does not come back in time; a child was hurt, which is written down and looked over.
#[test]
fn scenario_18_who_is_out_alone_and_late_is_shown_to_those_who_look_after_them() {
    let centre = Centre::new();
    let case = centre.case("nguyen-price");
    let start = format!("--at 2026-11-07T10:15:00Z check-in start {case} --until +2h");
    centre.run("efa", &start).ok();
    let warned = |who: &str, at: &str| {
        let said = centre.run(who, &format!("--at {at} case list")).ok();
        said.stderr.contains("has not come back in time")
    };
    let list = || centre.json("moira", "check-in list");
    assert!(!warned("moira", "2026-11-07T12:10:00Z"));
    assert_eq!(list()[0]["missed"], false);
    assert!(warned("moira", "2026-11-07T12:20:00Z"));
    assert!(warned("rhiannon", "2026-11-07T12:22:00Z"));
    assert!(!warned("harpreet", "2026-11-07T12:24:00Z"));
    assert_eq!(
        (&list()[0]["who"], &list()[0]["missed"]),
        (&json!("efa"), &json!(true))
    );
    centre.run("efa", "check-in end").ok();
    assert!(!warned("moira", "2026-11-07T13:10:00Z"));
    assert_eq!(list(), json!([]));

    let incident = centre.record("incident-bute-park.json");
    let shown = centre.json("efa", &format!("record show {incident}"));
    let fields = &shown["fields"];
    assert_eq!(
        (&fields["hurt"], &fields["reportable"]),
        (&json!("child"), &json!("asked"))
    );
    assert_eq!(shown["check"]["by"], "moira");
    assert_eq!(shown["subjects"][0]["name"], "Mai Nguyễn-Price");
    assert_eq!(
        ids(&centre.json("efa", "find incident bute park")),
        [incident.as_str()]
    );
    // The report of that day was returned and corrected; both versions are there.
    let report = centre.record("nguyen-price-1.json");
    let now = centre.json("efa", &format!("record show {report}"));
    let then = centre.json("efa", &format!("record show {report} --version 1"));
    assert_eq!(
        (&now["version"], &now["check"]["state"]),
        (&json!(2), &json!("checked"))
    );
    assert!(now["fields"]["child_after"] != then["fields"]["child_after"]);
    assert!(now["reason"] != Value::Null && then["reason"] == Value::Null);
    // Nobody else on the staff finds a child of a case that is not theirs.
    assert_eq!(found(&centre, "harpreet", "nguyen"), [""; 0]);
    let all = centre.json("efa", "find nguyen");
    assert_eq!(titles(&papers(&all)).len(), 2);
    assert!(ids(&all).contains(&centre.person("mai")), "{all}");
}
