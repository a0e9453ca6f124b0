//! The computer is lost in the middle of a turn: after each of its steps, what lies at the places outside and what
//! two trustees have bring every record back.

#![expect(
    clippy::disallowed_methods,
    reason = "the trustees open what they have, past any desk"
)]

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;

use tempfile::TempDir;

use crate::desk::forgery::kit::copy;
use crate::desk::forgery::kit::filing;
use crate::desk::forgery::kit::paths;
use crate::desk::forgery::kit::sign_in;
use crate::desk::forgery::trustees::founded;
use crate::ids::RecordId;
use crate::ids::VaultId;
use crate::keeper::Keeper;
use crate::keeper::Paths;
use crate::keeper::backup::looking;
use crate::keeper::facts::PlaceUse;
use crate::keeper::facts::Service;
use crate::keeper::restore::Restoring;
use crate::keeper::restore::restore;
use crate::keeper::turn::escrow;
use crate::keeper::turn::escrow::EscrowPlace;
use crate::keeper::turn::key_place::FileKeys;
use crate::keeper::turn::key_place::KeyPlace as _;
use crate::keeper::turn::steps::Step;
use crate::ledger::journal::disk::RealDisk;
use crate::sealing::Header;
use crate::sealing::Recovered;
use crate::sealing::open_header;
use crate::sealing::open_payload;

const ESCROW: [&str; 3] = ["red", "green", "blue"];
const STICK: &str = "stick";
const PAIRS: [(usize, usize); 3] = [(0, 1), (1, 2), (0, 2)];

/// What is left of a centre whose computer is lost, and when that was.
struct Survived {
    step: Option<Step>,
    places: PathBuf,
}

/// What was at the places after each step of a turn, and what was filed.
struct Lost {
    home: TempDir,
    vault: VaultId,
    recovered: Recovered,
    /// Filed before the last backup of the old generation, and
    early: Vec<RecordId>,
    /// after it: until the turn has made the next backup they are on the lost computer alone.
    late: RecordId,
    after: Vec<Survived>,
}

fn lost() -> Lost {
    let home = tempfile::tempdir().unwrap();
    let (keeper, recovered) = founded(home.path());
    let mut ada = sign_in(&keeper, "ada");
    let case = ada.open_case("first", Service::Supervised).unwrap().id;
    let early = [(); 2].map(|()| ada.file(&filing(case)).unwrap().id);
    let places = home.path().join("places");
    let uses = ESCROW.map(|name| (name, PlaceUse::Escrow));
    for (name, what) in uses.into_iter().chain([(STICK, PlaceUse::Backup)]) {
        let dir = places.join(name);
        fs::create_dir_all(&dir).unwrap();
        ada.add_place(name, dir.to_str().unwrap(), what).unwrap();
    }
    assert_eq!(keeper.turn().unwrap().waits_for, None);
    let late = ada.file(&filing(case)).unwrap().id;
    drop(ada);
    let after = watched_turn(&keeper, home.path());
    let vault = keeper.vault();
    keeper.close().unwrap();
    Lost {
        home,
        vault,
        recovered,
        early: early.into(),
        late,
        after,
    }
}

/// Turns, and keeps what is at the places before it and after each step.
fn watched_turn(keeper: &Keeper, home: &Path) -> Vec<Survived> {
    let (places, kept) = (home.join("places"), home.join("kept"));
    let keep = move |number: usize| {
        let to = kept.join(number.to_string());
        copy(&places, &to);
        to
    };
    let before = Survived {
        step: None,
        places: keep(0),
    };
    let after = Arc::new(Mutex::new(vec![before]));
    let told = Arc::clone(&after);
    let watch = move |step| {
        let mut all = told.lock().unwrap();
        let places = keep(all.len());
        all.push(Survived {
            step: Some(step),
            places,
        });
    };
    keeper
        .run(move |vault| vault.watch_turn = Some(Box::new(watch)))
        .unwrap();
    let turned = keeper.turn().unwrap();
    assert_eq!((turned.from, turned.to, turned.waits_for), (2, 3, None));
    keeper.run(|vault| vault.watch_turn = None).unwrap();
    std::mem::take(&mut *after.lock().unwrap())
}

impl Lost {
    /// The two key files, from two places' shares and what two trustees have.
    fn keys(&self, places: &Path, generation: u32, pair: (usize, usize)) -> Option<String> {
        let share = |number: usize| {
            let root = places.join(ESCROW[number]);
            let place = EscrowPlace::at(Arc::new(RealDisk), &root, self.vault);
            place.get(generation).ok()
        };
        let value = escrow::join(&share(pair.0)?, &share(pair.1)?)?;
        let (_, length) = Header::parse(&value).unwrap();
        let key = open_header(&value[..length], &self.recovered.recovery).unwrap();
        let text = open_payload(&key, &value[length..]).unwrap();
        Some(String::from_utf8(text.expose().to_vec()).unwrap())
    }

