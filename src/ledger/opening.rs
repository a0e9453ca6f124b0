//! What a leaf commits to: the detail and the salt, kept outside the ledger and erasable. For entries that
//! hold no personal data (genesis, rotate, policy, prune, restore) the opening is published beside them.

use std::fmt;

use serde::Deserialize;
use serde::Serialize;
use zeroize::Zeroizing;

use crate::bytes::base64url;
use crate::bytes::unbase64url;
use crate::ledger::leaf::Leaf;
use crate::ledger::leaf::keys::Commitment;
use crate::ledger::leaf::keys::commit;

/// Salt and detail of one entry.
#[derive(Clone, PartialEq, Eq)]
pub struct Opening {
    salt: [u8; 32],
    detail: String,
}

/// Bytes that are not an opening.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAnOpening;

impl fmt::Display for NotAnOpening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the opening of an entry")
    }
}

impl std::error::Error for NotAnOpening {}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    detail: String,
    salt: String,
}

impl Opening {
    /// With a salt drawn for this entry. The detail is UTF-8 text, as canonical JSON is.
    pub fn new(salt: [u8; 32], detail: String) -> Self {
        Self { salt, detail }
    }

    /// The salt.
    pub fn salt(&self) -> &[u8; 32] {
        &self.salt
    }

    /// The detail.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// What an entry with this opening commits to.
    pub fn commitment(&self) -> Commitment {
        commit(&self.salt, self.detail.as_bytes())
    }

    /// Whether this is the opening of that entry.
    pub fn opens(&self, leaf: &Leaf) -> bool {
        self.commitment() == leaf.commit
    }

    /// `{"detail":"..","salt":".."}` and a newline: the detail verbatim in a JSON string, so that checking
    /// needs no canonical form, and the salt in base64url.
    pub fn to_file(&self) -> String {
        let written = Written {
            detail: self.detail.clone(),
            salt: base64url(&self.salt),
        };
        // Two strings always have a JSON form.
        let mut text = serde_json::to_string(&written).unwrap_or_default();
        text.push('\n');
        text
    }

    /// What [`Opening::to_file`] wrote.
    ///
    /// # Errors
    /// [`NotAnOpening`].
    pub fn from_file(bytes: &[u8]) -> Result<Self, NotAnOpening> {
        let written: Written = serde_json::from_slice(bytes).map_err(|_| NotAnOpening)?;
        let salt = Zeroizing::new(unbase64url(&written.salt).ok_or(NotAnOpening)?);
        Ok(Self {
            salt: salt.as_slice().try_into().map_err(|_| NotAnOpening)?,
            detail: written.detail,
        })
    }
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opening(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_being_written_and_hides_itself() {
        let opening = Opening::new([7; 32], "{\"a\":\"\u{e9}\\n\"}".to_owned());
        let file = opening.to_file();
        assert_eq!(Opening::from_file(file.as_bytes()), Ok(opening.clone()));
        assert_eq!(format!("{opening:?}"), "Opening(..)");
        assert_eq!(
            opening.commitment(),
            commit(&[7; 32], opening.detail().as_bytes())
        );
        for bad in [
            "{}",
            "",
            &file.replace("Bwc\"", "Bwd\""),
            &file.replace("detail", "details"),
        ] {
            assert_eq!(
                Opening::from_file(bad.as_bytes()),
                Err(NotAnOpening),
                "{bad}"
            );
        }
    }
}
