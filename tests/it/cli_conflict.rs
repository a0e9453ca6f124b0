//! `strongroom case conflict`, as people and scripts meet it.

use serde_json::json;

use crate::cli_centre::Centre;

#[test]
fn who_knows_a_family_for_people_and_scripts() {
    let centre = Centre::new();
    let case = centre.case("okonkwo-bell");
    let by = |who: &'static str, line: &str| (who, line.replace("CASE", &case));
    insta::assert_snapshot!(
        "conflict",
        centre.transcript(&[
            by(
                "harpreet",
                "case conflict CASE tomos --reason 'His neighbours'"
            ),
            by("harpreet", "case conflict CASE harpreet"),
            by("harpreet", "case conflict CASE harpreet --reason ' '"),
            by(
                "harpreet",
                "case conflict CASE harpreet --reason 'Her sister\u{202e} teaches the elder child'"
            ),
            by("harpreet", "case show CASE"),
            by("harpreet", "case list"),
            by("harpreet", "case conflict CASE harpreet --end --reason x"),
            by("moira", "case show CASE"),
            by("moira", "case team add CASE harpreet"),
            by("moira", "case conflict CASE harpreet --reason again"),
            by("moira", "case conflict CASE nobody --reason x"),
            by(
                "moira",
                "case conflict c_aaaaaaaaaaaaaaaaaaaaaaaaaa harpreet --reason x"
            ),
            by(
                "moira",
                "case conflict CASE harpreet --end --reason 'She was mistaken'"
            ),
            by("moira", "case show CASE"),
        ])
    );
    let said = centre.json(
        "moira",
        &format!("case conflict {case} harpreet --reason Again"),
    );
    assert_eq!(said, json!({"apart": true, "id": case, "user": "harpreet"}));
    let shown = centre.json("moira", &format!("case show {case}"));
    let words = shown["conflicts"].as_array().unwrap();
    assert_eq!(words.len(), 3);
    assert_eq!(words[2]["why"], json!("Again"));
    assert_eq!(
        (&words[1]["apart"], &words[2]["apart"]),
        (&json!(false), &json!(true))
    );
}
