//! `strongroom export --all`: everything a person may open, as standard age files that others open.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::cli_centre::Centre;
use crate::common::have;

/// An age identity of somebody outside, and its recipient, made by age itself.
fn successor(centre: &Centre) -> String {
    let made = Command::new("age-keygen").output().unwrap();
    let text = String::from_utf8(made.stdout).unwrap();
    centre.place.write("successor.txt", &text);
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("# public key: "));
    line.unwrap().to_owned()
}

fn opened(centre: &Centre, file: &str) -> Vec<u8> {
    let mut age = Command::new("age");
    age.args(["-d", "-i"])
        .arg(centre.place.path("successor.txt"));
    let output = age.arg(centre.place.path(file)).output().unwrap();
    assert!(
        output.status.success(),
        "{file}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

fn export(centre: &Centre, who: &str, to: &str) -> Value {
    let line = format!("export --all --to {to} --out handover --purpose handover");
    centre.json(who, &line)
}

#[test]
fn whatever_somebody_may_open_comes_out_and_nothing_else() {
    if !have("age", "--version") || !have("age-keygen", "--version") {
        return;
    }
    let centre = Centre::new();
    let to = successor(&centre);
    let said = export(&centre, "moira", &to);
    let manifest: Value =
        serde_json::from_slice(&opened(&centre, "handover/manifest.age")).unwrap();
    let records = manifest["records"].as_array().unwrap();
    assert_eq!(
        records.len(),
        usize::try_from(said["exported"].as_u64().unwrap()).unwrap()
    );
    let shown = centre.json("moira", "record list");
    let left_out = manifest["left_out"].as_array().unwrap().len();
    assert_eq!(records.len() + left_out, shown.as_array().unwrap().len());
    assert!(records.len() > 3, "{manifest}");
    for record in records {
        let tar = opened(
            &centre,
            &format!("handover/{}", record["file"].as_str().unwrap()),
        );
        assert!(tar.starts_with(b"record.json\0"));
        let id = record["id"].as_str().unwrap().as_bytes();
        assert!(tar.windows(id.len()).any(|part| part == id));
        // Each is an entry of its own about that record.
        let history = centre.json(
            "moira",
            &format!("record history {}", record["id"].as_str().unwrap()),
        );
        assert!(history.to_string().contains("export"), "{history}");
    }
    // What the asker may not know of is not there by name either.
    let hidden = centre.record("allegation-harpreet.json");
    let names = fs::read_dir(centre.place.path("handover")).unwrap();
    assert!(
        names
            .map(|one| one.unwrap().file_name())
            .all(|name| !name.to_string_lossy().contains(&hidden))
    );
    assert!(!manifest.to_string().contains(&hidden));
    // Where somebody lives who must not be found is named, and stays.
    assert_eq!(left_out, 1);
    let address = centre.record("undisclosed-address-layla.json");
    assert!(manifest["left_out"].to_string().contains(&address));
    // So is and does what the law keeps with those it was shown to.
    let line = format!("export --all --to {to} --out of-gethin --purpose handover");
    let said = centre.json("gethin", &line);
    let certificate = centre.record("dbs-certificate-siqi.json");
    let kept: Vec<&Value> = said["left_out"].as_array().unwrap().iter().collect();
    assert!(
        kept.iter().any(|one| one["id"] == certificate.as_str()),
        "{said}"
    );
    let manifest = opened(&centre, "of-gethin/manifest.age");
    assert!(String::from_utf8(manifest).unwrap().contains("left_out"));
}

#[test]
fn it_goes_on_where_it_stopped_and_mixes_nothing() {
    if !have("age-keygen", "--version") {
        return;
    }
    let centre = Centre::new();
    let to = successor(&centre);
    let said = export(&centre, "moira", &to);
    let whole = said["exported"].as_u64().unwrap();
    let size = || {
        centre.anybody("--json audit verify").ok().json()["size"]
            .as_u64()
            .unwrap()
    };
    let one = fs::read_dir(centre.place.path("handover")).unwrap();
    let one = one
        .map(|one| one.unwrap().path())
        .find(|path| path.to_string_lossy().contains("/r_"));
    fs::remove_file(one.unwrap()).unwrap();
    let before = size();
    let again = export(&centre, "moira", &to);
    assert_eq!(again["exported"], whole);
    assert_eq!(again["already"], whole - 1);
    // Those that were there are not exported again; those that may not leave were asked for again.
    let asked = again["left_out"].as_array().unwrap().len() as u64;
    assert!(
        size() - before < whole + asked + 8,
        "{} entries",
        size() - before
    );
    let other = successor(&centre);
    let line = format!("export --all --to {other} --out handover");
    let refused = centre
        .run("moira", &format!("--json {line}"))
        .fails(1)
        .error();
    assert_eq!(refused["code"], "exists");
    centre.place.write("mine/letter.txt", "mine");
    centre
        .run("moira", &format!("export --all --to {to} --out mine"))
        .fails(1);
    centre
        .run("moira", "export --all --to nobody --out none")
        .fails(1);
    centre.run("moira", "export --out none").fails(2);
    assert!(centre.place.path("mine/letter.txt").exists());
}
