//! The papers say what the program is: links lead somewhere, commands are there, every fact and every key
//! is written down, and no file tells of the machine it was written on.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use strongroom::keeper::acts::ACTS;

use crate::common::files_under;

/// The two commands a newcomer is given.
const COMMANDS: [&str; 2] = ["cargo run -- demo", "cargo test"];

/// The types that hold a key or what becomes one, room by room, with the file that has them.
const KEYS: [(&str, &str); 14] = [
    ("src/sealing/secret.rs", "FileKey"),
    ("src/sealing/secret.rs", "SecretText"),
    ("src/sealing/hybrid.rs", "HybridIdentity"),
    ("src/sealing/hybrid.rs", "HybridRecipient"),
    ("src/sealing/signing.rs", "SigningKey"),
    ("src/sealing/signing.rs", "VerifyingKey"),
    ("src/sealing/rows.rs", "UnitKey"),
    ("src/sealing/generation.rs", "GenerationKey"),
    ("src/sealing/person.rs", "Person"),
    ("src/sealing/shares.rs", "Shares"),
    ("src/sealing/shares/recovered.rs", "Recovered"),
    ("src/ledger/leaf/keys.rs", "RecordKey"),
    ("src/ledger/note/key.rs", "LogKey"),
    ("src/ledger/note/key.rs", "VerifierKey"),
];

/// Keys that are values of those types, by what people call them.
const NAMED_KEYS: [&str; 7] = [
    "Root key",
    "Recovery identity",
    "Compartment secrets",
    "Passphrase",
    "The trustees' shares",
    "`k_record`",
    "ExportRecipient",
];

#[test]
fn the_readme_has_the_two_commands() {
    let readme = read("README.md");
    for command in COMMANDS {
        let alone = readme.lines().any(|line| line == command);
        assert!(alone, "README.md has no line `{command}`");
        assert!(
            readme.contains(&format!("`{command}`")),
            "README.md does not say what `{command}` does"
        );
    }
}

#[test]
fn every_link_leads_somewhere() {
    let mut broken = Vec::new();
    for paper in papers() {
        let folder = Path::new(&paper).parent().unwrap().to_owned();
        for target in links(&read(&paper)) {
            let file = target.split('#').next().unwrap_or_default();
            if !file.is_empty() && !target.contains("://") && !folder.join(file).exists() {
                broken.push(format!("{paper}: {target}"));
            }
        }
    }
    assert!(broken.is_empty(), "\n{}", broken.join("\n"));
}

#[test]
fn every_file_that_is_named_is_there() {
    let mut absent = Vec::new();
    for paper in papers() {
        let text = read(&paper);
        for name in text
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|name| is_path(name))
        {
            let there = ["", "src/", "docs/"]
                .iter()
                .any(|at| Path::new(&format!("{at}{name}")).exists());
            if !there {
                absent.push(format!("{paper}: {name}"));
            }
        }
    }
    assert!(absent.is_empty(), "\n{}", absent.join("\n"));
}

/// Whether a word in code marks is a path of this repository.
fn is_path(word: &str) -> bool {
    let plain = word
        .chars()
        .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-./".contains(c));
    let ending = Path::new(word)
        .extension()
        .and_then(|ending| ending.to_str());
    plain
        && word.contains('/')
        && ending.is_some_and(|e| ["rs", "toml", "cedar", "tsv", "md", "py"].contains(&e))
}

#[test]
fn the_readme_leads_to_every_paper() {
    let linked: BTreeSet<String> = links(&read("README.md")).into_iter().collect();
    for paper in papers() {
        let is_top = Path::new(&paper).parent() == Some(Path::new("docs"));
        assert!(
            !is_top || linked.contains(&paper),
            "README.md does not link {paper}"
        );
    }
}

