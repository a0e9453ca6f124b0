//! After an act that changed who is who: envelopes of those who ought not to hold a key any more end in the
//! same frame, and since when somebody lacks one is noted.
//!
//! Acts say only that something changed; what follows from it is worked out here, once, from the rule of
//! `keeper/members.rs`, so that no act can forget a compartment.

use std::collections::BTreeSet;

use crate::ids::CompartmentId;
use crate::ids::UserId;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::CompartmentFacts;
use crate::keeper::facts::Lacking;
use crate::keeper::facts::Member;
use crate::keeper::facts::Purpose;
use crate::keeper::members::RollData;
use crate::keeper::vault::Broken;
use crate::keeper::vault::Vault;

/// The compartments whose members have to be looked over at the end of the act in hand.
#[derive(Debug, Default)]
pub(crate) struct Unsettled {
    all: bool,
    these: BTreeSet<CompartmentId>,
}

impl Vault {
    /// Says that a compartment's members changed.
    pub(crate) fn settle_later(&mut self, compartment: CompartmentId) {
        self.unsettled.these.insert(compartment);
    }

    /// Says that it changed who people are, or who works on what.
    pub(crate) fn settle_everything(&mut self) {
        self.unsettled.all = true;
    }

    /// Looks over what has to be: teams first, because a team that nobody holds any more is no member.
    pub(crate) fn settle(&mut self) -> Result<(), Broken> {
        let Unsettled { all, these } = std::mem::take(&mut self.unsettled);
        if !all && these.is_empty() {
            return Ok(());
        }
        let ids = if all { self.compartments() } else { these };
        let mut teams = Vec::new();
        let mut others = Vec::new();
        for id in ids {
            match self.compartment(id)?.map(|facts| facts.purpose) {
                Some(Purpose::Team { .. }) => teams.push(id),
                Some(_) => others.push(id),
                None => {}
            }
        }
        for group in [teams, others] {
            let roll = self.roll()?;
            for id in group {
                self.settle_one(id, &roll)?;
            }
        }
        // What ended just now has been looked over.
        self.unsettled = Unsettled::default();
        Ok(())
    }

    fn settle_one(&mut self, id: CompartmentId, roll: &RollData) -> Result<(), Broken> {
        let Some(facts) = self.compartment(id)? else {
            return Ok(());
        };
        let Some(ought) = self.ought_to_hold(&facts, roll)? else {
            return Ok(());
        };
        let holders = self.holders(id, facts.epoch);
        let lacking: BTreeSet<Member> = ought.difference(&holders).copied().collect();
        let readers = readers(&ought, roll);
        let somebody_has_it = self.is_held_by_these(&facts, &ought);
        for member in holders.difference(&ought) {
            let ends = match member {
                Member::Recovery => false,
                // Whoever is to have it through a team keeps what they have in person meanwhile; who is kept apart
                // from a case, until anybody else has it.
                Member::User(user) => {
                    let last = !somebody_has_it && self.is_apart(facts.purpose, *user)?;
                    !(readers.contains(user) || last && self.works(*user))
                }
                // A team is replaced by its people once they have the key, so that somebody always has; a
                // team that nobody holds is of no use to anybody.
                Member::Compartment(team) => {
                    let replaced = lacking.is_empty() && somebody_has_it;
                    replaced || !roll.teams.values().any(|living| living == team)
                }
            };
            if ends {
                self.end_envelope(id, facts.epoch, member)?;
            }
        }
        self.note_lacking(id, &lacking)
    }

    fn works(&self, user: UserId) -> bool {
        let account = self.people.account(user);
        account.is_some_and(AccountFacts::may_work)
    }

    fn note_lacking(
        &mut self,
        id: CompartmentId,
        lacking: &BTreeSet<Member>,
    ) -> Result<(), Broken> {
        let Some(facts) = self.compartment(id)? else {
            return Ok(());
        };
        let since = |member: &Member| {
            let mut known = facts.lacking.iter();
            let known = known.find(|known| known.member == *member);
            known.map_or_else(|| self.now(), |known| known.since)
        };
        let noted: Vec<Lacking> = lacking
            .iter()
            .map(|member| Lacking {
                member: *member,
                since: since(member),
            })
            .collect();
        if noted == facts.lacking {
            return Ok(());
        }
        self.put_compartment_facts(&CompartmentFacts {
            lacking: noted,
            ..facts
        })
    }

    /// Whether a compartment still has this team as a member although its people are to stand in its place:
    /// until then the team takes in nobody, who would learn the compartment's key with it.
    pub(crate) fn is_out_of_place(
        &self,
        team: CompartmentId,
        roll: &RollData,
    ) -> Result<bool, Broken> {
        let member = Member::Compartment(team);
        for (id, epoch) in self.memberships_of(&member) {
            let Some(facts) = self.compartment(id)?.filter(|facts| facts.epoch == epoch) else {
                continue;
            };
            let ought = self.ought_to_hold(&facts, roll)?;
            if ought.is_some_and(|ought| !ought.contains(&member)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// The people whom a key is for, in person or through a team.
pub(crate) fn readers(ought: &BTreeSet<Member>, roll: &RollData) -> BTreeSet<UserId> {
    let mut readers = BTreeSet::new();
    for member in ought {
        match member {
            Member::User(user) => {
                readers.insert(*user);
            }
            Member::Compartment(team) => {
                let of = roll.teams.iter().find(|(_, id)| *id == team);
                let members = of.map(|(role, _)| roll.as_roll().team(*role));
                readers.extend(members.into_iter().flatten().filter_map(person));
            }
            Member::Recovery => {}
        }
    }
    readers
}

fn person(member: Member) -> Option<UserId> {
    match member {
        Member::User(user) => Some(user),
        Member::Compartment(_) | Member::Recovery => None,
    }
}
