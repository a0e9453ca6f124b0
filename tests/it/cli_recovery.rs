//! `strongroom recovery`: new shares, and a new key for the trustees; and that the second reader, which shares no
//! code with us, then opens with the new shares what it opened with the old.

use std::fs;

use crate::cli_centre::Centre;
use crate::cli_run::Said;
use crate::common::have;

const OLD: &str = "--share centre.shares/Farhana_Akter-Soren_odegard.age";
const SHEETS: &str =
    "--sheet centre.shares/Farhana_Akter.txt --sheet centre.shares/Soren_odegard.txt";

/// What two trustees get out of a share, in a file of this name.
fn peeled(centre: &Centre, dir: &str, pair: [&str; 2], name: &str) {
    let share = fs::read(
        centre
            .place
            .path(format!("{dir}/{}-{}.age", pair[0], pair[1])),
    )
    .unwrap();
    let words = pair.map(|who| {
        let sheet = fs::read_to_string(centre.place.path(format!("{dir}/{who}.txt"))).unwrap();
        strongroom::sealing::words_on(&sheet)
    });
    let opened = strongroom::sealing::Recovered::open(&share, &words[0], &words[1]).unwrap();
    centre.place.write(name, opened.recovery.to_text().expose());
}

/// The second reader's answer: its exit code, and its last line or what is wrong.
fn read_with(centre: &Centre, identity: &str) -> (i32, String) {
    let script = std::env::current_dir()
        .unwrap()
        .join("docs/recover/recover.py");
    let output = centre
        .place
        .program_named("python3")
        .env("PATH", std::env::var_os("PATH").unwrap())
        .arg("-B")
        .arg(script)
        .args(["list", "centre", "--keys", "centre.keys", "--identity"])
        .arg(identity)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let last = said.lines().last().unwrap_or_default().to_owned();
    (output.status.code().unwrap(), last)
}

fn everybody_signs_in(centre: &Centre) {
    for entry in fs::read_dir(centre.place.path("centre.signin")).unwrap() {
        let who = entry.unwrap().file_name().into_string().unwrap();
        drop(centre.run(&who, "errands"));
    }
}

fn rotate(centre: &Centre, who: &str, rest: &str) -> Said {
    centre.run(who, &format!("recovery rotate {rest}"))
}

#[test]
fn a_new_key_reaches_everything_and_the_old_one_is_over() {
    let centre = Centre::new();
    peeled(
        &centre,
        "centre.shares",
        ["Farhana_Akter", "Soren_odegard"],
        "old.txt",
    );
    let to = "--trustee Farhana --trustee Mei --to new";
    let said = rotate(&centre, "moira", &format!("{OLD} {SHEETS} {to}")).ok();
    insta::assert_snapshot!("recovery_rotate", centre.place.redacted(&said.stdout));
    peeled(&centre, "new", ["Farhana", "Mei"], "new.txt");
    let waiting = centre.json("priya", "errands").to_string();
    assert!(waiting.contains("recovery"), "{waiting}");
    everybody_signs_in(&centre);
    let waiting = centre.json("priya", "errands").to_string();
    assert!(!waiting.contains("recovery"), "{waiting}");
    let checked = centre.json("priya", "access check");
    assert_eq!(checked["differences"].as_array().unwrap().len(), 0);
    if have("python3", "--version") && have("age", "--version") && have("openssl", "version") {
        let (code, said) = read_with(&centre, "new.txt");
        assert_eq!((code, said.as_str()), (0, "32 of 32 records opened"));
        let (code, said) = read_with(&centre, "old.txt");
        assert_eq!(code, 4);
        assert!(said.contains("older set"), "{said}");
    }
    // The old shares are of no use for anything here, and say so.
    let again = rotate(
        &centre,
        "moira",
        &format!("{OLD} {SHEETS} --trustee A --trustee B --to more"),
    );
    let again = again.fails(1);
    assert!(again.stderr.contains("older set"), "{}", again.stderr);
    assert!(!centre.place.path("more").exists());
    // The new ones make further shares of the same key.
    let more = "--share new/Farhana-Mei.age --sheet new/Farhana.txt --sheet new/Mei.txt";
    let line = format!("recovery shares {more} --trustee Owen --trustee Mei --to more");
    let said = centre.run("farhana", &line).ok();
    insta::assert_snapshot!("recovery_shares", centre.place.redacted(&said.stdout));
    peeled(&centre, "more", ["Owen", "Mei"], "more.txt");
    let key = |name: &str| fs::read(centre.place.path(name)).unwrap();
    assert_eq!(key("more.txt"), key("new.txt"));
    assert_ne!(key("old.txt"), key("new.txt"));
}

