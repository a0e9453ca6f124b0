//! `strongroom record` and `strongroom import`.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use crate::cli_centre::Centre;

fn owned(who: &'static str, line: impl Into<String>) -> (&'static str, String) {
    (who, line.into())
}

/// Writes the example of a kind as a form.
fn example(centre: &Centre, kind: &str, name: &str) {
    let json = centre
        .place
        .run(&format!("kind template {kind} --json"))
        .ok()
        .stdout;
    centre.place.write(name, json);
}

#[test]
fn filing_for_people() {
    let centre = Centre::new();
    let case = centre.case("okonkwo-bell");
    let supported = centre.case("parry");
    example(&centre, "contact-report", "form.json");
    centre
        .place
        .write("bad.json", r#"{"venue": 1, "narative": "x"}"#);
    centre
        .place
        .write("broken.json", "{\"venue\": \"a\"\n\"b\"}");
    centre.place.write("binary.json", [0xff, 0xfe]);
    centre.place.write("note.txt", "hello");
    centre.place.write("fake.pdf", "hello");
    centre.place.write("run.exe", "MZ");
    fs::create_dir(centre.place.path("folder.txt")).unwrap();
    let add = format!("record add --case {case} --kind contact-report");
    insta::assert_snapshot!("filing", centre.transcript(&[
        owned("tomos", format!("{add} --from form.json --attach note.txt --attach fake.pdf")),
        owned("tomos", format!("--quiet {add} --from form.json")),
        owned("tomos", format!("{add} --from bad.json")),
        owned("tomos", format!("{add} --from broken.json")),
        owned("tomos", format!("{add} --from binary.json")),
        owned("tomos", format!("{add} --from none.json")),
        owned("tomos", format!("{add} --from .")),
        owned("tomos", format!("{add} --from form.json --attach run.exe")),
        owned("tomos", format!("{add} --from form.json --attach none.txt")),
        owned("tomos", format!("{add} --from form.json --attach folder.txt")),
        owned("tomos", format!("{add} --from form.json --attach note.txt --attach note.txt")),
        owned("tomos", "record add --kind contact-report --from form.json"),
        owned("tomos", format!("record add --case {case} --kind contact-reprt --from form.json")),
        owned("efa", format!("record add --case {supported} --kind contact-report --from form.json")),
        owned("efa", format!("{add} --from form.json")),
        owned("tomos", "record add --case c_aaaaaaaaaaaaaaaaaaaaaaaaaa --kind contact-report --from form.json"),
        owned("tomos", format!("{add} --from form.json --about nobody")),
    ]));
}

#[test]
fn a_form_from_standard_input_and_the_record_for_scripts() {
    let centre = Centre::new();
    let case = centre.case("okonkwo-bell");
    let form = centre
        .place
        .run("kind template contact-report --json")
        .ok()
        .stdout;
    centre.place.write("note.txt", "hello");
    centre.place.write("fake.pdf", "hello");
    let line = format!(
        "{} --json record add --case {case} --kind contact-report --from - --attach note.txt --attach fake.pdf",
        Centre::flags("harpreet")
    );
    let filed = centre.place.run_with(&line, &[], &form).ok().json();
    assert_eq!(filed["warnings"].as_array().unwrap().len(), 1);
    let id = filed["id"].as_str().unwrap();

    let shown = centre.json("harpreet", &format!("record show {id}"));
    assert_eq!(
        shown["fields"],
        serde_json::from_str::<serde_json::Value>(&form).unwrap()
    );
    assert_eq!(shown["attachments"][0]["name"], "note.txt");
    assert_eq!(shown["attachments"][0]["bytes"], 5);
    assert_eq!(
        shown["attachments"][0]["sha256"],
        "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    );
    assert_eq!(
        (&shown["id"], &shown["case"]),
        (&filed["id"], &serde_json::json!(case))
    );
    assert_eq!(
        (shown["version"].as_u64(), shown["kind"].as_str()),
        (Some(1), Some("contact-report"))
    );
    assert_eq!(shown["author"], "harpreet");
    let keys = [
        "attachments",
        "case",
        "fields",
        "id",
        "kind",
        "receipt",
        "state",
        "version",
    ];
    assert!(keys.iter().all(|key| shown.get(key).is_some()), "{shown}");

    let listed = centre.json("harpreet", &format!("record list --case {case}"));
    let listed = listed
        .as_array()
        .unwrap()
        .iter()
        .find(|each| each["id"] == id)
        .unwrap();
    for hidden in ["receipt", "bytes", "filed_at", "attachments"] {
        assert!(listed.get(hidden).is_none(), "a list carries no {hidden}");
    }
}

#[test]
fn reading_and_taking_out() {
    let centre = Centre::new();
    let report = centre.record("okonkwo-bell-2.json");
    let certificate = centre.record("dbs-certificate-siqi.json");
    centre.place.write("there.jpg", "");
    let take = format!("record attachment {report} 'Llun Amara, y tŷ.jpg'");
    insta::assert_snapshot!(
        "reading",
        centre.transcript(&[
            owned("harpreet", "record list"),
            owned("tomos", "record list"),
            owned("harpreet", format!("{take} --out there.jpg")),
            owned(
                "harpreet",
                format!("record attachment {report} none.jpg --out x.jpg")
            ),
            owned("harpreet", format!("{take} --out no/such/folder.jpg")),
            owned("harpreet", format!("{take} --out drawing.jpg")),
            owned("harpreet", format!("--json {take} --out -")),
            owned("gethin", format!("record show {certificate}")),
            owned(
                "gethin",
                format!("record export {certificate} --age c.age --purpose keeping")
            ),
            owned("efa", format!("record show {report}")),
        ])
    );
    let drawing = fs::read(centre.place.path("drawing.jpg")).unwrap();
    assert_eq!(
        drawing,
        include_bytes!("../../src/cli/demo/attachments/drawing.jpg")
    );
    let mode = fs::metadata(centre.place.path("drawing.jpg"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(fs::read(centre.place.path("there.jpg")).unwrap(), b"");
    assert!(!centre.place.path("c.age").exists() && !centre.place.path("c.age.part").exists());
}

#[test]
fn correcting_keeps_the_original() {
    let centre = Centre::new();
    let report = centre.record("okonkwo-bell-4.json");
    example(&centre, "contact-report", "form.json");
    centre.place.write("bad.json", "{}");
    let amend = format!("record amend {report}");
    insta::assert_snapshot!(
        "correcting",
        centre.transcript(&[
            owned(
                "harpreet",
                format!("{amend} --from form.json --reason 'Wrong times'")
            ),
            owned("harpreet", format!("{amend} --from form.json --reason ' '")),
            owned(
                "harpreet",
                format!("{amend} --from bad.json --reason 'Nothing in it'")
            ),
            owned(
                "tomos",
                format!("{amend} --from form.json --reason 'Mine now'")
            ),
            owned("harpreet", format!("record show {report} --version 3")),
            owned("harpreet", format!("record history {report}")),
        ])
    );
    let first = centre.json("harpreet", &format!("record show {report} --version 1"));
    let second = centre.json("harpreet", &format!("record show {report}"));
    assert_ne!(first["fields"], second["fields"], "the original stays");
    assert_eq!(second["version"], 2);
    assert_eq!(second["reason"], "Wrong times");
}

#[test]
fn hidden_and_unknown_cannot_be_told_apart() {
    let centre = Centre::new();
    let hidden = centre.record("complaint-coordinator.json");
    let unknown = "r_aaaaaaaaaaaaaaaaaaaaaaaaaa";
    for line in [
        "record show ID",
        "record show ID --version 7",
        "record history ID",
        "record attachment ID x.pdf --out x.pdf",
        "record export ID --age x.age",
        "--json record show ID",
        "--json record history ID",
    ] {
        let answers: Vec<(String, i32)> = [&hidden, unknown, "r_nonsense", "nonsense"]
            .map(|id| centre.run("moira", &line.replace("ID", id)).fails(3))
            .map(|said| (said.stderr, said.code))
            .into();
        assert!(
            answers.iter().all(|answer| *answer == answers[0]),
            "{line}: {answers:#?}"
        );
        let text = if line.starts_with("--json") {
            r#"{"error":{"code":"unknown","message":"no such record, or not yours to open"}}"#
        } else {
            "error: no such record, or not yours to open"
        };
        assert_eq!(answers[0].0.trim_end(), text, "{line}");
    }
    let listed = centre.json("moira", "record list").to_string();
    assert!(!listed.contains(&hidden));
}

#[test]
fn an_export_is_an_age_file_of_a_tar() {
    let centre = Centre::new();
    let report = centre.record("okonkwo-bell-1.json");
    let identity = strongroom::sealing::HybridIdentity::generate();
    let line = format!(
        "record export {report} --age report.age --to {}",
        identity.recipient()
    );
    centre.run("harpreet", &line).ok();
    let file = fs::File::open(centre.place.path("report.age")).unwrap();
    let decryptor = age::Decryptor::new(file).unwrap();
    let plain = decryptor
        .decrypt(std::iter::once(&identity as &dyn age::Identity))
        .unwrap();
    let mut names: Vec<String> = tar::Archive::new(plain)
        .entries()
        .unwrap()
        .map(|entry| entry.unwrap().path().unwrap().display().to_string())
        .collect();
    names.sort();
    assert!(names.contains(&"record.json".to_owned()), "{names:?}");
    assert!(names.contains(&"proof.txt".to_owned()), "{names:?}");
    assert!(
        names
            .iter()
            .any(|name| name.ends_with("Order of 9 September 2026.pdf")),
        "{names:?}"
    );
    let bad = centre
        .run(
            "harpreet",
            &format!("record export {report} --age bad.age --to me"),
        )
        .fails(1);
    assert!(bad.stderr.contains("age1"), "{}", bad.stderr);
    assert!(!centre.place.path("bad.age").exists());
    centre
        .run(
            "harpreet",
            &format!("--json record export {report} --age own.age"),
        )
        .ok()
        .json();
}

#[test]
fn importing_is_all_or_nothing_about_mistakes() {
    let centre = Centre::new();
    let case = centre.case("okonkwo-bell");
    example(&centre, "contact-report", "good/b.json");
    example(&centre, "contact-report", "good/a.json");
    example(&centre, "contact-report", "mixed/a.json");
    centre.place.write("good/readme.txt", "not a form");
    centre
        .place
        .write("mixed/b.toml", "venue = \"Garden room\"\n");
    centre.place.write("mixed/c.json", "{");
    fs::create_dir(centre.place.path("empty")).unwrap();
    let to = format!("--case {case} --kind contact-report");
    insta::assert_snapshot!(
        "import",
        centre.transcript(&[
            owned("moira", format!("import good {to}")),
            owned("moira", format!("import mixed {to}")),
            owned("moira", format!("import empty {to}")),
            owned("moira", format!("import none {to}")),
            owned("moira", format!("import good --case {case} --kind nothing")),
            owned("tomos", format!("import good {to}")),
        ])
    );
    let filed = centre.json("moira", &format!("import good {to}"));
    let names: Vec<&str> = filed
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["file"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["a.json", "b.json"]);
    let listed = centre.json("moira", &format!("record list --case {case}"));
    // Four reports and the order, and two twice.
    assert_eq!(listed.as_array().unwrap().len(), 5 + 2 + 2);
}
