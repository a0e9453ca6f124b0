//! `strongroom grant`, `proposal` and `vault two-person`.

use serde_json::Value;
use serde_json::json;

use crate::cli_centre::Centre;
use crate::cli_run::keys;

fn owned(who: &'static str, line: impl Into<String>) -> (&'static str, String) {
    (who, line.into())
}

/// A centre with an assessor, and a safeguarding lead whose passphrase is her own.
fn centre() -> Centre {
    let centre = Centre::new();
    let words = "a passphrase of my own\n";
    centre.place.write("own", words);
    centre
        .run("rhiannon", "user passphrase --new-passphrase-file own")
        .ok();
    centre.place.write("centre.signin/rhiannon", words);
    centre
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap()
}

/// The one of this id in a list.
fn of_id<'v>(list: &'v Value, id: &str) -> &'v Value {
    let mut all = list.as_array().unwrap().iter();
    all.find(|one| one["id"] == id).unwrap()
}

#[test]
fn grants_for_people() {
    let centre = centre();
    let one = centre.record("okonkwo-bell-1.json");
    let case = centre.case("okonkwo-bell");
    let add = format!("grant add --to ipek --record {one} --purpose 'accreditation visit'");
    let waiting = centre.json("moira", &format!("{add} --until +2d"));
    let (grant, proposal) = (text(&waiting, "id"), text(&waiting, "proposal"));
    insta::assert_snapshot!(
        "grants",
        centre.transcript(&[
            owned("moira", format!("{add} --until +2d")),
            owned("moira", format!("{add} --until yesterday")),
            owned("moira", format!("{add} --until 2026-11-01")),
            owned(
                "moira",
                format!("grant add --to ipek --case {case} --record {one} --purpose x --until +2d")
            ),
            owned("moira", "grant add --to ipek --purpose x --until +2d"),
            owned(
                "moira",
                format!("grant add --to nobody --case {case} --purpose x --until +2d")
            ),
            owned(
                "moira",
                format!("grant add --to ipek --case {case} --purpose '' --until +2d")
            ),
            owned("harpreet", format!("{add} --until +2d")),
            owned("ipek", "grant list"),
            owned("moira", format!("proposal approve {proposal}")),
            owned("moira", format!("proposal refuse {proposal} --reason no")),
            owned("gethin", format!("proposal approve {proposal}")),
            owned("ipek", format!("proposal show {proposal}")),
            owned("harpreet", format!("proposal show {proposal}")),
            owned("rhiannon", "proposal list"),
            owned("rhiannon", format!("proposal show {proposal}")),
            owned("rhiannon", format!("proposal approve {proposal}")),
            owned("rhiannon", format!("proposal approve {proposal}")),
            owned("rhiannon", format!("proposal show {proposal}")),
            owned("ipek", "grant list"),
            owned("ipek", "record list"),
            owned("ipek", format!("--quiet record show {one}")),
            owned("ipek", "case list"),
            owned(
                "ipek",
                format!("grant statement {grant} --out closing.json")
            ),
            owned(
                "ipek",
                format!("grant statement {grant} --out closing.json")
            ),
            owned("ipek", format!("grant revoke {grant}")),
            owned("ipek", format!("grant revoke {grant}")),
            owned("ipek", format!("record show {one}")),
            owned("moira", "grant list"),
            owned("moira", "grant revoke g_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
        ])
    );
}

#[test]
fn grants_for_scripts() {
    let centre = centre();
    let one = centre.record("okonkwo-bell-1.json");
    let case = centre.case("okonkwo-bell");
    let add = format!("grant add --to ipek --case {case} --purpose visit --until 2026-11-12");
    let waiting = centre.json("moira", &add);
    assert_eq!(
        keys(&waiting),
        [
            "by",
            "ended_at",
            "from",
            "id",
            "proposal",
            "purpose",
            "revoked_by",
            "scope",
            "state",
            "to",
            "until"
        ]
    );
    assert_eq!(waiting["state"], "waiting");
    assert_eq!(waiting["scope"], json!({ "case": case }));
    assert_eq!(waiting["until"], "2026-11-12T23:59:59.999Z");
    let proposal = text(&waiting, "proposal");
    let shown = centre.json("rhiannon", &format!("proposal show {proposal}"));
    assert_eq!(shown["act"], "grant");
    assert_eq!(shown["state"], "waiting");
    assert_eq!(shown["by"], "moira");
    assert_eq!(
        shown["eligible"],
        json!(["farhana", "idris", "priya", "rhiannon", "soren"])
    );
    assert_eq!(shown["expires"], "2026-11-12T23:59:59.999Z");
    let approved = centre.json("rhiannon", &format!("proposal approve {proposal}"));
    assert_eq!(approved["state"], "approved");
    assert_eq!(approved["single"], false);
    let read = centre.json("ipek", &format!("record show {one}"));
    assert_eq!(read["id"], one.as_str());
    let out = "statement.json";
    let grant = text(&waiting, "id");
    let stated = centre.json("moira", &format!("grant statement {grant} --out {out}"));
    assert_eq!(keys(&stated), ["entries", "id", "opened", "out"]);
    assert_eq!(stated["opened"], 1);
    // It ends with nobody signed in: the next thing anybody does finds it ended.
    let listed = centre.json("moira", "--at 2026-11-13 grant list");
    assert_eq!(of_id(&listed, grant)["state"], "ended");
    let over = centre
        .run("ipek", &format!("--json record show {one}"))
        .fails(3);
    assert_eq!(over.error()["rule"], "grant-over");
    let mine = centre.json("ipek", "grant list");
    // The demo's own two beside it.
    assert_eq!(mine.as_array().unwrap().len(), 3);
    assert_eq!(of_id(&mine, grant), of_id(&listed, grant));
}

#[test]
fn how_many_people_an_act_needs() {
    let centre = centre();
    let asked = centre.json("moira", "vault two-person single");
    assert_eq!(asked["act"], "change-two-person");
    assert_eq!(asked["state"], "waiting");
    let proposal = text(&asked, "id");
    insta::assert_snapshot!(
        "two_person",
        centre.transcript(&[
            owned("moira", "vault two-person single"),
            owned("moira", "vault two-person none"),
            owned("harpreet", "vault two-person single"),
            owned("moira", "proposal list"),
            owned(
                "rhiannon",
                format!("proposal refuse {proposal} --reason 'we are two'")
            ),
            owned("moira", format!("proposal show {proposal}")),
            owned("moira", format!("proposal withdraw {proposal}")),
            owned("rhiannon", "proposal withdraw p_aaaaaaaaaaaaaaaaaaaaaaaaaa"),
            owned("moira", "vault two-person required"),
            owned("efa", "proposal list"),
        ])
    );
}

/// Two programs say yes in the same moment: one is told it was done, the other that it was done already or
/// that the vault is in use.
#[test]
fn two_programs_approve_at_once() {
    let centre = centre();
    let words = "another passphrase of my own\n";
    centre.place.write("own", words);
    centre
        .run("priya", "user passphrase --new-passphrase-file own")
        .ok();
    centre.place.write("centre.signin/priya", words);
    let asked = centre.json("moira", "vault two-person single");
    let line = format!("--json proposal approve {}", text(&asked, "id"));
    let codes: Vec<i32> = std::thread::scope(|scope| {
        let centre = &centre;
        let line = &line;
        let run = |who: &'static str| scope.spawn(move || centre.run(who, line).code);
        let running = ["rhiannon", "priya"].map(run);
        running.map(|one| one.join().unwrap()).into()
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
