//! Who ought to hold a compartment's key: the one rule both sides use. The desk seals to exactly these
//! members, and the keeper refuses anything else.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::ids::CompartmentId;
use crate::ids::UserId;
use crate::keeper::facts::AccountFacts;
use crate::keeper::facts::Member;
use crate::keeper::facts::Role;
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

/// What decides the members of a record's own compartment.
#[derive(Debug)]
pub struct OwnMembers<'a> {
    /// The kind's readers.
    pub readers: &'a BTreeSet<Reader>,
    /// The case's team, if the record has a case.
    pub team: &'a BTreeSet<UserId>,
    /// For whom the record does not exist.
    pub excluded: &'a BTreeSet<UserId>,
    /// Named decision-makers.
    pub deciders: &'a BTreeSet<UserId>,
    /// Who handles it.
    pub handler: Option<UserId>,
    /// Whether safeguarding leads may open it in an emergency, and so hold its key.
    pub emergency: bool,
}

impl Roll<'_> {
    /// The people of a role team, and recovery.
    pub fn team(&self, role: Role) -> BTreeSet<Member> {
        self.with_recovery(
            self.of_role(role)
                .map(|account| Member::User(account.id))
                .collect(),
        )
    }

    /// The members of a case's compartment: role teams whom policy can ever permit, and the staff on
    /// the case's own team. Volunteers file for a case without being able to read it.
    pub fn case(&self, team: &BTreeSet<UserId>) -> BTreeSet<Member> {
        let teams = CASE_TEAMS.iter().filter_map(|role| self.teams.get(role));
        let members = teams
            .map(|team| Member::Compartment(*team))
            .chain(self.staff(team));
        self.with_recovery(members.collect())
    }

    /// The members of a record's own compartment: the kind's readers, less whom it is hidden from.
    /// Where a team holds someone it is hidden from, its other people stand in its place.
    pub fn own(&self, own: &OwnMembers<'_>) -> BTreeSet<Member> {
        let mut members = BTreeSet::new();
        for reader in own.readers {
            match reader {
                Reader::CaseTeam => members.extend(self.staff(own.team)),
                Reader::Handler => members.extend(own.handler.map(Member::User)),
                Reader::Deciders if own.deciders.is_empty() => {
                    members.extend(self.role(Role::DbsCountersignatory, own.excluded));
                }
                Reader::Deciders => members.extend(own.deciders.iter().copied().map(Member::User)),
                Reader::Author => {}
                other => {
                    if let Means::Role(role) = Means::of(*other) {
                        members.extend(self.role(role, own.excluded));
                    }
                }
            }
        }
        if own.emergency {
            members.extend(self.role(Role::SafeguardingLead, own.excluded));
        }
        members.retain(|member| match member {
            Member::User(user) => !own.excluded.contains(user) && self.works(*user),
            Member::Compartment(_) | Member::Recovery => true,
        });
        self.with_recovery(members)
    }

    fn role(&self, role: Role, excluded: &BTreeSet<UserId>) -> Vec<Member> {
        // Suspended people count here: who comes back gets the team's key again.
        let hidden_from_one = self
            .accounts
            .iter()
            .any(|account| account.role == role && excluded.contains(&account.id));
        match self.teams.get(&role) {
            Some(team) if !hidden_from_one => vec![Member::Compartment(*team)],
            _ => self
                .of_role(role)
                .map(|account| Member::User(account.id))
                .collect(),
        }
    }

    fn of_role(&self, role: Role) -> impl Iterator<Item = &AccountFacts> {
        self.accounts
            .iter()
            .filter(move |account| account.is(role) && account.may_work())
    }

    fn staff(&self, team: &BTreeSet<UserId>) -> impl Iterator<Item = Member> {
        let staff = self
            .of_role(Role::Staff)
            .filter(|account| team.contains(&account.id));
        staff.map(|account| Member::User(account.id))
    }

    fn works(&self, user: UserId) -> bool {
        self.accounts
            .iter()
            .any(|account| account.id == user && account.may_work())
    }

    fn with_recovery(&self, mut members: BTreeSet<Member>) -> BTreeSet<Member> {
        if self.recovery {
            members.insert(Member::Recovery);
        }
        members
    }
}
