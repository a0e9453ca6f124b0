//! The open vault: store, keys, ledger head and directory, and the frame being built.
//!
//! One thread owns it (`keeper/thread.rs`). Reading goes through the frame being built first, so an ask
//! sees what the asks before it in the same frame did. After any failure of the store the vault is
//! broken: nothing more is decided or served until it is opened anew.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::collections::HashSet;
use std::fmt;

use crate::clock::Clock;
use crate::clock::Timestamp;
use crate::ids::CompartmentId;
use crate::ids::UserId;
use crate::ids::VaultId;
pub(crate) use crate::keeper::broken::Broken;
use crate::keeper::directory::Directory;
use crate::keeper::entry::Entry;
use crate::keeper::head::LedgerHead;
use crate::keeper::headers::Sealed;
use crate::keeper::keyring::Keyring;
use crate::keeper::ledgers::Ledgers;
use crate::keeper::listing::Begun;
use crate::keeper::peer::Throttle;
use crate::keeper::policy::Policy;
use crate::keeper::rows::Ahead;
use crate::keeper::rules::Rules;
use crate::keeper::settle::Unsettled;
use crate::keeper::shared::Shared;
use crate::keeper::turn::Turned;
use crate::keeper::turn::due::Over;
use crate::ledger::ActorHandle;
use crate::ledger::Event;
use crate::ledger::Leaf;
use crate::ledger::Opening;
use crate::ledger::Outcome as Ending;
use crate::sealing::GenerationKey;
use crate::sealing::RowId;
use crate::sealing::SealedRow;
use crate::store::Effect;
use crate::store::KeyTable;
use crate::store::Payloads;
use crate::store::Store;
use crate::store::Tree;
use crate::store::UnitName;

/// How far the clock may be behind the last entry before that is an entry of its own: two seconds.
const CLOCK_SLACK_MS: u64 = 2000;
/// Entries that are looked at in one go.
const LEAVES: usize = 64;

/// An open vault.
pub(crate) struct Vault {
    pub(crate) id: VaultId,
    pub(crate) store: Box<dyn Store>,
    pub(crate) payloads: std::sync::Arc<dyn Payloads>,
    pub(crate) keys: KeyTable,
    pub(crate) generation_key: GenerationKey,
    pub(crate) head: LedgerHead,
    /// The ledgers before this one, and who says so.
    pub(crate) ledgers: Ledgers,
    pub(crate) clock: Box<dyn Clock>,
    pub(crate) policy: Policy,
    pub(crate) rules: Rules,
    pub(crate) people: Directory,
    pub(crate) shared: Shared,
    pub(crate) nonces: HashSet<String>,
    /// Who took new keys since the vault was opened, and in which entry.
    pub(crate) succeeded: HashMap<UserId, u64>,
    /// Which compartments were given new keys since the vault was opened, and in which entry.
    pub(crate) rekeyed: HashMap<CompartmentId, u64>,
    /// In which entry the trustees took a new key, if they did since the vault was opened.
    pub(crate) recovery_changed: Option<u64>,
    /// When people last signed in since the vault was opened.
    pub(crate) sessions: HashMap<UserId, Timestamp>,
    /// Which compartments have something superseded, the earliest of it since when.
    pub(crate) kept: BTreeMap<CompartmentId, Timestamp>,
    /// Which records are sealed to which compartment, once somebody has asked.
    pub(crate) sealed: OnceCell<Sealed>,
    /// What has ended in this generation and is final only at the next turn.
    pub(crate) over: Over,
    /// The turn that was made by itself last, and how many entries there were then.
    pub(crate) turned: Option<(u64, Turned)>,
    /// Seconds without an ask since it was last seen to whether a turn is due.
    pub(crate) idle_seconds: u32,
    /// What has to be looked over at the end of the act in hand.
    pub(crate) unsettled: Unsettled,
    pub(crate) staged: Staged,
    /// Another word whenever more than looks was written ([`Answer::as_of`](crate::keeper::message::answer::Answer)).
    pub(crate) as_of: String,
    /// Rows read together, as the last frame left them ([`Vault::look_ahead`]).
    pub(crate) ahead: Ahead,
    /// Recent sign-ins over a socket.
    pub(crate) throttle: Throttle,
    /// What opens the entries of the frame in hand.
    pub(crate) openings: HashMap<u64, Opening>,
    /// Who is in the middle of which list.
    pub(crate) lists: HashMap<UserId, Begun>,
    /// The entries of the last frame that had any.
    pub(crate) last_leaves: Vec<Vec<u8>>,
    /// Whether an empty frame follows the last one with entries.
    pub(crate) tail_sealed: bool,
    /// Whether the clock was found behind the last entry, and that is written down.
    pub(crate) clock_behind: bool,
    /// For tests: envelopes of those who leave are not ended.
    #[cfg(test)]
    pub(crate) forgetful: bool,
    /// For tests: who is told of each step of a turn once it is taken.
    #[cfg(test)]
    pub(crate) watch_turn: Option<WatchTurn>,
    /// Where the ledger's static files are.
    pub(crate) ledger_dir: std::path::PathBuf,
    /// The keys' directory, which remembers how far this vault has come.
    pub(crate) keyring: Keyring,
    /// How many entries it remembers by this process's doing.
    pub(crate) seen_size: u64,
    #[cfg(test)]
    pub(crate) work: crate::keeper::seen::Work,
}

