//! What a grant was and what came of it, as evidence: every entry noted about it, each proved against one
//! signed head and opened, so that it can be checked without the vault.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use serde_json::Value;
use serde_json::json;

use crate::ids::GrantId;
use crate::ids::RecordId;
use crate::ids::UserId;
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
use crate::keeper::vouching::signer;

impl Vault {
    /// Serves a grant's evidence, as it is at this moment.
    pub(crate) fn state_grant(&mut self, request: &Request, id: GrantId) -> Result<Step, Stop> {
        let (permit, facts) = self.grant_for(request, Act::StateGrant, id)?;
        let entry = request.entry(Act::StateGrant).noting(json!({"grant": id}));
        let pledge = self.log(permit, entry)?;
        let asker = request.asker.id;
        Ok(Step::serving(pledge, move |vault, _| {
            let evidence = vault.evidence(facts, asker)?;
            Ok(Served::Evidence(Box::new(evidence)))
        }))
    }

    fn evidence(&self, facts: GrantFacts, asker: UserId) -> Result<GrantEvidence, Broken> {
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
            statements: self.vouched_for(&facts, &entries, asker)?,
            facts,
            checkpoint: head.note().to_owned(),
            entries,
        })
    }

    /// The statements that lead from the root key to everyone whose signature the evidence shows, and those
    /// that changed how many people an act needs: a stranger learns of nobody else.
    fn vouched_for(
        &self,
        facts: &GrantFacts,
        entries: &[ProvenEntry],
        asker: UserId,
    ) -> Result<Vec<String>, Broken> {
        let policy = self.policy_statements();
        let mut shown = vec![asker, facts.to, facts.by];
        shown.extend(facts.approval.as_deref().and_then(signer));
        shown.extend(policy.iter().filter_map(|text| signer(text)));
        shown.extend(entries.iter().filter_map(|entry| {
            let detail = &entry.opening.as_ref()?.detail;
            let detail: Value = serde_json::from_str(detail).ok()?;
            detail.pointer("/ask/by")?.as_str()?.parse::<UserId>().ok()
        }));
        let mut statements = Vec::new();
        for user in self.vouching_for(shown)? {
            statements.extend(self.statements_of(user)?);
        }
        statements.extend(policy);
        Ok(statements)
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
