//! No reading without an entry: what is answered is durable first, refusals too; and the source lets
//! nothing be opened or handed over on any other path.

use std::collections::BTreeSet;
use std::path::Path;

use strongroom::desk::Desk;
use strongroom::desk::DeskError;
use strongroom::desk::ReceiptLine;
use strongroom::ids::RecordId;
use strongroom::keeper::Keeper;
use strongroom::keeper::facts::Service;
use strongroom::keeper::verify;
use strongroom::keeper::verify::Verified;

use crate::centre_kit::Centre;
use crate::centre_kit::PEOPLE;
use crate::centre_kit::copy_all;
use crate::centre_kit::filing;
use crate::centre_kit::form;
use crate::centre_kit::passphrase;
use crate::centre_kit::paths;
use crate::common::files_under;

/// How many asks are made at random.
const ASKS: usize = 32;

/// What was answered.
#[derive(Debug)]
enum Answered {
    /// Something was shown or done, against this receipt.
    Shown(ReceiptLine),
    /// Something was shown or done; its receipt stays inside the desk.
    Done,
    /// Refused by policy, in this entry.
    Denied(Option<u64>),
    /// Refused otherwise, or unknown.
    Refused,
}

fn answered<T>(
    result: Result<T, DeskError>,
    receipt: impl Fn(T) -> Option<ReceiptLine>,
) -> Answered {
    match result {
        Ok(shown) => receipt(shown).map_or(Answered::Done, Answered::Shown),
        Err(DeskError::Denied { entry, .. }) => Answered::Denied(entry),
        Err(DeskError::Unknown | DeskError::Refused { .. }) => Answered::Refused,
        Err(other) => panic!("{other:?}"),
    }
}

/// The vault as a machine that loses its power now would leave it, read by someone who knows nothing of
/// what went before.
fn after_a_crash(centre: &Centre, to: &Path) -> Verified {
    copy_all(&centre.folder("vault"), &to.join("vault"));
    copy_all(&centre.folder("keys"), &to.join("keys"));
    verify(&paths(to), None).unwrap()
}

/// The `number`th ask of a seeded sequence.
fn ask(centre: &Centre, desk: &mut Desk<'_>, number: u64) -> Answered {
    let records = [
        &centre.report,
        &centre.complaint,
        &centre.certificate,
        &centre.check,
    ];
    let nowhere = RecordId::random().to_string();
    let record = match number / 16 % 5 {
        4 => &nowhere,
        at => records[usize::try_from(at).unwrap()],
    };
    let purpose = (number / 80).is_multiple_of(2).then_some("to see");
    let mut out = Vec::new();
    match number % 16 {
        0..=3 => answered(desk.record(record, None, purpose, 80), |shown| {
            Some(shown.receipt)
        }),
        4 => answered(desk.records(None, 0), |_| None),
        5 => answered(desk.history(record), |_| None),
        6 => answered(
            desk.attachment(record, "notes.txt", purpose, &mut out),
            |_| None,
        ),
        7 => answered(desk.export(record, &[], purpose, &mut out), |exported| {
            Some(exported.receipt)
        }),
        8 => answered(desk.audit(None, None, None), |_| None),
        9 => answered(
            desk.file(&filing("contact-report", Some(&centre.supervised))),
            |filed| Some(filed.receipt),
        ),
        10 => answered(desk.users(), |_| None),
        11 => answered(desk.cases(), |_| None),
        12 => answered(desk.case(&centre.supported), |_| None),
        13 => answered(
            desk.open_case("Invented, at random", Service::Handover),
            |_| None,
        ),
        14 => answered(
            desk.amend(record, &form("contact-report"), "at random"),
            |filed| Some(filed.receipt),
        ),
        _ => answered(desk.proof(0), |_| None),
    }
}

#[test]
fn every_answer_s_entry_outlives_a_crash_at_once() {
    let centre = Centre::new();
    let mut desks: Vec<Desk<'_>> = PEOPLE.iter().map(|(who, ..)| centre.desk(who)).collect();
    let crash = tempfile::tempdir().unwrap();
    let mut before = after_a_crash(&centre, &crash.path().join("0")).size;
    // Entries that have to be found: position, and whether it is a refusal.
    let mut sought: Vec<(u64, bool)> = Vec::new();
    let mut seed = 2_026_u64;
    for number in 1..=ASKS {
        // Knuth's MMIX generator; its upper bits.
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let draw = seed >> 33;
        let who = usize::try_from(draw % 9).unwrap();
        let answer = ask(&centre, &mut desks[who], draw / 9);
        let there = after_a_crash(&centre, &crash.path().join(number.to_string()));
        assert!(there.size > before, "no entry: {answer:?}");
        let newest = there.size - 1;
        match answer {
            Answered::Shown(receipt) => {
                assert_eq!((receipt.size, &receipt.root), (there.size, &there.root));
                // The control: it was not there before it was asked for.
                assert!((before..there.size).contains(&receipt.index));
                sought.push((receipt.index, false));
            }
            Answered::Done => sought.push((newest, false)),
            Answered::Denied(entry) => {
                assert_eq!(entry, Some(newest));
                sought.push((newest, true));
            }
            Answered::Refused => sought.push((newest, true)),
        }
        before = there.size;
    }
    drop(desks);
    let last = crash.path().join(ASKS.to_string());
    let keeper = Keeper::open(&paths(&last), &[]).unwrap();
    let mut dpl = Desk::sign_in(&keeper, "dpl", &passphrase("dpl"), None).unwrap();
    let lines = dpl.audit(None, None, None).unwrap();
    for (index, refusal) in &sought {
        let line = lines.iter().find(|line| line.index == *index).unwrap();
        assert_eq!(line.event == "refuse", *refusal, "{line:?}");
        assert!(line.actor.is_some());
    }
    for refusal in [true, false] {
        assert!(
            sought.iter().filter(|(_, r)| *r == refusal).count() > 8,
            "both kinds were met"
        );
    }
}

