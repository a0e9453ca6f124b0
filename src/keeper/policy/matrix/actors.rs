//! Who asks: each a situation of their own, not only a role.

use crate::ids::UserId;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::AccountState;
use crate::keeper::facts::CaseFacts;
use crate::keeper::facts::CaseState;
use crate::keeper::facts::Role;
use crate::keeper::policy::matrix::cast::account;
use crate::keeper::policy::matrix::cast::case;

/// Somebody who asks.
#[derive(Debug)]
pub(crate) struct Actor {
    /// What the table calls them.
    pub(crate) name: &'static str,
    pub(crate) facts: AccountFacts,
}

/// Name and role. What the name adds is done by [`actors`].
const ACTORS: &[(&str, Role)] = &[
    ("coordinator", Role::Coordinator),
    ("coordinator-on-team", Role::Coordinator),
    ("staff", Role::Staff),
    ("staff-on-team", Role::Staff),
    ("staff-also-coordinator", Role::Staff),
    ("volunteer", Role::Volunteer),
    ("volunteer-on-team", Role::Volunteer),
    ("safeguarding-lead", Role::SafeguardingLead),
    ("dbs-countersignatory", Role::DbsCountersignatory),
    ("data-protection-lead", Role::DataProtectionLead),
    ("trustee", Role::Trustee),
    ("trustee-on-team", Role::Trustee),
    ("trustee-also-assessor", Role::Trustee),
    ("assessor", Role::Assessor),
    ("assessor-on-team", Role::Assessor),
    ("coordinator-unclaimed", Role::Coordinator),
    ("staff-on-team-unclaimed", Role::Staff),
    ("coordinator-suspended", Role::Coordinator),
    ("staff-on-team-left", Role::Staff),
];

/// Everybody, numbered from 100.
pub(crate) fn actors() -> Vec<Actor> {
    let mut actors = Vec::new();
    for ((name, role), number) in ACTORS.iter().zip(100..) {
        let mut facts = account(number, *role);
        facts.state = match *name {
            name if name.ends_with("-unclaimed") => AccountState::Unclaimed,
            name if name.ends_with("-suspended") => AccountState::Suspended,
            name if name.ends_with("-left") => AccountState::Left,
            _ => AccountState::Active,
        };
        facts.claimed = facts.state != AccountState::Unclaimed;
        let further = name
            .split_once("-also-")
            .and_then(|(_, role)| Role::from_word(role));
        facts.also.extend(further);
        actors.push(Actor { name, facts });
    }
    actors
}

impl Actor {
    /// Whether the account may be used at all. The others are asked about records in the first situation
    /// alone and where they must not learn of one: what is particular about them is the account.
    pub(crate) fn works(&self) -> bool {
        !matches!(
            self.facts.state,
            AccountState::Suspended | AccountState::Left
        )
    }
}

/// Who is on the team of the case.
pub(crate) fn team(actors: &[Actor]) -> Vec<UserId> {
    let on_team = actors
        .iter()
        .filter(|actor| actor.name.contains("-on-team"));
    on_team.map(|actor| actor.facts.id).collect()
}

/// A case, the same one closed, and one whose family everybody knows, each with everybody on the team whose name says
/// so.
pub(crate) fn the_cases(actors: &[Actor]) -> (CaseFacts, CaseFacts, CaseFacts) {
    let open = case(1, &team(actors));
    let mut closed = case(2, &team(actors));
    closed.state = CaseState::Closed;
    let mut known = case(3, &team(actors));
    known.conflicts = actors.iter().map(|actor| actor.facts.id).collect();
    (open, closed, known)
}
