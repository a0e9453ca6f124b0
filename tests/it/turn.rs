//! The turn, from outside: what has ended opens no more, for somebody who kept everything but the keys; with one
//! key kept, or two shares and two trustees, it does.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use strongroom::clock::SystemClock;
use strongroom::desk;
use strongroom::desk::Init;
use strongroom::keeper::Keeper;
use strongroom::keeper::facts::PlaceUse;
use strongroom::keeper::facts::Role;
use strongroom::keeper::keyring::Keyring;
use strongroom::keeper::turn::Turned;
use strongroom::keeper::turn::escrow;
use strongroom::keeper::turn::escrow::EscrowPlace;
use strongroom::keeper::turn::key_place::FileKeys;
use strongroom::keeper::turn::key_place::KeyPlace as _;
use strongroom::ledger::journal::disk::RealDisk;
use strongroom::records::words::Service;
use strongroom::sealing::GenerationKey;
use strongroom::sealing::Header;
use strongroom::sealing::Passphrase;
use strongroom::sealing::Plain;
use strongroom::sealing::Recovered;
use strongroom::sealing::UnitKey;
use strongroom::sealing::WorkFactor;
use strongroom::sealing::open_header;
use strongroom::sealing::open_payload;
use strongroom::sealing::open_with_passphrase;
use strongroom::store::UnitKind;
use strongroom::store::UnitName;

use crate::centre_kit::Centre;
use crate::centre_kit::copy_all;
use crate::centre_kit::enrol;
use crate::centre_kit::filing;
use crate::centre_kit::passphrase;
use crate::centre_kit::paths;
use crate::centre_kit::refused;
use crate::grants::access;
use crate::grants::given;
use crate::thief::Thief;
use crate::two_person::later;

/// A centre with two trustees' shares, a case of sam's, two reports and an assessor.
pub(crate) fn with_trustees() -> (Centre, Recovered) {
    let dir = tempfile::tempdir().unwrap();
    let init = Init {
        centre: "An invented centre".to_owned(),
        nation: strongroom::records::words::Nation::EnglandAndWales,
        admin: "ada".to_owned(),
        admin_name: None,
        passphrase: passphrase("ada"),
        trustees: ["Tess", "Tom"].map(|name| (name.to_owned(), None)).into(),
        two_person_single: false,
        // Its clock can be moved, and stays where it was moved to.
        demo: true,
        clock: Box::new(SystemClock),
    };
    let created = desk::create(&paths(dir.path()), &init).unwrap();
    let mut file = Plain::new(created.shares[0].1.clone());
    for (_, sheet) in &created.sheets {
        let words = Passphrase::new(crate::shares::words(sheet.expose()));
        file = open_with_passphrase(file.expose(), &words, WorkFactor::STANDARD).unwrap();
    }
    let recovered = Recovered::parse(&file).unwrap();
    drop(created);
    let keeper = Keeper::open(&paths(dir.path()), &[]).unwrap();
    let mut ada = desk::Desk::sign_in(&keeper, "ada", &passphrase("ada"), None).unwrap();
    for (handle, role) in [
        ("saf", Role::SafeguardingLead),
        ("sam", Role::Staff),
        ("anna", Role::Assessor),
    ] {
        enrol(&mut ada, handle, role, None);
    }
    let case = ada.open_case("Invented, Saturdays", Service::Supervised);
    let supervised = case.unwrap().id.to_string();
    ada.add_to_team(&supervised, "sam").unwrap();
    let report = ada.file(&filing("contact-report", Some(&supervised)));
    let report = report.unwrap().id.to_string();
    drop(ada);
    let centre = Centre {
        dir,
        keeper,
        supervised,
        supported: String::new(),
        report,
        complaint: String::new(),
        certificate: String::new(),
        check: String::new(),
    };
    (centre, recovered)
}

/// Three sticks, each with a share.
fn with_places(centre: &Centre) -> Vec<PathBuf> {
    let mut ada = centre.desk("ada");
    let names = ["red", "green", "blue"];
    let sticks: Vec<PathBuf> = names.iter().map(|name| centre.folder(name)).collect();
    for (name, stick) in names.iter().zip(&sticks) {
        fs::create_dir(stick).unwrap();
        let stick = stick.to_str().unwrap();
        ada.add_place(name, stick, PlaceUse::Escrow).unwrap();
    }
    sticks
}

fn turned(centre: &Centre) -> Turned {
    let turned = centre.keeper.turn().unwrap();
    assert_eq!(turned.waits_for, None);
    turned
}

