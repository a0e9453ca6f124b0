//! Breaking the glass: at once, with a reason, written down, and everybody who may know is told until they have
//! read it. And the list of those to whom a certificate was revealed.

use std::collections::BTreeSet;

use strongroom::desk::DeskError;
use strongroom::desk::Told;
use strongroom::keeper::acts::Act;
use strongroom::keeper::message::access::WaitsFor;

use crate::centre_kit::Centre;
use crate::centre_kit::PEOPLE;
use crate::centre_kit::attach;
use crate::centre_kit::denied;
use crate::centre_kit::filing;
use crate::centre_kit::refused;
use crate::centre_kit::unknown;

const WHY: &str = "the father is at the school now";

/// Who has how many notices to read.
fn told(centre: &Centre) -> Vec<(&'static str, u32)> {
    let people = PEOPLE.iter().map(|(who, ..)| *who);
    people
        .map(|who| (who, centre.desk(who).notices_at_sign_in()))
        .filter(|(_, count)| *count > 0)
        .collect()
}

#[test]
fn a_safeguarding_lead_opens_at_once_and_those_who_may_know_are_told() {
    let centre = Centre::new();
    let mut saf = centre.desk("saf");
    // A complaint is not for safeguarding leads, and hidden from them.
    unknown(saf.record(&centre.complaint, None, Some("x"), 80));
    assert_eq!(told(&centre), []);
    let shown = saf.break_glass(&centre.complaint, WHY, 80).unwrap();
    assert_eq!(shown.id.to_string(), centre.complaint);
    assert!(shown.text.contains("The complaint"), "{}", shown.text);
    // Not who opened it, nor those for whom it does not exist: ada, and sam who reports to her.
    assert_eq!(told(&centre), [("cora", 1), ("tess", 1), ("dpl", 1)]);

    // The emergency was this once.
    unknown(saf.record(&centre.complaint, None, Some("x"), 80));
    let mut cora = centre.desk("cora");
    let history = cora.history(&centre.complaint).unwrap();
    let opened: Vec<_> = history
        .iter()
        .filter(|line| line.event == "breakglass")
        .collect();
    assert_eq!(opened.len(), 1);
    assert_eq!(opened[0].actor.as_deref(), Some("saf"));
    assert_eq!(opened[0].index, shown.receipt.index);

    let notices = cora.notices().unwrap();
    assert_eq!(notices.len(), 1);
    let Told::Opened { record, review_by } = notices[0].told else {
        panic!("{notices:?}");
    };
    assert_eq!(record, shown.id);
    assert_eq!(notices[0].entry, shown.receipt.index);
    assert_eq!(notices[0].by.as_deref(), Some("saf"));
    let days = review_by.as_ms() - notices[0].at.as_ms();
    assert_eq!(days, 3 * 24 * 60 * 60 * 1000);
    // Looking at them is not reading them; saying so is.
    assert_eq!(centre.desk("cora").notices_at_sign_in(), 1);
    cora.read_notices(&notices).unwrap();
    assert_eq!(cora.notices().unwrap(), []);
    assert_eq!(told(&centre), [("tess", 1), ("dpl", 1)]);
    // A second emergency is a second notice.
    saf.break_glass(&centre.complaint, "again", 80).unwrap();
    assert_eq!(told(&centre), [("cora", 1), ("tess", 2), ("dpl", 2)]);
}

#[test]
fn nobody_else_and_not_without_a_reason() {
    let centre = Centre::new();
    let mut saf = centre.desk("saf");
    assert_eq!(
        denied(saf.break_glass(&centre.complaint, " \n", 80)),
        "reason-missing"
    );
    assert_eq!(
        denied(centre.desk("cora").break_glass(&centre.complaint, WHY, 80)),
        "no-rule"
    );
    for who in ["ada", "sam", "vera", "dbs"] {
        unknown(centre.desk(who).break_glass(&centre.complaint, WHY, 80));
    }
    // What only named people decide on, and what is not there, are the same.
    unknown(saf.break_glass(&centre.certificate, WHY, 80));
    unknown(saf.break_glass("r_aaaaaaaaaaaaaaaaaaaaaaaaaa", WHY, 80));
    assert_eq!(told(&centre), []);
}

/// A record about the safeguarding lead is not there for her in an emergency either, nor has she its key.
#[test]
fn what_is_about_the_lead_herself_stays_hidden() {
    let centre = Centre::new();
    let mut about = filing("complaint", None);
    about.about = vec!["saf".to_owned()];
    let record = centre.desk("cora").file(&about).unwrap().id.to_string();
    let mut saf = centre.desk("saf");
    unknown(saf.break_glass(&record, WHY, 80));
    assert_eq!(saf.run_errands().unwrap(), 0);
}

