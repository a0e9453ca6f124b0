//! Values of entities' attributes.

use cedar_policy::EntityUid;
use cedar_policy::RestrictedExpression;

use crate::clock::Timestamp;
use crate::keeper::facts::GrantFacts;
use crate::keeper::facts::GrantState;
use crate::keeper::policy::slice::Misfit;

/// What a grant's tag is called on whoever has it.
pub(super) fn key(of: &(impl ToString + ?Sized)) -> RestrictedExpression {
    RestrictedExpression::new_string(of.to_string())
}

/// When a grant is served. One that has ended is over, whatever its dates say.
pub(super) fn window(grant: &GrantFacts, now: Timestamp) -> Result<RestrictedExpression, Misfit> {
    let at = |time: Timestamp| RestrictedExpression::new_datetime(time.to_string());
    let (from, until) = if grant.state == GrantState::Ended {
        let ended = grant.ended_at.unwrap_or(now).min(grant.until).min(now);
        (grant.from.min(ended), ended)
    } else {
        (grant.from, grant.until)
    };
    RestrictedExpression::new_record([
        ("from".to_owned(), at(from)),
        ("until".to_owned(), at(until)),
    ])
    .map_err(|_| Misfit)
}

pub(super) fn one(name: EntityUid) -> RestrictedExpression {
    RestrictedExpression::new_entity_uid(name)
}

pub(super) fn set(names: impl IntoIterator<Item = EntityUid>) -> RestrictedExpression {
    RestrictedExpression::new_set(names.into_iter().map(one))
}
