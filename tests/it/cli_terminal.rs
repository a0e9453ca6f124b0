//! What is different at a terminal: questions, short ids, wrapped tables, colours, bars.

use std::process::Command;
use std::process::Stdio;

use crate::cli_centre::Centre;
use crate::common::have;

/// Runs a shell line on a terminal of its own, 80 columns wide, typing `typed`.
fn at_terminal(centre: &Centre, line: &str, typed: &str) -> (String, bool) {
    use std::io::Write as _;
    let program = env!("CARGO_BIN_EXE_strongroom");
    let line = format!(
        "stty cols 80 rows 24; {}",
        line.replace("strongroom", program)
    );
    let mut child = Command::new("script")
        .args([
            "--quiet",
            "--return",
            "--echo",
            "never",
            "--command",
            &line,
            "/dev/null",
        ])
        .current_dir(centre.place.path(""))
        .env("STRONGROOM_STATE", centre.place.path("state"))
        .env("TERM", "xterm")
        .env_remove("NO_COLOR")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for answer in typed.split_inclusive('\n') {
        // A terminal throws away what was typed before echo was turned off.
        std::thread::sleep(std::time::Duration::from_millis(1500));
        stdin.write_all(answer.as_bytes()).unwrap();
    }
    let output = child.wait_with_output().unwrap();
    drop(stdin);
    let text = String::from_utf8(output.stdout).unwrap().replace('\r', "");
    (text, output.status.success())
}

#[test]
fn who_and_the_passphrase_are_asked_and_not_echoed() {
    if !have("script", "--version") {
        return;
    }
    let centre = Centre::new();
    let passphrase = std::fs::read_to_string(centre.place.path("centre.signin/harpreet")).unwrap();
    let (text, fine) = at_terminal(
        &centre,
        "strongroom --vault centre case list",
        &format!("harpreet\n{passphrase}"),
    );
    assert!(fine, "{text}");
    assert!(text.contains("Your handle: "), "{text}");
    assert!(text.contains("Passphrase of harpreet: "), "{text}");
    assert!(
        !text.contains(passphrase.trim()),
        "the passphrase is not echoed: {text}"
    );
    assert!(text.contains("Okonkwo-Bell"), "{text}");
    assert!(
        text.contains("\u{1b}[1m"),
        "headings are bold on a terminal: {text:?}"
    );
}

#[test]
fn short_ids_are_shown_and_taken_and_tables_fit() {
    if !have("script", "--version") {
        return;
    }
    let centre = Centre::new();
    let sign_in = Centre::flags("harpreet");
    let report = centre.record("okonkwo-bell-1.json");
    let short = &report[..10];
    let (text, fine) = at_terminal(&centre, &format!("strongroom {sign_in} record list"), "");
    assert!(fine, "{text}");
    assert!(text.contains(short) && !text.contains(&report), "{text}");
    for line in text
        .replace("\u{1b}[1m", "")
        .replace("\u{1b}[0m", "")
        .lines()
    {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let line = format!("strongroom {sign_in} record show {short} --purpose reading");
    let (text, fine) = at_terminal(&centre, &line, "");
    assert!(fine && text.contains(&report), "{text}");
    let line = format!("strongroom {sign_in} record show r_aaaaaaaa");
    let (text, fine) = at_terminal(&centre, &line, "");
    assert!(
        !fine && text.contains("no such record, or not yours to open"),
        "{text}"
    );
    let line = format!("{sign_in} record show {short}");
    centre.place.run(&line).fails(3);
}

#[test]
fn nothing_is_asked_where_that_is_not_wanted() {
    if !have("script", "--version") {
        return;
    }
    let centre = Centre::new();
    let line = "strongroom --vault centre --no-input case list";
    let (text, fine) = at_terminal(&centre, line, "");
    assert!(!fine && text.contains("who you are was not said"), "{text}");
    let line = "strongroom --vault centre --no-input --as moira case list";
    let (text, fine) = at_terminal(&centre, line, "");
    assert!(
        !fine && text.contains("the passphrase of `moira` is needed"),
        "{text}"
    );
}

/// A form is asked for field by field, looked at, and filed; what is mistyped is asked again.
#[test]
fn a_record_s_fields_are_asked_for() {
    if !have("script", "--version") {
        return;
    }
    let centre = Centre::new();
    let line = format!(
        "strongroom {} record add --kind compliment",
        Centre::flags("moira")
    );
    let answers = [
        "yesterday",
        "?",
        "1/11/2026",
        "Hannah Bell",
        "",
        "2",
        "",
        "Thank you for the garden room.",
        "The children ask for it.",
        "",
        "9",
        "2",
        "yes",
        "y",
    ];
    let typed = answers.join("\n") + "\n";
    let (text, fine) = at_terminal(&centre, &line, &typed);
    assert!(fine, "{text}");
    for words in [
        "Received must be a date",
        "for example: ",
        "2 By card or letter",
        "May be used must be one of the numbers",
        "File this? (y/n)",
        "Filed: r_",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let list = centre.json("moira", "record list");
    let mut list = list.as_array().unwrap().iter();
    let filed = list.find(|one| one["kind"] == "compliment").unwrap();
    let shown = centre.json(
        "moira",
        &format!("record show {}", filed["id"].as_str().unwrap()),
    );
    assert_eq!(shown["fields"]["received"], "2026-11-01");
    assert_eq!(shown["fields"]["channel"], "card");
    assert_eq!(
        shown["fields"]["text"],
        "Thank you for the garden room.\nThe children ask for it."
    );
    // Nobody there to answer: what is missing is named, and nothing is filed.
    let error = centre
        .run("moira", "--json record add --kind compliment")
        .fails(2)
        .error();
    assert!(
        error["message"].as_str().unwrap().contains("form"),
        "{error}"
    );
}
