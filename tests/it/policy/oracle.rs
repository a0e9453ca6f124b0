//! The same rules written a second time, as plain Rust, and compared over random facts; and what holds
//! whatever the facts are.

mod draw;

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::sample::select;
use strongroom::keeper::acts::Act;
use strongroom::keeper::acts::Target;
use strongroom::keeper::facts::AccountFacts;
use strongroom::keeper::facts::AccountState;
use strongroom::keeper::facts::CaseFacts;
use strongroom::keeper::facts::CaseState;
use strongroom::keeper::facts::GrantFacts;
use strongroom::keeper::facts::GrantState;
use strongroom::keeper::facts::PersonFacts;
use strongroom::keeper::facts::ProposalFacts;
use strongroom::keeper::facts::Proposed;
use strongroom::keeper::facts::RecordFacts;
use strongroom::keeper::facts::RecordState;
use strongroom::keeper::facts::Role;
use strongroom::keeper::policy::HIDDEN;
use strongroom::keeper::policy::decide::Decision;
use strongroom::keeper::policy::decide::decide;
use strongroom::keeper::policy::decide::decide_many;
use strongroom::keeper::policy::kind::KindRules;
use strongroom::keeper::policy::kind::Reader;
use strongroom::keeper::policy::matrix::cast::NOW;
use strongroom::keeper::policy::matrix::cast::compartment;
use strongroom::keeper::policy::matrix::cast::user;
use strongroom::keeper::policy::question::Question;
use strongroom::keeper::policy::question::Resource;
use strongroom::keeper::policy::question::Ties;
use strongroom::keeper::policy::rule::RuleId;