fn generation_keys(centre: &Centre) -> Vec<u32> {
    let keys = paths(centre.dir.path()).keys;
    let place = FileKeys::at(std::sync::Arc::new(RealDisk), keys, false);
    place.list().unwrap()
}

#[test]
fn a_turn_changes_the_key_and_nothing_that_lives() {
    let (centre, _) = with_trustees();
    let before = centre.desk("sam").record(&centre.report, None, None, 80);
    let first = turned(&centre);
    assert_eq!((first.from, first.to), (1, 2));
    let certificate = first.certificate.unwrap();
    // Nowhere to split the keys over, nowhere to back up to: said, and no reason to keep the old key.
    assert_eq!(certificate.confirmed, [] as [&str; 0]);
    assert_eq!(certificate.outstanding, [] as [&str; 0]);
    assert!(certificate.is_final() && certificate.promise.starts_with("Clear"));
    assert_eq!(generation_keys(&centre), [2]);
    let after = centre.desk("sam").record(&centre.report, None, None, 80);
    assert_eq!(before.unwrap().text, after.unwrap().text);
    let report = filing("contact-report", Some(&centre.supervised));
    let filed = centre.desk("sam").file(&report).unwrap().id.to_string();
    // Again, and after stopping both ways.
    let Centre { dir, keeper, .. } = centre;
    keeper.close().unwrap();
    for turn in [true, false] {
        let keeper = Keeper::open(&paths(dir.path()), &[]).unwrap();
        let mut ada = desk::Desk::sign_in(&keeper, "ada", &passphrase("ada"), None).unwrap();
        assert!(ada.record(&filed, None, None, 80).is_ok());
        drop(ada);
        if turn {
            assert_eq!(keeper.turn().unwrap().to, 3);
        }
        drop(keeper);
    }
    strongroom::keeper::verify(&paths(dir.path()), None).unwrap();
    let generations = fs::read_dir(paths(dir.path()).dir.join("generation")).unwrap();
    assert!(generations.count() <= 2, "the current one and its pointer");
}

/// Everything ever seen outside the key places, everybody's keys, and what two trustees have.
struct Hoard {
    vault: strongroom::ids::VaultId,
    copies: Vec<PathBuf>,
    ended: Vec<UnitKey>,
    /// What was not to be kept: the old key, and two of its shares.
    old_key: GenerationKey,
    old_shares: Vec<escrow::Share>,
    new_key: GenerationKey,
    recovered: Recovered,
    _dir: tempfile::TempDir,
}

impl Hoard {
    fn gather() -> Self {
        let (centre, recovered) = with_trustees();
        let sticks = with_places(&centre);
        turned(&centre);
        let at = paths(centre.dir.path());
        let copy = |name: &str| {
            let to = centre.folder(name);
            copy_all(&at.dir, &to);
            to
        };
        let grant = given(
            &centre,
            &access(
                &centre.keeper,
                None,
                std::slice::from_ref(&centre.report),
                2,
            ),
        );
        let mut copies = vec![copy("while it lasts")];
        let old_key = Keyring::at(&at.keys).generation_key(2).unwrap();
        let place = |stick: &Path| {
            EscrowPlace::at(std::sync::Arc::new(RealDisk), stick, centre.keeper.vault())
        };
        let old_shares = sticks
            .iter()
            .map(|stick| place(stick).get(2).unwrap())
            .collect();
        let mut ada = centre.desk("ada");
        ada.revoke_grant(&grant.id.to_string()).unwrap();
        ada.remove_from_team(&centre.supervised, "sam").unwrap();
        drop(ada);
        copies.push(copy("after it"));
        let certificate = turned(&centre).certificate.unwrap();
        assert_eq!(certificate.confirmed, ["red", "green", "blue"]);
        assert!(certificate.outstanding.is_empty());
        for stick in &sticks {
            assert_eq!(place(stick).list().unwrap(), [3]);
        }
        copies.push(copy("after the turn"));
        let new_key = Keyring::at(&at.keys).generation_key(3).unwrap();
        // What has ended, by its keys: told by somebody who had them all in time.
        let mut truth = Thief::with(centre.keeper.vault(), &[&copies[1]]);
        truth.take(2, &old_key);
        let mut living = Thief::with(centre.keeper.vault(), &[&copies[2]]);
        living.take(3, &new_key);
        let ended = ended_keys(&truth, &living, grant.id.as_bytes());
        let Centre { dir, keeper, .. } = centre;
        let vault = keeper.vault();
        drop(keeper);
        Self {
            vault,
            copies,
            ended,
            old_key,
            old_shares,
            new_key,
            recovered,
            _dir: dir,
        }
    }