/// A function of the source: its name, everything before its body, and its body.
#[derive(Debug)]
struct Function<'s> {
    name: &'s str,
    signature: &'s str,
    body: &'s str,
}

/// The functions of a file that holds code as rustfmt sets it, tests left out.
fn functions(source: &str) -> Vec<Function<'_>> {
    let source = source.split("#[cfg(test)]\nmod tests").next().unwrap();
    let mut found = Vec::new();
    for (at, _) in source.match_indices("fn ") {
        let line = source[..at].rfind('\n').map_or(0, |end| end + 1);
        let lead = source[line..at].trim();
        let named = source[at + 3..]
            .chars()
            .next()
            .is_some_and(|c| c.is_ascii_lowercase() || c == '_');
        if !named
            || ![
                "",
                "pub",
                "pub(crate)",
                "const",
                "pub const",
                "pub(crate) const",
            ]
            .contains(&lead)
        {
            continue;
        }
        let indent = source[line..].len() - source[line..].trim_start().len();
        let close = format!("\n{}}}", " ".repeat(indent));
        let rest = &source[at..];
        let (Some(open), Some(end)) = (rest.find(" {\n"), rest.find(&close)) else {
            continue;
        };
        if end < open {
            continue;
        }
        let name = rest[3..].split(['(', '<']).next().unwrap();
        found.push(Function {
            name,
            signature: &rest[..open],
            body: &rest[open..end],
        });
    }
    found
}

/// What opens something. The names stand in pieces so that this file is no caller itself.
const OPENERS: [&str; 5] = [
    "open_header(",
    "open_payload(",
    "open_with_passphrase(",
    "PayloadReader::new(",
    "Person::unseal(",
];

/// Built for tests alone; a test sees to it.
const FORGERY: &str = "src/desk/forgery/";

/// What is wrong with a file outside the sealing room, if something opens where nothing may.
fn opens_wrongly(path: &str, source: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    for function in functions(source) {
        let opens = OPENERS.iter().filter(|name| function.body.contains(**name));
        for opener in opens {
            let ok = match (path, *opener) {
                ("src/desk/open.rs", _) => function.signature.contains(": &Proven"),
                // Whoever forges there plays a thief: it is no part of the program.
                (path, _) if path.starts_with(FORGERY) => true,
                // Nobody can be signed in before their own identity is open.
                ("src/desk.rs", "Person::unseal(") => function.name == "sign_in",
                _ => false,
            };
            if !ok {
                wrong.push(format!("{path}: {} calls {opener}..)", function.name));
            }
        }
    }
    wrong
}

/// What is wrong with a file of the keeper's, if something hands over a header or an envelope without
/// its entry.
fn serves_wrongly(path: &str, source: &str) -> Vec<String> {
    let served = [
        "ChainLink",
        "ServedPart",
        "ServedRecord",
        "ServedCase",
        "Errands",
        "SealedAgain",
    ];
    let wrong = |function: &Function<'_>| {
        let reads = ["read_under(", ".read(", "sealed_row("]
            .iter()
            .any(|read| function.body.contains(read));
        let opening = ["Tree::Header", "Tree::Envelope", "IDENTITY"]
            .iter()
            .any(|tree| function.body.contains(tree));
        let gives = function.signature.split("->").nth(1).unwrap_or_default();
        let hands_over = served.iter().any(|name| gives.contains(name));
        (hands_over || (reads && opening)) && !function.signature.contains(": &Logged")
    };
    functions(source)
        .iter()
        .filter(|function| wrong(function))
        .map(|function| format!("{path}: {} hands over without its entry", function.name))
        .collect()
}

/// The files below a folder, and the file beside it.
fn sources(room: &str) -> Vec<(String, String)> {
    let mut files = files_under(format!("src/{room}"));
    files.push(format!("src/{room}.rs").into());
    files
        .into_iter()
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .map(|path| {
            (
                path.display().to_string(),
                std::fs::read_to_string(&path).unwrap(),
            )
        })
        .collect()
}

