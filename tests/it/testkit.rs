//! The age test vectors of C2SP CCTV, each through our split path (strict header parser, MAC check,
//! payload reader) and through the age crate with our identities.

use std::cell::Cell;
use std::fs;
use std::io;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::path::Path;
use std::rc::Rc;

use age::DecryptError;
use age::Decryptor;
use age::Identity;
use age::armor::ArmoredReader;
use age::secrecy::ExposeSecret;
use age_core::format::Stanza;
use sha2::Digest;
use sha2::Sha256;
use strongroom::bytes::hex;
use strongroom::sealing::FileKey;
use strongroom::sealing::Header;
use strongroom::sealing::HybridIdentity;
use strongroom::sealing::PayloadReader;
use strongroom::sealing::open_header;

use crate::common::files_under;

const VECTORS: usize = 143;
const HYBRID: usize = 19;
const MAX_WORK_FACTOR: u8 = 16;
const KNOWN_KEYS: [&str; 8] = [
    "expect",
    "payload",
    "file key",
    "identity",
    "passphrase",
    "armored",
    "compressed",
    "comment",
];

/// Where the age crate, version 0.12.1, departs from the vectors.
const CRATE_DEVIATIONS: [&str; 7] = [
    // Its parser accepts a legacy grammar.
    "stanza_missing_body",
    "stanza_missing_final_line",
    // It takes no white space before armor.
    "armor_whitespace_outside",
    // It takes what does not start as armor for a binary file, and reports its header.
    "armor_garbage_leading",
    "armor_lowercase",
    "armor_whitespace_begin",
    "armor_wrong_type",
];

/// The vectors [`open_header`] must open: those of one stanza, of the hybrid kind.
const ONE_READER: [&str; 2] = ["armor_hybrid", "hybrid"];

const ARMOR_BEGIN: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";

#[derive(Debug, PartialEq, Eq, Clone)]
enum Outcome {
    /// Opened, or failed within the payload: the hash of what was released.
    Released {
        whole: bool,
        sha256: String,
    },
    NoMatch,
    HeaderFailure,
    HmacFailure,
    ArmorFailure,
}

struct Vector {
    name: String,
    expect: Outcome,
    identities: Vec<Box<dyn Identity>>,
    hybrid_keys: Vec<String>,
    file_key: Option<String>,
    armored: bool,
    file: Vec<u8>,
}

fn vectors() -> Vec<Vector> {
    files_under("tests/vectors/age")
        .iter()
        .filter_map(|path| read_vector(path))
        .collect()
}

/// `None` for a file with a head key we do not know, as the vectors' own rules ask.
fn read_vector(path: &Path) -> Option<Vector> {
    let bytes = fs::read(path).expect("a vector that can be read");
    let blank = bytes.windows(2).position(|two| two == b"\n\n").unwrap();
    let head = std::str::from_utf8(&bytes[..blank]).unwrap();
    let pairs: Vec<(&str, &str)> = head
        .lines()
        .map(|line| line.split_once(": ").unwrap())
        .collect();
    if pairs.iter().any(|(key, _)| !KNOWN_KEYS.contains(key)) {
        return None;
    }
    let all = |wanted: &'static str| {
        pairs
            .iter()
            .filter(move |(k, _)| *k == wanted)
            .map(|(_, v)| *v)
    };
    let one = |wanted: &'static str| all(wanted).next();
    let mut file = bytes[blank + 2..].to_vec();
    match one("compressed") {
        None => {}
        Some("zlib") => {
            let mut plain = Vec::new();
            flate2::read::ZlibDecoder::new(&file[..])
                .read_to_end(&mut plain)
                .unwrap();
            file = plain;
        }
        Some(_) => return None,
    }
    let sha256 = one("payload").unwrap_or_default().to_owned();
    let expect = match one("expect").unwrap() {
        "success" => Outcome::Released {
            whole: true,
            sha256,
        },
        "payload failure" => Outcome::Released {
            whole: false,
            sha256,
        },
        "no match" => Outcome::NoMatch,
        "header failure" => Outcome::HeaderFailure,
        "HMAC failure" => Outcome::HmacFailure,
        "armor failure" => Outcome::ArmorFailure,
        other => panic!("unknown expectation {other}"),
    };
    let keys = all("identity").map(identity);
    let hybrid_keys = all("identity").filter(|key| is_hybrid(key));
    let passphrases = all("passphrase").map(passphrase_identity);
    Some(Vector {
        name: path.file_name().unwrap().to_str().unwrap().to_owned(),
        expect,
        identities: keys.chain(passphrases).collect(),
        hybrid_keys: hybrid_keys.map(str::to_owned).collect(),
        file_key: one("file key").map(str::to_owned),
        armored: one("armored").is_some(),
        file,
    })
}

fn is_hybrid(text: &str) -> bool {
    text.starts_with("AGE-SECRET-KEY-PQ-")
}

fn identity(text: &str) -> Box<dyn Identity> {
    if is_hybrid(text) {
        Box::new(HybridIdentity::parse(text).unwrap())
    } else {
        Box::new(text.parse::<age::x25519::Identity>().unwrap())
    }
}

fn passphrase_identity(text: &str) -> Box<dyn Identity> {
    let mut identity = age::scrypt::Identity::new(text.to_owned().into());
    identity.set_max_work_factor(MAX_WORK_FACTOR);
    Box::new(identity)
}

