//! Nothing anybody typed stands in any file: not as it is, not in hex or base64, not compressed.
//!
//! Every text of every kind's form, titles, names of attachments and what is in them are random letters.
//! Then everything is done with them that can be done, and every file of vault, keys and the person's
//! own state is searched. The planted controls show that the search would have found them.

use std::collections::HashMap;
use std::path::Path;

use serde_json::Value;
use strongroom::desk::Desk;
use strongroom::desk::DeskError;
use strongroom::desk::Filing;
use strongroom::ids::random;
use strongroom::keeper::Keeper;
use strongroom::keeper::facts::Role;
use strongroom::keeper::facts::Service;
use strongroom::records::Kind;
use strongroom::records::Kinds;
use strongroom::records::field::Field;
use strongroom::records::words::CaseRule;
use strongroom::records::words::Reader;
use strongroom::records::words::Sort;

use crate::centre_kit::attach;
use crate::centre_kit::enrol;
use crate::centre_kit::found;
use crate::centre_kit::passphrase;
use crate::centre_kit::paths;
use crate::common::files_under;

/// Letters only, so that no rule about names, handles or texts refuses them.
const LETTERS: usize = 24;
/// How much of a canary is enough to have found it: what any alignment of base64 leaves whole.
const ENOUGH: usize = LETTERS - 3;

/// Random letters, each remembered.
#[derive(Default)]
struct Canaries {
    all: Vec<String>,
    /// By what is looked for: the middle of each.
    parts: HashMap<Vec<u8>, String>,
}

impl Canaries {
    fn one(&mut self) -> String {
        let bytes: [u8; LETTERS] = random();
        let letters: String = bytes
            .iter()
            .map(|byte| char::from(b'a' + byte % 26))
            .collect();
        self.know(&letters);
        letters
    }

    fn know(&mut self, letters: &str) {
        self.all.push(letters.to_owned());
        self.parts
            .insert(letters.as_bytes()[1..=ENOUGH].to_vec(), letters.to_owned());
    }

    /// The kind's example, with every text anybody may type in it replaced.
    fn form(&mut self, kind: &Kind) -> Value {
        let mut form = kind.template_json();
        self.fill(&kind.fields, &mut form);
        form
    }

    fn fill(&mut self, fields: &[Field], form: &mut Value) {
        for field in fields {
            let Some(value) = form.get_mut(&field.name) else {
                continue;
            };
            let free = field.pattern.is_none()
                && matches!(
                    field.sort,
                    Sort::Text | Sort::LongText | Sort::Person | Sort::Quote
                );
            match value {
                Value::Array(values) if field.sort == Sort::Group => {
                    for value in values {
                        self.fill(&field.fields, value);
                    }
                }
                Value::Array(values) if free => values.iter_mut().for_each(|v| self.replace(v)),
                value if field.sort == Sort::Group => self.fill(&field.fields, value),
                value if free => self.replace(value),
                _ => {}
            }
        }
    }

    /// Every text in a value, for sorts that are texts with something beside them.
    fn replace(&mut self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.one(),
            Value::Object(fields) => {
                for name in ["text", "words", "speaker", "by", "quote", "who"] {
                    if let Some(Value::String(text)) = fields.get_mut(name) {
                        *text = self.one();
                    }
                }
            }
            _ => {}
        }
    }

    /// Which canary stands in these bytes, in which dress.
    fn found_in(&self, bytes: &[u8]) -> Option<String> {
        let mut views = vec![("as typed", bytes.to_vec())];
        views.extend(unhex(bytes).into_iter().map(|view| ("in hex", view)));
        views.extend(unbase64(bytes).into_iter().map(|view| ("in base64", view)));
        views.extend(inflated(bytes).into_iter().map(|view| ("compressed", view)));
        for (dress, view) in &views {
            for window in view.windows(ENOUGH) {
                // Only letters can begin one, which spares almost every look-up.
                if window[..4].iter().all(u8::is_ascii_alphabetic)
                    && let Some(canary) = self.parts.get(&window.to_ascii_lowercase())
                {
                    return Some(format!("{canary} {dress}"));
                }
            }
        }
        None
    }

    /// Every file below `dir` that holds one.
    fn found_under(&self, dir: &Path) -> Vec<String> {
        let one = |path: std::path::PathBuf| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let mut bytes = std::fs::read(&path).unwrap();
            // Journals are preallocated with zeros.
            bytes.truncate(bytes.len() - bytes.iter().rev().take_while(|byte| **byte == 0).count());
            let said = self.found_in(&bytes);
            let said = said.or_else(|| self.found_in(name.as_bytes()));
            said.map(|said| format!("{}: {said}", path.display()))
        };
        files_under(dir).into_iter().filter_map(one).collect()
    }
}