/// The source of every fact.
fn facts() -> String {
    let apart = ["case", "centre", "order", "shared", "person"];
    let apart = apart.map(|file| read(&format!("src/keeper/facts/{file}.rs")));
    read("src/keeper/facts.rs") + &apart.concat()
}

#[test]
fn every_fact_is_in_the_threat_model() {
    let paper = read("docs/threat-model.md");
    for (of, field) in public_fields(&facts()) {
        assert!(
            paper.contains(&of),
            "docs/threat-model.md does not name {of}"
        );
        assert!(
            paper.contains(&format!("`{field}`")),
            "docs/threat-model.md does not list `{field}` of {of}"
        );
    }
}

#[test]
fn every_fact_is_in_the_formats() {
    let paper = read("docs/format.md");
    for (of, field) in public_fields(&facts()) {
        assert!(
            field == "other" || paper.contains(&format!("`{field}`")),
            "docs/format.md does not list `{field}` of {of}"
        );
    }
}

#[test]
fn the_reader_of_fields_sees_them() {
    let source = "pub struct A {\n    /// x\n    pub one: u8,\n    two: u8,\n}\nimpl A {\n    pub fn three() {}\n}\n\
                  pub enum B { C }\npub struct D {\n    pub four: u8,\n}\n";
    let fields = public_fields(source);
    let expected = [("A", "one"), ("D", "four")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(fields, expected);
    assert!(public_fields(&facts()).len() > 70);
}

#[test]
fn every_key_is_in_the_keys_paper() {
    let paper = read("docs/keys.md");
    for (file, key) in KEYS {
        let declared = format!("pub struct {key}");
        assert!(read(file).contains(&declared), "{file} no longer has {key}");
        assert!(paper.contains(key), "docs/keys.md does not name {key}");
    }
    for key in NAMED_KEYS {
        assert!(paper.contains(key), "docs/keys.md does not name {key}");
    }
}

#[test]
fn no_key_type_is_new_to_this_list() {
    let mut unknown = Vec::new();
    for file in files_under("src/sealing")
        .into_iter()
        .chain(files_under("src/ledger"))
    {
        let path = file.to_string_lossy().replace('\\', "/");
        if !has_ending(&path, "rs") {
            continue;
        }
        for line in read(&path).lines() {
            let name = line.strip_prefix("pub struct ").map(|rest| {
                rest.split(|c: char| !c.is_ascii_alphanumeric())
                    .next()
                    .unwrap_or_default()
                    .to_owned()
            });
            let Some(name) = name else { continue };
            let names_a_key = name.ends_with("Key") || name.ends_with("Identity");
            let is_key = names_a_key && !name.starts_with("NotA");
            if is_key && !KEYS.iter().any(|(_, known)| *known == name) {
                unknown.push(format!("{path}: {name}"));
            }
        }
    }
    assert!(
        unknown.is_empty(),
        "add to KEYS here and to docs/keys.md:\n{}",
        unknown.join("\n")
    );
}

#[test]
fn every_act_s_command_is_in_the_reference() {
    let reference = read("docs/cli.md");
    for row in ACTS.iter().filter(|row| !row.command.is_empty()) {
        let heading = format!("`strongroom {}`", row.command);
        assert!(
            reference
                .lines()
                .any(|line| line.starts_with('#') && line.contains(&heading)),
            "docs/cli.md has no section {heading}"
        );
    }
}

#[test]
fn every_tree_unit_event_and_statement_is_in_the_formats() {
    let paper = read("docs/format.md").replace('\n', " ");
    let words = |words: Vec<&str>| words.join(" ");
    for tree in strongroom::store::Tree::ALL {
        let entry = format!("{} {}", tree.number(), tree.word());
        assert!(
            paper.contains(&entry),
            "docs/format.md does not list tree {entry}"
        );
    }
    for kind in strongroom::store::UnitKind::ALL {
        let entry = format!("| {} | {} |", kind.number(), kind.word());
        assert!(
            paper.contains(&entry),
            "docs/format.md does not list unit {entry}"
        );
    }
    let events = words(
        strongroom::ledger::Event::ALL
            .iter()
            .map(|event| event.word())
            .collect(),
    );
    let outcomes = words(
        strongroom::ledger::Outcome::ALL
            .iter()
            .map(|one| one.word())
            .collect(),
    );
    let kinds = words(
        strongroom::sealing::StatementKind::ALL
            .iter()
            .map(|kind| kind.name())
            .collect(),
    );
    for list in [events, outcomes, kinds] {
        assert!(
            paper.contains(&list),
            "docs/format.md does not list: {list}"
        );
    }
}

/// Pieces, so that this file does not name what it looks for.
fn telltales() -> Vec<String> {
    [
        ["/wo", "rk/"],
        ["/ro", "ot/"],
        ["crates.io", "/api"],
        ["index", ".crates"],
        ["arti", "factory"],
    ]
    .iter()
    .map(|pieces| pieces.concat())
    .collect()
}

#[test]
fn no_file_tells_of_the_machine_it_was_written_on() {
    let mut found = Vec::new();
    let telltales = telltales();
    for file in tracked() {
        let Ok(text) = fs::read_to_string(&file) else {
            continue;
        };
        for (at, line) in text.lines().enumerate() {
            for telltale in telltales.iter().filter(|telltale| line.contains(*telltale)) {
                found.push(format!("{file}:{}: {telltale}", at + 1));
            }
        }
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

fn has_ending(path: &str, ending: &str) -> bool {
    Path::new(path).extension().is_some_and(|own| own == ending)
}

fn read(file: &str) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// README, everything under docs/ and keys/ that is Markdown.
fn papers() -> Vec<String> {
    let all = files_under("docs").into_iter().chain(files_under("keys"));
    let markdown = all
        .map(|file| file.to_string_lossy().replace('\\', "/"))
        .filter(|file| has_ending(file, "md"));
    std::iter::once("README.md".to_owned())
        .chain(markdown)
        .collect()
}

/// The targets of Markdown links, outside code blocks.
fn links(text: &str) -> Vec<String> {
    let mut links = Vec::new();
    let mut in_code = false;
    for line in text.lines() {
        if line.starts_with("```") {
            in_code = !in_code;
        }
        let mut rest = if in_code { "" } else { line };
        while let Some((_, after)) = rest.split_once("](") {
            let (target, further) = after.split_once(')').unwrap_or((after, ""));
            links.push(target.to_owned());
            rest = further;
        }
    }
    links
}

/// Each public field of each struct of a source file.
fn public_fields(source: &str) -> Vec<(String, String)> {
    let mut fields = Vec::new();
    let mut of = None;
    for line in source.lines() {
        if let Some(rest) = line.strip_prefix("pub struct ") {
            of = rest.split([' ', '(', '<']).next();
        } else if line.starts_with('}') {
            of = None;
        } else if let (Some(of), Some(rest)) = (of, line.strip_prefix("    pub ")) {
            let field = rest.split(':').next().unwrap_or_default();
            fields.push((of.to_owned(), field.to_owned()));
        }
    }
    fields
}

/// Every file Git knows, or, in a copy without Git, every file of the folders we ship.
fn tracked() -> Vec<String> {
    let listed = Command::new("git").args(["ls-files", "-z"]).output();
    let names = listed
        .ok()
        .filter(|listed| listed.status.success() && !listed.stdout.is_empty());
    if let Some(names) = names {
        let text = String::from_utf8_lossy(&names.stdout).into_owned();
        return text
            .split('\0')
            .filter(|name| !name.is_empty())
            .map(str::to_owned)
            .collect();
    }
    let folders = ["src", "tests", "docs", "keys"];
    let files = folders.iter().flat_map(files_under);
    files
        .map(|file| file.to_string_lossy().into_owned())
        .chain(["README.md".to_owned()])
        .collect()
}
