//! Which of a case's orders hold: an order that is over lets nobody have anything, whichever way it ended, and what was
//! made under it stays the court's.

use serde_json::Value;
use serde_json::json;

use crate::cli_centre::Centre;

const SWANSEA: &str = "The Family Court at Swansea";
const BRECON: &str = "The Family Court at Brecon";

/// A case of its own in a demo centre, whose clock stands at 2 November 2026.
struct Court {
    centre: Centre,
    case: String,
}

impl Court {
    fn new() -> Self {
        let centre = Centre::new();
        let case = Self::case(&centre);
        Self { centre, case }
    }

    fn case(centre: &Centre) -> String {
        let opened = centre.json("moira", "case open --title Invented --service supervised");
        let case = opened["id"].as_str().unwrap().to_owned();
        centre.json("moira", &format!("case team add {case} harpreet"));
        case
    }

    fn add(&self, who: &str, kind: &str, form: &Value) -> String {
        self.centre.place.write("form.json", form.to_string());
        let line = format!(
            "record add --case {} --kind {kind} --from form.json",
            self.case
        );
        let filed = self.centre.json(who, &line);
        filed["id"].as_str().unwrap().to_owned()
    }

    /// An order of 1 October that names one court.
    fn order(&self, names: &str, change: impl FnOnce(&mut Value)) -> (String, Value) {
        let form = self.order_form(names, change);
        (self.add("moira", "court-order", &form), form)
    }

    fn order_form(&self, names: &str, change: impl FnOnce(&mut Value)) -> Value {
        let mut form = self
            .centre
            .json("moira", "kind template court-order --json");
        let fields = form.as_object_mut().unwrap();
        fields.remove("expires");
        fields.remove("received");
        fields.insert("made".to_owned(), "2026-10-01".into());
        fields.insert("recipients".to_owned(), json!([names]));
        change(&mut form);
        form
    }

    /// A report of a session on a day that somebody else has looked over. Its author says that no court ordered it,
    /// unless `named`.
    fn report(&self, day: &str, named: Option<&str>) -> String {
        let mut form = self
            .centre
            .json("moira", "kind template contact-report --json");
        let fields = form.as_object_mut().unwrap();
        fields.insert("session_date".to_owned(), day.into());
        fields.insert("court_ordered".to_owned(), named.is_some().into());
        fields.remove("order_recipients");
        if let Some(named) = named {
            fields.insert("order_recipients".to_owned(), json!([named]));
        }
        let report = self.add("harpreet", "contact-report", &form);
        self.centre.json("moira", &format!("record check {report}"));
        report
    }

    fn amend(&self, record: &str, form: &Value) {
        self.centre.place.write("form.json", form.to_string());
        let line = format!("record amend {record} --from form.json --reason 'what the court says'");
        self.centre.json("moira", &line);
    }

    fn line(report: &str, to: &str) -> String {
        format!("record release {report} --to '{to}' --authority 'as ordered' --pdf out.pdf")
    }

    /// Releases a report; which order decided.
    fn goes(&self, report: &str, to: &str) -> Value {
        self.centre.json("moira", &Self::line(report, to));
        std::fs::remove_file(self.centre.place.path("out.pdf")).unwrap();
        let shown = self.centre.json("moira", &format!("record show {report}"));
        let last = shown["released"].as_array().unwrap().last().unwrap();
        assert_eq!(last["to"], to);
        last["order"].clone()
    }

    /// Insists that a report stays, as the court's; what is said.
    fn stays(&self, report: &str, to: &str) -> String {
        let before = self.released(report);
        let line = format!("--json {}", Self::line(report, to));
        let error = self.centre.run("moira", &line).fails(3).error();
        assert_eq!(error["rule"], "courts-property", "{error}");
        assert!(!self.centre.place.path("out.pdf").exists());
        assert_eq!(self.released(report), before);
        error["message"].as_str().unwrap().to_owned()
    }

    fn released(&self, report: &str) -> usize {
        let shown = self.centre.json("moira", &format!("record show {report}"));
        shown["released"].as_array().unwrap().len()
    }

    fn day(&self, day: &str) {
        self.centre
            .run("moira", &format!("--at {day} case list"))
            .ok();
    }
}

