//! Runs the real program in a folder of its own, and writes down what it said.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;

use serde_json::Value;
use tempfile::TempDir;

/// What a command said and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) line: String,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: i32,
}

/// A folder to run commands in. Nothing of the machine's own environment reaches them.
#[derive(Debug)]
pub(crate) struct Place {
    dir: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { dir }
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.dir.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// The program, before anything is added to it.
    pub(crate) fn program(&self) -> Command {
        self.program_named(env!("CARGO_BIN_EXE_strongroom"))
    }

    /// Another program, in the same surroundings.
    pub(crate) fn program_named(&self, name: &str) -> Command {
        let mut program = Command::new(name);
        program
            .current_dir(self.dir.path())
            .env_clear()
            .env("HOME", self.dir.path())
            .env("STRONGROOM_STATE", self.path("state"))
            .stdin(Stdio::null());
        program
    }

    /// Runs a command line as a shell would split it: words, and `'...'` around words with spaces.
    pub(crate) fn run(&self, line: &str) -> Said {
        self.run_with(line, &[], "")
    }

    /// As [`Place::run`], with variables and something on stdin.
    pub(crate) fn run_with(&self, line: &str, variables: &[(&str, &str)], stdin: &str) -> Said {
        let mut program = self.program();
        program.envs(variables.iter().copied());
        Self::run_program(program, line, stdin)
    }

    /// Runs a command line with a program of the caller's own making.
    pub(crate) fn run_program(mut program: Command, line: &str, stdin: &str) -> Said {
        program
            .args(words(line))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = program.spawn().unwrap();
        // A command that does not read its stdin may be gone before this is written.
        drop(child.stdin.take().unwrap().write_all(stdin.as_bytes()));
        let output = child.wait_with_output().unwrap();
        Said {
            line: line.to_owned(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code().unwrap(),
        }
    }

    /// The command, its output and its exit code, without what differs from run to run.
    pub(crate) fn transcript(&self, lines: &[&str]) -> String {
        let mut text = String::new();
        for line in lines {
            self.run(line).write_to(&mut text);
        }
        self.redacted(&text)
    }

    /// Takes this folder's path and everything random out of a text.
    pub(crate) fn redacted(&self, text: &str) -> String {
        let text = text.replace(self.dir.path().to_str().unwrap(), "[PLACE]");
        redact(&text)
    }
}

impl Said {
    pub(crate) fn write_to(&self, text: &mut String) {
        writeln!(text, "$ strongroom {}", self.line).unwrap();
        text.push_str(&self.stdout);
        if !self.stdout.is_empty() && !self.stdout.ends_with('\n') {
            text.push_str("[no newline]\n");
        }
        for line in self.stderr.lines() {
            writeln!(text, "! {line}").unwrap();
        }
        writeln!(text, "[exit {}]\n", self.code).unwrap();
    }

    /// Insists on success.
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{self:#?}");
        self
    }

    /// Insists on an exit code, and on an empty stdout where it is an error.
    pub(crate) fn fails(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:#?}");
        assert_eq!(self.stdout, "", "nothing stands on stdout after an error");
        self
    }

    /// The one document of `--json`: compact, one line, nothing on stderr.
    pub(crate) fn json(&self) -> Value {
        assert_eq!(self.stderr, "", "{self:#?}");
        assert_eq!(self.stdout.lines().count(), 1, "{self:#?}");
        let value: Value = serde_json::from_str(&self.stdout).unwrap();
        assert_eq!(
            self.stdout.len(),
            value.to_string().len() + 1,
            "JSON is compact"
        );
        value
    }

    /// The error document of `--json`.
    pub(crate) fn error(&self) -> Value {
        assert_eq!(self.stderr.lines().count(), 1, "{self:#?}");
        let value: Value = serde_json::from_str(&self.stderr).unwrap();
        assert_eq!(value.as_object().unwrap().len(), 1);
        value["error"].clone()
    }
}

/// An object's keys, sorted.
pub(crate) fn keys(object: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = object
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    keys.sort_unstable();
    keys
}

pub(crate) fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '\'' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            c if c.is_whitespace() && !quoted => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    assert!(!quoted, "{line}");
    words.extend(word);
    words
}

/// Ids by their prefix and the order they first appear in; times, digests and roots by what they are.
pub(crate) fn redact(text: &str) -> String {
    let mut seen: Vec<String> = Vec::new();
    let mut out = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        // The demo's clock runs on while tests do.
        let dated = out
            .strip_suffix(" at ")
            .or_else(|| out.strip_suffix(" at\n"))
            .and_then(|date| date.get(date.len().checked_sub(4)?..));
        let clock = dated.is_some_and(|year| year.bytes().all(|c| c.is_ascii_digit()))
            && rest.get(2..3) == Some(":");
        if clock {
            out.push_str("[HH:MM]");
            rest = &rest[5..];
            continue;
        }
        // A ledger's name is random.
        if out.ends_with("strongroom.invalid/") && rest.len() >= 26 {
            out.push_str("[LEDGER]");
            rest = &rest[26..];
            continue;
        }
        let at_start = !out.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        if let Some((found, name)) = at_start.then(|| secret(rest)).flatten() {
            let number = name.starts_with("ID").then(|| {
                let place = seen.iter().position(|each| each == found);
                place.unwrap_or_else(|| {
                    seen.push(found.to_owned());
                    seen.len() - 1
                })
            });
            match number {
                Some(number) => write!(out, "[{}{}]", &found[..2], number + 1).unwrap(),
                None => write!(out, "[{name}]").unwrap(),
            }
            rest = &rest[found.len()..];
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

/// Something random at the beginning of `text`, and what to call it.
fn secret(text: &str) -> Option<(&str, &'static str)> {
    let run = |fits: fn(char) -> bool| &text[..text.find(|c| !fits(c)).unwrap_or(text.len())];
    let word = run(|c| c.is_ascii_alphanumeric() || "_+/=".contains(c));
    let id = word.len() == 28
        && word[1..].starts_with('_')
        && word[2..]
            .chars()
            .all(|c| matches!(c, 'a'..='z' | '2'..='7'));
    if id {
        return Some((word, "ID"));
    }
    if word.len() == 64 && word.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f')) {
        return Some((word, "SHA-256"));
    }
    if word.len() == 44 && word.ends_with('=') {
        return Some((word, "ROOT"));
    }
    let time = run(|c| c.is_ascii_digit() || "-:.TZ".contains(c));
    if time.len() == 24 && time.contains('T') && time.ends_with('Z') {
        return Some((time, "TIME"));
    }
    None
}

#[test]
fn redaction_keeps_what_is_the_same_the_same() {
    let a = "r_aaaqeayeaudaocajbifqydiob4";
    let b = "c_aaaqeayeaudaocajbifqydiob4";
    assert_eq!(
        redact(&format!("{a} {b} {a} 2026-11-02T09:00:00.000Z r_x é")),
        "[r_1] [c_2] [r_1] [TIME] r_x é"
    );
    assert_eq!(redact(&format!("{}\n", "a0".repeat(32))), "[SHA-256]\n");
    assert_eq!(
        redact("2 November 2026 at 09:07."),
        "2 November 2026 at [HH:MM]."
    );
    assert_eq!(
        redact("November 2026 at\n09:07: x"),
        "November 2026 at\n[HH:MM]: x"
    );
    assert_eq!(words("a 'b c' ''"), ["a", "b c", ""]);
}
