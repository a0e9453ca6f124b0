//! What has to be found of turns and backups after a cut: one generation with one key, nothing of those that are
//! over, and backups that are whole or do not exist.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use strongroom::ids::GrantId;
use strongroom::ids::VaultId;
use strongroom::keeper;
use strongroom::keeper::backup::looking as backup;
use strongroom::keeper::config::Config;
use strongroom::keeper::turn::key_place::FileKeys;
use strongroom::keeper::turn::key_place::KeyPlace as _;
use strongroom::ledger::journal::disk::RealDisk;
use strongroom::store::UnitKind;
use strongroom::store::backup::Kept;
use strongroom::store::backup::Manifest;

use crate::common::files_under;
use crate::power_cut::judge::because;
use crate::power_cut::record::paths_in;
use crate::power_cut::scenario::ESCROW;
use crate::power_cut::scenario::Known;
use crate::power_cut::scenario::STICK;
use crate::thief::Thief;

/// Bytes of a file that is looked into for a key.
const LARGE: u64 = 16 * 1024;

/// Where the folders of backups are.
const BACKUPS: [&str; 2] = [STICK, "copies"];

/// The recorded folder's path, while it leads to what was found.
pub(crate) struct There {
    path: PathBuf,
    _alone: MutexGuard<'static, ()>,
}

impl Drop for There {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.path));
    }
}

/// Lets the path of the recorded folder, which is gone, lead to what was found. One at a time can.
pub(crate) fn places_at(root: &Path, found: &Path) -> There {
    static ALONE: Mutex<()> = Mutex::new(());
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    symlink(found, root).unwrap();
    There {
        path: root.to_owned(),
        _alone: alone,
    }
}

/// Before the vault is opened: nothing of what was said to be gone, and every backup that was acknowledged.
pub(crate) fn as_found(told: &Known, dir: &Path) -> Result<(), String> {
    gone(told, dir)?;
    for name in BACKUPS {
        let kept = whole_backups(dir, name)?;
        let Some((id, generation)) = told.backups.get(name) else {
            continue;
        };
        let manifests = kept.map(|kept| kept.manifests).unwrap_or_default();
        let mut there = manifests.iter();
        // A later turn makes those of the generation before it worthless, and has made its own by then.
        if !there.any(|one| one.id.to_string() == *id || one.generation > *generation) {
            return Err(format!("the backup {id} in {name} is not there"));
        }
    }
    Ok(())
}

/// Nothing of the generations that are over, and nothing that ended in them.
fn gone(told: &Known, dir: &Path) -> Result<(), String> {
    if told.generation < 2 {
        return Ok(());
    }
    for path in files_under(dir) {
        // A journal's segment is reserved in one piece, and no key file was ever as large.
        if fs::metadata(&path).unwrap().len() > LARGE {
            continue;
        }
        let content = fs::read(&path).unwrap();
        let holds = |key: &[u8]| content.windows(key.len()).any(|part| part == key);
        if told.old_keys.iter().any(|key| holds(key)) {
            return Err(format!("the old key is in {}", path.display()));
        }
    }
    for old in keys(dir)? {
        if old < told.generation {
            return Err(format!(
                "the old key {old} has its name in the keys' folder"
            ));
        }
    }
    for old in 1..told.generation {
        let shares = ESCROW.map(|name| shares(dir, name).contains(&old));
        if shares.iter().filter(|there| **there).count() > 1 {
            return Err(format!("two shares of generation {old} are there"));
        }
    }
    let opened = opened_grants(dir)?;
    match told.gone.iter().find(|id| opened.contains(id)) {
        Some(id) => Err(format!("grant {id} had ended, and its key opens")),
        None => Ok(()),
    }
}