#[test]
fn nothing_goes_by_an_order_after_its_last_day() {
    let court = Court::new();
    let (order, _) = court.order(SWANSEA, |form| form["expires"] = "2026-11-10".into());
    let report = court.report("2026-11-01", Some(SWANSEA));
    // Until the end of its last day.
    court.day("2026-11-10T18:00:00Z");
    assert_eq!(court.goes(&report, SWANSEA), order.as_str());
    // The control: an order without an end, in another case.
    let other = Court {
        case: Court::case(&court.centre),
        centre: court.centre,
    };
    let (lasting, _) = other.order(SWANSEA, |_| {});
    let under = other.report("2026-11-01", Some(SWANSEA));
    other.day("2026-11-11T00:30:00Z");
    assert_eq!(other.goes(&under, SWANSEA), lasting.as_str());
    // The author's own list is no way round it.
    let says = other.stays(&report, SWANSEA);
    for word in [
        &order,
        "it ended on 10 November 2026",
        "no order that you may see lets anybody have it today",
    ] {
        assert!(says.contains(word), "{says}");
    }
    assert!(!says.contains(&lasting), "{says}");
}

#[test]
fn an_order_that_takes_another_s_place_ends_it() {
    let court = Court::new();
    let (old, _) = court.order(SWANSEA, |_| {});
    let report = court.report("2026-10-14", Some(SWANSEA));
    assert_eq!(court.goes(&report, SWANSEA), old.as_str());
    // The control: a second order that replaces nothing adds to the first.
    let (consent, form) = court.order("Grace Okonkwo", |_| {});
    assert_eq!(court.goes(&report, SWANSEA), old.as_str());
    assert_eq!(court.goes(&report, "Grace Okonkwo"), consent.as_str());

    let (new, _) = court.order(BRECON, |form| {
        form["made"] = "2026-10-30".into();
        form["replaces_earlier"] = true.into();
        form["replaces"] = json!([old]);
    });
    let says = court.stays(&report, SWANSEA);
    assert!(
        says.contains(&format!("{old} holds no more: {new} took its place")),
        "{says}"
    );
    assert!(says.contains(&format!("(read {consent}, {new})")), "{says}");
    assert_eq!(court.goes(&report, BRECON), new.as_str());
    let shown = court.centre.run("moira", &format!("record show {report}"));
    let shown = shown.ok();
    let text: Vec<&str> = shown.stdout.split_whitespace().collect();
    assert!(
        text.join(" ").contains(&format!("named in {new}")),
        "{text:?}"
    );
    // The consent goes on; until somebody corrects it.
    assert_eq!(court.goes(&report, "Grace Okonkwo"), consent.as_str());
    let mut form = form;
    form["expires"] = "2026-11-01".into();
    court.amend(&consent, &form);
    court.stays(&report, "Grace Okonkwo");
}

/// What a form says by mistake can be said again.
#[test]
fn a_correction_ends_an_order_and_gives_it_back() {
    let court = Court::new();
    let (order, mut form) = court.order(SWANSEA, |_| {});
    let report = court.report("2026-10-14", Some(SWANSEA));
    court.goes(&report, SWANSEA);
    form["expires"] = "2026-10-20".into();
    court.amend(&order, &form);
    let says = court.stays(&report, SWANSEA);
    assert!(says.contains("it ended on 20 October 2026"), "{says}");
    form.as_object_mut().unwrap().remove("expires");
    court.amend(&order, &form);
    court.goes(&report, SWANSEA);
    // Nor does it let anybody have anything any more once it asks for no reports.
    form["reports_ordered"] = false.into();
    form.as_object_mut().unwrap().remove("recipients");
    let mut new = form.clone();
    new["made"] = "2026-10-30".into();
    new["replaces_earlier"] = true.into();
    new["replaces"] = json!([order]);
    court.add("moira", "court-order", &new);
    court.stays(&report, SWANSEA);
}

