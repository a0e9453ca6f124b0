//! The same rules written a second time, as plain Rust, and compared over random facts; and what holds
//! whatever the facts are.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::select;
use proptest::sample::subsequence;
use strongroom::ids::UserId;
use strongroom::keeper::acts::ACTS;
use strongroom::keeper::acts::Act;
use strongroom::keeper::acts::ActRow;
use strongroom::keeper::acts::Target;
use strongroom::keeper::facts::AccountFacts;
use strongroom::keeper::facts::AccountState;
use strongroom::keeper::facts::CaseFacts;
use strongroom::keeper::facts::CaseState;
use strongroom::keeper::facts::RecordFacts;
use strongroom::keeper::facts::RecordState;
use strongroom::keeper::facts::Role;
use strongroom::keeper::policy::HIDDEN;
use strongroom::keeper::policy::decide::Decision;
use strongroom::keeper::policy::decide::decide;
use strongroom::keeper::policy::decide::decide_many;
use strongroom::keeper::policy::kind::KindRules;
use strongroom::keeper::policy::kind::Reader;
use strongroom::keeper::policy::question::Question;
use strongroom::keeper::policy::question::Resource;
use strongroom::keeper::policy::rule::RuleId;

use crate::policy::NOW;
use crate::policy::POLICY;
use crate::policy::people::account;
use crate::policy::people::case;
use crate::policy::people::record;
use crate::policy::people::user;

const ASKER: u32 = 1;
const OTHER: u32 = 2;

/// Everything a decision can depend on.
#[derive(Debug, Clone)]
struct World {
    act: Act,
    asker: AccountFacts,
    other: AccountFacts,
    own: bool,
    rules: KindRules,
    case: Option<CaseFacts>,
    record: RecordFacts,
    purpose: bool,
    reason: bool,
}

impl World {
    fn question(&self) -> Question<'_> {
        let case = self.case.as_ref();
        let resource = match self.act.row().target {
            Target::Vault => Resource::Vault,
            Target::Account if self.own => Resource::Account(&self.asker),
            Target::Account => Resource::Account(&self.other),
            Target::Case => Resource::Case(case.unwrap()),
            Target::Kind => Resource::Kind {
                rules: &self.rules,
                case,
            },
            Target::Record => Resource::Record {
                facts: &self.record,
                rules: &self.rules,
                case,
            },
            Target::Grant | Target::Proposal => unreachable!("not drawn"),
        };
        Question {
            grants: &[],
            asker: &self.asker,
            act: self.act,
            resource,
            purpose: self.purpose.then_some("p"),
            reason: self.reason.then_some("r"),
        }
    }

    fn is(&self, roles: &[Role]) -> bool {
        roles.contains(&self.asker.role)
    }

    fn inside(&self) -> bool {
        self.asker.role != Role::Assessor
    }

    fn on_team(&self) -> bool {
        self.case
            .as_ref()
            .is_some_and(|case| case.team.contains(&self.asker.id))
    }

    fn role_among(&self, readers: &BTreeSet<Reader>) -> bool {
        readers
            .iter()
            .any(|reader| reader.word() == self.asker.role.word())
    }

    fn reads(&self) -> bool {
        let (me, has) = (self.asker.id, |reader| self.rules.readers.contains(&reader));
        let deciders = &self.record.deciders;
        self.role_among(&self.rules.readers)
            || (has(Reader::CaseTeam)
                && self.on_team()
                && self.is(&[Role::Staff, Role::Coordinator]))
            || (has(Reader::Handler) && self.record.handler == Some(me) && self.inside())
            || (has(Reader::Deciders) && deciders.contains(&me) && self.inside())
            || (has(Reader::Deciders)
                && deciders.is_empty()
                && self.is(&[Role::DbsCountersignatory]))
            || (has(Reader::Author) && self.record.author == me && self.on_team() && self.inside())
    }

    fn writes(&self, of_record: bool) -> bool {
        let (me, has) = (self.asker.id, |writer| self.rules.writers.contains(&writer));
        self.role_among(&self.rules.writers)
            || (has(Reader::CaseTeam) && self.on_team() && (self.inside() || of_record))
            || (of_record
                && ((has(Reader::Handler) && self.record.handler == Some(me))
                    || (has(Reader::Deciders) && self.record.deciders.contains(&me))
                    || (has(Reader::Author) && self.record.author == me)))
    }

    fn uses(&self) -> bool {
        let facts = &self.record;
        let roles = facts.only_roles.as_ref();
        let shows = matches!(
            self.act,
            Act::ReadRecord | Act::ReadAttachment | Act::ExportRecord
        );
        let amends = self.act == Act::AmendRecord;
        let lasting = matches!(
            self.act,
            Act::ExcludeUser | Act::RestrictRecord | Act::NameDeciders | Act::GrantRecord
        );
        self.reads()
            && !facts.excluded.contains(&self.asker.id)
            && roles.is_none_or(|roles| roles.contains(&self.asker.role))
            && !((shows || amends || lasting) && facts.state == RecordState::Disposed)
            && !(shows && facts.purpose_required && !self.purpose)
            && (facts.exportable || !matches!(self.act, Act::ExportRecord | Act::GrantRecord))
            && (!amends || (self.writes(true) && self.reason))
    }

    fn allowed(&self) -> bool {
        use Role::{Coordinator, DataProtectionLead, SafeguardingLead, Trustee};
        let seniors = [Coordinator, SafeguardingLead, DataProtectionLead, Trustee];
        let open = self
            .case
            .as_ref()
            .is_none_or(|case| case.state == CaseState::Open);
        self.asker.may_work()
            && match self.act {
                Act::SignIn | Act::ChangePassphrase => self.own,
                Act::ShowUser => self.own || self.is(&seniors),
                Act::LookUpKeys | Act::ListCases => true,
                Act::LookUpErrands
                | Act::FillErrands
                | Act::Rekey
                | Act::ListErrands
                | Act::ListProposals => self.inside(),
                Act::ListGrants => true,
                Act::AddToRoleTeam => self.is(&[Coordinator]) && !self.own,
                Act::ReissueUser => self.is(&seniors),
                Act::ChangeTwoPerson => self.is(&[Coordinator, Trustee]),
                Act::CheckAccess => self.is(&[DataProtectionLead, Trustee]),
                Act::AccessOf => self.is(&[Coordinator, DataProtectionLead, Trustee]),
                Act::BreakGlass => false,
                Act::ExcludeUser | Act::RestrictRecord | Act::NameDeciders => {
                    self.uses() && (self.is(&seniors) || self.is(&[Role::DbsCountersignatory]))
                }
                Act::GrantRecord => self.uses() && self.is(&[Coordinator]),
                Act::RevokeGrant
                | Act::StateGrant
                | Act::ShowProposal
                | Act::ApproveProposal
                | Act::RefuseProposal
                | Act::WithdrawProposal => unreachable!("not drawn"),
                Act::ListUsers => self.is(&seniors),
                Act::AddUser
                | Act::SuspendUser
                | Act::ResumeUser
                | Act::OpenCase
                | Act::InviteUser
                | Act::LeaveUser
                | Act::RemoveFromRoleTeam
                | Act::GrantCase
                | Act::CloseCase
                | Act::ReopenCase
                | Act::AddToTeam
                | Act::RemoveFromTeam => self.is(&[Coordinator]),
                Act::ShowCase => {
                    self.is(&[Coordinator, SafeguardingLead, DataProtectionLead])
                        || (self.on_team() && self.inside())
                }
                Act::ShowAudit | Act::ProveEntry => {
                    self.is(&[Coordinator, DataProtectionLead, Trustee])
                }
                Act::ExportAudit => self.is(&[DataProtectionLead, Trustee]),
                Act::AddRecord => self.writes(false) && open,
                Act::ImportRecords => self.is(&[Coordinator]) && self.writes(false) && open,
                Act::ListRecords
                | Act::ReadRecord
                | Act::ReadAttachment
                | Act::ShowHistory
                | Act::WhoMayRead
                | Act::AmendRecord
                | Act::ExportRecord => self.uses(),
            }
    }

    fn hidden(&self) -> bool {
        self.act.row().target == Target::Record
            && (self.record.excluded.contains(&self.asker.id)
                || !self.inside()
                || (self.rules.hidden && !self.reads()))
    }
}

