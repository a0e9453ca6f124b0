//! What comes out of a vault, opened and checked by programs that share no code with it: Debian's age, tar
//! and openssl, the npm package age-encryption, and `docs/verify/verify.py`.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Output;

use serde_json::Value;

use crate::cli_run::Place;
use crate::common::files_under;
use crate::common::have;

const FORM: &str = r#"{"received": "2024-03-01", "channel": "letter", "complainant": "Aoife Kinsella",
    "relation": "parent", "words": "The room was cold.", "stage": "stage-1"}"#;
/// Not ASCII, and too long for the name field of a tar header.
const LONG: &str = "пояснювальна записка від бабусі про зустріч у середу, друга редакція.pdf";

/// A vault with a coordinator and a trustee, and one complaint in it with two attachments.
struct Vault {
    place: Place,
    /// The ledger's key, as `init` told it: not taken from what is checked with it.
    vkey: String,
    record: String,
}

impl Vault {
    fn new() -> Self {
        let place = Place::new();
        place.write("moira.pass", "a lantern over the wet harbour\n");
        place.write("tess.pass", "nine kettles under the wide stairs\n");
        place.write("form.json", FORM);
        place.write("plan.pdf", b"%PDF-1.7\nplan");
        place.write(LONG, long_attachment());
        let init = "init v --centre Riverside --admin moira --passphrase-file moira.pass --json";
        let made: Value = document(&place.run(init).ok().stdout);
        let mut vault = Self {
            place,
            vkey: text(&made["verification_key"]),
            record: String::new(),
        };
        vault.moira("user add tess --role trustee --new-passphrase-file tess.pass");
        let add = format!(
            "record add --kind complaint --from form.json --attach plan.pdf --attach '{LONG}'"
        );
        vault.record = text(&vault.moira(&add)["id"]);
        vault
    }

    fn signed_in(&self, user: &str, line: &str) -> String {
        let line = format!("--vault v --as {user} --passphrase-file {user}.pass {line}");
        self.place.run(&line).ok().stdout
    }

    fn moira(&self, line: &str) -> Value {
        document(&self.signed_in("moira", &format!("{line} --json")))
    }

    /// The record, sealed to this recipient.
    fn exported_to(&self, recipient: &str) -> PathBuf {
        let record = &self.record;
        self.moira(&format!(
            "record export {record} --age export.age --to {recipient}"
        ));
        self.place.path("export.age")
    }

    /// That this archive holds the record as it was filed, and a proof that it was exported.
    fn is_whole(&self, archive: &[u8]) {
        let tar = self.place.write("export.tar", archive);
        let out = self.place.path("out");
        fs::create_dir(&out).unwrap();
        let unpacked = Command::new("tar")
            .arg("-xf")
            .arg(&tar)
            .arg("-C")
            .arg(&out)
            .output();
        succeeds(&unpacked.unwrap());

        let files: Vec<String> = files_under(&out)
            .iter()
            .map(|file| below(file, &out))
            .collect();
        let long = format!("attachments/{LONG}");
        let plan = "attachments/plan.pdf".to_owned();
        let rest = ["manifest-1.json", "proof.txt", "record.json"].map(str::to_owned);
        assert_eq!(files, [&[plan, long][..], &rest[..]].concat());

        let record: Value = document(&fs::read_to_string(out.join("record.json")).unwrap());
        assert_eq!(record["id"], self.record.as_str());
        assert_eq!(record["fields"], document(FORM));
        assert_eq!(
            fs::read(out.join("attachments/plan.pdf")).unwrap(),
            b"%PDF-1.7\nplan"
        );
        assert!(fs::read(out.join("attachments").join(LONG)).unwrap() == long_attachment());
        let manifest: Value = document(&fs::read_to_string(out.join("manifest-1.json")).unwrap());
        assert!(manifest.to_string().contains(&self.record), "{manifest}");

        if have("python3", "--version") && have("openssl", "version") {
            let said = self.verify(&["proof", out.join("proof.txt").to_str().unwrap()], 0);
            assert!(said.contains(" export ok "), "{said}");
        }
    }

    /// The outside verifier's answer, which must be this one.
    fn verify(&self, arguments: &[&str], code: i32) -> String {
        let output = Command::new("python3")
            .args(["-B", "docs/verify/verify.py"])
            .args(arguments)
            .args(["--vkey", &self.vkey])
            .output()
            .unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(code), "{said}");
        said
    }
}