#[test]
fn only_one_file_opens_and_only_against_proof() {
    let desk = std::fs::read_to_string("src/desk.rs").unwrap();
    assert!(desk.contains("#[cfg(test)]\nmod forgery;"));
    let mut opened = 0;
    for room in ["desk", "keeper", "store", "ledger", "records", "cli"] {
        for (path, source) in sources(room) {
            assert_eq!(opens_wrongly(&path, &source), Vec::<String>::new());
            opened += functions(&source)
                .iter()
                .filter(|function| OPENERS.iter().any(|name| function.body.contains(name)))
                .count();
        }
    }
    assert!(
        opened >= 6,
        "the reader of the source sees {opened} functions that open"
    );
}

#[test]
fn the_keeper_hands_over_only_what_is_logged() {
    let mut found = BTreeSet::new();
    for (path, source) in sources("keeper") {
        assert_eq!(serves_wrongly(&path, &source), Vec::<String>::new());
        for function in functions(&source) {
            if function.signature.contains(": &Logged") {
                found.insert(function.name.to_owned());
            }
        }
    }
    for name in [
        "chain",
        "serve_part",
        "serve_record",
        "serve_case",
        "errands",
        "identity_file",
    ] {
        assert!(found.contains(name), "{name} is not seen: {found:?}");
    }
}

/// Made in one place each, and by nobody copied.
#[test]
fn the_proofs_of_the_gate_have_one_maker() {
    let makers = [
        ("Permit", "src/keeper/policy/decide.rs"),
        ("Pledge", "src/keeper/gate.rs"),
        ("Logged", "src/keeper/gate.rs"),
        ("Committed", "src/keeper/commit.rs"),
        ("Proven", "src/ledger/receipt.rs"),
    ];
    let all: Vec<_> = ["keeper", "desk", "ledger"]
        .into_iter()
        .flat_map(sources)
        .collect();
    for (name, maker) in makers {
        let mut defined = false;
        for (path, source) in &all {
            let code: Vec<&str> = source
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"))
                .collect();
            for (at, line) in code.iter().enumerate() {
                if line
                    .trim_start()
                    .trim_start_matches("pub(crate) ")
                    .trim_start_matches("pub ")
                    == format!("struct {name} {{")
                {
                    defined = true;
                    let above = code[at.saturating_sub(4)..at].join("\n");
                    let derives = above.rsplit("}\n").next().unwrap();
                    for copied in ["Clone", "Copy", "Default", "Deserialize"] {
                        assert!(!derives.contains(copied), "{name} is {copied}");
                    }
                    continue;
                }
                let words: Vec<&str> = line
                    .split(|c: char| !(c.is_alphanumeric() || "_{".contains(c)))
                    .collect();
                let is_made = words.windows(2).any(|pair| pair == [name, "{"])
                    && !line.contains("-> ")
                    && !line.contains("Effect::Permit");
                assert!(!is_made || path == maker, "{path} makes a {name}: {line}");
                for copied in ["Clone", "Default", "Deserialize", "From"] {
                    assert!(
                        !line.contains(&format!("impl {copied} for {name}")),
                        "{path}: {line}"
                    );
                }
            }
        }
        assert!(defined, "{name} is not found");
    }
}

/// The planted controls: the readers of the source see what they are there for.
#[test]
fn the_readers_of_the_source_see_what_is_planted() {
    let open =
        "pub(crate) fn card(with: &Key) -> Plain {\n    let key = open_header(with);\n    key\n}\n";
    assert_eq!(opens_wrongly("src/desk/open.rs", open).len(), 1, "no proof");
    let proved = open.replace("(with: &Key)", "(_: &Proven, with: &Key)");
    assert_eq!(
        opens_wrongly("src/desk/open.rs", &proved),
        Vec::<String>::new()
    );
    assert_eq!(
        opens_wrongly("src/desk/reading.rs", &proved).len(),
        1,
        "another file"
    );
    assert_eq!(
        opens_wrongly("src/keeper/reading.rs", &proved).len(),
        1,
        "another room"
    );
    let unseal = "impl Desk {\n    fn look(&self) {\n        Person::unseal(file);\n    }\n}\n";
    assert_eq!(opens_wrongly("src/desk.rs", unseal).len(), 1);

    let serve = "impl Vault {\n    fn serve_part(&self) -> Result<ServedPart, Broken> {\n        done()\n    }\n}\n";
    assert_eq!(serves_wrongly("x", serve).len(), 1, "by what it gives");
    let read = "impl Vault {\n    fn peek(\n        &self,\n    ) -> Bytes {\n        self.read_under(key, Tree::Header, n)\n    }\n}\n";
    assert_eq!(serves_wrongly("x", read).len(), 1, "by what it reads");
    let logged = read.replace("&self,\n", "&self,\n        _: &Logged,\n");
    assert_eq!(serves_wrongly("x", &logged), Vec::<String>::new());
}
