//! Worlds, drawn at random.

use proptest::prelude::*;
use proptest::sample::select;
use proptest::sample::subsequence;
use std::collections::BTreeSet;
use strongroom::clock::Timestamp;
use strongroom::ids::UserId;
use strongroom::keeper::acts::ACTS;
use strongroom::keeper::acts::Act;
use strongroom::keeper::acts::Target;
use strongroom::keeper::facts::AccountFacts;
use strongroom::keeper::facts::AccountState;
use strongroom::keeper::facts::CaseFacts;
use strongroom::keeper::facts::CaseState;
use strongroom::keeper::facts::GrantFacts;
use strongroom::keeper::facts::GrantState;
use strongroom::keeper::facts::ProposalFacts;
use strongroom::keeper::facts::Proposed;
use strongroom::keeper::facts::RecordFacts;
use strongroom::keeper::facts::RecordState;
use strongroom::keeper::facts::Role;
use strongroom::keeper::policy::kind::KindRules;
use strongroom::keeper::policy::kind::Reader;
use strongroom::keeper::policy::matrix::cast::NOW;
use strongroom::keeper::policy::matrix::cast::account;
use strongroom::keeper::policy::matrix::cast::case;
use strongroom::keeper::policy::matrix::cast::compartment;
use strongroom::keeper::policy::matrix::cast::grant;
use strongroom::keeper::policy::matrix::cast::person;
use strongroom::keeper::policy::matrix::cast::proposal;
use strongroom::keeper::policy::matrix::cast::record;
use strongroom::keeper::policy::matrix::cast::user;
use strongroom::keeper::policy::question::Ties;

use crate::policy::oracle::ASKER;
use crate::policy::oracle::OTHER;
use crate::policy::oracle::World;

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

/// Grants to either of both, of the record, another one, the case or another one, at every edge of time.
fn grants() -> impl Strategy<Value = GrantFacts> {
    let at = |offsets: &'static [i64]| {
        select(offsets)
            .prop_map(|offset| Timestamp::from_ms(NOW.as_ms().checked_add_signed(offset).unwrap()))
    };
    let from = at(&[-3_600_000, 0, 1]);
    let until = at(&[-1, 0, 1, 3_600_000]);
    let to = select(vec![user(ASKER), user(ASKER), user(OTHER)]);
    let ended = proptest::option::of(at(&[-1, 0]));
    (to, 0..4, select(GrantState::ALL), from, until, ended).prop_map(
        |(to, of, state, from, until, ended)| {
            let mut given = grant(20, to);
            match of {
                0 => given.records = [record(9, "kind", None).id].into(),
                1 => given.records = [record(10, "kind", None).id].into(),
                2 => given.case = Some(case(5, &[]).id),
                _ => given.case = Some(case(6, &[]).id),
            }
            (given.state, given.from, given.until) = (state, from, until);
            given.ended_at = ended.filter(|_| state == GrantState::Ended);
            given
        },
    )
}

fn proposals() -> impl Strategy<Value = ProposalFacts> {
    let by = select(vec![user(ASKER), user(OTHER)]);
    let about = proptest::option::of(select(vec![user(ASKER), user(OTHER)]));
    (by, about, any::<bool>()).prop_map(|(by, about, single)| {
        let mut facts = proposal(21, by);
        facts.single = single;
        if let Some(user) = about {
            facts.what = Proposed::ReissueUser { user };
        }
        facts
    })
}

fn acts() -> impl Strategy<Value = Act> {
    let all: Vec<Act> = ACTS.iter().map(|row| row.act).collect();
    let on_records = ACTS.iter().filter(|row| row.target == Target::Record);
    // These have the most rules.
    let more: Vec<Act> = on_records.map(|row| row.act).collect();
    // And these are where grants count.
    let granted = vec![
        Act::ListRecords,
        Act::ReadRecord,
        Act::ReadAttachment,
        Act::SearchText,
    ];
    prop_oneof![3 => select(all), 2 => select(more), 2 => select(granted)]
}

fn askers() -> impl Strategy<Value = AccountFacts> {
    let state = prop_oneof![4 => Just(AccountState::Active), 1 => select(AccountState::ALL)];
    let also = prop_oneof![3 => Just(BTreeSet::new()), 1 => set_of(Role::ALL)];
    let role = prop_oneof![3 => select(Role::ALL), 1 => Just(Role::Assessor)];
    (role, also, state, any::<bool>()).prop_map(|(role, also, state, claimed)| {
        let mut asker = account(ASKER, role);
        (asker.also, asker.state, asker.claimed) = (also, state, claimed);
        asker
    })
}

fn kinds() -> impl Strategy<Value = KindRules> {
    let flags = (any::<bool>(), any::<bool>());
    let parts = (set_of(Reader::ALL), set_of(Reader::ALL), flags);
    parts.prop_map(|(readers, writers, (hidden, break_glass))| KindRules {
        name: "kind".to_owned(),
        readers,
        writers,
        hidden,
        break_glass,
    })
}

fn cases() -> impl Strategy<Value = CaseFacts> {
    let conflicts = prop_oneof![3 => Just(BTreeSet::new()), 1 => people()];
    (people(), select(CaseState::ALL), conflicts).prop_map(|(team, state, conflicts)| {
        let mut facts = case(5, &[]);
        (facts.team, facts.state, facts.conflicts) = (team, state, conflicts);
        facts
    })
}

pub(super) fn worlds() -> impl Strategy<Value = World> {
    let flags = (
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        0..5,
        any::<bool>(),
    );
    let shared = (
        proptest::collection::vec(grants(), 0..4),
        grants(),
        grants(),
        proposals(),
        people(),
    );
    (acts(), askers(), kinds(), cases(), records(), flags, shared).prop_map(
        |(act, asker, rules, case, mut record, flags, (grants, mut grant, by, proposal, tied))| {
            let (own, purpose, reason, none, in_case) = flags;
            grant.by = by.to;
            // One in five has no case, where there may be none.
            let case = Some(case).filter(|_| none > 0 || act.row().target == Target::Case);
            record.case = case.as_ref().map(|case| case.id);
            record.compartments = match &case {
                Some(case) if in_case => case.compartments.clone(),
                _ => vec![compartment(9)],
            };
            let other = account(OTHER, Role::Staff);
            World {
                act,
                asker,
                other,
                own,
                rules,
                case,
                record,
                grants,
                grant,
                proposal,
                person: person(22),
                ties: Ties { team: tied },
                purpose,
                reason,
            }
        },
    )
}
