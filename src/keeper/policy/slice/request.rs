//! The question itself, as Cedar has it.

use cedar_policy::Context;
use cedar_policy::Request;
use cedar_policy::RestrictedExpression;
use cedar_policy::Schema;

use crate::clock::Timestamp;
use crate::keeper::policy::names::Names;
use crate::keeper::policy::names::uid;
use crate::keeper::policy::question::Question;
use crate::keeper::policy::question::Resource;
use crate::keeper::policy::slice::Attributes;
use crate::keeper::policy::slice::Misfit;
use crate::keeper::policy::slice::STAND_IN;
use crate::keeper::policy::slice::values::one;

/// The question as Cedar's request, checked against the schema: an act on what it is not for is a
/// misfit.
pub(crate) fn request(
    names: &Names,
    schema: &Schema,
    question: &Question<'_>,
    now: Timestamp,
) -> Result<Request, Misfit> {
    let resource = match question.resource {
        Resource::Vault => uid(&names.vault, "vault"),
        Resource::Account(account) => uid(&names.account, &account.id),
        Resource::Case(case) => uid(&names.case, &case.id),
        Resource::Person { facts, .. } => uid(&names.person, &facts.id),
        Resource::Grant(grant) => uid(&names.grant, &grant.id),
        Resource::Proposal(proposal) => uid(&names.proposal, &proposal.id),
        Resource::Kind { rules, .. } => uid(&names.kind, &rules.name),
        Resource::Record { facts, .. } => uid(&names.record, &facts.id),
        Resource::Unknown => uid(&names.record, STAND_IN),
    };
    let asker = uid(&names.user, &question.asker.id);
    let act = uid(&names.action, question.act.row().word);
    let context = Context::from_pairs(context(names, question, now)).map_err(|_| Misfit)?;
    Request::new(asker, act, resource, context, Some(schema)).map_err(|_| Misfit)
}

fn context(names: &Names, question: &Question<'_>, now: Timestamp) -> Attributes {
    let now = RestrictedExpression::new_datetime(now.to_string());
    let mut pairs = Attributes::from([("now".to_owned(), now)]);
    for (name, words) in [("purpose", question.purpose), ("reason", question.reason)] {
        if let Some(words) = words.filter(|words| !words.trim().is_empty()) {
            pairs.insert(
                name.to_owned(),
                RestrictedExpression::new_string(words.to_owned()),
            );
        }
    }
    if let Resource::Kind {
        case: Some(case), ..
    } = question.resource
    {
        pairs.insert("case".to_owned(), one(uid(&names.case, &case.id)));
    }
    pairs
}
