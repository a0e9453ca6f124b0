//! Finding: by what is typed, among what may be opened, and shown only as the entry of the search names it.

use std::collections::BTreeSet;

use serde_json::Value;
use serde_json::json;
use strongroom::desk::Among;
use strongroom::desk::Desk;
use strongroom::desk::DeskError;
use strongroom::desk::Found;
use strongroom::desk::FoundId;
use strongroom::desk::Query;
use strongroom::desk::Searchable;
use strongroom::keeper::facts::Service;
use strongroom::records::Form;
use strongroom::records::Kinds;
use strongroom::records::fold::fold;

use crate::centre_kit::Centre;
use crate::centre_kit::attach;
use crate::centre_kit::filing;
use crate::centre_kit::form;
use crate::centre_kit::unknown;
use crate::grant_statement;
use crate::grants::access;
use crate::grants::given;
use crate::grants::with_six;

fn titles() -> Among {
    Among::default()
}

pub(crate) fn texts() -> Among {
    Among {
        text: true,
        ..Among::default()
    }
}

/// What somebody is shown, when they look for this among that.
fn find(desk: &mut Desk<'_>, among: &Searchable, words: &str) -> Found {
    desk.find(among, &Query::parse(words).unwrap(), 50).unwrap()
}

fn only(id: &str) -> Vec<String> {
    vec![id.to_owned()]
}

fn ids(found: &Found) -> Vec<String> {
    found.lines.iter().map(|line| line.id.to_string()).collect()
}

pub(crate) fn found(desk: &mut Desk<'_>, among: &Among, words: &str) -> Vec<String> {
    let searchable = desk.searchable(among).unwrap();
    ids(&find(desk, &searchable, words))
}

/// A report about children of these names; its id.
fn report(desk: &mut Desk<'_>, case: &str, names: &[&str]) -> String {
    let mut new = filing("contact-report", Some(case));
    let child = new.form["children"][0].clone();
    let children = names.iter().map(|name| {
        let mut child = child.clone();
        child["name"] = json!(name);
        child
    });
    new.form["children"] = Value::Array(children.collect());
    desk.file(&new).unwrap().id.to_string()
}

/// A report's history, as event and whose it is.
fn history(desk: &mut Desk<'_>, record: &str) -> Vec<(String, String)> {
    let lines = desk.history(record).unwrap().into_iter();
    lines
        .map(|line| (line.event, line.actor.unwrap_or_default()))
        .collect()
}

fn count(history: &[(String, String)], event: &str, who: &str) -> usize {
    let wanted = (event.to_owned(), who.to_owned());
    history.iter().filter(|line| **line == wanted).count()
}

/// Names as they are filed, and as somebody types them who has a British keyboard, or one of their own.
const NAMES: &[(&str, &[&str])] = &[
    (
        "Gwenllïan Tŷ-Coch Parry",
        &[
            "ty coch",
            "TYCOCH gwenllian",
            "Ty\u{302}-Coch",
            "\"ty coch parry\"",
        ],
    ),
    ("Siân o’r Nant", &["sian", "SIÂN", "o'r nant"]),
    ("Łukasz Wiśniewski", &["lukasz wisniewski"]),
    ("Işıl İpek", &["isil ipek", "ISIL", "IPEK", "ışıl"]),
    (
        "Данило Коваленко (Danylo Kovalenko)",
        &["коваленко", "ДАНИЛО", "kovalenko danylo"],
    ),
    (
        "ياسمين الحدّاد (Yasmin al-Haddad)",
        &["ياسمين", "الحداد", "haddad yasmin"],
    ),
    ("ثمینہ کوثر", &["ثمينه", "ثمینہ كوثر"]),
    ("王思琪 (Wang Siqi)", &["王思琪", "思琪", "siqi wang"]),
    ("ফারহানা আক্তার (Farhana Akter)", &["ফারহানা", "farhana"]),
    ("ਹਰਪ੍ਰੀਤ ਕੌਰ ਢਿੱਲੋਂ", &["ਹਰਪ੍ਰੀਤ", "ਢਿੱਲੋਂ ਕੌਰ"]),
    ("Đặng Thị Hồng Nhung", &["dang thi hong nhung"]),
    (
        "Zo\u{308}e\u{301} \u{202e}Grau\u{2069}\u{200b}ß",
        &["zoe", "zoë", "grauss"],
    ),
];

