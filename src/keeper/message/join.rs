//! What whoever holds an invitation's code says. It travels as an [`Ask`](crate::keeper::message::Ask) signed by
//! the invitation's key, whose public half stands in place of the user.

use serde::Deserialize;
use serde::Serialize;

/// The body of that ask. Without a load it asks what the code is for; with an account it makes it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Joining {
    /// [`MESSAGES`](crate::keeper::message::MESSAGES).
    pub version: u32,
    /// 16 random bytes, base64url: no ask is answered twice.
    pub nonce: String,
    /// The size of the newest ledger head this desk has verified; 0 for none.
    pub seen: u64,
    /// SHA-256 of the load's canonical JSON, base64url.
    pub load: String,
}
