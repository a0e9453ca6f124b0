//! Payloads that no record names: what an interrupted filing left behind.

use std::collections::HashSet;

use crate::keeper::intake::object_name;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;

impl Vault {
    /// Removes payloads named by no version and by no upload in progress; how many.
    pub(crate) fn sweep(&self) -> Result<usize, Broken> {
        let mut named = HashSet::new();
        for record in self.record_ids() {
            let Some(facts) = self.record(record)? else {
                continue;
            };
            for number in 1..=facts.versions {
                let version = self.version(record, number)?.ok_or(Broken::NoUnit)?;
                named.extend(
                    version
                        .parts
                        .iter()
                        .filter_map(|part| object_name(&part.sha256)),
                );
            }
        }
        let removed = self
            .payloads
            .sweep(&mut |name| named.contains(name))
            .map_err(Broken::from)?;
        Ok(removed.len())
    }
}
