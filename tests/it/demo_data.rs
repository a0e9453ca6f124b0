//! The demo centre's data: every form meets its kind's rules, every name leads somewhere, and everything happens in
//! an order that can be.

use std::collections::BTreeMap;
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

/// One table in four files.
pub(crate) fn centre() -> Value {
    let mut whole = serde_json::Map::new();
    for name in ["centre.toml", "records.toml", "after.toml", "on_file.toml"] {
        let bytes = fs::read(Path::new(DEMO).join(name)).unwrap();
        let part = input::parse(&bytes, Some(name)).unwrap();
        whole.extend(part.as_object().unwrap().clone());
    }
    Value::Object(whole)
}

pub(crate) fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

pub(crate) fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name]
        .as_str()
        .unwrap_or_else(|| panic!("{name} of {value}"))
}

/// The kind and the checked form of a record of the centre.
pub(crate) fn form(record: &Value) -> (&'static Kind, Form) {
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

pub(crate) fn record<'a>(centre: &'a Value, file: &str) -> &'a Value {
    let found = list(centre, "records")
        .iter()
        .find(|record| record["file"] == file);
    found.unwrap_or_else(|| panic!("{file}"))
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
    let is_there = |file: &Value| files.contains(file.as_str().unwrap());
    for grant in list(&centre, "grants") {
        for who in ["to", "by", "approved_by"] {
            known(&grant[who]);
        }
        assert!(list(grant, "records").iter().all(is_there), "{grant}");
    }
    for check in list(&centre, "checks")
        .iter()
        .chain(list(&centre, "corrections"))
    {
        known(&check["by"]);
        assert!(is_there(&check["record"]), "{check}");
    }
    for outing in list(&centre, "outings") {
        known(&outing["who"]);
    }
    for backup in list(&centre, "backups") {
        list(backup, "errands").iter().for_each(known);
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

/// Whom records are about is on file by then; what is said of a record afterwards is said by somebody else, later.
#[test]
fn people_are_on_file_before_they_are_named_and_checks_follow_the_filing() {
    let centre = centre();
    let moment = |value: &Value, name: &str| dates::moment(text(value, name)).unwrap();
    let mut on_file: BTreeMap<&str, jiff::civil::Date> = BTreeMap::new();
    for person in list(&centre, "on_file") {
        let day = match person["at"].as_str() {
            Some(at) => dates::moment(at).unwrap().date(),
            None => dates::date(text(case_of(&centre, person).unwrap(), "opened")).unwrap(),
        };
        let towards = list(person, "relations").iter().map(|one| text(one, "to"));
        let children = list(person, "responsibility").iter();
        for other in towards.chain(children.map(|one| text(one, "child"))) {
            assert!(on_file[other] <= day, "{person}");
        }
        assert!(on_file.insert(text(person, "key"), day).is_none());
    }
    for record in list(&centre, "records") {
        let filed = moment(record, "filed").date();
        for subject in list(record, "subjects") {
            let (key, _) = subject.as_str().unwrap().split_once('=').unwrap();
            assert!(on_file[key] <= filed, "{record}");
        }
    }
    let mut since: BTreeMap<&str, (jiff::Zoned, &str)> = list(&centre, "records")
        .iter()
        .map(|one| (text(one, "file"), (moment(one, "filed"), text(one, "by"))))
        .collect();
    let mut said: Vec<&Value> = list(&centre, "checks").iter().collect();
    said.extend(list(&centre, "corrections"));
    said.sort_by_key(|one| moment(one, "at"));
    for one in said {
        let (before, author) = &since[text(one, "record")];
        let (at, by) = (moment(one, "at"), text(one, "by"));
        assert!(*before < at, "{one}");
        assert_eq!(by == *author, one["set"].is_object(), "{one}");
        if one["set"].is_object() {
            let (kind, _) = form(record(&centre, text(one, "record")));
            let bytes =
                fs::read(Path::new(DEMO).join("records").join(text(one, "record"))).unwrap();
            let mut value = input::parse(&bytes, Some("form.json")).unwrap();
            let fields = value.as_object_mut().unwrap();
            fields.extend(one["set"].as_object().unwrap().clone());
            kind.check(&value).unwrap();
            since.insert(text(one, "record"), (at, by));
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