/// Runs of hex digits, decoded from both alignments.
fn unhex(bytes: &[u8]) -> Vec<Vec<u8>> {
    let digit = |byte: &u8| {
        char::from(*byte)
            .to_digit(16)
            .map(|d| u8::try_from(d).unwrap())
    };
    runs(bytes, |byte| digit(byte).is_some())
        .into_iter()
        .flat_map(|run| {
            (0..2).map(move |skip| {
                let digits: Vec<u8> = run[skip..].iter().filter_map(digit).collect();
                digits
                    .chunks_exact(2)
                    .map(|two| two[0] << 4 | two[1])
                    .collect()
            })
        })
        .collect()
}

/// Runs of base64 characters of either alphabet, decoded from each of the four alignments of text (which
/// covers the three of bytes).
fn unbase64(bytes: &[u8]) -> Vec<Vec<u8>> {
    let value = |byte: &u8| match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    };
    runs(bytes, |byte| value(byte).is_some())
        .into_iter()
        .flat_map(|run| {
            (0..4).map(move |skip| {
                let six: Vec<u8> = run[skip..].iter().filter_map(value).collect();
                let three = |four: &[u8]| {
                    let bits = four
                        .iter()
                        .fold(0_u32, |bits, six| bits << 6 | u32::from(*six));
                    bits.to_be_bytes()[1..].to_vec()
                };
                six.chunks_exact(4).flat_map(three).collect()
            })
        })
        .collect()
}

/// Runs of characters of one alphabet that are long enough to hold a canary.
fn runs(bytes: &[u8], of: impl Fn(&u8) -> bool) -> Vec<&[u8]> {
    bytes
        .split(|byte| !of(byte))
        .filter(|run| run.len() >= LETTERS)
        .collect()
}

/// Whatever deflate, zlib or gzip stream begins anywhere, as far as it goes.
fn inflated(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut add = |from: &mut dyn std::io::Read| {
        let mut out = Vec::new();
        let mut chunk = [0; 4096];
        while let Ok(count @ 1..) = from.read(&mut chunk) {
            out.extend_from_slice(&chunk[..count]);
            if out.len() > 1 << 20 {
                break;
            }
        }
        if out.len() >= ENOUGH {
            found.push(out);
        }
    };
    for (at, window) in bytes.windows(2).enumerate() {
        let rest = &bytes[at..];
        if window == [0x1f, 0x8b] {
            add(&mut flate2::read::GzDecoder::new(rest));
        }
        let zlib = u16::from_be_bytes([window[0], window[1]]);
        if window[0] == 0x78 && zlib % 31 == 0 {
            add(&mut flate2::read::ZlibDecoder::new(rest));
        }
    }
    add(&mut flate2::read::DeflateDecoder::new(bytes));
    found
}

/// Reads everything of a record in every way.
fn use_up(desk: &mut Desk<'_>, record: &str, names: &[String]) {
    let purpose = Some("to see that nothing is left lying about");
    desk.record(record, None, purpose, 80).unwrap();
    desk.record(record, Some(1), purpose, 80).unwrap();
    for name in names {
        desk.attachment(record, name, purpose, &mut Vec::new())
            .unwrap();
    }
    desk.history(record).unwrap();
    match desk.export(record, &[], purpose, &mut Vec::new()) {
        Ok(_) | Err(DeskError::Denied { .. }) => {}
        Err(other) => panic!("{other:?}"),
    }
}