fn set_of<T: Copy + Ord + std::fmt::Debug + 'static>(
    all: &'static [T],
) -> impl Strategy<Value = BTreeSet<T>> {
    subsequence(all, 0..=all.len()).prop_map(|some| some.into_iter().collect())
}

fn people() -> impl Strategy<Value = BTreeSet<UserId>> {
    subsequence(vec![user(ASKER), user(OTHER)], 0..=2).prop_map(|some| some.into_iter().collect())
}

fn records() -> impl Strategy<Value = RecordFacts> {
    let flags = (any::<bool>(), any::<bool>(), select(RecordState::ALL));
    let roles = proptest::option::weighted(0.3, set_of(Role::ALL));
    let excluded = prop_oneof![3 => Just(BTreeSet::new()), 1 => people()];
    let handler = proptest::option::of(select(vec![user(ASKER), user(OTHER)]));
    let author = select(vec![user(ASKER), user(OTHER)]);
    (flags, roles, excluded, people(), handler, author).prop_map(
        |(flags, roles, excluded, deciders, handler, author)| {
            let mut facts = record(9, "kind", None);
            (facts.purpose_required, facts.exportable, facts.state) = flags;
            (facts.only_roles, facts.excluded, facts.deciders) = (roles, excluded, deciders);
            (facts.handler, facts.author) = (handler, author);
            facts
        },
    )
}

fn acts() -> impl Strategy<Value = Act> {
    let drawn = |row: &&ActRow| !matches!(row.target, Target::Grant | Target::Proposal);
    let all: Vec<Act> = ACTS.iter().filter(drawn).map(|row| row.act).collect();
    let on_records = ACTS.iter().filter(|row| row.target == Target::Record);
    // These have the most rules.
    let more: Vec<Act> = on_records.map(|row| row.act).collect();
    prop_oneof![select(all), select(more)]
}

