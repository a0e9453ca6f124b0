//! The house stays easy to see: rooms name only lower rooms, files stay short, no test file is
//! forgotten, and `keys/` holds no secret.

use std::fs;
use std::path::Path;

use crate::common::files_under;

const MAX_LINES: usize = 400;

const LAYERS: &[(&str, &[&str])] = &[
    ("bytes", &[]),
    ("canon", &[]),
    ("ids", &[]),
    ("clock", &[]),
    ("sealing", &["bytes", "canon", "ids", "clock"]),
    ("ledger", &["bytes", "canon", "ids", "clock"]),
    ("records", &["bytes", "canon", "ids", "clock"]),
    ("paper", &[]),
    (
        "store",
        &["bytes", "canon", "ids", "clock", "sealing", "ledger"],
    ),
    (
        "keeper",
        &[
            "bytes", "canon", "ids", "clock", "sealing", "ledger", "records", "store",
        ],
    ),
    (
        "desk",
        &[
            "bytes", "canon", "ids", "clock", "sealing", "ledger", "records", "paper", "keeper",
        ],
    ),
    (
        "server",
        &[
            "bytes", "canon", "ids", "clock", "ledger", "store", "keeper",
        ],
    ),
    (
        "cli",
        &[
            "bytes", "canon", "ids", "clock", "sealing", "ledger", "records", "paper", "store",
            "keeper", "desk", "server",
        ],
    ),
];

#[test]
fn rooms_name_only_lower_rooms() {
    let mut wrong = Vec::new();
    for file in rust_files("src") {
        let own = top_module(&file);
        // A desk's tests play a keeper that lies, and so look below it; they are compiled for tests alone.
        if own == "lib" || own == "main" || file.starts_with("src/desk/forgery") {
            continue;
        }
        let Some((_, allowed)) = LAYERS.iter().find(|(name, _)| *name == own) else {
            wrong.push(format!("{}: add {own} to LAYERS", file.display()));
            continue;
        };
        for named in named_modules(&fs::read_to_string(&file).unwrap()) {
            if named != own && !allowed.contains(&named.as_str()) {
                wrong.push(format!("{}: {own} may not name {named:?}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn files_stay_short() {
    let long: Vec<String> = rust_files("src")
        .filter_map(|file| {
            let lines = fs::read_to_string(&file).unwrap().lines().count();
            (lines > MAX_LINES).then(|| format!("{}: {lines} lines", file.display()))
        })
        .collect();
    assert!(
        long.is_empty(),
        "look for the second idea in each:\n{}",
        long.join("\n")
    );
}

#[test]
fn no_test_file_is_forgotten() {
    let main = fs::read_to_string("tests/it/main.rs").unwrap();
    for file in rust_files("tests/it") {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        if file.parent() == Some(Path::new("tests/it")) && name != "main" {
            assert!(
                main.contains(&format!("mod {name};")),
                "{name}.rs is not in main.rs"
            );
        }
    }
}

#[test]
fn keys_hold_no_secret() {
    for file in files_under("keys") {
        let text = fs::read_to_string(&file).unwrap_or_default().to_uppercase();
        for secret in [
            "AGE-SECRET-KEY-",
            "PRIVATE KEY",
            "PRIVATE+KEY",
            "STRONGROOM-GENERATION-KEY",
        ] {
            assert!(!text.contains(secret), "{} holds {secret}", file.display());
        }
    }
}

fn rust_files(dir: &str) -> impl Iterator<Item = std::path::PathBuf> {
    files_under(dir)
        .into_iter()
        .filter(|file| file.extension().is_some_and(|e| e == "rs"))
}

/// What follows each `crate::`, and "super" for each `super::`. A grouped `crate::{..}` gives "".
/// Neither "" nor "super" is in any layer, so both fail.
fn named_modules(text: &str) -> Vec<String> {
    let code = text
        .lines()
        .take_while(|line| *line != "#[cfg(test)]")
        .map(|line| line.split("//").next().unwrap_or_default());
    code.flat_map(|line| {
        let supers = line.matches("super::").map(|_| "super".to_owned());
        let crates = line.split("crate::").skip(1).map(|rest| {
            rest.chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect()
        });
        supers.chain(crates).collect::<Vec<String>>()
    })
    .collect()
}

fn top_module(file: &Path) -> String {
    let first = file.components().nth(1).unwrap().as_os_str();
    first.to_str().unwrap().trim_end_matches(".rs").to_owned()
}