fn document(json: &str) -> Value {
    serde_json::from_str(json).unwrap()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

fn below(file: &Path, dir: &Path) -> String {
    file.strip_prefix(dir).unwrap().to_str().unwrap().to_owned()
}

/// Longer than a chunk, so that a stream of several is opened.
fn long_attachment() -> Vec<u8> {
    (0..300_000_u32)
        .map(|at| at.wrapping_mul(2_654_435_761).to_be_bytes()[0])
        .collect()
}

fn succeeds(output: &Output) -> &[u8] {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    &output.stdout
}

fn fails(output: &Output) {
    assert!(!output.status.success());
    assert!(output.stdout.is_empty());
}

fn age_opens(key: &Path, file: &Path) -> Output {
    Command::new("age")
        .arg("-d")
        .arg("-i")
        .args([key, file])
        .output()
        .unwrap()
}

/// A new key of Debian's age: its file, and its recipient.
fn age_key(place: &Place, name: &str) -> (PathBuf, String) {
    let key = place.path(name);
    succeeds(
        &Command::new("age-keygen")
            .arg("-o")
            .arg(&key)
            .output()
            .unwrap(),
    );
    let output = Command::new("age-keygen")
        .arg("-y")
        .arg(&key)
        .output()
        .unwrap();
    (
        key,
        String::from_utf8(succeeds(&output).to_vec())
            .unwrap()
            .trim()
            .to_owned(),
    )
}

#[test]
fn debians_age_and_tar_open_an_export() {
    if !have("age", "--version") || !have("age-keygen", "--version") || !have("tar", "--version") {
        return;
    }
    let vault = Vault::new();
    let (key, recipient) = age_key(&vault.place, "key");
    let export = vault.exported_to(&recipient);
    vault.is_whole(succeeds(&age_opens(&key, &export)));

    let (other, _) = age_key(&vault.place, "other");
    fails(&age_opens(&other, &export));
}

/// Whether the npm package can be used; where it must be there and is not, fails.
fn have_age_encryption() -> bool {
    let there = std::env::var_os("STRONGROOM_NODE_MODULES").is_some_and(|dir| {
        Path::new(&dir)
            .join("age-encryption/package.json")
            .is_file()
    });
    if there {
        return have("node", "--version");
    }
    assert!(
        std::env::var_os("STRONGROOM_REQUIRE_ALL").is_none_or(|v| v != "1"),
        "STRONGROOM_NODE_MODULES names no folder with age-encryption, and STRONGROOM_REQUIRE_ALL=1"
    );
    eprintln!("SKIPPED: STRONGROOM_NODE_MODULES names no folder with age-encryption");
    false
}

fn age_encryption(arguments: &[&Path]) -> Output {
    let script = Path::new("tests/interop/age-encryption.mjs");
    Command::new("node")
        .arg(script)
        .args(arguments)
        .output()
        .unwrap()
}

/// A new hybrid key of age-encryption: its file, and its recipient.
fn hybrid_key(place: &Place, name: &str) -> (PathBuf, String) {
    let output = age_encryption(&[Path::new("key")]);
    let lines = String::from_utf8(succeeds(&output).to_vec()).unwrap();
    let (identity, recipient) = lines.trim().split_once('\n').unwrap();
    assert!(recipient.starts_with("age1pq1"), "{recipient}");
    (place.write(name, identity), recipient.to_owned())
}

#[test]
fn another_implementation_opens_a_post_quantum_export() {
    if !have_age_encryption() || !have("tar", "--version") {
        return;
    }
    let vault = Vault::new();
    let (key, recipient) = hybrid_key(&vault.place, "key");
    let export = vault.exported_to(&recipient);
    let open = Path::new("open");
    vault.is_whole(succeeds(&age_encryption(&[open, &key, &export])));

    let (other, _) = hybrid_key(&vault.place, "other");
    fails(&age_encryption(&[open, &other, &export]));
}

/// A layer of a share, taken off with the passphrase on this sheet.
fn peel(sheet: &Path, file: &Path, out: &Path) -> Output {
    let script = Path::new("tests/interop/peel.py");
    let mut python = Command::new("python3");
    python
        .arg("-B")
        .arg(script)
        .args([sheet, file, out])
        .output()
        .unwrap()
}

#[test]
fn two_trustees_open_a_share_with_their_sheets_alone() {
    if !have("age", "--version")
        || !have("age-keygen", "--version")
        || !have("python3", "--version")
    {
        return;
    }
    let place = Place::new();
    place.write("pass", "a lantern over the wet harbour\n");
    let init = "init v --centre Riverside --admin moira --passphrase-file pass --shares shares \
        --trustee Ada --trustee Ben";
    place.run(init).ok();
    let [ada, ben, share] =
        ["Ada.txt", "Ben.txt", "Ada-Ben.age"].map(|name| place.path("shares").join(name));
    let [inner, recovery, never] =
        ["inner.age", "recovery.txt", "never"].map(|name| place.path(name));

    succeeds(&peel(&ada, &share, &inner));
    succeeds(&peel(&ben, &inner, &recovery));
    let text = fs::read_to_string(&recovery).unwrap();
    let identity = text
        .lines()
        .find(|line| line.starts_with("AGE-SECRET-KEY-PQ-1"))
        .unwrap();
    assert_eq!(
        identity.len(),
        "AGE-SECRET-KEY-PQ-1".len() + 52 + 6,
        "32 bytes and a checksum"
    );

    for (sheet, file) in [(&ben, &share), (&ada, &inner)] {
        assert!(
            !peel(sheet, file, &never).status.success(),
            "nobody opens both layers"
        );
        assert!(!never.exists() || fs::read(&never).unwrap().is_empty());
    }
}

#[test]
fn the_outside_verifier_checks_an_exported_history_and_a_proof() {
    if !have("python3", "--version") || !have("openssl", "version") {
        return;
    }
    let vault = Vault::new();
    let remembered = vault.place.path("remembered.note");
    fs::copy(vault.place.path("v/ledger/checkpoint"), &remembered).unwrap();
    vault.signed_in("tess", "audit export out");
    let out = vault.place.path("out");
    let past = [
        "directory",
        out.to_str().unwrap(),
        "--remembered",
        remembered.to_str().unwrap(),
    ];
    let said = vault.verify(&past, 0);
    assert!(said.contains("export ok"), "{said}");

    let proof = vault
        .place
        .write("proof", vault.signed_in("moira", "audit proof 1"));
    let said = vault.verify(&["proof", proof.to_str().unwrap()], 0);
    assert!(
        said.contains("\n1 ") && said.contains(" enrol ok "),
        "{said}"
    );
    let other = fs::read_to_string(&proof)
        .unwrap()
        .replacen("index 1\n", "index 2\n", 1);
    fs::write(&proof, other).unwrap();
    vault.verify(&["proof", proof.to_str().unwrap()], 4);

    // Someone else did it, an hour later, or nobody was refused: the changed entry is named.
    let entries = newest_entries(&out);
    let whole = fs::read(&entries).unwrap();
    let enrol = find(&whole, br#""event":"enrol""#);
    let mut changed = whole.clone();
    changed[enrol + 9..enrol + 14].copy_from_slice(b"refus");
    fs::write(&entries, &changed).unwrap();
    let said = vault.verify(&past, 4);
    assert!(
        said.contains("WRONG entry 1 is not what was signed"),
        "{said}"
    );
    fs::write(&entries, &whole).unwrap();
    vault.verify(&past, 0);
}

#[test]
fn the_outside_verifier_checks_hashes_that_tell_of_nobody() {
    if !have("python3", "--version") || !have("openssl", "version") {
        return;
    }
    let vault = Vault::new();
    vault.place.run("--vault v audit export out").ok();
    let out = vault.place.path("out");
    assert!(!out.join("tile/entries").exists());
    // The entries may all be missing; the tree above them must still be whole.
    let past = [
        "directory",
        out.to_str().unwrap(),
        "--entries-from",
        "1000000",
    ];
    vault.verify(&past, 0);
    let hashes = files_under(out.join("tile/0"));
    for tile in hashes {
        let mut bytes = fs::read(&tile).unwrap();
        bytes[3] ^= 1;
        fs::write(&tile, bytes).unwrap();
    }
    vault.verify(&past, 4);
}

/// The longest bundle of entries: the one the newest checkpoint is about.
fn newest_entries(out: &Path) -> PathBuf {
    let bundles = files_under(out.join("tile/entries"));
    bundles
        .into_iter()
        .max_by_key(|file| fs::metadata(file).unwrap().len())
        .unwrap()
}

fn find(bytes: &[u8], what: &[u8]) -> usize {
    bytes
        .windows(what.len())
        .position(|window| window == what)
        .unwrap()
}