#[test]
fn names_of_many_languages_are_found_by_what_is_typed() {
    let centre = Centre::new();
    let mut ada = centre.desk("ada");
    let filed: Vec<String> = NAMES
        .iter()
        .map(|(name, _)| report(&mut ada, &centre.supervised, &[name]))
        .collect();
    let long = "ŵ".repeat(500);
    let longest = report(&mut ada, &centre.supervised, &[&long]);
    let searchable = ada.searchable(&titles()).unwrap();
    for ((name, typed), id) in NAMES.iter().zip(&filed) {
        for typed in *typed {
            let found = ids(&find(&mut ada, &searchable, typed));
            assert_eq!(found, only(id), "{name} by {typed}");
        }
    }
    // A card's line ends before it, and what stands there is found.
    assert_eq!(
        ids(&find(&mut ada, &searchable, &"w".repeat(90))),
        only(&longest)
    );
    let whole = ada.searchable(&texts()).unwrap();
    assert_eq!(ids(&find(&mut ada, &whole, &long)), [longest]);
}

#[test]
fn cases_are_found_by_their_titles_and_by_kind_and_date() {
    let centre = Centre::new();
    let mut ada = centre.desk("ada");
    let case = ada.open_case("Tŷ-Coch Parry", Service::Supervised).unwrap();
    let case = case.id.to_string();
    let record = report(&mut ada, &case, &["Gwen Tŷ-Coch"]);
    let other = report(&mut ada, &centre.supervised, &["Gwen Tŷ-Coch"]);
    let among = |change: &dyn Fn(&mut Among)| {
        let mut among = titles();
        change(&mut among);
        among
    };
    let mut by = |change: &dyn Fn(&mut Among)| {
        let found = found(&mut ada, &among(change), "ty coch");
        found.into_iter().collect::<BTreeSet<String>>()
    };
    let set = |ids: &[&String]| ids.iter().map(|id| (*id).clone()).collect::<BTreeSet<_>>();
    assert_eq!(by(&|_| {}), set(&[&case, &record, &other]));
    assert_eq!(
        by(&|among| among.kind = Some("case".to_owned())),
        set(&[&case])
    );
    let reports = |among: &mut Among| among.kind = Some("contact-report".to_owned());
    assert_eq!(by(&reports), set(&[&record, &other]));
    assert_eq!(
        by(&|among| among.kind = Some("complaint".to_owned())),
        set(&[])
    );
    assert_eq!(
        by(&|among| among.case = Some(case.clone())),
        set(&[&record])
    );
    let day = form("contact-report")["session_date"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        by(&|among| {
            (among.since, among.until) = (Some(day.clone()), Some(day.clone()));
        }),
        set(&[&record, &other])
    );
    assert_eq!(
        by(&|among| among.until = Some("2019-01-01".to_owned())),
        set(&[])
    );
    assert_eq!(
        by(&|among| among.since = Some("2999-01-01".to_owned())),
        set(&[])
    );
    // The newest first, and what is wholly there before what only begins so.
    let all = found(&mut ada, &titles(), "ty coch");
    assert_eq!(all[0], case);
    unknown(ada.searchable(&among(&|among| {
        among.case = Some("c_aaaaaaaaaaaaaaaaaaaaaaaaaa".to_owned());
    })));
}

#[test]
fn a_record_s_history_says_that_it_was_found_and_another_s_does_not() {
    let centre = Centre::new();
    let mut sam = centre.desk("sam");
    let mia = report(&mut sam, &centre.supervised, &["Mia"]);
    let mya = report(&mut sam, &centre.supervised, &["Mya"]);
    let searchable = sam.searchable(&titles()).unwrap();
    assert_eq!(ids(&find(&mut sam, &searchable, "mia")), only(&mia));
    assert!(
        find(&mut sam, &searchable, "nobody at all")
            .lines
            .is_empty()
    );
    let (found, other) = (history(&mut sam, &mia), history(&mut sam, &mya));
    assert_eq!(
        (count(&found, "search", "sam"), count(&found, "list", "sam")),
        (1, 1)
    );
    assert_eq!(
        (count(&other, "search", "sam"), count(&other, "list", "sam")),
        (0, 1)
    );
    // A search that finds nothing is an entry all the same.
    let all = centre.desk("ada").audit(None, Some("sam"), None).unwrap();
    let searches = all.iter().filter(|line| line.event == "search");
    assert_eq!(searches.count(), 2);
}