#[test]
fn a_certificate_opens_for_its_deciders_and_every_opening_is_listed() {
    let centre = Centre::new();
    let mut certificate = filing("dbs-certificate", None);
    certificate.deciders = vec!["dbs".to_owned(), "tess".to_owned()];
    certificate.attachments = vec![attach("page.txt", b"invented")];
    let record = centre
        .desk("cora")
        .file(&certificate)
        .unwrap()
        .id
        .to_string();
    let (mut dbs, mut tess) = (centre.desk("dbs"), centre.desk("tess"));
    dbs.records(None, 0).unwrap();
    assert_eq!(
        denied(dbs.record(&record, None, None, 80)),
        "purpose-missing"
    );
    dbs.record(&record, None, Some("to decide"), 80).unwrap();
    tess.attachment(&record, "page.txt", Some("to decide"), &mut Vec::new())
        .unwrap();
    for desk in [&mut dbs, &mut tess] {
        let out = desk.export(&record, &[], Some("for a funder"), &mut Vec::new());
        assert_eq!(denied(out), "not-exportable");
    }
    for who in ["ada", "cora", "saf", "dpl", "sam"] {
        unknown(
            centre
                .desk(who)
                .record(&record, None, Some("to decide"), 80),
        );
        unknown(centre.desk(who).history(&record));
    }
    let history = dbs.history(&record).unwrap();
    let listed: Vec<_> = history
        .iter()
        .filter_map(|line| {
            line.revealed_to
                .as_deref()
                .map(|who| (who, line.event.as_str()))
        })
        .collect();
    // Naming an attachment takes a look at the record: two showings.
    assert_eq!(
        listed,
        [("dbs", "read"), ("tess", "read"), ("tess", "read")]
    );
    assert!(
        history
            .iter()
            .all(|line| line.revealed_to.is_none() || line.purpose.as_deref() == Some("to decide"))
    );
    // Of other kinds no such list is kept.
    let mut cora = centre.desk("cora");
    cora.record(&centre.check, None, None, 80).unwrap();
    let history = cora.history(&centre.check).unwrap();
    assert!(history.iter().any(|line| line.event == "read"));
    assert!(history.iter().all(|line| line.revealed_to.is_none()));
}

/// What the log of checks shows to others is "checked, level, date, decision", never what a certificate says.
#[test]
fn others_see_that_somebody_was_checked() {
    let centre = Centre::new();
    for (who, may) in [
        ("cora", true),
        ("saf", true),
        ("sam", false),
        ("dpl", false),
    ] {
        let shown = centre.desk(who).record(&centre.check, None, None, 80);
        match shown {
            Ok(shown) => {
                assert!(may, "{who}");
                for word in ["level", "issue_date", "decision", "decision_date"] {
                    assert!(shown.fields.get(word).is_some(), "{word}");
                }
                assert!(shown.fields.get("contents").is_none());
            }
            Err(DeskError::Unknown) => assert!(!may, "{who}"),
            Err(other) => panic!("{who}: {other:?}"),
        }
    }
}

/// Every act that opens content of a kind with a list adds to the list.
#[test]
fn no_act_shows_a_certificate_past_its_list() {
    let shows: BTreeSet<&str> = strongroom::keeper::acts::ACTS
        .iter()
        .filter(|row| row.target == strongroom::keeper::acts::Target::Record)
        .filter(|row| {
            use strongroom::ledger::Event;
            matches!(
                row.event,
                Event::Read | Event::Export | Event::Print | Event::Release | Event::Breakglass
            )
        })
        .map(|row| row.word)
        .collect();
    let known = [
        Act::ReadRecord,
        Act::ReadAttachment,
        Act::ExportRecord,
        Act::PrintRecord,
        Act::ReleaseRecord,
        Act::BreakGlass,
    ];
    assert_eq!(shows, known.iter().map(|act| act.row().word).collect());
}

