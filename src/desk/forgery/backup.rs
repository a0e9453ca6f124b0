//! What the turn's backup gate asks for, on the vault's own thread.

use std::fs;

use crate::desk::forgery::kit::Centre;
use crate::keeper::Stopped;
use crate::keeper::backup::BackupError;
use crate::keeper::backup::confirmed;
use crate::keeper::keyring::Keyring;
use crate::store::backup::Manifest;

#[test]
fn a_backup_on_the_vaults_own_thread_is_confirmed_by_its_manifest_alone() {
    let (folder, keeper) = Centre::new().into_parts();
    let dir = folder.path().join("stick");
    let (vault, to) = (keeper.vault(), dir.clone());
    assert!(!confirmed(&dir, vault, 1).unwrap(), "nothing is there");
    let done = keeper
        .run(move |vault| vault.back_up_to(&to))
        .unwrap()
        .unwrap();
    assert_eq!(done.generation, 1);
    assert!(confirmed(&dir, vault, 1).unwrap());
    assert!(!confirmed(&dir, vault, 2).unwrap());
    assert!(!confirmed(&dir, crate::ids::VaultId::random(), 1).unwrap());
    let noted = keeper
        .run(|vault| vault.noted().map_err(Stopped::from))
        .unwrap()
        .unwrap();
    assert_eq!(noted.newest().unwrap().id, done.id);
    assert_eq!(noted.newest().unwrap().at, done.at);
    // Without its manifest it does not exist, and a damaged manifest is none.
    let manifest = dir.join(Manifest::file_name(done.id));
    let mut bytes = fs::read(&manifest).unwrap();
    fs::remove_file(&manifest).unwrap();
    assert!(!confirmed(&dir, vault, 1).unwrap());
    bytes[100] ^= 1;
    fs::write(&manifest, bytes).unwrap();
    assert!(!confirmed(&dir, vault, 1).unwrap());
}

/// The key that opens it must be where the vault's keys are: a backup nobody could open is none.
#[test]
fn without_the_generations_key_there_is_no_backup() {
    let (folder, keeper) = Centre::new().into_parts();
    let dir = folder.path().join("stick");
    let key = Keyring::at(&keeper.paths().keys)
        .dir()
        .join("generation-1.key");
    let text = fs::read(&key).unwrap();
    fs::remove_file(&key).unwrap();
    let failed = keeper.back_up(&dir, &mut |_, _| ()).unwrap_err();
    assert!(matches!(failed, BackupError::NoKeys(_)), "{failed:?}");
    assert!(!confirmed(&dir, keeper.vault(), 1).unwrap());
    let noted = keeper
        .run(|vault| vault.noted().map_err(Stopped::from))
        .unwrap()
        .unwrap();
    assert_eq!(
        noted.newest(),
        None,
        "what came to nothing is not remembered"
    );
    fs::write(&key, text).unwrap();
    keeper.back_up(&dir, &mut |_, _| ()).unwrap();
    assert!(confirmed(&dir, keeper.vault(), 1).unwrap());
}
