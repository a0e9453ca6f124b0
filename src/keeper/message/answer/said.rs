//! What was signed about a record since it was filed.

use serde::Deserialize;
use serde::Serialize;

use crate::keeper::message::load::SealedCard;

/// What was signed about a record since it was filed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Said {
    /// The signed statement of whoever looked its newest version over last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<String>,
    /// The signed `move` statements that gave it another case, oldest first, each with its `approve` behind it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub moves: Vec<String>,
    /// For its author: what was wrong with a version that was returned, sealed to them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<SealedCard>,
}
