//! What somebody looks for stays on their desk: it is in no file of vault, keys and state, and in nothing that
//! goes over the socket. The planted controls show that the search for it would find it.

use std::collections::HashMap;
use std::io::Read;
use std::io::Write;
use std::net::Shutdown;
use std::os::unix::net::UnixListener;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;

use strongroom::records::fold::fold;

use crate::cli_centre::Centre;
use crate::common::files_under;
use crate::socket_kit::Running;

/// Words that are there and words that are not, with letters that fold.
const LOOKED_FOR: &[&str] = &["Tŷ-Coch", "WIŚNIEWSKA", "Çıplak-Kanárek", "Xylokarp"];

/// Everything that went over the socket, both ways.
type Heard = Arc<Mutex<Vec<u8>>>;

/// A socket between a desk and its keeper that writes down what goes through it.
fn listen_between(at: &Path, keeper: &Path) -> Heard {
    let heard = Heard::default();
    let listener = UnixListener::bind(at).unwrap();
    let (keeper, all) = (keeper.to_owned(), Arc::clone(&heard));
    std::thread::spawn(move || {
        for desk in listener.incoming() {
            let (desk, keeper) = (desk.unwrap(), UnixStream::connect(&keeper).unwrap());
            let [desk_2, keeper_2] = [&desk, &keeper].map(|one| one.try_clone().unwrap());
            let [a, b] = [&all, &all].map(Arc::clone);
            std::thread::spawn(move || pass_on(desk, keeper, &a));
            std::thread::spawn(move || pass_on(keeper_2, desk_2, &b));
        }
    });
    heard
}

fn pass_on(mut from: UnixStream, mut to: UnixStream, heard: &Mutex<Vec<u8>>) {
    let mut chunk = vec![0; 64 * 1024];
    while let Ok(count @ 1..) = from.read(&mut chunk) {
        heard.lock().unwrap().extend_from_slice(&chunk[..count]);
        if to.write_all(&chunk[..count]).is_err() {
            break;
        }
    }
    drop(to.shutdown(Shutdown::Write));
}

/// Each word as typed, in other cases, folded, in parts, and in the escapes JSON has for it.
fn spellings() -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for word in LOOKED_FOR {
        let folded = fold(word);
        let parts = folded.split(' ').filter(|part| part.len() > 4);
        all.extend(parts.map(str::to_owned));
        all.extend([word.to_lowercase(), word.to_uppercase(), (*word).to_owned()]);
        all.extend([folded.replace(' ', ""), folded.replace(' ', "-"), folded]);
        let escaped = word.chars().map(|c| {
            if c.is_ascii() {
                c.to_string()
            } else {
                format!("\\u{:04x}", u32::from(c))
            }
        });
        all.push(escaped.collect());
    }
    let mut bytes: Vec<Vec<u8>> = all.iter().map(|text| text.clone().into_bytes()).collect();
    bytes.extend(
        all.iter()
            .map(|text| strongroom::bytes::hex(text.as_bytes()).into_bytes()),
    );
    bytes.extend(
        all.iter()
            .map(|text| strongroom::bytes::base64url(text.as_bytes()).into_bytes()),
    );
    bytes
}

/// What is searched for, by its first four bytes.
struct Spellings(HashMap<[u8; 4], Vec<Vec<u8>>>);

impl Spellings {
    fn new() -> Self {
        let mut by_beginning: HashMap<[u8; 4], Vec<Vec<u8>>> = HashMap::new();
        for word in spellings() {
            let beginning = word[..4].try_into().unwrap();
            by_beginning.entry(beginning).or_default().push(word);
        }
        Self(by_beginning)
    }

    /// Which of them stands in these bytes.
    fn found_in(&self, bytes: &[u8]) -> Option<String> {
        // Only these can begin one, which spares almost every look-up.
        let mut begins = [false; 256];
        for beginning in self.0.keys() {
            begins[usize::from(beginning[0])] = true;
        }
        for (at, first) in bytes.iter().enumerate() {
            let rest = &bytes[at..];
            if begins[usize::from(*first)]
                && let Some(beginning) = rest.first_chunk()
                && let Some(words) = self.0.get(beginning)
                && let Some(word) = words.iter().find(|word| rest.starts_with(word))
            {
                return Some(String::from_utf8_lossy(word).into_owned());
            }
        }
        None
    }
}

fn in_files(centre: &Centre) -> Vec<String> {
    let spellings = Spellings::new();
    let mut found = Vec::new();
    for folder in ["centre", "centre.keys", "state"] {
        for path in files_under(centre.place.path(folder)) {
            let said = spellings.found_in(&std::fs::read(&path).unwrap());
            found.extend(said.map(|said| format!("{}: {said}", path.display())));
        }
    }
    found
}

#[test]
fn what_is_looked_for_is_in_no_file_and_goes_over_no_socket() {
    let centre = Centre::new();
    let keeper = Running::over(&centre.place);
    let between = centre.place.path("between.socket");
    let heard = listen_between(&between, &keeper.socket);
    let look = |line: &str| {
        let flags = "--vault between.socket --as moira --passphrase-file centre.signin/moira";
        centre.place.run(&format!("{flags} {line}")).ok()
    };
    // One of them is somebody's name on file, and others their name before and in Latin letters.
    look("person add --name Çıplak-Kanárek --romanised Xylokarp --former Tŷ-Coch");
    for word in LOOKED_FOR {
        look(&format!("find '{word}'"));
        look(&format!("--json find --text '\"{word}\"'"));
        look(&format!("find --limit 1 '{}'", fold(word)));
    }
    // Something was found, and so named and shown.
    let said = look("find 'ty coch'").stdout;
    assert!(
        said.contains("Tŷ-Coch Parry") && said.contains("Çıplak-Kanárek"),
        "{said}"
    );
    assert!(look("find xylokarp").stdout.contains("Çıplak-Kanárek"));
    let traffic = heard.lock().unwrap().clone();
    assert!(traffic.len() > 100_000, "{}", traffic.len());
    assert_eq!(Spellings::new().found_in(&traffic), None);
    assert_eq!(in_files(&centre), Vec::<String>::new());

    // The control on the wire: a title that somebody types is sealed, a purpose is not, and it is heard.
    let case = centre.record("wisniewska.json");
    look(&format!("record show {case} --purpose Xylokarp"));
    let traffic = heard.lock().unwrap().clone();
    assert_eq!(
        Spellings::new().found_in(&traffic).as_deref(),
        Some("Xylokarp")
    );
    assert_eq!(keeper.stop(), 0);
    assert_eq!(in_files(&centre), Vec::<String>::new());
    // And in a file; and in every dress.
    centre
        .place
        .write("centre/journal/planted", "before xylokarp after");
    assert_eq!(in_files(&centre).len(), 1);
    let search = Spellings::new();
    for word in spellings() {
        let planted = [b"before", word.as_slice(), b"after", &[0; 9]].concat();
        assert!(
            search.found_in(&planted).is_some(),
            "{}",
            String::from_utf8_lossy(&word)
        );
    }
}
