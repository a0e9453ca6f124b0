//! Families: what is kept of them, and who finds it.

use serde_json::Value;
use serde_json::json;

use crate::cli_centre::Centre;
use crate::stories::example;
use crate::stories::found;
use crate::stories::ids;
use crate::stories::papers;
use crate::stories::refused_by;
use crate::stories::titles;
use crate::stories::unknown;

/// Of supported contact there are dates and times; a contact report is refused. However a name is composed, it is
/// found.
#[test]
fn scenario_01_a_supported_case_has_attendance_and_takes_no_report() {
    let centre = Centre::new();
    let case = centre.case("parry");
    let listed = centre.json("efa", &format!("record list --case {case}"));
    let kinds = listed.as_array().unwrap().iter();
    let kinds: Vec<&Value> = kinds.map(|one| &one["kind"]).collect();
    assert_eq!(kinds, ["attendance"; 3]);

    let report = example(&centre, "contact-report", |_| {});
    let add = |case: &str, kind: &str, from: &str| {
        format!("--json record add --case {case} --kind {kind} --from {from}")
    };
    let refused = centre.run("efa", &add(&case, "contact-report", &report));
    assert_eq!(refused.fails(1).error()["code"], "kind-not-for-case");
    // The same form by the same supervisor in a supervised case, and what a supported case does take.
    let supervised = centre.case("al-haddad");
    centre
        .run("efa", &add(&supervised, "contact-report", &report))
        .ok();
    let attendance = example(&centre, "attendance", |_| {});
    centre
        .run("efa", &add(&case, "attendance", &attendance))
        .ok();

    let composed = found(&centre, "efa", "'T\u{177}-Coch'");
    // Her case, four sessions, and she herself.
    assert_eq!(composed.len(), 1 + 4 + 1, "{composed:?}");
    for words in [
        "'Ty\u{302}-Coch'",
        "ty coch",
        "'TY\u{302} COCH'",
        "gwenllian",
    ] {
        let also = found(&centre, "efa", words);
        assert!(also.iter().all(|one| composed.contains(one)), "{words}");
        assert!(also.len() >= 4, "{words}: {also:?}");
    }
    assert_eq!(found(&centre, "efa", "'Tŷ-Goch'"), [""; 0]);
    // Nobody finds a family whose case is not theirs.
    assert_eq!(found(&centre, "harpreet", "'Tŷ-Coch'"), [""; 0]);
}

/// The order names who may have the reports, and so does every report; a grandmother asked for a copy and got none.
#[test]
fn scenario_02_a_court_s_order_says_who_may_have_its_reports() {
    let centre = Centre::new();
    let order = centre.record("court-order-okonkwo-bell.json");
    let order = centre.json("harpreet", &format!("record show {order}"));
    let named = &order["fields"]["recipients"];
    for part in [
        "The Family Court",
        "Cafcass",
        "for Ms Bell",
        "for Mr Okonkwo",
    ] {
        let part = |one: &Value| one.as_str().unwrap().contains(part);
        assert!(named.as_array().unwrap().iter().any(part), "{named}");
    }
    assert_eq!(named.as_array().unwrap().len(), 4);
    assert_eq!(
        order["subjects"][0]["id"],
        json!(centre.person("amara")),
        "{order}"
    );
    let reports = centre.json("harpreet", "find amara --kind contact-report");
    assert_eq!(ids(&reports).len(), 4);
    for report in ids(&reports) {
        let shown = centre.json("harpreet", &format!("record show {report}"));
        assert_eq!(&shown["fields"]["order_recipients"], named, "{report}");
    }
    // Who asked, and was told that it is the court's, is found by what the report says, and is named by none.
    let asked = centre.json("harpreet", "find grace copy --text --kind contact-report");
    assert_eq!(ids(&asked), [centre.record("okonkwo-bell-4.json")]);
    assert!(!named.to_string().contains("Grace"), "{named}");
    assert_eq!(found(&centre, "efa", "amara"), [""; 0]);
}

