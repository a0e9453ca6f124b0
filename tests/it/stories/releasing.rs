//! What leaves the centre, and for whom.

use serde_json::json;

use crate::cli_centre::Centre;
use crate::stories::refused_by;

/// The solicitor who referred a family for supported contact gets dates and times, and not why somebody was late.
#[test]
fn scenario_01_the_referring_solicitor_gets_dates_and_times() {
    let centre = Centre::new();
    let attendance = centre.record("attendance-parry-2.json");
    let to = "--to 'The referring solicitor' --authority referral";
    centre
        .run(
            "moira",
            &format!("record release {attendance} {to} --pdf out.pdf"),
        )
        .ok();
    // The control: what stays at the centre is in the record, and on paper for those who work here.
    centre
        .run(
            "moira",
            &format!("record print {attendance} --pdf whole.pdf"),
        )
        .ok();
    if let (Some(out), Some(whole)) = (centre.pdf_text("out.pdf"), centre.pdf_text("whole.pdf")) {
        for text in [&out, &whole] {
            assert!(
                text.contains("14:12") && text.contains("3 October 2026"),
                "{text}"
            );
        }
        assert!(
            whole.contains("Missed the bus") && !out.contains("Missed"),
            "{out}"
        );
    }
}

/// A grandmother asks for a copy of a court's report: it is the court's property. Those its order names have it.
#[test]
fn scenario_02_a_grandmother_is_refused_a_copy_of_a_court_s_report() {
    let centre = Centre::new();
    let report = centre.record("okonkwo-bell-2.json");
    let order = centre.record("court-order-okonkwo-bell.json");
    let release = |report: &str, to: &str, pdf: &str| {
        let right = "--authority 'order of 9 September 2026, paragraph 6'";
        format!("record release {report} --to '{to}' {right} --pdf {pdf}")
    };
    let refused = format!("--json {}", release(&report, "Grace Okonkwo", "no.pdf"));
    let error = centre.run("moira", &refused).fails(3).error();
    assert_eq!(error["rule"], "courts-property");
    let says = error["message"].as_str().unwrap();
    assert!(says.contains("the court's property"), "{says}");
    assert!(!centre.place.path("no.pdf").exists());
    // Nor does a supervisor give anything out, not to the court either.
    let by_harpreet = release(&report, "The Family Court at Carmarthen", "no.pdf");
    assert_eq!(
        refused_by(&centre, "harpreet", &by_harpreet),
        "not-a-releaser"
    );

    let named = [
        "The Family Court at Carmarthen",
        "cafcass cymru",
        "Pritchard Nwosu Solicitors",
        "Harcourt Lane Solicitors, for Mr Okonkwo",
    ];
    for (at, to) in named.into_iter().enumerate() {
        let line = release(&report, to, &format!("{at}.pdf"));
        centre.run("moira", &line).ok();
        assert!(centre.place.path(format!("{at}.pdf")).exists());
    }
    let shown = centre.json("moira", &format!("record show {report}"));
    let released = shown["released"].as_array().unwrap();
    assert_eq!(released.len(), 4);
    for (one, to) in released.iter().zip(named) {
        assert_eq!((&one["to"], &one["order"]), (&json!(to), &json!(order)));
    }
    // What nobody else has looked over stays, whoever asks.
    let waiting = centre.record("okonkwo-bell-4.json");
    let line = format!("--json {}", release(&waiting, named[0], "no.pdf"));
    let error = centre.run("moira", &line).fails(1).error();
    assert_eq!(error["code"], "not-checked");
}
