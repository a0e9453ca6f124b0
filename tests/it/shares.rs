//! The trustees' sheets, followed to the letter with the `age` command and nothing of ours.

use std::fs;
use std::path::Path;
use std::process::Command;

use strongroom::sealing::HybridIdentity;
use strongroom::sealing::Passphrase;
use strongroom::sealing::Plain;
use strongroom::sealing::Recovered;
use strongroom::sealing::Shares;
use strongroom::sealing::SigningKey;
use strongroom::sealing::Trustee;
use strongroom::sealing::WorkFactor;
use strongroom::sealing::open_with_passphrase;

use crate::common::have;

/// Runs a command on a terminal of its own, for `age` asks there, and types one line when asked.
const ON_A_TERMINAL: &str = r#"
import os, pty, sys
answer, command = sys.argv[1], sys.argv[2:]
child, terminal = pty.fork()
if child == 0:
    os.execvp(command[0], command)
said = b""
answered = False
while True:
    try:
        more = os.read(terminal, 1024)
    except OSError:
        break
    if not more:
        break
    said += more
    if not answered and b"passphrase" in said.lower() and said.rstrip().endswith(b":"):
        os.write(terminal, answer.encode() + b"\n")
        answered = True
sys.stderr.buffer.write(said)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"#;

fn types(dir: &Path, command: &str, words: &str) -> bool {
    let output = Command::new("python3")
        .args(["-c", ON_A_TERMINAL, words])
        .args(command.split(' '))
        .current_dir(dir)
        .output()
        .unwrap();
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("incorrect passphrase"), "{command}: {said}");
    }
    output.status.success()
}

pub(crate) fn words(sheet: &str) -> String {
    let lines = sheet.lines().skip_while(|line| *line != "YOUR PASSPHRASE");
    let words = lines.skip(1).take_while(|line| line.starts_with("    "));
    let words: Vec<&str> = words.flat_map(str::split_whitespace).collect();
    words.join(" ")
}

fn commands(sheet: &str) -> Vec<&str> {
    let lines = sheet.lines().map(str::trim);
    lines.filter(|line| line.starts_with("age -d ")).collect()
}

fn two_trustees(recovery: &HybridIdentity, root: &SigningKey) -> Shares {
    let trustees = ["Ada Obi", "Ben Cole"].map(|name| Trustee {
        name: name.to_owned(),
        recipient: None,
    });
    Shares::make(recovery, root, &trustees).unwrap()
}

#[test]
fn two_sheets_and_the_age_command_bring_back_the_keys() {
    if !have("age", "--version") || !have("python3", "--version") {
        return;
    }
    let (recovery, root) = (HybridIdentity::generate(), SigningKey::generate());
    let shares = two_trustees(&recovery, &root);
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in &shares.files {
        fs::write(dir.path().join(name), bytes).unwrap();
    }
    let [ada, ben] = [0, 1].map(|at| shares.sheets[at].1.expose());
    let steps = commands(ada);
    assert_eq!(steps, commands(ben), "both sheets tell one story");

    assert!(!types(dir.path(), steps[0], &words(ben)), "the wrong order");
    assert!(types(dir.path(), steps[0], &words(ada)));
    assert!(!types(dir.path(), steps[1], &words(ada)), "one alone");
    assert!(!dir.path().join("recovery.txt").exists());
    assert!(types(dir.path(), steps[1], &words(ben)));

    let text = fs::read(dir.path().join("recovery.txt")).unwrap();
    let recovered = Recovered::parse(&Plain::new(text)).unwrap();
    assert_eq!(recovered.recovery.recipient(), recovery.recipient());
    assert_eq!(recovered.root.verifying(), root.verifying());
}

/// As the sheets say: the same commands, with another name. What comes out is the dummy, which is no key to age.
#[test]
fn two_sheets_and_the_age_command_rehearse() {
    if !have("age", "--version") || !have("python3", "--version") {
        return;
    }
    let (recovery, root) = (HybridIdentity::generate(), SigningKey::generate());
    let shares = two_trustees(&recovery, &root);
    let dir = tempfile::tempdir().unwrap();
    let rehearsal = &shares.files[1];
    fs::write(dir.path().join(&rehearsal.0), &rehearsal.1).unwrap();
    let sheets = [0, 1].map(|at| shares.sheets[at].1.expose());
    let steps = commands(sheets[0]);
    let renamed = |step: &str| {
        let step = step.replace("recovery.txt", "rehearsal.txt");
        step.replace(&shares.files[0].0, &rehearsal.0)
    };
    assert!(!types(dir.path(), &renamed(steps[0]), &words(sheets[1])));
    for (step, sheet) in steps.iter().zip(sheets) {
        assert!(types(dir.path(), &renamed(step), &words(sheet)));
    }
    let text = fs::read_to_string(dir.path().join("rehearsal.txt")).unwrap();
    assert!(text.starts_with("# strongroom rehearsal"), "{text}");
    assert!(sheets[0].contains(text.lines().next().unwrap()));
    assert!(!text.contains("SECRET-KEY") && !text.contains("SIGNING-KEY"));
}

/// The same with our own code, at the work factor that ships. What comes out is an age identity file:
/// the root key stands in a comment, which age skips.
#[test]
fn two_sheets_bring_back_the_keys() {
    let (recovery, root) = (HybridIdentity::generate(), SigningKey::generate());
    let shares = two_trustees(&recovery, &root);
    let mut file = Plain::new(shares.files[0].1.clone());
    for (_, sheet) in &shares.sheets {
        let words = Passphrase::new(words(sheet.expose()));
        file = open_with_passphrase(file.expose(), &words, WorkFactor::STANDARD).unwrap();
    }
    let recovered = Recovered::parse(&file).unwrap();
    assert_eq!(recovered.recovery.recipient(), recovery.recipient());
    assert_eq!(recovered.root.verifying(), root.verifying());

    let text = std::str::from_utf8(file.expose()).unwrap();
    let mut lines = text.lines().filter(|line| !line.starts_with('#'));
    let identity = lines.next().unwrap();
    assert!(identity.starts_with("AGE-SECRET-KEY-PQ-1") && lines.next().is_none());
    assert!(text.contains("\n# root key: STRONGROOM-SIGNING-KEY-1"));
}
