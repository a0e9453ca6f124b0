//! Kinds and forms: each rule's words, cards, facts and pages, and faults planted into a sound definition.

use serde_json::Value;
use serde_json::json;
use strongroom::records::Form;
use strongroom::records::Kind;
use strongroom::records::Kinds;
use strongroom::records::field::Field;
use strongroom::records::input;
use strongroom::records::words::Service;

pub(crate) const LAB: &str = include_str!("data/lab-kind.toml");

/// A kind with every sort of field.
pub(crate) fn lab() -> Kind {
    let kind = Kind::parse(LAB).unwrap();
    assert_eq!(kind.faults(), Vec::<String>::new());
    kind
}

/// The problems of the laboratory kind's example with one field replaced.
fn says(field: &str, value: Value) -> String {
    let mut form = lab().template_json();
    form[field] = value;
    lab()
        .check(&form)
        .map_or_else(|problems| problems.to_string(), |_| "fits".to_owned())
}

#[test]
fn every_template_is_accepted_unchanged_in_json_and_toml() {
    for kind in Kinds::builtin().iter() {
        let template = kind.template_json();
        let form = kind.check(&template).unwrap();
        assert_eq!(form.to_json(), template, "{}", kind.name);
        let toml = kind.template_toml();
        let read = input::parse(toml.as_bytes(), Some("template.toml")).unwrap();
        assert_eq!(read, template, "{}", kind.name);
        let text = serde_json::to_vec_pretty(&template).unwrap();
        assert_eq!(input::parse(&text, None).unwrap(), template);
        let applies = |field: &&Field| match &field.only_if {
            Some(only) => template
                .get(&only.field)
                .is_some_and(|value| only.is.is_empty() || only.is.contains(value)),
            None => true,
        };
        let wanted = kind.fields.iter().filter(applies);
        assert_eq!(template.as_object().unwrap().len(), wanted.count());
    }
}

#[test]
fn every_template_has_a_text_of_letters_spaces_commas_and_full_stops() {
    for kind in Kinds::builtin().iter() {
        let plain = |text: &str| {
            text.contains(' ')
                && text
                    .chars()
                    .all(|c| c.is_ascii_alphabetic() || " ,.".contains(c))
        };
        let template = kind.template_json();
        let free = kind.fields.iter().filter(|field| field.free_text());
        assert!(
            free.filter_map(|field| template[&field.name].as_str())
                .any(plain),
            "{}",
            kind.name
        );
    }
}

#[test]
fn a_definition_read_back_from_its_json_is_the_same() {
    for kind in Kinds::builtin().iter() {
        let again: Kind = serde_json::from_value(kind.to_json()).unwrap();
        assert_eq!(&again, kind);
    }
}

#[test]
fn each_rule_says_what_to_write() {
    let table = include_str!("data/rules.tsv");
    let rows = table.lines().filter(|line| !line.starts_with('#'));
    let mut count = 0;
    for row in rows {
        let [field, value, words] = row.split('\t').collect::<Vec<_>>()[..] else {
            panic!("three columns: {row}");
        };
        let value: Value = serde_json::from_str(value).unwrap();
        assert_eq!(says(field, value), words, "{row}");
        count += 1;
    }
    assert_eq!(count, 44);
}

#[test]
fn all_problems_come_at_once_in_a_stable_order() {
    let wrong = json!({"zeta": 1, "count": 0, "line": 5, "quotes": [{}, {"words": 1}], "alpha": 2});
    let found = lab().check(&wrong).unwrap_err();
    let fields: Vec<&str> = found.iter().map(|problem| problem.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "line",
            "day",
            "count",
            "colour",
            "quotes[0].speaker",
            "quotes[0].words",
            "quotes[0].verbatim",
            "quotes[1].speaker",
            "quotes[1].words",
            "quotes[1].verbatim",
            "zeta",
            "alpha"
        ]
    );
    assert_eq!(found, lab().check(&wrong).unwrap_err());
    assert_eq!(
        lab().check(&json!([])).unwrap_err().to_string(),
        "a form is a group of named fields, not a list"
    );
}

#[test]
fn very_many_problems_are_counted_not_listed() {
    let quotes: Vec<Value> = (0..200).map(|_| json!({})).collect();
    let mut form = lab().template_json();
    form["quotes"] = json!(quotes);
    let found = lab().check(&form).unwrap_err();
    assert_eq!(found.count(), 600);
    assert!(found.to_string().ends_with("\nand 500 more"));
}

#[test]
fn problems_do_not_repeat_what_was_typed() {
    const SECRET: &str = "Kacper-said-so";
    for field in &lab().fields {
        let found = says(&field.name, json!({ "x": SECRET }));
        assert!(!found.contains(SECRET), "{found}");
        let found = says(
            &field.name,
            json!([SECRET, [SECRET], format!("{SECRET}\u{7}")]),
        );
        assert!(!found.contains(SECRET), "{found}");
        let found = says(&field.name, json!(format!("{SECRET}\u{7}")));
        assert!(!found.contains(SECRET), "{found}");
    }
}