use crate::policy::POLICY;
use crate::policy::oracle::draw::worlds;

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
    /// What the asker was given, and others.
    grants: Vec<GrantFacts>,
    /// The grant and the proposal an act is on.
    grant: GrantFacts,
    proposal: ProposalFacts,
    person: PersonFacts,
    ties: Ties,
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
            Target::Person => Resource::Person {
                facts: &self.person,
                ties: &self.ties,
            },
            Target::Grant => Resource::Grant(&self.grant),
            Target::Proposal => Resource::Proposal(&self.proposal),
        };
        Question {
            grants: &self.grants,
            asker: &self.asker,
            act: self.act,
            resource,
            purpose: self.purpose.then_some("p"),
            reason: self.reason.then_some("r"),
        }
    }

    fn is(&self, roles: &[Role]) -> bool {
        self.roles().iter().any(|role| roles.contains(role))
    }

    /// Whoever is an assessor is nothing else.
    fn roles(&self) -> Vec<Role> {
        if self.inside() {
            self.asker.roles().collect()
        } else {
            vec![Role::Assessor]
        }
    }

    fn inside(&self) -> bool {
        !self.asker.roles().any(|role| role == Role::Assessor)
    }

    /// The asker's grants of the record, or of the case when the act is on one.
    fn given(&self) -> Vec<&GrantFacts> {
        let case = self.case.as_ref();
        let of_case = |grant: &GrantFacts| case.is_some_and(|case| grant.case == Some(case.id));
        let sealed_to_case = case.is_some_and(|case| case.compartments == self.record.compartments);
        let covers = |grant: &GrantFacts| match self.act.row().target {
            Target::Case => of_case(grant),
            // A grant covers nothing of a case whose family its holder knows.
            Target::Record if self.knows_family() => false,
            Target::Record => {
                grant.records.contains(&self.record.id) || (sealed_to_case && of_case(grant))
            }
            _ => false,
        };
        let mine = self.grants.iter().filter(|grant| {
            grant.to == self.asker.id
                && matches!(grant.state, GrantState::Active | GrantState::Ended)
        });
        mine.filter(|grant| covers(grant)).collect()
    }

    /// Whether some grant of theirs is in force, whatever it is for.
    fn visits(&self) -> bool {
        let mut mine = self.grants.iter().filter(|grant| grant.to == self.asker.id);
        mine.any(|grant| grant.serves(NOW))
    }

    fn served(&self) -> bool {
        self.given().iter().any(|grant| {
            grant.state == GrantState::Active && grant.from <= NOW && NOW < grant.until
        })
    }

    fn on_team(&self) -> bool {
        self.case
            .as_ref()
            .is_some_and(|case| case.team.contains(&self.asker.id))
    }

    fn knows_family(&self) -> bool {
        let target = self.act.row().target;
        let asked = matches!(target, Target::Case | Target::Kind | Target::Record);
        asked
            && self
                .case
                .as_ref()
                .is_some_and(|case| case.conflicts.contains(&self.asker.id))
    }

    fn role_among(&self, readers: &BTreeSet<Reader>) -> bool {
        readers
            .iter()
            .any(|reader| self.roles().iter().any(|role| role.word() == reader.word()))
    }

    fn reads(&self) -> bool {
        let (me, has) = (self.asker.id, |reader| self.rules.readers.contains(&reader));
        let deciders = &self.record.deciders;
        self.role_among(&self.rules.readers)
            || (has(Reader::CaseTeam)
                && self.on_team()
                && self.is(&[Role::Staff, Role::Coordinator]))
            || (has(Reader::Handler) && self.record.handler == Some(me) && self.inside())
            || (has(Reader::Handler)
                && self.record.handler.is_none()
                && !self
                    .rules
                    .readers
                    .iter()
                    .any(|reader| Role::from_word(reader.word()).is_some())
                && self.is(&[Role::Trustee]))
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

    /// Whether it reveals content.
    fn shows(&self) -> bool {
        matches!(
            self.act,
            Act::ReadRecord
                | Act::ReadAttachment
                | Act::SearchText
                | Act::ExportRecord
                | Act::PrintRecord
                | Act::ReleaseRecord
        )
    }

    fn uses(&self) -> bool {
        let facts = &self.record;
        let roles = facts.only_roles.as_ref();
        let shows = self.shows();
        let amends = self.act == Act::AmendRecord;
        let lasting = matches!(
            self.act,
            Act::ExcludeUser
                | Act::RestrictRecord
                | Act::NameDeciders
                | Act::NameHandler
                | Act::MoveRecord
                | Act::GrantRecord
                | Act::BreakGlass
                | Act::CheckRecord
                | Act::ReturnRecord
                | Act::ProposeRelease
        );
        let checks = matches!(self.act, Act::CheckRecord | Act::ReturnRecord);
        let own = facts.author == self.asker.id;
        let corrects = amends && own && facts.state == RecordState::Returned && self.inside();
        let by_grant = self.served()
            && matches!(
                self.act,
                Act::ListRecords
                    | Act::FindRecords
                    | Act::ReadRecord
                    | Act::ReadAttachment
                    | Act::SearchText
            );
        let by_rank = [Act::BreakGlass, Act::ReviewOpening].contains(&self.act);
        let as_reader = self.reads() && !by_rank;
        (as_reader || by_grant || (by_rank && self.has_the_rank()) || corrects)
            && (!checks || (!own && self.asker.claimed))
            && (self.reason
                || !matches!(
                    self.act,
                    Act::ReturnRecord | Act::MoveRecord | Act::ProposeRelease
                ))
            && (self.inside() || self.served())
            && !facts.excluded.contains(&self.asker.id)
            && roles.is_none_or(|roles| self.roles().iter().any(|role| roles.contains(role)))
            && !((shows || amends || lasting) && facts.state == RecordState::Disposed)
            && !(shows && facts.purpose_required && !self.purpose)
            && !(facts.purpose_required && self.act == Act::SearchText)
            && (self.purpose || self.act != Act::GrantRecord)
            && (facts.exportable
                || !matches!(
                    self.act,
                    Act::ExportRecord
                        | Act::PrintRecord
                        | Act::ReleaseRecord
                        | Act::ProposeRelease
                        | Act::GrantRecord
                ))
            && (!amends || (self.writes(true) && self.reason))
    }

    /// Whether somebody may open in an emergency, or review that it was done.
    fn has_the_rank(&self) -> bool {
        let ranks: &[Role] = match self.act {
            Act::BreakGlass => &[Role::SafeguardingLead],
            _ => &[
                Role::SafeguardingLead,
                Role::DataProtectionLead,
                Role::Trustee,
            ],
        };
        self.is(ranks) && self.rules.break_glass && self.reason
    }

    fn allowed(&self) -> bool {
        use Role::{Coordinator, DataProtectionLead, SafeguardingLead, Trustee};
        let seniors = [Coordinator, SafeguardingLead, DataProtectionLead, Trustee];
        self.asker.may_work()
            && !self.knows_family()
            && match self.act {
                Act::SignIn | Act::ChangePassphrase => self.own,
                Act::ShowUser => self.own || self.is(&seniors),
                Act::LookUpKeys | Act::ListCases | Act::ListGrants => true,
                Act::LookUpErrands
                | Act::FillErrands
                | Act::Rekey
                | Act::ListErrands
                | Act::ListDue
                | Act::EndCheckIn
                | Act::ListCheckIns
                | Act::ReadNotices
                | Act::ListProposals => self.inside(),
                Act::AddToRoleTeam => self.is(&[Coordinator]) && !self.own,
                Act::ChangeTwoPerson
                | Act::RotateRecovery
                | Act::MakeShares
                | Act::RehearseRecovery => self.is(&[Coordinator, Trustee]),
                Act::GrantCase => self.is(&[Coordinator]) && self.purpose,
                Act::ListUsers | Act::ReissueUser => self.is(&seniors),
                Act::AddUser
                | Act::AddPlace
                | Act::RemovePlace
                | Act::SuspendUser
                | Act::ResumeUser
                | Act::OpenCase
                | Act::InviteUser
                | Act::LeaveUser
                | Act::RemoveFromRoleTeam
                | Act::CloseCase
                | Act::ReopenCase
                | Act::AddToTeam
                | Act::RemoveFromTeam => self.is(&[Coordinator]),
                Act::DeclareConflict => {
                    let own = self.on_team() && self.inside();
                    self.reason && (own || self.keeps_people())
                }
                Act::NoteConflict => self.reason && self.keeps_people(),
                Act::EndConflict => self.reason && self.is(&[Coordinator, SafeguardingLead]),
                Act::StartCheckIn => self.is(&[Coordinator]) || (self.on_team() && self.inside()),
                Act::ShowCase => {
                    self.is(&[Coordinator, SafeguardingLead, DataProtectionLead])
                        || (self.on_team() && self.inside())
                        || self.served()
                }
                Act::ShowAudit | Act::ProveEntry | Act::ListPlaces | Act::AccessOf => {
                    self.is(&[Coordinator, DataProtectionLead, Trustee])
                }
                Act::CheckAccess => self.is(&[DataProtectionLead, Trustee]),
                Act::ExportAudit => {
                    self.is(&[DataProtectionLead, Trustee]) || (!self.inside() && self.visits())
                }
                _ => self.allowed_on_shared(),
            }
    }

    /// Acts on grants and proposals.
    fn allowed_on_shared(&self) -> bool {
        use Role::{Coordinator, DataProtectionLead, SafeguardingLead, Trustee};
        let seniors = [Coordinator, SafeguardingLead, DataProtectionLead, Trustee];
        match self.act {
            Act::RevokeGrant => {
                self.is(&[Coordinator, DataProtectionLead]) || self.grant.to == self.asker.id
            }
            Act::StateGrant => {
                self.is(&[Coordinator, DataProtectionLead, Trustee])
                    || [self.grant.to, self.grant.by].contains(&self.asker.id)
            }
            Act::ShowProposal => self.is(&seniors) || self.proposal.by == self.asker.id,
            Act::ApproveProposal => self.is(&seniors) && self.apart() && self.asker.claimed,
            Act::RefuseProposal => self.is(&seniors) && self.apart() && self.reason,
            Act::WithdrawProposal => self.proposal.by == self.asker.id,
            _ => self.allowed_on_people(),
        }
    }

    /// Acts on people on file.
    fn allowed_on_people(&self) -> bool {
        match self.act {
            Act::AddPerson | Act::LinkPerson | Act::SamePerson | Act::ShowPersonLooks => {
                self.keeps_people()
            }
            Act::AmendPerson | Act::UnlinkPerson | Act::TellApart => {
                self.keeps_people() && self.reason
            }
            Act::ListPeople => self.inside(),
            Act::ShowPerson => self.keeps_people() || self.works_with(),
            _ => self.allowed_on_records(),
        }
    }

    fn keeps_people(&self) -> bool {
        use Role::{Coordinator, DataProtectionLead, SafeguardingLead};
        self.is(&[Coordinator, SafeguardingLead, DataProtectionLead])
    }

    /// Whether they are staff on the team of a case the person is part of.
    fn works_with(&self) -> bool {
        self.is(&[Role::Staff]) && self.ties.team.contains(&self.asker.id)
    }

    /// Acts on records, and filing them.
    fn allowed_on_records(&self) -> bool {
        use Role::{Coordinator, DataProtectionLead, SafeguardingLead, Trustee};
        let seniors = [Coordinator, SafeguardingLead, DataProtectionLead, Trustee];
        let open = self
            .case
            .as_ref()
            .is_none_or(|case| case.state == CaseState::Open);
        match self.act {
            Act::MoveRecord => {
                self.uses() && self.is(&[Coordinator, SafeguardingLead, DataProtectionLead])
            }
            Act::ExcludeUser | Act::RestrictRecord | Act::NameDeciders | Act::NameHandler => {
                self.uses() && (self.is(&seniors) || self.is(&[Role::DbsCountersignatory]))
            }
            Act::GrantRecord => self.uses() && self.is(&[Coordinator]),
            Act::ReleaseRecord | Act::ProposeRelease => self.uses() && self.is(&seniors),
            Act::AddRecord => self.writes(false) && open,
            Act::OverrideService => self.writes(false) && open && self.reason,
            Act::ImportRecords => self.is(&[Coordinator]) && self.writes(false) && open,
            Act::ListRecords
            | Act::FindRecords
            | Act::SearchText
            | Act::ReadRecord
            | Act::ReadAttachment
            | Act::ShowHistory
            | Act::ShowLooks
            | Act::WhoMayRead
            | Act::AmendRecord
            | Act::BreakGlass
            | Act::ReviewOpening
            | Act::CheckRecord
            | Act::ReturnRecord
            | Act::ExportRecord
            | Act::PrintRecord => self.uses(),
            other => unreachable!("{other:?} has not been written a second time"),
        }
    }

    /// Neither who proposed it nor whom it is about.
    fn apart(&self) -> bool {
        let me = self.asker.id;
        (self.proposal.by != me || self.proposal.single)
            && self.proposal.what != (Proposed::ReissueUser { user: me })
    }

    fn hidden(&self) -> bool {
        let granted = !self.given().is_empty();
        let emergency = [Act::BreakGlass, Act::ReviewOpening].contains(&self.act)
            && self.is(&[Role::SafeguardingLead])
            && self.rules.break_glass;
        if self.act.row().target == Target::Person {
            return !self.keeps_people() && !self.works_with();
        }
        self.act.row().target == Target::Record
            && (self.record.excluded.contains(&self.asker.id)
                || (!self.inside() && !granted)
                || (self.rules.hidden && !self.reads() && !granted && !emergency))
    }
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
        world.ties.team.remove(&world.asker.id);
    }),
    ("know the family", |world| {
        if let Some(case) = &mut world.case {
            case.conflicts.insert(world.asker.id);
        }
    }),
    ("no readers", |world| world.rules.readers.clear()),
    ("no writers", |world| world.rules.writers.clear()),
    ("take the grants", |world| world.grants.clear()),
    ("end the grants", |world| {
        for grant in &mut world.grants {
            grant.until = grant.until.min(NOW);
        }
    }),
    ("begin the grants later", |world| {
        for grant in &mut world.grants {
            grant.from = grant.from.max(NOW.plus_ms(1));
        }
    }),
    ("never agree to the grants", |world| {
        for grant in &mut world.grants {
            grant.state = GrantState::Waiting;
        }
    }),
    ("grant to another", |world| {
        for grant in &mut world.grants {
            grant.to = user(OTHER);
        }
    }),
    ("seal apart from the case", |world| {
        world.record.compartments = vec![compartment(9)];
    }),
    ("take further roles", |world| {
        world.asker.also.retain(|role| *role == Role::Assessor);
    }),
    ("unclaim", |world| world.asker.claimed = false),
    ("no emergencies", |world| world.rules.break_glass = false),
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