/// Where somebody lives who must not be found stands in one record, for two roles and a purpose, and nowhere else
/// that those on the case can look.
#[test]
fn scenario_03_an_undisclosed_address_stands_in_one_place() {
    const PLACES: [&str; 3] = ["Invented-on-Severn", "Ysgol y Bont", "above the chemist"];
    let centre = Centre::new();
    let address = centre.record("undisclosed-address-layla.json");
    let show = format!("record show {address}");
    assert_eq!(refused_by(&centre, "moira", &show), "purpose-missing");
    let with_purpose = format!("{show} --purpose 'planning arrivals'");
    let shown = centre.run("moira", &with_purpose).ok().stdout;
    assert!(PLACES.iter().all(|place| shown.contains(place)), "{shown}");
    let history = centre.run("moira", &format!("record history {address}"));
    assert!(history.ok().stdout.contains("Revealed to: moira."));
    for taken in [
        format!("record export {address} --age a.age --purpose x"),
        format!("record print {address} --pdf a.pdf --purpose x"),
    ] {
        assert_eq!(refused_by(&centre, "moira", &taken), "not-exportable");
    }
    // It does not exist for those who work on the case, also under her name.
    for who in ["efa", "priya"] {
        unknown(centre.run(who, &with_purpose));
        assert_eq!(found(&centre, who, "undisclosed"), [""; 0], "{who}");
    }
    // The record, and she herself.
    assert_eq!(found(&centre, "moira", "'ليلى'").len(), 2);

    let case = centre.case("al-haddad");
    let seen = centre.run("efa", &format!("case show {case}")).ok().stdout;
    let records = centre.json("efa", &format!("record list --case {case}"));
    assert_eq!(ids(&records).len(), 3);
    let each = ids(&records).into_iter();
    let each = each.map(|id| centre.run("efa", &format!("record show {id}")).ok().stdout);
    let all: String = std::iter::once(seen.clone()).chain(each).collect();
    assert!(PLACES.iter().all(|place| !all.contains(place)), "{all}");
    // What a child said that gives it away is there, and its report was returned for it.
    assert!(all.contains("the nursery by the canal"), "{all}");
    let report = centre.record("al-haddad-2.json");
    let report = centre.json("efa", &format!("record show {report}"));
    assert_eq!(report["check"]["state"], "returned");
    assert!(
        report["check"]["note"]
            .as_str()
            .unwrap()
            .contains("gives away")
    );
    // Her number is kept from the father: where he stands too it is left out; his own is there.
    assert!(seen.contains("07700 900 733"), "{seen}");
    assert!(!seen.contains("07700 900 461"), "{seen}");
    assert!(
        seen.contains("ALERT: ليلى الحدّاد: Undisclosed address"),
        "{seen}"
    );
    let layla = centre.person("layla");
    let hers = centre.json("efa", &format!("person show {layla}"));
    let contacts = hers["contacts"].to_string();
    assert!(contacts.contains("07700 900 461"), "{hers}");
    assert!(contacts.contains(&centre.person("sami")), "{hers}");
    assert_eq!(hers["romanised"], "Layla al-Haddad");
    // Nobody else's case, nobody else's person.
    unknown(centre.run("harpreet", &format!("person show {layla}")));
}

