//! Decide, log, serve: the order as types.
//!
//! A [`Permit`](crate::keeper::policy::decide::Permit) comes only from `decide`. [`Vault::log`] uses it up and
//! gives a [`Pledge`]: the entry is staged, nothing is durable. Committing the frame turns a pledge
//! into [`Logged`], and whatever hands over the means to open something takes a `&Logged`. None of the
//! three can be made elsewhere or copied.

use crate::keeper::commit::Committed;
use crate::keeper::entry::Entry;
use crate::keeper::policy::decide::Permit;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;

/// An entry that stands in the frame being built.
#[derive(Debug)]
pub(crate) struct Pledge {
    index: u64,
}

/// Proof that an act's entry is durable: what serving needs.
#[derive(Debug)]
pub(crate) struct Logged {
    index: u64,
}

impl Logged {
    /// The entry's position in the ledger.
    pub(crate) fn index(&self) -> u64 {
        self.index
    }
}

impl Vault {
    /// Uses a permit up for an entry in the frame being built.
    ///
    /// # Errors
    /// [`Broken`] when the store fails.
    pub(crate) fn log(&mut self, permit: Permit, entry: Entry) -> Result<Pledge, Broken> {
        let index = self.stage(entry.with_rules(&permit.into_rules()))?;
        Ok(Pledge { index })
    }

    /// Logs a refusal. Its step serves an outcome without a [`Served`](crate::keeper::message::answer).
    ///
    /// # Errors
    /// [`Broken`] when the store fails.
    pub(crate) fn log_refusal(&mut self, entry: Entry) -> Result<Pledge, Broken> {
        Ok(Pledge {
            index: self.stage(entry)?,
        })
    }
}

impl Vault {
    /// Logs what the service itself did or noticed. Nothing is served for it: there is no pledge.
    pub(crate) fn log_service(&mut self, entry: Entry) -> Result<u64, Broken> {
        self.stage(entry)
    }
}

impl Pledge {
    /// What this pledge has become now that its frame is durable; `None` if the frame that was
    /// committed does not hold it.
    pub(crate) fn redeem(self, committed: &Committed) -> Option<Logged> {
        committed
            .holds(self.index)
            .then_some(Logged { index: self.index })
    }
}
