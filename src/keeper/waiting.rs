//! What waits to be done about keys, for whom and since when: shown to those entitled to know, and to anyone
//! what is their own.

use crate::clock::Timestamp;
use crate::ids::CompartmentId;
use crate::ids::RecordId;
use crate::ids::UserId;
use crate::keeper::acts::Act;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::CompartmentFacts;
use crate::keeper::facts::Member;
use crate::keeper::facts::Purpose;
use crate::keeper::facts::Role;
use crate::keeper::members::RollData;
use crate::keeper::message::access::On;
use crate::keeper::message::access::Waiting;
use crate::keeper::message::access::WaitsFor;
use crate::keeper::message::answer::Served;
use crate::keeper::policy::question::Resource;
use crate::keeper::request::Request;
use crate::keeper::request::Step;
use crate::keeper::request::Stop;
use crate::keeper::settle::readers;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;

/// Who is told what waits for others, and since when.
const TOLD: [Role; 3] = [
    Role::Coordinator,
    Role::SafeguardingLead,
    Role::DataProtectionLead,
];

/// Whether somebody is told what waits for others, and since when.
pub(crate) fn is_told(account: &AccountFacts) -> bool {
    account.roles().any(|role| TOLD.contains(&role))
}

impl Vault {
    /// Serves what waits: everything to those who are told, to others what is theirs.
    pub(crate) fn list_errands(&mut self, request: &Request) -> Result<Step, Stop> {
        let permit = self.permit(request, Act::ListErrands, Resource::Vault)?;
        let told = is_told(&request.asker);
        let mut waiting = self.waiting_for(request)?;
        let reviews = self.reviews_waiting(request)?.into_iter();
        waiting.extend(reviews.filter(|one| told || one.yours));
        waiting.sort_by_key(|one| one.since);
        let listed = waiting.iter().filter_map(|one| match one.on {
            On::Record { record } => Some(record),
            _ => None,
        });
        let listed: std::collections::BTreeSet<RecordId> = listed.collect();
        let entry = request.entry(Act::ListErrands);
        let pledge = self.log(permit, entry.listing(listed.into_iter().collect()))?;
        Ok(Step::serving(pledge, move |_, _| {
            Ok(Served::Waiting(waiting))
        }))
    }

    /// What waits about keys, as far as the asker is told of it, oldest first.
    pub(crate) fn waiting_for(&self, request: &Request) -> Result<Vec<Waiting>, Broken> {
        let told = is_told(&request.asker);
        let mut waiting = Vec::new();
        for id in self.compartments() {
            if let Some(facts) = self.knowable(request, id)? {
                waiting.extend(self.waits(&facts, &request.asker)?);
            }
        }
        for role in self.to_make()? {
            waiting.push(Waiting {
                what: WaitsFor::Team,
                on: On::Team { role },
                whom: Vec::new(),
                since: None,
                yours: request.asker.is(Role::Coordinator),
            });
        }
        waiting.retain(|one| told || one.yours);
        waiting.sort_by_key(|one| one.since);
        Ok(waiting)
    }

    /// A compartment, unless it is of a record that is not the asker's to know.
    fn knowable(
        &self,
        request: &Request,
        id: CompartmentId,
    ) -> Result<Option<CompartmentFacts>, Broken> {
        let Some(facts) = self.compartment(id)? else {
            return Ok(None);
        };
        let Purpose::Own { record } = facts.purpose else {
            return Ok(Some(facts));
        };
        match self.record(record)? {
            Some(record) if self.may_know_of(request, &record)? => Ok(Some(facts)),
            _ => Ok(None),
        }
    }

    /// What waits about one compartment.
    fn waits(
        &self,
        facts: &CompartmentFacts,
        asker: &AccountFacts,
    ) -> Result<Vec<Waiting>, Broken> {
        let roll = self.roll()?;
        let Some(ought) = self.ought_to_hold(facts, &roll)? else {
            return Ok(Vec::new());
        };
        let holds = self.way(asker.id, facts.id)?.is_some();
        let holders = self.holders(facts.id, facts.epoch);
        let lacking: Vec<Member> = ought.difference(&holders).copied().collect();
        let mut waits = Vec::new();
        let on = on(facts.purpose);
        if !lacking.is_empty() {
            let noted = facts.lacking.iter();
            let noted = noted.filter(|noted| lacking.contains(&noted.member));
            let theirs = lacking.iter().copied().collect();
            waits.push(Waiting {
                what: WaitsFor::SealOn,
                on,
                whom: lacking.iter().map(|one| self.word_of(one, &roll)).collect(),
                since: noted.map(|noted| noted.since).min(),
                yours: holds || readers(&theirs, &roll).contains(&asker.id),
            });
        }
        if facts.rekey_pending.is_some() {
            waits.push(Waiting {
                what: WaitsFor::Rekey,
                on,
                whom: facts
                    .left
                    .iter()
                    .map(|user| self.handle_of(*user))
                    .collect(),
                since: facts.rekey_pending,
                yours: holds && self.may_rekey(facts, asker, &roll)?,
            });
        }
        let kept = self.kept_of(facts)?;
        if !kept.is_empty() {
            waits.push(Waiting {
                what: WaitsFor::Confirm,
                on,
                whom: Vec::new(),
                since: kept.iter().map(|kept| kept.since).min(),
                yours: holds && self.confirmable(facts, asker)?,
            });
        }
        Ok(waits)
    }

    /// Since when the key of something somebody could open has not been changed although they lost it.
    pub(crate) fn left_keys_since(
        &self,
        request: &Request,
        user: UserId,
    ) -> Result<Option<Timestamp>, Broken> {
        let mut since: Option<Timestamp> = None;
        for id in self.compartments() {
            if let Some(facts) = self.knowable(request, id)?
                && facts.left.contains(&user)
            {
                since = since.into_iter().chain(facts.rekey_pending).min();
            }
        }
        Ok(since)
    }

    fn word_of(&self, member: &Member, roll: &RollData) -> String {
        match member {
            Member::User(user) => self.handle_of(*user),
            Member::Compartment(team) => {
                let of = roll.teams.iter().find(|(_, id)| *id == team);
                of.map_or_else(String::new, |(role, _)| format!("{role} team"))
            }
            Member::Recovery => "recovery".to_owned(),
        }
    }

    pub(crate) fn handle_of(&self, user: UserId) -> String {
        let account = self.people.account(user);
        account.map_or_else(|| user.to_string(), |account| account.handle.clone())
    }
}

fn on(purpose: Purpose) -> On {
    match purpose {
        Purpose::Team { role } => On::Team { role },
        Purpose::Case { case } => On::Case { case },
        Purpose::Own { record } => On::Record { record },
        Purpose::People | Purpose::Grant { .. } => On::People {},
    }
}
