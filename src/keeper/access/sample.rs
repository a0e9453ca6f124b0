//! Headers drawn for a desk to try: only it can see that a key row is for somebody else than it says.

use std::collections::BTreeSet;

use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::compartments::Way;
use crate::keeper::facts::Purpose;
use crate::keeper::headers::Lock;
use crate::keeper::message::load::HeaderOf;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;

/// How many headers of one compartment are tried at most.
const OF_EACH: usize = 64;
/// How many compartments are tried at most.
const WAYS: usize = 256;

/// A way to a compartment's secret, the compartment's present key, and headers for it.
pub(crate) type Sample = (Way, Lock, BTreeSet<HeaderOf>);

impl Vault {
    /// Ways and headers of somebody's own to try, drawn at random where there are many.
    pub(crate) fn sample(
        &self,
        user: UserId,
        known: &BTreeSet<RecordId>,
    ) -> Result<Vec<Sample>, Broken> {
        let mut sample = Vec::new();
        for id in drawn(self.within_reach(user), WAYS) {
            let (Some(facts), Some(way)) = (self.compartment(id)?, self.way(user, id)?) else {
                continue;
            };
            if matches!(facts.purpose, Purpose::Own { record } if !known.contains(&record)) {
                continue;
            }
            if self.is_apart(facts.purpose, user)? {
                continue;
            }
            let all = self.sealed_under(&facts)?;
            let all = all.into_iter().filter(|of| match of {
                HeaderOf::Part { record, .. } => known.contains(record),
                // Whose envelope it is may not be the asker's to know.
                HeaderOf::Envelope { .. } => false,
                HeaderOf::CaseCard { .. }
                | HeaderOf::Conflict { .. }
                | HeaderOf::Note { .. }
                | HeaderOf::Centre {} => true,
            });
            let headers = drawn(all, OF_EACH).into_iter().collect();
            sample.push((way, (id, facts.epoch), headers));
        }
        Ok(sample)
    }
}

/// At most so many of these, at random.
fn drawn<T>(all: impl IntoIterator<Item = T>, limit: usize) -> Vec<T> {
    let mut lots: Vec<([u8; 8], T)> = all
        .into_iter()
        .map(|one| (crate::ids::random(), one))
        .collect();
    lots.sort_by_key(|(lot, _)| *lot);
    lots.truncate(limit);
    lots.into_iter().map(|(_, one)| one).collect()
}