/// What is refused was typed too.
fn refused_too(ada: &mut Desk<'_>, kind: &Kind, case: &str, canaries: &mut Canaries) {
    let mut bad = canaries.form(kind);
    bad[canaries.one()] = Value::from(canaries.one());
    let bad = Filing {
        case: Some(case.to_owned()),
        kind: kind.name.clone(),
        form: bad,
        attachments: Vec::new(),
        about: Vec::new(),
        deciders: Vec::new(),
    };
    assert!(matches!(ada.file(&bad), Err(DeskError::Form(_))));
    assert!(
        ada.record(&canaries.one(), None, Some(&canaries.one()), 80)
            .is_err()
    );
}

/// Somebody who reads records of the kind: coordinators do not read what is alleged about their staff, and where
/// no handler is named, trustees read what only a handler does.
fn reader_of(kind: &Kind) -> &'static str {
    let by = |reader| kind.readers.contains(&reader);
    if by(Reader::Coordinator) || by(Reader::Deciders) {
        "ada"
    } else if by(Reader::SafeguardingLead) {
        "saf"
    } else if by(Reader::DataProtectionLead) {
        "dpl"
    } else {
        "tess"
    }
}

/// A record of the kind with canaries in every place, and its attachments' names.
fn filing(kind: &Kind, case: &str, canaries: &mut Canaries) -> (Filing, Vec<String>) {
    let names: Vec<String> = (0..3).map(|_| format!("{}.txt", canaries.one())).collect();
    let long = canaries.one().repeat(10_000);
    let by_deciders = kind.readers.contains(&Reader::Deciders);
    let filing = Filing {
        case: (kind.case == CaseRule::Required).then(|| case.to_owned()),
        kind: kind.name.clone(),
        form: canaries.form(kind),
        attachments: vec![
            attach(&names[0], canaries.one().as_bytes()),
            attach(&names[1], long.as_bytes()),
            attach(&names[2], b""),
        ],
        about: Vec::new(),
        deciders: by_deciders.then(|| "ada".to_owned()).into_iter().collect(),
    };
    (filing, names)
}

/// A vault full of canaries; the files are left as they are while it is open.
fn typed_into(dir: &Path, canaries: &mut Canaries, close: bool) {
    found(dir, &canaries.one());
    let keeper = Keeper::open(&paths(dir), &[]).unwrap();
    let state = dir.join("state");
    let sign_in = |who: &str| Desk::sign_in(&keeper, who, &passphrase(who), Some(&state)).unwrap();
    let mut ada = sign_in("ada");
    enrol(&mut ada, "dbs", Role::DbsCountersignatory, None);
    enrol(&mut ada, "saf", Role::SafeguardingLead, None);
    enrol(&mut ada, "dpl", Role::DataProtectionLead, None);
    enrol(&mut ada, "tess", Role::Trustee, None);
    let (mut saf, mut dpl, mut tess) = (sign_in("saf"), sign_in("dpl"), sign_in("tess"));
    let case = ada.open_case(&canaries.one(), Service::Supervised).unwrap();
    let case = case.id.to_string();
    // How files are left does not depend on the kind, so that of the open vault a few are enough.
    let of = if close { 1 } else { 5 };
    for kind in Kinds::builtin().iter().step_by(of) {
        let desk = match reader_of(kind) {
            "ada" => &mut ada,
            "saf" => &mut saf,
            "dpl" => &mut dpl,
            _ => &mut tess,
        };
        let (filing, names) = filing(kind, &case, canaries);
        let record = desk.file(&filing).unwrap().id.to_string();
        if kind.name != "dbs-certificate" {
            desk.amend(&record, &canaries.form(kind), &canaries.one())
                .unwrap();
        }
        use_up(desk, &record, &names);
        ada.import(&[Filing {
            attachments: Vec::new(),
            form: canaries.form(kind),
            ..filing
        }])
        .unwrap();
        refused_too(&mut ada, kind, &case, canaries);
    }
    ada.records(None, 0).unwrap();
    ada.audit(None, None, None).unwrap();
    ada.cases().unwrap();
    ada.close_case(&case).unwrap();
    assert!(Desk::sign_in(&keeper, &canaries.one(), &passphrase("ada"), Some(&state)).is_err());
    drop(ada);
    if close {
        keeper.close().unwrap();
    }
}