/// What the author says no court ordered, by the day of its session.
#[test]
fn what_was_made_while_an_order_held_stays_the_court_s() {
    let court = Court::new();
    let free = court.report("2026-09-20", None);
    // No order is on file, so the ordinary rule holds.
    assert_eq!(court.goes(&free, "Grace Okonkwo"), Value::Null);
    court.order(SWANSEA, |form| form["expires"] = "2026-10-20".into());
    let under = court.report("2026-10-20", None);
    let after = court.report("2026-10-21", None);
    for to in ["Grace Okonkwo", SWANSEA] {
        court.stays(&under, to);
        assert_eq!(court.goes(&after, to), Value::Null);
    }
    // The same where another order took its place, by the day that one was made.
    let (order, _) = court.order(SWANSEA, |_| {});
    court.stays(&after, "Grace Okonkwo");
    court.order(BRECON, |form| {
        form["made"] = "2026-10-25".into();
        form["expires"] = "2026-10-28".into();
        form["replaces_earlier"] = true.into();
        form["replaces"] = json!([order]);
    });
    let between = court.report("2026-10-28", None);
    let last = court.report("2026-10-29", None);
    court.stays(&between, SWANSEA);
    court.stays(&between, BRECON);
    assert_eq!(court.goes(&last, "Grace Okonkwo"), Value::Null);
}

/// Nobody learns of an order by naming it, and an order ends none but those of its own case.
#[test]
fn only_an_order_of_the_case_that_is_seen_can_be_replaced() {
    let court = Court::new();
    let (order, mut form) = court.order(SWANSEA, |_| {});
    let report = court.report("2026-10-14", None);
    let elsewhere = court.centre.record("court-order-okonkwo-bell.json");
    // Somebody else's, and hidden from harpreet.
    let hidden = court.order(BRECON, |_| {}).0;
    court
        .centre
        .json("moira", &format!("record exclude {hidden} harpreet"));
    let nobody = "r_aaaaaaaaaaaaaaaaaaaaaaaaaa".to_owned();
    let mut refusals = Vec::new();
    form["replaces_earlier"] = true.into();
    for named in [
        &hidden,
        &nobody,
        &report,
        &elsewhere,
        &"an order of ours".to_owned(),
        &order.to_uppercase(),
    ] {
        form["replaces"] = json!([order, named]);
        court.centre.place.write("form.json", form.to_string());
        let add = format!(
            "--json record add --case {} --kind court-order --from form.json",
            court.case
        );
        let said = court.centre.run("harpreet", &add).fails(1);
        assert_eq!(said.error()["code"], "no-such-order", "{named}");
        refusals.push(said.stderr);
    }
    refusals.dedup();
    assert_eq!(refusals.len(), 1, "{refusals:?}");
    // Nor can one replace itself.
    form["replaces"] = json!([order]);
    court.centre.place.write("form.json", form.to_string());
    let amend = format!("--json record amend {order} --from form.json --reason again");
    let said = court.centre.run("moira", &amend).fails(1);
    assert_eq!(said.error()["code"], "no-such-order");
    // The control: the very form is filed where it names the one order alone.
    court.add("harpreet", "court-order", &form);
}

/// Whoever may not see the order that took another's place is refused like everybody, and is not told why.
#[test]
fn an_order_that_is_hidden_from_the_asker_ends_another_and_tells_them_nothing() {
    let court = Court::new();
    court
        .centre
        .run("moira", "team add coordinator harpreet")
        .ok();
    let (old, _) = court.order(SWANSEA, |_| {});
    let report = court.report("2026-10-14", Some(SWANSEA));
    let form = court.order_form(BRECON, |form| {
        form["replaces_earlier"] = true.into();
        form["replaces"] = json!([old]);
    });
    let new = court.add("moira", "court-order", &form);
    let line = format!("--json {}", Court::line(&report, SWANSEA));
    let told = |who: &str| {
        let error = court.centre.run(who, &line).fails(3).error();
        assert_eq!(error["rule"], "courts-property", "{error}");
        error["message"].as_str().unwrap().to_owned()
    };
    let why = format!("{new} took its place");
    for who in ["moira", "harpreet"] {
        assert!(told(who).contains(&why), "{who}");
    }
    let exclude = format!("record exclude {new} harpreet");
    court.centre.json("moira", &exclude);
    let says = told("harpreet");
    assert!(
        !says.contains(&new) && !says.contains("holds no more"),
        "{says}"
    );
    assert!(told("moira").contains(&why));
}
