//! The turn: from one generation key to the next, so that what has ended since is gone from old disk blocks and
//! old backups too (`docs/format.md`, "Generations").
//!
//! Rows and journal stay as they are: only the table of unit keys is written anew, without the keys of what has
//! ended, under a new generation key; then the old key is destroyed at every place that holds it. Until the
//! certificate nothing is called destroyed.

pub(crate) mod due;
mod ending;
pub mod escrow;
pub mod key_place;
#[cfg(test)]
mod model;
pub mod steps;
mod world;

use std::fmt;

use serde::Deserialize;
use serde::Serialize;
use serde_json::json;

use crate::clock::Timestamp;
use crate::keeper::Keeper;
use crate::keeper::Stopped;
use crate::keeper::entry::Entry;
use crate::keeper::facts::Certificate;
use crate::keeper::facts::Other;
use crate::keeper::facts::PlaceFacts;
use crate::keeper::facts::TurnFacts;
use crate::keeper::turn::steps::Ended;
use crate::keeper::turn::world::Stuck;
use crate::keeper::turn::world::World;
use crate::keeper::units;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::ledger::ActorHandle;
use crate::ledger::Event;
use crate::ledger::Outcome as Ending;
use crate::store::Room;
use crate::store::Tree;

/// The natural key of the setting that says how the last turn stands.
pub(crate) const TURN: &[u8] = b"turn";

/// What a vault remembers of its turns.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Turns {
    /// The turn that was begun last.
    pub last: Option<TurnFacts>,
    /// Every place there is or was.
    pub places: Vec<PlaceFacts>,
    /// Whether there are trustees, to whom escrow is sealed.
    pub trustees: bool,
    /// When two of them last rehearsed with shares of the present recovery key.
    pub rehearsed: Option<Timestamp>,
}

/// How a turn ended, as far as it has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turned {
    /// The generation it leaves, and
    pub from: u32,
    /// the one it goes to.
    pub to: u32,
    /// What came of it; `None` while places have to answer before it can be finished.
    pub certificate: Option<Certificate>,
    /// What it waits for, in words.
    pub waits_for: Option<String>,
}

/// Why there was no turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TurnError {
    /// Something has to be there first; in words. Nothing was changed.
    NotReady(String),
    /// The vault stopped.
    Stopped(Stopped),
}

impl fmt::Display for TurnError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotReady(says) => f.write_str(says),
            Self::Stopped(stopped) => stopped.fmt(f),
        }
    }
}

impl std::error::Error for TurnError {}

impl From<Stopped> for TurnError {
    fn from(stopped: Stopped) -> Self {
        Self::Stopped(stopped)
    }
}

/// As [`TurnError`], inside the keeper.
#[derive(Debug)]
pub(crate) enum TurnStop {
    /// Something has to be there first; in words. Nothing was changed.
    NotReady(String),
    /// The vault cannot go on.
    Broken(Broken),
}

impl From<Broken> for TurnStop {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

impl From<TurnStop> for TurnError {
    fn from(stop: TurnStop) -> Self {
        match stop {
            TurnStop::NotReady(says) => Self::NotReady(says),
            TurnStop::Broken(broken) => Self::Stopped(broken.into()),
        }
    }
}

impl Keeper {
    /// Turns to the next generation, or goes on with a turn that is not finished.
    ///
    /// # Errors
    /// [`TurnError`].
    pub fn turn(&self) -> Result<Turned, TurnError> {
        Ok(self.run(Vault::turn_now)??)
    }
}

impl Vault {
    /// How the last turn stands; `None` before the first.
    pub(crate) fn turn_facts(&self) -> Result<Option<TurnFacts>, Broken> {
        self.read(&units::vault(), Tree::Setting, TURN)
    }

    pub(crate) fn put_turn(&mut self, facts: &TurnFacts) -> Result<(), Broken> {
        self.write(&units::vault(), Tree::Setting, TURN, facts)
    }

