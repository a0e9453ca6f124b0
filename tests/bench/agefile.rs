//! Sealing and opening 1 GB as a standard age file, beside Debian's `age`, which does the same on the same file for
//! the same recipient. Both read from a file and write nowhere, so that no disk is compared.
//!
//! What is opened on our side is the payload alone, whose key is known, as attachments are: the header beside it is
//! a few hundred bytes whatever the size.
//!
//!   cargo bench --bench agefile -- --megabytes 1024 --rounds 3

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench says what it measured, one that fails should panic, and this one opens what it has sealed"
)]

use std::fs::File;
use std::io;
use std::io::Read as _;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use strongroom::ids::random;
use strongroom::sealing::ExportRecipient;
use strongroom::sealing::FileKey;
use strongroom::sealing::PayloadReader;
use strongroom::sealing::PayloadWriter;
use strongroom::sealing::encrypt_to;

use crate::measure::Spent;
use crate::measure::compare;
use crate::measure::size;
use crate::measure::spent;

mod measure;
mod rival;

/// What the issue asks for: not slower.
const GOAL: f64 = 1.0;
/// And at most this much memory, in KiB.
const MEMORY_KIB: u64 = 64 << 10;
const MIB: usize = 1 << 20;

fn main() {
    let (megabytes, rounds) = (size("megabytes", 1024), size("rounds", 3));
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    fill(&at("plain"), megabytes);
    println!("{megabytes} MiB sealed and opened");
    let key = FileKey::generate();
    payload(&key, &at("plain"), &at("payload"));
    if rival::is_there("age", Command::new("age").arg("--version")) {
        let recipient = identity(&at("identity"));
        let to: ExportRecipient = recipient.parse().unwrap();
        let seal = || spent(|| seal(&to, &at("plain"), io::sink()));
        let mut age = Command::new("age");
        age.args(["-r", &recipient, "-o", "/dev/null"])
            .arg(at("plain"));
        compare(
            (rounds, Some(GOAL)),
            ("sealed", seal),
            ("sealed by age", || rival::took(&mut age)),
        );

        self::seal(&to, &at("plain"), File::create(at("sealed")).unwrap());
        let mut age = Command::new("age");
        age.args(["-d", "-o", "/dev/null", "-i"])
            .arg(at("identity"))
            .arg(at("sealed"));
        let open = || open(&key, &at("payload"), megabytes);
        compare(
            (rounds, Some(GOAL)),
            ("opened", open),
            ("opened by age", || rival::took(&mut age)),
        );
    } else {
        open(&key, &at("payload"), megabytes);
    }
    let peak = peak_kib();
    let verdict = if peak < MEMORY_KIB { "met" } else { "missed" };
    println!("  memory: at most {peak} KiB; goal below {MEMORY_KIB}: {verdict}");
}

/// Writes random bytes, so that nothing can be guessed or compressed.
fn fill(path: &Path, megabytes: usize) {
    let mut file = File::create(path).unwrap();
    let mut piece = vec![0; MIB];
    for _ in 0..megabytes {
        piece
            .chunks_mut(64)
            .for_each(|chunk| chunk.copy_from_slice(&random::<64>()));
        file.write_all(&piece).unwrap();
    }
}

/// Makes an identity for age; its recipient.
fn identity(path: &Path) -> String {
    let made = Command::new("age-keygen")
        .arg("-o")
        .arg(path)
        .output()
        .unwrap();
    assert!(made.status.success());
    let text = std::fs::read_to_string(path).unwrap();
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("# public key: "));
    line.unwrap().to_owned()
}

fn seal(to: &ExportRecipient, from: &Path, out: impl io::Write) {
    let mut out = encrypt_to(std::slice::from_ref(to), out).unwrap();
    io::copy(&mut file(from), &mut out).unwrap();
    out.finish().unwrap();
}

/// A file that is read as attachments are, and by age: 64 KiB at a time.
fn file(path: &Path) -> io::BufReader<File> {
    io::BufReader::with_capacity(64 << 10, File::open(path).unwrap())
}

/// The same content as the payload of a header that stands elsewhere, as attachments are kept.
fn payload(key: &FileKey, from: &Path, to: &Path) {
    let mut out = PayloadWriter::new(key, File::create(to).unwrap()).unwrap();
    io::copy(&mut file(from), &mut out).unwrap();
    out.finish().unwrap();
}

fn open(key: &FileKey, from: &Path, megabytes: usize) -> Spent {
    spent(|| {
        let mut content = PayloadReader::new(key, File::open(from).unwrap()).unwrap();
        let (mut piece, mut total) = (vec![0; 64 << 10], 0);
        loop {
            match content.read(&mut piece).unwrap() {
                0 => break,
                more => total += more,
            }
        }
        assert_eq!(total, megabytes * MIB);
    })
}

/// The most this process has held, in KiB.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.unwrap().split_whitespace().next();
    number.unwrap().parse().unwrap()
}