/// The grants whose keys the disk gives away, with every key in the keys' folder; also those that have ended.
pub(crate) fn opened_grants(dir: &Path) -> Result<Vec<String>, String> {
    let paths = paths_in(dir);
    keeper::verify(&paths, None).map_err(because("before its keys were tried"))?;
    let mut thief = Thief::with(vault(dir), &[&paths.dir]);
    let place = FileKeys::at(Arc::new(RealDisk), paths.keys, false);
    let mut all = 0;
    for number in keys(dir)? {
        let key = place.get(number).map_err(because("a key"))?;
        all += thief.take(number, &key);
    }
    if all == 0 {
        return Err("no key opens anything".to_owned());
    }
    let grants = thief.keys.iter();
    let grants = grants.filter(|(unit, _)| unit.kind() == UnitKind::Grant);
    let id = |natural: &[u8]| GrantId::from_bytes(natural.try_into().unwrap()).to_string();
    Ok(grants.map(|(unit, _)| id(unit.natural())).collect())
}

fn vault(dir: &Path) -> VaultId {
    Config::read(&paths_in(dir).dir).unwrap().unwrap().vault
}

/// The generations whose keys have their names in the keys' folder.
fn keys(dir: &Path) -> Result<Vec<u32>, String> {
    let place = FileKeys::at(Arc::new(RealDisk), paths_in(dir).keys, false);
    place.list().map_err(because("the keys' folder"))
}

/// The generations whose shares have their names in a place.
fn shares(dir: &Path, place: &str) -> Vec<u32> {
    let files = files_under(dir.join(place));
    let number = |path: &PathBuf| {
        let name = path.file_name()?.to_str()?;
        name.strip_suffix(".share")?.parse().ok()
    };
    files.iter().filter_map(number).collect()
}

/// A backup exists when its manifest does, and is whole then; those of earlier generations are worth nothing.
fn whole_backups(dir: &Path, name: &str) -> Result<Option<Kept>, String> {
    let (at, keys) = (dir.join(name), paths_in(dir).keys);
    let names = fs::read_dir(&at).into_iter().flatten();
    let is_one = |name: &str| Manifest::id_of(name).is_some();
    let mut names = names.map(|entry| entry.unwrap().file_name());
    if !names.any(|name| is_one(name.to_str().unwrap())) {
        return Ok(None);
    }
    let kept = backup::list(&at).map_err(because(name))?;
    if !kept.bad.is_empty() {
        return Err(format!("manifests in {name}: {:?}", kept.bad));
    }
    let Some(newest) = kept.manifests.first() else {
        return Ok(None);
    };
    let of_it = |one: &&Manifest| one.generation == newest.generation;
    for one in kept.manifests.iter().filter(of_it) {
        let whole = backup::verify(&at, Some(one.id), Some(&keys), &mut |_, _| ());
        let whole = whole.map_err(because(&format!("the backup {} in {name}", one.id)))?;
        if !whole.opened {
            return Err(format!("no key opens the newest backup in {name}"));
        }
    }
    Ok(Some(kept))
}

/// After it was opened and closed again: whatever turn was under way is over, in one generation with one key.
pub(crate) fn in_the_end(dir: &Path, may_turn: bool) -> Result<(), String> {
    let keys = keys(dir)?;
    let [generation] = keys[..] else {
        return Err(format!("keys of generations {keys:?}"));
    };
    if !may_turn {
        return Ok(());
    }
    let files = fs::read_dir(paths_in(dir).dir.join("generation")).unwrap();
    let with_keys = files.filter(|entry| entry.as_ref().unwrap().path().join("keys").exists());
    if with_keys.count() != 1 {
        return Err("files of more than one generation".to_owned());
    }
    for name in ESCROW {
        let shares = shares(dir, name);
        if shares.iter().any(|one| *one != generation) {
            return Err(format!("shares of {shares:?} at {name}, in {generation}"));
        }
    }
    if generation == 1 {
        return Ok(());
    }
    let kept = whole_backups(dir, STICK)?.ok_or("no backup at the stick")?;
    if kept.manifests[0].generation == generation {
        Ok(())
    } else {
        Err("the backup at the stick is of the generation before".to_owned())
    }
}
