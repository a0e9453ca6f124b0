//! Who ought to hold a compartment's key: the one rule both sides use. The desk seals to exactly these
//! members, and the keeper refuses anything else.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::ids::CompartmentId;
use crate::ids::UserId;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::AccountState;
use crate::keeper::facts::CaseFacts;
use crate::keeper::facts::Member;
use crate::keeper::facts::Purpose;
use crate::keeper::facts::Role;
use crate::keeper::message::open_to::OpenTo;
use crate::keeper::policy::kind::KindRules;
use crate::keeper::policy::kind::Means;
use crate::keeper::policy::kind::Reader;

/// The role teams that every case is open to (`docs/architecture.md`, "Who reads what").
pub const CASE_TEAMS: [Role; 3] = [
    Role::Coordinator,
    Role::SafeguardingLead,
    Role::DataProtectionLead,
];

/// Whose yes counts for what somebody else proposed (the policy's rule `proposal-second-person`).
pub const SECOND_PERSONS: [Role; 4] = [
    Role::Coordinator,
    Role::SafeguardingLead,
    Role::DataProtectionLead,
    Role::Trustee,
];

/// Who may change whom a record is open to, among those who may read it (the policy's `not-a-guardian`).
pub const GUARDIANS: [Role; 5] = [
    Role::Coordinator,
    Role::SafeguardingLead,
    Role::DataProtectionLead,
    Role::DbsCountersignatory,
    Role::Trustee,
];

/// Who of these may move one to another case: those who see every case (the policy's `not-a-mover`).
pub const MOVERS: [Role; 3] = [
    Role::Coordinator,
    Role::SafeguardingLead,
    Role::DataProtectionLead,
];

/// Who works on a case, and who is kept apart from it because they know the family.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CaseTeam {
    /// Everyone on the case's team.
    pub team: BTreeSet<UserId>,
    /// Everyone whom its conflict register names now.
    pub apart: BTreeSet<UserId>,
}

impl CaseTeam {
    /// As the facts of a case say it.
    pub fn of(case: &CaseFacts) -> Self {
        Self {
            team: case.team.clone(),
            apart: case.conflicts.clone(),
        }
    }
}

/// Who is there to be a member.
#[derive(Debug)]
pub struct Roll<'a> {
    /// Every account.
    pub accounts: &'a [AccountFacts],
    /// The role teams that exist.
    pub teams: &'a BTreeMap<Role, CompartmentId>,
    /// Whether the trustees hold a recovery identity.
    pub recovery: bool,
}

/// A roll that owns its lists.
#[derive(Debug, Clone, Default)]
pub struct RollData {
    /// Every account.
    pub accounts: Vec<AccountFacts>,
    /// The role teams that exist.
    pub teams: BTreeMap<Role, CompartmentId>,
    /// Whether the trustees hold a recovery identity.
    pub recovery: bool,
}

impl RollData {
    /// The roll over these lists.
    pub fn as_roll(&self) -> Roll<'_> {
        Roll {
            accounts: &self.accounts,
            teams: &self.teams,
            recovery: self.recovery,
        }
    }

    /// For whom a record about these users does not exist: they, all who report to them, and where the
    /// record's kind says so the managers of those it is about.
    pub fn excluded(&self, about: &[UserId], managers_too: bool) -> BTreeSet<UserId> {
        let mut excluded: BTreeSet<UserId> = about.iter().copied().collect();
        let mut above: Vec<UserId> = about.to_vec();
        while let Some(boss) = above.pop() {
            for account in self
                .accounts
                .iter()
                .filter(|account| account.reports_to == Some(boss))
            {
                if excluded.insert(account.id) {
                    above.push(account.id);
                }
            }
        }
        if managers_too {
            let of = |user: &UserId| self.accounts.iter().find(|account| account.id == *user);
            excluded.extend(about.iter().filter_map(|user| of(user)?.reports_to));
        }
        excluded
    }
}