/// On the command line: one line at sign-in until it has been read, none for scripts.
#[test]
fn the_command_line_tells_of_it_until_it_is_read() {
    let centre = crate::cli_centre::Centre::new();
    let complaint = centre.record("complaint-premises.json");
    let open = format!("breakglass open {complaint} --reason 'a child is at risk'");
    let shown = centre.json("rhiannon", &open);
    assert_eq!(shown["id"], complaint.as_str());
    assert_eq!(shown["kind"], "complaint");
    let line = "You have a notice to read: strongroom errands\n";
    assert_eq!(centre.run("moira", "case list").ok().stderr, line);
    assert_eq!(centre.run("moira", "--json case list").ok().stderr, "");
    assert_eq!(centre.run("moira", "--quiet case list").ok().stderr, "");
    assert_eq!(centre.run("harpreet", "case list").ok().stderr, "");
    let told = centre.json("moira", "errands");
    let notice = &told["notices"][0];
    assert_eq!(notice["event"], "breakglass");
    assert_eq!(notice["record"], complaint.as_str());
    assert_eq!(notice["by"], "rhiannon");
    assert_eq!(notice["entry"], shown["receipt"]["index"]);
    assert_eq!(centre.run("moira", "case list").ok().stderr, "");
    assert_eq!(
        centre.json("moira", "errands")["notices"],
        serde_json::json!([])
    );
    let again = centre.json("priya", &format!("record history {complaint}"));
    let opened = again.as_array().unwrap().iter();
    assert_eq!(
        opened
            .filter(|entry| entry["event"] == "breakglass")
            .count(),
        1
    );
    let refused = centre.run(
        "rhiannon",
        &format!("--json breakglass open {complaint} --reason ' '"),
    );
    assert_eq!(refused.fails(3).error()["rule"], "reason-missing");
}

/// `revealed_to` of a certificate's history, for people and for scripts.
#[test]
fn the_command_line_shows_whom_a_certificate_was_revealed_to() {
    let centre = crate::cli_centre::Centre::new();
    let certificate = centre.record("dbs-certificate-siqi.json");
    let show = format!("record show {certificate} --purpose 'deciding on a volunteer'");
    for who in ["farhana", "gethin", "farhana"] {
        centre.run(who, &show).ok();
    }
    let entries = centre.json("gethin", &format!("record history {certificate}"));
    let listed: Vec<&str> = entries
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|entry| entry["revealed_to"].as_str())
        .collect();
    assert_eq!(listed, ["farhana", "gethin", "farhana"]);
    let text = centre
        .run("gethin", &format!("record history {certificate}"))
        .ok();
    assert!(
        text.stdout.ends_with("\nRevealed to: farhana, gethin.\n"),
        "{}",
        text.stdout
    );
    let out = centre.run(
        "gethin",
        &format!("--json record export {certificate} --age x.age --purpose 'for a funder'"),
    );
    assert_eq!(out.fails(3).error()["rule"], "not-exportable");
}

/// What stands in somebody's errands about openings: what, of which record, by whom, and whether it is theirs.
fn reviews(centre: &Centre, who: &str) -> Vec<(WaitsFor, Vec<String>, bool)> {
    let waiting = centre.desk(who).waiting().unwrap();
    let about = waiting
        .into_iter()
        .filter(|one| matches!(one.what, WaitsFor::Review | WaitsFor::OverdueReview));
    about.map(|one| (one.what, one.whom, one.yours)).collect()
}

#[test]
fn an_opening_is_reviewed_by_somebody_else() {
    let centre = Centre::new();
    let mut saf = centre.desk("saf");
    assert_eq!(
        refused(saf.review_opening(&centre.complaint, "none")),
        "bad-state"
    );
    saf.break_glass(&centre.complaint, WHY, 80).unwrap();
    let by_saf = || vec!["saf".to_owned()];
    for who in ["dpl", "tess"] {
        assert_eq!(
            reviews(&centre, who),
            [(WaitsFor::Review, by_saf(), true)],
            "{who}"
        );
    }
    assert_eq!(
        reviews(&centre, "cora"),
        [(WaitsFor::Review, by_saf(), false)]
    );
    assert_eq!(
        reviews(&centre, "saf"),
        [(WaitsFor::Review, by_saf(), false)]
    );
    // Of a record that does not exist for somebody no opening is told.
    for who in ["ada", "sam", "otto"] {
        assert_eq!(reviews(&centre, who), [], "{who}");
        unknown(centre.desk(who).review_opening(&centre.complaint, "x"));
    }
    assert_eq!(
        refused(saf.review_opening(&centre.complaint, "my own")),
        "own-opening"
    );
    let rule = denied(centre.desk("cora").review_opening(&centre.complaint, "x"));
    assert_eq!(rule, "no-rule");
    assert_eq!(
        denied(centre.desk("dpl").review_opening(&centre.complaint, " ")),
        "reason-missing"
    );
    centre
        .desk("dpl")
        .review_opening(&centre.complaint, "it was right")
        .unwrap();
    for who in ["dpl", "tess", "cora", "saf"] {
        assert_eq!(reviews(&centre, who), [], "{who}");
    }
    let history = centre.desk("tess").history(&centre.complaint).unwrap();
    let last = history.iter().rfind(|line| line.event == "check").unwrap();
    assert_eq!(
        (last.actor.as_deref(), last.outcome.as_str()),
        (Some("dpl"), "ok")
    );
}
