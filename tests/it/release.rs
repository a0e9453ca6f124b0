//! `record release`: what leaves the centre, to whom, by what right, and the trace it leaves.

use std::fs;

use serde_json::Value;
use serde_json::json;

use crate::cli_centre::Centre;
use crate::common::have;

/// A report of this form's, filed by harpreet on the case, as the demo's own.
fn filed(centre: &Centre, kind: &str, case: &str, change: impl FnOnce(&mut Value)) -> String {
    let template = centre.json("moira", &format!("kind template {kind} --json"));
    let mut form = template;
    change(&mut form);
    centre.place.write("form.json", form.to_string());
    let case = if case == "new" {
        let line = "case open --title Invented --service supervised";
        let id = centre.json("moira", line)["id"]
            .as_str()
            .unwrap()
            .to_owned();
        centre.json("moira", &format!("case team add {id} harpreet"));
        id
    } else {
        centre.case(case)
    };
    let by = if kind == "court-order" {
        "moira"
    } else {
        "harpreet"
    };
    let line = format!("record add --case {case} --kind {kind} --from form.json");
    centre.json(by, &line)["id"].as_str().unwrap().to_owned()
}

fn refusal(centre: &Centre, who: &str, line: &str, code: i32) -> Value {
    let error = centre
        .run(who, &format!("--json {line}"))
        .fails(code)
        .error();
    let names = fs::read_dir(centre.place.path(".")).unwrap();
    let names = names.map(|name| name.unwrap().path());
    let left: Vec<_> = names
        .filter(|name| name.extension().is_some_and(|ending| ending == "pdf"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    error
}

fn released(centre: &Centre, record: &str) -> Vec<Value> {
    let shown = centre.json("moira", &format!("record show {record} --purpose check"));
    shown["released"].as_array().unwrap().clone()
}

const ORDER: &str = "--authority 'order of 28 August, paragraph 7'";

/// Scenario 2: the order names a Cafcass officer, both solicitors and the court; a grandmother asks for a copy.
#[test]
fn what_is_a_courts_goes_to_those_its_order_names() {
    let centre = Centre::new();
    let report = centre.record("okonkwo-bell-1.json");
    let line = format!("record release {report} --to 'Grace Okonkwo' {ORDER} --pdf out.pdf");
    let error = refusal(&centre, "moira", &line, 3);
    assert_eq!(error["rule"], "courts-property", "{error}");
    let says = error["message"].as_str().unwrap();
    assert!(says.contains("court's property"), "{says}");
    assert!(released(&centre, &report).is_empty());

    // As it is typed: other case, and without what stands behind the comma.
    let line = format!("record release {report} --to 'cafcass cymru' {ORDER} --pdf out.pdf");
    let said = centre.json("moira", &line);
    let list = released(&centre, &report);
    let [one] = list.as_slice() else {
        panic!("{list:?}");
    };
    assert_eq!(one["to"], "cafcass cymru");
    assert_eq!(one["authority"], "order of 28 August, paragraph 7");
    assert_eq!(
        (&one["by"], &one["medium"]),
        (&json!("moira"), &json!("paper"))
    );
    assert_eq!(
        (&one["entry"], &one["version"]),
        (&said["entry"], &json!(1))
    );
    let history = centre.json("moira", &format!("record history {report}"));
    let mut history = history.as_array().unwrap().iter();
    assert!(history.any(|entry| entry["event"] == "release" && entry["index"] == said["entry"]));
    let looks = centre.json("moira", &format!("record looked {report}"));
    let mut looks = looks.as_array().unwrap().iter();
    assert!(
        looks.any(|look| look["act"] == "release-record"),
        "{looks:?}"
    );
    if let Some(text) = centre.pdf_text("out.pdf") {
        for word in [
            "Released copy",
            "cafcass cymru",
            "paragraph 7",
            "moira",
            &report,
        ] {
            assert!(text.contains(word), "{word}: {text}");
        }
    }
}

/// An order on file takes the place of the author's own list.
#[test]
fn an_order_on_file_says_more_than_the_report_does() {
    let centre = Centre::new();
    let report = centre.record("blackwood-hughes.json");
    let case = centre.case("blackwood-hughes");
    centre.json("moira", &format!("case reopen {case}"));
    let order = filed(&centre, "court-order", "blackwood-hughes", |form| {
        form["recipients"] = json!(["The Family Court at Swansea"]);
    });
    let line = format!("record release {report} --to 'cafcass cymru' {ORDER}");
    let error = refusal(&centre, "moira", &line, 3);
    assert_eq!(error["rule"], "courts-property");
    assert!(
        error["message"].as_str().unwrap().contains(&order),
        "{error}"
    );
    let line = format!("record release {report} --to 'the family court at swansea' {ORDER}");
    let said = centre.json("moira", &line);
    assert!(
        said["out"]
            .as_str()
            .unwrap()
            .ends_with(&format!("{report}.pdf"))
    );
    assert_eq!(released(&centre, &report)[0]["order"], order.as_str());

    // The control: the same form in a case of no court's, and not said to be ordered, goes to whom one likes.
    let free = filed(&centre, "contact-report", "new", |form| {
        form["court_ordered"] = json!(false);
        form.as_object_mut().unwrap().remove("order_recipients");
    });
    centre.json("moira", &format!("record check {free}"));
    let line =
        format!("record release {free} --to 'Grace Okonkwo' --authority consent --pdf free.pdf");
    centre.json("moira", &line);
}

#[test]
fn what_nobody_else_has_looked_over_stays() {
    let centre = Centre::new();
    let report = filed(&centre, "contact-report", "new", |form| {
        form["court_ordered"] = json!(false);
        form.as_object_mut().unwrap().remove("order_recipients");
    });
    let line =
        format!("record release {report} --to 'The mother' --authority consent --pdf out.pdf");
    let error = refusal(&centre, "moira", &line, 1);
    assert_eq!(error["code"], "not-checked", "{error}");
    // Nor by those who may read it and do not lead the centre, checked or not.
    centre.json("moira", &format!("record check {report}"));
    let error = refusal(&centre, "harpreet", &line, 3);
    assert_eq!(error["rule"], "not-a-releaser");
    for blank in [
        "--to ' ' --authority consent",
        "--to 'The mother' --authority ''",
    ] {
        let line = format!("record release {report} {blank} --pdf out.pdf");
        assert_eq!(refusal(&centre, "moira", &line, 1)["code"], "no-recipient");
    }
    let long = "x".repeat(301);
    let hostile = format!("record release {report} --to {long} --authority consent --pdf out.pdf");
    assert_eq!(
        refusal(&centre, "moira", &hostile, 1)["code"],
        "no-recipient"
    );
    // A key that is none is told before anything is released.
    let keyed =
        format!("record release {report} --to 'The mother=age1nonsense' --authority consent");
    assert_eq!(
        refusal(&centre, "moira", &keyed, 1)["code"],
        "bad-recipients"
    );
    assert!(released(&centre, &report).is_empty());
    centre.json("moira", &line);
}

/// Scenario 1: only dates and times go to the referring solicitor.
#[test]
fn supported_contact_gives_dates_and_times() {
    let centre = Centre::new();
    let case = centre.case("parry");
    let mut form = centre.json("efa", "kind template attendance --json");
    form["notes"] = json!("Gwenllïan wept when he left.");
    centre.place.write("form.json", form.to_string());
    let add = format!("record add --case {case} --kind attendance --from form.json");
    let added = centre.run("efa", &format!("--json {add}"));
    let added = if added.code == 0 {
        added.json()
    } else {
        form.as_object_mut().unwrap().remove("notes");
        centre.place.write("form.json", form.to_string());
        centre.json("efa", &add)
    };
    let record = added["id"].as_str().unwrap();
    let line = format!(
        "record release {record} --to 'Hughes and Partners' --authority referral --pdf a.pdf"
    );
    centre.json("moira", &line);
    let Some(text) = centre.pdf_text("a.pdf") else {
        return;
    };
    let whole = format!("record print {record} --pdf whole.pdf");
    centre.json("moira", &whole);
    let whole = centre.pdf_text("whole.pdf").unwrap();
    for label in ["Kind of session", "Filed by"] {
        assert!(
            whole.contains(label) && !text.contains(label),
            "{label}: {text}"
        );
    }
    for label in ["Date of the session", "Planned start", "Released copy"] {
        assert!(text.contains(label), "{label}: {text}");
    }

    // A report that was filed there by way of exception stays, whoever asks.
    let kind = "contact-report";
    let report = centre.json("efa", &format!("kind template {kind} --json"));
    centre.place.write("report.json", report.to_string());
    let add = format!("record add --case {case} --kind {kind} --from report.json");
    let asked = format!("{add} --override --reason 'the court has asked for it once'");
    let proposal = centre.json("efa", &asked);
    centre.json(
        "moira",
        &format!("proposal approve {}", proposal["id"].as_str().unwrap()),
    );
    let filed = centre.json("efa", &add);
    let filed = filed["id"].as_str().unwrap();
    centre.json("moira", &format!("record check {filed}"));
    let line = format!("record release {filed} --to 'The court' --authority order --pdf b.pdf");
    let error = centre
        .run("moira", &format!("--json {line}"))
        .fails(3)
        .error();
    assert_eq!(error["rule"], "service-gives-none", "{error}");
}

#[test]
fn some_kinds_take_a_second_person() {
    let centre = Centre::new();
    let complaint = centre.record("complaint-premises.json");
    let words =
        "--to 'Canolfan Llandeilo Council' --authority 'landlord, by consent' --purpose answer";
    let line = format!("record release {complaint} {words}");
    let error = refusal(&centre, "moira", &line, 1);
    assert_eq!(error["code"], "second-person", "{error}");
    let proposed = centre.json("moira", &format!("{line} --reason 'they own the building'"));
    assert_eq!(proposed["state"], "waiting");
    let proposal = proposed["id"].as_str().unwrap();
    assert_eq!(refusal(&centre, "moira", &line, 1)["code"], "second-person");
    // Never one's own, and never by somebody the record is hidden from.
    centre
        .run("moira", &format!("proposal approve {proposal}"))
        .fails(3);
    let shown = centre.json("farhana", &format!("proposal show {proposal}"));
    assert_eq!(shown["act"], "release-record");
    let text = centre
        .run("farhana", &format!("proposal show {proposal}"))
        .ok()
        .stdout;
    assert!(
        text.contains("Llandeilo Council") && text.contains("own the building"),
        "{text}"
    );
    centre.json("farhana", &format!("proposal approve {proposal}"));
    // To nobody else than was agreed, and once.
    let other = line.replace("Llandeilo", "Carmarthen");
    assert_eq!(
        refusal(&centre, "moira", &other, 1)["code"],
        "second-person"
    );
    centre.json("moira", &format!("{line} --pdf once.out"));
    assert_eq!(refusal(&centre, "moira", &line, 1)["code"], "second-person");
    assert_eq!(released(&centre, &complaint).len(), 1);
}

/// What is sealed to somebody's key opens with a stock program, and holds the very PDF.
#[test]
fn a_copy_can_be_sealed_to_its_recipient() {
    let centre = Centre::new();
    let report = centre.record("okonkwo-bell-1.json");
    if !have("age", "--version") {
        return;
    }
    let path = std::env::var_os("PATH").unwrap();
    let mut keygen = centre.place.program_named("age-keygen");
    let made = keygen
        .env("PATH", &path)
        .args(["-o", "key.txt"])
        .output()
        .unwrap();
    let made = String::from_utf8(made.stderr).unwrap();
    let key = made.trim().rsplit(' ').next().unwrap();
    let to = format!("--to 'The Family Court at Carmarthen={key}' {ORDER}");
    let said = centre.json(
        "moira",
        &format!("record release {report} {to} --age copy.age"),
    );
    assert_eq!(said["medium"], "sealed");
    let mut age = centre.place.program_named("age");
    age.env("PATH", &path)
        .args(["-d", "-i", "key.txt", "-o", "copy.out", "copy.age"]);
    assert!(age.status().unwrap().success());
    assert!(
        fs::read(centre.place.path("copy.out"))
            .unwrap()
            .starts_with(b"%PDF-")
    );
    assert_eq!(released(&centre, &report)[0]["medium"], "sealed");
    for wrong in [
        format!(
            "record release {report} --to 'The Family Court at Carmarthen' {ORDER} --age x.age"
        ),
        format!("record release {report} {to} --pdf x.pdf"),
        format!("record release {report} {to} --reason x --age x.age"),
    ] {
        centre.run("moira", &wrong).fails(2);
    }
}
