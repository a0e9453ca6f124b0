//! A court's order, as the keeper is told of it: how long it holds and which it replaces.

use crate::desk::error::DeskError;
use crate::desk::reading::parse_record;
use crate::keeper::facts::OrderFacts;
use crate::keeper::facts::Other;
use crate::keeper::facts::RecordFacts;
use crate::records::Form;
use crate::records::Kinds;
use crate::records::orders::Standing;

/// What the keeper is told of what a form says. What is no id is an id nobody knows.
pub(crate) fn order_of(said: Option<Standing>) -> Option<OrderFacts> {
    said.map(|said| OrderFacts {
        until: said.until,
        replaces: said.replaces.iter().map(|id| parse_record(id)).collect(),
        other: Other::new(),
    })
}

/// Compares what the keeper goes by with the newest form, which its author signed: neither an author's desk nor a
/// keeper makes an order hold longer than it says, or end another, without whoever reads it being told.
///
/// # Errors
/// [`DeskError::Damaged`].
pub(crate) fn as_signed(
    facts: &RecordFacts,
    (kind_version, form): (u32, &serde_json::Value),
) -> Result<(), DeskError> {
    let kind = Kinds::builtin().find_version(&facts.kind, kind_version);
    let form = Form::from_stored(&facts.kind, kind_version, form.clone());
    let rule = kind.and_then(|kind| kind.order.as_ref());
    let said = rule.zip(form.ok()).and_then(|(rule, form)| rule.of(&form));
    let said = order_of(said).unwrap_or_default();
    let told = facts.order.clone().unwrap_or_default();
    if (&said.until, &said.replaces) == (&told.until, &told.replaces) {
        return Ok(());
    }
    Err(DeskError::damaged(
        "the keeper goes by another end of this order than its form says; keep the answer as evidence",
    ))
}
