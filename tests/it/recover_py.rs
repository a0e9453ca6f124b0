//! The second reader, `docs/recover/recover.py`: written from `docs/format.md` in another language, it must open
//! what we seal, from a copy of the vault, and refuse what was altered. And the runbook for a lost machine,
//! followed word by word. Needs `python3`, `age` and `openssl`.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use serde_json::json;
use sha2::Digest as _;
use strongroom::sealing::ExportRecipient;
use strongroom::sealing::HybridIdentity;
use strongroom::sealing::encrypt_to;

use crate::cli_centre::Centre;
use crate::cli_centre::copy;
use crate::common::files_under;
use crate::common::have;

const RUNBOOK: &str = include_str!("../../docs/runbooks/lost-machine.md");
/// The demo's trustees, first and second of a pair.
const PAIR: [&str; 2] = ["Farhana_Akter", "Soren_odegard"];
const ALL: &str = "32 of 32 records opened";

fn tools() -> bool {
    have("python3", "--version") && have("age", "--version") && have("openssl", "version")
}

/// A table with what lies on it when a machine is lost: `vault`, `one.share`, `two.share`, `Ada-Ben.age` and the
/// sheets, `recover`; and the centre it was lost to.
struct Table {
    centre: Centre,
    /// What two trustees peel; here so that tests can make escrow, and in a file once they have peeled it.
    identity: String,
}

/// How a command ended, and all it said.
type Said = (i32, String);

impl Table {
    fn new() -> Self {
        let centre = Centre::new();
        copy(Path::new("docs/recover"), &centre.place.path("recover"));
        copy(&centre.place.path("centre"), &centre.place.path("vault"));
        let shares = centre.place.path("centre.shares");
        let share = shares.join(format!("{}-{}.age", PAIR[0], PAIR[1]));
        fs::copy(share, centre.place.path("Ada-Ben.age")).unwrap();
        let mut table = Self {
            centre,
            identity: String::new(),
        };
        table.peel("age -d -o inner.age Ada-Ben.age", PAIR[0]);
        table.peel("age -d -o recovery.txt inner.age", PAIR[1]);
        table.identity = fs::read_to_string(table.path("recovery.txt")).unwrap();
        table.escrow();
        table
    }

    fn path(&self, name: &str) -> PathBuf {
        self.centre.place.path(name)
    }

