//! A founding that fails leaves nothing behind.

use std::fs;
use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Read as _;
use std::process::Stdio;

use crate::cli_run::Place;

const INIT: &str = "init a/vault --centre Riverside --admin ada --passphrase-file pass \
    --trustee Owen --trustee Mei --shares a/shares";

/// A place with a passphrase and an empty folder for the keys.
fn place() -> Place {
    let place = Place::new();
    place.write("pass", "a passphrase of my own\n");
    fs::create_dir_all(place.path("a/vault.keys")).unwrap();
    place
}

fn nothing_is_left(place: &Place) {
    let names = |name: &str| {
        let entries = fs::read_dir(place.path(name)).unwrap();
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort_unstable();
        names
    };
    assert_eq!(names("a"), ["vault.keys"]);
    assert_eq!(names("a/vault.keys"), [""; 0]);
    place.run(INIT).ok();
    assert_eq!(names("a"), ["shares", "vault", "vault.keys"], "the control");
}

#[test]
fn on_a_disk_that_is_full_in_the_middle() {
    let place = place();
    // The keys fit, the journal does not.
    let program = env!("CARGO_BIN_EXE_strongroom");
    let script = format!("trap '' XFSZ; ulimit -f 16; exec {program} --json {INIT}");
    let mut shell = place.program_named("sh");
    let output = shell.args(["-c", &script]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(r#""code":"file""#), "{said}");
    nothing_is_left(&place);
}

#[test]
fn with_shares_that_cannot_be_written() {
    let place = place();
    let mut child = place.program();
    child.args(INIT.split_whitespace()).stdout(Stdio::piped());
    let mut child = child.stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    assert!(line.contains("Making keys"), "{line}");
    // The folder is made before this line, and written to some seconds after it.
    fs::remove_dir(place.path("a/shares")).unwrap();
    said.read_to_string(&mut line).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{line}");
    assert!(line.contains("nothing was made"), "{line}");
    nothing_is_left(&place);
}

#[test]
fn shares_do_not_lie_where_a_copy_takes_them_along() {
    let place = place();
    for shares in ["a/vault", "a/vault/shares", "./a/vault.keys/shares"] {
        let line = INIT.replace("a/shares", shares);
        let said = place.run(&format!("--json {line}")).fails(1);
        assert_eq!(said.error()["code"], "shares");
    }
    nothing_is_left(&place);
}