#[test]
fn nothing_typed_stands_in_any_file() {
    for close in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let mut canaries = Canaries::default();
        typed_into(dir.path(), &mut canaries, close);
        assert!(
            canaries.all.len() > 200,
            "{} texts were typed",
            canaries.all.len()
        );
        assert!(files_under(dir.path()).len() > 20);
        assert_eq!(canaries.found_under(dir.path()), Vec::<String>::new());
    }
}

/// As base64 without padding.
fn base64(text: &str, alphabet: &base64::alphabet::Alphabet) -> String {
    use base64::Engine as _;
    let no_pad = base64::engine::general_purpose::NO_PAD;
    base64::engine::GeneralPurpose::new(alphabet, no_pad).encode(text)
}

/// Compressed.
fn deflated(kind: &str, bytes: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    let level = flate2::Compression::default();
    let mut out = Vec::new();
    match kind {
        "gzip" => flate2::write::GzEncoder::new(&mut out, level).write_all(bytes),
        "zlib" => flate2::write::ZlibEncoder::new(&mut out, level).write_all(bytes),
        _ => flate2::write::DeflateEncoder::new(&mut out, level).write_all(bytes),
    }
    .unwrap();
    out
}

/// The planted control: the same search over one form left lying about must find it, however it is
/// dressed.
#[test]
fn the_search_finds_what_is_planted() {
    let mut canaries = Canaries::default();
    let kind = Kinds::builtin().find("contact-report").unwrap();
    let form = canaries.form(kind).to_string();
    let deflate = |kind: &str| deflated(kind, form.as_bytes());
    let mut planted: Vec<(&str, Vec<u8>)> = vec![
        ("raw", form.clone().into_bytes()),
        ("capitals", form.to_uppercase().into_bytes()),
        ("deflate", deflate("deflate")),
        (
            "zlib",
            [b"something before".to_vec(), deflate("zlib")].concat(),
        ),
        (
            "gzip",
            [b"something before".to_vec(), deflate("gzip")].concat(),
        ),
    ];
    for pad in ["", "x", "xx", "xxx"] {
        let one = format!("{pad}{}", canaries.all[0]);
        let hex = strongroom::bytes::hex(one.as_bytes());
        planted.push(("hex", format!("[{pad}{hex}]").into_bytes()));
        planted.push((
            "base64",
            format!("[{}]", base64(&one, &base64::alphabet::STANDARD)).into_bytes(),
        ));
        planted.push((
            "base64url",
            base64(&one, &base64::alphabet::URL_SAFE).into_bytes(),
        ));
    }
    let dir = tempfile::tempdir().unwrap();
    for (at, (dress, bytes)) in planted.iter().enumerate() {
        let under = dir.path().join(format!("{at}"));
        std::fs::create_dir(&under).unwrap();
        std::fs::write(under.join("file"), bytes).unwrap();
        assert_eq!(canaries.found_under(&under).len(), 1, "{dress}, {at}");
    }
    std::fs::write(dir.path().join(&canaries.all[0]), "").unwrap();
    assert_eq!(
        canaries.found_under(dir.path()).len(),
        planted.len() + 1,
        "and in a file's name"
    );
    let mut other = Canaries::default();
    other.know("abcdefghijklmnopqrstuvwx");
    assert_eq!(other.found_under(dir.path()), Vec::<String>::new());
}
