//! Facts of a court's order.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::Serialize;

use crate::ids::RecordId;
use crate::keeper::facts::Other;

/// How long an order holds, as its form says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderFacts {
    /// The last day it holds, `YYYY-MM-DD`; without one it holds until it is replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    /// The orders of its case that hold no more since it was filed.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub replaces: BTreeSet<RecordId>,
    /// Kept for later versions.
    #[serde(flatten)]
    pub other: Other,
}