/// The frame being built.
#[derive(Debug, Default)]
pub(crate) struct Staged {
    pub(crate) time: Timestamp,
    pub(crate) leaves: Vec<Leaf>,
    pub(crate) effects: Vec<Effect>,
    pub(crate) rows: HashMap<(Tree, RowId), Option<SealedRow>>,
    /// Units whose key was drawn in this frame: the store cannot have rows of theirs.
    pub(crate) made: BTreeSet<UnitName>,
}

impl Staged {
    /// About how many bytes of effects are staged.
    pub(crate) fn bytes(&self) -> usize {
        self.effects
            .iter()
            .map(|effect| match effect {
                Effect::Put { row, .. } => row.ciphertext.len(),
                _ => 64,
            })
            .sum()
    }
}

#[cfg(test)]
pub(crate) type WatchTurn = Box<dyn FnMut(crate::keeper::turn::steps::Step) + Send>;

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").finish_non_exhaustive()
    }
}

impl Vault {
    /// Begins a frame: its one time is the clock's, never before the last entry's.
    pub(crate) fn begin(&mut self) {
        let now = self.clock.now();
        self.staged = Staged {
            time: now.max(self.head.last_time()),
            ..Staged::default()
        };
    }

    /// Writes down, once, that the clock went back; entries keep the time of the last one meanwhile.
    pub(crate) fn note_clock(&mut self) -> Result<(), Broken> {
        let (now, last) = (self.clock.now(), self.head.last_time());
        let behind = now.plus_ms(CLOCK_SLACK_MS) < last;
        if behind && !self.clock_behind {
            let said = serde_json::json!({"clock": now.as_ms(), "last_entry": last.as_ms()});
            self.log_service(Entry::new(
                Event::Clock,
                Ending::Ok,
                ActorHandle::SERVICE,
                said,
            ))?;
        }
        self.clock_behind = behind;
        Ok(())
    }

    /// Finds out whether it is written down already that the clock is behind: entries keep one time from there
    /// on, until it is right again.
    pub(crate) fn recall_clock(&mut self) -> Result<(), Broken> {
        let last = self.head.last_time();
        let mut until = self.head.size();
        while until > 0 && !self.clock_behind {
            let from = until.saturating_sub(LEAVES as u64);
            let leaves = self.store.leaves(from, LEAVES)?;
            for leaf in leaves.iter().rev() {
                let leaf = Leaf::decode(leaf).map_err(|error| Broken::Ledger(error.to_string()))?;
                if leaf.time != last {
                    return Ok(());
                }
                self.clock_behind |= leaf.event == Event::Clock;
            }
            until = from;
        }
        Ok(())
    }

    /// The time of the frame being built.
    pub(crate) fn now(&self) -> Timestamp {
        self.staged.time
    }

    /// The position of the next entry.
    pub(crate) fn next_index(&self) -> u64 {
        self.head
            .size()
            .saturating_add(self.staged.leaves.len() as u64)
    }

    /// SHA-256 of the policy, hex: which rules decided.
    pub(crate) fn policy_digest(&self) -> String {
        self.policy.sha256().to_owned()
    }
}