fn outcome_of(failure: &DecryptError) -> Outcome {
    match failure {
        DecryptError::NoMatchingKeys
        | DecryptError::DecryptionFailed
        | DecryptError::KeyDecryptionFailed => Outcome::NoMatch,
        DecryptError::InvalidMac => Outcome::HmacFailure,
        _ => Outcome::HeaderFailure,
    }
}

fn release(reader: &mut impl Read) -> Outcome {
    let mut released = Vec::new();
    let whole = reader.read_to_end(&mut released).is_ok();
    Outcome::Released {
        whole,
        sha256: hex(&Sha256::digest(&released)),
    }
}

fn split_path(vector: &Vector) -> Outcome {
    match unarmored(vector) {
        Some(file) => split_binary(vector, &file),
        None => Outcome::ArmorFailure,
    }
}

/// The binary file. The vault has no armor: here the crate unpacks it, once it is seen to be armor.
fn unarmored(vector: &Vector) -> Option<Vec<u8>> {
    if !vector.armored {
        return Some(vector.file.clone());
    }
    let text = vector.file.trim_ascii_start();
    let mut binary = Vec::new();
    let read = ArmoredReader::new(text).read_to_end(&mut binary);
    (text.starts_with(ARMOR_BEGIN) && read.is_ok()).then_some(binary)
}

fn split_binary(vector: &Vector, file: &[u8]) -> Outcome {
    let Ok((header, length)) = Header::parse(file) else {
        return Outcome::HeaderFailure;
    };
    let stanzas: Vec<Stanza> = header
        .stanzas()
        .iter()
        .map(|stanza| Stanza {
            tag: stanza.tag().to_owned(),
            args: stanza.args().map(str::to_owned).collect(),
            body: stanza.body().to_vec(),
        })
        .collect();
    if stanzas.len() > 1 && stanzas.iter().any(|stanza| stanza.tag == "scrypt") {
        return Outcome::HeaderFailure;
    }
    let found = vector
        .identities
        .iter()
        .find_map(|i| i.unwrap_stanzas(&stanzas));
    let key = match found {
        None => return Outcome::NoMatch,
        Some(Err(failure)) => return outcome_of(&failure),
        Some(Ok(key)) => FileKey::from_bytes(key.expose_secret()),
    };
    if !header.is_sealed_by(&key) {
        return Outcome::HmacFailure;
    }
    if let Some(expected) = &vector.file_key {
        assert_eq!(hex(key.expose()), *expected, "{}", vector.name);
    }
    match PayloadReader::new(&key, &file[length..]) {
        Ok(mut reader) => release(&mut reader),
        Err(_) => Outcome::HeaderFailure,
    }
}

fn crate_path(vector: &Vector) -> Outcome {
    if !vector.armored {
        return crate_open(vector, &vector.file[..]);
    }
    let failed = Rc::new(Cell::new(false));
    let armor = Watched {
        inner: ArmoredReader::new(&vector.file[..]),
        failed: Rc::clone(&failed),
    };
    let outcome = crate_open(vector, BufReader::new(armor));
    if failed.get() {
        Outcome::ArmorFailure
    } else {
        outcome
    }
}

fn crate_open(vector: &Vector, file: impl BufRead) -> Outcome {
    let identities = vector.identities.iter().map(|i| &**i);
    match Decryptor::new_buffered(file).and_then(|d| d.decrypt(identities)) {
        Ok(mut reader) => release(&mut reader),
        Err(failure) => outcome_of(&failure),
    }
}

/// Remembers whether the reader it wraps has failed.
struct Watched<R> {
    inner: R,
    failed: Rc<Cell<bool>>,
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(out);
        self.failed.set(self.failed.get() || read.is_err());
        read
    }
}

/// The names of the vectors whose outcome differs from what they expect.
fn deviations(path: impl Fn(&Vector) -> Outcome) -> Vec<String> {
    let vectors = vectors();
    assert_eq!(vectors.len(), VECTORS, "the folder is incomplete");
    let wrong = vectors.iter().filter(|v| path(v) != v.expect);
    wrong.map(|v| v.name.clone()).collect()
}

#[test]
fn our_split_path_passes_every_vector() {
    assert_eq!(deviations(split_path), Vec::<String>::new());
}

#[test]
fn the_age_crate_with_our_identities_passes_all_but_the_known() {
    let mut known = CRATE_DEVIATIONS.map(str::to_owned);
    known.sort();
    assert_eq!(deviations(crate_path), known);
}

#[test]
fn the_hybrid_vectors_are_there_and_only_those_of_one_reader_open_as_rows() {
    let vectors = vectors();
    let hybrid: Vec<&Vector> = vectors
        .iter()
        .filter(|v| v.name.contains("hybrid"))
        .collect();
    assert_eq!(hybrid.len(), HYBRID);
    let opened: Vec<&str> = hybrid
        .iter()
        .filter(|vector| {
            let file = unarmored(vector).unwrap();
            let Ok((_, length)) = Header::parse(&file) else {
                return false;
            };
            vector.hybrid_keys.iter().any(|key| {
                let identity = HybridIdentity::parse(key).unwrap();
                let opened = open_header(&file[..length], &identity);
                let longer = open_header(&file[..=length], &identity);
                assert!(
                    longer.is_err(),
                    "{}: a header and one byte more",
                    vector.name
                );
                opened.is_ok_and(|key| vector.file_key.as_ref() == Some(&hex(key.expose())))
            })
        })
        .map(|vector| &*vector.name)
        .collect();
    assert_eq!(opened, ONE_READER);
}
