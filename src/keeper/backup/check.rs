//! Reading a backup as a vault is read: every frame, entry, root and signature, without changing anything;
//! and with the generation's key, its key table and a row.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::ids::VaultId;
use crate::keeper::backup::BackupError;
use crate::keeper::backup::noted::BACKUPS;
use crate::keeper::backup::noted::Noted;
use crate::keeper::create::CENTRE;
use crate::keeper::facts::PlaceFacts;
use crate::keeper::head::LedgerHead;
use crate::keeper::ledgers::Ledgers;
use crate::keeper::ledgers::SUCCESSION;
use crate::keeper::message::load::Genesis;
use crate::keeper::open::OpenError;
use crate::keeper::open::Replayed;
use crate::keeper::open::ledgers_of;
use crate::keeper::open::lineage_of;
use crate::keeper::ought::RECOVERY;
use crate::keeper::rehearsing;
use crate::keeper::rehearsing::REHEARSALS;
use crate::keeper::rehearsing::ShareRehearsal;
use crate::keeper::turn::TURN;
use crate::keeper::turn::Turns;
use crate::keeper::units;
use crate::ledger::VerifierKey;
use crate::ledger::journal::Position;
use crate::ledger::journal::disk::Disk;
use crate::sealing::GenerationKey;
use crate::sealing::RowId;
use crate::sealing::RowPlace;
use crate::sealing::SealedRow;
use crate::sealing::Statement;
use crate::sealing::VerifyingKey;
use crate::store::Base;
use crate::store::FrameView;
use crate::store::KeyTable;
use crate::store::Refusal;
use crate::store::Replay;
use crate::store::Tree;
use crate::store::backup::Manifest;
use crate::store::backup::Place;
use crate::store::backup::View;
use crate::store::effects::RawEffect;
use crate::store::effects::SealedKeyEffect;
use crate::store::effects::decode;
use crate::store::embedded::Engine;
use crate::store::embedded::Opening;
use crate::store::embedded::Remembered;
use crate::store::embedded::Site;
use zeroize::Zeroizing;

/// A vault's files that have been read and verified without a key.
pub(crate) struct Found {
    vault: VaultId,
    /// The ledgers it has had.
    pub(crate) ledgers: Ledgers,
    pub(crate) generation: u32,
    pub(crate) head: LedgerHead,
    rows: HashMap<(Tree, RowId), SealedRow>,
    key_table: Vec<u8>,
    key_effects: Vec<SealedKeyEffect>,
    /// Where the journal ends.
    pub(crate) position: Position,
}

/// Checks what a replay is shown, and keeps the few rows of settings and places.
struct Watching {
    replayed: Replayed,
    rows: HashMap<(Tree, RowId), SealedRow>,
}

impl Replay for Watching {
    fn base(&mut self, base: &Base<'_>) -> Result<(), Refusal> {
        self.replayed.base(base)
    }

    fn row(&mut self, tree: Tree, id: &RowId, row: &SealedRow) -> Result<(), Refusal> {
        if is_kept(tree) {
            self.rows.insert((tree, *id), row.clone());
        }
        self.replayed.row(tree, id, row)
    }

    fn frame(&mut self, frame: &FrameView<'_>) -> Result<(), Refusal> {
        let effects = decode(frame.number, frame.effects);
        for effect in effects.map_err(|error| Refusal(error.to_string()))? {
            match effect {
                RawEffect::Put { tree, id, row } if is_kept(tree) => {
                    self.rows.insert((tree, id), row);
                }
                RawEffect::Drop { tree, id } if is_kept(tree) => {
                    self.rows.remove(&(tree, id));
                }
                _ => {}
            }
        }
        self.replayed.frame(frame)
    }
}

/// Whether rows of a tree are few, and the vault's own or about who is vouched for.
const fn is_kept(tree: Tree) -> bool {
    matches!(tree, Tree::Setting | Tree::Place | Tree::Statement)
}

/// Reads the backup of this manifest, whose head must be the one it names.
pub(crate) fn read(
    place: &Place,
    manifest: &Manifest,
    key: &VerifierKey,
) -> Result<Found, BackupError> {
    let view = View::new(place.disk(), place.dir(), Arc::new(manifest.clone()));
    let found = of_files(Arc::new(view), place.dir(), manifest.vault, (key, &[]))?;
    let root = found.head.root_at(manifest.size);
    let same = found.head.size() == manifest.size
        && found.generation == manifest.generation
        && root.is_some_and(|root| root.to_string() == manifest.root);
    if !same {
        let says = format!(
            "the backup {} is damaged: its files are not the ones it names",
            manifest.id
        );
        return Err(BackupError::Damaged(says));
    }
    Ok(found)
}

