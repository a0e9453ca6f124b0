//! Values of entities' attributes.

use cedar_policy::EntityUid;
use cedar_policy::RestrictedExpression;

use crate::clock::Timestamp;
use crate::keeper::facts::GrantFacts;
use crate::keeper::policy::slice::Misfit;

/// What a grant's tag is called on whoever has it.
pub(super) fn key(of: &(impl ToString + ?Sized)) -> RestrictedExpression {
    RestrictedExpression::new_string(of.to_string())
}

/// When a grant is served.
pub(super) fn window(grant: &GrantFacts) -> Result<RestrictedExpression, Misfit> {
    let at = |time: Timestamp| RestrictedExpression::new_datetime(time.to_string());
    let until = grant
        .ended_at
        .map_or(grant.until, |ended| ended.min(grant.until));
    RestrictedExpression::new_record([
        ("from".to_owned(), at(grant.from)),
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