#[test]
fn an_unknown_name_cannot_move_the_cursor() {
    let found = says("x\u{1b}[2J", json!(1));
    assert_eq!(found, "x\u{fffd}[2J: is no field of this form");
    let found = says(&"x".repeat(5000), json!(1));
    assert!(found.len() < 120, "{found}");
}

#[test]
fn two_people_may_share_a_name_but_not_a_handle() {
    let mut form = lab().template_json();
    form["owner"] = json!("Mia Adeyemi-Clarke");
    form["keeper"] = json!("Mia Adeyemi-Clarke");
    assert!(lab().check(&form).is_ok());
    form["owner"] = json!("mia");
    form["keeper"] = json!("mia");
    assert!(lab().check(&form).is_err());
}

#[test]
fn facts_come_from_the_form_s_answers() {
    let kind = lab();
    let facts = kind.facts(&kind.check(&kind.template_json()).unwrap(), None);
    assert_eq!(
        serde_json::to_value(&facts).unwrap(),
        json!({
            "class": "14",
            "labels": ["child-injury", "health", "third-party"],
            "event_date": "2028-02-29",
            "triggers": {"event": "2028-02-29", "decision": "2026-07-01", "closure": "2026-03-01"},
            "handler": "sam",
            "about": ["王思琪", "Zofia Wiśniewska"],
            "deciders": ["ada"],
            "order_recipients": ["One line, please"],
            "clocks": {},
        })
    );
    let least = json!({"line": "abc", "day": "2026-11-12", "colour": "dark-blue", "colours": ["dark-blue"]});
    let facts = kind.facts(&kind.check(&least).unwrap(), None);
    assert_eq!(facts.class, "12");
    assert_eq!(class_on(&least, Service::Supported), "7");
    assert_eq!(class_on(&least, Service::Virtual), "12");
    let red = lab().template_json();
    assert_eq!(
        class_on(&red, Service::Supported),
        "14",
        "what is answered decides first"
    );
    let labels: Vec<&str> = facts.labels.iter().map(String::as_str).collect();
    assert_eq!(labels, ["address", "safeguarding", "third-party"]);
    assert_eq!(facts.handler, None);
}

fn class_on(form: &Value, service: Service) -> String {
    let kind = lab();
    kind.facts(&kind.check(form).unwrap(), Some(service)).class
}

#[test]
fn what_leaves_depends_on_the_service() {
    let kind = lab();
    let only = ["line".to_owned(), "quotes_day.day".to_owned()];
    assert_eq!(kind.leaves(Service::Supported), Some(&only[..]));
    assert_eq!(kind.leaves(Service::Supervised), None);
    let says = "Leaves       from supported cases only line and quotes_day.day";
    assert!(kind.describe(80).contains(says), "{}", kind.describe(80));
}

#[test]
fn a_moment_s_day_is_london_s() {
    let kind = lab();
    let mut form = kind.template_json();
    form["moment"] = json!("2026-07-01T23:30:00Z");
    let facts = kind.facts(&kind.check(&form).unwrap(), None);
    assert_eq!(facts.triggers.decision.as_deref(), Some("2026-07-02"));
    form["moment"] = json!("2026-07-01T14:00");
    let form = kind.check(&form).unwrap();
    assert_eq!(
        form.texts("moment"),
        ["2026-07-01T14:00:00+01:00"],
        "the zone is written down"
    );
}

#[test]
fn cards_show_only_what_they_name() {
    let kind = lab();
    let mut form = kind.template_json();
    form["prose"] = json!("NOT FOR LISTS");
    let card = kind.card(&kind.check(&form).unwrap());
    assert_eq!(card.title, "One line, please on 29 February 2028");
    assert_eq!(
        card.subtitle.as_deref(),
        Some("王思琪 and Zofia Wiśniewska and Because.")
    );
    assert_eq!(card.event_date.as_deref(), Some("2028-02-29"));
    let json = serde_json::to_string(&card).unwrap();
    assert!(!json.contains("NOT FOR LISTS"));
    assert_eq!(format!("{card:?}"), "Card(..)");
    form.as_object_mut().unwrap().remove("names");
    assert_eq!(kind.card(&kind.check(&form).unwrap()).subtitle, None);
}

#[test]
fn a_certificate_s_card_tells_nothing_it_discloses() {
    let kind = Kinds::builtin().find("dbs-certificate").unwrap();
    let mut form = kind.template_json();
    for field in ["contents", "applicant_account", "reasons"] {
        form[field] = json!("DISCLOSED");
    }
    form["matters"][0]["matter"] = json!("DISCLOSED");
    let card = serde_json::to_string(&kind.card(&kind.check(&form).unwrap())).unwrap();
    assert!(!card.contains("DISCLOSED"), "{card}");
    assert!(!card.contains("caution"), "{card}");
}

