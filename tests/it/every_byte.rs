//! Any bit of any file of a vault or its keys altered: the vault is refused with a reason, or everything it holds is
//! read as it was; never something else, and never less. (`store_damage.rs` does the same, for every bit of a
//! journal and a generation, on a disk in memory.)

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::thread;

use serde_json::Value;
use strongroom::desk::Desk;
use strongroom::keeper::Keeper;
use strongroom::keeper::OpenError;
use strongroom::keeper::facts::Service;
use strongroom::keeper::keyring::Keyring;
use strongroom::ledger::Event;
use strongroom::ledger::Leaf;
use strongroom::ledger::Outcome;
use strongroom::sealing::RowId;
use strongroom::sealing::SealedRow;
use strongroom::store::Store;
use strongroom::store::Tree;
use strongroom::store::Unchecked;
use strongroom::store::embedded::Embedded;
use strongroom::store::embedded::MARK_KEY_LABEL;
use strongroom::store::embedded::Site;
use tempfile::TempDir;

use crate::centre_kit::attach;
use crate::centre_kit::filing;
use crate::centre_kit::found;
use crate::centre_kit::passphrase;
use crate::centre_kit::paths;
use crate::common::files_under;
use crate::power_disk::Chance;

/// What is attached is an object of its own, in more than one block.
const ATTACHED: usize = 600;

/// Everything the store holds.
#[derive(Debug, PartialEq)]
struct Held {
    rows: BTreeMap<(u8, RowId), SealedRow>,
    leaves: Vec<Vec<u8>>,
    keys: usize,
}

struct Small {
    home: TempDir,
    files: BTreeMap<PathBuf, Vec<u8>>,
    vault: strongroom::ids::VaultId,
    record: String,
    fields: Value,
    held: Held,
}

fn content() -> Vec<u8> {
    (0..ATTACHED)
        .map(|n| u8::try_from(n % 251).unwrap())
        .collect()
}

fn small() -> &'static Small {
    static MADE: OnceLock<Small> = OnceLock::new();
    MADE.get_or_init(|| {
        let home = tempfile::tempdir().unwrap();
        found(home.path(), "The invented centre");
        let keeper = Keeper::open(&paths(home.path()), &[]).unwrap();
        let mut ada = Desk::sign_in(&keeper, "ada", &passphrase("ada"), None).unwrap();
        let case = ada.open_case("Invented", Service::Supervised).unwrap();
        let mut report = filing("contact-report", Some(&case.id.to_string()));
        report.attachments = vec![attach("notes.txt", &content())];
        let record = ada.file(&report).unwrap().id.to_string();
        let vault = keeper.vault();
        drop(ada);
        keeper.close().unwrap();
        let files = read_all(home.path());
        let copy = copy(&files);
        let held = held(copy.path(), vault).unwrap();
        assert!(held.rows.len() > 20 && held.leaves.len() > 5);
        Small {
            home,
            files,
            vault,
            record,
            fields: report.form,
            held,
        }
    })
}

/// Files by their path below a folder.
fn read_all(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let all = files_under(dir).into_iter();
    all.map(|path| {
        (
            path.strip_prefix(dir).unwrap().to_owned(),
            fs::read(&path).unwrap(),
        )
    })
    .collect()
}

fn copy(files: &BTreeMap<PathBuf, Vec<u8>>) -> TempDir {
    let to = crate::power_cut::scratch();
    restore(files, to.path());
    to
}

