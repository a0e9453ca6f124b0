//! The kinds that come with the program: each has its place, its retention rule and its looks, and no committed
//! version is ever altered.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::json;
use sha2::Digest as _;
use strongroom::records::Coverage;
use strongroom::records::Form;
use strongroom::records::Kind;
use strongroom::records::Kinds;
use strongroom::records::classes;
use strongroom::records::coverage;
use strongroom::records::words::Place;
use strongroom::records::words::Reader;
use strongroom::records::words::Service;

use crate::common::files_under;

const FOLDER: &str = "src/records/kinds";
const VERSIONS: &str = "tests/golden/kind-versions.tsv";

fn coverage_of(text: &str) -> Vec<String> {
    let coverage = Coverage::read(text).unwrap();
    coverage.faults(Kinds::builtin(), classes::all())
}

/// The coverage files with one passage replaced.
fn planted(from: &str, to: &str) -> Vec<String> {
    let text = coverage::FILES.concat();
    assert!(text.contains(from), "{from}");
    coverage_of(&text.replacen(from, to, 1))
}

/// From one row's beginning to the next one's.
fn row(name: &str) -> String {
    let text = coverage::FILES.concat();
    let head = format!("[[row]]\nname = \"{name}\"\n");
    let from = text.find(&head).unwrap();
    let length = text[from + 1..].find("[[row]]").unwrap() + 1;
    text[from..from + length].to_owned()
}

#[test]
fn every_row_of_the_list_has_its_place() {
    assert_eq!(Kinds::check_builtin(), Vec::<String>::new());
    let coverage = Coverage::builtin().unwrap();
    assert_eq!(coverage.rows().len(), coverage::ROWS.len());
}

#[test]
fn a_row_without_a_place_is_named() {
    let gone = planted(&row("Attendance"), "");
    let wanted = [
        "nothing says what keeps `Attendance`",
        "no row is kept by the kind attendance",
    ];
    assert_eq!(gone, wanted);
    let twice = planted(&row("SAR"), &row("SAR").repeat(2));
    assert_eq!(twice, ["what keeps `SAR` is said twice"]);
    let renamed = planted("name = \"Breach\"", "name = \"Breaches\"");
    let wanted = [
        "nothing says what keeps `Breach`",
        "`Breaches` is no row of the list",
    ];
    assert_eq!(renamed, wanted);
    let unheld = planted("\"hazards.likelihood ", "\"hazards.chance ");
    let wanted = "`Risk assessment` has its likelihood in hazards.chance, which is no field";
    assert_eq!(unheld, [wanted]);
    let nowhere = planted("kinds = [\"training\"]", "kinds = []");
    assert!(
        nowhere.contains(&"no row is kept by the kind training".to_owned()),
        "{nowhere:?}"
    );
    let unknown = planted(
        "kinds = [\"training\"]",
        "kinds = [\"training\", \"drill\"]",
    );
    assert_eq!(unknown, ["drill, which keeps something, is no kind"]);
    let unexplained = planted("step = 9\n", "");
    let wanted = "`SAR` has no form, and nothing says why or when it comes";
    assert_eq!(unexplained, [wanted]);
    assert!(Coverage::read("[[row]]\nnmae = \"Case\"").is_err());
}

#[test]
fn a_retention_rule_that_nothing_falls_under_is_named() {
    let text = coverage::FILES.concat();
    let unused = planted("number = \"26\"", "number = \"21\"");
    let wanted = [
        "retention rule 21 is said to have no kind, and has one",
        "nothing falls under retention rule 26, Lone-working check-in log",
    ];
    assert_eq!(unused, wanted);
    let mut short = classes::all().to_vec();
    let gone = short.remove(25);
    assert_eq!(gone.rule, "26");
    assert_eq!(classes::faults(&short), ["retention rule 26 is missing"]);
    let faults = Coverage::read(&text)
        .unwrap()
        .faults(Kinds::builtin(), &short);
    assert_eq!(faults, ["retention rule 26 is not there, or empty"]);
}