/// Two decide on a positive disclosure: the form takes no decision of one.
#[test]
fn a_positive_disclosure_is_decided_by_two() {
    let kind = Kinds::builtin().find("positive-disclosure").unwrap();
    let mut form = kind.template_json();
    form["decided_by"] = json!(["gethin"]);
    let problems = kind.check(&form).unwrap_err().to_string();
    assert!(
        problems.starts_with("decided_by: must have at least 2 entries; it has 1"),
        "{problems}"
    );
    form.as_object_mut().unwrap().remove("decided_by");
    let problems = kind.check(&form).unwrap_err().to_string();
    assert!(
        problems.starts_with("decided_by: is required when decision is engaged"),
        "{problems}"
    );
    form["decision"] = json!("awaiting");
    assert!(kind.check(&form).is_ok());
}

/// What is found decides how long an allegation is kept, and its card names nobody but whom it is about.
#[test]
fn an_allegation_is_kept_by_what_was_found() {
    let kind = Kinds::builtin().find("allegation").unwrap();
    let mut form = kind.template_json();
    form["told_by"] = json!("TOLD");
    for (finding, class) in [
        ("open", "7"),
        ("substantiated", "7"),
        ("unfounded", "7"),
        ("false", "8"),
        ("malicious", "8"),
    ] {
        form["finding"] = json!(finding);
        let form = kind.check(&form).unwrap();
        assert_eq!(kind.facts(&form, None).class, class, "{finding}");
        let card = serde_json::to_string(&kind.card(&form)).unwrap();
        assert!(!card.contains("TOLD"), "{card}");
    }
}

#[test]
fn stored_forms_stay_readable_whatever_they_hold() {
    let kind = lab();
    let stored = json!({"line": 5, "day": "29 Feb", "later_field": {"a": [1, true]}, "quotes": "x", "prose": ["a"], "colour": "green"});
    let form = Form::from_stored("lab", 0, stored.clone()).unwrap();
    assert_eq!(form.to_json(), stored);
    let page = kind.render(&form, 60);
    for shown in ["5", "29 Feb", "later_field", "a: 1 and yes", "green"] {
        assert!(page.contains(shown), "{shown} in {page}");
    }
    assert!(!kind.card(&form).title.is_empty());
    drop(kind.facts(&form, None));
}

#[test]
fn pages_read_like_this() {
    let kind = lab();
    let page = kind.render(&kind.check(&kind.template_json()).unwrap(), 60);
    assert_eq!(
        page,
        "\
Line       One line, please

Second part
Prose
  Any text.
  Two lines.
Plain
  Letters, spaces and a full stop.
Code       ab-12
Day        29 February 2028
Until      1 March 2028
Hour       09:30
Moment     1 July 2026 at 14:00
Count      4 apples
How long   1 hour 30 minutes
Agreed     yes
Why        Because.
Colour     Red
Colours    Red
Names      王思琪
           Zofia Wiśniewska
Owner      ada
Keeper     sam
Quotes
  ياسمين: “أريد أن أرسم”
Inner day 1
  Day        1 January 2026
Inner day 2
  Day        1 March 2026
  Hurt       yes
"
    );
}

/// Each fault planted into a sound definition is named; the definition itself is the control.
#[test]
fn a_faulty_definition_is_named() {
    let table = include_str!("data/faults.tsv");
    let mut count = 0;
    for row in table.lines().filter(|line| !line.starts_with('#')) {
        let [from, to, fault] = row.split('\t').collect::<Vec<_>>()[..] else {
            panic!("three columns: {row}");
        };
        assert!(LAB.contains(from), "{from}");
        let mut text = LAB.replacen(from, &to.replace("\\n", "\n"), 1);
        if fault.starts_with("no example text") {
            // Another text of the definition is plain too.
            text = text.replace("One line, please", "One-line");
        }
        let faults = Kind::parse(&text).unwrap().faults();
        assert!(faults.contains(&fault.to_owned()), "{row}: {faults:?}");
        count += 1;
    }
    assert_eq!(count, 38);
    let of_case = LAB.replacen(
        "\nplace = \"own\"",
        "\nplace = \"case\"\nhides_from_manager = true",
        1,
    );
    let faults = Kind::parse(&of_case).unwrap().faults();
    assert_eq!(faults, ["it is hidden from a manager but sealed to a case"]);
    for broken in ["format = 1\nbogus = 2", "= 1", ""] {
        let error = Kind::parse(broken).unwrap_err().to_string();
        assert!(error.starts_with("not a kind definition: line "), "{error}");
    }
}
