//! The keeper, as a program of its own, is killed at any moment under load, and sometimes again while it opens.
//! What its clients were told is there after the next start. (The machine goes on: this tests the program, not the
//! disk; `power_cut.rs` tests the disk.)

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;
use std::time::Duration;

use serde_json::Value;
use strongroom::desk::Desk;
use strongroom::desk::DeskError;
use strongroom::desk::Filing;
use strongroom::ids::random;
use strongroom::keeper;
use strongroom::keeper::Keeper;
use strongroom::keeper::facts::Role;
use strongroom::keeper::facts::Service;
use strongroom::server::Client;

use crate::centre_kit::attach;
use crate::centre_kit::enrol;
use crate::centre_kit::form;
use crate::centre_kit::found;
use crate::centre_kit::passphrase;
use crate::centre_kit::paths;
use crate::cli_run::Place;
use crate::power_disk::Chance;
use crate::socket_kit::Running;

const VAULT: [&str; 4] = ["--vault", "vault", "--keys", "keys"];

/// Who files, each with a memory of their own of what the vault has shown them.
const CLIENTS: [&str; 2] = ["ada", "cora"];

/// A record somebody was told is filed: who wrote what, and what is attached.
#[derive(Debug, Clone)]
struct Told {
    fields: Value,
    attached: Option<Vec<u8>>,
}

/// How a round goes.
#[derive(Debug)]
struct Load {
    /// How many have signed in, and found what they were told.
    all_in: AtomicUsize,
    filed: AtomicUsize,
}

/// What each client was told, by record.
type Acknowledged = BTreeMap<String, Told>;

struct Filer {
    who: &'static str,
    state: PathBuf,
    case: String,
}

impl Filer {
    /// Signs in to the keeper, looks for everything it was told in the last round, and files until the keeper is
    /// gone.
    fn round(&self, socket: &Path, before: &Acknowledged, load: &Load) -> Acknowledged {
        let line = Client::connect(socket).unwrap();
        let signed_in = Desk::sign_in(&line, self.who, &passphrase(self.who), Some(&self.state));
        let mut desk = signed_in.unwrap_or_else(|error| panic!("{}: {error:?}", self.who));
        for (id, told) in before {
            check(&mut desk, id, told);
        }
        load.all_in.fetch_add(1, SeqCst);
        let mut told = Acknowledged::new();
        for number in 0_u32.. {
            let (next, filing) = self.next(number);
            match desk.file(&filing) {
                Ok(filed) => {
                    told.insert(filed.id.to_string(), next);
                    load.filed.fetch_add(1, SeqCst);
                }
                Err(DeskError::Busy(_) | DeskError::Io(_)) => break,
                Err(other) => panic!("{}: {other:?}", self.who),
            }
        }
        told
    }

    fn next(&self, number: u32) -> (Told, Filing) {
        let mut fields = form("contact-report");
        fields["venue"] = format!("Room {number} of {}", self.who).into();
        // Every third has an object of its own.
        let attached = number
            .is_multiple_of(3)
            .then(|| random::<32>().repeat(2_000));
        let filing = Filing {
            case: Some(self.case.clone()),
            kind: "contact-report".to_owned(),
            form: fields.clone(),
            attachments: attached
                .iter()
                .map(|content| attach("big.txt", content))
                .collect(),
            about: Vec::new(),
            deciders: Vec::new(),
        };
        (Told { fields, attached }, filing)
    }
}

fn check(desk: &mut Desk<'_>, id: &str, told: &Told) {
    let shown = desk
        .record(id, None, None, 80)
        .unwrap_or_else(|error| panic!("{id} was acknowledged: {error:?}"));
    assert_eq!(shown.fields, told.fields, "{id}");
    assert_eq!(
        shown.attachments.len(),
        usize::from(told.attached.is_some()),
        "{id}"
    );
    if let Some(content) = &told.attached {
        let mut found = Vec::new();
        desk.attachment(id, "big.txt", None, &mut found).unwrap();
        assert!(found == *content, "{id}: another attachment");
    }
}

/// A keeper that is killed before it has said that it serves.
fn kill_while_it_opens(place: &Place, after: Duration) {
    let mut program = place.program();
    program.args(VAULT).args(["keeper", "--json"]);
    let mut child = program
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A small vault with two coordinators, and its case.
fn prepare(place: &Place) -> String {
    let home = place.path("");
    found(&home, "The invented centre");
    let keeper = Keeper::open(&paths(&home), &[]).unwrap();
    let mut ada = Desk::sign_in(&keeper, "ada", &passphrase("ada"), None).unwrap();
    enrol(&mut ada, "cora", Role::Coordinator, None);
    let case = ada
        .open_case("Invented, Saturdays", Service::Supervised)
        .unwrap();
    drop(ada);
    keeper.close().unwrap();
    case.id.to_string()
}

fn rounds(count: u32) {
    let place = Place::new();
    let case = prepare(&place);
    let clients = CLIENTS.map(|who| Filer {
        who,
        state: place.path(format!("state-{who}")),
        case: case.clone(),
    });
    let mut chance = Chance(0x0dd5_eed5);
    let mut told = CLIENTS.map(|_| Acknowledged::new());
    let (mut all, mut again) = (0, 0);
    for _ in 0..count {
        let keeper = Running::start(place.program(), &VAULT, &place.path("socket"));
        let socket = keeper.socket.clone();
        let load = Load {
            all_in: AtomicUsize::new(0),
            filed: AtomicUsize::new(0),
        };
        let (at_least, after) = (chance.below(5), chance.below(200) as u64);
        told = thread::scope(|scope| {
            let working: Vec<_> = clients
                .iter()
                .zip(&told)
                .map(|(client, before)| scope.spawn(|| client.round(&socket, before, &load)))
                .collect();
            let under_way = |count: &AtomicUsize, wanted: usize| {
                // Who ends before the keeper is killed has failed, and says so below.
                let all_at_it = working.iter().all(|client| !client.is_finished());
                count.load(SeqCst) < wanted && all_at_it
            };
            while under_way(&load.all_in, CLIENTS.len()) || under_way(&load.filed, at_least) {
                thread::sleep(Duration::from_millis(1));
            }
            thread::sleep(Duration::from_millis(after));
            keeper.kill();
            let done = working.into_iter().map(|client| client.join().unwrap());
            done.collect::<Vec<_>>().try_into().unwrap()
        });
        all += told.iter().map(BTreeMap::len).sum::<usize>();
        if chance.below(3) == 0 {
            again += 1;
            kill_while_it_opens(&place, Duration::from_millis(chance.below(250) as u64));
        }
    }
    keeper::verify(&paths(&place.path("")), None).unwrap();
    assert!(
        all >= count as usize,
        "too little was filed to prove anything: {all}"
    );
    eprintln!(
        "killed {count} times and {again} more while opening; {all} records acknowledged, all there"
    );
}

#[test]
fn what_clients_were_told_outlives_a_killed_keeper() {
    rounds(16);
}

/// The same for `.ci/long`.
#[test]
#[ignore = "takes some minutes"]
fn what_clients_were_told_outlives_many_killed_keepers() {
    rounds(200);
}