fn askers() -> impl Strategy<Value = AccountFacts> {
    let state = prop_oneof![4 => Just(AccountState::Active), 1 => select(AccountState::ALL)];
    (select(Role::ALL), state).prop_map(|(role, state)| {
        let mut asker = account(ASKER, role);
        asker.state = state;
        asker
    })
}

fn kinds() -> impl Strategy<Value = KindRules> {
    let parts = (set_of(Reader::ALL), set_of(Reader::ALL), any::<bool>());
    parts.prop_map(|(readers, writers, hidden)| KindRules {
        name: "kind".to_owned(),
        readers,
        writers,
        hidden,
        break_glass: false,
    })
}

fn cases() -> impl Strategy<Value = CaseFacts> {
    (people(), select(CaseState::ALL)).prop_map(|(team, state)| {
        let mut facts = case(5, &[]);
        (facts.team, facts.state) = (team, state);
        facts
    })
}

fn worlds() -> impl Strategy<Value = World> {
    let flags = (any::<bool>(), any::<bool>(), any::<bool>(), 0..5);
    (acts(), askers(), kinds(), cases(), records(), flags).prop_map(
        |(act, asker, rules, case, mut record, (own, purpose, reason, none))| {
            // One in five has no case, where there may be none.
            let case = Some(case).filter(|_| none > 0 || act.row().target == Target::Case);
            record.case = case.as_ref().map(|case| case.id);
            let other = account(OTHER, Role::Staff);
            World {
                act,
                asker,
                other,
                own,
                rules,
                case,
                record,
                purpose,
                reason,
            }
        },
    )
}

/// Takes something away.
type Restriction = (&'static str, fn(&mut World));

const RESTRICTIONS: &[Restriction] = &[
    ("suspend", |world| {
        world.asker.state = AccountState::Suspended;
    }),
    ("leave", |world| world.asker.state = AccountState::Left),
    ("exclude", |world| {
        world.record.excluded.extend([world.asker.id]);
    }),
    ("exclude another", |world| {
        world.record.excluded.extend([user(OTHER)]);
    }),
    ("no role", |world| {
        world.record.only_roles = Some(BTreeSet::new());
    }),
    ("own role only", |world| {
        world
            .record
            .only_roles
            .get_or_insert([world.asker.role].into())
            .clear();
    }),
    ("need a purpose", |world| {
        world.record.purpose_required = true;
    }),
    ("name no purpose", |world| world.purpose = false),
    ("name no reason", |world| world.reason = false),
    ("keep inside", |world| world.record.exportable = false),
    ("dispose", |world| {
        world.record.state = RecordState::Disposed;
    }),
    ("hide the kind", |world| world.rules.hidden = true),
    ("close the case", |world| {
        if let Some(case) = &mut world.case {
            case.state = CaseState::Closed;
        }
    }),
    ("take off the team", |world| {
        if let Some(case) = &mut world.case {
            case.team.remove(&world.asker.id);
        }
    }),
    ("no readers", |world| world.rules.readers.clear()),
    ("no writers", |world| world.rules.writers.clear()),
    ("become an outsider", |world| {
        world.asker.role = Role::Assessor;
    }),
];

/// Allowed, and hidden.
fn answer(world: &World) -> (bool, bool) {
    match decide(&POLICY, &world.question(), NOW) {
        Decision::Allow(_) => (true, false),
        Decision::Deny(denial) => (false, denial.hidden),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn the_policy_and_the_second_writing_agree(world in worlds()) {
        match decide(&POLICY, &world.question(), NOW) {
            Decision::Allow(permit) => {
                prop_assert!(world.allowed(), "allowed by {:?}", permit.rules());
                prop_assert!(!permit.rules().is_empty());
            }
            Decision::Deny(denial) => {
                prop_assert!(!world.allowed(), "{denial:?}");
                prop_assert_eq!(denial.hidden, world.hidden(), "{:?}", denial);
                prop_assert_eq!(denial.says == HIDDEN, denial.hidden);
                prop_assert!(!denial.rules.is_empty());
                prop_assert!(!denial.rules.contains(&RuleId::POLICY_FAILED));
            }
        }
    }

    #[test]
    fn taking_away_never_gives(world in worlds(), (name, restrict) in select(RESTRICTIONS)) {
        let before = answer(&world);
        let mut less = world.clone();
        restrict(&mut less);
        let after = answer(&less);
        prop_assert!(before.0 || !after.0, "{name} allowed it");
        prop_assert!(!before.1 || after.1, "{name} brought it to light");
    }

    #[test]
    fn many_are_answered_as_each(all in proptest::collection::vec(worlds(), 1..6)) {
        // Different facts under the same ids, too: then each is asked alone.
        let questions: Vec<Question<'_>> = all.iter().map(World::question).collect();
        let many: Vec<String> = decide_many(&POLICY, &questions, NOW).iter().map(|d| format!("{d:?}")).collect();
        let each: Vec<String> = questions.iter().map(|q| format!("{:?}", decide(&POLICY, q, NOW))).collect();
        prop_assert_eq!(many, each);
    }
}
