//! Showing something under a grant: its purpose where none is given, what an outsider is shown of kinds of
//! which only the card is granted, and the entry that says under which grant it was shown.

use std::collections::BTreeSet;

use serde_json::Value;
use serde_json::json;

use crate::ids::CompartmentId;
use crate::ids::GrantId;
use crate::ids::RecordId;
use crate::keeper::compartments::Way;
use crate::keeper::entry::Entry;
use crate::keeper::facts::CaseFacts;
use crate::keeper::facts::GrantFacts;
use crate::keeper::facts::Member;
use crate::keeper::facts::RecordFacts;
use crate::keeper::facts::Role;
use crate::keeper::gate::Pledge;
use crate::keeper::policy::decide::Permit;
use crate::keeper::request::Request;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;
use crate::ledger::ActorHandle;
use crate::ledger::Outcome as Ending;

impl Vault {
    /// What a showing is for: what the asker says, else the purpose of the only grant it is served under.
    pub(crate) fn purpose_for<'r>(
        &self,
        request: &'r Request,
        facts: &RecordFacts,
        case: Option<&CaseFacts>,
    ) -> Option<&'r str> {
        if request.asked.purpose.is_some() {
            return request.asked.purpose.as_deref();
        }
        let mut serving = self.serving(request, facts, case);
        match (serving.next(), serving.next()) {
            (Some(only), None) => Some(&only.purpose),
            _ => None,
        }
    }

    /// The asker's grants that are served now and cover a record.
    fn serving<'r>(
        &self,
        request: &'r Request,
        facts: &RecordFacts,
        case: Option<&CaseFacts>,
    ) -> impl Iterator<Item = &'r GrantFacts> {
        let now = self.now();
        let grants = request.grants.iter();
        grants.filter(move |grant| grant.serves(now) && grant.covers(facts, case))
    }

    /// Logs the showing of one record through a compartment; the entry of one under a grant says so, and names
    /// whatever other grants in force it could have been shown under: it belongs in each one's statement.
    pub(crate) fn log_showing(
        &mut self,
        request: &Request,
        permit: Permit,
        (entry, mut note): (Entry, Value),
        (facts, compartment): (&RecordFacts, CompartmentId),
    ) -> Result<Pledge, Broken> {
        let grant = self.shared.grant_of(compartment).cloned();
        if let (Some(grant), Some(fields)) = (&grant, note.as_object_mut()) {
            fields.insert("grant".to_owned(), json!(grant.id));
            if request.asked.purpose.is_none() {
                fields.insert("purpose".to_owned(), json!(grant.purpose));
            }
        }
        let mut under = BTreeSet::new();
        if grant.is_some() {
            let case = self.case_of(facts)?;
            let serving = self.serving(request, facts, case.as_ref());
            under.extend(serving.map(|grant| grant.id));
        }
        if let (2.., Some(fields)) = (under.len(), note.as_object_mut()) {
            fields.insert("grants".to_owned(), json!(under));
        }
        under.extend(grant.map(|grant| grant.id));
        let pledge = self.log(permit, entry.about(facts.id).noting(note))?;
        let index = self.last_index();
        for grant in under {
            self.note_grant(grant, index, Some(facts.id))?;
        }
        Ok(pledge)
    }

    /// Logs the showing of a page of cards, or of a case, through these compartments.
    pub(crate) fn log_listing(
        &mut self,
        permit: Permit,
        entry: Entry,
        compartments: impl Iterator<Item = CompartmentId>,
    ) -> Result<Pledge, Broken> {
        let grants = compartments.filter_map(|id| self.shared.grant_of(id));
        let grants: BTreeSet<GrantId> = grants.map(|grant| grant.id).collect();
        let entry = if grants.is_empty() {
            entry
        } else {
            entry.noting(json!({"grants": grants}))
        };
        let pledge = self.log(permit, entry)?;
        let index = self.last_index();
        for grant in grants {
            self.note_grant(grant, index, None)?;
        }
        Ok(pledge)
    }

    /// Whether only a record's card is shown here: to an outsider, of kinds whose body is not for them.
    pub(crate) fn shows_card_only(
        &self,
        request: &Request,
        facts: &RecordFacts,
        compartment: CompartmentId,
    ) -> bool {
        request.asker.is(Role::Assessor)
            && self.shared.grant_of(compartment).is_some()
            && self.rules.of(&facts.kind).card_only
    }

    /// Whether a way begins with an outsider's own envelope.
    pub(crate) fn is_outsider_s(&self, way: &Way) -> bool {
        let Some((_, _, Member::User(user))) = way.first() else {
            return false;
        };
        let account = self.people.account(*user);
        account.is_none_or(|account| account.is(Role::Assessor))
    }

    /// The living grants of a whole case.
    pub(crate) fn grants_of_case(&self, case: &CaseFacts) -> Vec<CompartmentId> {
        let all = self.shared.grants.values();
        let living = all.filter(|grant| grant.lives() && grant.case == Some(case.id));
        living.map(|grant| grant.compartment).collect()
    }

    /// How the refusal of something whose grant is over is called: revoked, where somebody ended it.
    pub(crate) fn ending_of_grant(&self, actor: &ActorHandle, record: RecordId) -> Ending {
        let user = self.people.user_of(actor);
        let grants = user.map_or_else(Vec::new, |user| self.shared.grants_of(user));
        let facts = self.record(record).ok().flatten();
        let case = facts.as_ref().map(|facts| self.case_of(facts));
        let case = case.and_then(|case| case.ok().flatten());
        let over = grants.iter().filter(|grant| {
            let facts = facts.as_ref();
            facts.is_some_and(|facts| grant.covers(facts, case.as_ref()))
        });
        match over.max_by_key(|grant| (grant.ended_at, grant.until)) {
            Some(grant) if grant.revoked_by.is_some() => Ending::Revoked,
            _ => Ending::Expired,
        }
    }
}