    /// With today's key, which they have stolen too.
    fn thief(&self) -> Thief {
        let copies: Vec<&Path> = self.copies.iter().map(PathBuf::as_path).collect();
        let mut thief = Thief::with(self.vault, &copies);
        assert!(thief.take(3, &self.new_key) > 20);
        thief
    }

    /// What two shares and two trustees bring back.
    fn rebuilt(&self, one: usize, two: usize) -> Option<GenerationKey> {
        let value = escrow::join(&self.old_shares[one], &self.old_shares[two])?;
        let (_, length) = Header::parse(&value).unwrap();
        let key = open_header(&value[..length], &self.recovered.recovery).unwrap();
        let text = open_payload(&key, &value[length..]).unwrap();
        let text = std::str::from_utf8(text.expose()).unwrap();
        let (key, log) = text.split_once('\n').unwrap();
        assert!(log.starts_with("PRIVATE+KEY+"));
        let (generation, key) = GenerationKey::parse(&format!("{key}\n")).unwrap();
        assert_eq!(generation, 2);
        Some(key)
    }
}

/// Every key that opened something and has no more use: a grant's, those of envelopes, of an epoch that another
/// has followed.
fn ended_keys(truth: &Thief, living: &Thief, grant: &[u8]) -> Vec<UnitKey> {
    let lives = |key: &UnitKey| {
        living
            .keys
            .iter()
            .any(|(_, one)| one.expose() == key.expose())
    };
    let ended = truth.keys.iter().filter(|(_, key)| !lives(key));
    let kinds: Vec<UnitKind> = ended.clone().map(|(unit, _)| unit.kind()).collect();
    assert!(kinds.contains(&UnitKind::Membership), "{kinds:?}");
    let granted = |(unit, _): &&(UnitName, UnitKey)| {
        unit.kind() == UnitKind::Grant && unit.natural() == grant
    };
    assert!(ended.clone().any(|one| granted(&one)), "{kinds:?}");
    ended.map(|(_, key)| key.duplicate()).collect()
}

#[test]
fn whoever_kept_everything_but_the_keys_opens_nothing_that_ended() {
    let hoard = Hoard::gather();
    let (rows, opened) = hoard.thief().opens_of(&hoard.ended);
    assert!(rows > 3 && opened == 0, "{opened} of {rows}");
    let known: Vec<_> = hoard.thief().keys;
    let same = |key: &UnitKey| known.iter().any(|(_, one)| one.expose() == key.expose());
    assert!(!hoard.ended.iter().any(same));
    // The controls: one copy of the old key, or two of its shares, and it was all for nothing.
    let mut with_key = hoard.thief();
    assert!(with_key.take(2, &hoard.old_key) > 20);
    assert_eq!(with_key.opens_of(&hoard.ended), (rows, rows));
    for (one, two) in [(0, 1), (1, 2), (0, 2)] {
        let rebuilt = hoard.rebuilt(one, two).unwrap();
        assert_eq!(rebuilt.expose(), hoard.old_key.expose());
    }
    // One share alone is random bytes.
    assert!(hoard.rebuilt(1, 1).is_none());
}

#[test]
fn with_places_away_it_waits_or_says_what_is_outstanding() {
    let (centre, _) = with_trustees();
    let sticks = with_places(&centre);
    turned(&centre);
    let away = |stick: &Path| fs::rename(stick, stick.with_extension("away")).unwrap();
    let back = |stick: &Path| fs::rename(stick.with_extension("away"), stick).unwrap();
    away(&sticks[0]);
    let certificate = turned(&centre).certificate.unwrap();
    assert_eq!(certificate.outstanding, ["red"]);
    assert_eq!(certificate.confirmed, ["green", "blue"]);
    assert!(certificate.is_final());
    // Two away: refused, and nothing has changed.
    away(&sticks[1]);
    let error = centre.keeper.turn().unwrap_err().to_string();
    assert!(error.contains("red, green"), "{error}");
    assert_eq!(generation_keys(&centre), [3]);
    back(&sticks[0]);
    back(&sticks[1]);
    // What was out of reach goes at the next start.
    let Centre { dir, keeper, .. } = centre;
    let vault = keeper.vault();
    keeper.close().unwrap();
    let keeper = Keeper::open(&paths(dir.path()), &[]).unwrap();
    for stick in &sticks {
        let place = EscrowPlace::at(std::sync::Arc::new(RealDisk), stick, vault);
        let shares = place.list().unwrap();
        assert!(shares.iter().all(|one| *one == 3), "{shares:?}");
    }
    drop(keeper);
}

