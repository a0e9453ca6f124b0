//! Opening a vault: lock, read everything back, compare with everyone who remembers, and only then take
//! the keys.

mod error;
mod ledger;

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::HashSet;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::clock::Clock;
use crate::ids::VaultId;
use crate::keeper::Keeper;
use crate::keeper::Paths;
use crate::keeper::broken::Broken;
use crate::keeper::config::Config;
use crate::keeper::directory::Directory;
use crate::keeper::entry::Entry;
use crate::keeper::head::LedgerHead;
use crate::keeper::keyring::Keyring;
use crate::keeper::ledgers::Ledgers;
use crate::keeper::peer::Throttle;
use crate::keeper::policy::Policy;
use crate::keeper::remembered::HeadSeen;
use crate::keeper::rows::Ahead;
use crate::keeper::rules::Rules;
use crate::keeper::settle::Unsettled;
use crate::keeper::vault::Staged;
use crate::keeper::vault::Vault;
use crate::ledger::ActorHandle;
use crate::ledger::Event;
use crate::ledger::FrameDigest;
use crate::ledger::Leaf;
use crate::ledger::Lineage;
use crate::ledger::LogKey;
use crate::ledger::Outcome as Ending;
use crate::ledger::journal::disk::RealDisk;
use crate::records::Kinds;
use crate::sealing::GenerationKey;
use crate::sealing::RowId;
use crate::sealing::SealedRow;
use crate::store::Base;
use crate::store::FrameView;
use crate::store::KeyTable;
use crate::store::ObjectPayloads;
use crate::store::Refusal;
use crate::store::Replay;
use crate::store::Store;
use crate::store::Tree;
use crate::store::embedded::MARK_KEY_LABEL;
use crate::store::embedded::Opening;
use crate::store::embedded::Remembered;
use crate::store::embedded::Repairs;
use crate::store::embedded::Site;

pub use error::OpenError;
pub(crate) use ledger::ledgers_of;
pub(crate) use ledger::lineage_of;
pub(crate) use ledger::log_key;

/// Rebuilds the ledger's head from the frames, checking each: leaves, time, root, signature, and that
/// the last leaf names the effects.
pub(crate) struct Replayed {
    pub(crate) head: LedgerHead,
}

impl Replay for Replayed {
    fn base(&mut self, base: &Base<'_>) -> Result<(), Refusal> {
        if base.size == 0 {
            return Ok(());
        }
        Err(Refusal(
            "the snapshot begins after entries this program cannot read back".to_owned(),
        ))
    }

    fn row(&mut self, _: Tree, _: &RowId, _: &SealedRow) -> Result<(), Refusal> {
        Ok(())
    }

    fn frame(&mut self, frame: &FrameView<'_>) -> Result<(), Refusal> {
        if let Some(last) = frame.leaves.last() {
            let leaf = Leaf::decode(last).map_err(|error| Refusal(error.to_string()))?;
            if leaf.frame != Some(FrameDigest::of(frame.generation, frame.effects)) {
                return Err(Refusal(
                    "the last entry of a frame names other changes".to_owned(),
                ));
            }
        }
        self.head
            .replay(&frame.leaves, frame.checkpoint)
            .map_err(Refusal)
    }
}

/// The vault's clock: the system's, or a demonstration vault's own.
pub(crate) fn clock_of(config: &Config) -> Box<dyn Clock> {
    Box::new(crate::clock::ShiftedClock {
        shift_ms: if config.demo {
            config.clock_shift_ms
        } else {
            0
        },
    })
}

impl Keeper {
    /// Opens a vault. `remembered` is what others have seen of it, beside the file next to its keys.
    ///
    /// # Errors
    /// [`OpenError`]; nothing was changed.
    pub fn open(paths: &Paths, remembered: &[Remembered]) -> Result<Self, OpenError> {
        let config = config_of(paths)?;
        let keyring = Keyring::at(&paths.keys);
        let missing = |error: std::io::Error| {
            OpenError::NoKeys(format!(
                "the keys of this vault are not in `{}` ({error}); name their folder with --keys",
                paths.keys.display()
            ))
        };
        let ledgers = ledgers_of(&RealDisk, &paths.dir, config.vault)?;
        let log = log_key(&keyring, &ledgers).map_err(missing)?;
        let lineage = lineage_of(&ledgers, &log.verifier())?;
        let mut seen: Vec<Remembered> = remembered.to_vec();
        let beside = keyring.seen().map_err(missing)?;
        let beside = beside.as_ref().map(|seen| HeadSeen::beside(seen, &ledgers));
        seen.extend(beside.iter().map(HeadSeen::for_store));
        let site = Site::new(&paths.dir, config.vault);
        let mut replayed = Replayed {
            head: LedgerHead::new(log, lineage),
        };
        let opening = Opening::read(&site, &seen, &mut replayed)?;
        beside
            .iter()
            .try_for_each(|seen| seen.continued_by(&replayed.head))?;
        let number = opening.head().generation;
        let generation = keyring.generation_key(number).map_err(missing)?;
        let store = opening.finish(generation.derive(MARK_KEY_LABEL))?;
        let repairs = store.repairs().clone();
        let clock = clock_of(&config);
        let mut vault = assemble(
            (config.vault, paths),
            Box::new(store),
            (generation, replayed.head),
            clock,
        )?;
        vault.seen_size = beside.map_or(0, |seen| seen.size);
        vault.ledgers = ledgers;
        vault.load()?;
        vault.settle_ledger()?;
        vault.recall_clock()?;
        vault.after_repairs(&repairs)?;
        vault.after_restore()?;
        vault.idle()?;
        vault.turn_if_due()?;
        Self::over(vault, paths.clone(), config)
    }
}