    /// The turn that was begun and has no certificate.
    pub(crate) fn unfinished_turn(&self) -> Result<Option<TurnFacts>, Broken> {
        let facts = self.turn_facts()?;
        Ok(facts.filter(|facts| facts.certificate.is_none()))
    }

    /// Turns, unless that happened just now by itself and nothing has since.
    fn turn_now(&mut self) -> Result<Turned, TurnStop> {
        match self.turned.take() {
            Some((size, turned)) if size == self.head.size() && turned.waits_for.is_none() => {
                Ok(turned)
            }
            _ => self.turn(),
        }
    }

    /// Begins a turn unless one is under way, and takes every step there is to take.
    pub(crate) fn turn(&mut self) -> Result<Turned, TurnStop> {
        if self.unfinished_turn()?.is_none() {
            self.begin_turn()?;
        }
        let stuck = self.go_on()?;
        let facts = self.turn_facts()?.ok_or(Broken::NoUnit)?;
        Ok(Turned {
            from: facts.from,
            to: facts.to,
            certificate: facts.certificate,
            waits_for: stuck,
        })
    }

    /// Takes every step there is to take; what it waits for, in words.
    pub(super) fn go_on(&mut self) -> Result<Option<String>, Broken> {
        let mut world = World::new(self);
        let ended = steps::run(&mut world);
        match ended {
            Ok(Ended::Whole) => Ok(None),
            Ok(Ended::Waiting) => Ok(Some(
                "more than one escrow place that may hold a share of the old key does not answer; until one \
                 of them does, what has ended is not final"
                    .to_owned(),
            )),
            Err(Stuck::Place(says)) => Ok(Some(says)),
            Err(Stuck::Broken(broken)) => Err(broken),
        }
    }

    /// Writes down that a turn begins: from here on it is finished, whatever happens meanwhile.
    fn begin_turn(&mut self) -> Result<(), TurnStop> {
        self.ready_to_turn()?;
        self.begin();
        let from = self.store.head().generation;
        let facts = TurnFacts {
            from,
            to: from.saturating_add(1),
            began: self.now(),
            opened: false,
            certificate: None,
            other: Other::new(),
        };
        self.put_turn(&facts)?;
        self.say_turn("begun", &facts)?;
        self.commit()?;
        self.openings.clear();
        Ok(())
    }

    /// An entry about a turn.
    pub(super) fn say_turn(&mut self, stage: &str, facts: &TurnFacts) -> Result<(), Broken> {
        let said = json!({
            "turn": stage,
            "from": facts.from,
            "to": facts.to,
            "certificate": facts.certificate,
        });
        let entry = Entry::new(Event::Turn, Ending::Ok, ActorHandle::SERVICE, said);
        self.log_service(entry).map(drop)
    }

    /// Whether everything answers that has to; nothing is changed.
    fn ready_to_turn(&self) -> Result<(), TurnStop> {
        let not_ready = |says: String| Err(TurnStop::NotReady(says));
        if self.store.room() == Room::Reserve {
            return not_ready(
                "the disk has too little room left; make space on it first".to_owned(),
            );
        }
        let behind = self.clock.now().plus_ms(60_000) < self.head.last_time();
        if behind {
            return not_ready(
                "this computer's clock is behind the vault's last entry; set it right first"
                    .to_owned(),
            );
        }
        let away = self.places_away()?;
        let used = self.escrow_places()?.len();
        let escrow_away = away.escrow.len();
        if used >= steps::SHARES_TO_OPEN && used - escrow_away < steps::SHARES_TO_OPEN {
            return not_ready(format!(
                "fewer than two of the escrow places answer: {} cannot be reached; connect one of them, or \
                 remove it with `strongroom vault place remove`",
                away.escrow.join(", ")
            ));
        }
        if !away.backup.is_empty() {
            return not_ready(format!(
                "the backup place {} cannot be reached; connect it, or remove it with `strongroom vault place \
                 remove`",
                away.backup.join(", ")
            ));
        }
        Ok(())
    }
}