    /// A line that asks for a passphrase, with this trustee's typed at the terminal.
    fn peel(&self, line: &str, trustee: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let ["age", "-d", "-o", out, file] = words[..] else {
            panic!("{line}");
        };
        let sheet = self.path("centre.shares").join(format!("{trustee}.txt"));
        let output = Command::new("python3")
            .args(["-B", "tests/interop/peel.py"])
            .args([&sheet, &self.path(file), &self.path(out)])
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    /// What two escrow places hold: the keeper's keys, sealed to recovery, two pieces of three each.
    fn escrow(&self) {
        let keys = self.path("centre.keys");
        let generation = self.generation();
        let text = [
            format!("generation-{generation}.key"),
            "ledger.key".to_owned(),
        ]
        .map(|name| fs::read(keys.join(name)).unwrap());
        let value = sealed_to(&self.identity, &text.concat());
        let [one, two] = [7_u8, 99].map(|factor| -> Vec<u8> {
            let numbers =
                (0..value.len()).map(|at| at.to_le_bytes()[0].wrapping_mul(factor) ^ factor);
            numbers.collect()
        });
        let xor = |a: &[u8], b: &[u8]| -> Vec<u8> { a.iter().zip(b).map(|(a, b)| a ^ b).collect() };
        let three = xor(&xor(&one, &two), &value);
        let pieces = [one, two, three].map(|piece| STANDARD.encode(piece));
        let vault = fs::read_to_string(self.path("vault/vault.toml")).unwrap();
        let vault = vault.split('"').nth(1).unwrap();
        for (name, place, [a, b]) in [("one.share", 1, [2, 3]), ("two.share", 3, [1, 2])] {
            let share = json!({
                "v": 1, "vault": vault, "generation": generation, "place": place,
                "sha256": format!("{:x}", sha2::Sha256::digest(&value)),
                "pieces": {a.to_string(): pieces[a - 1], b.to_string(): pieces[b - 1]},
            });
            self.centre.place.write(name, share.to_string());
        }
    }

    /// Which generation the copy of the vault is.
    fn generation(&self) -> u32 {
        let current = fs::read_to_string(self.path("vault/generation/current")).unwrap();
        current.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// A shell's line, in the folder of the table.
    fn shell(&self, line: &str) -> Said {
        let mut shell = self.centre.place.program_named("sh");
        let program = Path::new(env!("CARGO_BIN_EXE_strongroom"))
            .parent()
            .unwrap();
        let path = std::env::var("PATH").unwrap();
        shell.env("PATH", format!("{}:{path}", program.display()));
        let output = shell.args(["-c", line]).output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.code().unwrap(), said)
    }

    /// The reader's answer, with the escrow of two places and what the trustees peeled.
    fn recover(&self, act: &str) -> Said {
        let with = "--share one.share --share two.share --identity recovery.txt";
        self.shell(&format!("python3 -B recover/recover.py {act} {with}"))
    }

    /// The reader's answer, with the keys' folder.
    fn with_keys(&self, act: &str, identity: &str) -> Said {
        let with = format!("--keys centre.keys --identity {identity}");
        self.shell(&format!("python3 -B recover/recover.py {act} {with}"))
    }

    /// Changes a file, sees the reader refuse with these words, and puts the file back.
    fn refused(&self, file: &str, change: impl FnOnce(&mut Vec<u8>), words: &str) {
        let path = self.path(file);
        let whole = fs::read(&path).unwrap();
        let mut changed = whole.clone();
        change(&mut changed);
        assert_ne!(changed, whole, "{file}");
        fs::write(&path, changed).unwrap();
        names(&self.recover("list vault"), 4, words);
        fs::write(&path, whole).unwrap();
    }
}

fn names(said: &Said, code: i32, words: &str) {
    assert_eq!(said.0, code, "{}", said.1);
    assert!(said.1.contains(words), "no {words:?} in\n{}", said.1);
}

fn sealed_to(identity: &str, plain: &[u8]) -> Vec<u8> {
    let key = identity.lines().last().unwrap();
    let recipient = HybridIdentity::parse(key).unwrap().recipient().to_string();
    let recipient: ExportRecipient = recipient.parse().unwrap();
    let mut writer = encrypt_to(&[recipient], Vec::new()).unwrap();
    writer.write_all(plain).unwrap();
    writer.finish().unwrap()
}

fn json_file(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn its_ciphers_do_as_the_published_vectors_say() {
    if !have("python3", "--version") {
        return;
    }
    let own = fs::read("docs/recover/hybrid.vector").unwrap();
    assert_eq!(own, fs::read("tests/vectors/age/hybrid").unwrap());
    let output = Command::new("python3")
        .args([
            "-B",
            "docs/recover/recover.py",
            "self-test",
            "tests/vectors/age",
        ])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    assert!(said.ends_with("23 checks, 0 wrong\n"), "{said}");
}

#[test]
fn it_opens_every_demo_record_as_the_program_shows_it() {
    if !tools() {
        return;
    }
    let table = Table::new();
    let said = table.recover("all vault out");
    names(&said, 0, ALL);
    for (who, form) in [
        ("harpreet", "okonkwo-bell-2.json"),
        ("farhana", "complaint-coordinator.json"),
    ] {
        let record = table.centre.record(form);
        let shown = table.centre.json(who, &format!("record show {record}"));
        let opened = table.path("out").join(&record).join("version-1");
        assert_eq!(
            json_file(&opened.join("body.json"))["form"],
            shown["fields"]
        );
    }
    let listed = table.centre.json("harpreet", "record list");
    let listed = listed.as_array().unwrap();
    assert!(listed.len() > 4);
    for card in listed {
        let opened = table.path("out").join(card["id"].as_str().unwrap());
        let opened = json_file(&opened.join("version-1/card.json"));
        assert_eq!(opened["title"], card["title"]);
    }
    let source = fs::read("src/cli/demo/attachments/drawing.jpg").unwrap();
    let opened = files_under(table.path("out"));
    assert!(
        opened
            .iter()
            .any(|file| file.parent().unwrap().ends_with("attachments")
                && fs::read(file).unwrap() == source)
    );
    let cases = json_file(&table.path("out/cases.json"));
    assert!(
        cases
            .as_array()
            .unwrap()
            .iter()
            .all(|case| case["title"].is_string()),
        "{cases}"
    );
    let left = files_under(table.path("out"));
    assert!(
        left.iter()
            .all(|file| file.extension().is_none_or(|end| end != "age")),
        "{left:?}"
    );
}

#[test]
fn with_a_persons_keys_it_opens_what_that_person_may_read() {
    if !tools() {
        return;
    }
    let table = Table::new();
    for who in ["harpreet", "rhiannon"] {
        let said = table.shell(&format!(
            "python3 -B recover/recover.py identity vault {who} {who}.age --keys centre.keys"
        ));
        names(&said, 0, "open it with: age -d");
        let words = fs::read_to_string(table.path(&format!("centre.signin/{who}"))).unwrap();
        let sheet = format!("YOUR PASSPHRASE\n    {words}\n");
        table
            .centre
            .place
            .write(&format!("centre.shares/{who}.txt"), sheet);
        table.peel(&format!("age -d -o {who}.txt {who}.age"), who);
        let (code, said) = table.with_keys("list vault", &format!("{who}.txt"));
        assert_eq!(code, 4, "some records are not theirs");
        let listed = table.centre.run(who, "--json record list").ok().json();
        let listed = listed.as_array().unwrap().iter();
        let listed: Vec<&str> = listed.map(|each| each["id"].as_str().unwrap()).collect();
        assert!(listed.len() > 4);
        for line in said.lines().filter(|line| line.starts_with("r_")) {
            let id = line.split(' ').next().unwrap();
            let opens = !line.contains("NOT OPENED");
            // What an emergency opens has an entry of its own and is not listed.
            assert!(
                opens == listed.contains(&id) || who == "rhiannon" && opens,
                "{line}"
            );
        }
    }
}

#[test]
fn it_refuses_what_was_altered_and_keys_that_do_not_fit() {
    if !tools() {
        return;
    }
    let table = Table::new();
    names(&table.recover("list vault"), 0, ALL);
    let journal = "vault/journal/00000001.jrn";
    table.refused(journal, |bytes| bytes[400] ^= 1, "frame 0 is damaged");
    table.refused(
        journal,
        |bytes| bytes[30] ^= 1,
        "does not begin as a segment",
    );
    // A whole frame is gone from the end: what was published says that there was more.
    let cut = |bytes: &mut Vec<u8>| {
        let at = last_entry_frame(bytes);
        bytes[at..].fill(0);
    };
    table.refused(journal, cut, "frames are missing");
    // Somebody alters a frame and makes its checksum anew; what follows does not fit any more.
    table.refused(journal, |bytes| reforge(bytes), "names other effects");
    let keys = format!("vault/generation/{}/keys", table.generation());
    table.refused(
        &keys,
        |bytes| bytes[50] ^= 1,
        "not those that generation/current names",
    );
    let share = |bytes: &mut Vec<u8>| {
        let at = bytes.len() - 40;
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
    };
    table.refused("one.share", share, "do not fit together");

    // Somebody else's recovery key, one layer left, and the same place twice.
    let other = HybridIdentity::generate();
    let other = other.to_text();
    table.centre.place.write("other.txt", other.expose());
    names(&table.with_keys("list vault", "other.txt"), 4, "older set");
    names(
        &table.with_keys("list vault", "centre.shares/Idris_Bell-Vaughan.txt"),
        4,
        "both layers",
    );
    let twice = "--share one.share --share one.share --identity recovery.txt";
    let said = table.shell(&format!("python3 -B recover/recover.py list vault {twice}"));
    names(&said, 4, "those of one place");
    let root = "--root 0123";
    names(
        &table.with_keys(&format!("list vault {root}"), "recovery.txt"),
        4,
        "not the one given",
    );

    // A payload is altered: that record is named, and the others open.
    let payload = files_under(table.path("vault/payload")).remove(0);
    let mut bytes = fs::read(&payload).unwrap();
    bytes[20] ^= 1;
    fs::write(&payload, bytes).unwrap();
    names(
        &table.recover("all vault out"),
        4,
        "NOT OPENED: its sealed payload is missing or altered",
    );
}

/// Where frames begin in a segment.
fn frames(bytes: &[u8]) -> Vec<usize> {
    let mut at = 112;
    let mut found = Vec::new();
    while let Ok(length) =
        usize::try_from(u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap()))
    {
        if length == 0 {
            break;
        }
        found.push(at);
        at += length;
    }
    found
}

fn last_entry_frame(bytes: &[u8]) -> usize {
    // A frame of 98 bytes has no entry.
    let at = |at: &usize| u32::from_be_bytes(bytes[*at..*at + 4].try_into().unwrap()) > 98;
    frames(bytes).into_iter().rfind(at).unwrap()
}

fn reforge(bytes: &mut [u8]) {
    let at = last_entry_frame(bytes);
    let length = u32::from_be_bytes(bytes[at..at + 4].try_into().unwrap());
    let end = at + usize::try_from(length).unwrap();
    bytes[end - 40] ^= 1;
    let sum = sha2::Sha256::digest(&bytes[at..end - 32]);
    bytes[end - 32..end].copy_from_slice(&sum);
    // The frames behind it name the old hash; take them away.
    bytes[end..].fill(0);
}

/// The commands of a part of the runbook, in order.
fn commands(part: &str) -> Vec<String> {
    let part = RUNBOOK
        .split("\n## ")
        .find(|text| text.starts_with(part))
        .unwrap();
    let blocks = part.split("```sh\n").skip(1);
    let blocks = blocks.map(|block| block.split("```").next().unwrap());
    blocks.flat_map(str::lines).map(str::to_owned).collect()
}

#[test]
fn the_runbook_for_a_lost_machine_works_as_it_is_written() {
    if !tools() {
        return;
    }
    let table = Table::new();
    fs::remove_dir_all(table.path("vault")).unwrap();
    table.centre.anybody("backup to vault").ok();
    for name in ["inner.age", "recovery.txt"] {
        fs::remove_file(table.path(name)).unwrap();
    }
    // The machine is gone: what is left is on the table.
    for name in ["centre", "centre.keys"] {
        fs::rename(table.path(name), table.path(&format!("lost-{name}"))).unwrap();
    }
    let record = table.centre.record("okonkwo-bell-2.json");
    let mut trustees = PAIR.iter();
    let mut ran = 0;
    for line in [commands("1."), commands("2.")].concat() {
        if line.starts_with("age -d") {
            table.peel(&line, trustees.next().unwrap());
            continue;
        }
        let line = line.replace("RECORD", &record);
        let (code, said) = table.shell(&line);
        assert_eq!(code, 0, "{line}\n{said}");
        if line.contains(" list ") || line.contains(" all ") {
            assert!(said.contains(ALL), "{said}");
        }
        ran += 1;
    }
    assert_eq!((ran, trustees.next()), (11, None));
    assert!(
        table
            .path("out")
            .join(&record)
            .join("version-1/body.json")
            .is_file()
    );
    assert!(!table.path("recovery.txt").exists());

    // And it is a running vault again, for everybody as before.
    let line = format!(
        "--vault centre --as harpreet --passphrase-file centre.signin/harpreet record show {record} --json"
    );
    let shown = table.centre.place.run(&line).ok().json();
    assert_eq!(shown["id"], record.as_str());
}

/// The vault has turned, with shares in three places, and went on: the shares of any two bring everything back from
/// a copy, frames of the generation before included; older shares are told from newer ones.
#[test]
fn it_reads_a_vault_that_has_turned_with_what_two_places_hold() {
    if !tools() {
        return;
    }
    let table = Table::new();
    for name in ["red", "green", "blue"] {
        fs::create_dir(table.path(name)).unwrap();
        let line = format!("vault place add {name} {name} --for escrow");
        table.centre.run("moira", &line).ok();
    }
    let turn = || table.centre.anybody("vault turn").ok();
    turn();
    let first = escrowed(&table);
    turn();
    let record = table.centre.record("okonkwo-bell-2.json");
    table
        .centre
        .run("harpreet", &format!("record show {record}"))
        .ok();
    fs::remove_dir_all(table.path("vault")).unwrap();
    copy(&table.path("centre"), &table.path("vault"));
    let second = escrowed(&table);
    for [a, b] in [[0, 1], [0, 2], [1, 2]] {
        table.centre.place.write("one.share", &second[a]);
        table.centre.place.write("two.share", &second[b]);
        names(&table.recover("list vault"), 0, ALL);
    }
    table.centre.place.write("one.share", &first[0]);
    names(&table.recover("list vault"), 4, "same generation");
    table.centre.place.write("two.share", &first[1]);
    let now = table.generation();
    let older = format!(
        "these keys are of generation {}; this copy of the vault is of generation {now}",
        now - 1
    );
    names(&table.recover("list vault"), 4, &older);
}

/// The share that each of the three places holds now.
fn escrowed(table: &Table) -> Vec<Vec<u8>> {
    let shares = ["red", "green", "blue"].map(|name| {
        let files = files_under(table.path(name));
        let mut shares = files
            .iter()
            .filter(|file| file.extension().is_some_and(|end| end == "share"));
        let share = fs::read(shares.next().unwrap()).unwrap();
        assert!(shares.next().is_none());
        share
    });
    shares.into()
}
