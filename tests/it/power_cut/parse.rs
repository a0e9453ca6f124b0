//! What `strace -f -xx` wrote, read back: calls in order, each with the line it began on and the line it had
//! ended by. A line that is not understood is a failure, never skipped.

use std::collections::HashMap;

/// A call a process made.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) process: u64,
    pub(crate) name: String,
    pub(crate) args: Vec<String>,
    /// `None` where the process ended in it.
    pub(crate) result: Option<i64>,
    /// The line it began on, before anything of it was done.
    pub(crate) began: usize,
    /// The line it had ended by; `usize::MAX` where it never did.
    pub(crate) ended: usize,
}

/// Reads a log. Lines are counted from `first`, and `run` keeps apart processes of several logs.
pub(crate) fn calls(log: &str, first: usize, run: u64) -> Vec<Call> {
    let mut calls: Vec<Call> = Vec::new();
    // What each process has begun: the call, and its text so far.
    let mut open: HashMap<u64, (usize, String)> = HashMap::new();
    for (number, line) in log.lines().enumerate() {
        let number = first + number;
        let (process, rest) = line.split_once(' ').unwrap_or_else(|| panic!("{line}"));
        let process = process.parse::<u64>().unwrap() + (run << 32);
        let rest = rest.trim_start();
        if rest.starts_with("+++") || rest.starts_with("---") {
            continue;
        }
        if let Some(resumed) = rest.strip_prefix("<... ") {
            let (_, tail) = resumed.split_once(" resumed>").unwrap();
            let (at, head) = open.remove(&process).unwrap();
            finish(&mut calls[at], &format!("{head}{tail}"), number);
            continue;
        }
        let at = calls.len();
        let (name, _) = rest
            .split_once('(')
            .unwrap_or_else(|| panic!("{line:.200}"));
        calls.push(Call {
            process,
            name: name.to_owned(),
            args: Vec::new(),
            result: None,
            began: number,
            ended: usize::MAX,
        });
        match rest.strip_suffix("<unfinished ...>") {
            Some(head) => {
                // What is known at its beginning: a process that is killed in it never says more.
                calls[at].args = arguments(&head[name.len() + 1..]);
                open.insert(process, (at, head.trim_end().to_owned()));
            }
            None => finish(&mut calls[at], rest, number),
        }
    }
    calls
}

fn finish(call: &mut Call, text: &str, line: usize) {
    let (before, result) = text
        .rsplit_once(") = ")
        .or_else(|| {
            // strace sets results in a column.
            let at = text.rfind(" = ")?;
            Some((text[..at].trim_end().strip_suffix(')')?, &text[at + 3..]))
        })
        .unwrap_or_else(|| panic!("{text:.200}"));
    call.args = arguments(&before[call.name.len() + 1..]);
    let word = result.split_whitespace().next().unwrap();
    if word == "?" {
        return;
    }
    call.ended = line;
    call.result = Some(match word.strip_prefix("0x") {
        Some(hex) => i64::from_str_radix(hex, 16).unwrap_or(i64::MAX),
        None => word.parse().unwrap_or_else(|_| panic!("{text:.200}")),
    });
}

/// Splits at commas outside of brackets and strings. Every byte of a string is written as `\x..`, so the
/// first quotation mark ends it.
fn arguments(text: &str) -> Vec<String> {
    let (mut all, mut depth, mut from, mut at) = (Vec::new(), 0_i32, 0, 0);
    for (number, piece) in text.split('"').enumerate() {
        // Most of a log is inside of strings.
        let outside = if number % 2 == 0 { piece } else { "" };
        for (within, byte) in outside.bytes().enumerate() {
            match byte {
                b',' if depth == 0 => {
                    all.push(text[from..at + within].trim().to_owned());
                    from = at + within + 1;
                }
                b'[' | b'{' | b'(' => depth += 1,
                b']' | b'}' | b')' => depth -= 1,
                _ => (),
            }
        }
        at += piece.len() + 1;
    }
    let last = text[from..].trim();
    if !last.is_empty() {
        all.push(last.to_owned());
    }
    all
}

/// A string's bytes. One that was cut short is a failure.
pub(crate) fn bytes(argument: &str) -> Vec<u8> {
    const ZEROS: &str = r"\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00";
    let mut rest = argument
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or_else(|| panic!("not a whole string: {argument:.80}"));
    let mut bytes = Vec::with_capacity(rest.len() / 4);
    while !rest.is_empty() {
        // New segments of the journal are megabytes of zeros.
        if let Some(after) = rest.strip_prefix(ZEROS) {
            bytes.extend_from_slice(&[0; 16]);
            rest = after;
            continue;
        }
        let byte = rest.get(..4).and_then(|byte| byte.strip_prefix("\\x"));
        let byte = byte.unwrap_or_else(|| panic!("not escaped: {rest:.80}"));
        bytes.push(u8::from_str_radix(byte, 16).unwrap());
        rest = &rest[4..];
    }
    bytes
}

/// The bytes of `[{iov_base="..", iov_len=..}, ..]`.
pub(crate) fn gathered(argument: &str) -> Vec<u8> {
    argument
        .split("iov_base=")
        .skip(1)
        .flat_map(|part| bytes(part.split(", iov_len=").next().unwrap()))
        .collect()
}

#[test]
fn calls_are_read_back() {
    let log = "7 openat(AT_FDCWD, \"\\x61\\x2f\\x62\", O_RDWR|O_CREAT, 0600) = 3\n\
        7 writev(3, [{iov_base=\"\\x61\\x62\", iov_len=2}, {iov_base=\"\\x63\", iov_len=1}], 2) = 3\n\
        7 fsync(3 <unfinished ...>\n\
        8 rename(\"\\x61\", \"\\x62\") = -1 ENOENT (No such file or directory)\n\
        7 <... fsync resumed>)                = 0\n\
        8 pwrite64(3, \"\\x00\", 1, 5 <unfinished ...>\n\
        8 <... pwrite64 resumed>) = ?\n\
        8 +++ killed by SIGKILL +++\n";
    let calls = calls(log, 100, 1);
    let told: Vec<(&str, usize, usize, Option<i64>)> = calls
        .iter()
        .map(|call| (&*call.name, call.began, call.ended, call.result))
        .collect();
    assert_eq!(
        told,
        [
            ("openat", 100, 100, Some(3)),
            ("writev", 101, 101, Some(3)),
            ("fsync", 102, 104, Some(0)),
            ("rename", 103, 103, Some(-1)),
            ("pwrite64", 105, usize::MAX, None),
        ]
    );
    assert_eq!(bytes(&calls[0].args[1]), b"a/b");
    assert_eq!(gathered(&calls[1].args[1]), b"abc");
    assert_eq!(calls[2].args, ["3"]);
    assert_eq!(calls[4].args, ["3", "\"\\x00\"", "1", "5"]);
    let cut_short = std::panic::catch_unwind(|| bytes("\"\\x61\"..."));
    assert!(cut_short.is_err(), "a string that was cut short is noticed");
}