    /// A new computer: the places are connected where they were, the keys are rebuilt, the backup is restored.
    /// How many records open there; why not, where nothing does.
    fn restored(&self, places: &Path, pair: (usize, usize)) -> Result<Vec<RecordId>, String> {
        let connected = self.home.path().join("places");
        fs::remove_dir_all(&connected).unwrap();
        copy(places, &connected);
        let newest = looking::list(&connected.join(STICK)).map_err(|error| error.to_string())?;
        let generation = newest.manifests[0].generation;
        let text = self.keys(&connected, generation, pair);
        let text = text.ok_or("the shares of the backup's generation are gone")?;
        let (key, log) = text.split_once('\n').unwrap();
        let new = tempfile::tempdir_in(self.home.path()).unwrap();
        let into = paths(new.path());
        fs::create_dir(&into.keys).unwrap();
        let file = format!("generation-{generation}.key");
        fs::write(into.keys.join(file), format!("{key}\n")).unwrap();
        fs::write(into.keys.join("ledger.key"), log).unwrap();
        let restoring = Restoring {
            from: connected.join(STICK),
            into: into.clone(),
            backup: None,
            with: None,
            beside: Vec::new(),
            state: None,
            remembered: Vec::new(),
        };
        let restored =
            restore(&restoring, None, &mut |_, _| ()).map_err(|error| error.to_string())?;
        assert!(restored.opened);
        let keeper = Keeper::open(&into, &[]).map_err(|error| error.to_string())?;
        let records = records(&keeper);
        drop(keeper);
        self.goes_on(&into);
        Ok(records)
    }

    /// What was under way is over: one key, and shares of no other.
    fn goes_on(&self, into: &Paths) {
        drop(Keeper::open(into, &[]).unwrap());
        let keys = FileKeys::at(Arc::new(RealDisk), into.keys.clone(), false);
        let keys = keys.list().unwrap();
        assert_eq!(keys.len(), 1, "{keys:?}");
        for name in ESCROW {
            let root = self.home.path().join("places").join(name);
            let place = EscrowPlace::at(Arc::new(RealDisk), &root, self.vault);
            assert_eq!(place.list().unwrap(), keys, "at {name}");
        }
    }

    fn after(&self, step: Step) -> &Survived {
        let mut all = self.after.iter();
        all.find(|survived| survived.step == Some(step)).unwrap()
    }
}

/// The records ada opens: every one that is listed, with what is attached.
fn records(keeper: &Keeper) -> Vec<RecordId> {
    let mut ada = sign_in(keeper, "ada");
    let (listed, _) = ada.records(None, 0).unwrap();
    for line in &listed {
        let id = line.id.to_string();
        let shown = ada.record(&id, None, None, 80).unwrap();
        for attached in &shown.attachments {
            let mut content = Vec::new();
            ada.attachment(&id, &attached.name, None, &mut content)
                .unwrap();
            assert_eq!(content, attached.name.repeat(9).into_bytes());
        }
        assert_eq!(shown.attachments.len(), 2);
    }
    listed.iter().map(|line| line.id).collect()
}

#[test]
fn whenever_the_computer_is_lost_in_a_turn_every_record_opens() {
    let lost = lost();
    let steps: Vec<_> = lost.after.iter().filter_map(|one| one.step).collect();
    let all = [
        Step::MakeKey,
        Step::PlaceEscrow,
        Step::WriteFiles,
        Step::Verify,
        Step::Switch,
        Step::Open,
        Step::BackUp,
        Step::DestroyKey,
        Step::DestroyShares,
        Step::Prove,
        Step::Certify,
        Step::Tidy,
    ];
    assert_eq!(steps, all);
    for (number, survived) in lost.after.iter().enumerate() {
        let step = survived.step;
        let generation = if step >= Some(Step::BackUp) { 3 } else { 2 };
        // Any two of the three places bring the keys back; one of the pairs is gone on with.
        let texts = PAIRS.map(|pair| lost.keys(&survived.places, generation, pair));
        assert!(
            texts[0].is_some() && texts.iter().all(|text| *text == texts[0]),
            "{step:?}"
        );
        let found = lost.restored(&survived.places, PAIRS[number % 3]);
        let found = found.unwrap_or_else(|says| panic!("after {step:?}: {says}"));
        let early = lost.early.iter().all(|id| found.contains(id));
        assert!(early, "after {step:?}: {found:?}");
        assert_eq!(
            found.contains(&lost.late),
            generation == 3,
            "after {step:?}"
        );
    }
    one_place_is_not_enough(&lost);
    without_the_backup_nothing_opens(&lost);
}

/// The control: one place alone holds random bytes.
fn one_place_is_not_enough(lost: &Lost) {
    let places = &lost.after(Step::BackUp).places;
    for place in 0..3 {
        assert_eq!(lost.keys(places, 3, (place, place)), None);
    }
}

/// The control: had the old shares gone before the backup of the new generation was made, nothing would open.
fn without_the_backup_nothing_opens(lost: &Lost) {
    let (open, gone) = (lost.after(Step::Open), lost.after(Step::DestroyShares));
    let mixed = lost.home.path().join("mixed");
    copy(&gone.places, &mixed);
    fs::remove_dir_all(mixed.join(STICK)).unwrap();
    copy(&open.places.join(STICK), &mixed.join(STICK));
    for pair in PAIRS {
        let says = lost.restored(&mixed, pair).unwrap_err();
        assert!(says.contains("are gone"), "{says}");
    }
}
