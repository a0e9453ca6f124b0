//! What is served of a case's conflict register.

use serde::Deserialize;
use serde::Serialize;

use crate::keeper::message::load::SealedCard;

/// One word of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ServedConflict {
    /// The signed `members` statement.
    pub statement: String,
    /// The sealed reason; `None` where the asker holds no key to it.
    pub why: Option<SealedCard>,
}