impl Roll<'_> {
    /// The people of a role team, and recovery.
    pub fn team(&self, role: Role) -> BTreeSet<Member> {
        self.with_recovery(people(self.of_role(role)).collect())
    }

    /// The members of a case's compartment: role teams whom policy can ever permit, and the staff on
    /// the case's own team, less those who are kept apart from it. Where a team holds one of these, its other
    /// people stand in its place. Volunteers file for a case without being able to read it.
    pub fn case(&self, on: &CaseTeam) -> BTreeSet<Member> {
        let may = |account: &AccountFacts| !on.apart.contains(&account.id);
        let mut members = BTreeSet::new();
        for role in CASE_TEAMS {
            match self.teams.get(&role) {
                Some(team) if !self.is_closed(role, &may) => {
                    members.insert(Member::Compartment(*team));
                }
                Some(_) => members.extend(self.role(role, &may)),
                // A role without a team has no people yet, or waits for its team to be made.
                None => {}
            }
        }
        let staff = self.staff(&on.team).filter(|account| may(account));
        members.extend(people(staff));
        self.with_recovery(members)
    }

    /// The members of the compartment of all people on file.
    pub fn people(&self) -> BTreeSet<Member> {
        let teams = CASE_TEAMS.iter().filter_map(|role| self.teams.get(role));
        self.with_recovery(teams.map(|team| Member::Compartment(*team)).collect())
    }

    /// The members of a record's own compartment: the kind's readers less whom it is closed to and who is kept
    /// apart from its case, and where the kind allows that in an emergency, the safeguarding leads. Where a team
    /// holds someone it is closed to, its other people stand in its place.
    pub fn own(&self, open_to: &OpenTo, rules: &KindRules, on: &CaseTeam) -> BTreeSet<Member> {
        let team = &on.team;
        let may = |account: &AccountFacts| {
            let only = open_to.only_roles.as_ref();
            !open_to.excluded.contains(&account.id)
                && !on.apart.contains(&account.id)
                && only.is_none_or(|only| account.roles().any(|role| only.contains(&role)))
        };
        let mut members = BTreeSet::new();
        for reader in &rules.readers {
            match reader {
                Reader::CaseTeam => {
                    let lead = self.of_role(Role::Coordinator);
                    let lead = lead.filter(|account| team.contains(&account.id));
                    let those = self.staff(team).chain(lead);
                    members.extend(people(those.filter(|account| may(account))));
                }
                Reader::Handler if open_to.handler.is_none() && rules.no_role_reads() => {
                    members.extend(self.role(Role::Trustee, &may));
                }
                Reader::Handler => members.extend(self.named(open_to.handler.as_slice(), &may)),
                Reader::Deciders if open_to.deciders.is_empty() => {
                    members.extend(self.role(Role::DbsCountersignatory, &may));
                }
                Reader::Deciders => members.extend(self.named(&open_to.deciders, &may)),
                Reader::Author => {}
                other => {
                    if let Means::Role(role) = Means::of(*other) {
                        members.extend(self.role(role, &may));
                    }
                }
            }
        }
        if rules.break_glass {
            members.extend(self.role(Role::SafeguardingLead, &may));
        }
        self.with_recovery(members)
    }

    /// A role's team where all its people may, else those of them who may. Suspended people count among all:
    /// who comes back gets the team's key again.
    fn role(&self, role: Role, may: &dyn Fn(&AccountFacts) -> bool) -> Vec<Member> {
        match self.teams.get(&role) {
            Some(team) if !self.is_closed(role, may) => vec![Member::Compartment(*team)],
            _ => people(self.of_role(role).filter(|account| may(account))).collect(),
        }
    }

    /// Whether somebody has a role who may not.
    fn is_closed(&self, role: Role, may: &dyn Fn(&AccountFacts) -> bool) -> bool {
        self.accounts
            .iter()
            .any(|account| account.is(role) && account.state != AccountState::Left && !may(account))
    }

    /// People named one by one: only those who work here.
    fn named<'i>(
        &self,
        users: impl IntoIterator<Item = &'i UserId>,
        may: &dyn Fn(&AccountFacts) -> bool,
    ) -> Vec<Member> {
        let of = |user: &UserId| self.accounts.iter().find(|account| account.id == *user);
        let named = users.into_iter().filter_map(of);
        let here = named.filter(|one| one.may_work() && !one.is(Role::Assessor) && may(one));
        people(here).collect()
    }

    /// Those of a role who may work. Whoever is outside is nothing else besides.
    fn of_role(&self, role: Role) -> impl Iterator<Item = &AccountFacts> {
        self.accounts.iter().filter(move |account| {
            let outside = role != Role::Assessor && account.is(Role::Assessor);
            account.is(role) && account.may_work() && !outside
        })
    }

    fn staff(&self, team: &BTreeSet<UserId>) -> impl Iterator<Item = &AccountFacts> {
        self.of_role(Role::Staff)
            .filter(|account| team.contains(&account.id))
    }

    fn with_recovery(&self, mut members: BTreeSet<Member>) -> BTreeSet<Member> {
        if self.recovery {
            members.insert(Member::Recovery);
        }
        members
    }
}

fn people<'a>(accounts: impl Iterator<Item = &'a AccountFacts>) -> impl Iterator<Item = Member> {
    accounts.map(|account| Member::User(account.id))
}

/// Whether anybody could open what is sealed to these: recovery alone is nobody.
pub fn anybody(members: &BTreeSet<Member>) -> bool {
    members.iter().any(|member| *member != Member::Recovery)
}

/// Whether someone of this role is believed about an epoch of a compartment. Coordinators make teams and
/// cases; a later epoch is also made by those whom role alone makes a member. A record's own compartment is
/// made by whoever files it, so anyone is believed.
pub fn may_vouch(purpose: Purpose, number: u32, role: Role) -> bool {
    let renewed = number > 1;
    match purpose {
        Purpose::Own { .. } => true,
        Purpose::Team { role: of } => role == Role::Coordinator || (renewed && role == of),
        Purpose::Case { .. } | Purpose::People => {
            role == Role::Coordinator || (renewed && CASE_TEAMS.contains(&role))
        }
        Purpose::Grant { .. } => role == Role::Coordinator,
    }
}
