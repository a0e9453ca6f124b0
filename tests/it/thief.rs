//! Somebody with raw disks: every row any of them ever held, and the key of every unit that the generation
//! keys at hand open. Ends are read past, since the key that was ended stands in an older block.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use strongroom::ids::UserId;
use strongroom::ids::VaultId;
use strongroom::keeper::keyring::Keyring;
use strongroom::sealing::GenerationKey;
use strongroom::sealing::Person;
use strongroom::sealing::RowId;
use strongroom::sealing::RowPlace;
use strongroom::sealing::SealedRow;
use strongroom::sealing::UnitKey;
use strongroom::store::Base;
use strongroom::store::FrameView;
use strongroom::store::KeyTable;
use strongroom::store::Refusal;
use strongroom::store::Replay;
use strongroom::store::Tree;
use strongroom::store::UnitKind;
use strongroom::store::UnitName;
use strongroom::store::effects::KeyChange;
use strongroom::store::effects::RawEffect;
use strongroom::store::effects::SealedKeyEffect;
use strongroom::store::effects::decode;
use strongroom::store::embedded::OpenError;
use strongroom::store::embedded::Opening;
use strongroom::store::embedded::Site;

use crate::centre_kit::Centre;
use crate::centre_kit::passphrase;
use crate::centre_kit::paths;

/// Everything the journals ever held, and what of it still stands in the last of them.
#[derive(Default)]
struct Disk {
    ever: BTreeMap<(u8, [u8; 16]), Vec<SealedRow>>,
    standing: BTreeSet<(u8, [u8; 16])>,
    keys: Vec<(u32, SealedKeyEffect)>,
}

impl Replay for Disk {
    fn base(&mut self, _: &Base<'_>) -> Result<(), Refusal> {
        self.standing.clear();
        Ok(())
    }

    fn row(&mut self, _: Tree, _: &RowId, _: &SealedRow) -> Result<(), Refusal> {
        Ok(())
    }

    fn frame(&mut self, frame: &FrameView<'_>) -> Result<(), Refusal> {
        for effect in decode(frame.number, frame.effects).unwrap() {
            match effect {
                RawEffect::Put { tree, id, row } => {
                    let at = (tree.number(), id.0);
                    let rows = self.ever.entry(at).or_default();
                    if !rows.contains(&row) {
                        rows.push(row);
                    }
                    self.standing.insert(at);
                }
                RawEffect::Drop { tree, id } => {
                    self.standing.remove(&(tree.number(), id.0));
                }
                RawEffect::Sealed(change) => self.keys.push((frame.generation, change)),
            }
        }
        Ok(())
    }
}

/// Reads a copy. A program that another test starts at this moment has, until it runs, every file of ours open and
/// locked: it is waited for.
fn read(site: &Site, disk: &mut Disk) {
    for _ in 0..100 {
        match Opening::read(site, &[], disk) {
            Err(OpenError::Locked(_)) => std::thread::sleep(Duration::from_millis(20)),
            opened => return drop(opened.unwrap()),
        }
    }
    panic!("the copy stays locked");
}

/// Whoever has them.
pub(crate) struct Thief {
    pub(crate) vault: VaultId,
    disk: Disk,
    tables: Vec<(u32, Vec<u8>)>,
    /// Every key that opened, of living units and of ended ones.
    pub(crate) keys: Vec<(UnitName, UnitKey)>,
}

impl Thief {
    /// With copies of a vault's folder, the newest last, and no key.
    pub(crate) fn with(vault: VaultId, copies: &[&Path]) -> Self {
        let (mut disk, mut tables) = (Disk::default(), Vec::new());
        for copy in copies {
            read(&Site::new(copy, vault), &mut disk);
            for entry in std::fs::read_dir(copy.join("generation")).unwrap() {
                let path = entry.unwrap().path();
                let number = path
                    .file_name()
                    .and_then(|name| name.to_str()?.parse().ok());
                if let (Some(number), Ok(table)) = (number, std::fs::read(path.join("keys"))) {
                    tables.push((number, table));
                }
            }
        }
        let keys = Vec::new();
        Self {
            vault,
            disk,
            tables,
            keys,
        }
    }

    /// With the raw disk of a centre and its keys.
    pub(crate) fn of(centre: Centre) -> Self {
        let Centre { dir, keeper, .. } = centre;
        let vault = keeper.vault();
        keeper.close().unwrap();
        let paths = paths(dir.path());
        let mut thief = Self::with(vault, &[&paths.dir]);
        thief.take(1, &Keyring::at(&paths.keys).generation_key(1).unwrap());
        thief
    }

    /// A generation's key: opens its table and its frames' key changes, wherever a copy of them is. How many
    /// units' keys that brings.
    pub(crate) fn take(&mut self, generation: u32, key: &GenerationKey) -> usize {
        let before = self.keys.len();
        for (_, table) in self.tables.iter().filter(|(of, _)| *of == generation) {
            if let Ok(table) = KeyTable::open(table, key, &self.vault, generation) {
                let all = table
                    .iter()
                    .map(|(unit, key)| (unit.clone(), key.duplicate()));
                self.keys.extend(all);
            }
        }
        for (_, change) in self.disk.keys.iter().filter(|(of, _)| *of == generation) {
            if let Ok(KeyChange::Key { unit, key }) = change.open(key, &self.vault, generation) {
                self.keys.push((unit, key));
            }
        }
        self.keys.len() - before
    }

    /// The newest key of a unit.
    pub(crate) fn unit(&self, kind: UnitKind, natural: &[u8]) -> &UnitKey {
        let name = UnitName::new(kind, natural);
        let (_, key) = self
            .keys
            .iter()
            .rev()
            .find(|(unit, _)| *unit == name)
            .unwrap();
        key
    }

    /// A row's content, and whether it still stands.
    pub(crate) fn row(&self, key: &UnitKey, tree: Tree, natural: &[u8]) -> Option<(Vec<u8>, bool)> {
        let id = key.row_id(tree.number(), natural);
        let row = self.disk.ever.get(&(tree.number(), id.0))?.last()?;
        let place = RowPlace {
            vault: &self.vault,
            tree: tree.number(),
            id,
        };
        let stands = self.disk.standing.contains(&(tree.number(), id.0));
        Some((key.open_row(&place, row).unwrap().to_vec(), stands))
    }

    /// How many of the rows that any of these keys opens, ever put, this one's keys open.
    pub(crate) fn opens_of(&self, keys: &[UnitKey]) -> (usize, usize) {
        let (mut all, mut opened) = (0, 0);
        for ((tree, id), rows) in &self.disk.ever {
            let place = RowPlace {
                vault: &self.vault,
                tree: *tree,
                id: RowId(*id),
            };
            for row in rows {
                if !keys.iter().any(|key| key.open_row(&place, row).is_ok()) {
                    continue;
                }
                all += 1;
                let mut own = self.keys.iter();
                opened += usize::from(own.any(|(_, key)| key.open_row(&place, row).is_ok()));
            }
        }
        (all, opened)
    }

    /// Somebody's keys, with their passphrase.
    pub(crate) fn person(&self, user: &UserId, handle: &str) -> Person {
        let key = self.unit(UnitKind::Account, user.as_bytes());
        let (text, _) = self.row(key, Tree::Account, b"identity").unwrap();
        let text: String = serde_json::from_slice(&text).unwrap();
        let file = strongroom::bytes::unbase64url(&text).unwrap();
        Person::unseal(&file, &passphrase(handle)).unwrap()
    }
}