#[test]
fn what_is_closed_or_ends_between_list_and_search_is_neither_shown_nor_counted() {
    let centre = Centre::new();
    let (mut ada, mut sam) = (centre.desk("ada"), centre.desk("sam"));
    let reports: Vec<String> = (0..3)
        .map(|_| report(&mut ada, &centre.supervised, &["Mia"]))
        .collect();
    let among = sam.searchable(&titles()).unwrap();
    ada.exclude(&reports[1], "sam").unwrap();
    let left = find(&mut sam, &among, "mia");
    assert_eq!(left.lines.len(), 2);
    assert!(!left.more && !ids(&left).contains(&reports[1]));
    assert_eq!(count(&history(&mut ada, &reports[1]), "search", "sam"), 0);
    assert_eq!(count(&history(&mut ada, &reports[0]), "search", "sam"), 1);
    // In the place of what is not shown comes what follows.
    let query = Query::parse("mia").unwrap();
    let one = sam.find(&among, &query, 2).unwrap();
    assert_eq!(one.lines.len(), 2);
    ada.remove_from_team(&centre.supervised, "sam").unwrap();
    assert!(find(&mut sam, &among, "mia").lines.is_empty());
    ada.suspend_user("sam").unwrap();
    assert!(matches!(
        sam.find(&among, &query, 50),
        Err(DeskError::Denied { .. })
    ));
}

#[test]
fn nobody_finds_what_is_not_theirs_to_see() {
    let centre = Centre::new();
    for (who, finds) in [
        ("cora", vec![&centre.complaint]),
        ("tess", vec![&centre.complaint]),
        ("ada", vec![]),
        ("sam", vec![]),
        ("vera", vec![]),
        ("dbs", vec![]),
    ] {
        let mut desk = centre.desk(who);
        for among in [titles(), texts()] {
            let found = found(&mut desk, &among, "complaint");
            let wanted: Vec<String> = finds.iter().map(|id| (*id).clone()).collect();
            assert_eq!(found, wanted, "{who}");
        }
    }
}

#[test]
fn texts_are_searched_only_when_asked_and_each_record_s_history_says_so() {
    let centre = Centre::new();
    let (mut ada, mut sam) = (centre.desk("ada"), centre.desk("sam"));
    let mut new = filing("contact-report", Some(&centre.supervised));
    new.form["narrative"] = json!("By the canal she said: Zażółć gęślą jaźń.");
    let record = sam.file(&new).unwrap().id.to_string();
    // Large enough to be fetched apart.
    new.form["narrative"] = json!(format!("{} a lighthouse", "words ".repeat(8000)));
    new.attachments = vec![attach(
        "notes.txt",
        b"the attachment of the lighthouse keeper",
    )];
    let large = sam.file(&new).unwrap().id.to_string();
    assert_eq!(found(&mut sam, &titles(), "zazolc"), Vec::<String>::new());
    assert_eq!(count(&history(&mut ada, &record), "search", "sam"), 0);
    assert_eq!(found(&mut sam, &texts(), "gesla zazolc"), only(&record));
    // Searched, and found.
    assert_eq!(count(&history(&mut ada, &record), "search", "sam"), 2);
    assert_eq!(count(&history(&mut ada, &large), "search", "sam"), 1);
    assert_eq!(found(&mut sam, &texts(), "lighthouse"), only(&large));
    // And it is read, corrected and taken out as any other.
    let shown = sam.record(&large, None, None, 80).unwrap();
    assert_eq!(shown.fields["narrative"], new.form["narrative"]);
    sam.amend(&large, &new.form, "nothing changed").unwrap();
    let mut out = Vec::new();
    sam.export(&large, &[], None, &mut out).unwrap();
    assert!(out.len() > 3 * 15_000, "{}", out.len());
    assert_eq!(
        found(&mut sam, &texts(), "\"lighthouse keeper\""),
        Vec::<String>::new()
    );
    assert_eq!(
        found(&mut sam, &texts(), "\"canal she said\""),
        only(&record)
    );
    // A corrected version is what counts.
    new.form["narrative"] = json!("Nothing of that.");
    sam.amend(&record, &new.form, "it was somebody else")
        .unwrap();
    assert_eq!(found(&mut sam, &texts(), "canal"), Vec::<String>::new());
}