/// A boy of fourteen has an address of his own, which is not his mother's.
#[test]
fn scenario_07_an_older_child_is_reached_by_himself() {
    let centre = Centre::new();
    let show = |key| centre.json("priya", &format!("person show {}", centre.person(key)));
    let (own, mother) = (show("sion-wyn"), show("delyth"));
    assert_eq!(own["born"], "2012-03-01");
    assert_eq!(own["contacts"][0]["value"], "sionwyn@post.example");
    assert!(!mother.to_string().contains("sionwyn@"), "{mother}");
    assert_eq!(mother["responsibility"][0]["child"], own["id"]);
    for words in ["sion wyn", "'SIO\u{302}N-WYN'", "'Si\u{f4}n-Wyn'"] {
        let found = centre.json("priya", &format!("find {words}"));
        let report = centre.record("morgan.json");
        assert_eq!(ids(&papers(&found)), [report], "{words}");
        assert!(ids(&found).contains(&centre.person("sion-wyn")), "{words}");
    }
    let looked = centre.json(
        "priya",
        &format!("person looked {}", centre.person("sion-wyn")),
    );
    assert!(looked.to_string().contains("show-person"), "{looked}");
}

/// A name in another script is found in either.
#[test]
fn scenario_08_a_mother_s_name_is_found_in_both_scripts() {
    let centre = Centre::new();
    let report = centre.record("kovalenko.json");
    let case = centre.case("kovalenko");
    for words in ["коваленко", "KOVALENKO", "'Коваленко Данило'", "danylo kov"]
    {
        let records = ids(&centre.json("moira", &format!("find {words}")));
        assert!(records.contains(&report), "{words}: {records:?}");
    }
    let cases = ids(&centre.json("moira", "find kovalenko --kind case"));
    assert_eq!(cases, [case]);
    let olena = centre.json("moira", &format!("person show {}", centre.person("olena")));
    assert_eq!(
        (&olena["name"], &olena["romanised"]),
        (&json!("Олена Коваленко"), &json!("Olena Kovalenko"))
    );
    assert_eq!(found(&centre, "moira", "коваль"), [""; 0]);
}

/// Two girls of nearly one name stay two; their father is found under the name he had.
#[test]
fn scenario_17_half_sisters_of_nearly_one_name_are_told_apart() {
    let centre = Centre::new();
    let (mia, mya) = (centre.person("mia"), centre.person("mya"));
    let shown = centre.json("moira", &format!("person show {mia}"));
    assert_eq!(shown["compared"][0]["id"], json!(mya));
    assert_eq!(shown["compared"][0]["same"], false);
    let back = centre.json("moira", &format!("person show {mya}"));
    assert_eq!(back["compared"][0]["id"], json!(mia));
    assert_eq!(
        (&shown["born"], &back["born"]),
        (&json!("2020-02-11"), &json!("2020-11-27"))
    );
    // A third of one's very name is told of, and is not taken for either.
    let third = centre.json("moira", "person add --name 'MIA ADEYEMI CLARKE'");
    assert_eq!(third["namesakes"], json!([mia]));
    let all = ids(&centre.json("moira", "person list"));
    for one in [&mia, &mya, &third["id"].as_str().unwrap().to_owned()] {
        assert!(all.contains(one));
    }
    // A statement about them needs a reason, and is not for those who only work on the case.
    let told = format!("person same --not {mia} {mya} --reason x");
    centre.run("harpreet", &told).fails(3);

    let yusuf = centre.json(
        "harpreet",
        &format!("person show {}", centre.person("yusuf")),
    );
    assert_eq!(yusuf["former"], json!(["محمد عثمان", "Muhammad Usman"]));
    let report = centre.record("adeyemi-clarke.json");
    for words in ["'محمد عثمان'", "USMAN", "yusuf", "mya adeyemi"] {
        let found = centre.json("harpreet", &format!("find {words}"));
        assert_eq!(ids(&papers(&found)), [report.as_str()], "{words}");
    }
    let found = titles(&centre.json("harpreet", "find maya adeyemi"));
    assert_eq!(found, [""; 0]);
    // Whoever opens the report is told first that there are two.
    let read = centre.json("harpreet", &format!("record show {report}"));
    assert!(read["alerts"].to_string().contains("Two half-sisters"));
    let about: Vec<&Value> = read["subjects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["id"])
        .collect();
    assert!(about.contains(&&json!(mia)) && about.contains(&&json!(mya)));
}