/// Reads a vault's files on this disk without a key.
pub(crate) fn of_files(
    disk: Arc<dyn Disk>,
    dir: &Path,
    vault: VaultId,
    (key, remembered): (&VerifierKey, &[Remembered]),
) -> Result<Found, OpenError> {
    let site = Site {
        disk,
        engine: Engine::Memory,
        ..Site::new(dir, vault)
    };
    let ledgers = ledgers_of(&*site.disk, dir, vault)?;
    let mut watching = Watching {
        replayed: Replayed {
            head: LedgerHead::watching(lineage_of(&ledgers, key)?),
        },
        rows: HashMap::new(),
    };
    let opening = Opening::read(&site, remembered, &mut watching)?;
    if !ledgers.begin(&watching.replayed.head) {
        let says = format!("`{SUCCESSION}` names another beginning than this vault has");
        return Err(OpenError::Damaged(says));
    }
    Ok(Found {
        vault,
        ledgers,
        generation: opening.head().generation,
        position: *opening.position(),
        key_table: opening.key_table().map_err(OpenError::Io)?,
        key_effects: opening.key_effects().to_vec(),
        head: watching.replayed.head,
        rows: watching.rows,
    })
}

impl Found {
    /// Opens the key table with every change since, and one row of the vault's own.
    pub(crate) fn open(&self, manifest: &Manifest, key: &GenerationKey) -> Result<(), BackupError> {
        let keys = self.keys(key)?;
        let row = self.row(&keys, Tree::Setting, CENTRE)?;
        let says = || format!("a row of the backup {} does not open", manifest.id);
        row.map(drop).ok_or_else(|| BackupError::Damaged(says()))
    }

    /// The key that signs for the vault itself.
    pub(crate) fn root(&self, key: &GenerationKey) -> Result<VerifyingKey, BackupError> {
        let text: Option<String> = self.read(&self.keys(key)?, Tree::Statement, &[])?;
        let genesis = text.and_then(|text| Statement::parse(text.as_bytes()).ok());
        let genesis: Option<Genesis> = genesis.and_then(|statement| statement.read_body());
        let none = || BackupError::Damaged("its founding statement cannot be read".to_owned());
        Ok(genesis.ok_or_else(none)?.root)
    }

    /// Where things are sealed to its trustees; `None` where there are none.
    pub(crate) fn recovery(&self, key: &GenerationKey) -> Result<Option<String>, BackupError> {
        self.read(&self.keys(key)?, Tree::Setting, RECOVERY)
    }

    /// What the vault remembers of its backups.
    pub(crate) fn noted(&self, key: &GenerationKey) -> Result<Noted, BackupError> {
        let noted = self.read(&self.keys(key)?, Tree::Setting, BACKUPS)?;
        Ok(noted.unwrap_or_default())
    }

    /// How its last turn stands, and what its places are.
    pub(crate) fn turns(&self, key: &GenerationKey) -> Result<Turns, BackupError> {
        let keys = self.keys(key)?;
        let recovery: Option<String> = self.read(&keys, Tree::Setting, RECOVERY)?;
        let places: Option<Vec<PlaceFacts>> = self.read(&keys, Tree::Place, &[])?;
        let rehearsals: Option<Vec<ShareRehearsal>> =
            self.read(&keys, Tree::Setting, REHEARSALS)?;
        let of_set = rehearsing::of_set(rehearsals.unwrap_or_default(), recovery.as_deref());
        Ok(Turns {
            rehearsed: of_set.iter().map(|one| one.at).max(),
            last: self.read(&keys, Tree::Setting, TURN)?,
            places: places.unwrap_or_default(),
            trustees: recovery.is_some(),
        })
    }

    fn read<T: DeserializeOwned>(
        &self,
        keys: &KeyTable,
        tree: Tree,
        natural: &[u8],
    ) -> Result<Option<T>, BackupError> {
        let row = self.row(keys, tree, natural)?;
        Ok(row.and_then(|plain| serde_json::from_slice(&plain).ok()))
    }

    fn keys(&self, key: &GenerationKey) -> Result<KeyTable, BackupError> {
        let mut keys = KeyTable::open(&self.key_table, key, &self.vault, self.generation)
            .map_err(|error| BackupError::NoKeys(error.to_string()))?;
        for effect in &self.key_effects {
            let change = effect.open(key, &self.vault, self.generation);
            keys.apply(change.map_err(|error| BackupError::Damaged(error.to_string()))?);
        }
        Ok(keys)
    }

    fn row(
        &self,
        keys: &KeyTable,
        tree: Tree,
        natural: &[u8],
    ) -> Result<Option<Zeroizing<Vec<u8>>>, BackupError> {
        let damaged = |says: &str| BackupError::Damaged(says.to_owned());
        let unit = keys.get(&units::vault());
        let unit =
            unit.ok_or_else(|| damaged("the vault's own unit is missing from the key table"))?;
        let id = unit.row_id(tree.number(), natural);
        let Some(row) = self.rows.get(&(tree, id)) else {
            return Ok(None);
        };
        let place = RowPlace {
            vault: &self.vault,
            tree: tree.number(),
            id,
        };
        let opened = unit.open_row(&place, row);
        opened
            .map(Some)
            .map_err(|_| damaged("a row of the vault's own does not open"))
    }
}