/// Puts the files back as they were; what is there besides goes.
fn restore(files: &BTreeMap<PathBuf, Vec<u8>>, to: &Path) {
    for path in files_under(to) {
        if !files.contains_key(path.strip_prefix(to).unwrap()) {
            fs::remove_file(path).unwrap();
        }
    }
    // An index that was made anew stands in a folder of its own, and would be one too many.
    for entry in fs::read_dir(to.join("vault/generation/1/index"))
        .into_iter()
        .flatten()
    {
        let folder = entry.unwrap().path();
        if files_under(&folder).is_empty() {
            fs::remove_dir_all(folder).unwrap();
        }
    }
    for (name, bytes) in files {
        let path = to.join(name);
        if fs::read(&path).is_ok_and(|there| there == *bytes) {
            continue;
        }
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

/// Everything the store of a vault holds, read by every way there is.
fn held(home: &Path, vault: strongroom::ids::VaultId) -> Result<Held, String> {
    let paths = paths(home);
    let key = Keyring::at(&paths.keys)
        .generation_key(1)
        .map_err(|error| error.to_string())?;
    let mark = key.derive(MARK_KEY_LABEL);
    let store = Embedded::open(&Site::new(&paths.dir, vault), mark, &[], &mut Unchecked)
        .map_err(|error| error.to_string())?;
    let mut rows = BTreeMap::new();
    for tree in Tree::ALL {
        let all = store
            .rows(*tree, None, 1 << 20)
            .map_err(|error| error.to_string())?;
        for (id, row) in all {
            let one = store.row(*tree, &id).map_err(|error| error.to_string())?;
            if one.as_ref() != Some(&row) {
                return Err("a row is another when asked for alone".to_owned());
            }
            rows.insert((tree.number(), id), row);
        }
    }
    Ok(Held {
        rows,
        leaves: store
            .leaves(0, 1 << 20)
            .map_err(|error| error.to_string())?,
        keys: store
            .key_effects()
            .map_err(|error| error.to_string())?
            .len(),
    })
}

/// What an altered bit did.
#[derive(Debug, PartialEq)]
enum Did {
    Refused,
    Nothing,
    /// What it must not.
    Wrong(String),
}

/// Whether exactly one entry has come to what was held: that a frame which was begun and never ended was put
/// aside. A bit in the zeros behind a journal's end looks just so.
fn is_one_aborted_more(old: &Held, new: &Held) -> bool {
    let Some((last, before)) = new.leaves.split_last() else {
        return false;
    };
    let leaf = Leaf::decode(last).unwrap();
    let mut more = new.rows.iter().filter(|(at, _)| !old.rows.contains_key(at));
    let kept = |(at, row): (&(u8, RowId), &SealedRow)| new.rows.get(at) == Some(row);
    before == old.leaves
        && (leaf.event, leaf.outcome) == (Event::Admin, Outcome::Aborted)
        && old.rows.iter().all(kept)
        // Its own row, under its own key.
        && more.next().is_some_and(|((tree, _), _)| *tree == Tree::Entry.number())
        && more.next().is_none()
        && new.keys == old.keys + 1
}

/// Opens a vault in which something was altered. `read` says whether a person reads the record too;
/// `behind_the_end`, whether it was altered in the zeros behind the journal's last frame.
fn judge(small: &Small, home: &Path, read: bool, behind_the_end: bool) -> Did {
    let keeper = match Keeper::open(&paths(home), &[]) {
        Ok(keeper) => keeper,
        Err(OpenError::Io(error)) => {
            return Did::Wrong(format!("not a word about the damage: {error}"));
        }
        Err(error) => {
            assert!(error.to_string().contains(' '), "{error}");
            return Did::Refused;
        }
    };
    let seen = if read {
        person(small, &keeper)
    } else {
        Did::Nothing
    };
    if let Err(error) = keeper.close() {
        return Did::Wrong(format!("it opened and did not close: {error}"));
    }
    if read {
        return seen;
    }
    match held(home, small.vault) {
        Ok(found) if found == small.held => Did::Nothing,
        Ok(found) if behind_the_end && is_one_aborted_more(&small.held, &found) => Did::Nothing,
        Ok(_) => Did::Wrong("something else is held".to_owned()),
        Err(error) => Did::Wrong(format!("it opened once: {error}")),
    }
}

/// What a person reads: the right thing, or an error.
fn person(small: &Small, keeper: &Keeper) -> Did {
    let Ok(mut ada) = Desk::sign_in(keeper, "ada", &passphrase("ada"), None) else {
        return Did::Refused;
    };
    let Ok(shown) = ada.record(&small.record, None, None, 80) else {
        return Did::Refused;
    };
    let mut out = Vec::new();
    if ada
        .attachment(&small.record, "notes.txt", None, &mut out)
        .is_err()
    {
        return Did::Refused;
    }
    if shown.fields == small.fields && out == content() {
        Did::Nothing
    } else {
        Did::Wrong("another content is shown".to_owned())
    }
}

/// How many bytes of a file are worth altering: those in use, and a few of the zeros behind them.
fn used(bytes: &[u8]) -> usize {
    let used = bytes
        .iter()
        .rposition(|byte| *byte != 0)
        .map_or(0, |at| at + 1);
    bytes.len().min(used + 40)
}

/// Whether everything hangs on these files. Of what can be made again a flip may do nothing.
fn is_vital(name: &Path) -> bool {
    let name = name.to_str().unwrap();
    [
        "vault/journal/",
        "vault/generation/1/keys",
        "vault/generation/1/rows",
        "vault/generation/current",
    ]
    .iter()
    .any(|vital| name.starts_with(vital))
}

/// Alters the bits given by file, byte and bit; says what went wrong, and counts what was refused and what did
/// nothing.
fn alter(small: &Small, flips: &[(&PathBuf, usize, u8)], read: bool) -> (Vec<String>, [usize; 2]) {
    let home = copy(&small.files);
    let (mut wrong, mut counts) = (Vec::new(), [0; 2]);
    for (name, at, bit) in flips {
        let good = &small.files[*name];
        let mut bad = good.clone();
        bad[*at] ^= 1 << bit;
        fs::write(home.path().join(name), &bad).unwrap();
        let in_the_zeros = *at >= used(good).saturating_sub(40);
        let behind_the_end = in_the_zeros && name.starts_with("vault/journal");
        let did = judge(small, home.path(), read, behind_the_end);
        let where_is = format!("{} at {at}, bit {bit}", name.display());
        match did {
            Did::Wrong(says) => wrong.push(format!("{where_is}: {says}")),
            Did::Nothing if is_vital(name) && !in_the_zeros => {
                wrong.push(format!("{where_is}: unnoticed"));
            }
            Did::Refused => counts[0] += 1,
            Did::Nothing => counts[1] += 1,
        }
        restore(&small.files, home.path());
    }
    (wrong, counts)
}

fn altered(flips: &[(&PathBuf, usize, u8)], read: bool) -> (Vec<String>, [usize; 2]) {
    let small = small();
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let share = flips.len().div_ceil(workers).max(1);
    thread::scope(|scope| {
        let work = |flips| scope.spawn(move || alter(small, flips, read));
        let working: Vec<_> = flips.chunks(share).map(work).collect();
        let mut all = (Vec::new(), [0; 2]);
        for worker in working {
            let (wrong, [refused, nothing]) = worker.join().unwrap();
            all.0.extend(wrong);
            all.1[0] += refused;
            all.1[1] += nothing;
        }
        all
    })
}

/// The lock is a mark for other processes, and holds nothing.
fn worth_altering(small: &Small) -> impl Iterator<Item = (&PathBuf, &Vec<u8>)> {
    small
        .files
        .iter()
        .filter(|(name, bytes)| !bytes.is_empty() && !name.ends_with("lock"))
}

/// A few bits of each file, and a person who reads.
#[test]
fn an_altered_bit_is_noticed_or_harmless() {
    let small = small();
    let mut chance = Chance(0xb175);
    let mut flips = Vec::new();
    for (name, bytes) in worth_altering(small) {
        for _ in 0..2 {
            let bit = u8::try_from(chance.below(8)).unwrap();
            flips.push((name, chance.below(used(bytes)), bit));
        }
    }
    let (wrong, [refused, nothing]) = altered(&flips, true);
    assert!(
        wrong.is_empty(),
        "{} of {}\n{}",
        wrong.len(),
        flips.len(),
        wrong.join("\n")
    );
    assert!(
        refused > 10 && nothing > 3,
        "{refused} refused, {nothing} harmless"
    );
}

/// Every byte of every file, for `.ci/long`: what is held is compared with what was held, row by row.
/// `STRONGROOM_EVERY=40` takes one byte in forty.
#[test]
#[ignore = "takes an hour or more"]
fn every_altered_byte_is_noticed_or_harmless() {
    let small = small();
    let every = std::env::var("STRONGROOM_EVERY").map_or(1, |every| every.parse().unwrap());
    let bits = |bytes: &[u8]| (0..used(bytes)).step_by(every);
    let bit = |at: usize| u8::try_from(at / every % 8).unwrap();
    let flips: Vec<_> = worth_altering(small)
        .flat_map(|(name, bytes)| bits(bytes).map(move |at| (name, at, bit(at))))
        .collect();
    let (wrong, [refused, nothing]) = altered(&flips, false);
    assert!(
        wrong.is_empty(),
        "{} of {}\n{}",
        wrong.len(),
        flips.len(),
        wrong.join("\n")
    );
    eprintln!(
        "{} bits altered: {refused} refused, {nothing} harmless",
        flips.len()
    );
}

/// Every byte of a sealed payload, under a keeper that is open: the reader gets an error, never another content.
#[test]
fn no_altered_byte_of_a_payload_is_shown() {
    let small = small();
    let home = copy(&small.files);
    let keeper = Keeper::open(&paths(home.path()), &[]).unwrap();
    let mut ada = Desk::sign_in(&keeper, "ada", &passphrase("ada"), None).unwrap();
    let payloads: Vec<_> = small
        .files
        .iter()
        .filter(|(name, _)| name.starts_with("vault/payload"))
        .collect();
    assert_eq!(payloads.len(), 1);
    for (name, good) in payloads {
        for at in (0..good.len()).step_by(7).chain([good.len() - 1]) {
            let mut bad = good.clone();
            bad[at] ^= 1 << (at % 8);
            fs::write(home.path().join(name), &bad).unwrap();
            let mut out = Vec::new();
            let shown = ada.attachment(&small.record, "notes.txt", None, &mut out);
            assert!(shown.is_err(), "byte {at} of {} was shown", good.len());
        }
        fs::write(home.path().join(name), good).unwrap();
    }
    let mut out = Vec::new();
    ada.attachment(&small.record, "notes.txt", None, &mut out)
        .unwrap();
    assert_eq!(out, content());
}

/// The planted control: one more entry and its rows, and what is compared differs. (Those of `store_damage.rs` show
/// that without the marks, and without the checks of the replay, altered bytes pass.)
#[test]
fn what_is_compared_differs_when_a_row_does() {
    let small = small();
    let home = copy(&small.files);
    let keeper = Keeper::open(&paths(home.path()), &[]).unwrap();
    drop(Desk::sign_in(&keeper, "ada", &passphrase("ada"), None).unwrap());
    keeper.close().unwrap();
    let more = held(home.path(), small.vault).unwrap();
    assert_ne!(more, small.held);
    assert!(!is_one_aborted_more(&small.held, &more), "it is another");
    assert!(small.home.path().exists());
}

/// The one difference that is allowed, and each thing that may not differ with it.
#[test]
fn a_torn_frame_behind_the_end_is_one_entry_more_and_nothing_else() {
    let small = small();
    let home = copy(&small.files);
    let mut segments = small.files.iter();
    let (name, good) = segments
        .rfind(|(name, bytes)| name.starts_with("vault/journal") && used(bytes) > 40)
        .unwrap();
    let mut bad = good.clone();
    bad[used(good) - 20] ^= 1;
    fs::write(home.path().join(name), &bad).unwrap();
    assert_eq!(judge(small, home.path(), false, true), Did::Nothing);
    let more = || held(home.path(), small.vault).unwrap();
    assert!(is_one_aborted_more(&small.held, &more()));
    assert!(!is_one_aborted_more(&small.held, &small.held));
    let wrong: [fn(&mut Held); 4] = [
        |held| drop(held.leaves.remove(0)),
        |held| drop(held.rows.pop_first()),
        |held| held.keys += 1,
        |held| {
            let (at, _) = held.rows.first_key_value().unwrap();
            let (at, (_, row)) = (*at, held.rows.last_key_value().unwrap());
            let row = row.clone();
            held.rows.insert(at, row);
        },
    ];
    for change in wrong {
        let mut held = more();
        change(&mut held);
        assert!(!is_one_aborted_more(&small.held, &held));
    }
    // Elsewhere than behind the end it is not allowed.
    restore(&small.files, home.path());
    fs::write(home.path().join(name), &bad).unwrap();
    assert!(matches!(
        judge(small, home.path(), false, false),
        Did::Wrong(_)
    ));
}