/// Name, version and digest of every kind's file.
fn committed() -> BTreeMap<(String, u32), String> {
    let mut found = BTreeMap::new();
    for path in files_under(FOLDER) {
        let text = fs::read_to_string(&path).unwrap();
        let kind = Kind::parse(&text).unwrap();
        let digest = strongroom::bytes::hex(&sha2::Sha256::digest(&text));
        let built_in = Kinds::builtin().find_version(&kind.name, kind.version);
        assert_eq!(
            built_in,
            Some(&kind),
            "{} is not in the list",
            path.display()
        );
        let newest = Kinds::builtin().find(&kind.name).unwrap().version == kind.version;
        let name = if newest {
            format!("{FOLDER}/{}.toml", kind.name)
        } else {
            format!("{FOLDER}/history/{}-{}.toml", kind.name, kind.version)
        };
        assert_eq!(path, Path::new(&name));
        found.insert((kind.name, kind.version), digest);
    }
    found
}

/// Records keep the version they were filed under, so a version that was committed is never altered: a change
/// raises the version, and the former file goes to `history`. `UPDATE_GOLDEN=1` adds versions and alters none.
#[test]
fn no_committed_version_of_a_kind_is_altered() {
    let now = committed();
    let kept = fs::read_to_string(VERSIONS).unwrap_or_default();
    let mut known = BTreeMap::new();
    for line in kept.lines() {
        let [name, version, digest] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("three columns: {line}");
        };
        let version: u32 = version.parse().unwrap();
        let key = (name.to_owned(), version);
        assert_eq!(
            now.get(&key).map(String::as_str),
            Some(digest),
            "version {version} of {name} was altered or removed: raise `version` and keep the former file as \
             {FOLDER}/history/{name}-{version}.toml"
        );
        known.insert(key, digest.to_owned());
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some_and(|value| value == "1") {
        let mut text = String::new();
        for ((name, version), digest) in &now {
            writeln!(text, "{name}\t{version}\t{digest}").unwrap();
        }
        fs::write(VERSIONS, text).unwrap();
        return;
    }
    let new: Vec<_> = now.keys().filter(|key| !known.contains_key(*key)).collect();
    assert!(new.is_empty(), "add these with UPDATE_GOLDEN=1: {new:?}");
    for name in now.keys().map(|(name, _)| name) {
        let versions: Vec<u32> = now
            .keys()
            .filter(|(of, _)| of == name)
            .map(|(_, v)| *v)
            .collect();
        assert!(
            versions.iter().copied().eq((1..).take(versions.len())),
            "{name}: {versions:?}"
        );
    }
}

#[test]
fn what_was_filed_under_a_former_version_stays_readable() {
    let kinds = Kinds::builtin();
    let former = kinds.find_version("dbs-check", 1).unwrap();
    let form = former.check(&former.template_json()).unwrap();
    let stored = Form::from_stored("dbs-check", 1, form.to_json()).unwrap();
    assert_eq!(kinds.of(&stored), Some(former));
    assert!(former.render(&stored, 80).contains("Certificate number"));
    // The newest takes it as it stands, so that it can be corrected; what is new is how long it is kept.
    let newest = kinds.find("dbs-check").unwrap();
    assert!(newest.version > former.version);
    let mut declined = form.to_json();
    declined["decision"] = json!("not-engaged");
    let form = newest.check(&declined).unwrap();
    assert_eq!(former.facts(&form, None).class, "15");
    assert_eq!(newest.facts(&form, None).class, "18");
}

/// Whoever holds a case's key can open what is sealed to the case, so that a kind with fewer readers needs a
/// place of its own; and what names a worker as its subject must be able to hide from them.
#[test]
fn a_kind_s_place_fits_its_readers() {
    let of_case = [
        Reader::CaseTeam,
        Reader::Coordinator,
        Reader::SafeguardingLead,
        Reader::DataProtectionLead,
    ];
    for kind in Kinds::builtin().iter() {
        match kind.place {
            Place::Case => {
                assert_eq!(kind.readers, of_case, "{}", kind.name);
                assert_eq!(kind.people.about, None, "{}", kind.name);
            }
            Place::Own => assert_ne!(kind.readers, of_case, "{}", kind.name),
        }
    }
}

