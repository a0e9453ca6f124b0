//! An invented centre to measure in, made through the same desk that people use.

use strongroom::clock::SystemClock;
use strongroom::desk;
use strongroom::desk::Desk;
use strongroom::desk::Init;
use strongroom::desk::NewUser;
use strongroom::keeper::Keeper;
use strongroom::keeper::Paths;
use strongroom::keeper::facts::Role;
use strongroom::keeper::facts::Service;
use strongroom::sealing::Passphrase;
use tempfile::TempDir;

/// A new vault with ada, who coordinates, and sam, who works there. It goes when the folder is dropped.
pub(crate) fn make() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let init = Init {
        centre: "An invented centre, for measuring".to_owned(),
        nation: strongroom::records::words::Nation::EnglandAndWales,
        admin: "ada".to_owned(),
        admin_name: None,
        passphrase: passphrase("ada"),
        trustees: Vec::new(),
        two_person_single: false,
        demo: false,
        clock: Box::new(SystemClock),
    };
    desk::create(&paths(&dir), &init).unwrap();
    let sam = NewUser {
        handle: "sam".to_owned(),
        name: None,
        role: Role::Staff,
        reports_to: None,
    };
    let keeper = open(&dir);
    let added = sign_in(&keeper, "ada").add_user(&sam, &passphrase("sam"));
    added.unwrap();
    keeper.close().unwrap();
    dir
}

/// Opens the vault; the keeper has been asked nothing yet.
pub(crate) fn open(dir: &TempDir) -> Keeper {
    Keeper::open(&paths(dir), &[]).unwrap()
}

/// Somebody's desk, with no memory of other sessions.
pub(crate) fn sign_in<'k>(keeper: &'k Keeper, who: &str) -> Desk<'k> {
    Desk::sign_in(keeper, who, &passphrase(who), None).unwrap()
}

/// Opens a case; its id.
pub(crate) fn open_case(desk: &mut Desk<'_>) -> String {
    let case = desk.open_case("Invented, Saturdays", Service::Supervised);
    case.unwrap().id.to_string()
}

/// Somebody's passphrase.
pub(crate) fn passphrase(who: &str) -> Passphrase {
    Passphrase::new(format!("bench only: {who} knows these five words"))
}

/// Where the vault and its keys are.
pub(crate) fn paths(dir: &TempDir) -> Paths {
    Paths {
        dir: dir.path().join("vault"),
        keys: dir.path().join("keys"),
    }
}
