//! When a vault turns by itself: a week after the last turn if anything has ended since, and a day after it if
//! somebody has lost a key; at once where the ledger was begun anew. Each turn makes the backups before it worthless, so that one for every single
//! removal would leave a busy centre without a backup most of the time.

use crate::clock::Timestamp;
use crate::keeper::facts::PlaceFacts;
use crate::keeper::turn::TurnStop;
use crate::keeper::turn::escrow::PLACES;
use crate::keeper::turn::steps::SHARES_TO_OPEN;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::ledger::Leaf;
use crate::store::KeyTable;
use crate::store::UnitKind;
use crate::store::effects::KeyChange;

const HOUR_SECONDS: u32 = 60 * 60;
/// A turn is due this long after the last if somebody has lost a key, and
const DAY_MS: u64 = 24 * 60 * 60 * 1000;
/// this long after it if anything has ended.
const WEEK_MS: u64 = 7 * DAY_MS;

/// What has ended in this generation: its key lives on in old copies until the next.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Over {
    anything: bool,
    somebody_s_key: bool,
}

impl Over {
    /// Notes the end of a unit.
    pub(crate) fn note(&mut self, kind: UnitKind) {
        self.anything = true;
        self.somebody_s_key |= matches!(
            kind,
            UnitKind::Membership | UnitKind::Grant | UnitKind::Account
        );
    }

    /// Notes a change that is about to be applied: a unit's end, or a key in the place of another.
    pub(crate) fn note_change(&mut self, keys: &KeyTable, change: &KeyChange) {
        match change {
            KeyChange::EndUnit { unit } => self.note(unit.kind()),
            KeyChange::Key { unit, .. } => self.anything |= keys.get(unit).is_some(),
        }
    }
}

impl Vault {
    /// Whether a turn is due, or one has to be gone on with.
    fn turn_is_due(&self) -> Result<bool, Broken> {
        let Some(facts) = self.turn_facts()? else {
            return self.is_due_since(self.founded_at()?);
        };
        match facts.certificate {
            None => Ok(true),
            Some(certificate) => self.is_due_since(certificate.at),
        }
    }

    fn is_due_since(&self, last: Timestamp) -> Result<bool, Broken> {
        let now = self.clock.now();
        let passed = |ms: u64| now >= last.plus_ms(ms);
        Ok(self.over.anything && passed(WEEK_MS)
            || self.over.somebody_s_key && passed(DAY_MS)
            || self.lacks_escrow(passed(DAY_MS))?
            || self.has_other_ledger_since(last)?)
    }

    /// Whether an escrow place was added since the keys were last split. Two are enough once a day has passed:
    /// whoever has named the second may be about to name the third.
    fn lacks_escrow(&self, waited: bool) -> Result<bool, Broken> {
        let current = self.store.head().generation;
        let places = self.escrow_places()?;
        let new = |place: &PlaceFacts| !place.may_hold(current);
        let enough = if waited {
            SHARES_TO_OPEN
        } else {
            PLACES.into()
        };
        Ok(places.len() >= enough && places.iter().any(new))
    }

    /// Whether the ledger has gone on under another key since: the old one is in every share that was made.
    fn has_other_ledger_since(&self, last: Timestamp) -> Result<bool, Broken> {
        let Some(said) = self.ledgers.last() else {
            return Ok(false);
        };
        let leaf = self.store.leaves(said.size, 1).map_err(Broken::from)?;
        let leaf = leaf.first().and_then(|leaf| Leaf::decode(leaf).ok());
        Ok(leaf.is_some_and(|leaf| leaf.time > last))
    }

    fn founded_at(&self) -> Result<Timestamp, Broken> {
        let leaf = self.store.leaves(0, 1).map_err(Broken::from)?;
        let leaf = leaf.first().and_then(|leaf| Leaf::decode(leaf).ok());
        Ok(leaf.map_or_else(|| self.head.last_time(), |leaf| leaf.time))
    }

    /// Turns if it is due, and otherwise removes what was out of reach at an earlier turn. What stands in the
    /// way is no failure: it is tried again, and `doctor` says what waits.
    ///
    /// # Errors
    /// [`Broken`], when the vault itself failed.
    pub(crate) fn turn_if_due(&mut self) -> Result<(), Broken> {
        self.idle_seconds = 0;
        let before = self.store.head().size;
        let done = if self.turn_is_due()? {
            self.turn()
                .map(|turned| self.turned = Some((self.head.size(), turned)))
        } else {
            self.go_on().map(drop).map_err(TurnStop::from)
        };
        if self.store.head().size != before {
            self.seal_tail()?;
        }
        match done {
            Ok(()) | Err(TurnStop::NotReady(_)) => Ok(()),
            Err(TurnStop::Broken(broken)) => Err(broken),
        }
    }

    /// Called after each second in which nothing was asked: as [`Vault::turn_if_due`], once an hour of them.
    pub(crate) fn turn_hourly(&mut self) -> Result<(), Broken> {
        self.idle_seconds = self.idle_seconds.saturating_add(1);
        if self.idle_seconds < HOUR_SECONDS {
            return Ok(());
        }
        self.turn_if_due()
    }
}