#[test]
fn places_that_cannot_be_used_are_refused() {
    let (centre, _) = with_trustees();
    let sticks = with_places(&centre);
    let mut ada = centre.desk("ada");
    let mut add = |name: &str, dir: &Path| {
        refused(ada.add_place(name, dir.to_str().unwrap(), PlaceUse::Escrow))
    };
    let more = centre.folder("more");
    assert_eq!(add("more", &more), "place-folder");
    fs::create_dir(&more).unwrap();
    assert_eq!(add("more", &more), "three-places");
    assert_eq!(add("Red Stick", &more), "place-name");
    assert_eq!(add("red", &more), "place-name");
    assert_eq!(add("other", &sticks[0]), "place-taken");
    let at = paths(centre.dir.path());
    for own in [
        &at.dir,
        &at.keys,
        &at.dir.join("journal"),
        centre.dir.path(),
    ] {
        assert_eq!(add("own", own), "place-folder");
    }
    assert_eq!(add("away", Path::new("relative")), "place-folder");
    assert_eq!(refused(ada.remove_place("nobody")), "no-such-place");
    let left = ada.remove_place("green").unwrap();
    assert_eq!(left.len(), 2);
    ada.add_place("more", more.to_str().unwrap(), PlaceUse::Escrow)
        .unwrap();
    drop(ada);
    crate::centre_kit::denied(centre.desk("sam").places());
    turned(&centre);
    let lines = centre.desk("ada").places().unwrap();
    assert!(lines.iter().all(|place| place.answers && place.has_share));
}

#[test]
fn it_turns_by_itself_a_day_after_somebody_has_lost_a_key() {
    let (centre, _) = with_trustees();
    turned(&centre);
    let again = |centre: Centre, days: u64| {
        later(&centre.keeper, days);
        let Centre { keeper, .. } = centre;
        keeper.close().unwrap();
        let keeper = Keeper::open(&paths(centre.dir.path()), &[]).unwrap();
        Centre { keeper, ..centre }
    };
    // Nothing has ended: another turn would only make every backup worthless.
    let centre = again(centre, 30);
    assert_eq!(generation_keys(&centre), [2]);
    let mut ada = centre.desk("ada");
    ada.remove_from_team(&centre.supervised, "sam").unwrap();
    drop(ada);
    turned(&centre);
    let mut ada = centre.desk("ada");
    ada.leave_user("sam").unwrap();
    drop(ada);
    let centre = again(centre, 0);
    assert_eq!(generation_keys(&centre), [3]);
    let centre = again(centre, 1);
    assert_eq!(generation_keys(&centre), [4]);
}

/// A place for backups binds the turn: the old key goes only once the place has a backup of the new generation.
#[test]
fn the_old_key_is_kept_until_a_backup_of_the_new_generation_is_made() {
    let (centre, _) = with_trustees();
    let stick = centre.folder("stick");
    fs::create_dir(&stick).unwrap();
    let mut ada = centre.desk("ada");
    ada.add_place("stick", stick.to_str().unwrap(), PlaceUse::Backup)
        .unwrap();
    drop(ada);
    let certificate = turned(&centre).certificate.unwrap();
    assert_eq!(certificate.backups, ["stick"]);
    assert_eq!(generation_keys(&centre), [2]);
    // The stick is there and cannot be written to: what is in the way is a file where a folder has to be.
    let manifests = fs::read_dir(&stick).unwrap();
    let names: Vec<PathBuf> = manifests.map(|entry| entry.unwrap().path()).collect();
    for path in &names {
        let away = centre.folder("away").join(path.file_name().unwrap());
        fs::create_dir_all(away.parent().unwrap()).unwrap();
        fs::rename(path, away).unwrap();
        fs::write(path, "in the way").unwrap();
    }
    let waiting = centre.keeper.turn().unwrap();
    assert!(waiting.certificate.is_none());
    let says = waiting.waits_for.unwrap();
    assert!(
        says.contains("stick") && says.contains("old key is kept"),
        "{says}"
    );
    assert_eq!(generation_keys(&centre), [2, 3]);
    // Work goes on meanwhile, and what waits goes on at the next turn or start.
    assert!(
        centre
            .desk("sam")
            .record(&centre.report, None, None, 80)
            .is_ok()
    );
    for path in &names {
        fs::remove_file(path).unwrap();
        let away = centre.folder("away").join(path.file_name().unwrap());
        fs::rename(away, path).unwrap();
    }
    let certificate = turned(&centre).certificate.unwrap();
    assert_eq!(
        (certificate.generation, &certificate.backups[..]),
        (2, &["stick".to_owned()][..])
    );
    assert_eq!(generation_keys(&centre), [3]);
}
