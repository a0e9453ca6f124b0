//! Records that policy does not tell apart: a list or a grant may name thousands, and each sort is decided once.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::ids::CaseId;
use crate::ids::CompartmentId;
use crate::ids::UserId;
use crate::keeper::facts::GrantFacts;
use crate::keeper::facts::RecordFacts;
use crate::keeper::facts::Role;

/// Everything that policy asks of a record, but its id.
type Sort<'f> = (
    (&'f str, Option<CaseId>, UserId, Option<UserId>),
    (&'f BTreeSet<UserId>, &'f BTreeSet<UserId>),
    Option<&'f BTreeSet<Role>>,
    (bool, bool, &'static str),
    &'f [CompartmentId],
);

fn sort_of(facts: &RecordFacts) -> Sort<'_> {
    // Every field by its name, so that whoever adds one has to say whether policy asks for it.
    let RecordFacts {
        id: _,
        case,
        kind,
        kind_version: _,
        class: _,
        labels: _,
        author,
        filed_at: _,
        event_date: _,
        subjects: _,
        excluded,
        only_roles,
        deciders,
        handler,
        purpose_required,
        second_approver: _,
        exportable,
        order_recipients: _,
        order: _,
        triggers: _,
        clocks: _,
        compartments,
        state,
        checked: _,
        holds: _,
        migrated_from: _,
        versions: _,
        superseded: _,
        other: _,
    } = facts;
    (
        (kind, *case, *author, *handler),
        (deciders, excluded),
        only_roles.as_ref(),
        (*purpose_required, *exportable, state.word()),
        compartments,
    )
}

/// One of each sort of records that policy does not tell apart, the first of it, in their order; and of each record
/// which of these it is like. They are alike by name to somebody who was given none of them, and to somebody who was
/// given all of them.
pub(crate) fn sorts_of(records: &[RecordFacts]) -> (Vec<RecordFacts>, Vec<usize>) {
    let mut sorts: Vec<RecordFacts> = Vec::new();
    let mut known: BTreeMap<Sort<'_>, usize> = BTreeMap::new();
    let like = |facts| {
        *known.entry(sort_of(facts)).or_insert_with(|| {
            sorts.push(facts.clone());
            sorts.len() - 1
        })
    };
    let like = records.iter().map(like).collect();
    (sorts, like)
}

/// As [`sorts_of`], for somebody who was given these: a grant may name any record, which is then alone of its sort.
pub(crate) fn sorts_for<'r>(
    grants: &[GrantFacts],
    records: &'r [RecordFacts],
) -> (Cow<'r, [RecordFacts]>, Vec<usize>) {
    if grants.is_empty() {
        let (sorts, like) = sorts_of(records);
        (Cow::Owned(sorts), like)
    } else {
        (Cow::Borrowed(records), (0..records.len()).collect())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;
    use crate::keeper::acts::Act;
    use crate::keeper::facts::AccountFacts;
    use crate::keeper::facts::CaseFacts;
    use crate::keeper::facts::RecordState;
    use crate::keeper::policy::Policy;
    use crate::keeper::policy::decide::Decision;
    use crate::keeper::policy::decide::decide_many;
    use crate::keeper::policy::matrix::cast;
    use crate::keeper::policy::question::Question;
    use crate::keeper::policy::question::Resource;
    use crate::records::Kinds;

    /// A change that a record may have and another not.
    const CHANGES: [fn(&mut RecordFacts, UserId); 11] = [
        |_, _| {},
        |facts, asker| facts.author = asker,
        |facts, asker| facts.handler = Some(asker),
        |facts, asker| facts.deciders.extend([asker]),
        |facts, asker| facts.excluded.extend([asker]),
        |facts, _| facts.only_roles = Some([Role::Trustee].into()),
        |facts, _| facts.purpose_required = !facts.purpose_required,
        |facts, _| facts.exportable = !facts.exportable,
        |facts, _| facts.state = RecordState::Disposed,
        |facts, _| facts.compartments = vec![cast::compartment(77)],
        // Of these policy knows nothing.
        |facts, _| (facts.versions, facts.class, facts.second_approver) = (9, "x".to_owned(), true),
    ];
    static POLICY: LazyLock<Policy> = LazyLock::new(|| Policy::builtin().unwrap());
    const ACTS: [Act; 5] = [
        Act::ListRecords,
        Act::SearchText,
        Act::ReadRecord,
        Act::ExportRecord,
        Act::GrantRecord,
    ];

    fn answers(
        asker: &AccountFacts,
        act: Act,
        all: &[RecordFacts],
        case: &CaseFacts,
    ) -> Vec<String> {
        let rules: Vec<_> = all.iter().map(|facts| cast::kind(&facts.kind)).collect();
        let ask = |(facts, rules)| Question {
            asker,
            grants: &[],
            act,
            resource: Resource::Record {
                facts,
                rules,
                case: facts.case.map(|_| case),
            },
            purpose: None,
            reason: None,
        };
        let questions: Vec<Question<'_>> = all.iter().zip(&rules).map(ask).collect();
        let said = |decision| match decision {
            Decision::Allow(permit) => format!("{:?}", permit.rules()),
            Decision::Deny(denial) => format!("{denial:?}"),
        };
        let decisions = decide_many(&POLICY, &questions, cast::NOW);
        decisions.into_iter().map(said).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Whoever asks and whatever for, a record is answered as the one that stands for its sort.
        #[test]
        fn each_record_is_answered_as_its_sort(
            role in prop::sample::select(Role::ALL.to_vec()),
            in_team: bool,
            made in prop::collection::vec((0..64_usize, any::<bool>(), 0..CHANGES.len(), 0..CHANGES.len()), 1..60),
            act in prop::sample::select(ACTS.to_vec()),
        ) {
            let asker = cast::account(1, role);
            let team = [asker.id];
            let case = cast::case(2, if in_team { &team } else { &[] });
            let kinds: Vec<&str> = Kinds::builtin().iter().map(|kind| kind.name.as_str()).collect();
            let all: Vec<RecordFacts> = (100..).zip(made).map(|(number, (kind, with_case, one, other))| {
                let mut facts = cast::record(number, kinds[kind % kinds.len()], with_case.then_some(&case));
                for change in [one, other] {
                    CHANGES[change](&mut facts, asker.id);
                }
                facts
            }).collect();
            let (sorts, like) = sorts_of(&all);
            prop_assert!(sorts.len() <= all.len() && like.len() == all.len());
            let of_sorts = answers(&asker, act, &sorts, &case);
            let of_each: Vec<String> = like.iter().map(|at| of_sorts[*at].clone()).collect();
            prop_assert_eq!(of_each, answers(&asker, act, &all, &case));
        }
    }

    /// The control: without who is excluded, two records would be one sort, and are answered differently.
    #[test]
    fn what_is_answered_differently_is_of_two_sorts() {
        let asker = cast::account(1, Role::Coordinator);
        let case = cast::case(2, &[asker.id]);
        let open = cast::record(100, "contact-report", Some(&case));
        let mut closed = cast::record(101, "contact-report", Some(&case));
        assert_eq!(sorts_of(&[open.clone(), closed.clone()]).1, [0, 0]);
        closed.excluded.insert(asker.id);
        assert_eq!(sorts_of(&[open.clone(), closed.clone()]).1, [0, 1]);
        let said = answers(&asker, Act::ListRecords, &[open, closed], &case);
        assert_ne!(said[0], said[1]);
    }
}