#[test]
fn supported_contact_has_attendance_and_no_reports() {
    let find = |name: &str| Kinds::builtin().find(name).unwrap();
    assert!(!find("contact-report").takes(Service::Supported));
    let attendance = find("attendance");
    assert!(attendance.takes(Service::Supported));
    let leaves = attendance.leaves(Service::Supported).unwrap();
    assert!(
        leaves
            .iter()
            .all(|path| !path.contains("reason") && !path.contains("remark"))
    );
    let form = attendance.check(&attendance.template_json()).unwrap();
    let class = |service| attendance.facts(&form, Some(service)).class;
    assert_eq!(
        (class(Service::Supported), class(Service::Community)),
        ("1".into(), "2".into())
    );
}

/// What an answer means for how long the record is kept.
#[test]
fn answers_decide_how_long_a_record_is_kept() {
    let table = [
        ("referral", "decision", "accepted", "2"),
        ("referral", "decision", "refused", "3"),
        ("risk-assessment", "of", "family", "2"),
        ("risk-assessment", "of", "venue", "25"),
        ("incident", "hurt", "nobody", "24"),
        ("incident", "hurt", "adult", "22"),
        ("incident", "hurt", "child", "23"),
        ("safeguarding-concern", "nature", "neglect", "5"),
        ("safeguarding-concern", "nature", "sexual-abuse", "6"),
        ("recruitment", "outcome", "not-appointed", "18"),
        ("recruitment", "outcome", "appointed-staff", "19"),
        ("recruitment", "outcome", "appointed-volunteer", "20"),
        ("reference", "person_is", "applicant", "18"),
        ("personnel", "engagement", "volunteer", "20"),
        ("processing-entry", "sort", "policy-document", "36"),
        ("processing-entry", "sort", "impact-assessment", "37"),
    ];
    for (name, field, code, class) in table {
        let kind = Kinds::builtin().find(name).unwrap();
        let mut form = kind.template_json();
        form[field] = json!(code);
        if code == "nobody" {
            form["injury"] = json!(null);
        }
        let form = kind.check(&form).unwrap();
        assert_eq!(kind.facts(&form, None).class, class, "{name}, {code}");
    }
}

#[test]
fn the_first_contact_is_on_another_day_than_the_visit() {
    let kind = Kinds::builtin().find("pre-visit").unwrap();
    let mut form = kind.template_json();
    form["first_contact"] = form["visit_date"].clone();
    let problems = kind.check(&form).unwrap_err().to_string();
    assert!(
        problems.starts_with("first_contact: must not be the same day as visit_date"),
        "{problems}"
    );
}

/// A form as people meet it: what it asks, the example to fill in, the card, the page.
#[test]
fn every_kind_looks_like_this() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("snapshots/kinds");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| {
        for kind in Kinds::builtin().iter() {
            let form = kind.check(&kind.template_json()).unwrap();
            let card = serde_json::to_string_pretty(&kind.card(&form)).unwrap();
            let (asks, page) = (kind.describe(100), kind.render(&form, 100));
            let template = kind.template_toml();
            let text = format!(
                "{asks}\n---- template\n{template}\n---- card\n{card}\n\n---- page\n{page}"
            );
            insta::assert_snapshot!(kind.name.as_str(), text);
        }
    });
}

/// Phrases are put into sentences: a hint continues a line and ends without a full stop.
#[test]
fn words_are_written_alike() {
    fn check(kind: &Kind, fields: &[strongroom::records::field::Field]) {
        for field in fields {
            let place = format!("{}, {}", kind.name, field.name);
            let begins = field.hint.chars().next().unwrap();
            assert!(begins.is_uppercase(), "{place}: {}", field.hint);
            assert!(!field.hint.ends_with('.'), "{place}: {}", field.hint);
            assert!(
                field.label.chars().count() <= 40,
                "{place}: {}",
                field.label
            );
            check(kind, &field.fields);
        }
    }
    for kind in Kinds::builtin().iter() {
        for whole in [&kind.summary, &kind.hint] {
            assert!(whole.ends_with('.'), "{}: {whole}", kind.name);
        }
        check(kind, &kind.fields);
        assert!(kind.fields.iter().any(|field| field.example().is_string()));
    }
}