/// A certificate opens only with a purpose, and whoever it is shown to is listed: no search goes through it.
#[test]
fn what_opens_only_with_a_purpose_is_found_by_its_title_alone() {
    let centre = Centre::new();
    let mut dbs = centre.desk("dbs");
    let kind = Kinds::builtin().find("dbs-certificate").unwrap();
    let example = Form::from_stored(&kind.name, kind.version, form(&kind.name)).unwrap();
    let card = fold(&kind.card(&example).title);
    let text = fold(&kind.texts(&example).join(" "));
    let mut words = text.split(' ').filter(|word| word.len() > 4);
    let secret = words.find(|word| !card.contains(word)).unwrap();
    let by_title = found(&mut dbs, &titles(), "certificate");
    assert_eq!(by_title, only(&centre.certificate));
    assert_eq!(found(&mut dbs, &texts(), secret), Vec::<String>::new());
    let lines = dbs.history(&centre.certificate).unwrap();
    assert!(lines.iter().all(|line| line.revealed_to.is_none()));
    // The title was listed twice and shown once; the third list is the history looked at above.
    let of_it = history(&mut dbs, &centre.certificate);
    assert_eq!(count(&of_it, "search", "dbs"), 1);
    assert_eq!(count(&of_it, "list", "dbs"), 3);
}

/// Under a grant: what it covers and nothing else, of some kinds the card alone; and its statement says so.
#[test]
fn an_assessor_finds_what_she_was_given_and_it_stands_in_the_statement() {
    let (centre, six) = with_six();
    let mut records = six.clone();
    records.push(centre.check.clone());
    let grant = given(&centre, &access(&centre.keeper, None, &records, 2));
    let mut anna = centre.desk("anna");
    let reports: BTreeSet<String> = found(&mut anna, &titles(), "contact").into_iter().collect();
    assert!(reports.is_superset(&six.iter().cloned().collect()));
    assert!(!reports.contains(&centre.report));
    let word = |kind: &str, field: &str| form(kind)[field].as_str().unwrap_or_default().to_owned();
    let narrative = word("contact-report", "narrative");
    let narrative = narrative.split(' ').next().unwrap();
    assert_eq!(found(&mut anna, &texts(), narrative).len(), 6);
    // What of a DBS check is not on its card is not for her.
    let of_check = centre
        .desk("cora")
        .record(&centre.check, None, None, 80)
        .unwrap();
    let card = found(&mut anna, &titles(), "dbs");
    assert_eq!(card, only(&centre.check));
    let searched = centre.desk("anna").history(&centre.check);
    assert!(searched.is_err(), "histories are not for her");
    let of_it = history(&mut centre.desk("cora"), &centre.check);
    assert_eq!(
        count(&of_it, "search", "anna"),
        2,
        "{} {:?}",
        of_check.title,
        of_it
    );
    let stated = anna.state_grant(&grant.id.to_string()).unwrap();
    let file: Value = serde_json::from_str(&stated.file).unwrap();
    let closing: Value = serde_json::from_str(file["closing"].as_str().unwrap()).unwrap();
    let opened = closing["body"]["opened"].as_array().unwrap();
    let acts: BTreeSet<&str> = opened
        .iter()
        .map(|one| one["act"].as_str().unwrap())
        .collect();
    assert_eq!(acts, ["find-records", "list-records", "search-text"].into());
    if grant_statement::tools() {
        let path = centre.folder("stated.json");
        std::fs::write(&path, &stated.file).unwrap();
        let (code, said) = grant_statement::verify(&path, centre.keeper.vkey());
        assert_eq!(code, 0, "{said}");
    }
    centre
        .desk("ada")
        .revoke_grant(&grant.id.to_string())
        .unwrap();
    assert_eq!(found(&mut anna, &titles(), "contact"), Vec::<String>::new());
}

#[test]
fn the_first_fifty_and_the_rest_when_asked_for() {
    let centre = Centre::new();
    let mut ada = centre.desk("ada");
    let reports: Vec<_> = (0..60)
        .map(|_| filing("contact-report", Some(&centre.supervised)))
        .collect();
    ada.import(&reports).unwrap();
    let reports = Among {
        kind: Some("contact-report".to_owned()),
        ..titles()
    };
    let among = ada.searchable(&reports).unwrap();
    let query = Query::parse("contact").unwrap();
    let searches = |ada: &mut Desk<'_>| {
        let all = ada.audit(None, Some("ada"), None).unwrap();
        all.iter().filter(|line| line.event == "search").count()
    };
    let first = ada.find(&among, &query, 50).unwrap();
    assert_eq!((first.lines.len(), first.more), (50, true));
    assert_eq!(searches(&mut ada), 1);
    let all = ada.find(&among, &query, 1000).unwrap();
    assert_eq!((all.lines.len(), all.more), (61, false));
    assert_eq!(searches(&mut ada), 3);
    assert_eq!(all.lines[..50], first.lines);
    let records: BTreeSet<FoundId> = all.lines.iter().map(|line| line.id).collect();
    assert_eq!(records.len(), 61);
}
