//! `strongroom find`.

use serde_json::json;

use crate::cli_centre::Centre;

fn by(who: &'static str, line: &str) -> (&'static str, String) {
    (who, line.to_owned())
}

#[test]
fn finding_for_people() {
    let centre = Centre::new();
    let case = centre.case("okonkwo-bell");
    insta::assert_snapshot!(
        "finding",
        centre.transcript(&[
            by("moira", "find ty coch"),
            by("moira", "find 'Tŷ-Coch'"),
            by("moira", "find WISNIEWSKA"),
            by("moira", "find коваленко --kind contact-report"),
            by("moira", "find kovalenko --kind case"),
            by("moira", "find 王思琪"),
            by("moira", "find contact --limit 2"),
            by(
                "moira",
                &format!("find amara --case {case} --until 2026-10-14")
            ),
            by("moira", "find xylophone"),
            by("moira", "find xylophone --text"),
            by("moira", "--quiet find xylophone"),
            by("tomos", "find contact"),
            by("farhana", "find complaint"),
            by("moira", "find complaint"),
            // Mistakes.
            by("moira", "find"),
            by("moira", "find ''"),
            by("moira", "find '?!' -- '-'"),
            by("moira", &format!("find{}", " a".repeat(65))),
            by("moira", "find mia --kind contact-reprt"),
            by("moira", "find mia --since tomorrow"),
            by("moira", "find mia --since 2026-11-02 --until 2026-11-01"),
            by("moira", "find mia --limit 0"),
            by("moira", "find mia --case c_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ])
    );
}

#[test]
fn finding_people_and_what_is_about_them() {
    let centre = Centre::new();
    let case = centre.case("okonkwo-bell");
    let add = |line: &str| {
        let added = centre.json("moira", &format!("person add {line}"));
        added["id"].as_str().unwrap().to_owned()
    };
    let line =
        "--name 'Олена Ткачук' --romanised 'Olena Tkachuk' --former Nowak --contact address=Refuge";
    let olena = add(line);
    let nobody_s = add("--name Nowak");
    let linked = format!("person link {olena} {case} --role parent");
    centre.run("moira", &linked).ok();
    insta::assert_snapshot!(
        "finding_people",
        centre.transcript(&[
            by("moira", "find tkachuk"),
            by("moira", "find nowak --kind person"),
            by("moira", &format!("find nowak --kind person --case {case}")),
            by("moira", "find refuge"),
            by("harpreet", "find nowak"),
            by("tomos", "find nowak"),
            by("moira", &format!("find contact --person {olena} --limit 2")),
            by("moira", &format!("find contact --person {nobody_s}")),
            by("harpreet", &format!("find contact --person {nobody_s}")),
            by(
                "harpreet",
                "find contact --person d_aaaaaaaaaaaaaaaaaaaaaaaaaa"
            ),
            by(
                "moira",
                &format!("find nowak --person {olena} --kind person")
            ),
        ])
    );
    let found = centre.json("moira", "find ткачук");
    assert_eq!(
        found,
        json!([{"id": olena, "kind": "person", "title": "Олена Ткачук"}])
    );
}

#[test]
fn finding_for_scripts() {
    let centre = Centre::new();
    let id = centre.case("parry");
    let found = centre.json("moira", "find ty coch --kind case");
    assert_eq!(
        found,
        json!([{"id": id, "kind": "case", "title": "Tŷ-Coch Parry"}])
    );
    let said = centre.run("moira", "--json find contact --limit 1").ok();
    assert_eq!(said.json().as_array().unwrap().len(), 1);
    assert_eq!(said.stderr, "");
    assert_eq!(centre.json("moira", "find xylophone"), json!([]));
    let long = format!("find {}", "a".repeat(1001));
    assert!(
        centre
            .run("moira", &long)
            .fails(1)
            .stderr
            .contains("too long")
    );
    let refused = centre.run("moira", "--json find ?").fails(1);
    assert_eq!(refused.stdout, "");
    assert!(
        refused
            .stderr
            .starts_with("{\"error\":{\"code\":\"search\""),
        "{}",
        refused.stderr
    );
}
