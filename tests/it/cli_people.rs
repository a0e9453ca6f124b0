//! `strongroom user` and `strongroom case`.

use crate::cli_centre::Centre;
use crate::cli_run::keys;

fn owned(who: &'static str, line: impl Into<String>) -> (&'static str, String) {
    (who, line.into())
}

#[test]
fn users_for_people() {
    let centre = Centre::new();
    centre.place.write("new", "a passphrase of my own\n");
    centre.place.write("weak", "password\n");
    insta::assert_snapshot!("users", centre.transcript(&[
        owned("moira", "user list"),
        owned("moira", "user show siqi"),
        owned("moira", "user show nobody"),
        owned("moira", "user show u_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
        owned("tomos", "user list"),
        owned("moira", "user add nia --name 'Nia Bevan' --role staff --reports-to moira --new-passphrase-file new"),
        owned("moira", "user show nia"),
        owned("moira", "user add nia --role staff --new-passphrase-file new"),
        owned("moira", "user add 'Nia B' --role staff --new-passphrase-file new"),
        owned("moira", "user add bob --role staff --reports-to nobody --new-passphrase-file new"),
        owned("moira", "user add bob --role staff --new-passphrase-file weak"),
        owned("moira", "user add bob --role staff --new-passphrase-file none"),
        owned("tomos", "user add bob --role staff --new-passphrase-file new"),
        owned("moira", "user suspend tomos"),
        owned("tomos", "case list"),
        owned("moira", "user resume tomos"),
        owned("moira", "--quiet user resume tomos"),
        owned("tomos", "case list"),
    ]));
}

#[test]
fn further_roles_and_leaving_for_people() {
    let centre = Centre::new();
    let lines = [
        ("moira", "team add coordinator tomos"),
        ("moira", "team add coordinator tomos"),
        ("moira", "team add coordinator moira"),
        ("moira", "team add assessor tomos"),
        ("moira", "team add chair tomos"),
        ("moira", "user show tomos"),
        ("tomos", "team remove coordinator moira"),
        ("tomos", "user list"),
        ("moira", "team remove coordinator tomos"),
        ("tomos", "user list"),
        ("tomos", "team add coordinator tomos"),
        ("moira", "user leave moira"),
        ("moira", "user leave tomos"),
        ("tomos", "case list"),
        ("moira", "user resume tomos"),
        ("moira", "user leave tomos"),
        ("moira", "user show tomos"),
        ("tomos", "user leave moira"),
    ];
    let lines = lines.map(|(who, line)| owned(who, line));
    insta::assert_snapshot!("further_roles", centre.transcript(&lines));
    let added = centre.json("moira", "team add staff siqi");
    assert_eq!(added["also"], serde_json::json!(["staff"]));
    let removed = centre.json("moira", "team remove staff siqi");
    assert_eq!(removed["also"], serde_json::json!([]));
    assert_eq!(
        centre.run("moira", "--quiet user leave siqi").ok().stdout,
        ""
    );
    assert_eq!(centre.json("moira", "user show siqi")["state"], "left");
}

#[test]
fn a_first_passphrase_is_shown_once_and_its_person_sets_their_own() {
    let centre = Centre::new();
    let added = centre.json("moira", "user add nia --name 'Nia Bevan' --role staff");
    assert_eq!(added["state"], "unclaimed");
    assert_eq!(added["name"], "Nia Bevan");
    let words = added["passphrase"].as_str().unwrap();
    assert_eq!(words.split(['-', ' ']).count(), 5);
    assert!(
        centre
            .json("moira", "user show nia")
            .get("passphrase")
            .is_none()
    );

    centre.place.write("centre.signin/nia", words);
    centre.place.write("own", "a passphrase of my own\n");
    let changed = centre.json("nia", "user passphrase --new-passphrase-file own");
    assert_eq!(changed, serde_json::json!({ "changed": true }));
    let old = centre.run("nia", "--json case list").fails(3);
    assert_eq!(old.error()["code"], "wrong-passphrase");
    centre
        .place
        .write("centre.signin/nia", "a passphrase of my own");
    assert_eq!(centre.json("nia", "case list"), serde_json::json!([]));
    assert_eq!(centre.json("moira", "user show nia")["state"], "active");

    let given = centre.json("nia", "user passphrase");
    centre
        .place
        .write("centre.signin/nia", given["passphrase"].as_str().unwrap());
    centre.run("nia", "case list").ok();
}

#[test]
fn whoever_is_invited_makes_their_own_account() {
    let centre = Centre::new();
    centre.place.write("own", "a passphrase of my own\n");
    let invited = centre.json("moira", "user invite nia --name 'Nia Bevan' --role staff");
    assert_eq!(keys(&invited), ["code", "expires", "handle", "id", "role"]);
    let code = invited["code"].as_str().unwrap();
    let enrol = format!("user enrol {code} --new-passphrase-file own");
    let made = centre.anybody(&format!("--json {enrol}")).ok().json();
    assert_eq!(
        (&made["id"], &made["handle"]),
        (&invited["id"], &invited["handle"])
    );
    assert_eq!(
        (&made["name"], &made["state"]),
        (&"Nia Bevan".into(), &"active".into())
    );
    assert!(made.get("passphrase").is_none(), "it came from a file");
    centre
        .place
        .write("centre.signin/nia", "a passphrase of my own");
    centre.run("nia", "case list").ok();
    // Without a file, and nobody to ask, the words are made and shown once.
    let invited = centre.json("moira", "user invite bob --role volunteer");
    let code = invited["code"]
        .as_str()
        .unwrap()
        .to_uppercase()
        .replace('-', " ");
    let made = centre
        .anybody(&format!("--json user enrol '{code}'"))
        .ok()
        .json();
    centre
        .place
        .write("centre.signin/bob", made["passphrase"].as_str().unwrap());
    centre.run("bob", "case list").ok();
    // A code is used up, by whoever and however it is tried.
    let mut said = centre.anybody(&enrol);
    said.line = "[as nobody] user enrol CODE --new-passphrase-file own".to_owned();
    let mut text = String::new();
    said.write_to(&mut text);
    let lines = [
        ("", "user enrol aaaa-aaaa"),
        ("", "user enrol --new-passphrase-file own"),
        ("tomos", "user invite zoe --role staff"),
        ("moira", "user invite nia --role staff"),
        ("moira", "user invite 'Zoe B' --role staff"),
    ];
    text.push_str(&centre.transcript(&lines.map(|(who, line)| owned(who, line))));
    insta::assert_snapshot!("invited", centre.place.redacted(&text));
}

#[test]
fn a_lost_passphrase_is_made_good_by_two_people() {
    let centre = Centre::new();
    centre
        .place
        .write("first", "first words, told on the phone\n");
    centre
        .place
        .write("own", "a passphrase of rhiannon's own\n");
    centre
        .run("rhiannon", "user passphrase --new-passphrase-file own")
        .ok();
    centre
        .place
        .write("centre.signin/rhiannon", "a passphrase of rhiannon's own");
    let waits = centre.json("moira", "user reissue harpreet --new-passphrase-file first");
    assert_eq!(
        (&waits["act"], &waits["state"]),
        (&"reissue-user".into(), &"waiting".into())
    );
    assert!(waits.get("passphrase").is_none(), "it came from a file");
    let p = waits["id"].as_str().unwrap().to_owned();
    let lines = [
        owned("moira", "user reissue harpreet --new-passphrase-file first"),
        owned("moira", "user reissue moira --new-passphrase-file first"),
        owned("moira", "user reissue nobody --new-passphrase-file first"),
        owned("tomos", "user reissue moira --new-passphrase-file first"),
        owned("moira", format!("proposal show {p}")),
        owned("moira", format!("proposal approve {p}")),
        owned("harpreet", "case list"),
        owned("rhiannon", format!("proposal approve {p}")),
        owned("harpreet", "case list"),
    ];
    let mut text = centre.transcript(&lines);
    centre
        .place
        .write("centre.signin/harpreet", "first words, told on the phone");
    let lines = [
        owned("moira", "user show harpreet"),
        owned("harpreet", "case list"),
        owned("harpreet", "user passphrase --new-passphrase-file own"),
    ];
    text.push_str(&centre.transcript(&lines));
    insta::assert_snapshot!("reissued", text);
    let waits = centre.json("moira", "user reissue tomos");
    assert_eq!(
        waits["passphrase"]
            .as_str()
            .unwrap()
            .split(['-', ' '])
            .count(),
        5
    );
}

#[test]
fn one_code_in_two_processes_makes_one_account() {
    let centre = Centre::new();
    centre.place.write("own", "a passphrase of my own\n");
    let invited = centre.json("moira", "user invite nia --role staff");
    let enrol = format!(
        "user enrol {} --new-passphrase-file own",
        invited["code"].as_str().unwrap()
    );
    let codes: Vec<i32> = std::thread::scope(|scope| {
        let run = || centre.anybody(&enrol).code;
        let both = [scope.spawn(run), scope.spawn(run)];
        both.map(|each| each.join().unwrap()).into()
    });
    assert_eq!(
        codes.iter().filter(|code| **code == 0).count(),
        1,
        "{codes:?}"
    );
    assert!(
        codes.iter().all(|code| [0, 1, 5].contains(code)),
        "{codes:?}"
    );
}

#[test]
fn cases_for_people() {
    let centre = Centre::new();
    let case = centre.case("okonkwo-bell");
    let closed = centre.case("morgan");
    insta::assert_snapshot!(
        "cases",
        centre.transcript(&[
            owned("harpreet", "case list"),
            owned("harpreet", format!("case show {case}")),
            owned("efa", format!("case show {case}")),
            owned("efa", "case show c_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
            owned("efa", "case show nonsense"),
            owned(
                "moira",
                "case open --title 'Beddoe, Saturdays' --service handover"
            ),
            owned("moira", "--quiet case open --title Later --service virtual"),
            owned("moira", "case open --title '' --service virtual"),
            owned("tomos", "case open --title Mine --service virtual"),
            owned("moira", format!("case team add {case} efa")),
            owned("moira", format!("case team add {case} efa")),
            owned("efa", format!("case show {case}")),
            owned("moira", format!("case team remove {case} efa")),
            owned("efa", format!("case show {case}")),
            owned("moira", format!("case team remove {case} efa")),
            owned("moira", format!("case team add {case} nobody")),
            owned("moira", format!("case close {case}")),
            owned("moira", format!("case close {case}")),
            owned("moira", format!("case reopen {closed}")),
            owned("harpreet", format!("case close {case}")),
        ])
    );
}

#[test]
fn cases_for_scripts() {
    let centre = Centre::new();
    let opened = centre.json("moira", "case open --title 'Beddoe' --service indirect");
    assert_eq!(
        keys(&opened),
        [
            "closed_at",
            "conflicts",
            "id",
            "opened_at",
            "people",
            "rekey_pending",
            "service",
            "sessions_without_report",
            "state",
            "team",
            "title"
        ]
    );
    let id = opened["id"].as_str().unwrap();
    assert!(id.starts_with("c_"));
    assert_eq!(opened["closed_at"], serde_json::Value::Null);
    let changed = centre.json("moira", &format!("case team add {id} harpreet"));
    assert_eq!(changed["team"], serde_json::json!(["harpreet"]));
    let closed = centre.json("moira", &format!("case close {id}"));
    assert_eq!(closed["state"], "closed");
    assert!(closed["closed_at"].as_str().unwrap().ends_with('Z'));
    let list = centre.json("harpreet", "case list");
    assert!(list.as_array().unwrap().iter().any(|case| case["id"] == id));
}
