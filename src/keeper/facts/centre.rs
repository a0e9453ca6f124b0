//! Whose vault it is.

use serde::Deserialize;
use serde::Serialize;

use crate::keeper::facts::Other;
use crate::records::words::Nation;

/// The centre, as its papers and its calendar name it. No secret to whoever may sign in; everybody who signs in is
/// told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CentreFacts {
    /// Its name.
    pub name: String,
    /// Whose bank holidays it keeps.
    pub nation: Nation,
    /// Kept for later versions.
    #[serde(flatten)]
    pub other: Other,
}
