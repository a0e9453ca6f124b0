//! What a grant was and what came of it, as evidence: every entry noted about it, each proved against one
//! signed head and opened, so that it can be checked without the vault.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde_json::json;

use crate::ids::GrantId;
use crate::ids::RecordId;
use crate::keeper::acts::Act;
use crate::keeper::entry::DetailRow;
use crate::keeper::facts::GrantFacts;
use crate::keeper::message::answer::GrantEvidence;
use crate::keeper::message::answer::Opening;
use crate::keeper::message::answer::ProvenEntry;
use crate::keeper::message::answer::Served;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;

impl Vault {
    /// Serves a grant's evidence, as it is at this moment.
    pub(crate) fn state_grant(&mut self, request: &Request, id: GrantId) -> Result<Step, Stop> {
        let (permit, facts) = self.grant_for(request, Act::StateGrant, id)?;
        let entry = request.entry(Act::StateGrant).noting(json!({"grant": id}));
        let pledge = self.log(permit, entry)?;
        Ok(Step::serving(pledge, move |vault, _| {
            let evidence = vault.evidence(facts)?;
            Ok(Served::Evidence(Box::new(evidence)))
        }))
    }

    fn evidence(&self, facts: GrantFacts) -> Result<GrantEvidence, Broken> {
        let mut trails: BTreeMap<RecordId, Vec<DetailRow>> = BTreeMap::new();
        let mut entries = Vec::new();
        for noted in self.grant_entries(&facts)? {
            let detail = match noted.record {
                None => self.detail_of_entry(noted.index)?,
                Some(record) => {
                    let trail = match trails.entry(record) {
                        Entry::Occupied(known) => known.into_mut(),
                        Entry::Vacant(place) => place.insert(self.trail(record)?),
                    };
                    trail.iter().find(|row| row.index == noted.index).cloned()
                }
            };
            entries.push(self.proven_entry(noted.index, detail)?);
        }
        let head = self.head.checkpoint();
        let head = head.ok_or_else(|| Broken::Ledger("there is no signed head".to_owned()))?;
        Ok(GrantEvidence {
            facts,
            checkpoint: head.note().to_owned(),
            entries,
        })
    }

    fn proven_entry(&self, index: u64, detail: Option<DetailRow>) -> Result<ProvenEntry, Broken> {
        let missing = || Broken::Ledger("an entry cannot be read back".to_owned());
        let leaf = self
            .store
            .leaves(index, 1)
            .map_err(|error| Broken::Store(error.to_string()))?;
        let leaf = leaf.into_iter().next().ok_or_else(missing)?;
        Ok(ProvenEntry {
            index,
            leaf: String::from_utf8(leaf).map_err(|_| missing())?,
            inclusion: self.head.inclusion(index)?,
            opening: detail.map(|row| Opening {
                salt: row.salt,
                detail: row.detail,
            }),
        })
    }
}