#[test]
fn mistakes_change_nothing_and_leave_nothing() {
    let centre = Centre::new();
    let to = "--trustee Farhana --trustee Mei --to new";
    let swapped = "--sheet centre.shares/Soren_odegard.txt --sheet centre.shares/Farhana_Akter.txt";
    let not_one = "--share centre.shares/Soren_odegard.txt";
    centre.place.write("opened.txt", "AGE-SECRET-KEY-1\n");
    centre.place.write("full/file", "");
    let lines = [
        format!("{OLD} {swapped} {to}"),
        format!("{OLD} --sheet centre.shares/Soren_odegard.txt {to}"),
        format!("{OLD} {to} --no-input"),
        format!("{not_one} {SHEETS} {to}"),
        format!("--share nothing.age {SHEETS} {to}"),
        format!("--opened opened.txt {to}"),
        format!("{OLD} {SHEETS} --trustee Farhana --to new"),
        format!("{OLD} {SHEETS} --trustee A=age1x --trustee B --to new"),
        format!("{OLD} {SHEETS} --trustee A --trustee B --to full"),
        format!("{OLD} {SHEETS} --to new"),
        "--trustee A --trustee B --to new".to_owned(),
    ];
    let mut text = String::new();
    for line in lines {
        let said = rotate(&centre, "moira", &line);
        assert_ne!(said.code, 0);
        said.write_to(&mut text);
        assert!(!centre.place.path("new").exists(), "{line}");
    }
    for who in ["harpreet", "rhiannon"] {
        for verb in ["rotate", "shares"] {
            let line = format!("recovery {verb} {OLD} {SHEETS} {to}");
            centre.run(who, &line).fails(3).write_to(&mut text);
            assert!(!centre.place.path("new").exists());
        }
    }
    insta::assert_snapshot!("recovery_mistakes", centre.place.redacted(&text));
}

#[test]
fn trustees_with_keys_of_their_own_give_what_age_took_out() {
    let centre = Centre::new();
    let share = fs::read(
        centre
            .place
            .path("centre.shares/Farhana_Akter-Soren_odegard.age"),
    );
    let words = ["Farhana_Akter", "Soren_odegard"].map(|who| {
        let sheet = fs::read_to_string(centre.place.path(format!("centre.shares/{who}.txt")));
        strongroom::sealing::words_on(&sheet.unwrap())
    });
    let max = strongroom::sealing::WorkFactor::MAX;
    let open = strongroom::sealing::open_with_passphrase;
    let inner = open(&share.unwrap(), &words[0], max).unwrap();
    let text = open(inner.expose(), &words[1], max).unwrap();
    centre.place.write("opened.txt", text.expose());
    let recipient = strongroom::sealing::HybridIdentity::generate()
        .recipient()
        .to_string();
    let to = format!("--trustee Farhana={recipient} --trustee Mei --to new");
    rotate(&centre, "idris", &format!("--opened opened.txt {to}")).ok();
    let sheet = fs::read_to_string(centre.place.path("new/Farhana.txt")).unwrap();
    assert!(sheet.contains(&recipient[..23]), "{sheet}");
}