/// What `vault.toml` says, or why it cannot be read.
pub(crate) fn config_of(paths: &Paths) -> Result<Config, OpenError> {
    match Config::read(&paths.dir) {
        Ok(Some(config)) => Ok(config),
        Ok(None) => Err(OpenError::NotAVault(format!(
            "there is no vault in `{}`; name its folder with --vault, or make one with `strongroom init`",
            paths.dir.display()
        ))),
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
            Err(OpenError::Damaged(error.to_string()))
        }
        Err(error) => Err(OpenError::Io(error)),
    }
}

/// A vault over an empty store.
pub(crate) fn vault_over(
    at: (VaultId, &Paths),
    store: Box<dyn Store>,
    (generation, log): (GenerationKey, LogKey),
    clock: Box<dyn Clock>,
) -> Result<Vault, std::io::Error> {
    let lineage = Lineage::founded(log.verifier());
    let head = LedgerHead::new(log, lineage);
    assemble(at, store, (generation, head), clock).map_err(std::io::Error::other)
}

/// A copy of a vault at `dir`, opened for a look with keys that are somewhere else. Nothing is remembered of
/// it beside them, and no entry is made in it.
///
/// # Errors
/// [`OpenError`].
pub(crate) fn scratch_vault(
    dir: &Path,
    id: VaultId,
    (generation, log): (GenerationKey, LogKey),
) -> Result<Vault, OpenError> {
    // Where nothing is: a scratch copy has no folder of keys.
    let paths = Paths {
        dir: dir.to_owned(),
        keys: dir.join("no-keys"),
    };
    let ledgers = ledgers_of(&RealDisk, dir, id)?;
    let lineage = lineage_of(&ledgers, &log.verifier())?;
    let mut replayed = Replayed {
        head: LedgerHead::new(log, lineage),
    };
    let opening = Opening::read(&Site::new(dir, id), &[], &mut replayed)?;
    let store = opening.finish(generation.derive(MARK_KEY_LABEL))?;
    let clock = Box::new(crate::clock::SystemClock);
    let mut vault = assemble(
        (id, &paths),
        Box::new(store),
        (generation, replayed.head),
        clock,
    )?;
    vault.load()?;
    Ok(vault)
}

fn assemble(
    (id, paths): (VaultId, &Paths),
    store: Box<dyn Store>,
    (generation_key, head): (GenerationKey, LedgerHead),
    clock: Box<dyn Clock>,
) -> Result<Vault, OpenError> {
    let policy = Policy::builtin().map_err(|error| OpenError::Damaged(error.to_string()))?;
    let payloads = ObjectPayloads::open(&paths.dir)?;
    Ok(Vault {
        id,
        store,
        payloads: Arc::new(payloads),
        keys: KeyTable::new(),
        generation_key,
        head,
        ledgers: Ledgers::default(),
        clock,
        policy,
        rules: Rules::from_kinds(Kinds::builtin()),
        people: Directory::default(),
        shared: crate::keeper::shared::Shared::default(),
        nonces: HashSet::new(),
        succeeded: HashMap::new(),
        throttle: Throttle::default(),
        rekeyed: HashMap::new(),
        recovery_changed: None,
        sessions: HashMap::new(),
        kept: BTreeMap::new(),
        sealed: OnceCell::new(),
        ahead: Ahead::default(),
        over: crate::keeper::turn::due::Over::default(),
        as_of: crate::keeper::commit::drawn(),
        turned: None,
        idle_seconds: 0,
        unsettled: Unsettled::default(),
        staged: Staged::default(),
        openings: HashMap::new(),
        lists: HashMap::new(),
        last_leaves: Vec::new(),
        tail_sealed: true,
        clock_behind: false,
        #[cfg(test)]
        forgetful: false,
        #[cfg(test)]
        watch_turn: None,
        #[cfg(test)]
        work: crate::keeper::seen::Work::default(),
        ledger_dir: paths.dir.join("ledger"),
        keyring: Keyring::at(&paths.keys),
        seen_size: 0,
    })
}

impl Vault {
    /// Writes down that a torn frame was put aside, and removes what an interrupted filing left behind.
    fn after_repairs(&mut self, repairs: &Repairs) -> Result<(), OpenError> {
        if repairs.index_rebuilt.is_some() {
            self.sweep()?;
        }
        let Some(torn) = &repairs.torn else {
            return Ok(());
        };
        self.begin();
        let said = serde_json::json!({"torn_frame": format!("{torn:?}")});
        self.log_service(Entry::new(
            Event::Admin,
            Ending::Aborted,
            ActorHandle::SERVICE,
            said,
        ))?;
        self.commit()?;
        self.openings.clear();
        Ok(())
    }

    /// Loads what is held in memory: unit keys from the key table and every change since, then the
    /// directory.
    fn load(&mut self) -> Result<(), OpenError> {
        let damaged = |error: &dyn fmt::Display| OpenError::Damaged(error.to_string());
        let generation = self.store.head().generation;
        let table = self.store.key_table().map_err(Broken::from)?;
        self.keys =
            KeyTable::open(&table, &self.generation_key, &self.id, generation).map_err(|_| {
                OpenError::NoKeys("the generation key does not fit this vault".to_owned())
            })?;
        for effect in self.store.key_effects().map_err(Broken::from)? {
            let change = effect
                .open(&self.generation_key, &self.id, generation)
                .map_err(|error| damaged(&error))?;
            self.over.note_change(&self.keys, &change);
            self.keys.apply(change);
        }
        self.load_directory()?;
        self.load_invitations()?;
        self.load_shared()?;
        self.load_kept()?;
        Ok(())
    }
}
